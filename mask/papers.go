package mask

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// keep appends the first head and the last tail characters of v, which is ASCII,
// and four stars between them, whatever stands there; v is covered whole when it
// is too short for the stars to hide at least as much as is shown. What has the
// stars already stays.
func keep(dst []byte, v string, head, tail int) []byte {
	n := len(v)
	if n == head+4+tail && v[head:head+4] == "****" {
		return append(dst, v...)
	}
	if n < 2*(head+tail) || strings.Contains(v, "*") {
		return append(dst, Full...)
	}
	return append(append(append(dst, v[:head]...), "****"...), v[n-tail:]...)
}

// maskIntlPhone keeps the last four digits, and the country code that a + says:
// +44****0958. An extension is not shown.
func maskIntlPhone(dst []byte, v string) []byte {
	if code, tail, ok := strings.Cut(v, "****"); ok {
		if shaped(tail, "9999") && (code == "" || shaped(code, "+9") || shaped(code, "+99") || shaped(code, "+999")) {
			return append(dst, v...)
		}
		return append(dst, Full...)
	}
	v = strings.TrimSpace(v)
	var d number
	if !d.read(v[:extension(v)]) || d.n < 7 || d.n > 20 {
		return append(dst, Full...)
	}
	if strings.HasPrefix(v, "+") {
		if n := detect.CountryCode(d.digits()); n > 0 {
			dst = append(append(dst, '+'), d.digits()[:n]...)
		}
	}
	return append(append(dst, "****"...), d.digits()[d.n-4:]...)
}

// extension returns where x123, ext. 123 or 转123 begins at the end of v, or v's length.
func extension(v string) int {
	end := len(v)
	for end > 0 && v[end-1] >= '0' && v[end-1] <= '9' {
		end--
	}
	if end == len(v) || len(v)-end > 6 {
		return len(v)
	}
	head := strings.TrimRight(v[:end], " .:#")
	for _, word := range [...]string{"extension", "ext", "x", "转分机", "分机", "转"} {
		if n := len(head) - len(word); n > 0 && strings.EqualFold(head[n:], word) {
			return n
		}
	}
	return len(v)
}

// maskPaper keeps the letter that says what it is, if there is one, and the last
// two: E****78. Ids of 18 digits are shown as resident ids are.
func maskPaper(dst []byte, v string) []byte {
	var b [24]byte
	code, ok := compact(b[:0], v)
	if !ok {
		return append(dst, Full...)
	}
	if len(code) == 18 {
		var m [18]byte
		if id := maskResidentID(m[:0], code); len(id) == 18 {
			return append(dst, id...)
		}
	}
	if c := code[0]; c >= '0' && c <= '9' || c == '*' {
		return keep(dst, code, 0, 2)
	}
	return keep(dst, code, 1, 2)
}

// compact appends v without its blanks, dashes and brackets to dst. It reports
// whether that is a code: capitals, digits and stars, at least two of them no letters.
func compact(dst []byte, v string) (string, bool) {
	other := 0
	for i := range len(v) {
		switch c := v[i]; {
		case c == ' ' || c == '-' || c == '(' || c == ')':
			continue
		case c >= '0' && c <= '9' || c == '*':
			other++
		case c|0x20 < 'a' || c|0x20 > 'z':
			return "", false
		}
		if len(dst) == cap(dst) {
			return "", false
		}
		dst = append(dst, v[i])
	}
	return view(dst), other >= 2
}

// maskAccount keeps the first character: z****.
func maskAccount(dst []byte, v string) []byte {
	v = strings.TrimSpace(v)
	if len(v) < 5 || len(v) > 40 {
		return append(dst, Full...)
	}
	if v[1:] == "****" {
		return append(dst, v...)
	}
	for i := range len(v) {
		if c := v[i]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && c != '_' && c != '-' {
			return append(dst, Full...)
		}
	}
	return append(append(dst, v[0]), "****"...)
}

// maskIP keeps the half that names a network: 192.168.*.*, 2001:db8::****.
func maskIP(dst []byte, v string) []byte {
	v = strings.TrimSpace(v)
	whole := v
	if net, ok := strings.CutSuffix(v, ".*.*"); ok {
		var b [16]byte
		whole = view(append(append(b[:0], net[:min(len(net), 8)]...), ".0.0"...))
		if a, err := netip.ParseAddr(whole); err != nil || !a.Is4() || len(net) > 7 {
			return append(dst, Full...)
		}
		return append(dst, v...)
	}
	if net, ok := strings.CutSuffix(v, "****"); ok {
		whole = net
	}
	a, err := netip.ParseAddr(whole)
	switch {
	case err != nil:
		return append(dst, Full...)
	case a.Is4():
		if len(whole) < len(v) {
			return append(dst, Full...)
		}
		b := a.As4()
		p, _ := netip.AddrFrom4(b).Prefix(16)
		dst = p.Masked().Addr().AppendTo(dst)
		return append(dst[:len(dst)-len(".0.0")], ".*.*"...)
	}
	p, _ := a.WithZone("").Prefix(32)
	if len(whole) < len(v) && (p.Masked().Addr() != a || !strings.HasSuffix(whole, "::")) {
		return append(dst, Full...)
	}
	return append(p.Masked().Addr().AppendTo(dst), "****"...)
}

// maskMAC keeps the maker's half: 00:1a:2b:**:**:**.
func maskMAC(dst []byte, v string) []byte {
	const n = len("00:1a:2b:3c:4d:5e")
	if len(v) != n || v[2] != ':' && v[2] != '-' {
		return append(dst, Full...)
	}
	for i := range n {
		c := v[i]
		hex := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' || c == '*' && i > 8
		if i%3 == 2 && c != v[2] || i%3 != 2 && !hex {
			return append(dst, Full...)
		}
	}
	sep := v[2]
	return append(append(dst, v[:8]...), sep, '*', '*', sep, '*', '*', sep, '*', '*')
}

// maskCoordinates keeps one decimal of each number of degrees, about 10 km:
// 30.6**,120.1**. Of minutes and seconds nothing is kept: 31°**′**″N.
func maskCoordinates(dst []byte, v string) []byte {
	if len(v) > 64 {
		return append(dst, Full...)
	}
	from := len(dst)
	fine := false // minutes or seconds
	for i := 0; i < len(v); {
		r, w := utf8.DecodeRuneInString(v[i:])
		switch {
		case r >= '0' && r <= '9' || r == '*':
			n := 0
			for i+n < len(v) && (v[i+n] >= '0' && v[i+n] <= '9' || v[i+n] == '*') {
				n++
			}
			if fine {
				dst = append(dst, "**"...)
			} else if n > 3 || v[i] == '*' || strings.Contains(v[i:i+n], "*") {
				return append(dst[:from], Full...)
			} else {
				dst = append(dst, v[i:i+n]...)
			}
			i += n
			if i < len(v) && v[i] == '.' {
				n = 1
				for i+n < len(v) && (v[i+n] >= '0' && v[i+n] <= '9' || v[i+n] == '*') {
					n++
				}
				if n > 1 && !fine {
					dst = append(append(dst, v[i:i+2]...), "**"...)
				}
				i += n
			}
			continue
		case strings.ContainsRune("°度", r):
			fine = true
		case strings.ContainsRune(" ,;/-+，、NSEWnsew′″'\"分秒", r):
			fine = fine && !strings.ContainsRune(",;/，、NSEWnsew", r)
		default:
			return append(dst[:from], Full...)
		}
		switch r { // quotes would mean something in CSV and JSON
		case '\'':
			dst = append(dst, "′"...)
		case '"':
			dst = append(dst, "″"...)
		default:
			dst = append(dst, v[i:i+w]...)
		}
		i += w
	}
	if len(dst)-from > 64 {
		return append(dst[:from], Full...)
	}
	return dst
}

// maskBirthDate keeps the year: 1990-**-**. Of a date without one nothing is kept.
func maskBirthDate(dst []byte, v string) []byte {
	if shaped(v, "9999-**-**") {
		return append(dst, v...)
	}
	run := 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && v[i] >= '0' && v[i] <= '9' {
			run++
			continue
		}
		if run == 4 || run == 8 {
			if y := v[i-run : i-run+4]; y >= "1880" && y <= "2100" {
				return append(append(dst, y...), "-**-**"...)
			}
		}
		run = 0
	}
	return append(dst, Full...)
}

// maskIBAN keeps the country and the last four: GB****5432.
func maskIBAN(dst []byte, v string) []byte {
	var b [34]byte
	code, ok := compact(b[:0], v)
	if !ok || len(code) < 10 || code[0] < 'A' || code[1] < 'A' {
		return append(dst, Full...)
	}
	return keep(dst, code, 2, 4)
}

// maskSSN keeps the last four: ***-**-6789.
func maskSSN(dst []byte, v string) []byte {
	if shaped(v, "***-**-9999") {
		return append(dst, v...)
	}
	var d number
	if !d.read(v) || d.n != 9 {
		return append(dst, Full...)
	}
	return append(append(dst, "***-**-"...), d.digits()[5:]...)
}
