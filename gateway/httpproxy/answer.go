package httpproxy

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/mask"
)

// modify turns the back office's answer into what this person may see. An error
// is a refusal; nothing was sent by then.
func (p *Proxy) modify(resp *http.Response) error {
	x := resp.Request.Context().Value(exchangeKey{}).(*exchange)
	dropSetCookie(resp.Header, p.cookie)
	if resp.StatusCode == http.StatusSwitchingProtocols {
		if x.visit.Masked {
			return x.visit.Refuse(x.r.Context(), gateway.CauseUpgrade)
		}
		return recorded(x.visit.RecordUnread(x.r.Context()))
	}
	resp.Header.Del("Trailer")
	resp.Trailer = nil
	resp.Body = &noTrailers{resp.Body, resp}
	a := answer{p: p, x: x, v: x.visit, resp: resp, ctx: x.r.Context()}
	a.ct, a.params, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	a.body = bodyOf(a.ct)
	if a.v.Masked {
		return a.masked()
	}
	return a.raw()
}

// noTrailers forgets the trailers that reading the body's end brings.
type noTrailers struct {
	io.ReadCloser
	resp *http.Response
}

func (b *noTrailers) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.resp.Trailer = nil
	}
	return n, err
}

func (b *noTrailers) Close() error {
	err := b.ReadCloser.Close()
	b.resp.Trailer = nil
	return err
}

// answer is one answer being read.
type answer struct {
	p      *Proxy
	x      *exchange
	v      *gateway.Visit
	resp   *http.Response
	ctx    context.Context
	ct     string
	params map[string]string
	body   // how it is read
}

func (a *answer) refuse(cause gateway.Cause) error { return a.v.Refuse(a.ctx, cause) }

// recorded turns an error of recording into a refusal.
func recorded(err error) error {
	if err != nil {
		return gateway.Refuse(gateway.CauseNotRecorded)
	}
	return nil
}

func (a *answer) empty() bool {
	code := a.resp.StatusCode
	return a.x.r.Method == http.MethodHead || code == http.StatusNoContent || code == http.StatusNotModified || a.resp.ContentLength == 0
}

// masked reads the answer for somebody who sees masks.
func (a *answer) masked() error {
	h := a.resp.Header
	dropHandOver(h)
	maskHeaders(h, a.v.Plan)
	if a.v.Pass() && !a.json {
		return nil
	}
	if a.empty() {
		length := h.Get("Content-Length")
		whole(h)
		if length == "0" {
			h.Set("Content-Length", length)
		}
		return nil
	}
	switch {
	case a.resp.StatusCode == http.StatusPartialContent || h.Get("Content-Range") != "":
		return a.refuse(gateway.CausePartial)
	case a.events && a.x.old:
		return a.refuse(gateway.CauseEventStream)
	case !utf8Charset(a.params["charset"]):
		return a.refuse(gateway.CauseEncoding)
	}
	src, zipped, err := a.decoded()
	if err != nil {
		return err
	}
	whole(h)
	h.Set("X-Content-Type-Options", "nosniff")
	if zipped {
		h.Del("Content-Encoding")
	}
	switch {
	case !a.json && a.resp.StatusCode >= 300 && a.resp.StatusCode < 400:
		h.Del("Content-Type")
		a.send(a.p.pools.buffer())
		return nil
	case a.run == nil:
		return a.unlabelled(src, zipped)
	case a.events:
		return a.eventStream(src, zipped)
	case a.sequence && !a.x.old:
		return a.lines(src, zipped)
	}
	return a.read(src, zipped)
}

// read masks a body of a kind that is read: one that is short as a whole, a
// longer one as it comes.
func (a *answer) read(src io.Reader, zipped bool) error {
	hold := holdBody
	if a.x.old {
		hold = holdRaw
	}
	buf := a.p.pools.buffer()
	defer a.p.pools.putBuffer(buf)
	ended, err := fill(buf, src, hold)
	if err == nil && a.text {
		if maybeJSON(buf.Bytes()) {
			return a.unlabelled(io.MultiReader(bytes.NewReader(bytes.Clone(buf.Bytes())), src), zipped)
		}
		if a.lies(buf.Bytes()) {
			return a.broken()
		}
		a.sayUTF8()
	}
	switch {
	case err != nil:
		return a.broken()
	case ended:
		return a.whole(buf.Bytes(), zipped)
	case a.x.old:
		return a.refuse(gateway.CauseTooLarge)
	}
	return a.stream(buf.Bytes(), src, zipped)
}

func utf8Charset(c string) bool {
	return c == "" || strings.EqualFold(c, "utf-8") || strings.EqualFold(c, "utf8") || strings.EqualFold(c, "us-ascii")
}

// decoded returns the body without its compression.
func (a *answer) decoded() (src io.Reader, zipped bool, err error) {
	encs := a.resp.Header.Values("Content-Encoding")
	switch enc := strings.ToLower(strings.TrimSpace(strings.Join(encs, ","))); enc {
	case "", "identity":
		return a.resp.Body, false, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(a.resp.Body)
		if err != nil {
			return nil, false, a.refuse(gateway.CauseUnreadable)
		}
		return z, true, nil
	case "deflate":
		z, err := inflate(a.resp.Body)
		if err != nil {
			return nil, false, a.refuse(gateway.CauseUnreadable)
		}
		return z, true, nil
	}
	return nil, false, a.refuse(gateway.CauseEncoding)
}

// inflate reads what servers call deflate: zlib's format, or without its header.
func inflate(src io.Reader) (io.Reader, error) {
	in := bufio.NewReader(src)
	head, err := in.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0F == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(in)
	}
	return flate.NewReader(in), nil
}

// broken refuses a body that could not be read, unless the client has gone. The
// page of an error gives way to one of ours.
func (a *answer) broken() error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	if !a.json && a.resp.StatusCode >= 400 {
		return &withheld{status: a.resp.StatusCode}
	}
	return a.refuse(gateway.CauseUnreadable)
}

// plan is what to read the body by.
func (a *answer) plan() *mask.Plan {
	if a.sequence {
		return a.v.Plan.Sequence()
	}
	return a.v.Plan
}

// end records the rest of a visit. An error of the back office in which nobody
// was seen is no view.
func (a *answer) end() error {
	last := a.resp.StatusCode < 400 || a.v.Shown() > 0
	return a.v.Record(context.WithoutCancel(a.ctx), last)
}

// whole masks a body that is there as a whole.
func (a *answer) whole(body []byte, zipped bool) error {
	out := a.p.pools.buffer()
	out.Grow(len(body) + len(body)/8)
	if err := mask.Twice(out, body, a.plan(), a.run, a.v.See); err != nil {
		a.p.pools.putBuffer(out)
		return a.broken()
	}
	if err := a.end(); err != nil {
		a.p.pools.putBuffer(out)
		return recorded(err)
	}
	if zipped && a.x.gzip {
		small := a.p.pools.buffer()
		z := a.p.pools.gzip(small)
		_, err1 := z.Write(out.Bytes())
		err2 := z.Close()
		a.p.pools.putGzip(z)
		a.p.pools.putBuffer(out)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		out = small
		a.resp.Header.Set("Content-Encoding", "gzip")
	}
	a.send(out)
	return nil
}

// send makes out the body. The upstream's is at its end or of no more use.
func (a *answer) send(out *bytes.Buffer) {
	a.resp.Body.Close()
	a.resp.ContentLength = int64(out.Len())
	a.resp.Header.Set("Content-Length", strconv.Itoa(out.Len()))
	a.resp.Body = &held{&a.p.pools, out}
}

// held is a body that is there as a whole.
type held struct {
	pools *pools
	buf   *bytes.Buffer
}

func (b *held) Read(p []byte) (int, error) {
	if b.buf == nil {
		return 0, io.EOF
	}
	return b.buf.Read(p)
}

func (b *held) Close() error {
	if b.buf != nil {
		b.pools.putBuffer(b.buf)
		b.buf = nil
	}
	return nil
}

// unlabelled reads what does not say that it is JSON, or what says to be text
// and begins as JSON does. It is let through only when it is JSON all the same,
// so that the policy's paths apply.
func (a *answer) unlabelled(src io.Reader, zipped bool) error {
	buf := a.p.pools.buffer()
	defer a.p.pools.putBuffer(buf)
	ended, err := fill(buf, src, holdStrict)
	if err == nil && ended && buf.Len() == 0 {
		a.send(a.p.pools.buffer())
		return nil
	}
	for _, json := range []body{{run: mask.JSON}, {run: mask.JSON, sequence: true}} {
		plan := a.v.Plan
		if json.sequence {
			plan = plan.Sequence()
		}
		if err == nil && ended && mask.JSON(io.Discard, bytes.NewReader(buf.Bytes()), plan.Knowing(nil), nil) == nil {
			a.body = json
			return a.whole(buf.Bytes(), zipped)
		}
	}
	return a.broken()
}

// withheld is an error of the back office whose page was not let through.
type withheld struct{ status int }

func (w *withheld) Error() string { return "error page withheld" }

// raw lets an answer through as it is, once the view is recorded durably.
func (a *answer) raw() error {
	if a.v.Pass() && !a.json || a.empty() {
		return nil
	}
	a.resp.Header.Set("Cache-Control", "no-store")
	enc := strings.ToLower(a.resp.Header.Get("Content-Encoding"))
	zipped := enc == "gzip" || enc == "x-gzip"
	if !a.json || !utf8Charset(a.params["charset"]) || enc != "" && enc != "identity" && !zipped {
		return recorded(a.v.RecordUnread(a.ctx))
	}
	buf := a.p.pools.buffer()
	ended, err := fill(buf, a.resp.Body, holdRaw)
	if err != nil || !ended {
		a.p.pools.putBuffer(buf)
		if err != nil {
			return a.broken()
		}
		return a.refuse(gateway.CauseTooLarge)
	}
	var src io.Reader = bytes.NewReader(buf.Bytes())
	if zipped {
		src, err = gzip.NewReader(src)
	}
	if err == nil {
		// A raw role may see what cannot be read; it is recorded as far as it was.
		_ = mask.JSON(io.Discard, src, a.plan(), a.v.See)
	}
	if err := a.v.Record(a.ctx, true); err != nil {
		a.p.pools.putBuffer(buf)
		return recorded(err)
	}
	if !a.v.Pass() {
		if err := a.v.RecordUnread(a.ctx); err != nil {
			a.p.pools.putBuffer(buf)
			return recorded(err)
		}
	}
	a.send(buf)
	return nil
}
