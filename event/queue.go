package event

// queue hands things out in order. What comes in order costs nothing to keep;
// what does not goes through a heap.
type queue[T any] struct {
	before func(a, b *T) bool
	run    []T // in order
	head   int // of run, the next to hand out
	heap   []T
}

func (q *queue[T]) len() int { return len(q.run) - q.head + len(q.heap) }

func (q *queue[T]) push(v T) {
	if n := len(q.run); n == q.head || !q.before(&v, &q.run[n-1]) {
		q.run = append(q.run, v)
		return
	}
	q.heap = append(q.heap, v)
	for i := len(q.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !q.before(&q.heap[i], &q.heap[up]) {
			break
		}
		q.heap[i], q.heap[up] = q.heap[up], q.heap[i]
		i = up
	}
}

// first returns the next thing, which stays; nil when there is none.
func (q *queue[T]) first() *T {
	switch {
	case q.head == len(q.run) && len(q.heap) == 0:
		return nil
	case q.head == len(q.run), len(q.heap) > 0 && q.before(&q.heap[0], &q.run[q.head]):
		return &q.heap[0]
	}
	return &q.run[q.head]
}

// pop takes the next thing, which there must be.
func (q *queue[T]) pop() T {
	v := q.first()
	out := *v
	if len(q.heap) > 0 && v == &q.heap[0] {
		q.sink()
		return out
	}
	clear(q.run[q.head : q.head+1])
	if q.head++; q.head == len(q.run) {
		q.run, q.head = q.run[:0], 0
	} else if q.head > 1024 && q.head > len(q.run)/2 {
		n := copy(q.run, q.run[q.head:])
		clear(q.run[n:])
		q.run, q.head = q.run[:n], 0
	}
	return out
}

// sink takes the heap's first thing out.
func (q *queue[T]) sink() {
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	clear(q.heap[last:])
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for _, down := range [2]int{2*i + 1, 2*i + 2} {
			if down < last && q.before(&q.heap[down], &q.heap[least]) {
				least = down
			}
		}
		if least == i {
			return
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}

// all lists what is held, in no order.
func (q *queue[T]) all() []T {
	return append(append([]T(nil), q.run[q.head:]...), q.heap...)
}
