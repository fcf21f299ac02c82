package trace

import (
	"cmp"
	"io"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
)

// tracerState is what a tracer knows beside its shelf.
type tracerState struct {
	Seen  uint64
	Harms []harmState
}

type harmState struct {
	Subject event.SubjectID
	At      time.Time
	Kind    string
	Mark    bool
}

// Save writes what is not on the shelf, so that Load can go on from it; what is, Flush
// must have put there.
func (t *Tracer) Save(w io.Writer) error { return snapshot.Save(w, t.walk) }

// Load makes a new tracer with the shelf know the rest. An error that wraps
// snapshot.ErrUnfit says that it cannot: the tracer is as it was.
func (t *Tracer) Load(r io.Reader) error { return snapshot.Load(r, t.walk) }

func (t *Tracer) walk(c *snapshot.Codec) {
	c.Same("menshen tracer 1", "it is of another kind or version")
	s := tracerState{Seen: t.seen}
	for subject, h := range t.harms {
		s.Harms = append(s.Harms, harmState{subject, h.at, h.kind, h.mark})
	}
	slices.SortFunc(s.Harms, func(x, y harmState) int { return cmp.Compare(x.Subject, y.Subject) })
	snapshot.JSON(c, &s)
	switch {
	case c.Err() != nil:
	case !c.Loading() && t.seen > t.saved:
		c.Unfit("not all of it is on the shelf")
	case s.Seen > t.saved:
		c.Unfit("its shelf has less")
	case c.Loading():
		t.seen = s.Seen
		for _, h := range s.Harms {
			t.harms[h.Subject] = harm{h.At, h.Kind, h.Mark}
		}
	}
}
