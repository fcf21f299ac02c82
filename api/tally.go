package api

import (
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Tally keeps the figures of both doors as the record is read. It may be used
// by several goroutines.
type Tally struct {
	bucket time.Duration
	zone   *time.Location

	mu      sync.Mutex
	changed uint64 // counts what was folded, so that a watcher sees news
	newest  time.Time
	first   time.Time
	data    DataFigures
	money   MoneyFigures
	dataBy  map[int64]*DataPoint
	moneyBy map[int64]*MoneyPoint
	held    map[event.MerchantID]int64 // by the last decision of each
	actors  map[event.ActorID]*actorTally
	alerts  []Alert // newest last, at most keepAlerts
}

const (
	keepAlerts  = 10
	keepBuckets = 60
	keepDays    = 120
)

type actorTally struct {
	Actor
	days map[string]*ActorDay
}

// NewTally returns an empty tally whose series have one point for each bucket.
func NewTally(bucket time.Duration, zone *time.Location) *Tally {
	return &Tally{
		bucket: bucket, zone: zone,
		dataBy: map[int64]*DataPoint{}, moneyBy: map[int64]*MoneyPoint{},
		held: map[event.MerchantID]int64{}, actors: map[event.ActorID]*actorTally{},
	}
}

// Fold takes a recorded event, once.
func (t *Tally) Fold(index uint64, ev event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed++
	if ev.Time.After(t.newest) {
		t.newest = ev.Time
	}
	if t.first.IsZero() || ev.Time.Before(t.first) {
		t.first = ev.Time
	}
	switch d := ev.Data.(type) {
	case *event.AccessViewed:
		a := t.actor(d.Actor)
		a.Views++
		if a.Partner == "" {
			a.Partner = d.Partner
		}
		t.data.Views++
		for _, s := range d.Subjects {
			for _, how := range s.Fields {
				if how == event.Masked {
					t.data.MaskedValues++
				}
			}
		}
		if d.Kind == event.KindReveal {
			t.data.Reveals++
		}
	case *event.AccessRefused:
		t.data.Refused++
		t.dataPoint(ev.Time).Refused++
	case *event.StaffJoined:
		a := t.actor(d.Actor)
		a.Partner, a.Site, a.Role, a.Queues = d.Partner, d.Site, d.Role, d.Queues
	case *event.AlertRaised:
		if d.Actor != "" {
			t.actor(d.Actor).Alerts++
		}
		t.alerts = append(t.alerts, AlertOf(index, ev.Time, d))
		if len(t.alerts) > keepAlerts {
			t.alerts = slices.Delete(t.alerts, 0, 1)
		}
	case *event.DecisionPayout:
		t.money.Currency = d.Pay.Currency
		t.money.Paid += d.Pay.Amount
		t.money.Held += d.Hold.Amount - t.held[d.Merchant]
		t.held[d.Merchant] = d.Hold.Amount
		p := t.moneyPoint(ev.Time)
		p.Paid += d.Pay.Amount
		p.Held = t.money.Held
	case *event.DecisionRefund:
		sum := d.FromOrder + d.FromBalance + d.FromCollateral + d.Advance
		t.money.Refunded += sum
		t.money.Advanced += d.Advance
		t.moneyPoint(ev.Time).Refunded += sum
	}
}

// Verdict takes what the watch found of one customer of a view.
func (t *Tally) Verdict(actor event.ActorID, at time.Time, explained bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed++
	a := t.actor(actor)
	day := a.day(at.In(t.zone).Format(time.DateOnly))
	p := t.dataPoint(at)
	if explained {
		day.Explained++
		p.Explained++
		return
	}
	day.Unexplained++
	p.Unexplained++
	a.Unexplained++
	t.data.Unexplained++
}

func (t *Tally) actor(id event.ActorID) *actorTally {
	a := t.actors[id]
	if a == nil {
		a = &actorTally{Actor: Actor{Actor: id}, days: map[string]*ActorDay{}}
		t.actors[id] = a
	}
	return a
}

func (a *actorTally) day(name string) *ActorDay {
	d := a.days[name]
	if d == nil {
		d = &ActorDay{Day: name}
		a.days[name] = d
		if len(a.days) > keepDays {
			oldest := name
			for k := range a.days {
				oldest = min(oldest, k)
			}
			delete(a.days, oldest)
		}
	}
	return d
}

func (t *Tally) dataPoint(at time.Time) *DataPoint   { return point(t.dataBy, at, t.bucket, t.zone) }
func (t *Tally) moneyPoint(at time.Time) *MoneyPoint { return point(t.moneyBy, at, t.bucket, t.zone) }

// point returns the bucket of a time and forgets the oldest beyond keepBuckets.
func point[P any](by map[int64]*P, at time.Time, width time.Duration, zone *time.Location) *P {
	_, offset := at.In(zone).Zone()
	n := (at.Unix() + int64(offset)) / int64(width/time.Second)
	p := by[n]
	if p == nil {
		p = new(P)
		by[n] = p
		if len(by) > keepBuckets {
			oldest := n
			for k := range by {
				oldest = min(oldest, k)
			}
			delete(by, oldest)
		}
	}
	return p
}

func series[P any](by map[int64]*P, width time.Duration, zone *time.Location, set func(*P, time.Time)) []P {
	var keys []int64
	for k := range by {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]P, 0, len(keys))
	for _, k := range keys {
		p := *by[k]
		start := time.Unix(k*int64(width/time.Second), 0).UTC()
		set(&p, time.Date(start.Year(), start.Month(), start.Day(), start.Hour(), start.Minute(), 0, 0, zone))
		out = append(out, p)
	}
	return out
}

// Changed returns a number that grows with what is folded.
func (t *Tally) Changed() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// Newest returns the time of the newest event.
func (t *Tally) Newest() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.newest
}

// Overview returns the figures; standings and ledger are for the caller to fill.
func (t *Tally) Overview() Overview {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := Overview{Now: t.newest, Start: t.first, Data: t.data, Money: t.money}
	o.Data.Actors = len(t.actors)
	o.Data.Series = series(t.dataBy, t.bucket, t.zone, func(p *DataPoint, at time.Time) { p.T = at })
	o.Money.Series = series(t.moneyBy, t.bucket, t.zone, func(p *MoneyPoint, at time.Time) { p.T = at })
	o.Alerts = slices.Clone(t.alerts)
	if o.Alerts == nil {
		o.Alerts = []Alert{}
	}
	slices.Reverse(o.Alerts)
	return o
}

// Actors returns every account seen, by name.
func (t *Tally) Actors() []Actor {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Actor, 0, len(t.actors))
	for _, a := range t.actors {
		out = append(out, a.Actor)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Actor < out[j].Actor })
	return out
}

// Actor returns one account and its days, oldest first.
func (t *Tally) Actor(id event.ActorID) (Actor, []ActorDay, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.actors[id]
	if a == nil {
		return Actor{}, nil, false
	}
	days := make([]ActorDay, 0, len(a.days))
	for _, d := range a.days {
		days = append(days, *d)
	}
	sort.Slice(days, func(i, j int) bool { return days[i].Day < days[j].Day })
	return a.Actor, days, true
}
