package detect

// withTrunk looks for a fixed line behind 86, 086 or 0086. It is done when it can
// be nothing else: a mobile number is looked for elsewhere.
func (c *scanner) withTrunk(i int) (f Span, ok, done bool) {
	s := c.s
	digits, end, read := dialled(s, i)
	if !read {
		return Span{}, false, false
	}
	rest := digits
	for len(rest) > 0 && rest[0] == '0' {
		rest = rest[1:]
	}
	rest = rest[2:] // 86
	if isMobile(rest) {
		return Span{}, false, true
	}
	if len(rest) > 0 && rest[0] == '0' {
		rest = rest[1:]
	}
	if c.set&setLandline == 0 || len(rest) < 9 || len(rest) > 11 || end-i == len(digits) || !fixedLine(rest) || c.isOrder(i) {
		return Span{}, false, false
	}
	return Span{Start: i, End: extension(s, end), Class: Landline}, true, true
}

// fixedLine tells whether d is an area code, without its 0, with a number of
// seven or eight digits.
func fixedLine(d string) bool {
	var b [4]byte
	b[0] = '0'
	for _, area := range [...]int{2, 3} {
		if n := len(d) - area; n == 8 || n == 7 && area == 3 {
			copy(b[1:], d[:area])
			if areaCode(string(b[:area+1])) && d[area] >= '2' {
				return true
			}
		}
	}
	return false
}

// trunk tells whether the groups of r, size digits in all, are how a number with
// the 0 of its own country is written: 07700 900000, 01 55 55 00 00, 079 2718 1155.
func (r *digitRun) trunk(size int) bool {
	if size < 9 || size > 11 || r.v[0] != '0' || r.v[1] == '0' {
		return false
	}
	count, n := 0, 0
	for k := range size {
		n++
		if !r.last[k] {
			continue
		}
		if n < 2 || r.dotted[k] && count == 0 && n < 3 {
			return false
		}
		if n == 4 && k == 7 && r.v[4] <= '2' && count == 2 { // 01 02 2026
			return false
		}
		count++
		n = 0
	}
	return count >= 2 && count <= 5
}

// dialledAfter tells whether a word behind a number says what it is: 555-0100 (office).
func (c *scanner) dialledAfter(end int) bool {
	s := c.s
	k := end
	for k < len(s) && k-end < 3 && (s[k] == ' ' || s[k] == '-' || s[k] == '(' || s[k] == '\t') {
		k++
	}
	if k >= len(s) || k == end && !isLetter(s[k]) {
		return false
	}
	for _, word := range [...]string{"office", "mobile", "cell", "fax", "home", "work", "phone", "tel", "desk", "direct", "whatsapp"} {
		if e := k + len(word); foldPrefix(s[k:], word) && (e >= len(s) || !isLetter(s[e])) {
			return true
		}
	}
	return false
}

// local tells whether a number without country code at i is one of Hong Kong,
// Macau or Taiwan by the words before it and how it begins.
func (c *scanner) local(r *digitRun, i, size int) bool {
	switch {
	case size == 8 && r.v[0] >= '2' && r.v[0] != '4':
		return cueBefore(c.s, i, 36, "香港", "澳门", "澳門") && cueBefore(c.s, i, 24, "号", "號", "联系", "聯絡", "打", "致电", "电话", "電話", "手机", "手機") && !cueBefore(c.s, i, 20, "证", "證")
	case size == 9 || size == 10:
		return r.v[0] == '0' && r.v[1] != '0' && cueBefore(c.s, i, 36, "台湾", "台灣", "臺灣")
	}
	return false
}

// messaged tells whether the words right before i are of calling or writing to a
// number.
func (c *scanner) messaged(i int) bool {
	return c.said(i, "desk", "office", "home", "work", "ph", "answering at", "answer at", "messages to", "message to", "sms to", "sms", "text to", "ring", "reached at", "reach us at", "landline", "hotline",
		"contact", "contacts", "call", "dial", "電話", "手機", "联系方式", "聯絡")
}
