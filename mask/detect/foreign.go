package detect

import "strings"

// Names of other languages in Chinese characters.

// wholeName returns the end of a Tibetan, Mongolian or Uyghur name at i that is told
// by its words, or 0.
func (c *scanner) wholeName(i int, first [2]rune) int {
	l := c.lex
	if first[1] == 0 || !l.tibetan.pairs.has(first[0], first[1]) && !l.whole.pairs.has(first[0], first[1]) {
		return 0
	}
	var v [4]rune
	n := runes(c.s, i, v[:])
	if end := i + 3*n; end < len(c.s) && (c.s[end] == '*' || strings.HasPrefix(c.s[end:], "·")) {
		return 0
	}
	switch {
	case n == 4 && (l.whole.has(v[:]...) || l.tibetan.has(v[0], v[1]) && l.tibetan.has(v[2], v[3])):
		return i + 12
	case n >= 3 && l.whole.has(v[:3]...) && !strings.HasPrefix(c.s[i+9:], "·"):
		return i + 9
	}
	return 0
}

// foreignRun returns how many characters at i, eight at most, are such as names of
// other languages are written with.
func (c *scanner) foreignRun(i int) int {
	for k := range 8 {
		if c.lex.at(hanRune(c.s, i+3*k))&foreign == 0 {
			return k
		}
	}
	return 8
}

func (c *scanner) allForeign(v []rune) bool {
	n := 0
	for _, r := range v {
		if c.lex.at(r)&foreign != 0 {
			n++
		}
	}
	return n*10 >= len(v)*8
}

// dottedName looks for a name of parts that dots join: 买买提·艾力.
func (c *scanner) dottedName(i int) (Span, bool) {
	s := c.s
	// Cheap first: a dot within the next eight characters.
	dot := strings.Index(s[i:min(len(s), i+27)], "·")
	if dot < 0 {
		if dot = strings.Index(s[i:min(len(s), i+27)], "•"); dot < 0 {
			return Span{}, false
		}
	}
	var v [7]rune
	known, all, parts, end := 0, 0, 0, i
	for {
		n := runes(s, end, v[:])
		if n == 0 || n > 6 && parts == 0 {
			return Span{}, false
		}
		if parts > 0 && n > 4 { // the last part runs into other words: take it while it looks foreign
			k := 1
			for k < n && c.lex.at(v[k])&foreign != 0 {
				k++
			}
			n = max(k, 2)
		}
		if parts > 0 && n > 2 && c.lex.titles[key(v[n-2], v[n-1])] {
			n -= 2
		}
		for _, r := range v[:n] {
			if c.lex.at(r)&foreign != 0 {
				known++
			}
			if c.lex.at(r)&stops != 0 {
				return Span{}, false
			}
		}
		all += n
		end += 3 * n
		parts++
		w := 0
		if strings.HasPrefix(s[end:], "·") {
			w = len("·")
		} else if strings.HasPrefix(s[end:], "•") {
			w = len("•")
		}
		if w == 0 || parts == 4 || end+w >= len(s) || byteKind[s[end+w]]&aHan == 0 {
			break
		}
		end += w
	}
	if parts < 2 || end < len(s) && s[end] == '*' || known*10 < all*6 && c.leftOf(i, 0) < 20 {
		return Span{}, false
	}
	return Span{Start: i, End: end, Class: Name, Sure: true}, true
}
