package api

import (
	"io"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
)

// tallyState is all that a tally knows.
type tallyState struct {
	Changed       uint64
	Newest, First time.Time
	Data          DataFigures
	Money         MoneyFigures
	DataBy        map[int64]*DataPoint
	MoneyBy       map[int64]*MoneyPoint
	Held          map[event.MerchantID]int64
	Actors        map[event.ActorID]actorState
	Alerts        []Alert
}

type actorState struct {
	Actor Actor
	Days  map[string]*ActorDay
}

// Save writes all that the tally knows, so that Load can go on from it.
func (t *Tally) Save(w io.Writer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return snapshot.Save(w, t.walk)
}

// Load makes an empty tally know what another one has saved. An error that wraps
// snapshot.ErrUnfit says that it cannot; the tally is not to be used then.
func (t *Tally) Load(r io.Reader) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return snapshot.Load(r, t.walk)
}

// walk goes over the state. The caller holds mu.
func (t *Tally) walk(c *snapshot.Codec) {
	c.Same("menshen tally 1 "+t.bucket.String()+" "+t.zone.String(), "it is of another kind or version, or of other series")
	s := tallyState{t.changed, t.newest, t.first, t.data, t.money, t.dataBy, t.moneyBy, t.held, map[event.ActorID]actorState{}, t.alerts}
	for id, a := range t.actors {
		s.Actors[id] = actorState{a.Actor, a.days}
	}
	snapshot.JSON(c, &s)
	if !c.Loading() || c.Err() != nil {
		return
	}
	if s.DataBy == nil || s.MoneyBy == nil || s.Held == nil {
		c.Unfit("parts are missing")
		return
	}
	t.changed, t.newest, t.first, t.data, t.money, t.alerts = s.Changed, s.Newest, s.First, s.Data, s.Money, s.Alerts
	t.dataBy, t.moneyBy, t.held = s.DataBy, s.MoneyBy, s.Held
	for id, a := range s.Actors {
		if a.Days == nil {
			a.Days = map[string]*ActorDay{}
		}
		t.actors[id] = &actorTally{a.Actor, a.Days}
	}
}
