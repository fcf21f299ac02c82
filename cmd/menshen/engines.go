package main

import (
	"sync"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/partner"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/ring"
	"github.com/menshen-io/menshen/standing"
	"github.com/menshen-io/menshen/trace"
	"github.com/menshen-io/menshen/watch"
)

// engines are the deciding parts, each fed with the events of the record.
type engines struct {
	reasons *watch.Reasons
	watch   *watch.Engine
	roll    *partner.Roll
	rings   *ring.Finder
	payouts *payout.Book

	mu    sync.Mutex // guards trace, which the console asks at any time
	trace *trace.Tracer
}

// now takes an event as it is recorded: what a door must know at once.
func (e *engines) now(ev event.Event) { e.reasons.Apply(ev) }

// fold takes events in order and returns what follows from them: alerts, the
// standings that these and the partner's facts bring about, rings, decisions.
func (e *engines) fold(ev event.Event) []event.Event {
	var out []event.Event
	for _, alert := range e.watch.Fold(ev) {
		out = append(out, alert)
		if change, ok := standing.Consequence(alert); ok {
			out = append(out, change)
		}
	}
	out = append(out, e.roll.Fold(ev)...)
	for _, found := range e.rings.Fold(ev) {
		out = append(out, found)
		out = append(out, e.payouts.Fold(found)...)
	}
	out = append(out, e.payouts.Fold(ev)...)
	e.mu.Lock()
	e.trace.Add(ev)
	e.mu.Unlock()
	return out
}

// traced names the accounts that best explain the harms so far.
func (e *engines) traced() trace.Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.trace.Answer()
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
