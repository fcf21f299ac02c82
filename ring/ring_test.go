package ring

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

var start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

type world struct {
	t   testing.TB
	f   *Finder
	n   int
	all []*event.RingFound
	raw []string
}

func newWorld(t testing.TB) *world { return &world{t: t, f: New(Defaults())} }

func (w *world) fold(d event.Data) []*event.RingFound {
	w.n++
	var out []*event.RingFound
	for _, ev := range w.f.Fold(event.New(fmt.Sprint("e", w.n), "test", start.Add(time.Duration(w.n)*time.Minute), d)) {
		if err := ev.Check(); err != nil {
			w.t.Fatal(err)
		}
		line, err := ev.AppendJSON(nil)
		if err != nil {
			w.t.Fatal(err)
		}
		w.raw = append(w.raw, string(line))
		out = append(out, ev.Data.(*event.RingFound))
	}
	w.all = append(w.all, out...)
	return out
}

// apply lets a shop apply with identifiers "kind=value".
func (w *world) apply(id string, ids ...string) []*event.RingFound {
	d := &event.MerchantApplied{Merchant: event.MerchantID(id)}
	for _, s := range ids {
		k, v, _ := strings.Cut(s, "=")
		*map[string]*string{ByLegalPerson: &d.LegalPerson, ByBankAccount: &d.BankAccount, ByPhone: &d.Phone,
			ByDevice: &d.Device, ByAddress: &d.Address, ByIP: &d.IP}[k] = v
	}
	return w.fold(d)
}

func (w *world) buy(buyer, shop string) []*event.RingFound {
	return w.fold(&event.OrderPaid{Order: event.OrderID(fmt.Sprint("o", w.n)), Merchant: event.MerchantID(shop), Buyer: event.BuyerID(buyer),
		Money: event.Money{Amount: 100, Currency: "CNY"}})
}

func names(ids []event.MerchantID) string { return fmt.Sprint(ids) }

func TestIdentifiers(t *testing.T) {
	for _, c := range []struct {
		name   string
		shops  [][]string
		linked bool
	}{
		{"one owner", [][]string{{"legal_person=x"}, {"legal_person=x"}}, true},
		{"one bank account", [][]string{{"bank_account=x"}, {"bank_account=x"}}, true},
		{"a family's shops at one address", [][]string{{"address=x"}, {"address=x"}}, false},
		{"one address and one network", [][]string{{"address=x", "ip=y"}, {"address=x", "ip=y"}}, false},
		{"an agency's computer and network, three shops", [][]string{{"device=x", "ip=y"}, {"device=x", "ip=y"}, {"device=x", "ip=y"}}, false},
		{"an address and a computer", [][]string{{"address=x", "device=y"}, {"address=x", "device=y"}}, true},
		{"an empty field is nobody's", [][]string{{"legal_person="}, {"legal_person="}}, false},
		{"the same value as another kind", [][]string{{"legal_person=x"}, {"bank_account=x"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for i, ids := range c.shops {
				w.apply(fmt.Sprint("m", i), ids...)
			}
			if got := len(w.all) > 0; got != c.linked {
				t.Errorf("linked: %v, want %v", got, c.linked)
			}
		})
	}
}

func TestWhatManyShareSaysNothing(t *testing.T) {
	w := newWorld(t)
	for i := range 40 {
		w.apply(fmt.Sprint("m", i), "device=d", "ip=n", fmt.Sprint("phone=", i))
	}
	for _, r := range w.all {
		t.Errorf("found %v", r.Merchants)
	}
	if n := len(w.f.identifiers[identifier{ByDevice, "d"}]); n > Defaults().MaxShops+1 {
		t.Errorf("%d shops are kept for one device", n)
	}
}

func TestARingKeepsItsNameAndTheOlderSurvivesAMerger(t *testing.T) {
	w := newWorld(t)
	w.apply("m1", "legal_person=a")
	first := w.apply("m2", "legal_person=a")
	w.apply("m3", "legal_person=b")
	second := w.apply("m4", "legal_person=b")
	if len(first) != 1 || len(second) != 1 || first[0].Ring == second[0].Ring {
		t.Fatalf("%+v %+v", first, second)
	}
	grown := w.apply("m0", "bank_account=z", "legal_person=b")
	if len(grown) != 1 || grown[0].Ring != second[0].Ring || names(grown[0].Merchants) != "[m0 m3 m4]" {
		t.Fatalf("%+v", grown)
	}
	merged := w.apply("m9", "legal_person=a", "bank_account=z")
	if len(merged) != 1 || merged[0].Ring != first[0].Ring || names(merged[0].Merchants) != "[m0 m1 m2 m3 m4 m9]" {
		t.Fatalf("%+v", merged)
	}
	if again := w.apply("m9", "legal_person=b"); again != nil {
		t.Errorf("a second application: %+v", again)
	}
}

// market has shops with buyers drawn from one pool.
func (w *world) market(rng *rand.Rand, shops, pool, orders int) {
	for i := range shops {
		w.apply(fmt.Sprint("h", i))
	}
	for range orders {
		u := rng.Float64()
		w.buy(fmt.Sprint("b", int(float64(pool)*u*(0.4+0.6*u))), fmt.Sprint("h", int(float64(shops)*rng.Float64()*rng.Float64())))
	}
}

func TestSharedBuyersLinkAFreshShopBeforeItsFirstMoney(t *testing.T) {
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(1, 1))
	w.market(rng, 60, 5000, 20000)
	if len(w.all) > 0 {
		t.Fatalf("honest shops found: %v", w.all[0].Merchants)
	}
	crew := func(i int) string { return fmt.Sprint("x", i) }
	for _, shop := range []string{"r1", "r2", "r3"} {
		w.apply(shop)
		for i := range 12 {
			w.buy(crew(i), shop)
			if i%4 == 0 { // camouflage
				w.buy(crew(i), fmt.Sprint("h", rng.IntN(60)))
			}
		}
	}
	if len(w.all) == 0 {
		t.Fatal("not found")
	}
	last := w.all[len(w.all)-1]
	if names(last.Merchants) != "[r1 r2 r3]" || len(last.Buyers) < 8 {
		t.Errorf("%v with %v", last.Merchants, last.Buyers)
	}
	for _, b := range last.Buyers {
		if !strings.HasPrefix(string(b), "x") {
			t.Errorf("an honest buyer is taken for the ring's: %s", b)
		}
	}
	for _, l := range last.Links {
		if l.By != ByBuyers || l.Weight < Defaults().Threshold {
			t.Errorf("link %+v", l)
		}
	}
}

func TestBuyersOfShopsThatOnlyShareAnOwnerAreNotTheRings(t *testing.T) {
	w := newWorld(t)
	w.apply("m1", "legal_person=a")
	w.apply("m2", "legal_person=a")
	for i := range 3 {
		w.buy(fmt.Sprint("b", i), "m1")
		w.buy(fmt.Sprint("b", i), "m2")
	}
	for _, r := range w.all {
		if len(r.Buyers) > 0 {
			t.Errorf("%+v", r)
		}
	}
}

func TestReplayGivesTheSameBytes(t *testing.T) {
	tell := func() []string {
		w := newWorld(t)
		rng := rand.New(rand.NewPCG(5, 5))
		w.f.opt.MaxPairs = 50
		for i := range 3000 {
			switch rng.IntN(5) {
			case 0:
				w.apply(fmt.Sprint("m", i), fmt.Sprint("legal_person=", rng.IntN(400)), fmt.Sprint("device=", rng.IntN(100)), fmt.Sprint("ip=", rng.IntN(9)))
			default:
				w.buy(fmt.Sprint("b", rng.IntN(60)), fmt.Sprint("m", rng.IntN(i+1)))
			}
			if len(w.f.common) > 50 {
				t.Fatalf("%d pairs are kept", len(w.f.common))
			}
		}
		return w.raw
	}
	one := tell()
	if len(one) == 0 || !slices.Equal(one, tell()) {
		t.Errorf("two runs of %d rings differ", len(one))
	}
}

func FuzzFinder(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 2, 1, 1, 1, 7, 1, 2, 7})
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWorld(t)
		for ; len(data) >= 3 && w.n < 500; data = data[3:] {
			m := fmt.Sprint("m", data[1]%12)
			if data[0]%4 == 0 {
				w.apply(m, fmt.Sprint("legal_person=", data[2]%5), fmt.Sprint("device=", data[2]/5%5), fmt.Sprint("address=", data[2]/25))
			} else {
				w.buy(fmt.Sprint("b", data[2]%20), m)
			}
		}
		// Every shop is in at most one ring, and each ring knows its members.
		seen := map[*shop]*ring{}
		for _, s := range w.f.shops {
			if s.ring == nil {
				continue
			}
			if !slices.Contains(s.ring.members, s) || len(s.ring.members) < 2 {
				t.Fatalf("shop %s and its ring disagree", s.id)
			}
			for _, m := range s.ring.members {
				if seen[m] != nil && seen[m] != s.ring {
					t.Fatalf("shop %s is in two rings", m.id)
				}
				seen[m] = s.ring
			}
		}
	})
}

func TestParsePackNamesAllFaults(t *testing.T) {
	_, err := ParsePack("p.yaml", []byte("version: 1\nlines: {}\nrings:\n  threshold: -1\n  weights: {device: x, shoe: 1}\n  max_shops: 0\n"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"p.yaml:4:", "p.yaml:5:", "shoe", "p.yaml:6:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	o, err := ParsePack("p.yaml", []byte("version: 1\nallowed_lateness: 2h\nrings: {threshold: 4, weights: {ip: 0}, max_pairs: 9}\n"))
	if err != nil || o.Threshold != 4 || o.Weights[ByIP] != 0 || o.MaxPairs != 9 || o.AllowedLateness != 2*time.Hour || o.Weights[ByPhone] != 3 {
		t.Errorf("%+v %v", o, err)
	}
}

// Twelve shops that share no more than two or three buyers by pairs, among shops that
// have a clientele in common.
func TestAGroupIsLinkedWhosePairsAreNot(t *testing.T) {
	for seed := range uint64(4) {
		w := newWorld(t)
		rng := rand.New(rand.NewPCG(seed, 9))
		// A month of trade, two minutes a purchase.
		for n := range 22_000 {
			i := rng.IntN(4000)
			shop := fmt.Sprint("h", rng.IntN(300))
			if rng.IntN(2) == 0 { // a clientele of their own, ten shops each
				shop = fmt.Sprint("h", i%30*10+rng.IntN(10))
			}
			w.buyAt(n, fmt.Sprint("b", i), shop)
			if n%90 == 0 {
				w.buyAt(n, fmt.Sprint("x", rng.IntN(50)), fmt.Sprint("r", rng.IntN(12)))
				w.buyAt(n, fmt.Sprint("x", rng.IntN(50)), fmt.Sprint("h", rng.IntN(300)))
			}
		}
		if len(w.all) == 0 {
			t.Fatalf("seed %d: not found", seed)
		}
		last := w.all[len(w.all)-1]
		for _, m := range last.Merchants {
			if !strings.HasPrefix(string(m), "r") {
				t.Errorf("seed %d: %s is honest", seed, m)
			}
		}
		if len(last.Merchants) < 11 || len(last.Buyers) < 35 || !slices.ContainsFunc(last.Links, func(l event.RingLink) bool { return l.By == ByGroup }) {
			t.Errorf("seed %d: %d shops, %d buyers, %+v", seed, len(last.Merchants), len(last.Buyers), last.Links)
		}
	}
}

// buyAt lets a buyer buy two minutes after another.
func (w *world) buyAt(n int, buyer, shop string) {
	w.n++
	for _, ev := range w.f.Fold(event.New(fmt.Sprint("e", w.n), "test", start.Add(time.Duration(2*n)*time.Minute), &event.OrderPaid{
		Order: event.OrderID(fmt.Sprint("o", w.n)), Merchant: event.MerchantID(shop), Buyer: event.BuyerID(buyer), Money: event.Money{Amount: 100, Currency: "CNY"}})) {
		w.all = append(w.all, ev.Data.(*event.RingFound))
	}
}

func (w *world) strike(a, b, by string) []*event.RingFound {
	return w.fold(&event.RingStruck{A: event.MerchantID(a), B: event.MerchantID(b), By: by, Person: "li", Reason: "looked at it"})
}

func TestAPersonStrikesALinkOut(t *testing.T) {
	w := newWorld(t)
	w.apply("m1", "legal_person=x", "device=d")
	w.apply("m2", "legal_person=x")
	w.apply("m3", "legal_person=x", "bank_account=b")
	w.apply("m4", "bank_account=b")
	w.apply("m5", "bank_account=b")
	last := w.all[len(w.all)-1]
	if names(last.Merchants) != "[m1 m2 m3 m4 m5]" {
		t.Fatalf("%v", last.Merchants)
	}
	if got := w.strike("m1", "m2", ByLegalPerson); len(got) != 1 || len(got[0].Left) != 0 || len(got[0].Merchants) != 5 {
		t.Errorf("m1 and m2 are still linked by m3: %+v", got)
	}
	w.strike("m1", "m3", "")
	got := w.strike("m2", "m3", "")
	if len(got) != 1 || names(got[0].Merchants) != "[m3 m4 m5]" || names(got[0].Left) != "[m2]" || got[0].Ring != last.Ring {
		t.Errorf("%+v", got)
	}
	// What was struck out does not come back, new grounds do.
	if again := w.apply("m2", "legal_person=x"); len(again) > 0 {
		t.Errorf("%+v", again)
	}
	if got := w.apply("m6", "legal_person=x", "device=d", "bank_account=b"); len(got) != 1 || names(got[0].Merchants) != "[m1 m3 m4 m5 m6]" {
		t.Errorf("a sixth links the rest: %+v", got)
	}
	v := newWorld(t)
	v.apply("m1", "device=d", "phone=p")
	v.apply("m2", "device=d", "phone=p")
	if got := v.strike("m2", "m1", ByDevice); len(got) != 1 || len(got[0].Left) != 0 || got[0].Links[0].By != ByPhone || len(got[0].Links) != 1 {
		t.Errorf("the phone still links them: %+v", got)
	}
	if got := v.strike("m2", "m1", ByPhone); len(got) != 1 || len(got[0].Merchants) != 0 || names(got[0].Left) != "[m1 m2]" {
		t.Errorf("nothing links them: %+v", got)
	}
	if got := v.strike("m2", "m1", ByPhone); len(got) != 0 {
		t.Errorf("twice: %+v", got)
	}
}

// What falls apart gets a name that no ring has: the part that is not kept may be the
// very two that the whole was named after.
func TestPartsOfARingHaveNamesOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.apply("m1", "legal_person=x")
	w.apply("m2", "legal_person=x", "bank_account=b")
	w.apply("m3", "bank_account=b", "phone=p")
	w.apply("m4", "phone=p", "device=d")
	w.apply("m5", "phone=p", "device=d")
	whole := w.all[len(w.all)-1]
	if len(whole.Merchants) != 5 {
		t.Fatalf("%v", whole.Merchants)
	}
	got := w.strike("m2", "m3", "")
	if len(got) != 2 || names(got[0].Merchants) != "[m3 m4 m5]" || names(got[1].Merchants) != "[m1 m2]" || got[0].Ring != whole.Ring || got[1].Ring == whole.Ring {
		t.Fatalf("%+v", got)
	}
	// Nor does one that is made anew take the name of one that was.
	if last := w.strike("m1", "m2", ByLegalPerson); len(last) != 1 || len(last[0].Merchants) != 0 {
		t.Fatalf("%+v", last)
	}
	for i := range 400 {
		w.buy(fmt.Sprint("o", i), fmt.Sprint("h", i%30))
	}
	for i := range 30 {
		w.buy(fmt.Sprint("c", i), "m1")
		w.buy(fmt.Sprint("c", i), "m2")
	}
	again := w.all[len(w.all)-1]
	if names(again.Merchants) != "[m1 m2]" || again.Ring == got[1].Ring || again.Ring == whole.Ring {
		t.Errorf("%+v", again)
	}
}

// A group is found again every week: who was parted from it stays out of it.
func TestAGroupTakesNobodyBackWhomAPersonStruckOut(t *testing.T) {
	w := newWorld(t)
	w.f.opt.MinBuyers = 1000 // pairs would be a new ground
	rng := rand.New(rand.NewPCG(1, 10))
	n := 0
	month := func() {
		for range 15_000 {
			n++
			w.buyAt(n, fmt.Sprint("b", rng.IntN(4000)), fmt.Sprint("h", rng.IntN(300)))
			if n%90 == 0 {
				w.buyAt(n, fmt.Sprint("x", rng.IntN(50)), fmt.Sprint("r", rng.IntN(12)))
			}
		}
	}
	month()
	month()
	if len(w.all) == 0 || len(w.all[len(w.all)-1].Merchants) < 11 {
		t.Fatal("not found")
	}
	out := "r3"
	linked := false
	for i := range 12 { // what can be seen to link it
		other := fmt.Sprint("r", i)
		if _, ok := w.f.shops[event.MerchantID(out)].links[w.f.shops[event.MerchantID(other)]]; ok {
			linked = true
			w.strike(out, other, "")
		}
	}
	if !linked {
		t.Fatalf("%s is linked to nobody", out)
	}
	w.all = nil
	month()
	month()
	for _, d := range w.all {
		if slices.Contains(d.Merchants, event.MerchantID(out)) {
			t.Fatalf("%s is back: %v", out, d.Merchants)
		}
	}
	if ring := w.f.shops[event.MerchantID(out)].ring; ring != nil {
		t.Errorf("it is of %s", ring.id)
	}
}

// A group is told of at the first purchase that comes ten minutes after its search
// began, whether the search took long or not.
func TestAGroupIsToldOfByTheStream(t *testing.T) {
	run := func(wait bool) (told []string) {
		w := newWorld(t)
		w.f.opt.MinBuyers = 1000 // pairs would be a ground of their own
		rng := rand.New(rand.NewPCG(1, 10))
		for n := 1; n <= 30_000; n++ {
			before, heard := w.f.search, len(w.all)
			if n%90 == 0 {
				w.buyAt(n, fmt.Sprint("x", rng.IntN(50)), fmt.Sprint("r", rng.IntN(12)))
			} else {
				w.buyAt(n, fmt.Sprint("b", rng.IntN(4000)), fmt.Sprint("h", rng.IntN(300)))
			}
			if now := w.f.search; wait && before == nil && now != nil {
				now.blocks <- <-now.blocks
			}
			at := start.Add(time.Duration(2*n) * time.Minute)
			if before != nil && (w.f.search == nil) != !at.Before(before.due) {
				t.Fatalf("%v: due %v, and still under way: %v", at, before.due, w.f.search != nil)
			}
			for _, r := range w.all[heard:] {
				told = append(told, fmt.Sprint(n, r.Merchants))
				if before == nil || at.Before(before.due) {
					t.Fatalf("%v: told without a search that is due: %v", at, r.Merchants)
				}
			}
		}
		return told
	}
	at, waited := run(false), run(true)
	if len(at) == 0 || !slices.Equal(at, waited) {
		t.Errorf("told %v, and after waiting %v", at, waited)
	}
}
