package mask

import (
	"bytes"
	"io"
)

// Codec is [JSON], [Text] or another function that masks one kind of body.
type Codec func(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error

// Knowing returns a Plan that masks what k knows as well, and teaches k what fields
// map and what the text itself says to be personal. With nil nothing is known.
func (p *Plan) Knowing(k *Known) *Plan {
	q := *p.orDefault()
	q.known = k
	return &q
}

// learning returns p as it is to read a body whose output is not wanted: only
// what fields say is looked at.
func (p *Plan) learning() *Plan {
	q := *p
	q.mode = modeLearn
	return &q
}

// taught returns p for a body whose fields were learned.
func (p *Plan) taught() *Plan {
	q := *p
	q.mode = modeTaught
	return &q
}

// How a rewriter treats what is known.
const (
	modeStream = iota // learns and masks as it goes
	modeLearn         // learns from fields, searches for nothing
	modeTaught        // fields were learned: masks, and learns from texts
)

// Learn reads a body, or the beginning of one, for what its fields say is
// personal. What cannot be read ends it.
func Learn(body []byte, p *Plan, run Codec) {
	if p == nil || p.known == nil {
		return
	}
	_ = run(io.Discard, bytes.NewReader(body), p.learning(), nil) // the fault shows when it is masked
}

// Twice masks a body that is there as a whole: first it learns what the body's
// fields say, then masks, and once more when a text taught something new. So a
// remark may stand before the field that names who is in it. What was masked
// before a fault is written all the same.
func Twice(dst *bytes.Buffer, body []byte, p *Plan, run Codec, onRecord func(Record)) error {
	if p == nil || p.known == nil {
		return run(dst, bytes.NewReader(body), p, onRecord)
	}
	Learn(body, p, run)
	p = p.taught()
	start := dst.Len()
	var records []Record
	var keep func(Record)
	if onRecord != nil {
		keep = func(r Record) { records = append(records, r) }
	}
	known := p.known.grown.Load()
	err := run(dst, bytes.NewReader(body), p, keep)
	if err == nil && p.known.grown.Load() != known {
		dst.Truncate(start)
		records = records[:0]
		err = run(dst, bytes.NewReader(body), p, keep)
	}
	for _, r := range records {
		onRecord(r)
	}
	return err
}

// Masked returns s, which is no body (a header), masked: what p searches for and
// what is known. It reports whether anything of it was.
func (p *Plan) Masked(s string) (masked string, found bool) {
	p = p.orDefault()
	r := p.rewriter()
	r.reset(io.Discard, nil, p, nil)
	r.set |= p.mapped
	text := []byte(s)
	if found = r.search(text); found {
		r.maskSpans(text)
		s = string(r.masked)
	}
	p.give(r)
	return s, found
}

// leastKnown is the least that a string is long, in bytes, in which something
// may be known.
const leastKnown = 3

// appendKnown appends to dst what is personal in text: by what it looks like, and
// by what is known. What the text is sure of is known from then on.
func (r *rewriter) appendKnown(dst []Span, text []byte) []Span {
	if r.mode == modeLearn || len(text) < leastKnown {
		return dst
	}
	n := len(dst)
	if r.set != 0 && len(text) >= shortest {
		dst = r.detect(dst, text)
	}
	for _, f := range dst[n:] {
		if f.Sure {
			r.known.Learn(f.Class, view(text[f.Start:f.End]))
		}
	}
	r.recalled = r.known.search(r.recalled[:0], view(text))
	if len(r.recalled) == 0 {
		return dst
	}
	r.joined = join(r.joined[:0], dst[n:], r.recalled)
	return append(dst[:n], r.joined...)
}

// join appends the places of a and b in order. Where two overlap they become one:
// of the class of the one that holds the other, or of none.
func join(dst, a, b []Span) []Span {
	for len(a) > 0 || len(b) > 0 {
		var f Span
		if len(b) == 0 || len(a) > 0 && a[0].Start <= b[0].Start {
			f, a = a[0], a[1:]
		} else {
			f, b = b[0], b[1:]
		}
		if n := len(dst); n > 0 && f.Start < dst[n-1].End {
			dst[n-1] = unite(dst[n-1], f)
			continue
		}
		dst = append(dst, f)
	}
	return dst
}

// plainName tells whether name is one that programs give things, with no number
// in it that could be dialled.
func plainName(name []byte) bool {
	digits := 0
	for _, c := range name {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 < 'a' || c|0x20 > 'z':
			if c != '_' && c != '-' && c != '.' && c != '$' {
				return false
			}
		}
	}
	return digits < 6
}

// unite joins two places that overlap, of which a does not begin later.
func unite(a, b Span) Span {
	switch {
	case b.End <= a.End && (a.Start < b.Start || b.End < a.End || !a.Part):
		return a
	case b.Start == a.Start:
		return b
	case a.Class != b.Class:
		a.Class = AnyText
	}
	a.End = b.End
	a.Part = false
	return a
}

// learn takes note of a value that a field says to be of class c. It reports
// whether that is all that is to be done.
func (r *rewriter) learn(c Class, value []byte) bool {
	if r.known != nil && r.mode != modeTaught {
		r.known.Learn(c, view(value))
	}
	return r.mode == modeLearn
}
