package trace

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// memory is a shelf that may be made to fail.
type memory struct {
	values map[string][]byte
	fault  error
}

func (m *memory) Get(key string) ([]byte, error) { return m.values[key], m.fault }

func (m *memory) Put(values map[string][]byte) error {
	if m.fault != nil {
		return m.fault
	}
	for k, v := range values {
		m.values[k] = slices.Clone(v)
	}
	return nil
}

func (h *history) events() []event.Event {
	var out []event.Event
	for i := range h.looks {
		out = append(out, h.event(i))
	}
	for i := range h.complaints {
		out = append(out, h.harm(i))
	}
	return out
}

// The same events over a shelf, with interruptions, and all at once in memory.
func TestAShelfAnswersAsMemoryDoes(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 21))
		h := randomHistory(r, 9, 40, 8)
		events := h.events()
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		odd := map[string]int{}
		for i, l := range h.looks {
			if l.unexplained {
				odd[h.event(i).ID] = l.customer
			}
		}
		feed := func(tracer *Tracer, events []event.Event) {
			for _, ev := range events {
				tracer.Add(ev)
				if c, ok := odd[ev.ID]; ok {
					tracer.Unexplained(ev, customerNo(c))
				}
			}
		}
		for a := range 150 { // more names than lie in one piece
			events = append(events, event.New(fmt.Sprint("w", a), "desk", t0.AddDate(1, 0, 0), &event.AccessViewed{Actor: event.ActorID(fmt.Sprint("worker-", a)), Subjects: []event.SubjectViewed{{Subject: customerNo(a % 40)}}}))
		}
		plain := New(Options{})
		feed(plain, events)
		want := plain.Answer()

		shelf := &memory{values: map[string][]byte{}}
		opt := Options{Shelf: shelf, Hold: 1 + r.IntN(12)}
		for range 4 { // each time from the first event on, as after a crash
			tracer := New(opt)
			feed(tracer, events[:r.IntN(len(events)+1)])
			if r.IntN(2) == 0 {
				tracer.Answer()
			}
			if r.IntN(2) == 0 {
				if err := tracer.Flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		tracer := New(opt)
		if saved := tracer.saved; tracer.Behind() != (saved > 0) {
			t.Errorf("seed %d: behind before anything is added: %v, %d saved", seed, tracer.Behind(), saved)
		}
		feed(tracer, events)
		if tracer.Behind() {
			t.Errorf("seed %d: still behind", seed)
		}
		same(t, seed, "over a shelf", tracer.Answer(), want)
		same(t, seed, "over a shelf, again", tracer.Answer(), want)
		if err := tracer.Flush(); err != nil || len(tracer.trails) != 0 {
			t.Errorf("seed %d: %v, %d trails kept", seed, err, len(tracer.trails))
		}
		same(t, seed, "after all is put away", tracer.Answer(), want)
		if tracer.Err() != nil {
			t.Error(tracer.Err())
		}
	}
}

func TestAShelfThatFailsIsTold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 22))
	h := randomHistory(r, 5, 20, 4)
	shelf := &memory{values: map[string][]byte{}}
	tracer := New(Options{Shelf: shelf})
	for _, ev := range h.events() {
		tracer.Add(ev)
	}
	if err := tracer.Flush(); err != nil {
		t.Fatal(err)
	}
	shelf.fault = errors.New("disk")
	tracer.Answer()
	if err := tracer.Err(); !errors.Is(err, shelf.fault) {
		t.Errorf("%v", err)
	}
	shelf.fault = nil
	if err := tracer.Flush(); err == nil {
		t.Error("a tracer that missed something goes on writing")
	}
	if err := New(Options{Shelf: shelf, AtMost: 3, Attribute: "rating"}).Err(); !errors.Is(err, ErrShelf) {
		t.Errorf("other settings: %v", err)
	}
	for key, v := range shelf.values {
		shelf.values[key] = v[:len(v)-1]
		tracer := New(Options{Shelf: shelf})
		for _, ev := range h.events() {
			if ev.Type == event.TypeHarmReported {
				tracer.Add(ev)
			}
		}
		for c := range 20 {
			tracer.trail(customerNo(c))
		}
		for a := range int32(len(tracer.actors)) {
			tracer.tally(a)
		}
		if !errors.Is(tracer.Err(), ErrShelf) {
			t.Errorf("%q cut short: %v", key, tracer.Err())
		}
		shelf.values[key] = v
	}
}

func FuzzATrailFromAnyBytes(f *testing.F) {
	c := &trail{queue: "cn", queueAt: t0, viewed: true}
	c.visit(visit{id: "v1", at: t0, actor: 3, low: true})
	c.visit(visit{id: "v2", at: t0.Add(time.Hour), actor: 300, unexplained: true})
	f.Add(c.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := decodeTrail(data)
		if err != nil {
			return
		}
		d, err := decodeTrail(c.encode())
		if err != nil || d.queue != c.queue || len(d.visits) != len(c.visits) {
			t.Errorf("%v: %+v and %+v", err, c, d)
		}
	})
}

// large is a history with more candidates than are weighed exactly.
func large(seed uint64) history {
	r := rand.New(rand.NewPCG(seed, 23))
	h := randomHistory(r, 40, 150, 10)
	for c := range 9 {
		h.looks = append(h.looks, look{actor: 7, customer: c, at: t0.Add(time.Duration(c) * time.Hour)})
		h.complaints = append(h.complaints, complaint{customer: c, at: t0.AddDate(0, 3, c/3)})
	}
	return h
}

func TestALargeAnswerHangsOnNoOrderAndNoName(t *testing.T) {
	for seed := range uint64(6) {
		h := large(seed)
		want := h.answer(nil)
		if len(want.Accounts) <= exactUpTo {
			t.Fatalf("seed %d: only %d accounts", seed, len(want.Accounts))
		}
		same(t, seed, "in another order", h.answer(rand.New(rand.NewPCG(seed, 24))), want)
		renamed := h
		renamed.looks = slices.Clone(h.looks)
		for i := range renamed.looks {
			renamed.looks[i].actor = (renamed.looks[i].actor*17 + 5) % 40
		}
		got := renamed.answer(nil)
		if got.Unexplained != want.Unexplained || got.Nobody != want.Nobody || len(got.Accounts) != len(want.Accounts) {
			t.Errorf("seed %d: renamed: %v %v, want %v %v", seed, got.Unexplained, got.Nobody, want.Unexplained, want.Nobody)
		}
		for _, a := range want.Accounts {
			var n int
			if _, err := fmt.Sscanf(string(a.Actor), "agent-%d", &n); err != nil {
				t.Fatal(err)
			}
			if p := probability(got, actorNo((n*17+5)%40)); p != a.Probability {
				t.Errorf("seed %d: %s had %v, under another name %v", seed, a.Actor, a.Probability, p)
			}
		}
	}
}

// team is a record in which a team of eight shares its customers: each is seen by
// most of it. Customers of the leaking mate complain.
func team(seed uint64, share float64, harms int) (h history, leaker int) {
	r := rand.New(rand.NewPCG(seed, 25))
	h = history{queues: make([]string, 3000)}
	leaker = r.IntN(8)
	for c := range h.queues {
		first := r.IntN(400)
		for k := range 8 { // the mates
			if a := first/8*8 + k; a == first || r.Float64() < share {
				h.looks = append(h.looks, look{actor: a, customer: c, at: t0.Add(time.Duration(c) * time.Minute)})
			}
		}
	}
	var seen []int
	for _, l := range h.looks {
		if l.actor == leaker {
			seen = append(seen, l.customer)
		}
	}
	for _, i := range r.Perm(len(seen))[:min(harms, len(seen))] {
		h.complaints = append(h.complaints, complaint{customer: seen[i], at: t0.AddDate(0, 2, 0)})
	}
	return h, leaker
}

func TestMatesOfALeakerAreExplainedAway(t *testing.T) {
	const worlds = 30
	right, mates := 0, 0.0
	for seed := range uint64(worlds) {
		h, leaker := team(seed, 0.5, 14)
		res := h.answer(nil)
		if probability(res, actorNo(leaker)) >= 0.9 {
			right++
		}
		for a := range 8 {
			if p := probability(res, actorNo(a)); a != leaker {
				mates += p / worlds
				if p >= 0.9 && probability(res, actorNo(leaker)) < 0.5 {
					t.Errorf("seed %d: mate %d has %v, the leaker %d has %v", seed, a, p, leaker, probability(res, actorNo(leaker)))
				}
			}
		}
	}
	if right < worlds*9/10 || mates > 0.5 {
		t.Errorf("the leaker is named in %d of %d worlds; its mates have %.2f together", right, worlds, mates)
	}
	// Where mates see the very same customers, nothing can tell them apart: no
	// one may be named, and they share the blame.
	for seed := range uint64(5) {
		h, _ := team(seed, 1, 14)
		res := h.answer(nil)
		sum := 0.0
		for a := range 8 {
			p := probability(res, actorNo(a))
			sum += p
			if p > 0.5 {
				t.Errorf("seed %d: %d of eight who saw the same has %v", seed, a, p)
			}
		}
		if sum < 0.9 || names(res) {
			t.Errorf("seed %d: together they have %v: %q", seed, sum, res.Advice)
		}
	}
}

func TestUnrelatedComplaintsNameNobody(t *testing.T) {
	high, suspected := 0, 0
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 26))
		h := office(2000)
		for _, c := range r.Perm(2000)[:25] {
			h.complaints = append(h.complaints, complaint{customer: c, at: t0.AddDate(0, 0, 9)})
		}
		res := h.answer(nil)
		if names(res) {
			t.Errorf("seed %d: %+v %q", seed, res.Accounts[0], res.Advice)
		}
		// Of a hundred accounts one may by chance have met four of the 25 where
		// half a one was to be expected; what it is given says so.
		if len(res.Accounts) > 0 && res.Accounts[0].Probability > 0.5 {
			suspected++
		}
		if res.Nobody > 0.5 {
			high++
		}
	}
	if high < 24 || suspected > 1 {
		t.Errorf("said to come from outside in %d of 30 worlds; an account has more than 0.5 in %d", high, suspected)
	}
}

// The leaker's views come four to twelve days before the harm, a colleague's of
// the same customers at any time.
func TestTheDelayTellsWhoIsMeant(t *testing.T) {
	better, worlds := 0, 20
	for seed := range uint64(worlds) {
		r := rand.New(rand.NewPCG(seed, 27))
		h := history{queues: make([]string, 1500)}
		for c := range h.queues {
			for range 5 {
				h.looks = append(h.looks, look{actor: 10 + r.IntN(60), customer: c, at: t0.Add(time.Duration(r.IntN(120*24)) * time.Hour)})
			}
		}
		for c := range 20 {
			at := t0.AddDate(0, 0, 120+r.IntN(5))
			h.complaints = append(h.complaints, complaint{customer: c, at: at})
			h.looks = append(h.looks, look{actor: 1, customer: c, at: at.Add(-time.Duration(96+r.IntN(8*24)) * time.Hour)},
				look{actor: 2, customer: c, at: t0.Add(time.Duration(r.IntN(120*24)) * time.Hour)})
		}
		res := h.answer(nil)
		if probability(res, actorNo(1)) > 0.9 && probability(res, actorNo(1)) > probability(res, actorNo(2))+0.3 {
			better++
		}
	}
	if better < worlds*9/10 {
		t.Errorf("the delay decides in %d of %d worlds", better, worlds)
	}
}

func TestDelaysTellNothingWhereThereIsNothingToTell(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 28))
	var pairs [][]time.Duration
	for range 400 {
		pairs = append(pairs, []time.Duration{time.Duration(r.IntN(100*24)) * time.Hour})
	}
	d := newDelays(pairs)
	if len(d.ratio) != 1+len(paces()) || len(newDelays(pairs[:pairsForDelay-1]).ratio) != 1 {
		t.Fatal("paces")
	}
	for pace := range d.ratio { // the mean ratio of work's own delays is one, or less where some are rare
		sum := 0.0
		for _, lags := range pairs {
			sum += d.mean(pace, lags) / float64(len(pairs))
		}
		if sum > 1.02 || sum < 0.7 || pace == 0 && math.Abs(sum-1) > 1e-9 {
			t.Errorf("pace %d: mean ratio %.3f", pace, sum)
		}
	}
	if math.Abs(gamma2(0)) > 1e-12 || math.Abs(gamma2(50)-1) > 1e-12 || math.Abs(gamma2(1)-(1-3*math.Exp(-2))) > 1e-12 {
		t.Error("gamma2")
	}
}

// A step's worth against the plain definition: the entropy of the sets less what is
// left of it after the answer.
func TestWorthIsTheInformationExpected(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 29))
	for range 200 {
		b := belief{p: make([]float64, 8), inv: make([]float64, 8)}
		total := 0.0
		for i := range b.p {
			b.p[i] = r.ExpFloat64()
			total += b.p[i]
		}
		for i := range b.p {
			b.p[i] /= total
		}
		of := make([]float64, 8)
		for i := range of {
			of[i] = r.Float64()
		}
		h := func(p []float64) float64 {
			total, out := 0.0, 0.0
			for _, x := range p {
				total += x
			}
			for _, x := range p {
				out -= x / total * math.Log2(x/total)
			}
			return out
		}
		yes, no, py := make([]float64, 8), make([]float64, 8), 0.0
		for i, p := range b.p {
			yes[i], no[i] = p*of[i], p*(1-of[i])
			py += yes[i]
		}
		want := h(b.p) - py*h(yes) - (1-py)*h(no)
		if got := b.yes(func(i int) float64 { return of[i] }); math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

func TestACanaryForOneOfTwoIsTheAdvice(t *testing.T) {
	h, _ := team(3, 1, 14)
	for i := range h.looks { // pairs that see the same
		h.looks[i].actor = h.looks[i].actor / 4 * 4
		if i%2 == 1 {
			h.looks[i].actor++
		}
	}
	res := h.answer(nil)
	if len(res.Next) == 0 || res.Next[0].Kind != StepCanary || len(res.Next[0].Actors) == 0 || res.Next[0].Bits <= 0.1 || res.Next[0].Bits > 1 {
		t.Fatalf("%+v", res.Next)
	}
	if !strings.Contains(strings.Join(res.Advice, "\n"), "canary") || !strings.Contains(strings.Join(res.AdviceZH, "\n"), "诱饵") {
		t.Errorf("%q %q", res.Advice, res.AdviceZH)
	}
}

// A record that holds the harmed customers alone says nothing of how usual it is to
// view them: the account that viewed them all is not accused.
func TestAnExtractAccusesNobody(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 51))
		h := history{queues: make([]string, 10)}
		for c := range h.queues {
			for _, a := range append([]int{0}, r.Perm(12)[:3]...) {
				h.looks = append(h.looks, look{actor: a, customer: c, at: t0.Add(time.Duration(c) * time.Hour)})
			}
			h.complaints = append(h.complaints, complaint{customer: c, at: t0.AddDate(0, 0, 20)})
		}
		if res := h.answer(nil); probability(res, actorNo(0)) > 0.3 || names(res) {
			t.Errorf("seed %d: %v %q", seed, res.Accounts, res.Advice)
		}
	}
}
