package trace

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/menshen-io/menshen/event"
)

// Step is something to find out, with what it is expected to tell.
type Step struct {
	// Kind is canary: an invented customer shown to Actors alone; question: ten
	// customers whom Actors viewed, and those of Apart did not, are asked whether
	// strangers rang; complaint: one more complaint, whoever makes it.
	Kind   string          `json:"kind"`
	Actors []event.ActorID `json:"actors,omitzero"`
	Apart  []event.ActorID `json:"apart,omitzero"`
	Odd    bool            `json:"unexplained,omitzero"` // question: customers viewed without any work that explains it
	Bits   float64         `json:"bits"`                 // expected information about which accounts leaked
}

// Kinds of steps.
const (
	StepCanary    = "canary"
	StepQuestion  = "question"
	StepComplaint = "complaint"
)

const (
	rivals      = 6    // accounts that steps are reckoned over
	unsettled   = 0.02 // nearer to 0 or 1 an account is settled
	canaryRings = 0.5  // chance that a canary seen by a leaking account is contacted
	asked       = 10   // customers of a question
)

// belief is the posterior as far as the rivals go: the probability of each of their
// subsets, and for each how large the sets are (a mean of 1/size, 0 for none).
type belief struct {
	actors []int // positions among the candidates
	p      []float64
	inv    []float64
}

func newBelief(a answer) belief {
	var b belief
	order := make([]int, 0, len(a.marginal))
	for i, p := range a.marginal {
		if p >= unsettled && p <= 1-unsettled {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int {
		return cmp.Compare(math.Abs(a.marginal[x]-0.5), math.Abs(a.marginal[y]-0.5))
	})
	b.actors = order[:min(len(order), rivals)]
	b.p, b.inv = make([]float64, 1<<len(b.actors)), make([]float64, 1<<len(b.actors))
	for _, s := range a.sets {
		mask := 0
		for k, i := range b.actors {
			if slices.Contains(s.members, i) {
				mask |= 1 << k
			}
		}
		b.p[mask] += s.probability
		if len(s.members) > 0 {
			b.inv[mask] += s.probability / float64(len(s.members))
		}
	}
	for mask, p := range b.p {
		if p > 0 {
			b.inv[mask] /= p
		}
	}
	return b
}

// yes is what a question with two answers tells, in bits; of says how likely yes is
// for a subset.
func (b belief) yes(of func(mask int) float64) float64 {
	all, rest := 0.0, 0.0
	for mask, p := range b.p {
		q := of(mask)
		all += p * q
		rest += p * entropy(q)
	}
	return entropy(all) - rest
}

func entropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log2(p) - (1-p)*math.Log2(1-p)
}

// worth reckons what each step would tell, by falling worth.
func (t *Tracer) worth(w *weigher, a answer, all []*candidate) []Step {
	b := newBelief(a)
	if len(b.actors) == 0 {
		return []Step{}
	}
	name := func(mask int) []event.ActorID {
		var out []event.ActorID
		for k, i := range b.actors {
			if mask>>k&1 == 1 {
				out = append(out, t.actors[all[i].actor])
			}
		}
		slices.Sort(out)
		return out
	}
	steps := []Step{b.canary(name), {Kind: StepComplaint, Bits: b.complaint(a, all)}}
	if q, ok := b.question(w, all, name); ok {
		steps = append(steps, q)
	}
	for i := range steps {
		steps[i].Bits = round(math.Max(steps[i].Bits, 0))
	}
	steps = slices.DeleteFunc(steps, func(s Step) bool { return s.Bits < 0.001 })
	slices.SortStableFunc(steps, func(x, y Step) int { return cmp.Compare(y.Bits, x.Bits) })
	return steps
}

// canary finds to whom a canary should be shown.
func (b belief) canary(name func(int) []event.ActorID) Step {
	best, most := 1, -1.0
	for group := 1; group < len(b.p); group++ {
		told := b.yes(func(mask int) float64 {
			if mask&group != 0 {
				return canaryRings
			}
			return 0
		})
		if told > most+1e-9 || told > most-1e-9 && bits.OnesCount(uint(group)) < bits.OnesCount(uint(best)) {
			best, most = group, told
		}
	}
	return Step{Kind: StepCanary, Actors: name(best), Bits: most}
}

// masks returns for each rival which rivals viewed a customer whom it viewed: as
// often as among the harmed customers, since mates share customers, and with the
// weight of one customer as if all viewed by chance. q is how often each does.
func (b belief) masks(all []*candidate, harms int) (given [][]float64, q []float64) {
	saw := make([]int, harms)
	for k, i := range b.actors {
		for _, h := range all[i].hits {
			saw[h.harm] |= 1 << k
		}
		q = append(q, math.Min(all[i].expected/float64(harms), 0.99))
	}
	for k, i := range b.actors {
		dist := make([]float64, len(b.p))
		weight := 1 / float64(len(all[i].hits)+1)
		for _, h := range all[i].hits {
			dist[saw[h.harm]] += weight
		}
		for mask := range dist {
			p := weight
			for j := range q {
				switch {
				case j == k && mask>>j&1 == 0:
					p = 0
				case j == k:
				case mask>>j&1 == 1:
					p *= q[j]
				default:
					p *= 1 - q[j]
				}
			}
			dist[mask] += p
		}
		given = append(given, dist)
	}
	return given, q
}

// complaint is what one more complaint tells: which of the rivals viewed its
// customer. A leak comes from one of the set; the others see it as they would.
func (b belief) complaint(a answer, all []*candidate) float64 {
	harms := len(a.left.each)
	share := 1.0
	for _, p := range a.left.each {
		share -= p / float64(harms)
	}
	given, q := b.masks(all, harms)
	work := make([]float64, len(b.p)) // of a complaint without a leak
	work[0] = 1
	for mask := 1; mask < len(work); mask++ {
		for k := range q {
			if mask>>k&1 == 1 {
				work[mask] += q[k] * given[k][mask] / float64(bits.OnesCount(uint(mask)))
			}
		}
		work[0] -= work[mask]
	}
	work[0] = math.Max(work[0], 0)
	told := 0.0
	for saw := range b.p {
		chance, mean := make([]float64, len(b.p)), 0.0
		for set, p := range b.p {
			chance[set] = work[saw]
			if b.inv[set] > 0 {
				others := 1 - float64(bits.OnesCount(uint(set)))*b.inv[set] // a leak by one of the set who is no rival
				leak := math.Max(others, 0) * work[saw]
				for k := range q {
					if set>>k&1 == 1 {
						leak += b.inv[set] * given[k][saw]
					}
				}
				chance[set] = (1-share)*work[saw] + share*leak
			}
			mean += p * chance[set]
		}
		for set, p := range b.p {
			if p > 0 && chance[set] > 0 {
				told += p * chance[set] * math.Log2(chance[set]/mean)
			}
		}
	}
	return told
}

// question finds whose customers should be asked. How many of an account's
// customers were harmed if it leaked is taken from those who complained, which is
// the least that asking will find.
func (b belief) question(w *weigher, all []*candidate, name func(int) []event.ActorID) (Step, bool) {
	base := math.Min(float64(len(w.group))/math.Max(float64(w.customers), 1), 0.5)
	var best Step
	for k, i := range b.actors {
		rival := b.rival(k, all)
		if rival < 0 {
			continue
		}
		c := all[i]
		harmed, n := float64(len(c.subjects)), float64(c.work.viewed)
		odd := c.odd > 0
		if odd {
			harmed, n = float64(c.odd), float64(c.work.unexplained)
		}
		rate := math.Max(math.Min((harmed+0.5)/(n+1), 0.95), base)
		told := b.yes(func(mask int) float64 {
			if mask>>k&1 == 1 {
				return 1 - math.Pow(1-rate, asked)
			}
			return 1 - math.Pow(1-base, asked)
		})
		if told > best.Bits+1e-9 {
			best = Step{Kind: StepQuestion, Actors: name(1 << k), Apart: name(1 << rival), Odd: odd, Bits: told}
		}
	}
	return best, best.Bits > 0
}

// rival finds the likeliest other account that did not see all harmed customers
// whom k saw: of mates who see the same nobody can be asked apart.
func (b belief) rival(k int, all []*candidate) int {
	best, most := -1, 0.0
	for j, i := range b.actors {
		p := 0.0
		for mask, x := range b.p {
			if mask>>j&1 == 1 {
				p += x
			}
		}
		apart := slices.ContainsFunc(all[b.actors[k]].hits, func(h hit) bool {
			return !slices.ContainsFunc(all[i].hits, func(o hit) bool { return o.harm == h.harm })
		})
		if j != k && apart && p > most {
			best, most = j, p
		}
	}
	return best
}
