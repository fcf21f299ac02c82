package mask

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// XML copies an XML 1.0 document in UTF-8 from src to dst and masks it. Text,
// attributes, CDATA, comments and processing instructions are searched; markup
// and what is not masked keep their bytes. An element or attribute is masked by
// the class of the field of p that has its name, or whose path ends the names of
// the elements around it (customer.name), or else by what its name says as a
// member of JSON would be; the prefix of a namespace does not count. Where an
// element has an attribute called name, key, field or id, what that says counts
// for its attribute value and its text.
//
// What is not well-formed is unreadable. So are a document type with an internal
// subset, whose entities could hold what nobody sees, and encodings other than
// UTF-8.
func XML(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	p = p.orDefault()
	x, _ := p.trees.Get().(*tree)
	if x == nil {
		x = new(tree)
	}
	err := x.run(dst, src, p, onRecord, nil)
	p.trees.Put(x)
	return err
}

// element is an element that is open.
type element struct {
	name  int    // where its name begins in names
	local int    // and without prefix in path
	say   saying // what is known of its text
}

// tree rewrites an XML document token by token.
type tree struct {
	rewriter
	text  passage // of the element that is open, up to the next tag
	side  passage // an attribute's, a comment's
	tag   []byte  // a tag with its attributes masked
	attrs []attribute
	open  []element
	names []byte // as they are written
	path  []byte // without prefixes, with dots between
	root  bool   // has been seen
	begun bool   // something was written
	sheet *sheet // what is known of spreadsheets; nil for other documents
}

// attribute is a place in a tag.
type attribute struct {
	name, local, nameEnd int
	value, valueEnd      int
}

// run masks one document; s is nil but for parts of a workbook.
func (x *tree) run(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record), s *sheet) error {
	x.reset(dst, src, p, onRecord)
	x.set |= p.mapped
	x.text.reset()
	x.open, x.names, x.path = x.open[:0], x.names[:0], x.path[:0]
	x.root, x.begun, x.sheet = false, false, s
	err := x.document()
	x.finish()
	if werr := x.keepOnFault(err); err == nil {
		err = werr
	}
	x.text.wipe()
	x.side.wipe()
	for _, b := range [...]*[]byte{&x.tag, &x.names, &x.path} {
		if cap(*b) > 4*windowSize { // only an unusual body needed so much
			*b = nil
		}
		clear((*b)[:cap(*b)])
	}
	x.sheet = nil
	x.release()
	return err
}

func (x *tree) document() error {
	if err := x.prolog(); err != nil {
		return err
	}
	for {
		if err := x.characters(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		c, err := x.byteAfter(1)
		if err != nil {
			return err
		}
		switch c {
		case '!':
			err = x.declared()
		case '?':
			err = x.instruction()
		case '/':
			err = x.endTag()
		default:
			err = x.startTag()
		}
		if err != nil {
			return err
		}
		if x.sheet != nil && x.sheet.enough {
			return nil
		}
	}
	if len(x.open) > 0 || !x.root {
		return x.fault(x.end, "ends too early")
	}
	return x.settle()
}

// took ends a token: nothing of it is left to the window.
func (x *tree) took() {
	x.begun = true
	x.tok, x.from = x.pos, x.pos
}

// emit writes b, which is masked.
func (x *tree) emit(b []byte) error {
	if s := x.sheet; s != nil && s.cell.open {
		s.cell.out = append(s.cell.out, b...)
		if len(s.cell.out) > 4*MaxString {
			return x.fault(x.tok, "cell longer than can be held")
		}
		return nil
	}
	if x.out = append(x.out, b...); len(x.out) >= windowSize {
		return x.flush()
	}
	return nil
}

// settle masks the text that is held and writes it.
func (x *tree) settle() error {
	if len(x.text.held) == 0 {
		return nil
	}
	var s saying
	if n := len(x.open); n > 0 {
		s = x.open[n-1].say
	}
	if x.sheet != nil {
		if err := x.sheetText(&s); err != nil {
			return err
		}
	} else {
		x.cover(&x.text, s)
	}
	err := x.pour(&x.text, s)
	x.text.reset()
	return err
}

// pour writes a passage that was searched.
func (x *tree) pour(p *passage, s saying) error {
	if len(p.changes) == 0 {
		return x.emit(p.held)
	}
	if err := x.tell(p, s); err != nil {
		return err
	}
	x.masked = p.write(x.masked[:0])
	return x.emit(x.masked)
}

// prolog takes the byte order mark and sees to the encoding.
func (x *tree) prolog() error {
	for x.end < 4 {
		if err := x.more(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	head := x.buf[:min(x.end, 4)]
	switch {
	case bytes.HasPrefix(head, []byte("\ufeff")):
		x.pos = 3
		if err := x.emit(head[:3]); err != nil {
			return err
		}
		x.tok, x.from = x.pos, x.pos
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.IndexByte(head, 0) >= 0:
		return x.fault(0, "not UTF-8")
	}
	return nil
}

// to moves pos behind the next stop, which is looked for from n after the token's
// start on.
func (x *tree) to(n int, stop string) error {
	for {
		if k := bytes.Index(x.buf[min(x.tok+n, x.end):x.end], []byte(stop)); k >= 0 {
			x.pos = x.tok + n + k + len(stop)
			if x.pos-x.tok > MaxString {
				return x.fault(x.tok, "longer than can be held")
			}
			return nil
		}
		n = max(n, x.end-x.tok-len(stop)+1)
		if n > MaxString {
			return x.fault(x.tok, "longer than can be held")
		}
		if err := x.more(); err != nil {
			return x.ended(err)
		}
	}
}

// What a byte of XML asks to be looked at for.
const (
	anAmp     = 1 << iota // a reference
	aBracket              // ]]> is not allowed in text
	aControl              // not allowed
	beyond                // of a character beyond ASCII
	aLastHigh             // of U+FFFE and U+FFFF, which are not allowed
)

var xmlKind = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c < ' ' && !xmlSpace(byte(c)):
			t[c] = aControl
		case c == '&':
			t[c] = anAmp
		case c == ']':
			t[c] = aBracket
		case c == 0xEF:
			t[c] = beyond | aLastHigh
		case c >= 0x80:
			t[c] = beyond
		}
	}
	return t
}()

// sound checks that raw, n bytes after the token's start, has no character that
// XML does not allow, and tells what else is to be looked for.
func (x *tree) sound(raw []byte, n int) (kinds uint8, err error) {
	for _, c := range raw {
		kinds |= xmlKind[c]
	}
	if kinds&(aControl|beyond) == 0 {
		return kinds, nil
	}
	if kinds&aControl != 0 {
		k := bytes.IndexFunc(raw, func(r rune) bool { return r < ' ' && !xmlSpace(byte(r)) })
		return kinds, x.fault(x.tok+n+k, "control character")
	}
	if !utf8.Valid(raw) {
		return kinds, x.fault(x.tok+n, "not UTF-8")
	}
	if kinds&aLastHigh != 0 {
		if k := bytes.IndexFunc(raw, func(r rune) bool { return r == 0xFFFE || r == 0xFFFF }); k >= 0 {
			return kinds, x.fault(x.tok+n+k, "a character that XML does not allow")
		}
	}
	return kinds, nil
}

// references checks the references in raw, which was found sound.
func (x *tree) references(raw []byte, n int) error {
	for i := 0; ; i++ {
		k := bytes.IndexByte(raw[i:], '&')
		if k < 0 {
			return nil
		}
		i += k
		if _, w := reference(raw[i:]); w == 0 {
			return x.fault(x.tok+n+i, "a reference to an entity that is not declared")
		}
	}
}

// characters reads up to the next <. It returns io.EOF at the end of the input.
func (x *tree) characters() error {
	n := 0
	ended := false
	for !ended {
		if k := bytes.IndexByte(x.buf[x.tok+n:x.end], '<'); k >= 0 {
			n += k
			break
		}
		if n = x.end - x.tok; n > MaxString {
			break
		}
		if err := x.more(); err == io.EOF {
			ended = true
		} else if err != nil {
			return err
		}
	}
	x.pos = x.tok + n
	if n > MaxString || len(x.text.held)+n > 2*MaxString {
		return x.fault(x.tok, "text longer than can be held")
	}
	raw := x.buf[x.tok:x.pos]
	if len(raw) > 0 {
		kinds, err := x.sound(raw, 0)
		if err == nil && kinds&anAmp != 0 {
			err = x.references(raw, 0)
		}
		if err != nil {
			return err
		}
		if kinds&aBracket != 0 {
			if k := bytes.Index(raw, []byte("]]>")); k >= 0 {
				return x.fault(x.tok+k, "]]> in text")
			}
		}
		if len(x.open) == 0 {
			if k := bytes.IndexFunc(raw, func(r rune) bool { return !xmlSpace(byte(min(r, 0x7f))) }); k >= 0 {
				return x.fault(x.tok+k, "text outside of the root element")
			}
			x.text.markup(raw)
		} else if x.sheet == nil || !x.sheet.take(x, raw) {
			x.text.add(raw, x.base+int64(x.tok), x.coding())
		}
		x.took()
	}
	if ended {
		return io.EOF
	}
	return nil
}

// coding is how text and attributes are written.
func (x *tree) coding() coding {
	if x.sheet != nil {
		return officeText
	}
	return xmlText
}

func xmlSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// declared reads what begins with <!.
func (x *tree) declared() error {
	c, err := x.byteAfter(2)
	if err != nil {
		return err
	}
	switch c {
	case '-':
		return x.comment()
	case '[':
		return x.cdata()
	}
	return x.doctype()
}

// begins checks that the token begins with word.
func (x *tree) begins(word string) error {
	for k := range len(word) {
		c, err := x.byteAfter(k)
		if err != nil {
			return err
		}
		if c != word[k] {
			return x.fault(x.tok, "malformed markup")
		}
	}
	return nil
}

// aside masks what is between the first from and the last to bytes of the token,
// which is no text of its element, and holds it.
func (x *tree) aside(from, to int) error {
	raw := x.buf[x.tok:x.pos]
	if _, err := x.sound(raw, 0); err != nil {
		return err
	}
	if len(x.text.held)+len(raw) > 2*MaxString {
		return x.fault(x.tok, "text longer than can be held")
	}
	x.side.reset()
	x.side.markup(raw[:from])
	x.side.add(raw[from:len(raw)-to], x.base+int64(x.tok+from), bare)
	x.side.markup(raw[len(raw)-to:])
	x.cover(&x.side, saying{})
	if err := x.tell(&x.side, saying{}); err != nil {
		return err
	}
	x.text.held = x.side.write(x.text.held)
	x.took()
	return nil
}

func (x *tree) comment() error {
	if err := x.begins("<!--"); err != nil {
		return err
	}
	if err := x.to(4, "--"); err != nil {
		return err
	}
	n := x.pos - x.tok
	c, err := x.byteAfter(n)
	if err != nil {
		return err
	}
	if c != '>' {
		return x.fault(x.tok, "-- in a comment")
	}
	x.pos = x.tok + n + 1
	return x.aside(4, 3)
}

func (x *tree) cdata() error {
	if err := x.begins("<![CDATA["); err != nil {
		return err
	}
	if len(x.open) == 0 {
		return x.fault(x.tok, "text outside of the root element")
	}
	if err := x.to(9, "]]>"); err != nil {
		return err
	}
	raw := x.buf[x.tok:x.pos]
	if _, err := x.sound(raw, 0); err != nil {
		return err
	}
	if len(x.text.held)+len(raw) > 2*MaxString {
		return x.fault(x.tok, "text longer than can be held")
	}
	x.text.markup(raw[:9])
	x.text.add(raw[9:len(raw)-3], x.base+int64(x.tok)+9, bare)
	x.text.markup(raw[len(raw)-3:])
	x.took()
	return nil
}

// doctype takes a document type that names what is elsewhere. What has an
// internal subset may declare entities, and is refused.
func (x *tree) doctype() error {
	if err := x.begins("<!DOCTYPE"); err != nil {
		return err
	}
	if x.root {
		return x.fault(x.tok, "a document type behind its place")
	}
	quote := byte(0)
	for n := 9; ; n++ {
		c, err := x.byteAfter(n)
		if err != nil {
			return err
		}
		switch {
		case n > MaxString:
			return x.fault(x.tok, "longer than can be held")
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			return x.fault(x.tok+n, "a document type with declarations of its own")
		case c == '<':
			return x.fault(x.tok+n, "malformed markup")
		case c == '>':
			x.pos = x.tok + n + 1
			return x.aside(9, 1)
		}
	}
}

// instruction takes a processing instruction, or the XML declaration.
func (x *tree) instruction() error {
	first := !x.begun
	if err := x.to(2, "?>"); err != nil {
		return err
	}
	raw := x.buf[x.tok:x.pos]
	body := raw[2 : len(raw)-2]
	n := nameLen(body)
	switch {
	case n == 0, n < len(body) && !xmlSpace(body[n]):
		return x.fault(x.tok, "a processing instruction without a name")
	case !bytes.EqualFold(body[:n], []byte("xml")):
		return x.aside(2+n, 2)
	case !first || string(body[:n]) != "xml":
		return x.fault(x.tok, "an XML declaration that is not at the beginning")
	}
	if err := x.declaration(body[n:]); err != nil {
		return err
	}
	x.text.markup(raw)
	x.took()
	return nil
}

// declaration sees to it that nothing but XML 1 in UTF-8 is read.
func (x *tree) declaration(s []byte) error {
	for k, name := range [...]string{"version", "encoding", "standalone"} {
		rest := bytes.TrimLeft(s, " \t\r\n")
		if !bytes.HasPrefix(rest, []byte(name)) {
			if k == 0 {
				break
			}
			continue
		}
		if len(rest) == len(s) {
			break
		}
		rest = bytes.TrimLeft(rest[len(name):], " \t\r\n")
		if len(rest) == 0 || rest[0] != '=' {
			break
		}
		rest = bytes.TrimLeft(rest[1:], " \t\r\n")
		if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
			break
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			break
		}
		value := rest[1 : 1+end]
		switch {
		case k == 0 && string(value) != "1.0":
			return x.fault(x.tok, "not XML 1.0")
		case k == 1 && !bytes.EqualFold(value, []byte("utf-8")) && !bytes.EqualFold(value, []byte("utf8")) && !bytes.EqualFold(value, []byte("us-ascii")):
			return x.fault(x.tok, "not UTF-8")
		case k == 2 && string(value) != "yes" && string(value) != "no":
			return x.fault(x.tok, "malformed XML declaration")
		}
		s = rest[end+2:]
	}
	if len(bytes.TrimLeft(s, " \t\r\n")) > 0 {
		return x.fault(x.tok, "malformed XML declaration")
	}
	return nil
}

// nameLen returns the length of the name that s begins with.
func nameLen(s []byte) int {
	n := 0
	for n < len(s) {
		c := s[n]
		start := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= 0x80
		if !start && (n == 0 || (c < '0' || c > '9') && c != '-' && c != '.') {
			break
		}
		n++
	}
	return n
}

// checkName refuses a name that holds a number of a person: it cannot be masked
// and stay a name. One that is longer than any name is refused too.
func (x *tree) checkName(name []byte) error {
	if len(name) > maxName {
		return x.fault(x.tok, "the name of an element or attribute is longer than can be held")
	}
	if len(name) < 11 || x.set&detect.Numbers == 0 {
		return nil
	}
	x.spans = detect.Append(x.spans[:0], view(name), x.set&detect.Numbers)
	if len(x.spans) > 0 {
		return x.fault(x.tok, "the name of an element or attribute holds a number that should be masked")
	}
	return nil
}
