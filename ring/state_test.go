package ring

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
)

func saved(t testing.TB, f *Finder) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := f.Save(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// reload is a finder that goes on from what another one has saved.
func reload(t testing.TB, f *Finder) *Finder {
	t.Helper()
	data := saved(t, f)
	again, err := Load(f.opt, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved(t, again), data) {
		t.Fatal("what was loaded is saved as something else")
	}
	return again
}

// busy is a stream in which rings are found by identifiers, buyers and groups, grow,
// merge and are struck out.
func busy(seed uint64) []event.Event {
	rng := rand.New(rand.NewPCG(seed, 3))
	var out []event.Event
	for i := range 12_000 {
		var d event.Data
		shop := func() event.MerchantID {
			return event.MerchantID(fmt.Sprint("m", rng.IntN(min(i+2, 300))))
		}
		switch n := rng.IntN(100); {
		case n < 5:
			d = &event.MerchantApplied{Merchant: shop(), LegalPerson: fmt.Sprint(rng.IntN(400)), Device: fmt.Sprint(rng.IntN(100)), IP: fmt.Sprint(rng.IntN(9))}
		case n < 6 && i > 9000:
			pair := rng.IntN(40)
			d = &event.RingStruck{A: event.MerchantID(fmt.Sprint("p", pair, 0)), B: event.MerchantID(fmt.Sprint("p", pair, 1)),
				By: []string{"", ByDevice, ByBuyers, ByGroup}[rng.IntN(4)], Reason: "known", Person: "p"}
		case n < 9: // a group whose pairs share little
			d = &event.OrderPaid{Merchant: event.MerchantID(fmt.Sprint("r", rng.IntN(12))), Buyer: event.BuyerID(fmt.Sprint("x", rng.IntN(50)))}
		case n < 18: // two shops with the same buyers
			pair := rng.IntN(40)
			d = &event.OrderPaid{Merchant: event.MerchantID(fmt.Sprint("p", pair, rng.IntN(2))), Buyer: event.BuyerID(fmt.Sprint("y", pair, rng.IntN(12)))}
		default:
			d = &event.OrderPaid{Merchant: shop(), Buyer: event.BuyerID(fmt.Sprint("b", rng.IntN(4000)))}
		}
		out = append(out, event.New(fmt.Sprint("e", i), "test", start.Add(time.Duration(i)*5*time.Minute), d))
	}
	return out
}

func TestAFinderGoesOnFromWhatItSaved(t *testing.T) {
	opt := Defaults()
	opt.MaxBuyerShops, opt.MaxPairs, opt.MinBuyers = 12, 20_000, 6
	said := func(f *Finder, ev event.Event) (out []string) {
		for _, found := range f.Fold(ev) {
			line, err := found.AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(line))
		}
		return out
	}
	evs := busy(1)
	whole, parts, searching := New(opt), New(opt), 0
	rings, left, groups := 0, 0, 0
	for i, ev := range evs {
		if parts.search != nil {
			searching++
		}
		if i%397 == 396 || parts.search != nil {
			parts = reload(t, parts)
		}
		want := said(whole, ev)
		if got := said(parts, ev); !slices.Equal(got, want) {
			t.Fatalf("event %d: told %v, uninterrupted %v", i, got, want)
		}
		for _, line := range want {
			found, err := event.Parse([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			d := found.Data.(*event.RingFound)
			rings++
			left += len(d.Left)
			if slices.ContainsFunc(d.Links, func(l event.RingLink) bool { return l.By == ByGroup }) {
				groups++
			}
		}
	}
	if rings < 20 || left == 0 || groups == 0 || searching == 0 {
		t.Errorf("%d rings told, %d shops struck out, %d groups, %d times in a search: nothing is tested", rings, left, groups, searching)
	}
	if !bytes.Equal(saved(t, parts), saved(t, whole)) {
		t.Error("saved and gone on from, the finder is another in the end")
	}
}

func TestASavedFinderThatDoesNotFitIsRefused(t *testing.T) {
	f := New(Defaults())
	for _, ev := range busy(2)[:3000] {
		f.Fold(ev)
	}
	data := saved(t, f)
	other := Defaults()
	other.Weights[ByIP] = 1
	if _, err := Load(other, bytes.NewReader(data)); !errors.Is(err, snapshot.ErrUnfit) {
		t.Errorf("another pack: %v", err)
	}
	for _, n := range []int{0, 10, len(data) / 2, len(data) - 1} {
		if _, err := Load(Defaults(), bytes.NewReader(data[:n])); !errors.Is(err, snapshot.ErrUnfit) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

// What stands in a file is not to be trusted because its sums are right.
func FuzzLoad(f *testing.F) {
	found := New(Defaults())
	evs := busy(3)
	for _, ev := range evs[:150] {
		found.Fold(ev)
	}
	var whole []byte
	_ = snapshot.Load(bytes.NewReader(saved(f, found)), func(c *snapshot.Codec) {
		for one := make([]byte, 1); c.Err() == nil; {
			if c.Raw(one); c.Err() == nil {
				whole = append(whole, one...)
			}
		}
	})
	if len(whole) < 1000 {
		f.Fatal(len(whole))
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		var framed bytes.Buffer
		if err := snapshot.Save(&framed, func(c *snapshot.Codec) { c.Raw(data) }); err != nil {
			t.Fatal(err)
		}
		found, err := Load(Defaults(), &framed)
		if err != nil {
			return
		}
		for _, ev := range evs[150:400] {
			found.Fold(ev)
		}
		saved(t, found)
	})
}
