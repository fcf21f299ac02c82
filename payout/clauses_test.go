package payout

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// clausesPack is testPack with every clause on, and lines that hardly bind.
func clausesPack() Pack {
	p := testPack()
	p.Lines = map[event.Currency]Line{"CNY": {Newcomer: 1 << 40, Cap: 1 << 40}}
	p.Ordinary = Ordinary{Quantile: 0.95, Rate: 0.1, Strength: 20}
	return p
}

// shop plays orders of one merchant into a book.
type shop struct {
	t   *testing.T
	b   *Book
	id  event.MerchantID
	n   int
	now time.Time
	out []event.Event
}

func newShop(t *testing.T, b *Book, id event.MerchantID) *shop {
	s := &shop{t: t, b: b, id: id, now: testStart}
	s.fold(&event.MerchantApplied{Merchant: id, Category: "toys", Country: "CN"})
	s.fold(&event.MerchantOpened{Merchant: id})
	return s
}

func (s *shop) fold(d event.Data) {
	s.n++
	s.out = append(s.out, s.b.Fold(event.New(fmt.Sprint(s.id, s.n), "test", s.now, d))...)
	if faults := s.b.check(); len(faults) > 0 {
		s.t.Fatal(faults)
	}
}

// sell is an order that is shipped, signed for after three days and confirmed.
func (s *shop) sell(id event.OrderID, fen int64, with func(*event.OrderPaid, *event.ParcelShipped, *event.ParcelSigned)) {
	paid := &event.OrderPaid{Order: id, Merchant: s.id, Buyer: event.BuyerID("b" + id), Money: event.Money{Amount: fen, Currency: "CNY"}}
	shipped, signed := &event.ParcelShipped{Order: id}, &event.ParcelSigned{Order: id}
	if with != nil {
		with(paid, shipped, signed)
	}
	at := s.now
	s.fold(paid)
	s.now = at.Add(time.Hour)
	s.fold(shipped)
	s.now = at.Add(73 * time.Hour)
	s.fold(signed)
	s.now = at.Add(80 * time.Hour)
	s.fold(&event.OrderConfirmed{Order: id, By: "buyer"})
	s.now = at
}

func (s *shop) ask() *event.DecisionPayout {
	s.t.Helper()
	s.out = nil
	s.fold(&event.PayoutRequested{Request: event.RequestID(fmt.Sprint("p", s.id, s.n)), Merchant: s.id})
	if len(s.out) != 1 {
		s.t.Fatalf("%d decisions", len(s.out))
	}
	return s.out[0].Data.(*event.DecisionPayout)
}

func (s *shop) refund(id event.OrderID, fen int64) *event.DecisionRefund {
	s.t.Helper()
	s.out = nil
	s.fold(&event.RefundRequested{Refund: event.RefundID("f" + id), Order: id, Money: event.Money{Amount: fen, Currency: "CNY"}})
	return s.out[0].Data.(*event.DecisionRefund)
}

// A shop sells, is paid out and closes its doors. With the clause the refunds that
// come afterwards are paid by what was kept, but for a small rest: each of many
// requests is another chance to fall short.
func TestAShopThatEndsPaysItsOwnRefunds(t *testing.T) {
	short, sums := [2]int{}, [2]int64{}
	for k, on := range []bool{false, true} {
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 4))
			p := clausesPack()
			if !on {
				p.Ordinary = Ordinary{}
			}
			s := newShop(t, New(p), "m1")
			rate := 0.02 + 0.16*r.Float64()
			type sold struct {
				id event.OrderID
				at time.Time
			}
			var open []sold
			advanced := int64(0)
			refunds := func(until time.Time) {
				for len(open) > 0 && open[0].at.Before(until) {
					s.now = open[0].at
					advanced += s.refund(open[0].id, 10_000).Advance
					open = open[1:]
				}
				s.now = until
			}
			for d := range 90 {
				day := testStart.AddDate(0, 0, d)
				refunds(day)
				if d < 60 {
					for i := range 5 {
						id := event.OrderID(fmt.Sprint("o", d, "-", i))
						s.sell(id, 10_000, nil)
						if r.Float64() < rate {
							open = append(open, sold{id, day.Add(time.Duration(80+r.IntN(340)) * time.Hour)})
						}
					}
					slices.SortFunc(open, func(a, b sold) int { return a.at.Compare(b.at) })
				}
				if d%3 == 2 {
					s.ask()
				}
			}
			refunds(testStart.AddDate(0, 0, 120))
			sums[k] += advanced
			if advanced > 0 {
				short[k]++
			}
		}
	}
	t.Logf("the platform had to advance %d in %d of 60 worlds with the clause, %d in %d without", sums[1], short[1], sums[0], short[0])
	if short[1] > 20 || short[0] < 55 || sums[1] > sums[0]/20 {
		t.Error("the clause does not see to it")
	}
}

// The kept amount is a quantile: refunds of orders like those before exceed it
// about as often as the pack says.
func TestOrdinaryRefundsAreAQuantile(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	beyond, worlds := 0, 400
	for range worlds {
		b := New(clausesPack())
		s := newShop(t, b, "m1")
		a := b.account(b.merchant("m1"), "CNY")
		rate := betaSample(r, 2, 18) // as the pack's prior has it
		a.numClean, a.numSpoiled = 0, 0
		for range 300 {
			if r.Float64() < rate {
				a.numSpoiled++
			} else {
				a.numClean++
			}
		}
		var sum int64
		for i := range 150 {
			fen := int64(1000 + r.IntN(40_000))
			s.sell(event.OrderID(fmt.Sprint("o", i)), fen, nil)
			if r.Float64() < rate {
				sum += fen
			}
		}
		if sum > b.ordinary(a, s.now.Add(80*time.Hour)) {
			beyond++
		}
	}
	if share := float64(beyond) / float64(worlds); share > 0.09 || share < 0.015 {
		t.Errorf("refunds went beyond the quantile in %.3f of worlds, want about 0.05", share)
	}
}

// betaSample draws by two gamma variables of whole shape.
func betaSample(r *rand.Rand, a, b int) float64 {
	gamma := func(n int) float64 {
		sum := 0.0
		for range n {
			sum -= math.Log(1 - r.Float64())
		}
		return sum
	}
	x, y := gamma(a), gamma(b)
	return x / (x + y)
}

func scorePack() Pack {
	p := clausesPack()
	p.Lines = map[event.Currency]Line{"CNY": {Newcomer: 100_000, Cap: 100_000}}
	p.Ordinary.Rate = 0.05
	p.Scores = Scores{On: true, Base: -5, Tolerated: 0.05, Dear: 3}
	p.Scores.Weights[evidenceBuyers], p.Scores.Weights[evidenceQuick] = 4, 4
	return p
}

func TestEvidenceNarrowsTheLine(t *testing.T) {
	b := New(scorePack())
	honest, fraud := newShop(t, b, "m1"), newShop(t, b, "m2")
	for i := range 20 {
		honest.sell(event.OrderID(fmt.Sprint("h", i)), 10_000, nil)
		fraud.sell(event.OrderID(fmt.Sprint("f", i)), 10_000, func(o *event.OrderPaid, _ *event.ParcelShipped, _ *event.ParcelSigned) {
			o.Buyer = event.BuyerID(fmt.Sprint("crew", i%2))
		})
	}
	honest.now, fraud.now = testStart.AddDate(0, 0, 4), testStart.AddDate(0, 0, 4)
	good, bad := honest.ask(), fraud.ask()
	if good.BoundBy != "line" || good.Pay.Amount != 100_000 {
		t.Errorf("the honest shop: %+v", good)
	}
	if bad.BoundBy != "expected_loss" || bad.Pay.Amount > 50_000 || bad.Inputs.Fraud < 2*good.Inputs.Fraud {
		t.Errorf("the shop whose buyers are always the same: %+v", bad)
	}
	if len(good.Inputs.Evidence) > 0 || len(bad.Inputs.Evidence) != 1 || bad.Inputs.Evidence[0].Name != "same_buyers" {
		t.Errorf("evidence: %+v, %+v", good.Inputs.Evidence, bad.Inputs.Evidence)
	}
	if codes := bad.Reasons[0].Code; codes != "evidence" {
		t.Errorf("reason %s", codes)
	}
}

// Whatever the evidence, a payout is never larger for it, nor with ordinary
// refunds reckoned.
func TestTheLineIsNeverWidened(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 2))
		data := make([]byte, 5*300)
		for i := range data {
			data[i] = byte(rng.IntN(256))
			switch i % 5 {
			case 3:
				data[i] %= 200
			case 4:
				data[i] %= 30
			}
		}
		full := testPack()
		full.Ordinary, full.Scores = scorePack().Ordinary, scorePack().Scores
		full.Delivery = Delivery{Longest: 10 * day, Fastest: 2 * time.Hour, Same: 2}
		for i := range full.Scores.Weights {
			full.Scores.Weights[i] = 8*rng.Float64() - 2
		}
		b := New(full)
		for _, ev := range story(data) {
			for _, m := range b.merchants {
				for _, a := range m.accounts {
					c := a.currency
					room := b.limits(m, c, ev.Time).room
					b.pack.Scores.On, b.pack.Ordinary.Quantile = false, 0
					plain := b.limits(m, c, ev.Time).room
					b.pack = full
					if room > plain {
						t.Fatalf("seed %d: %d may be paid with evidence, %d without", seed, room, plain)
					}
				}
			}
			b.Fold(ev)
			if faults := b.check(); len(faults) > 0 {
				t.Fatal(faults)
			}
		}
	}
}

func TestADoubtedSignatureStartsTheWindowLater(t *testing.T) {
	p := testPack()
	p.Delivery = Delivery{Longest: 20 * day, Fastest: 6 * time.Hour, Carriers: map[string]struct{}{"sf": {}}, Same: 3}
	end := func(fill func(s *shop)) time.Time {
		b := New(p)
		s := newShop(t, b, "m1")
		fill(s)
		return b.orders.find("o").end.time()
	}
	at := func(id event.OrderID, carrier, place string, grams int64) func(s *shop) {
		return func(s *shop) {
			s.sell(id, 5000, func(_ *event.OrderPaid, sh *event.ParcelShipped, si *event.ParcelSigned) {
				sh.Carrier, sh.WeightG, si.Place = carrier, grams, place
			})
		}
	}
	believed := testStart.Add(73*time.Hour).AddDate(0, 0, 15)
	if got := end(at("o", "sf", "home", 500)); !got.Equal(believed) {
		t.Errorf("a believed signature: the window ends %v, want %v", got, believed)
	}
	if got := end(at("o", "nobody", "home", 500)); !got.Equal(believed.Add(6 * day)) {
		t.Errorf("an unknown carrier: %v later, want 6 days", got.Sub(believed))
	}
	tooFast := func(s *shop) {
		s.fold(&event.OrderPaid{Order: "o", Merchant: "m1", Money: event.Money{Amount: 5000, Currency: "CNY"}})
		s.fold(&event.ParcelShipped{Order: "o", Carrier: "sf"})
		s.now = s.now.Add(time.Hour)
		s.fold(&event.ParcelSigned{Order: "o"})
		s.fold(&event.OrderConfirmed{Order: "o", By: "buyer"})
	}
	if got, want := end(tooFast), testStart.Add(time.Hour).AddDate(0, 0, 15).Add(12*day); !got.Equal(want) {
		t.Errorf("signed an hour after it was shipped: %v, want %v", got, want)
	}
	onePlace := func(s *shop) {
		for i := range 4 {
			at(event.OrderID(fmt.Sprint("x", i)), "sf", "depot", int64(400+i))(s)
		}
		at("o", "sf", "depot", 100)(s)
	}
	if got := end(onePlace); !got.Equal(believed.Add(8 * day)) {
		t.Errorf("five parcels signed for at one place: %v later, want 8 days", got.Sub(believed))
	}
}

// Events that come before their order are kept for it: the book comes to the same.
func TestEventsBeforeTheirOrder(t *testing.T) {
	p := testPack()
	p.AllowedLateness = day
	evs := []event.Event{
		event.New("1", "t", testStart, &event.OrderPaid{Order: "o", Merchant: "m1", Money: event.Money{Amount: 5000, Currency: "CNY"}}),
		event.New("2", "t", testStart.Add(time.Hour), &event.ParcelShipped{Order: "o"}),
		event.New("3", "t", testStart.Add(2*time.Hour), &event.ParcelSigned{Order: "o"}),
		event.New("4", "t", testStart.Add(3*time.Hour), &event.OrderConfirmed{Order: "o"}),
	}
	want := ""
	for k, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 2, 3, 0, 1}, {1, 3, 0, 2}} {
		b := New(p)
		for _, i := range order {
			b.Fold(evs[i])
		}
		a, _ := b.Account("m1")
		got := fmt.Sprintf("%+v %v %d", a, b.orders.find("o").end, b.Unmatched())
		if k == 0 {
			want = got
		}
		if got != want {
			t.Errorf("order %v:\n%s\nwant\n%s", order, got, want)
		}
	}
	b := New(p)
	b.Fold(evs[3])
	b.Fold(event.New("5", "t", testStart.Add(60*time.Hour), &event.OrderConfirmed{Order: "other"}))
	b.Fold(evs[0])
	if a, _ := b.Account("m1"); a.Balance != 0 || b.Unmatched() != 2 {
		t.Errorf("two and a half days later: %+v, %d unmatched", a, b.Unmatched())
	}
}

func TestFit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	truth := Evidence{evidenceBuyers: 5, evidenceQuick: 3}
	var samples []Sample
	for i := range 6000 {
		var e Evidence
		z := -4.0
		for k := range e {
			if r.IntN(3) > 0 {
				e[k] = r.Float64()
			}
			z += truth[k] * e[k]
		}
		s := Sample{event.MerchantID(fmt.Sprint("m", i)), e, r.Float64() < 1/(1+math.Exp(-z))}
		for range 1 + r.IntN(3) {
			samples = append(samples, s)
		}
	}
	f, err := Fit(samples, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	for k, w := range f.Weights {
		if math.Abs(w-truth[k]) > 4*f.Errors[k]+0.25 || w < 0 {
			t.Errorf("%s weighs %.2f ± %.2f, want %.1f", EvidenceNames()[k], w, f.Errors[k], truth[k])
		}
	}
	if f.Merchants != 6000 || f.AUC < 0.8 || math.Abs(f.Base+4) > 0.5 {
		t.Errorf("%+v", f)
	}
	for _, b := range f.Bins {
		if b.Weight > 200 && math.Abs(b.Given-b.True) > 0.06 {
			t.Errorf("given %.3f, %.3f were frauds", b.Given, b.True)
		}
	}
	now := Distribution(samples)
	for k, x := range f.Reference.Drift(&now) {
		if x != 0 {
			t.Errorf("%s: drift %v against itself", EvidenceNames()[k], x)
		}
	}
	for i := range samples {
		samples[i].Evidence[evidenceNew] = 1
	}
	now = Distribution(samples)
	if d := f.Reference.Drift(&now); d[evidenceNew] < 0.25 || d[evidenceBuyers] != 0 {
		t.Errorf("drift %v", d)
	}
	if _, err := Fit(samples[:1], 1); err == nil {
		t.Error("a fit without both kinds")
	}
}

// A shop that is struck out of a ring has a line of its own again.
func TestAShopLeavesItsRing(t *testing.T) {
	p := testPack()
	b := New(p)
	one, two := newShop(t, b, "m1"), newShop(t, b, "m2")
	one.fold(&event.RingFound{Ring: "r", Merchants: []event.MerchantID{"m1", "m2"}})
	one.sell("o1", 10_000, nil)
	two.sell("o2", 10_000, nil)
	one.now, two.now = testStart.AddDate(0, 0, 5), testStart.AddDate(0, 0, 5)
	if d := one.ask(); d.Pay.Amount != 10_000 {
		t.Errorf("the first of the ring: %+v", d)
	}
	if d := two.ask(); d.Pay.Amount != 0 || d.BoundBy != "ring" {
		t.Errorf("the second: %+v", d)
	}
	two.fold(&event.RingFound{Ring: "r", Merchants: []event.MerchantID{"m1"}, Buyers: []event.BuyerID{"bo1"}})
	if _, ours := b.ringBuyer(b.orders.find("o1")); !ours {
		t.Error("the ring's buyer is not known")
	}
	two.fold(&event.RingFound{Ring: "r", Merchants: []event.MerchantID{"m1"}, Left: []event.MerchantID{"m2"}})
	if _, ours := b.ringBuyer(b.orders.find("o1")); ours {
		t.Error("a buyer is still taken for the ring's after a person has struck its link out")
	}
	if d := two.ask(); d.Pay.Amount != 10_000 || d.Inputs.Ring != nil {
		t.Errorf("alone again: %+v", d)
	}
}
