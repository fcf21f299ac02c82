package sim

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// looked is one customer of one view, with whether work explains it.
type looked struct {
	held
	at        time.Time
	day       int
	kind      string
	explained bool
	rating    int // 0: none
	queue     string
}

// record is a world's history, judged by going through all spells of work.
type record struct {
	w       *World
	looks   []looked
	events  []event.Event
	opened  map[string]int // tickets by queue and day
	atWork  map[string]bool
	assigns int
}

type spell struct{ from, to time.Time }

// judged goes through a world as the contract says: a reason is its first
// holder's from 30 minutes before its opening, its last holder's until 24 hours
// after its close, and nobody else's.
func judged(t *testing.T, o Options) *record {
	t.Helper()
	r := &record{w: world(t, o), opened: map[string]int{}, atWork: map[string]bool{}}
	spells, holder := map[held][]*spell{}, map[event.ReasonID]held{}
	last := map[event.ReasonID]*spell{}
	take := func(id event.ReasonID, h held, from time.Time) {
		last[id] = &spell{from, r.w.End().AddDate(1, 0, 0)}
		spells[h], holder[id] = append(spells[h], last[id]), h
	}
	for ev := range r.w.Events() {
		r.events = append(r.events, ev)
		switch d := ev.Data.(type) {
		case *event.ReasonOpened:
			take(d.ID, held{d.Actor, d.Subject}, ev.Time.Add(-30*time.Minute))
			r.opened[fmt.Sprint(d.Queue, r.day(ev.Time))]++
		case *event.ReasonAssigned:
			last[d.ID].to = ev.Time.Add(-1)
			take(d.ID, held{d.Actor, holder[d.ID].subject}, ev.Time)
			r.assigns++
		case *event.ReasonClosed:
			last[d.ID].to = ev.Time.Add(24 * time.Hour)
		}
	}
	for _, ev := range r.events {
		d, ok := ev.Data.(*event.AccessViewed)
		if !ok {
			continue
		}
		r.atWork[fmt.Sprint(d.Actor, r.day(ev.Time))] = true
		for _, s := range d.Subjects {
			l := looked{held: held{d.Actor, s.Subject}, at: ev.Time, day: r.day(ev.Time), kind: d.Kind, queue: s.Attributes["queue"].(string)}
			l.rating, _ = s.Attributes["rating"].(int)
			for _, x := range spells[l.held] {
				l.explained = l.explained || !l.at.Before(x.from) && !l.at.After(x.to)
			}
			if d.Endpoint == "GET /api/orders" {
				l.kind = kindBrowse
			}
			r.looks = append(r.looks, l)
		}
	}
	return r
}

func (r *record) day(at time.Time) int { return int(at.Sub(r.w.opt.Start) / (24 * time.Hour)) }

// share is how many of the looks that are counted are also wanted.
func (r *record) share(counted, wanted func(looked) bool) float64 {
	all, some := 0., 0.
	for _, l := range r.looks {
		if l.kind != event.KindList && l.kind != kindBrowse && counted(l) {
			all++
			if wanted(l) {
				some++
			}
		}
	}
	return some / max(all, 1)
}

func unexplainedLook(l looked) bool { return !l.explained }

func lowRated(l looked) bool { return l.rating > 0 && l.rating <= BadRating }

// Each leaker's customers were seen as its kind says, and by nobody's mistake.
func TestLeakersInTheRecord(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		o := Options{Scenario: Hidden, Seed: seed, Agents: 26, Days: 100}
		o.Leakers = append(world(t, o).Options().Leakers, Leaker{Kind: LeakGuesser})
		r := judged(t, o)
		byPair := map[held][]looked{}
		for _, l := range r.looks {
			byPair[l.held] = append(byPair[l.held], l)
		}
		sold, kinds := map[event.SubjectID]bool{}, map[string]bool{}
		for _, in := range r.w.Truth().Insiders {
			kinds[in.Kind] = true
			k := slices.IndexFunc(r.w.leakers, func(l leaker) bool { return l.agent.ID == in.Actor })
			from := r.w.leakers[k].From
			if n := len(in.Subjects); n < 8 || n > 100 {
				t.Errorf("seed %d: %s sold %d customers", seed, in.Kind, n)
			}
			for _, s := range in.Subjects {
				if sold[s] {
					t.Errorf("seed %d: %s sold twice", seed, s)
				}
				sold[s] = true
				i, _ := r.w.Index(string(s))
				fits := slices.ContainsFunc(byPair[held{in.Actor, s}], func(l looked) bool {
					early := time.Minute // a search goes before
					if in.Kind == LeakHiding {
						early = 36 * time.Hour // all of a ticket's views do
					}
					if l.at.Before(in.From.Add(-early)) || l.at.After(in.To) {
						return false
					}
					switch in.Kind {
					case LeakHiding, LeakPretext:
						return l.explained && l.kind == event.KindDetail && lowRated(l)
					case LeakPhotos:
						return l.kind == kindBrowse && lowRated(l)
					case LeakPicky:
						return !l.explained && l.kind == event.KindDetail && r.w.member(i) == "gold"
					case LeakPausing:
						return !l.explained && l.kind == event.KindDetail && lowRated(l) && (l.day-from)/14%2 == 0
					case LeakGuesser:
						return !l.explained && l.kind == event.KindDetail
					}
					return !l.explained && l.kind == event.KindDetail && lowRated(l)
				})
				if !fits {
					t.Errorf("seed %d: the record does not show %s as taken by %s, %s", seed, s, in.Actor, in.Kind)
				}
			}
			if joined := r.w.leakers[k].agent.Joined; in.Kind == LeakDayOne && (joined.Equal(r.w.opt.Start) || in.From.Sub(joined) > 10*24*time.Hour) {
				t.Errorf("seed %d: day-one joined %s and began %s", seed, joined, in.From)
			}
		}
		if len(kinds) != len(LeakKinds()) {
			t.Errorf("seed %d: leakers of %d kinds", seed, len(kinds))
		}
	}
}

// A world with leakers is the same world to all others.
func TestLeakersLeaveTheRest(t *testing.T) {
	t.Parallel()
	o := Options{Scenario: Hidden, Seed: 6, Agents: 20, Days: 60}
	o.Leakers = []Leaker{{Kind: LeakSteady}, {Kind: LeakMimic}, {Kind: LeakPretext}, {Kind: LeakPhotos}}
	leaky := judged(t, o)
	o.Leakers = []Leaker{}
	calm := judged(t, o)
	leakers := map[event.ActorID]string{}
	for _, l := range leaky.w.leakers {
		leakers[l.agent.ID] = l.Kind
	}
	others := func(r *record) (out []looked) {
		for _, l := range r.looks {
			if leakers[l.actor] == "" {
				l.rating = 0 // a review may have been taken down
				out = append(out, l)
			}
		}
		return out
	}
	if a, b := others(leaky), others(calm); !reflect.DeepEqual(a, b) {
		t.Errorf("others looked %d times beside leakers, and %d times without", len(a), len(b))
	}
	count := func(r *record, kind string) (n int) {
		for _, l := range r.looks {
			if leakers[l.actor] == kind && !l.explained && l.kind != event.KindList && l.kind != kindBrowse {
				n++
			}
		}
		return n
	}
	if a, b := count(leaky, LeakMimic), count(calm, LeakMimic); math.Abs(float64(a-b)) > 0.15*float64(b) {
		t.Errorf("mimic: %d unexplained views, %d without the leak", a, b)
	}
	if a, b := count(leaky, LeakSteady), count(calm, LeakSteady); a < b+15 {
		t.Errorf("steady: %d unexplained views, %d without the leak", a, b)
	}
}

// Each trouble alone leaves its mark, and the mark is not there without it: a
// world plans when its troubles would come whether they do or not.
func TestTroublesShow(t *testing.T) {
	t.Parallel()
	base := Options{Seed: 9, Agents: 40, Days: 60, Merchants: -1, Canaries: -1}
	calm := judged(t, base)
	for trouble, x := range map[string]struct {
		mark  func(r *record) float64
		least float64 // times the mark without the trouble, plus one thousandth
	}{
		Campaign: {func(r *record) float64 { // tickets of that queue in those weeks, against those before
			in, before := 0, 0
			for d := range campaignDays {
				in += r.opened[fmt.Sprint(r.w.plan.campaignQueue, r.w.plan.campaign+d)]
				before += r.opened[fmt.Sprint(r.w.plan.campaignQueue, r.w.plan.campaign-1-d)]
			}
			return float64(in) / float64(before)
		}, 1.3},
		HotelClosing: {func(r *record) float64 {
			return r.share(func(l looked) bool {
				d := l.day - r.w.plan.closing
				return !l.explained && l.queue == r.w.plan.closingQueue && d > 5 && d < 15
			}, lowRated)
		}, 4},
		NewQueue: {func(r *record) float64 {
			return r.share(func(looked) bool { return true }, func(l looked) bool { return l.queue == QueueHomes })
		}, 30},
		Leave: {func(r *record) (weeks float64) { // accounts that are away for two weeks and come back
			for _, a := range r.w.agents {
				gap := 0
				for day := max(a.joinDay, 0); day < a.leaveDay; day++ {
					if gap++; r.atWork[fmt.Sprint(a.ID, day)] {
						if gap > 13 {
							weeks++
						}
						gap = 0
					}
				}
			}
			return weeks
		}, 1000},
		Trainees: {func(r *record) float64 {
			fresh := map[event.ActorID]int{}
			for _, a := range r.w.agents {
				if a.joinDay > 0 {
					fresh[a.ID] = a.joinDay
				}
			}
			return r.share(func(l looked) bool { return fresh[l.actor] > 0 && l.day < fresh[l.actor]+10 }, unexplainedLook)
		}, 1.8},
		Sampling: {func(r *record) float64 {
			return r.share(func(l looked) bool {
				return slices.ContainsFunc(r.w.agents, func(a *Agent) bool { return a.ID == l.actor && a.Role == RoleSupervisor })
			}, unexplainedLook)
		}, 1.5},
		Shared:     {func(r *record) float64 { return float64(r.assigns) / float64(len(r.events)) }, 1.5},
		Reassigned: {func(r *record) float64 { return float64(r.assigns) / float64(len(r.events)) }, 2},
		Sloppy: {func(r *record) float64 {
			most := map[event.ActorID]int{}
			for _, l := range r.looks {
				if !l.explained && l.kind == event.KindDetail {
					most[l.actor]++
				}
			}
			n := 0
			for _, a := range r.w.Truth().Sloppy {
				n = max(n, most[a])
			}
			return float64(n) / float64(base.Days)
		}, 4000},
	} {
		t.Run(trouble, func(t *testing.T) {
			t.Parallel()
			o := base
			without := x.mark(calm)
			o.Troubles = []string{trouble}
			with := x.mark(judged(t, o))
			if with < x.least*(without+0.001) {
				t.Errorf("%.4f with, %.4f without", with, without)
			}
		})
	}
}

func TestSeasons(t *testing.T) {
	sum := 0.
	for day := range 365 {
		sum += season(time.Date(2026, 1, 1+day, 0, 0, 0, 0, Zone()))
	}
	if mean := sum / 365; mean < 0.98 || mean > 1.12 {
		t.Errorf("a year's mean is %.3f", mean)
	}
	monday := func(month time.Month, day int) float64 {
		return season(time.Date(2026, month, day, 0, 0, 0, 0, Zone()))
	}
	if peak, plain := monday(10, 5), monday(10, 19); peak < 1.5*plain {
		t.Errorf("%.2f in the holidays, %.2f after", peak, plain)
	}
}

// What a trouble does not touch stays: the orders, and who works when.
func TestTroublesLeaveTheRest(t *testing.T) {
	calm := world(t, Options{Seed: 4, Agents: 40, Days: 90})
	rough := world(t, Options{Seed: 4, Agents: 40, Days: 90, Troubles: Troubles()})
	changed := 0
	for i := range calm.NumCustomers() {
		if calm.CustomerAt(i) != rough.CustomerAt(i) {
			t.Fatal("a trouble changed a customer")
		}
		if f := rough.facts(i); f != calm.facts(i) {
			changed++
			if f.queue != QueueHomes && !f.shut {
				t.Fatalf("order %d: %+v", i, f)
			}
		}
	}
	if share := float64(changed) / float64(calm.NumCustomers()); share < 0.02 || share > 0.2 {
		t.Errorf("%.3f of the orders changed", share)
	}
	for i, a := range calm.agents {
		b := rough.agents[i]
		if a.ID != b.ID || a.joinDay != b.joinDay || a.leaveDay != b.leaveDay || a.Role != b.Role || a.odd != b.odd && !b.sloppy {
			t.Errorf("%s: %+v, %+v", a.ID, a, b)
		}
	}
}

func TestRateCV(t *testing.T) {
	for _, cv := range []float64{0.2, 0.5, 1} {
		w := world(t, Options{Seed: 1, Agents: 3000, Days: 1, Customers: 100, RateCV: cv, Merchants: -1})
		n, sum, squares := 0., 0., 0.
		for _, a := range w.agents {
			if a.Role == RoleAgent {
				n, sum, squares = n+1, sum+a.odd, squares+a.odd*a.odd
			}
		}
		mean := sum / n
		if got := math.Sqrt(squares/n-mean*mean) / mean; math.Abs(got-cv) > 0.08*cv || math.Abs(mean-0.027) > 0.0015 {
			t.Errorf("cv %.3f, mean %.4f; want %.1f", got, mean, cv)
		}
	}
}

func TestComplaints(t *testing.T) {
	t.Parallel()
	harms := func(c Complaints) map[string]float64 {
		w := world(t, Options{Scenario: Colluders, Seed: 3, Agents: 14, Days: 200, Complaints: c, Troubles: []string{}, Leakers: []Leaker{{Kind: LeakSteady, Rate: 4, From: 2, Total: 200}}})
		truth, out := w.Truth(), map[string]float64{}
		took := truth.Insiders[0].Subjects
		for _, h := range truth.Harms {
			if h.Kind == event.HarmComplaint {
				out[h.Cause]++
				if h.Cause == "leak" && h.Time.After(truth.Insiders[0].To.AddDate(0, 0, 40)) {
					out["late"]++
				}
			}
			if h.Cause == "elsewhere" && h.Actor != "" || h.Cause == "leak" && !slices.Contains(took, h.Subject) {
				t.Errorf("%+v", h)
			}
		}
		return out
	}
	plain, all, none := harms(Complaints{}), harms(Complaints{Unrelated: 1, Late: 1, Elsewhere: 0.5}), harms(Complaints{Unrelated: -1})
	if plain["elsewhere"] > 0 || plain["background"] < 30 || plain["background"] > 70 || plain["leak"] < 40 || plain["late"] > 5 {
		t.Errorf("by default: %v", plain)
	}
	if all["elsewhere"] < 70 || all["elsewhere"] > 130 || all["background"] < 160 || all["background"] > 240 || all["late"] < 15 {
		t.Errorf("with all: %v", all)
	}
	if none["background"] > 0 {
		t.Errorf("with none unrelated: %v", none)
	}
}

// A guesser shows in the doors that stay shut and the searches that find nobody.
func TestGuessing(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: Guessing, Seed: 2, Agents: 20, Days: 45})
	known := strings.Fields("bad_login unlisted_route ambiguous_path method_not_allowed reveal_quota_spent reveal_reason_not_open reveal_without_reason")
	refused, empty := map[event.ActorID]int{}, map[event.ActorID]int{}
	for ev := range w.Events() {
		switch d := ev.Data.(type) {
		case *event.AccessRefused:
			refused[d.Actor]++
			if !slices.Contains(known, d.Cause) {
				t.Errorf("refused for %q", d.Cause)
			}
		case *event.AccessViewed:
			if len(d.Subjects) == 0 {
				empty[d.Actor]++
			}
		}
	}
	who := w.Truth().Insiders[0].Actor
	for a := range empty {
		if a != who && (refused[a]*5 > refused[who] || empty[a] > empty[who]) {
			t.Errorf("%s: refused %d times, %d searches in vain; the guesser %d and %d", a, refused[a], empty[a], refused[who], empty[who])
		}
	}
	if refused[who] < 50 || len(empty) < 15 {
		t.Errorf("the guesser was refused %d times; %d accounts mistyped", refused[who], len(empty))
	}
}

func TestScenarios(t *testing.T) {
	gang := map[event.PartnerID]int{}
	for _, in := range world(t, Options{Scenario: Colluders, Seed: 8, Agents: 24, Days: 60}).Truth().Insiders {
		gang[in.Partner] += in.Gang
	}
	if len(gang) != 2 || gang["bpo-1"] != 2 || gang["bpo-2"] != 1 {
		t.Errorf("colluders by company: %v", gang)
	}
	if truth := world(t, Options{Scenario: Busy, Agents: 12, Days: 30}).Truth(); len(truth.Insiders) > 0 || len(truth.Troubles) != len(Troubles()) || len(truth.Sloppy) == 0 {
		t.Errorf("busy: %+v", truth)
	}
	for _, s := range Scenarios() {
		if About(s) == "" {
			t.Errorf("%s: what is it?", s)
		}
	}
	for _, o := range []Options{{Troubles: []string{"rain"}}, {Leakers: []Leaker{{Kind: "loud"}}}, {Leakers: []Leaker{{Kind: LeakSteady, Rate: -1}}}, {RateCV: 2},
		{Leakers: []Leaker{{Kind: LeakSteady, From: 900}}}, {Agents: 4, Leakers: []Leaker{{Kind: LeakSteady}}}, {Complaints: Complaints{Late: 2}},
		{Agents: -1, Troubles: []string{Leave}}, {RateCV: math.NaN()}, {Leakers: []Leaker{{Kind: LeakSteady, Rate: math.NaN()}}}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v makes a world", o)
		}
	}
	for _, days := range []int{1, 3} {
		for range world(t, Options{Scenario: Hidden, Agents: 12, Days: days}).Events() {
		}
	}
}

func TestParseLeakers(t *testing.T) {
	got, err := ParseLeakers("steady, mimic:0.5,photos:40:12,picky:1:0:7")
	want := []Leaker{{Kind: LeakSteady}, {Kind: LeakMimic, Rate: 0.5}, {Kind: LeakPhotos, Rate: 40, From: 12}, {Kind: LeakPicky, Rate: 1, Total: 7}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, s := range []string{"steady:", "steady:x", "steady:1:", "steady:1:2:3:4", "steady:1:2x", "steady:1:2:3 4"} {
		if got, err := ParseLeakers(s); err == nil {
			t.Errorf("%q is read as %+v", s, got)
		}
	}
}
