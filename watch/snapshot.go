package watch

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
	"github.com/menshen-io/menshen/rule"
)

// ErrSnapshot is returned for a snapshot that cannot be gone on from: of another
// format, of another pack, or damaged. The remedy is to fold the record anew.
var ErrSnapshot = snapshot.ErrUnfit

// format changes whenever the meaning of a snapshot does.
const format = 2

// engineState is all that an engine knows.
type engineState struct {
	Format      int
	Pack        string
	Now, DayEnd time.Time
	Pending     [][]byte // events
	Counted     []countedPair
	Once        map[string]time.Time
	Staff       map[event.ActorID]*staff
	Gone        []event.ActorID
	Canaries    map[event.SubjectID]time.Time
	Flagged     map[event.StationID]time.Time
	Reveals     map[event.StationID][][]byte // events
	Reasons     reasonsState
	Detector    *detector
	Accounts    []*account
	Attributes  *attributes
	Own         rule.State
}

type countedPair struct {
	Actor   event.ActorID
	Subject event.SubjectID
	Counted counted
}

// Snapshot returns all that the engine knows, so that Restore can go on from
// it. It takes an engine that is not flushed.
func (e *Engine) Snapshot() ([]byte, error) {
	s := engineState{
		Format: format, Pack: e.pack.fingerprint, Now: e.now, DayEnd: e.dayEnd, Once: e.once, Staff: e.staff, Gone: e.gone,
		Canaries: e.canaries, Flagged: e.flagged, Reveals: make(map[event.StationID][][]byte, len(e.reveals)),
		Reasons: e.reasons.state(), Detector: e.detector, Accounts: e.detector.order, Attributes: e.detector.attrs, Own: e.own.State(),
	}
	var err error
	if s.Pending, err = lines(e.pending[e.judged:]); err != nil {
		return nil, err
	}
	for station, evs := range e.reveals {
		if s.Reveals[station], err = lines(evs); err != nil {
			return nil, err
		}
	}
	for p, c := range e.counted {
		s.Counted = append(s.Counted, countedPair{p.actor, p.subject, c})
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(s); err != nil {
		return nil, fmt.Errorf("encoding snapshot: %w", err)
	}
	return b.Bytes(), nil
}

// Restore returns an engine that knows what the one of the snapshot knew. An
// error that wraps ErrSnapshot says that it cannot.
func Restore(pack *Pack, opt Options, data []byte) (_ *Engine, err error) {
	var s engineState
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	switch {
	case s.Format != format:
		return nil, fmt.Errorf("%w: it is of format %d, this version writes %d", ErrSnapshot, s.Format, format)
	case s.Pack != pack.fingerprint:
		return nil, fmt.Errorf("%w: it was made with another pack", ErrSnapshot)
	case s.Detector == nil || s.Attributes == nil:
		return nil, fmt.Errorf("%w: parts are missing", ErrSnapshot)
	}
	e := New(pack, opt)
	e.now, e.dayEnd, e.gone = s.Now, s.DayEnd, s.Gone
	fill(e.once, s.Once)
	fill(e.staff, s.Staff)
	fill(e.canaries, s.Canaries)
	fill(e.flagged, s.Flagged)
	if e.pending, err = parsed(s.Pending); err != nil {
		return nil, err
	}
	for station, evs := range s.Reveals {
		if e.reveals[station], err = parsed(evs); err != nil {
			return nil, err
		}
	}
	for _, c := range s.Counted {
		e.counted[pair{c.Actor, c.Subject}] = c.Counted
	}
	e.reasons.restore(s.Reasons)
	if err := e.own.Resume(s.Own); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	return e, e.detector.restore(s)
}

// restore takes over the state, as far as the parts fit together.
func (d *detector) restore(s engineState) error {
	fresh := *d
	*d = *s.Detector
	d.set, d.gamma, d.weights, d.byActor = fresh.set, fresh.gamma, fresh.weights, fresh.byActor
	d.attrs = s.Attributes
	d.attrs.set = fresh.set
	if d.attrs.Names == nil {
		d.attrs.Names = map[string]*values{}
	}
	d.order = s.Accounts
	if len(d.attrs.Cells) == 0 || len(d.attrs.Cells) > maxCells || len(d.Peers) < len(d.Groups.List)+1 {
		return fmt.Errorf("%w: parts are missing", ErrSnapshot)
	}
	d.attrs.reindex()
	inOrder := slices.IsSortedFunc(d.order, func(a, b *account) int { return compare(a.Actor, b.Actor) })
	for _, a := range d.order {
		known := a.Group >= 0 && int(a.Group) < len(d.Groups.List) && a.Partner >= 0 && int(a.Partner) < len(d.Partners.List)
		for _, q := range a.Today {
			known = known && q.Queue >= 0 && int(q.Queue) < len(d.Queues.List)
		}
		if !known || !inOrder || len(a.Cells[0]) > len(d.attrs.Cells) || len(a.Cells[1]) > len(d.attrs.Cells) {
			return fmt.Errorf("%w: an account does not belong to the rest", ErrSnapshot)
		}
		d.byActor[a.Actor] = a
	}
	return nil
}

func fill[K comparable, V any](to, from map[K]V) {
	for k, v := range from {
		to[k] = v
	}
}

func lines(evs []event.Event) ([][]byte, error) {
	var out [][]byte
	for _, ev := range evs {
		line, err := ev.AppendJSON(nil)
		if err != nil {
			return nil, fmt.Errorf("encoding snapshot: %w", err)
		}
		out = append(out, line)
	}
	return out, nil
}

func parsed(lines [][]byte) ([]event.Event, error) {
	var out []event.Event
	for _, line := range lines {
		ev, err := event.Parse(line)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
		}
		out = append(out, ev)
	}
	return out, nil
}

// reasonsState is what Reasons know.
type reasonsState struct {
	Now    time.Time
	Known  []knownState
	Held   []heldState
	Expiry []expiryState
}

type reasonRef struct {
	Kind string
	ID   event.ReasonID
}

func (r reasonRef) compare(o reasonRef) int {
	return cmp.Or(cmp.Compare(r.Kind, o.Kind), cmp.Compare(r.ID, o.ID))
}

type knownState struct {
	Reason  reasonRef
	Subject event.SubjectID
	Holder  event.ActorID
	Opened  time.Time
	Closed  bool
}

type heldState struct {
	Actor    event.ActorID
	Subject  event.SubjectID
	Reason   reasonRef
	From, To time.Time
}

type expiryState struct {
	At      time.Time
	Reason  reasonRef
	Actor   event.ActorID
	Subject event.SubjectID
}

func (r *Reasons) state() reasonsState {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := reasonsState{Now: r.now}
	for k, x := range r.known {
		s.Known = append(s.Known, knownState{reasonRef{k.kind, k.id}, x.subject, x.holder, x.opened, x.closed})
	}
	for p, hs := range r.held {
		for _, h := range hs {
			s.Held = append(s.Held, heldState{p.actor, p.subject, reasonRef{h.reason.kind, h.reason.id}, h.from, h.to})
		}
	}
	slices.SortFunc(s.Known, func(x, y knownState) int { return x.Reason.compare(y.Reason) })
	slices.SortStableFunc(s.Held, func(x, y heldState) int {
		return cmp.Or(cmp.Compare(x.Actor, y.Actor), cmp.Compare(x.Subject, y.Subject))
	})
	for _, x := range r.expiry[r.done:] {
		s.Expiry = append(s.Expiry, expiryState{x.at, reasonRef{x.key.kind, x.key.id}, x.pair.actor, x.pair.subject})
	}
	return s
}

func (r *Reasons) restore(s reasonsState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = s.Now
	for _, k := range s.Known {
		r.known[reasonKey{k.Reason.Kind, k.Reason.ID}] = &reason{k.Subject, k.Holder, k.Opened, k.Closed}
	}
	for _, h := range s.Held {
		p := pair{h.Actor, h.Subject}
		r.held[p] = append(r.held[p], holding{reasonKey{h.Reason.Kind, h.Reason.ID}, h.From, h.To})
	}
	for _, x := range s.Expiry {
		r.expiry = append(r.expiry, expiring{x.At, reasonKey{x.Reason.Kind, x.Reason.ID}, pair{x.Actor, x.Subject}})
	}
}

// Save writes all that the reasons are, so that Load can go on from it.
func (r *Reasons) Save(w io.Writer) error {
	state := r.state()
	return snapshot.Save(w, func(c *snapshot.Codec) { state.walk(c, r.grace) })
}

// Load makes new reasons of the same grace know what others have saved. An error that
// wraps snapshot.ErrUnfit says that they cannot; they are then as they were.
func (r *Reasons) Load(in io.Reader) error {
	var state reasonsState
	if err := snapshot.Load(in, func(c *snapshot.Codec) { state.walk(c, r.grace) }); err != nil {
		return err
	}
	r.restore(state)
	return nil
}

func (s *reasonsState) walk(c *snapshot.Codec, grace Grace) {
	c.Same(fmt.Sprintf("menshen reasons 1 %+v", grace), "it is of another kind or version, or of another grace")
	snapshot.JSON(c, s)
}
