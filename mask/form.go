package mask

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Form says in what way a value is masked.
type Form string

// Forms. What they make of each class is in docs/mask.md.
const (
	Keep    Form = "keep"      // the class's own: some of its ends stay
	Whole   Form = "full"      // covered whole
	Fixed   Form = "fixed"     // as keep, but alike for values of every length
	General Form = "general"   // what the value belongs to: province, network, decade
	Alias   Form = "pseudonym" // a stand-in, the same for the same value
	FF1     Form = "ff1"       // encrypted into a value of the same format
)

// MinSecret is how long the secret of [NewKeys] has to be at least, in bytes.
const MinSecret = 32

// Forms returns every form, in the order of the documentation.
func Forms() []Form { return []Form{Keep, Whole, Fixed, General, Alias, FF1} }

// ParseForm returns the form named s.
func ParseForm(s string) (Form, error) {
	if f := Form(s); slices.Contains(Forms(), f) {
		return f, nil
	}
	var names []string
	for _, f := range Forms() {
		names = append(names, string(f))
	}
	return "", fmt.Errorf("unknown mask %q (one of %s)", s, strings.Join(names, ", "))
}

// Keyed tells whether f needs a key.
func (f Form) Keyed() bool { return f == Alias || f == FF1 }

// Check tells why a value of class c cannot be masked in form f; nil when it can.
func (f Form) Check(c Class) error {
	if _, err := ParseForm(string(f)); err != nil {
		return err
	}
	if c == Plain {
		return errors.New("plain is shown as it is and has no mask")
	}
	switch f {
	case General:
		switch c {
		case Phone, Landline, IntlPhone, ResidentID, BankCard, Plate, Email, IP, Coordinates, BirthDate, Address, IBAN:
			return nil
		}
		return fmt.Errorf("%s cannot be general: there is nothing coarser that it belongs to", c)
	case Alias:
		switch c {
		case BirthDate, Coordinates:
			return fmt.Errorf("%s cannot be a pseudonym: it names nobody, and its commonest values would be known by how often they stand there", c)
		case Secret:
			return errors.New("secret cannot be a pseudonym: not even that two are the same may be seen")
		}
	case FF1:
		switch c {
		case Phone, ResidentID, BankCard, HKMTPermit, ForeignID, Passport, USCC:
			return nil
		}
		return fmt.Errorf("%s cannot be ff1: it has no format in which a mask could not be taken for somebody's value", c)
	}
	return nil
}

// look is how the values of a plan are shown.
type look struct {
	forms map[Class]Form // where it is not keep
	keys  *Keys          // nil: keyed forms cover whole
	tweak string
}

// With returns a Plan that shows the classes of forms so, whatever p's Spec says
// of them; a field's own form stays. Keyed forms take keys, and FF1 with them
// tweak: under another tweak the same value has another mask. A Plan without
// keys covers whole what needs them.
func (p *Plan) With(forms map[Class]Form, keys *Keys, tweak string) *Plan {
	q := *p.orDefault()
	l := look{forms: q.look.forms, keys: keys, tweak: tweak}
	if len(forms) > 0 {
		l.forms = make(map[Class]Form, len(forms)+len(q.look.forms))
		maps.Copy(l.forms, q.look.forms)
		maps.Copy(l.forms, forms)
	}
	q.look = &l
	return &q
}

// NeedsKeys tells whether p shows anything in a form that takes a key.
func (p *Plan) NeedsKeys() bool {
	p = p.orDefault()
	for _, f := range p.look.forms {
		if f.Keyed() {
			return true
		}
	}
	for i := range p.records {
		if slices.ContainsFunc(p.records[i].roles, func(r role) bool { return r.form.Keyed() }) {
			return true
		}
	}
	return false
}

// Of returns what p shows instead of value, which is of class c. Own is the form
// that a field gives it, or "".
func (p *Plan) Of(c Class, own Form, value string) string {
	return string(p.orDefault().look.append(nil, c, own, value))
}

// append appends what is shown instead of v, which is of class c: in the form of
// its own, or else in that of its class.
func (l *look) append(dst []byte, c Class, own Form, v string) []byte {
	if own == "" && l.forms == nil && l.keys == nil {
		return appendMask(dst, c, v)
	}
	return l.appendForm(dst, c, own, v)
}

// appendForm is append where there is a choice. What has been masked by a
// pseudonym of these keys stays.
func (l *look) appendForm(dst []byte, c Class, own Form, v string) []byte {
	if own == "" {
		own = l.forms[c]
	}
	if v == "" || v == Full || c == Plain || l.keys.issued(v) {
		return append(dst, v...)
	}
	switch own {
	case "", Keep:
		return appendMask(dst, c, v)
	case Fixed:
		return appendFixed(dst, c, v)
	case General:
		return appendGeneral(dst, c, v)
	case Alias:
		if l.keys != nil {
			return l.keys.appendAlias(dst, c, v)
		}
	case FF1:
		if l.keys != nil {
			return l.keys.appendFF1(dst, c, l.tweak, v)
		}
	}
	return append(dst, Full...)
}

// unmasked tells whether v, of class c, is shown as something else.
func (l *look) unmasked(c Class, v string) bool {
	var b [64]byte
	return view(l.append(b[:0], c, "", v)) != v
}

// holdsMask tells whether there is a mask in v.
func (l *look) holdsMask(v string) bool {
	if strings.Contains(v, "**") {
		return true
	}
	for at := 0; l.keys != nil; {
		i := strings.Index(v[at:], "P-")
		if i < 0 || at+i+aliasLen > len(v) {
			return false
		}
		at += i
		if l.keys.issued(v[at : at+aliasLen]) {
			return true
		}
		at++
	}
	return false
}

// ciphered tells whether one of r.masks that is encrypted is in what was found at
// f in what is shown: that would be encrypted again, which is not done.
func (r *rewriter) ciphered(f Span) bool {
	return slices.ContainsFunc(r.masks, func(m section) bool { return m.encrypted && m.from < f.End && f.Start < m.to })
}

// encrypts tells whether values of class c that are found are encrypted.
func (l *look) encrypts(c Class) bool { return l.keys != nil && l.forms[c] == FF1 }

// appendFixed makes every value of a class as long as every other, where keep does not.
func appendFixed(dst []byte, c Class, v string) []byte {
	from := len(dst)
	switch c {
	case Name:
		if dst = maskName(dst, v); len(dst)-from < 2 { // one letter: only that it is one could be said
			return append(dst[:from], Full...)
		}
		if m := view(dst[from:]); m != Full {
			dst = append(dst[:from+strings.IndexByte(m, '*')], "***"...)
		}
		return dst
	case Email:
		dst = maskEmail(dst, v)
		if m := view(dst[from:]); m != Full {
			at := strings.IndexByte(m, '@')
			n := copy(dst[from:], "***")
			n += copy(dst[from+n:], dst[from+at:])
			dst = dst[:from+n]
		}
		return dst
	case ResidentID, ForeignID:
		if shaped(v, "9****A") {
			return append(dst, v...)
		}
		dst = appendMask(dst, c, v)
		if m := view(dst[from:]); len(m) >= 15 {
			dst = append(append(dst[:from+1], "****"...), m[len(m)-1])
		}
		return dst
	}
	return appendMask(dst, c, v)
}

// IsMask tells whether v looks like what p shows instead of a value of class c;
// own is the form that a field gives it, or "". What was encrypted is known by
// the mark of its format, under whatever tweak; of papers, that is small letters.
func (p *Plan) IsMask(c Class, own Form, v string) bool {
	l := p.orDefault().look
	if own == "" {
		own = l.forms[c]
	}
	switch {
	case v == "" || c == Plain:
		return false
	case v == Full || IsAlias(v):
		return true
	case own != FF1:
		return strings.IndexByte(v, '*') >= 0 && string(l.append(nil, c, own, v)) == v
	case l.keys == nil:
		return false
	}
	plain, err := l.keys.decipher(c, l.tweak, v)
	switch {
	case err != nil:
		return false
	case c == Phone || c == ResidentID || c == BankCard:
		return true
	}
	digits := 0
	for i := range len(plain) {
		if plain[i] <= '9' {
			digits++
		}
	}
	return strings.ContainsAny(v, lower36[:10]) && strings.ContainsAny(v, lower36[10:]) || 3*digits >= 2*len(plain)
}
