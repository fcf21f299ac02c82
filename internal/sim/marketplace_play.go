package sim

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/menshen-io/menshen/event"
)

// What a step becomes, in the order in which event.Event.Before takes events of
// one instant.
const (
	stepRingShop uint8 = iota // no event: a ring turns to a shop
	stepApplied
	stepOpened
	stepPaid
	stepShipped
	stepCollateral
	stepSigned
	stepConfirmed
	stepRecovered
	stepRefund
	stepAsk
)

// step is something that is going to happen. It is kept small: some hundred
// thousand wait at any time.
type step struct {
	at     int64 // seconds from the start
	order  uint64
	buyer  uint64
	amount int64
	shop   int32
	extra  int32 // grams of a parcel, cause of a refund, 1 for a timeout
	own    int32 // order of a ring's shop, from 1
	kind   uint8
	money  uint8
	parcel uint8
	locker bool // a parcel handed over where many are
}

func (s *step) before(o *step) bool {
	if s.at != o.at {
		return s.at < o.at
	}
	return s.kind < o.kind
}

// placeRun plays a marketplace once, a day at a time: what a day's orders lead to
// later waits in the bucket of its day.
type placeRun struct {
	m       *Marketplace
	shops   []shop // as they stand in this run
	wheel   [][]step
	waiting int // steps in the wheel
	peak    int
	index   []int32 // of the day's bucket, in order of time
	counts  []int32
	orders  uint64
	out     []step // of the order being made
	pcg     *rand.PCG
	chance  chance
	rings   *ringPlay
	rough   chance
	late    []lateEvent // a heap by arrival
	events  uint64
	now     int64 // of the last event
	buf     []byte
	yield   func(event.Event) bool
}

type lateEvent struct {
	at int64
	ev event.Event
}

func (m *Marketplace) newRun() *placeRun {
	pcg := rand.NewPCG(0, 0)
	r := &placeRun{m: m, shops: append([]shop(nil), m.shops...), wheel: make([][]step, m.opt.Days), counts: make([]int32, daySeconds+1),
		pcg: pcg, chance: chance{rand.New(pcg)}, rough: m.chance(streamPlaceRough, 0, 0)}
	r.rings = newRingPlay(m)
	for i := range r.shops {
		s := &r.shops[i]
		if s.ring >= 0 {
			continue
		}
		r.wait(step{at: s.applied, kind: stepApplied, shop: int32(i)})
		r.wait(step{at: s.opened, kind: stepOpened, shop: int32(i)})
		r.wait(step{at: s.opened, kind: stepCollateral, shop: int32(i), amount: s.deposit, money: s.money})
		if s.goes { // the deposit is given back when the last windows are long closed
			r.wait(step{at: int64(s.closes+75)*daySeconds + int64(s.askAt), kind: stepCollateral, shop: int32(i), money: s.money})
		}
	}
	return r
}

// wait puts a step into its day's bucket; what is after the end is left out.
func (r *placeRun) wait(s step) {
	if s.at < 0 || s.at >= r.m.seconds {
		return
	}
	day := s.at / daySeconds
	r.wheel[day] = append(r.wheel[day], s)
	if r.waiting++; r.waiting > r.peak {
		r.peak = r.waiting
	}
}

func (r *placeRun) play(yield func(event.Event) bool) {
	r.yield = yield
	before := r.m.run
	r.m.run = r
	defer func() { r.m.run = before }()
	for day := range int32(r.m.opt.Days) {
		r.tradeOn(day)
		if !r.playDay(day) {
			return
		}
	}
	for r.rings.next(r.m.seconds) != nil {
		if !r.emitRing() {
			return
		}
	}
	r.flush(1 << 62)
}

// tradeOn makes the day's orders and requests of all honest shops.
func (r *placeRun) tradeOn(day int32) {
	wd := (int(r.m.opt.Start.Weekday()) + int(day)) % 7
	weekend := wd == 0 || wd == 6
	for i := range r.shops {
		s := &r.shops[i]
		if s.ring >= 0 || s.refused {
			continue
		}
		if !s.eager && day > s.lastIn-1 && day < s.lastIn+45 && (int(day)+i)%int(s.every) == 0 {
			ask := step{at: int64(day)*daySeconds + int64(s.askAt), kind: stepAsk, shop: int32(i), order: uint64(i)<<16 | uint64(day), amount: s.part, money: s.money}
			r.wait(ask)
		}
		rate := s.rateOn(day, weekend)
		if rate == 0 {
			continue
		}
		r.pcg.Seed(r.m.seeds(streamPlaceDay, uint64(i), uint64(day)))
		for range r.chance.poisson(rate) {
			r.orders++
			b := r.m.someBuyer(r.chance, s, day)
			paid := int64(day)*daySeconds + hourOfOrder(r.chance)
			r.sell(r.chance, int32(i), b, paid, r.orders)
			for _, st := range r.out {
				r.wait(st)
			}
		}
	}
}

// playDay tells the day's steps in order of time, and the rings' among them.
func (r *placeRun) playDay(day int32) bool {
	bucket := r.wheel[day]
	r.sort(bucket, int64(day)*daySeconds)
	for _, i := range r.index {
		s := &bucket[i]
		for next := r.rings.next(s.at + 1); next != nil && next.before(s); next = r.rings.next(s.at + 1) {
			if !r.emitRing() {
				return false
			}
		}
		if !r.emit(s) {
			return false
		}
	}
	r.waiting -= len(bucket)
	r.wheel[day] = nil
	return true
}

// sort fills r.index with the bucket's order: by second with a counting sort,
// within a second by kind.
func (r *placeRun) sort(bucket []step, start int64) {
	clear(r.counts)
	for i := range bucket {
		r.counts[bucket[i].at-start]++
	}
	sum := int32(0)
	for k, n := range r.counts {
		r.counts[k] = sum
		sum += n
	}
	if cap(r.index) < len(bucket) {
		r.index = make([]int32, len(bucket)*5/4)
	}
	r.index = r.index[:len(bucket)]
	for i := range bucket {
		k := &r.counts[bucket[i].at-start]
		r.index[*k] = int32(i)
		*k++
	}
	for i := 1; i < len(r.index); i++ {
		for k := i; k > 0 && bucket[r.index[k]].before(&bucket[r.index[k-1]]); k-- {
			r.index[k], r.index[k-1] = r.index[k-1], r.index[k]
		}
	}
}

// emitRing takes the rings' next step and tells it, if it is to be told.
func (r *placeRun) emitRing() bool {
	s, told := r.rings.take()
	return !told || r.emit(&s)
}

// emit makes the event of a step.
func (r *placeRun) emit(s *step) bool {
	sh := &r.shops[s.shop]
	if sh.refused && (s.kind == stepOpened || s.kind == stepCollateral) {
		return true
	}
	if s.kind == stepConfirmed {
		sh.lastIn = int32(s.at / daySeconds)
	}
	r.events++
	r.now = s.at
	r.buf = append(r.buf[:0], "e-"...)
	for n := uint64(100_000_000); n > r.events; n /= 10 {
		r.buf = append(r.buf, '0')
	}
	r.buf = strconv.AppendUint(r.buf, r.events, 10)
	source := "shop"
	switch s.kind {
	case stepShipped, stepSigned:
		source = "carrier"
	case stepCollateral, stepRecovered, stepAsk:
		source = "pay"
	}
	ev := event.New(string(r.buf), source, r.m.time(s.at), r.m.data(s))
	if !r.m.opt.Rough {
		return r.yield(ev)
	}
	return r.roughly(s, ev)
}

func (m *Marketplace) time(at int64) time.Time {
	return m.opt.Start.Add(time.Duration(at) * time.Second)
}

func (m *Marketplace) money(s *step) event.Money {
	return event.Money{Amount: s.amount, Currency: moneys()[s.money].currency}
}

func orderID(n uint64) event.OrderID { return event.OrderID(opaque("o-", n)) }

func carriers() [6]string { return [6]string{"sf", "yto", "zto", "ems", "jt", "dhl"} }

func cities() [8]string {
	return [8]string{"shenzhen", "guangzhou", "yiwu", "hangzhou", "quanzhou", "dongguan", "ningbo", "changsha"}
}

func causes() [7]string {
	return [7]string{"not_as_described", "wrong_size", "damaged", "changed_mind", "late", "not_received", "counterfeit"}
}

// data is what the event of a step says.
func (m *Marketplace) data(s *step) event.Data {
	sh := &m.shops[s.shop]
	switch s.kind {
	case stepApplied:
		id := sh.ids
		return &event.MerchantApplied{Merchant: m.merchantID(s.shop), Category: trades()[sh.kind].name, Country: countriesOfShops()[sh.home],
			LegalPerson: hashOf(id[idPerson]), BankAccount: hashOf(id[idBank]), Phone: hashOf(id[idPhone]),
			Address: hashOf(id[idAddress]), Device: hashOf(id[idDevice]), IP: hashOf(id[idNet])}
	case stepOpened:
		return &event.MerchantOpened{Merchant: m.merchantID(s.shop)}
	case stepCollateral:
		return &event.CollateralChanged{Merchant: m.merchantID(s.shop), Total: m.money(s)}
	case stepPaid:
		return m.paid(s)
	case stepShipped:
		return &event.ParcelShipped{Order: orderID(s.order), Carrier: carriers()[mix(sh.ids[idPhone]^s.order&1)%6],
			Tracking: hashOf(mix(s.order<<3 | uint64(s.parcel))), WeightG: int64(s.extra), From: cities()[sh.ids[idAddress]%8]}
	case stepSigned:
		a := m.accountOf(s.buyer)
		if s.locker {
			a.address = mix(uint64(a.country)<<32 | a.address%(1+m.buyers/400))
		}
		return &event.ParcelSigned{Order: orderID(s.order), Place: hashOf(a.address)}
	case stepConfirmed:
		by := "buyer"
		if s.extra == 1 {
			by = "timeout"
		}
		return &event.OrderConfirmed{Order: orderID(s.order), By: by}
	case stepRefund:
		return &event.RefundRequested{Refund: event.RefundID(opaque("rf-", s.order)), Order: orderID(s.order), Money: m.money(s), Cause: causes()[s.extra]}
	case stepRecovered:
		return &event.RefundRecovered{Refund: event.RefundID(opaque("rf-", s.order)), Money: m.money(s)}
	}
	ask := &event.PayoutRequested{Request: event.RequestID(opaque("pr-", s.order)), Merchant: m.merchantID(s.shop)}
	if s.amount > 0 {
		money := m.money(s)
		ask.Money = &money
	}
	return ask
}

func (m *Marketplace) paid(s *step) *event.OrderPaid {
	sh, a := &m.shops[s.shop], m.accountOf(s.buyer)
	var buf [56]byte
	b := appendHash(buf[:0], a.device)
	b = appendHash(b, a.net)
	b = appendHash(b, a.address)
	all := string(appendHash(b, a.pays)) // one piece of memory for the four
	return &event.OrderPaid{
		Order: orderID(s.order), Merchant: m.merchantID(s.shop), Buyer: m.buyerID(s.buyer), Money: m.money(s), Category: trades()[sh.kind].name,
		RefundDays: int(sh.refundDays), Device: all[:14], IP: all[14:28], Address: all[28:42], PaymentAccount: all[42:],
		BuyerCountry: countriesOfBuyers()[a.country], BuyerSince: m.time(min(a.since, s.at-hour)), // a ring in a hurry uses accounts that are not there yet
	}
}

// roughly tells an event as it arrives: carriers' scans late, some twice.
func (r *placeRun) roughly(s *step, ev event.Event) bool {
	if !r.flush(s.at) {
		return false
	}
	delay := int64(0)
	if ev.Source == "carrier" && r.rough.happens(0.10) {
		delay = 300 + r.rough.Int64N(6*3600)
	}
	if r.rough.happens(0.004) {
		r.hold(lateEvent{s.at + delay + 1 + r.rough.Int64N(3*3600), ev})
	}
	if delay > 0 {
		r.hold(lateEvent{s.at + delay, ev})
		return true
	}
	return r.yield(ev)
}

func (r *placeRun) hold(l lateEvent) {
	r.late = append(r.late, l)
	up(r.late, func(a, b *lateEvent) bool { return a.at < b.at })
}

// flush tells what has arrived by now.
func (r *placeRun) flush(now int64) bool {
	for len(r.late) > 0 && r.late[0].at <= now {
		ev := r.late[0].ev
		r.late = down(r.late, func(a, b *lateEvent) bool { return a.at < b.at })
		if !r.yield(ev) {
			return false
		}
	}
	return true
}

// up moves the last of a heap to its place.
func up[T any](h []T, before func(a, b *T) bool) {
	for i := len(h) - 1; i > 0; {
		p := (i - 1) / 2
		if !before(&h[i], &h[p]) {
			return
		}
		h[i], h[p] = h[p], h[i]
		i = p
	}
}

// down takes the first of a heap out.
func down[T any](h []T, before func(a, b *T) bool) []T {
	last := len(h) - 1
	h[0] = h[last]
	clear(h[last:])
	h = h[:last]
	for i := 0; ; {
		least := i
		for _, k := range [2]int{2*i + 1, 2*i + 2} {
			if k < last && before(&h[k], &h[least]) {
				least = k
			}
		}
		if least == i {
			return h
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// refuse keeps a shop from opening.
func (r *placeRun) refuse(i int32) {
	s := &r.shops[i]
	s.refused = true
	if s.ring >= 0 {
		r.rings.giveUp(i, r.now)
	}
}

// paidOut lets a ring's shop know what became of its request.
func (r *placeRun) paidOut(i int32, d *event.DecisionPayout) {
	if r.shops[i].ring < 0 {
		return
	}
	r.rings.answered(i, r.now, d.Hold.Amount > 0 && d.Pay.Amount < d.Hold.Amount || d.Decision == event.Deny)
}
