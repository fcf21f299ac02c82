package policy

import (
	"slices"

	"github.com/menshen-io/menshen/mask"
)

// Kind says what a route shows.
type Kind string

// Kinds of route; the same words as in events.
const (
	List   Kind = "list"
	Detail Kind = "detail"
	Lookup Kind = "search"
	Export Kind = "export"
)

// View says how a role sees personal values.
type View string

// Views.
const (
	Masked View = "masked"
	Raw    View = "raw"
)

// Unlisted says what happens to JSON of a route that is not listed.
type Unlisted string

// What happens to JSON of routes that are not listed.
const (
	UnlistedSearch Unlisted = "search" // masked by search only
	UnlistedRefuse Unlisted = "refuse"
)

// Policy is a policy file that was found sound. It is immutable.
type Policy struct {
	Search   []mask.Class             // searched for in every string that no route maps
	Masks    map[mask.Class]mask.Form // of classes that are not shown as their own; a role's and a field's go before it
	Unlisted Unlisted
	Roles    []Role
	Routes   []Route
	Plan     *mask.Plan // for JSON and text of routes that are not listed: search only
	Warnings []string   // where what is shown may be enough to tell who it is, as "file:line: field: what"

	matchers []matcher  // the most exact first
	opaque   *mask.Plan // shows nothing: what a refused route carries
}

// Role is what a person may see and do.
type Role struct {
	Name           string
	View           View
	Reveal         []mask.Class // classes whose values may be uncovered one by one
	RevealsPerHour int
	Export         bool // routes of kind export are open
	Masks          map[mask.Class]mask.Form
}

// MayReveal tells whether the role may uncover values of class c.
func (r Role) MayReveal(c mask.Class) bool {
	for _, x := range r.Reveal {
		if x == c {
			return true
		}
	}
	return false
}

// Route is one kind of request.
type Route struct {
	Name    string
	Method  string // "*" for any
	Pattern string // "/api/orders/{id}"
	Kind    Kind
	Reason  ReasonSource
	Records []mask.RecordSpec
	Writes  []Write
	Plan    *mask.Plan
	Pass    bool   // let through unread
	Refuse  bool   // not to be forwarded: the path can be read in more than one way
	Cause   string // why Refuse, as a code for access.refused
}

// Write says where a request's body names the customer whose fields it writes, so
// that masks in it can be put back. All paths are names joined by dots.
type Write struct {
	At      string            // the object with the fields; "" is the whole body
	Where   map[string]string // by path, a word that the text there has to contain
	Subject string            // within At
	Fields  []string          // within At
}

// Endpoint is how the route is named in events: method and pattern.
func (r Route) Endpoint() string { return r.Method + " " + r.Pattern }

// ReasonSource is where a request claims its reason. Kind is "" when it claims none.
type ReasonSource struct {
	Kind   string // ticket, call, order
	Header string
	Query  string
	Param  string // a {param} of the route's pattern
}

// NeedsKeys tells whether anything is shown in a form that takes a key.
func (p *Policy) NeedsKeys() bool {
	for _, r := range p.Roles {
		for _, f := range r.Masks {
			if f.Keyed() {
				return true
			}
		}
	}
	return p.Plan.NeedsKeys() || slices.ContainsFunc(p.Routes, func(r Route) bool { return r.Plan.NeedsKeys() })
}

// Role returns the role called name.
func (p *Policy) Role(name string) (Role, bool) {
	for _, r := range p.Roles {
		if r.Name == name {
			return r, true
		}
	}
	return Role{}, false
}

// Route returns the route called name.
func (p *Policy) Route(name string) (Route, bool) {
	for _, r := range p.Routes {
		if r.Name == name {
			return r, true
		}
	}
	return Route{}, false
}
