package watch

import "github.com/menshen-io/menshen/event"

// finding is an alarm of the statistics.
type finding struct {
	rule    string
	actor   event.ActorID // empty: a partner's
	partner event.PartnerID
	odds    float64
	ids     []string
	days    int
	seen    int
	among   int     // customers that seen is a part of, where that is asked
	usual   float64 // what would be ordinary instead of seen
	cell    int
	actors  []event.ActorID // of a partner: who adds most
}

// weights share the budget out among the questions. They sum to 1 over the
// questions of an account, so that the weighted statistic needs one threshold
// only.
type weights struct {
	count    [counts]float64
	own      [kinds]float64 // the values that the pack names
	others   [kinds]float64 // each of the other values
	accounts float64        // part of the budget for the accounts
	drift    float64        // for the partners
}

// Parts of the budget: how likely a leak is to show there first.
const (
	partVolume      = 0.8
	partAttribute   = 8
	partRefusals    = 0.3
	partUnexplained = 1.2
	partExplained   = 1
	partDrift       = 0.05 // of all
	partOwn         = 0.7  // of a kind's shares: the values that the pack names
	partOwnPast     = 0.75 // of a count: held against the own past, the rest against peers
)

// doubted is the part of the budget from which on an account's days are no
// longer taken for what is ordinary: two thieves among ten must not be each
// other's measure.
const doubted = 0.001

// weigh gives no part to a question whose rule the pack leaves off.
func weigh(p *Pack) weights {
	on := func(rule string, part float64) float64 {
		if _, ok := p.Rules[rule]; ok {
			return part
		}
		return 0
	}
	var w weights
	w.count = [counts]float64{on(RuleVolume, partVolume), on(RuleAttribute, partAttribute), on(RuleGuessing, partRefusals)}
	shares := [kinds]float64{on(RuleSelectivity, partUnexplained), on(RuleExplained, partExplained)}
	var all float64
	for _, part := range w.count {
		all += part
	}
	for _, part := range shares {
		all += part
	}
	if all == 0 {
		all = 1
	}
	for q := range w.count {
		w.count[q] /= all
	}
	for k, part := range shares {
		w.own[k] = part / all * partOwn
		w.others[k] = part / all * (1 - partOwn) / (maxCells - 1)
	}
	w.drift = on(RuleDrift, partDrift)
	w.accounts = 1 - w.drift
	return w
}

// judge raises the alarm when the weighted average over all questions and
// alternatives reaches the budget.
func (d *detector) judge(t *trial) (finding, bool) {
	a := t.a
	var total, best float64
	f := finding{actor: a.Actor}
	take := func(weight, stat float64, rule string, cell int) {
		v := weight * stat
		total += v
		if v > best {
			best, f.rule, f.cell = v, rule, cell
		}
	}
	n := len(d.set.LeakPerDay)
	for q, rule := range [counts]string{RuleVolume, RuleAttribute, RuleGuessing} {
		s := a.Counts[q].Stat[:]
		take(d.weights.count[q], partOwnPast*d.byLeak(s[:n])+(1-partOwnPast)*d.byLeak(s[n:2*n]), rule, 0)
	}
	for k, rule := range [kinds]string{RuleSelectivity, RuleExplained} {
		for c := range a.Cells[k] {
			w := d.weights.others[k]
			if c == 0 {
				w = d.weights.own[k]
			}
			if s := a.Cells[k][c].Stat[:]; k == explained {
				take(w, d.byLeak(s[:n]), rule, c)
			} else {
				take(w, average(s[:len(d.set.OddsRatios)]), rule, c)
			}
		}
	}
	f.odds = total * d.weights.accounts
	a.Doubted = f.odds >= d.gamma*doubted
	if f.odds < d.gamma {
		return finding{}, false
	}
	d.describe(&f, t)
	for q := range a.Counts {
		clear(a.Counts[q].Stat[:])
	}
	for k := range kinds {
		for c := range a.Cells[k] {
			clear(a.Cells[k][c].Stat[:])
		}
	}
	a.Suspect = true
	return f, true
}

// byLeak averages over sizes of leak. A large one is found soon whatever its
// part; the small ones get more.
func (d *detector) byLeak(stats []float32) float64 {
	var sum, parts float64
	for i, s := range stats {
		part := 1 / float64(d.set.LeakPerDay[i])
		sum += part * float64(s)
		parts += part
	}
	return sum / parts
}

// describe adds what was seen in the last days and what would be ordinary.
func (d *detector) describe(f *finding, t *trial) {
	a := t.a
	f.days = int(min(a.Active, block+a.Active%block))
	switch f.rule {
	case RuleVolume, RuleAttribute, RuleGuessing:
		q := map[string]int{RuleVolume: askVolume, RuleAttribute: askAttribute, RuleGuessing: askRefusals}[f.rule]
		late := a.Counts[q].Past.late()
		f.seen, f.usual = int(late.sum), t.prior[q].mean*late.exposure
		switch q {
		case askVolume:
			f.ids = a.Seen.with(0)
		case askAttribute:
			f.ids = a.Seen.with(1)
		}
	case RuleSelectivity, RuleExplained:
		k := unexplained
		if f.rule == RuleExplained {
			k = explained
		}
		late := a.Cells[k][f.cell].Past.late()
		f.seen, f.usual = int(late.sum), late.exposure
		if k == unexplained {
			f.among = int(a.Counts[askVolume].Past.late().sum)
		}
		if k == unexplained {
			f.ids = a.Seen.with(1 << f.cell)
		} else {
			f.ids = a.SeenOther.with(0)
		}
	}
}
