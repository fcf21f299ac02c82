package watch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

var t0 = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// testPack is the pack that comes with Menshen, so that it is tested as shipped.
func testPack(t testing.TB) *Pack {
	t.Helper()
	data, err := os.ReadFile("../packs/hotel-desk/pack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse("pack.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// oracle says, by going through the whole stream, whether a view is explained.
func oracle(events []event.Event, view event.Event, subject event.SubjectID, g Grace) bool {
	actor := view.Data.(*event.AccessViewed).Actor
	type span struct {
		holder   event.ActorID
		from, to time.Time // to zero: not ended
		first    bool
		closed   bool
	}
	for _, o := range events {
		open, ok := o.Data.(*event.ReasonOpened)
		if !ok || open.Subject != subject {
			continue
		}
		spans := []span{}
		if open.Actor != "" {
			spans = append(spans, span{holder: open.Actor, from: o.Time, first: true})
		}
		var closed time.Time
		for _, later := range events {
			if !o.Before(later) || !closed.IsZero() {
				continue
			}
			switch d := later.Data.(type) {
			case *event.ReasonAssigned:
				n := len(spans)
				if d.Kind != open.Kind || d.ID != open.ID || n > 0 && spans[n-1].holder == d.Actor {
					continue
				}
				if n > 0 {
					spans[n-1].to = later.Time
				}
				spans = append(spans, span{holder: d.Actor, from: later.Time, first: n == 0})
			case *event.ReasonClosed:
				if d.Kind == open.Kind && d.ID == open.ID {
					closed = later.Time
					if n := len(spans); n > 0 {
						spans[n-1].to, spans[n-1].closed = later.Time, true
					}
				}
			}
		}
		for _, s := range spans {
			from, to := s.from, s.to
			if s.first {
				from = from.Add(-time.Duration(g.BeforeOpening))
			}
			if s.holder != actor || view.Time.Before(from) {
				continue
			}
			switch {
			case s.to.IsZero():
				return true
			case s.closed && !view.Time.After(to.Add(time.Duration(g.AfterClosing))):
				return true
			case !s.closed && view.Time.Before(to):
				return true
			}
		}
	}
	return false
}

// randomWork is a stream of reasons and views in which accounts often look at
// what is just, or no longer, theirs.
func randomWork(r *rand.Rand, n int) []event.Event {
	var events []event.Event
	actors := []event.ActorID{"a", "b", "c"}
	add := func(at time.Time, d event.Data) {
		events = append(events, event.New(fmt.Sprintf("e%05d", len(events)), "test", at, d))
	}
	for i := range n {
		at := t0.Add(time.Duration(r.IntN(6*24*60)) * time.Minute)
		subject := event.SubjectID(fmt.Sprint("c-", r.IntN(12)))
		id := event.ReasonID(fmt.Sprint("t-", i))
		open := &event.ReasonOpened{Kind: "ticket", ID: id, Subject: subject}
		if r.IntN(4) > 0 {
			open.Actor = actors[r.IntN(3)]
		}
		add(at, open)
		for range r.IntN(3) {
			at = at.Add(time.Duration(1+r.IntN(90)) * time.Minute)
			add(at, &event.ReasonAssigned{Kind: "ticket", ID: id, Actor: actors[r.IntN(3)]})
		}
		if r.IntN(5) > 0 {
			at = at.Add(time.Duration(1+r.IntN(90)) * time.Minute)
			add(at, &event.ReasonClosed{Kind: "ticket", ID: id})
		}
		for range 6 {
			v := &event.AccessViewed{Actor: actors[r.IntN(3)], Kind: event.KindDetail,
				Subjects: []event.SubjectViewed{{Subject: subject, Attributes: map[string]any{"rating": float64(1 + r.IntN(5))}}}}
			if r.IntN(2) == 0 {
				v.Reason = &event.ReasonRef{Kind: "ticket", ID: id}
			}
			add(at.Add(time.Duration(r.IntN(60*60)-30*60)*time.Minute), v)
		}
	}
	return events
}

func sorted(events []event.Event) []event.Event {
	out := slices.Clone(events)
	slices.SortFunc(out, func(a, b event.Event) int {
		switch {
		case a.Before(b):
			return -1
		case b.Before(a):
			return 1
		}
		return 0
	})
	return out
}

func TestExplainedAgainstOracle(t *testing.T) {
	pack := testPack(t)
	for seed := range uint64(20) {
		events := sorted(randomWork(rand.New(rand.NewPCG(seed, 1)), 40))
		got := map[string]bool{}
		e := New(pack, Options{Verdict: func(v event.Event, _ event.SubjectID, explained bool) { got[v.ID] = explained }})
		for _, ev := range events {
			e.Fold(ev)
		}
		e.Flush()
		yes := 0
		for _, ev := range events {
			d, ok := ev.Data.(*event.AccessViewed)
			if !ok {
				continue
			}
			want := oracle(events, ev, d.Subjects[0].Subject, pack.Grace)
			if have, told := got[ev.ID]; !told || have != want {
				t.Fatalf("seed %d: view %s at %s: explained %v (told %v), oracle %v", seed, ev.ID, ev.Time, have, told, want)
			}
			if want {
				yes++
			}
		}
		if yes < 20 || yes > 220 {
			t.Fatalf("seed %d: %d of 240 explained: the stream tests nothing", seed, yes)
		}
	}
}

func bytesOf(t testing.TB, alerts []event.Event) []byte {
	t.Helper()
	var b bytes.Buffer
	w := event.NewWriter(&b)
	for _, a := range alerts {
		if err := a.Check(); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(a); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func run(pack *Pack, events []event.Event) []event.Event {
	e := New(pack, Options{})
	s := event.NewSorter(time.Duration(pack.AllowedLateness))
	var out []event.Event
	for _, ev := range events {
		for _, next := range s.Push(ev) {
			out = append(out, e.Fold(next)...)
		}
	}
	for _, next := range s.Flush() {
		out = append(out, e.Fold(next)...)
	}
	return append(out, e.Flush()...)
}

func TestOrderOfArrivalAndReplayGiveTheSameBytes(t *testing.T) {
	pack := testPack(t)
	world := newWorld(3)
	world.days = 40
	events := append(world.events(), event.New("n1", "gateway", t0.Add(-time.Hour), &event.CanaryPlanted{Subject: "c-7"}))
	events = append(events, randomWork(rand.New(rand.NewPCG(9, 9)), 60)...)
	for i := range events { // ids are unique in a stream
		events[i].ID = fmt.Sprintf("x%06d", i)
	}
	in := sorted(events)
	want := bytesOf(t, run(pack, in))
	if len(want) == 0 {
		t.Fatal("no alerts: nothing is tested")
	}
	if again := bytesOf(t, run(pack, in)); !bytes.Equal(want, again) {
		t.Fatal("a replay gave other bytes")
	}
	r := rand.New(rand.NewPCG(4, 4))
	for range 3 {
		// Each event is late by up to just under the allowed lateness.
		late := make([]event.Event, len(in))
		copy(late, in)
		keys := make(map[string]time.Time, len(in))
		for _, ev := range in {
			keys[ev.ID] = ev.Time.Add(time.Duration(r.Int64N(int64(23 * time.Hour))))
		}
		sortBy(late, keys)
		if got := bytesOf(t, run(pack, late)); !bytes.Equal(want, got) {
			t.Fatal("the order of arrival changed the answer")
		}
	}
}

func TestReasonsForgetWhatNobodyNeeds(t *testing.T) {
	g := Grace{Duration(30 * time.Minute), Duration(24 * time.Hour)}
	r := NewReasons(g)
	for i := range 20000 {
		at := t0.Add(time.Duration(i) * time.Minute)
		id := event.ReasonID(fmt.Sprint(i))
		r.Apply(event.New("o", "t", at, &event.ReasonOpened{Kind: "ticket", ID: id, Actor: "a", Subject: event.SubjectID(fmt.Sprint("c", i))}))
		r.Apply(event.New("a", "t", at, &event.ReasonAssigned{Kind: "ticket", ID: id, Actor: "b"}))
		r.Apply(event.New("c", "t", at.Add(time.Minute), &event.ReasonClosed{Kind: "ticket", ID: id}))
	}
	if len(r.known) > 4000 || len(r.held) > 8000 || len(r.expiry) > 16000 {
		t.Fatalf("kept %d reasons, %d pairs, %d ends", len(r.known), len(r.held), len(r.expiry))
	}
	at := t0.Add(19999 * time.Minute)
	if !r.Open("b", "ticket", "19999", "c19999", at) || r.Open("b", "ticket", "19998", "c19999", at) || !r.Held("b", "c19998", at) || r.Held("a", "c19998", at) {
		t.Fatal("wrong holders")
	}
}
