package detect

import (
	"strings"
	"unicode/utf8"
)

// Digits that are not written as 0 to 9, ASCII or full-width: 一三八, 壹叁捌, ①③⑧,
// 𝟏𝟑𝟖. People write numbers so where plain ones are held back.

// oddDigitAt returns the digit that stands at i in whatever spelling, its width,
// and whether it is plain.
func oddDigitAt(s string, i int) (d byte, width int, plain bool) {
	if d, w := DigitAt(s, i); w > 0 {
		return d, w, true
	}
	if i >= len(s) || s[i] < 0xE2 {
		return 0, 0, false
	}
	r, w := utf8.DecodeRuneInString(s[i:])
	switch {
	case r >= 0x2460 && r <= 0x2468: // ①
		return byte(r-0x2460) + '1', w, false
	case r >= 0x2776 && r <= 0x277E: // ❶
		return byte(r-0x2776) + '1', w, false
	case r >= 0x2780 && r <= 0x2788: // ➀
		return byte(r-0x2780) + '1', w, false
	case r == 0x24EA || r == 0x24FF:
		return '0', w, false
	case r >= 0x1D7CE && r <= 0x1D7FF: // 𝟎
		return byte(r-0x1D7CE)%10 + '0', w, false
	case r == 0x3007: // 〇
		return '0', w, false
	case r >= hanFirst && r <= hanLast:
		d := hanDigit(r)
		if d == 0 {
			return 0, 0, false
		}
		return d, w, false
	}
	return 0, 0, false
}

// hanDigit returns the ASCII digit that r says, or 0.
func hanDigit(r rune) byte {
	switch r {
	case '零', '洞':
		return '0'
	case '一', '壹', '幺', '么':
		return '1'
	case '二', '贰', '貳', '两':
		return '2'
	case '三', '叁', '參':
		return '3'
	case '四', '肆':
		return '4'
	case '五', '伍':
		return '5'
	case '六', '陆', '陸':
		return '6'
	case '七', '柒', '拐':
		return '7'
	case '八', '捌':
		return '8'
	case '九', '玖', '勾':
		return '9'
	}
	return 0
}

// hanDigits are the characters of hanDigit.
const hanDigits = "零洞一壹幺么二贰貳两三叁參四肆五伍六陆陸七柒拐八捌九玖勾"

// spelledAt looks for a mobile number, a resident id or a card of which at least
// one digit at i or behind it is no plain one. It begins and ends with the row.
func (c *scanner) spelledAt(i int) (Span, bool) {
	s := c.s
	if i > 0 {
		if r, w := runeBefore(s, i); w > 0 {
			if _, n, _ := oddDigitAt(s, i-w); n > 0 || r == '第' || r == '点' {
				return Span{}, false // within a row that has been looked at
			}
		}
	}
	var v [maxDigits]byte
	n, end, odd := 0, i, 0
	for k := i; n < len(v); {
		d, w, plain := oddDigitAt(s, k)
		if w == 0 {
			break
		}
		if !plain {
			odd++
		}
		v[n] = d
		n++
		k += w
		end = k
		for range 2 {
			w := SeparatorAt(s, k)
			if w == 0 {
				break
			}
			k += w
		}
	}
	if odd == 0 || n < 11 || n == len(v) {
		return Span{}, false
	}
	f := Span{Start: i, End: end}
	switch {
	case c.set&setPhone != 0 && n == 11 && isMobile(string(v[:11])):
		f.Class = Phone
	case c.set&setPhone != 0 && n == 13 && v[0] == '8' && v[1] == '6' && isMobile(string(v[2:13])):
		f.Class = Phone
	case c.set&setResidentID != 0 && n == 18 && soundResident(v[:18]):
		f.Class = ResidentID
	case c.set&setBankCard != 0 && n >= 15 && plausibleCard(v[:n]) && luhn(v[:n]):
		f.Class = BankCard
	case c.set&setLandline != 0 && n >= 10 && n <= 12 && (areaCode(string(v[:3])) && n == 11 || areaCode(string(v[:4])) && n >= 11):
		f.Class = Landline
	default:
		return Span{}, false
	}
	return f, true
}

// oddNumber looks for a number at the plain digits i..end that goes on with other
// ones or with what does not stand between digits otherwise.
func (c *scanner) oddNumber(i, end int) (Span, bool) {
	s := c.s
	if end < len(s) && (s[end] >= 0xE2 || (s[end] == ' ' || s[end] == '-') && end+1 < len(s) && s[end+1] >= 0xE2) && c.set&spelled != 0 {
		if _, w, _ := oddDigitAt(s, separatorsEnd(s, end)); w > 0 {
			if f, ok := c.spelledAt(i); ok {
				return f, true
			}
		}
	}
	if end-i == 3 && c.set&setPhone != 0 {
		return c.joinedPhone(i)
	}
	return Span{}, false
}

// soundResident tells whether the 18 digits are a resident id.
func soundResident(d []byte) bool {
	return plausibleProvince(d[0], d[1]) && plausibleDate(d[6:14]) && residentCheck(d) == d[17]
}

// joinedPhone looks for a mobile number of 3, 4 and 4 digits with something
// between them that does not stand between digits otherwise, twice the same:
// 138_0000_1111, 138/0000/1111, 138一0000一1111.
func (c *scanner) joinedPhone(i int) (Span, bool) {
	s := c.s
	if i+len("138_0000_1111") > len(s) || s[i] != '1' || s[i+1] < '3' || i > 0 && (isWord(s[i-1]) || s[i-1] == '.' || s[i-1] == '/') {
		return Span{}, false
	}
	k := i + 3
	w := 0
	switch s[k] {
	case '_', '/', ',', '~', '|', '+':
		w = 1
	case 0xC2:
		if s[k+1] == 0xB7 { // ·
			w = 2
		}
	case 0xE2, 0xE3, 0xE4, 0xEF:
		for _, sep := range [...]string{"一", "丨", "•", "‖", "～", "／", "，", "、", "＿", "｜"} {
			if strings.HasPrefix(s[k:], sep) {
				w = len(sep)
				break
			}
		}
	}
	if w == 0 {
		return Span{}, false
	}
	second := k + w + 4
	end := second + w + 4
	if end > len(s) || s[second:second+w] != s[k:k+w] || !allDigits(s[i:k]) || !allDigits(s[k+w:second]) || !allDigits(s[second+w:end]) {
		return Span{}, false
	}
	if end < len(s) && (isWord(s[end]) || s[end] == s[k] && w == 1 && end+1 < len(s) && isDigit(s[end+1])) {
		return Span{}, false
	}
	return Span{Start: i, End: end, Class: Phone}, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// oddAt looks for a number at the lead byte of a character beyond ASCII that is
// neither Chinese nor a full-width digit, and returns where to go on.
func (c *scanner) oddAt(i int) int {
	s := c.s
	if c.taken(i) {
		return i + 1
	}
	if s[i] == 0xEF {
		if strings.HasPrefix(s[i:], "（") {
			return c.bracketAt(i)
		}
		return i + 1
	}
	if c.set&spelled == 0 || i+2 >= len(s) || s[i] == 0xE2 && (s[i+1] < 0x91 || s[i+1] > 0x9E) || s[i] == 0xE3 && s[i+2] != 0x87 {
		return i + 1 // most often a mark of punctuation
	}
	if _, w, _ := oddDigitAt(s, i); w == 0 {
		return i + 1
	}
	if f, ok := c.spelledAt(i); ok {
		c.put(f)
		return f.End
	}
	return i + 1
}
