package sim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/menshen-io/menshen/event"
)

func place(t testing.TB, o MarketplaceOptions) *Marketplace {
	t.Helper()
	m, err := NewMarketplace(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func smallPlace(seed uint64) MarketplaceOptions {
	return MarketplaceOptions{Seed: seed, Merchants: 300, Days: 160}
}

func TestMarketplaceFingerprint(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("elsewhere a compiler may fuse a product and a sum, and round once")
	}
	for _, c := range []struct {
		rough bool
		want  string
	}{{false, "d381fec537432948"}, {true, "bc01c226e65ef26e"}} {
		o := smallPlace(3)
		o.Rough = c.rough
		m := place(t, o)
		h := sha256.New()
		out := event.NewWriter(h)
		for ev := range m.Events() {
			if err := out.Write(ev); err != nil {
				t.Fatal(err)
			}
		}
		if err := json.MarshalWrite(h, m.Truth(), json.Deterministic(true)); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(h.Sum(nil)[:8]); got != c.want {
			t.Errorf("rough %v: fingerprint %q, want %q", c.rough, got, c.want)
		}
	}
}

// placeOrder is what the conservation test knows of an order.
type placeOrder struct {
	merchant                           event.MerchantID
	money                              event.Money
	days                               int
	refunded                           int64
	paid, signed, confirmed, refundsAt time.Time
}

// No order is refunded beyond what was paid, or after its window; nothing
// comes before the payment; ids are unique; events are in order.
func TestMarketplaceConserves(t *testing.T) {
	t.Parallel()
	m := place(t, smallPlace(5))
	orders, keys := map[event.OrderID]*placeOrder{}, map[event.Key]bool{}
	seen := map[string]bool{}
	opened := map[event.MerchantID]bool{}
	var last event.Event
	once := func(id string) {
		if seen[id] {
			t.Fatalf("%s comes twice", id)
		}
		seen[id] = true
	}
	order := func(id event.OrderID) *placeOrder {
		o := orders[id]
		if o == nil {
			t.Fatalf("%s is not paid yet", id)
		}
		return o
	}
	for ev := range m.Events() {
		if err := ev.Check(); err != nil {
			t.Fatal(err)
		}
		if last.Data != nil && ev.Before(last) {
			t.Fatalf("%v %v comes after %v %v", ev.Type, ev.Time, last.Type, last.Time)
		}
		if last = ev; keys[ev.Key()] {
			t.Fatalf("event %v comes twice", ev.Key())
		}
		if keys[ev.Key()] = true; ev.Time.Before(m.Options().Start) || !ev.Time.Before(m.End()) {
			t.Fatalf("%v at %v", ev.Type, ev.Time)
		}
		switch d := ev.Data.(type) {
		case *event.MerchantApplied:
			once(string(d.Merchant))
		case *event.MerchantOpened:
			opened[d.Merchant] = true
		case *event.OrderPaid:
			once(string(d.Order))
			if !opened[d.Merchant] || d.Money.Amount <= 0 || d.BuyerSince.After(ev.Time) {
				t.Fatalf("at %v: %+v", ev.Time, d)
			}
			orders[d.Order] = &placeOrder{merchant: d.Merchant, money: d.Money, days: d.RefundDays, paid: ev.Time}
		case *event.ParcelShipped:
			if order(d.Order); d.WeightG <= 0 {
				t.Fatalf("%+v", d)
			}
		case *event.ParcelSigned:
			order(d.Order).signed = ev.Time
		case *event.OrderConfirmed:
			o := order(d.Order)
			if !o.confirmed.IsZero() || o.refunded == o.money.Amount {
				t.Fatalf("%s is confirmed twice, or after it was refunded", d.Order)
			}
			o.confirmed = ev.Time
		case *event.RefundRequested:
			once(string(d.Refund))
			o := order(d.Order)
			o.refunded += d.Money.Amount
			if o.refundsAt = ev.Time; o.refunded > o.money.Amount || o.money.Currency != d.Money.Currency || d.Money.Amount <= 0 {
				t.Fatalf("%+v of %+v", d, o)
			}
		case *event.PayoutRequested:
			once(string(d.Request))
		}
	}
	for id, o := range orders {
		end := o.signed
		if end.IsZero() {
			end = o.confirmed
		}
		if !o.refundsAt.IsZero() && !end.IsZero() && o.refundsAt.After(end.AddDate(0, 0, o.days)) {
			t.Errorf("%s is refunded at %v, signed for at %v, %d days", id, o.refundsAt, o.signed, o.days)
		}
	}
	if len(orders) < 20_000 {
		t.Errorf("%d orders", len(orders))
	}
}

// Most shops are small; a few sell hundreds a day; there is about one order a
// day and shop.
func TestMarketplaceRates(t *testing.T) {
	t.Parallel()
	m := place(t, MarketplaceOptions{Seed: 6, Merchants: 3000, Days: 90, Rings: []RingKind{}})
	orders, opened := map[event.MerchantID]int{}, map[event.MerchantID]bool{}
	currencies, all := map[event.Currency]int{}, 0
	types := map[event.Type]int{}
	for ev := range m.Events() {
		types[ev.Type]++
		switch d := ev.Data.(type) {
		case *event.MerchantOpened:
			if ev.Time.Before(m.Options().Start.AddDate(0, 0, 1)) {
				opened[d.Merchant] = true
			}
		case *event.OrderPaid:
			all++
			currencies[d.Money.Currency]++
			if opened[d.Merchant] {
				orders[d.Merchant]++
			}
		}
	}
	var rates []float64
	for id := range opened {
		rates = append(rates, float64(orders[id])/90)
	}
	slices.Sort(rates)
	if median := rates[len(rates)/2]; median < 0.25 || median > 0.55 {
		t.Errorf("the median shop has %.2f orders a day", median)
	}
	if mean := float64(all) / 90 / 3000; mean < 0.6 || mean > 1.4 {
		t.Errorf("%.2f orders a day and shop", mean)
	}
	if most := rates[len(rates)-1]; most < 80 || most > 600 {
		t.Errorf("the largest shop has %.0f orders a day", most)
	}
	for _, mo := range moneys() {
		if currencies[mo.currency]*100 < all {
			t.Errorf("%d of %d orders are in %s", currencies[mo.currency], all, mo.currency)
		}
	}
	if rf := float64(types[event.TypeRefundRequested]) / float64(all); rf < 0.05 || rf > 0.15 {
		t.Errorf("%.2f of the orders are refunded", rf)
	}
}

// What waits is what is under way, however long the marketplace lasts.
func TestMarketplaceIsBounded(t *testing.T) {
	t.Parallel()
	peak := func(days int) (waiting, orders int) {
		m := place(t, MarketplaceOptions{Seed: 8, Merchants: 800, Days: days, Troubles: []string{MarketplaceLost, MarketplaceParcels}})
		for ev := range m.Events() {
			if ev.Type == event.TypeOrderPaid {
				orders++
			}
			waiting = max(waiting, m.run.waiting+len(m.run.rings.heap)+len(m.run.late))
		}
		return waiting, orders
	}
	short, _ := peak(90)
	long, orders := peak(360)
	if long*10 > short*13 || long > orders/2 {
		t.Errorf("%d steps wait in 90 days, %d in 360 with %d orders", short, long, orders)
	}
}

// A rough marketplace is the same one told in another order, some of it twice.
func TestMarketplaceRough(t *testing.T) {
	t.Parallel()
	o := smallPlace(9)
	var smooth, rough []event.Event
	for ev := range place(t, o).Events() {
		smooth = append(smooth, ev)
	}
	o.Rough = true
	var newest time.Time
	late, twice := 0, 0
	seen := map[event.Key]bool{}
	for ev := range place(t, o).Events() {
		if newest.Sub(ev.Time) > 12*time.Hour {
			t.Fatalf("%v is %v late", ev.Type, newest.Sub(ev.Time))
		}
		if ev.Time.Before(newest) {
			late++
		} else {
			newest = ev.Time
		}
		if seen[ev.Key()] {
			twice++
			continue
		}
		seen[ev.Key()] = true
		rough = append(rough, ev)
	}
	if late*50 < len(rough) || twice*1000 < len(rough) {
		t.Errorf("of %d events %d are late, %d come twice", len(rough), late, twice)
	}
	slices.SortStableFunc(rough, func(a, b event.Event) int {
		switch {
		case a.Before(b):
			return -1
		case b.Before(a):
			return 1
		}
		return 0
	})
	if !slices.EqualFunc(smooth, rough, func(a, b event.Event) bool { return a.Key() == b.Key() && a.Time.Equal(b.Time) && a.Type == b.Type }) {
		t.Errorf("%d events, and %d that are rough", len(smooth), len(rough))
	}
}

func TestMarketplaceOptions(t *testing.T) {
	for says, o := range map[string]MarketplaceOptions{
		"merchants":         {Merchants: -1},
		"days: must":        {Days: 4000},
		"no kind \"loud\"":  {Rings: []RingKind{"loud"}},
		"warm needs at":     {Rings: []RingKind{RingWarm}, Days: 100},
		"choose among seas": {Troubles: []string{"rain"}},
	} {
		if _, err := NewMarketplace(o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", o, err, says)
		}
	}
	m := place(t, MarketplaceOptions{Merchants: 10, Days: 10})
	if o := m.Options(); len(o.Rings) != 0 || len(o.Troubles) != len(MarketplaceTroubles()) || o.Start.IsZero() {
		t.Errorf("%+v", o)
	}
	a, b := 0, 0
	for range m.Events() {
		if a++; a == 100 {
			break
		}
	}
	for range m.Events() {
		b++
	}
	if b <= a {
		t.Errorf("%d events after a run that was left at %d", b, a)
	}
}

func TestMarketplaceFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep")
	m := place(t, MarketplaceOptions{Merchants: 20, Days: 60})
	n, err := m.WriteFiles(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, EventsFile))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(text), "\n"); got != n || n < 500 {
		t.Errorf("%d lines, %d events", got, n)
	}
	text, err = os.ReadFile(filepath.Join(dir, TruthFile))
	var truth MarketplaceTruth
	if err := cmp.Or(err, json.Unmarshal(text, &truth)); err != nil || len(truth.Rings) == 0 || len(truth.Rings) != len(m.Truth().Rings) {
		t.Errorf("%v: %s", err, text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := place(t, smallPlace(1)).WriteFiles(ctx, filepath.Join(dir, "b")); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "b")); err != nil || len(left) != 0 {
		t.Errorf("%v is left behind: %v", left, err)
	}
}

func BenchmarkMarketplace(b *testing.B) {
	m := place(b, MarketplaceOptions{Seed: 1, Merchants: 5000, Days: 120})
	events := 0
	for b.Loop() {
		for range m.Events() {
			events++
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
