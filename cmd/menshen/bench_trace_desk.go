package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/trace"
	"github.com/menshen-io/menshen/watch"
)

// deskDays are when the question is put on a simulated desk, of the days that it
// is simulated for; its two insiders begin in the first third.
func deskDays() []int { return []int{75, 105, 150} }

// deskAnswer is what a desk's record says by one day.
type deskAnswer struct {
	harms  int
	given  []given
	guilty float64 // mean probability of the insiders
	nobody float64
	leaks  bool
}

// desks puts the question on simulated desks: all complaints and vanished reviews
// until a day, most of them of no leak. One desk of four has no insiders.
func (b *traceBench) desks(ctx context.Context) error {
	pack, _, err := loadWatchPack(defaultWatchPack)
	if err != nil {
		return err
	}
	got := make([][]deskAnswer, b.worlds)
	errs := make([]error, b.worlds)
	if err := parallel(ctx, b.worlds, func(i int) { got[i], errs[i] = deskAnswers(pack, i) }); err != nil {
		return err
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(b.s.out, "\nSimulated desks of 16 to 40 accounts, %d of them; of each four, one without a leak and three on which two insiders sell bad-review customers from day %d on.\n",
		b.worlds, deskDays()[2]/3)
	fmt.Fprintln(b.s.out, "Given: the mean probability of the insiders; of nobody, where there are none. Wrong: other accounts that were given more than 0.5.")
	fmt.Fprintln(b.s.out)
	w := tabwriter.NewWriter(b.s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "until day\tharmed customers\tinsiders given\twrong\tnobody given, without a leak\tECE")
	for k, day := range deskDays() {
		var all []given
		var harms, guilty, leaks, nobody, clean float64
		wrong := 0
		for _, answers := range got {
			a := answers[k]
			all = append(all, a.given...)
			harms += float64(a.harms) / float64(b.worlds)
			if a.leaks {
				guilty, leaks = guilty+a.guilty, leaks+1
			} else {
				nobody, clean = nobody+a.nobody, clean+1
			}
			for _, g := range a.given {
				if !g.leaked && g.probability > 0.5 {
					wrong++
				}
			}
		}
		fmt.Fprintf(w, "%d\t%.0f\t%.3f\t%d\t%.3f\t%.3f (%d)\n", day, harms, guilty/max(leaks, 1), wrong, nobody/max(clean, 1), calibration(all).ece, len(all))
	}
	return w.Flush()
}

func deskAnswers(pack *watch.Pack, i int) ([]deskAnswer, error) {
	o := sim.Options{Scenario: sim.Harvest, Seed: benchSeeds + 100_000 + uint64(i), Agents: 16 + i%3*12, Days: deskDays()[2], Merchants: -1}
	if i%4 == 3 {
		o.Scenario = sim.Ordinary
	}
	world, err := sim.New(o)
	if err != nil {
		return nil, err
	}
	t := trace.New(traceOptions(pack))
	engine := watch.New(pack, watch.Options{Verdict: func(view event.Event, subject event.SubjectID, explained bool) {
		if !explained {
			t.Unexplained(view, subject)
		}
	}})
	var harms []event.Event
	for ev := range world.Events() {
		engine.Fold(ev)
		if ev.Type == event.TypeHarmReported {
			harms = append(harms, ev)
			continue
		}
		t.Add(ev)
	}
	engine.Flush()
	slices.SortStableFunc(harms, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	insiders := world.Truth().Insiders
	var out []deskAnswer
	for _, day := range deskDays() {
		end := world.Options().Start.AddDate(0, 0, day)
		for len(harms) > 0 && harms[0].Time.Before(end) {
			t.Add(harms[0])
			harms = harms[1:]
		}
		res := t.Answer()
		a := deskAnswer{harms: res.Harms, nobody: res.Nobody, leaks: len(insiders) > 0}
		for _, x := range res.Accounts {
			leaked := slices.ContainsFunc(insiders, func(in sim.Insider) bool { return in.Actor == x.Actor })
			if leaked {
				a.guilty += x.Probability / float64(len(insiders))
			}
			if x.Probability >= 0.01 {
				a.given = append(a.given, given{x.Probability, leaked})
			}
		}
		out = append(out, a)
	}
	return out, nil
}
