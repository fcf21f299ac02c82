package mask

import (
	"strconv"
	"strings"

	"github.com/menshen-io/menshen/mask/detect"
)

// rootSymbol is the symbol of a value of the top level.
const rootSymbol = ^uint16(0)

// looseValues is how many values outside any record are told at a time.
const looseValues = 256

// activation is where a value is inside of an open record.
type activation struct {
	inst  int32
	kind  uint16 // of the record
	state uint16
}

// instance is a record that is open.
type instance struct {
	held    int
	subject string
	attrs   map[string]any
	values  []Value
}

// capture keeps the records that are open. They close in the order opposite to
// that in which they were opened.
type capture struct {
	onRecord func(Record)
	insts    []instance
	acts     []activation // of all open frames, and of the value at hand
	loose    []Value
	held     int // bytes
	looseLen int
	usual    int // values of the last record
	// Originals and masks are kept apart: whoever holds on to a mask is not to hold an
	// original with it.
	originals, maskTexts texts
}

// texts holds many short strings in few pieces of memory.
type texts []byte

// keep returns b as a string of its own.
func (t *texts) keep(b []byte) string {
	if len(b) > cap(*t)-len(*t) {
		*t = make([]byte, 0, max(len(b), min(4096, 2*cap(*t)), 256))
	}
	n := len(*t)
	*t = append(*t, b...)
	return view((*t)[n:])
}

func (c *capture) reset(onRecord func(Record)) {
	clear(c.insts[:cap(c.insts)])
	*c = capture{onRecord: onRecord, insts: c.insts[:0], acts: c.acts[:0]}
}

// begin opens a record.
func (c *capture) begin() {
	if n := len(c.insts); n < cap(c.insts) {
		c.insts = c.insts[:n+1] // it was left empty
		return
	}
	c.insts = append(c.insts, instance{})
}

// add keeps a value for the record inst, or for none when inst is negative.
func (c *capture) add(inst int, v Value) {
	if c.onRecord == nil {
		return
	}
	n := 64 + len(v.Original) + len(v.Mask)
	c.held += n
	if inst >= 0 {
		i := &c.insts[inst]
		if i.values == nil {
			i.values = make([]Value, 0, c.usual)
		}
		i.values = append(i.values, v)
		i.held += n
		return
	}
	c.looseLen += n
	if c.loose = append(c.loose, v); len(c.loose) == looseValues {
		c.tellLoose()
	}
}

func (c *capture) tellLoose() {
	if len(c.loose) > 0 && c.onRecord != nil {
		c.onRecord(Record{Values: c.loose})
	}
	c.loose = nil
	c.held -= c.looseLen
	c.looseLen = 0
}

// close ends the innermost n records.
func (c *capture) close(n int) {
	for range n {
		i := c.insts[len(c.insts)-1]
		c.insts[len(c.insts)-1] = instance{}
		c.insts = c.insts[:len(c.insts)-1]
		c.held -= i.held
		c.usual = min(len(i.values), 64)
		if c.onRecord != nil && (i.subject != "" || len(i.values) > 0) {
			c.onRecord(Record{Subject: i.subject, Attributes: i.attrs, Values: i.values})
		}
	}
}

// finish tells all that is kept: after a fault, records as far as they came.
func (c *capture) finish() {
	c.close(len(c.insts))
	c.tellLoose()
}

// descend steps to the value to come, and says in f where it is: what is left of
// the paths that lead to it, and the records that begin at it, which it opens.
func (r *rewriter) descend(f *frame) {
	n := int32(len(r.acts))
	f.forced, f.inst, f.acts, f.ends, f.at, f.opened = nil, 0, n, n, dead, 0
	if len(r.records) == 0 {
		return
	}
	if r.sym == rootSymbol {
		f.at = begin
	} else {
		top := &r.stack[len(r.stack)-1]
		f.forced, f.inst = top.forced, top.inst
		if top.at == dead && top.acts == top.ends {
			return
		}
		f.at = r.at.step(top.at, r.sym)
		for k := top.acts; k < top.ends; k++ {
			a := &r.acts[k]
			if s := r.records[a.kind].inside.step(a.state, r.sym); s != dead {
				r.acts = append(r.acts, activation{a.inst, a.kind, s})
			}
		}
	}
	if ends := r.at.accepts[f.at]; len(ends) > 0 {
		for _, kind := range ends {
			r.acts = append(r.acts, activation{int32(len(r.insts)), uint16(kind), begin})
			r.begin()
			f.opened++
		}
	}
	f.ends = int32(len(r.acts))
	var own *role
	for _, a := range r.acts[f.acts:f.ends] {
		if role := r.role(a); role.class != "" {
			if s := stricter(own, role); s != own || s == role {
				own, f.inst = s, a.inst
			}
		}
	}
	if own != nil {
		f.forced = own
	}
	r.keepLead(f)
}

func (r *rewriter) role(a activation) *role { return &r.records[a.kind].roles[a.state] }

// stricter joins what two records say of one value: a class over plain, and
// nothing shown when they do not agree. The value goes to the inner record.
func stricter(outer, inner *role) *role {
	switch {
	case outer == nil || outer.class == inner.class && outer.form == inner.form || outer.class == Plain:
		return inner
	case inner.class == Plain:
		return outer
	}
	r := nothing(inner.field)
	return &r
}

// class is the class that a field maps the value at f to, or "".
func (f *frame) class() Class {
	if f.forced == nil {
		return ""
	}
	return f.forced.class
}

func (r *rewriter) enter(object bool) {
	r.descend(&r.here)
	place := elsewhere
	if r.here.forced == nil {
		place = r.placeOf(&r.here)
	}
	f, here := r.push(object, place, r.member), &r.here
	f.forced, f.inst, f.acts, f.ends, f.at, f.opened = here.forced, here.inst, here.acts, here.ends, here.at, here.opened
}

// push opens the array or object that is member's and at place.
func (r *rewriter) push(object bool, place uint64, member uint8) *frame {
	n := len(r.stack)
	if n == cap(r.stack) {
		r.stack = append(r.stack, frame{})
	}
	r.stack = r.stack[:n+1]
	f := &r.stack[n]
	f.object, f.place, f.member, f.index = object, place, member, 0
	return f
}

func (r *rewriter) leave() {
	f := &r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	r.up(f)
}

// up ends a value: its records and its places in others.
func (r *rewriter) up(f *frame) {
	if f.opened > 0 {
		r.close(int(f.opened))
	}
	r.acts = r.acts[:f.acts]
}

// scalarSeen ends a scalar: it may be a subject or an attribute. Subject is its
// text as in the body, shown what is left of it after masking.
func (r *rewriter) scalarSeen(subject string, shown any) error {
	f := &r.here
	if f.ends > f.acts && r.onRecord != nil {
		if len(subject) > maxSubject {
			return r.fault(r.tok, "subject longer than can be held")
		}
		if s, ok := shown.(string); ok && len(s) > maxAttribute {
			shown = nil
		}
		for _, a := range r.acts[f.acts:f.ends] {
			role, i := r.role(a), &r.insts[a.inst]
			if role.subject && subject != "" {
				i.subject = subject
			}
			for _, name := range role.attributes {
				if i.attrs == nil {
					i.attrs = map[string]any{}
				}
				if i.attrs[name] = shown; shown == nil {
					delete(i.attrs, name) // the last of a name counts
				}
			}
		}
	}
	r.up(f)
	return r.full()
}

// full is a fault when more is held than may be.
func (r *rewriter) full() error {
	if r.held > MaxRecord {
		return r.fault(r.tok, "records hold more than can be kept")
	}
	return nil
}

// watched tells whether the value at f is the subject of a record, and whether it
// is an attribute of one.
func (r *rewriter) watched(f *frame) (subject, attribute bool) {
	if r.onRecord == nil {
		return false, false
	}
	for _, a := range r.acts[f.acts:f.ends] {
		role := r.role(a)
		subject = subject || role.subject
		attribute = attribute || len(role.attributes) > 0
	}
	return subject, attribute
}

// search looks for what is personal in text, and tells whether there is any.
func (r *rewriter) search(text []byte) bool {
	r.spans = r.appendSpans(r.spans[:0], text)
	return len(r.spans) > 0
}

// appendSpans appends what is personal in text to dst, also where characters of it
// are written as \uXXXX.
func (r *rewriter) appendSpans(dst []Span, text []byte) []Span {
	if !r.plain.read(view(text)) {
		return r.appendFound(dst, text)
	}
	n := len(dst)
	dst = r.appendFound(dst, r.plain.text)
	for i := range dst[n:] {
		f := &dst[n+i]
		f.Start, f.End = r.plain.place[f.Start], r.plain.place[f.End]
	}
	return dst
}

// appendFound appends what is personal in text, as it is.
func (r *rewriter) appendFound(dst []Span, text []byte) []Span {
	if r.known != nil {
		return r.appendKnown(dst, text)
	}
	if r.set == 0 || len(text) < shortest {
		return dst
	}
	return r.detect(dst, text)
}

func (r *rewriter) literalSeen(word string) error {
	r.descend(&r.here)
	var shown any
	if word != "null" {
		shown = word == "true"
	}
	return r.scalarSeen("", shown)
}

func (r *rewriter) stringValue() error {
	if err := r.scanString(); err != nil {
		return err
	}
	r.descend(&r.here)
	return r.stringHere()
}

// stringHere masks the string that is the token, of which r.here says where it is.
func (r *rewriter) stringHere() error {
	f := &r.here
	raw := r.buf[r.tok+1 : r.pos-1]
	isSubject, isAttribute := r.watched(f)
	var subject string
	var shown any
	if isSubject {
		subject = string(r.text(raw)) // replacing may move the bytes
	}
	if isAttribute {
		shown = string(r.text(raw))
	}
	switch class := f.class(); {
	case class == Plain || len(raw) == 0:
	case class != "":
		learned, err := r.mapText(f.forced, f.inst, r.text(raw))
		if err != nil {
			return err
		}
		if isAttribute && !learned {
			shown = string(r.masked)
		}
	case r.set != 0 || r.known != nil:
		done := r.hint != "" && r.byField(raw)
		var err error
		if done {
			err = r.replaceQuoted(view(r.masked))
		} else if text := r.text(raw); r.search(text) && !r.numberOfThing(saying{class: r.hint}, text) {
			done, err = true, r.replaceFound(raw, text)
		}
		if err != nil {
			return err
		}
		if done && isAttribute {
			shown = string(r.masked)
		}
	}
	r.tok = r.pos
	return r.scalarSeen(subject, shown)
}

// mapText masks the string that is the token, and says text, by what role says of it for
// the record inst. The mask is in r.masked, unless it was only to be learned.
func (r *rewriter) mapText(role *role, inst int32, text []byte) (learned bool, err error) {
	r.masked = r.look.append(r.masked[:0], role.class, role.form, view(text))
	differs := view(r.masked) != view(text)
	if differs && r.learn(role.class, text) {
		return true, nil
	}
	if r.onRecord != nil {
		r.mapped(role, inst, text, 1)
	}
	if differs {
		return false, r.replaceQuoted(view(r.masked))
	}
	return false, nil
}

// stringAt is stringHere for a string without escapes of which l says where it is in
// top.
func (r *rewriter) stringAt(top *frame, l *lead) error {
	if l.maps && r.pos-r.tok > len(`""`) {
		if _, err := r.mapText(l.role, r.acts[top.acts].inst, r.buf[r.tok+1:r.pos-1]); err != nil {
			return err
		}
		r.tok = r.pos
		return r.full()
	}
	r.lead(&r.here, top, l)
	return r.stringHere()
}

// mapped keeps a value that role maps in the record inst, and whose mask is in r.masked.
func (r *rewriter) mapped(role *role, inst int32, original []byte, quotes int) {
	from, to := r.base+int64(r.tok+quotes), r.base+int64(r.pos-quotes)
	r.add(int(inst), Value{role.field, role.class, r.originals.keep(original), r.maskTexts.keep(r.masked), true, from, to})
}

// numberSeen masks the number lit, which is the token.
func (r *rewriter) numberSeen(lit []byte, exponent bool) error {
	r.descend(&r.here)
	return r.numberHere(lit, exponent)
}

// numberHere masks the number lit, which is the token, of which r.here says where it is.
func (r *rewriter) numberHere(lit []byte, exponent bool) error {
	f := &r.here
	var subject string
	var shown any
	isSubject, isAttribute := r.watched(f)
	if isSubject {
		subject = string(lit)
	}
	if isAttribute {
		shown = number64(lit)
	}
	mask := false
	switch class := f.class(); {
	case class == Plain:
	case class != "":
		text := lit
		if r.decoded = wholeDigits(r.decoded[:0], lit); r.decoded != nil {
			text = r.decoded
		}
		r.masked, mask = r.look.append(r.masked[:0], class, f.forced.form, view(text)), true
		r.learn(class, text)
		if r.onRecord != nil {
			r.mapped(f.forced, f.inst, lit, 0)
		}
	case r.hint != "" && r.numberByField(lit):
		mask = true
	case (len(lit) >= shortestNumber || exponent) && (r.set&detect.Numbers != 0 || r.known != nil):
		r.decoded = wholeDigits(r.decoded[:0], lit)
		if r.search(r.decoded) && !r.numberOfThing(saying{class: r.hint}, r.decoded) {
			whole := r.maskSpans(r.decoded)
			if err := r.found(r.decoded, whole, func(n int) int { return min(n, len(lit)) }); err != nil {
				return err
			}
			mask = true
		}
	}
	if mask {
		if shown != nil {
			shown = string(r.masked)
		}
		if err := r.replaceQuoted(view(r.masked)); err != nil {
			return err
		}
	}
	r.tok = r.pos
	return r.scalarSeen(subject, shown)
}

// wholeDigits returns the digits of the whole number that lit is, without its
// sign and however it is written (1.38e10), or nil when it has fewer than 11 or
// more than 20 digits or is not whole. Parsers show such a number as its digits.
func wholeDigits(dst, lit []byte) []byte {
	point, exp := -1, 0
	n := len(dst)
	for i, c := range lit {
		if c >= '0' && c <= '9' {
			dst = append(dst, c)
			if len(dst)-n > 64 {
				return nil
			}
		} else if c == '.' {
			point = len(dst) - n
		} else if c|0x20 == 'e' {
			e, err := strconv.Atoi(strings.TrimPrefix(string(lit[i+1:]), "+"))
			if err != nil || e > 64 || e < -64 {
				return nil
			}
			exp = e
			break
		}
	}
	d := dst[n:]
	if point < 0 {
		point = len(d)
	}
	point += exp
	if point <= 0 {
		return nil
	}
	for len(d) < point {
		d = append(d, '0')
	}
	for _, c := range d[point:] {
		if c != '0' {
			return nil
		}
	}
	d = d[:point]
	for len(d) > 0 && d[0] == '0' {
		d = d[1:]
	}
	if len(d) < 11 || len(d) > 20 {
		return nil
	}
	return d
}

func number64(lit []byte) any {
	if n, err := strconv.ParseInt(string(lit), 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil {
		return nil
	}
	return f
}
