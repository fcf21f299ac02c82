package watch

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// desk is a stream of a desk of three partners in one queue, to which a test
// adds what its thieves do.
type desk struct {
	r      *rand.Rand
	out    []event.Event
	n      int
	agents int
}

func newDesk(seed uint64, agents int) *desk {
	d := &desk{r: rand.New(rand.NewPCG(seed, 3)), agents: agents}
	for a := range agents {
		d.add(t0.Add(-time.Hour), &event.StaffJoined{Actor: actorNo(a), Partner: partnerNo(a), Queues: []string{"cn"}, Role: "agent"})
	}
	return d
}

func partnerNo(a int) event.PartnerID { return event.PartnerID(fmt.Sprint("bpo-", a%3+1)) }

func (d *desk) add(at time.Time, data event.Data) {
	d.out = append(d.out, event.New(fmt.Sprintf("d%07d", len(d.out)), "desk", at, data))
}

// view adds a view of a customer nobody has seen, with or without a ticket.
func (d *desk) view(a, day int, ticket bool, attributes map[string]any) {
	d.n++
	at := t0.AddDate(0, 0, day).Add(time.Duration(d.r.IntN(8*3600)) * time.Second)
	c := event.SubjectID(fmt.Sprint("c-", d.n))
	if ticket {
		d.add(at.Add(-time.Minute), &event.ReasonOpened{Kind: "ticket", ID: event.ReasonID("t" + string(c)), Actor: actorNo(a), Subject: c})
		d.add(at.Add(time.Hour), &event.ReasonClosed{Kind: "ticket", ID: event.ReasonID("t" + string(c))})
	}
	d.add(at, &event.AccessViewed{Actor: actorNo(a), Partner: partnerNo(a), Kind: event.KindDetail,
		Subjects: []event.SubjectViewed{{Subject: c, Attributes: attributes}}})
}

// customer draws the attributes of one.
func (d *desk) customer() map[string]any {
	member := "none"
	switch u := d.r.Float64(); {
	case u < 0.06:
		member = "gold"
	case u < 0.3:
		member = "silver"
	}
	rating := 4.
	if d.r.Float64() < 0.06 {
		rating = 1
	}
	return map[string]any{"rating": rating, "member": member, "queue": "cn", "order": fmt.Sprint("o-", d.n)}
}

func (d *desk) play(days int, more func(day int)) []event.Event {
	for day := range days {
		for a := range d.agents {
			for range 20 {
				d.view(a, day, true, d.customer())
			}
			for range poissonVariate(d.r, 2) {
				d.view(a, day, false, d.customer())
			}
		}
		more(day)
	}
	return sorted(d.out)
}

// alarms returns the rules that were raised, by account or partner.
func alarms(t *testing.T, events []event.Event) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, ev := range run(testPack(t), events) {
		a := ev.Data.(*event.AlertRaised)
		who := string(a.Actor)
		if who == "" {
			who = string(a.Partner)
		}
		if !slices.Contains(out[who], a.Rule) {
			out[who] = append(out[who], a.Rule)
		}
		if a.Message.EN == "" || a.Message.ZH == "" || strings.Contains(a.Message.EN+a.Message.ZH, "%!") {
			t.Errorf("%s says %+v", a.Rule, a.Message)
		}
		t.Logf("%s %s: %s", ev.Time.Format(time.DateOnly), a.Rule, a.Message.EN)
	}
	return out
}

func TestAnAttributeThatThePackDoesNotName(t *testing.T) {
	d := newDesk(1, 21)
	got := alarms(t, d.play(60, func(day int) {
		if day >= 30 {
			d.view(4, day, false, map[string]any{"rating": 4., "member": "gold", "queue": "cn"})
		}
	}))
	if !slices.Contains(got["agent-004"], RuleSelectivity) || len(got) != 1 {
		t.Errorf("alarms: %v", got)
	}
}

func TestAChoiceBehindRealTickets(t *testing.T) {
	d := newDesk(2, 21)
	got := alarms(t, d.play(60, func(day int) {
		if day >= 30 {
			for range 4 {
				d.view(5, day, true, map[string]any{"rating": 1., "member": "none", "queue": "cn"})
			}
		}
	}))
	if !slices.Contains(got["agent-005"], RuleExplained) || len(got) != 1 {
		t.Errorf("alarms: %v", got)
	}
}

func TestGuessingAtTheDoor(t *testing.T) {
	d := newDesk(3, 21)
	got := alarms(t, d.play(50, func(day int) {
		for a := range d.agents {
			for range poissonVariate(d.r, 0.1) {
				d.add(t0.AddDate(0, 0, day).Add(time.Hour), &event.AccessRefused{Actor: actorNo(a), Cause: "unlisted_route"})
			}
		}
		if day >= 30 && day < 33 {
			for i := range 12 {
				d.add(t0.AddDate(0, 0, day).Add(time.Duration(i)*time.Minute), &event.AccessRefused{Actor: "agent-006", Cause: "unlisted_route"})
			}
		}
	}))
	if !slices.Contains(got["agent-006"], RuleGuessing) || len(got) != 1 {
		t.Errorf("alarms: %v", got)
	}
}

func TestManySmallLeaksOfOnePartner(t *testing.T) {
	d := newDesk(4, 60)
	got := alarms(t, d.play(120, func(day int) {
		if day < 60 {
			return
		}
		for a := range 45 { // fifteen of bpo-1, each once a week
			if a%3 == 0 && (day+a/3)%7 == 0 {
				d.view(a, day, false, map[string]any{"rating": 1., "member": "none", "queue": "cn"})
			}
		}
	}))
	if !slices.Contains(got["bpo-1"], RuleDrift) {
		t.Errorf("alarms: %v", got)
	}
	for _, who := range slices.Sorted(maps.Keys(got)) {
		if who == "bpo-2" || who == "bpo-3" {
			t.Errorf("%s is innocent", who)
		}
	}
}

func TestFewerViewsAreNoSign(t *testing.T) {
	d := newDesk(5, 21)
	if got := alarms(t, d.play(80, func(day int) {
		if day < 40 { // half the desk looks around much more at first
			for a := range 10 {
				for range 4 {
					d.view(a, day, false, d.customer())
				}
			}
		}
	})); len(got) != 0 {
		t.Errorf("alarms: %v", got)
	}
}

// A thief who is refused again and again is named for the theft as well.
func TestOneQuestionDoesNotSilenceAnother(t *testing.T) {
	d := newDesk(6, 21)
	got := alarms(t, d.play(60, func(day int) {
		if day < 25 {
			return
		}
		for i := range 5 {
			d.add(t0.AddDate(0, 0, day).Add(time.Duration(i)*time.Minute), &event.AccessRefused{Actor: "agent-007", Cause: "reveal_reason_not_open"})
		}
		d.view(7, day, false, map[string]any{"rating": 1., "member": "none", "queue": "cn"})
	}))
	who := got["agent-007"]
	if !slices.Contains(who, RuleGuessing) || !slices.Contains(who, RuleAttribute) || len(got) != 1 {
		t.Errorf("alarms: %v", got)
	}
}

// Menshen's own narrowing brings refusals about; they are no guessing.
func TestADoorThatAStandingClosedIsNoGuess(t *testing.T) {
	d := newDesk(7, 21)
	if got := alarms(t, d.play(50, func(day int) {
		for i := range 9 {
			if day >= 30 {
				d.add(t0.AddDate(0, 0, day).Add(time.Duration(i)*time.Minute), &event.AccessRefused{Actor: "agent-008", Cause: "standing_narrowed"})
			}
		}
	})); len(got) != 0 {
		t.Errorf("alarms: %v", got)
	}
}
