package gateway

import (
	"context"
	"fmt"
	"time"
	"unicode"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

// subjectsPerEvent is how many customers one event names at most; a view of
// more is several events.
const subjectsPerEvent = 500

// Request is what the gateway needs to know of a request.
type Request struct {
	Method string
	Path   string // as it was sent, without query
	Header func(name string) string
	Query  func(name string) string
}

// Visit is one request of one person at the door. It belongs to the goroutine
// that serves the request.
type Visit struct {
	Session Session
	Route   policy.Route
	Listed  bool       // the policy lists Route
	Masked  bool       // this person, now, sees masks
	Plan    *mask.Plan // what to mask, or for a raw view what to record
	at      time.Time
	g       *Gateway
	pass    bool
	known   bool // Plan knows this path's fields
	records []mask.RecordSpec
	path    string
	reason  *event.ReasonRef
	params  map[string]string // of the path, by the route that records are of
	writes  []policy.Write

	subjects []event.SubjectViewed // not yet recorded
	index    map[string]int        // raw subject to place in subjects
	shown    int                   // values, recorded or not
	recorded int                   // events
	sealing  []entry               // masked values that are not yet in the vault
	plain    []byte                // their originals
	issued   []issuedMask          // masks that the vault is not yet told of
	drawer   *drawer               // of a masked view
	search   *mask.Plan            // the policy's search, as this role sees it
}

// Open lets s through to one request, or refuses and records that.
func (g *Gateway) Open(ctx context.Context, s Session, r Request) (*Visit, *Refusal) {
	v := &Visit{Session: s, g: g, at: g.cfg.Now(), path: r.Path}
	method := r.Method
	if method == "HEAD" {
		method = "GET"
	}
	role, ok := g.cfg.Policy.Role(s.Role)
	if !ok {
		v.Route.Method = r.Method
		return nil, v.Refuse(ctx, CauseRoleUnknown)
	}
	var params map[string]string
	v.Route, params, v.Listed = g.cfg.Policy.Match(method, r.Path)
	v.Plan, v.records, v.known, v.params = v.Route.Plan, v.Route.Records, v.Listed, params
	v.writes = v.Route.Writes
	if !v.Listed {
		v.Route = policy.Route{Method: r.Method, Plan: g.cfg.Policy.Plan}
		v.Plan = g.cfg.Policy.Plan
	}
	v.pass = v.Listed && v.Route.Pass
	if v.pass {
		// What is let through unread is searched all the same should it be JSON.
		v.Plan, v.known = g.cfg.Policy.Plan, false
	}
	answer := g.cfg.Standing(s.who(), v.at)
	switch answer.Standing {
	case event.Open:
		v.Masked = role.View != policy.Raw
	case event.Narrowed:
		v.Masked = true
	default:
		return nil, v.refuse(ctx, CauseStandingClosed, answer.Grounds)
	}
	if v.Listed && v.Route.Refuse {
		return nil, v.Refuse(ctx, CausePath)
	}
	if v.Route.Kind == policy.Export && (!role.Export || answer.Standing == event.Narrowed) {
		if !role.Export && role.View == policy.Raw {
			return nil, v.Refuse(ctx, CauseExport)
		}
		return nil, v.refuse(ctx, CauseExportMasked, answer.Grounds)
	}
	if !v.Listed {
		v.borrow(method, r.Path)
		if v.Masked && !v.known && g.cfg.Policy.Unlisted == policy.UnlistedRefuse {
			return nil, v.Refuse(ctx, CauseUnlisted)
		}
	}
	// The account is the tweak, not the reason: what an agent sees of one customer
	// looks the same on every page, and to another agent it looks otherwise.
	v.search = g.cfg.Policy.Plan
	if g.standIns || len(role.Masks) > 0 {
		v.Plan = v.Plan.With(role.Masks, g.cfg.Masks, string(s.Actor))
		v.search = v.search.With(role.Masks, g.cfg.Masks, string(s.Actor))
	}
	if v.Masked {
		v.drawer = g.vault.open(s.ID, v.at)
		v.Plan = v.Plan.Knowing(v.drawer.memory.knows())
	}
	v.reason = claimed(v.Route.Reason, r, params)
	return v, nil
}

// borrow takes the fields of GET for another method on the same path: what a
// write answers is what a read would have shown.
func (v *Visit) borrow(method, path string) {
	if method == "GET" {
		return
	}
	get, params, ok := v.g.cfg.Policy.Match("GET", path)
	if ok && !get.Pass && !get.Refuse && get.Plan != nil {
		v.Plan, v.records, v.known, v.params = get.Plan, get.Records, true, params
		v.Route.Pattern, v.Route.Kind = get.Pattern, get.Kind
	}
}

// Pass tells whether the answer is let through unread unless it is JSON.
func (v *Visit) Pass() bool { return v.pass }

// claimed reads the reason that a request names. One that looks like personal
// information is not taken: it would stand in the record.
func claimed(src policy.ReasonSource, r Request, params map[string]string) *event.ReasonRef {
	if src.Kind == "" {
		return nil
	}
	var id string
	if src.Param != "" {
		id = params[src.Param]
	}
	if id == "" && src.Header != "" && r.Header != nil {
		id = r.Header(src.Header)
	}
	if id == "" && src.Query != "" && r.Query != nil {
		id = r.Query(src.Query)
	}
	if !plainID(id) {
		return nil
	}
	return &event.ReasonRef{Kind: src.Kind, ID: event.ReasonID(id)}
}

// personalIDs are the classes that an id of a reason may not look like.
func personalIDs() []mask.Class {
	return []mask.Class{mask.Phone, mask.ResidentID, mask.BankCard, mask.Email}
}

// plainID reports whether id may stand in the record.
func plainID(id string) bool {
	if id == "" || len(id) > 128 || len(mask.Search(id, personalIDs())) > 0 {
		return false
	}
	for _, r := range id {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}

// See takes a record that is being shown: Record will record it and, when it is
// shown masked, seal its originals.
func (v *Visit) See(rec mask.Record) {
	v.shown += len(rec.Values)
	if v.Masked {
		for i := range rec.Values {
			if x := &rec.Values[i]; x.Mask != x.Original {
				v.issued = append(v.issued, issuedMask{x.Mask, x.Mapped})
			}
		}
	}
	if rec.Subject == "" {
		return
	}
	i, again := v.index[rec.Subject]
	if !again {
		if v.index == nil {
			v.index = make(map[string]int)
		}
		i = len(v.subjects)
		v.index[rec.Subject] = i
		v.subjects = append(v.subjects, event.SubjectViewed{Subject: v.g.cfg.Subjects(rec.Subject)})
	}
	v.note(i, rec)
	if !v.Masked {
		return
	}
	for j := range rec.Values {
		x := &rec.Values[j]
		if x.Mask == x.Original {
			continue
		}
		v.sealing = append(v.sealing, entry{subject: rec.Subject, field: x.Field, class: string(x.Class), mask: x.Mask, mapped: x.Mapped, off: len(v.plain), len: len(x.Original)})
		v.plain = append(v.plain, x.Original...)
	}
}

// Seal puts what was seen into the vault, so that it can be revealed and
// restored from now on. Record does it too.
func (v *Visit) Seal() {
	if v.drawer == nil {
		return // nothing was masked
	}
	v.drawer.memory.note(v.issued)
	v.drawer.seal(v.sealing, v.plain, v.at)
	v.drawer.remember(v.at)
	clear(v.issued)
	v.issued = v.issued[:0]
	clear(v.plain)
	v.sealing, v.plain = v.sealing[:0], v.plain[:0]
}

// note writes down of which classes the record is, and how they were shown.
func (v *Visit) note(i int, rec mask.Record) {
	s := &v.subjects[i]
	how := event.Raw
	if v.Masked {
		how = event.Masked
	}
	// Most records of a body have the same classes; they share one map.
	if s.Fields == nil && i > 0 && sameClasses(v.subjects[i-1].Fields, rec.Values) {
		s.Fields = v.subjects[i-1].Fields
	} else if s.Fields == nil || !sameClasses(s.Fields, rec.Values) {
		fields := make(map[string]string, len(rec.Values)+len(s.Fields))
		for f, h := range s.Fields {
			fields[f] = h
		}
		for j := range rec.Values {
			fields[string(rec.Values[j].Class)] = how
		}
		s.Fields = fields
	}
	if s.Attributes == nil {
		s.Attributes = rec.Attributes
		return
	}
	for name, a := range rec.Attributes {
		s.Attributes[name] = a
	}
}

// sameClasses reports whether fields has exactly the classes of values.
func sameClasses(fields map[string]string, values []mask.Value) bool {
	if len(fields) == 0 || len(values) < len(fields) {
		return false
	}
	n := 0
	for i := range values {
		if _, ok := fields[string(values[i].Class)]; !ok {
			return false
		}
		again := false
		for j := range i {
			again = again || values[j].Class == values[i].Class
		}
		if !again {
			n++
		}
	}
	return n == len(fields)
}

// Full tells that enough was seen for one event.
func (v *Visit) Full() bool { return len(v.subjects) >= subjectsPerEvent }

// Record records what was seen since the last time: a masked view is handed
// over at once, a raw one is durable when Record returns. With end it is the
// last time, and a view in which nobody was seen is recorded too, if its route
// is one of the policy's or anything was shown. After an error no more data
// may leave.
func (v *Visit) Record(ctx context.Context, end bool) error {
	v.Seal()
	for len(v.subjects) > 0 {
		n := min(len(v.subjects), subjectsPerEvent)
		if err := v.put(ctx, v.subjects[:n:n]); err != nil {
			return err
		}
		v.subjects = v.subjects[n:]
	}
	v.subjects = nil
	clear(v.index)
	if end && v.recorded == 0 && (v.Listed && !v.pass || v.shown > 0) {
		return v.put(ctx, []event.SubjectViewed{})
	}
	return nil
}

// RecordUnread records a raw view durably whose customers are not known, unless
// something of this visit was recorded already.
func (v *Visit) RecordUnread(ctx context.Context) error {
	if v.recorded > 0 {
		return nil
	}
	return v.put(ctx, []event.SubjectViewed{})
}

// Shown is how many personal values were seen so far.
func (v *Visit) Shown() int { return v.shown }

func (v *Visit) put(ctx context.Context, subjects []event.SubjectViewed) error {
	s := &v.Session
	ev := v.g.event(&event.AccessViewed{
		Actor: s.Actor, Partner: s.Partner, Role: s.Role, Session: s.ID, Endpoint: v.endpoint(), Kind: string(v.Route.Kind),
		Subjects: subjects, Reason: v.reason, Station: s.Station, Device: s.Device, IP: s.IP,
	})
	var err error
	if v.Masked {
		err = v.g.cfg.Record.Enqueue(ctx, ev)
	} else {
		err = v.g.cfg.Record.Append(ctx, ev)
	}
	if err != nil {
		return fmt.Errorf("recording view: %w", err)
	}
	v.recorded++
	return nil
}

// endpoint names the route; an address that the policy does not know is "*".
func (v *Visit) endpoint() string {
	if v.Route.Pattern == "" {
		return v.Route.Method + " *"
	}
	return v.Route.Endpoint()
}

// Refuse records that this request was refused.
func (v *Visit) Refuse(ctx context.Context, cause Cause) *Refusal { return v.refuse(ctx, cause, nil) }

func (v *Visit) refuse(ctx context.Context, cause Cause, grounds []event.Text) *Refusal {
	s := &v.Session
	return v.g.refuse(ctx, &event.AccessRefused{Actor: s.Actor, Partner: s.Partner, Endpoint: v.endpoint(),
		Kind: string(v.Route.Kind), Cause: string(cause), IP: s.IP}, grounds...)
}

// RefuseSession records a refusal of s before any route is known.
func (g *Gateway) RefuseSession(ctx context.Context, s Session, cause Cause) *Refusal {
	return g.refuse(ctx, &event.AccessRefused{Actor: s.Actor, Partner: s.Partner, Cause: string(cause), IP: s.IP})
}
