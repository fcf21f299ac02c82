package event

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Against a list that is sorted anew each time, for streams in order, nearly in
// order and without any.
func TestQueueAgainstSorting(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		disorder := []int{0, 5, 400}[seed%3]
		q := queue[int]{before: func(a, b *int) bool { return *a < *b }}
		var oracle []int
		for i := range 6000 {
			if len(oracle) > 0 && r.IntN(2) == 0 {
				slices.Sort(oracle)
				if got := *q.first(); got != oracle[0] {
					t.Fatalf("seed %d: first %d, want %d", seed, got, oracle[0])
				}
				if got := q.pop(); got != oracle[0] {
					t.Fatalf("seed %d: %d, want %d", seed, got, oracle[0])
				}
				oracle = oracle[1:]
				continue
			}
			v := i + r.IntN(disorder+1)
			q.push(v)
			oracle = append(oracle, v)
			if q.len() != len(oracle) || len(q.all()) != len(oracle) {
				t.Fatalf("seed %d: %d held, want %d", seed, q.len(), len(oracle))
			}
		}
	}
}
