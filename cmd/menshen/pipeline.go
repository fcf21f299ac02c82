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
// money door it brings up to date at a start only. Its state is that of the record: on a start it is folded anew from
// the first entry, and what the engines say again is recognised by its id.
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

	folded atomic.Uint64 // entries

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

// run follows the ledger until ctx ends or something cannot be written.
func (p *pipeline) run(ctx context.Context) error {
	cursor, err := p.store.Cursor(ctx)
	if err != nil {
		return err
	}
	if size := p.ledger.Size(); cursor > size {
		return fmt.Errorf("the index has read up to entry %d, the ledger ends at %d: they are not of one record; remove menshen.db to build the index anew", cursor, size)
	}
	if p.replay.until == 0 {
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go p.flushEvery(ctx, cancel)
	err = p.ledger.Follow(ctx, 0, func(index uint64, line []byte) error { return p.take(ctx, cursor, index, line) })
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return err
}

// take folds one entry.
func (p *pipeline) take(ctx context.Context, cursor, index uint64, line []byte) error {
	defer p.folded.Store(index + 1)
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
	if ev.Source == standing.Source {
		if p.replay != nil {
			p.replay.seen[ev.Key()] = struct{}{}
		}
		p.door.recorded(index, ev)
		p.tally.Fold(index, ev)
		p.standings.Apply(ev)
		return p.settleAt(ctx, index)
	}
	if p.replay != nil && isMoney(ev.Type) {
		p.door.recall(ev) // later ones the door has folded before they were recorded
	}
	if _, err := p.window.Admit(ev); err != nil {
		return p.settleAt(ctx, index) // a repetition, or too late to judge: recorded, counted once
	}
	p.tally.Fold(index, ev)
	p.standings.Apply(ev)
	p.engines.now(ev)
	if d, ok := ev.Data.(*event.AccessViewed); ok && d.Kind == event.KindReveal && p.replay != nil {
		p.revealed(d.Actor, ev.Time)
	}
	for _, due := range p.sorter.Push(ev) {
		if err := p.say(ctx, p.engines.fold(due)); err != nil {
			return err
		}
	}
	return p.settleAt(ctx, index)
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
	close(p.ready)
	return p.say(ctx, owed)
}

// say records what the engines said.
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
