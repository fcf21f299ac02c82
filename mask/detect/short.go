package detect

import "strings"

// shortNumber looks for what is no row of eleven digits and more, or is told by
// what is around it: fixed lines, addresses of machines, places, dates, numbers
// of other countries.
func (c *scanner) shortNumber(i, end, left int) (Span, bool) {
	s, set := c.s, c.set
	n := end - i // of a group of full-width digits it is three times as much
	if set&setSSN != 0 && n == 3 && end < len(s) {
		if f, ok := ssn(s, i); ok {
			return f, true
		}
	}
	if set&setMAC != 0 && n == 2 && end < len(s) && (s[end] == '-' || s[end] == ':') {
		if e := macEnd(s, i); e > 0 {
			return Span{Start: i, End: e, Class: MAC}, true
		}
	}
	if set&setPassport != 0 && n >= 7 && n <= 9 && c.standsAlone(i, end) && c.said(i, "护照", "護照", "passport") {
		return Span{Start: i, End: end, Class: Passport}, true
	}
	if left >= 7 && set&(setLandline|setIntlPhone) != 0 {
		if f, ok := c.line(i); ok {
			return f, true
		}
	}
	if set&setAddress != 0 && n <= 6 && end < len(s) {
		if f, ok := c.latinAddress(i, end); ok {
			return f, true
		}
	}
	if n <= 4 || s[i] == 0xEF && n <= 12 {
		if set&setBirthDate != 0 && (n != 3 || s[i] == 0xEF) {
			if f, ok := c.birthDate(i); ok {
				return f, true
			}
		}
		if end < len(s) && s[end] == '.' {
			if f, ok := c.dotted(i); ok {
				return f, true
			}
		}
		if set&setCoordinates != 0 && n <= 3 && end < len(s) && (s[end] == 0xC2 || s[end] == 0xE5) {
			if e := dms(s, i, end); e > 0 {
				return Span{Start: hemisphereBefore(s, i), End: e, Class: Coordinates}, true
			}
		}
		if set&setIP != 0 && end < len(s) && (s[end] == ':' || isHex(s, end, end+1)) {
			if e := c.ipv6(i); e > 0 {
				return Span{Start: i, End: e, Class: IP}, true
			}
		}
		if set&setMAC != 0 && n <= 2 {
			if e := macEnd(s, i); e > 0 {
				return Span{Start: i, End: e, Class: MAC}, true
			}
		}
	}
	if set&setQQ != 0 && n >= 5 && n <= 11 && s[i] != '0' && c.cueTouches(i, "qq", "扣扣", "企鹅号", "企鹅", "加q", "我q", "扣号", "q号") && c.standsAlone(i, end) {
		return Span{Start: i, End: end, Class: QQ}, true
	}
	if set&setBirthDate != 0 && n == 8 && c.standsAlone(i, end) && plausibleDate([]byte(s[i:end])) && (c.bornBefore(i) || c.bornAfter(end)) {
		return Span{Start: i, End: end, Class: BirthDate}, true
	}
	if set&setHKMTPermit != 0 && n == 7 && end < len(s) {
		if e := c.macauID(i, end); e > 0 {
			return Span{Start: i, End: e, Class: HKMTPermit}, true
		}
	}
	if set&setMAC != 0 && n == 12 {
		if e := c.plainMAC(i, end); e > 0 {
			return Span{Start: i, End: e, Class: MAC}, true
		}
	}
	if set&setHKMTPermit != 0 && n == 8 && c.standsAlone(i, end) && cueBefore(s, i, 40, "台胞证", "台湾居民", "来往大陆") {
		return Span{Start: i, End: end, Class: HKMTPermit}, true
	}
	if set&setSSN != 0 && n == 9 && c.standsAlone(i, end) && cueBefore(s, i, 24, "ssn", "social security") {
		return Span{Start: i, End: end, Class: SSN}, true
	}
	if set&(setMAC|setUSCC) != 0 && end < len(s) && isLetter(s[end]) {
		return c.code(i)
	}
	return Span{}, false
}

// standsAlone tells whether no letter, digit or point goes on from i..end.
func (c *scanner) standsAlone(i, end int) bool {
	s := c.s
	if i > 0 && (isWord(s[i-1]) && (s[i-1]|0x20 != 'q') || s[i-1] == '*') || end < len(s) && (isWord(s[end]) || s[end] == '*') {
		return false
	}
	if i > 1 && (s[i-1] == '.' || s[i-1] == '-') && isDigit(s[i-2]) {
		return false
	}
	return end+1 >= len(s) || s[end] != '.' && s[end] != '-' || !isDigit(s[end+1])
}

// cueTouches tells whether nothing but a few joining words stands between one of
// cues and i.
func (c *scanner) cueTouches(i int, cues ...string) bool {
	s := c.s
	for range 10 {
		if i == 0 {
			return false
		}
		last := s[i-1] | 0x20
		for _, cue := range cues {
			if cue[len(cue)-1]|0x20 != last {
				continue
			}
			if k := i - len(cue); k >= 0 && foldPrefix(s[k:], cue) && (k == 0 || !isLetter(cue[0]) || !isWord(s[k-1])) {
				return true
			}
		}
		r, w := runeBefore(s, i)
		if !joins(r) {
			return false
		}
		i -= w
	}
	return false
}

// joins tells whether r may stand between a word for a number and the number.
func joins(r rune) bool {
	switch r {
	case ' ', ':', '：', '=', '是', '为', '号', '码', '群', '加', '我', '的', '联', '系', '方', '式', '账', '帐', '户', '(', ')', '（', '）', '-', '—', '→', '>', '"', '\'',
		'“', '”', ',', '，', '也', '~', '\t':
		return true
	}
	return false
}

// line looks for a fixed line or a number of another country written without +.
func (c *scanner) line(i int) (Span, bool) {
	s := c.s
	if i > 0 && (isWord(s[i-1]) || s[i-1] == '+') {
		return Span{}, false
	}
	if i > 1 && (s[i-1] == '-' || s[i-1] == '.' || s[i-1] == '/') && isWord(s[i-2]) {
		return Span{}, false
	}
	if i >= 4 && (s[i-4:i-1] == "400" || s[i-4:i-1] == "800") && (i == 4 || !isDigit(s[i-5])) {
		return Span{}, false // the rest of a company's number
	}
	if strings.HasPrefix(s[i:], "0086") || strings.HasPrefix(s[i:], "086") || strings.HasPrefix(s[i:], "86") {
		if f, ok, done := c.withTrunk(i); done {
			return f, ok
		}
	}
	var r digitRun
	readRun(&r, s, i)
	if r.n < 7 {
		return Span{}, false
	}
	if c.set&setLandline != 0 {
		if f, ok := c.landline(&r, 0); ok {
			return f, true
		}
	}
	if c.set&setIntlPhone == 0 {
		return Span{}, false
	}
	first := 1
	for first < r.n && !r.last[first-1] {
		first++
	}
	n := groups(&r)
	size := n.digits
	if size < 7 || r.v[0] == '4' && string(r.v[:3]) == "400" && size == 10 || string(r.v[:3]) == "800" && size == 10 || string(r.v[:2]) == "95" && size <= 8 && !c.local(&r, i, size) {
		return Span{}, false // 400 and 800 numbers and 95xxx are companies'
	}
	end := r.end(size - 1)
	if end < len(s) && (isWord(s[end]) || s[end] == '*') && extension(s, end) == end {
		return Span{}, false
	}
	if r.dotted[first-1] && c.isVersion(i) {
		return Span{}, false
	}
	if n.count == 2 && r.dotted[first-1] && n.size[1] == 2 || n.count == 1 && inYuan(s, end) { // 4711.50, 4711 元
		return Span{}, false
	}
	switch {
	case size >= 9 && size <= 15 && r.v[0] == '0' && r.v[1] == '0' && r.v[2] != '0' && countryCode(r.v[2:size]) > 0 && n.count > 1:
	case size == 11 && r.v[0] == '1' && n.count == 4 && first == 1 && r.v[1] >= '2':
	case c.isOrder(i):
		return Span{}, false
	case size == 10 && n.count == 3 && n.size == [3]int{3, 3, 4} && r.v[0] >= '2' && r.v[3] >= '2': // North America
	case size >= 7 && size <= 13 && !n.dated && (c.dialledBefore(i) || c.dialledAfter(end) || c.messaged(i)):
	case n.count > 1 && r.trunk(size) && !(i > 0 && endsInDigit(s, i)):
	case c.local(&r, i, size) && !n.dated:
	default:
		return Span{}, false
	}
	f := Span{Start: i, End: end, Class: IntlPhone}
	f.End = extension(s, f.End)
	return f, true
}

// inYuan tells whether the number that ends at i is so much money: behind a phone may
// stand 元旦, or a person called 元.
func inYuan(s string, i int) bool {
	if i < len(s) && s[i] == ' ' {
		i++
	}
	return strings.HasPrefix(s[i:], "元") && hanRune(s, i+len("元")) == 0
}

type grouping struct {
	digits, count int
	size          [3]int
	dated         bool // it is a date or a time
}

// groups counts the groups of r, as far as single separators join them.
func groups(r *digitRun) grouping {
	var g grouping
	size := 0
	for k := range r.n {
		size++
		if !r.last[k] {
			continue
		}
		if g.count < 3 {
			g.size[g.count] = size
		}
		g.count++
		g.digits = k + 1
		size = 0
		if g.digits >= 15 {
			break
		}
	}
	g.dated = g.size[0] == 4 && g.size[1] <= 2 && g.size[1] > 0 && g.size[2] <= 2 && (r.v[0] == '1' || r.v[0] == '2')
	return g
}

func (c *scanner) dialledBefore(i int) bool {
	return cueBefore(c.s, i, 32, "phone", "call me", "call", "tel", "mobile", "cell", "fax", "whatsapp", "contact number", "my number is", "number is", "reach me", "dial", "text me",
		"电话", "手机", "致电", "拨打", "传真")
}

// landline looks for a Chinese fixed line at r's digit p: an area code and seven
// or eight digits apart from it, or anything like it after a word that says so.
func (c *scanner) landline(r *digitRun, p int) (Span, bool) {
	s := c.s
	i := r.start(p)
	for _, area := range [...]int{3, 4} {
		for _, local := range [...]int{8, 7} {
			n := p + area + local
			if r.n < n || !r.last[n-1] || !areaCode(string(r.v[p:p+area])) || r.v[p+area] < '2' || area == 3 && local == 7 {
				continue
			}
			for k := p + area; k < n-1; k++ {
				if r.last[k] && k-p-area != local-5 && k-p-area != 2 { // 8765 4321, 876 5432
					n = 0
				}
			}
			if n == 0 || r.last[p] || r.last[p+1] {
				continue
			}
			end := r.end(n - 1)
			if end < len(s) && isWord(s[end]) {
				continue
			}
			if r.last[p+area-1] && !c.isOrder(i) && !(r.dotted[p+area-1] && c.isVersion(i)) || c.fixedBefore(i) {
				return Span{Start: i, End: extension(s, end), Class: Landline}, true
			}
		}
	}
	if p == 0 && (r.last[7-1] && r.n >= 7 || r.n >= 8 && r.last[8-1]) && r.v[0] >= '2' && cueBefore(s, i, 20, "座机", "固话", "固定电话", "家里电话", "办公电话", "单位电话", "家庭电话", "公司电话", "宅电") {
		n := 7
		if !r.last[6] {
			n = 8
		}
		for k := range n - 1 {
			if r.last[k] && k != n-5 {
				return Span{}, false
			}
		}
		if end := r.end(n - 1); c.standsAlone(i, end) {
			return Span{Start: i, End: extension(s, end), Class: Landline}, true
		}
	}
	return Span{}, false
}

func (c *scanner) fixedBefore(i int) bool {
	return !c.isOrder(i) && cueBefore(c.s, i, 40, "电话", "座机", "固话", "致电", "拨打", "联系", "传真", "tel", "phone", "fax", "打", "号码")
}

// areaCode tells whether a is a trunk prefix of mainland China.
func areaCode(a string) bool {
	if a[0] != '0' {
		return false
	}
	if len(a) == 3 {
		return a == "010" || a[1] == '2' && a[2] != '6'
	}
	return a[1] >= '3' && a[1] <= '9' && (a[1] != '6' || a[2] == '3' || a[2] == '6' || a[2] == '9') && !(a[2] == '0' && a[1] != '9')
}

// extension goes on over 转123 and ext. 123.
func extension(s string, i int) int {
	j := i
	for j < len(s) && s[j] == ' ' {
		j++
	}
	found := false
	for _, word := range [...]string{"转分机", "分机", "转", "extension", "ext.", "ext", "x"} {
		if foldPrefix(s[j:], word) {
			j += len(word)
			found = true
			break
		}
	}
	if !found && i < len(s) && s[i] == '-' {
		j, found = i+1, true
	}
	if !found {
		return i
	}
	for j < len(s) && (s[j] == ' ' || s[j] == ':') {
		j++
	}
	end, count := j, 0
	for {
		_, w := DigitAt(s, end)
		if w == 0 {
			break
		}
		end += w
		count++
	}
	if n := count; n < 1 || n > 6 || end < len(s) && (isWord(s[end]) || s[end] == '-' && end+1 < len(s) && isDigit(s[end+1])) {
		return i
	}
	return end
}

// plusAt looks for a number with country code at the + at i, or for one whose
// area code is in brackets.
func (c *scanner) plusAt(i int) int {
	s := c.s
	if c.set&(setIntlPhone|setLandline|setPhone) == 0 || i > 0 && isWord(s[i-1]) {
		return i + 1
	}
	if s[i] == '(' {
		return c.bracketAt(i)
	}
	digits, end, ok := dialled(s, i+1)
	if !ok || len(digits) < 8 || len(digits) > 15 {
		return i + 1
	}
	if strings.HasPrefix(digits, "86") {
		rest := strings.TrimPrefix(digits[2:], "0")
		if c.set&setLandline != 0 && !isMobile(rest) && len(rest) >= 9 && len(rest) <= 11 && (areaCode("0"+rest[:2]) || areaCode("0"+rest[:3])) {
			c.put(Span{Start: i, End: extension(s, end), Class: Landline})
			return c.out[len(c.out)-1].End
		}
		return i + 1 // a mobile begins after the +
	}
	if c.set&setIntlPhone == 0 || countryCode([]byte(digits)) == 0 || c.tooFew(digits) {
		return i + 1
	}
	c.put(Span{Start: i, End: extension(s, end), Class: IntlPhone})
	return c.out[len(c.out)-1].End
}

// tooFew tells whether a sum like +12345678 has too few digits for a number of
// its country code.
func (c *scanner) tooFew(digits string) bool {
	n := len(digits) - countryCode([]byte(digits))
	switch digits[0] {
	case '1', '7':
		return n != 10
	}
	return n < 5
}

// bracketAt looks for (021) 12345678 and (415) 555-2671.
func (c *scanner) bracketAt(i int) int {
	s := c.s
	from := skip(s, i, "(", "（")
	end := from
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	after := skip(s, end, ")", "）")
	if n := end - from; n < 1 || n > 5 || after == end || c.taken(i) {
		return i + 1
	}
	area := s[from:end]
	rest, stop, ok := dialled(s, after)
	if !ok {
		return i + 1
	}
	switch {
	case c.set&setLandline != 0 && len(area) >= 3 && len(area) <= 4 && areaCode(area) && (len(rest) == 7 || len(rest) == 8):
		c.put(Span{Start: i, End: extension(s, stop), Class: Landline})
	case c.set&setIntlPhone != 0 && len(area)+len(rest) >= 8 && len(area)+len(rest) <= 12 && len(rest) >= 5:
		c.put(Span{Start: i, End: extension(s, stop), Class: IntlPhone})
	default:
		return i + 1
	}
	return c.out[len(c.out)-1].End
}

// dialled reads digits with what people write between them: at most two
// separators at a time, and one pair of brackets.
func dialled(s string, i int) (digits string, end int, ok bool) {
	var d [18]byte
	n := 0
	end = i
	for i < len(s) && n < len(d) {
		if c, w := DigitAt(s, i); w > 0 {
			d[n] = c
			n++
			i += w
			end = i
			continue
		}
		seps := 0
		for seps < 3 && i < len(s) {
			if s[i] == '(' || s[i] == ')' || s[i] == '/' && n > 0 {
				i++
			} else if w := SeparatorAt(s, i); w > 0 && s[i] != '\t' {
				i += w
			} else {
				break
			}
			seps++
		}
		if _, w := DigitAt(s, i); seps == 0 || seps > 2 || w == 0 {
			break
		}
	}
	return string(d[:n]), end, n >= 5 && n < len(d) && (end >= len(s) || !isWord(s[end]) && s[end] != '*' || extension(s, end) > end)
}

// countryCode returns the length of the country code (ITU E.164) that d begins
// with, or 0.
func countryCode(d []byte) int {
	if len(d) < 4 {
		return 0
	}
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	switch {
	case d[0] == '1' || d[0] == '7':
		return 1
	case d[0] == '0':
		return 0
	}
	switch two {
	case 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
		60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98:
		return 2
	case 28, 83, 89:
		return 0
	}
	return 3
}

// ssn looks for a US social security number: 123-45-6789, one that may be issued.
func ssn(s string, i int) (Span, bool) {
	const n = len("123-45-6789")
	if i+n > len(s) || i > 0 && (isWord(s[i-1]) || s[i-1] == '-' || s[i-1] == '.') || i+n < len(s) && (isWord(s[i+n]) || s[i+n] == '-' || s[i+n] == '*') {
		return Span{}, false
	}
	v := s[i : i+n]
	for k := range n {
		if k == 3 || k == 6 {
			if v[k] != '-' && (v[k] != ' ' && v[k] != '.' || !cueBefore(s, i, 24, "ssn", "social security")) {
				return Span{}, false
			}
		} else if !isDigit(v[k]) {
			return Span{}, false
		}
	}
	if v[:3] == "000" || v[:3] == "666" || v[0] == '9' || v[4:6] == "00" || v[7:] == "0000" {
		return Span{}, false
	}
	return Span{Start: i, End: i + n, Class: SSN}, true
}
