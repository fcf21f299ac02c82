package standing

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Source is the source of the events that Menshen itself emits.
const Source = "menshen"

// Who asks: an account and where it sits. Empty parts have no standing of
// their own and are passed over.
type Who struct {
	Actor   event.ActorID
	Partner event.PartnerID
	Site    string
	Station event.StationID
	Device  event.DeviceID
}

// Ground is one cause for a standing that is not open.
type Ground struct {
	Scope    string      `json:"scope"`
	ID       string      `json:"id"`
	Cause    string      `json:"cause"`
	Standing string      `json:"standing"`
	Since    time.Time   `json:"since"`
	Until    time.Time   `json:"until,omitzero"` // zero: until it is lifted
	By       string      `json:"by,omitzero"`
	Reason   *event.Text `json:"reason,omitempty"`
}

// Answer is a standing with the grounds for it, strictest first.
type Answer struct {
	Standing string   `json:"standing"`
	Grounds  []Ground `json:"grounds,omitempty"`
}

// Entry is the standing of one account, company, site, workplace or computer.
type Entry struct {
	Scope string `json:"scope"`
	ID    string `json:"id"`
	Answer
}

type place struct{ scope, id string }

// file is what is known of one cause at one place.
type file struct {
	ground  Ground
	inForce bool
	applied map[event.Key]struct{} // a change counts once, however often it is read again
}

// Book holds all standings. It may be used by several goroutines.
type Book struct {
	mu    sync.RWMutex
	files map[place]map[string]*file // by cause; guarded by mu
}

// New returns a book in which everything is open.
func New() *Book { return &Book{files: make(map[place]map[string]*file)} }

// Apply takes a standing.changed event, in the order of the record; all other
// events are passed over. Among the changes of one cause at one place the last
// one applied counts. An event that was applied before is ignored, so that
// reading an old one again does not bring a lifted ground back.
func (b *Book) Apply(ev event.Event) {
	d, ok := ev.Data.(*event.StandingChanged)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	at := place{d.Scope, d.ID}
	causes := b.files[at]
	if causes == nil {
		causes = make(map[string]*file)
		b.files[at] = causes
	}
	f := causes[d.Cause]
	if f == nil {
		f = &file{applied: make(map[event.Key]struct{})}
		causes[d.Cause] = f
	}
	if _, again := f.applied[ev.Key()]; again {
		return
	}
	f.applied[ev.Key()] = struct{}{}
	f.inForce = d.Standing != event.Open
	f.ground = Ground{Scope: d.Scope, ID: d.ID, Cause: d.Cause, Standing: d.Standing,
		Since: ev.Time, Until: d.Until, By: d.By, Reason: d.Reason}
}

// Ask returns the strictest standing of who and its parts at a time.
func (b *Book) Ask(who Who, at time.Time) Answer {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var grounds []Ground
	for _, p := range []place{
		{event.ScopeActor, string(who.Actor)},
		{event.ScopePartner, string(who.Partner)},
		{event.ScopeSite, who.Site},
		{event.ScopeStation, string(who.Station)},
		{event.ScopeDevice, string(who.Device)},
	} {
		if p.id != "" {
			grounds = b.appendGrounds(grounds, p, at)
		}
	}
	return answer(grounds)
}

// List returns every standing that is not open at a time, by scope and id.
func (b *Book) List(at time.Time) []Entry {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []Entry
	for p := range b.files {
		if grounds := b.appendGrounds(nil, p, at); len(grounds) > 0 {
			all = append(all, Entry{Scope: p.scope, ID: p.id, Answer: answer(grounds)})
		}
	}
	slices.SortFunc(all, func(x, y Entry) int {
		if c := strings.Compare(x.Scope, y.Scope); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return all
}

// appendGrounds adds the grounds in force at p. The caller holds mu. A ground
// counts from when it is applied, not from its Since: clocks of two sources may
// differ, and a door that was told to close is closed.
func (b *Book) appendGrounds(dst []Ground, p place, at time.Time) []Ground {
	for _, f := range b.files[p] {
		if f.inForce && (f.ground.Until.IsZero() || at.Before(f.ground.Until)) {
			dst = append(dst, f.ground)
		}
	}
	return dst
}

func answer(grounds []Ground) Answer {
	slices.SortFunc(grounds, func(x, y Ground) int {
		if c := strictness(y.Standing) - strictness(x.Standing); c != 0 {
			return c
		}
		if c := x.Since.Compare(y.Since); c != 0 {
			return c
		}
		if c := strings.Compare(x.Scope, y.Scope); c != 0 {
			return c
		}
		return strings.Compare(x.Cause, y.Cause)
	})
	a := Answer{Standing: event.Open, Grounds: grounds}
	for _, g := range grounds {
		switch g.Standing {
		case event.Open:
		case event.Narrowed:
			if a.Standing == event.Open {
				a.Standing = event.Narrowed
			}
		default:
			a.Standing = event.Closed
		}
	}
	return a
}

func strictness(s string) int {
	switch s {
	case event.Open:
		return 0
	case event.Narrowed:
		return 1
	}
	return 2
}

// Consequence returns the standing.changed event that an alert brings about,
// if its action narrows or closes. Its cause is the alert's id, its scope the
// account (or, where the alert names none, the workplace or the company). The
// same alert always gives the same event.
func Consequence(alert event.Event) (event.Event, bool) {
	d, ok := alert.Data.(*event.AlertRaised)
	if !ok {
		return event.Event{}, false
	}
	c := &event.StandingChanged{Cause: string(d.Alert), Reason: &event.Text{ZH: d.Message.ZH, EN: d.Message.EN}}
	switch d.Action {
	case event.ActionNarrow:
		c.Standing = event.Narrowed
	case event.ActionClose:
		c.Standing = event.Closed
	default:
		return event.Event{}, false
	}
	switch {
	case d.Actor != "":
		c.Scope, c.ID = event.ScopeActor, string(d.Actor)
	case d.Station != "":
		c.Scope, c.ID = event.ScopeStation, string(d.Station)
	case d.Partner != "":
		c.Scope, c.ID = event.ScopePartner, string(d.Partner)
	default:
		return event.Event{}, false
	}
	h := sha256.New()
	for _, part := range []string{"standing.changed", c.Scope, c.ID, c.Standing, c.Cause} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return event.New("s-"+hex.EncodeToString(h.Sum(nil)[:12]), Source, alert.Time, c), true
}
