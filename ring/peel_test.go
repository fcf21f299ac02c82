package ring

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// epinions reads the trust graph of soc-Epinions1, where it is present.
func epinions(t testing.TB) *Graph {
	t.Helper()
	f, err := os.Open("../../shared/data/epinions/soc-Epinions1.tensor.gz")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the graph of soc-Epinions1 must be present: %v", err)
		}
		t.Skipf("the graph of soc-Epinions1 is absent: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var edges []Edge
	n := 0
	for s := bufio.NewScanner(z); s.Scan(); {
		e := Edge{Weight: 1}
		if _, err := fmt.Sscan(s.Text(), &e.Buyer, &e.Merchant); err != nil {
			t.Fatal(err)
		}
		edges = append(edges, e)
		n = max(n, int(e.Buyer)+1, int(e.Merchant)+1)
	}
	return NewGraph(n, n, edges)
}

// The block and score that FRAUDAR's reference implementation finds there.
func TestTheReferencesBlock(t *testing.T) {
	g := epinions(t)
	b := g.Densest()
	if g.Len() != 508_837 || len(b.Buyers) != 1034 || len(b.Merchants) != 945 || math.Abs(b.Score-8.050644) > 1e-6 {
		t.Errorf("%d edges: a block of %d × %d, score %.6f", g.Len(), len(b.Buyers), len(b.Merchants), b.Score)
	}
}

func BenchmarkDensest(b *testing.B) {
	g := epinions(b)
	for b.Loop() {
		g.Densest()
	}
}

// plainDensest is the same, written down: every degree reckoned anew at each step.
func plainDensest(buyers, merchants int, edges []Edge) Block {
	sum := map[[2]int32]float64{}
	column := make([]float64, merchants)
	for _, e := range edges {
		sum[[2]int32{e.Buyer, e.Merchant}] += e.Weight
		column[e.Merchant] += e.Weight
	}
	gone := map[int]bool{}
	score := func(without int) float64 {
		total, nodes := 0.0, 0
		for v := range buyers + merchants {
			if !gone[v] && v != without {
				nodes++
			}
		}
		for i := range int32(buyers) { // in order: sums are to be the same
			for j := range int32(merchants) {
				if w := sum[[2]int32{i, j}]; w > 0 && !gone[int(i)] && !gone[buyers+int(j)] && int(i) != without && buyers+int(j) != without {
					total += w / math.Log(column[j]+5)
				}
			}
		}
		if nodes == 0 {
			return 0
		}
		return total / float64(nodes)
	}
	degree := func(v int) float64 {
		total := 0.0
		for at, w := range sum {
			i, j := int(at[0]), buyers+int(at[1])
			if (i == v || j == v) && !gone[i] && !gone[j] {
				total += w / math.Log(column[at[1]]+5)
			}
		}
		return total
	}
	var best Block
	best.Score = math.Inf(-1)
	for range buyers + merchants {
		if s := score(-1); s > best.Score+1e-12 {
			best = Block{Score: s}
			for v := range buyers + merchants {
				if gone[v] {
					continue
				}
				if v < buyers {
					best.Buyers = append(best.Buyers, int32(v))
				} else {
					best.Merchants = append(best.Merchants, int32(v-buyers))
				}
			}
		}
		least, at := math.Inf(1), -1
		for v := range buyers + merchants {
			if d := degree(v); !gone[v] && d < least-1e-9 {
				least, at = d, v
			}
		}
		gone[at] = true
	}
	return best
}

func TestPeelingAgainstThePlainWay(t *testing.T) {
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 31))
		buyers, merchants := 2+r.IntN(8), 2+r.IntN(8)
		var edges []Edge
		for range 1 + r.IntN(40) {
			edges = append(edges, Edge{int32(r.IntN(buyers)), int32(r.IntN(merchants)), 0.5 + r.Float64()})
		}
		got, want := NewGraph(buyers, merchants, edges).Densest(), plainDensest(buyers, merchants, edges)
		if math.Abs(got.Score-want.Score) > 1e-9 || !slices.Equal(got.Buyers, want.Buyers) || !slices.Equal(got.Merchants, want.Merchants) {
			t.Errorf("seed %d: %+v, want %+v", seed, got, want)
		}
		best := 0.0 // over all subsets
		if buyers+merchants <= 10 {
			for s := 1; s < 1<<(buyers+merchants); s++ {
				total, nodes := 0.0, 0
				for v := range buyers + merchants {
					nodes += s >> v & 1
				}
				g := NewGraph(buyers, merchants, edges)
				for _, e := range g.edges {
					if s>>e.Buyer&1 == 1 && s>>(buyers+int(e.Merchant))&1 == 1 {
						total += e.Weight / math.Log(g.column[e.Merchant]+5)
					}
				}
				best = max(best, total/float64(nodes))
			}
			if got.Score < best/2 {
				t.Errorf("seed %d: score %v, less than half of the best, %v", seed, got.Score, best)
			}
		}
	}
}

// planted is a marketplace whose buyers buy at random, with two rings in it.
func planted(seed uint64) (edges []Edge, rings [2]Block) {
	r := rand.New(rand.NewPCG(seed, 32))
	for i := range 5000 {
		for range 1 + r.IntN(6) {
			u := r.Float64()
			edges = append(edges, Edge{int32(i), int32(400 * u * u), 1})
		}
	}
	for k := range rings {
		b := &rings[k]
		for j := range 12 {
			b.Merchants = append(b.Merchants, int32(400+12*k+j))
		}
		for i := range 40 {
			b.Buyers = append(b.Buyers, int32(5000+40*k+i))
			for _, j := range b.Merchants {
				if r.Float64() < 0.5 {
					edges = append(edges, Edge{int32(5000 + 40*k + i), j, 1})
				}
			}
			for range 3 { // camouflage
				edges = append(edges, Edge{int32(5000 + 40*k + i), int32(r.IntN(400)), 1})
			}
		}
	}
	return edges, rings
}

func TestGroupsAreRingsAndNothingElse(t *testing.T) {
	for seed := range uint64(8) {
		edges, rings := planted(seed)
		groups := NewGraph(5080, 424, edges).Groups(5)
		for k := range rings {
			i := slices.IndexFunc(groups, func(b Block) bool { return slices.Equal(b.Merchants, rings[k].Merchants) })
			if i < 0 {
				t.Errorf("seed %d: ring %d is not among %d groups", seed, k, len(groups))
				continue
			}
			for _, b := range groups[i].Buyers {
				if !slices.Contains(rings[k].Buyers, b) {
					t.Errorf("seed %d: buyer %d is honest", seed, b)
				}
			}
		}
		if len(groups) > len(rings) {
			t.Errorf("seed %d: %d groups", seed, len(groups))
		}
		again := NewGraph(5080, 424, edges).Groups(5)
		if fmt.Sprint(again) != fmt.Sprint(groups) {
			t.Errorf("seed %d: a second search went elsewhere", seed)
		}
		honest := slices.DeleteFunc(edges, func(e Edge) bool { return e.Buyer >= 5000 })
		if groups := NewGraph(5080, 424, honest).Groups(5); len(groups) > 0 {
			t.Errorf("seed %d: %d groups where nobody is a ring", seed, len(groups))
		}
	}
}
