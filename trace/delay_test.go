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
}
