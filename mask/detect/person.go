package detect

import (
	"strings"
	"unicode/utf8"
)

// What is known of words, for those who are told that a value is a name or an
// address and look for the same value elsewhere.

// Simplified returns the simplified form of each character from U+4E00 to U+9FFF,
// or 0 where it is the character itself. It must not be changed.
func Simplified() []uint16 { return theLexicon().plain }

// Surname returns of how many characters the surname is that r, which is
// simplified, begins with, or 0.
func Surname(r []rune) int {
	l := theLexicon()
	switch {
	case len(r) == 0:
		return 0
	case len(r) > 2 && l.double[key(r[0], r[1])]:
		return 2
	case l.family(r[0]) != noSurname, r[0] == '谢', r[0] == '那': // in free text these two are mostly words
		return 1
	}
	return 0
}

// IsWord tells whether the characters are an ordinary word or a place.
func IsWord(r ...rune) bool {
	l := theLexicon()
	if len(r) >= 2 && len(r) <= 4 && l.words.has(r...) {
		return true
	}
	s := string(r)
	return len(r) >= 2 && l.placeAt(s, 0) == len(s)
}

// NoName tells whether s holds a word that stands where a name is asked for and
// is none: 匿名用户, 本人.
func NoName(s string) bool {
	for _, w := range strings.Fields(notNames) {
		if strings.Contains(s, w) {
			return true
		}
	}
	for _, w := range [...]string{"游客", "散客", "测试", "管理员", "客服", "默认", "会员", "买家", "卖家", "系统"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// GivenWeight tells how much likelier two characters are as a given name than as
// other words, in tenths of a nat.
func GivenWeight(a, b rune) int {
	l := theLexicon()
	return l.name(a, 0) + l.name(b, 1)
}

// ForeignName tells whether three of four characters are those that names of
// other languages are written with.
func ForeignName(r []rune) bool {
	l, n := theLexicon(), 0
	for _, c := range r {
		if l.at(c)&foreign != 0 {
			n++
		}
	}
	return n*4 >= len(r)*3
}

// TitleAt returns the length of the title (先生) that stands at i in s, or 0.
func TitleAt(s string, i int) int {
	var v [2]rune
	if i < 0 || i > len(s) || runes(s, i, v[:]) < 2 || !theLexicon().titles[key(v[:]...)] {
		return 0
	}
	return 6
}

// Titles returns the titles that [TitleAt] knows.
func Titles() []string {
	return strings.FieldsFunc(nameTitles, func(r rune) bool { return r == ' ' })
}

// FirstName tells whether word is a common given name of English, written with
// its capital.
func FirstName(word string) bool { return theLexicon().first[word] }

// Divisions returns where the provinces, cities and districts that s begins with
// end, one after the other.
func Divisions(dst []int, s string) []int {
	l := theLexicon()
	end, level := 0, uint8(0)
	for range 4 {
		n, lv := l.division(s, end)
		if n == 0 || lv <= level {
			break
		}
		end, level = skip(s, end+n, "省", "市", "-", " ", "/", "，", ","), lv
		dst = append(dst, end)
	}
	return dst
}

// PartEnd returns the end of the part of an address that begins at i (a name or
// number with its ending: 文三路, 1号, 2幢), and whether it is a number's; or 0.
func PartEnd(s string, i int) (end int, number bool) {
	c := scanner{s: s, lex: theLexicon()}
	end, p := c.nextPart(i, i > 0)
	if end == 0 {
		return 0, false
	}
	first, _ := utf8.DecodeRuneInString(s[i:])
	return end, p.number || first < 0x80 && isDigit(byte(first))
}
