package trace

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

const (
	markShare    = 0.999  // of marked harms that come from the set, whatever ε
	nobodyLeaked = 1. / 3 // prior of this
)

// shares is the grid of ε.
func shares() []float64 { return []float64{0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9} }

// Harms fall into groups, each with an ε of its own: by kind, and by whether the
// customer has the attribute, since a leak may be of one kind alone.
const (
	kinds  = 3
	groups = 2 * kinds
	marked = -1
)

// groupOf returns the group of a harm. The weight that its ε has at first is
// (1−ε)^kind: reviews vanish and accounts are taken over without any leak more
// often than customers complain of one.
func groupOf(h harm, low bool) int {
	g := 0
	switch {
	case h.mark:
		return marked
	case h.kind == event.HarmReviewDeleted:
		g = 1
	case h.kind == event.HarmAccountTakeover:
		g = 2
	}
	if low {
		g += kinds
	}
	return g
}

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
	work     row     // all customers whom it viewed, up to their harm
	odd      int     // of the subjects, how many it viewed without explanation
	expected float64 // harmed customers that its work would let it have viewed
	single   float64 // log weight on its own
}

// hit is one harmed customer whom a candidate viewed.
type hit struct {
	harm  int
	ratio []float64 // r(a) by variant: tilt and pace
}

// met is what an account saw of one harmed customer.
type met struct {
	harm, candidate int
	all, odd        []time.Duration // delays of its views; of the unexplained ones
}

// weigher gathers what is to be weighed: the candidates, by falling weight on
// their own.
func (t *Tracer) weigher() (*weigher, []*candidate) {
	subjects := t.sortedHarms()
	t.settle()
	strata, low, before := t.beforeHarm(subjects)
	all, pairs := t.candidates(subjects, before)
	lags := make([][]time.Duration, len(pairs))
	for i, p := range pairs {
		lags[i] = p.all
	}
	d, tilts := newDelays(lags), t.tilts()
	q, u := t.rates(strata, all, pairs)
	for i, p := range pairs {
		c := all[p.candidate]
		h := hit{p.harm, make([]float64, 0, len(tilts)*len(d.ratio))}
		for _, tilt := range tilts {
			for pace := range d.ratio {
				h.ratio = append(h.ratio, (1-tilt)*d.mean(pace, p.all)/q[i]+tilt*d.mean(pace, p.odd)/u[i])
			}
		}
		c.hits = append(c.hits, h)
		if len(p.odd) > 0 {
			c.odd++
		}
	}
	often := make(map[stratum]float64)
	for i := range subjects {
		if len(before[i]) > 0 {
			often[strata[i]]++
		}
	}
	order := make([]stratum, 0, len(often))
	for s := range often {
		order = append(order, s)
	}
	slices.SortFunc(order, stratum.compare) // sums must not depend on the order of a map
	w := newWeigher(len(tilts)*len(d.ratio), max(len(t.actors), 4))
	root := t.totals.stratum(stratum{})
	w.customers = t.totals.sums[root].customers
	for _, c := range all {
		c.work = t.tally(c.actor).of(root)
		for _, s := range order {
			q, _ := t.chances(s, c.actor)
			c.expected += often[s] * q
		}
	}
	t.afterHarm(subjects, before)
	for i, s := range subjects {
		w.add(groupOf(t.harms[s], low[i]))
	}
	for _, c := range all {
		c.single = w.weigh(c)
	}
	// Accounts that are alike in all that counts come in the order of their names.
	slices.SortFunc(all, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.single, a.single), slices.CompareFunc(a.hits, b.hits, func(x, y hit) int { return cmp.Compare(x.harm, y.harm) }),
			strings.Compare(string(t.actors[a.actor]), string(t.actors[b.actor])))
	})
	return w, all
}

func (s stratum) compare(o stratum) int {
	low := 0
	if s.low != o.low {
		low = 1
		if o.low {
			low = -1
		}
	}
	return cmp.Or(strings.Compare(s.queue, o.queue), low, cmp.Compare(s.month, o.month), cmp.Compare(s.shift, o.shift))
}

// beforeHarm takes the harmed customers out of the totals and returns what of them
// was before their harm. Among all customers these parts stay: where the record
// holds few others, as an extract does, an account that viewed them all stands out
// by nothing. afterHarm puts the customers back.
func (t *Tracer) beforeHarm(subjects []event.SubjectID) (strata []stratum, low []bool, before [][]visit) {
	strata, low, before = make([]stratum, len(subjects)), make([]bool, len(subjects)), make([][]visit, len(subjects))
	for i, s := range subjects {
		c := t.trail(s)
		if c == nil {
			continue
		}
		before[i] = c.until(t.harms[s].at)
		p := t.partOf(c, before[i])
		t.count(c.counted, -1)
		t.countIn([]stratum{{}}, p, +1)
		strata[i], low[i] = p.stratum, p.stratum.low
	}
	return strata, low, before
}

func (t *Tracer) afterHarm(subjects []event.SubjectID, before [][]visit) {
	for i, s := range subjects {
		if c := t.trail(s); c != nil {
			t.countIn([]stratum{{}}, t.partOf(c, before[i]), -1)
			t.count(c.counted, +1)
		}
	}
}

// candidates collects who viewed harmed customers in the window before the harm.
func (t *Tracer) candidates(subjects []event.SubjectID, before [][]visit) ([]*candidate, []met) {
	place := make(map[int32]int)
	var all []*candidate
	var pairs []met
	for i, s := range subjects {
		first := len(pairs)
		for _, v := range before[i] {
			lag := t.harms[s].at.Sub(v.at)
			if lag > t.opt.Window {
				continue
			}
			k, ok := place[v.actor]
			if !ok {
				k = len(all)
				place[v.actor] = k
				all = append(all, &candidate{actor: v.actor})
			}
			c := all[k]
			if n := len(c.subjects); n == 0 || c.subjects[n-1] != s {
				c.subjects = append(c.subjects, s)
			}
			if len(c.views) < shownViews && !slices.Contains(c.views, v.id) {
				c.views = append(c.views, v.id)
			}
			at := slices.IndexFunc(pairs[first:], func(m met) bool { return m.candidate == k })
			if at < 0 {
				at = len(pairs) - first
				pairs = append(pairs, met{harm: i, candidate: k})
			}
			m := &pairs[first+at]
			m.all = append(m.all, lag)
			if v.unexplained {
				m.odd = append(m.odd, lag)
			}
		}
	}
	return all, pairs
}

// weigher reckons the weight of a set.
type weigher struct {
	variants  int
	accounts  int
	customers int64 // all that were viewed
	shares    []float64
	prior     [groups][]float64 // log weight of each ε, by group
	group     []int             // by harm
	size      [groups]int
	marks     int
}

func newWeigher(variants, accounts int) *weigher {
	w := &weigher{variants: variants, accounts: accounts, shares: shares()}
	for g := range w.prior {
		total := 0.0
		for _, e := range w.shares {
			p := math.Pow(1-e, float64(g%kinds))
			total += p
			w.prior[g] = append(w.prior[g], p)
		}
		for s := range w.prior[g] {
			w.prior[g][s] = math.Log(w.prior[g][s] / total)
		}
	}
	return w
}

// add takes one more harm.
func (w *weigher) add(group int) {
	w.group = append(w.group, group)
	if group == marked {
		w.marks++
	} else {
		w.size[group]++
	}
}

// inclusion is the prior chance of an account to be in the set.
func (w *weigher) inclusion() float64 { return math.Min(2/float64(w.accounts), 0.5) }

// empty is the log likelihood of no account at all, and by how much the prior of
// that is raised to nobodyLeaked: a mark hardly ever comes about without a leak.
func (w *weigher) empty() float64 {
	none := float64(w.accounts) * math.Log1p(-w.inclusion())
	raised := math.Log(nobodyLeaked) - math.Log1p(-nobodyLeaked) - none + math.Log(-math.Expm1(none))
	return raised + float64(w.marks)*math.Log(1-markShare)
}

// left is what a set leaves unexplained.
type left struct {
	each   []float64 // by harm, the chance that it does not come from the set
	nobody float64   // the chance that none does
}

func newLeft(harms int) left { return left{each: make([]float64, harms)} }

func (l *left) add(o left, weight float64) {
	l.nobody += weight * o.nobody
	for i, x := range o.each {
		l.each[i] += weight * x
	}
}

// weigh returns the log of a set's prior times its likelihood averaged over the
// grids.
func (w *weigher) weigh(set ...*candidate) float64 {
	log, _ := w.both(false, set)
	return log
}

// both returns with the weight, if wanted, what the set leaves.
func (w *weigher) both(want bool, set []*candidate) (float64, left) {
	n, p := float64(len(set)), w.inclusion()
	prior := n*math.Log(p) + (float64(w.accounts)-n)*math.Log1p(-p)
	if len(set) == 0 {
		l := newLeft(len(w.group))
		for i := range l.each {
			l.each[i] = 1
		}
		l.nobody = 1
		return prior + w.empty(), l
	}
	sums := make(map[int]float64) // by harm that the set saw
	var touched []int
	for _, c := range set {
		for _, h := range c.hits {
			touched = append(touched, h.harm)
		}
	}
	slices.Sort(touched)
	touched = slices.Compact(touched)
	logs, lefts := make([]float64, w.variants), make([]left, w.variants)
	for v := range w.variants {
		clear(sums)
		for _, c := range set {
			for _, h := range c.hits {
				sums[h.harm] += h.ratio[v] / n
			}
		}
		logs[v], lefts[v] = w.overShares(want, sums, touched)
	}
	top, total := slices.Max(logs), 0.0
	for _, l := range logs {
		total += math.Exp(l - top)
	}
	out := left{}
	if want {
		out = newLeft(len(w.group))
		for v, l := range logs {
			out.add(lefts[v], math.Exp(l-top)/total)
		}
	}
	return prior + top + math.Log(total/float64(w.variants)), out
}

// overShares averages over ε, group by group. Harms that nobody of the set saw
// have the same part in each set.
func (w *weigher) overShares(want bool, sums map[int]float64, touched []int) (log float64, l left) {
	if want {
		l = left{each: make([]float64, len(w.group)), nobody: 1}
	}
	logs, none := make([]float64, len(w.shares)), make([]float64, len(w.shares))
	for g := range groups {
		if w.size[g] == 0 {
			continue
		}
		for s, e := range w.shares {
			none[s] = w.prior[g][s] + float64(w.size[g])*math.Log(1-e)
			logs[s] = none[s]
			for _, h := range touched {
				if w.group[h] == g {
					logs[s] += math.Log1p(e * sums[h] / (1 - e))
				}
			}
		}
		total := logSum(logs)
		log += total
		if !want {
			continue
		}
		l.nobody *= math.Exp(logSum(none) - total)
		for s, e := range w.shares {
			p := math.Exp(logs[s] - total)
			for h, of := range w.group {
				if of == g {
					l.each[h] += p * (1 - e) / (1 - e + e*sums[h])
				}
			}
		}
	}
	for h, of := range w.group {
		if of == marked {
			term := 1 - markShare + markShare*sums[h]
			log += math.Log(term)
			if want {
				l.each[h] = (1 - markShare) / term
				l.nobody *= l.each[h]
			}
		}
	}
	return log, l
}

func logSum(logs []float64) float64 {
	top, total := slices.Max(logs), 0.0
	for _, l := range logs {
		total += math.Exp(l - top)
	}
	return top + math.Log(total)
}
