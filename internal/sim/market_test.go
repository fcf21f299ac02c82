package sim

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

func newMarket(t testing.TB, o MarketOptions) *Market {
	t.Helper()
	m, err := NewMarket(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMarket(t *testing.T) {
	m := newMarket(t, MarketOptions{Seed: 3, Merchants: 300, Days: 200, Rings: 1})
	type state struct {
		paid, refunded int64
		confirmed      bool
		merchant       event.MerchantID
	}
	orders, ids := map[event.OrderID]*state{}, map[string]bool{}
	var last time.Time
	count := map[event.Type]int{}
	for ev := range m.Events() {
		if err := ev.Check(); err != nil {
			t.Fatalf("%s: %v", ev.ID, err)
		}
		if ids[ev.ID] || ev.Time.Before(last) {
			t.Fatalf("%s comes twice, or before its time", ev.ID)
		}
		ids[ev.ID], last = true, ev.Time
		count[ev.Type]++
		switch d := ev.Data.(type) {
		case *event.OrderPaid:
			orders[d.Order] = &state{paid: d.Money.Amount, merchant: d.Merchant}
		case *event.OrderConfirmed:
			orders[d.Order].confirmed = true
		case *event.RefundRequested:
			o := orders[d.Order]
			if o == nil {
				t.Fatalf("%s gives back what was not paid", ev.ID)
			}
			if o.refunded += d.Money.Amount; o.refunded > o.paid {
				t.Fatalf("%s gives back %d of %d", ev.ID, o.refunded, o.paid)
			}
		}
	}
	// A fifth of the shops sell half of all; honest refunds are a few in a hundred.
	guilty := map[event.MerchantID]string{}
	taken := map[string]int64{}
	for _, r := range m.Truth().Rings {
		for _, id := range r.Merchants {
			guilty[id] = r.Kind
		}
		taken[r.Kind] += r.Advanced
	}
	var sold, refunded int
	for _, o := range orders {
		if guilty[o.merchant] == "" {
			sold++
			if o.refunded > 0 {
				refunded++
			}
		}
	}
	if share := float64(refunded) / float64(sold); share < 0.06 || share > 0.2 {
		t.Errorf("%.3f of honest orders come back", share)
	}
	if sold < 300*200/3 {
		t.Errorf("%d honest orders", sold)
	}
	for _, typ := range []event.Type{event.TypeMerchantApplied, event.TypeOrderPaid, event.TypeParcelSigned, event.TypePayoutRequested} {
		if count[typ] == 0 {
			t.Errorf("no %s", typ)
		}
	}
	// The ring of the case takes about seven million yuan, in a shorter period less.
	for _, k := range marketRingKinds() {
		if n := taken[k.name]; n < int64(k.shops)*300_000_00 || n > int64(k.shops)*800_000_00 {
			t.Errorf("%s: instant payout would have had to advance %d fen for %d shops", k.name, n, k.shops)
		}
	}
}

// The same seed gives the same events, twice from one market, too.
func TestMarketFingerprint(t *testing.T) {
	m := newMarket(t, MarketOptions{Seed: 5, Merchants: 60, Days: 130, Rings: 1})
	print := func() string {
		h := fnv.New64a()
		for ev := range m.Events() {
			line, err := ev.AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			h.Write(line)
		}
		return fmt.Sprintf("%x", h.Sum64())
	}
	if a, b := print(), print(); a != b {
		t.Errorf("%s, then %s", a, b)
	}
	if _, err := NewMarket(MarketOptions{Merchants: 5, Days: 200}); err == nil {
		t.Error("a market of five shops")
	}
}

func BenchmarkMarket(b *testing.B) {
	n := 0
	for b.Loop() {
		for range newMarket(b, MarketOptions{Seed: 5, Merchants: 2000, Days: 120, Rings: 1}).Events() {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
