package mask

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// maxRenames bounds how many sheets and names of a workbook get another name.
const maxRenames = 1000

// renames are the sheets and names of a workbook whose names are masked, by what
// they were called. Masks are no names.
type renames map[string]rename

type rename struct {
	put         string
	sheet, name bool // what is called so
}

// keepName finds a new name for a sheet, or another thing with a name, whose name
// says what is to be masked.
func (b *book) keepName(element string, name []byte) error {
	r, ok := b.renamed[string(name)]
	if !ok {
		if len(detect.Find(string(name), b.plan.set|b.plan.mapped)) == 0 && b.knows(name).class == "" {
			return nil
		}
		if len(b.renamed) == maxRenames {
			return fmt.Errorf("%w: more names to be masked than can be kept", ErrUnreadable)
		}
		r.put = fmt.Sprintf("Masked_%d", len(b.renamed)+1) // what is masked once has no name that would be masked
	}
	r.sheet, r.name = r.sheet || element == "sheet", r.name || element != "sheet"
	if b.renamed == nil {
		b.renamed = renames{}
	}
	b.renamed[string(name)] = r
	return nil
}

// renaming is a place in a text where a new name is put.
type renaming struct {
	start, end int
	put        string
}

// rename puts the new names of sheets and the like in p: where formulas use them,
// and for the whole of p if that is a name.
func (s *sheet) rename(p *passage, name bool) {
	if len(s.renamed) == 0 || len(p.text) == 0 {
		return
	}
	text := view(p.text)
	if name {
		if r, ok := s.renamed[strings.TrimSpace(text)]; ok {
			p.swap([]renaming{{0, len(text), r.put}})
			return
		}
	}
	found := s.renamed.sheets(nil, text)
	if s.root != "sst" {
		found = s.renamed.names(found, text)
	}
	if len(found) > 0 {
		slices.SortStableFunc(found, func(a, b renaming) int { return a.start - b.start })
		p.swap(found)
	}
}

// sheets finds sheets before an exclamation mark: name!, 'a name'!, '[1]a:b'!.
func (r renames) sheets(dst []renaming, text string) []renaming {
	for from := 0; ; {
		n := strings.IndexByte(text[from:], '!')
		if n < 0 {
			return dst
		}
		lo, hi := from, from+n
		if hi > lo && text[hi-1] == '\'' {
			hi--
			lo = quoteBefore(text, lo, hi)
		} else {
			lo += strings.LastIndexFunc(text[lo:hi], func(c rune) bool { return !wordPart(c) && c != ':' }) + 1
			for lo < hi && !utf8.RuneStart(text[lo]) {
				lo++
			}
		}
		lo += strings.LastIndexByte(text[lo:hi], ']') + 1
		for _, of := range strings.Split(text[lo:hi], ":") {
			if s, ok := r[strings.ReplaceAll(of, "''", "'")]; ok && s.sheet {
				dst = append(dst, renaming{lo, lo + len(of), s.put})
			}
			lo += len(of) + 1
		}
		from += n + 1
	}
}

// quoteBefore returns where the name in quotes begins that ends at hi, and not
// before lo. Quotes in it are doubled.
func quoteBefore(text string, lo, hi int) int {
	for i := hi - 1; i >= lo; i-- {
		if text[i] != '\'' {
			continue
		}
		if i == lo || text[i-1] != '\'' {
			return i + 1
		}
		i--
	}
	return lo
}

// names finds the words of text that are names.
func (r renames) names(dst []renaming, text string) []renaming {
	from := -1 // of the word that is open
	for i, c := range text {
		switch part := wordPart(c); {
		case part && from < 0:
			from = i
		case !part && from >= 0:
			dst = r.name(dst, text, from, i)
			from = -1
		}
	}
	if from >= 0 {
		dst = r.name(dst, text, from, len(text))
	}
	return dst
}

func (r renames) name(dst []renaming, text string, from, to int) []renaming {
	if n, ok := r[text[from:to]]; ok && n.name {
		dst = append(dst, renaming{from, to, n.put})
	}
	return dst
}

// wordPart tells whether c may be in a name.
func wordPart(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || c == '_' || c == '.' }

// swap puts new names, in order, instead of the changes that lie within; a change
// that goes beyond one stays.
func (p *passage) swap(found []renaming) {
	was := p.changes
	out := make([]change, 0, len(was)+len(found))
	end := 0
	for _, f := range found {
		if f.start < end {
			continue
		}
		for len(was) > 0 && was[0].end <= f.start {
			out, was = append(out, was[0]), was[1:]
		}
		n, beyond := 0, false
		for ; n < len(was) && was[n].start < f.end; n++ {
			beyond = beyond || was[n].start < f.start || was[n].end > f.end
		}
		if beyond {
			continue
		}
		from := len(p.masks)
		p.masks = append(p.masks, f.put...)
		out = append(out, change{f.start, f.end, from, len(p.masks), AnyText})
		was, end = was[n:], f.end
	}
	p.changes = append(out, was...)
}
