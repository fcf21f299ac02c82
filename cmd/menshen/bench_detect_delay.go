package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"text/tabwriter"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/plot"
	"github.com/menshen-io/menshen/internal/sim"
)

// run is what one method made of one leak.
type leakRun struct {
	found bool
	days  int // working days of the leak until the alarm
	lost  int // customers
}

// leakRuns plays a desk and says when each method first named each leaking
// agent after its leak began.
func leakRuns(o sim.CountOptions, ms []detector) [][]leakRun {
	out := make([][]leakRun, len(ms))
	leaks := map[int]int{} // position to leak
	lost := make([]int, len(o.Leaks))
	worked := make([]int, len(o.Leaks))
	for i, l := range o.Leaks {
		leaks[l.Agent] = i
	}
	for m := range out {
		out[m] = make([]leakRun, len(o.Leaks))
	}
	desk := sim.NewCounts(o)
	for n, day := 0, desk.Next(); day != nil; n, day = n+1, desk.Next() {
		for i := range day {
			if k, ok := leaks[day[i].Agent]; ok && n >= o.Leaks[k].From {
				lost[k] += day[i].Leaked
				worked[k]++
			}
		}
		for m := range ms {
			for _, agent := range ms[m].day(day) {
				if k, ok := leaks[agent]; ok && worked[k] > 0 && !out[m][k].found {
					out[m][k] = leakRun{true, worked[k], lost[k]}
				}
			}
		}
	}
	return out
}

// many plays desks until there are enough leaks, each on a desk of 300 with
// five others that leak as well, begun at different times.
func (b *detectBench) many(ctx context.Context, base uint64, leaks int, l sim.CountLeak, ms func() []detector, with func(*sim.CountOptions)) ([][]leakRun, error) {
	const perDesk = 6
	runs := (leaks + perDesk - 1) / perDesk
	all := make([][][]leakRun, runs)
	err := parallel(ctx, runs, func(i int) {
		o := benchDesk(benchSeeds + base + uint64(i))
		o.Seasons = true
		for k := range perDesk {
			one := l
			one.Agent = (37*k + i) % o.Agents
			if l.From > 0 {
				one.From += 11 * k
			}
			o.Leaks = append(o.Leaks, one)
		}
		o.Days = l.From + 11*perDesk + horizon(l)
		with(&o)
		all[i] = leakRuns(o, ms())
	})
	if err != nil {
		return nil, err
	}
	out := make([][]leakRun, len(all[0]))
	for _, run := range all {
		for m := range run {
			out[m] = append(out[m], run[m]...)
		}
	}
	return out, nil
}

// horizon is for how long a leak is played, in working days.
func horizon(l sim.CountLeak) int {
	if l.Kind == sim.LeakHiding || l.Rate < 0.3 {
		return 600
	}
	return 300
}

func means(runs []leakRun) (found int, days, lost float64) {
	for _, r := range runs {
		if r.found {
			found++
			days += float64(r.days)
			lost += float64(r.lost)
		}
	}
	return found, days / float64(found), lost / float64(found)
}

// bound is ln Γ over the information of one day, averaged over rates spread as
// the desk's are.
func (b *detectBench) bound(leak float64) float64 {
	o := benchDesk(benchSeeds + 77)
	o.Agents, o.Days = 5000, 1
	var sum float64
	days := sim.NewCounts(o).Next()
	for i := range days {
		rate := days[i].Usual
		sum += math.Log(b.gamma) / ((rate+leak)*math.Log1p(leak/rate) - leak)
	}
	return sum / float64(len(days))
}

// delays compares the methods for three sizes of leak.
func (b *detectBench) delays(ctx context.Context) error {
	const leaks = 600
	fmt.Fprintf(b.s.out, "\nWorking days from the first leaked customer to the alarm, and customers lost until then: means of %d leaks\non desks of 300 with seasons, begun after a year. Menshen's own rate of false alarms there is %s of the budget.\n\n", leaks, short(b.shown))
	w := tabwriter.NewWriter(b.s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "leak a day\tmethod\tfound\tdays\tlost\tdays over the oracle's")
	lines := []plot.Series{{Name: "bound", Line: true, Dashed: true}}
	for _, leak := range []float64{0.2, 0.4, 1} {
		limits := cusumLimits(leak, b.gamma)
		names, _ := b.methods(leak, limits)
		names = append(names, "oracle CUSUM at menshen's rate")
		same := cusumLimits(leak, b.gamma/b.shown)
		runs, err := b.many(ctx, uint64(2_000_000+1000*int(10*leak)), leaks, sim.CountLeak{Kind: sim.LeakSteady, Rate: leak, From: workingYear},
			func() []detector {
				_, ms := b.methods(leak, limits)
				return append(ms, &cusum{leak: leak, limit: same, oracle: true, stat: map[event.ActorID]float64{}})
			}, func(*sim.CountOptions) {})
		if err != nil {
			return err
		}
		_, oracle, _ := means(runs[1])
		fmt.Fprintf(w, "%g\tbound (ln Γ / KL)\t\t%.1f\t%.1f\t%.2f\n", leak, b.bound(leak), leak*b.bound(leak), b.bound(leak)/oracle)
		lines[0].Points = append(lines[0].Points, plot.Point{X: leak, Y: b.bound(leak)})
		for m, name := range names {
			found, days, lost := means(runs[m])
			if len(lines) < m+2 {
				lines = append(lines, plot.Series{Name: name, Line: true})
			}
			lines[m+1].Points = append(lines[m+1].Points, plot.Point{X: leak, Y: days})
			fmt.Fprintf(w, "%g\t%s\t%.1f %%\t%.1f\t%.1f\t%.2f\n", leak, name, 100*float64(found)/float64(len(runs[m])), days, lost, days/oracle)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return b.draw("detect-delay.svg", plot.Chart{Title: "Working days until the alarm", X: "leaked customers a day", Y: "days", LogX: true, LogY: true, Series: lines})
}

// kinds shows what becomes of leaks that try not to be seen.
func (b *detectBench) kinds(ctx context.Context) error {
	const leaks = 300
	fmt.Fprintf(b.s.out, "\nLeaks of different kinds, named by menshen: %d of each.\n\n", leaks)
	w := tabwriter.NewWriter(b.s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kind\tcustomers a day\tfound\twithin working days\tdays, median of all\tlost, mean of the found")
	for k, l := range []struct {
		name string
		sim.CountLeak
	}{
		{"steady", sim.CountLeak{Kind: sim.LeakSteady, Rate: 1, From: workingYear}},
		{"from the first day", sim.CountLeak{Kind: sim.LeakSteady, Rate: 1}},
		{"from the first day", sim.CountLeak{Kind: sim.LeakSteady, Rate: 0.4}},
		{"three weeks on, three off", sim.CountLeak{Kind: sim.LeakPausing, Rate: 1, From: workingYear}},
		{"volume kept", sim.CountLeak{Kind: sim.LeakMimic, Rate: 1, From: workingYear}},
		{"behind real tickets", sim.CountLeak{Kind: sim.LeakHiding, Rate: 1, From: workingYear}},
		{"behind real tickets", sim.CountLeak{Kind: sim.LeakHiding, Rate: 3, From: workingYear}},
		{"behind real tickets", sim.CountLeak{Kind: sim.LeakHiding, Rate: 8, From: workingYear}},
	} {
		runs, err := b.many(ctx, uint64(3_000_000+10_000*k), leaks, l.CountLeak,
			func() []detector { return []detector{newOurs(b.pack)} }, func(*sim.CountOptions) {})
		if err != nil {
			return err
		}
		found, _, lost := means(runs[0])
		fmt.Fprintf(w, "%s\t%g\t%.1f %%\t%d\t%s\t%.1f\n", l.name, l.Rate, 100*float64(found)/float64(len(runs[0])), horizon(l.CountLeak), medianDays(runs[0]), lost)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return b.drift(ctx)
}

// drift lets a dozen accounts of one partner leak very little each.
func (b *detectBench) drift(ctx context.Context) error {
	const desks, leakers = 50, 25
	days, alone := make([]int, desks), make([]int, desks)
	err := parallel(ctx, desks, func(i int) {
		o := benchDesk(benchSeeds + 4_000_000 + uint64(i))
		o.Seasons, o.Days = true, workingYear+300
		for k := range leakers { // positions of one partner: see sim.Counts
			o.Leaks = append(o.Leaks, sim.CountLeak{Agent: 12*k + k%3, Kind: sim.LeakSteady, Rate: 0.1, From: workingYear})
		}
		m := newOurs(b.pack)
		d := sim.NewCounts(o)
		for n, day := 0, d.Next(); day != nil; n, day = n+1, d.Next() {
			for _, agent := range m.day(day) {
				if first := &alone[i]; n >= workingYear && agent >= 0 && *first == 0 {
					*first = n - workingYear + 1
				}
				if n >= workingYear && agent < 0 && days[i] == 0 {
					days[i] = n - workingYear + 1
				}
			}
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(b.s.out, "\n%d of a partner's 75 accounts leak 0.1 customers a day each: the partner is named after %s working days (median of %d desks),\nthe first account by itself after %s.\n",
		leakers, middle(days), desks, middle(alone))
	return nil
}

// middle is the median; what did not happen counts as later than everything.
func middle(days []int) string {
	sorted := slices.Clone(days)
	for i, d := range sorted {
		if d == 0 {
			sorted[i] = math.MaxInt
		}
	}
	slices.Sort(sorted)
	if m := sorted[len(sorted)/2]; m != math.MaxInt {
		return fmt.Sprint(m)
	}
	return "more than the time played"
}

func medianDays(runs []leakRun) string {
	days := make([]int, len(runs))
	for i, r := range runs {
		if r.found {
			days[i] = r.days
		}
	}
	return middle(days)
}

// theCase plays what happened: two of 300 agents, one customer with a bad
// review a day each, 200 in all.
func (b *detectBench) theCase(ctx context.Context) error {
	first, second, missed := make([]int, b.cases), make([]int, b.cases), 0
	var mu sync.Mutex
	err := parallel(ctx, b.cases, func(i int) {
		o := benchDesk(benchSeeds + 5_000_000 + uint64(i))
		o.Seasons, o.Closing, o.Campaign, o.Turnover, o.Leave = true, true, true, true, true
		o.Days = workingYear/2 + 110
		for k := range 2 {
			o.Leaks = append(o.Leaks, sim.CountLeak{Agent: (31*i + 12*k) % o.Agents, Kind: sim.LeakSteady, Rate: 1, From: workingYear / 2})
		}
		runs := leakRuns(o, []detector{newOurs(b.pack)})[0]
		mu.Lock()
		defer mu.Unlock()
		lost := []int{}
		for _, r := range runs {
			if !r.found {
				missed++
				r.lost = 100
			}
			lost = append(lost, r.lost)
		}
		first[i], second[i] = min(lost[0], lost[1]), max(lost[0], lost[1])
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(b.s.out, "\nThe case: two of 300 agents take one customer with a bad review a day each, until each has 100. %d desks with all honest troubles.\n", b.cases)
	for _, x := range []struct {
		name string
		lost []int
	}{{"one is named after", first}, {"both are named after", second}} {
		slices.Sort(x.lost)
		fmt.Fprintf(b.s.out, "  %-20s %d records of its own lost (median), nine in ten within %d, all within %d\n", x.name, x.lost[len(x.lost)/2], x.lost[len(x.lost)*9/10], x.lost[len(x.lost)-1])
	}
	fmt.Fprintf(b.s.out, "  not named at all     %d of %d\n", missed, 2*b.cases)
	return nil
}
