package mask

import "strings"

// plainText is a text in which characters may be written as \uXXXX (JSON in a
// string, a line of a log), beside the same without.
type plainText struct {
	text  []byte
	place []int // by byte of text: where it begins as it is written; and the end
}

// read takes s, and tells whether there is such a character in it. However many
// backslashes there are belong to it: JSON in JSON doubles them.
func (p *plainText) read(s string) bool {
	first := strings.IndexByte(s, '\\')
	if first < 0 {
		return false
	}
	p.text, p.place = p.text[:0], p.place[:0]
	any := false
	for i := 0; i < len(s); {
		c, w := writtenRune(s[i:])
		if w == 0 {
			p.text = append(p.text, s[i])
			p.place = append(p.place, i)
			i++
			continue
		}
		any = true
		from := len(p.text)
		p.text = append(p.text, string(c)...)
		for range len(p.text) - from {
			p.place = append(p.place, i)
		}
		i += w
	}
	p.place = append(p.place, len(s))
	return any
}

// writtenRune returns the character that s begins with, written as \uXXXX or as a
// pair of those, and the length of that; 0 for what is written otherwise.
func writtenRune(s string) (c rune, length int) {
	c, n := writtenUnit(s)
	switch {
	case n == 0 || c >= 0xDC00 && c < 0xE000:
		return 0, 0
	case c < 0xD800 || c >= 0xE000:
		return c, n
	}
	low, m := writtenUnit(s[n:])
	if m == 0 || low < 0xDC00 || low >= 0xE000 {
		return 0, 0
	}
	return (c-0xD800)<<10 + (low - 0xDC00) + 0x10000, n + m
}

func writtenUnit(s string) (u rune, length int) {
	k := 0
	for k < len(s) && s[k] == '\\' {
		k++
	}
	if k == 0 || k+5 > len(s) || s[k] != 'u' {
		return 0, 0
	}
	if u = hexOf([]byte(s[k+1 : k+5])); u < 0 {
		return 0, 0
	}
	return u, k + 5
}
