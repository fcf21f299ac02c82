package ring

import (
	"cmp"
	"math"
	"slices"

	"github.com/menshen-io/menshen/event"
)

// Edge says that a buyer bought at a merchant, both numbered from 0.
type Edge struct {
	Buyer, Merchant int32
	Weight          float64 // 1 for one purchase; less for what is long ago
}

// Block is a group of buyers and merchants that is dense for FRAUDAR's objective:
// the weight of its edges over the number of its nodes, a merchant's edges weighing
// 1/log(x + 5) where x is what all its edges weigh.
type Block struct {
	Buyers, Merchants []int32 // rising
	Score             float64
	Edges             int // between them
	Trade             int // all edges of its merchants
	// Evidence is by how many nats the block stands out from what chance gives: the
	// Poisson log-likelihood of its edges, less that of picking such a block among all.
	Evidence float64
}

// choose is the logarithm of a binomial coefficient.
func choose(n, k int) float64 {
	lg := func(n int) float64 { v, _ := math.Lgamma(float64(n) + 1); return v }
	return lg(n) - lg(k) - lg(n-k)
}

// Graph is who bought where, each pair once.
type Graph struct {
	buyers, merchants int
	edges             []Edge // by buyer, then merchant
	rows              []int32
	cols              []int32 // places in edges, by merchant
	colAt             []int32
	column            []float64 // weight of a merchant's edges
}

// NewGraph sums repeated edges' weights. Edges that name what is beyond the numbers
// given, or weigh nothing, are passed over.
func NewGraph(buyers, merchants int, edges []Edge) *Graph {
	g := &Graph{buyers: buyers, merchants: merchants, edges: slices.Clone(edges)}
	g.edges = slices.DeleteFunc(g.edges, func(e Edge) bool {
		return e.Buyer < 0 || e.Merchant < 0 || int(e.Buyer) >= buyers || int(e.Merchant) >= merchants || !(e.Weight > 0)
	})
	slices.SortFunc(g.edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.Buyer, b.Buyer), cmp.Compare(a.Merchant, b.Merchant), cmp.Compare(a.Weight, b.Weight))
	})
	n := 0
	for i, e := range g.edges {
		if i > 0 && e.Buyer == g.edges[n-1].Buyer && e.Merchant == g.edges[n-1].Merchant {
			g.edges[n-1].Weight += e.Weight
			continue
		}
		g.edges[n] = e
		n++
	}
	g.edges = g.edges[:n]
	g.index()
	return g
}

// index lays the edges out by buyer and by merchant.
func (g *Graph) index() {
	g.rows, g.colAt = make([]int32, g.buyers+1), make([]int32, g.merchants+1)
	g.column, g.cols = make([]float64, g.merchants), make([]int32, len(g.edges))
	for _, e := range g.edges {
		g.rows[e.Buyer+1]++
		g.colAt[e.Merchant+1]++
		g.column[e.Merchant] += e.Weight
	}
	for i := range g.buyers {
		g.rows[i+1] += g.rows[i]
	}
	for i := range g.merchants {
		g.colAt[i+1] += g.colAt[i]
	}
	at := slices.Clone(g.colAt)
	for i, e := range g.edges {
		g.cols[at[e.Merchant]] = int32(i)
		at[e.Merchant]++
	}
}

// Len is how many pairs bought.
func (g *Graph) Len() int { return len(g.edges) }

// Densest peels the graph (Hooi et al., FRAUDAR, KDD 2016): takes away, one after
// another, the node whose edges weigh least, and returns what was left when the
// average was greatest. It is at least half of the best there is. Among equals
// buyers go first, then lower numbers.
func (g *Graph) Densest() Block {
	weight := make([]float64, g.merchants)
	for j, x := range g.column {
		weight[j] = 1 / math.Log(x+5)
	}
	return g.peel(weight)
}

// DensestByDegree is the same for the plain average degree, every edge weighing what
// it does (Charikar, 2000): what a popular shop's buyers raise as much as a ring's.
func (g *Graph) DensestByDegree() Block {
	weight := make([]float64, g.merchants)
	for j := range weight {
		weight[j] = 1
	}
	return g.peel(weight)
}

func (g *Graph) peel(weight []float64) Block {
	n := g.buyers + g.merchants
	q := newQueue(n)
	total := 0.0
	for _, e := range g.edges {
		w := e.Weight * weight[e.Merchant]
		q.key[e.Buyer] += w
		q.key[g.buyers+int(e.Merchant)] += w
		total += w
	}
	q.build()
	order := make([]int32, 0, n)
	best, left := math.Inf(-1), 0
	for size := n; size > 0; size-- {
		if score := total / float64(size); score > best {
			best, left = score, len(order)
		}
		v := q.pop()
		order = append(order, v)
		total -= q.key[v]
		if int(v) < g.buyers {
			for _, e := range g.edges[g.rows[v]:g.rows[v+1]] {
				q.lower(int32(g.buyers)+e.Merchant, e.Weight*weight[e.Merchant])
			}
			continue
		}
		j := int(v) - g.buyers
		for _, i := range g.cols[g.colAt[j]:g.colAt[j+1]] {
			q.lower(g.edges[i].Buyer, g.edges[i].Weight*weight[j])
		}
	}
	var b Block
	for _, v := range order[left:] {
		if int(v) < g.buyers {
			b.Buyers = append(b.Buyers, v)
		} else {
			b.Merchants = append(b.Merchants, v-int32(g.buyers))
		}
	}
	slices.Sort(b.Buyers)
	slices.Sort(b.Merchants)
	g.measure(&b, weight)
	return b
}

// measure counts a block's edges and reckons its score from them, so that it does
// not carry the rounding of the peeling.
func (g *Graph) measure(b *Block, weight []float64) {
	in := make([]bool, g.merchants)
	shops := 0
	for _, j := range b.Merchants {
		in[j] = true
		shops += int(g.colAt[j+1] - g.colAt[j])
	}
	b.Trade = shops
	people := 0
	for _, i := range b.Buyers {
		people += int(g.rows[i+1] - g.rows[i])
		for _, e := range g.edges[g.rows[i]:g.rows[i+1]] {
			if in[e.Merchant] {
				b.Score += e.Weight * weight[e.Merchant]
				b.Edges++
			}
		}
	}
	if nodes := len(b.Buyers) + len(b.Merchants); nodes > 0 {
		b.Score /= float64(nodes)
	}
	if len(g.edges) > 0 {
		mean := float64(people) * float64(shops) / float64(len(g.edges))
		if e := float64(b.Edges); e > mean {
			b.Evidence = e*math.Log(e/mean) - (e - mean)
		}
		b.Evidence -= choose(g.buyers, len(b.Buyers)) + choose(g.merchants, len(b.Merchants))
	}
}

// queue is a heap of nodes by the weight of what is left of their edges; four
// children a node, which keeps it flat.
type queue struct {
	key  []float64
	heap []int32
	at   []int32 // place in heap, -1 once taken out
}

func newQueue(n int) *queue {
	q := &queue{key: make([]float64, n), heap: make([]int32, n), at: make([]int32, n)}
	for i := range q.heap {
		q.heap[i], q.at[i] = int32(i), int32(i)
	}
	return q
}

func (q *queue) less(a, b int32) bool { return q.key[a] < q.key[b] || q.key[a] == q.key[b] && a < b }

func (q *queue) build() {
	for i := len(q.heap)/4 + 1; i >= 0; i-- {
		q.down(i)
	}
}

func (q *queue) pop() int32 {
	top := q.heap[0]
	last := q.heap[len(q.heap)-1]
	q.heap = q.heap[:len(q.heap)-1]
	q.at[top] = -1
	if len(q.heap) > 0 {
		q.heap[0], q.at[last] = last, 0
		q.down(0)
	}
	return top
}

// lower takes w off a node's key, unless it is out.
func (q *queue) lower(v int32, w float64) {
	i := q.at[v]
	if i < 0 {
		return
	}
	q.key[v] -= w
	for i > 0 {
		up := (i - 1) / 4
		if !q.less(v, q.heap[up]) {
			break
		}
		q.heap[i] = q.heap[up]
		q.at[q.heap[i]] = i
		i = up
	}
	q.heap[i], q.at[v] = v, i
}

func (q *queue) down(i int) {
	if i >= len(q.heap) {
		return
	}
	v := q.heap[i]
	for {
		least := -1
		for c := 4*i + 1; c < min(4*i+5, len(q.heap)); c++ {
			if least < 0 || q.less(q.heap[c], q.heap[least]) {
				least = c
			}
		}
		if least < 0 || !q.less(q.heap[least], v) {
			break
		}
		q.heap[i] = q.heap[least]
		q.at[q.heap[i]] = int32(i)
		i = least
	}
	q.heap[i], q.at[v] = v, int32(i)
}

// Links are the pairs of a block's merchants that share the most buyers of it.
func (g *Graph) Links(b Block, names []string) []event.RingLink {
	in := make([]bool, g.merchants)
	for _, j := range b.Merchants {
		in[j] = true
	}
	shared := make(map[[2]int32]float64)
	for _, i := range b.Buyers {
		var at []int32
		for _, e := range g.edges[g.rows[i]:g.rows[i+1]] {
			if in[e.Merchant] {
				at = append(at, e.Merchant)
			}
		}
		if len(at) > maxShared { // would take too long, and tells least
			continue
		}
		for k, x := range at {
			for _, y := range at[:k] {
				shared[[2]int32{y, x}] += rarity(len(at))
			}
		}
	}
	out := make([]event.RingLink, 0, len(shared))
	for pair, w := range shared {
		x, y := names[pair[0]], names[pair[1]]
		out = append(out, event.RingLink{A: event.MerchantID(min(x, y)), B: event.MerchantID(max(x, y)), By: ByBuyers, Weight: round(w)})
	}
	slices.SortFunc(out, func(x, y event.RingLink) int {
		return cmp.Or(cmp.Compare(y.Weight, x.Weight), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	return out[:min(len(out), maxLinks)]
}

const maxShared = 200 // merchants of a block at which a buyer bought
