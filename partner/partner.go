package partner

import (
	"cmp"
	"container/heap"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Causes of a standing.
const (
	CauseLapsed   = "qualification_lapsed"
	CauseTraining = "training_overdue"
	CauseStorage  = "storage_attached"
	CauseCamera   = "camera_flagged"
	CauseLeft     = "left"
)

// Roll knows who and what may work. It belongs to one goroutine.
type Roll struct {
	rules Rules

	people   map[event.ActorID]*person
	partners map[event.PartnerID]map[string]*admission // by scope; "" is everything
	attached map[event.DeviceID]*attachment
	due      dueHeap
	out      []event.Event
}

type person struct {
	Joined  bool
	Trained time.Time // last passed, or joined
	Overdue bool
	Left    bool
}

type admission struct {
	Until  time.Time
	Lapsed bool
}

type attachment struct {
	Station event.StationID
	Count   int
}

// due is something to look at when its time has passed. It is looked at again
// then, since meanwhile a course may have been passed or an admission renewed.
type due struct {
	At      time.Time
	Actor   event.ActorID
	Partner event.PartnerID
	Scope   string
}

// New returns an empty roll.
func New(rules Rules) *Roll {
	return &Roll{rules: rules, people: make(map[event.ActorID]*person),
		partners: make(map[event.PartnerID]map[string]*admission), attached: make(map[event.DeviceID]*attachment)}
}

// Fold takes the next event, in order, and returns the standing.changed events
// that it, or the time that has passed until it, brings about.
func (r *Roll) Fold(ev event.Event) []event.Event {
	r.out = nil
	switch ev.Data.(type) {
	case *event.StaffTrained, *event.PartnerAdmitted:
		r.pass(ev.Time.Add(-1)) // what falls due at this very instant is seen to in time
	default:
		r.pass(ev.Time)
	}
	switch d := ev.Data.(type) {
	case *event.StaffJoined:
		r.joined(d, ev.Time)
	case *event.StaffLeft:
		r.left(d, ev.Time)
	case *event.StaffTrained:
		r.trained(d, ev.Time)
	case *event.PartnerAdmitted:
		r.admitted(d, ev.Time)
	case *event.PartnerLapsed:
		for _, scope := range scopes(d.Scope) {
			r.lapse(d.Partner, scope, ev.Time)
		}
	case *event.DeviceStorage:
		r.storage(d, ev.Time)
	case *event.CameraFlagged:
		r.camera(d, ev)
	}
	return r.out
}

// Advance returns what falls due by now although no event came.
func (r *Roll) Advance(now time.Time) []event.Event {
	r.out = nil
	r.pass(now)
	return r.out
}

func (r *Roll) pass(now time.Time) {
	for len(r.due) > 0 && !r.due[0].At.After(now) {
		d := heap.Pop(&r.due).(due)
		if d.Actor != "" {
			r.examine(d.Actor, d.At)
			continue
		}
		if a := r.partners[d.Partner][d.Scope]; a != nil && !a.Lapsed && a.Until.Equal(d.At) {
			r.lapse(d.Partner, d.Scope, d.At)
		}
	}
}

func (r *Roll) joined(d *event.StaffJoined, at time.Time) {
	p := r.people[d.Actor]
	if p == nil {
		p = &person{}
		r.people[d.Actor] = p
	}
	if p.Left {
		p.Left = false
		p.Joined = false
		if r.rules.Left != nil {
			r.lift(event.ScopeActor, string(d.Actor), CauseLeft, at)
		}
	}
	if p.Joined {
		return // joined again without leaving: another queue or site
	}
	p.Joined = true
	if at.After(p.Trained) {
		p.Trained = at
	}
	if t := r.rules.Training; t != nil {
		heap.Push(&r.due, due{At: p.Trained.Add(time.Duration(t.Every)), Actor: d.Actor})
	}
}

func (r *Roll) left(d *event.StaffLeft, at time.Time) {
	p := r.people[d.Actor]
	if p == nil {
		p = &person{}
		r.people[d.Actor] = p
	}
	if p.Left {
		return
	}
	p.Left = true
	if r.rules.Left != nil {
		r.set(event.ScopeActor, string(d.Actor), CauseLeft, string(r.rules.Left.Standing), at, time.Time{}, event.Text{
			ZH: "该账号的使用人已离职。", EN: "The person behind this account has left."})
	}
}

func (r *Roll) trained(d *event.StaffTrained, at time.Time) {
	t := r.rules.Training
	if t == nil || d.Course != t.Course || !d.Passed {
		return
	}
	p := r.people[d.Actor]
	if p == nil {
		p = &person{}
		r.people[d.Actor] = p
	}
	if at.After(p.Trained) {
		p.Trained = at
	}
	if p.Overdue {
		p.Overdue = false
		r.lift(event.ScopeActor, string(d.Actor), CauseTraining, at)
	}
	if p.Joined && !p.Left {
		heap.Push(&r.due, due{At: p.Trained.Add(time.Duration(t.Every)), Actor: d.Actor})
	}
}

// examine narrows a person whose course is overdue.
func (r *Roll) examine(a event.ActorID, at time.Time) {
	t, p := r.rules.Training, r.people[a]
	if t == nil || p == nil || !p.Joined || p.Left || p.Overdue || at.Before(p.Trained.Add(time.Duration(t.Every))) {
		return
	}
	p.Overdue = true
	r.set(event.ScopeActor, string(a), CauseTraining, string(t.Standing), at, time.Time{}, event.Text{
		ZH: fmt.Sprintf("距上次通过培训 %s 已超过 %s 天；通过后自动恢复。", t.Course, t.Every.days()),
		EN: fmt.Sprintf("The course %s was last passed more than %s days ago; passing it opens the account again.", t.Course, t.Every.days())})
}

func (r *Roll) admitted(d *event.PartnerAdmitted, at time.Time) {
	if r.rules.Qualification == nil {
		return
	}
	all := r.partners[d.Partner]
	if all == nil {
		all = make(map[string]*admission)
		r.partners[d.Partner] = all
	}
	for _, scope := range scopes(d.Scope) {
		if scope == "" { // an admission for everything heals every part
			for _, other := range slices.Sorted(maps.Keys(all)) {
				if other != "" {
					r.heal(d.Partner, other, at)
					delete(all, other)
				}
			}
		}
		r.heal(d.Partner, scope, at)
		all[scope] = &admission{Until: d.Until}
		switch {
		case d.Until.IsZero():
		case d.Until.After(at):
			heap.Push(&r.due, due{At: d.Until, Partner: d.Partner, Scope: scope})
		default:
			r.lapse(d.Partner, scope, at)
		}
	}
}

// lapse closes a company's scope.
func (r *Roll) lapse(p event.PartnerID, scope string, at time.Time) {
	q := r.rules.Qualification
	if q == nil {
		return
	}
	if r.partners[p] == nil {
		r.partners[p] = make(map[string]*admission)
	}
	a := r.partners[p][scope]
	if a == nil {
		a = &admission{}
		r.partners[p][scope] = a
	}
	if a.Lapsed {
		return
	}
	a.Lapsed = true
	text := event.Text{ZH: "该外包公司的资质已失效。", EN: "The company's qualification has lapsed."}
	if scope != "" {
		text = event.Text{ZH: fmt.Sprintf("该外包公司的资质（%s）已失效。", scope),
			EN: fmt.Sprintf("The company's qualification for %s has lapsed.", scope)}
	}
	r.set(event.ScopePartner, string(p), lapseCause(scope), string(q.Standing), at, time.Time{}, text)
}

func (r *Roll) heal(p event.PartnerID, scope string, at time.Time) {
	if a := r.partners[p][scope]; a != nil && a.Lapsed {
		a.Lapsed = false
		r.lift(event.ScopePartner, string(p), lapseCause(scope), at)
	}
}

func lapseCause(scope string) string {
	if scope == "" {
		return CauseLapsed
	}
	return CauseLapsed + ":" + scope
}

func scopes(s event.Scope) []string {
	if len(s) == 0 {
		return []string{""}
	}
	sorted := slices.Clone([]string(s))
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func (r *Roll) storage(d *event.DeviceStorage, at time.Time) {
	s := r.rules.Storage
	if s == nil {
		return
	}
	cause := CauseStorage + ":" + string(d.Device)
	a := r.attached[d.Device]
	switch d.Action {
	case "attached":
		if a == nil {
			a = &attachment{Station: d.Station}
			r.attached[d.Device] = a
		}
		a.Count++
		text := event.Text{
			ZH: fmt.Sprintf("电脑 %s 接入了移动存储；拔出后或 %s 后恢复。", d.Device, hours(s.For)),
			EN: fmt.Sprintf("Removable storage was attached to computer %s; open again when it is removed, or after %s.", d.Device, hours(s.For))}
		until := at.Add(time.Duration(s.For))
		r.set(event.ScopeDevice, string(d.Device), CauseStorage, string(s.Standing), at, until, text)
		if d.Station != "" {
			a.Station = d.Station
			r.set(event.ScopeStation, string(d.Station), cause, string(s.Standing), at, until, text)
		}
	case "removed":
		if a == nil {
			return
		}
		if a.Count--; a.Count > 0 {
			return
		}
		delete(r.attached, d.Device)
		r.lift(event.ScopeDevice, string(d.Device), CauseStorage, at)
		if a.Station != "" {
			r.lift(event.ScopeStation, string(a.Station), cause, at)
		}
	}
}

func hours(s Span) string { return time.Duration(s).String() }

func (r *Roll) camera(d *event.CameraFlagged, ev event.Event) {
	c := r.rules.Camera
	if c == nil || d.Station == "" || !slices.Contains(c.Seen, d.Seen) || d.Confidence > 0 && d.Confidence < c.Confidence {
		return
	}
	r.set(event.ScopeStation, string(d.Station), CauseCamera, string(c.Standing), ev.Time, ev.Time.Add(time.Duration(c.For)), event.Text{
		ZH: fmt.Sprintf("摄像头在该工位发现不应出现的物品（%s）；%s 后恢复。", d.Seen, hours(c.For)),
		EN: fmt.Sprintf("A camera saw what does not belong at this station (%s); open again after %s.", d.Seen, hours(c.For))})
}

func (r *Roll) set(scope, id, cause, standing string, at, until time.Time, text event.Text) {
	r.emit(at, &event.StandingChanged{Scope: scope, ID: id, Standing: standing, Cause: cause, Until: until, Reason: &text})
}

func (r *Roll) lift(scope, id, cause string, at time.Time) {
	r.emit(at, &event.StandingChanged{Scope: scope, ID: id, Standing: event.Open, Cause: cause,
		Reason: &event.Text{ZH: "原因已消除。", EN: "The cause is gone."}})
}

func (r *Roll) emit(at time.Time, d *event.StandingChanged) {
	h := sha256.New()
	for _, part := range []string{"standing.changed", d.Scope, d.ID, d.Standing, d.Cause, at.UTC().Format(time.RFC3339Nano)} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	r.out = append(r.out, event.New("s-"+hex.EncodeToString(h.Sum(nil)[:12]), "menshen", at, d))
}

type dueHeap []due

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	if c := h[i].At.Compare(h[j].At); c != 0 {
		return c < 0
	}
	return cmp.Or(strings.Compare(string(h[i].Partner), string(h[j].Partner)),
		strings.Compare(h[i].Scope, h[j].Scope), strings.Compare(string(h[i].Actor), string(h[j].Actor))) < 0
}
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)   { *h = append(*h, x.(due)) }
func (h *dueHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
