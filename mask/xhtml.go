package mask

import (
	"bytes"
	"io"
)

// XHTML copies a page in UTF-8 that browsers read as XML (application/xhtml+xml)
// and masks it as [HTML] does. An element that closes itself holds nothing, as
// <script src="a.js"/>; text is read through its entities in every element, and
// CDATA as it is. A page that declares entities of its own is unreadable.
func XHTML(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	return maskPage(dst, src, p, onRecord, true)
}

// xmlDeclarationLen returns what begins with <! in XML, and its length.
func xmlDeclarationLen(b []byte) (kind pageToken, n int, done bool) {
	const cdata = "<![CDATA["
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		n, done = through(b, 4, "-->")
	case bytes.HasPrefix(b, []byte(cdata)):
		n, done = through(b, len(cdata), "]]>")
		if !done {
			return pageComment, n, false
		}
		return pageCDATA, n, true
	case len(b) < len(cdata):
		return pageComment, len(b), false
	default:
		n, done = angle(b, 2)
	}
	return pageComment, n, done
}

// through returns where the next stop behind from is passed.
func through(b []byte, from int, stop string) (n int, done bool) {
	if k := bytes.Index(b[min(from, len(b)):], []byte(stop)); k >= 0 {
		return from + k + len(stop), true
	}
	return len(b), false
}

// closed tells whether the tag raw is one that closes itself.
func (m *markup) closed(raw []byte) bool {
	return m.lexer.xml && bytes.HasSuffix(raw, []byte("/>"))
}

// takeXML takes what XML reads in another way than HTML does. Done is false for
// all else.
func (m *markup) takeXML(kind pageToken, raw []byte) (done bool, err error) {
	switch {
	case kind == pageComment && raw[1] == '!' && !bytes.HasPrefix(raw, []byte("<!--")):
		if !bytes.HasPrefix(raw, []byte("<!DOCTYPE")) || bytes.IndexByte(raw, '[') >= 0 {
			return true, m.fault(m.tok, "a document type with declarations of its own")
		}
		return false, nil
	case kind == pageCDATA:
		return true, m.cdata(raw)
	case kind == pageText && m.scripts > 0:
		return true, m.referringScript(raw)
	}
	return false, nil
}

// cdata takes a section of text as it is.
func (m *markup) cdata(raw []byte) error {
	from, to := len("<![CDATA["), len(raw)-len("]]>")
	if m.scripts > 0 {
		if err := m.settle(); err != nil {
			return err
		}
		if err := m.emit(raw[:from]); err != nil {
			return err
		}
		if err := m.scriptPart(raw[from:to], from); err != nil {
			return err
		}
		return m.emit(raw[to:])
	}
	if len(m.text.held)+len(raw) > maxBlock+MaxString {
		if err := m.settle(); err != nil {
			return err
		}
	}
	m.text.markup(raw[:from])
	m.text.add(raw[from:to], m.base+int64(m.tok+from), bare)
	m.text.markup(raw[to:])
	return nil
}

// referringScript masks a part of a script in which there may be entities as well
// as escapes. A character by number is as well written as an escape, and refused.
func (m *markup) referringScript(raw []byte) error {
	if bytes.IndexByte(raw, '&') < 0 {
		return m.scriptPart(raw, 0)
	}
	if err := m.settle(); err != nil {
		return err
	}
	at := m.base + int64(m.tok)
	for i := 0; i < len(raw); {
		n := bytes.IndexByte(raw[i:], '&')
		if n < 0 {
			n = len(raw) - i
		}
		m.text.add(raw[i:i+n], at+int64(i), scripted)
		if i += n; i == len(raw) {
			break
		}
		_, n = reference(raw[i:])
		if n == 0 || raw[i+1] == '#' {
			return m.fault(m.tok+i, "a character by number in a script")
		}
		m.text.add(raw[i:i+n], at+int64(i), xmlText)
		i += n
	}
	return m.settleAlone()
}

// scriptPart masks a part of a script, which stands at bytes behind the token's
// start.
func (m *markup) scriptPart(raw []byte, at int) error {
	if err := m.settle(); err != nil {
		return err
	}
	tok := m.tok
	m.tok += at
	err := m.script(raw)
	m.tok = tok
	return err
}
