package ring

import (
	"cmp"
	"math"
	"slices"
)

// Peeling finds the densest group of all; a small ring beneath the honest trade of
// popular shops is seldom that. The scan looks for groups that stand out instead: it
// begins with pairs of merchants that share more buyers than chance gives, and takes
// in or puts out one merchant after another as long as the group stands out by more.
const (
	scanSeeds   = 400 // pairs to begin with
	scanEach    = 3   // of these, with one merchant
	scanTried   = 16  // merchants that are tried at each step
	scanLargest = 64  // merchants of a group
)

// scan is one group of merchants and what its buyers bought there.
type scan struct {
	g     *Graph
	in    []int32         // merchants
	times map[int32]int32 // at how many of these a buyer bought
	trade float64         // edges of these merchants
}

func (g *Graph) degree(j int32) float64 { return float64(g.colAt[j+1] - g.colAt[j]) }

func (s *scan) change(j int32, by int32) {
	for _, i := range s.g.cols[s.g.colAt[j]:s.g.colAt[j+1]] {
		b := s.g.edges[i].Buyer
		if s.times[b] += by; s.times[b] == 0 {
			delete(s.times, b)
		}
	}
	s.trade += float64(by) * s.g.degree(j)
}

// gain is by how many nats a buyer who bought at x of the merchants stands out, less
// what it costs to pick it among all.
func (s *scan) gain(b, x int32, pick float64) float64 {
	mean := float64(s.g.rows[b+1]-s.g.rows[b]) * s.trade / float64(len(s.g.edges))
	n := float64(x)
	if x < 2 || n <= mean {
		return 0
	}
	return n*math.Log(n/mean) - (n - mean) - pick
}

// crew returns the buyers that speak for the group, and by how much it stands out.
func (s *scan) crew() (buyers []int32, nats float64) {
	size := 0
	for _, x := range s.times {
		if x > 1 {
			size++
		}
	}
	size = max(size, 1)
	for range 3 { // what picking costs hangs on how many are picked
		pick := math.Log(float64(s.g.buyers)/float64(size)) + 1
		buyers, nats = buyers[:0], 0
		for b, x := range s.times {
			if gain := s.gain(b, x, pick); gain > 0 {
				buyers = append(buyers, b)
			}
		}
		if len(buyers) == 0 || len(buyers) == size {
			break
		}
		size = len(buyers)
	}
	slices.Sort(buyers) // sums must not depend on the order of a map
	pick := math.Log(float64(s.g.buyers)/float64(size)) + 1
	for _, b := range buyers {
		nats += s.gain(b, s.times[b], pick)
	}
	return buyers, nats - choose(s.g.merchants, len(s.in))
}

// repeaters are the buyers that speak for the group or, as long as nobody does, all
// who bought at two of its merchants.
func (s *scan) repeaters() []int32 {
	buyers, _ := s.crew()
	if len(buyers) == 0 {
		for b, x := range s.times {
			if x > 1 {
				buyers = append(buyers, b)
			}
		}
	}
	return buyers
}

// step makes the best change of one merchant, if there is one that helps.
func (s *scan) step(nats float64) (float64, bool) {
	shared := make(map[int32]float64)
	for _, b := range s.repeaters() {
		for _, e := range s.g.edges[s.g.rows[b]:s.g.rows[b+1]] {
			shared[e.Merchant]++
		}
	}
	var near []int32
	for j := range shared {
		if !slices.Contains(s.in, j) && shared[j] >= 2 {
			near = append(near, j)
		}
	}
	worth := func(j int32) float64 { return shared[j] / math.Sqrt(s.g.degree(j)) }
	slices.SortFunc(near, func(a, b int32) int { return cmp.Or(cmp.Compare(worth(b), worth(a)), cmp.Compare(a, b)) })
	best, at, in := nats+1e-9, int32(-1), false
	if len(s.in) < scanLargest {
		for _, j := range near[:min(len(near), scanTried)] {
			s.in = append(s.in, j)
			s.change(j, 1)
			if _, n := s.crew(); n > best {
				best, at, in = n, j, true
			}
			s.change(j, -1)
			s.in = s.in[:len(s.in)-1]
		}
	}
	if at < 0 && len(s.in) > 2 {
		for _, j := range slices.Clone(s.in) {
			k := slices.Index(s.in, j)
			s.in = slices.Delete(s.in, k, k+1)
			s.change(j, -1)
			if _, n := s.crew(); n > best {
				best, at = n, j
			}
			s.change(j, 1)
			s.in = slices.Insert(s.in, k, j)
		}
	}
	switch {
	case at < 0:
		return nats, false
	case in:
		s.in = append(s.in, at)
		s.change(at, 1)
	default:
		k := slices.Index(s.in, at)
		s.in = slices.Delete(s.in, k, k+1)
		s.change(at, -1)
	}
	return best, true
}

// seeds are the pairs of merchants that share the most buyers for their trade, the
// best first.
func (g *Graph) seeds() [][2]int32 {
	shared := make(map[[2]int32]float64)
	again := 0.0 // pairs of purchases by one buyer
	for b := range g.buyers {
		row := g.edges[g.rows[b]:g.rows[b+1]]
		again += float64(len(row)) * float64(len(row)-1)
		if len(row) > 40 { // a buyer of many shops says little, and would take long
			continue
		}
		for k, x := range row {
			for _, y := range row[:k] {
				shared[[2]int32{y.Merchant, x.Merchant}]++
			}
		}
	}
	type seed struct {
		pair [2]int32
		nats float64
	}
	var all []seed
	for pair, n := range shared {
		mean := g.degree(pair[0]) * g.degree(pair[1]) * again / float64(len(g.edges)) / float64(len(g.edges))
		if n < 2 || n <= mean {
			continue
		}
		all = append(all, seed{pair, n*math.Log(n/mean) - (n - mean)})
	}
	slices.SortFunc(all, func(a, b seed) int {
		return cmp.Or(cmp.Compare(b.nats, a.nats), cmp.Compare(a.pair[0], b.pair[0]), cmp.Compare(a.pair[1], b.pair[1]))
	})
	out := make([][2]int32, 0, scanSeeds)
	begun := make(map[int32]int)
	for _, s := range all {
		if len(out) == scanSeeds {
			break
		}
		if begun[s.pair[0]] < scanEach && begun[s.pair[1]] < scanEach {
			begun[s.pair[0]]++
			begun[s.pair[1]]++
			out = append(out, s.pair)
		}
	}
	return out
}

// Groups are the groups of merchants that stand out by more than margin nats, those
// by most first; no merchant is in two.
func (g *Graph) Groups(margin float64) []Block {
	var out []Block
	taken := make([]bool, g.merchants)
	for _, pair := range g.seeds() {
		if taken[pair[0]] || taken[pair[1]] {
			continue
		}
		s := &scan{g: g, in: []int32{pair[0], pair[1]}, times: make(map[int32]int32)}
		s.change(pair[0], 1)
		s.change(pair[1], 1)
		_, nats := s.crew()
		for better := true; better; {
			nats, better = s.step(nats)
		}
		if nats <= margin || slices.ContainsFunc(s.in, func(j int32) bool { return taken[j] }) {
			continue
		}
		buyers, _ := s.crew()
		if len(buyers) == 0 {
			continue
		}
		b := Block{Buyers: buyers, Merchants: slices.Sorted(slices.Values(s.in))}
		weight := make([]float64, g.merchants)
		for _, j := range b.Merchants {
			weight[j] = 1 / math.Log(g.column[j]+5)
			taken[j] = true
		}
		g.measure(&b, weight)
		b.Evidence = nats
		out = append(out, b)
	}
	slices.SortStableFunc(out, func(a, b Block) int { return cmp.Compare(b.Evidence, a.Evidence) })
	return out
}
