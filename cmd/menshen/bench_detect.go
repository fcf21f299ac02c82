package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/plot"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/watch"
)

// Seeds from here on were not looked at while the tests were made.
const benchSeeds = 80_000_000

type detectBench struct {
	s     streams
	pack  *watch.Pack
	gamma float64
	shown float64 // Menshen's false alarms on a desk with seasons, as a part of the budget
	years float64
	cases int
	svg   string
}

func benchDetect(ctx context.Context, s streams, args []string) int {
	fs := newFlags("bench detect", "bench detect [-agent-years N] [-cases N] [-pack DIR] [-svg DIR]", s.err)
	b := detectBench{s: s}
	fs.Float64Var(&b.years, "agent-years", 3000, "agent-years of each world without a leak; 90000 takes about half an hour")
	fs.IntVar(&b.cases, "cases", 20, "how often the case of two agents is played")
	fs.StringVar(&b.svg, "svg", "", "write the plots into this `directory`")
	packName := fs.String("pack", defaultWatchPack, "`directory` of a pack, or the name of a built-in one")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if !(b.years > 0 && b.years <= 1e7) || b.cases < 1 {
		return fail(s, "bench detect", exitUsage, errors.New("-agent-years and -cases must be above zero"))
	}
	var err error
	if b.pack, _, err = loadWatchPack(*packName); err != nil {
		return fail(s, "bench detect", exitUsage, err)
	}
	b.gamma = float64(b.pack.Budget.AgentDays)
	for _, part := range []func(context.Context) error{b.falseAlarms, b.delays, b.kinds, b.theCase} {
		if err := part(ctx); err != nil {
			return fail(s, "bench detect", exitUnreadable, err)
		}
	}
	return exitDone
}

// benchDesk is the ordinary desk of the benchmark.
func benchDesk(seed uint64) sim.CountOptions {
	return sim.CountOptions{Seed: seed, Agents: 300, Days: 2 * workingYear, Rate: 2, RateCV: 0.5, Low: 0.04, LowCV: 0.2}
}

const withSeasons = "seasons"

// honestWorlds are the desks without a leak.
func honestWorlds() []struct {
	name string
	with func(*sim.CountOptions)
} {
	return []struct {
		name string
		with func(*sim.CountOptions)
	}{
		{"rates differ by CV 0.2", func(o *sim.CountOptions) { o.RateCV = 0.2 }},
		{"rates differ by CV 0.5", func(*sim.CountOptions) {}},
		{"rates differ by CV 1.0", func(o *sim.CountOptions) { o.RateCV = 1 }},
		{withSeasons, func(o *sim.CountOptions) { o.Seasons = true }},
		{"hotels close, campaigns", func(o *sim.CountOptions) { o.Closing, o.Campaign = true, true }},
		{"people come, go, are away", func(o *sim.CountOptions) { o.Turnover, o.Leave = true, true }},
		{"3 % careless agents", func(o *sim.CountOptions) { o.Careless, o.Turnover = 0.03, true }},
		{"unsteady days", func(o *sim.CountOptions) { o.Unsteady = 0.4 }},
		{"all of it, CV 1.0", func(o *sim.CountOptions) {
			o.RateCV, o.Seasons, o.Closing, o.Campaign, o.Turnover, o.Leave, o.Careless, o.Unsteady = 1, true, true, true, true, true, 0.03, 0.3
		}},
		{"desk of 12 agents", func(o *sim.CountOptions) { o.Agents, o.Days = 12, 4*workingYear }},
	}
}

// methods are what is compared; leak is the size that those look for which know
// one.
func (b *detectBench) methods(leak float64, limits func(float64) float64) (names []string, all []detector) {
	names = []string{"menshen", "oracle CUSUM", "mixture, rates known", "mixture, one rate", "CUSUM, one rate", "z-score of volume"}
	all = []detector{
		newOurs(b.pack),
		&cusum{leak: leak, limit: limits, oracle: true, stat: map[event.ActorID]float64{}},
		&known{gamma: b.gamma, stat: map[event.ActorID]*[5]float64{}},
		&oneRate{gamma: b.gamma, stat: map[event.ActorID]*[5]float64{}},
		&cusum{leak: leak, limit: limits, stat: map[event.ActorID]float64{}},
		&zScore{over: 3, last: map[event.ActorID][]float64{}},
	}
	return names, all
}

// parallel runs jobs on all cores and stops at the first error.
func parallel(ctx context.Context, n int, job func(i int)) error {
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				job(i)
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return ctx.Err()
}

// falseAlarms counts what each method says of desks where nobody leaks.
func (b *detectBench) falseAlarms(ctx context.Context) error {
	fmt.Fprintf(b.s.out, "False alarms per 1000 agent-years of %d working days (95 %% interval); the budget is %s.\n\n",
		workingYear, short(1000*workingYear/b.gamma))
	limits := cusumLimits(0.4, b.gamma)
	w := tabwriter.NewWriter(b.s.out, 0, 0, 2, ' ', 0)
	names, _ := b.methods(0.4, limits)
	fmt.Fprintf(w, "desk\tagent-years\t%s\n", strings.Join(names, "\t"))
	var bars []rateBar
	for k, world := range honestWorlds() {
		o := benchDesk(0)
		world.with(&o)
		perRun := float64(o.Agents*o.Days) / workingYear
		runs := int(math.Ceil(b.years / perRun))
		var mu sync.Mutex
		alarms, days := make([]int, len(names)), 0.0
		rules := map[string]int{}
		if err := parallel(ctx, runs, func(i int) {
			o := o
			o.Seed = benchSeeds + uint64(k)*100_000 + uint64(i)
			_, ms := b.methods(0.4, limits)
			desk := sim.NewCounts(o)
			n, worked := make([]int, len(ms)), 0.0
			for day := desk.Next(); day != nil; day = desk.Next() {
				worked += float64(len(day))
				for m := range ms {
					n[m] += len(ms[m].day(day))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			days += worked
			for m := range n {
				alarms[m] += n[m]
			}
			for rule, c := range ms[0].(*ours).rules {
				rules[rule] += c
			}
		}); err != nil {
			return err
		}
		cells := make([]string, len(names))
		for m := range names {
			cells[m] = perThousandYears(alarms[m], days)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%s\t%s\n", world.name, days/workingYear, strings.Join(cells, "\t"), ruleCounts(rules))
		if world.name == withSeasons {
			b.shown = math.Max(float64(alarms[0]), 1) / (days / b.gamma)
		}
		lo, hi := poissonInterval(alarms[0])
		scale := 1000 * workingYear / days
		bars = append(bars, rateBar{world.name, float64(alarms[0]) * scale, lo * scale, hi * scale})
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return b.plotRates(bars)
}

func ruleCounts(rules map[string]int) string {
	var out []string
	for rule, n := range rules {
		out = append(out, fmt.Sprintf("%d %s", n, rule))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

type rateBar struct {
	name         string
	rate, lo, hi float64
}

// plotRates draws what Menshen says of each desk without a leak.
func (b *detectBench) plotRates(bars []rateBar) error {
	c := plot.Chart{Title: "False alarms of desks where nobody leaks", Y: "per 1000 agent-years"}
	var points, budget []plot.Point
	for i, bar := range bars {
		c.Names = append(c.Names, bar.name)
		points = append(points, plot.Point{X: float64(i), Y: bar.rate, Lo: bar.lo, Hi: bar.hi})
		budget = append(budget, plot.Point{X: float64(i), Y: 1000 * workingYear / b.gamma})
	}
	c.Series = []plot.Series{{Name: "menshen, 95 % interval", Points: points}, {Name: "budget", Points: budget, Line: true, Dashed: true}}
	return b.draw("detect-false-alarms.svg", c)
}

// draw writes a plot, if plots are wanted.
func (b *detectBench) draw(name string, c plot.Chart) error {
	if b.svg == "" {
		return nil
	}
	if err := os.MkdirAll(b.svg, 0o755); err != nil {
		return fmt.Errorf("writing plot: %w", err)
	}
	if err := os.WriteFile(filepath.Join(b.svg, name), c.SVG(), 0o644); err != nil {
		return fmt.Errorf("writing plot: %w", err)
	}
	return nil
}
