package main

import (
	"context"
	"errors"
	"sync"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/store"
	"github.com/menshen-io/menshen/partner"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/standing"
	"github.com/menshen-io/menshen/trace"
	"github.com/menshen-io/menshen/watch"
)

// engines are the deciding parts of the data door, each fed with the events of the
// record.
type engines struct {
	reasons *watch.Reasons
	watch   *watch.Engine
	roll    *partner.Roll
	pack    *watch.Pack // of the watch
	options watch.Options

	mu    sync.Mutex // guards trace and shelf; the console asks at any time
	trace *trace.Tracer
	shelf *store.Shelf // of trace
}

// now takes an event as it is recorded: what a door must know at once.
func (e *engines) now(ev event.Event) { e.reasons.Apply(ev) }

// fold takes events in order and returns what follows from them: alerts, and the
// standings that these and the partner's facts bring about.
func (e *engines) fold(ev event.Event) []event.Event {
	e.mu.Lock()
	e.trace.Add(ev) // before the watch says what it thinks of it
	e.mu.Unlock()
	var out []event.Event
	for _, alert := range e.watch.Fold(ev) {
		out = append(out, alert)
		if change, ok := standing.Consequence(alert); ok {
			out = append(out, change)
		}
	}
	return append(out, e.roll.Fold(ev)...)
}

// unexplained takes a view of a customer that no work explains.
func (e *engines) unexplained(view event.Event, subject event.SubjectID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trace.Unexplained(view, subject)
}

// traced names the accounts that best explain the harms so far.
func (e *engines) traced() (trace.Result, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.trace.Answer(), e.trace.Err()
}

// behind says whether the tracer's index has seen more than the ledger holds.
func (e *engines) behind() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.trace.Behind()
}

// fault is what keeps the tracer from its index.
func (e *engines) fault() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.trace.Err()
}

// settle puts what the tracer holds into its index.
func (e *engines) settle() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.trace.Flush()
}

// close puts what the tracer holds into its index.
func (e *engines) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return errors.Join(e.trace.Flush(), e.shelf.Close())
}

// openTracer makes a tracer over the index in dir. One that cannot be used, being
// another version's, of another pack's or damaged, is removed: the ledger is folded
// from its first entry on, which builds it anew.
func openTracer(ctx context.Context, dir string, o trace.Options) (*trace.Tracer, *store.Shelf, error) {
	for again := false; ; again = true {
		shelf, err := store.OpenShelf(ctx, dir)
		if err != nil {
			return nil, nil, err
		}
		o.Shelf = shelf
		t := trace.New(o)
		switch err := t.Err(); {
		case err == nil:
			return t, shelf, nil
		case again || !errors.Is(err, trace.ErrShelf):
			return nil, nil, errors.Join(err, shelf.Close())
		}
		if err := errors.Join(shelf.Close(), store.RemoveShelf(dir)); err != nil {
			return nil, nil, err
		}
	}
}

// money shows the payout book to the API.
type money struct{ book *payout.Book }

func (m money) Merchants() []api.Merchant {
	accounts := m.book.Merchants()
	out := make([]api.Merchant, 0, len(accounts))
	for _, a := range accounts {
		out = append(out, merchantOf(a))
	}
	return out
}

func (m money) Merchant(id event.MerchantID) (api.Merchant, bool) {
	a, ok := m.book.Account(id)
	return merchantOf(a), ok
}

func merchantOf(a payout.Account) api.Merchant {
	return api.Merchant{
		Merchant: a.Merchant, Category: a.Category, Country: a.Country, Opened: a.Opened, Currency: a.Currency,
		Balance: a.Balance, Refundable: a.Refundable, Collateral: a.Collateral, Advanced: a.Advanced, AtRisk: a.AtRisk,
		Line: a.Line, Paid: a.Paid, Held: a.Held, Decision: a.Decision,
		Ring: a.Ring, RingLine: a.RingLine, RingAtRisk: a.RingAtRisk,
	}
}
