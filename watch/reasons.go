package watch

import (
	"sync"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Reasons knows who held which reason for which customer when. Apply events in
// order; a reader may ask at the same time. It forgets a reason when no view
// that is not yet judged can need it any more.
//
// An account holds a reason from when it opened it or was assigned it until it
// is assigned to another or closed. The first holder is granted the grace
// before opening, the last one the grace after closing; who handed a reason on
// has none left.
type Reasons struct {
	grace Grace

	mu     sync.RWMutex
	now    time.Time             // newest event applied; guarded by mu
	known  map[reasonKey]*reason // guarded by mu
	held   map[pair][]holding    // guarded by mu
	expiry []expiring            // ended holdings, about by time; guarded by mu
	done   int                   // how many of expiry are dropped already; guarded by mu
}

type reasonKey struct {
	kind string
	id   event.ReasonID
}

type pair struct {
	actor   event.ActorID
	subject event.SubjectID
}

type reason struct {
	subject event.SubjectID
	holder  event.ActorID // empty: nobody yet
	opened  time.Time
	closed  bool
}

// holding is the time during which one account may view because of one reason,
// with the grace already in it. A zero to has not ended.
type holding struct {
	reason   reasonKey
	from, to time.Time
}

type expiring struct {
	at   time.Time
	key  reasonKey
	pair pair
}

// slack is how much longer than needed an ended reason is kept, for events that
// are folded a little out of order.
const slack = 24 * time.Hour

// NewReasons returns an empty store.
func NewReasons(grace Grace) *Reasons {
	return &Reasons{grace: grace, known: make(map[reasonKey]*reason), held: make(map[pair][]holding)}
}

// Apply takes reason.opened, reason.assigned and reason.closed; all other
// events only advance its time.
func (r *Reasons) Apply(ev event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ev.Time.After(r.now) {
		r.now = ev.Time
		r.forget()
	}
	switch d := ev.Data.(type) {
	case *event.ReasonOpened:
		r.open(reasonKey{d.Kind, d.ID}, d, ev.Time)
	case *event.ReasonAssigned:
		key := reasonKey{d.Kind, d.ID}
		if x := r.known[key]; x != nil && !x.closed && x.holder != d.Actor {
			r.assign(key, x, d.Actor, ev.Time)
		}
	case *event.ReasonClosed:
		key := reasonKey{d.Kind, d.ID}
		if x := r.known[key]; x != nil && !x.closed {
			r.end(key, x, ev.Time.Add(time.Duration(r.grace.AfterClosing)))
			x.closed = true
			if x.holder == "" { // nobody's holding will expire it
				delete(r.known, key)
			}
		}
	}
}

func (r *Reasons) open(key reasonKey, d *event.ReasonOpened, at time.Time) {
	if x := r.known[key]; x != nil && !x.closed {
		if x.subject == d.Subject { // said twice: at most a new holder
			if d.Actor != "" && d.Actor != x.holder {
				r.assign(key, x, d.Actor, at)
			}
			return
		}
		r.end(key, x, at)
	}
	x := &reason{subject: d.Subject, opened: at}
	r.known[key] = x
	if d.Actor != "" {
		r.assign(key, x, d.Actor, at)
	}
}

func (r *Reasons) assign(key reasonKey, x *reason, to event.ActorID, at time.Time) {
	from := at
	if x.holder == "" {
		from = at.Add(-time.Duration(r.grace.BeforeOpening))
	} else {
		r.end(key, x, at.Add(-1)) // from this instant on it is the next one's
	}
	x.holder = to
	p := pair{to, x.subject}
	r.held[p] = append(r.held[p], holding{reason: key, from: from})
}

// end gives the current holding of a reason its end.
func (r *Reasons) end(key reasonKey, x *reason, at time.Time) {
	if x.holder == "" {
		return
	}
	p := pair{x.holder, x.subject}
	for i := range r.held[p] {
		if h := &r.held[p][i]; h.reason == key && h.to.IsZero() {
			h.to = at
			r.expiry = append(r.expiry, expiring{at, key, p})
		}
	}
}

// forget drops holdings that ended long enough ago. The ends are nearly in
// order; one that is not is dropped a little later.
func (r *Reasons) forget() {
	limit := r.now.Add(-time.Duration(r.grace.BeforeOpening) - slack)
	for ; r.done < len(r.expiry) && r.expiry[r.done].at.Before(limit); r.done++ {
		e := r.expiry[r.done]
		left := r.held[e.pair][:0]
		for _, h := range r.held[e.pair] {
			if h.to.IsZero() || !h.to.Before(limit) {
				left = append(left, h)
			}
		}
		if len(left) == 0 {
			delete(r.held, e.pair)
		} else {
			r.held[e.pair] = left
		}
		if x := r.known[e.key]; x != nil && x.closed && x.holder == e.pair.actor {
			delete(r.known, e.key)
		}
	}
	if r.done > 1024 && r.done > len(r.expiry)/2 {
		r.expiry, r.done = append([]expiring(nil), r.expiry[r.done:]...), 0
	}
}

// Held reports whether actor held any reason for subject at a time.
func (r *Reasons) Held(actor event.ActorID, subject event.SubjectID, at time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, h := range r.held[pair{actor, subject}] {
		if h.covers(at) {
			return true
		}
	}
	return false
}

// Open reports whether actor held that very reason for subject at a time.
func (r *Reasons) Open(actor event.ActorID, kind string, id event.ReasonID, subject event.SubjectID, at time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, h := range r.held[pair{actor, subject}] {
		if h.reason == (reasonKey{kind, id}) && h.covers(at) {
			return true
		}
	}
	return false
}

func (h holding) covers(at time.Time) bool {
	return !at.Before(h.from) && (h.to.IsZero() || !at.After(h.to))
}
