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
		asked := keyOf(d.Request)
		if _, known := b.requests[asked]; known {
			return nil
		}
		_, known := b.merchants[d.Merchant]
		restore := b.hold(ev, b.merchant(d.Merchant), nil)
		out := b.payoutRequested(ev, d)
		restore()
		delete(b.requests, asked)
		delete(b.further, asked)
		if !known {
			delete(b.merchants, d.Merchant)
		}
		return out
	case *event.RefundRequested:
		if b.refunds[d.Refund] != nil {
			return nil
		}
		o := b.orders.find(d.Order)
		if o == nil {
			return []event.Event{decision(ev.Time, &event.DecisionRefund{Refund: d.Refund, Order: d.Order, Decision: event.Review,
				Reasons: []event.Reason{reasonUnknownOrder()}})}
		}
		restore := b.hold(ev, b.of(o).owner, o)
		out := b.refundRequested(ev, d)
		restore()
		delete(b.refunds, d.Refund)
		return out
	}
	return nil
}

// hold notes all that ev, a request of m or a refund of its order o, can change but for
// the request or refund itself, and returns what puts it back. The caller holds mu
// until then.
func (b *Book) hold(ev event.Event, m *merchant, o *order) (restore func()) {
	undo := []func(){b.rules.Keep(ev, b.beside(ev, m, o, ""))}
	accounts, past, answered, strange, unmatched, timing := b.accounts, b.past, b.answered, b.strange, b.unmatched, b.timing
	known, texts := maps.Clone(b.habits), maps.Clone(b.texts)
	undo = append(undo, func() {
		b.accounts, b.past, b.answered, b.strange, b.unmatched, b.timing = accounts, past, answered, strange, unmatched, timing
		b.habits, b.texts = known, texts
	})
	if o != nil {
		undo = append(undo, b.keepOrder(o))
	}
	for _, other := range m.group.members {
		undo = append(undo, keep(other))
		other.accounts = slices.Clone(other.accounts) // an account that is made is not kept
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

// keepOrder returns what sets an order back to what it is, with those beside it in the
// account's list, those who share its values, and its refunds.
func (b *Book) keepOrder(o *order) func() {
	undo := []func(){keep(o)}
	for _, r := range []ref{o.prev, o.next, b.of(o).open} {
		if r != 0 {
			undo = append(undo, keep(b.orders.at(r)))
		}
	}
	members := b.of(o).members
	for _, v := range o.values {
		if n := members[v]; n > 0 {
			undo = append(undo, func() { members[v] = n })
		}
	}
	refunds := b.refunded[o.self]
	undo = append(undo, func() {
		if b.refunded[o.self] = refunds; refunds == nil {
			delete(b.refunded, o.self)
		}
	})
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

// keep returns what sets the account back to what it is. The account goes on with
// copies; of the crowds' members keepOrder takes care, and what history has packed is
// only ever added to.
func (a *account) keep() func() {
	was := *a
	a.due = slices.Clone(a.due)
	return func() { *a = was }
}
