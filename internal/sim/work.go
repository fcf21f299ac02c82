package sim

import (
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// openTicket is work that an agent has in hand.
type openTicket struct {
	customer    int
	from, until time.Time
}

// begin puts down what is so when the period starts.
func (r *run) begin() {
	w, start := r.w, r.w.opt.Start
	r.truth = Truth{Scenario: w.opt.Scenario, Seed: w.opt.Seed, Insiders: []Insider{}, Harms: []Harm{}, Rings: []RingTruth{}, Canaries: []event.SubjectID{}}
	for _, p := range w.partners {
		scope := event.Scope{QueueCN, QueueIntl, QueueRefunds}
		if w.has(newQueue) {
			scope = append(scope, QueueHomes)
		}
		r.add(idFact, "procurement", start, &event.PartnerAdmitted{Partner: p.ID, Scope: scope, Until: p.Until})
		for until := p.Until; until.Before(w.End()); until = until.AddDate(1, 0, 0) {
			r.add(idFact, "procurement", until.AddDate(0, 0, -9).Add(10*time.Hour),
				&event.PartnerAdmitted{Partner: p.ID, Scope: scope, Until: until.AddDate(1, 0, 0)})
		}
	}
	canaries := make([]int, 0, len(w.canaries))
	for i := range w.canaries {
		canaries = append(canaries, i)
	}
	slices.Sort(canaries)
	for _, i := range canaries {
		r.add(idFact, "gateway", start, &event.CanaryPlanted{Subject: subjectOf(i)})
		r.truth.Canaries = append(r.truth.Canaries, subjectOf(i))
	}
	for _, a := range w.insiders {
		r.truth.Insiders = append(r.truth.Insiders, Insider{Actor: a.ID, Partner: a.Partner, Subjects: []event.SubjectID{}})
	}
	r.beginLeaks()
	if w.troubles != 0 {
		r.truth.Troubles = w.opt.Troubles
	}
	for _, a := range w.agents {
		if a.sloppy {
			r.truth.Sloppy = append(r.truth.Sloppy, a.ID)
		}
	}
	r.planRing()
}

// staffDay adds who comes and goes, the month's training, and what sensors saw.
func (r *run) staffDay() {
	w := r.w
	for _, a := range w.agents {
		if r.day > a.leaveDay-1 || r.day < max(a.joinDay, 0) {
			continue
		}
		c := w.chance(streamTraining, a.no, r.day)
		switch {
		case r.day == max(a.joinDay, 0):
			at := r.today(30 * time.Minute)
			if a.joinDay > 0 {
				at = r.today(a.shift.from - time.Hour)
			}
			r.add(idFact, "hr", at, &event.StaffJoined{Actor: a.ID, Partner: a.Partner, Queues: a.Queues, Site: a.Site, Role: a.Role})
			r.train(c, a, at.Add(c.span(2*time.Minute, 50*time.Minute)))
		case r.trains(a):
			r.train(c, a, r.today(a.shift.from-time.Duration(5+a.no%40)*time.Minute))
		}
		if r.day == a.moveDay && a.moveDay > 0 {
			r.add(idFact, "hr", r.today(30*time.Minute), &event.StaffJoined{Actor: a.ID, Partner: a.Partner, Queues: []string{QueueHomes}, Site: a.Site, Role: a.Role})
		}
		if r.day == a.leaveDay-1 && a.leaveDay < w.opt.Days {
			r.add(idFact, "hr", a.Left, &event.StaffLeft{Actor: a.ID})
		}
		if !w.works(a, r.day) {
			continue
		}
		if c.happens(1.0 / 300) {
			at := r.today(c.span(a.shift.from, a.shift.to-time.Hour))
			r.add(idFact, "osquery", at, &event.DeviceStorage{Device: a.Device, Station: a.Station, Actor: a.ID, Action: "attached"})
			r.add(idFact, "osquery", at.Add(c.span(2*time.Minute, 40*time.Minute)),
				&event.DeviceStorage{Device: a.Device, Station: a.Station, Actor: a.ID, Action: "removed"})
		}
		if c.happens(1.0 / 400) {
			r.add(idFact, "vms", r.today(c.span(a.shift.from, a.shift.to)), &event.CameraFlagged{
				Camera: number("cam-", 1+a.no/4, 1), Site: a.Site, Station: a.Station,
				Seen: pick(c, []string{"phone", "phone", "phone", "notepad", "visitor"}), Confidence: float64(int(c.between(55, 97))) / 100})
		}
	}
}

const courseDays = 28

// trains says whether a takes the course on this day: every four weeks, but now
// and then one is forgotten for a fortnight and a half.
func (r *run) trains(a *Agent) bool {
	first := int(courseDays * r.w.unit(streamTraining, a.no, -1))
	forgets := func(day int) bool { return day >= 0 && r.w.unit(streamTraining, a.no, day) < 0.01 }
	const late = 18
	if (r.day-first)%courseDays == 0 && r.day >= first {
		return !forgets(r.day)
	}
	return (r.day-late-first)%courseDays == 0 && r.day-late >= first && forgets(r.day-late)
}

func (r *run) train(c chance, a *Agent, at time.Time) {
	const course = "privacy-monthly"
	if c.happens(0.03) {
		r.add(idFact, "lms", at, &event.StaffTrained{Actor: a.ID, Course: course, Passed: false, Score: float64(40 + c.IntN(19))})
		at = at.Add(c.span(30*time.Minute, 90*time.Minute))
	}
	r.add(idFact, "lms", at, &event.StaffTrained{Actor: a.ID, Course: course, Passed: true, Score: float64(72 + c.IntN(29))})
}

// agentDay is one account's day: tickets and the views around them, lists of
// the own tickets, and some views that nothing explains.
func (r *run) agentDay(a *Agent) {
	w := r.w
	c := w.chance(streamAgentDay, a.no, r.day)
	views := 0
	for range c.poisson(w.tickets(a, r.day)) {
		at := r.today(c.span(a.shift.from+2*time.Minute, a.shift.to-20*time.Minute))
		views += r.ticket(c, a, at, w.ticketCustomer(c, float64(r.day), a.queueOn(r.day)))
	}
	lists := 3 + c.poisson(3)
	for range lists {
		r.list(c, a, r.today(c.span(a.shift.from+5*time.Minute, a.shift.to)))
	}
	idle := c.poisson(w.oddShare(a, r.day) * float64(views+lists))
	for range idle - r.mimicked(a, idle) {
		r.unexplained(c, a, r.today(c.span(a.shift.from+10*time.Minute, a.shift.to)))
	}
	for k, in := range w.insiders {
		if in == a {
			r.harvestDay(k, a)
		}
	}
	if w.rich {
		r.roughDay(a)
	}
	now := r.today(0)
	r.open[a.no] = slices.DeleteFunc(r.open[a.no], func(t openTicket) bool { return t.until.Before(now) })
}

// ticketCustomer picks whose order gives work on a day. An unhappy guest gives
// twice the work.
func (w *World) ticketCustomer(c chance, day float64, queue string) int {
	lo, hi := w.window(day-ticketDays, day+0.3)
	i := lo
	for range 300 {
		i = lo + c.IntN(hi-lo)
		f := w.facts(i)
		if f.queue != queue || w.isCanary(i) {
			continue
		}
		if bad := f.rating > 0 && f.rating <= BadRating; bad || c.happens(0.5) {
			return i
		}
	}
	return i
}

// ticket is one piece of work from its opening to its close. It returns how
// many views it gave.
func (r *run) ticket(c chance, a *Agent, opened time.Time, customer int) (views int) {
	ref := r.reason(c)
	r.openReason(ref, a, customer, opened)
	end := r.today(a.shift.to)
	closed := opened.Add(time.Duration(c.logNormal(25, 0.7)*60) * time.Second)
	if c.happens(0.06) { // looked before the ticket was there
		r.view(c, a, opened.Add(-c.span(time.Minute, 12*time.Minute)), event.KindDetail, nil, customer)
		views++
	}
	at := opened.Add(c.span(5*time.Second, 2*time.Minute))
	claim := &ref
	if c.happens(0.15) {
		claim = nil
	}
	if c.happens(0.45) {
		r.view(c, a, at, event.KindSearch, claim, customer)
		at = at.Add(c.span(4*time.Second, 40*time.Second))
		views++
	}
	details := 1 + c.poisson(1.1)
	for range details {
		r.view(c, a, at, event.KindDetail, claim, customer)
		at = at.Add(c.span(30*time.Second, 9*time.Minute))
		views++
	}
	closed = later(closed, at)
	holder := a
	switch u := c.Float64(); {
	case u < 0.06:
		if m := r.w.mate(c, a, r.day); m != nil {
			holder, closed = m, r.handOver(c, a, m, ref, customer, at)
		}
	case u < 0.18: // waits for the hotel until the next day
		if d, ok := r.w.nextDay(a, r.day); ok {
			at = r.w.opt.Start.Add(time.Duration(d)*24*time.Hour + c.span(a.shift.from, a.shift.to-time.Hour))
			for range 1 + c.IntN(2) {
				r.view(c, a, at, event.KindDetail, claim, customer)
				at = at.Add(c.span(20*time.Second, 5*time.Minute))
				views++
			}
			closed = at.Add(c.span(time.Minute, 20*time.Minute))
		}
	case u < 0.23 && closed.Before(end): // one more look after the close
		if after := closed.Add(c.span(2*time.Minute, 3*time.Hour)); after.Before(end) {
			r.view(c, a, after, event.KindDetail, nil, customer)
			views++
		}
	}
	if holder == a && r.w.troubles != 0 {
		holder, closed = r.roughTicket(a, ref, customer, at, closed)
	}
	if holder == a {
		r.open[a.no] = append(r.open[a.no], openTicket{customer, opened, closed})
	}
	r.closeReason(ref, holder, customer, closed)
	r.remember(a.Team, customer)
	if c.happens(0.08) {
		r.followUp(c, a, customer)
	}
	return views
}

// handOver gives a ticket to a team-mate, who finishes it.
func (r *run) handOver(c chance, from, to *Agent, ref event.ReasonRef, customer int, at time.Time) (closed time.Time) {
	at = later(at.Add(c.span(time.Minute, time.Hour)), r.today(to.shift.from+time.Minute))
	r.assign(ref, to, customer, at)
	closed = at
	for range 1 + c.poisson(0.8) {
		closed = closed.Add(c.span(20*time.Second, 8*time.Minute))
		r.view(c, to, closed, event.KindDetail, &ref, customer)
	}
	if c.happens(0.2) { // the first agent wants to know how it went
		r.view(c, from, at.Add(c.span(5*time.Minute, 40*time.Minute)), event.KindDetail, nil, customer)
	}
	closed = closed.Add(c.span(time.Minute, 10*time.Minute))
	r.open[to.no] = append(r.open[to.no], openTicket{customer, at, closed})
	return closed
}

// followUp is a call by a team-mate some days later.
func (r *run) followUp(c chance, a *Agent, customer int) {
	day := r.day + 1 + c.IntN(6)
	m := r.w.mate(c, a, day)
	if m == nil || day >= r.w.opt.Days {
		return
	}
	r.reasons++
	ref := event.ReasonRef{Kind: "call", ID: event.ReasonID(number("l-", r.reasons, 1))}
	at := r.w.opt.Start.Add(time.Duration(day)*24*time.Hour + c.span(m.shift.from, m.shift.to-30*time.Minute))
	r.openReason(ref, m, customer, at)
	for range 1 + c.poisson(0.5) {
		at = at.Add(c.span(5*time.Second, 4*time.Minute))
		r.view(c, m, at, event.KindDetail, &ref, customer)
	}
	r.closeReason(ref, m, customer, at.Add(c.span(time.Minute, 8*time.Minute)))
}

// list shows the tickets in hand, all of them explained.
func (r *run) list(c chance, a *Agent, at time.Time) {
	var in []int
	for _, t := range r.open[a.no] {
		if !at.Before(t.from) && !at.After(t.until) && len(in) < 20 && !slices.Contains(in, t.customer) {
			in = append(in, t.customer)
		}
	}
	if len(in) > 0 {
		r.view(c, a, at, event.KindList, nil, in...)
	}
}

// unexplained is a view without work behind it, and without ill will: a
// mistyped number, curiosity, a colleague's question, a lead's sample.
func (r *run) unexplained(c chance, a *Agent, at time.Time) {
	w := r.w
	lo, hi := w.window(float64(r.day)-ticketDays-10, float64(r.day)+0.3)
	customer := -1
	u := c.Float64()
	late := r.recent[a.Team]
	switch {
	case len(late) > 0 && (u < 0.35 || a.Role == RoleSupervisor):
		customer = pick(c, late)
	case u < 0.75: // mistyped: a neighbour in the own queue
		for range 40 {
			if customer = lo + c.IntN(hi-lo); w.facts(customer).queue == a.queueOn(r.day) {
				break
			}
		}
	default:
		customer = lo + c.IntN(hi-lo)
	}
	if w.isCanary(customer) {
		return
	}
	kind := event.KindDetail
	if c.happens(0.25) {
		kind = event.KindSearch
	}
	r.view(c, a, at, kind, nil, customer)
	if c.happens(0.25) {
		r.view(c, a, at.Add(c.span(5*time.Second, 3*time.Minute)), event.KindDetail, nil, customer)
	}
}

func (r *run) remember(team, customer int) {
	const keep = 60
	late := r.recent[team]
	if len(late) < keep {
		r.recent[team] = append(late, customer)
		return
	}
	late[(r.reasons-r.pretexts)%keep] = customer
}

func (r *run) reason(c chance) event.ReasonRef {
	r.reasons++
	switch u := c.Float64(); {
	case u < 0.70:
		return event.ReasonRef{Kind: "ticket", ID: event.ReasonID(number("t-", r.reasons, 1))}
	case u < 0.95:
		return event.ReasonRef{Kind: "call", ID: event.ReasonID(number("l-", r.reasons, 1))}
	}
	return event.ReasonRef{Kind: "order", ID: event.ReasonID(number("w-", r.reasons, 1))}
}

func (r *run) openReason(ref event.ReasonRef, a *Agent, customer int, at time.Time) {
	if act := r.add(idReason, "desk", at, &event.ReasonOpened{Kind: ref.Kind, ID: ref.ID, Actor: a.ID, Subject: subjectOf(customer), Queue: a.queueOn(r.day)}); act != nil {
		act.Ticket = r.change(ref, TicketOpen, a, customer)
	}
	r.worked(a, customer)
	for k, in := range r.w.insiders {
		if in == a {
			r.seen[k][customer] = true
		}
	}
}

func (r *run) closeReason(ref event.ReasonRef, a *Agent, customer int, at time.Time) {
	if act := r.add(idReason, "desk", at, &event.ReasonClosed{Kind: ref.Kind, ID: ref.ID}); act != nil {
		act.Ticket = r.change(ref, TicketClosed, a, customer)
	}
}

func (r *run) change(ref event.ReasonRef, state string, a *Agent, customer int) *TicketChange {
	return &TicketChange{ID: ref.ID, Kind: ref.Kind, State: state, Agent: a.ID, Customer: subjectOf(customer), Order: orderOf(customer), Queue: a.queueOn(r.day)}
}

// view adds an access.viewed and its visit.
func (r *run) view(c chance, a *Agent, at time.Time, kind string, claim *event.ReasonRef, customers ...int) {
	day := at.Sub(r.w.opt.Start).Hours() / 24
	ev := &event.AccessViewed{
		Actor: a.ID, Partner: a.Partner, Role: a.Role, Session: string(a.ID) + "." + number("", int(day), 1), Kind: kind,
		Subjects: make([]event.SubjectViewed, 0, len(customers)), Reason: claim, Station: a.Station, Device: a.Device, IP: a.IP,
	}
	fields := r.masked[0]
	switch kind {
	case kindBrowse:
		ev.Endpoint, ev.Kind, kind = "GET /api/orders", event.KindList, event.KindList
	case event.KindList:
		ev.Endpoint = "GET /api/tickets"
	case event.KindSearch:
		ev.Endpoint = "GET /api/search"
	default:
		ev.Endpoint, fields = "GET /api/orders/{id}", r.masked[1]
	}
	v := &Visit{Actor: a.ID, Kind: kind, Reason: claim, Station: a.Station, Device: a.Device}
	for _, i := range customers {
		f := r.w.facts(i)
		key := attrKey{rating: f.ratingAt(day), queue: f.queue}
		if r.w.rich {
			r.w.roughAttributes(i, f, day, &key)
		}
		if r.deleted[i] {
			key.rating = 0
		}
		attrs, ok := r.attrs[key]
		if !ok {
			attrs = map[string]any{"queue": key.queue}
			if key.rating > 0 {
				attrs["rating"] = key.rating
			}
			if key.tier > 0 {
				attrs["city_tier"], attrs["member"], attrs["order_state"] = key.tier, key.member, key.state
			}
			r.attrs[key] = attrs
		}
		ev.Subjects = append(ev.Subjects, event.SubjectViewed{Subject: subjectOf(i), Fields: fields, Attributes: attrs})
	}
	if len(customers) == 1 && kind != event.KindList {
		v.Customer, v.Order = subjectOf(customers[0]), orderOf(customers[0])
	}
	if act := r.add(idView, "desk", at, ev); act != nil {
		act.Visit = v
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
