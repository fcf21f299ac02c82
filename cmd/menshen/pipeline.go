package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/store"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/standing"
)

// pipeline follows the ledger and brings every part up to date with it: the
// index, the figures, the standings, and the engines whose alerts it appends. The
// money door it brings up to date at a start only. Its state is that of the record: a
// start goes on from the state that was saved, or from the first entry, and what the
// engines say again is recognised by its id.
type pipeline struct {
	ledger    *ledger.Ledger
	store     *store.Store
	tally     *api.Tally
	standings *standing.Book
	engines   *engines
	door      *doorkeeper
	revealed  func(actor event.ActorID, at time.Time) // told of the reveals of before the start; the gateway counts its own
	log       *slog.Logger

	window *event.Window
	sorter *event.Sorter
	replay *replayed // nil once caught up
	ready  chan struct{}

	folded   atomic.Uint64 // entries
	from     uint64        // entries that were folded when the state was saved
	doorFrom uint64        // entries that the money door knew then
	reveals  []reveal      // of the last hour, for a start to tell
	faulty   int           // rules of the pack's own that could not be worked out on some event
	failed   bool          // the state is not that of the entries folded

	// saveState saves the state of all parts; nothing but the pipeline is at work then.
	saveState func(context.Context) error

	mu      sync.Mutex // guards all below
	waiting []api.Entry
	marks   []mark
}

// mark is a customer of a view whom no work explains, not yet in the index.
type mark struct {
	view    event.Key
	subject event.SubjectID
}

// replayed holds what a start has to settle before it may append.
type replayed struct {
	until uint64                 // the ledger's size when the start began
	seen  map[event.Key]struct{} // what Menshen itself had recorded
	owed  []event.Event          // what the engines said, in order
}

// indexBatch is how many entries are indexed in one transaction at the most.
const indexBatch = 512

func newPipeline(l *ledger.Ledger, st *store.Store, t *api.Tally, b *standing.Book, e *engines, d *doorkeeper, settle time.Duration, log *slog.Logger) *pipeline {
	p := &pipeline{
		ledger: l, store: st, tally: t, standings: b, engines: e, door: d, log: log,
		window: event.NewWindow(event.DefaultLateness), sorter: event.NewSorter(settle),
		replay: &replayed{until: l.Size(), seen: map[event.Key]struct{}{}}, ready: make(chan struct{}),
	}
	return p
}

// caughtUp is closed when all that was recorded before the start is folded.
func (p *pipeline) caughtUp() <-chan struct{} { return p.ready }

// done says, after run, whether what it has folded is a state to go on from.
func (p *pipeline) done() bool {
	select {
	case <-p.ready:
		return !p.failed
	default:
		return false
	}
}

// run follows the ledger until ctx ends or something cannot be written.
func (p *pipeline) run(ctx context.Context) error {
	cursor, err := p.store.Cursor(ctx)
	if err != nil {
		return err
	}
	if size := p.ledger.Size(); cursor > size {
		return fmt.Errorf("the index has read up to entry %d, the ledger ends at %d: they are not of one record; remove menshen.db to build the index anew", cursor, size)
	}
	for _, r := range p.reveals {
		p.revealed(r.actor, r.at)
	}
	from := min(cursor, p.from)
	if from >= p.replay.until {
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go p.flushEvery(ctx, cancel)
	err = p.ledger.Follow(ctx, from, func(index uint64, line []byte) error { return p.take(ctx, cursor, index, line) })
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return err
}

// take folds one entry.
func (p *pipeline) take(ctx context.Context, cursor, index uint64, line []byte) (err error) {
	ctx = context.WithoutCancel(ctx) // no entry is left half folded
	defer func() {
		if p.failed = err != nil; !p.failed {
			p.folded.Store(max(p.folded.Load(), index+1))
		}
	}()
	ev, err := event.Parse(line)
	if err != nil {
		// Written by a newer version, or by another's hand: the record keeps it.
		p.log.WarnContext(ctx, "entry passed over", "index", index, "err", err)
		return p.settleAt(ctx, index)
	}
	if index >= cursor {
		if err := p.index(ctx, api.Entry{Index: index, Event: ev, Line: line}); err != nil {
			return err
		}
	}
	if index < p.from { // only the index did not have it
		return p.settleAt(ctx, index)
	}
	if ev.Source == standing.Source {
		if p.replay != nil {
			p.replay.seen[ev.Key()] = struct{}{}
		}
		if index >= p.doorFrom {
			p.door.recorded(index, ev)
		}
		p.tally.Fold(index, ev)
		p.standings.Apply(ev)
		return p.settleAt(ctx, index)
	}
	if p.replay != nil && isMoney(ev.Type) && index >= p.doorFrom {
		p.door.recall(ev) // later ones the door has folded before they were recorded
	}
	if _, err := p.window.Admit(ev); err != nil {
		return p.settleAt(ctx, index) // a repetition, or too late to judge: recorded, counted once
	}
	p.tally.Fold(index, ev)
	p.standings.Apply(ev)
	p.engines.now(ev)
	if d, ok := ev.Data.(*event.AccessViewed); ok && d.Kind == event.KindReveal {
		p.reveal(reveal{d.Actor, ev.Time})
	}
	for _, due := range p.sorter.Push(ev) {
		if err := p.say(ctx, p.engines.fold(due)); err != nil {
			return err
		}
	}
	if faults := p.engines.watch.Faults(); len(faults) > p.faulty {
		p.faulty = len(faults)
		p.log.ErrorContext(ctx, "rules of the pack's own could not be worked out", "faults", faults)
	}
	return p.settleAt(ctx, index)
}

// reveal keeps a reveal for an hour, and tells the gateway of one of before the start.
func (p *pipeline) reveal(r reveal) {
	if p.replay != nil {
		p.revealed(r.actor, r.at)
	}
	p.reveals = append(p.reveals, r)
	for r.at.Sub(p.reveals[0].at) > time.Hour {
		p.reveals = p.reveals[1:]
	}
}

// settleAt ends the replay with its last entry.
func (p *pipeline) settleAt(ctx context.Context, index uint64) error {
	if p.replay == nil || index+1 < p.replay.until {
		return nil
	}
	return p.settle(ctx)
}

// settle appends what the engines said in the replay and was not recorded: a
// crash came between an event and what follows from it.
func (p *pipeline) settle(ctx context.Context) error {
	if p.engines.behind() {
		return errors.New("the index of views has seen more than the ledger holds: they are not of one record; remove trace.db to build it anew")
	}
	r := p.replay
	var owed []event.Event
	for _, ev := range r.owed {
		if _, ok := r.seen[ev.Key()]; !ok {
			owed = append(owed, ev)
		}
	}
	p.replay = nil
	if err := p.flush(ctx); err != nil {
		return err
	}
	if err := p.door.settle(ctx); err != nil {
		return err
	}
	var last ledger.Pending
	for _, ev := range owed {
		var err error
		if last, err = p.ledger.Enqueue(ctx, ev); err != nil {
			return fmt.Errorf("recording %s: %w", ev.Type, err)
		}
	}
	if len(owed) > 0 {
		if _, err := last.Wait(ctx); err != nil {
			return fmt.Errorf("recording %s: %w", owed[0].Type, err)
		}
	}
	p.folded.Store(max(p.folded.Load(), r.until))
	if r.until-p.from >= saveAfter {
		if err := p.saveState(ctx); err != nil { // the next start will take as long as this one
			p.log.ErrorContext(ctx, "the state is not saved", "err", err)
		}
	}
	close(p.ready)
	return nil
}

// saveAfter is how many entries a start may have folded without saving what it made of
// them before the doors open.
const saveAfter = 100_000

// say records what the engines said; in a replay it is kept until its end.
func (p *pipeline) say(ctx context.Context, said []event.Event) error {
	for _, ev := range said {
		if p.replay != nil {
			p.replay.owed = append(p.replay.owed, ev)
			continue
		}
		if _, err := p.ledger.Enqueue(ctx, ev); err != nil {
			return fmt.Errorf("recording %s: %w", ev.Type, err)
		}
	}
	return nil
}

// index hands an entry to the store, many at a time.
func (p *pipeline) index(ctx context.Context, e api.Entry) error {
	p.mu.Lock()
	p.waiting = append(p.waiting, e)
	full := len(p.waiting) >= indexBatch
	p.mu.Unlock()
	if full {
		return p.flush(ctx)
	}
	return nil
}

func (p *pipeline) flush(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		if err := p.store.Index(ctx, p.waiting); err != nil {
			return err
		}
		p.waiting = p.waiting[:0]
	}
	return p.markUnexplained(ctx)
}

// markUnexplained notes in the index what the watch found. The caller holds mu.
func (p *pipeline) markUnexplained(ctx context.Context) error {
	var all []api.Unexplained
	for _, m := range p.marks {
		found, err := p.store.Entries(ctx, api.Query{Key: api.Key{Kind: api.KeyID, Key: m.view.ID}, Limit: 10})
		if err != nil {
			return err
		}
		for _, e := range found {
			if e.Event.Source == m.view.Source {
				all = append(all, api.Unexplained{Index: e.Index, Subject: m.subject})
				break
			}
		}
	}
	p.marks = p.marks[:0]
	if len(all) == 0 {
		return nil
	}
	return p.store.MarkUnexplained(ctx, all)
}

// flushEvery keeps the index at most a moment behind.
func (p *pipeline) flushEvery(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := errors.Join(p.flush(ctx), p.engines.fault()); err != nil && ctx.Err() == nil {
				stop(err)
				return
			}
		}
	}
}

// verdict takes what the watch found of one customer of a view.
func (p *pipeline) verdict(view event.Event, subject event.SubjectID, explained bool) {
	d, ok := view.Data.(*event.AccessViewed)
	if !ok {
		return
	}
	p.tally.Verdict(d.Actor, view.Time, explained)
	if !explained {
		p.engines.unexplained(view, subject)
		p.mu.Lock()
		p.marks = append(p.marks, mark{view.Key(), subject})
		p.mu.Unlock()
	}
}
