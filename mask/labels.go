package mask

import (
	"bytes"
	"slices"

	"github.com/menshen-io/menshen/mask/detect"
)

// labelIn returns text without the colon and the star of what must be filled in,
// which may stand behind a label. More stars are a mask.
func labelIn(text []byte) []byte {
	name := bytes.TrimSpace(text)
	name = bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSuffix(name, []byte("*")), []byte("＊")))
	return bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSuffix(name, []byte(":")), []byte("：")))
}

// says returns what text, as the name of a column or field, says of its values.
func (p *compiled) says(text []byte) saying {
	name := labelIn(text)
	if s, ok := p.fields[string(name)]; ok {
		return s
	}
	if c := fieldOf(name); c == thing || c != "" && (p.set|p.mapped).Has(c) {
		return saying{class: c}
	}
	return saying{}
}

// numbered returns the number of s among what is said in the workbook, from 1.
func (b *book) numbered(s saying) uint16 {
	if n := slices.Index(b.said, s); n >= 0 {
		return uint16(n + 1)
	}
	if len(b.said) == maxSaid {
		return 1
	}
	b.said = append(b.said, s)
	return uint16(len(b.said))
}

// hidden is said of what nobody may see.
var hidden = saying{AnyText, true, string(AnyText), Whole}

// maxSaid is how many things can be said: a plan has no more fields, and there are
// not so many classes beside them.
const maxSaid = maxPaths + 100

func (b *book) grow(n int) {
	if n > len(b.strings) {
		b.strings = append(b.strings, make([]shared, n-len(b.strings))...)
	}
}

// keepString keeps what the string of the table at index says of others.
func (b *book) keepString(index int, text []byte) {
	b.grow(index + 1)
	if s := b.plan.says(text); s.class != "" {
		b.strings[index].label = b.numbered(s)
	}
}

// label returns what the string of the table at index says of others.
func (b *book) label(index int) saying {
	if index >= len(b.strings) || b.strings[index].label == 0 {
		return saying{}
	}
	return b.said[b.strings[index].label-1]
}

// Bounds of the values that are known by their cells.
const (
	maxKnown     = 200_000
	maxKnownText = 256
)

// know keeps a value that its cell says is of a class, so that it is masked in
// charts, filters and caches too.
func (b *book) know(s saying, text []byte) {
	if s.class == "" || s.class == Plain || len(text) > maxKnownText || len(b.known) >= maxKnown || !s.mapped && fits(s.class, string(text)) == "" {
		return
	}
	if b.known == nil {
		b.known = map[string]saying{}
	}
	b.known[string(text)] = s
}

// knows returns what the cells of the workbook say of text.
func (b *book) knows(text []byte) saying {
	if len(b.known) == 0 || len(text) > maxKnownText {
		return saying{}
	}
	return b.known[string(bytes.TrimSpace(text))]
}

// keepUse keeps what is said of the string of the table that a cell uses.
func (b *book) keepUse(s *sheet, index int, text []byte) {
	if index < 0 {
		b.know(b.plan.fitting(s.said(), text), text)
	}
	if index < 0 || index >= len(b.strings) {
		return
	}
	u := &b.strings[index]
	switch c := s.said(); {
	case s.grid != nil && s.row == s.grid.header && u.label != 0:
		u.header = true
	case c.mapped && c.class == Plain:
		if u.mapped == 0 {
			u.mapped = b.numbered(c)
		}
	case c.mapped:
		if was := u.mapped; was != 0 && b.said[was-1] != c && b.said[was-1].class != Plain {
			c = hidden
		}
		u.mapped = b.numbered(c)
	default:
		u.free = true
		if set, unknown := detect.SetOf([]Class{c.class}); len(unknown) == 0 {
			u.hints |= set
		}
	}
}

// use returns what the cells that use the string of the table at index say of it.
func (b *book) use(index int, text []byte) saying {
	if index >= len(b.strings) {
		return saying{}
	}
	u := b.strings[index]
	switch {
	case u.header:
		return saying{}
	case u.mapped != 0 && !(u.free && b.said[u.mapped-1].class == Plain):
		return b.said[u.mapped-1]
	}
	for _, c := range u.hints.Classes() {
		if s := b.plan.fitting(saying{class: c}, text); s.class != "" && fits(c, string(text)) != "" {
			return s
		}
	}
	return saying{}
}

// fitting is what is said of a cell that holds text: nothing when text is itself
// a label.
func (p *compiled) fitting(s saying, text []byte) saying {
	if !s.mapped && s.class != "" && p.says(text).class != "" {
		return saying{}
	}
	return s
}

// Bounds of what is kept of cells.
const (
	maxCells = 16_384  // of a row; the last is XFD
	maxHeads = 1 << 18 // names of columns and columns of names, of all sheets
)

// labels finds the row of a worksheet that names columns, and the columns that
// name what is beside them.
type labels struct {
	book    *book
	header  int         // the first row in which a cell says something
	heads   []head      // in it
	columns []labelling // by column
}

type head struct {
	col int
	say saying
}

// labelling is how many cells of a column say something.
type labelling struct{ said, all int32 }

func (l *labels) add(s *sheet, index int, text []byte) {
	say := saying{}
	if index >= 0 {
		say = l.book.label(index)
	} else {
		say = l.book.plan.says(text)
	}
	if n := s.col + 1 - len(l.columns); n > 0 {
		l.columns = append(l.columns, make([]labelling, n)...)
	}
	l.columns[s.col].all++
	if say == (saying{}) || s.row == 0 {
		return
	}
	l.columns[s.col].said++
	if l.header == 0 {
		l.header = s.row
	}
	if s.row == l.header {
		l.heads = append(l.heads, head{s.col, say})
	}
}

func (l *labels) grid() *grid {
	if l.header == 0 {
		return nil
	}
	g := &grid{header: l.header, columns: map[int]saying{}, labels: map[int]bool{}}
	for col, n := range l.columns {
		if n.said >= 2 && 2*n.said > n.all {
			g.labels[col] = true
		}
	}
	for _, h := range l.heads {
		if !g.labels[h.col] {
			g.columns[h.col] = h.say
		}
	}
	return g
}
