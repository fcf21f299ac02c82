package main

import (
	"container/heap"
	"time"

	"github.com/menshen-io/menshen/event"
)

// plainRule pays out every balance but a part of each order, which waits for some
// time after the order was received: all of it for "delivery + 7 days", a tenth for
// a rolling reserve, nothing for instant payout.
type plainRule struct {
	holds
	part   float64
	wait   time.Duration
	shops  map[event.MerchantID]*plainShop
	orders map[event.OrderID]*plainOrder
	past   []plainPast // orders, by payment
	now    time.Time
}

type plainPast struct {
	at    time.Time
	order event.OrderID
}

type plainShop struct {
	currency                               event.Currency
	balance, collateral, advanced, waiting float64
	ends                                   plainEnds
}

type plainOrder struct {
	shop      *plainShop
	amount    float64
	refunded  float64
	signed    time.Time
	confirmed bool
}

type plainEnd struct {
	at     time.Time
	amount float64
}

type plainEnds []plainEnd

func (h plainEnds) Len() int           { return len(h) }
func (h plainEnds) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h plainEnds) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *plainEnds) Push(x any)        { *h = append(*h, x.(plainEnd)) }
func (h *plainEnds) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func newPlainRule(h holds, part float64, wait time.Duration) *plainRule {
	return &plainRule{holds: h, part: part, wait: wait, shops: map[event.MerchantID]*plainShop{}, orders: map[event.OrderID]*plainOrder{}}
}

func (r *plainRule) name() string { return r.out.rule }

func (r *plainRule) fold(ev event.Event) {
	r.now = ev.Time
	switch d := ev.Data.(type) {
	case *event.MerchantOpened:
		r.open[d.Merchant] = ev.Time
	case *event.CollateralChanged:
		s := r.shop(d.Merchant, d.Total.Currency)
		s.collateral = float64(d.Total.Amount)
	case *event.OrderPaid:
		r.orders[d.Order] = &plainOrder{shop: r.shop(d.Merchant, d.Money.Currency), amount: float64(d.Money.Amount)}
		r.past = append(r.past, plainPast{ev.Time, d.Order})
		for ; ev.Time.Sub(r.past[0].at) > 75*24*time.Hour; r.past = r.past[1:] {
			delete(r.orders, r.past[0].order)
		}
	case *event.ParcelSigned:
		if o := r.orders[d.Order]; o != nil {
			o.signed = ev.Time
		}
	case *event.OrderConfirmed:
		r.confirmed(ev, d)
	case *event.PayoutRequested:
		r.asked(ev, d)
	case *event.RefundRequested:
		r.refunded(d)
	}
}

func (r *plainRule) shop(m event.MerchantID, c event.Currency) *plainShop {
	s := r.shops[m]
	if s == nil {
		s = &plainShop{currency: c}
		r.shops[m] = s
	}
	return s
}

func (r *plainRule) confirmed(ev event.Event, d *event.OrderConfirmed) {
	o := r.orders[d.Order]
	if o == nil || o.confirmed {
		return
	}
	o.confirmed = true
	n := o.amount - o.refunded
	o.shop.balance += n
	received := o.signed
	if received.IsZero() {
		received = ev.Time
	}
	if until := received.Add(r.wait); r.part > 0 && until.After(ev.Time) {
		o.shop.waiting += n * r.part
		heap.Push(&o.shop.ends, plainEnd{until, n * r.part})
	}
}

func (r *plainRule) asked(ev event.Event, d *event.PayoutRequested) {
	s := r.shops[d.Merchant]
	if s == nil {
		return
	}
	for len(s.ends) > 0 && !s.ends[0].at.After(ev.Time) {
		s.waiting -= heap.Pop(&s.ends).(plainEnd).amount
	}
	have := max(0, s.balance)
	pay := max(0, have-max(0, s.waiting))
	s.balance -= pay
	rate := inYuan(s.currency)
	r.decided(d.Merchant, ev.Time, pay*rate, (have-pay)*rate)
	money := func(n float64) event.Money { return event.Money{Amount: int64(n), Currency: s.currency} }
	r.told(event.New("d", "rule", ev.Time, &event.DecisionPayout{Request: d.Request, Merchant: d.Merchant, Pay: money(pay), Hold: money(have - pay)}))
}

func (r *plainRule) refunded(d *event.RefundRequested) {
	o := r.orders[d.Order]
	if o == nil {
		return
	}
	n := min(float64(d.Money.Amount), o.amount-o.refunded)
	o.refunded += n
	if !o.confirmed {
		return
	}
	s := o.shop
	for _, from := range []*float64{&s.balance, &s.collateral} {
		take := min(max(*from, 0), n)
		*from -= take
		n -= take
	}
	s.advanced += n
}

func (r *plainRule) sum(out *outcomeOf) {
	r.finish(r.now)
	for m, s := range r.shops {
		r.out.lost[r.kinds[m]] += s.advanced * inYuan(s.currency)
	}
	*out = r.out
}

// bookRule is Menshen's own book, with its rings.
type bookRule struct {
	holds
	door *moneyDoor
	now  time.Time
}

func newBookRule(h holds, door *moneyDoor) *bookRule {
	return &bookRule{holds: h, door: door}
}

func (r *bookRule) name() string { return r.out.rule }

func (r *bookRule) fold(ev event.Event) {
	r.now = ev.Time
	if d, ok := ev.Data.(*event.MerchantOpened); ok {
		r.open[d.Merchant] = ev.Time
	}
	_, decisions := r.door.fold(ev)
	for _, ev := range decisions {
		r.told(ev)
		d, ok := ev.Data.(*event.DecisionPayout)
		if !ok {
			continue
		}
		rate := inYuan(d.Pay.Currency)
		r.decided(d.Merchant, ev.Time, float64(d.Pay.Amount)*rate, float64(d.Hold.Amount)*rate)
		if d.Pay.Amount > 0 {
			// What may be lost stays within the line after every payout, of the shop and of its ring.
			if a, _ := r.door.book.Account(d.Merchant); a.AtRisk > a.Line || a.Ring != "" && a.RingAtRisk > a.RingLine {
				r.out.broken++
			}
		}
	}
}

func (r *bookRule) sum(out *outcomeOf) {
	r.finish(r.now)
	for _, t := range r.door.book.Merchants() {
		kind := r.kinds[t.Merchant]
		if t.Ring != "" {
			r.out.linked[kind]++
		}
		for _, a := range r.door.book.Accounts(t.Merchant) {
			// What rings could still make of it counts as lost.
			n := a.Advanced
			if kind != "" {
				n = max(n, a.AtRisk)
			}
			r.out.lost[kind] += float64(n) * inYuan(a.Currency)
		}
	}
	*out = r.out
}
