package payout

import (
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/rule"
)

// refund is a refund that was asked for.
type refund struct {
	id    event.RefundID
	order ref // 0 for one that is not known
	fromOrder, fromBalance, fromCollateral,
	advance, recovered int64
	pending    int64                  // under review, and so kept exposed
	reviewed   bool                   // no money was moved by us
	recoveries map[event.Key]struct{} // seen
}

func (r *refund) sawRecovery(k event.Key) {
	if r.recoveries == nil {
		r.recoveries = map[event.Key]struct{}{}
	}
	r.recoveries[k] = struct{}{}
}

// outstanding is what of the refund the platform is still owed.
func (r *refund) outstanding() int64 { return max(0, r.advance-r.recovered) }

func (b *Book) refundRequested(ev event.Event, d *event.RefundRequested) []event.Event {
	if b.refunds[d.Refund] != nil {
		return nil
	}
	o := b.orders.find(d.Order)
	r := &refund{id: d.Refund}
	b.refunds[d.Refund] = r
	if o != nil {
		r.order = o.self
		b.refunded[o.self] = append(b.refunded[o.self], r)
	} else {
		b.strange = append(b.strange, past[event.RefundID]{instantOf(b.now), d.Refund})
	}
	out := &event.DecisionRefund{Refund: d.Refund, Order: d.Order, Decision: event.Refund, Reasons: []event.Reason{}}
	var met []rule.Met
	if o != nil {
		out.Merchant = b.of(o).owner.id
		met = b.meets(ev, b.of(o).owner, o, b.of(o).currency)
	}
	if reason, ok := b.doubt(o, d); ok {
		r.reviewed = true
		out.Decision = event.Review
		out.Reasons = append(out.Reasons, reason)
		return []event.Event{decision(ev.Time, out)}
	}
	a, n := b.of(o), d.Money.Amount
	if len(met) > 0 {
		return b.review(ev, r, n, out, reasonsOf(met))
	}
	if o.confirmed == 0 {
		b.change(o, func() { o.refunded += n })
		a.returned += n
		if o.refunded == o.amount {
			b.over(o)
		}
		r.fromOrder, out.FromOrder = n, n
		return []event.Event{decision(ev.Time, out)}
	}
	r.fromBalance = min(n, max(0, a.balance))
	r.fromCollateral = min(n-r.fromBalance, a.collateral)
	advance := n - r.fromBalance - r.fromCollateral
	if _, linked := b.ringBuyer(o); linked && advance > 0 {
		r.fromBalance, r.fromCollateral = 0, 0
		return b.review(ev, r, n, out, []event.Reason{reasonLinkedBuyer()})
	}
	r.advance = advance
	if o.refunded == 0 {
		b.habitsOf(a).spoiled++
		if left := o.end - instantOf(ev.Time); o.end != 0 && o.days > 0 {
			b.timing.add(time.Duration(left).Hours() / 24 / float64(o.days))
		}
	}
	b.change(o, func() { o.refunded += n })
	a.balance -= r.fromBalance
	a.fromBalance += r.fromBalance
	a.collateral -= r.fromCollateral
	a.fromCollateral += r.fromCollateral
	a.advanced += advance
	a.advancedEver += advance
	a.held = max(0, min(a.held, a.balance))
	a.spoil(b.now, n)
	out.FromBalance, out.FromCollateral, out.Advance = r.fromBalance, r.fromCollateral, advance
	return []event.Event{decision(ev.Time, out)}
}

// review leaves a refund of n as it is until a person has looked at it. Of a confirmed
// order it stays exposed for so long.
func (b *Book) review(ev event.Event, r *refund, n int64, out *event.DecisionRefund, why []event.Reason) []event.Event {
	r.reviewed = true
	if o := b.orders.at(r.order); o.confirmed != 0 {
		r.pending = n
		b.change(o, func() { o.pending += n })
	}
	out.Decision, out.Reasons = event.Review, append(out.Reasons, why...)
	return []event.Event{decision(ev.Time, out)}
}

// doubt says why a refund cannot be carried out without a person.
func (b *Book) doubt(o *order, d *event.RefundRequested) (event.Reason, bool) {
	switch {
	case o == nil:
		b.unmatched++
		return reasonUnknownOrder(), true
	case d.Money.Currency != b.of(o).currency:
		return reasonOtherCurrency(b.of(o).currency), true
	case b.of(o).frozen || !b.fits(b.of(o).advancedEver, d.Money.Amount):
		b.of(o).frozen = true
		return reasonFrozen(), true
	case o.closed:
		return reasonWindowClosed(), true
	case d.Money.Amount > o.amount-o.refunded-o.pending:
		return reasonBeyondOrder(event.Money{Amount: o.amount - o.refunded - o.pending, Currency: b.of(o).currency}), true
	}
	return event.Reason{}, false
}

// ringBuyer reports whether the order's buyer is part of its merchant's ring.
func (b *Book) ringBuyer(o *order) (event.RingID, bool) {
	g, buyer := b.of(o).owner.group, b.orders.buyer(o)
	_, ok := g.buyers[buyer]
	return g.ring, ok && buyer != ""
}

// refundOf returns a refund that is known, its order and account. A refund of no
// known order, or in another currency, counts as one that is not.
func (b *Book) refundOf(id event.RefundID, c event.Currency) (*refund, *order, *account) {
	r := b.refunds[id]
	if r == nil || r.order == 0 || b.of(b.orders.at(r.order)).currency != c {
		b.unmatched++
		return nil, nil, nil
	}
	o := b.orders.at(r.order)
	return r, o, b.of(o)
}

// refundAdvanced sets what the platform has paid of a refund from its own money
// to what the stream says.
func (b *Book) refundAdvanced(ev event.Event, d *event.RefundAdvanced) {
	r, o, a := b.refundOf(d.Refund, d.Money.Currency)
	if r == nil {
		return
	}
	b.meets(ev, a.owner, o, a.currency)
	more := d.Money.Amount - r.advance
	if d.Money.Amount > maxMoney || more > 0 && !b.fits(a.advancedEver, more) {
		a.frozen = true
		return
	}
	if o.confirmed == 0 || r.fromOrder > 0 {
		// The platform still held the order's money: it is what was paid out.
		if r.reviewed {
			n := min(d.Money.Amount, o.amount-o.refunded)
			b.change(o, func() { o.refunded += n })
			a.returned += n
			r.fromOrder, r.reviewed = n, false
		}
		return
	}
	owed := r.outstanding()
	switch {
	case more > 0 && r.reviewed: // somebody decided to pay it
		b.change(o, func() {
			n := min(more, r.pending)
			r.pending -= n
			o.pending -= n
			o.refunded += n + min(more-n, o.amount-o.refunded-n-o.pending)
		})
		a.spoil(b.now, more)
	case more > 0: // less was taken from the merchant than we had reckoned
		back := min(more, r.fromCollateral)
		r.fromCollateral -= back
		a.collateral += back
		a.fromCollateral -= back
		back = min(more-back, r.fromBalance)
		r.fromBalance -= back
		a.balance += back
		a.fromBalance -= back
	case more < 0: // the rest is still to be paid by somebody
		less := min(-more, o.refunded)
		b.change(o, func() {
			o.refunded -= less
			o.pending += less
		})
		r.pending += less
		r.reviewed = true
	}
	r.advance = d.Money.Amount
	a.advancedEver += more
	if undone := r.recovered - r.advance; undone > 0 {
		r.recovered -= undone
		a.recovered -= undone
	}
	a.advanced += r.outstanding() - owed
}

// refundRecovered takes what came back of an advance.
func (b *Book) refundRecovered(ev event.Event, d *event.RefundRecovered) {
	r, o, a := b.refundOf(d.Refund, d.Money.Currency)
	if r == nil {
		return
	}
	if _, seen := r.recoveries[ev.Key()]; seen {
		return
	}
	r.sawRecovery(ev.Key())
	b.meets(ev, a.owner, o, a.currency)
	// More than is owed is not this refund's.
	back := min(d.Money.Amount, r.outstanding())
	r.recovered += back
	a.advanced -= back
	a.recovered += back
}
