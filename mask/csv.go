package mask

import (
	"bytes"
	"io"
)

// CSV copies comma-separated values (RFC 4180, and its common dialects) in UTF-8
// from src to dst and masks them. The separator is a comma, semicolon, tab or bar:
// what a first line sep=; says, or whichever the first row has most of. Cells may
// be in double quotes, or in single ones where the beginning of the body shows
// that these are meant; within, quotes are doubled or have a backslash before
// them. Rows end with LF, CRLF or CR.
//
// When a row names columns, the first such of the first 20, a column is masked
// below it by the class that a field of p with that name has, or by what its name
// says as a member of JSON would be; all other cells are searched. What is not masked keeps its bytes: quotes, line
// ends, a byte order mark.
func CSV(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	p = p.orDefault()
	t, _ := p.tables.Get().(*table)
	if t == nil {
		t = new(table)
	}
	t.reset(dst, src, p, onRecord)
	t.set |= p.mapped
	t.columns, t.column = t.columns[:0], 0
	err := t.rows()
	t.finish()
	if werr := t.keepOnFault(err); err == nil {
		err = werr
	}
	t.cell.wipe()
	clear(t.columns[:cap(t.columns)])
	t.release()
	p.tables.Put(t)
	return err
}

// sniffed is how much of a body is looked at for its dialect.
const sniffed = 4096

// table rewrites CSV cell by cell.
type table struct {
	rewriter
	dialect
	cell    passage
	columns []saying
	named   bool  // columns are known; or it is too late for them
	heads   bool  // a cell of the row names its column
	row     int   // from 0
	column  int   // of the cell, from 0
	kinds   uint8 // of the cell's bytes
}

// dialect is how cells are written.
type dialect struct {
	sep, quote byte
	slashed    bool       // a backslash escapes a quote; otherwise it is doubled
	kind       [256]uint8 // textKind, and where a cell stops
}

func (t *table) rows() error {
	t.named, t.heads, t.row = false, false, 0
	for t.end < sniffed {
		if err := t.more(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	head := t.buf[:min(t.end, sniffed)]
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		head = head[3:]
		t.pos = 3
	}
	said := byte(0)
	if len(head) > 5 && bytes.EqualFold(head[:4], []byte("sep=")) && (head[5] == '\n' || head[5] == '\r') {
		said = head[4]
		n := 6
		if head[5] == '\r' && len(head) > 6 && head[6] == '\n' {
			n = 7
		}
		t.pos += n
		head = head[n:]
	}
	t.tok = t.pos
	t.dialect = dialectOf(head, said)
	for {
		more, err := t.next()
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
}

// dialectOf tells from the beginning of a body how it is written. The separator is
// known when it is not 0.
func dialectOf(head []byte, sep byte) dialect {
	d := dialect{sep: sep, quote: '"'}
	if sep == 0 {
		d.sep = separatorOf(head)
	}
	// A quote that opens stands where a cell begins, one that closes where it ends.
	edge := func(i int) bool {
		return i < 0 || i >= len(head) || head[i] == d.sep || head[i] == '\n' || head[i] == '\r'
	}
	single, double, slashed, doubled := 0, 0, 0, 0
	for i, c := range head {
		switch {
		case c == '\'' && edge(i-1):
			single++
		case c == '\'' && edge(i+1):
			single++
		case c == '"' && edge(i-1):
			double++
		case c == '"' && head[i-1] == '\\' && !edge(i+1):
			slashed++
		case c == '"' && head[i-1] == '"' && !edge(i-2) && !edge(i+1):
			doubled++
		}
	}
	if double == 0 && single >= 2 {
		d.quote = '\''
		slashed = bytes.Count(head, []byte(`\'`))
		doubled = bytes.Count(head, []byte(`''`))
	}
	d.slashed = slashed > doubled
	d.kind = textKind
	for _, c := range [...]byte{d.sep, '\n', '\r'} {
		d.kind[c] |= aStop
	}
	return d
}

func separatorOf(head []byte) byte {
	var count [256]int
	quoted := false
	for _, c := range head {
		if c == '"' {
			quoted = !quoted
		}
		if (c == '\n' || c == '\r') && !quoted {
			break
		}
		if !quoted {
			count[c]++
		}
	}
	sep := byte(',')
	for _, c := range []byte(";\t|") {
		if count[c] > count[sep] {
			sep = c
		}
	}
	return sep
}

// next masks the cell that begins at tok and goes to where the next one begins. It
// reports whether there is one.
func (t *table) next() (bool, error) {
	quoted, err := t.scan()
	if err != nil {
		return false, err
	}
	if err := t.maskCell(quoted); err != nil {
		return false, err
	}
	n := t.pos - t.tok // nothing when it was masked
	for t.tok+n >= t.end {
		if err := t.more(); err == io.EOF {
			t.pos, t.tok = t.end, t.end
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	t.pos = t.tok + n
	t.column++
	if t.buf[t.pos] != t.sep {
		t.column = 0
		if t.row++; !t.named {
			t.named = t.heads || t.row == surveyRows
			if !t.named {
				t.columns = t.columns[:0]
			}
		}
		if t.buf[t.pos] == '\r' {
			if c, err := t.byteAfter(n + 1); err == nil && c == '\n' {
				n++
			} else if err != nil && t.err != io.EOF {
				return false, err
			}
			t.pos = t.tok + n
		}
	}
	t.pos++
	t.tok = t.pos
	return true, nil
}

// scan moves pos to the end of the cell that begins at tok, and tells whether it
// is in quotes.
func (t *table) scan() (quoted bool, err error) {
	t.kinds = 0
	n, within := 0, false
	for {
		buf := t.buf[t.tok:t.end]
		if n == 0 && len(buf) > 0 && buf[0] == t.quote {
			quoted, within = true, true
			n = 1
		}
		if !quoted {
			kinds := t.kinds
			for n < len(buf) {
				k := t.kind[buf[n]]
				if k&aStop != 0 {
					break
				}
				kinds |= k
				n++
			}
			t.kinds = kinds
		} else {
			for ; n < len(buf); n++ {
				c := buf[n]
				k := t.kind[c]
				if !within && k&aStop != 0 {
					break
				}
				t.kinds |= k &^ aStop
				if c == t.quote && !(within && t.slashed && slashes(buf[1:n])&1 == 1) {
					within = !within
				}
			}
		}
		if n > MaxString {
			return quoted, t.fault(t.tok, "cell longer than can be held")
		}
		if n < len(buf) {
			break
		}
		if err := t.more(); err == io.EOF {
			if within {
				return quoted, t.fault(t.tok, "a quote is not closed")
			}
			break
		} else if err != nil {
			return quoted, err
		}
	}
	t.pos = t.tok + n
	raw := t.buf[t.tok:t.pos]
	if t.kinds&aNUL != 0 || t.kinds&aHigh != 0 && !validText(raw) {
		return quoted, t.fault(t.tok, "cell is not UTF-8 text")
	}
	return quoted, nil
}

// slashes is how many backslashes s ends with.
func slashes(s []byte) int {
	n := 0
	for n < len(s) && s[len(s)-1-n] == '\\' {
		n++
	}
	return n
}

// maskCell masks the cell that is the token.
func (t *table) maskCell(quoted bool) error {
	raw := t.buf[t.tok:t.pos]
	var s saying
	if t.named && t.column < len(t.columns) {
		s = t.columns[t.column]
	}
	if t.named && (len(raw) == 0 || s.class == "" && !t.worthKinds(t.kinds, len(raw))) {
		return nil
	}
	p := &t.cell
	p.reset()
	at := t.base + int64(t.tok)
	if n := len(raw); quoted && n >= 2 && raw[n-1] == t.quote {
		how := doubled
		if t.slashed {
			how = slashed
		}
		p.quote = t.quote
		p.markup(raw[:1])
		p.add(raw[1:n-1], at+1, how)
		p.markup(raw[n-1:])
	} else {
		p.add(raw, at, bare)
	}
	if !t.named {
		t.columns = append(t.columns, t.says(p.text))
		t.heads = t.heads || t.columns[t.column].class != ""
	} else {
		s = t.fitting(s, p.text)
	}
	t.cover(p, s)
	if len(p.changes) == 0 {
		return nil
	}
	if err := t.tell(p, s); err != nil {
		return err
	}
	t.quoted = p.write(t.quoted[:0])
	return t.replace(t.quoted)
}
