package sim

import "math"

const (
	hour     = 3600
	firstAsk = 1 << 50 // requests that follow an order have its number, from here on
)

// hourOfOrder draws when in a day somebody buys, in seconds.
func hourOfOrder(c chance) int64 {
	if c.happens(0.15) { // it is day elsewhere, and some do not sleep
		return c.Int64N(daySeconds)
	}
	return 7*hour + c.Int64N(17*hour)
}

// sell fills r.out with one honest order from payment to the end of its window.
func (r *placeRun) sell(c chance, i int32, buyer uint64, paid int64, order uint64) {
	r.out = r.m.sale(c, r.out[:0], i, step{at: paid, order: order, buyer: buyer, shop: i, kind: stepPaid})
}

// sale appends to out what an honest order that begins with first leads to.
func (m *Marketplace) sale(c chance, out []step, i int32, first step) []step {
	s := &m.shops[i]
	t := trades()[s.kind]
	day := int32(first.at / daySeconds)
	first.money = s.money
	if s.other != s.money && c.happens(0.35) {
		first.money = s.other
	}
	first.amount = int64(max(c.logNormal(s.median, t.sigma)*moneys()[first.money].perYuan, 300))
	if s.nines {
		first.amount = nine(first.amount)
	} else if first.money == cny || c.happens(0.5) {
		first.amount = first.amount / 100 * 100
	}
	out = append(out, first)
	next := func(kind uint8, at int64) *step {
		out = append(out, first)
		n := &out[len(out)-1]
		n.kind, n.at = kind, at
		return n
	}
	if c.happens(0.025) { // changes the mind before anything is sent
		next(stepRefund, first.at+300+c.Int64N(4*hour)).extra = 3
		return out
	}
	window, received := first.at, first.at
	if s.grams > 0 {
		shipped := first.at + 4*hour + c.Int64N(36*hour)
		if s.slow {
			shipped += int64(2+c.IntN(6)) * daySeconds
		}
		if m.has[MarketplaceLost] && c.happens(0.006) {
			next(stepShipped, shipped).extra = s.weighs(c)
			next(stepRefund, shipped+int64(18+c.IntN(12))*daySeconds).extra = 5
			return out
		}
		parcels := 1
		if m.has[MarketplaceParcels] && c.happens(0.05) {
			parcels = 2 + c.IntN(2)
		}
		for k := range parcels {
			if k > 0 {
				shipped += c.Int64N(30 * hour)
			}
			signed := shipped + m.transit(c, s, first.buyer)
			p := next(stepShipped, shipped)
			p.extra, p.parcel = s.weighs(c), uint8(k)
			received = max(received, signed)
			if m.has[MarketplaceLateScan] && c.happens(0.02) {
				signed += hour + c.Int64N(30*hour)
			}
			window = max(window, signed)
			next(stepSigned, signed).locker = c.happens(0.25)
		}
	}
	return m.settle(c, out, first, received, window, day)
}

// transit is how long a parcel is under way.
func (m *Marketplace) transit(c chance, s *shop, buyer uint64) int64 {
	if s.near > 0 {
		return hour + c.Int64N(int64(s.near)*hour)
	}
	abroad := m.accountOf(buyer).country != 0
	switch {
	case abroad != (s.home != 0):
		return 5*daySeconds + c.Int64N(10*daySeconds)
	case c.happens(0.04): // in the same town, the same day
		return 2*hour + c.Int64N(6*hour)
	}
	return 30*hour + c.Int64N(4*daySeconds)
}

// weighs draws a parcel's weight; some shops send the same thing every time.
func (s *shop) weighs(c chance) int32 {
	if s.sameWeight {
		return s.grams
	}
	return s.grams/2 + c.Int32N(s.grams*3/2+1)
}

// settle appends the confirmation and, where the buyer is not content, the refund.
func (m *Marketplace) settle(c chance, out []step, first step, received, window int64, day int32) []step {
	s := &m.shops[first.shop]
	confirmed, timeout := received+7*daySeconds, int32(1)
	switch u := c.Float64(); {
	case u < float64(s.quick):
		confirmed, timeout = received+90+c.Int64N(15*60), 0
	case u < float64(s.quick)+(1-float64(s.quick))*0.55:
		confirmed, timeout = received+2*hour+int64(math.Min(c.ExpFloat64()*1.5, 6.5)*daySeconds), 0
	}
	if s.grams == 0 {
		window = confirmed
	}
	refunds := float64(s.refunds)
	if s.bad >= 0 && day >= s.bad && day < s.bad+14 {
		refunds = 0.5
	}
	confirm := first
	confirm.kind, confirm.at, confirm.extra = stepConfirmed, confirmed, timeout
	ask := first
	ask.kind, ask.at, ask.amount, ask.order = stepAsk, confirmed+60+c.Int64N(20*60), 0, firstAsk|first.order
	if !c.happens(refunds) {
		if s.eager {
			out = append(out, ask)
		}
		return append(out, confirm)
	}
	u := c.Float64()
	rf := first
	rf.kind = stepRefund
	rf.at = window + int64((0.02+0.97*u*(0.4+0.6*u))*float64(s.refundDays)*daySeconds)
	rf.extra = int32(c.IntN(5))
	if c.happens(0.02) {
		rf.extra = 6
	}
	partial := c.happens(0.18)
	if partial {
		rf.amount = max(1, rf.amount*int64(1+c.IntN(7))/10)
	}
	out = append(out, rf)
	if partial || rf.at >= confirmed {
		if out = append(out, confirm); s.eager {
			out = append(out, ask)
		}
	}
	if s.goes && rf.at > int64(s.closes+10)*daySeconds && c.happens(0.6) { // who has closed pays from the own pocket
		rf.kind, rf.at = stepRecovered, rf.at+int64(5+c.IntN(30))*daySeconds
		out = append(out, rf)
	}
	return out
}
