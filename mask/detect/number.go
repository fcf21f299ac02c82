package detect

// numbers are at most this long; one more tells whether a number goes on.
const maxDigits = 20

// digitRun is up to maxDigits digits that begin at a group, with what separates
// the groups. It is small as one is filled for every number of every string.
type digitRun struct {
	n      int
	from   int             // where it begins in the text
	v      [maxDigits]byte // ASCII
	at     [maxDigits]uint8
	width  [maxDigits]uint8
	last   [maxDigits]bool // ends its group
	dotted [maxDigits]bool // a dot follows
}

func (r *digitRun) start(k int) int { return r.from + int(r.at[k]) }
func (r *digitRun) end(k int) int   { return r.from + int(r.at[k]) + int(r.width[k]) }

// readRun fills r from the digit at i on. 20 digits of three bytes with three
// separators of three bytes between them are 240 bytes at most.
func readRun(r *digitRun, s string, i int) {
	r.from = i
	d, w := DigitAt(s, i)
	for w > 0 && r.n < maxDigits {
		k := r.n
		r.v[k], r.at[k], r.width[k] = d, uint8(i-r.from), uint8(w)
		r.n++
		i += w
		if d, w = DigitAt(s, i); w > 0 {
			continue
		}
		r.last[k] = true
		j := i
		for range 3 {
			w := SeparatorAt(s, j)
			if w == 0 {
				break
			}
			r.dotted[k] = r.dotted[k] || s[j] == '.'
			j += w
		}
		if j == i {
			return
		}
		i = j
		d, w = DigitAt(s, i)
	}
}

// digitsAt looks for a number that begins at the group of digits at i.
func (c *scanner) digitsAt(i int) int {
	s := c.s
	end := groupEnd(s, i)
	if c.taken(i) || end-i <= 2 && end == len(s) && i != c.row {
		return end
	}
	if end-i == 4 && end < len(s) && s[end] == '-' {
		if e := stampEnd(s, i); e > 0 && !(c.set&setBirthDate != 0 && (c.bornBefore(i) || c.bornAfter(e))) {
			return e
		}
	}
	left := c.digitsLeft(i, end)
	if left >= 11 {
		if f, ok := c.longNumber(i); ok {
			c.put(f)
			return f.End
		}
	}
	if i < c.after && c.after < end {
		if f, ok := c.longNumber(c.after); ok {
			c.put(f)
			return f.End
		}
	}
	if f, ok := c.oddNumber(i, end); ok {
		c.put(f)
		return f.End
	}
	if left < 7 && end-i <= 4 && (end == len(s) || !goesOn(s[end])) {
		return end
	}
	if f, ok := c.shortNumber(i, end, left); ok {
		c.put(f)
		return max(end, f.End)
	}
	return end
}

// goesOn tells whether c may be in a number of one to four digits that is no
// phone: in a date, an address of a machine or of a house.
func goesOn(c byte) bool {
	return c == ' ' || c >= '-' && c <= '/' || c == ':' || isLetter(c) || c >= 0x80
}

// stampEnd returns the end of the date at i, written as in ISO 8601 and with the
// time if there is one, or 0. Nothing that could be part of it follows.
func stampEnd(s string, i int) int {
	if !shapedLike(s, i, "9999-99-99") || s[i+5] > '1' || s[i+8] > '3' {
		return 0
	}
	e := i + 10
	if e < len(s) && (s[e] == 'T' || s[e] == ' ') && shapedLike(s, e+1, "99:99") {
		e += 6
		if shapedLike(s, e, ":99") {
			e += 3
		}
		if e < len(s) && s[e] == '.' {
			e = groupEnd(s, e+1)
		}
		if shapedLike(s, e, "+99:99") || shapedLike(s, e, "-99:99") {
			e += 6
		}
	}
	if e < len(s) && (isDigit(s[e]) || s[e] >= 0x80 || s[e] == '-' || s[e] == '.') {
		return 0
	}
	return e
}

// shapedLike tells whether pattern stands at i, 9 for any digit.
func shapedLike(s string, i int, pattern string) bool {
	if i+len(pattern) > len(s) {
		return false
	}
	for k := range len(pattern) {
		if c := s[i+k]; pattern[k] == '9' && !isDigit(c) || pattern[k] != '9' && c != pattern[k] {
			return false
		}
	}
	return true
}

// digitsLeft returns how many digits there are from the group i..end on, as far
// as separators join groups to a row. It goes over a row once.
func (c *scanner) digitsLeft(i, end int) int {
	s := c.s
	if i != c.row {
		if end == len(s) || s[end] > '.' && s[end] < 0x80 { // the row is this group
			return digitsIn(s, i, end)
		}
		c.left = 0
		for from, to := i, end; to > from; to = groupEnd(s, from) {
			c.left += digitsIn(s, from, to)
			from = separatorsEnd(s, to)
		}
	}
	left := c.left
	c.left -= digitsIn(s, i, end)
	c.row = separatorsEnd(s, end)
	return left
}

// digitsIn counts the digits i..end, which is nothing but digits.
func digitsIn(s string, i, end int) int {
	n := 0
	for i < end {
		if s[i] == 0xEF {
			i += 2
		}
		i++
		n++
	}
	return n
}

// separatorsEnd returns the end of the separators at i, three at most.
func separatorsEnd(s string, i int) int {
	for range 3 {
		if i == len(s) || s[i] > '.' && s[i] < 0x80 {
			break
		}
		w := SeparatorAt(s, i)
		if w == 0 {
			break
		}
		i += w
	}
	return i
}

// longNumber looks for a number of eleven and more digits that begins exactly at
// i. The longest wins.
func (c *scanner) longNumber(i int) (Span, bool) {
	s, set := c.s, c.set
	var r digitRun
	readRun(&r, s, i)
	if r.n < 11 {
		return Span{}, false
	}
	found := Span{}
	if set&(setResidentID|setHKMTPermit|setForeignID) != 0 {
		if end, class := residentID(s, &r); end > 0 && set.Has(class) {
			found = Span{Start: i, End: end, Class: class}
		}
	}
	if found.End == 0 && set&setResidentID != 0 && r.n == 15 && r.last[14] && r.grouped(0, 15, 3, 2, 1, 6) && oldResidentID(r.v[:15]) &&
		cueBefore(s, i, 36, idCues()...) {
		found = Span{Start: i, End: r.end(14), Class: ResidentID}
	}
	if found.End == 0 && set&setResidentID != 0 {
		found = c.saidID(&r, i)
	}
	if found.End == 0 && set&setBankCard != 0 {
		found = c.card(&r, i)
	}
	if found.End == 0 && set&setPhone != 0 && (r.v[0] == '1' || r.v[0] == '0' || r.v[0] == '8') { // 138, 0138, +86 138
		found = r.phone(i > 0 && endsInDigit(s, i))
		if found.End > 0 && (c.notDialled(found) || found.Start > i && c.isOrder(i) || found.Start > i && i > 0 && isLetter(s[i-1]) && i != c.word) {
			found = Span{}
		}
	}
	if found.End == 0 || r.single(found) && insideHex(s, found) || insideUUID(s, found) {
		return Span{}, false
	}
	return found, true
}

// saidID looks for a resident id whose check digit is wrong, behind a word that
// says what it is: people mistype them.
func (c *scanner) saidID(r *digitRun, i int) Span {
	n := 18
	if r.n < 18 || !r.last[17] {
		n = 17
	}
	if r.n < n || !r.last[n-1] || r.v[0] == '0' || !r.grouped(0, n, 3, 2, 1, 6) {
		return Span{}
	}
	end := r.end(n - 1)
	if n == 17 {
		e := skip(c.s, end, "X", "x", "Ｘ", "ｘ", "×", "*")
		if e == end || c.s[e-1] == '*' {
			return Span{}
		}
		end = e
	}
	if end < len(c.s) && isWord(c.s[end]) {
		return Span{}
	}
	if plausibleProvince(r.v[0], r.v[1]) && plausibleDate(r.v[6:14]) && cueBefore(c.s, i, 30, idCues()...) && !c.isOrder(i) ||
		c.cueTouches(i, "身份证", "身份證", "身份证号", "身份证号码", "证件号码", "证件号", "居住证", "居住證") {
		switch {
		case r.v[0] == '9' && c.set&setForeignID != 0:
			return Span{Start: i, End: end, Class: ForeignID}
		case r.v[0] == '8' && r.v[2] == '0' && r.v[3] == '0' && c.set&setHKMTPermit != 0:
			return Span{Start: i, End: end, Class: HKMTPermit}
		}
		return Span{Start: i, End: end, Class: ResidentID}
	}
	return Span{}
}

// card looks for a card number: one of an issuer's range with a sound check
// digit, or any after a word that says so.
func (c *scanner) card(r *digitRun, i int) Span {
	glued := i > 0 && isLetter(c.s[i-1]) && i != c.word // SF4168056364475
	for n := min(r.n, 19); n >= 12; n-- {
		if !r.last[n-1] || !r.grouped(0, n, 4, 2, 1, 7) {
			continue
		}
		sound := luhn(r.v[:n])
		if !sound && n < 14 || !plausibleCard(r.v[:n]) && n != r.n {
			continue
		}
		known := plausibleCard(r.v[:n])
		switch {
		case sound && known && n >= 14 && (n == 16 || r.v[0] != '5') && !glued && !c.isOrder(i):
		case (sound && (n >= 15 || r.v[0] != '1') || known) && cueBefore(c.s, i, 30, "卡号", "银行卡", "信用卡", "储蓄卡", "借记卡", "card", "账号", "帐号", "账户", "卡號", "cc", "visa", "mastercard", "amex") && !c.isOrder(i):
		case n >= 16 && (n == r.n || known) && c.cueTouches(i, "卡号", "银行卡", "储蓄卡", "信用卡", "账号", "帐号", "银行"):
		default:
			continue
		}
		return Span{Start: i, End: r.end(n - 1), Class: BankCard}
	}
	return Span{}
}

func idCues() []string {
	return []string{"身份证", "身份證", "证件", "身份號", "id card", "id no", "idcard", "id_card", "证号"}
}

// notDialled tells whether what looks like a phone is an order number by the
// words before it, or an amount by what is around it.
func (c *scanner) notDialled(f Span) bool {
	s := c.s
	if c.isOrder(f.Start) {
		return true
	}
	if f.Start > 0 {
		if r, _ := runeBefore(s, f.Start); r == '¥' || r == '￥' || r == '$' {
			return true
		}
	}
	rest := s[f.End:]
	if len(rest) >= 3 && rest[0] == '.' && isDigit(rest[1]) && isDigit(rest[2]) && (len(rest) == 3 || !isDigit(rest[3]) && rest[3] != '.') {
		return f.End-f.Start == 11
	}
	return len(rest) >= 3 && rest[:3] == "元"
}

// endsInDigit tells whether a digit, and then only separators, stand before i.
func endsInDigit(s string, i int) bool {
	for k := 1; k <= 9 && i-k >= 0; k++ {
		if c := s[i-k]; '0' <= c && c <= '9' {
			return true
		} else if c != ' ' && c != '-' && c < 0x80 {
			return false
		}
	}
	return false
}

// single tells whether the found number is one group.
func (r *digitRun) single(f Span) bool {
	for k := range r.n {
		if r.end(k) == f.End {
			return true
		}
		if r.last[k] && r.start(k) >= f.Start {
			return false
		}
	}
	return true
}

// grouped tells whether the digits from..to are written as a person groups
// them: in one, or the first group of at least head digits, the last of at
// least tail, those between of at least mid, at most groups in all.
func (r *digitRun) grouped(from, to, head, mid, tail, groups int) bool {
	count, size := 0, 0
	for k := from; k < to; k++ {
		size++
		if k < to-1 && !r.last[k] {
			continue
		}
		count++
		least := mid
		if count == 1 {
			least = head
		} else if k == to-1 {
			least = tail
		}
		if size < least {
			return false
		}
		size = 0
	}
	return count <= groups
}

// spaced tells whether every digit stands alone.
func (r *digitRun) spaced(n int) bool {
	for k := range n {
		if !r.last[k] {
			return false
		}
	}
	return true
}

// phone looks for a Chinese mobile, after what may be dialled before it.
// Follows is true when other digits stand before the run.
func (r *digitRun) phone(follows bool) Span {
	for _, prefix := range [...]string{"", "0", "86", "086", "0086"} {
		p := len(prefix)
		if r.n < p+11 || string(r.v[:p]) != prefix || p > 0 && r.last[p-1] {
			continue
		}
		if !isMobile(string(r.v[p:p+11])) || !r.last[p+10] {
			continue
		}
		dots := false
		for k := p; k < p+10; k++ {
			dots = dots || r.last[k] && r.dotted[k]
		}
		written := (r.grouped(p, p+11, 3, 3, 2, 4) || r.grouped(p, p+11, 3, 2, 2, 5) && r.last[p+2] && r.last[p+4] && r.last[p+6] && r.last[p+8]) && !(r.last[p+7] && !r.last[p+6] && !r.last[p+3] && plausibleDate(r.v[p:p+8]))
		switch {
		case p == 0 && r.spaced(11):
			written = r.n == 11 && !follows // else any row of small numbers would do
		case dots:
			written = r.last[p+2] && r.last[p+6] && r.grouped(p, p+11, 3, 4, 4, 3)
		}
		if written {
			return Span{Start: r.start(p), End: r.end(p + 10), Class: Phone}
		}
	}
	return Span{}
}

// insideHex tells whether the span is part of a hash or the like: 24 or more
// hexadecimal digits.
func insideHex(s string, f Span) bool {
	const least = 24
	from, to := f.Start, f.End
	if !isHex(s, from, to) {
		return false
	}
	for from > 0 && to-from < least && isHex(s, from-1, from) {
		from--
	}
	for to < len(s) && to-from < least && isHex(s, to, to+1) {
		to++
	}
	return to-from >= least
}

// insideUUID tells whether the span is part of a UUID: hexadecimal digits in groups of
// 8, 4, 4, 4 and 12.
func insideUUID(s string, f Span) bool {
	const n = 36
	for i := max(0, f.Start-n+1); i <= f.Start && i+n <= len(s); i++ {
		if f.End <= i+n && s[i+8] == '-' && s[i+13] == '-' && s[i+18] == '-' && s[i+23] == '-' &&
			isHex(s, i, i+8) && isHex(s, i+9, i+13) && isHex(s, i+14, i+18) && isHex(s, i+19, i+23) && isHex(s, i+24, i+n) {
			return true
		}
	}
	return false
}

// residentID returns the end of the Chinese resident id that the run begins
// with, or 0: a province, a date and a sound check digit (GB 11643).
func residentID(s string, r *digitRun) (int, Class) {
	if r.n < 17 || r.v[0] == '0' || !plausibleDate(r.v[6:14]) {
		return 0, ""
	}
	class := ResidentID
	switch {
	case r.v[0] == '9': // permanent residence cards of 2023
		class = ForeignID
	case r.v[0] == '8' && r.v[1] >= '1' && r.v[1] <= '3' && r.v[2] == '0' && r.v[3] == '0':
		class = HKMTPermit
	case !plausibleProvince(r.v[0], r.v[1]):
		return 0, ""
	}
	want := residentCheck(r.v[:17])
	n := 17
	if want != 'X' {
		n = 18
		if r.n < 18 || r.v[17] != want || !r.last[17] {
			return 0, ""
		}
	} else if !r.last[16] {
		return 0, ""
	}
	if !r.grouped(0, n, 3, 2, 1, 6) && !r.spaced(n) {
		return 0, ""
	}
	if want != 'X' {
		return r.end(17), class
	}
	i := r.end(16)
	if w := SeparatorAt(s, i); w > 0 {
		i += w
	}
	switch {
	case i < len(s) && s[i]|0x20 == 'x':
		i++
	case i+2 < len(s) && s[i] == 0xEF && (s[i+1] == 0xBC && s[i+2] == 0xB8 || s[i+1] == 0xBD && s[i+2] == 0x98): // Ｘ ｘ
		i += 3
	case i+1 < len(s) && s[i] == 0xC3 && s[i+1] == 0x97: // ×
		i += 2
	default:
		return 0, ""
	}
	if _, w := DigitAt(s, i); w > 0 {
		return 0, ""
	}
	return i, class
}

// residentCheck returns the last character of the id that begins with d.
func residentCheck(d []byte) byte {
	sum := 0
	for k, w := range [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(d[k]-'0')
	}
	return "10X98765432"[sum%11]
}

// oldResidentID tells whether d is an id of 15 digits: a province and a date.
func oldResidentID(d []byte) bool {
	var full [8]byte
	copy(full[:], "19")
	copy(full[2:], d[6:12])
	return plausibleProvince(d[0], d[1]) && plausibleDate(full[:])
}

func plausibleProvince(a, b byte) bool {
	switch a {
	case '1':
		return b >= '1' && b <= '5'
	case '2':
		return b >= '1' && b <= '3'
	case '3':
		return b >= '1' && b <= '7'
	case '4':
		return b >= '1' && b <= '6'
	case '5':
		return b >= '0' && b <= '4'
	case '6':
		return b >= '1' && b <= '5'
	case '7':
		return b == '1'
	case '8':
		return b >= '1' && b <= '3'
	case '9':
		return b == '1'
	}
	return false
}

func plausibleDate(d []byte) bool {
	two := func(k int) int { return int(d[k]-'0')*10 + int(d[k+1]-'0') }
	century, month, day := two(0), two(4), two(6)
	if century < 18 || century > 20 || month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	return day <= days[month-1]
}

// plausibleCard tells whether d begins and is as long as cards that are issued.
func plausibleCard(d []byte) bool {
	n := len(d)
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	four := two*100 + int(d[2]-'0')*10 + int(d[3]-'0')
	switch {
	case two == 62, two == 68, two == 69, two == 95: // UnionPay, banks' own
		return n >= 16
	case two == 60, two == 64, two == 65: // Discover, and banks' own
		return n == 16 || n == 19 || two == 60 && n >= 16
	case d[0] == '4':
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n == 16
	case two == 34, two == 37:
		return n == 15
	case two == 63, two == 67, two == 50, two == 56, two == 57, two == 58: // Maestro
		return n >= 12 && n <= 19
	case two == 35:
		return n >= 16
	case two == 30, two == 36, two == 38, two == 39:
		return n == 14 || n == 16
	case four == 2131, four == 1800:
		return n == 15
	}
	return false
}

// luhn is the check of ISO/IEC 7812-1, annex B.
func luhn(d []byte) bool {
	sum := 0
	for k := range d {
		x := int(d[len(d)-1-k] - '0')
		if k%2 == 1 {
			if x *= 2; x > 9 {
				x -= 9
			}
		}
		sum += x
	}
	return sum%10 == 0
}

func isMobile(d string) bool {
	return len(d) == 11 && d[0] == '1' && d[1] >= '3' && d[1] <= '9'
}

// IsMobile tells whether d, digits, is a Chinese mobile number.
func IsMobile(d string) bool { return isMobile(d) }

// CountryCode returns the length of the country code (ITU E.164) that digits
// begin with, or 0.
func CountryCode(digits string) int { return countryCode([]byte(digits)) }
