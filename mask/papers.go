package mask

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// keep returns the first head and the last tail characters of v and four stars
// between them, whatever stands there; v is covered whole when it is too short
// for the stars to hide at least as much as is shown. What has the stars already
// stays.
func keep(v string, head, tail int) string {
	n := utf8.RuneCountInString(v)
	if n == head+4+tail && strings.Count(v, "*") == 4 {
		r := []rune(v)
		if string(r[head:head+4]) == "****" {
			return v
		}
	}
	if n < 2*(head+tail) || strings.ContainsRune(v, '*') {
		return Full
	}
	r := []rune(v)
	return string(r[:head]) + "****" + string(r[n-tail:])
}

// maskIntlPhone keeps the last four digits, and the country code that a + says:
// +44****0958.
func maskIntlPhone(v string) string {
	if strings.HasPrefix(v, "****") && like(v, "****9999") || strings.HasPrefix(v, "+") && strings.Contains(v, "****") && len(v) <= 12 {
		return v
	}
	code := ""
	if strings.HasPrefix(v, "+") {
		n := 1
		for n < len(v) && n < 4 && v[n] >= '0' && v[n] <= '9' {
			n++
		}
		switch {
		case n > 1 && (v[1] == '1' || v[1] == '7'):
			code = v[:2]
		case n > 2 && strings.Contains(" 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 90 91 92 93 94 95 98 ", " "+v[1:3]+" "):
			code = v[:3]
		case n > 3:
			code = v[:4]
		}
	}
	d := make([]byte, 0, 20)
	for i := range len(v) {
		if v[i] >= '0' && v[i] <= '9' {
			d = append(d, v[i])
		}
	}
	if len(d) < 7 || len(d) > 20 {
		return Full
	}
	return code + "****" + string(d[len(d)-4:])
}

// maskPaper keeps the letter that says what it is, if there is one, and the last
// two: E****78. Ids of 18 digits are shown as resident ids are.
func maskPaper(v string) string {
	v = strings.TrimSpace(v)
	if len(v) == 18 || like(v, "999***********999A") {
		if m := maskResidentID(v); len(m) == 18 {
			return m
		}
	}
	if v != "" && (v[0] >= '0' && v[0] <= '9' || v[0] == '*') {
		return keep(v, 0, 2)
	}
	return keep(v, 1, 2)
}

// maskAccount keeps the first character: z****.
func maskAccount(v string) string {
	v = strings.TrimSpace(v)
	first, w := utf8.DecodeRuneInString(v)
	if v[w:] == "****" {
		return v
	}
	if utf8.RuneCountInString(v) < 5 || strings.ContainsRune(v, '*') || first == utf8.RuneError {
		return Full
	}
	return v[:w] + "****"
}

// maskIP keeps the half that names a network: 192.168.*.*, 2001:db8::****.
func maskIP(v string) string {
	if strings.HasSuffix(v, ".*.*") || strings.HasSuffix(v, "::****") {
		return v
	}
	a, err := netip.ParseAddr(strings.TrimSpace(v))
	switch {
	case err != nil:
		return Full
	case a.Is4():
		p := strings.SplitN(a.String(), ".", 3)
		return p[0] + "." + p[1] + ".*.*"
	}
	p, _ := a.WithZone("").Prefix(32)
	return p.Masked().Addr().String() + "****"
}

// maskMAC keeps the maker's half: 00:1a:2b:**:**:**.
func maskMAC(v string) string {
	if len(v) != 17 || !utf8.ValidString(v[:8]) {
		return Full
	}
	sep := v[2:3]
	return v[:8] + sep + "**" + sep + "**" + sep + "**"
}

// maskCoordinates keeps one decimal of each number, about 10 km: 30.6**,120.1**.
func maskCoordinates(v string) string {
	whole, frac := 0, false
	for i := range len(v) {
		switch c := v[i]; {
		case c == '.':
			whole, frac = 0, true
		case c < '0' || c > '9':
			whole, frac = 0, false
		case !frac:
			whole++
		}
		if whole > 3 {
			return Full
		}
	}
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		out = append(out, v[i])
		if v[i] != '.' {
			continue
		}
		j := i + 1
		for j < len(v) && (v[j] >= '0' && v[j] <= '9' || v[j] == '*') {
			j++
		}
		if j > i+1 {
			out = append(out, v[i+1])
			out = append(out, "**"...)
		}
		i = j - 1
	}
	return string(out)
}

// maskBirthDate keeps the year: 1990-**-**. Of a date without one nothing is kept.
func maskBirthDate(v string) string {
	if like(v, "9999-**-**") {
		return v
	}
	run := 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && v[i] >= '0' && v[i] <= '9' {
			run++
			continue
		}
		if run == 4 || run == 8 {
			if y := v[i-run : i-run+4]; y >= "1880" && y <= "2100" {
				return y + "-**-**"
			}
		}
		run = 0
	}
	return Full
}

// maskIBAN keeps the country and the last four: GB****5432.
func maskIBAN(v string) string {
	v = strings.ReplaceAll(v, " ", "")
	if len(v) < 10 {
		return Full
	}
	return keep(v, 2, 4)
}

// maskSSN keeps the last four: ***-**-6789.
func maskSSN(v string) string {
	if like(v, "***-**-9999") {
		return v
	}
	d, ok := digitsOf(v)
	if !ok || len(d) != 9 {
		return Full
	}
	return "***-**-" + d[5:]
}
