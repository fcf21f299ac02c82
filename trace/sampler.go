package trace

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"sync"
)

// The posterior over sets is walked through by Metropolis–Hastings steps that
// take an account in, put one out or exchange two, and by Gibbs steps for each ε
// and the variant. Chains that begin at opposite ends are compared.
const (
	exactUpTo = 8     // candidates; all their sets are weighed
	burnIn    = 4000  // steps
	walk      = 24000 // steps of a chain that count
	longest   = 3     // how often the walk is doubled while the chains disagree
	agreed    = 0.02  // difference between chains below which they agree
	largest   = 16    // accounts in a set
)

// coin is splitmix64 (Steele, Lea & Flood, OOPSLA 2014): the same steps for the
// same question.
type coin uint64

func (c *coin) bits() uint64 {
	*c += 0x9e3779b97f4a7c15
	x := uint64(*c)
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

func (c *coin) unit() float64   { return float64(c.bits()>>11) / (1 << 53) }
func (c *coin) below(n int) int { return int(c.bits() % uint64(n)) }

// draw picks by the sums of weights up to each.
func (c *coin) draw(sums []float64) int {
	i, _ := slices.BinarySearch(sums, c.unit()*sums[len(sums)-1])
	return min(i, len(sums)-1)
}

// chain is one walk.
type chain struct {
	w       *weigher
	all     []*candidate
	coin    coin
	propose []float64 // chance of each candidate to be proposed
	sums    []float64 // of propose, up to each
	odds    float64   // log prior odds of an account

	set     []int
	in      []bool
	variant int
	share   []float64 // ε, by harm
	sum     []float64 // Σ r over the set, by harm
	trial   []float64
	log     float64 // likelihood
}

// newChain begins with the first candidates in the set.
func newChain(w *weigher, all []*candidate, seed uint64, begin int) *chain {
	c := &chain{w: w, all: all, coin: coin(seed), in: make([]bool, len(all)), share: make([]float64, len(w.group)),
		sum: make([]float64, len(w.group)), trial: make([]float64, len(w.group))}
	p := w.inclusion()
	c.odds = math.Log(p / (1 - p))
	total, ranks := 0.0, 0.0
	for i := range all {
		ranks += 1 / float64(i+1)
	}
	for i := range all { // candidates come by falling weight
		g := 0.2/float64(len(all)) + 0.8/float64(i+1)/ranks
		total += g
		c.propose = append(c.propose, g)
		c.sums = append(c.sums, total)
	}
	for i := range min(begin, len(all)) {
		c.take(i)
	}
	for i, g := range w.group {
		c.share[i] = w.shares[len(w.shares)/2]
		if g == marked {
			c.share[i] = markShare
		}
	}
	c.restart()
	return c
}

func (c *chain) take(i int) { c.set, c.in[i] = append(c.set, i), true }

// restart reckons the sums anew, which a change of the variant asks for.
func (c *chain) restart() {
	clear(c.sum)
	for _, i := range c.set {
		for _, h := range c.all[i].hits {
			c.sum[h.harm] += h.ratio[c.variant]
		}
	}
	c.log = c.likelihood(c.sum, len(c.set))
}

// likelihood is that of a set of n with these sums, at the chain's ε.
func (c *chain) likelihood(sum []float64, n int) float64 {
	if n == 0 {
		return c.w.empty()
	}
	log, product := 0.0, 1.0
	for i, s := range sum {
		e := c.share[i]
		product *= 1 - e + e*s/float64(n)
		if product < 1e-200 || product > 1e200 {
			log += math.Log(product)
			product = 1
		}
	}
	return log + math.Log(product)
}

// step tries one change of the set.
func (c *chain) step() {
	n := len(c.set)
	switch u := c.coin.unit(); {
	case u < 0.35: // one more
		i := c.coin.draw(c.sums)
		if c.in[i] || n == largest {
			return
		}
		c.change(-1, i, c.odds+math.Log(1/float64(n+1)/(c.propose[i]/c.sums[len(c.sums)-1])))
	case u < 0.7: // one less
		if n == 0 {
			return
		}
		k := c.coin.below(n)
		c.change(k, -1, -c.odds+math.Log(c.propose[c.set[k]]/c.sums[len(c.sums)-1]*float64(n)))
	default:
		i := c.coin.draw(c.sums)
		if n == 0 || c.in[i] {
			return
		}
		k := c.coin.below(n)
		c.change(k, i, math.Log(c.propose[c.set[k]]/c.propose[i]))
	}
}

// change puts out the k-th of the set and takes in candidate i (-1: none), if
// chance has it so; logOdds is the prior and proposal part of the decision.
func (c *chain) change(k, i int, logOdds float64) {
	copy(c.trial, c.sum)
	n := len(c.set)
	if k >= 0 {
		n--
		for _, h := range c.all[c.set[k]].hits {
			c.trial[h.harm] = math.Max(c.trial[h.harm]-h.ratio[c.variant], 0)
		}
	}
	if i >= 0 {
		n++
		for _, h := range c.all[i].hits {
			c.trial[h.harm] += h.ratio[c.variant]
		}
	}
	log := c.likelihood(c.trial, n)
	if math.Log(1-c.coin.unit()) >= log-c.log+logOdds {
		return
	}
	if k >= 0 {
		c.in[c.set[k]] = false
		c.set[k] = c.set[len(c.set)-1]
		c.set = c.set[:len(c.set)-1]
	}
	if i >= 0 {
		c.take(i)
	}
	c.sum, c.trial, c.log = c.trial, c.sum, log
}

// refresh draws the variant and each ε anew, given the set.
func (c *chain) refresh() {
	if c.w.variants > 1 {
		logs := make([]float64, c.w.variants)
		for v := range logs {
			c.variant = v
			c.restart()
			logs[v] = c.log
		}
		c.variant = c.pick(logs)
		c.restart()
	}
	logs := make([]float64, len(c.w.shares))
	for g := range groups {
		if c.w.size[g] == 0 {
			continue
		}
		for s, e := range c.w.shares {
			logs[s] = c.w.prior[g][s]
			if len(c.set) > 0 {
				logs[s] += c.ofGroup(g, e)
			}
		}
		e := c.w.shares[c.pick(logs)]
		for i, of := range c.w.group {
			if of == g {
				c.share[i] = e
			}
		}
	}
	c.log = c.likelihood(c.sum, len(c.set))
}

// ofGroup is the log likelihood of the harms of a group at an ε.
func (c *chain) ofGroup(g int, e float64) float64 {
	log, product := 0.0, 1.0
	for i, of := range c.w.group {
		if of != g {
			continue
		}
		product *= 1 - e + e*c.sum[i]/float64(len(c.set))
		if product < 1e-200 || product > 1e200 {
			log += math.Log(product)
			product = 1
		}
	}
	return log + math.Log(product)
}

// pick draws a place by the logs of weights.
func (c *chain) pick(logs []float64) int {
	top, sum := slices.Max(logs), 0.0
	sums := make([]float64, len(logs))
	for i, l := range logs {
		sum += math.Exp(l - top)
		sums[i] = sum
	}
	return c.coin.draw(sums)
}

// seen is what chains have walked through.
type seen struct {
	sets  map[string]int // by members, packed
	in    []int          // steps that each candidate was in the set
	left  left           // sums
	looks int            // terms of left
	steps int
}

func newSeen(candidates, harms int) *seen {
	return &seen{sets: make(map[string]int), in: make([]int, candidates), left: newLeft(harms)}
}

// walk goes on for some steps and notes where it has been.
func (c *chain) walk(steps int, s *seen) {
	var key []byte
	for step := range steps {
		if step%16 == 0 {
			c.refresh()
		}
		c.step()
		if s == nil {
			continue
		}
		s.steps++
		sorted := slices.Sorted(slices.Values(c.set))
		key = key[:0]
		for _, i := range sorted {
			s.in[i]++
			key = binary.AppendUvarint(key, uint64(i))
		}
		s.sets[string(key)]++
		if step%16 == 15 {
			c.leave(s)
		}
	}
}

// leave notes what the set leaves unexplained.
func (c *chain) leave(s *seen) {
	s.looks++
	nobody := 1.0
	for i, sum := range c.sum {
		x := 1.0
		if len(c.set) > 0 {
			e := c.share[i]
			x = (1 - e) / (1 - e + e*sum/float64(len(c.set)))
		}
		s.left.each[i] += x
		nobody *= x
	}
	s.left.nobody += nobody
}

// answer is the posterior: sets by falling probability, what each candidate's is,
// what is left unexplained, and by how much two reckonings differ.
type answer struct {
	sets     []weighed
	marginal []float64
	left     left
	doubt    float64
}

// weighed is a set with its probability.
type weighed struct {
	members     []int // positions among the candidates
	probability float64
}

// exact weighs every set of a short list of candidates.
func exact(w *weigher, all []*candidate) answer {
	a := answer{marginal: make([]float64, len(all)), left: newLeft(len(w.group))}
	var logs []float64
	var lefts []left
	for bits := range 1 << len(all) {
		var x weighed
		var members []*candidate
		for i := range all {
			if bits>>i&1 == 1 {
				x.members, members = append(x.members, i), append(members, all[i])
			}
		}
		log, l := w.both(true, members)
		a.sets, logs, lefts = append(a.sets, x), append(logs, log), append(lefts, l)
	}
	total := logSum(logs)
	for i := range a.sets {
		p := math.Exp(logs[i] - total)
		a.sets[i].probability = p
		a.left.add(lefts[i], p)
		for _, m := range a.sets[i].members {
			a.marginal[m] += p
		}
	}
	slices.SortStableFunc(a.sets, func(x, y weighed) int { return cmp.Compare(y.probability, x.probability) })
	return a
}

// seedOf makes a seed of who saw which harm, so that the answer hangs neither on
// the accounts' names nor on the order in which they came.
func seedOf(all []*candidate) uint64 {
	h := fnv.New64a()
	var b []byte
	for _, c := range all {
		b = binary.AppendUvarint(b[:0], uint64(len(c.hits)))
		for _, x := range c.hits {
			b = binary.AppendUvarint(b, uint64(x.harm))
		}
		h.Write(b)
	}
	return h.Sum64()
}

// sample walks two chains until they agree, or long enough.
func sample(w *weigher, all []*candidate) answer {
	seed := seedOf(all)
	chains := [2]*chain{newChain(w, all, seed, 0), newChain(w, all, seed+1, 4)}
	both := [2]*seen{newSeen(len(all), len(w.group)), newSeen(len(all), len(w.group))}
	a := answer{marginal: make([]float64, len(all)), left: newLeft(len(w.group))}
	for round := 0; ; round++ {
		var wg sync.WaitGroup
		for i, c := range chains {
			wg.Go(func() {
				if round == 0 {
					c.walk(burnIn, nil)
				}
				c.walk(walk<<max(round-1, 0), both[i])
			})
		}
		wg.Wait()
		a.doubt = 0
		for i := range all {
			x, y := float64(both[0].in[i])/float64(both[0].steps), float64(both[1].in[i])/float64(both[1].steps)
			a.doubt = math.Max(a.doubt, math.Abs(x-y))
		}
		if a.doubt <= agreed || round == longest {
			break
		}
	}
	total := float64(both[0].steps + both[1].steps)
	for i := range all {
		a.marginal[i] = float64(both[0].in[i]+both[1].in[i]) / total
	}
	count := map[string]int{}
	for _, s := range both {
		a.left.add(s.left, 1/float64(2*s.looks))
		for key, n := range s.sets {
			count[key] += n
		}
	}
	for key, n := range count {
		x := weighed{probability: float64(n) / total}
		for b := []byte(key); len(b) > 0; {
			i, size := binary.Uvarint(b)
			x.members, b = append(x.members, int(i)), b[size:]
		}
		a.sets = append(a.sets, x)
	}
	slices.SortFunc(a.sets, func(a, b weighed) int {
		if c := cmp.Compare(b.probability, a.probability); c != 0 {
			return c
		}
		return slices.Compare(a.members, b.members)
	})
	return a
}
