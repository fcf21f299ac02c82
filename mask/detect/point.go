package detect

import (
	"net/netip"
	"strings"
)

// dotted looks for an IPv4 address or a pair of coordinates at i, where digits
// and a dot stand.
func (c *scanner) dotted(i int) (Span, bool) {
	s := c.s
	if i > 0 && (s[i-1] == '.' || isWord(s[i-1]) && c.word != i && !(strings.IndexByte("NSEW", s[i-1]) >= 0 && (i == 1 || !isWord(s[i-2]))) &&
		!(i > 1 && foldPrefix(s[i-2:], "ip") && (i == 2 || !isWord(s[i-3])))) {
		return Span{}, false
	}
	end := i
	dots := 0
	for end < len(s) && (isDigit(s[end]) || s[end] == '.' && end+1 < len(s) && isDigit(s[end+1])) {
		if s[end] == '.' {
			dots++
		}
		end++
	}
	switch {
	case dots == 3 && c.set&setIP != 0:
		if end < len(s) && (isWord(s[end]) || s[end] == '*') || c.isVersion(i) {
			return Span{}, false
		}
		if a, err := netip.ParseAddr(s[i:end]); err != nil || !a.Is4() || a.IsUnspecified() || a.IsLoopback() || a.As4()[0] == 255 {
			return Span{}, false
		}
		return Span{Start: i, End: end, Class: IP}, true
	case dots == 1 && c.set&setCoordinates != 0:
		return c.coordinates(i, end)
	}
	return Span{}, false
}

func (c *scanner) isVersion(i int) bool {
	s := c.s
	if i > 0 && (s[i-1] == 'v' || s[i-1] == 'V') {
		return true
	}
	if r, _ := runeBefore(s, i); r == '第' || i > 1 && s[i-1] == '/' && isLetter(s[i-2]) { // Chrome/120.0.0.0
		return true
	}
	return cueBefore(s, i, 20, "version", "ver", "版本", "固件", "release", "build", "升级到", "sdk", "firmware") && !cueBefore(s, i, 8, "ip")
}

// coordinates looks for a pair of degrees with four and more decimals, or for
// one after a word that says so. Four decimals are 11 m.
func (c *scanner) coordinates(i, end int) (Span, bool) {
	s := c.s
	a := degrees(s[i:end])
	if a < 0 {
		return Span{}, false
	}
	start := hemisphereBefore(s, i)
	if start > 0 && s[start-1] == '*' {
		return Span{}, false
	}
	said := cueBefore(s, i, 30, "经度", "纬度", "坐标", "北纬", "南纬", "东经", "西经", "定位", "latitude", "longitude", "lat", "lng", "lon", "gps", "coordinates", "location")
	j := end
	for j < len(s) && strings.IndexByte("°NSEWnsew ,;/", s[j]) >= 0 {
		j++
	}
	if strings.HasPrefix(s[j:], "，") || strings.HasPrefix(s[j:], "、") {
		j += 3
		for j < len(s) && (s[j] == ' ' || isHemisphere(s[j])) {
			j++
		}
	}
	k := j
	if k < len(s) && s[k] == '-' {
		k++
	}
	stop := k
	for stop < len(s) && (isDigit(s[stop]) || s[stop] == '.' && stop+1 < len(s) && isDigit(s[stop+1])) {
		stop++
	}
	if j > end && j-end <= 8 && stop > k {
		if b := degrees(s[k:stop]); b >= 0 && (a <= 90 || b <= 90) && (stop >= len(s) || (!isWord(s[stop]) || isHemisphere(s[stop])) && s[stop] != '*') {
			if a >= 4 || b >= 4 || said {
				return Span{Start: start, End: hemisphereAfter(s, skip(s, stop, "°")), Class: Coordinates}, true
			}
		}
	}
	if said && !strings.HasPrefix(s[i:end], "0.000") && (end >= len(s) || s[end] != '*') {
		return Span{Start: start, End: end, Class: Coordinates}, true
	}
	return Span{}, false
}

// degrees returns the whole degrees of v, or -1 when it is no such number or has
// fewer than four decimals.
func degrees(v string) int {
	whole, frac, ok := strings.Cut(v, ".")
	if !ok || len(whole) == 0 || len(whole) > 3 || len(frac) < 4 || len(frac) > 16 || strings.Contains(frac, ".") || isMobile(frac) {
		return -1
	}
	n := 0
	for _, c := range []byte(whole) {
		n = n*10 + int(c-'0')
	}
	if n > 180 {
		return -1
	}
	return n
}

// bornBefore tells whether a word for a day of birth stands before i, and none of
// what is given on one (生日礼物).
func (c *scanner) bornBefore(i int) bool {
	s := c.s
	if cueBefore(s, i, 30, "birthday", "birth", "born", "dob", "birthdate", "d.o.b", "geburtsdatum", "geboren", "née le", "né le", "naissance", "nacimiento", "nascita", "nascimento") {
		return true
	}
	if !cueBefore(s, i, 30, "生日", "出生", "生于", "生辰") {
		return false
	}
	from := max(0, i-30)
	for k := i - 3; k >= from; k-- {
		if s[k] == 0xE7 && strings.HasPrefix(s[k:], "生") {
			switch r := firstRune(s[skip(s, k+3, "日"):]); r {
			case '礼', '蛋', '快', '证', '派', '会', '券', '活', '优', '特', '当', '前', '后', '聚', '宴', '红', '祝', '产':
				return false
			}
			return true
		}
	}
	return true
}

func (c *scanner) bornAfter(end int) bool {
	s := c.s
	if end < len(s) && s[end] == ' ' {
		end++
	}
	if foldPrefix(s[end:], "born") {
		return true
	}
	k := skip(s, end, "出生", "生")
	return k > end && !strings.HasPrefix(s[k:], "产") && !strings.HasPrefix(s[k:], "效")
}

// birthDate looks for a date at i after a word that says whose.
func (c *scanner) birthDate(i int) (Span, bool) {
	s := c.s
	if i > 0 && (isWord(s[i-1]) || s[i-1] == '-' || s[i-1] == '/') {
		return Span{}, false
	}
	end := dateEnd(s, i)
	if end == 0 {
		return Span{}, false
	}
	if c.bornBefore(i) || c.bornAfter(end) {
		return Span{Start: i, End: end, Class: BirthDate}, true
	}
	return Span{}, false
}

// dateEnd returns the end of the date at i, or 0: 1990-03-07 1990/3/7 1990.3.7
// 1990年3月7日 3月7日 03/07/1990 7 March 1990.
func dateEnd(s string, i int) int {
	a, j := small(s, i)
	if j == 0 {
		return 0
	}
	if strings.HasPrefix(s[j:], "月") && a >= 1 && a <= 12 {
		if b, k := small(s, j+3); k > 0 && b >= 1 && b <= 31 {
			return skip(s, k, "日", "号")
		}
		return 0
	}
	if a >= 1880 && a <= 2030 {
		if strings.HasPrefix(s[j:], "年") {
			b, k := small(s, j+3)
			if k == 0 || b < 1 || b > 12 || !strings.HasPrefix(s[k:], "月") {
				return j + 3
			}
			if d, e := small(s, k+3); e > 0 && d >= 1 && d <= 31 {
				return skip(s, e, "日", "号")
			}
			return k + 3
		}
		if j < len(s) && (s[j] == '-' || s[j] == '/' || s[j] == '.' || s[j] == ' ') {
			b, k := small(s, j+1)
			if k > 0 && b >= 1 && b <= 12 && k < len(s) && s[k] == s[j] {
				if d, e := small(s, k+1); e > 0 && d >= 1 && d <= 31 {
					return e
				}
			}
		}
		return 0
	}
	if j-i == 2 && strings.HasPrefix(s[j:], "年") { // 90年3月7日
		if b, k := small(s, j+3); k > 0 && b >= 1 && b <= 12 && strings.HasPrefix(s[k:], "月") {
			if d, e := small(s, k+3); e > 0 && d >= 1 && d <= 31 {
				return skip(s, e, "日", "号")
			}
			return k + 3
		}
		return 0
	}
	if a < 1 || a > 31 || j >= len(s) {
		return 0
	}
	if s[j] == '/' || s[j] == '-' || s[j] == '.' {
		b, k := small(s, j+1)
		if k > 0 && b >= 1 && b <= 31 && (a <= 12 || b <= 12) && k < len(s) && s[k] == s[j] {
			if y, e := small(s, k+1); e-k > 2 && y > 0 {
				return e
			}
		}
		return 0
	}
	k := skip(s, skip(s, skip(s, j, "st", "nd", "rd", "th"), " "), "of ")
	if m := monthEnd(s, k); m > 0 {
		if y, e := small(s, skip(s, skip(s, m, ","), " ")); e > 0 && y >= 1880 && y <= 2030 {
			return e
		}
	}
	return 0
}

// monthEnd returns the end of the English month at i, or 0.
func monthEnd(s string, i int) int {
	for _, m := range [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"} {
		if foldPrefix(s[i:], m) {
			return i + len(m)
		}
		if foldPrefix(s[i:], m[:3]) && (i+3 >= len(s) || !isLetter(s[i+3])) {
			return i + 3
		}
	}
	return 0
}

func skip(s string, i int, words ...string) int {
	for _, w := range words {
		if strings.HasPrefix(s[i:], w) {
			return i + len(w)
		}
	}
	return i
}

// small reads a number of one to four digits and returns its end, or 0.
func small(s string, i int) (n, end int) {
	j, count := i, 0
	for {
		d, w := DigitAt(s, j)
		if w == 0 {
			break
		}
		if n = n*10 + int(d-'0'); count >= 4 {
			return 0, 0
		}
		count++
		j += w
	}
	if count == 0 {
		return 0, 0
	}
	return n, j
}

// ipv6 returns the end of the IPv6 address at i, or 0. Fewer than three groups
// are more often something else (a::b).
func (c *scanner) ipv6(i int) int {
	s := c.s
	if i > 0 && (isWord(s[i-1]) || s[i-1] == ':' || s[i-1] == '.') {
		return 0
	}
	end, colons := i, 0
	for end < len(s) && end-i < 46 && (isHex(s, end, end+1) || s[end] == ':' || s[end] == '.') {
		if s[end] == ':' {
			colons++
		}
		end++
	}
	for end > i && (s[end-1] == '.' || s[end-1] == ':' && !(end-2 >= i && s[end-2] == ':')) {
		if s[end-1] == ':' {
			colons--
		}
		end--
	}
	if colons < 2 || end-i < 6 || end < len(s) && (isWord(s[end]) || s[end] == '*') {
		return 0
	}
	if a, err := netip.ParseAddr(s[i:end]); err != nil || !a.Is6() || a.IsUnspecified() || a.IsLoopback() {
		return 0
	}
	if s[i] == ':' { // only called for the first of ::
		c.put(Span{Start: i, End: end, Class: IP})
	}
	return end
}

// macEnd returns the end of the hardware address at i, or 0: six pairs.
func macEnd(s string, i int) int {
	const n = len("00:1a:2b:3c:4d:5e")
	if i+n > len(s) || i > 0 && (isWord(s[i-1]) || s[i-1] == ':' || s[i-1] == '-') || i+n < len(s) && (isWord(s[i+n]) || s[i+n] == ':' || s[i+n] == '-') {
		return 0
	}
	sep := s[i+2]
	if sep != ':' && sep != '-' {
		return 0
	}
	letters := sep == ':'
	for k := range n {
		switch {
		case k%3 == 2:
			if s[i+k] != sep {
				return 0
			}
		case !isHex(s, i+k, i+k+1):
			return 0
		case isLetter(s[i+k]):
			letters = true
		}
	}
	if !letters {
		return 0 // six small numbers
	}
	return i + n
}
