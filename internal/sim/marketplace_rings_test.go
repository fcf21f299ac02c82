package sim

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// tills is a platform that pays out every balance when asked, by currency.
type tills struct {
	orders         map[event.OrderID]*placeOrder
	balance, cover map[till]int64
	advanced       map[till]int64
}

type till struct {
	merchant event.MerchantID
	currency event.Currency
}

func newTills() *tills {
	return &tills{map[event.OrderID]*placeOrder{}, map[till]int64{}, map[till]int64{}, map[till]int64{}}
}

func (p *tills) fold(ev event.Event) {
	switch d := ev.Data.(type) {
	case *event.CollateralChanged:
		p.cover[till{d.Merchant, d.Total.Currency}] = d.Total.Amount
	case *event.OrderPaid:
		p.orders[d.Order] = &placeOrder{merchant: d.Merchant, money: d.Money, paid: ev.Time}
	case *event.OrderConfirmed:
		o := p.orders[d.Order]
		o.confirmed = ev.Time
		p.balance[till{o.merchant, o.money.Currency}] += o.money.Amount - o.refunded
	case *event.PayoutRequested:
		for _, m := range moneys() {
			t := till{d.Merchant, m.currency}
			switch {
			case d.Money == nil:
				p.balance[t] = 0
			case d.Money.Currency == m.currency:
				p.balance[t] -= min(p.balance[t], d.Money.Amount)
			}
		}
	case *event.RefundRequested:
		o := p.orders[d.Order]
		if o.refunded += d.Money.Amount; o.confirmed.IsZero() {
			return
		}
		t, left := till{o.merchant, o.money.Currency}, d.Money.Amount
		for _, from := range []map[till]int64{p.balance, p.cover} {
			part := min(left, from[t])
			from[t] -= part
			left -= part
		}
		p.advanced[t] += left
	}
}

func TestMarketplacePlainRingTakes(t *testing.T) {
	t.Parallel()
	sum := int64(0)
	const seeds = 8
	for seed := range uint64(seeds) {
		r := place(t, MarketplaceOptions{Seed: seed, Merchants: 20, Rings: []RingKind{RingPlain}}).Truth().Rings[0]
		if len(r.Merchants) != 12 || len(r.Advanced) != 1 || r.Advanced[0].Currency != "CNY" {
			t.Fatalf("%+v", r)
		}
		if n := r.Advanced[0].Amount; n < 660_000_000 || n > 780_000_000 {
			t.Errorf("seed %d: the ring takes %d fen", seed, n)
		}
		sum += r.Advanced[0].Amount
	}
	if mean := sum / seeds; mean < 705_000_000 || mean > 735_000_000 {
		t.Errorf("the ring takes %d fen on average", mean)
	}
}

// What the truth says of the rings alone is what the whole stream shows.
func TestMarketplaceTruthHolds(t *testing.T) {
	t.Parallel()
	m := place(t, smallPlace(11))
	truth := m.Truth()
	if len(truth.Rings) != len(RingKinds()) {
		t.Fatalf("%d rings", len(truth.Rings))
	}
	ringOf := map[event.MerchantID]int{}
	for k, r := range truth.Rings {
		for _, id := range r.Merchants {
			ringOf[id] = k
		}
	}
	p := newTills()
	buyers := map[event.BuyerID]bool{}
	strangers := make([]int, len(truth.Rings))
	for ev := range m.Events() {
		p.fold(ev)
		if d, ok := ev.Data.(*event.OrderPaid); ok {
			buyers[d.Buyer] = true
			if k, ok := ringOf[d.Merchant]; ok {
				if _, own := slices.BinarySearch(truth.Rings[k].Buyers, d.Buyer); !own {
					strangers[k]++
				}
			}
		}
	}
	got := make([]map[event.Currency]int64, len(truth.Rings))
	honest, sold := int64(0), int64(0)
	for t, n := range p.advanced {
		if k, ok := ringOf[t.merchant]; !ok {
			honest += n
		} else if got[k] == nil {
			got[k] = map[event.Currency]int64{t.currency: n}
		} else {
			got[k][t.currency] += n
		}
	}
	for _, o := range p.orders {
		if _, ok := ringOf[o.merchant]; !ok {
			sold += o.money.Amount
		}
	}
	for k, r := range truth.Rings {
		if len(r.Advanced) != 1 || got[k][r.Advanced[0].Currency] != r.Advanced[0].Amount || r.Advanced[0].Amount == 0 {
			t.Errorf("%s: the truth says %v, the stream %v", r.Kind, r.Advanced, got[k])
		}
		if rec, _ := recipe(r.Kind); rec.walkIns > 0 != (strangers[k] > 0) {
			t.Errorf("%s: %d orders of strangers", r.Kind, strangers[k])
		}
	}
	if honest*50 > sold {
		t.Errorf("honest shops cost %d of %d", honest, sold)
	}
}

// seenRing is what the stream shows of a ring.
type seenRing struct {
	applied               map[event.MerchantID]*event.MerchantApplied
	opened                map[event.MerchantID]time.Time
	dear                  map[event.MerchantID]time.Time // first sale far above the median
	sales, refunds, quick int
	early, elsewhere      int // signatures; orders of its buyers at honest shops
	grams                 map[int64]bool
}

func look(m *Marketplace) map[RingKind]*seenRing {
	seen, ringOf, ofBuyer := map[RingKind]*seenRing{}, map[event.MerchantID]*seenRing{}, map[event.BuyerID]*seenRing{}
	for _, r := range m.Truth().Rings {
		s := &seenRing{applied: map[event.MerchantID]*event.MerchantApplied{}, opened: map[event.MerchantID]time.Time{},
			dear: map[event.MerchantID]time.Time{}, grams: map[int64]bool{}}
		seen[r.Kind] = s
		for _, id := range r.Merchants {
			ringOf[id] = s
		}
		for _, id := range r.Buyers {
			ofBuyer[id] = s
		}
	}
	type parcel struct {
		ring            *seenRing
		shipped, signed time.Time
	}
	parcels := map[event.OrderID]*parcel{}
	for ev := range m.Events() {
		switch d := ev.Data.(type) {
		case *event.MerchantApplied:
			if s := ringOf[d.Merchant]; s != nil {
				s.applied[d.Merchant] = d
			}
		case *event.MerchantOpened:
			if s := ringOf[d.Merchant]; s != nil {
				s.opened[d.Merchant] = ev.Time
			}
		case *event.OrderPaid:
			if s := ringOf[d.Merchant]; s != nil {
				parcels[d.Order] = &parcel{ring: s}
				s.sales++
				if s.dear[d.Merchant].IsZero() && d.Money.Currency == "CNY" && d.Money.Amount > 250_000 {
					s.dear[d.Merchant] = ev.Time
				}
			} else if s := ofBuyer[d.Buyer]; s != nil {
				s.elsewhere++
			}
		case *event.ParcelShipped:
			if p := parcels[d.Order]; p != nil {
				p.shipped = ev.Time
				p.ring.grams[d.WeightG] = true
			}
		case *event.ParcelSigned:
			if p := parcels[d.Order]; p != nil {
				if p.signed = ev.Time; p.signed.Sub(p.shipped) < 6*time.Hour {
					p.ring.early++
				}
			}
		case *event.OrderConfirmed:
			if p := parcels[d.Order]; p != nil && ev.Time.Sub(p.signed) < 10*time.Minute {
				p.ring.quick++
			}
		case *event.RefundRequested:
			if p := parcels[d.Order]; p != nil {
				p.ring.refunds++
			}
		}
	}
	return seen
}

func ids(d *event.MerchantApplied) [6]string {
	return [6]string{d.LegalPerson, d.BankAccount, d.Phone, d.Address, d.Device, d.IP}
}

// shared counts for each pair of a ring's shops what they share, and whether
// any of it is more than an address or a network.
func (s *seenRing) shared() (most, linked int, strong bool) {
	has := map[event.MerchantID]bool{}
	for a, x := range s.applied {
		for b, y := range s.applied {
			if a >= b {
				continue
			}
			same := 0
			for k, id := range ids(x) {
				if ids(y)[k] == id {
					same++
					strong = strong || k != 3 && k != 5
				}
			}
			if most = max(most, same); same > 0 {
				has[a], has[b] = true, true
			}
		}
	}
	return most, len(has), strong
}

func TestMarketplaceRingsAreOfTheirKind(t *testing.T) {
	t.Parallel()
	seen := look(place(t, MarketplaceOptions{Seed: 2, Merchants: 400, Days: 200}))
	for kind, want := range map[RingKind]func(s *seenRing) bool{
		RingPlain: func(s *seenRing) bool {
			most, linked, strong := s.shared()
			return most < 6 && linked == 12 && strong && s.quick == s.sales && s.refunds*10 > s.sales*8 && s.elsewhere == 0
		},
		RingSplit: func(s *seenRing) bool {
			most, linked, strong := s.shared()
			return most == 1 && linked == 10 && !strong
		},
		RingWarm: func(s *seenRing) bool {
			for id, at := range s.dear {
				if at.Sub(s.opened[id]) < 60*24*time.Hour {
					return false
				}
			}
			return len(s.dear) == 8
		},
		RingCamouflage: func(s *seenRing) bool { return s.elsewhere > 200 },
		RingHijacked:   func(s *seenRing) bool { return s.elsewhere > 50 && s.refunds > 100 },
		RingStaggered:  func(s *seenRing) bool { return s.refunds*6 < s.sales && s.refunds > 100 },
		RingCarrier: func(s *seenRing) bool {
			return s.early == s.sales && len(s.grams) <= 8
		},
		RingSingle: func(s *seenRing) bool { return len(s.applied) == 1 && s.refunds > 50 },
	} {
		s := seen[kind]
		if most, linked, strong := s.shared(); !want(s) {
			t.Errorf("%s: %d shops share %d at most (strong: %v); %d sales, %d refunds, %d quick, %d early, %d weights, %d elsewhere",
				kind, linked, most, strong, s.sales, s.refunds, s.quick, s.early, len(s.grams), s.elsewhere)
		}
	}
}

// A ring whose payouts are held gives up the shop and hurries to the next; what
// a ring is told changes nothing for the honest.
func TestMarketplaceReacts(t *testing.T) {
	t.Parallel()
	type outcome struct {
		sales, honest int
		rings         []event.MerchantID
		first         map[event.MerchantID]time.Time
		opened        map[event.MerchantID]bool
	}
	play := func(reactive bool, refused event.MerchantID) outcome {
		o := MarketplaceOptions{Seed: 4, Merchants: 100, Days: 200, Rings: []RingKind{RingPlain, RingSplit}, Reactive: reactive}
		m := place(t, o)
		ring := map[event.MerchantID]bool{}
		for _, r := range m.Truth().Rings {
			for _, id := range r.Merchants {
				ring[id] = true
			}
		}
		out := outcome{rings: slices.Sorted(maps.Keys(ring)), first: map[event.MerchantID]time.Time{}, opened: map[event.MerchantID]bool{}}
		for ev := range m.Events() {
			switch d := ev.Data.(type) {
			case *event.MerchantApplied:
				out.first[d.Merchant] = ev.Time
				if d.Merchant == refused {
					m.Told(event.New("d", "payout", ev.Time, &event.DecisionMerchant{Merchant: d.Merchant, Decision: event.Refuse}))
				}
			case *event.MerchantOpened:
				out.opened[d.Merchant] = true
			case *event.OrderPaid:
				if ring[d.Merchant] {
					out.sales++
				} else {
					out.honest++
				}
				if !out.opened[d.Merchant] {
					t.Fatalf("%s sells and is not open", d.Merchant)
				}
			case *event.PayoutRequested:
				hold := event.Money{Amount: 1000, Currency: "CNY"}
				m.Told(event.New("d", "payout", ev.Time, &event.DecisionPayout{Request: d.Request, Merchant: d.Merchant, Decision: event.HoldAll, Hold: hold}))
			}
		}
		return out
	}
	calm, hurried := play(false, ""), play(true, "")
	if calm.honest != hurried.honest || hurried.sales*10 > calm.sales*9 || hurried.sales == 0 {
		t.Errorf("%d sales where nothing is told and %d where all is held; honest %d and %d", calm.sales, hurried.sales, calm.honest, hurried.honest)
	}
	sooner := 0
	for id, at := range hurried.first {
		if at.Before(calm.first[id]) {
			sooner++
		} else if at.After(calm.first[id]) {
			t.Errorf("%s applies later", id)
		}
	}
	if sooner < 10 {
		t.Errorf("%d shops apply sooner", sooner)
	}
	all := slices.Sorted(maps.Keys(calm.opened))
	honest := all[slices.IndexFunc(all, func(id event.MerchantID) bool { return !slices.Contains(calm.rings, id) })]
	for _, id := range []event.MerchantID{honest, calm.rings[0]} {
		if o := play(true, id); o.opened[id] || len(o.opened) < len(calm.opened)-1 {
			t.Errorf("%s is refused and opens, or others do not: %d of %d", id, len(o.opened), len(calm.opened))
		}
	}
}
