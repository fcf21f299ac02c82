package mask

import (
	"errors"
	"fmt"
	"io"
)

// ErrUnreadable: the body is not what it should be. Nothing after the fault was
// written; the body must not be shown to anybody who may only see masks.
var ErrUnreadable = errors.New("unreadable body")

// Limits of a body. What goes beyond is unreadable.
const (
	MaxString = 1 << 20 // bytes of one string, number or line of text
	MaxDepth  = 1000    // arrays and objects inside one another
	MaxRecord = 4 << 20 // bytes of masked values, originals and masks, of all records open at once

	maxSubject   = 1024
	maxAttribute = 64
	windowSize   = 32 << 10
)

// window is the part of the input that is held, and what of it is yet to be
// written. Everything before tok has been found valid.
type window struct {
	src  io.Reader
	dst  io.Writer
	buf  []byte
	from int // buf[from:tok] is to be copied
	tok  int // start of the token being read
	pos  int // next byte to look at
	end  int // end of what has been read
	used int // of buf, at most
	base int64
	err  error // of src, once there is one
	out  []byte
	most int // of out, at once
}

func (w *window) reset(dst io.Writer, src io.Reader) {
	if w.buf == nil || len(w.buf) > 4*windowSize {
		w.buf = make([]byte, windowSize)
	}
	*w = window{src: src, dst: dst, buf: w.buf, out: w.out[:0]}
}

// fault is an ErrUnreadable at buf[at]. It must not hold content.
func (w *window) fault(at int, what string) error {
	return fmt.Errorf("%w: offset %d: %s", ErrUnreadable, w.base+int64(at), what)
}

// keep copies the valid bytes that are not yet copied to the output.
func (w *window) keep() error {
	w.out = append(w.out, w.buf[w.from:w.tok]...)
	w.from = w.tok
	if len(w.out) >= windowSize {
		return w.flush()
	}
	return nil
}

func (w *window) flush() error {
	if len(w.out) == 0 {
		return nil
	}
	_, err := w.dst.Write(w.out)
	w.most = max(w.most, len(w.out))
	w.out = w.out[:0]
	if err != nil {
		return fmt.Errorf("writing masked body: %w", err)
	}
	return nil
}

// replace stands text for the token, which ends at pos.
func (w *window) replace(text []byte) error {
	if err := w.keep(); err != nil {
		return err
	}
	w.out = append(w.out, text...)
	w.tok, w.from = w.pos, w.pos
	return nil
}

// replaceQuoted stands text as a JSON string for the token.
func (w *window) replaceQuoted(text string) error {
	if err := w.keep(); err != nil {
		return err
	}
	w.out = appendQuoted(w.out, text)
	w.tok, w.from = w.pos, w.pos
	return nil
}

// more reads on. What is before tok is written first, so that nobody waits for
// what is already known; what is from tok on moves to the front, and pos with
// it. It returns io.EOF at the end of the input.
func (w *window) more() error {
	if w.err != nil {
		return w.err
	}
	if err := w.keep(); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if w.tok > 0 {
		copy(w.buf, w.buf[w.tok:w.end])
		w.base += int64(w.tok)
		w.pos, w.end = w.pos-w.tok, w.end-w.tok
		w.tok, w.from = 0, 0
	}
	if w.end > MaxString+2 {
		return w.fault(0, "longer than can be held")
	}
	if w.end == len(w.buf) {
		w.buf = append(w.buf, make([]byte, len(w.buf))...)
	}
	for range 100 {
		n, err := w.src.Read(w.buf[w.end:])
		w.end += n
		w.used = max(w.used, w.end)
		if err != nil && err != io.EOF {
			err = fmt.Errorf("reading body: %w", err)
		}
		w.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	w.err = fmt.Errorf("reading body: %w", io.ErrNoProgress)
	return w.err
}
