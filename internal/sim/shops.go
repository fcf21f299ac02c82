package sim

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

const (
	currency      = event.Currency("CNY")
	newDeposit    = 3_000_000 // fen
	refundDays    = 15
	confirmedBy   = 7 * 24 * time.Hour // the platform confirms for a buyer who does not
	firstMerchant = 301
)

// Kinds of shop.
const (
	ShopHonest  = "honest"
	ShopSlow    = "slow"    // ships late
	ShopUnlucky = "unlucky" // sells one bad batch
	ShopRing    = "ring"
)

// Merchant is a shop of the marketplace.
type Merchant struct {
	ID       event.MerchantID
	Kind     string
	Category string
	Applied  time.Time
	Opened   time.Time
	Deposit  int64 // fen

	applied     event.MerchantApplied
	no, openDay int
	rate        float64 // orders a day
	cat         category
	payoutEvery int // days
	payoutAt    time.Duration
	asks        int64    // fen a request, 0 for all
	batch       [2]int   // days of the bad batch
	city        string   // parcels come from
	weight      [2]int64 // grams
	ring        int      // number within the ring
}

type category struct {
	name    string
	median  float64 // fen
	sigma   float64
	refunds float64 // share of orders
	share   float64 // of shops
	parcel  bool
	grams   int64
}

func categories() []category {
	return []category{
		{"clothing", 16800, 0.5, 0.12, 0.28, true, 420},
		{"home", 13900, 0.6, 0.05, 0.20, true, 1500},
		{"electronics", 45900, 0.7, 0.06, 0.16, true, 650},
		{"toys", 8900, 0.5, 0.04, 0.12, true, 500},
		{"jewellery", 42900, 0.7, 0.07, 0.12, true, 90},
		{"vouchers", 12900, 0.4, 0.02, 0.12, false, 0},
	}
}

// openShops makes the merchants, the honest and the ring's, and numbers them by
// the time of their application.
func (w *World) openShops() {
	w.buyers = max(w.opt.Merchants*150, 500) // an even number
	c := w.chance(streamMerchants, 0, 0)
	for i := range w.opt.Merchants {
		w.merchants = append(w.merchants, w.newShop(c, i))
	}
	w.shareHonestly(c)
	if w.opt.RingShops > 0 {
		w.gatherRing()
	}
	slices.SortStableFunc(w.merchants, func(a, b *Merchant) int { return cmp.Or(a.Applied.Compare(b.Applied), cmp.Compare(a.no, b.no)) })
	for i, m := range w.merchants {
		m.no = i
		m.ID = event.MerchantID(number("m-", firstMerchant+i, 1))
		m.applied.Merchant = m.ID
	}
}

func (w *World) newShop(c chance, i int) *Merchant {
	m := &Merchant{Kind: ShopHonest, Deposit: newDeposit, no: i}
	u := c.Float64()
	for _, cat := range categories() {
		if m.cat = cat; u < cat.share {
			break
		}
		u -= cat.share
	}
	m.Category = m.cat.name
	m.cat.median = c.logNormal(m.cat.median, 0.25)
	m.cat.refunds = min(c.gamma(m.cat.refunds, 0.4), 0.3)
	m.rate = min(max(c.gamma(4, 0.9), 0.3), 25)
	if u := c.Float64(); u < 0.08 {
		m.Kind = ShopSlow
	} else if u < 0.15 && w.opt.Days > 60 {
		m.Kind = ShopUnlucky
	}
	if c.happens(0.7) { // open already when the period starts
		m.Applied = w.opt.Start.Add(c.span(time.Minute, time.Hour))
		m.Opened = m.Applied.Add(c.span(10*time.Minute, 40*time.Minute))
		if c.happens(0.3) {
			m.Deposit = int64(3+c.IntN(8)) * 1_000_000
		}
	} else {
		m.Applied = w.opt.Start.AddDate(0, 0, c.IntN(max(1, w.opt.Days*3/4))).Add(c.span(9*time.Hour, 20*time.Hour))
		m.Opened = m.Applied.Add(c.span(5*time.Hour, 50*time.Hour))
	}
	m.openDay = int(m.Opened.Sub(w.opt.Start)/(24*time.Hour)) + 1
	if m.Kind == ShopUnlucky {
		at := m.openDay + 25 + c.IntN(max(1, w.opt.Days-m.openDay-25))
		m.batch = [2]int{at, at + 8 + c.IntN(8)}
	}
	m.payoutEvery = pick(c, []int{1, 1, 7, 7, 7})
	m.payoutAt = c.span(9*time.Hour, 18*time.Hour)
	if c.happens(0.06) {
		m.asks = int64(2+c.IntN(9)) * 100_000
	}
	w.register(c, m)
	return m
}

// register gives a shop identifiers of its own.
func (w *World) register(c chance, m *Merchant) {
	m.city = pick(c, strings.Fields("shenzhen guangzhou yiwu hangzhou quanzhou dongguan ningbo changsha"))
	m.weight = [2]int64{m.cat.grams / 2, m.cat.grams * 2}
	m.applied = event.MerchantApplied{Category: m.Category, Country: "CN", LegalPerson: c.hash(), BankAccount: c.hash(),
		Phone: c.hash(), Address: c.hash(), Device: c.hash(), IP: c.hash()}
}

// shareHonestly lets some honest shops share what honest shops do share: an
// agency's computer, an office's network, an owner of two shops.
func (w *World) shareHonestly(c chance) {
	n := len(w.merchants)
	for range n / 20 {
		a, b, d := w.merchants[c.IntN(n)], w.merchants[c.IntN(n)], w.merchants[c.IntN(n)]
		b.applied.Device, d.applied.Device = a.applied.Device, a.applied.Device
		b.applied.IP, d.applied.IP = a.applied.IP, a.applied.IP
	}
	for range n / 8 {
		a, b := w.merchants[c.IntN(n)], w.merchants[c.IntN(n)]
		b.applied.IP = a.applied.IP
		if c.happens(0.3) {
			b.applied.Address = a.applied.Address
		}
	}
	for range n / 40 {
		a, b := w.merchants[c.IntN(n)], w.merchants[c.IntN(n)]
		b.applied.LegalPerson, b.applied.BankAccount, b.applied.Phone = a.applied.LegalPerson, a.applied.BankAccount, a.applied.Phone
	}
}

// buyer is an account that buys.
type buyer struct {
	id                            event.BuyerID
	country                       string
	device, ip, address, paysFrom string
	since                         time.Time
	abroad                        bool
}

// buyerAt is the i-th ordinary buyer, a pure function of seed and index.
func (w *World) buyerAt(i int) buyer {
	c := w.chance(streamBuyer, i, 0)
	b := buyer{id: event.BuyerID(number("b-", 10000+i, 1)), country: "CN", device: c.hash(), ip: c.hash(), address: c.hash(), paysFrom: c.hash()}
	if c.happens(0.45) {
		b.abroad, b.country = true, pick(c, strings.Fields("MY MY SG SG TH US AU JP KR CA GB VN"))
	}
	if i%10 == 1 { // of one household with the one before
		home := w.buyerAt(i - 1)
		b.address, b.ip, b.country, b.abroad = home.address, home.ip, home.country, home.abroad
	}
	b.since = w.opt.Start.AddDate(0, 0, -1-c.IntN(1500)).Add(c.span(0, 24*time.Hour))
	return b
}

// shopsDay adds a day of the marketplace.
func (r *run) shopsDay() {
	w := r.w
	for _, m := range w.merchants {
		if r.day == int(m.Applied.Sub(w.opt.Start)/(24*time.Hour)) {
			applied := m.applied
			r.add(idShop, "shop", m.Applied, &applied)
			r.add(idShop, "shop", m.Opened, &event.MerchantOpened{Merchant: m.ID})
			r.add(idShop, "pay", m.Opened, &event.CollateralChanged{Merchant: m.ID, Total: event.Money{Amount: m.Deposit, Currency: currency}})
		}
		if m.Kind == ShopRing || r.day < m.openDay {
			continue
		}
		c := w.chance(streamMerchantDay, m.no, r.day)
		rate := m.rate
		if wd := w.weekday(r.day); wd == time.Saturday || wd == time.Sunday {
			rate *= 1.3
		}
		for range c.poisson(rate) {
			u := c.Float64()
			b := w.buyerAt(int(float64(w.buyers) * u * (0.4 + 0.6*u)))
			if c.happens(0.05) { // a newcomer
				b = w.buyerAt(w.buyers + 2*(m.no*4096+r.day*8+c.IntN(8))) // even: the ring's are odd
				b.since = r.today(-c.span(0, 20*24*time.Hour))
			}
			r.sell(c, m, b)
		}
		if r.day%m.payoutEvery == m.no%m.payoutEvery && r.day > m.openDay {
			r.ask(m, r.today(m.payoutAt))
		}
	}
}

// ask requests a payout as the shop usually does.
func (r *run) ask(m *Merchant, at time.Time) {
	r.asks++
	req := &event.PayoutRequested{Request: event.RequestID(number("pr-", r.asks, 1)), Merchant: m.ID}
	if m.asks > 0 {
		req.Money = &event.Money{Amount: m.asks, Currency: currency}
	}
	r.add(idAsk, "pay", at, req)
}

// order adds an order.paid and returns its id.
func (r *run) order(m *Merchant, b buyer, at time.Time, fen int64) event.OrderID {
	r.orders++
	id := event.OrderID(number("o-", r.orders, 1))
	r.add(idOrder, "shop", at, &event.OrderPaid{
		Order: id, Merchant: m.ID, Buyer: b.id, Money: event.Money{Amount: fen, Currency: currency}, Category: m.Category, RefundDays: refundDays,
		Device: b.device, IP: b.ip, Address: b.address, PaymentAccount: b.paysFrom, BuyerCountry: b.country, BuyerSince: b.since,
	})
	return id
}

func (r *run) refund(order event.OrderID, at time.Time, fen int64, cause string) event.RefundID {
	r.refunds++
	id := event.RefundID(number("rf-", r.refunds, 1))
	r.add(idRefund, "shop", at, &event.RefundRequested{Refund: id, Order: order, Money: event.Money{Amount: fen, Currency: currency}, Cause: cause})
	return id
}

// ship adds the parcel's two events.
func (r *run) ship(c chance, m *Merchant, order event.OrderID, b buyer, shipped, signed time.Time, grams int64) {
	r.add(idOrder, "carrier", shipped, &event.ParcelShipped{Order: order, Carrier: pick(c, []string{"sf", "yto", "zto", "ems"}),
		Tracking: c.hash(), WeightG: grams, From: m.city})
	if !signed.IsZero() {
		r.add(idOrder, "carrier", signed, &event.ParcelSigned{Order: order, Place: b.address})
	}
}

// sell is one honest order from payment to the end of its refund window.
func (r *run) sell(c chance, m *Merchant, b buyer) {
	paid := r.today(c.span(7*time.Hour, 23*time.Hour+50*time.Minute))
	fen := int64(max(c.logNormal(m.cat.median, m.cat.sigma), 900)) / 100 * 100
	id := r.order(m, b, paid, fen)
	if c.happens(0.03) {
		r.refund(id, paid.Add(c.span(5*time.Minute, 4*time.Hour)), fen, "changed_mind")
		return
	}
	window := paid
	if m.cat.parcel {
		shipped := paid.Add(c.span(4*time.Hour, 40*time.Hour))
		if m.Kind == ShopSlow {
			shipped = paid.Add(c.span(3*24*time.Hour, 9*24*time.Hour))
		}
		transit := c.span(2*24*time.Hour, 6*24*time.Hour)
		if b.abroad {
			transit = c.span(5*24*time.Hour, 15*24*time.Hour)
		}
		grams := m.weight[0] + c.Int64N(m.weight[1]-m.weight[0]+1)
		if c.happens(0.006) {
			r.ship(c, m, id, b, shipped, time.Time{}, grams)
			r.refund(id, shipped.AddDate(0, 0, 25), fen, "not_received")
			return
		}
		window = shipped.Add(transit)
		r.ship(c, m, id, b, shipped, window, grams)
	}
	confirmed, by := window.Add(confirmedBy), "timeout"
	switch u := c.Float64(); {
	case u < 0.03:
		confirmed, by = window.Add(c.span(2*time.Minute, 15*time.Minute)), "buyer"
	case u < 0.55:
		confirmed, by = window.Add(c.span(2*time.Hour, 6*24*time.Hour)), "buyer"
	}
	if !m.cat.parcel {
		window = confirmed
	}
	refunds := m.cat.refunds
	if m.Kind == ShopUnlucky && r.day >= m.batch[0] && r.day < m.batch[1] {
		refunds = 0.5
	}
	if c.happens(refunds) {
		u := c.Float64()
		at := window.Add(time.Duration((0.02+0.97*u*(0.4+0.6*u))*refundDays*86400) * time.Second)
		cause := pick(c, []string{"not_as_described", "wrong_size", "damaged", "changed_mind", "late"})
		if at.Before(confirmed) {
			r.refund(id, at, fen, cause)
			return
		}
		if c.happens(0.15) {
			fen = fen * int64(2+c.IntN(6)) / 10
		}
		r.refund(id, at, fen, cause)
	}
	r.add(idOrder, "shop", confirmed, &event.OrderConfirmed{Order: id, By: by})
}
