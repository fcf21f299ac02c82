package payout

import (
	"iter"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Measured is what a pack would have cost and whom it would have hurt over a
// stream, in one currency. What is held is measured from the decision that held
// it to the merchant's next one, so it leaves out the time that a merchant's own
// schedule takes.
type Measured struct {
	Lost       int64     // advanced for rings' shops and not recovered, at the end
	AtRisk     int64     // what rings' shops could still make of it, at the end: refunds under review paid after all
	LostHonest int64     // advanced for the others
	FirstHold  time.Time // of a ring's shop

	Shops, ShopsHeld       int     // others that asked for a payout; of them, ever held
	Requests, RequestsHeld int     // payout requests of others with a balance
	Paid                   int64   // to others
	HeldDays               float64 // money-days held of others, in minor units
	LongestHold            time.Duration

	Held map[event.MerchantID]float64 // money-days held, by shop that was ever held; of others
}

// DaysHeld is how long the average amount paid to honest shops was held.
func (m Measured) DaysHeld() float64 {
	if m.Paid == 0 {
		return 0
	}
	return m.HeldDays / float64(m.Paid)
}

// Instant is the pack of a platform that pays out every balance when asked.
func (p Pack) Instant() Pack {
	lines := map[event.Currency]Line{}
	for c := range p.Lines {
		lines[c] = Line{Newcomer: maxMoney, Cap: maxMoney}
	}
	p.Lines, p.rules = lines, nil
	return p
}

// Measure runs p over a stream in order. Rings, which may be nil, returns the
// ring.found events that an event makes; guilty says whose loss is a ring's.
func (p Pack) Measure(events iter.Seq[event.Event], rings func(event.Event) []event.Event, guilty func(event.MerchantID) bool) Measured {
	b := New(p)
	m := Measured{Held: map[event.MerchantID]float64{}}
	type hold struct {
		since, last time.Time // of the amount; of the unbroken hold
		amount      int64
	}
	holds := map[event.MerchantID]*hold{}
	held := map[event.MerchantID]bool{}
	var now time.Time
	take := func(decisions []event.Event) {
		for _, ev := range decisions {
			d, ok := ev.Data.(*event.DecisionPayout)
			if !ok {
				continue
			}
			if guilty(d.Merchant) {
				if d.Hold.Amount > 0 && m.FirstHold.IsZero() {
					m.FirstHold = ev.Time
				}
				continue
			}
			h := holds[d.Merchant]
			if h == nil {
				h = &hold{}
				holds[d.Merchant] = h
			}
			if h.amount > 0 {
				m.Held[d.Merchant] += float64(h.amount) * ev.Time.Sub(h.since).Hours() / 24
			}
			if d.Hold.Amount == 0 || h.amount == 0 {
				h.last = ev.Time
			}
			h.since, h.amount = ev.Time, d.Hold.Amount
			if d.Pay.Amount+d.Hold.Amount > 0 {
				m.Requests++
			}
			if d.Hold.Amount > 0 {
				m.RequestsHeld++
				held[d.Merchant] = true
				m.LongestHold = max(m.LongestHold, ev.Time.Sub(h.last))
			}
		}
	}
	for ev := range events {
		now = ev.Time
		if rings != nil {
			for _, found := range rings(ev) {
				take(b.Fold(found))
			}
		}
		take(b.Fold(ev))
	}
	for id, h := range holds {
		if h.amount > 0 {
			m.Held[id] += float64(h.amount) * now.Sub(h.since).Hours() / 24
			m.LongestHold = max(m.LongestHold, now.Sub(h.last))
		}
	}
	for _, id := range sortedKeys(m.Held) {
		m.HeldDays += m.Held[id]
	}
	m.Shops, m.ShopsHeld = len(holds), len(held)
	for _, a := range b.Merchants() {
		if guilty(a.Merchant) {
			m.Lost += a.Advanced
			m.AtRisk += a.AtRisk
		} else {
			m.LostHonest += a.Advanced
			m.Paid += a.Paid
		}
	}
	return m
}
