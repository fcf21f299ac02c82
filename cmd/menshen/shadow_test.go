package main

import (
	"slices"
	"testing"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/standing"
)

// events are the events of a record.
func (r *memoryRecord) events(t *testing.T) (out []event.Event) {
	t.Helper()
	for _, line := range r.lines {
		ev, err := event.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ev)
	}
	return out
}

// A second pack beside the one in force says where it would have decided otherwise,
// and nothing where it would not; what it says is never carried out, and the next
// comparison begins from what was.
func TestAShadowSaysWhereItDiffers(t *testing.T) {
	pack, opt := doorPack(t)
	strict := pack
	strict.Lines = map[event.Currency]payout.Line{"CNY": {Newcomer: 1_000_000, Cap: 1_000_000}}
	strict.Ordinary, strict.Scores = payout.Ordinary{}, payout.Scores{}
	pack.Ordinary, pack.Scores = payout.Ordinary{}, payout.Scores{}
	r := &memoryRecord{}
	d := openDoor(t, r, pack, opt)
	d.shadow = &shadow{"strict", newMoneyDoor(strict, opt, true)}
	shopIn(t, d, "m1", 4, 1_500_000) // a balance of 60,000 yuan; the line is 30,000
	for _, ask := range []struct {
		request   string
		fen, want int64 // what the strict pack would pay
	}{{"r1", 800_000, 800_000}, {"r2", 1_000_000, 200_000}, {"r3", 1_000_000, 0}} {
		decided, _, err := d.Decide(t.Context(), askPayout(ask.request, "m1", "", ask.fen))
		if err != nil || payOf(t, decided) != ask.fen {
			t.Fatalf("%s: %v, %v", ask.request, decided, err)
		}
		said := slices.DeleteFunc(r.events(t), func(ev event.Event) bool { return ev.Type != event.TypeDecisionShadowed })
		var last *event.DecisionShadowed
		if len(said) > 0 {
			last = said[len(said)-1].Data.(*event.DecisionShadowed)
		}
		if ask.want == ask.fen {
			if last != nil {
				t.Errorf("%s: %+v, though both say the same", ask.request, last)
			}
			continue
		}
		if last == nil || string(last.Request) != ask.request || last.Pay.Amount != ask.want || last.LivePay.Amount != ask.fen || last.Live != event.Pay || last.Pack != "strict" {
			t.Errorf("%s: %+v", ask.request, last)
		}
	}
	// A start comes to the same, says nothing twice, and goes on without a shadow.
	n := len(r.lines)
	again := openDoor(t, r, pack, opt)
	if len(r.lines) != n {
		t.Errorf("%d entries were added at a start", len(r.lines)-n)
	}
	if a, b := d.book.Accounts("m1"), again.book.Accounts("m1"); !slices.Equal(a, b) {
		t.Errorf("%+v, after a start %+v", a, b)
	}
	for _, ev := range r.events(t) {
		if ev.Type == event.TypeDecisionShadowed && ev.Source != standing.Source {
			t.Errorf("%s", ev.Source)
		}
	}
}
