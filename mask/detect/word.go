package detect

import "strings"

// What a byte of a word is.
const (
	wLower = 1 << iota
	wUpper
	wDigit
	wLine // _
)

var wordKind = func() (t [256]uint8) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-0x20] = wLower, wUpper
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = wDigit
	}
	t['_'] = wLine
	return t
}()

// wordAt looks at the word of ASCII letters and digits that begins at i, if one
// does, and returns where to go on.
func (c *scanner) wordAt(i int) int {
	s := c.s
	if i > 0 && i != c.word && isWord(s[i-1]) {
		return i + 1 // within a word; numbers in it are looked for all the same
	}
	end, kinds := i, uint8(0)
	for ; end < len(s); end++ {
		k := wordKind[s[end]]
		if k == 0 {
			break
		}
		kinds |= k
	}
	if c.taken(i) {
		return end
	}
	if kinds&wDigit == 0 && !c.wordMatters(i, end, kinds) {
		if n := end - i; c.set&setSecret != 0 && n >= 3 && c.lex.tails.has(s[end-3], s[end-2], s[end-1]) && gives(s, end) { // a password
			if f, ok := c.secretAt(i, end); ok {
				c.put(f)
				return max(f.End, end)
			}
		}
		return end
	}
	if f, ok := c.wordFound(i, end, kinds); ok {
		if f.End > f.Start {
			c.put(f)
		}
		return max(f.End, end)
	}
	if kinds&wDigit != 0 { // a number may stand in it
		for i++; i < end && !isDigit(s[i]); i++ {
		}
		return i
	}
	return end
}

// gives tells whether what the word before i names may follow it.
func gives(s string, i int) bool {
	if i == len(s) || s[i] >= 0x80 {
		return i < len(s)
	}
	switch s[i] {
	case ' ', ':', '=', '"', '\'', '\\':
		return true
	}
	return s[i-1]|0x20 == 'r' // bearer
}

// wordMatters tells whether wordFound could find anything but a secret behind its name
// at the word i..end, which is without digits: cheap, and never false where it would.
func (c *scanner) wordMatters(i, end int, kinds uint8) bool {
	s, n := c.s, end-i
	switch {
	case i-c.wide <= maxReach && (n >= 6 || kinds&wUpper != 0): // a name or an account after Chinese that introduces it
		return true
	case n <= 4 && end < len(s) && (s[end] == ':' || n == 2 && s[end] == '-'): // IPv6, MAC
		return true
	case n >= 2 && keyBegins(s[i], s[i+1]):
		return true
	case n >= 12 && foldPrefix(s[i:], "wxid_"):
		return true
	}
	if kinds&wUpper == 0 && !c.lex.headShapes.has(s[i], n) {
		return end < len(s) && c.latinMatters(i, end)
	}
	hash := hashOf(s[i:end])
	return c.lex.heads.has(hash) && (s[i]|0x20 == 'w' || s[i]|0x20 == 'v' || n == 4 && s[end-4]|0x20 == 'n' || introduces24(s, end)) ||
		isUpper(s[i]) && c.lex.called.has(hash) || end < len(s) && c.latinMatters(i, end)
}

// introduces24 tells whether what a word that ends at i introduces may follow: a
// capital, a number, or something beyond ASCII.
func introduces24(s string, i int) bool {
	for _, c := range []byte(s[i:min(len(s), i+24)]) {
		if wordKind[c]&(wUpper|wDigit) != 0 || c >= 0x80 {
			return true
		}
	}
	return false
}

// latinMatters does so for names and addresses of Latin letters.
func (c *scanner) latinMatters(i, end int) bool {
	s, n := c.s, end-i
	switch s[end] {
	case ' ', '(', '[': // zhang at example dot com
		if end+2 < len(s) && (s[end+1] == '@' || s[end+1]|0x20 == 'a' && s[end+2]|0x20 == 't' || s[end+1] == '(' || s[end+1] == '[') {
			return true
		}
	case '#', '@', 0xEF:
		return true
	case '/': // ZHANG/WEIDONG
		return n >= 2 && isUpper(s[i]) && isUpper(s[end-1])
	}
	if !isUpper(s[i]) {
		return false
	}
	if s[end] >= 0xC3 && s[end] <= 0xC9 { // goes on with an accent
		return true
	}
	if n == 1 { // an initial
		return s[end] == '.' && end+2 < len(s) && s[end+1] == ' '
	}
	return n >= 5 && c.lex.ends.has(s[end-3], s[end-2], s[end-1])
}

// maxReach is how far before a word what introduces it may end.
const maxReach = 24

// keyBegins tells whether the two may begin what shapedSecret knows.
func keyBegins(a, b byte) bool {
	switch a {
	case 's':
		return b == 'k'
	case 'A':
		return b == 'K' || b == 'S' || b == 'I'
	case 'L':
		return b == 'T'
	case 'g':
		return b == 'h' || b == 'i' || b == 'l'
	case 'x':
		return b == 'o'
	case 'e':
		return b == 'y'
	case 'B':
		return b == 'E'
	}
	return false
}

// wordFilter tells quickly of most words of ASCII that they are not in it. Case
// does not count.
type wordFilter [1 << 10]uint64

// FNV-1a over lower-case letters.
const wordSeed = uint32(2166136261)

func wordHash(h uint32, c byte) uint32 { return (h ^ uint32(c|0x20)) * 16777619 }

func hashOf(word string) uint32 {
	h := wordSeed
	for i := range len(word) {
		h = wordHash(h, word[i])
	}
	return h
}

func (f *wordFilter) add(words string) {
	for _, w := range strings.Fields(words) {
		h := hashOf(w)
		f[h>>6&(1<<10-1)] |= 1 << (h & 63)
	}
}

func (f *wordFilter) has(h uint32) bool { return f[h>>6&(1<<10-1)]>>(h&63)&1 != 0 }

// tailSet is a set of three letters; case does not count.
type tailSet [1 << 15 / 64]uint64

func tailOf(a, b, c byte) uint32 { return uint32(a&31)<<10 | uint32(b&31)<<5 | uint32(c&31) }

func (t *tailSet) add(tails string) {
	for _, w := range strings.Fields(tails) {
		h := tailOf(w[0], w[1], w[2])
		t[h>>6] |= 1 << (h & 63)
	}
}

func (t *tailSet) has(a, b, c byte) bool {
	h := tailOf(a, b, c)
	return t[h>>6]>>(h&63)&1 != 0
}

// shapeSet is a set of first letters and lengths of words.
type shapeSet [32]uint32

func (t *shapeSet) add(words string) {
	for _, w := range strings.Fields(words) {
		t[w[0]&31] |= 1 << min(len(w), 31)
	}
}

func (t *shapeSet) has(first byte, n int) bool { return t[first&31]>>min(n, 31)&1 != 0 }

func (c *scanner) wordFound(i, end int, kinds uint8) (Span, bool) {
	s, set := c.s, c.set
	n := end - i
	digits, upper := kinds&wDigit != 0, kinds&wUpper != 0
	if set&setSecret != 0 && n >= 2 && (keyBegins(s[i], s[i+1]) || n >= 3 && c.lex.tails.has(s[end-3], s[end-2], s[end-1])) {
		if f, ok := c.secretAt(i, end); ok {
			return f, true
		}
	}
	if first := s[i] | 0x20; set&setWeChat != 0 && n <= 24 && (i-c.wide <= maxReach || first == 'w' || first == 'v') {
		if f, ok := c.chatAt(i, end); ok {
			return f, true
		}
	}
	if set&setEmail != 0 {
		if f, ok := c.looseMail(i, end); ok {
			return f, true
		}
	}
	if digits || n <= 4 {
		if f, ok := c.code(i); ok {
			return f, true
		}
	}
	if set&setAddress != 0 && (!digits || isUpper(s[i]) && n <= 4 && end < len(s) && s[end] == ' ' || s[i]|0x20 == 'a' && n >= 8) {
		if f, ok := c.streetAt(i, end); ok {
			return f, true
		}
	}
	if set&setName != 0 && !digits && (n >= 2 || end < len(s) && (s[end] == '.' || s[end] >= 0xC3)) {
		if f, ok := c.latinName(i, end, kinds); ok {
			return f, true
		}
	}
	if set&setIP != 0 && n <= 4 && end < len(s) && s[end] == ':' && isHex(s, i, end) {
		if e := c.ipv6(i); e > 0 {
			return Span{Start: i, End: e, Class: IP}, true
		}
	}
	if set&setBirthDate != 0 && upper && n <= 9 && !digits && c.lex.heads.has(hashOf(s[i:end])) {
		return c.monthFirst(i)
	}
	return Span{}, false
}

// monthFirst looks for March 7, 1990 after a word that says whose.
func (c *scanner) monthFirst(i int) (Span, bool) {
	s := c.s
	m := monthEnd(s, i)
	if m == 0 || !c.bornBefore(i) {
		return Span{}, false
	}
	_, e := small(s, skip(s, skip(s, m, "."), " "))
	if e == 0 {
		return Span{}, false
	}
	e = skip(s, e, "st", "nd", "rd", "th")
	if y, k := small(s, skip(s, skip(s, e, ","), " ")); k > 0 && y >= 1880 && y <= 2030 {
		return Span{Start: i, End: k, Class: BirthDate}, true
	}
	return Span{}, false
}

// code looks for papers, accounts and machines whose numbers hold letters.
func (c *scanner) code(i int) (Span, bool) {
	s, set := c.s, c.set
	if i > 0 && (isWord(s[i-1]) && i != c.word || s[i-1] == '-' || s[i-1] == '*' || s[i-1] == '#') {
		return Span{}, false
	}
	end := i
	for end < len(s) && (isLetter(s[end]) || isDigit(s[end])) {
		end++
	}
	v := s[i:end]
	n := len(v)
	open := end < len(s) && (s[end] == '_' || s[end] == '*' || s[end] == '-' && end+1 < len(s) && isWord(s[end+1]))
	if set&setMAC != 0 && n == 2 {
		if e := macEnd(s, i); e > 0 {
			return Span{Start: i, End: e, Class: MAC}, true
		}
	}
	if set&setMAC != 0 && (n == 4 || n == 12) {
		if e := c.plainMAC(i, end); e > 0 {
			return Span{Start: i, End: e, Class: MAC}, true
		}
	}
	if set&setIBAN != 0 && (n == 4 || n >= 15) {
		if e := c.ibanEnd(i); e > 0 {
			return Span{Start: i, End: e, Class: IBAN}, true
		}
	}
	if set&setHKMTPermit != 0 && (n == 7 || n == 8) && isUpper(s[i]) {
		if e := hkidEnd(s, i, end); e > 0 {
			return Span{Start: i, End: e, Class: HKMTPermit}, true
		}
	}
	if set&setUSCC != 0 && n == 18 && !open && uscc(v) { // its own name ends as a code of things does
		return Span{Start: i, End: end, Class: USCC}, true
	}
	if open {
		return Span{}, false
	}
	f := Span{Start: i, End: end}
	switch {
	case set&setForeignID != 0 && n == 15 && like(v, "AAA999999999999") && plausibleShort(v[7:13]):
		f.Class = ForeignID
	case set&setHKMTPermit != 0 && (like(v, "A99999999") || like(v, "A9999999999") || like(v, "AA9999999")) && c.permit(i, v):
		f.Class = HKMTPermit
	case set&setHKMTPermit != 0 && like(v, "A999999999") && (v[1] == '1' || v[1] == '2' || v[1] == '8' || v[1] == '9') && taiwanID(v):
		f.Class = HKMTPermit
	case set&setPassport != 0 && n >= 6 && n <= 10 && c.passport(i, v):
		f.Class = Passport
	default:
		return Span{}, false
	}
	return f, !c.isOrder(i)
}

// like tells whether s has the shape of pattern: 9 a digit, A an upper-case
// letter, anything else itself.
func like(s, pattern string) bool {
	if len(s) != len(pattern) {
		return false
	}
	for i := range len(s) {
		switch pattern[i] {
		case '9':
			if !isDigit(s[i]) {
				return false
			}
		case 'A':
			if !isUpper(s[i]) {
				return false
			}
		default:
			if s[i] != pattern[i] {
				return false
			}
		}
	}
	return true
}

// plausibleShort tells whether v is a date of six digits.
func plausibleShort(v string) bool { return plausibleDate([]byte("19" + v)) }

// permit: H and M are Hong Kong's and Macau's to the mainland, C and W the
// mainland's to there, T and L to Taiwan.
func (c *scanner) permit(i int, v string) bool {
	switch v[0] {
	case 'H', 'M':
		return isDigit(v[1])
	case 'C':
		return len(v) == 9 && !cueBefore(c.s, i, 30, "护照", "passport") && v[1] != 'I' && v[1] != 'O'
	case 'W', 'T', 'L':
		return isDigit(v[1]) && len(v) == 9 && cueBefore(c.s, i, 48, "通行证", "港澳", "台湾", "往来", "证件", "permit")
	}
	return false
}

// passport: China's E, G and D; others after a word that says so.
func (c *scanner) passport(i int, v string) bool {
	digits := 0
	for k := range len(v) {
		switch {
		case isDigit(v[k]):
			digits++
		case !isUpper(v[k]):
			return false
		}
	}
	if digits < 5 {
		return false
	}
	if like(v, "E99999999") || like(v, "G99999999") || len(v) == 9 && v[0] == 'E' && isUpper(v[1]) && v[1] != 'I' && v[1] != 'O' && digits == 7 {
		return true
	}
	return cueBefore(c.s, i, 40, "护照", "護照", "passport")
}

// hkidEnd returns the end of a Hong Kong identity card number, A123456(3), or 0.
func hkidEnd(s string, i, end int) int {
	letters := 1
	if isUpper(s[i+1]) {
		letters = 2
	}
	if end-i < letters+6 || end-i > letters+7 {
		return 0
	}
	sum := 36 * 9
	if letters == 2 {
		sum = int(s[i]-'A'+10) * 9
	}
	sum += int(s[i+letters-1]-'A'+10) * 8
	for k := range 6 {
		d := s[i+letters+k]
		if !isDigit(d) {
			return 0
		}
		sum += int(d-'0') * (7 - k)
	}
	at := i + letters + 6
	if at == end {
		if at+2 >= len(s) || s[at] != '(' || s[at+2] != ')' {
			return 0
		}
		at++
		end = at + 2
	} else if end < len(s) && (s[end] == '_' || s[end] == '-') || !cueBefore(s, i, 40, "身份证", "身份證", "证件", "證件", "香港", "hkid", "id") {
		return 0
	}
	check := 0
	switch d := s[at]; {
	case isDigit(d):
		check = int(d - '0')
	case d == 'A':
		check = 10
	default:
		return 0
	}
	if (sum+check)%11 != 0 {
		return 0
	}
	return end
}

// taiwanID checks the digit of a Taiwanese identity card number.
func taiwanID(v string) bool {
	const order = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
	k := strings.IndexByte(order, v[0]) + 10
	sum := k/10 + k%10*9
	for i := 1; i < 9; i++ {
		sum += int(v[i]-'0') * (9 - i)
	}
	return (sum+int(v[9]-'0'))%10 == 0
}

// uscc checks the character of a unified social credit code (GB 32100-2015).
func uscc(v string) bool {
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, weight := 0, 1
	for i := range 17 {
		k := strings.IndexByte(letters, v[i])
		if k < 0 {
			return false
		}
		sum += k * weight
		weight = weight * 3 % 31
	}
	return strings.IndexByte("159AN", v[0]) >= 0 && strings.IndexByte(letters, v[17]) == (31-sum%31)%31
}

// ibanEnd returns the end of the IBAN at i, written in one or in fours, or 0. One
// with a wrong check is taken when the words before it say what it is.
func (c *scanner) ibanEnd(i int) int {
	s := c.s
	if i+15 > len(s) || !isLetter(s[i]) || !isLetter(s[i+1]) || !isDigit(s[i+2]) || !isDigit(s[i+3]) {
		return 0
	}
	want := ibanLength(string([]byte{upper(s[i]), upper(s[i+1])}))
	if want == 0 {
		return 0
	}
	var v [34]byte
	n, k := 0, i
	for k < len(s) && n < want {
		switch {
		case isDigit(s[k]) || isLetter(s[k]):
			v[n] = upper(s[k])
			n++
			k++
		case (s[k] == ' ' || s[k] == '-') && n%4 == 0 && n > 0:
			k++
		default:
			return 0
		}
	}
	if n < want || k < len(s) && (isWord(s[k]) || s[k] == '*') {
		return 0
	}
	rest := 0
	for j := range want {
		d := v[(j+4)%want]
		if isDigit(d) {
			rest = (rest*10 + int(d-'0')) % 97
		} else {
			rest = (rest*100 + int(d-'A') + 10) % 97
		}
	}
	if rest != 1 && !c.said(i, "iban") {
		return 0
	}
	return k
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// plainMAC returns the end of a hardware address as 001a.2b3c.4d5e, or one of
// twelve digits after a word that says so, or 0.
func (c *scanner) plainMAC(i, end int) int {
	s := c.s
	if end-i == 12 {
		if isHex(s, i, end) && cueBefore(s, i, 24, "mac", "物理地址", "硬件地址") {
			return end
		}
		return 0
	}
	const n = len("001a.2b3c.4d5e")
	if i+n > len(s) || s[i+4] != '.' || s[i+9] != '.' || !isHex(s, i, i+4) || !isHex(s, i+5, i+9) || !isHex(s, i+10, i+n) || i+n < len(s) && (isWord(s[i+n]) || s[i+n] == '.') {
		return 0
	}
	for k := range n {
		if isLetter(s[i+k]) {
			return i + n
		}
	}
	return 0
}

// ibanLength is the length of a country's IBAN (ISO 13616 registry), or 0.
func ibanLength(country string) int {
	const lengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27" +
		"JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"
	for i := 0; i < len(lengths); i += 4 {
		if lengths[i:i+2] == country {
			return int(lengths[i+2]-'0')*10 + int(lengths[i+3]-'0')
		}
	}
	return 0
}
