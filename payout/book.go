package payout

import (
	"container/heap"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/rule"
)

// Book keeps all merchants' accounts and decides. It is safe for use by several
// goroutines: a decision and what it reserves are one step.
type Book struct {
	pack Pack

	mu        sync.Mutex // guards all below
	now       time.Time  // the newest event folded
	merchants map[event.MerchantID]*merchant
	accounts  []*account // of all merchants
	orders    orders
	requests  map[key]request
	further   map[key][]request // what requests in several currencies paid in the others
	refunds   map[event.RefundID]*refund
	refunded  map[ref][]*refund // by order
	rings     map[event.RingID]*group
	ends      endHeap
	habits    map[trade]*habits
	timing    timing
	early     map[event.OrderID][]event.Event // of orders not yet known
	waiting   []waits                         // the same, by arrival
	past      []past[ref]                     // orders that may be forgotten, by time
	answered  []past[key]                     // payout requests, the same
	strange   []past[event.RefundID]          // refunds of unknown orders, the same
	unmatched int                             // events that belong to nothing known
	overrides map[event.OverrideID]*Override
	rules     *rule.Engine // the pack's own

	texts map[string]string // of which there are few, each kept once

	deviations float64 // of refunds, above the mean, that are kept covered
}

type merchant struct {
	id                event.MerchantID
	category, country string
	opened            time.Time
	applied           string         // the last decision on the application
	met               []event.Reason // rules of the pack's own that the application met
	accounts          []*account     // by currency
	group             *group
	lastDecision      string
	overrides         []*Override
}

// group is what shares one line: a merchant alone, or a ring.
type group struct {
	ring    event.RingID // empty for a merchant alone
	members []*merchant  // by id
	buyers  map[event.BuyerID]struct{}
}

// request is a payout that was asked for, and what was paid of it in one currency.
type request struct {
	account accountRef
	paid    int64
}

// New returns an empty book.
func New(p Pack) *Book {
	b := &Book{
		pack:      p,
		merchants: map[event.MerchantID]*merchant{},
		orders:    newOrders(),
		requests:  map[key]request{},
		further:   map[key][]request{},
		refunds:   map[event.RefundID]*refund{},
		refunded:  map[ref][]*refund{},
		rings:     map[event.RingID]*group{},
		habits:    map[trade]*habits{},
		early:     map[event.OrderID][]event.Event{},
		overrides: map[event.OverrideID]*Override{},
		rules:     rule.New(p.ownRules()),
		texts:     map[string]string{},
	}
	if q := p.Ordinary.Quantile; q > 0 {
		b.deviations = math.Sqrt2 * math.Erfinv(2*q-1)
	}
	return b
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
		b.meets(ev, nil, nil, "")
	case *event.CollateralChanged:
		a := b.account(b.merchant(d.Merchant), d.Total.Currency)
		b.meets(ev, nil, nil, "")
		if d.Total.Amount > maxMoney {
			a.frozen = true
			break
		}
		a.collateral = d.Total.Amount
	case *event.OrderPaid:
		b.orderPaid(ev, d)
	case *event.OrderConfirmed:
		b.onOrder(ev, d.Order, func(o *order) { b.confirmed(ev, d, o) })
	case *event.ParcelShipped:
		b.onOrder(ev, d.Order, func(o *order) { b.shipped(ev, d, o) })
	case *event.ParcelSigned:
		b.onOrder(ev, d.Order, func(o *order) { b.signed(ev, d, o) })
	case *event.PayoutRequested:
		return b.payoutRequested(ev, d)
	case *event.PayoutPaid:
		b.meets(ev, nil, nil, "")
		b.payoutPaid(d)
	case *event.RefundRequested:
		return b.refundRequested(ev, d)
	case *event.RefundAdvanced:
		b.refundAdvanced(ev, d)
	case *event.RefundRecovered:
		b.refundRecovered(ev, d)
	case *event.RingFound:
		return b.ringFound(ev, d)
	case *event.DecisionOverridden:
		b.overridden(ev, d)
	}
	return nil
}

// advance closes the windows that end up to t.
func (b *Book) advance(t time.Time) {
	if !t.After(b.now) {
		return
	}
	b.now = t
	for len(b.ends) > 0 && b.ends[0].at <= instantOf(t) {
		e := heap.Pop(&b.ends).(windowEnd)
		if o := b.orders.at(e.order); !o.closed && o.end == e.at { // else the end was moved
			b.close(o)
		}
	}
	b.forget()
}

// remembered is for how long after its window an order is known, and after it was
// decided on a payout request.
const remembered = 45 * day

// past is something of which nothing more is expected, since a time.
type past[T any] struct {
	at instant
	of T
}

// forget drops what nothing more is expected of. An order is kept as long as a
// refund of it waits for a person or for money to come back.
func (b *Book) forget() {
	old := func(t instant) bool { return int64(instantOf(b.now)-t) > int64(remembered) }
	for len(b.answered) > 0 && old(b.answered[0].at) {
		delete(b.requests, b.answered[0].of)
		delete(b.further, b.answered[0].of)
		b.answered = b.answered[1:]
	}
	for len(b.strange) > 0 && old(b.strange[0].at) {
		delete(b.refunds, b.strange[0].of)
		b.strange = b.strange[1:]
	}
	for len(b.past) > 0 && old(b.past[0].at) {
		o := b.orders.at(b.past[0].of)
		b.past = b.past[1:]
		refunds := b.refunded[o.self]
		if slices.ContainsFunc(refunds, func(r *refund) bool { return r.pending > 0 || r.outstanding() > 0 }) {
			b.past = append(b.past, past[ref]{instantOf(b.now), o.self})
			continue
		}
		a := b.of(o)
		for _, r := range refunds {
			a.gone[0] += r.fromBalance
			a.gone[1] += r.fromCollateral
			a.gone[2] += r.advance
			delete(b.refunds, r.id)
		}
		delete(b.refunded, o.self)
		b.orders.drop(o)
	}
}

// close ends the order's refund window. A sale that was never refunded adds to
// what the merchant's line is earned by.
func (b *Book) close(o *order) {
	b.change(o, func() { o.closed = true })
	b.over(o)
	if o.refunded == 0 && o.pending == 0 && o.confirmed != 0 {
		b.of(o).sold(b.now, o)
		b.habitsOf(b.of(o)).clean++
	}
}

// over takes an order out of what is under way.
func (b *Book) over(o *order) {
	if o.over {
		return
	}
	o.over = true
	for kind := range o.values {
		b.of(o).leave(o, kind)
	}
	b.past = append(b.past, past[ref]{instantOf(b.now), o.self})
}

func (b *Book) merchant(id event.MerchantID) *merchant {
	m := b.merchants[id]
	if m == nil {
		m = &merchant{id: id}
		m.group = &group{members: []*merchant{m}}
		b.merchants[id] = m
	}
	return m
}

func (b *Book) account(m *merchant, c event.Currency) *account {
	i, found := slices.BinarySearchFunc(m.accounts, c, func(a *account, c event.Currency) int { return compare(a.currency, c) })
	if found {
		return m.accounts[i]
	}
	a := &account{owner: m, currency: event.Currency(b.text(string(c))), self: accountRef(len(b.accounts)), members: map[uint32]int32{}}
	b.accounts = append(b.accounts, a)
	m.accounts = slices.Insert(m.accounts, i, a)
	return a
}

// text returns s, one copy for all.
func (b *Book) text(s string) string {
	if known, ok := b.texts[s]; ok {
		return known
	}
	s = strings.Clone(s)
	b.texts[s] = s
	return s
}

// in returns the merchant's account in a currency, nil for none.
func (m *merchant) in(c event.Currency) *account {
	for _, a := range m.accounts {
		if a.currency == c {
			return a
		}
	}
	return nil
}

// onOrder does f with the order of an event. An event that is before its order in
// the stream is kept for it, as long as events may be late.
func (b *Book) onOrder(ev event.Event, id event.OrderID, f func(*order)) {
	if o := b.orders.find(id); o != nil {
		b.meets(ev, b.of(o).owner, o, b.of(o).currency)
		f(o)
		return
	}
	early := b.early[id]
	if slices.ContainsFunc(early, func(other event.Event) bool { return other.Key() == ev.Key() }) {
		return
	}
	b.unmatched++
	for len(b.waiting) > 0 && b.waiting[0].until.Before(b.now) {
		delete(b.early, b.waiting[0].order)
		b.waiting = b.waiting[1:]
	}
	if len(early) == 0 {
		b.waiting = append(b.waiting, waits{b.now.Add(b.pack.AllowedLateness), id})
	}
	if len(early) < mostEarly {
		b.early[id] = append(early, ev)
	}
}

// waits is an order that events came before, and until when they are kept.
type waits struct {
	until time.Time
	order event.OrderID
}

const mostEarly = 16 // events of one order

func (b *Book) orderPaid(ev event.Event, d *event.OrderPaid) {
	if b.orders.find(d.Order) != nil {
		return
	}
	m := b.merchant(d.Merchant)
	a := b.account(m, d.Money.Currency)
	if !a.grow(&a.received, d.Money.Amount) {
		return
	}
	o := b.orders.add(d.Order, d.Buyer)
	o.account, o.amount, o.days = a.self, d.Money.Amount, int16(b.pack.refundDays(d, m.category))
	o.abroad = d.BuyerCountry != "" && d.BuyerCountry != m.country
	o.old = !d.BuyerSince.IsZero() && ev.Time.Sub(d.BuyerSince) >= b.pack.Growth.EstablishedAfter
	b.meets(ev, nil, nil, "")
	a.escrow += o.amount
	h := b.habitsOf(a)
	if b.dear(h, o.amount) {
		o.marks |= 1 << markDear
	}
	if !d.BuyerSince.IsZero() && ev.Time.Sub(d.BuyerSince) < youngBuyer {
		o.marks |= 1 << markYoung
	}
	h.prices[priceBin(o.amount)]++
	h.orders++
	a.join(o, crowdBuyers, hashOf(crowdBuyers, string(d.Buyer)))
	a.join(o, crowdDevices, hashOf(crowdDevices, d.Device))
	a.join(o, crowdAccounts, hashOf(crowdAccounts, d.PaymentAccount))
	early := b.early[d.Order]
	delete(b.early, d.Order)
	for _, ev := range early {
		b.unmatched--
		b.meets(ev, m, o, a.currency)
		switch d := ev.Data.(type) {
		case *event.OrderConfirmed:
			b.confirmed(ev, d, o)
		case *event.ParcelShipped:
			b.shipped(ev, d, o)
		case *event.ParcelSigned:
			b.signed(ev, d, o)
		}
	}
}

// confirmed moves what of the order was not refunded yet into the balance.
func (b *Book) confirmed(ev event.Event, d *event.OrderConfirmed, o *order) {
	a := b.of(o)
	if o.confirmed != 0 || !a.grow(&a.entered, o.amount-o.refunded) {
		return
	}
	a.balance += o.amount - o.refunded
	b.change(o, func() {
		o.confirmed, o.byBuyer = instantOf(ev.Time), d.By == "buyer"
		b.follow(o)
	})
	b.ended(o)
}

func (b *Book) shipped(ev event.Event, d *event.ParcelShipped, o *order) {
	b.change(o, func() {
		if t := instantOf(ev.Time); o.shipped == 0 || t < o.shipped {
			o.shipped = t
		}
		_, o.carrier = b.pack.Delivery.Carriers[d.Carrier]
		if d.WeightG > 0 && !o.over {
			b.of(o).join(o, crowdWeights, hashOf(crowdWeights, strconv.FormatInt(d.WeightG, 10)))
		}
		b.follow(o)
	})
	b.ended(o)
}

func (b *Book) signed(ev event.Event, d *event.ParcelSigned, o *order) {
	b.change(o, func() {
		o.signed = max(o.signed, instantOf(ev.Time)) // of several parcels the last counts
		if !o.over {
			b.of(o).join(o, crowdPlaces, hashOf(crowdPlaces, d.Place))
		}
		b.follow(o)
	})
	b.ended(o)
}

// follow works out what hangs on an order's dates: what is marked about it, and
// when its window ends: some days after the parcel was signed for, or after the
// confirmation where there is no parcel; never yet for a parcel on its way. A
// window that has closed stays closed.
func (b *Book) follow(o *order) {
	if o.closed {
		return
	}
	b.judgeDelivery(o)
	if o.byBuyer && o.signed != 0 && o.confirmed-o.signed < instant(quick) {
		o.marks |= 1 << markQuick
	} else {
		o.marks &^= 1 << markQuick
	}
	window := instant(o.days) * instant(day)
	switch {
	case o.confirmed == 0:
	case o.signed != 0:
		o.end = o.signed + window + instant(b.later(o))
	case o.shipped != 0:
		o.end = 0
	default:
		o.end = o.confirmed + window
	}
}

// ended closes a confirmed order whose window is over, or notes when it will be.
func (b *Book) ended(o *order) {
	switch {
	case o.closed || o.confirmed == 0 || o.end == 0:
	case o.end <= instantOf(b.now):
		b.close(o)
	default:
		heap.Push(&b.ends, windowEnd{o.end, o.self})
	}
}

// habitsOf returns those of an account's category.
func (b *Book) habitsOf(a *account) *habits {
	t := trade{a.owner.category, a.currency}
	h := b.habits[t]
	if h == nil {
		h = &habits{}
		b.habits[t] = h
	}
	return h
}

func (b *Book) applied(ev event.Event, d *event.MerchantApplied) []event.Event {
	m := b.merchant(d.Merchant)
	if m.applied != "" {
		return nil
	}
	m.category, m.country = b.text(d.Category), b.text(d.Country)
	m.met = reasonsOf(b.meets(ev, nil, nil, ""))
	return b.judgeMerchant(ev, m)
}

// judgeMerchant decides on an application, or corrects the decision on one
// when the shop turns out to belong to a ring before it has opened.
func (b *Book) judgeMerchant(ev event.Event, m *merchant) []event.Event {
	out := &event.DecisionMerchant{Merchant: m.id, Decision: event.Admit, Reasons: slices.Clone(m.met)}
	if len(m.met) > 0 {
		out.Decision = event.Review
	}
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
		for _, a := range m.accounts {
			sums[a.currency] = satAdd(sums[a.currency], a.advanced)
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
		for name, other := range b.rings {
			if other == old {
				b.rings[name] = g // later news under an old name is news of this ring
			}
		}
	}
	out := b.leaveRing(ev, g, d.Left)
	byID := func(x, y *merchant) int { return compare(x.id, y.id) }
	slices.SortFunc(g.members, byID)
	slices.SortFunc(joined, byID)
	for _, id := range d.Buyers {
		g.buyers[id] = struct{}{}
	}
	for _, m := range joined {
		if m.applied == event.Admit && m.opened.IsZero() {
			out = append(out, b.judgeMerchant(ev, m)...)
		}
	}
	return out
}

// leaveRing lets shops stand alone again, which a person has struck out of a ring.
// Where their application had waited for that, it is decided anew.
func (b *Book) leaveRing(ev event.Event, g *group, left []event.MerchantID) []event.Event {
	var out []event.Event
	if len(left) > 0 {
		clear(g.buyers) // those who are still the ring's are named again
	}
	for _, id := range left {
		m := b.merchants[id]
		if m == nil || m.group != g {
			continue
		}
		g.members = slices.DeleteFunc(g.members, func(other *merchant) bool { return other == m })
		m.group = &group{members: []*merchant{m}}
		if m.applied != "" && m.applied != event.Admit && m.opened.IsZero() {
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
	at    instant
	order ref
}

type endHeap []windowEnd

func (h endHeap) Len() int { return len(h) }
func (h endHeap) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].order < h[j].order
}
func (h endHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *endHeap) Push(x any)   { *h = append(*h, x.(windowEnd)) }
func (h *endHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
