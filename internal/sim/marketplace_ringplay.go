package sim

import "slices"

// ringPlay is what the rings of a marketplace do, apart from the honest shops: a
// heap of their own, so that a ring may change its plans.
type ringPlay struct {
	m     *Marketplace
	heap  []step
	shops map[int32]*ringShop
}

// ringShop is a ring's shop as it stands.
type ringShop struct {
	ring           *placeRing
	k              int // within the ring
	begun, givenUp bool
	refusals       int    // in a row
	dropped        []bool // orders that were not placed, by number
	orders         uint64
	asks           []int32 // days on which a patient ring asks here
}

// refusals in a row after which a ring gives up a shop.
const ringPatience = 3

func newRingPlay(m *Marketplace) *ringPlay {
	p := &ringPlay{m: m, shops: map[int32]*ringShop{}}
	for _, r := range m.rings {
		for k, at := range r.starts {
			i := r.first + int32(k)
			p.shops[i] = &ringShop{ring: r, k: k}
			p.push(step{at: at, kind: stepRingShop, shop: i})
		}
	}
	return p
}

func (p *ringPlay) push(s step) {
	if s.at >= 0 && s.at < p.m.seconds {
		p.heap = append(p.heap, s)
		up(p.heap, (*step).before)
	}
}

// next returns the first step before the time, or nil.
func (p *ringPlay) next(before int64) *step {
	if len(p.heap) == 0 || p.heap[0].at >= before {
		return nil
	}
	return &p.heap[0]
}

// take takes the first step, and does what of it is no event.
func (p *ringPlay) take() (s step, told bool) {
	s = p.heap[0]
	p.heap = down(p.heap, (*step).before)
	sh := p.shops[s.shop]
	if s.kind == stepRingShop {
		if !sh.begun {
			sh.begun = true
			p.begin(s.shop, sh, s.at)
		}
		return s, false
	}
	if s.own > 0 {
		if s.kind == stepPaid && sh.givenUp {
			sh.dropped[s.own] = true
		}
		if sh.dropped[s.own] {
			return s, false
		}
	}
	return s, true
}

// answered counts the payouts that left the most of what was there held.
func (p *ringPlay) answered(i int32, now int64, held bool) {
	sh := p.shops[i]
	if sh.refusals++; !held {
		sh.refusals = 0
	}
	if sh.refusals >= ringPatience {
		p.giveUp(i, now)
	}
}

// giveUp stops the sales in a shop. The next of the ring's shops that is not
// yet begun opens within days.
func (p *ringPlay) giveUp(i int32, now int64) {
	sh := p.shops[i]
	if sh.givenUp {
		return
	}
	sh.givenUp = true
	for k := range sh.ring.starts {
		next := p.shops[sh.ring.first+int32(k)]
		if next.begun {
			continue
		}
		c := p.m.chance(streamPlaceRing, sh.ring.no, 5000+k)
		if at := now + daySeconds + c.Int64N(3*daySeconds); at < sh.ring.starts[k] {
			p.push(step{at: at, kind: stepRingShop, shop: sh.ring.first + int32(k)})
		}
		return
	}
}

// ringSale is an order of a ring to itself.
type ringSale struct {
	paid              int64
	amount            int64
	signed, confirmed int64
	refunded          bool
}

// begin plans the life of a shop that applies now: look alive, sell much in a
// burst to the own people, take the money out as each order is confirmed, and
// refund once the last of it is out.
func (p *ringPlay) begin(i int32, sh *ringShop, now int64) {
	r, s := sh.ring, &p.m.shops[i]
	c := p.m.chance(streamPlaceRing, r.no, 1+sh.k)
	sh.dropped = []bool{false}
	opened := now + s.opened - s.applied
	p.push(step{at: now, kind: stepApplied, shop: i})
	p.push(step{at: opened, kind: stepOpened, shop: i})
	p.push(step{at: opened, kind: stepCollateral, shop: i, amount: s.deposit, money: s.money})
	warm, days := opened+6*hour, int64(r.warm)*daySeconds
	for range c.poisson(r.warmSales * float64(r.warm)) {
		fair := int64(c.logNormal(s.median, 0.4)*moneys()[s.money].perYuan/100) * 100
		p.ringOrder(c, i, sh, ringSale{paid: during(c, warm, days), amount: max(fair, 100)}, 0)
	}
	burst, length := warm+days, int64(r.burst)*daySeconds
	target := int64(r.take/float64(r.size)*c.between(0.9, 1.1)*100*moneys()[s.money].perYuan) + s.deposit
	target -= int64((r.low + r.high) / 5 * 100 * moneys()[s.money].perYuan) // the last sale goes beyond it by half a price
	var sales []ringSale
	for sum := int64(0); sum < target; {
		o := ringSale{paid: during(c, burst, length), amount: r.price(c)}
		if o.amount >= int64(r.returnedFrom*100*moneys()[s.money].perYuan) && c.happens(r.returned) {
			o.refunded = true
			sum += o.amount
		}
		sales = append(sales, o)
	}
	out := burst + length + 7*daySeconds // all is paid out by then
	for _, o := range sales {
		p.ringOrder(c, i, sh, o, out)
	}
	for at := warm; r.walkIns > 0 && at < burst+length; {
		at += int64(c.ExpFloat64() / r.walkIns * daySeconds)
		p.visit(c, i, p.m.someBuyer(c, s, int32(at/daySeconds)), at, sh, p.nextOrder(i, sh))
	}
	if sh.k == 0 {
		p.camouflage(c, r, now)
	}
}

// during draws when within a while somebody buys, at the hours of the honest.
func during(c chance, from, length int64) int64 {
	for {
		at := (from+c.Int64N(length))/daySeconds*daySeconds + hourOfOrder(c)
		if at >= from && at < from+length {
			return at
		}
	}
}

func (p *ringPlay) nextOrder(i int32, sh *ringShop) uint64 {
	sh.orders++
	return 1<<40 | uint64(i)<<20 | sh.orders
}

// ringOrder plans one order of a ring to itself: a parcel of nothing, confirmed
// minutes after the signature, and the money asked for at once. Refunds come in
// waves from a time on when all is paid out, within each order's window.
func (p *ringPlay) ringOrder(c chance, i int32, sh *ringShop, o ringSale, wave int64) {
	r, s := sh.ring, &p.m.shops[i]
	sh.dropped = append(sh.dropped, false)
	st := step{at: o.paid, order: p.nextOrder(i, sh), buyer: pick(c, r.crewOf(sh.k)), amount: o.amount, money: s.money, shop: i,
		own: int32(len(sh.dropped) - 1), kind: stepPaid}
	p.push(st)
	next := func(kind uint8, at int64, extra int32) {
		n := st
		n.kind, n.at, n.extra = kind, at, extra
		if kind == stepSigned && r.bribed {
			n.buyer = r.crew[0] // everything goes to one place
		}
		p.push(n)
	}
	shipped := o.paid + 5*hour + c.Int64N(15*hour)
	grams := s.grams
	o.signed = shipped + 3*daySeconds + c.Int64N(2*daySeconds)
	if r.bribed {
		o.signed = shipped + 2*hour + c.Int64N(3*hour)
	} else {
		grams += c.Int32N(1 + s.grams/8)
	}
	next(stepShipped, shipped, grams)
	next(stepSigned, o.signed, 0)
	o.confirmed = o.signed + 60 + c.Int64N(300)
	if !c.happens(r.quick) {
		o.confirmed = o.signed + 2*hour + c.Int64N(40*hour)
	}
	next(stepConfirmed, o.confirmed, 0)
	p.ask(c, sh, st, o.confirmed)
	if !o.refunded {
		return
	}
	window := int64(r.refundDays) * daySeconds
	at := o.signed + window - 7*hour
	if r.spread {
		at = max(o.confirmed+2*hour, o.signed+int64(c.between(0.35, 0.97)*float64(window)))
	} else {
		for last := at; wave < last; wave += 29 * hour {
			at = wave
		}
		at += c.Int64N(5 * hour)
	}
	next(stepRefund, at, pick(c, []int32{0, 0, 0, 2, 6}))
	if c.happens(0.03) { // long after, a little comes back
		st.amount /= 50
		next(stepRecovered, at+40*daySeconds, 0)
	}
}

// ask plans the request for the money of an order that is confirmed then.
func (p *ringPlay) ask(c chance, sh *ringShop, order step, confirmed int64) {
	order.kind, order.at, order.amount, order.order = stepAsk, confirmed+120+c.Int64N(420), 0, firstAsk|order.order
	if sh.ring.patient {
		order.at = confirmed/daySeconds*daySeconds + int64(p.m.shops[order.shop].askAt)
		if order.at <= confirmed {
			order.at += daySeconds
		}
		day := int32(order.at / daySeconds)
		if slices.Contains(sh.asks, day) {
			return
		}
		sh.asks = append(sh.asks, day)
	}
	p.push(order)
}

// visit is an honest order among the rings' steps.
func (p *ringPlay) visit(c chance, i int32, buyer uint64, at int64, sh *ringShop, order uint64) {
	if at >= p.m.seconds {
		return
	}
	own := int32(0)
	if sh != nil { // at a shop of a ring
		sh.dropped = append(sh.dropped, false)
		own = int32(len(sh.dropped) - 1)
	}
	for _, s := range p.m.sale(c, nil, i, step{at: at, order: order, buyer: buyer, shop: i, kind: stepPaid}) {
		s.own = own
		p.push(s)
	}
}

// camouflage lets a ring's buyers buy from popular honest shops, too.
func (p *ringPlay) camouflage(c chance, r *placeRing, now int64) {
	if r.visits == 0 {
		return
	}
	var popular []int32
	for i := range p.m.opt.Merchants {
		if s := &p.m.shops[i]; s.rate > 1.5 && !s.goes && s.opened < p.m.seconds/3 {
			popular = append(popular, int32(i))
		}
	}
	if len(popular) == 0 {
		return
	}
	orders := uint64(0)
	for _, b := range r.crew {
		a := p.m.accountOf(b)
		for range 1 + c.IntN(2*r.visits) {
			i := pick(c, popular)
			at := max(now, a.since, p.m.shops[i].opened+daySeconds) + c.Int64N(120*daySeconds)
			orders++
			p.visit(c, i, b, at, nil, 1<<41|uint64(r.no)<<20|orders)
		}
	}
}

// takenAtOnce plays the rings alone with a platform that pays out every balance
// when asked. It returns what it has to advance for each ring, by currency.
func (m *Marketplace) takenAtOnce() [][4]int64 {
	taken := make([][4]int64, len(m.rings))
	type till struct{ balance, cover [4]int64 }
	tills := map[int32]*till{}
	left := map[uint64]int64{} // of orders that are not confirmed
	for p := newRingPlay(m); p.next(m.seconds) != nil; {
		s, told := p.take()
		sh := p.shops[s.shop]
		if !told || sh == nil {
			continue // at an honest shop
		}
		t := tills[s.shop]
		if t == nil {
			t = &till{}
			tills[s.shop] = t
		}
		switch s.kind {
		case stepCollateral:
			t.cover[s.money] = s.amount
		case stepPaid:
			left[s.order] = s.amount
		case stepConfirmed:
			t.balance[s.money] += left[s.order]
			delete(left, s.order)
		case stepAsk:
			t.balance = [4]int64{}
		case stepRefund:
			if n, waits := left[s.order]; waits {
				left[s.order] = n - s.amount
				break
			}
			owed := s.amount
			for _, from := range []*int64{&t.balance[s.money], &t.cover[s.money]} {
				part := min(owed, *from)
				*from -= part
				owed -= part
			}
			taken[sh.ring.no][s.money] += owed
		}
	}
	return taken
}
