package httpproxy

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/mask"
)

// errCut ends a body after a fault: the connection is aborted.
var errCut = errors.New("body cut off")

// chunk is how much of a long answer goes out at a time.
const chunk = 32 << 10

// stream masks a body that is too long to hold. The first chunk is made before
// anything is sent, so that a fault in it is still a page.
func (a *answer) stream(start []byte, rest io.Reader, zipped bool) error {
	mask.Learn(start, a.plan(), a.run)
	// start is the caller's; what follows outlives it.
	src := io.MultiReader(bytes.NewReader(bytes.Clone(start)), rest)
	var failed error
	next, stop := iter.Pull(func(yield func([]byte) bool) {
		w := chunks{yield: yield, buf: make([]byte, 0, chunk+4<<10)}
		failed = a.run(&w, src, a.plan(), a.v.See)
		if failed == nil && len(w.buf) > 0 {
			yield(w.buf)
		}
	})
	b := a.flowing(zipped)
	b.stop = stop
	b.next = func() ([]byte, error) {
		part, ok := next()
		switch {
		case ok:
			return part, nil
		case failed != nil:
			return nil, failed
		}
		return nil, io.EOF
	}
	return a.begin(b)
}

// chunks hands on what is written in parts.
type chunks struct {
	yield func([]byte) bool
	buf   []byte
}

func (c *chunks) Write(p []byte) (int, error) {
	c.buf = append(c.buf, p...)
	if len(c.buf) >= chunk {
		if !c.yield(c.buf) {
			return 0, errCut
		}
		c.buf = c.buf[:0]
	}
	return len(p), nil
}

// lines masks NDJSON as it comes: whatever whole lines are there go on at once.
func (a *answer) lines(src io.Reader, zipped bool) error {
	plan := a.plan()
	in := make([]byte, 0, chunk)
	var out bytes.Buffer
	ended := false
	b := a.flowing(zipped)
	b.live = true
	b.next = func() ([]byte, error) {
		for {
			cut := bytes.LastIndexByte(in, '\n') + 1
			if ended {
				cut = len(in)
			}
			if cut > 0 {
				out.Reset()
				if len(bytes.TrimSpace(in[:cut])) > 0 {
					if err := mask.Twice(&out, in[:cut], plan, mask.JSON, a.v.See); err != nil {
						return nil, err
					}
				}
				in = append(in[:0], in[cut:]...)
				if out.Len() > 0 {
					return out.Bytes(), nil
				}
				continue
			}
			if ended {
				return nil, io.EOF
			}
			if len(in) >= maxJSONLine {
				return nil, mask.ErrUnreadable
			}
			if len(in) == cap(in) {
				in = append(in, 0)[:len(in)]
			}
			n, err := src.Read(in[len(in):cap(in)])
			in = in[:len(in)+n]
			if err == io.EOF {
				ended = true
			} else if err != nil {
				return nil, err
			}
		}
	}
	return a.begin(b)
}

// begin makes the first part of b and installs it.
func (a *answer) begin(b *flowing) error {
	b.fill()
	if b.err != nil && b.err != io.EOF {
		b.Close()
		if b.cause == gateway.CauseNotRecorded {
			return gateway.Refuse(b.cause)
		}
		if b.refusal != nil {
			return b.refusal
		}
		return a.ctx.Err()
	}
	if b.zip != nil {
		a.resp.Header.Set("Content-Encoding", "gzip")
	}
	a.resp.ContentLength = -1
	a.resp.Body = b
	return nil
}

func (a *answer) flowing(zipped bool) *flowing {
	b := &flowing{a: a, upstream: a.resp.Body}
	if zipped && a.x.gzip {
		b.zipped = a.p.pools.buffer()
		b.zip = a.p.pools.gzip(b.zipped)
	}
	return b
}

// flowing is a body that is masked while it is sent. Each part goes out only
// after what it shows was handed to the record.
type flowing struct {
	a        *answer
	upstream io.Closer
	next     func() ([]byte, error)
	stop     func()
	live     bool // parts may be far apart: record each
	started  bool

	part    []byte // not yet read
	zip     *gzip.Writer
	zipped  *bytes.Buffer
	err     error // after part: io.EOF, or errCut
	cause   gateway.Cause
	refusal *gateway.Refusal
	closed  bool
}

func (b *flowing) Read(p []byte) (int, error) {
	for len(b.part) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.part)
	b.part = b.part[n:]
	return n, nil
}

// fill makes the next part, or sets err.
func (b *flowing) fill() {
	part, err := b.next()
	a := b.a
	var rec error
	switch {
	case err == io.EOF:
		rec = a.end()
	case err != nil:
		b.cut()
		return
	case !b.started || b.live || a.v.Full():
		rec = a.v.Record(context.WithoutCancel(a.ctx), false)
	}
	b.started = true
	a.v.Seal() // a value that is shown can be revealed at once
	if rec != nil {
		b.cause, b.err = gateway.CauseNotRecorded, errCut
		return
	}
	b.err = nil
	if err == io.EOF {
		b.err = io.EOF
	}
	if b.zip == nil {
		b.part = part
		return
	}
	b.zipped.Reset()
	if err == io.EOF {
		err = b.zip.Close()
	} else if _, err = b.zip.Write(part); err == nil {
		err = b.zip.Flush()
	}
	if err != nil {
		b.err = errCut
		return
	}
	b.part = b.zipped.Bytes()
}

// cut ends the body after a fault. A client that left is no fault.
func (b *flowing) cut() {
	b.err = errCut
	if b.a.ctx.Err() == nil {
		b.refusal = b.a.v.Refuse(b.a.ctx, gateway.CauseUnreadable)
	}
}

// Close records what was shown of a body that was not read to its end.
func (b *flowing) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	if b.stop != nil {
		b.stop()
	}
	if b.err != io.EOF {
		_ = b.a.v.Record(context.WithoutCancel(b.a.ctx), b.started)
	}
	if b.zip != nil {
		b.a.p.pools.putGzip(b.zip)
		b.a.p.pools.putBuffer(b.zipped)
		b.zip, b.zipped, b.part = nil, nil, nil
	}
	return b.upstream.Close()
}

// fill reads from src until its end or until buf holds more than limit.
func fill(buf *bytes.Buffer, src io.Reader, limit int) (ended bool, err error) {
	n, err := buf.ReadFrom(io.LimitReader(src, int64(limit)+1))
	return n <= int64(limit), err
}

// pools lend memory. What has grown large is left to the collector.
type pools struct{ buffers, gzips, copies sync.Pool }

func (p *pools) buffer() *bytes.Buffer {
	if b, ok := p.buffers.Get().(*bytes.Buffer); ok {
		return b
	}
	return new(bytes.Buffer)
}

func (p *pools) putBuffer(b *bytes.Buffer) {
	if b.Cap() <= 4*holdBody {
		b.Reset()
		p.buffers.Put(b)
	}
}

func (p *pools) gzip(w io.Writer) *gzip.Writer {
	z, ok := p.gzips.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(w, gzip.BestSpeed) // its only error is a level out of range
		return z
	}
	z.Reset(w)
	return z
}

func (p *pools) putGzip(z *gzip.Writer) {
	z.Reset(io.Discard)
	p.gzips.Put(z)
}

// Get and Put lend httputil.ReverseProxy its copying buffers.
func (p *pools) Get() []byte {
	if b, ok := p.copies.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 32<<10)
}

func (p *pools) Put(b []byte) { p.copies.Put(&b) }
