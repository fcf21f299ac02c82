package sim

import (
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Roles of accounts.
const (
	RoleAgent      = "agent"
	RoleSupervisor = "supervisor"
)

// Agent is an account at the hotel desk and how its person works.
type Agent struct {
	ID      event.ActorID
	Partner event.PartnerID
	Site    string
	Station event.StationID
	Device  event.DeviceID
	IP      string
	Queues  []string // at first
	Role    string
	Team    int
	Joined  time.Time
	Left    time.Time // zero: still there at the end

	no              int // position in World.agents
	joinDay         int // below 0: before the start
	leaveDay        int // first day not at work
	shift           shift
	tickets         float64 // a day
	odd             float64 // share of views that no reason explains
	insider         bool
	insiderRate     float64 // lookups for the broker, a working day
	mainSite, queue int

	// Troubles.
	moveDay  int    // first day in the new queue; 0: never
	away     [2]int // first day of a leave, and first day back
	sloppy   bool
	trainees []*Agent // who sit beside this one at first
}

// Partner is an outsourcing company.
type Partner struct {
	ID    event.PartnerID
	Sites []string
	Until time.Time // of its first admission
}

type shift struct {
	from, to time.Duration // of the day
	off      [2]time.Weekday
}

func shifts() []shift {
	return []shift{
		{9 * time.Hour, 18 * time.Hour, [2]time.Weekday{time.Saturday, time.Sunday}},
		{14 * time.Hour, 23 * time.Hour, [2]time.Weekday{time.Sunday, time.Monday}},
		{10 * time.Hour, 19 * time.Hour, [2]time.Weekday{time.Monday, time.Tuesday}},
	}
}

const (
	viewsPerTicket = 2.75 // as ticket in work.go gives them
	teamSize       = 8
)

// hire makes partners, teams and accounts, with those who come and go.
func (w *World) hire() {
	n := w.opt.Agents
	if n == 0 {
		return
	}
	c := w.chance(streamStaff, 0, 0)
	cities := strings.Fields("hefei chengdu wuhan xian changsha nantong dalian guiyang")
	for i := range min(8, 2+n/50) {
		p := Partner{ID: event.PartnerID(number("bpo-", i+1, 1)), Sites: []string{cities[i] + "-1"}}
		if c.happens(0.4) {
			p.Sites = append(p.Sites, cities[i]+"-2")
		}
		p.Until = w.opt.Start.AddDate(0, 4+c.IntN(14), 0)
		w.partners = append(w.partners, p)
	}
	for i := range n {
		a := w.newAgent(c, i%len(w.partners))
		a.joinDay, a.leaveDay = -1, w.opt.Days
		if c.happens(0.1) {
			a.joinDay = 1 + c.IntN(1+w.opt.Days/3)
		}
		w.agents = append(w.agents, a)
	}
	if w.opt.Scenario == Harvest {
		w.recruit()
	}
	for i := range n { // about a quarter of the staff is replaced in a year
		a := w.agents[i]
		if u := c.Float64(); a.insider || u > 0.25*float64(w.opt.Days)/365 || w.opt.Days < 60 || a.joinDay > 0 {
			continue
		}
		a.leaveDay = 20 + c.IntN(w.opt.Days-20)
		b := w.newAgent(c, 0)
		b.Partner, b.mainSite, b.queue, b.Role, b.shift = a.Partner, a.mainSite, a.queue, RoleAgent, a.shift
		b.joinDay, b.leaveDay = a.leaveDay+1+c.IntN(9), w.opt.Days
		if b.joinDay < w.opt.Days {
			w.agents = append(w.agents, b)
		}
	}
	w.seat()
	w.unsettleStaff()
	w.tempt()
}

func (w *World) newAgent(c chance, partner int) *Agent {
	a := &Agent{Partner: w.partners[partner].ID, Role: RoleAgent, mainSite: c.IntN(2)}
	switch u := c.Float64(); {
	case u < 0.60:
		a.queue = 0
	case u < 0.85:
		a.queue = 1
	default:
		a.queue = 2
	}
	a.shift = shifts()[min(c.IntN(4), 2)] // the weekend crew is the larger
	a.tickets = min(max(c.gamma(27, 0.5), 8), 65)
	a.odd = max(c.gamma(0.027, w.opt.RateCV), 0.002)
	if w.opt.RateCV == defaultRateCV {
		a.odd = min(a.odd, 0.09)
	}
	return a
}

// recruit picks the two of harvest: agents of one partner in the domestic
// queue who came in the first weeks.
func (w *World) recruit() {
	c := w.chance(streamInsiders, 0, 0)
	n := len(w.partners)
	first := c.IntN(n)
	var mine []*Agent
	for _, a := range w.agents {
		if a.Partner == w.partners[first].ID {
			mine = append(mine, a)
		}
	}
	one := c.IntN(len(mine))
	two := (one + 1 + c.IntN(len(mine)-1)) % len(mine)
	for _, k := range []int{one, two} {
		a := mine[k]
		a.insider, a.queue, a.insiderRate = true, 0, c.between(0.8, 1.2)
		a.joinDay = min(1+c.IntN(14), w.opt.Days/6)
		w.insiders = append(w.insiders, a)
	}
}

// seat gives ids, teams, stations and leads. Ids go by the day of joining, so
// that an id tells no more than that.
func (w *World) seat() {
	queues := [][]string{{QueueCN}, {QueueIntl}, {QueueRefunds}}
	open := map[string]int{} // team that still has room, by partner, queue
	stations := 0
	for i, a := range w.agents {
		a.no = i
		a.ID = event.ActorID(number("agent-", i+1, 3))
		a.Queues = queues[a.queue]
		stations++
		a.Station = event.StationID(number("st-", stations, 1))
		a.Device = event.DeviceID(number("d-", stations, 1))
		a.IP = "10." + number("", 8+a.queue, 1) + "." + number("", i/200, 1) + "." + number("", 10+i%200, 1)
		for _, p := range w.partners {
			if p.ID == a.Partner {
				a.Site = p.Sites[a.mainSite%len(p.Sites)]
			}
		}
		a.Joined = w.opt.Start
		if a.joinDay > 0 {
			a.Joined = w.opt.Start.AddDate(0, 0, a.joinDay)
		}
		if a.leaveDay < w.opt.Days {
			a.Left = w.opt.Start.AddDate(0, 0, a.leaveDay-1).Add(23*time.Hour + 30*time.Minute)
		}
		key := string(a.Partner) + a.Queues[0]
		t, ok := open[key]
		if !ok || len(w.teams[t]) >= teamSize {
			t = len(w.teams)
			open[key] = t
			w.teams = append(w.teams, nil)
		}
		a.Team = t
		w.teams[t] = append(w.teams[t], a)
		if len(w.teams[t]) == 3 && !a.insider && a.joinDay < 0 { // the lead: some tickets, and samples the team's calls
			a.Role, a.tickets, a.odd = RoleSupervisor, a.tickets*0.6, min(a.odd*2, 0.1)
		}
	}
}

// works says whether a is at work on a day.
func (w *World) works(a *Agent, day int) bool {
	if day < a.joinDay || day >= a.leaveDay {
		return false
	}
	if day >= a.away[0] && day < a.away[1] {
		return false
	}
	if wd := w.weekday(day); wd == a.shift.off[0] || wd == a.shift.off[1] {
		return false
	}
	return w.unit(streamRoster, a.no, day) >= 0.04
}

func (w *World) weekday(day int) time.Weekday {
	return time.Weekday((int(w.opt.Start.Weekday()) + day) % 7)
}

// mate returns somebody else of the team who is at work on that day, or nil.
func (w *World) mate(c chance, a *Agent, day int) *Agent {
	team := w.teams[a.Team]
	for range 6 {
		if m := pick(c, team); m != a && w.works(m, day) {
			return m
		}
	}
	return nil
}

// nextDay returns the next day after day that a works, or false when there is
// none within a week.
func (w *World) nextDay(a *Agent, day int) (int, bool) {
	for d := day + 1; d <= day+7; d++ {
		if w.works(a, d) {
			return d, true
		}
	}
	return 0, false
}
