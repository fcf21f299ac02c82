package trace

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// probability is what res gives to an account.
func probability(res Result, actor event.ActorID) float64 {
	for _, a := range res.Accounts {
		if a.Actor == actor {
			return a.Probability
		}
	}
	return 0
}

// names says whether the advice points to anybody.
func names(res Result) bool {
	return slices.ContainsFunc(res.Advice, func(s string) bool { return strings.HasPrefix(s, "The record points to") })
}

func says(res Result, what string) bool {
	return strings.Contains(strings.Join(res.Advice, "\n"), what)
}

// office is a record of n customers, each viewed by two of a hundred accounts
// in turn, and one supervisor who saw six in ten.
func office(n int) history {
	h := history{queues: make([]string, n)}
	for c := range n {
		at := t0.Add(time.Duration(c) * time.Minute)
		h.looks = append(h.looks, look{actor: 1 + c%100, customer: c, at: at}, look{actor: 1 + (c/100+7*c)%100, customer: c, at: at})
		if c%5 < 3 {
			h.looks = append(h.looks, look{actor: 200, customer: c, at: at})
		}
	}
	return h
}

func TestABusyAccountThatSawEveryVictimIsNotNamed(t *testing.T) {
	h := office(2000)
	for k := range 8 {
		c := 100*k + 5*k // one that the supervisor saw
		h.looks = append(h.looks, look{actor: 300, customer: c, at: t0.AddDate(0, 0, 2)})
		h.complaints = append(h.complaints, complaint{customer: c, at: t0.AddDate(0, 0, 9)})
	}
	res := h.answer(nil)
	if p := probability(res, actorNo(300)); p < 0.95 || !says(res, "The record points to agent-300.") {
		t.Errorf("the culprit has %v: %q", p, res.Advice)
	}
	for _, a := range res.Accounts {
		if a.Actor == actorNo(200) && (len(a.Subjects) != 8 || a.Expected < 4) {
			t.Errorf("%+v", a)
		}
		if a.Actor != actorNo(300) && a.Probability > 0.1 {
			t.Errorf("%s has %v", a.Actor, a.Probability)
		}
	}
}

func TestOneComplaintAboutAQuietAccountIsNoProof(t *testing.T) {
	h := office(2000)
	for i := range h.looks { // few accounts, so that each is a likely culprit
		h.looks[i].actor %= 8
	}
	h.looks = append(h.looks, look{actor: 400, customer: 70, at: t0.AddDate(0, 0, 2)}) // its only view
	h.complaints = []complaint{{customer: 70, at: t0.AddDate(0, 0, 9)}}
	res := h.answer(nil)
	if names(res) || !says(res, "Not settled: agent-400") || !says(res, "too few") {
		t.Errorf("%q", res.Advice)
	}
	if probability(res, actorNo(400)) < 0.95 {
		t.Error("too easy: it does not stand out")
	}
}

func TestOneCallToAMarkedNumberIsProof(t *testing.T) {
	h := office(2000)
	h.queues = append(h.queues, "")
	h.looks = append(h.looks, look{actor: 9, customer: 2000, at: t0.AddDate(0, 0, 2)})
	h.complaints = []complaint{{customer: 2000, at: t0.AddDate(0, 0, 9), mark: true}}
	res := h.answer(nil)
	if p := probability(res, actorNo(9)); p < 0.95 || !says(res, "The record points to agent-009.") {
		t.Errorf("%v %q", p, res.Advice)
	}
	// Of two who saw it, either may be the one; a complaint adds nothing to that.
	h.looks = append(h.looks, look{actor: 8, customer: 2000, at: t0.AddDate(0, 0, 3)})
	h.complaints = append(h.complaints, complaint{customer: 2000, at: t0.AddDate(0, 0, 1)})
	res = h.answer(nil)
	if a, b := probability(res, actorNo(8)), probability(res, actorNo(9)); a < 0.4 || math.Abs(a-b) > 0.02 || names(res) {
		t.Errorf("%v and %v: %q", a, b, res.Advice)
	}
}

// same fails unless two answers agree to the last digit.
func same(t *testing.T, seed uint64, what string, got, want Result) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("seed %d: %s:\n%+v\nwant\n%+v", seed, what, got, want)
	}
}

func TestOnlyWhatHappenedCounts(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		h := randomHistory(r, 8, 40, 6)
		want := h.answer(nil)
		same(t, seed, "in another order", h.answer(r), want)

		twice := h
		twice.complaints = slices.Concat(h.complaints, h.complaints)
		for _, c := range h.complaints { // and once more, later, under another id
			c.at, c.mark = c.at.AddDate(0, 3, 0), false
			twice.complaints = append(twice.complaints, c)
		}
		same(t, seed, "complaints twice", twice.answer(r), want)

		late := h
		late.looks = slices.Clone(h.looks)
		for _, c := range h.complaints {
			for range 3 {
				late.looks = append(late.looks, look{actor: h.looks[r.IntN(len(h.looks))].actor, customer: c.customer, at: t0.AddDate(1, 0, r.IntN(9)),
					low: true, unexplained: true})
			}
		}
		same(t, seed, "views after the complaint", late.answer(r), want)
	}
}

func TestTheQueueDoesNotDependOnTheOrder(t *testing.T) {
	var events []event.Event
	add := func(at int, d event.Data) {
		events = append(events, event.New(fmt.Sprintf("e%04d", len(events)), "desk", t0.Add(time.Duration(at)*time.Hour), d))
	}
	r := rand.New(rand.NewPCG(1, 4))
	for c := range 60 {
		for range 3 { // moved from queue to queue, twice in the same hour
			q := []string{"cn", "en", "de"}[r.IntN(3)]
			add(c/2+r.IntN(2), &event.ReasonOpened{Kind: "ticket", ID: "t", Subject: customerNo(c), Queue: q})
			if c%2 == 0 {
				add(c/2+r.IntN(2), &event.AccessViewed{Actor: actorNo(r.IntN(7)), Subjects: []event.SubjectViewed{{Subject: customerNo(c), Attributes: map[string]any{"queue": q}}}})
			} else {
				add(c/2+r.IntN(2), &event.AccessViewed{Actor: actorNo(r.IntN(7)), Subjects: []event.SubjectViewed{{Subject: customerNo(c)}}})
			}
		}
		if c%6 == 0 {
			add(1000, &event.HarmReported{Subject: customerNo(c), Kind: event.HarmComplaint})
		}
	}
	var want Result
	for i := range uint64(20) {
		tracer := New(Options{})
		for _, ev := range slices.Concat(events, events[:len(events)/3]) { // some delivered twice
			tracer.Add(ev)
		}
		got := tracer.Answer()
		if i == 0 {
			want = got
		}
		same(t, i, "queues in another order", got, want)
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	}
}

// decode makes events of any bytes, four for each.
func decode(data []byte) (Options, []event.Event) {
	opt := Options{}
	if len(data) > 2 {
		opt = Options{Window: time.Duration(int8(data[0])) * time.Hour, Attribute: []string{"", "rating", "queue"}[data[2]%3]}
	}
	var out []event.Event
	for ; len(data) >= 4; data = data[4:] {
		at := t0.Add(time.Duration(data[1]) * 7 * time.Hour)
		if data[1] > 250 {
			at = []time.Time{{}, time.Unix(-1<<55, 0), time.Unix(1<<40, 0), t0, t0}[data[1]-251]
		}
		subject := event.SubjectID(strings.Repeat("c", int(data[2]%40)))
		var d event.Data
		switch data[0] % 8 {
		case 0:
			d = &event.HarmReported{Subject: subject, Kind: []string{event.HarmComplaint, event.HarmProxyRung, "", event.HarmReviewDeleted}[data[3]%4]}
		case 1:
			d = &event.ReasonOpened{Subject: subject, Queue: strings.Repeat("q", int(data[3]%3))}
		case 2:
			d = &event.StaffLeft{Actor: "a"}
		default:
			attrs := map[string]any{"rating": []any{1., 5., math.NaN(), "1", nil, int64(2), -1}[data[3]%7], "queue": []any{"", "q", 7, nil}[data[3]/7%4]}
			view := &event.AccessViewed{Actor: event.ActorID(strings.Repeat("a", int(data[0]/8)))}
			for range data[3] / 64 {
				view.Subjects = append(view.Subjects, event.SubjectViewed{Subject: subject, Attributes: attrs})
				subject += "c"
			}
			d = view
		}
		out = append(out, event.New(fmt.Sprint("e", data[0]%64), "", at, d)) // ids that are not unique
	}
	return opt, out
}

func FuzzAnyHistoryGivesProbabilities(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 5))
	for n := range 40 {
		data := make([]byte, 4*n)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		opt, events := decode(data[:min(len(data), 1200)])
		tracer := New(opt)
		harmed := map[event.SubjectID]bool{}
		for i, ev := range events {
			tracer.Add(ev)
			switch d := ev.Data.(type) {
			case *event.HarmReported:
				harmed[d.Subject] = true
			case *event.AccessViewed:
				if i%3 == 0 {
					tracer.Unexplained(ev, "cc")
				}
			}
		}
		res := tracer.Answer()
		if _, err := json.Marshal(res); err != nil {
			t.Error(err) // a NaN, say
		}
		sum := 0.
		for i, s := range res.Sets {
			sum += s.Probability
			if !(s.Probability > 0 && s.Probability <= 1) || len(s.Actors) < 1 || i > 0 && s.Probability > res.Sets[i-1].Probability {
				t.Errorf("set %d: %+v", i, s)
			}
		}
		for i, a := range res.Accounts {
			if !(a.Probability > 0 && a.Probability <= 1) || len(a.Subjects) == 0 || len(a.Views) == 0 || i > 0 && a.Probability > res.Accounts[i-1].Probability {
				t.Errorf("account %d: %+v", i, a)
			}
		}
		if sum > 1.005 || !(res.Nobody >= 0 && res.Nobody <= 1) || len(res.Each) != res.Harms || !(res.Unexplained >= 0 && res.Unexplained <= 1) || res.Harms != len(harmed) || len(res.Advice) == 0 || len(res.Advice) != len(res.AdviceZH) {
			t.Errorf("sum %v: %+v", sum, res)
		}
		same(t, 0, "asked again", tracer.Answer(), res)
	})
}
