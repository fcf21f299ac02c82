package sim

import (
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// harvestTotal is how many customers the broker gets from the two together.
const harvestTotal = 200

// harvestDay adds the lookups that insider k makes for the broker today: guests
// of the own queue with a fresh bad review, none of whom is the agent's work.
func (r *run) harvestDay(k int, a *Agent) {
	w := r.w
	if r.day < w.opt.Days/3 {
		return
	}
	c := w.chance(streamInsiderDay, k, r.day)
	for range min(c.poisson(a.insiderRate), r.left) {
		customer, ok := r.victim(c)
		if !ok {
			continue
		}
		r.left--
		for _, seen := range r.seen {
			seen[customer] = true
		}
		at := r.today(c.span(a.shift.from+10*time.Minute, a.shift.to-5*time.Minute))
		if c.happens(0.3) {
			r.view(c, a, at, event.KindSearch, nil, customer)
			at = at.Add(c.span(4*time.Second, 30*time.Second))
		}
		r.view(c, a, at, event.KindDetail, nil, customer)
		t := &r.truth.Insiders[k]
		t.Subjects = append(t.Subjects, subjectOf(customer))
		if t.From.IsZero() || at.Before(t.From) {
			t.From = at
		}
		t.To = later(t.To, at)
		if c.happens(0.30) {
			r.harm(customer, event.HarmComplaint, at.AddDate(0, 0, 2).Add(time.Duration(c.gamma(15, 0.7)*86400)*time.Second), a.ID)
		}
		if c.happens(0.15) {
			r.harm(customer, event.HarmReviewDeleted, at.Add(c.span(20*time.Hour, 6*24*time.Hour)), a.ID)
		}
	}
}

// victim picks a guest with a bad review of the last month whom neither insider
// has dealt with.
func (r *run) victim(c chance) (int, bool) {
	w, day := r.w, float64(r.day)
	lo, hi := w.window(day-40, day)
	for range 4000 {
		i := lo + c.IntN(hi-lo)
		f := w.facts(i)
		if rating := f.ratingAt(day); f.queue != QueueCN || rating == 0 || rating > BadRating || f.reviewedAt < day-30 || r.deleted[i] {
			continue
		}
		if !slices.ContainsFunc(r.seen, func(seen map[int]bool) bool { return seen[i] }) {
			return i, true
		}
	}
	return 0, false
}

// harm reports what befell a customer; by is who caused it, empty for a
// background that no account of this platform has to answer for.
func (r *run) harm(customer int, kind string, at time.Time, by event.ActorID) {
	cause := "background"
	if by != "" {
		cause = "leak"
	}
	r.harmOf(cause, customer, kind, at, by)
}

func (r *run) harmOf(cause string, customer int, kind string, at time.Time, by event.ActorID) {
	act := r.add(idHarm, "care", at, &event.HarmReported{Subject: subjectOf(customer), Kind: kind})
	if act == nil {
		return
	}
	if kind == event.HarmReviewDeleted {
		act.ReviewGone = subjectOf(customer)
	}
	r.truth.Harms = append(r.truth.Harms, Harm{ID: act.Event.ID, Subject: subjectOf(customer), Kind: kind, Time: at, Cause: cause, Actor: by})
}

// careDay adds the complaints and vanished reviews that come without any leak
// here, and takes note of today's vanished reviews.
func (r *run) careDay() {
	w := r.w
	if len(w.agents) > 0 {
		c := w.chance(streamDay, 0, r.day)
		for range c.poisson(w.opt.Complaints.Unrelated) {
			r.harm(r.guest(c, c.happens(0.7)), event.HarmComplaint, r.today(c.span(8*time.Hour, 22*time.Hour)), "")
		}
		for range c.poisson(0.2) {
			r.harm(r.guest(c, true), event.HarmReviewDeleted, r.today(c.span(8*time.Hour, 23*time.Hour)), "")
		}
	}
	if len(w.agents) > 0 {
		r.troubledCare()
	}
	for _, a := range r.days[r.day] {
		if h, ok := a.Event.Data.(*event.HarmReported); ok && h.Kind == event.HarmReviewDeleted {
			if i, ok := index(string(h.Subject), "c-", firstCustomer, w.customers); ok {
				r.deleted[i] = true
			}
		}
	}
}

// guest picks a recent customer, with a bad review where that is asked for.
func (r *run) guest(c chance, bad bool) int {
	w, day := r.w, float64(r.day)
	lo, hi := w.window(day-60, day)
	i := lo
	for range 2000 {
		i = lo + c.IntN(hi-lo)
		rating := w.facts(i).ratingAt(day)
		if !w.isCanary(i) && (!bad || rating > 0 && rating <= BadRating) && !r.deleted[i] {
			break
		}
	}
	return i
}
