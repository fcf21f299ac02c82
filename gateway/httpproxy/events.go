package httpproxy

import (
	"bytes"
	"io"

	"github.com/menshen-io/menshen/mask"
)

// eventStream masks a stream of events (HTML, server-sent events) as they come: the
// data of each as JSON or else as text, and its other lines as text.
func (a *answer) eventStream(src io.Reader, zipped bool) error {
	s := eventReader{plan: a.v.Plan, see: a.v.See, src: src}
	b := a.flowing(zipped)
	b.live = true
	b.next = s.next
	if b.zip != nil {
		a.resp.Header.Set("Content-Encoding", "gzip")
	}
	// Nobody waits for the first event to see that the stream is open.
	a.resp.ContentLength = -1
	a.resp.Body = b
	return nil
}

// eventReader is a stream of events being read.
type eventReader struct {
	plan  *mask.Plan
	see   func(mask.Record)
	src   io.Reader
	in    []byte // read and not yet masked
	seen  int    // of in: lines that were looked at
	ended bool
	begun bool // of the stream: a byte order mark is behind
	out   bytes.Buffer
}

// next returns the events that are there as a whole, masked.
func (s *eventReader) next() ([]byte, error) {
	s.out.Reset()
	for {
		if err := s.whole(); err != nil {
			return nil, err
		}
		if s.out.Len() > 0 {
			return s.out.Bytes(), nil
		}
		if s.ended {
			return nil, io.EOF
		}
		if len(s.in) >= maxJSONLine {
			return nil, mask.ErrUnreadable
		}
		if len(s.in) == cap(s.in) {
			s.in = append(make([]byte, 0, 2*cap(s.in)+4<<10), s.in...)
		}
		n, err := s.src.Read(s.in[len(s.in):cap(s.in)])
		s.in = s.in[:len(s.in)+n]
		if err == io.EOF {
			s.ended = true
		} else if err != nil {
			return nil, err
		}
	}
}

// whole masks the events of in that are complete; at the end of the stream, what
// is left too.
func (s *eventReader) whole() error {
	if !s.begun && len(s.in) >= 3 {
		s.in, s.begun = bytes.TrimPrefix(s.in, []byte("\ufeff")), true
	}
	from := 0
	for {
		line, next := s.line(s.seen)
		if next < 0 {
			break
		}
		s.seen = next
		if len(line) == 0 {
			if err := s.event(s.in[from:next]); err != nil {
				return err
			}
			s.out.WriteByte('\n')
			from = next
		}
	}
	if s.ended && from < len(s.in) {
		if err := s.event(s.in[from:]); err != nil {
			return err
		}
		from = len(s.in)
	}
	s.in = append(s.in[:0], s.in[from:]...)
	s.seen -= min(s.seen, from)
	return nil
}

// line returns the line at from and where the next begins, or -1 when its end is
// not there yet. Lines end with \n, \r or both.
func (s *eventReader) line(from int) (line []byte, next int) {
	n := bytes.IndexAny(s.in[from:], "\r\n")
	if n < 0 {
		return nil, -1
	}
	next = from + n + 1
	if s.in[next-1] == '\r' {
		if next == len(s.in) && !s.ended {
			return nil, -1 // a \n may follow
		}
		if next < len(s.in) && s.in[next] == '\n' {
			next++
		}
	}
	return s.in[from : from+n], next
}

// event masks one event, whose lines raw holds.
func (s *eventReader) event(raw []byte) error {
	var data, other []byte
	lines := 0
	for line := range bytes.SplitSeq(bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n")), []byte("\n")) {
		if name, value, _ := bytes.Cut(line, []byte(":")); string(name) == "data" {
			data = append(append(data, bytes.TrimPrefix(value, []byte(" "))...), '\n')
			lines++
		} else if len(line) > 0 {
			other = append(append(other, line...), '\n')
		}
	}
	if err := mask.Twice(&s.out, other, s.plan, mask.Text, s.see); err != nil {
		return err
	}
	if lines == 0 {
		return nil
	}
	run := mask.Codec(mask.Text)
	if maybeJSON(data) {
		run = mask.JSON
	}
	var masked bytes.Buffer
	if err := mask.Twice(&masked, data[:len(data)-1], s.plan, run, s.see); err != nil {
		return err
	}
	for line := range bytes.SplitSeq(masked.Bytes(), []byte("\n")) {
		s.out.WriteString("data: ")
		s.out.Write(line)
		s.out.WriteByte('\n')
	}
	return nil
}
