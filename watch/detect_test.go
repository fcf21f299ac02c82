package watch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
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
	pack := testPack(t)
	pack.Budget.AgentDays = 200
	const agents, days, worlds = 40, 120, 20
	alarms := 0
	for seed := range uint64(worlds) {
		r := rand.New(rand.NewPCG(seed, 5))
		d := newDetector(pack)
		rates, shares := make([]float64, agents), make([]float64, agents)
		for a := range rates {
			rates[a] = 2 * gammaVariate(r, 4) / 4
			shares[a] = math.Min(0.1*gammaVariate(r, 16)/16, 0.9)
			d.move(actorNo(a), "agent", fmt.Sprint("bpo-", a%3))
		}
		queue := d.Queues.number("cn")
		for range days {
			for a := range rates {
				q := d.account(actorNo(a)).queue(queue)
				for k, n := range [kinds]int{poissonVariate(r, rates[a]), 40} {
					for range n {
						low := uint16(0)
						if r.Float64() < shares[a] {
							low = 1
						}
						q.add(k, low)
					}
				}
			}
			alarms += len(d.closeDay())
		}
	}
	allowed := float64(agents*days*worlds) / float64(pack.Budget.AgentDays)
	t.Logf("%d false alarms, %g allowed", alarms, allowed)
	if float64(alarms) > allowed {
		t.Errorf("%d false alarms, %g allowed", alarms, allowed)
	}
}

// Every increment's expectation under its null, by summing over all outcomes.
func TestIncrementsHaveExpectationOneUnderTheNull(t *testing.T) {
	factorial := func(n int) float64 { v, _ := math.Lgamma(float64(n) + 1); return v }
	for _, p := range []prior{{0.1, 4}, {2, 1.3}, {5, 200}} {
		for _, past := range []tally{{}, {7, 12}, {300, 40}} {
			for _, noise := range []float64{1, 1.7} {
				for _, exposure := range []float64{0.125, 1, 2.5} {
					own := p.posterior(past, noise)
					careless := p.careless().posterior(past, noise)
					for _, rate := range []float64{own.mean*exposure + 0.3, p.mean*exposure + 5} {
						sum, total := 0.0, 0.0
						for n := range 6000 {
							null := mix(logCount(n, own.mean*exposure, own.uncertain(0.1).shape),
								logCount(n, careless.mean*exposure, careless.uncertain(0.1).shape), 0.02) - factorial(n)
							total += math.Exp(null)
							sum += math.Exp(null) * math.Exp(logCount(n, rate, 10)-factorial(n)-null)
						}
						if sum > 1+1e-9 || sum < 1-1e-3 || math.Abs(total-1) > 1e-3 {
							t.Errorf("%+v past %+v rate %g: null sums to %g, increment to %g", p, past, rate, total, sum)
						}
					}
				}
			}
		}
	}
	choose := func(n, k int) float64 { return factorial(n) - factorial(k) - factorial(n-k) }
	for _, share := range []float64{0.001, 0.08, 0.5, 0.98} {
		for _, shape := range []float64{0.3, 4, 200} {
			for _, n := range []int{0, 1, 9, 80} {
				sum, total := 0.0, 0.0
				for hits := range n + 1 {
					null := choose(n, hits) + logShare(hits, n, share, shape)
					total += math.Exp(null)
					sum += math.Exp(null) * math.Exp(choose(n, hits)+logFixed(hits, n, shifted(share, 8))-null)
				}
				if math.Abs(sum-1) > 1e-7 || math.Abs(total-1) > 1e-7 {
					t.Errorf("share %g shape %g n %d: null sums to %g, increment to %g", share, shape, n, total, sum)
				}
			}
		}
	}
}

// mix and logRising are shortcuts; this is what they stand for.
func TestShortcutsAgainstTheirDefinition(t *testing.T) {
	for _, c := range [][3]float64{{-3, -1, 0.2}, {-1, -3, 0.02}, {0, -800, 0.5}, {-700, -2, 1e-6}} {
		want := math.Log((1-c[2])*math.Exp(c[0]) + c[2]*math.Exp(c[1]))
		if got := mix(c[0], c[1], c[2]); math.Abs(got-want) > 1e-9 {
			t.Errorf("mix(%v) = %g, want %g", c, got, want)
		}
	}
	for _, a := range []float64{1e-6, 0.3, 7, 1e4} {
		for _, n := range []int{0, 1, 12, 13, 90} {
			want := 0.0
			for i := range n {
				want += math.Log(a + float64(i))
			}
			if got := logRising(a, n); math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
				t.Errorf("logRising(%g, %d) = %g, want %g", a, n, got, want)
			}
		}
	}
}

func TestPriorsGiveBackWhatTheyWereFittedFrom(t *testing.T) {
	r := Rate{Mean: 0.7, Spread: 0.6}
	mean, cv2 := r.moments(40, 900, 0.3).estimate(0.3)
	if math.Abs(mean-0.7) > 0.01 || math.Abs(math.Sqrt(cv2)-0.6) > 0.01 {
		t.Errorf("mean %g, spread %g", mean, math.Sqrt(cv2))
	}
}

// The stream of a simulated desk: folded, read from its lines, and read by a
// plain JSON decoder.
func BenchmarkStream(b *testing.B) {
	pack := testPack(b)
	w, err := sim.New(sim.Options{Scenario: sim.Ordinary, Seed: 1, Agents: 100, Days: 20, Merchants: -1})
	if err != nil {
		b.Fatal(err)
	}
	events := slices.Collect(w.Events())
	var text bytes.Buffer
	out := event.NewWriter(&text)
	for _, ev := range events {
		if err := out.Write(ev); err != nil {
			b.Fatal(err)
		}
	}
	report := func(b *testing.B) { b.ReportMetric(float64(len(events)*b.N)/b.Elapsed().Seconds(), "events/s") }
	b.Run("fold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e := New(pack, Options{})
			for _, ev := range events {
				e.Fold(ev)
			}
			e.Flush()
		}
		report(b)
	})
	b.Run("read-sort-fold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e := New(pack, Options{})
			r, s := event.NewReader(bytes.NewReader(text.Bytes()), event.DefaultLateness, nil), event.NewSorter(event.DefaultLateness)
			for {
				ev, err := r.Next()
				if err != nil {
					break
				}
				for _, next := range s.Push(ev) {
					e.Fold(next)
				}
			}
			for _, next := range s.Flush() {
				e.Fold(next)
			}
			e.Flush()
		}
		report(b)
	})
	b.Run("plain-json", func(b *testing.B) {
		for b.Loop() {
			for line := range bytes.Lines(text.Bytes()) {
				var v struct {
					ID, Source, Type, Time string
					Data                   map[string]any
				}
				if err := json.Unmarshal(line, &v); err != nil {
					b.Fatal(err)
				}
			}
		}
		report(b)
	})
}
