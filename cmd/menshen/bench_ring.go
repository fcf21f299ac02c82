package main

import (
	"bufio"
	"compress/gzip"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/ring"
)

type ringBench struct {
	s      streams
	graph  string
	worlds int
}

func benchRing(ctx context.Context, s streams, args []string) int {
	fs := newFlags("bench ring", "bench ring [-graph FILE] [-worlds N]", s.err)
	b := ringBench{s: s}
	fs.StringVar(&b.graph, "graph", "", "`file` of edges, also .gz, such as soc-Epinions1: peel it, beside a plain heap")
	fs.IntVar(&b.worlds, "worlds", 5, "worlds of each line")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if b.worlds < 1 {
		return fail(s, "bench ring", exitUsage, errors.New("-worlds must be above zero"))
	}
	for _, do := range []func(context.Context) error{b.peel, b.planted, b.market} {
		if err := do(ctx); err != nil {
			return fail(s, "bench ring", exitUnreadable, err)
		}
	}
	return exitDone
}

// peel times the peeling of a graph beside a plain one, which keeps every change of
// a degree in one heap and passes over what is out of date.
func (b *ringBench) peel(context.Context) error {
	if b.graph == "" {
		return nil
	}
	f, err := os.Open(b.graph)
	if err != nil {
		return fmt.Errorf("opening graph: %w", err)
	}
	defer f.Close()
	var in io.Reader = bufio.NewReader(f)
	if head, _ := in.(*bufio.Reader).Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		if in, err = gzip.NewReader(in); err != nil {
			return fmt.Errorf("reading graph: %w", err)
		}
	}
	p, err := ring.ReadPurchases(in, func(line int, err error) { fmt.Fprintf(b.s.err, "menshen bench ring: %s:%d: %v\n", b.graph, line, err) })
	if err != nil {
		return err
	}
	g := ring.NewGraph(len(p.Buyers), len(p.Merchants), p.Edges)
	var block ring.Block
	var ours, plain []time.Duration
	score := 0.0
	for range 7 {
		at := time.Now()
		block = g.Densest()
		ours = append(ours, time.Since(at))
		at = time.Now()
		score = plainPeel(len(p.Buyers), len(p.Merchants), p.Edges)
		plain = append(plain, time.Since(at))
	}
	slices.Sort(ours)
	slices.Sort(plain)
	fmt.Fprintf(b.s.out, "%s, %d edges: a block of %d × %d, score %.6f (a plain heap: %.6f). Peeled in %s, by a plain heap in %s: ratio %.2f (medians of 7).\n\n", b.graph, g.Len(),
		len(block.Buyers), len(block.Merchants), block.Score, score, ours[3].Round(time.Millisecond), plain[3].Round(time.Millisecond), float64(plain[3])/float64(ours[3]))
	return nil
}

type stale struct {
	key  float64
	node int32
}

type staleHeap []stale

func (h staleHeap) Len() int { return len(h) }
func (h staleHeap) Less(i, j int) bool {
	return h[i].key < h[j].key || h[i].key == h[j].key && h[i].node < h[j].node
}
func (h staleHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *staleHeap) Push(x any)   { *h = append(*h, x.(stale)) }
func (h *staleHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// plainPeel returns the best average of a graph whose edges come once each.
func plainPeel(buyers, merchants int, edges []ring.Edge) float64 {
	column := make([]float64, merchants)
	near := make([][]stale, buyers+merchants)
	for _, e := range edges {
		column[e.Merchant] += e.Weight
	}
	key := make([]float64, buyers+merchants)
	total := 0.0
	for _, e := range edges {
		w := e.Weight / math.Log(column[e.Merchant]+5)
		i, j := e.Buyer, int32(buyers)+e.Merchant
		near[i], near[j] = append(near[i], stale{w, j}), append(near[j], stale{w, i})
		key[i], key[j], total = key[i]+w, key[j]+w, total+w
	}
	var h staleHeap
	for v, k := range key {
		h = append(h, stale{k, int32(v)})
	}
	heap.Init(&h)
	gone := make([]bool, len(key))
	best, left := 0.0, len(key)
	for left > 0 {
		best = max(best, total/float64(left))
		top := heap.Pop(&h).(stale)
		if gone[top.node] || top.key != key[top.node] {
			continue
		}
		gone[top.node] = true
		left--
		total -= key[top.node]
		for _, n := range near[top.node] {
			if !gone[n.node] {
				key[n.node] -= n.key
				heap.Push(&h, stale{key[n.node], n.node})
			}
		}
	}
	return best
}

// A background of honest trade, and a ring in it.
const (
	benchBuyers    = 20_000
	benchMerchants = 2000
	benchRingShops = 12
	benchRingCrew  = 60
)

type camouflage int

const (
	noCamouflage camouflage = iota
	randomCamouflage
	popularCamouflage
	hijackedAccounts
	numCamouflages
)

func (c camouflage) String() string {
	return [...]string{"none", "random shops", "popular shops", "hijacked accounts"}[c]
}

// ringWorldEdges is the trade of one world; the ring's shops are the last ones.
func ringWorldEdges(seed uint64, density float64, c camouflage) []ring.Edge {
	r := rand.New(rand.NewPCG(seed, 61))
	popular := func() int32 { // a few shops have a good part of all buyers
		u := r.Float64()
		return int32(float64(benchMerchants) * u * u * u)
	}
	seen := map[[2]int32]bool{}
	var edges []ring.Edge
	buy := func(i, j int32) {
		if !seen[[2]int32{i, j}] {
			seen[[2]int32{i, j}] = true
			edges = append(edges, ring.Edge{Buyer: i, Merchant: j, Weight: 1})
		}
	}
	for i := range int32(benchBuyers) {
		for n := 1 + int(r.ExpFloat64()*5); n > 0; n-- {
			buy(i, popular())
		}
	}
	for k := range int32(benchRingCrew) {
		i := benchBuyers + k
		if c == hijackedAccounts {
			i = int32(r.IntN(benchBuyers))
		}
		n := 0
		for j := range int32(benchRingShops) {
			if r.Float64() < density {
				buy(i, benchMerchants+j)
				n++
			}
		}
		for ; n > 0; n-- {
			switch c {
			case randomCamouflage:
				buy(i, int32(r.IntN(benchMerchants)))
			case popularCamouflage:
				buy(i, popular())
			}
		}
	}
	return edges
}

func (b *ringBench) planted(ctx context.Context) error {
	fmt.Fprintf(b.s.out, "A ring of %d shops and %d accounts among %d shops and %d buyers; F1 of the shops named, means of %d worlds.\n\n",
		benchRingShops, benchRingCrew, benchMerchants, benchBuyers, b.worlds)
	w := tabwriter.NewWriter(b.s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "density\tcamouflage\tdegree\taverage degree\tFRAUDAR, one block\tmenshen")
	for _, density := range []float64{0.1, 0.2, 0.4, 0.8} {
		for c := range numCamouflages {
			sums := make([][4]float64, b.worlds)
			if err := parallel(ctx, b.worlds, func(i int) {
				sums[i] = plantedScores(benchSeeds+9_000_000+uint64(i), density, c)
			}); err != nil {
				return err
			}
			var mean [4]float64
			for _, s := range sums {
				for k, x := range s {
					mean[k] += x / float64(b.worlds)
				}
			}
			fmt.Fprintf(w, "%.1f\t%s\t%.2f\t%.2f\t%.2f\t%.2f\n", density, c, mean[0], mean[1], mean[2], mean[3])
		}
	}
	// Where nobody is a ring, nobody should be named.
	named := make([]int, b.worlds)
	if err := parallel(ctx, b.worlds, func(i int) {
		g := ring.NewGraph(benchBuyers+benchRingCrew, benchMerchants+benchRingShops, ringWorldEdges(benchSeeds+9_100_000+uint64(i), 0, noCamouflage))
		for _, block := range g.Groups(ring.Defaults().Margin) {
			named[i] += len(block.Merchants)
		}
	}); err != nil {
		return err
	}
	all := 0
	for _, n := range named {
		all += n
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(b.s.out, "\nShops that menshen names in %d worlds without a ring: %d.\n\n", b.worlds, all)
	return nil
}

func plantedScores(seed uint64, density float64, c camouflage) [4]float64 {
	edges := ringWorldEdges(seed, density, c)
	const buyers, merchants = benchBuyers + benchRingCrew, benchMerchants + benchRingShops
	degree := make([]int, merchants)
	for _, e := range edges {
		degree[e.Merchant]++
	}
	order := make([]int32, merchants)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return degree[b] - degree[a] })
	g := ring.NewGraph(buyers, merchants, edges)
	var named []int32
	for _, block := range g.Groups(ring.Defaults().Margin) {
		named = append(named, block.Merchants...)
	}
	return [4]float64{f1(order[:benchRingShops]), f1(g.DensestByDegree().Merchants), f1(g.Densest().Merchants), f1(named)}
}

// f1 is the harmonic mean of precision and recall of the shops named.
func f1(named []int32) float64 {
	right := map[int32]bool{}
	wrong := 0
	for _, j := range named {
		if j >= benchMerchants {
			right[j] = true
		} else {
			wrong++
		}
	}
	return 2 * float64(len(right)) / float64(len(right)+wrong+benchRingShops)
}

// market says when the shops of rings are linked in a stream.
func (b *ringBench) market(ctx context.Context) error {
	type linked struct {
		shops, linked, before int
		days                  []float64
	}
	byKind := map[string]*linked{}
	var kinds []string
	honest := 0
	for i := range b.worlds {
		m, err := sim.NewMarketplace(sim.MarketplaceOptions{Seed: benchSeeds + 9_200_000 + uint64(i), Merchants: 1000, Days: 365})
		if err != nil {
			return err
		}
		kindOf := map[event.MerchantID]string{}
		for _, r := range m.Truth().Rings {
			for _, id := range r.Merchants {
				kindOf[id] = string(r.Kind)
			}
			if byKind[string(r.Kind)] == nil {
				byKind[string(r.Kind)] = &linked{}
				kinds = append(kinds, string(r.Kind))
			}
			byKind[string(r.Kind)].shops += len(r.Merchants)
		}
		finder := ring.New(ring.Defaults())
		opened, asked, owner := map[event.MerchantID]time.Time{}, map[event.MerchantID]bool{}, map[event.MerchantID]string{}
		seen := map[event.MerchantID]bool{}
		for ev := range m.Events() {
			if err := ctx.Err(); err != nil {
				return err
			}
			switch d := ev.Data.(type) {
			case *event.MerchantApplied:
				opened[d.Merchant], owner[d.Merchant] = ev.Time, d.LegalPerson
			case *event.PayoutRequested:
				asked[d.Merchant] = true
			}
			for _, found := range finder.Fold(ev) {
				d := found.Data.(*event.RingFound)
				owners := map[string]bool{}
				for _, id := range d.Merchants {
					owners[owner[id]] = true
				}
				for _, id := range d.Merchants {
					if seen[id] {
						continue
					}
					seen[id] = true
					l := byKind[kindOf[id]]
					if l == nil {
						if len(owners) > 1 {
							honest++
						}
						continue
					}
					l.linked++
					l.days = append(l.days, ev.Time.Sub(opened[id]).Hours()/24)
					if !asked[id] {
						l.before++
					}
				}
			}
		}
	}
	w := tabwriter.NewWriter(b.s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Markets of 1000 honest shops and a year, %d of them, as their events come:\n\nring\tshops\tlinked\tbefore the first payout request\tdays from opening to the link, median\n", b.worlds)
	for _, k := range kinds {
		l := byKind[k]
		slices.Sort(l.days)
		median := "-"
		if n := len(l.days); n > 0 {
			median = fmt.Sprintf("%.1f", l.days[n/2])
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\n", k, l.shops, l.linked, l.before, median)
	}
	fmt.Fprintf(w, "\nHonest shops of several owners that are linked: %d of %d\n", honest, b.worlds*1000)
	return w.Flush()
}
