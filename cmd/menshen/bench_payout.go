package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/plot"
	"github.com/menshen-io/menshen/internal/sim"
)

type payoutBench struct {
	s                              streams
	merchants, days, rings, worlds int
	after                          int
	reactive                       bool
	pack, svg                      string
}

func benchPayout(ctx context.Context, s streams, args []string) int {
	fs := newFlags("bench payout", "bench payout [-merchants N] [-days N] [-rings N] [-worlds N] [-after N] [-reactive] [-pack DIR] [-svg DIR]", s.err)
	b := payoutBench{s: s}
	fs.IntVar(&b.merchants, "merchants", 2000, "honest shops of each world; 20000 take twenty minutes and 10 GB a world")
	fs.IntVar(&b.days, "days", 365, "days of each world")
	fs.IntVar(&b.rings, "rings", 1, "rings of each of the eight kinds, in each world")
	fs.IntVar(&b.worlds, "worlds", 2, "worlds")
	fs.IntVar(&b.after, "after", 0, "count what honest shops wait from this day on: before, no rule has a history of them")
	fs.BoolVar(&b.reactive, "reactive", false, "rings leave shops whose payouts are held; every rule is played a world of its own")
	fs.StringVar(&b.pack, "pack", defaultMoneyPack, "`directory` of a pack, or the name of a built-in one")
	fs.StringVar(&b.svg, "svg", "", "write the plot into this `directory`")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if b.worlds < 1 {
		return fail(s, "bench payout", exitUsage, errors.New("-worlds must be above zero"))
	}
	if err := b.run(ctx); err != nil {
		return fail(s, "bench payout", exitUnreadable, err)
	}
	return exitDone
}

// payoutRule decides on payouts as its world goes by.
type payoutRule interface {
	name() string
	fold(ev event.Event)
	follow(told func(event.Event)) // is called with every decision
	sum(of *outcomeOf)             // called at the end
}

// outcomeOf is what one rule gave over one world or several, amounts in fen.
type outcomeOf struct {
	rule     string
	world    int
	lost     map[string]float64 // advanced and not recovered, by kind of ring; "" for honest shops
	held     float64            // money-days of honest shops
	paid     float64            // to honest shops
	requests int
	waited   int // requests of honest shops that were held in part or whole
	shops    map[event.MerchantID]bool
	broken   int                // payouts after which a line was crossed
	first    map[string]float64 // days from a ring's opening to its first hold, sum by kind
	firsts   map[string]int
	linked   map[string]int // shops of rings that are known to be linked, by kind
}

func (o *outcomeOf) add(p outcomeOf) {
	for k, v := range p.lost {
		o.lost[k] += v
	}
	for k, v := range p.first {
		o.first[k] += v
	}
	for k, v := range p.firsts {
		o.firsts[k] += v
	}
	for k, v := range p.linked {
		o.linked[k] += v
	}
	o.held, o.paid = o.held+p.held, o.paid+p.paid
	for m := range p.shops { // each world has its own
		o.shops[event.MerchantID(fmt.Sprint(p.world, m))] = true
	}
	o.requests, o.waited, o.broken = o.requests+p.requests, o.waited+p.waited, o.broken+p.broken
}

func newOutcome(rule string) outcomeOf {
	return outcomeOf{rule: rule, lost: map[string]float64{}, first: map[string]float64{}, firsts: map[string]int{}, linked: map[string]int{}, shops: map[event.MerchantID]bool{}}
}

// inYuan brings currencies together, roughly.
func inYuan(c event.Currency) float64 {
	switch c {
	case "USD":
		return 7.1
	case "EUR":
		return 7.7
	case "MYR":
		return 1.58
	}
	return 1
}

// holds measures what of honest shops' money waits, from the decision that held it
// to the shop's next one: beyond what its own schedule of requests makes wait.
type holds struct {
	kinds map[event.MerchantID]string // of rings' shops
	open  map[event.MerchantID]time.Time
	last  map[event.MerchantID]held
	seen  map[event.MerchantID]bool
	from  time.Time // honest shops count from here on
	told  func(event.Event)
	out   outcomeOf
}

type held struct {
	at     time.Time
	amount float64
}

func newHolds(rule string, kinds map[event.MerchantID]string, from time.Time) holds {
	return holds{kinds: kinds, from: from, told: func(event.Event) {}, open: map[event.MerchantID]time.Time{}, last: map[event.MerchantID]held{}, seen: map[event.MerchantID]bool{}, out: newOutcome(rule)}
}

func (h *holds) follow(told func(event.Event)) { h.told = told }

func (h *holds) decided(m event.MerchantID, at time.Time, pay, hold float64) {
	if kind := h.kinds[m]; kind != "" {
		if hold > 0 && !h.seen[m] {
			h.seen[m] = true
			h.out.first[kind] += at.Sub(h.open[m]).Hours() / 24
			h.out.firsts[kind]++
		}
		return
	}
	old := h.last[m]
	if old.at.Before(h.from) {
		old.at = h.from
	}
	h.last[m] = held{at, hold}
	if at.Before(h.from) {
		return
	}
	h.out.held += old.amount * at.Sub(old.at).Hours() / 24
	if pay+hold > 0 {
		h.out.requests++
	}
	if hold > 0 {
		h.out.waited++
		h.out.shops[m] = true
	}
	h.out.paid += pay
}

func (h *holds) finish(at time.Time) {
	for _, m := range slices.Sorted(maps.Keys(h.last)) {
		since := h.last[m].at
		if since.Before(h.from) {
			since = h.from
		}
		h.out.held += h.last[m].amount * at.Sub(since).Hours() / 24
	}
}

func (b *payoutBench) run(ctx context.Context) error {
	totals := map[string]*outcomeOf{}
	var order []string
	taken := map[string]float64{}
	shops := map[string]int{}
	results := make([][]outcomeOf, b.worlds)
	truths := make([]sim.MarketplaceTruth, b.worlds)
	errs := make([]error, b.worlds)
	if err := parallel(ctx, b.worlds, func(i int) { results[i], truths[i], errs[i] = b.world(ctx, benchSeeds+7_600_000+uint64(i)) }); err != nil {
		return err
	}
	for i := range results {
		if errs[i] != nil {
			return errs[i]
		}
		for _, o := range results[i] {
			o.world = i
			if totals[o.rule] == nil {
				t := newOutcome(o.rule)
				totals[o.rule] = &t
				order = append(order, o.rule)
			}
			totals[o.rule].add(o)
		}
		for _, r := range truths[i].Rings {
			for _, m := range r.Advanced {
				taken[string(r.Kind)] += float64(m.Amount) * inYuan(m.Currency)
			}
			shops[string(r.Kind)] += len(r.Merchants)
		}
	}
	return b.print(order, totals, taken, shops)
}

// market makes the world of a seed.
func (b *payoutBench) market(seed uint64) (*sim.Marketplace, error) {
	kinds := []sim.RingKind{}
	for range b.rings {
		kinds = append(kinds, sim.RingKindsWithin(b.days)...)
	}
	return sim.NewMarketplace(sim.MarketplaceOptions{Seed: seed, Merchants: b.merchants, Days: b.days, Rings: kinds, Reactive: b.reactive})
}

// world plays one world to every rule.
func (b *payoutBench) world(ctx context.Context, seed uint64) ([]outcomeOf, sim.MarketplaceTruth, error) {
	market, err := b.market(seed)
	if err != nil {
		return nil, sim.MarketplaceTruth{}, err
	}
	rules, err := b.rules(market)
	if err != nil {
		return nil, sim.MarketplaceTruth{}, err
	}
	if b.reactive {
		for _, r := range rules {
			own, err := b.market(seed)
			if err != nil {
				return nil, sim.MarketplaceTruth{}, err
			}
			r.follow(own.Told)
			for ev := range own.Events() {
				if err := ctx.Err(); err != nil {
					return nil, sim.MarketplaceTruth{}, err
				}
				r.fold(ev)
			}
		}
	} else {
		for ev := range market.Events() {
			if err := ctx.Err(); err != nil {
				return nil, sim.MarketplaceTruth{}, err
			}
			for _, r := range rules {
				r.fold(ev)
			}
		}
	}
	var out []outcomeOf
	for _, r := range rules {
		o := newOutcome(r.name())
		r.sum(&o)
		out = append(out, o)
	}
	return out, market.Truth(), nil
}

func (b *payoutBench) rules(market *sim.Marketplace) ([]payoutRule, error) {
	kinds := map[event.MerchantID]string{}
	for _, r := range market.Truth().Rings {
		for _, m := range r.Merchants {
			kinds[m] = string(r.Kind)
		}
	}
	pack, opt, err := loadMoneyPack(b.pack)
	if err != nil {
		return nil, err
	}
	unscored := pack
	unscored.Scores.On = false
	from := market.Options().Start.AddDate(0, 0, b.after)
	rules := []payoutRule{
		newPlainRule(newHolds("instant payout", kinds, from), 0, 0),
		newPlainRule(newHolds("delivery + 7 days", kinds, from), 1, 7*24*time.Hour),
		newPlainRule(newHolds("10 % reserve, 180 days", kinds, from), 0.1, 180*24*time.Hour),
		newBookRule(newHolds("menshen", kinds, from), newMoneyDoor(pack, opt, true)),
	}
	if pack.Scores.On {
		rules = append(rules, newBookRule(newHolds("menshen without evidence", kinds, from), newMoneyDoor(unscored, opt, true)))
	}
	return rules, nil
}

func (b *payoutBench) print(order []string, totals map[string]*outcomeOf, taken map[string]float64, shops map[string]int) error {
	fmt.Fprintf(b.s.out, "%d worlds of %d honest shops and %d days, %d rings of each of %d kinds. Rings take %.2f million yuan under instant payout.\n",
		b.worlds, b.merchants, b.days, b.rings, len(taken), totals[order[0]].all()/1e8)
	if b.after > 0 {
		fmt.Fprintf(b.s.out, "What honest shops wait is counted from day %d on.\n", b.after)
	}
	fmt.Fprintln(b.s.out, "Held: days that the average yuan paid to an honest shop waited, beyond the shop's own schedule.")
	fmt.Fprintln(b.s.out)
	w := tabwriter.NewWriter(b.s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "rule\tlost to rings, yuan\tshare of instant's\theld, days\tshare of delivery + 7's\trequests held\tshops ever held\tadvanced for honest shops\tlines crossed")
	instant, seven := totals[order[0]], totals[order[1]]
	for _, name := range order {
		t := totals[name]
		fmt.Fprintf(w, "%s\t%.0f\t%.2f %%\t%.3f\t%.1f %%\t%.2f %%\t%d\t%.0f\t%d\n", name, t.all()/100, 100*t.all()/instant.all(), t.days(), 100*t.days()/seven.days(),
			100*float64(t.waited)/math.Max(float64(t.requests), 1), len(t.shops), t.lost[""]/100, t.broken)
	}
	fmt.Fprintln(w)
	fmt.Fprint(w, "lost to rings, by kind\tshops")
	for _, name := range order {
		fmt.Fprintf(w, "\t%s", name)
	}
	fmt.Fprintln(w, "\tfirst hold, days after opening\tshops linked")
	ours := totals["menshen"]
	for _, kind := range slices.Sorted(maps.Keys(taken)) {
		fmt.Fprintf(w, "%s\t%d", kind, shops[kind])
		for _, name := range order {
			fmt.Fprintf(w, "\t%.0f", totals[name].lost[kind]/100)
		}
		fmt.Fprintf(w, "\t%.0f (%d shops)\t%d\n", ours.first[kind]/math.Max(float64(ours.firsts[kind]), 1), ours.firsts[kind], ours.linked[kind])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return b.plot(order, totals)
}

func (o *outcomeOf) all() float64 {
	sum := 0.0
	for _, kind := range slices.Sorted(maps.Keys(o.lost)) {
		if kind != "" {
			sum += o.lost[kind]
		}
	}
	return sum
}

func (o *outcomeOf) days() float64 { return o.held / math.Max(o.paid, 1) }

func (b *payoutBench) plot(order []string, totals map[string]*outcomeOf) error {
	if b.svg == "" {
		return nil
	}
	chart := plot.Chart{Title: "What rings cost, and what honest shops wait", X: "held: days of the average yuan paid", Y: "lost to rings, share of instant payout's"}
	for _, name := range order {
		t := totals[name]
		share := t.all() / totals[order[0]].all()
		chart.Series = append(chart.Series, plot.Series{Name: name, Points: []plot.Point{{X: t.days(), Y: share, Lo: share, Hi: share}}})
	}
	if err := os.MkdirAll(b.svg, 0o755); err != nil {
		return fmt.Errorf("writing plot: %w", err)
	}
	if err := os.WriteFile(filepath.Join(b.svg, "payout.svg"), chart.SVG(), 0o644); err != nil {
		return fmt.Errorf("writing plot: %w", err)
	}
	return nil
}
