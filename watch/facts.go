package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/menshen-io/menshen/event"
)

// seenPhone is what a camera reports that can take a raw value away.
const seenPhone = "phone"

// causeExport is how the gateway names an export that it refused to a masked role.
const causeExport = "export_by_masked_role"

// causeStanding is how the causes of refusals begin that a standing brings about.
const causeStanding = "standing_"

// facts raises what a view is without any statistics.
func (e *Engine) facts(ev event.Event, d *event.AccessViewed) {
	for i := range d.Subjects {
		if planted, ok := e.canaries[d.Subjects[i].Subject]; ok && !ev.Time.Before(planted) {
			e.raise(RuleCanary, ev, d, canaryText(d), string(d.Subjects[i].Subject))
		}
	}
	if left := e.person(d.Actor).Left; !left.IsZero() && ev.Time.After(left) {
		e.raise(RuleLeft, ev, d, leftText(d), "")
	}
	if d.Kind == event.KindExport && e.maskedRole(d) {
		e.raise(RuleExport, ev, d, exportText(d.Actor, false), "")
	}
	if d.Kind == event.KindReveal && d.Station != "" && showsRaw(d) {
		if at, ok := e.flagged[d.Station]; ok && ev.Time.Sub(at) <= time.Duration(e.pack.CameraWindow) {
			e.raise(RuleCamera, ev, d, cameraText(d), ev.ID)
		}
		e.reveals[d.Station] = append(e.recentReveals(d.Station), ev)
	}
}

// maskedRole reports whether an export was made by a role that must not make
// one: by the role's name, or, where none is known, by what it was shown.
func (e *Engine) maskedRole(d *event.AccessViewed) bool {
	role := d.Role
	if role == "" {
		role = e.person(d.Actor).Role
	}
	if role != "" {
		return !slices.Contains(e.pack.MayExport, role)
	}
	for _, s := range d.Subjects {
		for _, how := range s.Fields {
			if how == event.Masked {
				return true
			}
		}
	}
	return false
}

func (e *Engine) refused(ev event.Event, d *event.AccessRefused) {
	if d.Cause == causeExport && d.Actor != "" {
		e.raise(RuleExport, ev, &event.AccessViewed{Actor: d.Actor, Partner: d.Partner}, exportText(d.Actor, true), "")
	}
}

// camera holds a flagged phone against the raw reveals at that station, those
// of the last hour at once and those of the next when they come.
func (e *Engine) camera(ev event.Event, d *event.CameraFlagged) {
	if d.Seen != seenPhone || d.Station == "" {
		return
	}
	e.flagged[d.Station] = ev.Time
	for _, r := range e.recentReveals(d.Station) {
		v := r.Data.(*event.AccessViewed)
		if rule, on := e.pack.Rules[RuleCamera]; on && e.first(RuleCamera, v.Actor, r.ID, ev.Time) {
			e.emit(RuleCamera, ev.Time, r.ID, &event.AlertRaised{
				Severity: string(rule.Severity), Action: string(rule.Action), Actor: v.Actor, Partner: e.partnerOf(v),
				Station: v.Station, Events: []string{r.ID, ev.ID}, Message: withAction(cameraText(v), rule.Action),
			})
		}
	}
}

func (e *Engine) recentReveals(st event.StationID) []event.Event {
	kept := slices.DeleteFunc(e.reveals[st], func(r event.Event) bool {
		return e.now.Sub(r.Time) > time.Duration(e.pack.CameraWindow)
	})
	if len(kept) == 0 {
		delete(e.reveals, st)
	}
	return kept
}

func showsRaw(d *event.AccessViewed) bool {
	for _, s := range d.Subjects {
		for _, how := range s.Fields {
			if how == event.Raw {
				return true
			}
		}
	}
	return false
}

// raise emits an alert on one view, unless the same was said of the same
// account within the window.
func (e *Engine) raise(name string, ev event.Event, d *event.AccessViewed, text event.Text, about string) {
	rule, on := e.pack.Rules[name]
	if !on || !e.first(name, d.Actor, about, ev.Time) {
		return
	}
	e.emit(name, ev.Time, ev.Source+"\x00"+ev.ID+"\x00"+about, &event.AlertRaised{
		Severity: string(rule.Severity), Action: string(rule.Action), Actor: d.Actor, Partner: e.partnerOf(d),
		Station: d.Station, Events: []string{ev.ID}, Message: withAction(text, rule.Action),
	})
}

func (e *Engine) partnerOf(d *event.AccessViewed) event.PartnerID {
	if d.Partner != "" {
		return d.Partner
	}
	return e.person(d.Actor).Partner
}

// first reports whether a thing is said for the first time within the window.
func (e *Engine) first(rule string, actor event.ActorID, about string, at time.Time) bool {
	key := rule + "\x00" + string(actor) + "\x00" + about
	if last, ok := e.once[key]; ok && at.Sub(last) < time.Duration(e.pack.Window) {
		return false
	}
	e.once[key] = at
	return true
}

// emit gives an alert its name, which is a hash of what it is about.
func (e *Engine) emit(rule string, at time.Time, about string, d *event.AlertRaised) {
	h := sha256.New()
	for _, part := range []string{"alert.raised", rule, string(d.Actor), about} {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	d.Rule = rule
	d.Alert = event.AlertID("al-" + hex.EncodeToString(h.Sum(nil)[:12]))
	e.out = append(e.out, event.New(string(d.Alert), "menshen", at, d))
}
