package mask

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf8"
)

// maxBlock bounds the text of a page that is searched as one, tags included.
const maxBlock = 64 << 10

// HTML copies an HTML page in UTF-8 from src to dst and masks what p searches for
// in its text, attributes, comments and scripts. Text is searched as it is read,
// however inline elements cut it (138<b>1234</b>5678). What a name says is taken
// at its word, as of a member of JSON: that of an attribute (data-phone), what an
// input or another element is called (name, id, itemprop, data-field, data-label
// and the like), the head of a table's column or row, a term of a list. A field of
// p with such a name maps the value; paths apply to scripts that are JSON. Markup
// stays byte for byte as it is.
func HTML(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	return maskPage(dst, src, p, onRecord, false)
}

// maskPage masks one page, which browsers read as XML or as HTML.
func maskPage(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record), asXML bool) error {
	p = p.orDefault()
	m, _ := p.pages.Get().(*markup)
	if m == nil {
		m = new(markup)
	}
	m.reset(dst, src, p, onRecord)
	m.set |= p.mapped
	m.plan, m.rawName, m.say, m.open, m.nul, m.high = p, "", words{}, 0, false, false
	m.lexer.xml, m.scripts = asXML, 0
	m.text.reset()
	err := m.page()
	m.finish()
	if werr := m.keepOnFault(err); err == nil {
		err = werr
	}
	m.text.wipe()
	m.side.wipe()
	clear(m.tag[:cap(m.tag)])
	m.plan = nil
	m.release()
	p.pages.Put(m)
	return err
}

// markup rewrites a page token by token.
type markup struct {
	rewriter
	plan    *Plan
	lexer   pageLexer
	text    passage // of the block
	side    passage // an attribute's, a comment's
	tag     []byte  // a tag with its attributes masked
	rawName string  // of the element whose raw text comes next
	kind    []byte  // attribute type of a script
	lower   []byte  // a name in lower case
	owner   []byte  // name of the element that say.own is of
	say     words
	tables  [maxTables]htmlTable
	open    int  // how many tables are
	scripts int  // and scripts, in XML
	nul     bool // there was a NUL
	high    bool // there was what is not ASCII
}

// words is what the page says of the text to come.
type words struct {
	own   saying // by an attribute of the element that is open
	weak  bool   // which may only be the name of a part of the page
	depth int    // how many elements of its name are open; 0 when there is none
	label saying // by the head of the row, or the term before
	block saying // by the block before, which is a name
	colon bool   // and ends in a colon
	cell  string // th, td, dt or dd when the text is one's
	head  bool   // in the head of a table
}

func (m *markup) page() error {
	for {
		kind, n, err := m.token()
		if err != nil {
			return err
		}
		if n == 0 {
			return m.settle()
		}
		if n > MaxString {
			return m.fault(m.tok, "text or tag longer than can be held")
		}
		m.pos = m.tok + n
		raw := m.buf[m.tok:m.pos]
		if m.nul && bytes.IndexByte(raw, 0) >= 0 || m.high && !utf8.Valid(raw) {
			return m.fault(m.tok, "not UTF-8 text")
		}
		if m.rawName != "" && kind == pageText {
			err = m.rawText(raw)
		} else {
			m.rawName = ""
			err = m.take(kind, raw)
		}
		if err != nil {
			return err
		}
		m.tok, m.from = m.pos, m.pos
	}
}

// token returns the kind and length of the token that begins at tok; the length
// is 0 at the end.
func (m *markup) token() (pageToken, int, error) {
	eof := false
	for {
		kind, n, done := m.lexer.next(m.buf[m.tok:m.end], m.rawName, eof)
		if done {
			return kind, n, nil
		}
		held := m.end - m.tok
		if held > MaxString {
			return kind, held, nil
		}
		// What is long is looked at again only when there is a good deal more of it.
		for !eof && m.end-m.tok <= held+held/8 {
			m.pos = m.end
			n := m.end - m.tok
			if err := m.more(); err == io.EOF {
				eof = true
			} else if err != nil {
				return kind, 0, err
			}
			m.scanned(m.buf[m.tok+n : m.end])
		}
	}
}

// scanned sees whether there is a NUL in b, or what is not ASCII.
func (m *markup) scanned(b []byte) {
	m.nul = m.nul || bytes.IndexByte(b, 0) >= 0
	high := uint64(0)
	for ; len(b) >= 8; b = b[8:] {
		high |= binary.LittleEndian.Uint64(b)
	}
	for _, c := range b {
		high |= uint64(c)
	}
	m.high = m.high || high&tops != 0
}

func (m *markup) take(kind pageToken, raw []byte) error {
	if m.lexer.xml {
		if done, err := m.takeXML(kind, raw); done || err != nil {
			return err
		}
	}
	switch kind {
	case pageText:
		if len(m.text.held)+len(raw) > maxBlock+MaxString {
			if err := m.settle(); err != nil {
				return err
			}
		}
		m.text.add(raw, m.base+int64(m.tok), htmlText)
		return nil
	case pageStart:
		return m.startTag(raw)
	case pageEnd:
		return m.endTag(raw)
	case pageBroken:
		m.text.run()
		m.text.add(raw, m.base+int64(m.tok), htmlText)
		return nil
	}
	from, to := 2, len(raw) // what makes it a comment stays
	if bytes.HasPrefix(raw, []byte("<!--")) {
		from = 4
	}
	if rest := raw[from:]; bytes.HasSuffix(rest, []byte("-->")) {
		to -= 3
	} else if bytes.HasSuffix(rest, []byte(">")) {
		to--
	}
	m.side.reset()
	m.side.markup(raw[:from])
	m.side.add(raw[from:to], m.base+int64(m.tok+from), bare)
	m.side.markup(raw[to:])
	m.cover(&m.side, saying{})
	if err := m.tell(&m.side, saying{}); err != nil {
		return err
	}
	m.text.held = m.side.write(m.text.held)
	return m.bound()
}

// bound keeps the block from growing without end.
func (m *markup) bound() error {
	if len(m.text.held) > maxBlock {
		return m.settle()
	}
	return nil
}

// blank tells whether text is nothing but white space of ASCII.
func blank(text []byte) bool {
	for _, c := range text {
		if c > ' ' {
			return false
		}
	}
	return true
}

func (m *markup) emit(b []byte) error {
	if m.out = append(m.out, b...); len(m.out) >= windowSize {
		return m.flush()
	}
	return nil
}

// settle masks the block's text and writes it.
func (m *markup) settle() error {
	if len(m.text.held) == 0 {
		return nil
	}
	p := &m.text
	var s saying
	if !blank(p.text) {
		s = m.said(p.text)
		m.cover(p, s)
		if err := m.tell(p, s); err != nil {
			return err
		}
	}
	if len(p.changes) == 0 {
		if err := m.emit(p.held); err != nil {
			return err
		}
	} else {
		m.quoted = p.write(m.quoted[:0])
		if err := m.emit(m.quoted); err != nil {
			return err
		}
	}
	p.reset()
	return nil
}

// rawText masks the text of an element in which there are no tags.
func (m *markup) rawText(raw []byte) error {
	name := m.rawName
	m.rawName = ""
	switch name {
	case "script":
		return m.script(raw)
	case "style", "xmp", "plaintext":
		m.text.add(raw, m.base+int64(m.tok), bare)
	default: // in noscript and the like there may be entities, if it is read at all
		m.text.add(raw, m.base+int64(m.tok), htmlText)
	}
	return m.settle()
}

func (m *markup) startTag(raw []byte) error {
	name := m.lexer.name
	kind := elementOf(name)
	own, weak := m.element(raw)
	apart := own.class != "" || kind != inlineElement
	if apart {
		if err := m.settle(); err != nil {
			return err
		}
		if m.say.weak {
			m.say.own, m.say.weak, m.say.depth = saying{}, false, 0
		}
	}
	if s := string(name); own.class == "" && (s == "input" || s == "textarea") {
		own = m.say.block
	}
	empty := m.closed(raw)
	switch {
	case own.class != "" && kind != voidElement && !empty:
		m.say.own, m.say.weak, m.say.depth = own, weak, 1
		m.owner = append(m.owner[:0], name...)
	case m.say.depth > 0 && !empty && bytes.Equal(m.owner, name):
		m.say.depth++
	}
	m.rawName = ""
	switch {
	case kind == structuralElement:
		m.structure(raw, name)
		if empty {
			m.structureEnd(name)
		}
	case kind == rawElement && !empty:
		m.enterRaw(raw, name)
	}
	tag, err := m.maskAttributes(raw, own)
	if err != nil {
		return err
	}
	if apart {
		return m.emit(tag)
	}
	m.text.markup(tag)
	m.text.run()
	return m.bound()
}

// enterRaw follows the tag of an element in which there are no tags.
func (m *markup) enterRaw(raw, name []byte) {
	if m.lexer.xml {
		if string(name) == "script" {
			m.scripts++
		}
	} else {
		m.rawName = rawName(name)
	}
	m.kind = m.kind[:0]
	for _, a := range m.lexer.attrs {
		if bytes.EqualFold(raw[a.name:a.nameEnd], []byte("type")) {
			m.kind = append(m.kind, raw[a.value:a.valueEnd]...)
		}
	}
}

func (m *markup) endTag(raw []byte) error {
	name := m.lexer.name
	kind := elementOf(name)
	ends := m.say.depth > 0 && bytes.Equal(m.owner, name)
	if ends {
		m.say.depth--
	}
	apart := ends && m.say.depth == 0 || kind != inlineElement
	tag, err := m.maskAttributes(raw, saying{}) // an end tag may have some
	if err != nil {
		return err
	}
	if !apart {
		m.text.markup(tag)
		m.text.run()
		return m.bound()
	}
	if err := m.settle(); err != nil {
		return err
	}
	if ends && m.say.depth == 0 {
		m.say.own, m.say.weak = saying{}, false
	}
	if kind == structuralElement {
		m.structureEnd(name)
	}
	if m.scripts > 0 && string(name) == "script" {
		m.scripts--
	}
	return m.emit(tag)
}

// maskAttributes returns the tag raw with its attributes masked. Own is what they
// say of the element's value.
func (m *markup) maskAttributes(raw []byte, own saying) ([]byte, error) {
	m.tag = m.tag[:0]
	from := 0
	for _, a := range m.lexer.attrs {
		value := raw[a.value:a.valueEnd]
		s := m.attributeSays(raw[a.name:a.nameEnd], own)
		if s.class == "" && bytes.IndexByte(value, '&') < 0 && (!m.worth(value) || isCode(raw[a.name:a.nameEnd]) && plainName(value)) {
			continue
		}
		p := &m.side
		p.reset()
		p.add(value, m.base+int64(m.tok+a.value), htmlText)
		if !m.coverJSON(p) {
			s = m.plan.fitting(s, p.text)
			m.cover(p, s)
		}
		if len(p.changes) == 0 {
			continue
		}
		if err := m.tell(p, s); err != nil {
			return nil, err
		}
		m.tag = append(m.tag, raw[from:a.value]...)
		m.tag = p.write(m.tag)
		from = a.valueEnd
	}
	if from == 0 {
		return raw, nil
	}
	m.tag = append(m.tag, raw[from:]...)
	return m.tag, nil
}
