package trace

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/menshen-io/menshen/event"
)

const (
	markShare    = 0.98 // of marked harms that come from the set, whatever ε
	shown        = 50   // accounts and sets that an answer holds at most
	shownViews   = 100
	worthShowing = 0.0005
	enough       = 3 // harmed customers that an account must have viewed to be named, unless one is marked
)

// shares is the grid of ε.
func shares() []float64 { return []float64{0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9} }

// tilts is the grid of how much of a leak runs over unexplained views.
func (t *Tracer) tilts() []float64 {
	if !t.judged {
		return []float64{0}
	}
	return []float64{0, 0.5, 0.9}
}

// candidate is an account that viewed harmed customers before their harm.
type candidate struct {
	actor    int32
	hits     []hit // by harm
	subjects []event.SubjectID
	views    []string
	single   float64 // how high it stands alone
}

// hit is one harmed customer whom a candidate viewed.
type hit struct {
	harm  int
	ratio []float64 // r(a) by way: tilt and delay
}

// Answer weighs what was added so far.
func (t *Tracer) Answer() Result {
	res := Result{Accounts: []Account{}, Sets: []Set{}, Unexplained: 1, Harms: len(t.harms)}
	if res.Harms == 0 {
		res.Unexplained = 0
		t.advise(&res, nil)
		return res
	}
	w, all, expected := t.weigher()
	t.fill(&res, w, all, expected)
	return res
}

// weigher gathers what is to be weighed: the candidates, by falling weight on
// their own, and how many harmed customers each would have viewed anyway.
func (t *Tracer) weigher() (weigher, []*candidate, map[int32]float64) {
	subjects := t.sortedHarms()
	marks, class := make([]bool, len(subjects)), make([]uint8, len(subjects))
	expected := make(map[int32]float64)
	all := t.candidates(t.survey(), subjects, marks, class, expected)
	w := weigher{ways: 1, shares: shares(), marks: marks, class: class, accounts: max(len(t.actors), 4)}
	for _, c := range all {
		w.ways = len(c.hits[0].ratio)
		c.single = c.alone(w.ways)
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		if c := cmp.Compare(b.single, a.single); c != 0 {
			return c
		}
		return strings.Compare(string(t.actors[a.actor]), string(t.actors[b.actor]))
	})
	return w, all, expected
}

// candidates collects, for each account that viewed a harmed customer in the
// window before the harm, how telling each of these is.
func (t *Tracer) candidates(pops map[stratum]*population, subjects []event.SubjectID, marks []bool, class []uint8, expected map[int32]float64) []*candidate {
	byActor := make(map[int32]*candidate)
	var order []*candidate
	var keys []stratum
	tilts, delays := t.tilts(), delayWeights(t.delays(subjects))
	for i, s := range subjects {
		h, visits := t.harms[s], t.visits(s)
		marks[i] = h.mark
		if h.soft {
			class[i] = 2
		}
		if len(visits) == 0 {
			continue
		}
		key := t.stratumOf(s, visits)
		keys = append(keys, key)
		if key.low {
			class[i] |= 1
		}
		for _, v := range visits {
			if h.at.Sub(v.at) > t.opt.Window {
				continue
			}
			x := byActor[v.actor]
			if x == nil {
				x = &candidate{actor: v.actor}
				byActor[v.actor] = x
				order = append(order, x)
			}
			if n := len(x.subjects); n == 0 || x.subjects[n-1] != s {
				x.subjects = append(x.subjects, s)
			}
			if len(x.views) < shownViews && !slices.Contains(x.views, v.id) {
				x.views = append(x.views, v.id)
			}
			if n := len(x.hits); n == 0 || x.hits[n-1].harm != i {
				x.hits = append(x.hits, hit{i, make([]float64, len(tilts)*len(delays))})
			}
			ratio := x.hits[len(x.hits)-1].ratio
			q, u := chances(pops, key, v.actor)
			for k, tilt := range tilts {
				r := (1 - tilt) / q
				if v.unexplained {
					r += tilt / u
				}
				for l, weight := range delays {
					way := k*len(delays) + l
					ratio[way] = math.Max(ratio[way], r*weight[delayClass(h.at.Sub(v.at))])
				}
			}
		}
	}
	for _, x := range order {
		for _, key := range keys {
			q, _ := chances(pops, key, x.actor)
			expected[x.actor] += q
		}
	}
	return order
}

// delays counts the views of harmed customers by the class of their delay.
func (t *Tracer) delays(subjects []event.SubjectID) []int {
	count := make([]int, len(delayBounds())+1)
	for _, s := range subjects {
		for _, v := range t.visits(s) {
			if d := t.harms[s].at.Sub(v.at); d <= t.opt.Window {
				count[delayClass(d)]++
			}
		}
	}
	return count
}

// alone says how high a candidate stands by itself, at ε = ½ and in the way that
// suits it best. It is an order to begin with, no weight.
func (c *candidate) alone(ways int) float64 {
	best := math.Inf(-1)
	for way := range ways {
		sum := 0.0
		for _, h := range c.hits {
			sum += math.Log1p(h.ratio[way])
		}
		best = math.Max(best, sum)
	}
	return best
}

// weigher reckons the weight of a set.
type weigher struct {
	ways     int // how tilts and delays combine
	shares   []float64
	marks    []bool  // by harm: it is marked
	class    []uint8 // by harm, for ε: its customer has a low attribute (1), it is a soft sign (2)
	accounts int
}

// empty is the log likelihood of no account at all: a mark hardly ever comes
// about without a leak.
func (w weigher) empty() float64 {
	log := 0.0
	for _, mark := range w.marks {
		if mark {
			log += math.Log(1 - markShare)
		}
	}
	return log
}

// classes of harms have each an ε of their own: a leak may be of one kind of
// customer alone, and complaints say more than reviews that vanish.
const classes = 4

// places are those of ε in the grid, by class.
type places [classes]int

// share is ε of a harm.
func (w weigher) share(harm int, at places) float64 {
	if w.marks[harm] {
		return markShare
	}
	return w.shares[at[w.class[harm]]]
}

// term is one harm's part of the likelihood; r is the mean ratio of the set.
func (w weigher) term(harm int, at places, r float64) float64 {
	e := w.share(harm, at)
	return 1 - e + e*r
}

// weigh returns the log of a set's prior times its likelihood averaged over the
// grid, and the expected share of harms that it leaves unexplained.
func (w weigher) weigh(set ...*candidate) (logWeight, unexplained float64) {
	n := float64(len(set))
	p := math.Min(2/float64(w.accounts), 0.5)
	prior := n*math.Log(p) + (float64(w.accounts)-n)*math.Log1p(-p)
	if len(set) == 0 {
		return prior + w.empty(), 1
	}
	logs, left := make([]float64, w.ways), make([]float64, w.ways)
	sum := make([]float64, len(w.marks))
	for k := range w.ways {
		clear(sum)
		for _, c := range set {
			for _, h := range c.hits {
				sum[h.harm] += h.ratio[k] / n
			}
		}
		for class := range uint8(classes) {
			l, rest := w.overShares(sum, class)
			logs[k] += l
			left[k] += rest / float64(len(sum))
		}
	}
	l, rest := average(logs, left)
	return prior + l, rest
}

// overShares averages over ε for the harms of one class.
func (w weigher) overShares(sum []float64, class uint8) (logWeight, unexplained float64) {
	logs, left := make([]float64, len(w.shares)), make([]float64, len(w.shares))
	for s := range w.shares {
		for i, r := range sum {
			if w.class[i] != class {
				continue
			}
			at := places{s, s, s, s}
			term := w.term(i, at, r)
			logs[s] += math.Log(term)
			left[s] += (1 - w.share(i, at)) / term
		}
	}
	return average(logs, left)
}

// average returns the log of the mean weight, and the mean of left by weight.
func average(logs, left []float64) (logMean, mean float64) {
	top, total := slices.Max(logs), 0.0
	for i, l := range logs {
		x := math.Exp(l - top)
		total += x
		mean += x * left[i]
	}
	return top + math.Log(total/float64(len(logs))), mean / total
}

// weighed is a set with its probability.
type weighed struct {
	members     []int // positions among the candidates
	probability float64
	unexplained float64
}

// exact weighs every set of a short list of candidates. Its result is by falling
// probability.
func exact(w weigher, all []*candidate) (sets []weighed, marginal []float64, unexplained float64) {
	var logs []float64
	for bits := range 1 << len(all) {
		var x weighed
		var members []*candidate
		for i := range all {
			if bits>>i&1 == 1 {
				x.members, members = append(x.members, i), append(members, all[i])
			}
		}
		l, rest := w.weigh(members...)
		x.unexplained = rest
		sets, logs = append(sets, x), append(logs, l)
	}
	top, total := slices.Max(logs), 0.0
	for _, l := range logs {
		total += math.Exp(l - top)
	}
	marginal = make([]float64, len(all))
	for i := range sets {
		sets[i].probability = math.Exp(logs[i]-top) / total
		unexplained += sets[i].probability * sets[i].unexplained
		for _, m := range sets[i].members {
			marginal[m] += sets[i].probability
		}
	}
	slices.SortStableFunc(sets, func(a, b weighed) int { return cmp.Compare(b.probability, a.probability) })
	return sets, marginal, unexplained
}

// fill writes the answer.
func (t *Tracer) fill(res *Result, w weigher, all []*candidate, expected map[int32]float64) {
	var sets []weighed
	var marginal []float64
	if len(all) <= exactUpTo {
		sets, marginal, res.Unexplained = exact(w, all)
	} else {
		sets, marginal, res.Unexplained, res.Doubt = sample(w, all)
		res.Doubt = round(res.Doubt)
	}
	res.Unexplained = round(res.Unexplained)
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(marginal[b], marginal[a]) })
	for _, i := range order[:min(len(order), shown)] {
		if p := round(marginal[i]); p >= worthShowing {
			c := all[i]
			res.Accounts = append(res.Accounts, Account{Actor: t.actors[c.actor], Probability: p,
				Subjects: c.subjects, Views: c.views, Expected: round(expected[c.actor])})
		}
	}
	for _, s := range sets[:min(len(sets), shown)] {
		if p := round(s.probability); p >= worthShowing && len(s.members) > 0 {
			set := Set{Probability: p}
			for _, m := range s.members {
				set.Actors = append(set.Actors, t.actors[all[m].actor])
			}
			slices.Sort(set.Actors)
			res.Sets = append(res.Sets, set)
		}
	}
	t.advise(res, all)
}

// advise says what would settle the question.
func (t *Tracer) advise(res *Result, all []*candidate) {
	res.Advice, res.AdviceZH = []string{}, []string{}
	say := func(en, zh string) {
		res.Advice, res.AdviceZH = append(res.Advice, en), append(res.AdviceZH, zh)
	}
	if res.Harms == 0 {
		say("No harm has been reported: there is nothing to trace.", "尚无受害报告，无可追查。")
		return
	}
	var likely, open []string
	for _, a := range res.Accounts {
		switch {
		case a.Probability >= 0.95 && t.carried(a):
			likely = append(likely, string(a.Actor))
		case a.Probability >= 0.05 && len(open) < 5:
			open = append(open, string(a.Actor))
		}
	}
	if len(likely) > 0 {
		names := strings.Join(likely, ", ")
		say(fmt.Sprintf("The record points to %s. Secure the views listed with each, and give customers in their queue canaries with proxy numbers: one call to such a number is proof.", names),
			fmt.Sprintf("记录指向 %s。请固定所列访问记录，并在其队列中放置带代理号码的诱饵客户：只要该号码被拨打，即为证明。", names))
	}
	if len(open) > 0 {
		names := strings.Join(open, ", ")
		say(fmt.Sprintf("Not settled: %s. The next complaint of a customer whom only some of them viewed decides; so does a canary shown to one of them at a time.", names),
			fmt.Sprintf("尚未定论：%s。下一个仅被其中部分账号查看过的客户的投诉即可区分；也可逐一向其展示不同的诱饵客户。", names))
	}
	if len(likely) == 0 && res.Harms < enough {
		say(fmt.Sprintf("Harmed customers so far: %d. That is too few to name anyone.", res.Harms),
			fmt.Sprintf("目前受害客户 %d 名，数量太少，不足以指认任何人。", res.Harms))
	} else if len(likely)+len(open) == 0 {
		say(fmt.Sprintf("No account stands out after %d harmed customers. Collect more harms, or look for a source outside this record.", res.Harms),
			fmt.Sprintf("%d 名受害客户尚不足以指向任何账号。请收集更多受害报告，或在本记录之外查找来源。", res.Harms))
	}
	if res.Unexplained > 0.3 && len(all) > 0 {
		say(fmt.Sprintf("About %.0f%% of the harms are not explained by any account of this record.", 100*res.Unexplained),
			fmt.Sprintf("约 %.0f%% 的受害无法由本记录中的任何账号解释。", 100*res.Unexplained))
	}
}

// carried says whether a is more than a chance meeting: however rarely an
// account views anyone, one complaint proves nothing; one marked number does.
func (t *Tracer) carried(a Account) bool {
	return len(a.Subjects) >= enough ||
		slices.ContainsFunc(a.Subjects, func(s event.SubjectID) bool { return t.harms[s].mark })
}

// round keeps four digits after the point, so that the last bits of a sum do
// not show.
func round(p float64) float64 { return math.Round(p*1e4) / 1e4 }
