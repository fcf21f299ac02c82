package mask

import (
	"bytes"
	"io"
	"slices"
)

// maxObjects bounds how many objects of a script are tried as JSON, those that do
// not end among them.
const maxObjects = 64

// script masks the text of a script: JSON, and objects in other languages that
// are JSON (window.data = {…}), as JSON; the rest as text, through its escapes.
func (m *markup) script(raw []byte) error {
	if len(m.kind) >= 4 && bytes.EqualFold(m.kind[len(m.kind)-4:], []byte("json")) {
		if ok, err := m.jsonText(raw, 0, bare); ok || err != nil {
			return err
		}
	}
	from := 0 // raw[from:] is yet to be masked
	o := objects{raw: raw}
	for i, n, how := o.next(0); n > 0; {
		if err := m.scriptText(raw[from:i], from); err != nil {
			return err
		}
		from = i
		ok, err := m.jsonText(raw[i:i+n], i, how)
		if err != nil {
			return err
		}
		if ok {
			from = i + n
		}
		i, n, how = o.next(max(i+1, from))
	}
	return m.scriptText(raw[from:], from)
}

// objects finds what may be JSON in a script.
type objects struct {
	raw    []byte
	tried  int
	looked int // bytes, in search of ends
}

// next returns where the next object or list begins, from i on, its length and how
// it is written. The length is 0 when there is none, or enough were tried.
func (o *objects) next(i int) (at, n int, how coding) {
	for o.tried < maxObjects {
		k := bytes.IndexAny(o.raw[i:], "{[")
		if k < 0 {
			break
		}
		i += k
		n, how, ok := o.at(i)
		o.looked += n
		if ok && n > 2 { // an empty one has nothing
			o.tried++
			return i, n, how
		}
		if n > 2 {
			o.tried++
		}
		i++
	}
	return len(o.raw), 0, bare
}

// scriptText masks raw, at bytes behind the token's start.
func (m *markup) scriptText(raw []byte, at int) error {
	m.text.add(raw, m.base+int64(m.tok+at), scripted)
	return m.settleAlone()
}

// settleAlone is settle of a text of which the page says nothing.
func (m *markup) settleAlone() error {
	own := m.say
	m.say = words{}
	err := m.settle()
	m.say = own
	return err
}

// jsonText masks raw as JSON, if it is.
func (m *markup) jsonText(raw []byte, at int, how coding) (bool, error) {
	p := &m.text
	p.add(raw, m.base+int64(m.tok+at), how)
	if !m.coverJSON(p) {
		p.reset()
		return false, nil
	}
	if err := m.tell(p, saying{}); err != nil {
		return true, err
	}
	m.quoted = p.write(m.quoted[:0])
	p.reset()
	return true, m.emit(m.quoted)
}

// at returns the length of the object or list that begins at raw[i] and may be JSON,
// and how it is written: as in JSON.parse("{…}") it is in a string. Without ok it is
// none, and so many bytes had to be looked at to see that.
func (o *objects) at(i int) (n int, how coding, ok bool) {
	raw := o.raw
	if assigned(raw[:i]) {
		if !jsonLike(raw[i:]) {
			return 0, bare, false
		}
		n, ok = objectLen(raw[i:])
		return n, bare, ok
	}
	if i == 0 || raw[i-1] != '"' && raw[i-1] != '\'' && raw[i-1] != '`' || !assigned(raw[:i-1]) {
		return 0, bare, false
	}
	for n := i; n < len(raw); n++ {
		switch raw[n] {
		case '\\':
			n++
		case raw[i-1]:
			return n - i, scripted, true
		}
	}
	return len(raw) - i, scripted, false
}

// assigned tells whether what comes after s may be a value: behind =, ( or return.
func assigned(s []byte) bool {
	s = bytes.TrimRight(s, " \t\r\n")
	return len(s) > 0 && (s[len(s)-1] == '=' || s[len(s)-1] == '(') || bytes.HasSuffix(s, []byte("return"))
}

// jsonLike tells whether s may be an object or a list of JSON; a function's body
// is not.
func jsonLike(s []byte) bool {
	rest := bytes.TrimLeft(s[1:], " \t\r\n")
	if len(rest) == 0 {
		return false
	}
	c := rest[0]
	return c == '"' || c == '}' || c == ']' || s[0] == '[' && (c == '{' || c == '[' || c == '-' || c >= '0' && c <= '9')
}

// objectLen returns where the object or list that s begins with ends, or the length
// of s and false.
func objectLen(s []byte) (n int, ends bool) {
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(s), false
}

// coverJSON finds what is to be masked in p if its text is an object or a list of
// JSON, and tells whether it is.
func (m *markup) coverJSON(p *passage) bool {
	text := bytes.TrimSpace(p.text)
	if len(text) < 2 || text[0] != '{' && text[0] != '[' || !jsonLike(text) {
		return false
	}
	var values []Value
	if err := JSON(io.Discard, bytes.NewReader(p.text), m.plan, func(rec Record) { values = append(values, rec.Values...) }); err != nil {
		return false
	}
	slices.SortStableFunc(values, func(a, b Value) int { return int(a.At - b.At) })
	p.changes, p.masks = p.changes[:0], p.masks[:0]
	at, quoted := 0, false
	for _, v := range values {
		start := int(v.At)
		for ; at < start; at++ {
			switch p.text[at] {
			case '\\':
				at++
			case '"':
				quoted = !quoted
			}
		}
		from := len(p.masks)
		if quoted {
			p.masks = appendEscaped(p.masks, v.Mask)
		} else {
			p.masks = appendQuoted(p.masks, v.Mask) // of a number
		}
		if view(p.masks[from:]) != view(p.text[start:v.End]) {
			p.changes = append(p.changes, change{start, int(v.End), from, len(p.masks), v.Class})
		}
	}
	return true
}
