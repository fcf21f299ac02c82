package mask

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// Of returns what is shown instead of value, which is of class c. Masking a mask
// changes nothing. A value that does not look like its class is covered whole;
// the empty string stays.
func Of(c Class, value string) string { return string(appendMask(nil, c, value)) }

// appendMask appends what is shown instead of v, which is of class c.
func appendMask(dst []byte, c Class, v string) []byte {
	if v == "" || v == Full {
		return append(dst, v...)
	}
	switch c {
	case Plain:
		return append(dst, v...)
	case Phone, Landline:
		return maskPhone(dst, v)
	case Name:
		return maskName(dst, v)
	case ResidentID:
		return maskResidentID(dst, v)
	case BankCard:
		return maskBankCard(dst, v)
	case Email:
		return maskEmail(dst, v)
	case Address:
		return maskAddress(dst, v)
	case Plate:
		return maskPlate(dst, v)
	case IntlPhone:
		return maskIntlPhone(dst, v)
	case HKMTPermit, ForeignID, Passport, USCC:
		return maskPaper(dst, v)
	case WeChat, QQ:
		return maskAccount(dst, v)
	case IP:
		return maskIP(dst, v)
	case MAC:
		return maskMAC(dst, v)
	case Coordinates:
		return maskCoordinates(dst, v)
	case BirthDate:
		return maskBirthDate(dst, v)
	case IBAN:
		return maskIBAN(dst, v)
	case SSN:
		return maskSSN(dst, v)
	}
	return append(dst, Full...)
}

// number is up to 32 digits of a value.
type number struct {
	n int
	b [32]byte
}

func (d *number) digits() string { return view(d.b[:d.n]) }

// read takes the digits of value as ASCII. It reports whether value holds nothing
// else but what people write between digits.
func (d *number) read(value string) bool {
	value = strings.TrimSpace(value)
	for i := 0; i < len(value); {
		if c, w := detect.DigitAt(value, i); w > 0 {
			if d.n == len(d.b) {
				return false
			}
			d.b[d.n] = c
			d.n, i = d.n+1, i+w
			continue
		}
		if w := detect.SeparatorAt(value, i); w > 0 {
			i += w
			continue
		}
		r, w := utf8.DecodeRuneInString(value[i:])
		if !strings.ContainsRune("+＋()（）", r) {
			return false
		}
		i += w
	}
	return true
}

// shaped tells whether s has the shape of pattern: 9 a digit, A an upper-case
// letter or digit, anything else itself.
func shaped(s, pattern string) bool {
	if len(s) != len(pattern) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		digit := '0' <= c && c <= '9'
		switch pattern[i] {
		case '9':
			if !digit {
				return false
			}
		case 'A':
			if !digit && (c < 'A' || c > 'Z') {
				return false
			}
		default:
			if c != pattern[i] {
				return false
			}
		}
	}
	return true
}

func maskPhone(dst []byte, v string) []byte {
	if len(v) == 11 && eightDigits(v) && eightDigits(v[3:]) && detect.IsMobile(v) {
		return append(append(append(dst, v[:3]...), "****"...), v[7:]...)
	}
	if shaped(v, "999****9999") || shaped(v, "099-****9999") || shaped(v, "0999-****9999") {
		return append(dst, v...)
	}
	var whole number
	if !whole.read(v) {
		return append(dst, Full...)
	}
	d := whole.digits()
	for _, prefix := range [...]string{"0086", "86", "0"} {
		if rest, ok := strings.CutPrefix(d, prefix); ok && detect.IsMobile(rest) {
			d = rest
			break
		}
	}
	if detect.IsMobile(d) {
		return append(append(append(dst, d[:3]...), "****"...), d[7:]...)
	}
	area := d
	rest, ok := strings.CutPrefix(d, "0086")
	if !ok {
		rest, ok = strings.CutPrefix(d, "86")
	}
	if ok {
		area = rest
	} else if area, ok = strings.CutPrefix(d, "0"); !ok {
		return append(dst, Full...)
	}
	code := 3 // without the 0
	if area != "" && (area[0] == '1' || area[0] == '2') {
		code = 2
	}
	if n := len(area) - code; (n == 7 || n == 8) && area[0] != '0' {
		return append(append(append(append(dst, '0'), area[:code]...), "-****"...), area[len(area)-4:]...)
	}
	return append(dst, Full...)
}

// eightDigits tells whether s begins with eight digits; it is that long.
func eightDigits(s string) bool {
	x := binary.LittleEndian.Uint64([]byte(s[:8]))
	return x&(0xF0*ones) == 0x30*ones && (x+0x06*ones)&(0xF0*ones) == 0x30*ones
}

// maskName keeps the first letter: 张三丰 is 张**. More than three stars say no more.
func maskName(dst []byte, v string) []byte {
	if n := len(v) / len("张"); n > 1 && hanOnly(v) {
		return append(append(dst, v[:len("张")]...), "***"[:min(n-1, 3)]...)
	}
	v = strings.TrimSpace(v)
	n := utf8.RuneCountInString(v)
	if n == 0 || n > 40 || !utf8.ValidString(v) {
		return append(dst, Full...)
	}
	for _, r := range v {
		if !(r >= 0x4E00 && r <= 0x9FFF) && !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune("·•・.'’- 　*", r) {
			return append(dst, Full...)
		}
	}
	first, w := utf8.DecodeRuneInString(v)
	if n == 1 {
		return append(dst, '*')
	}
	if first != '*' && !unicode.IsLetter(first) {
		return append(dst, Full...)
	}
	return append(append(dst, v[:w]...), "***"[:min(n-1, 3)]...)
}

// hanOnly tells whether v is up to eight Chinese characters, U+4E00 to U+9FFF.
func hanOnly(v string) bool {
	if len(v)%3 != 0 || len(v) > 24 {
		return false
	}
	for i := 0; i+2 < len(v); i += 3 {
		if c := v[i]; c < 0xE4 || c > 0xE9 || c == 0xE4 && v[i+1] < 0xB8 || v[i+1]&0xC0 != 0x80 || v[i+2]&0xC0 != 0x80 {
			return false
		}
	}
	return true
}

// maskResidentID keeps the first and the last character: 1****************X. More
// of it beside a name would be true of few people.
func maskResidentID(dst []byte, v string) []byte {
	const stars = "****************"
	if shaped(v, "9****************A") || shaped(v, "9*************9") {
		return append(dst, v...)
	}
	id, ok := readResidentID(v)
	if n := id.n; ok && (n == 18 || n == 15) {
		return append(append(append(dst, id.b[0]), stars[:n-2]...), id.b[n-1])
	}
	return append(dst, Full...)
}

// readResidentID takes the digits of v, and an X behind 17 of them. It reports
// whether v holds nothing else.
func readResidentID(v string) (id number, ok bool) {
	v = strings.TrimSpace(v)
	check := false
	for _, x := range [...]string{"X", "x", "Ｘ", "ｘ"} {
		if rest, ok := strings.CutSuffix(v, x); ok {
			v, check = rest, true
			break
		}
	}
	ok = id.read(v)
	if ok && check && id.n == 17 {
		id.b[17], id.n = 'X', 18
	} else if check {
		ok = false
	}
	return id, ok
}

func maskBankCard(dst []byte, v string) []byte {
	if shaped(v, "****9999") {
		return append(dst, v...)
	}
	var d number
	if d.read(v) && d.n >= 12 && d.n <= 19 {
		return append(append(dst, "****"...), d.digits()[d.n-4:]...)
	}
	return append(dst, Full...)
}

func maskEmail(dst []byte, v string) []byte {
	local, domain, ok := strings.Cut(strings.TrimSpace(v), "@")
	if !ok {
		local, domain, ok = strings.Cut(strings.TrimSpace(v), "＠")
	}
	if !ok || local == "" || len(v) > 254 || !utf8.ValidString(v) || detect.EmailDomain(domain, 0) != len(domain) {
		return append(dst, Full...)
	}
	digits := 0
	for i := range len(domain) {
		if domain[i] >= '0' && domain[i] <= '9' {
			digits++
		}
	}
	if digits >= 11 { // a number may hide in it
		return append(dst, Full...)
	}
	for _, r := range local {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '@' || r == '＠' {
			return append(dst, Full...)
		}
	}
	first, w := utf8.DecodeRuneInString(local)
	if w < len(local) && (unicode.IsLetter(first) || unicode.IsDigit(first)) {
		dst = append(dst, local[:w]...)
	}
	return append(append(dst, "***@"...), domain...)
}

// maskPlate keeps the province, the city's letter and the last two: 浙A***45.
func maskPlate(dst []byte, v string) []byte {
	v = strings.TrimSpace(v)
	first, w := utf8.DecodeRuneInString(v)
	var b [8]byte // letters and digits after the province
	n := 0
	for _, r := range v[w:] {
		if r == ' ' || r == '·' || r == '-' {
			continue
		}
		if r >= 0x80 || n == len(b) {
			return append(dst, Full...)
		}
		b[n] = byte(r)
		if 'a' <= r && r <= 'z' {
			b[n] -= 'a' - 'A'
		}
		n++
	}
	rest := view(b[:n])
	if !unicode.Is(unicode.Han, first) || n < 6 || rest[0] < 'A' || rest[0] > 'Z' || !shaped(rest[1:], "***AA") && !shaped(rest[1:], "AAAAA") && !shaped(rest[1:], "AAAAAA") {
		return append(dst, Full...)
	}
	return append(append(append(append(dst, v[:w]...), rest[0]), "***"...), rest[n-2:]...)
}

// provinceLen returns the length of the province that an address may begin with
// and still be shown to the city, or 0.
func provinceLen(v string) int {
	if len(v) < len("北京") {
		return 0
	}
	switch v[:len("北京")] {
	case "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "江苏", "浙江", "安徽", "福建", "江西",
		"山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾",
		"广西", "西藏", "宁夏", "新疆", "香港", "澳门":
		return len("北京")
	case "黑龙", "内蒙":
		return suffixLen(v, "黑龙江", "内蒙古")
	}
	return 0
}

// maskAddress keeps province and city. An address that does not begin with a
// province is covered whole: what stands there may be anything.
func maskAddress(dst []byte, v string) []byte {
	v = strings.TrimSpace(v)
	n := provinceLen(v)
	if n == 0 {
		return append(dst, Full...)
	}
	switch v[:n] {
	case "北京", "天津", "上海", "重庆":
		n += suffixLen(v[n:], "市")
	default:
		n += suffixLen(v[n:], "省", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区")
		n += cityLen(v[n:])
	}
	return append(append(dst, v[:n]...), Full...)
}

func suffixLen(v string, names ...string) int {
	for _, s := range names {
		if strings.HasPrefix(v, s) {
			return len(s)
		}
	}
	return 0
}

// cityLen returns the length of the city that v begins with, or 0: two to four
// characters before 市, 地区 or 盟, up to ten before 自治州.
func cityLen(v string) int {
	const han = len("市")
	for i := 0; i+han <= len(v) && i <= 10*han; i += han {
		if c := v[i]; c < 0xE4 || c > 0xE9 {
			return 0
		}
		if i < 2*han {
			continue
		}
		switch v[i : i+han] {
		case "市", "盟":
			if i <= 4*han {
				return i + han
			}
		case "地":
			if i <= 4*han && strings.HasPrefix(v[i:], "地区") {
				return i + len("地区")
			}
		case "自":
			if strings.HasPrefix(v[i:], "自治州") {
				return i + len("自治州")
			}
		}
	}
	return 0
}
