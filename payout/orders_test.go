package payout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// History gives back, from the oldest on, what was put in, by day.
func TestHistory(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var h history
	var want []dayTally
	day := int64(20_000)
	check := func(limit int64) {
		for {
			d, ok := h.pop(limit)
			if due := len(want) > 0 && want[0].day < limit; ok != due {
				t.Fatalf("day before %d: %v, want %v", limit, ok, due)
			} else if !ok {
				return
			}
			if d != want[0] {
				t.Fatalf("%+v, want %+v", d, want[0])
			}
			want = want[1:]
		}
	}
	for range 5000 {
		day += rng.Int64N(4) - 1 // what comes late counts with the newest
		d := dayTally{day: day, clean: rng.Int64N(1 << 50), spoiled: rng.Int64N(300), numClean: 1}
		h.add(d)
		if n := len(want); n > 0 && want[n-1].day >= day {
			want[n-1].clean += d.clean
			want[n-1].spoiled += d.spoiled
			want[n-1].numClean++
		} else {
			want = append(want, d)
		}
		if rng.IntN(10) == 0 {
			check(day - rng.Int64N(60))
		}
	}
	check(1 << 40)
	if len(want) > 0 {
		t.Errorf("%d days are left", len(want))
	}
}

// Orders that are dropped leave room for others, and nothing of theirs in it.
func TestOrdersComeAndGo(t *testing.T) {
	s := newOrders()
	rng := rand.New(rand.NewPCG(4, 4))
	want := map[event.OrderID]event.BuyerID{}
	for n := range 30_000 {
		id := event.OrderID(fmt.Sprint("o", n))
		buyer := event.BuyerID(strings.Repeat("b", rng.IntN(40)) + fmt.Sprint(n%7))
		s.add(id, buyer).amount = int64(n)
		want[id] = buyer
		for id := range want {
			if len(want) < 5000 && rng.IntN(3) > 0 {
				break
			}
			s.drop(s.find(id))
			delete(want, id)
			break
		}
	}
	for id, buyer := range want {
		o := s.find(id)
		if o == nil || s.buyer(o) != buyer || fmt.Sprint("o", o.amount) != string(id) {
			t.Fatalf("order %s: %+v", id, o)
		}
	}
	if n := len(slices.Collect(s.all())); n != len(want) || s.find("o-none") != nil || len(s.byKey) != n || s.used > 5100 {
		t.Errorf("%d orders, want %d; %d places", n, len(want), s.used)
	}
}

func TestInstants(t *testing.T) {
	if instantOf(time.Time{}) != 0 || instantOf(time.Unix(0, 0)) != 1 || instantOf(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)) != 1 {
		t.Error("a time before 1970 is not the first instant")
	}
	if far := instantOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); far != latest || far+2*instant(maxDays*day) < far {
		t.Error("a time far ahead does not leave room for a window")
	}
	if now := time.Date(2026, 3, 2, 9, 15, 4, 123456789, time.FixedZone("", 8*3600)); !instantOf(now).time().Equal(now) {
		t.Error("an instant is not its time")
	}
}
