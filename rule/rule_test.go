package rule

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
)

var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

type text struct {
	Aggregates []Aggregate `yaml:"aggregates"`
	Checks     []Check     `yaml:"checks"`
}

func compiled(t testing.TB, doc string) *Set {
	t.Helper()
	var x text
	if err := yaml.Unmarshal([]byte(doc), &x); err != nil {
		t.Fatal(err)
	}
	s, faults := Compile(x.Aggregates, x.Checks)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

const everyKind = `
aggregates:
  - {name: n, on: [access.viewed, access.refused], where: 'actor != "a0"', key: [actor], fn: count, window: 1h}
  - {name: speed, on: [access.viewed], key: [actor], fn: rate, window: 2h}
  - {name: places, on: [access.viewed], key: [actor], fn: distinct, of: station, window: 1h}
  - {name: where_last, on: [access.viewed], key: [actor], fn: last, of: station, window: 1h}
  - {name: all_places, on: [access.viewed], key: [partner, actor], fn: set, of: station, window: 30m}
  - {name: sure, on: [camera.flagged], key: [station], fn: sum, of: confidence, window: 1h}
checks:
  - {name: c, on: [access.viewed], when: 'true', severity: low, action: alert,
     message: {zh: "{n}|{speed}|{places}|{where_last}|{sure}", en: "{n}|{speed}|{places}|{where_last}|{sure}"}}
  - {name: d, on: [access.viewed], when: 'len(all_places) >= 3 and any(all_places, # == "s1")', severity: low, action: ask, message: {zh: x, en: x}}
`

// stream is random events, some late by up to a day, some repeated.
func stream(r *rand.Rand, n int) []event.Event {
	var out []event.Event
	for i := range n {
		at := t0.Add(time.Duration(i)*4*time.Minute - time.Duration(r.IntN(2)*r.IntN(90))*time.Minute)
		actor, station := event.ActorID(fmt.Sprint("a", r.IntN(3))), event.StationID(fmt.Sprint("s", r.IntN(4)))
		var d event.Data
		switch r.IntN(5) {
		case 0:
			d = &event.AccessRefused{Actor: actor, Cause: "x"}
		case 1:
			d = &event.CameraFlagged{Camera: "k", Seen: "phone", Station: station, Confidence: float64(r.IntN(8)) / 8}
		default:
			d = &event.AccessViewed{Actor: actor, Partner: "p", Station: station}
		}
		out = append(out, event.New(fmt.Sprint("e", i), "t", at, d))
		if r.IntN(6) == 0 {
			out = append(out, out[len(out)-1-r.IntN(min(len(out), 100))])
		}
	}
	return out
}

// oracle works out everything anew from all events so far.
func oracle(before []event.Event, ev event.Event) (message string, d bool) {
	v := ev.Data.(*event.AccessViewed)
	seen := map[event.Key]bool{}
	n, views, sure := 0, 0, 0.0
	places, halfHour := map[string]bool{}, map[string]bool{}
	var last event.Event
	for _, o := range before {
		age := ev.Time.Sub(o.Time)
		if seen[o.Key()] || age < 0 {
			continue
		}
		seen[o.Key()] = true
		switch x := o.Data.(type) {
		case *event.AccessRefused:
			if x.Actor == v.Actor && x.Actor != "a0" && age < time.Hour {
				n++
			}
		case *event.CameraFlagged:
			if x.Station == v.Station && age < time.Hour {
				sure += x.Confidence
			}
		case *event.AccessViewed:
			if x.Actor != v.Actor {
				continue
			}
			if age < 2*time.Hour {
				views++
			}
			if age < 30*time.Minute {
				halfHour[string(x.Station)] = true
			}
			if age < time.Hour {
				if x.Actor != "a0" {
					n++
				}
				places[string(x.Station)] = true
				if last.Data == nil || last.Before(o) {
					last = o
				}
			}
		}
	}
	return fmt.Sprintf("%d|%v|%d|%s|%v", n, float64(views)/2, len(places), last.Data.(*event.AccessViewed).Station, sure), len(halfHour) >= 3 && halfHour["s1"]
}

func TestWindowsAgainstAllEvents(t *testing.T) {
	set := compiled(t, everyKind)
	for seed := range uint64(12) {
		e := New(set)
		events := stream(rand.New(rand.NewPCG(seed, 1)), 400)
		alarms := 0
		for i, ev := range events {
			got := e.Fold(ev)
			if ev.Type != event.TypeAccessViewed {
				if len(got) > 0 {
					t.Fatal("an alert on another type")
				}
				continue
			}
			want, d := oracle(events[:i+1], ev)
			if got[0].Data.(*event.AlertRaised).Message.EN != want {
				t.Fatalf("seed %d event %d: %s, want %s", seed, i, got[0].Data.(*event.AlertRaised).Message.EN, want)
			}
			if (len(got) == 2) != d {
				t.Fatalf("seed %d event %d: check d %v, want %v", seed, i, len(got) == 2, d)
			}
			if d {
				alarms++
			}
		}
		if alarms == 0 {
			t.Errorf("seed %d: check d was never true", seed)
		}
		if f := e.Faults(); len(f) > 0 {
			t.Errorf("seed %d: %v", seed, f)
		}
	}
}

func TestResumedInTheMiddle(t *testing.T) {
	set := compiled(t, everyKind)
	events := stream(rand.New(rand.NewPCG(5, 5)), 300)
	say := func(cut int) (out []string) {
		e := New(set)
		for i, ev := range events {
			if i == cut {
				var b bytes.Buffer
				if err := gob.NewEncoder(&b).Encode(e.State()); err != nil {
					t.Fatal(err)
				}
				var s State
				if err := gob.NewDecoder(&b).Decode(&s); err != nil {
					t.Fatal(err)
				}
				e = New(set)
				if err := e.Resume(s); err != nil {
					t.Fatal(err)
				}
			}
			for _, a := range e.Fold(ev) {
				line, err := a.AppendJSON(nil)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, string(line))
			}
		}
		return out
	}
	want := say(-1)
	for _, cut := range []int{1, 150, 299} {
		if got := say(cut); !slices.Equal(got, want) {
			t.Errorf("cut at %d: other alerts", cut)
		}
	}
}

func TestQuietAndWhatStandsBehind(t *testing.T) {
	set := compiled(t, `
aggregates: [{name: n, on: [access.refused], key: [actor], fn: count, window: 1h}]
checks: [{name: many, on: [access.refused], when: n >= 3, severity: high, action: narrow, quiet: 1h, message: {zh: "{actor} {n}", en: "{actor} {n}"}}]
`)
	e := New(set)
	var got []string
	for i := range 80 {
		ev := event.New(fmt.Sprint("e", i), "t", t0.Add(time.Duration(i)*time.Minute), &event.AccessRefused{Actor: "a1", Partner: "p", Cause: "x"})
		for _, a := range e.Fold(ev) {
			d := a.Data.(*event.AlertRaised)
			got = append(got, fmt.Sprint(d.Message.EN, " ", len(d.Events), " ", d.Events[len(d.Events)-1], " ", d.Actor, d.Partner, d.Action))
			if err := a.Check(); err != nil {
				t.Error(err)
			}
		}
	}
	if want := []string{"a1 3 3 e2 a1pnarrow", "a1 60 20 e62 a1pnarrow"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWhatAnEventLacksIsAFaultOfTheRule(t *testing.T) {
	e := New(compiled(t, `
aggregates: [{name: n, on: [access.viewed], key: [station], fn: count, window: 1h}]
checks:
  - {name: claims, on: [access.viewed], when: 'reason.kind == "ticket"', severity: low, action: alert, message: {zh: x, en: x}}
  - {name: first, on: [access.viewed], when: 'subjects[0].subject == "c-1"', severity: low, action: alert, message: {zh: x, en: x}}
`))
	e.Fold(event.New("e1", "t", t0, &event.AccessViewed{Actor: "a"}))
	e.Fold(event.New("e2", "t", t0, &event.AccessViewed{Actor: "a"}))
	got := e.Fold(event.New("e3", "t", t0, &event.AccessViewed{Actor: "a", Station: "s", Reason: &event.ReasonRef{Kind: "ticket", ID: "t"}, Subjects: []event.SubjectViewed{{Subject: "c-1"}}}))
	if len(got) != 2 {
		t.Errorf("%d alerts, want 2", len(got))
	}
	faults := strings.Join(e.Faults(), "\n")
	for _, want := range []string{"rule claims:", "rule first:", "rule n: the event has no station (2 times, first on event \"e1\")"} {
		if !strings.Contains(faults, want) {
			t.Errorf("%q is not in\n%s", want, faults)
		}
	}
}

func TestFaultsOfRules(t *testing.T) {
	var x text
	if err := yaml.Unmarshal([]byte(`
aggregates:
  - {name: Bad Name, on: [access.gone], key: [], fn: average, window: 1h}
  - {name: actor, on: [access.viewed], key: [actor], fn: count, window: 1h}
  - {name: m, on: [access.viewed], key: [shoe], fn: sum, of: station, window: 1h}
  - {name: k, on: [access.viewed], key: [actor], fn: count, where: now() > 3, window: 1h}
checks:
  - {name: q, on: [access.viewed], when: 'shoe == 4', severity: grave, action: shoot, message: {zh: '{hat}', en: x}}
  - {name: r, on: [access.viewed], when: 'actor', severity: low, action: ask, message: {zh: x, en: x}}
  - {name: r, on: [access.viewed], when: 'kind + 1 == 2', severity: low, action: ask, message: {zh: x, en: x}}
  - {name: s, on: [staff.left], when: 'm > 1', severity: low, action: ask, message: {zh: x, en: x}}
`), &x); err != nil {
		t.Fatal(err)
	}
	_, faults := Compile(x.Aggregates, x.Checks)
	_, more := Compile(nil, x.Checks)
	all := fmt.Sprint(faults, more)
	for _, want := range []string{"aggregates.1 name:", "aggregates.1 fn:", "aggregates.1 on:", "aggregates.1 key:", "aggregates.2 name: access.viewed has a field of that name",
		"aggregates.3 key:", "aggregates.3 of:", "aggregates.4 where:", "checks.1 severity:", "checks.1 action:", "checks.1 when:", "checks.1 message: {hat}", "checks.2 when:", "checks.3 name: there are two", "checks.3 when:", "checks.4 when:"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, strings.Join(strings.Split(all, "} {"), "\n"))
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add([]byte(everyKind))
	f.Add([]byte("checks: [{name: a, on: [access.viewed], when: 'all(subjects, .fields.phone == \"raw\")', severity: low, action: ask, message: {zh: x, en: x}}]"))
	f.Add([]byte("checks: [{name: a, on: [access.viewed], when: '1..1000000000 == [1]', severity: low, action: ask, message: {zh: x, en: x}}]"))
	f.Add([]byte("checks: [{name: a, on: [order.paid], when: 'money.amount / 0 > 1', severity: low, action: ask, message: {zh: x, en: x}}]"))
	events := stream(rand.New(rand.NewPCG(1, 1)), 40)
	f.Fuzz(func(t *testing.T, data []byte) {
		var x text
		if yaml.Unmarshal(data, &x) != nil {
			return
		}
		set, faults := Compile(x.Aggregates, x.Checks)
		if len(faults) > 0 {
			return
		}
		e := New(set)
		for _, ev := range events {
			for _, a := range e.Fold(ev) {
				if err := a.Check(); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

func BenchmarkFold(b *testing.B) {
	e := New(compiled(b, everyKind))
	events := stream(rand.New(rand.NewPCG(1, 1)), 4000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.Fold(events[i%len(events)])
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// More keys than are kept push out those seen longest ago, at once and not only
// when time has passed.
func TestKeysAreBounded(t *testing.T) {
	e := New(compiled(t, `
aggregates: [{name: n, on: [access.refused], key: [actor], fn: count, window: 24h}]
checks: [{name: twice, on: [access.refused], when: n >= 2, severity: low, action: alert, message: {zh: x, en: x}}]
`))
	fold := func(actor int) int {
		at := t0.Add(time.Duration(actor) * time.Millisecond)
		return len(e.Fold(event.New(fmt.Sprint("e", actor, at.UnixNano()), "t", at, &event.AccessRefused{Actor: event.ActorID(fmt.Sprint("a", actor)), Cause: "x"})))
	}
	most := 0
	for i := range MaxKeys + MaxKeys/8 + 10 {
		fold(i)
		most = max(most, len(e.state.Values[0]))
	}
	if most > MaxKeys+MaxKeys/8+1 || len(e.state.Values[0]) > MaxKeys+10 {
		t.Errorf("%d keys at most, %d at the end", most, len(e.state.Values[0]))
	}
	if again := e.Fold(event.New("last", "t", t0.Add(time.Hour), &event.AccessRefused{Actor: event.ActorID(fmt.Sprint("a", MaxKeys)), Cause: "x"})); len(again) != 1 {
		t.Error("a late key was forgotten")
	}
	if again := e.Fold(event.New("first", "t", t0.Add(time.Hour), &event.AccessRefused{Actor: "a0", Cause: "x"})); len(again) != 0 {
		t.Error("the oldest key was kept")
	}
}
