package trace

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Two accounts viewed the same harmed customers; one shortly before each harm,
// the other whenever.
func TestTheDelayTellsTwoAccountsApart(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	h := history{queues: make([]string, 600)}
	day := func(n int) time.Time { return t0.AddDate(0, 0, n).Add(time.Duration(r.IntN(8*3600)) * time.Second) }
	const fresh, stale = 90, 91
	for c := range 600 {
		for range 4 {
			h.looks = append(h.looks, look{actor: r.IntN(80), customer: c, at: day(r.IntN(150))})
		}
		if c%15 == 0 {
			h.looks = append(h.looks, look{actor: fresh, customer: c, at: day(r.IntN(150))}, look{actor: stale, customer: c, at: day(r.IntN(150))})
		}
	}
	for k := range 12 {
		c := 7 + 40*k
		harm := 155 + r.IntN(5)
		h.looks = append(h.looks, look{actor: fresh, customer: c, at: day(harm - 3 - r.IntN(6))}, look{actor: stale, customer: c, at: day(r.IntN(150))})
		h.complaints = append(h.complaints, complaint{customer: c, at: day(harm)})
	}
	res := h.answer(nil)
	if p, q := probability(res, actorNo(fresh)), probability(res, actorNo(stale)); p < 0.9 || q > 0.3 {
		t.Errorf("shortly before: %v, whenever: %v", p, q)
	}
	w := delayWeights(make([]int, len(delayBounds())+1))
	if len(w) != 1 {
		t.Error("delays are weighed without knowing what is usual")
	}
}

// The weights of a leak's delays have mean 1 over the delays of work.
func TestDelayWeightsAreRatiosOfDistributions(t *testing.T) {
	count := []int{40, 60, 90, 80, 70, 50, 40, 20}
	total := len(count)
	for _, n := range count {
		total += n
	}
	for i, w := range delayWeights(count) {
		mean := 0.0
		for class, x := range w {
			mean += x * float64(count[class]+1) / float64(total)
		}
		if mean < 0.9 || mean > 1.1 {
			t.Errorf("median %d: mean weight %v", i, mean)
		}
	}
}
