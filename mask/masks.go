package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// Of returns what is shown instead of value, which is of class c. Masking a mask changes nothing.
// A value that does not look like its class is covered whole; the empty string
// stays.
func Of(c Class, value string) string {
	if value == "" || value == Full {
		return value
	}
	switch c {
	case Plain:
		return value
	case Phone, Landline:
		return maskPhone(value)
	case Name:
		return maskName(value)
	case ResidentID:
		return maskResidentID(value)
	case BankCard:
		return maskBankCard(value)
	case Email:
		return maskEmail(value)
	case Address:
		return maskAddress(value)
	case Plate:
		return maskPlate(value)
	case IntlPhone:
		return maskIntlPhone(value)
	case HKMTPermit, ForeignID, Passport, USCC:
		return maskPaper(value)
	case WeChat, QQ:
		return maskAccount(value)
	case IP:
		return maskIP(value)
	case MAC:
		return maskMAC(value)
	case Coordinates:
		return maskCoordinates(value)
	case BirthDate:
		return maskBirthDate(value)
	case IBAN:
		return maskIBAN(value)
	case SSN:
		return maskSSN(value)
	}
	return Full
}

// digitsOf returns the digits of value as ASCII, when it holds nothing else but
// what people write between digits.
func digitsOf(value string) (string, bool) {
	value = strings.TrimSpace(value)
	out := make([]byte, 0, 24)
	for i := 0; i < len(value); {
		if d, w := detect.DigitAt(value, i); w > 0 {
			if len(out) == 32 {
				return "", false
			}
			out, i = append(out, d), i+w
			continue
		}
		if w := detect.SeparatorAt(value, i); w > 0 {
			i += w
			continue
		}
		r, w := utf8.DecodeRuneInString(value[i:])
		if !strings.ContainsRune("+＋()（）", r) {
			return "", false
		}
		i += w
	}
	return string(out), true
}

// like tells whether s has the shape of pattern: 9 a digit, A an upper-case
// letter or digit, anything else itself.
func like(s, pattern string) bool {
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

func maskPhone(v string) string {
	if like(v, "99999999999") && isMobile(v) {
		return v[:3] + "****" + v[7:]
	}
	if like(v, "999****9999") || like(v, "099-****9999") || like(v, "0999-****9999") {
		return v
	}
	d, ok := digitsOf(v)
	if !ok {
		return Full
	}
	for _, prefix := range []string{"0086", "86", "0"} {
		if rest, ok := strings.CutPrefix(d, prefix); ok && isMobile(rest) {
			d = rest
			break
		}
	}
	if isMobile(d) {
		return d[:3] + "****" + d[7:]
	}
	if rest, ok := strings.CutPrefix(d, "0086"); ok {
		d = "0" + rest
	} else if rest, ok := strings.CutPrefix(d, "86"); ok {
		d = "0" + rest
	}
	area := 4
	if strings.HasPrefix(d, "01") || strings.HasPrefix(d, "02") {
		area = 3
	}
	if n := len(d) - area; d != "" && d[0] == '0' && (n == 7 || n == 8) && d[1] != '0' {
		return d[:area] + "-****" + d[len(d)-4:]
	}
	return Full
}

func isMobile(d string) bool {
	return len(d) == 11 && d[0] == '1' && d[1] >= '3' && d[1] <= '9'
}

// maskName keeps the first letter: 张三丰 is 张**. More than three stars say no more.
func maskName(v string) string {
	v = strings.TrimSpace(v)
	n := utf8.RuneCountInString(v)
	if n == 0 || n > 40 || !utf8.ValidString(v) {
		return Full
	}
	for _, r := range v {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune("·•・.'’- *", r) {
			return Full
		}
	}
	first, w := utf8.DecodeRuneInString(v)
	if n == 1 {
		return "*"
	}
	if first != '*' && !unicode.IsLetter(first) {
		return Full
	}
	return v[:w] + strings.Repeat("*", min(n-1, 3))
}

func maskResidentID(v string) string {
	if like(v, "999***********999A") || like(v, "999********9999") {
		return v
	}
	v = strings.TrimSpace(v)
	check := ""
	for _, x := range []string{"X", "x", "Ｘ", "ｘ"} {
		if rest, ok := strings.CutSuffix(v, x); ok {
			v, check = rest, "X"
			break
		}
	}
	d, ok := digitsOf(v)
	d += check
	switch {
	case ok && len(d) == 18:
		return d[:3] + "***********" + d[14:]
	case ok && len(d) == 15 && check == "":
		return d[:3] + "********" + d[11:]
	}
	return Full
}

func maskBankCard(v string) string {
	if like(v, "****9999") {
		return v
	}
	if d, ok := digitsOf(v); ok && len(d) >= 12 && len(d) <= 19 {
		return "****" + d[len(d)-4:]
	}
	return Full
}

func maskEmail(v string) string {
	v = strings.Replace(strings.TrimSpace(v), "＠", "@", 1)
	local, domain, ok := strings.Cut(v, "@")
	if !ok || local == "" || len(v) > 254 || !utf8.ValidString(v) || detect.EmailDomain(domain, 0) != len(domain) {
		return Full
	}
	digits := 0
	for i := range len(domain) {
		if domain[i] >= '0' && domain[i] <= '9' {
			digits++
		}
	}
	if digits >= 11 { // a number may hide in it
		return Full
	}
	for _, r := range local {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '@' {
			return Full
		}
	}
	first, w := utf8.DecodeRuneInString(local)
	if first == '*' || w == len(local) {
		return "***@" + domain
	}
	if !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		return "***@" + domain
	}
	return local[:w] + "***@" + domain
}

// maskPlate keeps the province, the city's letter and the last two: 浙A***45.
func maskPlate(v string) string {
	v = strings.ToUpper(strings.NewReplacer(" ", "", "·", "", "-", "").Replace(strings.TrimSpace(v)))
	first, w := utf8.DecodeRuneInString(v)
	if !unicode.Is(unicode.Han, first) {
		return Full
	}
	rest := v[w:]
	letter := rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
	if letter && (like(rest[1:], "***AA") || like(rest[1:], "AAAAA") || like(rest[1:], "AAAAAA")) {
		return v[:w+1] + "***" + rest[len(rest)-2:]
	}
	return Full
}

// provinces are the names that an address may begin with and still be shown to
// the city.
func provinces() []string {
	return []string{
		"北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西",
		"山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾",
		"内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门",
	}
}

// maskAddress keeps province and city. An address that does not begin with a
// province is covered whole: what stands there may be anything.
func maskAddress(v string) string {
	v = strings.TrimSpace(v)
	n := 0
	for _, p := range provinces() {
		if strings.HasPrefix(v, p) {
			n = len(p)
			break
		}
	}
	if n == 0 {
		return Full
	}
	switch v[:n] {
	case "北京", "天津", "上海", "重庆":
		return v[:n] + keepSuffix(v[n:], "市") + Full
	}
	n += len(keepSuffix(v[n:], "省", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区"))
	return v[:n] + v[n:n+cityLen(v[n:])] + Full
}

func keepSuffix(v string, names ...string) string {
	for _, s := range names {
		if strings.HasPrefix(v, s) {
			return s
		}
	}
	return ""
}

// cityLen returns the length of the city that v begins with, or 0: two to four
// characters before 市, 地区 or 盟, up to ten before 自治州.
func cityLen(v string) int {
	runes := 0
	for i, r := range v {
		if !unicode.Is(unicode.Han, r) || runes > 10 {
			return 0
		}
		if rest := v[i:]; runes >= 2 {
			if runes <= 10 && strings.HasPrefix(rest, "自治州") {
				return i + len("自治州")
			}
			for _, s := range []string{"市", "地区", "盟"} {
				if runes <= 4 && strings.HasPrefix(rest, s) {
					return i + len(s)
				}
			}
		}
		runes++
	}
	return 0
}
