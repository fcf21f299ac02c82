package payout

import (
	"math/bits"
	"time"

	"github.com/menshen-io/menshen/event"
)

// account is the book of one merchant in one currency.
type account struct {
	owner    *merchant
	currency event.Currency
	self     accountRef

	balance    int64 // B: confirmed and not paid out; below zero when more was paid than was there
	collateral int64 // D
	advanced   int64 // U
	refundable int64 // R: the sum of exposed() over open
	escrow     int64 // paid by buyers, not confirmed, not refunded: the platform holds it

	open    ref              // the first of the orders with something exposed
	due     []exposure       // what is exposed, by when it ends
	marked  [numMarks]int64  // what is exposed, by what speaks against its orders
	crowds  [numCrowds]crowd // orders from payment to the end of their window
	members map[uint32]int32 // of the crowds: how many orders share a value

	// Flows since the beginning, by which the above can be checked.
	entered, paid, fromBalance, fromCollateral, advancedEver, recovered int64
	received, returned                                                  int64 // by buyers; to them, of orders not yet confirmed
	requested, held                                                     int64
	gone                                                                [3]int64 // from balance, from collateral, advanced: by refunds that are forgotten

	history history // by the day a window closed or a refund was taken
	clean   int64   // sales in history whose windows closed without a refund
	spoiled int64   // refunds in history

	old                  int64 // of clean, sold to established buyers
	numClean, numSpoiled int64 // orders in history, the same

	frozen bool // a sum would have left the range; nothing is paid any more
}

// accountRef is an account's place in the book.
type accountRef uint32

// expose adds to, or with what is below zero takes from, what of an order is
// exposed.
func (a *account) expose(o *order, amount int64) {
	if amount == 0 {
		return
	}
	a.refundable += amount
	for i := range a.marked {
		if o.marks&(1<<i) != 0 {
			a.marked[i] += amount
		}
	}
	a.expect(o, amount)
}

// base is U + R − B − D: the loss if the merchant walked away now, or, below
// zero, what is left over.
func (a *account) base() int64 { return a.advanced + a.refundable - a.balance - a.collateral }

func (a *account) atRisk() int64 { return max(0, a.base()) }

// grow adds n to a sum of a, or freezes a when it would leave the range.
func (a *account) grow(sum *int64, n int64) bool {
	if n > maxMoney || *sum > maxMoney-n {
		a.frozen = true
		return false
	}
	*sum += n
	return true
}

// spoil enters a refund into the history.
func (a *account) spoil(at time.Time, n int64) {
	if a.spoiled > 2*maxMoney-n {
		a.frozen = true
		return
	}
	a.enter(dayTally{day: at.Unix() / 86400, spoiled: n})
}

// sold enters a sale whose window closed without a refund.
func (a *account) sold(at time.Time, o *order) {
	if a.clean > 2*maxMoney-o.amount {
		a.frozen = true
		return
	}
	d := dayTally{day: at.Unix() / 86400, clean: o.amount}
	if o.old {
		d.old = o.amount
	}
	a.enter(d)
}

func (a *account) enter(d dayTally) {
	if d.clean > 0 {
		d.numClean = 1
	}
	if d.spoiled > 0 {
		d.numSpoiled = 1
	}
	a.add(d, 1)
	a.history.add(d)
}

func (a *account) add(d dayTally, sign int64) {
	a.clean += sign * d.clean
	a.old += sign * d.old
	a.spoiled += sign * d.spoiled
	a.numClean += sign * d.numClean
	a.numSpoiled += sign * d.numSpoiled
}

// forget drops history older than keep.
func (a *account) forget(now time.Time, keep time.Duration) {
	limit := now.Add(-keep).Unix() / 86400
	for {
		d, ok := a.history.pop(limit)
		if !ok {
			return
		}
		a.add(d, -1)
	}
}

// line is what may be uncovered for sales closed clean, of which old were to
// established buyers, and refunds spoiled, and whether refunds have lowered it. Sales
// that are open still count among those that refunds are a share of: a refund shows
// at once, a sale without one only at the end of its window.
func (p *Pack) line(c event.Currency, clean, old, spoiled, open int64) (line int64, lowered bool) {
	l, ok := p.Lines[c]
	if !ok {
		return 0, false
	}
	earned := satAdd(mulDiv(clean-old, p.Growth.Share, million), mulDiv(old, max(p.Growth.Share, p.Growth.Established), million))
	line = min(l.Newcomer+min(earned, maxMoney), l.Cap)
	excess := max(0, spoiled-mulDiv(satAdd(satAdd(clean, spoiled), open), p.Growth.Tolerated, million))
	loss := mulDiv(excess, p.Growth.Shrink, million)
	return max(0, line-loss), loss > 0
}

// mulDiv is a·b/c rounded down, for a, b ≥ 0 and c > 0, without overflow
// between; it stops at the greatest int64.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(c) {
		return 1<<63 - 1
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(min(q, 1<<63-1))
}

// mulDivUp is mulDiv rounded up.
func mulDivUp(a, b, c int64) int64 {
	q := mulDiv(a, b, c)
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	qh, ql := bits.Mul64(uint64(q), uint64(c))
	if (hi != qh || lo != ql) && q < 1<<63-1 {
		q++
	}
	return q
}

// satAdd adds what is not negative and stops at the greatest int64.
func satAdd(a, b int64) int64 {
	if a > 1<<63-1-b {
		return 1<<63 - 1
	}
	return a + b
}
