package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/yamlconf"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/ring"
	"github.com/menshen-io/menshen/standing"
	"github.com/menshen-io/menshen/watch"
)

func replayCommand() command {
	return command{"replay", "back-test a pack: what its rules would have said on the recorded history", runReplay}
}

// replayFlags are what a back-test compares.
type replayFlags struct {
	data, pack, against, labels string
	show                        int
}

func runReplay(ctx context.Context, s streams, args []string) int {
	fl := newFlags("replay", "replay -data DIR -pack DIR [-against DIR] [-labels FILE] [-show N]", s.err)
	var f replayFlags
	fl.StringVar(&f.data, "data", "", "data `directory` of the server, which may be running")
	fl.StringVar(&f.pack, "pack", "", "`directory` of the pack to try, or the name of a built-in one")
	fl.StringVar(&f.against, "against", "", "`directory` of the pack to compare it with (default: the built-in one of the same door)")
	fl.StringVar(&f.labels, "labels", "", "money door: `file` of merchants known to be frauds, as for payout fit")
	fl.IntVar(&f.show, "show", 10, "how many shops or accounts are listed whom the change meets most")
	if code, done := parse(fl, s, args); done {
		return code
	}
	switch {
	case f.data == "":
		return fail(s, "replay", exitUsage, errors.New("-data is missing"))
	case f.pack == "":
		return fail(s, "replay", exitUsage, errors.New("-pack is missing"))
	}
	dir, err := openPack(f.pack)
	if err != nil {
		return fail(s, "replay", exitUsage, err)
	}
	text, err := fs.ReadFile(dir, packFile)
	if err != nil {
		return fail(s, "replay", exitUsage, fmt.Errorf("reading pack %q: %w", f.pack, err))
	}
	do := replayWatch
	if yamlconf.Has(text, "lines") {
		do = replayMoney
	}
	return do(ctx, s, f)
}

// history yields the record's events in order, each once, but for what Menshen
// itself had said. A fault ends it and is in err.
type history struct {
	dir      string
	lateness time.Duration
	err      error
	entries  uint64
	odd      uint64 // entries that could not be read, were late, or repeated
}

func (h *history) events(ctx context.Context) iter.Seq[event.Event] {
	return func(yield func(event.Event) bool) {
		window, sorter := event.NewWindow(h.lateness), event.NewSorter(h.lateness)
		stop := errors.New("enough")
		h.odd = 0
		var err error
		h.entries, err = ledger.Entries(ctx, h.dir, 0, func(_ uint64, line []byte) error {
			ev, err := event.Parse(line)
			if err != nil {
				h.odd++
				return ctx.Err()
			}
			if ev.Source == standing.Source {
				return ctx.Err()
			}
			if _, err := window.Admit(ev); err != nil {
				h.odd++
				return ctx.Err()
			}
			for _, next := range sorter.Push(ev) {
				if !yield(next) {
					return stop
				}
			}
			return ctx.Err()
		})
		if err != nil {
			if !errors.Is(err, stop) {
				h.err = err
			}
			return
		}
		for _, next := range sorter.Flush() {
			if !yield(next) {
				return
			}
		}
	}
}

// replayMoney folds the history under both packs. What was paid by decisions of
// the time is left out of it: each pack's decisions count as carried out.
func replayMoney(ctx context.Context, s streams, f replayFlags) int {
	frauds := func(event.MerchantID) bool { return false }
	var err error
	if f.labels != "" {
		if frauds, err = readFrauds(f.labels); err != nil {
			return fail(s, "replay", exitUsage, err)
		}
	}
	names := [2]string{cmp.Or(f.against, defaultMoneyPack), f.pack}
	var got [2]payout.Measured
	for i, name := range names {
		pack, opt, err := loadMoneyPack(name)
		if err != nil {
			return fail(s, "replay", exitUsage, err)
		}
		h := history{dir: f.data, lateness: pack.AllowedLateness}
		carried := func(yield func(event.Event) bool) {
			for ev := range h.events(ctx) {
				switch ev.Data.(type) {
				case *event.PayoutPaid, *event.RefundAdvanced:
					continue
				}
				if !yield(ev) {
					return
				}
			}
		}
		got[i] = pack.Measure(carried, ring.New(opt).Fold, frauds)
		if h.err != nil {
			return fail(s, "replay", exitUnreadable, h.err)
		}
		if i == 0 {
			fmt.Fprintf(s.err, "%d entries, %d not folded\n", h.entries, h.odd)
		}
	}
	if err := printMoneyReplay(s, f, names, got); err != nil {
		return fail(s, "replay", exitUnreadable, fmt.Errorf("writing: %w", err))
	}
	return exitDone
}

func printMoneyReplay(s streams, f replayFlags, names [2]string, got [2]payout.Measured) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\t%s\t%s\n", names[0], names[1])
	row := func(name string, of func(payout.Measured) string) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, of(got[0]), of(got[1]))
	}
	yuan := func(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }
	whose := "shops"
	if f.labels != "" {
		whose = "other shops"
		row("advanced for frauds and not recovered", func(m payout.Measured) string { return yuan(m.Lost) })
		row("still at risk with frauds", func(m payout.Measured) string { return yuan(m.AtRisk) })
		row("first hold of a fraud", func(m payout.Measured) string {
			if m.FirstHold.IsZero() {
				return "-"
			}
			return m.FirstHold.Format(time.DateOnly)
		})
	}
	row("advanced for "+whose+" and not recovered", func(m payout.Measured) string { return yuan(m.LostHonest) })
	row("paid to "+whose, func(m payout.Measured) string { return yuan(m.Paid) })
	row("payout requests held", func(m payout.Measured) string { return fmt.Sprintf("%d of %d", m.RequestsHeld, m.Requests) })
	row(whose+" ever held", func(m payout.Measured) string { return fmt.Sprintf("%d of %d", m.ShopsHeld, m.Shops) })
	row("days held, of the average amount paid", func(m payout.Measured) string { return fmt.Sprintf("%.3f", m.DaysHeld()) })
	row("longest hold, days", func(m payout.Measured) string { return fmt.Sprintf("%.1f", m.LongestHold.Hours()/24) })
	if err := w.Flush(); err != nil {
		return err
	}
	more := map[event.MerchantID]float64{}
	for id, days := range got[1].Held {
		more[id] += days
	}
	for id, days := range got[0].Held {
		more[id] -= days
	}
	ids := make([]event.MerchantID, 0, len(more))
	for id, days := range more {
		if days > 0.5 {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b event.MerchantID) int { return cmp.Or(cmp.Compare(more[b], more[a]), cmp.Compare(a, b)) })
	fmt.Fprintf(w, "\n%d of the %s would have waited longer", len(ids), whose)
	if len(ids) > 0 && f.show > 0 {
		fmt.Fprint(w, "; those that would most:\nmerchant\tmoney-days held\tmore than before\n")
	} else {
		fmt.Fprintln(w, ".")
	}
	for _, id := range ids[:min(len(ids), f.show)] {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\n", id, got[1].Held[id]/100, more[id]/100)
	}
	return w.Flush()
}

// replayWatch folds the history under both packs and compares the alerts.
func replayWatch(ctx context.Context, s streams, f replayFlags) int {
	names := [2]string{cmp.Or(f.against, defaultWatchPack), f.pack}
	type who struct{ rule, about string }
	var got [2]map[who]int
	rules := map[string]*[2]int{}
	for i, name := range names {
		pack, _, err := loadWatchPack(name)
		if err != nil {
			return fail(s, "replay", exitUsage, err)
		}
		got[i] = map[who]int{}
		engine := watch.New(pack, watch.Options{})
		count := func(alerts []event.Event) {
			for _, ev := range alerts {
				d, ok := ev.Data.(*event.AlertRaised)
				if !ok {
					continue
				}
				got[i][who{d.Rule, cmp.Or(string(d.Actor), string(d.Partner))}]++
				if rules[d.Rule] == nil {
					rules[d.Rule] = &[2]int{}
				}
				rules[d.Rule][i]++
			}
		}
		h := history{dir: f.data, lateness: time.Duration(pack.AllowedLateness)}
		for ev := range h.events(ctx) {
			count(engine.Fold(ev))
		}
		if h.err != nil {
			return fail(s, "replay", exitUnreadable, h.err)
		}
		count(engine.Flush())
		if i == 0 {
			fmt.Fprintf(s.err, "%d entries, %d not folded\n", h.entries, h.odd)
		}
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "alerts by rule\t%s\t%s\n", names[0], names[1])
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		fmt.Fprintf(w, "%s\t%d\t%d\n", rule, rules[rule][0], rules[rule][1])
	}
	var changed []who
	for i := range got {
		for x := range got[i] {
			if got[1-i][x] == 0 {
				changed = append(changed, x)
			}
		}
	}
	slices.SortFunc(changed, func(a, b who) int { return cmp.Or(cmp.Compare(a.about, b.about), cmp.Compare(a.rule, b.rule)) })
	fmt.Fprintf(w, "\n%d accounts or partners are named by one of the two alone\n", len(changed))
	for _, x := range changed[:min(len(changed), f.show)] {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", x.about, got[0][x], got[1][x], x.rule)
	}
	if err := w.Flush(); err != nil {
		return fail(s, "replay", exitUnreadable, fmt.Errorf("writing: %w", err))
	}
	return exitDone
}
