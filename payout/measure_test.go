package payout_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/ring"
)

var measureSeeds = flag.Int("measure", 1, "number of simulated worlds to measure the pack on")

func marketplace(t testing.TB) (payout.Pack, ring.Options) {
	t.Helper()
	name := filepath.Join("..", "packs", "marketplace", "pack.yaml")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := payout.ParsePack("pack.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ring.ParsePack("pack.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	return p, o
}

// TestMeasure is the table of what the marketplace pack loses to a ring and
// holds of honest shops, against instant payout, over simulated years. Run it
// with -v -args -measure=3 to see three worlds.
func TestMeasure(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a year")
	}
	pack, opt := marketplace(t)
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "world\tseed\tlost, instant\tlost, ours\tat most\tshare at most\trings unlinked\tfirst hold, day\tlinked\tbefore burst\tfalse rings\trequests held\tshops held\tlongest hold\tdays held\thonest advanced, instant\tours\t")
	for seed := range uint64(*measureSeeds) {
		for _, scenario := range []string{sim.RefundRing, sim.Ordinary} {
			world, err := sim.New(sim.Options{Scenario: scenario, Seed: seed + 1, Agents: -1, Canaries: -1})
			if err != nil {
				t.Fatal(err)
			}
			guilty := map[event.MerchantID]bool{}
			for _, r := range world.Truth().Rings {
				for _, m := range r.Merchants {
					guilty[m] = true
				}
			}
			isGuilty := func(m event.MerchantID) bool { return guilty[m] }
			instant := pack.Instant().Measure(world.Events(), nil, isGuilty)
			finder := ring.New(opt)
			links := newLinks(guilty)
			ours := pack.Measure(world.Events(), func(ev event.Event) []event.Event {
				links.see(ev)
				found := finder.Fold(ev)
				links.found(found)
				return found
			}, isGuilty)
			unlinked := pack.Measure(world.Events(), nil, isGuilty)
			share, first := 0.0, "-"
			if instant.Lost > 0 {
				share = 100 * float64(max(ours.Lost, ours.AtRisk)) / float64(instant.Lost)
				first = fmt.Sprintf("%.0f", ours.FirstHold.Sub(world.Options().Start).Hours()/24)
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%.2f %%\t%d\t%s\t%d/%d\t%d\t%d\t%d/%d\t%d/%d\t%.0f d\t%.2f\t%d\t%d\t\n", scenario, seed+1,
				instant.Lost/100, ours.Lost/100, ours.AtRisk/100, share, unlinked.Lost/100, first, len(links.day), len(guilty), links.early, links.honest(),
				ours.RequestsHeld, ours.Requests, ours.ShopsHeld, ours.Shops, ours.LongestHold.Hours()/24, ours.DaysHeld(),
				instant.LostHonest/100, ours.LostHonest/100)
			if scenario == sim.RefundRing && share > 2 {
				t.Errorf("seed %d: the ring cost %.2f %% of what it takes under instant payout, want at most 2 %%", seed+1, share)
			}
			if ours.RequestsHeld*5 > ours.Requests {
				t.Errorf("%s, seed %d: %d of %d honest requests were held", scenario, seed+1, ours.RequestsHeld, ours.Requests)
			}
		}
	}
	w.Flush()
	t.Logf("\n%s", table.String())
}

// links follows when the guilty are seen as one, and which honest shops are
// taken for a ring that share no owner.
type links struct {
	guilty map[event.MerchantID]bool
	owner  map[event.MerchantID]string
	asked  map[event.MerchantID]int64 // money confirmed before the shop was linked
	orders map[event.OrderID]*event.OrderPaid
	day    map[event.MerchantID]time.Time
	early  int // linked before as much was confirmed as its warm-up brings
	rings  map[event.RingID][]event.MerchantID
}

func newLinks(guilty map[event.MerchantID]bool) *links {
	return &links{guilty, map[event.MerchantID]string{}, map[event.MerchantID]int64{}, map[event.OrderID]*event.OrderPaid{},
		map[event.MerchantID]time.Time{}, 0, map[event.RingID][]event.MerchantID{}}
}

func (l *links) see(ev event.Event) {
	switch d := ev.Data.(type) {
	case *event.MerchantApplied:
		l.owner[d.Merchant] = d.LegalPerson
	case *event.OrderPaid:
		l.orders[d.Order] = d
	case *event.OrderConfirmed:
		if o := l.orders[d.Order]; o != nil {
			l.asked[o.Merchant] += o.Money.Amount
		}
	}
}

func (l *links) found(evs []event.Event) {
	for _, ev := range evs {
		d := ev.Data.(*event.RingFound)
		l.rings[d.Ring] = d.Merchants
		for _, m := range d.Merchants {
			if _, seen := l.day[m]; !seen && l.guilty[m] {
				l.day[m] = ev.Time
				if l.asked[m] < 3_000_00 {
					l.early++
				}
			}
		}
	}
}

// honest counts rings in which honest shops of different owners are taken as one.
func (l *links) honest() int {
	n := 0
	for _, members := range l.rings {
		owners := map[string]bool{}
		for _, m := range members {
			if !l.guilty[m] {
				owners[l.owner[m]] = true
			}
		}
		guilty := slices.ContainsFunc(members, func(m event.MerchantID) bool { return l.guilty[m] })
		if len(owners) > 1 || guilty && len(owners) > 0 {
			n++
		}
	}
	return n
}

func TestMarketplaceExamples(t *testing.T) {
	pack, _ := marketplace(t)
	if len(pack.Examples) == 0 {
		t.Error("the marketplace pack has no examples")
	}
	for _, err := range pack.RunExamples() {
		t.Error(err)
	}
	pack.Examples[0].Expect = nil
	if errs := pack.RunExamples(); len(errs) == 0 {
		t.Error("a wrong expectation was not noticed")
	}
}
