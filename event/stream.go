package event

import (
	"bufio"
	"bytes"
	"container/heap"
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
	switch cause {
	case CauseMalformed:
		r.counts.Malformed++
	case CauseDuplicate:
		r.counts.Duplicate++
	case CauseLate:
		r.counts.Late++
	case CauseUnknown:
		r.counts.Unknown++
	}
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
	order    eventHeap // the keys of seen, oldest first, to forget by
}

// NewWindow returns a window that admits events up to lateness behind the
// newest admitted.
func NewWindow(lateness time.Duration) *Window {
	return &Window{lateness: lateness, seen: make(map[Key]struct{})}
}

// Admit takes ev or names the cause against it.
func (w *Window) Admit(ev Event) (cause string, err error) {
	if _, ok := w.seen[ev.Key()]; ok {
		return CauseDuplicate, errors.New("this id of this source was seen before")
	}
	if !w.newest.IsZero() && ev.Time.Before(w.newest.Add(-w.lateness)) {
		return CauseLate, fmt.Errorf("more than %s behind the newest event", w.lateness)
	}
	if ev.Time.After(w.newest) {
		w.newest = ev.Time
	}
	w.seen[ev.Key()] = struct{}{}
	heap.Push(&w.order, Event{ID: ev.ID, Source: ev.Source, Time: ev.Time})
	for limit := w.newest.Add(-w.lateness); len(w.order) > 0 && w.order[0].Time.Before(limit); {
		delete(w.seen, heap.Pop(&w.order).(Event).Key())
	}
	return "", nil
}

// Sorter puts events into order: it holds each back until none that belongs
// before it can still come.
type Sorter struct {
	lateness time.Duration
	newest   time.Time
	held     eventHeap
}

// NewSorter returns a sorter for streams in which an event comes at most
// lateness behind the newest.
func NewSorter(lateness time.Duration) *Sorter { return &Sorter{lateness: lateness} }

// Push takes ev and returns the events whose turn has come.
func (s *Sorter) Push(ev Event) []Event {
	heap.Push(&s.held, ev)
	if ev.Time.After(s.newest) {
		s.newest = ev.Time
	}
	var out []Event
	for limit := s.newest.Add(-s.lateness); len(s.held) > 0 && s.held[0].Time.Before(limit); {
		out = append(out, heap.Pop(&s.held).(Event))
	}
	return out
}

// Flush returns all that is held, in order.
func (s *Sorter) Flush() []Event {
	var out []Event
	for len(s.held) > 0 {
		out = append(out, heap.Pop(&s.held).(Event))
	}
	return out
}

type eventHeap []Event

func (h eventHeap) Len() int           { return len(h) }
func (h eventHeap) Less(i, j int) bool { return h[i].Before(h[j]) }
func (h eventHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)        { *h = append(*h, x.(Event)) }
func (h *eventHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
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
