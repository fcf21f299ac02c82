package mask

import (
	"unicode"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// What a character is to values that are known.
const (
	isOther  uint8 = iota // stands in no value
	isLight               // dropped: a blank, a dash, a dot
	isComma               // dropped, but in names of Chinese
	isHeavy               // dropped, in addresses alone
	isMark                // kept, begins nothing: @
	isLetter              // of an alphabet: values begin and end where words do
	isDigit               //
	isHan                 // of a script without blanks between words
)

// foldKinds is a table as the loop runs over every string.
var foldKinds = func() (t [128]uint8) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9':
			t[c] = isDigit
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			t[c] = isLetter
		}
	}
	for _, c := range " \t.-_" {
		t[c] = isLight
	}
	for _, c := range ",'" {
		t[c] = isComma
	}
	for _, c := range "/()#&:;+" {
		t[c] = isHeavy
	}
	t['@'] = isMark
	return t
}()

// plainLatin are the letters of U+00C0 to U+017F without their accents.
const plainLatin = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

// fold reads the character at i: what it is without width, case, accent and
// tradition, how many bytes it takes, and what it is.
func fold(s string, i int) (r rune, w int, kind uint8) {
	if c := s[i]; c < utf8.RuneSelf {
		kind = foldKinds[c]
		if kind == isLetter {
			c |= 0x20
		}
		return rune(c), 1, kind
	}
	r, w = utf8.DecodeRuneInString(s[i:])
	switch {
	case r >= 0x4E00 && r <= 0x9FFF:
		return detect.Simplify(r), w, isHan
	case r >= '！' && r <= '～':
		a := byte(r - '！' + '!')
		if kind = foldKinds[a]; kind == isLetter {
			a |= 0x20
		}
		return rune(a), w, kind
	case r >= 0xC0 && r < 0xC0+rune(len(plainLatin)):
		if a := plainLatin[r-0xC0]; a != ' ' {
			return rune(a), w, isLetter
		}
		return r, w, isOther
	case r == '·' || r == '•' || r == '・' || r == '　' || detect.SeparatorAt(s, i) > 0:
		return r, w, isLight
	case r == '’' || r == '、':
		return r, w, isComma
	case r == '。' || r == '【' || r == '】' || r == '「' || r == '」':
		return r, w, isHeavy
	case r == utf8.RuneError:
		return r, w, isOther
	case r >= 0x2E80 && unicode.IsLetter(r):
		return r, w, isHan
	case unicode.IsLetter(r):
		return unicode.ToLower(r), w, isLetter
	}
	return r, w, isOther
}

// Limits of a value that is known.
const (
	maxFolded = 48 // characters
	maxGap    = 3  // characters that are dropped in one place
)

// folded is the beginning of a text without what is dropped.
type folded struct {
	n     int
	text  [maxFolded * utf8.UTFMax]byte
	stop  [maxFolded]int   // of text, by character
	end   [maxFolded]int   // of the string, by character
	gap   [maxFolded]uint8 // the heaviest of what is dropped between the first character and this one
	kinds [maxFolded]uint8 //
	runes [maxFolded]rune  //
	whole bool             // it is all there was to read
	_     [0]func()        // a folded is large: no copies to compare
}

// read takes up to most characters of s from i on.
func (f *folded) read(s string, i, most int) {
	f.n, f.whole = 0, false
	stop, gap, gaps := 0, uint8(0), 0
	for i < len(s) {
		r, w, kind := fold(s, i)
		i += w
		if kind == isOther {
			return
		}
		if kind < isMark {
			if gaps++; gaps > maxGap {
				return
			}
			gap = max(gap, kind)
			continue
		}
		if f.n == most {
			return
		}
		if f.n == 0 {
			gap = 0 // what stands before the first does not count
		}
		stop += utf8.EncodeRune(f.text[stop:], r)
		f.stop[f.n], f.end[f.n], f.gap[f.n], f.kinds[f.n], f.runes[f.n] = stop, i, gap, kind, r
		f.n++
		gaps = 0
	}
	f.whole = true
}

// first returns the first n characters.
func (f *folded) first(n int) []byte { return f.text[:f.stop[n-1]] }
