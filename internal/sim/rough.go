package sim

import (
	"time"

	"github.com/menshen-io/menshen/event"
)

// roughDay adds what the later scenarios have on any day and the first three
// have not: orders browsed in lists, numbers mistyped, doors that stayed shut.
func (r *run) roughDay(a *Agent) {
	w := r.w
	c := w.chance(streamRoughDay, a.no, r.day)
	at := func() time.Time { return r.today(c.span(a.shift.from+10*time.Minute, a.shift.to-10*time.Minute)) }
	for range c.poisson(0.3) {
		r.browse(c, a, at(), func(facts) bool { return true })
	}
	for range c.poisson(0.6) {
		r.view(c, a, at(), event.KindSearch, nil)
	}
	if c.happens(0.02) {
		r.refused(a, at(), pick(c, []string{"bad_login", "bad_login", "unlisted_route", "reveal_quota_spent"}), "")
	}
	if late := r.recent[a.Team]; w.has(sampling) && a.Role == RoleSupervisor && len(late) > 0 {
		for range c.poisson(5) {
			r.view(c, a, at(), event.KindDetail, nil, pick(c, late))
		}
	}
}

// kindBrowse is a list of a queue's orders; other lists are of own tickets.
const kindBrowse = "browse"

// browse shows a list of an agent's queue, newest orders first, of those that
// are wanted. It returns who was on it.
func (r *run) browse(c chance, a *Agent, at time.Time, wanted func(facts) bool) []int {
	const page = 20
	lo, hi := r.w.window(float64(r.day)-40, float64(r.day))
	in, queue := make([]int, 0, page), a.queueOn(r.day)
	for i := hi - 1 - c.IntN(1+(hi-lo)/4); i >= lo && len(in) < page; i-- {
		if f := r.w.facts(i); f.queue == queue && !r.w.isCanary(i) && wanted(f) {
			in = append(in, i)
		}
	}
	if len(in) > 0 {
		r.view(c, a, at, kindBrowse, nil, in...)
	}
	return in
}

// refused adds a door that did not open, with the gateway's cause.
func (r *run) refused(a *Agent, at time.Time, cause string, subject event.SubjectID) {
	ev := &event.AccessRefused{Actor: a.ID, Partner: a.Partner, Endpoint: "GET *", Kind: "*", Cause: cause, Subject: subject, IP: a.IP}
	switch cause {
	case "bad_login":
		ev.Endpoint, ev.Kind = "POST /_menshen/login", "login"
	case "reveal_quota_spent", "reveal_reason_not_open", "reveal_without_reason":
		ev.Endpoint, ev.Kind = "POST /_menshen/reveal", event.KindReveal
	}
	r.add(idView, "gateway", at, ev)
}

// roughTicket lets a ticket of a, worked on from at to closed, be more than one
// person's. It returns who holds it in the end, and its close.
func (r *run) roughTicket(a *Agent, ref event.ReasonRef, customer int, at, closed time.Time) (*Agent, time.Time) {
	w, holder := r.w, a
	c := w.chance(streamRoughTicket, a.no, int(at.Unix()))
	for _, t := range a.trainees {
		if learns := r.day - t.joinDay; w.has(trainees) && learns >= 0 && learns < 10 && w.works(t, r.day) && c.happens(0.3) {
			r.view(c, t, at.Add(c.span(0, time.Minute)), event.KindDetail, nil, customer)
		}
	}
	if closed.After(r.today(a.shift.to)) {
		return holder, closed
	}
	if c.happens(0.10) && w.has(reassigned) {
		for hands := 1 + c.IntN(3); hands > 0; hands-- {
			m := w.mate(c, holder, r.day)
			if m == nil {
				break
			}
			closed = r.handOver(c, holder, m, ref, customer, closed)
			holder = m
		}
		return holder, closed
	}
	if !c.happens(0.08) || !w.has(shared) {
		return holder, closed
	}
	m := w.mate(c, a, r.day)
	if m == nil {
		return holder, closed
	}
	recorded := c.happens(0.5) // else the other just looks along
	if recorded {
		r.assign(ref, m, customer, at)
	}
	for range 1 + c.poisson(1) {
		at = at.Add(c.span(10*time.Second, 3*time.Minute))
		r.view(c, m, at, event.KindDetail, nil, customer)
		if c.happens(0.5) {
			r.view(c, a, at.Add(c.span(0, 20*time.Second)), event.KindDetail, nil, customer)
		}
	}
	if recorded {
		at = at.Add(time.Minute)
		r.assign(ref, a, customer, at)
	}
	return holder, later(closed, at.Add(time.Minute))
}

func (r *run) assign(ref event.ReasonRef, to *Agent, customer int, at time.Time) {
	r.worked(to, customer)
	if act := r.add(idReason, "desk", at, &event.ReasonAssigned{Kind: ref.Kind, ID: ref.ID, Actor: to.ID}); act != nil {
		act.Ticket = r.change(ref, TicketAssigned, to, customer)
	}
}

// roughAttributes are what the later scenarios' views say of a customer besides.
func (w *World) roughAttributes(i int, f facts, day float64, key *attrKey) {
	switch u := w.unit(streamAttributes, i, 0); {
	case u < 0.30:
		key.tier = 1
	case u < 0.75:
		key.tier = 2
	default:
		key.tier = 3
	}
	key.member = w.member(i)
	switch {
	case f.queue == QueueRefunds:
		key.state = "refunding"
	case day < f.stayDay:
		key.state = "booked"
	case day < f.stayDay+float64(f.nights):
		key.state = "staying"
	default:
		key.state = "done"
	}
}

// member is a customer's level.
func (w *World) member(i int) string {
	switch u := w.unit(streamAttributes, i, 1); {
	case u < 0.10:
		return "gold"
	case u < 0.45:
		return "silver"
	}
	return "basic"
}
