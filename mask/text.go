package mask

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// Text copies UTF-8 text from src to dst and masks what p searches for, line by
// line; paths do not apply. A number that is broken over two lines is not found.
// Text with a NUL or of another encoding is unreadable: what is not understood
// cannot be searched.
func Text(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error {
	p = p.orDefault()
	r := p.rewriter()
	r.reset(dst, src, p, onRecord)
	r.set |= p.mapped
	err := r.lines()
	r.finish()
	if werr := r.keepOnFault(err); err == nil {
		err = werr
	}
	p.give(r)
	return err
}

func (r *rewriter) lines() error {
	for {
		if n := bytes.IndexByte(r.buf[r.pos:r.end], '\n'); n >= 0 {
			r.pos += n + 1
			if err := r.line(r.buf[r.tok : r.pos-1]); err != nil {
				return err
			}
			continue
		}
		r.pos = r.end
		if r.pos-r.tok > MaxString+2 {
			return r.fault(r.tok, "line longer than can be held")
		}
		err := r.more()
		if err == io.EOF {
			return r.line(r.buf[r.tok:r.end])
		}
		if err != nil {
			return err
		}
	}
}

// line masks the line that begins at tok, and leaves tok at pos.
func (r *rewriter) line(s []byte) error {
	if len(s) > MaxString {
		return r.fault(r.tok, "line longer than can be held")
	}
	if !utf8.Valid(s) || bytes.IndexByte(s, 0) >= 0 {
		return r.fault(r.tok, "line is not UTF-8 text")
	}
	if r.search(s) {
		end := r.pos
		r.pos = r.tok + len(s)
		whole := r.maskSpans(s)
		if err := r.found(s, whole, func(n int) int { return n }); err != nil {
			return err
		}
		if err := r.replace(r.masked); err != nil {
			return err
		}
		r.pos = end
	}
	r.tok = r.pos
	return nil
}
