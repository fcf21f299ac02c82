package trace

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
)

// The posterior over sets is walked through by Metropolis–Hastings steps that
// take an account in, put one out or exchange two, and by Gibbs steps for ε,
// the tilt and the delay. Chains that begin at opposite ends are compared.
const (
	exactUpTo = 8     // candidates; all their sets are weighed
	burnIn    = 4000  // steps
	walk      = 24000 // steps of a chain that count
	longest   = 4     // how often the walk is doubled while the chains disagree
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
	w       weigher
	all     []*candidate
	coin    coin
	propose []float64 // chance of each candidate to be proposed
	sums    []float64 // of propose, up to each
	odds    float64   // log prior odds of an account

	set   []int
	in    []bool
	way   int // of tilt and delay
	share places
	sum   []float64 // Σ r over the set, by harm
	trial []float64
	log   float64 // likelihood
}

// newChain begins with the first candidates in the set.
func newChain(w weigher, all []*candidate, seed uint64, begin int) *chain {
	c := &chain{w: w, all: all, coin: coin(seed), in: make([]bool, len(all)), sum: make([]float64, len(w.marks)), trial: make([]float64, len(w.marks))}
	p := math.Min(2/float64(w.accounts), 0.5)
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
	for class := range c.share {
		c.share[class] = len(w.shares) / 2
	}
	c.restart()
	return c
}

func (c *chain) take(i int) { c.set, c.in[i] = append(c.set, i), true }

// restart reckons the sums anew, which another way asks for.
func (c *chain) restart() {
	clear(c.sum)
	for _, i := range c.set {
		for _, h := range c.all[i].hits {
			c.sum[h.harm] += h.ratio[c.way]
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
		product *= c.w.term(i, c.share, s/float64(n))
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
			c.trial[h.harm] = math.Max(c.trial[h.harm]-h.ratio[c.way], 0)
		}
	}
	if i >= 0 {
		n++
		for _, h := range c.all[i].hits {
			c.trial[h.harm] += h.ratio[c.way]
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

// refresh draws the way and every ε anew, given the set.
func (c *chain) refresh() {
	logs := make([]float64, c.w.ways)
	for k := range c.w.ways {
		c.way = k
		c.restart()
		logs[k] = c.log
	}
	c.way = c.pick(logs)
	c.restart()
	for class := range c.share {
		logs := make([]float64, len(c.w.shares))
		for s := range c.w.shares {
			c.share[class] = s
			logs[s] = c.likelihood(c.sum, len(c.set))
		}
		c.share[class] = c.pick(logs)
	}
	c.log = c.likelihood(c.sum, len(c.set))
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
	left  float64        // sum of the shares of harms left unexplained
	steps int
}

func newSeen(n int) *seen { return &seen{sets: make(map[string]int), in: make([]int, n)} }

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
			s.left += 16 * c.unexplained()
		}
	}
}

// unexplained is the expected share of the harms that the set leaves.
func (c *chain) unexplained() float64 {
	if len(c.set) == 0 {
		return 1
	}
	left := 0.0
	for i, s := range c.sum {
		e := c.w.share(i, c.share)
		left += (1 - e) / (1 - e + e*s/float64(len(c.set)))
	}
	return left / float64(len(c.sum))
}

// sample walks two chains and returns the sets that they were in, by falling
// probability, what each candidate's is, and by how much the chains differ.
func sample(w weigher, all []*candidate) (sets []weighed, marginal []float64, unexplained, doubt float64) {
	h := fnv.New64a()
	for _, c := range all {
		for _, x := range c.hits {
			h.Write([]byte{byte(x.harm), byte(x.harm >> 8), byte(c.actor), byte(c.actor >> 8)})
		}
	}
	seed := h.Sum64()
	chains := [2]*chain{newChain(w, all, seed, 0), newChain(w, all, seed+1, 4)}
	var both [2]*seen
	for i, c := range chains {
		c.walk(burnIn, nil)
		both[i] = newSeen(len(all))
	}
	for round := 0; ; round++ {
		doubt = 0
		for i, c := range chains {
			c.walk(walk<<max(round-1, 0), both[i])
		}
		for i := range all {
			a, b := float64(both[0].in[i])/float64(both[0].steps), float64(both[1].in[i])/float64(both[1].steps)
			doubt = math.Max(doubt, math.Abs(a-b))
		}
		if doubt <= agreed || round == longest {
			break
		}
	}
	total := float64(both[0].steps + both[1].steps)
	marginal = make([]float64, len(all))
	for i := range all {
		marginal[i] = float64(both[0].in[i]+both[1].in[i]) / total
	}
	count := map[string]int{}
	for _, s := range both {
		unexplained += s.left / total
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
		sets = append(sets, x)
	}
	slices.SortFunc(sets, func(a, b weighed) int {
		if c := cmp.Compare(b.probability, a.probability); c != 0 {
			return c
		}
		return slices.Compare(a.members, b.members)
	})
	return sets, marginal, unexplained, doubt
}
