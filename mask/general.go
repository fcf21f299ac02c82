package mask

import (
	"strings"
	"unicode/utf8"
)

// appendGeneral appends what v belongs to: a prefix of numbers, a province, a
// decade, a network. What does not look like its class is covered whole.
func appendGeneral(dst []byte, c Class, v string) []byte {
	switch c {
	case Phone, Landline:
		return generalPhone(dst, v)
	case IntlPhone:
		return generalIntlPhone(dst, v)
	case ResidentID:
		return generalResidentID(dst, v)
	case BankCard:
		return generalCard(dst, v)
	case Plate:
		return generalPlate(dst, v)
	case Email:
		return appendFixed(dst, Email, v)
	case IP:
		return generalIP(dst, v)
	case Coordinates:
		return generalCoordinates(dst, v)
	case BirthDate:
		return generalBirthDate(dst, v)
	case Address:
		return generalAddress(dst, v)
	case IBAN:
		return generalIBAN(dst, v)
	}
	return append(dst, Full...)
}

// stars stand for what general forms leave out of a number.
const stars = "********"

// generalPhone keeps what a mobile number begins with, or the area: 138********, 021-********.
func generalPhone(dst []byte, v string) []byte {
	if shaped(v, "999********") || shaped(v, "099-********") || shaped(v, "0999-********") {
		return append(dst, v...)
	}
	from := len(dst)
	dst = maskPhone(dst, v)
	m := view(dst[from:])
	i := strings.IndexByte(m, '*')
	if i <= 0 || m == Full {
		return append(dst[:from], Full...)
	}
	return append(dst[:from+i], stars...)
}

// generalIntlPhone keeps the country: +44********.
func generalIntlPhone(dst []byte, v string) []byte {
	if code, ok := strings.CutSuffix(v, stars); ok && (shaped(code, "+9") || shaped(code, "+99") || shaped(code, "+999")) {
		return append(dst, v...)
	}
	from := len(dst)
	dst = maskIntlPhone(dst, v)
	m := view(dst[from:])
	i := strings.IndexByte(m, '*')
	if i <= 0 {
		return append(dst[:from], Full...)
	}
	return append(dst[:from+i], stars...)
}

// generalResidentID keeps the province and the decade of birth: 11****199*********.
func generalResidentID(dst []byte, v string) []byte {
	if shaped(v, "99****999*********") {
		return append(dst, v...)
	}
	var b [18]byte
	id, ok := residentID18(b[:0], v)
	if !ok {
		return append(dst, Full...)
	}
	dst = append(append(dst, id[:2]...), "****"...)
	return append(append(dst, id[6:9]...), "*********"...)
}

// generalCard keeps the six digits that name the issuer: 622202****.
func generalCard(dst []byte, v string) []byte {
	if shaped(v, "999999****") {
		return append(dst, v...)
	}
	var d number
	if !d.read(v) || d.n < 12 || d.n > 19 {
		return append(dst, Full...)
	}
	return append(append(dst, d.digits()[:6]...), "****"...)
}

// generalPlate keeps province and city: 浙A*****.
func generalPlate(dst []byte, v string) []byte {
	_, w := utf8.DecodeRuneInString(v)
	if v[w:] != "" && v[w] >= 'A' && v[w] <= 'Z' && v[w+1:] == "*****" {
		return append(dst, v...)
	}
	from := len(dst)
	dst = maskPlate(dst, v)
	m := view(dst[from:])
	i := strings.IndexByte(m, '*')
	if i <= 0 {
		return append(dst[:from], Full...)
	}
	return append(dst[:from+i], "*****"...)
}

// generalIP keeps the first eighth of an address: 192.*.*.*, 2001::****.
func generalIP(dst []byte, v string) []byte {
	if net, ok := strings.CutSuffix(v, ".*.*.*"); ok && (shaped(net, "9") || shaped(net, "99") || shaped(net, "999") && net <= "255") && (len(net) == 1 || net[0] != '0') {
		return append(dst, v...)
	}
	from := len(dst)
	dst = maskIP(dst, v)
	m := view(dst[from:])
	if m == Full {
		return dst
	}
	if i := strings.IndexByte(m, '.'); i > 0 && strings.HasSuffix(m, ".*.*") {
		return append(dst[:from+i], ".*.*.*"...)
	}
	i := strings.IndexByte(m, ':')
	if i <= 0 || m[:i] == "0" {
		return append(dst[:from], "::****"...)
	}
	return append(dst[:from+i], "::****"...)
}

// generalCoordinates keeps whole degrees, about 100 km: 30.**,120.**. Minutes and
// seconds are left out: 31°**′**″N is what keep has as well.
func generalCoordinates(dst []byte, v string) []byte {
	var b [96]byte
	m := maskCoordinates(b[:0], v)
	if view(m) == Full || strings.Contains(v, "*") && !strings.Contains(v, ".**") && !strings.ContainsAny(v, "°度") {
		return append(dst, Full...)
	}
	for i := 0; i < len(m); i++ {
		dst = append(dst, m[i])
		if m[i] == '.' && i+1 < len(m) {
			dst = append(dst, "**"...)
			for i+1 < len(m) && (m[i+1] == '*' || m[i+1] >= '0' && m[i+1] <= '9') {
				i++
			}
		}
	}
	return dst
}

// generalBirthDate keeps the decade: 199*-**-**.
func generalBirthDate(dst []byte, v string) []byte {
	if shaped(v, "999*-**-**") {
		return append(dst, v...)
	}
	from := len(dst)
	dst = maskBirthDate(dst, v)
	if view(dst[from:]) != Full {
		dst[from+3] = '*'
	}
	return dst
}

// generalAddress keeps the province: 浙江省******.
func generalAddress(dst []byte, v string) []byte {
	v = strings.TrimSpace(v)
	n := provinceLen(v)
	if n == 0 {
		return append(dst, Full...)
	}
	n += suffixLen(v[n:], "省", "市", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区")
	return append(append(dst, v[:n]...), Full...)
}

// generalIBAN keeps the country: GB****.
func generalIBAN(dst []byte, v string) []byte {
	if len(v) == 6 && v[0]|0x20 >= 'a' && v[0]|0x20 <= 'z' && v[1]|0x20 >= 'a' && v[1]|0x20 <= 'z' && v[2:] == "****" {
		return append(dst, v...)
	}
	from := len(dst)
	dst = maskIBAN(dst, v)
	if view(dst[from:]) == Full {
		return dst
	}
	return dst[:from+len("GB****")]
}

// residentID18 appends the resident id that v is as 18 characters: to 15 digits
// the century and the check character are added. It reports whether v is one.
func residentID18(dst []byte, v string) ([]byte, bool) {
	id, ok := readResidentID(v)
	d := id.digits()
	switch {
	case !ok:
	case len(d) == 18:
		return append(dst, d...), true
	case len(d) == 15:
		from := len(dst)
		dst = append(append(append(dst, d[:6]...), "19"...), d[6:]...)
		return append(dst, residentCheck(view(dst[from:]), 0)), true
	}
	return dst, false
}
