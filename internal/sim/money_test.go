package sim

import (
	"slices"
	"testing"

	"github.com/menshen-io/menshen/event"
)

// instant is a platform that pays out every balance when asked.
type instant struct {
	merchant  map[event.OrderID]event.MerchantID
	money     map[event.OrderID]int64
	confirmed map[event.OrderID]bool
	balance   map[event.MerchantID]int64
	cover     map[event.MerchantID]int64
	paid      map[event.MerchantID]int64
	advanced  map[event.MerchantID]int64
}

func (p *instant) fold(t *testing.T, ev event.Event) {
	switch d := ev.Data.(type) {
	case *event.CollateralChanged:
		p.cover[d.Merchant] = d.Total.Amount
	case *event.OrderPaid:
		if _, open := p.cover[d.Merchant]; !open {
			t.Fatalf("%s sells before it is open", d.Merchant)
		}
		p.merchant[d.Order], p.money[d.Order] = d.Merchant, d.Money.Amount
	case *event.OrderConfirmed:
		m, ok := p.merchant[d.Order]
		if !ok || p.confirmed[d.Order] {
			t.Fatalf("%s confirmed without payment, or twice", d.Order)
		}
		p.confirmed[d.Order] = true
		p.balance[m] += p.money[d.Order]
	case *event.PayoutRequested:
		pay := p.balance[d.Merchant]
		if d.Money != nil {
			pay = min(pay, d.Money.Amount)
		}
		p.balance[d.Merchant] -= pay
		p.paid[d.Merchant] += pay
	case *event.RefundRequested:
		m, ok := p.merchant[d.Order]
		if !ok || d.Money.Amount > p.money[d.Order] {
			t.Fatalf("%s refunds more than %s paid", d.Refund, d.Order)
		}
		if !p.confirmed[d.Order] {
			p.money[d.Order] -= d.Money.Amount
			return
		}
		left := d.Money.Amount
		for _, from := range []map[event.MerchantID]int64{p.balance, p.cover} {
			take := min(left, from[m])
			from[m] -= take
			left -= take
		}
		p.advanced[m] += left
	}
}

func replay(t *testing.T, w *World) *instant {
	p := &instant{map[event.OrderID]event.MerchantID{}, map[event.OrderID]int64{}, map[event.OrderID]bool{}, map[event.MerchantID]int64{},
		map[event.MerchantID]int64{}, map[event.MerchantID]int64{}, map[event.MerchantID]int64{}}
	for ev := range w.Events() {
		p.fold(t, ev)
	}
	return p
}

func TestRingUnderInstantPayout(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		w := world(t, Options{Scenario: RefundRing, Seed: seed, Merchants: 40})
		rings := w.Truth().Rings
		if len(rings) != 1 || len(rings[0].Merchants) != 12 {
			t.Fatalf("seed %d: %+v", seed, rings)
		}
		p := replay(t, w)
		var lost, honest, sales int64
		for _, m := range w.Merchants() {
			if slices.Contains(rings[0].Merchants, m.ID) != (m.Kind == ShopRing) {
				t.Errorf("seed %d: %s is %s", seed, m.ID, m.Kind)
			}
			if m.Kind == ShopRing {
				lost += p.advanced[m.ID]
				continue
			}
			honest += p.advanced[m.ID]
			sales += p.paid[m.ID]
		}
		if lost < 550_000_000 || lost > 900_000_000 {
			t.Errorf("seed %d: the ring takes %d fen", seed, lost)
		}
		if lost != rings[0].Advanced {
			t.Errorf("seed %d: %d fen lost, the truth says %d", seed, lost, rings[0].Advanced)
		}
		if honest*100 > sales {
			t.Errorf("seed %d: honest shops cost %d fen of %d", seed, honest, sales)
		}
		t.Logf("seed %d: ring %d fen, honest shops %d of %d", seed, lost, honest, sales)
	}
}

// Each shop of the ring shares something with another, none shares everything,
// and the accomplices buy at several of them.
func TestRingIsLinked(t *testing.T) {
	w := world(t, Options{Scenario: RefundRing, Seed: 1, Merchants: 20})
	ring := w.Truth().Rings[0]
	applied := map[event.MerchantID][]string{}
	shops := map[event.BuyerID]map[event.MerchantID]bool{}
	gap := map[event.OrderID]int64{}
	quick, all := 0, 0
	for ev := range w.Events() {
		switch d := ev.Data.(type) {
		case *event.MerchantApplied:
			applied[d.Merchant] = []string{d.LegalPerson, d.BankAccount, d.Phone, d.Address, d.Device, d.IP}
		case *event.OrderPaid:
			if slices.Contains(ring.Merchants, d.Merchant) {
				if shops[d.Buyer] == nil {
					shops[d.Buyer] = map[event.MerchantID]bool{}
				}
				shops[d.Buyer][d.Merchant] = true
				if !slices.Contains(ring.Buyers, d.Buyer) {
					t.Errorf("%s buys from the ring", d.Buyer)
				}
				if !d.BuyerSince.Before(ev.Time) {
					t.Errorf("%s buys before it is registered", d.Buyer)
				}
			}
		case *event.ParcelSigned:
			gap[d.Order] = ev.Time.Unix()
		case *event.OrderConfirmed:
			if at, ok := gap[d.Order]; ok {
				if all++; ev.Time.Unix()-at < 1000 {
					quick++
				}
			}
		}
	}
	if share := float64(quick) / float64(all); share > 0.1 {
		t.Errorf("%.2f of all orders are confirmed at once", share)
	}
	for _, a := range ring.Merchants {
		shared := 0
		for _, b := range ring.Merchants {
			same := 0
			for k := range applied[a] {
				if a != b && applied[a][k] == applied[b][k] {
					same++
				}
			}
			shared = max(shared, same)
		}
		if shared == 0 || shared == 6 {
			t.Errorf("%s shares %d of 6 identifiers", a, shared)
		}
	}
	several := 0
	for _, s := range shops {
		if len(s) >= 3 {
			several++
		}
	}
	if several < len(shops)*3/4 {
		t.Errorf("only %d of %d accomplices buy at three shops", several, len(shops))
	}
}
