package mask

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// HTML copies an HTML page in UTF-8 from src to dst and masks what p searches
// for in its text, attributes, comments and scripts; paths do not apply. Markup
// stays byte for byte as it is. A value that tags cut in two is not found.
func HTML(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	p = p.orDefault()
	m := markup{dst: dst, plan: p}
	m.reset(dst, src, p, onRecord)
	m.set |= p.mapped
	in := &failing{src: src}
	err := m.page(html.NewTokenizer(in))
	m.finish()
	if in.err != nil {
		return fmt.Errorf("reading body: %w", in.err)
	}
	return err
}

// failing keeps the error of a reader, which a tokenizer does not tell from the
// end of a page.
type failing struct {
	src io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.src.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// markup rewrites a page token by token.
type markup struct {
	rewriter
	dst   io.Writer
	plan  *Plan
	at    int64 // where the token begins
	out   []byte
	text  []byte // without entities
	place []int  // by byte of text: where it begins in the raw text; and the end
}

func (m *markup) page(z *html.Tokenizer) error {
	z.SetMaxBuf(MaxString)
	script, kind := false, ""
	for {
		t := z.Next()
		raw := z.Raw()
		m.out = m.out[:0]
		if t == html.ErrorToken {
			if err := z.Err(); err != io.EOF {
				if errors.Is(err, html.ErrBufferExceeded) {
					return fmt.Errorf("%w: offset %d: text or tag longer than can be held", ErrUnreadable, m.at)
				}
				return nil // the reader's
			}
		}
		if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
			return fmt.Errorf("%w: offset %d: not UTF-8 text", ErrUnreadable, m.at)
		}
		switch {
		case t == html.StartTagToken, t == html.SelfClosingTagToken:
			kind = m.tag(raw)
			script = t == html.StartTagToken && tagName(raw) == "script"
		case t == html.TextToken && script:
			m.script(raw, kind)
		case t == html.TextToken, t == html.ErrorToken:
			m.free(raw, 0, true)
		case t == html.CommentToken:
			m.free(raw, 0, false)
		default:
			m.out = append(m.out, raw...)
			script = false
		}
		if m.held > MaxRecord {
			return fmt.Errorf("%w: offset %d: records hold more than can be kept", ErrUnreadable, m.at)
		}
		if _, err := m.dst.Write(m.out); err != nil {
			return fmt.Errorf("writing masked body: %w", err)
		}
		if t == html.ErrorToken {
			return nil
		}
		m.at += int64(len(raw))
	}
}

func tagName(raw []byte) string {
	n := 1
	for n < len(raw) && raw[n] > ' ' && raw[n] != '>' && raw[n] != '/' {
		n++
	}
	return strings.ToLower(string(raw[1:n]))
}

// tag masks the values of a tag's attributes and returns that of type.
func (m *markup) tag(raw []byte) (kind string) {
	space := func(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
	i := 1 + len(tagName(raw))
	from := 0
	for i < len(raw) {
		for i < len(raw) && (space(raw[i]) || raw[i] == '/') {
			i++
		}
		name := i
		for i < len(raw) && !space(raw[i]) && raw[i] != '=' && raw[i] != '>' && raw[i] != '/' || i == name && i < len(raw) && raw[i] == '=' {
			i++
		}
		end := i
		for i < len(raw) && space(raw[i]) {
			i++
		}
		if i >= len(raw) || raw[i] != '=' {
			if i < len(raw) && raw[i] == '>' {
				break
			}
			if i == name {
				i++
			}
			continue
		}
		i++
		for i < len(raw) && space(raw[i]) {
			i++
		}
		if i >= len(raw) {
			break
		}
		start, stop := i, i
		if q := raw[i]; q == '"' || q == '\'' {
			start = i + 1
			n := bytes.IndexByte(raw[start:], q)
			if n < 0 {
				n = len(raw) - start
			}
			stop = start + n
			i = min(stop+1, len(raw))
		} else {
			for i < len(raw) && !space(raw[i]) && raw[i] != '>' {
				i++
			}
			stop = i
		}
		if strings.EqualFold(string(raw[name:end]), "type") {
			kind = strings.ToLower(string(raw[start:stop]))
		}
		m.out = append(m.out, raw[from:start]...)
		m.free(raw[start:stop], start, true)
		from = stop
	}
	m.out = append(m.out, raw[from:]...)
	return kind
}

// script masks the text of a script element: JSON as JSON, other languages as
// text.
func (m *markup) script(raw []byte, kind string) {
	if strings.HasSuffix(kind, "json") {
		var out bytes.Buffer
		var values []Value
		err := JSON(&out, bytes.NewReader(raw), m.plan, func(rec Record) { values = append(values, rec.Values...) })
		if err == nil {
			for _, v := range values {
				v.At, v.End = v.At+m.at, v.End+m.at
				m.add(-1, v)
			}
			m.out = append(m.out, out.Bytes()...)
			return
		}
	}
	m.free(raw, 0, false)
}

// free masks what is found in raw, which stands n bytes behind the token's
// beginning, and appends it to out.
func (m *markup) free(raw []byte, n int, entities bool) {
	m.text, m.place = m.text[:0], m.place[:0]
	plain := !entities || bytes.IndexByte(raw, '&') < 0
	text := raw
	if !plain {
		m.decode(raw)
		text = m.text
	}
	at := func(k int) int {
		if plain {
			return k
		}
		return m.place[k]
	}
	if !m.search(text) {
		m.out = append(m.out, raw...)
		return
	}
	base := m.at + int64(n)
	if m.maskSpans(text) {
		m.add(-1, Value{string(AnyText), AnyText, string(text), Full, false, base, base + int64(len(raw))})
		m.out = append(m.out, Full...)
		return
	}
	from := 0
	for k, f := range m.spans {
		start, stop := at(f.Start), f.End
		for !plain && stop < len(text) && m.place[stop] == m.place[stop-1] { // not within an entity
			stop++
		}
		end := at(stop)
		m.add(-1, Value{string(f.Class), f.Class, string(text[f.Start:f.End]), strings.Clone(m.mask(k)), false, base + int64(start), base + int64(end)})
		m.out = append(m.out, raw[from:start]...)
		m.out = append(m.out, html.EscapeString(m.mask(k))...)
		from = end
	}
	m.out = append(m.out, raw[from:]...)
}

// decode reads raw without its entities. A place within one is its beginning.
func (m *markup) decode(raw []byte) {
	for i := 0; i < len(raw); {
		if raw[i] != '&' {
			m.text = append(m.text, raw[i])
			m.place = append(m.place, i)
			i++
			continue
		}
		j := i + 1
		for j < len(raw) && j-i < 33 && (raw[j] == '#' && j == i+1 || raw[j] >= '0' && raw[j] <= '9' || raw[j]|0x20 >= 'a' && raw[j]|0x20 <= 'z') {
			j++
		}
		if j < len(raw) && raw[j] == ';' {
			j++
		}
		said := html.UnescapeString(string(raw[i:j]))
		for len(said) > 0 && j > i && said[len(said)-1] == raw[j-1] { // what follows is read on its own
			said, j = said[:len(said)-1], j-1
		}
		if j == i {
			said, j = "&", i+1
		}
		for _, c := range []byte(said) {
			m.text = append(m.text, c)
			m.place = append(m.place, i)
		}
		i = j
	}
	m.place = append(m.place, len(raw))
}
