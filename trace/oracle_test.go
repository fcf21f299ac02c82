package trace

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

var t0 = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func actorNo(a int) event.ActorID      { return event.ActorID(fmt.Sprintf("agent-%03d", a)) }
func customerNo(c int) event.SubjectID { return event.SubjectID(fmt.Sprintf("c-%04d", c)) }

// look is one account's view of one customer.
type look struct {
	actor, customer  int
	at               time.Time
	low, unexplained bool
}

// complaint is one harm event.
type complaint struct {
	customer int
	at       time.Time
	mark     bool
	kind     string // of one without a mark; "" is a complaint
}

// history is a whole record, in a form that is easy to reckon with.
type history struct {
	looks      []look
	complaints []complaint
	queues     []string // by customer; "" for none
}

// randomHistory is a small one in which accounts leak or do not.
func randomHistory(r *rand.Rand, actors, customers, complaints int) history {
	h := history{queues: make([]string, customers)}
	for c := range customers {
		h.queues[c] = []string{"", "cn", "en"}[r.IntN(3)]
		for range 1 + r.IntN(3) {
			h.looks = append(h.looks, look{actor: r.IntN(actors), customer: c, at: h.when(r), low: r.IntN(3) == 0, unexplained: r.IntN(4) == 0})
		}
	}
	for range complaints {
		h.complaints = append(h.complaints, complaint{customer: r.IntN(customers), at: h.when(r).AddDate(0, 0, 30), mark: r.IntN(4) == 0,
			kind: []string{"", "", event.HarmReviewDeleted, event.HarmAccountTakeover}[r.IntN(4)]})
	}
	return h
}

func (h *history) when(r *rand.Rand) time.Time {
	return t0.Add(time.Duration(r.IntN(70*24)) * time.Hour)
}

func (h *history) event(i int) event.Event {
	l := h.looks[i]
	attrs := map[string]any{"rating": 5.}
	if l.low {
		attrs["rating"] = 1.
	}
	if q := h.queues[l.customer]; q != "" {
		attrs["queue"] = q
	}
	return event.New(fmt.Sprintf("v%06d", i), "desk", l.at, &event.AccessViewed{Actor: actorNo(l.actor), Kind: event.KindDetail,
		Subjects: []event.SubjectViewed{{Subject: customerNo(l.customer), Attributes: attrs}}})
}

func (h *history) harm(i int) event.Event {
	c := h.complaints[i]
	kind := cmp.Or(c.kind, event.HarmComplaint)
	if c.mark {
		kind = event.HarmCanaryContacted
	}
	return event.New(fmt.Sprintf("h%06d", i), "care", c.at, &event.HarmReported{Subject: customerNo(c.customer), Kind: kind})
}

// answer traces h; with r, its events come in any order.
func (h *history) answer(r *rand.Rand) Result {
	tracer := New(Options{})
	var events []event.Event
	for i := range h.looks {
		events = append(events, h.event(i))
	}
	for i := range h.complaints {
		events = append(events, h.harm(i))
	}
	if r != nil {
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	}
	for _, ev := range events {
		tracer.Add(ev)
	}
	for i, l := range h.looks {
		if l.unexplained {
			tracer.Unexplained(h.event(i), customerNo(l.customer))
		}
	}
	return tracer.Answer()
}

// oracle is what package trace says that it computes, written down plainly:
// every set of accounts, every sum taken anew.
type oracle struct {
	history
	actors int
	harms  map[int]complaint // the one that counts, by customer
	before map[int][]look    // by customer, up to its harm
}

func newOracle(h history, actors int) *oracle {
	o := &oracle{history: h, actors: actors, harms: map[int]complaint{}, before: map[int][]look{}}
	for _, c := range h.complaints {
		old, known := o.harms[c.customer]
		if !known || c.mark && !old.mark || c.mark == old.mark && (c.at.Before(old.at) || c.at.Equal(old.at) && cmp.Or(c.kind, "complaint") < cmp.Or(old.kind, "complaint")) {
			o.harms[c.customer] = c
		}
	}
	for _, l := range h.looks {
		if harm, harmed := o.harms[l.customer]; !harmed || !l.at.After(harm.at) {
			o.before[l.customer] = append(o.before[l.customer], l)
		}
	}
	return o
}

// group is the customers that count as like c at a level: everybody, then those of
// the queue and kind, then those of the month, then those of the shift. But for
// the first, customers who came to harm are left out.
func (o *oracle) group(c, level int) []int {
	low := func(c int) bool { return slices.ContainsFunc(o.before[c], func(l look) bool { return l.low }) }
	first := func(c int) time.Time {
		return slices.MinFunc(o.before[c], func(a, b look) int { return a.at.Compare(b.at) }).at
	}
	month := func(c int) string { return first(c).Format("2006-01") }
	shift := func(c int) int { return first(c).Hour() / 8 }
	var out []int
	for d := range o.before {
		_, harmed := o.harms[d]
		same := o.queues[d] == o.queues[c] && low(d) == low(c)
		if level == 0 || !harmed && same && (level < 2 || month(d) == month(c)) && (level < 3 || shift(d) == shift(c)) {
			out = append(out, d)
		}
	}
	return out
}

func (o *oracle) saw(actor, c int) (viewed, odd bool) {
	return slices.ContainsFunc(o.before[c], func(l look) bool { return l.actor == actor }),
		slices.ContainsFunc(o.before[c], func(l look) bool { return l.actor == actor && l.unexplained })
}

// rates are how likely a customer like c is viewed by the account, and without
// explanation.
func (o *oracle) rates(actor, c int) (q, u float64) {
	q = 0.5
	share, care, rate, part := 0.5, 1., 0., 1.
	customers, views := 1., 1.
	known := 0
	for a := range o.actors {
		if slices.ContainsFunc(o.looks, func(l look) bool { return l.actor == a }) {
			known++
		}
	}
	for level := range 4 {
		var n, own, ownOdd, others, othersOdd float64
		for _, d := range o.group(c, level) {
			n++
			for a := range o.actors {
				viewed, odd := o.saw(a, d)
				switch {
				case a == actor && odd:
					own, ownOdd = own+1, ownOdd+1
				case a == actor && viewed:
					own++
				case odd:
					others, othersOdd = others+1, othersOdd+1
				case viewed:
					others++
				}
			}
		}
		q = (own + customers*q) / (n + customers)
		share = (othersOdd + views*share) / (others + views)
		care = (ownOdd + care) / (own*share + 1)
		rate = (othersOdd + customers*rate) / (n + customers)
		if level == 0 {
			part = (ownOdd + 1) / (othersOdd + float64(known))
		}
		customers, views = max(30, 1/q), 30
	}
	u = min(q, q*share*care/2+rate*part/2)

	// Both are not known for certain.
	n, k, m, l := 1., 0., 1., 0.
	for _, d := range o.group(c, 1) {
		viewed, odd := o.saw(actor, d)
		if viewed {
			n++
		}
		if odd {
			m++
		}
	}
	for d := range o.harms {
		if o.alike(c, d) {
			viewed, odd := o.within(actor, d)
			if viewed {
				k++
			}
			if odd {
				l++
			}
		}
	}
	more := func(n, k float64) float64 {
		product := 1.
		for i := range int(k) {
			product *= (n + float64(i)) / n
		}
		if k == 0 {
			return 1
		}
		return math.Pow(product, 1/k)
	}
	return min(1, q*more(n, k)), min(1, u*more(m, l))
}

// alike says whether two harmed customers are of one queue and kind.
func (o *oracle) alike(c, d int) bool {
	low := func(c int) bool { return slices.ContainsFunc(o.before[c], func(l look) bool { return l.low }) }
	return len(o.before[d]) > 0 && o.queues[d] == o.queues[c] && low(d) == low(c)
}

// within is saw for views that may have led to the harm.
func (o *oracle) within(actor, c int) (viewed, odd bool) {
	for _, l := range o.before[c] {
		if l.actor == actor && o.harms[c].at.Sub(l.at) <= 180*24*time.Hour {
			viewed, odd = true, odd || l.unexplained
		}
	}
	return viewed, odd
}

// odds is r(a) for one customer.
func (o *oracle) odds(actor, c int, tilt float64) float64 {
	viewed, odd := o.within(actor, c)
	if !viewed {
		return 0
	}
	q, u := o.rates(actor, c)
	r := (1 - tilt) / q
	if odd {
		r += tilt / u
	}
	return r
}

// judgement is what the oracle says of a set, or of all: shares of it that are
// not explained, harm by harm, and the chance that none is.
type judgement struct {
	weight, nobody float64
	left           map[int]float64
}

// weight is a set's prior times its likelihood, averaged over the grid; left and
// nobody are weighted by it.
func (o *oracle) weight(members []int, odds map[[3]int]float64, tilts []float64) judgement {
	n := float64(max(o.actors, 4))
	p := min(2/n, 0.5)
	prior := math.Pow(p, float64(len(members))) * math.Pow(1-p, n-float64(len(members)))
	// That nobody leaked has a prior of one third, whatever the number of accounts.
	if none := math.Pow(1-p, n); len(members) == 0 {
		prior = 0.5 * (1 - none)
	}
	out := judgement{left: map[int]float64{}}
	for k := range tilts {
		each, nobody := prior/float64(len(tilts)), prior/float64(len(tilts))
		shares := map[int]float64{}
		for _, low := range []bool{false, true} {
			for power, kind := range []string{"complaint", "review_deleted", "account_takeover", "mark"} {
				norm, total, none := 0., 0., 0.
				rest := map[int]float64{}
				for _, share := range []float64{0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9} {
					w := math.Pow(1-share, float64(power))
					if kind == "mark" {
						w = 1
					}
					norm += w
					l, b, parts := w, w, map[int]float64{}
					for c, harm := range o.harms {
						of := cmp.Or(harm.kind, "complaint")
						if harm.mark {
							of = "mark"
						}
						if of != kind || slices.ContainsFunc(o.before[c], func(l look) bool { return l.low }) != low {
							continue
						}
						e, r := share, 0.
						if harm.mark {
							e = 0.999
						}
						for _, a := range members {
							r += odds[[3]int{a, c, k}] / float64(len(members))
						}
						if len(members) == 0 && !harm.mark {
							e = 0
						}
						l *= 1 - e + e*r
						b *= 1 - e
						parts[c] = (1 - e) / (1 - e + e*r)
					}
					for c, x := range parts {
						rest[c] += l * x
					}
					total, none = total+l, none+b
				}
				each *= total / norm
				nobody *= none / norm
				for c, x := range rest {
					shares[c] = x / total
				}
			}
		}
		out.weight += each
		out.nobody += nobody
		for c, x := range shares {
			out.left[c] += each * x
		}
	}
	return out
}

func (o *oracle) answer() (accounts, sets map[string]float64, all judgement) {
	tilts := []float64{0}
	if slices.ContainsFunc(o.looks, func(l look) bool { return l.unexplained }) {
		tilts = []float64{0, 0.5, 0.9}
	}
	odds, viewed := map[[3]int]float64{}, 0 // viewed: bit by bit, who is a candidate
	for a := range o.actors {
		for c := range o.harms {
			for k, tilt := range tilts {
				odds[[3]int{a, c, k}] = o.odds(a, c, tilt)
			}
			if odds[[3]int{a, c, 0}] > 0 {
				viewed |= 1 << a
			}
		}
	}
	accounts, sets = map[string]float64{}, map[string]float64{}
	all.left = map[int]float64{}
	for s := range 1 << o.actors {
		if s&^viewed != 0 {
			continue
		}
		var members []int
		var names []string
		for a := range o.actors {
			if s>>a&1 == 1 {
				members, names = append(members, a), append(names, string(actorNo(a)))
			}
		}
		j := o.weight(members, odds, tilts)
		for _, name := range names {
			accounts[name] += j.weight
		}
		sets[strings.Join(names, " ")] = j.weight
		all.weight, all.nobody = all.weight+j.weight, all.nobody+j.nobody
		for c, x := range j.left {
			all.left[c] += x
		}
	}
	for _, m := range []map[string]float64{accounts, sets} {
		for k := range m {
			m[k] /= all.weight
		}
	}
	for c := range all.left {
		all.left[c] /= all.weight
	}
	all.nobody /= all.weight
	return accounts, sets, all
}

func TestTheAnswerIsThePosteriorOverAllSets(t *testing.T) {
	const eps = 0.0002 // answers have four digits
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		actors := 2 + r.IntN(5)
		h := randomHistory(r, actors, 4+r.IntN(20), 1+r.IntN(7))
		for a := range actors { // everybody is known to the record
			h.looks = append(h.looks, look{actor: a, customer: 0, at: t0.AddDate(1, 0, 0)})
		}
		h.complaints = append(h.complaints, complaint{customer: 1, at: t0.AddDate(0, 2, 0)})
		got := h.answer(nil)
		accounts, sets, want := newOracle(h, actors).answer()
		if math.Abs(got.Nobody-want.nobody) > eps {
			t.Errorf("seed %d: nobody %v, want %v", seed, got.Nobody, want.nobody)
		}
		unexplained := 0.
		for c, x := range want.left {
			unexplained += x / float64(len(want.left))
			i := slices.IndexFunc(got.Each, func(h HarmSeen) bool { return h.Subject == customerNo(c) })
			if i < 0 || math.Abs(got.Each[i].Unexplained-x) > eps {
				t.Errorf("seed %d: customer %d is left with %v in %+v", seed, c, x, got.Each)
			}
		}
		if math.Abs(got.Unexplained-unexplained) > eps || len(got.Each) != len(want.left) {
			t.Errorf("seed %d: unexplained %v, want %v", seed, got.Unexplained, unexplained)
		}
		check := func(names string, got float64, want map[string]float64) {
			if p, ok := want[names]; !ok || math.Abs(got-p) > eps {
				t.Errorf("seed %d: %s has %v, want %v", seed, names, got, p)
			}
			delete(want, names)
		}
		for _, a := range got.Accounts {
			check(string(a.Actor), a.Probability, accounts)
		}
		delete(sets, "")
		for _, s := range got.Sets {
			check(strings.Trim(fmt.Sprint(s.Actors), "[]"), s.Probability, sets)
		}
		least := worthShowing // the last of a list that is full
		if n := len(got.Sets); n >= shown-1 {
			least = got.Sets[n-1].Probability
		}
		for _, m := range []map[string]float64{accounts, sets} {
			for names, p := range m {
				if p > least+eps {
					t.Errorf("seed %d: %s with %v is missing", seed, names, p)
				}
			}
		}
	}
}

// The walk against all sets weighed: more candidates than are weighed exactly
// in an answer, few enough to weigh them here.
func TestTheWalkAgainstAllSets(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 8))
		actors := 6 + r.IntN(4)
		h := randomHistory(r, actors, 25, 4+r.IntN(12))
		leaker := r.IntN(actors)
		for c := range 6 { // some truth in it
			h.looks = append(h.looks, look{actor: leaker, customer: c, at: t0})
			h.complaints = append(h.complaints, complaint{customer: c, at: t0.AddDate(0, 3, 0)})
		}
		tracer := New(Options{})
		for i := range h.looks {
			tracer.Add(h.event(i))
		}
		for i := range h.complaints {
			tracer.Add(h.harm(i))
		}
		for i, l := range h.looks {
			if l.unexplained {
				tracer.Unexplained(h.event(i), customerNo(l.customer))
			}
		}
		w, all := tracer.weigher()
		want, got := exact(w, all), sample(w, all)
		for i := range all {
			if math.Abs(got.marginal[i]-want.marginal[i]) > 0.03 {
				t.Errorf("seed %d: candidate %d has %.3f by walking, %.3f by weighing", seed, i, got.marginal[i], want.marginal[i])
			}
		}
		for i, x := range want.left.each {
			if math.Abs(got.left.each[i]-x) > 0.03 {
				t.Errorf("seed %d: harm %d is left with %.3f by walking, %.3f by weighing", seed, i, got.left.each[i], x)
			}
		}
		if math.Abs(got.left.nobody-want.left.nobody) > 0.03 || got.doubt > 0.05 {
			t.Errorf("seed %d: nobody %.3f, want %.3f; doubt %.3f", seed, got.left.nobody, want.left.nobody, got.doubt)
		}
		again := sample(w, all)
		if len(again.sets) != len(got.sets) || !slices.Equal(again.marginal, got.marginal) {
			t.Errorf("seed %d: a second walk went elsewhere", seed)
		}
	}
}
