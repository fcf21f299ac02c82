package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/menshen-io/menshen/event"
)

// MarketOptions shape a marketplace large enough to measure the money door on.
type MarketOptions struct {
	Seed      uint64
	Merchants int // honest shops
	Days      int // at least 120
	Rings     int // of each kind
}

// Market is a simulated marketplace: honest shops with honest troubles, and rings
// of several kinds. It holds what is under way, not what was, so that a year of
// 20,000 shops streams in bounded memory.
type Market struct {
	opt    MarketOptions
	start  time.Time
	shops  []*stall
	rings  []*marketRing
	buyers int

	day     int
	pending [][]event.Event // by day, from the present one on
	ids     int
	orders  int
	refunds int
	asks    int
}

// Streams of chance of a market.
const (
	streamStalls uint64 = iota + 100
	streamStallDay
	streamMarketRings
	streamMarketBuyer
)

// stall is a shop of a market.
type stall struct {
	applied  event.MerchantApplied
	cat      category
	currency event.Currency
	rate     float64 // orders a day
	deposit  int64
	from, to int // days on which it sells
	every    int // days between its payout requests
	asksAt   time.Duration
	batch    [2]int // days of a bad batch
	viral    int    // day on which it begins to go viral, 0 for never
	season   float64
	phase    float64
	grams    [2]int64
	slow     bool
}

// Troubles of honest shops, in shares of them.
const (
	shareSeasonal = 0.15
	shareViral    = 0.01
	shareBatch    = 0.05
	shareFamily   = 0.05
	shareAgency   = 0.05
)

func (m *Market) chance(stream uint64, a, b int) chance {
	s := mix(m.opt.Seed ^ mix(stream))
	return chance{rand.New(rand.NewPCG(s, mix(mix(uint64(a))^uint64(b))))}
}

// NewMarket plans a market.
func NewMarket(o MarketOptions) (*Market, error) {
	switch {
	case o.Merchants < 20 || o.Merchants > 1_000_000:
		return nil, errors.New("merchants: must be from 20 to 1000000")
	case o.Days < 120 || o.Days > 3650:
		return nil, errors.New("days: must be from 120 to 3650")
	case o.Rings < 0 || o.Rings > 100:
		return nil, errors.New("rings: must be from 0 to 100 of each kind")
	}
	m := &Market{opt: o, start: time.Date(2026, 1, 1, 0, 0, 0, 0, Zone()), buyers: 60 * o.Merchants}
	c := m.chance(streamStalls, 0, 0)
	for i := range o.Merchants {
		m.shops = append(m.shops, m.newStall(c, i))
	}
	m.shareHonestly(c)
	for k, kind := range marketRingKinds() {
		for i := range o.Rings {
			m.rings = append(m.rings, m.gather(m.chance(streamMarketRings, k, i), kind, k*100+i))
		}
	}
	return m, nil
}

// Start is the first day of a market.
func (m *Market) Start() time.Time { return m.start }

func (m *Market) newStall(c chance, i int) *stall {
	s := &stall{currency: "CNY", deposit: newDeposit, to: m.opt.Days}
	u := c.Float64()
	for _, cat := range categories() {
		if s.cat = cat; u < cat.share {
			break
		}
		u -= cat.share
	}
	s.cat.median = c.logNormal(s.cat.median, 0.35)
	s.cat.refunds = min(c.gamma(s.cat.refunds, 0.5), 0.35)
	s.rate = min(c.logNormal(0.4, 1.35), 300)
	if u := c.Float64(); u < 0.10 {
		s.currency = pick(c, []event.Currency{"USD", "EUR", "MYR"})
		s.deposit = map[event.Currency]int64{"USD": 420_000, "EUR": 390_000, "MYR": 1_900_000}[s.currency]
		s.cat.median /= float64(newDeposit) / float64(s.deposit)
	}
	if c.happens(0.75) {
		s.from = -1
	} else {
		s.from = c.IntN(m.opt.Days * 9 / 10)
	}
	if c.happens(0.06) {
		s.to = max(s.from, 0) + 40 + c.IntN(m.opt.Days)
	}
	s.every, s.asksAt = pick(c, []int{1, 1, 7, 7, 7, 14}), c.span(8*time.Hour, 20*time.Hour)
	if c.happens(shareSeasonal) {
		s.season, s.phase = c.between(0.4, 0.9), c.Float64()
	}
	if c.happens(shareViral) {
		s.viral = max(s.from, 0) + 30 + c.IntN(m.opt.Days)
	}
	if c.happens(shareBatch) {
		at := max(s.from, 0) + 20 + c.IntN(m.opt.Days)
		s.batch = [2]int{at, at + 14}
	}
	s.slow = c.happens(0.06)
	spread := c.between(0, 1) // some sell one thing, which always weighs the same
	s.grams = [2]int64{int64(float64(s.cat.grams) * (1 - 0.7*spread)), int64(float64(s.cat.grams) * (1 + 2*spread))}
	m.register(c, s, i)
	return s
}

func (m *Market) register(c chance, s *stall, i int) {
	s.applied = event.MerchantApplied{Merchant: event.MerchantID(number("m-", 100_001+i, 1)), Category: s.cat.name, Country: "CN",
		LegalPerson: c.hash(), BankAccount: c.hash(), Phone: c.hash(), Address: c.hash(), Device: c.hash(), IP: c.hash()}
}

// shareHonestly lets honest shops share what honest shops do: a family's home and
// computer, the agency that registered them, an office's network.
func (m *Market) shareHonestly(c chance) {
	n := len(m.shops)
	anyShop := func() *event.MerchantApplied { return &m.shops[c.IntN(n)].applied }
	for range int(shareFamily * float64(n) / 2) {
		a, b := anyShop(), anyShop()
		b.Device, b.Address, b.IP = a.Device, a.Address, a.IP
		if c.happens(0.3) {
			b.LegalPerson, b.BankAccount = a.LegalPerson, a.BankAccount
		}
	}
	for left := int(shareAgency * float64(n)); left > 0; {
		device, network := c.hash(), c.hash()
		for range 10 + c.IntN(50) {
			a := anyShop()
			a.Device, a.IP = device, network
			left--
		}
	}
	for range n / 60 {
		network := c.hash()
		for range 2 + c.IntN(20) {
			anyShop().IP = network
		}
	}
}

// Events yields the market's events in the order of their time.
func (m *Market) Events() iter.Seq[event.Event] {
	return func(yield func(event.Event) bool) {
		m.day, m.ids, m.orders, m.refunds, m.asks = 0, 0, 0, 0, 0
		m.pending = make([][]event.Event, m.opt.Days)
		for _, r := range m.rings {
			r.truth.Advanced = 0
		}
		for m.day = range m.opt.Days {
			for i, s := range m.shops {
				m.sellToday(i, s)
			}
			for _, r := range m.rings {
				m.playToday(r)
			}
			today := m.pending[m.day]
			m.pending[m.day] = nil
			slices.SortFunc(today, func(a, b event.Event) int {
				if c := a.Time.Compare(b.Time); c != 0 {
					return c
				}
				return strings.Compare(a.ID, b.ID)
			})
			for _, ev := range today {
				if !yield(ev) {
					return
				}
			}
		}
	}
}

// Truth says which shops are rings', after Events was drained with what instant
// payout would have had to advance for each.
func (m *Market) Truth() Truth {
	t := Truth{Scenario: "market", Seed: m.opt.Seed}
	for _, r := range m.rings {
		t.Rings = append(t.Rings, r.truth)
	}
	return t
}

// WriteFiles writes the market's events and truth into dir, as World's does.
func (m *Market) WriteFiles(ctx context.Context, dir string) (events int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("making the output directory: %w", err)
	}
	err = writeFile(filepath.Join(dir, EventsFile), func(out io.Writer) error {
		w := event.NewWriter(out)
		for ev := range m.Events() {
			if events++; events%4096 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := w.Write(ev); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return events, fmt.Errorf("writing events: %w", err)
	}
	err = writeFile(filepath.Join(dir, TruthFile), func(out io.Writer) error {
		return json.MarshalWrite(out, m.Truth(), jsontext.WithIndent("  "))
	})
	if err != nil {
		return events, fmt.Errorf("writing the truth: %w", err)
	}
	return events, nil
}

// add puts an event on its day; what would come after the end is dropped.
func (m *Market) add(source string, at time.Time, data event.Data) {
	day := max(int(at.Sub(m.start)/(24*time.Hour)), m.day)
	if day >= m.opt.Days {
		return
	}
	m.ids++
	m.pending[day] = append(m.pending[day], event.New(number("e", m.ids, 9), source, at, data))
}

func (m *Market) today(d time.Duration) time.Time {
	return m.start.Add(time.Duration(m.day)*24*time.Hour + d)
}

// open registers a shop and lets it open.
func (m *Market) open(c chance, s *stall, at time.Time) {
	applied := s.applied
	m.add("shop", at, &applied)
	opened := at.Add(c.span(10*time.Minute, 3*time.Hour))
	m.add("shop", opened, &event.MerchantOpened{Merchant: applied.Merchant})
	m.add("pay", opened, &event.CollateralChanged{Merchant: applied.Merchant, Total: event.Money{Amount: s.deposit, Currency: s.currency}})
}

func (m *Market) ask(s *stall, at time.Time) {
	m.asks++
	m.add("pay", at, &event.PayoutRequested{Request: event.RequestID(number("pr-", m.asks, 1)), Merchant: s.applied.Merchant})
}

// buyer is the i-th of a market, cheaply.
func (m *Market) buyer(i int) buyer {
	x := mix(m.opt.Seed ^ mix(streamMarketBuyer) ^ mix(uint64(i)))
	home := i
	if i%10 == 1 {
		home-- // of one household with the one before
	}
	b := buyer{id: event.BuyerID(number("b-", i, 1)), country: "CN", device: number("h:d", i, 1), ip: number("h:n", home, 1),
		address: number("h:a", home, 1), paysFrom: number("h:p", i, 1)}
	if x%100 < 35 {
		b.abroad, b.country = true, strings.Fields("MY MY SG SG TH US AU JP KR CA GB VN")[x>>32%12]
	}
	b.since = m.start.Add(-time.Duration(x>>8%1500) * 24 * time.Hour)
	if x>>16%100 < 12 { // joined during the period
		b.since = m.start.Add(time.Duration(x>>24%uint64(m.opt.Days)) * 24 * time.Hour)
	}
	return b
}

// sellToday adds a day of an honest shop.
func (m *Market) sellToday(i int, s *stall) {
	if m.day > s.to || m.day < s.from {
		return
	}
	c := m.chance(streamStallDay, i, m.day)
	if m.day == max(s.from, 0) {
		at := m.today(c.span(9*time.Hour, 18*time.Hour))
		if s.from < 0 {
			at = m.today(c.span(time.Second, time.Hour))
		}
		m.open(c, s, at)
		if s.from >= 0 {
			return
		}
	}
	rate := s.rate * (1 + s.season*math.Sin(2*math.Pi*(float64(m.day)/365+s.phase)))
	if since := m.day - s.viral; s.viral > 0 && since >= 0 {
		rate *= 1 + 49*min(float64(since)/7, math.Exp(-float64(since-7)/20))
	}
	for range c.poisson(rate) {
		// A shop has a clientele of its own and of its category.
		b := c.IntN(m.buyers)
		switch u := c.Float64(); {
		case u < 0.3:
			b = int(mix(uint64(i))%uint64(m.buyers)+uint64(c.IntN(200))) % m.buyers
		case u < 0.5:
			b = int(mix(uint64(len(s.cat.name)))%uint64(m.buyers)+uint64(c.IntN(m.buyers/20))) % m.buyers
		}
		m.sell(c, s, m.buyer(b))
	}
	if m.day%s.every == i%s.every {
		m.ask(s, m.today(s.asksAt))
	}
}

// marketSale is how an order goes.
type marketSale struct {
	paid, shipped, signed, confirmed time.Time
	by                               string
	fen                              int64
	grams                            int64
	place                            string
	carrier                          string
}

// place adds an order up to its confirmation.
func (m *Market) place(c chance, s *stall, b buyer, o marketSale) event.OrderID {
	m.orders++
	id := event.OrderID(number("o-", m.orders, 1))
	m.add("shop", o.paid, &event.OrderPaid{Order: id, Merchant: s.applied.Merchant, Buyer: b.id, Money: event.Money{Amount: o.fen, Currency: s.currency},
		Category: s.cat.name, RefundDays: refundDays, Device: b.device, IP: b.ip, Address: b.address, PaymentAccount: b.paysFrom,
		BuyerCountry: b.country, BuyerSince: b.since})
	if !o.shipped.IsZero() {
		m.add("carrier", o.shipped, &event.ParcelShipped{Order: id, Carrier: o.carrier, Tracking: "h:t" + strconv.Itoa(m.orders), WeightG: o.grams, From: "yiwu"})
	}
	if !o.signed.IsZero() {
		m.add("carrier", o.signed, &event.ParcelSigned{Order: id, Place: o.place})
	}
	if !o.confirmed.IsZero() {
		m.add("shop", o.confirmed, &event.OrderConfirmed{Order: id, By: o.by})
	}
	return id
}

func (m *Market) giveBack(id event.OrderID, s *stall, at time.Time, fen int64, cause string) {
	m.refunds++
	m.add("shop", at, &event.RefundRequested{Refund: event.RefundID(number("rf-", m.refunds, 1)), Order: id,
		Money: event.Money{Amount: fen, Currency: s.currency}, Cause: cause})
}

// sell is one honest order from payment to the end of its window.
func (m *Market) sell(c chance, s *stall, b buyer) {
	o := marketSale{paid: m.today(c.span(7*time.Hour, 24*time.Hour)), fen: max(int64(c.logNormal(s.cat.median, s.cat.sigma))/100*100, 900), place: b.address,
		carrier: pick(c, []string{"sf", "yto", "zto", "ems"})}
	if c.happens(0.03) {
		m.giveBack(m.place(c, s, b, marketSale{paid: o.paid, fen: o.fen}), s, o.paid.Add(c.span(5*time.Minute, 4*time.Hour)), o.fen, "changed_mind")
		return
	}
	received := o.paid
	if s.cat.parcel {
		o.shipped = o.paid.Add(c.span(4*time.Hour, 40*time.Hour))
		if s.slow {
			o.shipped = o.paid.Add(c.span(3*24*time.Hour, 8*24*time.Hour))
		}
		o.grams = s.grams[0] + c.Int64N(s.grams[1]-s.grams[0]+1)
		if c.happens(0.005) { // lost
			m.giveBack(m.place(c, s, b, o), s, o.shipped.AddDate(0, 0, 25), o.fen, "not_received")
			return
		}
		o.signed = o.shipped.Add(c.span(30*time.Hour, 5*24*time.Hour))
		if b.abroad {
			o.signed = o.shipped.Add(c.span(4*24*time.Hour, 14*24*time.Hour))
		}
		if c.happens(0.15) { // a pick-up point
			o.place = number("h:u", int(mix(uint64(c.IntN(m.buyers/300+1)))%uint64(m.buyers)), 1)
		}
		received = o.signed
	}
	o.confirmed, o.by = received.Add(confirmedBy), "timeout"
	switch u := c.Float64(); {
	case u < 0.05:
		o.confirmed, o.by = received.Add(c.span(time.Minute, 15*time.Minute)), "buyer"
	case u < 0.6:
		o.confirmed, o.by = received.Add(c.span(time.Hour, 6*24*time.Hour)), "buyer"
	}
	window := o.signed
	if !s.cat.parcel {
		window = o.confirmed
	}
	refunds := s.cat.refunds
	if m.day >= s.batch[0] && m.day < s.batch[1] {
		refunds = 0.5
	}
	if !c.happens(refunds) {
		m.place(c, s, b, o)
		return
	}
	u := c.Float64()
	at := window.Add(time.Duration((0.02 + 0.96*u*(0.4+0.6*u)) * refundDays * 24 * float64(time.Hour)))
	fen := o.fen
	if at.Before(o.confirmed) {
		o.confirmed = time.Time{}
	} else if c.happens(0.15) {
		fen = fen * int64(2+c.IntN(6)) / 10
	}
	m.giveBack(m.place(c, s, b, o), s, at, fen, pick(c, []string{"not_as_described", "wrong_size", "damaged", "changed_mind", "late"}))
}
