package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mayName tells whether hanName could find a name at i: cheap, and never false
// where it would.
func (c *scanner) mayName(i int, v [2]rune, kind, before uint32, cued bool) bool {
	s, l, r, v1 := c.s, c.lex, v[0], v[1]
	if v1 < hanFirst || v1 > hanLast {
		return false
	}
	if kind&doubleFirst != 0 || l.at(v1)&titleFirst != 0 {
		return true
	}
	v2 := hanRune(s, i+6)
	most := l.family(r) + 12 // and a break behind it
	switch {
	case cued:
		most += 88
	case before == beginning && c.besideOthers(i):
		most += besideWeight
	case before == beginning:
		most += 8
	default:
		most += 4
	}
	switch follow := l.at(v2) | l.at(hanRune(s, i+9)); {
	case follow&titleFirst != 0:
		most += 28
	case follow&speaks != 0:
		most += 8
	}
	if given := l.chars[v1-hanFirst].given; most+max(0, int(given[2]), max(-40, int(given[0]))+l.second) < least-12 {
		return false
	}
	if kind&startsPlace != 0 && !cued && l.placeAt(s, i) > 0 {
		most -= 60
	}
	one, two := most+max(-40, l.name(v1, 2)), most+max(-40, l.name(v1, 0))+max(-40, l.name(v2, 1))
	if (one >= least || two >= least-12) && l.words.has(r, v1) {
		one, two = one-55, two-35
	}
	return one >= least || two >= least-12
}

// cuedBefore tells whether a word that stands before a name may end before i, or
// before what separates it from i.
func (c *scanner) cuedBefore(i int) bool {
	for range 5 {
		r, w := runeBefore(c.s, i)
		if r >= hanFirst && r <= hanLast && c.lex.at(r)&cueEnds != 0 {
			return true
		}
		if w == 0 || !isBeforeName(r) {
			return false
		}
		i -= w
	}
	return false
}

// runes reads up to len(dst) Chinese characters at i and returns how many.
func runes(s string, i int, dst []rune) int {
	for k := range dst {
		if dst[k] = hanRune(s, i); dst[k] == 0 {
			return k
		}
		i += 3
	}
	return len(dst)
}

// least is the weight from which on it is a name: how much rarer names are in
// service talk than other words.
const least = 56

// sure is from which on a name is masked elsewhere too.
const sure = 60

// hanName looks for a name whose surname begins with r at i.
func (c *scanner) hanName(i int, r rune) (Span, bool) {
	s, l := c.s, c.lex
	var v [5]rune
	n := runes(s, i, v[:])
	if n < 2 || v[0] == v[1] {
		return Span{}, false
	}
	family, given := l.family(r), 1
	if l.at(r)&doubleFirst != 0 && l.double[key(r, v[1])] {
		family, given = 55, 2
	}
	left := c.leftOf(i, r)
	if left < besideWeight && c.besideOthers(i) {
		left = besideWeight
	}
	if f := c.foreignRun(i); f >= 4 && left < sure { // 梅德韦杰夫, and no 梅德 or 梅德韦
		end := i + 3*f
		c.clear = end
		if left >= 20 || end < len(s) && c.rightOf(end, 0, 2) >= 20 {
			return Span{Start: i, End: end, Class: Name, Sure: left >= 20}, true
		}
		return Span{}, false
	}
	if given == 1 && n >= 3 && l.at(v[1])&titleFirst != 0 && l.titles[key(v[1], v[2])] {
		if (family > 5 && left > -20 || left >= 20) && !l.plainly.has(v[0], v[1], v[2]) {
			return Span{Start: i, End: i + 9, Class: Name}, true
		}
	}
	if given == 2 && n >= 4 && l.titles[key(v[2], v[3])] {
		return Span{Start: i, End: i + 12, Class: Name}, true
	}
	if r == '张' && isSheet(v[1]) && c.counted(i) {
		return Span{}, false
	}
	if given < 2 && l.placeAt(s, i) > 0 && left < 60 {
		family -= 60
	}
	if l.notNames.has(v[0], v[1]) {
		return Span{}, false
	}
	if prev := hanBefore(s, i); prev != 0 && left < 60 && (l.plainly.has(prev, r) || l.plainly.has(prev, r, v[1])) {
		family -= 60
	}
	plain := 0 // length of the everyday word that begins here
	if left < 60 {
		plain = l.plainWord(v[:n])
		c.clear = max(c.clear, i+3*plain)
	}
	if w := family + left + 50; w+60 < least { // nothing that follows can do it
		return Span{}, false
	}
	best, end := least-1, 0
	for _, m := range [...]int{2, 1} {
		if n < given+m || plain >= given+m {
			continue
		}
		if m == 2 && left < 60 && l.notGiven.has(v[given], v[given+1]) {
			continue
		}
		w := family + left + l.givenWeight(v[:], given, m)
		if plain > 0 {
			w -= 60
		}
		if left < 60 && endsRoad(v[given+m-1]) {
			w -= 35
		}
		stop := i + 3*(given+m)
		w += c.rightOf(stop, v[given+m-1], m)
		if w > best {
			best, end = w, stop
		}
		if m == 2 && w >= least-12 && l.name(v[given+1], 1) > -26 {
			if trails(v[given+1]) && !l.words.has(v[0], v[1]) && family+left+l.givenWeight(v[:], given, 1)+8 >= least {
				continue // 李娜|帮, 陈静|都
			}
			best, end = w, stop
			break // the longer one, so that no character of a name is left
		}
	}
	if end == 0 {
		return Span{}, false
	}
	return Span{Start: i, End: end, Class: Name, Sure: left >= sure || best >= least+45}, true
}

// isSheet tells whether r begins what comes in 张, sheets, and hardly any given name.
func isSheet(r rune) bool {
	switch r {
	case '卡', '图', '票', '券', '单', '纸', '床', '桌', '截', '房', '门', '发', '优', '收', '表', '证', '沙':
		return true
	}
	return false
}

// counted tells whether a number or a word that asks or points to some stands before i,
// or what one does with a sheet.
func (c *scanner) counted(i int) bool {
	r, _ := runeBefore(c.s, i)
	return r >= '0' && r <= '9' || r >= '０' && r <= '９' || strings.ContainsRune("这那哪每各另两几半多整首一二三四五六七八九十百千发拍贴传补换", r)
}

// besideWeight is what it weighs that what may be a name stands alone beside an address
// or a phone, as in what people paste: 浙江省杭州市西湖区文三路1号 李晓燕 13812345678.
const besideWeight = 40

// besideOthers tells whether the Chinese characters from i on, as many as a name has, stand
// alone behind an address or phone that was found, or before a mobile number.
func (c *scanner) besideOthers(i int) bool {
	s := c.s
	var v [5]rune
	n := runes(s, i, v[:])
	if n < 2 || n > 4 || n == 4 && !c.lex.double[key(v[0], v[1])] {
		return false
	}
	end := i + 3*n
	next := gapEnd(s, end)
	if mobileAt(s, next) {
		before, w := runeBefore(s, i)
		return w == 0 || isGap(before)
	}
	if end < len(s) && next == end || len(c.out) == c.first {
		return false
	}
	switch f := c.out[len(c.out)-1]; f.Class {
	case Address, Phone, Landline:
		return f.End < i && gapEnd(s, f.End) == i
	}
	return false
}

// mobileAt tells whether a mobile number of China stands at i, in ASCII and perhaps in groups.
func mobileAt(s string, i int) bool {
	var d [11]byte
	n := 0
	for ; i < len(s) && n < len(d); i++ {
		switch c := s[i]; {
		case isDigit(c):
			d[n] = c
			n++
		case n == 0 || c != ' ' && c != '-':
			return false
		}
	}
	return n == len(d) && isMobile(string(d[:])) && (i == len(s) || !isDigit(s[i]))
}

// isGap tells whether r stands between one entry and the next of what people paste.
func isGap(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', ',', '，', '、', ';', '；', '/', '|', '　':
		return true
	}
	return false
}

// gapEnd returns the end of up to three of these at i.
func gapEnd(s string, i int) int {
	for range 3 {
		r, w := utf8.DecodeRuneInString(s[i:])
		if !isGap(r) {
			break
		}
		i += w
	}
	return i
}

// plainWord returns the length of the everyday word that v begins with, or 0.
func (l *lexicon) plainWord(v []rune) int {
	if !l.plainly.pairs.has(v[0], v[1]) {
		return 0
	}
	for n := min(4, len(v)); n >= 2; n-- {
		if l.plainly.has(v[:n]...) {
			return n
		}
	}
	return 0
}

// givenWeight weighs the m characters behind the surname of v, which is of family
// characters, as a given name, and whether they are other words.
func (l *lexicon) givenWeight(v []rune, family, m int) int {
	w := max(-40, l.name(v[family], 2))
	if m == 2 {
		w = max(-40, l.name(v[family], 0)) + max(-40, l.name(v[family+1], 1))
		if l.words.has(v[family], v[family+1]) {
			w -= 25
		}
	}
	if family == 1 {
		if l.words.has(v[0], v[1]) {
			w -= 35 + 20*(2-m)
		}
		if m == 2 && l.words.has(v[0], v[1], v[2]) {
			w -= 70
		}
	}
	return w
}

// trails tells whether r ends hardly any name, and often follows one.
func trails(r rune) bool {
	switch r {
	case '帮', '都', '去', '说', '在', '已', '跟', '给', '让', '把', '被', '也', '就', '还', '要', '能', '没', '不', '再', '又', '才', '刚', '想', '请', '叫', '问', '找', '收', '寄', '付', '买', '退', '换', '打', '写', '签', '拿', '取', '送', '到', '从', '对', '用', '等', '很', '太', '却':
		return true
	}
	return false
}

// endsRoad tells whether r ends the names of roads and villages, and hardly ever a
// person's.
func endsRoad(r rune) bool {
	switch r {
	case '路', '街', '巷', '弄', '村', '镇', '乡', '县', '区', '栋', '幢', '厦':
		return true
	}
	return false
}

// isBeforeName tells whether r may stand between a name and the word before it.
func isBeforeName(r rune) bool {
	switch r {
	case '：', ':', ' ', '\t', '"', '“', '「', '『', '【', '（', '(', '是', '为', '=', '|', '>', '→', '\'':
		return true
	}
	return false
}

// leftOf weighs what stands before a name at i whose first character is r.
func (c *scanner) leftOf(i int, r rune) int {
	s := c.s
	j, colon := i, false
	for range 4 {
		p, w := runeBefore(s, j)
		if w == 0 || !isBeforeName(p) {
			break
		}
		colon = colon || p == ':' || p == '：' || p == '是' || p == '为' || p == '=' || p == '|'
		j -= w
	}
	prev := hanBefore(s, j)
	if prev == 0 {
		if i >= 3 && s[i-3:i] == "《" { // a book, a film
			return -30
		}
		return 8
	}
	if c.lex.at(prev)&cueEnds != 0 {
		if w := c.cueAt(j, j < i); w > 0 {
			if colon || j == i {
				return w + 8
			}
			return w/2 + 8
		}
	}
	if j < i {
		return 8
	}
	if c.lex.words.has(prev, r) {
		return -45
	}
	if first := hanBefore(s, j-3); first != 0 && c.lex.words.has(first, prev, r) {
		return -45
	}
	if c.lex.at(prev)&(stops|leads) != 0 {
		return 4
	}
	return -6
}

// cueAt returns the weight of the longest word that ends at j and stands before
// names, or 0; apart leaves out those of one character.
func (c *scanner) cueAt(j int, apart bool) int {
	var v [5]rune
	n := 0
	for k := j; n < len(v); k -= 3 {
		r := hanBefore(c.s, k)
		if r == 0 {
			break
		}
		n++
		v[len(v)-n] = r
	}
	for m := n; m > 0 && !(m == 1 && apart); m-- {
		if w, ok := c.lex.cues[m-1][key(v[len(v)-m:]...)]; ok {
			return w
		}
	}
	return 0
}

// hanBefore returns the Chinese character that ends at i, or 0.
func hanBefore(s string, i int) rune {
	if i < 3 {
		return 0
	}
	if r := hanRune(s, i-3); r >= hanFirst && r <= hanLast {
		return r
	}
	return 0
}

// rightOf weighs what stands after a name that ends at i with last, whose given
// name is of m characters.
func (c *scanner) rightOf(i int, last rune, m int) int {
	s := c.s
	if i >= len(s) {
		return 12
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	if r < hanFirst || r > hanLast {
		switch {
		case r == '*' || r == '·' || r == '_':
			return -200
		case unicode.IsLetter(r):
			return 0
		}
		return 12
	}
	var v [2]rune
	if c.lex.at(r)&(titleFirst|speaks) != 0 && runes(s, i, v[:]) == 2 {
		switch {
		case c.lex.titles[key(v[:]...)]:
			return 40
		case c.lex.speech.has(v[0], v[1]):
			return 20
		}
	}
	w := -4
	if c.lex.at(r)&(follows|stops) != 0 {
		w = 8
	} else if m == 1 && c.lex.name(r, 1) > 10 {
		w = -14
	}
	if c.lex.words.has(last, r) && m == 2 {
		w -= 12
	}
	return w
}

func (c *scanner) afterColon(i int) bool {
	return i > 0 && (c.s[i-1] == ':' || c.s[i-1] == ' ' || i >= 3 && (c.s[i-3:i] == "：" || c.s[i-3:i] == "是") || i >= 6 && (c.s[i-6:i] == "我叫" || c.s[i-6:i] == "名叫"))
}

// introduced looks for a name of any make right after 收货人： and the like.
func (c *scanner) introduced(i int) (Span, bool) {
	s := c.s
	if c.leftOf(i, 0) < 68 {
		return Span{}, false
	}
	var v [8]rune
	n := runes(s, i, v[:])
	end := i + 3*n
	if n == 1 && c.lex.at(v[0])&startsName != 0 {
		return c.spacedName(i)
	}
	if n < 2 || n > 4 && !c.allForeign(v[:n]) || end < len(s) && (s[end] == '*' || isWord(s[end]) && !isDigit(s[end])) || strings.HasPrefix(s[end:], "·") || strings.HasPrefix(s[end:], "•") {
		return Span{}, false
	}
	if n >= 2 && c.lex.titles[key(v[n-2], v[n-1])] && n > 2 {
		return Span{Start: i, End: end, Class: Name}, true
	}
	for k := 0; k+6 <= end-i; k += 3 {
		if strings.Contains(notNames, s[i+k:i+k+6]) {
			return Span{}, false
		}
	}
	for _, r := range v[:n] {
		if c.lex.at(r)&stops != 0 {
			return Span{}, false
		}
	}
	return Span{Start: i, End: end, Class: Name, Sure: true}, true
}

// spacedName takes 赵 六 and 王 小 明 for a name, in which the surname at i and what
// follows stand apart, as in forms.
func (c *scanner) spacedName(i int) (Span, bool) {
	s, end := c.s, i+3
	for given := 0; given < 2; {
		at := len(s) - len(strings.TrimLeft(s[end:], " 　"))
		var v [3]rune
		n := runes(s, at, v[:])
		to := at + 3*n
		if at == end || at > end+6 || n == 0 || n == 3 || n == 2 && given > 0 || strings.HasPrefix(s[to:], ":") || strings.HasPrefix(s[to:], "：") {
			break
		}
		if n == 2 && c.lex.titles[key(v[0], v[1])] {
			return Span{Start: i, End: to, Class: Name}, true
		}
		if n == 2 && (strings.Contains(notNames, s[at:to]) || strings.Contains(notGiven, s[at:to])) {
			break
		}
		if given, end = given+n, to; n == 2 {
			break
		}
	}
	if end == i+3 || end < len(s) && (s[end] == '*' || isWord(s[end]) && !isDigit(s[end])) {
		return Span{}, false
	}
	return Span{Start: i, End: end, Class: Name, Sure: true}, true
}
