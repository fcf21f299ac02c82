package trace

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/watch"
)

// platform is a simulated harvest with the watch's own word on which views are
// unexplained.
type platform struct {
	truth     sim.Truth
	tracer    *Tracer
	end       time.Time
	reported  []event.Event
	unrelated []event.SubjectID // with a bad review, not sold by anyone
}

func newPlatform(t *testing.T, o sim.Options) *platform {
	t.Helper()
	w, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../packs/hotel-desk/pack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pack, err := watch.Parse("pack.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{truth: w.Truth(), tracer: New(Options{Zone: sim.Zone()}), end: w.End()}
	engine := watch.New(pack, watch.Options{Verdict: func(view event.Event, subject event.SubjectID, explained bool) {
		if !explained {
			p.tracer.Unexplained(view, subject)
		}
	}})
	for ev := range w.Events() {
		engine.Fold(ev)
		if ev.Type == event.TypeHarmReported {
			p.reported = append(p.reported, ev)
			continue // each test brings its own, or adds these
		}
		p.tracer.Add(ev)
	}
	engine.Flush()
	sold := map[event.SubjectID]bool{}
	for _, in := range p.truth.Insiders {
		for _, s := range in.Subjects {
			sold[s] = true
		}
	}
	for s, c := range p.tracer.trails {
		if !sold[s] && slices.ContainsFunc(c.visits, func(v visit) bool { return v.low }) {
			p.unrelated = append(p.unrelated, s)
		}
	}
	slices.Sort(p.unrelated)
	return p
}

// after answers as if these customers alone had complained.
func (p *platform) after(subjects ...event.SubjectID) Result {
	clear(p.tracer.harms)
	for i, s := range subjects {
		p.tracer.Add(event.New(fmt.Sprint("x", i), "care", p.end, &event.HarmReported{Subject: s, Kind: event.HarmComplaint}))
	}
	return p.tracer.Answer()
}

// victims are n customers of each insider.
func (p *platform) victims(r *rand.Rand, n int) []event.SubjectID {
	var out []event.SubjectID
	for _, in := range p.truth.Insiders {
		for _, i := range r.Perm(len(in.Subjects))[:n] {
			out = append(out, in.Subjects[i])
		}
	}
	return out
}

func TestInASimulatedHarvest(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			p, r := newPlatform(t, sim.Options{Scenario: sim.Harvest, Seed: seed, Agents: 20, Days: 45}), rand.New(rand.NewPCG(seed, 2))
			guilty := []event.ActorID{p.truth.Insiders[0].Actor, p.truth.Insiders[1].Actor}
			slices.Sort(guilty)
			first := func(res Result) []event.ActorID {
				if len(res.Accounts) < 2 {
					return nil
				}
				out := []event.ActorID{res.Accounts[0].Actor, res.Accounts[1].Actor}
				slices.Sort(out)
				return out
			}
			some := func(n int) []event.SubjectID {
				var out []event.SubjectID
				for _, i := range r.Perm(len(p.unrelated))[:n] {
					out = append(out, p.unrelated[i])
				}
				return out
			}

			t.Run("the culprits come first and nobody else is named", func(t *testing.T) {
				victims := p.victims(r, 8)
				res := p.after(victims...)
				if !slices.Equal(first(res), guilty) || res.Accounts[1].Probability < 0.9 || !slices.Equal(res.Sets[0].Actors, guilty) || !names(res) {
					t.Fatalf("want %v: %+v, %q", guilty, res.Accounts[:min(4, len(res.Accounts))], res.Advice)
				}
				// The honest account that saw most of the victims saw them for good reasons.
				seen := map[event.ActorID]int{}
				for _, s := range victims {
					met := map[event.ActorID]bool{}
					for _, v := range p.tracer.trail(s).visits {
						if a := p.tracer.actors[v.actor]; !met[a] && !slices.Contains(guilty, a) {
							met[a] = true
							seen[a]++
						}
					}
				}
				busiest := 0
				for a, n := range seen {
					busiest = max(busiest, n)
					if got := probability(res, a); got > 0.3 || says(res, string(a)) && got < 0.05 {
						t.Errorf("%s, who saw %d of %d, has %v", a, n, len(victims), got)
					}
				}
				if busiest < 6 {
					t.Errorf("no honest account saw more than %d of the victims: too easy", busiest)
				}
			})
			t.Run("they come first among as many unrelated complaints", func(t *testing.T) {
				res := p.after(append(p.victims(r, 14), some(28)...)...)
				if !slices.Equal(first(res), guilty) || res.Unexplained < 0.2 || res.Unexplained > 0.8 {
					t.Errorf("want %v: %+v, unexplained %v", guilty, res.Accounts[:4], res.Unexplained)
				}
			})
			t.Run("one or two complaints name nobody", func(t *testing.T) {
				for i := range 12 {
					res := p.after(p.victims(r, 1)[:1+i%2]...)
					if names(res) || !says(res, "too few to name anyone") {
						t.Errorf("%+v %q", res.Accounts[0], res.Advice)
					}
				}
			})
			t.Run("complaints without a leak name nobody", func(t *testing.T) {
				for range 6 {
					if res := p.after(some(12)...); names(res) || res.Unexplained < 0.3 {
						t.Errorf("unexplained %v, %+v", res.Unexplained, res.Accounts[0])
					}
				}
			})
		})
	}
}

// Where nobody leaks, honest accounts have seen harmed customers, with and without
// a reason, as often as their rates say: those of a low rate too, who would be
// accused by one stray view if it were taken for rarer than it is.
func TestRatesAreWhatHonestAccountsShow(t *testing.T) {
	var expected, seen [3]float64
	for seed := uint64(21); seed <= 24; seed++ {
		p := newPlatform(t, sim.Options{Scenario: sim.Ordinary, Seed: seed, Agents: 28, Days: 150, Merchants: -1, Complaints: sim.Complaints{Unrelated: 2}})
		for _, ev := range p.reported {
			p.tracer.Add(ev)
		}
		subjects := p.tracer.sortedHarms()
		p.tracer.settle()
		strata, _, before := p.tracer.beforeHarm(subjects)
		for i, s := range subjects {
			if len(before[i]) == 0 {
				continue
			}
			met := p.tracer.partOf(p.tracer.trail(s), before[i]).seen
			for a := range p.tracer.actors {
				q, u := p.tracer.chances(strata[i], int32(a))
				k := slices.IndexFunc(met, func(s seenBy) bool { return s.actor == int32(a) })
				for band, rate := range []float64{q, u} {
					if band == 1 && rate > 1./500 {
						band = 2
					}
					expected[band] += rate
					if k >= 0 && (band == 0 || met[k].unexplained) {
						seen[band]++
					}
				}
			}
		}
	}
	for band, name := range []string{"viewed", "viewed without a reason, rarely", "viewed without a reason, as usual"} {
		t.Logf("%s: %.1f expected, %v seen", name, expected[band], seen[band])
		if seen[band] > 1.6*expected[band] || band != 1 && seen[band] < 0.6*expected[band] {
			t.Errorf("%s: %.1f expected, %v seen", name, expected[band], seen[band])
		}
	}
}
