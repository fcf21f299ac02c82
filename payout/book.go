package payout

import (
	"container/heap"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Book keeps all merchants' accounts and decides. It is safe for use by several
// goroutines: a decision and what it reserves are one step.
type Book struct {
	pack Pack

	mu        sync.Mutex // guards all below
	now       time.Time  // the newest event folded
	merchants map[event.MerchantID]*merchant
	orders    map[event.OrderID]*order
	requests  map[event.RequestID]*request
	refunds   map[event.RefundID]*refund
	rings     map[event.RingID]*group
	ends      endHeap
	unmatched int // events that belong to nothing known
}

type merchant struct {
	id                event.MerchantID
	category, country string
	opened            time.Time
	applied           string // the last decision on the application
	accounts          map[event.Currency]*account
	group             *group
	lastDecision      string
}

// group is what shares one line: a merchant alone, or a ring.
type group struct {
	ring    event.RingID // empty for a merchant alone
	members []*merchant  // by id
	buyers  map[event.BuyerID]struct{}
}

// request is a payout that was asked for, in one part a currency.
type request struct {
	merchant *merchant
	paid     map[event.Currency]int64
}

// New returns an empty book.
func New(p Pack) *Book {
	return &Book{
		pack:      p,
		merchants: map[event.MerchantID]*merchant{},
		orders:    map[event.OrderID]*order{},
		requests:  map[event.RequestID]*request{},
		refunds:   map[event.RefundID]*refund{},
		rings:     map[event.RingID]*group{},
	}
}

// Fold takes the next event, in order, and returns the decisions that it asks
// for. Events of other parts, and decisions, are passed over. A request, refund
// or order that was seen before changes nothing.
func (b *Book) Fold(ev event.Event) []event.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(ev.Time)
	switch d := ev.Data.(type) {
	case *event.MerchantApplied:
		return b.applied(ev, d)
	case *event.MerchantOpened:
		b.merchant(d.Merchant).opened = ev.Time
	case *event.CollateralChanged:
		a := b.account(b.merchant(d.Merchant), d.Total.Currency)
		if d.Total.Amount > maxMoney {
			a.frozen = true
			break
		}
		a.collateral = d.Total.Amount
	case *event.OrderPaid:
		b.orderPaid(d)
	case *event.OrderConfirmed:
		b.confirmed(ev, d)
	case *event.ParcelShipped:
		b.onOrder(d.Order, func(o *order) {
			o.shipped = true
			b.setEnd(o)
		})
	case *event.ParcelSigned:
		b.onOrder(d.Order, func(o *order) {
			if ev.Time.After(o.signed) { // of several parcels the last counts
				o.signed = ev.Time
			}
			b.setEnd(o)
		})
	case *event.PayoutRequested:
		return b.payoutRequested(ev, d)
	case *event.PayoutPaid:
		b.payoutPaid(d)
	case *event.RefundRequested:
		return b.refundRequested(ev, d)
	case *event.RefundAdvanced:
		b.refundAdvanced(d)
	case *event.RefundRecovered:
		b.refundRecovered(ev, d)
	case *event.RingFound:
		return b.ringFound(ev, d)
	}
	return nil
}

// advance closes the windows that end up to t.
func (b *Book) advance(t time.Time) {
	if !t.After(b.now) {
		return
	}
	b.now = t
	for len(b.ends) > 0 && !b.ends[0].at.After(t) {
		e := heap.Pop(&b.ends).(windowEnd)
		if e.order.closed || !e.order.end.Equal(e.at) {
			continue // the end was moved
		}
		b.close(e.order)
	}
}

// close ends the order's refund window. A sale that was never refunded adds to
// what the merchant's line is earned by.
func (b *Book) close(o *order) {
	o.change(func() { o.closed = true })
	if o.refunded == 0 && o.pending == 0 && !o.confirmed.IsZero() {
		o.acc.tally(b.now, o.amount, 0)
	}
}

func (b *Book) merchant(id event.MerchantID) *merchant {
	m := b.merchants[id]
	if m == nil {
		m = &merchant{id: id, accounts: map[event.Currency]*account{}}
		m.group = &group{members: []*merchant{m}}
		b.merchants[id] = m
	}
	return m
}

func (b *Book) account(m *merchant, c event.Currency) *account {
	a := m.accounts[c]
	if a == nil {
		a = &account{merchant: m.id, currency: c, open: map[*order]struct{}{}}
		m.accounts[c] = a
	}
	return a
}

func (b *Book) onOrder(id event.OrderID, f func(*order)) {
	o := b.orders[id]
	if o == nil {
		b.unmatched++
		return
	}
	f(o)
}

func (b *Book) orderPaid(d *event.OrderPaid) {
	if b.orders[d.Order] != nil {
		return
	}
	m := b.merchant(d.Merchant)
	a := b.account(m, d.Money.Currency)
	if d.Money.Amount > maxMoney {
		a.frozen = true
		return
	}
	b.orders[d.Order] = &order{id: d.Order, acc: a, buyer: d.Buyer, amount: d.Money.Amount, days: b.pack.refundDays(d, m.category)}
}

// confirmed moves what of the order was not refunded yet into the balance.
func (b *Book) confirmed(ev event.Event, d *event.OrderConfirmed) {
	b.onOrder(d.Order, func(o *order) {
		if !o.confirmed.IsZero() || !o.acc.grow(&o.acc.entered, o.amount-o.refunded) {
			return
		}
		o.acc.balance += o.amount - o.refunded
		o.change(func() { o.confirmed = ev.Time })
		b.setEnd(o)
	})
}

// setEnd works out when the order's window ends: some days after the parcel
// was signed for, or after the confirmation where there is no parcel; never
// yet for a parcel on its way. A window that has closed stays closed.
func (b *Book) setEnd(o *order) {
	if o.closed || o.confirmed.IsZero() {
		return
	}
	switch {
	case !o.signed.IsZero():
		o.end = o.signed.AddDate(0, 0, o.days)
	case o.shipped:
		o.end = time.Time{}
		return
	default:
		o.end = o.confirmed.AddDate(0, 0, o.days)
	}
	if !o.end.After(b.now) {
		b.close(o)
		return
	}
	heap.Push(&b.ends, windowEnd{o.end, o})
}

func (b *Book) applied(ev event.Event, d *event.MerchantApplied) []event.Event {
	m := b.merchant(d.Merchant)
	if m.applied != "" {
		return nil
	}
	m.category, m.country = d.Category, d.Country
	return b.judgeMerchant(ev, m)
}

// judgeMerchant decides on an application, or corrects the decision on one
// when the shop turns out to belong to a ring before it has opened.
func (b *Book) judgeMerchant(ev event.Event, m *merchant) []event.Event {
	out := &event.DecisionMerchant{Merchant: m.id, Decision: event.Admit, Reasons: []event.Reason{}}
	if g := m.group; g.ring != "" {
		out.Ring, out.Decision = g.ring, event.Review
		out.Reasons = append(out.Reasons, reasonLinked(len(g.members)-1))
		if c, owed := g.owed(); owed > 0 {
			out.Decision = event.Refuse
			out.Reasons = append(out.Reasons, reasonLinkedOwes(event.Money{Amount: owed, Currency: c}))
		}
	}
	if m.applied == out.Decision {
		return nil
	}
	m.applied = out.Decision
	return []event.Event{decision(ev.Time, out)}
}

// owed is what a group has been advanced and has not given back, in the first
// currency in which there is any.
func (g *group) owed() (event.Currency, int64) {
	sums := map[event.Currency]int64{}
	for _, m := range g.members {
		for c, a := range m.accounts {
			sums[c] = satAdd(sums[c], a.advanced)
		}
	}
	for _, c := range sortedKeys(sums) {
		if sums[c] > 0 {
			return c, sums[c]
		}
	}
	return "", 0
}

// ringFound takes the named merchants, and all that they are already one with,
// as one.
func (b *Book) ringFound(ev event.Event, d *event.RingFound) []event.Event {
	g := b.rings[d.Ring]
	if g == nil {
		g = &group{ring: d.Ring, buyers: map[event.BuyerID]struct{}{}}
		b.rings[d.Ring] = g
	}
	var joined []*merchant
	join := func(m *merchant) {
		if m.group != g {
			m.group = g
			g.members = append(g.members, m)
			joined = append(joined, m)
		}
	}
	for _, id := range d.Merchants {
		old := b.merchant(id).group
		if old == g {
			continue
		}
		for _, m := range old.members {
			join(m)
		}
		for buyer := range old.buyers {
			g.buyers[buyer] = struct{}{}
		}
		if old.ring != "" {
			b.rings[old.ring] = g // later news under the old name is news of this ring
		}
	}
	byID := func(x, y *merchant) int { return compare(x.id, y.id) }
	slices.SortFunc(g.members, byID)
	slices.SortFunc(joined, byID)
	for _, id := range d.Buyers {
		g.buyers[id] = struct{}{}
	}
	var out []event.Event
	for _, m := range joined {
		if m.applied == event.Admit && m.opened.IsZero() {
			out = append(out, b.judgeMerchant(ev, m)...)
		}
	}
	return out
}

func compare[T ~string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// decision returns the event that says d. Its id is a hash of what it says, so
// that a replay gives the same bytes.
func decision(at time.Time, d event.Data) event.Event {
	ev := event.New("-", "menshen", at, d)
	text, err := ev.AppendJSON(nil)
	if err != nil { // nothing in a decision can fail to encode; the id stays unique by type and time
		text = []byte(string(ev.Type) + at.String())
	}
	sum := sha256.Sum256(text)
	ev.ID = "d-" + hex.EncodeToString(sum[:12])
	return ev
}

type windowEnd struct {
	at    time.Time
	order *order
}

type endHeap []windowEnd

func (h endHeap) Len() int { return len(h) }
func (h endHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order.id < h[j].order.id
}
func (h endHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *endHeap) Push(x any)   { *h = append(*h, x.(windowEnd)) }
func (h *endHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	old[len(old)-1] = windowEnd{}
	*h = old[:len(old)-1]
	return x
}
