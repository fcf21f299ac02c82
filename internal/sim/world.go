package sim

import (
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/menshen-io/menshen/event"
)

// World is one simulated platform. It is safe for use by several goroutines;
// what its methods return must not be changed.
type World struct {
	opt       Options
	lists     lists
	customers int
	perDay    float64 // orders booked a day
	canaries  map[int]struct{}
	partners  []Partner
	agents    []*Agent
	teams     [][]*Agent
	insiders  []*Agent
	merchants []*Merchant
	ring      *ringPlan
	troubles  troubles
	plan      plan
	leakers   []leaker
	rich      bool // of the later scenarios: more attributes, more noise
	buyers    int

	truth func() Truth
}

// New makes the world of o. It fails on options that make none.
func New(o Options) (*World, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	w := &World{opt: o, lists: newLists(), canaries: map[int]struct{}{}}
	w.customers = o.Customers
	if w.customers == 0 {
		tickets := float64(o.Agents*(o.Days+leadDays)) * 27 * 5 / 7
		w.customers = max(int(tickets/2.5), 400)
	}
	w.perDay = float64(w.customers) / float64(o.Days+leadDays)
	if o.Agents > 0 {
		c := w.chance(streamCanary, 0, 0)
		for k := range o.Canaries {
			share := (float64(k) + c.Float64()) / float64(o.Canaries)
			w.canaries[int(share*float64(w.customers))] = struct{}{}
		}
	}
	if w.troubles, err = parseTroubles(o.Troubles); err != nil {
		return nil, err
	}
	w.rich = w.troubles != 0 || len(o.Leakers) > 0
	w.planTroubles()
	w.hire()
	w.openShops()
	w.truth = sync.OnceValue(func() Truth {
		r := w.newRun()
		r.play(func(Action) bool { return true })
		return r.truth
	})
	return w, nil
}

// Options returns the options with all defaults filled in.
func (w *World) Options() Options { return w.opt }

// End is the instant after the last day.
func (w *World) End() time.Time { return w.opt.Start.AddDate(0, 0, w.opt.Days) }

// Agents returns all accounts of the period, by number.
func (w *World) Agents() []Agent {
	out := make([]Agent, len(w.agents))
	for i, a := range w.agents {
		out[i] = *a
	}
	return out
}

// Partners returns the outsourcing companies.
func (w *World) Partners() []Partner { return slices.Clone(w.partners) }

// Merchants returns all shops, by number.
func (w *World) Merchants() []Merchant {
	out := make([]Merchant, len(w.merchants))
	for i, m := range w.merchants {
		out[i] = *m
	}
	return out
}

// Action is one step of the world: an event, and what it is besides.
type Action struct {
	At     time.Time
	Event  event.Event
	Visit  *Visit        // of an access.viewed: the request at the desk
	Ticket *TicketChange // of a reason event: what the desk is to know
	// ReviewGone is the customer whose review was taken down, of a harm.reported
	// that says so.
	ReviewGone event.SubjectID
}

// Visit is what an agent does at the desk, as the desk's own requests.
type Visit struct {
	Actor    event.ActorID
	Kind     string           // event.KindList, KindSearch or KindDetail
	Customer event.SubjectID  // empty for a list and for a search that finds nobody
	Order    string           // of Customer
	Reason   *event.ReasonRef // as claimed
	Station  event.StationID
	Device   event.DeviceID
}

// States of a ticket.
const (
	TicketOpen     = "open"
	TicketAssigned = "assigned"
	TicketClosed   = "closed"
)

// TicketChange is a reason event in the desk's words.
type TicketChange struct {
	ID       event.ReasonID
	Kind     string
	State    string
	Agent    event.ActorID
	Customer event.SubjectID
	Order    string
	Queue    string
}

// Events yields all events in order. It may be called again and gives the same.
func (w *World) Events() iter.Seq[event.Event] {
	return func(yield func(event.Event) bool) {
		for a := range w.Actions() {
			if !yield(a.Event) {
				return
			}
		}
	}
}

// Actions yields the same steps as Events with what the demo needs to act them.
func (w *World) Actions() iter.Seq[Action] {
	return func(yield func(Action) bool) { w.newRun().play(yield) }
}

// Truth says who did what. The first call runs the world through.
func (w *World) Truth() Truth { return w.truth() }

// run is one pass over the period. It holds what has been set up for coming
// days, never all of it.
type run struct {
	w        *World
	day      int
	days     [][]Action // by day, from today
	ids      [8]int     // events so far, by letter
	reasons  int
	orders   int
	asks     int
	refunds  int
	open     [][]openTicket // by agent
	recent   [][]int        // by team, customers of late tickets
	deleted  map[int]bool   // customers whose review is gone
	seen     []map[int]bool // by insider: customers of own tickets and lookups
	left     int            // lookups that the broker still wants
	leaks    []leakRun      // by leaker
	taken    map[int]bool   // customers sold by leakers
	pretexts int            // reasons that leakers opened for themselves
	attrs    map[attrKey]map[string]any
	masked   [2]map[string]string
	truth    Truth
}

type attrKey struct {
	rating int
	queue  string
	tier   int // 0: the scenario has no more than rating and queue
	member string
	state  string
}

func (w *World) newRun() *run {
	r := &run{
		w: w, days: make([][]Action, w.opt.Days), open: make([][]openTicket, len(w.agents)), recent: make([][]int, len(w.teams)),
		deleted: map[int]bool{}, left: harvestTotal, attrs: map[attrKey]map[string]any{},
	}
	brief := map[string]string{"name": event.Masked, "phone": event.Masked}
	full := map[string]string{"name": event.Masked, "phone": event.Masked, "resident_id": event.Masked, "email": event.Masked,
		"address": event.Masked, "bank_card": event.Masked}
	r.masked = [2]map[string]string{brief, full}
	for range w.insiders {
		r.seen = append(r.seen, map[int]bool{})
	}
	r.begin()
	return r
}

// play goes through the days until yield wants no more.
func (r *run) play(yield func(Action) bool) {
	for day := range r.w.opt.Days {
		r.day = day
		r.staffDay()
		for _, a := range r.w.agents {
			if r.w.works(a, day) {
				r.agentDay(a)
			}
		}
		r.leakDay()
		r.careDay()
		r.shopsDay()
		today := r.days[day]
		r.days[day] = nil
		slices.SortFunc(today, func(a, b Action) int {
			switch {
			case a.Event.Before(b.Event):
				return -1
			case b.Event.Before(a.Event):
				return 1
			}
			return 0
		})
		for _, a := range today {
			if !yield(a) {
				return
			}
		}
	}
	r.finish()
}

// letter is the first letter of an event's id; ids are numbered by letter.
type letter int

const (
	idView letter = iota
	idReason
	idHarm
	idFact
	idShop
	idOrder
	idAsk
	idRefund
)

func (r *run) add(l letter, source string, at time.Time, data event.Data) *Action {
	day := int(at.Sub(r.w.opt.Start) / (24 * time.Hour))
	if day >= r.w.opt.Days {
		return nil
	}
	day = max(day, r.day)
	r.ids[l]++
	id := number("arhsmopf"[l:l+1], r.ids[l], 8)
	r.days[day] = append(r.days[day], Action{At: at, Event: event.New(id, source, at, data)})
	return &r.days[day][len(r.days[day])-1]
}

// today is an instant of the present day.
func (r *run) today(d time.Duration) time.Time {
	return r.w.opt.Start.Add(time.Duration(r.day)*24*time.Hour + d)
}
