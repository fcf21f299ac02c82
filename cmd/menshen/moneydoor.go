package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/payout"
)

// doorkeeper is the one way by which the events of the money door come into the
// record. Under one lock an event is folded and, with what follows from it, put on
// the ledger's queue: the order in which it is folded is the order of the record,
// and a start that folds the record comes to the same decisions.
//
// What was folded and could not be recorded would be spent without a trace, so
// that the door then stays shut until a restart, which folds what is recorded.
type doorkeeper struct {
	record     moneyRecord
	now        func() time.Time
	log        *slog.Logger
	*moneyDoor // folded under mu; its book is asked by anybody

	mu     sync.Mutex    // guards all below
	shadow *shadow       // nil: none
	beside []event.Event // what it would have said to the last event
	window *event.Window
	asked  questions
	faulty int       // rules of the pack's own that could not be worked out on some event
	shut   error     // why the door is shut
	replay *recalled // nil once caught up
}

// moneyRecord is the ledger as the money door needs it. EnqueueAll takes all or none,
// one after another; what it returns is the first.
type moneyRecord interface {
	EnqueueAll(ctx context.Context, evs []event.Event) (api.Pending, error)
	Read(ctx context.Context, from, to uint64, fn func(index uint64, line []byte) error) error
}

// doorRecord is a ledger as a moneyRecord.
type doorRecord struct{ *ledger.Ledger }

func (r doorRecord) EnqueueAll(ctx context.Context, evs []event.Event) (api.Pending, error) {
	return r.Ledger.EnqueueAll(ctx, evs)
}

// recalled is what a start has folded of the record and not found in it yet.
type recalled struct {
	n         int
	decisions map[question][]owed // in the order in which they were said
	rings     map[event.Key]owed
	differ    int // decisions that are not what would be said now
}

// owed is what was said, as the how manieth.
type owed struct {
	n  int
	ev event.Event
}

func newDoorkeeper(record moneyRecord, now func() time.Time, door *moneyDoor, log *slog.Logger) *doorkeeper {
	return &doorkeeper{record: record, now: now, log: log, moneyDoor: door,
		window: event.NewWindow(event.DefaultLateness), asked: newQuestions(), shut: errCatchingUp,
		replay: &recalled{decisions: map[question][]owed{}, rings: map[event.Key]owed{}}}
}

// errCatchingUp keeps the door shut until the record is folded.
var errCatchingUp = fmt.Errorf("%w: still reading the record", api.ErrNotRecorded)

// isMoney says whether events of a type go through the money door.
func isMoney(t event.Type) bool {
	family, _, _ := strings.Cut(string(t), ".")
	switch family {
	case "merchant", "collateral", "order", "parcel", "payout", "refund", "ring":
		return true
	}
	return t == event.TypeDecisionOverridden
}

// fold takes the next event and returns what follows from it. One that repeats, or
// is too late to judge, is recorded and changes nothing. The caller holds mu.
func (d *doorkeeper) fold(ev event.Event) []event.Event {
	if _, err := d.window.Admit(ev); err != nil {
		d.beside = nil
		return nil
	}
	return d.judge(ev)
}

// judge folds an event that was admitted. The caller holds mu.
func (d *doorkeeper) judge(ev event.Event) []event.Event {
	var said []event.Event
	for _, found := range d.finder.Fold(ev) {
		said = append(said, found)
		said = append(said, d.book.Fold(found)...)
	}
	said = append(said, d.book.Fold(ev)...)
	kept := said[:0]
	for _, s := range said {
		if err := ledger.Check(s); err != nil {
			// A ring of thousands: it is one in the book, and not told of.
			d.log.Error("not recorded", "type", s.Type, "err", err)
			continue
		}
		kept = append(kept, s)
	}
	if faults := d.book.RuleFaults(); len(faults) > d.faulty {
		d.faulty = len(faults)
		d.log.Error("rules of the pack's own could not be worked out", "faults", faults)
	}
	d.asked.note(ev, kept)
	d.beside = d.shadow.judge(ev, kept)
	return kept
}

// enqueue puts an event that was folded on the ledger's queue, with what follows
// from it. It shuts the door when that cannot be done. The caller holds mu.
func (d *doorkeeper) enqueue(ctx context.Context, ev event.Event, said []event.Event) (api.Pending, error) {
	// Who asked may go away; what was folded is recorded all the same.
	p, err := d.record.EnqueueAll(context.WithoutCancel(ctx), slices.Concat([]event.Event{ev}, said, d.beside))
	if err != nil {
		return nil, d.shutBy(err)
	}
	d.asked.underWay(said, p, 1)
	return p, nil
}

// shutBy shuts the door. The caller holds mu.
func (d *doorkeeper) shutBy(err error) error {
	if d.shut == nil {
		d.shut = fmt.Errorf("%w: %w", api.ErrNotRecorded, err)
		d.log.Error("the money door is shut until a restart", "err", err)
	}
	return d.shut
}

// open says whether all that was folded is recorded, or will be.
func (d *doorkeeper) open() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shut == nil
}

// Enqueue records an event of anybody's. One of the money door is folded in the
// order in which it is recorded.
func (d *doorkeeper) Enqueue(ctx context.Context, ev event.Event) (api.Pending, error) {
	if !isMoney(ev.Type) {
		return d.record.EnqueueAll(ctx, []event.Event{ev})
	}
	if err := ledger.Check(ev); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut != nil {
		return nil, d.shut
	}
	return d.enqueue(ctx, ev, d.fold(ev))
}

// Decide answers a request for a decision once both are durable.
func (d *doorkeeper) Decide(ctx context.Context, a api.Ask) (_ []api.Decided, again bool, err error) {
	ev, q := a.Event, question{a.Event.Type, a.ID}
	ev.ID = askID(a)
	d.mu.Lock()
	old, key, err := d.asked.find(q, a)
	switch {
	case errors.Is(err, api.ErrInFlight) && d.shut != nil: // it will not be answered any more
		defer d.mu.Unlock()
		return nil, false, d.shut
	case err != nil:
		d.mu.Unlock()
		return nil, false, err
	case old != nil:
		d.mu.Unlock()
		decided, err := d.say(ctx, old)
		return decided, true, err
	case d.shut != nil:
		defer d.mu.Unlock()
		return nil, false, d.shut
	}
	if err := ledger.Check(ev); err != nil {
		d.mu.Unlock()
		return nil, false, api.Fault(err.Error())
	}
	if cause, err := d.window.Admit(ev); err != nil {
		d.mu.Unlock()
		if cause == event.CauseLate {
			return nil, false, api.ErrLate
		}
		return nil, false, api.ErrNoDecision // recorded before the time for which answers are kept
	}
	said := d.judge(ev)
	p, err := d.enqueue(ctx, ev, said)
	if key != nil {
		d.asked.take(keyHash(a.Key), key, ev.Time)
	}
	d.mu.Unlock()
	if err == nil {
		var first uint64
		if first, err = p.Wait(context.WithoutCancel(ctx)); err == nil {
			return d.given(q, key, said, first)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return nil, false, d.shutBy(err)
}

// given is the answer to a request that is durable from index first on.
func (d *doorkeeper) given(q question, key *usedKey, said []event.Event, first uint64) (out []api.Decided, again bool, err error) {
	var at []uint64
	for i, s := range said {
		if questionOf(s) != q {
			continue
		}
		line, err := s.AppendJSON(nil)
		if err != nil {
			return nil, false, err
		}
		at = append(at, first+1+uint64(i))
		out = append(out, api.Decided{Index: at[len(at)-1], Event: line})
	}
	d.mu.Lock()
	d.asked.durable(q, at)
	if key != nil {
		key.answered = true
	}
	d.mu.Unlock()
	if len(out) == 0 {
		return nil, false, api.ErrNoDecision
	}
	return out, false, nil
}

// say returns decisions that were given before, as they are recorded.
func (d *doorkeeper) say(ctx context.Context, a *answer) ([]api.Decided, error) {
	d.mu.Lock()
	at, p, offsets := a.at, a.pending, a.offsets
	d.mu.Unlock()
	at, err := durableAt(ctx, at, p, offsets)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		return nil, d.shutBy(err)
	}
	var out []api.Decided
	for _, index := range at {
		err := d.record.Read(ctx, index, index+1, func(_ uint64, line []byte) error {
			out = append(out, api.Decided{Index: index, Event: append([]byte(nil), line...)})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, api.ErrNoDecision
	}
	return out, nil
}

// WhatIf says what Decide would, and changes nothing.
func (d *doorkeeper) WhatIf(ev event.Event) ([]event.Event, error) {
	if ev.Type == event.TypeMerchantApplied {
		return nil, api.Fault("what_if: not for merchants; which shops are linked shows only when an application is taken in")
	}
	out := d.book.WhatIf(ev)
	if out == nil {
		return nil, api.ErrWasDecided
	}
	return out, nil
}

// Override records what a person lets a merchant have, or by's confirmation of it.
func (d *doorkeeper) Override(ctx context.Context, o event.DecisionOverridden, by string) (api.Override, error) {
	d.mu.Lock()
	p, err := d.override(ctx, &o, by)
	d.mu.Unlock()
	if err != nil {
		return api.Override{}, err
	}
	if _, err := p.Wait(context.WithoutCancel(ctx)); err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		return api.Override{}, d.shutBy(err)
	}
	for _, got := range d.Overrides() {
		if got.Override == o.Override {
			return got, nil
		}
	}
	return api.Override{}, errors.New("an override that was taken is not known")
}

// override folds and enqueues it. The caller holds mu.
func (d *doorkeeper) override(ctx context.Context, o *event.DecisionOverridden, by string) (api.Pending, error) {
	if d.shut != nil {
		return nil, d.shut
	}
	at, name := d.now(), "override-"
	if by == "" {
		var fault payout.OverrideFault
		if _, err := d.book.MayOverride(at, o); errors.As(err, &fault) {
			return nil, api.Fault(fault)
		} else if err != nil {
			return nil, err
		}
		o.Override = event.OverrideID("ov-" + strings.ToLower(rand.Text()[:16]))
	} else {
		name = "confirm-"
		waits := false
		for _, known := range d.book.Overrides() {
			if known.Override == o.Override && known.Needs && at.Before(known.Until) {
				*o, waits = known.DecisionOverridden, true
			}
		}
		switch {
		case !waits:
			return nil, api.ErrNoOverride
		case payout.SamePerson(o.Person, by):
			return nil, api.ErrSamePerson
		}
		o.Second = by
	}
	ev := event.New(name+string(o.Override), consoleSource, at, o)
	if err := ledger.Check(ev); err != nil {
		return nil, api.Fault(err.Error())
	}
	if _, err := d.window.Admit(ev); err != nil {
		return nil, fmt.Errorf("taking an override: %w", err)
	}
	return d.enqueue(ctx, ev, d.judge(ev))
}

// consoleSource is the source of what people do in the console.
const consoleSource = "console"

// Overrides lists what people have let merchants have, the newest first.
func (d *doorkeeper) Overrides() []api.Override {
	all := d.book.Overrides()
	out := make([]api.Override, 0, len(all))
	for _, o := range all {
		state := "in_force"
		switch {
		case o.Left == 0:
			state = "spent"
		case !d.now().Before(o.Until):
			state = "ended"
		case o.Needs:
			state = "waiting"
		}
		out = append(out, api.Override{DecisionOverridden: o.DecisionOverridden, Given: o.At, Left: o.Left, State: state})
	}
	return out
}

// recall folds an event of the record at a start.
func (d *doorkeeper) recall(ev event.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.replay
	for _, s := range d.fold(ev) {
		r.n++
		if q := questionOf(s); q != (question{}) {
			r.decisions[q] = append(r.decisions[q], owed{r.n, s})
		} else {
			r.rings[s.Key()] = owed{r.n, s}
		}
	}
	d.asked.recall(ev)
}

// recorded takes what Menshen itself has said, as the record has it.
func (d *doorkeeper) recorded(index uint64, ev event.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := questionOf(ev)
	if d.replay != nil {
		d.replay.recorded(q, ev, d.book)
	}
	if q != (question{}) {
		d.asked.recorded(q, index)
	}
}

// recorded takes what was said from what is owed. A decision that is recorded
// stands, even where another would be given now.
func (r *recalled) recorded(q question, ev event.Event, book *payout.Book) {
	if q == (question{}) {
		delete(r.rings, ev.Key())
		return
	}
	said := r.decisions[q]
	same := len(said) > 0 && said[0].ev.ID == ev.ID
	if len(said) > 1 {
		r.decisions[q] = said[1:]
	} else {
		delete(r.decisions, q)
	}
	if same {
		return
	}
	r.differ++
	if p, ok := ev.Data.(*event.DecisionPayout); ok {
		book.Recorded(p)
	}
}

// settle ends a start: it records what follows from the record and is not in it,
// since a crash came between, and waits until it is.
func (d *doorkeeper) settle(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.replay
	d.replay, d.shut = nil, nil
	if r.differ > 0 {
		d.log.WarnContext(ctx, "decisions of the record are not what the pack would say now; they stand", "decisions", r.differ)
	}
	all := slices.Collect(maps.Values(r.rings))
	for _, said := range r.decisions {
		all = append(all, said...)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(x, y owed) int { return x.n - y.n })
	said := make([]event.Event, len(all))
	for i, o := range all {
		said[i] = o.ev
	}
	p, err := d.record.EnqueueAll(ctx, said)
	if err != nil {
		return d.shutBy(err)
	}
	d.asked.underWay(said, p, 0)
	if _, err := p.Wait(ctx); err != nil {
		return d.shutBy(err)
	}
	return nil
}
