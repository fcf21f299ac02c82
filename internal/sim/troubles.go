package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Honest troubles: what makes ordinary work look strange.
const (
	Seasons      = "seasons"       // weeks, years and holidays swing the volume
	Campaign     = "campaign"      // a promotion: two weeks of many tickets and look-ups in one queue
	HotelClosing = "hotel-closing" // a hotel shuts: bad reviews and complaints fill one queue
	NewQueue     = "new-queue"     // a queue opens half-way and some agents move to it
	Leave        = "leave"         // agents are away for weeks and come back
	Trainees     = "trainees"      // newcomers look around more, and sit with a mentor
	Sampling     = "sampling"      // supervisors look at customers of the team's calls
	Shared       = "shared"        // two agents on one ticket
	Reassigned   = "reassigned"    // tickets go from hand to hand
	Sloppy       = "sloppy"        // a few open many customers without a ticket
)

// Troubles lists the names that Options.Troubles may have.
func Troubles() []string {
	return []string{Seasons, Campaign, HotelClosing, NewQueue, Leave, Trainees, Sampling, Shared, Reassigned, Sloppy}
}

// troubles is a set of them, by their place in Troubles.
type troubles uint

const (
	seasons troubles = 1 << iota
	campaign
	hotelClosing
	newQueue
	leave
	trainees
	sampling
	shared
	reassigned
	sloppy
)

func parseTroubles(names []string) (set troubles, err error) {
	for _, name := range names {
		i := slices.Index(Troubles(), name)
		if i < 0 {
			return 0, fmt.Errorf("troubles: no %q: choose among %s", name, strings.Join(Troubles(), ", "))
		}
		set |= 1 << i
	}
	return set, nil
}

func (w *World) has(t troubles) bool { return w.troubles&t != 0 }

// QueueHomes is the queue that new-queue opens.
const QueueHomes = "homestays"

const (
	campaignDays = 14
	closingDays  = 12 // of stays that the shut hotel spoils
)

// plan is when and where the troubles of a world happen.
type plan struct {
	campaign, closing, opens int // first days
	campaignQueue            string
	closingQueue             string
	hotel                    string
}

func (w *World) planTroubles() {
	c := w.chance(streamTroubles, 0, 0)
	queue := func() string {
		if c.happens(0.7) {
			return QueueCN
		}
		return QueueIntl
	}
	days := float64(w.opt.Days)
	w.plan = plan{
		campaign: int(days * c.between(0.15, 0.35)), closing: int(days * c.between(0.5, 0.7)), opens: int(days * c.between(0.4, 0.6)),
		campaignQueue: queue(), closingQueue: queue(), hotel: pick(c, strings.Fields("云海 松涛 碧湾 晴川")) + "大酒店",
	}
}

// unsettle changes an order's facts where a trouble touches it.
func (w *World) unsettle(i int, f *facts) {
	if w.has(newQueue) && f.bookDay >= float64(w.plan.opens-10) && w.unit(streamTroubles, i, 1) < 0.12 {
		f.queue = QueueHomes
	}
	from := float64(w.plan.closing)
	if !w.has(hotelClosing) || f.queue != w.plan.closingQueue || f.stayDay < from || f.stayDay >= from+closingDays || w.unit(streamTroubles, i, 2) >= 0.6 {
		return
	}
	f.shut = true
	f.rating = 1 + int(1.4*w.unit(streamTroubles, i, 3))
	f.reviewedAt = f.stayDay + 0.2 + 2*w.unit(streamTroubles, i, 4)
}

// tickets is the mean of an agent's tickets on a day.
func (w *World) tickets(a *Agent, day int) float64 {
	if w.troubles == 0 {
		return a.tickets
	}
	n, queue := a.tickets, a.queueOn(day)
	if w.has(seasons) {
		n *= season(w.opt.Start.AddDate(0, 0, day))
	}
	if w.inCampaign(queue, day) {
		n *= 1.8
	}
	if from := w.plan.closing; w.has(hotelClosing) && queue == w.plan.closingQueue && day >= from && day < from+closingDays+4 {
		n *= 1.3
	}
	if t := float64(day - a.joinDay); w.has(trainees) && a.joinDay > 0 && t < 20 {
		n *= 0.4 + 0.03*t
	}
	return n
}

// oddShare is the share of an agent's views on a day that no reason explains.
func (w *World) oddShare(a *Agent, day int) float64 {
	odd := a.odd
	if w.inCampaign(a.queueOn(day), day) {
		odd *= 1.4
	}
	if w.has(trainees) && a.joinDay > 0 {
		odd *= 1 + 1.5*math.Exp(-float64(day-a.joinDay)/12)
	}
	return odd
}

func (w *World) inCampaign(queue string, day int) bool {
	return w.has(campaign) && queue == w.plan.campaignQueue && day >= w.plan.campaign && day < w.plan.campaign+campaignDays
}

// season is the factor that the calendar puts on a day's tickets.
func season(day time.Time) float64 {
	f := [7]float64{time.Sunday: 0.95, time.Monday: 1.2, time.Tuesday: 1.05, time.Wednesday: 0.95, time.Thursday: 0.95, time.Friday: 1, time.Saturday: 0.9}[day.Weekday()]
	f *= 1 + 0.12*math.Sin(2*math.Pi*float64(day.YearDay()-105)/365)
	for _, h := range []struct {
		from, to int // month and day
		factor   float64
	}{{125, 210, 1.5}, {430, 506, 1.6}, {710, 820, 1.2}, {930, 1008, 1.7}} {
		if d := int(day.Month())*100 + day.Day(); d >= h.from && d <= h.to {
			f *= h.factor
		}
	}
	return f
}

// unsettleStaff gives the troubles of people to those whom they befall.
func (w *World) unsettleStaff() {
	if w.troubles == 0 {
		return
	}
	mentors := map[int]*Agent{} // by team
	someSloppy := false
	for _, a := range w.agents {
		c := w.chance(streamTroubledStaff, a.no, 0)
		away, from, days := c.happens(0.25), c.IntN(w.opt.Days), 14+c.IntN(29)
		if w.has(leave) && away {
			a.away = [2]int{from, from + days}
		}
		moves := c.happens(0.12)
		if w.has(newQueue) && moves && a.Role == RoleAgent && a.joinDay < w.plan.opens && a.leaveDay > w.plan.opens {
			a.moveDay = max(w.plan.opens, 1)
		}
		if careless, factor := c.happens(0.03), c.between(4, 8); w.has(sloppy) && careless && a.Role == RoleAgent {
			a.odd, a.sloppy, someSloppy = min(a.odd*factor, 0.4), true, true
		}
		if m := mentors[a.Team]; w.has(trainees) && a.joinDay > 0 && m != nil {
			m.trainees = append(m.trainees, a)
		} else if m == nil && a.joinDay < 0 && a.Role == RoleAgent {
			mentors[a.Team] = a
		}
	}
	if w.has(sloppy) && !someSloppy { // a few percent of few are one
		a := w.agents[w.chance(streamTroubledStaff, -1, 0).IntN(len(w.agents))]
		a.odd, a.sloppy = min(a.odd*6, 0.4), true
	}
}

// queueOn is where an agent works on a day.
func (a *Agent) queueOn(day int) string {
	if a.moveDay > 0 && day >= a.moveDay {
		return QueueHomes
	}
	return a.Queues[0]
}
