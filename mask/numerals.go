package mask

import (
	"slices"
	"strings"

	"github.com/menshen-io/menshen/mask/detect"
)

const (
	upper36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower36 = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// numerals are what of a value is encrypted. A mask must be nobody's value, so
// each format has a mark:
//
//	phone            1 and ten digits      9 and ten digits: no number of China begins so but those of services
//	resident id      17 digits and check   17 digits and the check character after the right one
//	bank card        digits and check      digits and one more than the check digit
//	papers, company  capitals and digits   small letters and digits
type numerals struct {
	class Class
	radix int
	n     int
	x     [20]byte
}

// take takes s, of upper36 or lower36, as numerals.
func (t *numerals) take(s string, radix int) bool {
	if len(s) > len(t.x) {
		return false
	}
	t.radix, t.n = radix, len(s)
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			t.x[i] = c - '0'
		case radix == 36 && c >= 'A' && c <= 'Z':
			t.x[i] = c - 'A' + 10
		case radix == 36 && c >= 'a' && c <= 'z':
			t.x[i] = c - 'a' + 10
		default:
			return false
		}
	}
	return true
}

// read takes the value v of class c.
func (t *numerals) read(c Class, v string) error {
	t.class = c
	ok := false
	switch c {
	case Phone:
		var b [maxPhone]byte
		if d := appendSamePhoneOf(b[:0], v); len(d) == 13 && detect.IsMobile(view(d[2:])) {
			ok = t.take(view(d[3:]), 10)
		}
	case ResidentID:
		var b [18]byte
		if id, is := residentID18(b[:0], v); is && id[17] == residentCheck(view(id[:17]), 0) {
			ok = t.take(view(id[:17]), 10)
		}
	case BankCard:
		var d number
		if d.read(v) && d.n >= 12 && d.n <= 19 && d.b[d.n-1] == luhnDigit(d.digits()[:d.n-1], 0) {
			ok = t.take(d.digits()[:d.n-1], 10)
		}
	case HKMTPermit, ForeignID, Passport, USCC:
		var b [20]byte
		code, is := compact(b[:0], strings.TrimSpace(v))
		ok = is && strings.ToUpper(code) == code && t.take(code, 36)
	}
	if !ok {
		return errFormat
	}
	return nil
}

// readMask takes the mask v of a value of class c.
func (t *numerals) readMask(c Class, v string) error {
	t.class = c
	n := len(v) - 1
	ok := false
	switch c {
	case Phone:
		ok = shaped(v, "99999999999") && v[0] == '9' && t.take(v[1:], 10)
	case ResidentID:
		ok = shaped(v, "99999999999999999A") && v[n] == residentCheck(v[:n], 1) && t.take(v[:n], 10)
	case BankCard:
		ok = n >= 11 && n <= 18 && t.take(v[:n], 10) && v[n] == luhnDigit(v[:n], 1)
	case HKMTPermit, ForeignID, Passport, USCC:
		ok = strings.ToLower(v) == v && t.take(v, 36) && t.marked()
	}
	if !ok {
		return errFormat
	}
	return nil
}

// marked tells whether the numerals, encrypted, show that they are a mask: a paper
// does by a small letter, which one in some ten thousands has not.
func (t *numerals) marked() bool {
	return t.radix == 10 || slices.ContainsFunc(t.x[:t.n], func(d byte) bool { return d >= 10 })
}

// appendMask appends the mask that the numerals, encrypted, are.
func (t *numerals) appendMask(dst []byte) []byte {
	if t.class == Phone {
		dst = append(dst, '9')
	}
	from := len(dst)
	for _, d := range t.x[:t.n] {
		dst = append(dst, lower36[d])
	}
	switch t.class {
	case ResidentID:
		return append(dst, residentCheck(view(dst[from:]), 1))
	case BankCard:
		return append(dst, luhnDigit(view(dst[from:]), 1))
	}
	return dst
}

// maxPhone is the room for a number with its country code.
const maxPhone = 36

func appendSamePhoneOf(dst []byte, v string) []byte {
	var d number
	if !d.read(v) {
		return nil
	}
	return appendSamePhone(dst, d.digits())
}

// residentCheck returns the check character of 17 digits (GB 11643, ISO/IEC 7064
// MOD 11-2), or the one that comes off places after it.
func residentCheck(d string, off int) byte {
	weight := [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for k, w := range weight {
		sum += w * int(d[k]-'0')
	}
	return "10X98765432"[(sum+off)%11]
}

// luhnDigit returns the check digit of d (ISO/IEC 7812-1, annex B) and off.
func luhnDigit(d string, off int) byte {
	sum := 0
	for k := range len(d) {
		x := int(d[len(d)-1-k] - '0')
		if k%2 == 0 {
			if x *= 2; x > 9 {
				x -= 9
			}
		}
		sum += x
	}
	return '0' + byte((10-sum%10+off)%10)
}
