package trace

import (
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Options shape a tracer. The zero value of a field takes its default.
type Options struct {
	Window    time.Duration  // between a view and the harm it may have led to; 180 days
	Attribute string         // which customers are alike: by this attribute ("rating")
	AtMost    float64        // being at most this (2) or not
	Zone      *time.Location // in which months are told apart; UTC
}

func (o Options) withDefaults() Options {
	if o.Window <= 0 {
		o.Window = 180 * 24 * time.Hour
	}
	if o.Attribute == "" {
		o.Attribute, o.AtMost = "rating", 2
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return o
}

// Result is what menshen trace says.
type Result struct {
	Accounts    []Account `json:"accounts"`    // by falling probability
	Sets        []Set     `json:"sets"`        // by falling probability
	Unexplained float64   `json:"unexplained"` // share of the harms that no account of the record explains
	Harms       int       `json:"harms"`       // customers harmed, each once
	// Doubt is by how much two independent reckonings of a probability differ at
	// most; 0 where the reckoning is exact.
	Doubt    float64  `json:"doubt,omitzero"`
	Advice   []string `json:"advice"`
	AdviceZH []string `json:"advice_zh"`
}

// Account is one account and the harmed customers whom it viewed before.
type Account struct {
	Actor       event.ActorID     `json:"actor"`
	Probability float64           `json:"probability"`
	Subjects    []event.SubjectID `json:"subjects"`
	Views       []string          `json:"views"`
	Expected    float64           `json:"expected"` // how many harmed customers its work would let it have viewed
}

// Set is a set of accounts that leaked together.
type Set struct {
	Actors      []event.ActorID `json:"actors"`
	Probability float64         `json:"probability"`
}

// Tracer collects views and harms. It belongs to one goroutine.
type Tracer struct {
	opt       Options
	actors    []event.ActorID
	index     map[event.ActorID]int32
	customers map[event.SubjectID]*customer
	harms     map[event.SubjectID]harm
	judged    bool // some view was said to be unexplained
}

type customer struct {
	queue   string
	queueAt time.Time
	viewed  bool    // queue comes from a view, not from a reason
	visits  []visit // by time, then id
}

type visit struct {
	id          string
	at          time.Time
	actor       int32
	low         bool
	unexplained bool
}

// harm is the first one of a customer; a mark is near-noiseless, a soft sign has
// mostly other causes.
type harm struct {
	at         time.Time
	mark, soft bool
}

// New returns a tracer that has seen nothing.
func New(opt Options) *Tracer {
	return &Tracer{opt: opt.withDefaults(), index: make(map[event.ActorID]int32),
		customers: make(map[event.SubjectID]*customer), harms: make(map[event.SubjectID]harm)}
}

// Add takes views, reasons (for a customer's queue) and harms, in any order;
// other events are passed over.
func (t *Tracer) Add(ev event.Event) {
	switch d := ev.Data.(type) {
	case *event.AccessViewed:
		a := t.actor(d.Actor)
		for i := range d.Subjects {
			s := &d.Subjects[i]
			c := t.customer(s.Subject)
			v, known := numeric(s.Attributes[t.opt.Attribute])
			c.visit(visit{id: ev.ID, at: ev.Time, actor: a, low: known && v <= t.opt.AtMost})
			q, _ := s.Attributes["queue"].(string)
			c.queued(q, ev.Time, true)
		}
	case *event.ReasonOpened:
		if d.Queue != "" {
			t.customer(d.Subject).queued(d.Queue, ev.Time, false)
		}
	case *event.HarmReported:
		mark := d.Kind == event.HarmProxyRung || d.Kind == event.HarmCanaryContacted
		h, known := t.harms[d.Subject]
		// A mark says more than any complaint; otherwise the first harm counts.
		if !known || mark && !h.mark || mark == h.mark && ev.Time.Before(h.at) {
			soft := d.Kind == event.HarmReviewDeleted || d.Kind == event.HarmAccountTakeover
			t.harms[d.Subject] = harm{ev.Time, mark, soft}
		}
	}
}

// Unexplained says that no work explains a customer's part of a view that was
// added before.
func (t *Tracer) Unexplained(view event.Event, subject event.SubjectID) {
	c := t.customers[subject]
	if c == nil {
		return
	}
	for i := len(c.visits) - 1; i >= 0; i-- {
		if v := &c.visits[i]; v.id == view.ID && v.at.Equal(view.Time) {
			v.unexplained = true
			t.judged = true
			return
		}
	}
}

func (t *Tracer) actor(a event.ActorID) int32 {
	i, ok := t.index[a]
	if !ok {
		i = int32(len(t.actors))
		t.index[a] = i
		t.actors = append(t.actors, a)
	}
	return i
}

func (t *Tracer) customer(s event.SubjectID) *customer {
	c := t.customers[s]
	if c == nil {
		c = &customer{}
		t.customers[s] = c
	}
	return c
}

// visit takes a visit to its place.
func (c *customer) visit(v visit) {
	i := len(c.visits)
	for i > 0 && (v.at.Before(c.visits[i-1].at) || v.at.Equal(c.visits[i-1].at) && v.id < c.visits[i-1].id) {
		i--
	}
	c.visits = slices.Insert(c.visits, i, v)
}

// queued says in which queue the customer was. A view says more than a reason;
// otherwise the first counts.
func (c *customer) queued(queue string, at time.Time, viewed bool) {
	earlier := at.Before(c.queueAt) || at.Equal(c.queueAt) && queue < c.queue
	if queue != "" && (c.queue == "" || viewed && !c.viewed || viewed == c.viewed && earlier) {
		c.queue, c.queueAt, c.viewed = queue, at, viewed
	}
}

func numeric(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	}
	return 0, false
}

// stratum is what makes two customers alike. The zero stratum is all customers.
type stratum struct {
	queue string
	low   bool
	month int // allMonths, or counted from the year 0
}

const allMonths = -1

// population counts, of the customers of one stratum, how many each account viewed.
type population struct {
	n                   float64
	viewed, unexplained map[int32]float64
}

func newPopulation() *population {
	return &population{viewed: make(map[int32]float64), unexplained: make(map[int32]float64)}
}

// visits returns a customer's visits up to the harm, all where there was none.
func (t *Tracer) visits(s event.SubjectID) []visit {
	c := t.customers[s]
	if c == nil {
		return nil
	}
	n := len(c.visits)
	if h, harmed := t.harms[s]; harmed {
		for n > 0 && c.visits[n-1].at.After(h.at) {
			n--
		}
	}
	return c.visits[:n]
}

// stratumOf returns where a customer with these visits belongs.
func (t *Tracer) stratumOf(s event.SubjectID, visits []visit) stratum {
	y, m, _ := visits[0].at.In(t.opt.Zone).Date()
	low := slices.ContainsFunc(visits, func(v visit) bool { return v.low })
	return stratum{t.customers[s].queue, low, y*12 + int(m)}
}

// survey counts all customers, stratum by stratum, by queue and kind alone, and
// all together.
func (t *Tracer) survey() map[stratum]*population {
	all := make(map[stratum]*population)
	seen := make(map[int32]bool)
	for subject := range t.customers {
		visits := t.visits(subject)
		if len(visits) == 0 {
			continue
		}
		clear(seen)
		for _, v := range visits {
			seen[v.actor] = seen[v.actor] || v.unexplained
		}
		s := t.stratumOf(subject, visits)
		for _, key := range []stratum{s, {s.queue, s.low, allMonths}, {}} {
			p := all[key]
			if p == nil {
				p = newPopulation()
				all[key] = p
			}
			p.n++
			for a, unexplained := range seen {
				p.viewed[a]++
				if unexplained {
					p.unexplained[a]++
				}
			}
		}
	}
	return all
}

// prior strength, in customers, that a wider stratum lends to a narrower one.
const lent = 30

// chances returns how likely a like customer is viewed by an account, and
// viewed without explanation.
func chances(pops map[stratum]*population, s stratum, a int32) (q, u float64) {
	root := pops[stratum{}]
	if root == nil {
		return 1, 1
	}
	q, u = (root.viewed[a]+0.5)/(root.n+1), (root.unexplained[a]+0.5)/(root.n+1)
	for _, key := range []stratum{{s.queue, s.low, allMonths}, s} {
		if p := pops[key]; p != nil {
			q = (p.viewed[a] + lent*q) / (p.n + lent)
			u = (p.unexplained[a] + lent*u) / (p.n + lent)
		}
	}
	return q, u
}

// sortedHarms returns the harmed customers by time, then by name.
func (t *Tracer) sortedHarms() []event.SubjectID {
	out := make([]event.SubjectID, 0, len(t.harms))
	for s := range t.harms {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b event.SubjectID) int {
		if c := t.harms[a].at.Compare(t.harms[b].at); c != 0 {
			return c
		}
		return strings.Compare(string(a), string(b))
	})
	return out
}
