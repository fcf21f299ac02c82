package watch

import (
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/rule"
)

// Options are what an engine may be given beside its pack.
type Options struct {
	// Verdict, when set, is told of every customer of every view, once, when it
	// is known whether work explains it: the pack's grace before opening later.
	Verdict func(view event.Event, subject event.SubjectID, explained bool)
}

// Engine folds events into alerts. It belongs to one goroutine.
type Engine struct {
	pack    *Pack
	verdict func(event.Event, event.SubjectID, bool)
	reasons *Reasons

	now      time.Time        // newest event folded
	pending  []event.Event    // views that a reason may still explain
	judged   int              // how many of pending are done
	dayEnd   time.Time        // of the day that is open; zero before the first view
	counted  map[pair]counted // unexplained views that count, within the window
	once     map[string]time.Time
	staff    map[event.ActorID]*staff
	gone     []event.ActorID // left since the last day's close
	canaries map[event.SubjectID]time.Time
	flagged  map[event.StationID]time.Time
	reveals  map[event.StationID][]event.Event // raw reveals within the camera window

	detector *detector
	own      *rule.Engine // the pack's own rules
	out      []event.Event
}

type counted struct {
	At    time.Time
	Match bool
}

type staff struct {
	Partner event.PartnerID
	Role    string
	Left    time.Time
}

// New returns an engine at the beginning of a stream.
func New(pack *Pack, opt Options) *Engine {
	if opt.Verdict == nil {
		opt.Verdict = func(event.Event, event.SubjectID, bool) {}
	}
	return &Engine{
		pack: pack, verdict: opt.Verdict, reasons: NewReasons(pack.Grace),
		counted: make(map[pair]counted), once: make(map[string]time.Time),
		staff: make(map[event.ActorID]*staff), canaries: make(map[event.SubjectID]time.Time),
		flagged: make(map[event.StationID]time.Time), reveals: make(map[event.StationID][]event.Event),
		detector: newDetector(pack), own: rule.New(pack.own),
	}
}

// Reasons returns the store of who held which reason when, as of the newest
// event folded. A door that must answer at once, ahead of the fold, keeps a
// store of its own.
func (e *Engine) Reasons() *Reasons { return e.reasons }

// Fold takes the next event and returns the alerts that it, or the time that
// has passed until it, brings about.
func (e *Engine) Fold(ev event.Event) []event.Event {
	e.out = nil
	if ev.Time.After(e.now) {
		e.now = ev.Time
	}
	e.advance(e.now.Add(-time.Duration(e.pack.Grace.BeforeOpening)))
	e.reasons.Apply(ev)
	switch d := ev.Data.(type) {
	case *event.AccessViewed:
		e.facts(ev, d)
		e.pending = append(e.pending, ev)
	case *event.AccessRefused:
		e.refused(ev, d)
		e.pending = append(e.pending, ev)
	case *event.StaffJoined:
		e.staff[d.Actor] = &staff{Partner: d.Partner, Role: d.Role}
		e.detector.move(d.Actor, groupName(d.Role, d.Queues), string(d.Partner))
	case *event.StaffLeft:
		e.person(d.Actor).Left = ev.Time
		e.gone = append(e.gone, d.Actor)
	case *event.CanaryPlanted:
		if _, ok := e.canaries[d.Subject]; !ok {
			e.canaries[d.Subject] = ev.Time
		}
	case *event.CameraFlagged:
		e.camera(ev, d)
	}
	e.out = append(e.out, e.own.Fold(ev)...)
	return e.out
}

// Faults lists the pack's own rules that could not be worked out on some events.
func (e *Engine) Faults() []string { return e.own.Faults() }

// Flush judges what is still open as if the stream had ended here.
func (e *Engine) Flush() []event.Event {
	e.out = nil
	for ; e.judged < len(e.pending); e.judged++ {
		e.openDay(e.pending[e.judged].Time)
		e.judge(e.pending[e.judged])
	}
	e.pending, e.judged = nil, 0
	e.closeDay()
	return e.out
}

// advance judges the views before a time, and closes the days before it.
func (e *Engine) advance(to time.Time) {
	for ; e.judged < len(e.pending) && e.pending[e.judged].Time.Before(to); e.judged++ {
		e.openDay(e.pending[e.judged].Time)
		e.judge(e.pending[e.judged])
		e.pending[e.judged] = event.Event{}
	}
	if e.judged > 64 && e.judged > len(e.pending)/2 {
		e.pending, e.judged = append([]event.Event(nil), e.pending[e.judged:]...), 0
	}
	if !e.dayEnd.IsZero() && e.dayEnd.Before(to) {
		e.closeDay()
	}
}

// openDay makes the day of a time the open one; a view of a day already closed
// counts in the open one.
func (e *Engine) openDay(at time.Time) {
	if !e.dayEnd.IsZero() && at.Before(e.dayEnd) {
		return
	}
	e.closeDay()
	y, m, d := at.In(e.pack.Timezone.loc).Date()
	e.dayEnd = time.Date(y, m, d+1, 0, 0, 0, 0, e.pack.Timezone.loc)
}

// judge settles whether work explains a view, and counts it for the day; or it
// counts a door that did not open.
func (e *Engine) judge(ev event.Event) {
	d, ok := ev.Data.(*event.AccessViewed)
	if !ok {
		// A door that is narrowed or closed is no sign of guessing: Menshen did that.
		if r := ev.Data.(*event.AccessRefused); r.Actor != "" && !strings.HasPrefix(r.Cause, causeStanding) {
			e.detector.account(r.Actor).Refused++
		}
		return
	}
	a := e.detector.account(d.Actor)
	raw := d.Kind == event.KindReveal && showsRaw(d)
	claimed := d.Reason == nil || len(d.Subjects) == 0
	for i := range d.Subjects {
		s := &d.Subjects[i]
		held := e.reasons.Held(d.Actor, s.Subject, ev.Time)
		e.verdict(ev, s.Subject, held)
		if !claimed && held {
			claimed = e.reasons.Open(d.Actor, d.Reason.Kind, d.Reason.ID, s.Subject, ev.Time)
		}
		if raw && !held {
			e.raise(RuleReveal, ev, d, revealText(d), string(s.Subject))
		}
		if d.Kind == event.KindList {
			continue
		}
		cells, queue := e.detector.attrs.read(s)
		today := a.queue(e.detector.Queues.number(queue))
		if held {
			if !a.again(s.Subject) {
				today.add(explained, cells)
				if cells&1 != 0 {
					a.SeenOther.push(ev.ID, cells, carriedOther)
				}
			}
			continue
		}
		p := pair{d.Actor, s.Subject}
		match := cells&1 != 0
		c, again := e.counted[p]
		if again && ev.Time.Sub(c.At) < time.Duration(e.pack.Window) {
			if !match || c.Match || int32(today.Hits[unexplained][0]) >= today.Views[unexplained] {
				continue
			}
			c.Match = true // the first look did not show the attribute, this one does
			today.Hits[unexplained][0]++
		} else {
			c = counted{ev.Time, match}
			today.add(unexplained, cells)
		}
		e.counted[p] = c
		a.Seen.push(ev.ID, cells, carriedBytes)
	}
	if !claimed {
		e.raise(RuleClaim, ev, d, claimText(d), ev.Time.In(e.pack.Timezone.loc).Format(time.DateOnly))
	}
}

func (e *Engine) closeDay() {
	if e.dayEnd.IsZero() {
		return
	}
	at := e.dayEnd
	if e.now.Before(at) {
		at = e.now
	}
	for _, f := range e.detector.closeDay() {
		r := e.pack.Rules[f.rule]
		about := at.Format(time.RFC3339Nano)
		if f.actor != "" {
			f.partner = e.person(f.actor).Partner
		} else {
			about = string(f.partner) + "\x00" + about
		}
		e.emit(f.rule, at, about, &event.AlertRaised{
			Severity: string(r.Severity), Action: string(r.Action), Actor: f.actor,
			Partner: f.partner, Odds: round(f.odds), Events: f.ids, Message: e.findingText(f, r),
		})
	}
	for _, a := range e.gone {
		if !e.person(a).Left.IsZero() {
			e.detector.drop(a)
		}
	}
	e.gone = nil
	for p, c := range e.counted {
		if at.Sub(c.At) >= time.Duration(e.pack.Window) {
			delete(e.counted, p)
		}
	}
	for k, t := range e.once {
		if at.Sub(t) >= time.Duration(e.pack.Window) {
			delete(e.once, k)
		}
	}
	e.dayEnd = time.Time{}
}

func (e *Engine) person(a event.ActorID) *staff {
	s := e.staff[a]
	if s == nil {
		s = &staff{}
		e.staff[a] = s
	}
	return s
}
