package payout

import (
	"maps"
	"slices"

	"github.com/menshen-io/menshen/event"
)

// WhatIf returns the decisions that Fold would give for a request, and leaves the
// book as it is: nothing is reserved, and no time passes. A window that has ended
// since the newest event that was folded therefore still counts as open: the answer
// errs on the careful side. For a request or refund that was decided, and for
// anything that asks for no money, it returns nothing.
func (b *Book) WhatIf(ev event.Event) []event.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch d := ev.Data.(type) {
	case *event.PayoutRequested:
		if b.requests[d.Request] != nil {
			return nil
		}
		_, known := b.merchants[d.Merchant]
		restore := b.hold(ev, b.merchant(d.Merchant), nil)
		out := b.payoutRequested(ev, d)
		restore()
		delete(b.requests, d.Request)
		if !known {
			delete(b.merchants, d.Merchant)
		}
		return out
	case *event.RefundRequested:
		if b.refunds[d.Refund] != nil {
			return nil
		}
		o := b.orders[d.Order]
		if o == nil {
			return []event.Event{decision(ev.Time, &event.DecisionRefund{Refund: d.Refund, Order: d.Order, Decision: event.Review,
				Reasons: []event.Reason{reasonUnknownOrder()}})}
		}
		restore := b.hold(ev, b.merchants[o.acc.merchant], o)
		out := b.refundRequested(ev, d)
		restore()
		delete(b.refunds, d.Refund)
		return out
	}
	return nil
}

// hold notes all that ev, a request of m, or a refund of its order o, can change but for
// the request or refund itself, and returns what puts it back. The caller holds mu
// until then.
func (b *Book) hold(ev event.Event, m *merchant, o *order) (restore func()) {
	undo := []func(){b.rules.Keep(ev, b.beside(ev, m, o, ""))}
	past, unmatched, timing, known := b.past, b.unmatched, b.timing, maps.Clone(b.habits)
	undo = append(undo, func() { b.past, b.unmatched, b.timing, b.habits = past, unmatched, timing, known })
	if o != nil {
		was, refunds := *o, slices.Clone(o.refunds)
		undo = append(undo, func() { *o = was; o.refunds = refunds })
	}
	for _, other := range m.group.members {
		undo = append(undo, keep(other))
		other.accounts = maps.Clone(other.accounts) // an account that is made is not kept
		for _, a := range other.accounts {
			undo = append(undo, a.keep(), keep(b.habitsOf(a)))
		}
		for _, over := range other.overrides {
			undo = append(undo, keep(over))
		}
	}
	return func() {
		for _, f := range undo {
			f()
		}
	}
}

// keep returns what sets *p back to what it is.
func keep[T any](p *T) func() {
	was := *p
	return func() { *p = was }
}

// keep returns what sets the account back to what it is, with all that only it
// holds. The account goes on with copies.
func (a *account) keep() func() {
	was := *a
	a.open, a.members, a.history = maps.Clone(a.open), maps.Clone(a.members), slices.Clone(a.history)
	a.due = make(map[due]*exposure, len(was.due))
	for k, e := range was.due {
		c := *e
		a.due[k] = &c
	}
	return func() { *a = was }
}
