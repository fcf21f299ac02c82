package sim

import (
	"time"

	"github.com/menshen-io/menshen/event"
)

// Complaints shape what customers report. The zero value of a field takes the
// scenario's default; a negative one means none.
type Complaints struct {
	Unrelated float64 // complaints a day that come of nothing in particular; 0.25
	Late      float64 // share of a leak's complaints that come one to four months later still; 0
	Elsewhere float64 // complaints a day of another leak, with which no account here has to do; 0
}

// lateBy is how much later still a leak's complaint comes.
func (r *run) lateBy(c chance) time.Duration {
	if late := r.w.opt.Complaints.Late; late > 0 && c.happens(late) {
		return c.span(30*24*time.Hour, 120*24*time.Hour)
	}
	return 0
}

// troubledCare adds the complaints that a shut hotel and a leak elsewhere bring.
func (r *run) troubledCare() {
	w := r.w
	c := w.chance(streamComplaints, 0, r.day)
	at := func() time.Time { return r.today(c.span(8*time.Hour, 22*time.Hour)) }
	if from := w.plan.closing; w.has(hotelClosing) && r.day > from && r.day < from+closingDays+4 {
		for range c.poisson(3) {
			if i, ok := r.some(c, 20, func(_ int, f facts) bool { return f.shut && f.stayDay < float64(r.day) }); ok {
				r.harmOf("background", i, event.HarmComplaint, at(), "")
			}
		}
	}
	for range c.poisson(w.opt.Complaints.Elsewhere) {
		// Guests of hotels whose own staff sells them.
		if i, ok := r.some(c, 90, func(i int, f facts) bool { return f.stayDay < float64(r.day) && w.unit(streamElsewhere, i, 0) < 0.03 }); ok {
			r.harmOf("elsewhere", i, event.HarmComplaint, at(), "")
		}
	}
}

// some picks a customer of the last days who is as wanted, if one is found.
func (r *run) some(c chance, days float64, wanted func(i int, f facts) bool) (int, bool) {
	lo, hi := r.w.window(float64(r.day)-days, float64(r.day))
	for range 2000 {
		i := lo + c.IntN(hi-lo)
		if !r.w.isCanary(i) && wanted(i, r.w.facts(i)) {
			return i, true
		}
	}
	return 0, false
}
