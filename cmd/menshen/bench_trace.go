package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/plot"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/trace"
)

type traceBench struct {
	s      streams
	worlds int
	svg    string
	views  int
	dir    string
}

// traceRow is one line of the table: how many leak, and what is complained of.
type traceRow struct {
	leakers   int
	unrelated float64
	harms     int
	teams     bool
}

func benchTrace(ctx context.Context, s streams, args []string) int {
	fs := newFlags("bench trace", "bench trace [-worlds N] [-svg DIR] | -views N [-dir DIR]", s.err)
	b := traceBench{s: s}
	fs.IntVar(&b.worlds, "worlds", 20, "worlds of each line; 200 take about a quarter of an hour")
	fs.StringVar(&b.svg, "svg", "", "write the plot into this `directory`")
	fs.IntVar(&b.views, "views", 0, "measure answers over an index of so many `views` instead; 100 million take about 3 GB of disk")
	fs.StringVar(&b.dir, "dir", "", "with -views: `directory` in which the index is made and stays, or is from an earlier run (default: a temporary one)")
	if code, done := parse(fs, s, args); done {
		return code
	}
	switch {
	case b.worlds < 1:
		return fail(s, "bench trace", exitUsage, errors.New("-worlds must be above zero"))
	case b.views < 0:
		return fail(s, "bench trace", exitUsage, errors.New("-views must not be below zero"))
	}
	do := b.run
	if b.views > 0 {
		do = b.overViews
	}
	if err := do(ctx); err != nil {
		return fail(s, "bench trace", exitUnreadable, err)
	}
	return exitDone
}

// rank is one account as a method orders it.
type rank struct {
	actor event.ActorID
	score float64
}

// outcome is what one world gave.
type outcome struct {
	recall [4]float64 // by method
	given  []given
	took   time.Duration
	doubt  float64
}

// given is one probability and whether it was right to give much.
type given struct {
	probability float64
	leaked      bool
}

func traceMethods() []string {
	return []string{"set posterior", "guilt model", "enrichment", "count"}
}

func (b *traceBench) run(ctx context.Context) error {
	fmt.Fprintf(b.s.out, "Recall@k: how many of k leaking accounts are among the first k of 30000, about six unrelated accounts a customer; means of %d worlds.\n", b.worlds)
	fmt.Fprintln(b.s.out, "Teams: half of a customer's other accounts are of the first one's team of eight. ECE over the accounts that were given 0.01 or more.")
	fmt.Fprintln(b.s.out)
	w := tabwriter.NewWriter(b.s.out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "leak\tunrelated\tcomplaints\tteams\t")
	for _, m := range traceMethods() {
		fmt.Fprintf(w, "%s\t", m)
	}
	fmt.Fprintln(w, "ECE\tanswer, median")
	var all []given
	for k, row := range []traceRow{{2, 0, 10, false}, {2, 0.5, 20, false}, {2, 0.8, 80, false}, {5, 0.5, 80, false},
		{2, 0, 10, true}, {2, 0.5, 20, true}, {2, 0.8, 80, true}, {5, 0.5, 80, true}} {
		got := make([]outcome, b.worlds)
		if err := parallel(ctx, b.worlds, func(i int) { got[i] = row.play(benchSeeds + uint64(1000*k+i)) }); err != nil {
			return err
		}
		var line outcome
		var took []time.Duration
		for _, o := range got {
			for m := range o.recall {
				line.recall[m] += o.recall[m] / float64(len(got))
			}
			line.given = append(line.given, o.given...)
			took = append(took, o.took)
		}
		all = append(all, line.given...)
		slices.Sort(took)
		fmt.Fprintf(w, "%d\t%.0f %%\t%d\t%v\t", row.leakers, 100*row.unrelated, row.harms, row.teams)
		for _, r := range line.recall {
			fmt.Fprintf(w, "%.3f\t", r)
		}
		fmt.Fprintf(w, "%.3f\t%s\n", calibration(line.given).ece, took[len(took)/2].Round(time.Millisecond))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	c := calibration(all)
	fmt.Fprintf(b.s.out, "\nCalibration over all lines: ECE %.3f of %d accounts.\n\n", c.ece, len(all))
	for _, bin := range c.bins {
		if bin.n > 0 {
			fmt.Fprintf(b.s.out, "  given %.2f  leaked %.2f  (%d)\n", bin.given, bin.leaked, bin.n)
		}
	}
	if err := b.plotCalibration(c); err != nil {
		return err
	}
	if err := b.needed(ctx); err != nil {
		return err
	}
	return b.desks(ctx)
}

// play makes a world and asks every method.
func (r traceRow) play(seed uint64) outcome {
	h := r.world(seed)
	t := trace.New(trace.Options{})
	for _, ev := range slices.Concat(h.Views, h.Harms) {
		t.Add(ev)
	}
	var o outcome
	begin := time.Now()
	res := t.Answer()
	o.took, o.doubt = time.Since(begin), res.Doubt
	var ours []rank
	for _, a := range res.Accounts {
		ours = append(ours, rank{a.Actor, a.Probability})
		if a.Probability >= 0.01 {
			o.given = append(o.given, given{a.Probability, slices.Contains(h.Leakers, a.Actor)})
		}
	}
	for m, ranks := range append([][]rank{ours}, baselines(h)...) {
		slices.SortStableFunc(ranks, func(a, b rank) int {
			return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.actor, b.actor))
		})
		for _, x := range ranks[:min(r.leakers, len(ranks))] {
			if slices.Contains(h.Leakers, x.actor) {
				o.recall[m] += 1 / float64(r.leakers)
			}
		}
	}
	return o
}

func (r traceRow) world(seed uint64) sim.Harms {
	return sim.NewHarms(sim.HarmOptions{Seed: seed, Accounts: 30_000, Customers: 40_000, Accessors: 6, Teams: r.teams,
		Leakers: r.leakers, Unrelated: r.unrelated, Harms: r.harms})
}

// baselines orders the accounts by the guilt model (Papadimitriou & Garcia-
// Molina, TKDE 2011), by enrichment over what the account's volume would give,
// and by the plain count of harmed customers.
func baselines(h sim.Harms) [][]rank {
	harmed := map[event.SubjectID]bool{}
	for _, ev := range h.Harms {
		harmed[ev.Data.(*event.HarmReported).Subject] = true
	}
	volume, saw := map[event.ActorID]float64{}, map[event.ActorID][]event.SubjectID{}
	by := map[event.SubjectID]float64{}
	views := 0.0
	for _, ev := range h.Views {
		d := ev.Data.(*event.AccessViewed)
		volume[d.Actor]++
		views++
		if s := d.Subjects[0].Subject; harmed[s] {
			saw[d.Actor] = append(saw[d.Actor], s)
			by[s]++
		}
	}
	const guess = 0.2 // chance that a value was found without a leak
	var guilt, enriched, counts []rank
	harmedViews := 0.0
	for _, n := range by {
		harmedViews += n
	}
	for actor, subjects := range saw {
		innocent := 1.0
		for _, s := range subjects {
			innocent *= 1 - (1-guess)/by[s]
		}
		guilt = append(guilt, rank{actor, 1 - innocent})
		n, expected := float64(len(subjects)), harmedViews*volume[actor]/views
		enriched = append(enriched, rank{actor, n*math.Log(n/expected) - n + expected})
		counts = append(counts, rank{actor, n})
	}
	return [][]rank{guilt, enriched, counts}
}

type calibrated struct {
	ece  float64
	bins [10]struct {
		n             int
		given, leaked float64
	}
}

// calibration is the expected calibration error over ten bins.
func calibration(all []given) calibrated {
	var c calibrated
	for _, g := range all {
		bin := &c.bins[min(int(g.probability*10), 9)]
		bin.n++
		bin.given += g.probability
		if g.leaked {
			bin.leaked++
		}
	}
	for i := range c.bins {
		bin := &c.bins[i]
		if bin.n == 0 {
			continue
		}
		bin.given /= float64(bin.n)
		bin.leaked /= float64(bin.n)
		c.ece += math.Abs(bin.given-bin.leaked) * float64(bin.n) / float64(len(all))
	}
	return c
}

func (b *traceBench) plotCalibration(c calibrated) error {
	if b.svg == "" {
		return nil
	}
	var points []plot.Point
	for _, bin := range c.bins {
		if bin.n > 0 {
			half := 1.96 * math.Sqrt(bin.leaked*(1-bin.leaked)/float64(bin.n))
			points = append(points, plot.Point{X: bin.given, Y: bin.leaked, Lo: bin.leaked - half, Hi: bin.leaked + half})
		}
	}
	svg := plot.Chart{Title: "Of the accounts given a probability, how many leaked", X: "probability given", Y: "share that leaked", Series: []plot.Series{
		{Name: "menshen trace, 95 % interval", Points: points}, {Name: "perfect", Points: []plot.Point{{X: 0}, {X: 1, Y: 1}}, Line: true, Dashed: true}}}.SVG()
	if err := os.MkdirAll(b.svg, 0o755); err != nil {
		return fmt.Errorf("writing plot: %w", err)
	}
	if err := os.WriteFile(filepath.Join(b.svg, "trace-calibration.svg"), svg, 0o644); err != nil {
		return fmt.Errorf("writing plot: %w", err)
	}
	return nil
}

// needed counts the complaints until every leaking account is given 0.9.
func (b *traceBench) needed(ctx context.Context) error {
	fmt.Fprintln(b.s.out, "\nComplaints until all leaking accounts are given 0.9 (median), beside the least that any method can do with (Fano):")
	steps := []int{3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 140, 200}
	for k, row := range []traceRow{{2, 0, 200, false}, {2, 0.5, 200, false}, {2, 0.8, 200, false}, {5, 0.5, 200, false}, {2, 0.5, 200, true}} {
		worlds := max(b.worlds/5, 3)
		first := make([]int, worlds)
		var mu sync.Mutex
		if err := parallel(ctx, worlds, func(i int) {
			h := row.world(benchSeeds + 50_000 + uint64(1000*k+i))
			t := trace.New(trace.Options{})
			for _, ev := range h.Views {
				t.Add(ev)
			}
			fed := 0
			for _, n := range steps {
				for ; fed < n; fed++ {
					t.Add(h.Harms[fed])
				}
				named := 0
				for _, a := range t.Answer().Accounts {
					if a.Probability >= 0.9 && slices.Contains(h.Leakers, a.Actor) {
						named++
					}
				}
				if named == row.leakers {
					mu.Lock()
					first[i] = n
					mu.Unlock()
					return
				}
			}
		}); err != nil {
			return err
		}
		fmt.Fprintf(b.s.out, "  %d leak, %2.0f %% unrelated, teams %-5v  %s, limit %.1f\n", row.leakers, 100*row.unrelated, row.teams, middle(first), row.limit())
	}
	return nil
}

// limit is ln C(N, k) over what one complaint tells of the set: whether its
// customer was viewed by one of the set, which a leak makes sure of and work
// brings about with chance k·6/N.
func (r traceRow) limit() float64 {
	const accounts, accessors = 30_000., 6.
	lg := func(n float64) float64 { v, _ := math.Lgamma(n + 1); return v }
	k := float64(r.leakers)
	sets := lg(accounts) - lg(k) - lg(accounts-k)
	by := k * accessors / accounts
	hit := 1 - r.unrelated + r.unrelated*by
	told := hit * math.Log(hit/by)
	if hit < 1 {
		told += (1 - hit) * math.Log((1-hit)/(1-by))
	}
	return sets / told
}
