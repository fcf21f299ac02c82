package watch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

func sortBy(events []event.Event, at map[string]time.Time) {
	slices.SortStableFunc(events, func(a, b event.Event) int { return at[a.ID].Compare(at[b.ID]) })
}

// world is a small desk of one queue: accounts with Gamma rates of unexplained
// views, and insiders who take bad-review customers from a day on.
type world struct {
	seed            uint64
	agents, days    int
	insiders        map[int]int // account to its first day of leaking
	rate, cv, low   float64
	leak            float64
	explainedPerDay int
	customers       int
}

func newWorld(seed uint64) *world {
	return &world{seed: seed, agents: 24, days: 120, insiders: map[int]int{3: 10, 11: 20}, rate: 2, cv: 0.5, low: 0.08, leak: 1, explainedPerDay: 6}
}

func (w *world) events() []event.Event {
	r := rand.New(rand.NewPCG(w.seed, 77))
	var out []event.Event
	add := func(at time.Time, d event.Data) {
		out = append(out, event.New(fmt.Sprintf("w%07d", len(out)), "desk", at, d))
	}
	rates := make([]float64, w.agents)
	for a := range rates {
		rates[a] = w.rate * gammaVariate(r, 1/(w.cv*w.cv)) * w.cv * w.cv
		add(t0.Add(-time.Hour), &event.StaffJoined{Actor: actorNo(a), Partner: "bpo-1", Queues: []string{"cn"}, Role: "agent"})
	}
	for day := range w.days {
		for a := range rates {
			view := func(low, explained bool) {
				w.customers++
				at := t0.AddDate(0, 0, day).Add(time.Duration(r.IntN(8*3600)) * time.Second)
				c := event.SubjectID(fmt.Sprint("c-", 100+w.customers))
				rating := 4.
				if low {
					rating = 1
				}
				if explained {
					add(at.Add(-time.Minute), &event.ReasonOpened{Kind: "ticket", ID: event.ReasonID("t" + string(c)), Actor: actorNo(a), Subject: c})
					add(at.Add(time.Hour), &event.ReasonClosed{Kind: "ticket", ID: event.ReasonID("t" + string(c))})
				}
				add(at, &event.AccessViewed{Actor: actorNo(a), Partner: "bpo-1", Kind: event.KindDetail,
					Subjects: []event.SubjectViewed{{Subject: c, Attributes: map[string]any{"rating": rating}}}})
			}
			for range w.explainedPerDay {
				view(r.Float64() < w.low, true)
			}
			for range poissonVariate(r, rates[a]) {
				view(r.Float64() < w.low, false)
			}
			if from, ok := w.insiders[a]; ok && day >= from {
				for range poissonVariate(r, w.leak) {
					view(true, false)
				}
			}
		}
	}
	return sorted(out)
}

func actorNo(a int) event.ActorID { return event.ActorID(fmt.Sprintf("agent-%03d", a)) }

func poissonVariate(r *rand.Rand, mean float64) int {
	n, p, limit := 0, r.Float64(), math.Exp(-mean)
	for ; p > limit; n++ {
		p *= r.Float64()
	}
	return n
}

// gammaVariate is Marsaglia and Tsang's, for shapes of at least 1.
func gammaVariate(r *rand.Rand, shape float64) float64 {
	d := shape - 1./3
	for {
		x := r.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func TestBothInsidersAreNamedWithinWeeksAndNobodyElse(t *testing.T) {
	pack := testPack(t)
	for seed := range uint64(3) {
		w := newWorld(seed)
		first := map[event.ActorID]int{}
		for _, ev := range run(pack, w.events()) {
			a := ev.Data.(*event.AlertRaised)
			if _, ok := first[a.Actor]; !ok {
				first[a.Actor] = int(ev.Time.Sub(t0).Hours() / 24)
			}
			if !strings.HasPrefix(a.Rule, "unexplained-") || a.Odds < float64(pack.Budget.AgentDays) || len(a.Events) == 0 || a.Partner != "bpo-1" {
				t.Errorf("seed %d: %+v", seed, a)
			}
		}
		for i, from := range w.insiders {
			if d, ok := first[actorNo(i)]; !ok || d-from > 42 {
				t.Errorf("seed %d: insider %s from day %d: alarm on day %d (%v)", seed, actorNo(i), from, d, ok)
			}
		}
		if len(first) != len(w.insiders) {
			t.Errorf("seed %d: alarms for %v", seed, first)
		}
		t.Logf("seed %d: alarms on day %v, leaks from day %v", seed, first, w.insiders)
	}
}

// With a budget small enough to be used up, false alarms must stay within it.
func TestFalseAlarmsStayWithinTheBudget(t *testing.T) {
	set := defaults().Statistics
	const gamma, agents, days, worlds = 200, 40, 120, 20
	alarms := 0
	for seed := range uint64(worlds) {
		r := rand.New(rand.NewPCG(seed, 5))
		d := &detector{set: set, gamma: gamma, records: map[event.ActorID]*record{}}
		rates, shares := make([]float64, agents), make([]float64, agents)
		for a := range rates {
			rates[a] = 2 * gammaVariate(r, 4) / 4
			shares[a] = math.Min(0.1*gammaVariate(r, 8)/8, 0.9)
		}
		for range days {
			today := map[event.ActorID]day{}
			for a := range rates {
				n := poissonVariate(r, rates[a])
				low := 0
				for range n {
					if r.Float64() < shares[a] {
						low++
					}
				}
				today[actorNo(a)] = day{explained: 40, unexplained: n, match: low}
			}
			alarms += len(d.closeDay(today))
		}
	}
	allowed := float64(agents*days*worlds) / gamma
	t.Logf("%d false alarms, %g allowed", alarms, allowed)
	if float64(alarms) > allowed {
		t.Errorf("%d false alarms, %g allowed", alarms, allowed)
	}
}

func TestIncrementsHaveExpectationOneUnderTheNull(t *testing.T) {
	for _, p := range []ratePrior{{0.1, 4, 1}, {2, 1.3, 1}, {5, 4, 1.7}} {
		for _, past := range []tally{{}, {7, 12}, {300, 40}} {
			for _, leak := range []float64{0.3, 5} {
				for _, exposure := range []float64{0.125, 1, 2.5} {
					sum, total := 0.0, 0.0
					for n := range 3000 {
						null := p.null(n, exposure, past)
						total += math.Exp(null)
						sum += math.Exp(null) * math.Exp(p.leak(n, p.mean*exposure, leak)-null)
					}
					if sum > 1+1e-9 || sum < 1-1e-3 || math.Abs(total-1) > 1e-3 {
						t.Errorf("%+v past %+v leak %g: null sums to %g, increment to %g", p, past, leak, total, sum)
					}
				}
			}
		}
	}
	for _, p := range []sharePrior{{0.08, 30}, {0.5, 2}} {
		for _, n := range []int{0, 1, 9} {
			sum, total := 0.0, 0.0
			for hits := range n + 1 {
				null := p.null(hits, n, tally{3, 20})
				total += math.Exp(null)
				sum += math.Exp(null) * math.Exp(leakShare(hits, n, p.mean, 8)-null)
			}
			if math.Abs(sum-1) > 1e-9 || math.Abs(total-1) > 1e-9 {
				t.Errorf("%+v n %d: null sums to %g, increment to %g", p, n, total, sum)
			}
		}
	}
}

func BenchmarkFold(b *testing.B) {
	pack := testPack(b)
	w := newWorld(1)
	w.days = 30
	events := w.events()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		e := New(pack, Options{})
		for _, ev := range events {
			e.Fold(ev)
		}
		e.Flush()
		n += len(events)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
