package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Kinds of leakers, by how each goes about it.
const (
	LeakSteady  = "steady"  // looks at customers with a bad review, without a reason
	LeakPausing = "pausing" // the same, two weeks out of four
	LeakHiding  = "hiding"  // sells only customers of own tickets
	LeakPretext = "pretext" // opens a reason for each customer first
	LeakPhotos  = "photos"  // photographs lists of twenty, never opens one
	LeakMimic   = "mimic"   // looks in the place of own idle look-ups: no more than on other days
	LeakPicky   = "picky"   // chooses gold members, whatever their review
	LeakDayOne  = "day-one" // like steady, from the day of joining
	LeakGuesser = "guesser" // tries ids and doors, most of them in vain
)

// LeakKinds lists the kinds that a Leaker may be of.
func LeakKinds() []string {
	return []string{LeakSteady, LeakPausing, LeakHiding, LeakPretext, LeakPhotos, LeakMimic, LeakPicky, LeakDayOne, LeakGuesser}
}

// Leaker is one account that sells customers.
type Leaker struct {
	Kind    string
	Rate    float64 // customers a day at work; 0: 1, of photos 5
	From    int     // first day; 0: after a third of the period
	Total   int     // customers in all; 0: 100
	Partner int     // 1, 2 ...: of that company; 0: of any
	Gang    int     // those of one number above 0 sell to one hand
}

// leaker is one with the account that was found for it.
type leaker struct {
	Leaker
	agent *Agent
}

// ParseLeakers reads leakers as the command line writes them: KIND, KIND:RATE,
// KIND:RATE:FROM or KIND:RATE:FROM:TOTAL, separated by commas.
func ParseLeakers(s string) ([]Leaker, error) {
	out := []Leaker{}
	for part := range strings.SplitSeq(s, ",") {
		words := strings.Split(strings.TrimSpace(part), ":")
		l := Leaker{Kind: words[0]}
		var errs [3]error
		for i, word := range words[1:] {
			switch i {
			case 0:
				l.Rate, errs[0] = strconv.ParseFloat(word, 64)
			case 1:
				l.From, errs[1] = strconv.Atoi(word)
			case 2:
				l.Total, errs[2] = strconv.Atoi(word)
			}
		}
		if len(words) > 4 || errors.Join(errs[:]...) != nil {
			return nil, fmt.Errorf("leakers: %q is not KIND:RATE:FROM:TOTAL", part)
		}
		out = append(out, l)
	}
	return out, nil
}

func (o *Options) fillLeakers() error {
	o.Leakers = slices.Clone(o.Leakers)
	for i := range o.Leakers {
		l := &o.Leakers[i]
		switch {
		case !slices.Contains(LeakKinds(), l.Kind):
			return fmt.Errorf("leakers: no kind %q: choose among %s", l.Kind, strings.Join(LeakKinds(), ", "))
		case !(l.Rate >= 0 && l.Rate <= 200):
			return errors.New("leakers: rate must be from 0 to 200")
		case l.From < 0 || l.From >= o.Days || l.Total < 0 || l.Partner < 0 || l.Gang < 0:
			return errors.New("leakers: a first day after the end, or a negative number")
		}
		if l.Rate == 0 {
			if l.Rate = 1; l.Kind == LeakPhotos {
				l.Rate = 5
			}
		}
		if l.From == 0 {
			l.From = o.Days / 3
		}
		if l.Total == 0 {
			l.Total = 100
		}
	}
	if n := len(o.Leakers) + 4; len(o.Leakers) > 0 && o.Agents < n {
		return fmt.Errorf("agents: %d leakers need at least %d", len(o.Leakers), n)
	}
	return nil
}

// tempt finds an account for each leaker, among those that are there anyway,
// so that the rest of the world stays as it is without them.
func (w *World) tempt() {
	taken := map[*Agent]bool{}
	for k, l := range w.opt.Leakers {
		c := w.chance(streamLeakers, k, 0)
		find := func(suits func(*Agent) bool) *Agent {
			var of []*Agent
			for _, a := range w.agents {
				if !taken[a] && a.Role == RoleAgent && !a.insider && !a.sloppy && suits(a) {
					of = append(of, a)
				}
			}
			if len(of) == 0 {
				return nil
			}
			return pick(c, of)
		}
		stays := func(a *Agent) bool { return a.leaveDay == w.opt.Days }
		home := func(a *Agent) bool {
			return l.Partner == 0 || a.Partner == w.partners[(l.Partner-1)%len(w.partners)].ID
		}
		fresh := func(a *Agent) bool { return (a.joinDay > 0) == (l.Kind == LeakDayOne) && a.joinDay < w.opt.Days*2/3 }
		a := find(func(a *Agent) bool { return stays(a) && home(a) && fresh(a) })
		if a == nil {
			a = find(func(a *Agent) bool { return stays(a) && home(a) })
		}
		if a == nil {
			a = find(func(*Agent) bool { return true })
		}
		if a == nil {
			return
		}
		if l.Kind == LeakDayOne {
			if a.joinDay < 0 {
				a.joinDay = max(w.opt.Days/4, 1)
				a.Joined = w.opt.Start.AddDate(0, 0, a.joinDay)
			}
			l.From = a.joinDay
		}
		taken[a] = true
		w.leakers = append(w.leakers, leaker{l, a})
	}
}

// leakRun is how far one leaker has come.
type leakRun struct {
	left  int          // customers still wanted
	today int          // of a mimic: look-ups that gave way
	own   map[int]bool // customers of the agent's work, and those taken
	truth int          // place in the truth
}

func (r *run) beginLeaks() {
	r.taken = map[int]bool{}
	for _, l := range r.w.leakers {
		r.leaks = append(r.leaks, leakRun{left: l.Total, own: map[int]bool{}, truth: len(r.truth.Insiders)})
		r.truth.Insiders = append(r.truth.Insiders, Insider{Actor: l.agent.ID, Partner: l.agent.Partner, Subjects: []event.SubjectID{}, Kind: l.Kind, Gang: l.Gang})
	}
}

// worked notes that an agent had work on a customer.
func (r *run) worked(a *Agent, customer int) {
	for k := range r.leaks {
		if r.w.leakers[k].agent == a {
			r.leaks[k].own[customer] = true
		}
	}
}

// mimicked is how many of an agent's idle look-ups today give way to the
// customers that a mimic takes.
func (r *run) mimicked(a *Agent, idle int) int {
	for k := range r.leaks {
		if l := &r.w.leakers[k]; l.agent == a && l.Kind == LeakMimic && r.day >= l.From {
			r.leaks[k].today = min(r.w.chance(streamLeakDay, k, r.day).poisson(l.Rate), r.leaks[k].left, idle)
			return r.leaks[k].today
		}
	}
	return 0
}

// leakDay adds what the leakers do for their buyers today. All of the day's
// work is known by then, so that nobody sells without a reason whom work on the
// same day explains.
func (r *run) leakDay() {
	for k := range r.leaks {
		l := &r.w.leakers[k]
		if !r.w.works(l.agent, r.day) || r.day < l.From || r.leaks[k].left == 0 || l.Kind == LeakPausing && (r.day-l.From)/14%2 == 1 {
			continue
		}
		c := r.w.chance(streamLeakDay, k, r.day)
		n := min(c.poisson(l.Rate), r.leaks[k].left)
		switch l.Kind {
		case LeakHiding:
			r.leakOwn(c, k, n)
		case LeakPhotos:
			for range c.poisson(l.Rate / 20) {
				r.photograph(c, k)
			}
		case LeakGuesser:
			r.guess(c, k)
		case LeakMimic:
			n = r.leaks[k].today
			fallthrough
		default:
			for range n {
				r.leakOne(c, k)
			}
		}
	}
}

// leakOne looks one customer up and sells it.
func (r *run) leakOne(c chance, k int) {
	l := &r.w.leakers[k]
	a := l.agent
	customer, ok := r.prey(c, k)
	if !ok {
		return
	}
	at := r.today(c.span(a.shift.from+10*time.Minute, a.shift.to-15*time.Minute))
	var claim *event.ReasonRef
	if l.Kind == LeakPretext {
		ref := r.reason(c)
		r.pretexts++
		r.openReason(ref, a, customer, at)
		at = at.Add(c.span(5*time.Second, time.Minute))
		defer r.closeReason(ref, a, customer, at.Add(c.span(2*time.Minute, 10*time.Minute)))
		claim = &ref
	}
	if c.happens(0.25) {
		r.view(c, a, at, event.KindSearch, claim, customer)
		at = at.Add(c.span(4*time.Second, 30*time.Second))
	}
	r.view(c, a, at, event.KindDetail, claim, customer)
	r.sold(c, k, customer, at)
}

// leakOwn sells customers of today's own tickets, each when its ticket is done.
func (r *run) leakOwn(c chance, k, n int) {
	for _, t := range r.open[r.w.leakers[k].agent.no] {
		if n == 0 {
			return
		}
		f := r.w.facts(t.customer)
		if rating := f.ratingAt(float64(r.day)); t.from.Before(r.today(0)) || rating == 0 || rating > BadRating || r.taken[t.customer] || r.deleted[t.customer] {
			continue
		}
		n--
		r.sold(c, k, t.customer, t.until)
	}
}

// photograph takes a picture of a list of customers with bad reviews; now and
// then a camera sees the phone.
func (r *run) photograph(c chance, k int) {
	a := r.w.leakers[k].agent
	at := r.today(c.span(a.shift.from+10*time.Minute, a.shift.to-10*time.Minute))
	in := r.browse(c, a, at, func(f facts) bool { rating := f.ratingAt(float64(r.day)); return rating > 0 && rating <= BadRating })
	for _, customer := range in {
		if r.leaks[k].left > 0 && !r.taken[customer] {
			r.sold(c, k, customer, at)
		}
	}
	if len(in) > 0 && c.happens(0.1) {
		r.add(idFact, "vms", at.Add(c.span(2*time.Second, 20*time.Second)), &event.CameraFlagged{
			Camera: number("cam-", 1+a.no/4, 1), Site: a.Site, Station: a.Station, Seen: "phone", Confidence: float64(int(c.between(55, 97))) / 100})
	}
}

// guess tries ids in a row and doors that might be open; few are.
func (r *run) guess(c chance, k int) {
	w, l := r.w, &r.w.leakers[k]
	a := l.agent
	_, hi := w.window(0, float64(r.day))
	next := c.IntN(hi)
	at := r.today(c.span(a.shift.from+10*time.Minute, a.shift.to-90*time.Minute))
	for range c.poisson(10 * l.Rate) {
		at = at.Add(c.span(3*time.Second, 40*time.Second))
		if next = (next + 1 + c.IntN(3)) % hi; w.isCanary(next) {
			continue
		}
		switch u := c.Float64(); {
		case u < 0.30:
			r.refused(a, at, "unlisted_route", "")
		case u < 0.35:
			r.refused(a, at, pick(c, []string{"ambiguous_path", "method_not_allowed"}), "")
		case u < 0.50:
			r.refused(a, at, "reveal_reason_not_open", subjectOf(next))
		case u < 0.60:
			r.refused(a, at, "reveal_without_reason", subjectOf(next))
		case u < 0.90 || r.leaks[k].left == 0 || r.leaks[k].own[next] || r.taken[next]:
			r.view(c, a, at, event.KindSearch, nil)
		default:
			r.view(c, a, at, event.KindDetail, nil, next)
			r.sold(c, k, next, at)
		}
	}
}

// prey picks a customer whom the leaker wants and no work has led to.
func (r *run) prey(c chance, k int) (int, bool) {
	w, l, day := r.w, &r.w.leakers[k], float64(r.day)
	queue := l.agent.queueOn(r.day)
	lo, hi := w.window(day-40, day)
	for range 4000 {
		i := lo + c.IntN(hi-lo)
		f := w.facts(i)
		if f.queue != queue || r.leaks[k].own[i] || r.taken[i] || r.deleted[i] || w.isCanary(i) {
			continue
		}
		rating := f.ratingAt(day)
		if bad := rating > 0 && rating <= BadRating && f.reviewedAt >= day-30; bad && l.Kind != LeakPicky || l.Kind == LeakPicky && w.member(i) == "gold" {
			return i, true
		}
	}
	return 0, false
}

// sold writes into the truth that a customer went to the buyer, and lets come
// what comes of it.
func (r *run) sold(c chance, k, customer int, at time.Time) {
	a := r.w.leakers[k].agent
	r.leaks[k].left--
	r.leaks[k].own[customer] = true
	r.taken[customer] = true
	t := &r.truth.Insiders[r.leaks[k].truth]
	t.Subjects = append(t.Subjects, subjectOf(customer))
	if t.From.IsZero() || at.Before(t.From) {
		t.From = at
	}
	t.To = later(t.To, at)
	if c.happens(0.30) {
		delay := time.Duration(c.gamma(15, 0.7)*86400) * time.Second
		r.harm(customer, event.HarmComplaint, at.AddDate(0, 0, 2).Add(delay+r.lateBy(c)), a.ID)
	}
	if c.happens(0.15) {
		r.harm(customer, event.HarmReviewDeleted, at.Add(c.span(20*time.Hour, 6*24*time.Hour)), a.ID)
	}
}
