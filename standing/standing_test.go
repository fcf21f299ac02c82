package standing

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func change(id string, at time.Time, scope, who, standing, cause string, until time.Time) event.Event {
	return event.New(id, Source, at, &event.StandingChanged{Scope: scope, ID: who, Standing: standing, Cause: cause, Until: until})
}

func TestStrictestGroundWins(t *testing.T) {
	b := New()
	who := Who{Actor: "a", Partner: "p", Site: "x", Station: "st", Device: "d"}
	if got := b.Ask(who, t0); got.Standing != event.Open || len(got.Grounds) != 0 {
		t.Fatalf("empty book: %+v", got)
	}
	b.Apply(change("1", t0, event.ScopeStation, "st", event.Narrowed, "camera_flagged", t0.Add(time.Hour)))
	b.Apply(change("2", t0, event.ScopePartner, "p", event.Closed, "qualification_lapsed", time.Time{}))
	b.Apply(change("3", t0, event.ScopeActor, "other", event.Closed, "left", time.Time{}))
	got := b.Ask(who, t0.Add(time.Minute))
	if got.Standing != event.Closed || len(got.Grounds) != 2 || got.Grounds[0].Cause != "qualification_lapsed" {
		t.Fatalf("got %+v", got)
	}
	b.Apply(change("4", t0.Add(time.Minute), event.ScopePartner, "p", event.Open, "qualification_lapsed", time.Time{}))
	if got := b.Ask(who, t0.Add(59*time.Minute)); got.Standing != event.Narrowed {
		t.Fatalf("after lifting: %+v", got)
	}
	if got := b.Ask(who, t0.Add(time.Hour)); got.Standing != event.Open {
		t.Fatalf("at the end of the hour: %+v", got)
	}
	if l := b.List(t0.Add(time.Minute)); len(l) != 2 || l[0].ID != "other" || l[1].ID != "st" {
		t.Fatalf("list: %+v", l)
	}
}

func TestLiftedGroundDoesNotComeBackByReplay(t *testing.T) {
	b := New()
	set := change("1", t0, event.ScopeActor, "a", event.Narrowed, "alert-1", time.Time{})
	lift := change("2", t0.Add(time.Hour), event.ScopeActor, "a", event.Open, "alert-1", time.Time{})
	for _, ev := range []event.Event{set, lift, set, set} {
		b.Apply(ev)
	}
	if got := b.Ask(Who{Actor: "a"}, t0.Add(2*time.Hour)); got.Standing != event.Open {
		t.Fatalf("came back: %+v", got)
	}
	// The record's order decides, not the clock: a new change applies whatever its time.
	b.Apply(change("3", t0.Add(-time.Hour), event.ScopeActor, "a", event.Closed, "alert-1", time.Time{}))
	if got := b.Ask(Who{Actor: "a"}, t0); got.Standing != event.Closed {
		t.Fatalf("new change ignored: %+v", got)
	}
}

func TestConsequence(t *testing.T) {
	alert := func(action string) event.Event {
		return event.New("e", Source, t0, &event.AlertRaised{Alert: "al-1", Rule: "r", Severity: "high", Actor: "a", Action: action})
	}
	if _, ok := Consequence(alert(event.ActionNone)); ok {
		t.Error("an alert without action changed a standing")
	}
	one, ok := Consequence(alert(event.ActionNarrow))
	two, _ := Consequence(alert(event.ActionNarrow))
	if !ok || one.ID != two.ID || one.Check() != nil {
		t.Fatalf("%v %+v %+v", ok, one, two)
	}
	b := New()
	b.Apply(one)
	got := b.Ask(Who{Actor: "a"}, t0)
	if got.Standing != event.Narrowed || got.Grounds[0].Cause != "al-1" {
		t.Fatalf("%+v", got)
	}
	if c, ok := Consequence(alert(event.ActionClose)); !ok || c.Data.(*event.StandingChanged).Standing != event.Closed || c.ID == one.ID {
		t.Fatalf("%+v", c)
	}
}

func TestBookFromManyGoroutines(t *testing.T) {
	b := New()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 100 {
				b.Apply(change(fmt.Sprint(i, "-", j), t0, event.ScopeActor, fmt.Sprint(j), event.Narrowed, "c", time.Time{}))
				b.Ask(Who{Actor: event.ActorID(fmt.Sprint(j))}, t0)
				b.List(t0)
			}
		})
	}
	wg.Wait()
	if n := len(b.List(t0)); n != 100 {
		t.Fatalf("%d entries", n)
	}
}
