package mask

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// CSV copies comma-separated values (RFC 4180) in UTF-8 from src to dst and masks
// them. The separator is a comma, semicolon, tab or bar, whichever the first row
// has most of. When the first row names columns, a column is masked by the class
// that a field of p with that name has, or by what its name says as a member of
// JSON would be; all other cells are searched. What is not masked keeps its
// bytes: quotes, line ends, a byte order mark.
func CSV(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	p = p.orDefault()
	t := table{in: bufio.NewReaderSize(src, windowSize), dst: bufio.NewWriterSize(dst, windowSize), first: true}
	t.reset(dst, src, p, onRecord)
	t.set |= p.mapped
	err := t.rows()
	t.finish()
	if err == nil || errors.Is(err, ErrUnreadable) { // what was read well is written
		if ferr := t.dst.Flush(); ferr != nil {
			return fmt.Errorf("writing masked body: %w", ferr)
		}
	}
	return err
}

// column is what the header says of the cells below it.
type column struct {
	class  Class
	form   Form
	mapped bool
}

type table struct {
	rewriter
	in      *bufio.Reader
	dst     *bufio.Writer
	sep     byte
	first   bool // the first row
	columns []column
	n       int    // cell of the row
	at      int64  // where the cell begins
	cell    []byte // as it stands
}

func (t *table) fault(what string) error {
	return fmt.Errorf("%w: offset %d: %s", ErrUnreadable, t.at, what)
}

func (t *table) rows() error {
	if head, _ := t.in.Peek(3); string(head) == "\ufeff" {
		_, _ = t.in.Discard(3)
		_, _ = t.dst.WriteString("\ufeff") // a bufio.Writer keeps its error for Flush
		t.at = 3
	}
	t.sniff()
	for {
		end, err := t.read()
		if err != nil {
			return err
		}
		if err := t.put(); err != nil {
			return err
		}
		if end == 0 {
			return nil
		}
		_ = t.dst.WriteByte(end)
		t.at += int64(len(t.cell)) + 1
		t.n++
		if end == '\n' {
			t.n, t.first = 0, false
		}
	}
}

// sniff takes the separator from what is buffered of the first row.
func (t *table) sniff() {
	line, _ := t.in.Peek(4096)
	quoted := false
	count := map[byte]int{}
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			break
		}
		if !quoted && (c == ',' || c == ';' || c == '\t' || c == '|') {
			count[c]++
		}
	}
	t.sep = ','
	for _, c := range []byte(";\t|") {
		if count[c] > count[t.sep] {
			t.sep = c
		}
	}
}

// read reads the next cell and returns what ends it: the separator, a line's
// end, or 0 at the end of the input.
func (t *table) read() (end byte, err error) {
	t.cell = t.cell[:0]
	quoted := false
	for {
		c, err := t.in.ReadByte()
		if err == io.EOF {
			if quoted {
				return 0, t.fault("a quote is not closed")
			}
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("reading body: %w", err)
		}
		switch {
		case c == '"' && (quoted || len(t.cell) == 0 || len(t.cell) > 0 && t.cell[0] == '"'):
			quoted = !quoted
		case quoted:
		case c == t.sep || c == '\n':
			return c, nil
		}
		if t.cell = append(t.cell, c); len(t.cell) > MaxString {
			return 0, t.fault("cell longer than can be held")
		}
	}
}

// put writes the cell, masked.
func (t *table) put() error {
	raw := bytes.TrimSuffix(t.cell, []byte("\r"))
	tail := t.cell[len(raw):]
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return t.fault("cell is not UTF-8 text")
	}
	text, quoted := raw, false
	if len(raw) >= 2 && raw[0] == '"' && raw[len(raw)-1] == '"' {
		quoted = true
		text = bytes.ReplaceAll(raw[1:len(raw)-1], []byte(`""`), []byte(`"`))
	}
	if t.first {
		t.columns = append(t.columns, t.columnOf(strings.TrimSpace(string(text))))
	}
	out, err := t.shown(text, int64(len(raw)))
	if err != nil {
		return err
	}
	switch {
	case out == nil:
		_, _ = t.dst.Write(raw)
	case quoted || bytes.IndexByte(out, t.sep) >= 0 || bytes.ContainsAny(out, "\"\n"):
		_ = t.dst.WriteByte('"')
		_, _ = t.dst.Write(bytes.ReplaceAll(out, []byte(`"`), []byte(`""`)))
		_ = t.dst.WriteByte('"')
	default:
		_, _ = t.dst.Write(out)
	}
	_, err = t.dst.Write(tail)
	if err != nil {
		return fmt.Errorf("writing masked body: %w", err)
	}
	return nil
}

func (t *table) columnOf(name string) column {
	if r, ok := t.fields[name]; ok {
		return column{r.class, r.form, true}
	}
	if c := fieldOf([]byte(name)); t.set.Has(c) {
		return column{c, "", false}
	}
	return column{}
}

// shown returns what stands instead of text, or nil when it stays. The places
// of what is found are the whole cell's, which is n bytes long.
func (t *table) shown(text []byte, n int64) ([]byte, error) {
	var col column
	if !t.first && t.n < len(t.columns) {
		col = t.columns[t.n]
	}
	v := string(text)
	add := func(field string, class Class, original, mask string, mapped bool) error {
		t.add(-1, Value{field, class, original, mask, mapped, t.at, t.at + n})
		if t.held > MaxRecord {
			return t.fault("records hold more than can be kept")
		}
		return nil
	}
	switch {
	case len(text) == 0 || col.mapped && col.class == Plain:
		return nil, nil
	case col.mapped:
		m := string(t.look.append(nil, col.class, col.form, v))
		if m == v || t.learn(col.class, text) {
			return nil, nil
		}
		return []byte(m), add(string(col.class), col.class, v, m, true)
	case col.class != "" && !t.look.holdsMask(v):
		if class := fits(col.class, v); class != "" {
			if m := string(t.look.append(nil, class, "", v)); m != v {
				t.learn(class, text)
				m = t.stable(m, t.look.encrypts(class))
				return []byte(m), add(string(class), class, v, m, false)
			}
		}
	}
	if !t.search(text) {
		return nil, nil
	}
	if t.maskSpans(text) {
		return t.rewriter.masked, add(string(AnyText), AnyText, v, Full, false)
	}
	for k, f := range t.spans {
		if err := add(string(f.Class), f.Class, v[f.Start:f.End], strings.Clone(t.mask(k)), false); err != nil {
			return nil, err
		}
	}
	return t.rewriter.masked, nil
}
