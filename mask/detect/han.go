package detect

import "strings"

// hanRun looks at the Chinese characters from i on and returns where to go on.
func (c *scanner) hanRun(i int) int {
	s, start := c.s, i
	want := uint32(0)
	if c.set&setName != 0 {
		want |= startsName | foreign
	}
	if c.set&setAddress != 0 {
		want |= startsPlace | endsPart
	}
	if c.set&setPlate != 0 {
		want |= plateFirst
	}
	if c.set&(setWeChat|setSecret) != 0 {
		want |= cueFirst
	}
	if c.set&(spelled|setBirthDate) != 0 {
		want |= numeral
	}
	before := beginning
	for r := hanRune(s, i); r != 0; {
		kind := c.lex.at(r)
		next, second := i+3, hanRune(s, i+3)
		need := kind & want &^ (startsPlace & (c.lex.pairs.bit(r, second) - 1)) // many begin a place, few with what follows
		if (kind&stops == 0 || need&numeral != 0) && (need != 0 || before&(beginning|introduces) != 0) {
			next = c.hanAt(i, [2]rune{r, second}, kind, before)
		}
		if before = kind; next > i+3 {
			before = beginning
			second = hanRune(s, next)
		}
		i, r = next, second
	}
	c.wide = i
	return max(i, start+1)
}

// beginning is what stands before the first character of a row.
const beginning = uint32(1 << 31)

// hanRune returns the Chinese character, or one of those around them, at i, or 0.
func hanRune(s string, i int) rune {
	if i+2 >= len(s) || byteKind[s[i]]&aHan == 0 || s[i+1]&0xC0 != 0x80 || s[i+2]&0xC0 != 0x80 {
		return 0
	}
	return rune(s[i]&0x0F)<<12 | rune(s[i+1]&0x3F)<<6 | rune(s[i+2]&0x3F)
}

// hanAt looks at the Chinese character at i, the first of v, which are it and what
// follows, and returns where to go on. Kind is its kind, before that of the one
// before it.
func (c *scanner) hanAt(i int, v [2]rune, kind, before uint32) int {
	s, r := c.s, v[0]
	next := i + 3
	if c.taken(i) {
		return next
	}
	if kind&numeral != 0 && c.goesOnCounting(v[1]) {
		if f, ok := c.numeralAt(i); ok {
			c.put(f)
			return f.End
		}
	}
	if kind&stops != 0 {
		return next
	}
	if kind&plateFirst != 0 && c.set&setPlate != 0 {
		if end := plateEnd(s, i); end > 0 {
			c.put(Span{Start: i, End: end, Class: Plate})
			return end
		}
	}
	if kind&cueFirst != 0 && c.set&(setWeChat|setSecret) != 0 {
		if f, ok := c.cuedCode(i); ok {
			c.put(f)
			return f.End
		}
	}
	if c.set&setAddress != 0 && c.mayAddress(i, v, kind, before) {
		if f, ok := c.address(i, kind); ok {
			c.put(f)
			return f.End
		}
	}
	if c.set&setName == 0 {
		return next
	}
	cued := before&cueEnds != 0
	if before == beginning {
		cued = c.cuedBefore(i)
	}
	if cued && before&(beginning|introduces) != 0 && c.afterColon(i) {
		if f, ok := c.introduced(i); ok {
			c.put(f)
			return f.End
		}
	}
	if kind&foreign != 0 {
		if end := c.wholeName(i, v); end > 0 {
			c.put(Span{Start: i, End: end, Class: Name, Sure: true})
			return end
		}
	}
	if kind&(foreign|startsName) != 0 && c.hasDots() {
		if f, ok := c.dottedName(i); ok {
			c.put(f)
			return f.End
		}
	}
	if kind&startsName != 0 && i >= c.clear && c.mayName(i, v, kind, before, cued) {
		if f, ok := c.hanName(i, r); ok {
			c.put(f)
			return f.End
		}
	}
	return next
}

// mayAddress tells whether address could find one at i: cheap, and never false
// where it would.
func (c *scanner) mayAddress(i int, v [2]rune, kind, before uint32) bool {
	if kind&startsPlace != 0 && c.lex.pairs.has(v[0], v[1]) {
		return true
	}
	// What an ending ends stands before it.
	if kind&endsPart == 0 || before&(stops|leads) != 0 || i == 0 {
		return false
	}
	if kind&countable == 0 || before != beginning {
		return kind&countable == 0 || before&counts != 0
	}
	last := c.s[i-1]
	return last >= 0x80 || isDigit(last) || isLetter(last) || last == '#' || last == ')'
}

func (c *scanner) hasDots() bool {
	if c.dots == 0 {
		c.dots = -1
		// Their first bytes are in no other Chinese character; most texts have neither.
		if strings.IndexByte(c.s, "·"[0]) >= 0 && strings.Contains(c.s, "·") || strings.IndexByte(c.s, "•"[0]) >= 0 && strings.Contains(c.s, "•") {
			c.dots = 1
		}
	}
	return c.dots > 0
}

// plateEnd returns the end of the vehicle plate at i (GA 36), or 0.
func plateEnd(s string, i int) int {
	k := i + 3
	if k+1 < len(s) && s[k] == ' ' && isUpper(s[k+1]) { // 浙 A12345
		k++
	}
	if k >= len(s) || !isLetter(s[k]) || s[k]|0x20 == 'i' {
		return 0
	}
	k++
	for _, sep := range [...]string{"·", "•", " ", "-", "．", "."} {
		if strings.HasPrefix(s[k:], sep) {
			k += len(sep)
			break
		}
	}
	n, digits := 0, 0
	for k < len(s) && n < 6 && (isDigit(s[k]) || isLetter(s[k]) && s[k]|0x20 != 'i' && s[k]|0x20 != 'o') {
		if isDigit(s[k]) {
			digits++
		}
		k++
		n++
	}
	if n == 4 && digits >= 2 {
		for _, tail := range [...]string{"挂", "学", "警", "港", "澳"} {
			if strings.HasPrefix(s[k:], tail) {
				return k + len(tail)
			}
		}
	}
	if n < 5 || digits < 2 || k < len(s) && (isWord(s[k]) || s[k] == '*') {
		return 0
	}
	return k
}

// cuedCode looks for the account or secret after 微信, 密码 and the like at i.
func (c *scanner) cuedCode(i int) (Span, bool) {
	s := c.s
	for _, cue := range [...]string{"微信", "薇信", "威信", "加微", "加V", "加v", "微 信", "卫星", "绿泡泡"} {
		if c.set&setWeChat != 0 && strings.HasPrefix(s[i:], cue) {
			return c.chatAfter(i + len(cue))
		}
	}
	for _, cue := range [...]string{"密码", "口令", "密钥", "密鑰", "密碼"} {
		if c.set&setSecret != 0 && strings.HasPrefix(s[i:], cue) {
			return c.secretAfter(i + len(cue))
		}
	}
	return Span{}, false
}
