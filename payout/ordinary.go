package payout

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Ordinary says how the refunds that ordinary behaviour gives are reckoned: a
// merchant must keep covered what it will itself have to give back. The zero
// value asks for nothing.
type Ordinary struct {
	Quantile float64 // chance that the refunds to come stay below what is kept
	Rate     float64 // of orders refunded after the confirmation, before anything is known
	Strength float64 // orders of a merchant's own that weigh as much as its category
}

// exposure is what of some orders can still be refunded: those that end on a day
// since the epoch, 0 for not yet known, and whose windows have so many days in all.
type exposure struct {
	end, days int32

	amount int64
	square int64 // sum of the orders' squares, in units of 1.28 squared: how lumpy the amount is
}

// unit is an amount in units whose squares can be added up.
func unit(amount int64) int64 { return min(amount>>7, 1<<20) }

// expect adds to, or with an amount below zero takes from, what is exposed by
// when it ends.
func (a *account) expect(o *order, amount int64) {
	k := exposure{end: o.end.date(), days: int32(o.days)}
	i, found := slices.BinarySearchFunc(a.due, k, func(x, y exposure) int { return cmp.Or(cmp.Compare(x.end, y.end), cmp.Compare(x.days, y.days)) })
	if !found {
		a.due = slices.Insert(a.due, i, k)
	}
	e := &a.due[i]
	e.amount += amount
	if amount > 0 {
		e.square += unit(amount) * unit(amount)
	} else {
		e.square -= unit(-amount) * unit(-amount)
	}
	if e.amount == 0 && e.square == 0 {
		a.due = slices.Delete(a.due, i, i+1)
	}
}

// trade is what merchants are compared within.
type trade struct {
	category string
	currency event.Currency
}

// habits are what a trade's orders show, over all its merchants.
type habits struct {
	clean, spoiled int64
	prices         [priceBins]int64 // of orders paid
	orders         int64
}

// when in the window refunds are asked for, by how much of it is left.
const leftBins = 10

type timing [leftBins]int64

func (t *timing) add(left float64) {
	t[min(max(int(left*leftBins), 0), leftBins-1)]++
}

// toCome is the share of refunds that are asked for when at most so much of the
// window is left.
func (t *timing) toCome(left float64) float64 {
	const prior = 20 // in each bin, as though refunds were spread evenly
	at := min(max(left, 0), 1) * leftBins
	sum, total := 0.0, 0.0
	for i, n := range t {
		w := float64(n) + prior
		total += w
		sum += w * min(max(at-float64(i), 0), 1)
	}
	return sum / total
}

// usualRate is the share of a category's orders that come to be refunded.
func (b *Book) usualRate(h *habits) float64 {
	const known = 200 // orders that weigh as much as the pack's own rate
	return (b.pack.Ordinary.Rate*known + float64(h.spoiled)) / (known + float64(h.clean+h.spoiled))
}

// rate is the share of a merchant's orders that come to be refunded after the
// confirmation: a beta variable of these parameters.
func (b *Book) rate(a *account) (refunded, kept float64) {
	mean, s := b.usualRate(b.habitsOf(a)), b.pack.Ordinary.Strength
	return s*mean + float64(a.numSpoiled), s*(1-mean) + float64(a.numClean)
}

// ordinary is the quantile of the refunds to come on what ends after a time, as
// it will stand then: the mean of a beta-binomial and as many of its deviations as
// the quantile asks for.
func (b *Book) ordinary(a *account, at time.Time) int64 {
	alpha, beta := b.rate(a)
	n := alpha + beta
	mean := alpha / n
	day := float64(at.Unix()) / 86400
	var sum, lumps float64
	var all int64
	for _, e := range a.due {
		toCome := 1.0
		if e.end > 0 {
			if left := float64(e.end) + 1 - day; left <= 0 {
				continue
			} else if e.days > 0 {
				toCome = b.timing.toCome(left / float64(e.days))
			}
		}
		sum += float64(e.amount) * toCome
		lumps += float64(e.square) * 128 * 128 * toCome
		all += e.amount
	}
	spread := lumps*mean*(1-mean) + sum*sum*mean*(1-mean)/(n+1)
	return min(all, int64(sum*mean+b.deviations*math.Sqrt(spread)))
}

// covered is what of the orders not yet confirmed will be there for refunds: all
// but what may be refunded of them.
func (b *Book) covered(a *account) int64 {
	alpha, beta := b.rate(a)
	n := alpha + beta
	mean := alpha / n
	high := min(1, mean+b.deviations*math.Sqrt(mean*(1-mean)/(n+1)))
	return int64(float64(a.escrow) * (1 - high))
}

// ordinaryRoom is how much may be paid out and leave the refunds to come covered
// (clause 2). What buyers have paid and not confirmed is cover, too: the platform
// holds it, and it enters the balance before it can be asked for. So a merchant
// whose sales go on hardly waits, and one whose sales end keeps what it will owe.
func (b *Book) ordinaryRoom(a *account, ordinary int64) int64 {
	return a.balance + a.collateral + b.covered(a) - a.advanced - ordinary
}
