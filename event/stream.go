package event

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// DefaultLateness is how far behind the newest event an event may be.
const DefaultLateness = 24 * time.Hour

// MaxLine is the longest line that is read; a longer one is refused.
const MaxLine = 4 << 20

// Causes of a refusal.
const (
	CauseMalformed = "malformed"
	CauseDuplicate = "duplicate"
	CauseLate      = "late"
	CauseUnknown   = "unknown type"
)

// Refusal is a line that was not taken.
type Refusal struct {
	Line  int
	ID    string
	Cause string
	Err   error
}

func (r Refusal) String() string {
	if r.ID == "" {
		return fmt.Sprintf("line %d: %s: %v", r.Line, r.Cause, r.Err)
	}
	return fmt.Sprintf("line %d: id %q: %s: %v", r.Line, r.ID, r.Cause, r.Err)
}

// Counts says what became of the lines of a stream.
type Counts struct {
	Lines, Accepted, Malformed, Duplicate, Late, Unknown int
}

// Refused is the number of lines that were not taken and should have been
// right; a repeated id and an unknown type are harmless and not among them.
func (c Counts) Refused() int { return c.Malformed + c.Late }

// Count adds a line that was not taken for that cause.
func (c *Counts) Count(cause string) {
	switch cause {
	case CauseMalformed:
		c.Malformed++
	case CauseDuplicate:
		c.Duplicate++
	case CauseLate:
		c.Late++
	case CauseUnknown:
		c.Unknown++
	}
}

func (c Counts) String() string {
	return fmt.Sprintf("%d lines: %d accepted, %d malformed, %d late, %d repeated, %d of unknown type",
		c.Lines, c.Accepted, c.Malformed, c.Late, c.Duplicate, c.Unknown)
}

// Reader reads a stream of events in the order of arrival. It refuses what is
// malformed, repeated or too late and goes on.
type Reader struct {
	in      *bufio.Reader
	refused func(Refusal)
	check   func(Event) error
	window  *Window
	counts  Counts
	buf     []byte
}

// NewReader reads from r. Events more than lateness behind the newest are
// refused; refused, which may be nil, is told of every line not taken.
func NewReader(r io.Reader, lateness time.Duration, refused func(Refusal)) *Reader {
	if refused == nil {
		refused = func(Refusal) {}
	}
	return &Reader{
		in: bufio.NewReaderSize(r, 1<<16), refused: refused,
		check: func(Event) error { return nil }, window: NewWindow(lateness),
	}
}

// Check makes the reader refuse as malformed every event that check finds fault
// with, before the event can make others late. It is called before Next.
func (r *Reader) Check(check func(Event) error) { r.check = check }

// Within makes the reader admit by a window that may know events of an earlier
// stream. It is called before Next.
func (r *Reader) Within(w *Window) { r.window = w }

// Counts says what became of the lines so far.
func (r *Reader) Counts() Counts { return r.counts }

// Next returns the next acceptable event. At the end it returns io.EOF; any
// other error is the underlying reader's.
func (r *Reader) Next() (Event, error) {
	for {
		line, err := r.line()
		if err != nil && !(errors.Is(err, io.EOF) && len(line) > 0) && !errors.Is(err, errLong) {
			return Event{}, err
		}
		r.counts.Lines++
		if errors.Is(err, errLong) {
			r.refuse(Event{}, CauseMalformed, fmt.Errorf("%w: line is longer than %d bytes", ErrMalformed, MaxLine))
			continue
		}
		trimmed := bytes.TrimSpace(line)
		if r.counts.Lines == 1 {
			trimmed = bytes.TrimPrefix(trimmed, []byte("\xef\xbb\xbf"))
		}
		if len(trimmed) == 0 {
			continue
		}
		ev, perr := Parse(trimmed)
		switch {
		case errors.Is(perr, ErrUnknownType):
			r.refuse(ev, CauseUnknown, perr)
			continue
		case perr != nil:
			r.refuse(ev, CauseMalformed, perr)
			continue
		}
		if err := r.check(ev); err != nil {
			r.refuse(ev, CauseMalformed, err)
			continue
		}
		if cause, err := r.window.Admit(ev); err != nil {
			r.refuse(ev, cause, err)
			continue
		}
		r.counts.Accepted++
		return ev, nil
	}
}

func (r *Reader) refuse(ev Event, cause string, err error) {
	r.counts.Count(cause)
	r.refused(Refusal{Line: r.counts.Lines, ID: ev.ID, Cause: cause, Err: err})
}

var errLong = errors.New("line too long")

// line returns the next line without its end. A line over MaxLine is skipped
// whole and reported as errLong.
func (r *Reader) line() ([]byte, error) {
	r.buf = r.buf[:0]
	long := false
	for {
		part, err := r.in.ReadSlice('\n')
		if !long {
			if len(r.buf)+len(part) > MaxLine {
				long = true
				r.buf = r.buf[:0]
			} else {
				r.buf = append(r.buf, part...)
			}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if long && (err == nil || errors.Is(err, io.EOF)) {
			return nil, errLong
		}
		return r.buf, err
	}
}

// Window knows which events were seen and how old one may be. It forgets ids
// that are older than the lateness, since their repetition would be too late.
type Window struct {
	lateness time.Duration
	newest   time.Time
	seen     map[Key]struct{}
	order    queue[Seen] // of seen, to forget by
}

// Seen is one event that a window admitted.
type Seen struct {
	Key  Key
	Time time.Time
}

// NewWindow returns a window that admits events up to lateness behind the
// newest admitted.
func NewWindow(lateness time.Duration) *Window {
	return &Window{
		lateness: lateness, seen: make(map[Key]struct{}),
		order: queue[Seen]{before: func(a, b *Seen) bool { return a.Time.Before(b.Time) }},
	}
}

// Admit takes ev or names the cause against it.
func (w *Window) Admit(ev Event) (cause string, err error) {
	if _, ok := w.seen[ev.Key()]; ok {
		return CauseDuplicate, errors.New("this id of this source was seen before")
	}
	if !w.newest.IsZero() && ev.Time.Before(w.newest.Add(-w.lateness)) {
		return CauseLate, fmt.Errorf("more than %s behind the newest event", w.lateness)
	}
	w.take(Seen{ev.Key(), ev.Time})
	return "", nil
}

func (w *Window) take(s Seen) {
	if s.Time.After(w.newest) {
		w.newest = s.Time
	}
	w.seen[s.Key] = struct{}{}
	w.order.push(s)
	limit := w.newest.Add(-w.lateness)
	for old := w.order.first(); old != nil && old.Time.Before(limit); old = w.order.first() {
		delete(w.seen, w.order.pop().Key)
	}
}

// Seen returns what the window still knows, so that another one can Resume.
func (w *Window) Seen() []Seen { return w.order.all() }

// Resume makes a new window know what another one knew.
func (w *Window) Resume(seen []Seen) {
	for _, s := range seen {
		w.take(s)
	}
}

// Sorter puts events into order: it holds each back until none that belongs
// before it can still come.
type Sorter struct {
	lateness time.Duration
	newest   time.Time
	held     queue[Event]
}

// NewSorter returns a sorter for streams in which an event comes at most
// lateness behind the newest.
func NewSorter(lateness time.Duration) *Sorter {
	return &Sorter{lateness: lateness, held: queue[Event]{before: func(a, b *Event) bool { return a.Before(*b) }}}
}

// Push takes ev and returns the events whose turn has come.
func (s *Sorter) Push(ev Event) []Event {
	s.held.push(ev)
	if ev.Time.After(s.newest) {
		s.newest = ev.Time
	}
	var out []Event
	limit := s.newest.Add(-s.lateness)
	for next := s.held.first(); next != nil && next.Time.Before(limit); next = s.held.first() {
		out = append(out, s.held.pop())
	}
	return out
}

// Held returns what is held back, in no order: pushed into a new sorter, it is
// held there.
func (s *Sorter) Held() []Event { return s.held.all() }

// Flush returns all that is held, in order.
func (s *Sorter) Flush() []Event {
	var out []Event
	for s.held.len() > 0 {
		out = append(out, s.held.pop())
	}
	return out
}

// Writer writes events as lines.
type Writer struct {
	out io.Writer
	buf []byte
}

// NewWriter writes to w, one call to w a line.
func NewWriter(w io.Writer) *Writer { return &Writer{out: w} }

// Write writes ev and a newline.
func (w *Writer) Write(ev Event) error {
	b, err := ev.AppendJSON(w.buf[:0])
	if err != nil {
		return err
	}
	w.buf = append(b, '\n')
	_, err = w.out.Write(w.buf)
	return err
}
