package detect

// said tells whether one of cues stands before i with nothing but joining words
// between them: passport no. is, 护照号码：. Cues are in lower case.
func (c *scanner) said(i int, cues ...string) bool {
	s := c.s
	for range 8 {
		for _, cue := range cues {
			if k := i - len(cue); k >= 0 && foldPrefix(s[k:], cue) && (!isLetter(cue[0]) || k == 0 || !isLetter(s[k-1])) {
				return true
			}
		}
		k := joinerStart(s, i)
		if k == i {
			return false
		}
		i = k
	}
	return false
}

// joinerStart returns where the joining word or mark that ends at i begins, or i.
func joinerStart(s string, i int) int {
	if i == 0 {
		return i
	}
	switch s[i-1] {
	case ' ', ':', '.', '#', '=', '(', '-', '"', '\'', '_', '\t':
		return i - 1
	}
	for _, w := range [...]string{"：", "号码", "号", "号是", "是", "为", "（", "number", "num", "no", "nr", "is", "id", "card", "code", "holder"} {
		if k := i - len(w); k >= 0 && foldPrefix(s[k:], w) && (!isLetter(w[0]) || k == 0 || !isLetter(s[k-1])) {
			return k
		}
	}
	return i
}

// macauID returns the end of a Macau identity card number, 1234567(8), at i, or 0.
func (c *scanner) macauID(i, end int) int {
	s := c.s
	if s[i] != '1' && s[i] != '5' && s[i] != '7' {
		return 0
	}
	k := skip(s, end, "(", "（")
	if k == end || k >= len(s) || !isDigit(s[k]) {
		return 0
	}
	e := skip(s, k+1, ")", "）")
	if e == k+1 || !cueBefore(s, i, 40, "澳门", "澳門", "身份证", "身份證", "macau", "证件") {
		return 0
	}
	return e
}

// dms returns the end of degrees, minutes and seconds at i, whose degrees end at
// end, or 0: 30°16'26.7"N, 东经120°9′18″.
func dms(s string, i, end int) int {
	k := skip(s, end, "°", "º", "度")
	if k == end || k >= len(s) {
		return 0
	}
	k = skip(s, k, " ")
	m := k
	for m < len(s) && isDigit(s[m]) {
		m++
	}
	if m == k || m-k > 2 {
		return 0
	}
	fine := false
	if m+2 < len(s) && s[m] == '.' && isDigit(s[m+1]) && isDigit(s[m+2]) {
		for m++; m < len(s) && isDigit(s[m]); m++ {
		}
		fine = true
	}
	k = skip(s, m, "'", "′", "’", "分", "\\'")
	if k == m {
		return 0
	}
	sec := skip(s, k, " ")
	e := sec
	for e < len(s) && (isDigit(s[e]) || s[e] == '.' && e > sec && e+1 < len(s) && isDigit(s[e+1])) {
		e++
	}
	if e > sec && e-sec <= 9 {
		if q := skip(s, e, "″", "”", "''", "秒"); q > e {
			k, fine = q, true
		} else if skip(s, e, "\"", "\\\"") > e {
			return e // a quote may end a cell of CSV or a string: it stays
		}
	}
	if !fine {
		return 0
	}
	return hemisphereAfter(s, k)
}

// hemisphereAfter goes on over N, S, E or W behind degrees.
func hemisphereAfter(s string, i int) int {
	k := skip(s, i, " ")
	if k < len(s) && isHemisphere(s[k]) && (k+1 >= len(s) || !isWord(s[k+1])) {
		return k + 1
	}
	return i
}

func isHemisphere(c byte) bool { return c == 'N' || c == 'S' || c == 'E' || c == 'W' }

// hemisphereBefore goes back over N, S, E or W, and a sign, before degrees.
func hemisphereBefore(s string, i int) int {
	if i > 0 && s[i-1] == '-' {
		i--
	}
	k := i
	if k > 0 && s[k-1] == ' ' {
		k--
	}
	if k > 0 && isHemisphere(s[k-1]) && (k == 1 || !isWord(s[k-2])) {
		switch r, _ := runeBefore(s, k-1); r {
		case '"', '″', '”', '°', '′', '\'', '秒', '度', '分': // of the degrees before
			return i
		}
		return k - 1
	}
	return i
}

// hanDate returns the end of a date in Chinese numerals at i, or 0: 一九九〇年三月七日,
// 三月初七.
func hanDate(s string, i int) int {
	k, n := hanNumber(s, i)
	if n == 0 {
		return 0
	}
	if y := skip(s, k, "年"); y > k {
		if n != 2 && n != 4 {
			return 0
		}
		if k, n = hanNumber(s, y); n == 0 {
			return 0
		}
	}
	m := skip(s, k, "月")
	if m == k || n > 2 {
		return 0
	}
	d := skip(s, m, "初")
	k, n = hanNumber(s, d)
	if n == 0 || n > 3 {
		return 0
	}
	return skip(s, k, "日", "号")
}

// hanNumber goes over digits in words, and 十 and 廿, at i and tells how many.
func hanNumber(s string, i int) (end, n int) {
	for n < 5 && i+2 < len(s) {
		_, w, plain := oddDigitAt(s, i)
		if w == 0 || plain {
			if k := skip(s, i, "十", "廿"); k > i {
				w = k - i
			} else {
				break
			}
		}
		i += w
		n++
	}
	return i, n
}

// goesOnCounting tells whether a number or a date may go on with r, which is 0
// for what is not Chinese: not 一样, 两次.
func (c *scanner) goesOnCounting(r rune) bool {
	return r == 0 || c.lex.at(r)&numeral != 0 || r == '年' || r == '月' || r == '十' || r == '廿'
}

// numeralAt looks for a number or a date of birth at a digit in words.
func (c *scanner) numeralAt(i int) (Span, bool) {
	if c.set&spelled != 0 {
		if f, ok := c.spelledAt(i); ok {
			return f, true
		}
	}
	if c.set&setBirthDate != 0 {
		if e := hanDate(c.s, i); e > 0 && c.bornBefore(i) {
			return Span{Start: i, End: e, Class: BirthDate}, true
		}
	}
	return Span{}, false
}
