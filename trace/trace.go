package trace

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Options shape a tracer. The zero value of a field takes its default.
type Options struct {
	Window    time.Duration  // between a view and the harm it may have led to; 180 days
	Attribute string         // which customers are alike: by this attribute ("rating")
	AtMost    float64        // being at most this (2) or not
	Zone      *time.Location // in which months and shifts are told apart; UTC
	// Shelf keeps the record; nil keeps it in memory. A tracer goes on from what
	// an earlier one of the same settings left there, and then passes over as many
	// views and reasons as that one had taken: it must be given them again.
	Shelf Shelf
	// Basis names what else the verdicts and the order of events hang on, such as the
	// pack's text: a shelf made on another one is not gone on with.
	Basis string
	Hold  int // changed customers kept in memory before they go to the shelf; 32768
}

func (o Options) withDefaults() Options {
	if o.Window <= 0 {
		o.Window = 180 * 24 * time.Hour
	}
	if o.Attribute == "" {
		o.Attribute, o.AtMost = "rating", 2
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Hold <= 0 {
		o.Hold = 1 << 15
	}
	return o
}

// Result is what menshen trace says.
type Result struct {
	Accounts    []Account `json:"accounts"`    // by falling probability
	Sets        []Set     `json:"sets"`        // by falling probability
	Unexplained float64   `json:"unexplained"` // share of the harms that no account of the record explains
	// Nobody is the probability that not one of the harms came from an account of
	// the record.
	Nobody float64    `json:"nobody"`
	Each   []HarmSeen `json:"each"`  // by time
	Harms  int        `json:"harms"` // customers harmed, each once
	// Doubt is by how much two independent reckonings of a probability differ at
	// most; 0 where the reckoning is exact.
	Doubt float64 `json:"doubt,omitzero"`
	// Next is what would tell the most, by falling worth.
	Next     []Step   `json:"next"`
	Advice   []string `json:"advice"`
	AdviceZH []string `json:"advice_zh"`
}

// HarmSeen is one harmed customer.
type HarmSeen struct {
	Subject     event.SubjectID `json:"subject"`
	Kind        string          `json:"kind"`
	Unexplained float64         `json:"unexplained"` // probability that no account of the record led to it
}

// Account is one account and the harmed customers whom it viewed before.
type Account struct {
	Actor       event.ActorID     `json:"actor"`
	Probability float64           `json:"probability"`
	Subjects    []event.SubjectID `json:"subjects"`
	Views       []string          `json:"views"`
	Expected    float64           `json:"expected"` // how many harmed customers its work would let it have viewed
}

// Set is a set of accounts that leaked together.
type Set struct {
	Actors      []event.ActorID `json:"actors"`
	Probability float64         `json:"probability"`
}

// Tracer collects views and harms. It belongs to one goroutine.
type Tracer struct {
	opt    Options
	actors []event.ActorID
	index  map[event.ActorID]int32
	trails map[event.SubjectID]*trail // with a shelf, those that were changed
	harms  map[event.SubjectID]harm
	judged bool // some view was said to be unexplained
	totals totals

	dirty   []event.SubjectID // changed, not yet in the totals
	unsaved []event.SubjectID // in the totals, not yet on the shelf
	seen    uint64            // views and reasons
	saved   uint64            // of these, on the shelf
	named   int               // accounts, on the shelf
	err     error             // the first fault of the shelf
}

// harm is the first one of a customer; a mark is near-noiseless.
type harm struct {
	at   time.Time
	kind string
	mark bool
}

// ErrShelf means that what is on the shelf was made by another version, with other
// settings, or is damaged. An empty one is filled anew by adding all events.
var ErrShelf = errors.New("the index of views cannot be used")

// New returns a tracer that has seen nothing but what is on its shelf.
func New(opt Options) *Tracer {
	t := &Tracer{opt: opt.withDefaults(), index: make(map[event.ActorID]int32),
		trails: make(map[event.SubjectID]*trail), harms: make(map[event.SubjectID]harm), totals: newTotals()}
	t.open()
	return t
}

// Err returns the first fault of the shelf. After one, answers are not to be
// trusted and nothing more is put there.
func (t *Tracer) Err() error { return t.err }

// Behind says whether less was added than an earlier tracer had put on the shelf.
// After all of a record was added, it means that the shelf is another record's.
func (t *Tracer) Behind() bool { return t.seen < t.saved }

// Add takes views, reasons (for a customer's queue) and harms, in any order;
// other events are passed over.
func (t *Tracer) Add(ev event.Event) {
	switch d := ev.Data.(type) {
	case *event.AccessViewed:
		if !t.next() {
			return
		}
		a := t.actor(d.Actor)
		for i := range d.Subjects {
			s := &d.Subjects[i]
			c := t.change(s.Subject)
			v, known := numeric(s.Attributes[t.opt.Attribute])
			c.visit(visit{id: ev.ID, at: ev.Time, actor: a, low: known && v <= t.opt.AtMost})
			q, _ := s.Attributes["queue"].(string)
			c.queued(q, ev.Time, true)
		}
	case *event.ReasonOpened:
		if t.next() && d.Queue != "" {
			t.change(d.Subject).queued(d.Queue, ev.Time, false)
		}
	case *event.HarmReported:
		mark := d.Kind == event.HarmProxyRung || d.Kind == event.HarmCanaryContacted
		h, known := t.harms[d.Subject]
		earlier := ev.Time.Before(h.at) || ev.Time.Equal(h.at) && d.Kind < h.kind
		// A mark says more than any complaint; otherwise the first harm counts.
		if !known || mark && !h.mark || mark == h.mark && earlier {
			t.harms[d.Subject] = harm{ev.Time, d.Kind, mark}
		}
	}
}

// next says whether a view or reason is new to the shelf, after making room.
func (t *Tracer) next() bool {
	if t.opt.Shelf != nil && len(t.dirty)+len(t.unsaved) >= t.opt.Hold {
		_ = t.Flush() // its fault stays with the tracer
	}
	t.seen++
	return t.seen > t.saved
}

// Unexplained says that no work explains a customer's part of a view that was
// added before.
func (t *Tracer) Unexplained(view event.Event, subject event.SubjectID) {
	d, ok := view.Data.(*event.AccessViewed)
	if !ok || t.seen < t.saved || t.trail(subject) == nil {
		return
	}
	a, known := t.index[d.Actor]
	if !known {
		return
	}
	c := t.change(subject)
	for i := len(c.visits) - 1; i >= 0; i-- {
		if v := &c.visits[i]; v.id == view.ID && v.actor == a && v.at.Equal(view.Time) {
			v.unexplained = true
			t.judged = true
			return
		}
	}
}

func (t *Tracer) actor(a event.ActorID) int32 {
	i, ok := t.index[a]
	if !ok {
		i = int32(len(t.actors))
		t.index[a] = i
		t.actors = append(t.actors, a)
	}
	return i
}

func numeric(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	}
	return 0, false
}

// sortedHarms returns the harmed customers by time, then by name.
func (t *Tracer) sortedHarms() []event.SubjectID {
	out := make([]event.SubjectID, 0, len(t.harms))
	for s := range t.harms {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b event.SubjectID) int {
		if c := t.harms[a].at.Compare(t.harms[b].at); c != 0 {
			return c
		}
		return strings.Compare(string(a), string(b))
	})
	return out
}
