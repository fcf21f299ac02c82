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

// weights share the budget out among the questions: all together they stay below 1,
// so that they raise no more false alarms than one would.
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
	partSpare       = 0.25 // of all: spent by nobody, for troubles that come together
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
	w.accounts = 1 - w.drift - partSpare
	return w
}

// questions of an account: the counts, and the shares of each kind.
const questions = counts + kinds

// rulesOf names the rule of each question.
func rulesOf() [questions]string {
	return [questions]string{RuleVolume, RuleAttribute, RuleGuessing, RuleSelectivity, RuleExplained}
}

// heard is for how many working days a question is not asked again of an account
// that it has raised the alarm for.
const heard = 10

// judge raises the alarm of each question whose weighted average over its
// alternatives reaches the budget. Only that question begins again: who is
// refused often may be a thief besides.
func (d *detector) judge(t *trial) []finding {
	a := t.a
	var found []finding
	var total float64
	for q, rule := range rulesOf() {
		stat, cell := d.askedOf(a, q)
		stat *= d.weights.accounts
		total += stat
		switch {
		case a.Heard[q] > 0:
			a.Heard[q]--
			a.forget(q)
		case stat >= d.gamma:
			f := finding{rule: rule, actor: a.Actor, odds: stat, cell: cell}
			d.describe(&f, t)
			found = append(found, f)
			a.forget(q)
			a.Heard[q] = heard
			a.Suspect = true
		}
	}
	a.Doubted = total >= d.gamma*doubted
	return found
}

// askedOf returns a question's weighted statistic, and the value that adds most
// to it.
func (d *detector) askedOf(a *account, q int) (stat float64, cell int) {
	n := len(d.set.LeakPerDay)
	if q < counts {
		s := a.Counts[q].Stat[:]
		return d.weights.count[q] * (partOwnPast*d.byLeak(s[:n]) + (1-partOwnPast)*d.byLeak(s[n:2*n])), 0
	}
	k, most := q-counts, 0.0
	for c := range a.Cells[k] {
		w, s := d.weights.others[k], a.Cells[k][c].Stat[:]
		if c == 0 {
			w = d.weights.own[k]
		}
		if k == explained {
			w *= d.byLeak(s[:n])
		} else {
			w *= average(s[:len(d.set.OddsRatios)])
		}
		stat += w
		if w > most {
			most, cell = w, c
		}
	}
	return stat, cell
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
			f.ids = a.Seen.with(1 << f.cell)
		} else {
			f.ids = a.SeenOther.with(0)
		}
	}
}
