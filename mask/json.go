package mask

import (
	"errors"
	"io"

	"github.com/menshen-io/menshen/mask/detect"
)

// JSON copies one JSON value (RFC 8259, in UTF-8) from src to dst and masks it
// by p. It writes as it reads: what is valid so far is written before src is
// read again. onRecord, when not nil, is called at the end of each record, inner
// ones first; when the body turns out to be unreadable, records that were begun
// are told too, as far as they came, since their masks have been shown.
//
// Errors wrap [ErrUnreadable] where the body is at fault; errors of src and dst
// are passed on as they are.
func JSON(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	p = p.orDefault()
	r := p.rewriter()
	r.reset(dst, src, p, onRecord)
	err := r.document(p.sequence)
	r.finish()
	if werr := r.keepOnFault(err); err == nil {
		err = werr
	}
	p.give(r)
	return err
}

// frame is an array or object that is open, or the value at hand.
type frame struct {
	forced *role  // what is mapped, here or around it; nil when nothing is
	inst   int32  // the record that maps it
	acts   int32  // where its activations begin
	ends   int32  // and end
	place  uint64 // among paths; elsewhere when that is more than a number says
	opened int32  // records begun at this value
	index  int32  // in an array
	at     uint16 // state among records
	member uint8  // whose value it is, or stands in
	object bool
}

// section is a part of a text.
type section struct {
	from, to  int
	encrypted bool
}

// rewriter reads JSON and writes it masked.
type rewriter struct {
	window
	*compiled
	look *look
	capture
	stack   []frame
	spans   []Span
	masks   []section // of spans, in masked
	decoded []byte    // of a string with escapes
	plain   plainText // of the text that was searched last
	masked  []byte    // text of a masked string
	quoted  []byte    // a replacement as JSON
	names   nameMemo
	clean   cleanMemo
	marks   marks
	member  uint8  // of names: whose value is to come, or was the last
	here    frame  // the scalar at hand
	sym     uint16 // of the value to come
	hint    Class  // that the member's name gives the value to come
	escaped bool   // there is an escape in the string that was read

	set      detect.Set // that is searched for
	known    *Known
	mode     uint8  // how what is known is treated
	recalled []Span // what is known of a text
	joined   []Span // and what else was found in it, while they are joined
}

func (r *rewriter) reset(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) {
	r.window.reset(dst, src)
	r.compiled, r.look, r.set = p.compiled, p.look, p.set
	r.known, r.mode = p.known, p.mode
	r.capture.reset(onRecord)
	r.stack = r.stack[:0]
	r.marks.from, r.marks.to, r.marks.bits = 0, 0, r.marks.bits[:0]
	r.hint = ""
}

// release forgets what was personal before the rewriter is used again.
func (r *rewriter) release() {
	clear(r.buf[:r.used])
	clear(r.out[:max(r.most, len(r.out))])
	clear(r.decoded[:cap(r.decoded)])
	clear(r.masked[:cap(r.masked)])
	clear(r.plain.text[:cap(r.plain.text)])
	clear(r.quoted[:cap(r.quoted)])
	if r.set != 0 {
		clear(r.clean[:])
	}
	r.src, r.dst, r.known = nil, nil, nil
	r.capture.reset(nil)
}

// keepOnFault writes what had been found valid.
func (r *rewriter) keepOnFault(fault error) error {
	if fault != nil && !errors.Is(fault, ErrUnreadable) {
		return nil // a side is broken; there is nobody to write for
	}
	if err := r.keep(); err != nil {
		return err
	}
	return r.flush()
}

func (r *rewriter) document(sequence bool) error {
	for {
		_, err := r.peek()
		if err == io.EOF && sequence {
			return nil
		}
		if err != nil {
			return r.ended(err)
		}
		if err := r.value(); err != nil {
			return err
		}
		if sequence {
			continue
		}
		if _, err := r.peek(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		return r.fault(r.pos, "more after the end of the value")
	}
}

// ended turns the end of the input, where there must be more, into a fault.
func (r *rewriter) ended(err error) error {
	if err == io.EOF {
		return r.fault(r.end, "ends too early")
	}
	return err
}

// peek skips white space and returns the byte after it, which begins a token.
func (r *rewriter) peek() (byte, error) {
	if r.pos < r.end && r.buf[r.pos] > ' ' {
		r.tok = r.pos
		return r.buf[r.pos], nil
	}
	return r.peekOn()
}

func (r *rewriter) peekOn() (byte, error) {
	for {
		r.pos = blanksEnd(r.buf[:r.end], r.pos)
		r.tok = r.pos
		if r.pos < r.end {
			return r.buf[r.pos], nil
		}
		if err := r.more(); err != nil {
			return 0, err
		}
	}
}

// value reads one value of the top level.
func (r *rewriter) value() error {
	r.sym, r.member, r.hint = rootSymbol, 0, ""
	for {
		over, err := r.skim()
		if err != nil {
			return err
		}
		if !over {
			c, err := r.peek()
			if err != nil {
				return r.ended(err)
			}
			open, err := r.oneValue(c)
			if err != nil {
				return err
			}
			if open {
				continue
			}
		}
		if done, err := r.endValue(); done || err != nil {
			return err
		}
	}
}

// oneValue reads a scalar or an empty array or object whole, or else up to where
// its first value begins; then open is true.
func (r *rewriter) oneValue(c byte) (open bool, err error) {
	switch c {
	case '"':
		return false, r.stringValue()
	case '{', '[':
		return r.openValue(c)
	}
	return false, r.otherValue(c)
}

// otherValue reads a number, true, false or null.
func (r *rewriter) otherValue(c byte) error {
	switch {
	case c == '-' || c >= '0' && c <= '9':
		return r.numberValue()
	case c == 't':
		return r.literal("true")
	case c == 'f':
		return r.literal("false")
	case c == 'n':
		return r.literal("null")
	}
	if c == 0xEF && r.base+int64(r.pos) == 0 {
		return r.fault(r.pos, "expected a value; a byte order mark stands there, or a letter beyond ASCII")
	}
	return r.fault(r.pos, "expected a value")
}

// openValue reads an array or object up to where its first value begins, or an
// empty one whole; then open is false.
func (r *rewriter) openValue(c byte) (open bool, err error) {
	r.hint = ""
	if len(r.stack) >= MaxDepth {
		return false, r.fault(r.pos, "nested too deep")
	}
	r.enter(c == '{')
	r.pos++
	r.tok = r.pos
	next, err := r.peek()
	if err != nil {
		return false, r.ended(err)
	}
	if next == c+2 { // ] is two after [, as } is after {
		r.pos++
		r.tok = r.pos
		r.leave()
		return false, nil
	}
	if c == '{' {
		return true, r.name(next, &r.names[r.member].first)
	}
	r.sym = r.syms.index(0)
	return true, nil
}

// endValue goes on after a value, to where the next one begins. It is done at
// the end of the outermost.
func (r *rewriter) endValue() (done bool, err error) {
	for len(r.stack) > 0 {
		c, err := r.peek()
		if err != nil {
			return false, r.ended(err)
		}
		top := &r.stack[len(r.stack)-1]
		switch {
		case c == ',':
			r.pos++
			r.tok = r.pos
			if top.object {
				if c, err = r.peek(); err != nil {
					return false, r.ended(err)
				}
				return false, r.name(c, &r.names[r.member].next)
			}
			top.index++
			r.hint, r.member = "", top.member
			r.sym = r.syms.index(int(top.index))
			return false, nil
		case c == '}' && top.object, c == ']' && !top.object:
			r.pos++
			r.tok = r.pos
			r.member = top.member
			r.leave()
		default:
			return false, r.fault(r.pos, "expected a comma or an end")
		}
	}
	return true, nil
}

// name reads a member's name, which begins with c, and the colon after it. Guess
// is where the name is kept that stood here the last time.
func (r *rewriter) name(c byte, guess *uint8) error {
	if m := &r.names[*guess]; r.stands(m) && m.beginsShort(r.buf[r.pos:r.end]) {
		r.pos += int(m.n)
		r.tok = r.pos
		r.sym, r.hint, r.member = m.sym, m.hint, *guess
		return nil
	}
	if c != '"' {
		return r.fault(r.pos, "expected a name")
	}
	if err := r.scanString(); err != nil {
		return err
	}
	if err := r.nameSeen(r.buf[r.tok+1 : r.pos-1]); err != nil {
		return err
	}
	*guess = r.member
	r.tok = r.pos
	c, err := r.peek()
	if err != nil {
		return r.ended(err)
	}
	if c != ':' {
		return r.fault(r.pos, "expected a colon")
	}
	r.pos++
	r.tok = r.pos
	return nil
}

func (r *rewriter) literal(word string) error {
	for i := 0; i < len(word); i++ {
		if r.pos == r.end {
			if err := r.more(); err != nil {
				return r.ended(err)
			}
		}
		if r.buf[r.pos] != word[i] {
			return r.fault(r.pos, "expected "+word)
		}
		r.pos++
	}
	return r.literalSeen(word)
}

// scanString reads the string that begins at pos. Afterwards pos is behind the
// closing quote, and escaped tells whether there is an escape in it.
func (r *rewriter) scanString() error {
	r.escaped = false
	high := uint64(0)
	i := r.pos + 1
	for {
		var n int
		n, high = plainRun(r.buf[i:r.end], high)
		i += n
		if i == r.end {
			if i-r.tok > MaxString+2 {
				return r.fault(r.tok, "string longer than can be held")
			}
			n := i - r.tok
			if err := r.more(); err != nil {
				return r.ended(err)
			}
			i = r.tok + n
			continue
		}
		switch r.buf[i] {
		case '"':
			r.pos = i + 1
			if r.pos-r.tok > MaxString+2 {
				return r.fault(r.tok, "string longer than can be held")
			}
			if high != 0 && !validText(r.buf[r.tok+1:i]) {
				return r.fault(r.tok, "string is not UTF-8")
			}
			return nil
		case '\\':
			n := i - r.tok
			w, err := r.escape(n)
			if err != nil {
				return err
			}
			i = r.tok + n + w
		default:
			return r.fault(i, "control character in a string")
		}
	}
}

// byteAfter returns the byte n after the token's start.
func (r *rewriter) byteAfter(n int) (byte, error) {
	for r.tok+n >= r.end {
		if err := r.more(); err != nil {
			return 0, r.ended(err)
		}
	}
	return r.buf[r.tok+n], nil
}

// escape checks the escape that begins n after the token's start and returns its length.
func (r *rewriter) escape(n int) (int, error) {
	r.escaped = true
	c, err := r.byteAfter(n + 1)
	if err != nil {
		return 0, err
	}
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
	default:
		return 0, r.fault(r.tok+n, "unknown escape")
	}
	u, err := r.hex4(n + 2)
	if err != nil {
		return 0, err
	}
	switch {
	case u >= 0xDC00 && u < 0xE000:
		return 0, r.fault(r.tok+n, "half of a surrogate pair")
	case u < 0xD800 || u >= 0xE000:
		return 6, nil
	}
	for k, want := range []byte(`\u`) {
		c, err := r.byteAfter(n + 6 + k)
		if err != nil {
			return 0, err
		}
		if c != want {
			return 0, r.fault(r.tok+n, "half of a surrogate pair")
		}
	}
	if u, err = r.hex4(n + 8); err != nil {
		return 0, err
	}
	if u < 0xDC00 || u >= 0xE000 {
		return 0, r.fault(r.tok+n, "half of a surrogate pair")
	}
	return 12, nil
}

func (r *rewriter) hex4(n int) (rune, error) {
	var u rune
	for k := range 4 {
		c, err := r.byteAfter(n + k)
		if err != nil {
			return 0, err
		}
		switch {
		case c >= '0' && c <= '9':
			u = u<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			u = u<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, r.fault(r.tok+n+k, "escape is not hexadecimal")
		}
	}
	return u, nil
}

// numberValue reads the number that begins at pos.
func (r *rewriter) numberValue() error {
	// One pass for the extent, one for the grammar: a number is short.
	kind := uint8(0)
	for {
		for r.pos < r.end && byteKind[r.buf[r.pos]]&aNumber != 0 {
			kind |= byteKind[r.buf[r.pos]]
			r.pos++
		}
		if r.pos < r.end {
			break
		}
		if err := r.more(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	if r.pos-r.tok > MaxString+2 {
		return r.fault(r.tok, "longer than can be held")
	}
	lit := r.buf[r.tok:r.pos]
	if kind != aNumber || lit[0] == '0' { // more than digits
		if n := numberLen(lit); n != len(lit) {
			return r.fault(r.tok+max(n, 0), "malformed number")
		}
	}
	return r.numberSeen(lit, kind&aExponent != 0)
}

// numberLen returns the length of the number that s begins with, or -1.
func numberLen(s []byte) int {
	digits := func(i int) int {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i
	}
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	switch {
	case i < len(s) && s[i] == '0':
		i++
	case digits(i) > i:
		i = digits(i)
	default:
		return -1
	}
	if i < len(s) && s[i] == '.' {
		n := digits(i + 1)
		if n == i+1 {
			return -1
		}
		i = n
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		n := i + 1
		if n < len(s) && (s[n] == '+' || s[n] == '-') {
			n++
		}
		if digits(n) == n {
			return -1
		}
		i = digits(n)
	}
	return i
}
