package mask

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// kin names the classes whose values are of one kind, so that one value is the
// same under each of them.
func kin(c Class) string {
	switch c {
	case Phone, Landline, IntlPhone:
		return "phone"
	case ResidentID, HKMTPermit, ForeignID, Passport:
		return "paper"
	}
	return string(c)
}

// appendSame appends v in the one way of writing that all ways of writing it
// have in common: +86 138-1234-5678 and １３８１２３４５６７８ are one number.
func appendSame(dst []byte, c Class, v string) []byte {
	v = strings.TrimSpace(v)
	from := len(dst)
	switch c {
	case Phone, Landline, IntlPhone:
		var d number
		if d.read(v[:extension(v)]) && d.n > 0 {
			return appendSamePhone(dst, d.digits())
		}
	case ResidentID, HKMTPermit, ForeignID, Passport, USCC, IBAN:
		if c == ResidentID || c == ForeignID || c == HKMTPermit {
			if out, ok := residentID18(dst, v); ok {
				return out
			}
		}
		return dropBlanks(appendFolded(dst, v), from)
	case BankCard, QQ, SSN:
		var d number
		if d.read(v) && d.n > 0 {
			return append(dst, d.digits()...)
		}
	case Plate, MAC:
		return dropBlanks(appendFolded(dst, v), from)
	case IP:
		if a, err := netip.ParseAddr(v); err == nil {
			return a.WithZone("").Unmap().AppendTo(dst)
		}
	}
	return appendFolded(dst, v)
}

// appendSamePhone writes numbers of China with their country code.
func appendSamePhone(dst []byte, d string) []byte {
	d = strings.TrimPrefix(d, "00")
	for _, prefix := range [...]string{"86", "0", ""} {
		if rest, ok := strings.CutPrefix(d, prefix); ok && detect.IsMobile(rest) {
			return append(append(dst, "86"...), rest...)
		}
	}
	if rest, ok := strings.CutPrefix(d, "0"); ok {
		return append(append(dst, "86"...), rest...)
	}
	if rest, ok := strings.CutPrefix(d, "860"); ok {
		return append(append(dst, "86"...), rest...)
	}
	return append(dst, d...)
}

// appendFolded writes v in lower case, without full-width forms and characters
// of no width, its blanks single, and none beside a character that is not ASCII.
func appendFolded(dst []byte, v string) []byte {
	blank, last := false, rune(0)
	for _, r := range v {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case unicode.IsSpace(r):
			blank = true
			continue
		case unicode.Is(unicode.Cf, r):
			continue
		}
		r = unicode.ToLower(r)
		if blank && last > 0 && last < utf8.RuneSelf && r < utf8.RuneSelf {
			dst = append(dst, ' ')
		}
		blank, last = false, r
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// dropBlanks leaves out of dst[from:] what people write between the characters
// of a code.
func dropBlanks(dst []byte, from int) []byte {
	n := from
	for i := from; i < len(dst); {
		if w := detect.SeparatorAt(view(dst), i); w > 0 {
			i += w
			continue
		}
		if c := dst[i]; c == '(' || c == ')' || c == ':' {
			i++
			continue
		}
		if strings.HasPrefix(view(dst[i:]), "·") {
			i += len("·")
			continue
		}
		dst[n] = dst[i]
		n, i = n+1, i+1
	}
	return dst[:n]
}
