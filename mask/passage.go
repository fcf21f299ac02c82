package mask

import (
	"bytes"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// coding is how text is written in a body.
type coding uint8

const (
	bare       coding = iota // as it is: comments, CDATA
	xmlText                  // the five entities of XML, and characters by number
	htmlText                 // every entity of HTML
	officeText               // as xmlText, and characters as _x0031_
	scripted                 // escapes of JavaScript's strings
	doubled                  // quotes doubled, as in CSV
	slashed                  // a backslash before quotes
)

// piece is a part of a passage that stands in one place. What is not an atom is
// written as it reads, byte for byte.
type piece struct {
	text, held int   // where it begins in the passage's text and in what is held
	at         int64 // and in the body
	raw        int   // its bytes in held
	coding     coding
	atom       bool // one escape, not to be cut
}

// change is a place in a passage's text and, in masks[from:to], what stands there
// instead.
type change struct {
	start, end int
	from, to   int
	class      Class
}

// passage is a text that stands in parts with markup between them. It is searched
// as one text and masked where its parts stand; markup stays.
type passage struct {
	held    []byte // as it stands in the body
	text    []byte // what the parts say
	parts   []piece
	runs    []int // where in text a part may also be read on its own; see run
	changes []change
	masks   []byte
	shown   []byte // text with its masks
	quote   byte   // of CSV
}

func (p *passage) reset() {
	p.held, p.text, p.parts, p.runs = p.held[:0], p.text[:0], p.parts[:0], p.runs[:0]
	p.changes, p.masks = p.changes[:0], p.masks[:0]
}

// wipe forgets what was personal, and memory that only an unusual body needed.
func (p *passage) wipe() {
	p.reset()
	if cap(p.held) > 4*windowSize || cap(p.parts) > windowSize {
		*p = passage{}
	}
	for _, b := range [...][]byte{p.held, p.text, p.masks, p.shown} {
		clear(b[:cap(b)])
	}
}

// markup holds what is not text.
func (p *passage) markup(raw []byte) { p.held = append(p.held, raw...) }

// run says that what comes next may be apart from what came before for whoever
// reads it: then both are also searched on their own.
func (p *passage) run() {
	if n := len(p.text); n > 0 && (len(p.runs) == 0 || p.runs[len(p.runs)-1] != n) {
		p.runs = append(p.runs, n)
	}
}

// add adds text that stands at at of the body.
func (p *passage) add(raw []byte, at int64, how coding) {
	held := len(p.held)
	p.held = append(p.held, raw...)
	mark := [...]byte{bare: 0, xmlText: '&', htmlText: '&', officeText: '&', scripted: '\\', doubled: p.quote, slashed: '\\'}[how]
	for i := 0; i < len(raw); {
		n := len(raw) - i
		if how != bare {
			if k := bytes.IndexByte(raw[i:], mark); k >= 0 {
				n = k
			}
			if how == officeText {
				if k := bytes.Index(raw[i:i+n], []byte("_x")); k >= 0 {
					n = k
				}
			}
		}
		if n > 0 {
			p.parts = append(p.parts, piece{len(p.text), held + i, at + int64(i), n, how, false})
			p.text = append(p.text, raw[i:i+n]...)
			i += n
		}
		if i < len(raw) {
			from := len(p.text)
			n = p.escape(raw[i:], how)
			p.parts = append(p.parts, piece{from, held + i, at + int64(i), n, how, true})
			i += n
		}
	}
}

// escape adds to text what the escape that raw begins with says, and returns its
// length. What is none says itself.
func (p *passage) escape(raw []byte, how coding) int {
	switch how {
	case htmlText:
		return p.entity(raw)
	case xmlText, officeText:
		if len(raw) >= 7 && raw[0] == '_' && raw[6] == '_' {
			if c := hexOf(raw[2:6]); c >= 0 && utf8.ValidRune(c) && c != 0 {
				p.text = utf8.AppendRune(p.text, c)
				return 7
			}
		}
		if c, n := reference(raw); n > 0 {
			p.text = utf8.AppendRune(p.text, c)
			return n
		}
	case scripted:
		if c, n := scriptEscape(raw); n > 0 {
			p.text = utf8.AppendRune(p.text, c)
			return n
		}
	case doubled:
		if len(raw) > 1 && raw[1] == p.quote {
			p.text = append(p.text, p.quote)
			return 2
		}
	case slashed:
		if len(raw) > 1 && (raw[1] == p.quote || raw[1] == '\\') {
			p.text = append(p.text, raw[1])
			return 2
		}
	}
	p.text = append(p.text, raw[0])
	return 1
}

// entity reads the entity of HTML that raw begins with, as browsers do.
func (p *passage) entity(raw []byte) int {
	if c, n := reference(raw); n > 0 && (c >= 0xA0 || c < 0x80 && c >= ' ') {
		p.text = utf8.AppendRune(p.text, c)
		return n
	}
	j := 1
	for j < len(raw) && j < 33 && (raw[j] == '#' && j == 1 || raw[j] >= '0' && raw[j] <= '9' || raw[j]|0x20 >= 'a' && raw[j]|0x20 <= 'z') {
		j++
	}
	if j < len(raw) && raw[j] == ';' {
		j++
	}
	said := html.UnescapeString(string(raw[:j]))
	for len(said) > 0 && j > 0 && said[len(said)-1] == raw[j-1] { // what follows is read on its own
		said, j = said[:len(said)-1], j-1
	}
	if j == 0 {
		said, j = "&", 1
	}
	p.text = append(p.text, said...)
	return j
}

// reference reads the reference of XML that s begins with: one of the five
// entities that need no declaration, or a character by number. It returns length
// 0 when there is none.
func reference(s []byte) (rune, int) {
	for _, e := range [...]struct {
		name string
		char rune
	}{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}} {
		if len(s) >= len(e.name) && string(s[:len(e.name)]) == e.name {
			return e.char, len(e.name)
		}
	}
	if len(s) < 4 || s[1] != '#' {
		return 0, 0
	}
	base, i := rune(10), 2
	if s[2] == 'x' {
		base, i = 16, 3
	}
	first, c := i, rune(0)
	for ; i < len(s) && s[i] != ';'; i++ {
		d := rune(-1)
		switch b := s[i]; {
		case b >= '0' && b <= '9':
			d = rune(b - '0')
		case base == 16 && b|0x20 >= 'a' && b|0x20 <= 'f':
			d = rune(b|0x20-'a') + 10
		}
		if c = c*base + d; d < 0 || c > utf8.MaxRune {
			return 0, 0
		}
	}
	if i == len(s) || i == first || !xmlChar(c) {
		return 0, 0
	}
	return c, i + 1
}

// xmlChar tells whether c may be in XML 1.0.
func xmlChar(c rune) bool {
	return c >= ' ' && c < 0xD800 || c == '\t' || c == '\n' || c == '\r' || c >= 0xE000 && c < 0xFFFE || c > 0xFFFF && c <= utf8.MaxRune
}

// hexOf returns the number that s is in hexadecimal digits, or -1.
func hexOf(s []byte) rune {
	for _, c := range s {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return -1
		}
	}
	return hexRune(s)
}

// scriptEscape reads the escape that s begins with as in a string of JavaScript.
func scriptEscape(s []byte) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	hex := func(from, n int) rune {
		if len(s) < from+n {
			return -1
		}
		return hexOf(s[from : from+n])
	}
	switch s[1] {
	case '"', '\'', '\\', '/', '`':
		return rune(s[1]), 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'x':
		if c := hex(2, 2); c >= 0 {
			return c, 4
		}
	case 'u':
		if len(s) > 2 && s[2] == '{' {
			if n := bytes.IndexByte(s[:min(len(s), 10)], '}'); n > 3 {
				if c := hex(3, n-3); c >= 0 && utf8.ValidRune(c) {
					return c, n + 1
				}
			}
			return 0, 0
		}
		c := hex(2, 4)
		if c >= 0xD800 && c < 0xDC00 && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
			if low := hex(8, 4); low >= 0xDC00 && low < 0xE000 {
				return (c-0xD800)<<10 | (low - 0xDC00) + 0x10000, 12
			}
		}
		if c >= 0 && utf8.ValidRune(c) {
			return c, 6
		}
	}
	return 0, 0
}

// change masks text[start:end], which is of class c, by m.
func (p *passage) change(start, end int, c Class, m string) {
	from := len(p.masks)
	p.masks = append(p.masks, m...)
	p.changes = append(p.changes, change{start, end, from, len(p.masks), c})
}

// write appends what is held to dst, with masks.
func (p *passage) write(dst []byte) []byte {
	from, k := 0, 0
	for _, c := range p.changes {
		put := false
		for ; k < len(p.parts) && p.parts[k].text < c.end; k++ {
			t := &p.parts[k]
			if p.endOf(k) <= c.start {
				continue
			}
			lo, hi := t.held, t.held+t.raw
			if !t.atom {
				lo, hi = t.held+max(0, c.start-t.text), t.held+min(t.raw, c.end-t.text)
			}
			if lo > from {
				dst = append(dst, p.held[from:lo]...)
			}
			if !put {
				dst = p.appendCoded(dst, p.masks[c.from:c.to], t.coding)
				put = true
			}
			from = max(from, hi)
			if p.endOf(k) > c.end { // the next change may be in it too
				break
			}
		}
	}
	return append(dst, p.held[from:]...)
}

// endOf returns where part k ends in the text.
func (p *passage) endOf(k int) int {
	if k+1 < len(p.parts) {
		return p.parts[k+1].text
	}
	return len(p.text)
}

// place returns where in the body text[start:end] stands. It looks from part k
// on and returns the part where it begins: places are asked for in order.
func (p *passage) place(k, start, end int) (part int, from, to int64) {
	for p.endOf(k) <= start {
		k++
	}
	last := k
	for p.endOf(last) < end {
		last++
	}
	from, to = p.parts[k].at, p.parts[last].at
	if !p.parts[k].atom {
		from += int64(start - p.parts[k].text)
	}
	if to += int64(end - p.parts[last].text); p.parts[last].atom {
		to = p.parts[last].at + int64(p.parts[last].raw)
	}
	return k, from, to
}

// appendCoded appends the mask m as the coding of its place wants it.
func (p *passage) appendCoded(dst, m []byte, how coding) []byte {
	if how == bare || !bytes.ContainsAny(m, "<>&\"'\\") {
		return append(dst, m...)
	}
	switch how {
	case xmlText, htmlText, officeText:
		return append(dst, html.EscapeString(string(m))...)
	case scripted:
		for _, c := range m {
			if c == '"' || c == '\'' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		}
		return dst
	case doubled:
		for _, c := range m {
			if dst = append(dst, c); c == p.quote {
				dst = append(dst, c)
			}
		}
		return dst
	}
	return append(dst, Full...) // only degrees have such characters
}

// saying is what is known of a text before it is read: its class, by a field of
// the plan or by its name.
type saying struct {
	class  Class
	mapped bool
	field  string // when mapped
	form   Form   // of the field's own
}

// cover finds what is to be masked in p. It keeps it for nobody yet; see tell.
func (r *rewriter) cover(p *passage, s saying) {
	p.changes, p.masks = p.changes[:0], p.masks[:0]
	text := bytes.TrimSpace(p.text)
	if len(text) == 0 || s.mapped && s.class == Plain {
		return
	}
	start := bytes.Index(p.text, text)
	end := start + len(text)
	v := view(text)
	switch {
	case s.mapped:
		p.masks = r.look.append(p.masks, s.class, s.form, v)
		if view(p.masks) != v && !r.learn(s.class, text) {
			p.changes = append(p.changes, change{start, end, 0, len(p.masks), s.class})
		}
		return
	case r.takesAtWord(s, v):
		class := fits(s.class, v)
		if r.learn(class, text) {
			return
		}
		p.masks = r.look.append(p.masks, class, "", v)
		r.spans, r.masks = r.spans[:0], append(r.masks[:0], section{0, len(p.masks), r.look.encrypts(class)})
		if r.again(view(p.masks)) {
			p.masks = append(p.masks[:0], Full...)
		}
		p.changes = append(p.changes, change{start, end, 0, len(p.masks), class})
		return
	}
	if r.worth(p.text) {
		r.seek(p, start, end, s)
	}
}

// What a byte of text may begin.
const (
	aFigure = 1 << iota // a digit, an @, a character beyond ASCII
	aLatin              // a letter of ASCII
	aBreak              // what stands between words
	aNUL
	aHigh // beyond ASCII
	aStop // in tables: ends a cell
)

var textKind = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 0x80:
			t[c] = aFigure | aHigh
		case '0' <= c && c <= '9' || c == '@':
			t[c] = aFigure
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			t[c] = aLatin
		case c == 0:
			t[c] = aNUL
		case c <= ' ' || strings.IndexByte("+(:=\"", byte(c)) >= 0:
			t[c] = aBreak
		}
	}
	return t
}()

// worth tells whether a search of text may find something.
func (r *rewriter) worth(text []byte) bool {
	if r.known != nil {
		return r.worthKinds(0, len(text))
	}
	if r.set == 0 || len(text) < shortest {
		return false
	}
	var kinds uint8
	for _, c := range text {
		kinds |= textKind[c]
	}
	return r.worthKinds(kinds, len(text))
}

// worthKinds is worth of n bytes of text of these kinds. One word of letters is no
// name without what stands around it.
func (r *rewriter) worthKinds(kinds uint8, n int) bool {
	if r.known != nil {
		return n >= leastKnown && r.mode != modeLearn
	}
	return r.set != 0 && n >= shortest && (kinds&aFigure != 0 || kinds&(aLatin|aBreak) == aLatin|aBreak && r.set.Latin())
}

// takesAtWord tells whether v is masked because of what is said of it.
func (r *rewriter) takesAtWord(s saying, v string) bool {
	if s.mapped || s.class == "" || !r.set.Has(s.class) || len(v) > 1024 || r.look.holdsMask(v) {
		return false
	}
	class := fits(s.class, v)
	return class != "" && r.look.unmasked(class, v)
}

// seek searches the passage as one text, and what stands in each run.
func (r *rewriter) seek(p *passage, start, end int, s saying) {
	r.spans = r.appendSpans(r.spans[:0], p.text)
	if len(p.runs) > 0 {
		r.searchRuns(p)
	}
	if len(r.spans) == 0 || r.numberOfThing(s, p.text[start:end]) {
		return
	}
	p.shown, r.masks = p.shown[:0], r.masks[:0]
	at := 0
	for _, f := range r.spans {
		from := len(p.masks)
		if f.Part {
			p.masks = append(p.masks, Full...)
		} else {
			p.masks = r.look.append(p.masks, f.Class, "", view(p.text[f.Start:f.End]))
		}
		p.changes = append(p.changes, change{f.Start, f.End, from, len(p.masks), f.Class})
		p.shown = append(p.shown, p.text[at:f.Start]...)
		r.masks = append(r.masks, section{len(p.shown), len(p.shown) + len(p.masks) - from, !f.Part && r.look.encrypts(f.Class)})
		p.shown = append(p.shown, p.masks[from:]...)
		at = f.End
	}
	p.shown = append(p.shown, p.text[at:]...)
	if r.takesAtWord(s, view(bytes.TrimSpace(p.shown))) || r.again(view(p.shown)) || r.againInRuns(p) {
		p.changes, p.masks = p.changes[:0], p.masks[:0]
		p.change(start, end, AnyText, Full)
	}
}

// searchRuns adds to r.spans what is found in single runs. Two that overlap
// become one, of the class of the one over the whole text.
func (r *rewriter) searchRuns(p *passage) {
	whole := len(r.spans)
	from := 0
	for k := 0; k <= len(p.runs); k++ {
		to := len(p.text)
		if k < len(p.runs) {
			to = p.runs[k]
		}
		if n := len(r.spans); r.worth(p.text[from:to]) {
			r.spans = r.appendSpans(r.spans, p.text[from:to])
			for i := n; i < len(r.spans); i++ {
				r.spans[i].Start += from
				r.spans[i].End += from
			}
		}
		from = to
	}
	if len(r.spans) > whole {
		r.spans = union(r.spans)
	}
}

// union puts spans in order and joins those that overlap, in place.
func union(spans []Span) []Span {
	slices.SortStableFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	out := spans[:1]
	for _, f := range spans[1:] {
		last := &out[len(out)-1]
		if f.Start >= last.End {
			out = append(out, f)
			continue
		}
		if f.End-f.Start > last.End-last.Start {
			last.Class = f.Class
		}
		last.End, last.Part = max(last.End, f.End), last.Part && f.Part
	}
	return out
}

// againInRuns tells whether a run with its masks would be masked again. A mask
// that runs over several stands in the first.
func (r *rewriter) againInRuns(p *passage) bool {
	if len(p.runs) == 0 {
		return false
	}
	r.spans = r.spans[:0]
	from, k := 0, 0
	for i := 0; i <= len(p.runs); i++ {
		to := len(p.text)
		if i < len(p.runs) {
			to = p.runs[i]
		}
		p.shown, r.masks = p.shown[:0], r.masks[:0]
		at := from
		for ; k < len(p.changes) && p.changes[k].start < to; k++ {
			c := p.changes[k]
			p.shown = append(p.shown, p.text[at:c.start]...)
			r.masks = append(r.masks, section{len(p.shown), len(p.shown) + c.to - c.from, r.look.encrypts(c.class)})
			p.shown = append(p.shown, p.masks[c.from:c.to]...)
			at = c.end
		}
		if at < to {
			p.shown = append(p.shown, p.text[at:to]...)
		}
		if r.again(view(p.shown)) {
			return true
		}
		from = max(at, to)
	}
	return false
}

// tell keeps what was masked in p for whoever wants records.
func (r *rewriter) tell(p *passage, s saying) error {
	if r.onRecord == nil {
		return nil
	}
	k := 0
	for _, c := range p.changes {
		field := string(c.class)
		if s.mapped {
			field = s.field
		}
		var from, to int64
		k, from, to = p.place(k, c.start, c.end)
		r.add(-1, Value{field, c.class, string(p.text[c.start:c.end]), string(p.masks[c.from:c.to]), s.mapped, from, to})
	}
	if r.held > MaxRecord {
		return r.fault(r.tok, "records hold more than can be kept")
	}
	return nil
}
