package policy

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/internal/yamlconf"
	"github.com/menshen-io/menshen/mask"
)

// scalar is a text of the file with its line.
type scalar struct {
	text string
	line int
}

func (s *scalar) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode {
		return errors.New("expected a single value")
	}
	*s = scalar{n.Value, n.Line}
	if n.ShortTag() == "!!null" {
		s.text = ""
	}
	return nil
}

// pairs is a mapping of the file in its order.
type pairs []struct{ key, value scalar }

func (p *pairs) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.New("expected a mapping")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var k, v scalar
		if err := errors.Join(k.UnmarshalYAML(n.Content[i]), v.UnmarshalYAML(n.Content[i+1])); err != nil {
			return fmt.Errorf("%q: %w", n.Content[i].Value, err)
		}
		*p = append(*p, struct{ key, value scalar }{k, v})
	}
	return nil
}

// roles are a mapping too, each with the line of its name.
type roles []roleText

func (r *roles) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.New("expected a mapping")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		t := roleText{name: scalar{n.Content[i].Value, n.Content[i].Line}}
		err := n.Content[i+1].Load(&t, yaml.WithKnownFields())
		var faults *yaml.LoadErrors
		if errors.As(err, &faults) {
			t.faults = faults.Errors
		} else if err != nil {
			return fmt.Errorf("%q: %w", t.name.text, err)
		}
		*r = append(*r, t)
	}
	return nil
}

// document is the file as it is written.
type document struct {
	Version  scalar      `yaml:"version"`
	Search   *[]scalar   `yaml:"search"`
	Masks    pairs       `yaml:"masks"`
	Unlisted scalar      `yaml:"unlisted"`
	Pass     []scalar    `yaml:"pass"`
	Roles    roles       `yaml:"roles"`
	Routes   []routeText `yaml:"routes"`
}

type roleText struct {
	name           scalar
	faults         []*yaml.LoadError
	View           scalar   `yaml:"view"`
	Reveal         []scalar `yaml:"reveal"`
	RevealsPerHour int      `yaml:"reveals_per_hour"`
	Export         bool     `yaml:"export"`
	Masks          pairs    `yaml:"masks"`
}

type routeText struct {
	Name    scalar       `yaml:"name"`
	Match   scalar       `yaml:"match"`
	Kind    scalar       `yaml:"kind"`
	Reason  *reasonText  `yaml:"reason"`
	Records []recordText `yaml:"records"`
	Writes  []writeText  `yaml:"writes"`
}

type writeText struct {
	At      scalar   `yaml:"at"`
	Where   pairs    `yaml:"where"`
	Subject scalar   `yaml:"subject"`
	Fields  []scalar `yaml:"fields"`
}

type reasonText struct {
	Kind   scalar `yaml:"kind"`
	Header scalar `yaml:"header"`
	Query  scalar `yaml:"query"`
	Param  scalar `yaml:"param"`
}

type recordText struct {
	At         scalar `yaml:"at"`
	Subject    scalar `yaml:"subject"`
	Attributes pairs  `yaml:"attributes"`
	Fields     fields `yaml:"fields"`
}

// checker gathers faults.
type checker struct {
	file   string
	faults []fault
}

type fault struct {
	line int
	err  error
}

func (c *checker) fault(line int, field, format string, args ...any) {
	where := c.file
	if line > 0 {
		where = fmt.Sprintf("%s:%d", c.file, line)
	}
	c.faults = append(c.faults, fault{line, fmt.Errorf("%s: %s: %w", where, field, fmt.Errorf(format, args...))})
}

func (c *checker) err() error {
	slices.SortStableFunc(c.faults, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	var all []error
	told := map[string]bool{}
	for _, f := range c.faults {
		if text := f.err.Error(); !told[text] {
			told[text] = true
			all = append(all, f.err)
		}
	}
	return errors.Join(all...)
}

// Parse reads a policy file. File is the name that faults are reported under.
// Its error joins every fault, each as "file:line: field: what".
func Parse(file string, data []byte) (*Policy, error) {
	var doc document
	err := yamlconf.Decode(file, data, &doc)
	if err != nil && doc.Version.line == 0 && doc.Routes == nil && doc.Roles == nil {
		return nil, err // not YAML, or nothing of it could be used
	}
	c := &checker{file: file}
	p := c.policy(&doc)
	var kinds yamlconf.Faults
	if errors.As(err, &kinds) {
		for _, f := range kinds {
			c.faults = append(c.faults, fault{f.Line, f})
		}
		err = nil
	}
	if err := errors.Join(err, c.err()); err != nil {
		return nil, err
	}
	p.Warnings = c.crowds(&doc, p)
	return p, nil
}

func (c *checker) policy(doc *document) *Policy {
	p := &Policy{Unlisted: UnlistedRefuse, Search: mask.Default()}
	switch doc.Version.text {
	case "1":
	case "":
		c.fault(doc.Version.line, "version", "is missing (expected 1)")
	default:
		c.fault(doc.Version.line, "version", "%q is not known (expected 1)", doc.Version.text)
	}
	if doc.Search != nil {
		p.Search = c.classes("search", *doc.Search, mask.Searchable())
	}
	switch u := Unlisted(doc.Unlisted.text); u {
	case UnlistedSearch, UnlistedRefuse:
		p.Unlisted = u
	case "":
	default:
		c.fault(doc.Unlisted.line, "unlisted", "%q is not search or refuse", u)
	}
	p.Masks = c.masks("masks", doc.Masks)
	p.Plan = c.plan(0, "search", mask.Spec{Search: p.Search, Masks: p.Masks})
	p.opaque = c.plan(0, "search", mask.Spec{Records: []mask.RecordSpec{{At: "$", Fields: map[string]mask.Class{"@": mask.AnyText}}}})
	for i, s := range doc.Pass {
		field := fmt.Sprintf("pass[%d]", i)
		m, err := parsePattern(s.text)
		if err != nil {
			c.fault(s.line, field, "%w", err)
			continue
		}
		p.matchers = append(p.matchers, matcher{m, Route{Method: m.method, Pattern: m.text, Pass: true, Plan: p.Plan}, s.line})
	}
	for _, t := range doc.Roles {
		if _, twice := p.Role(t.name.text); twice {
			c.fault(t.name.line, "roles."+t.name.text, "is written twice")
		}
		p.Roles = append(p.Roles, c.role(&t))
	}
	lines := map[string]int{}
	for i := range doc.Routes {
		c.route(p, fmt.Sprintf("routes[%d]", i), &doc.Routes[i], lines)
	}
	c.overlaps(p.matchers)
	slices.SortStableFunc(p.matchers, func(a, b matcher) int { return a.compare(&b.pattern) })
	return p
}

// classes reads a list of classes. Allowed, when not nil, are those that make sense here.
func (c *checker) classes(field string, list []scalar, allowed []mask.Class) []mask.Class {
	out := []mask.Class{}
	for i, s := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		class, err := mask.ParseClass(s.text)
		switch {
		case err != nil:
			c.fault(s.line, at, "%w", err)
		case !slices.Contains(allowed, class):
			c.fault(s.line, at, "%s cannot stand here (one of %s)", class, join(allowed))
		case slices.Contains(out, class):
			c.fault(s.line, at, "%s is listed twice", class)
		default:
			out = append(out, class)
		}
	}
	return out
}

func join(classes []mask.Class) string {
	var s []string
	for _, c := range classes {
		s = append(s, string(c))
	}
	return strings.Join(s, ", ")
}

func (c *checker) role(t *roleText) Role {
	field := "roles." + t.name.text
	r := Role{Name: t.name.text, View: View(t.View.text), RevealsPerHour: t.RevealsPerHour, Export: t.Export}
	for _, f := range t.faults {
		c.fault(f.Mark.Line, field, "%s", f.Message)
	}
	if r.Name == "" {
		c.fault(t.name.line, field, "a role needs a name")
	}
	switch r.View {
	case Masked, Raw:
	case "":
		c.fault(t.name.line, field+".view", "is missing (masked or raw)")
	default:
		c.fault(t.View.line, field+".view", "%q is not masked or raw", r.View)
	}
	revealable := slices.DeleteFunc(mask.Classes(), func(m mask.Class) bool { return m == mask.Plain })
	r.Reveal = c.classes(field+".reveal", t.Reveal, revealable)
	r.Masks = c.masks(field+".masks", t.Masks)
	switch {
	case t.RevealsPerHour < 0:
		c.fault(t.name.line, field+".reveals_per_hour", "is negative")
	case len(t.Reveal) > 0 && t.RevealsPerHour == 0:
		c.fault(t.name.line, field+".reveals_per_hour", "must be positive where there is something to reveal")
	case len(t.Reveal) == 0 && t.RevealsPerHour > 0:
		c.fault(t.name.line, field+".reveals_per_hour", "has no meaning without reveal")
	}
	return r
}

func (c *checker) plan(line int, field string, s mask.Spec) *mask.Plan {
	p, err := mask.NewPlan(s)
	if err != nil {
		c.fault(line, field, "%w", err)
	}
	return p
}

func (c *checker) route(p *Policy, field string, t *routeText, lines map[string]int) {
	line := cmp.Or(t.Name.line, t.Match.line, t.Kind.line)
	r := Route{Name: t.Name.text, Kind: Kind(t.Kind.text)}
	switch first, twice := lines[r.Name]; {
	case r.Name == "":
		c.fault(line, field+".name", "is missing")
	case twice:
		c.fault(line, field+".name", "%q is already the route of line %d", r.Name, first)
	default:
		lines[r.Name] = line
	}
	switch r.Kind {
	case List, Detail, Lookup, Export:
	case "":
		c.fault(line, field+".kind", "is missing (list, detail, search or export)")
	default:
		c.fault(t.Kind.line, field+".kind", "%q is not list, detail, search or export", r.Kind)
	}
	for i := range t.Writes {
		r.Writes = append(r.Writes, c.write(fmt.Sprintf("%s.writes[%d]", field, i), &t.Writes[i], line))
	}
	before := len(c.faults)
	for i := range t.Records {
		r.Records = append(r.Records, c.record(fmt.Sprintf("%s.records[%d]", field, i), &t.Records[i], line))
	}
	if len(c.faults) == before { // else told already, with better lines
		at := line
		if len(t.Records) > 0 {
			at = cmp.Or(t.Records[0].At.line, line)
		}
		r.Plan = c.plan(at, field, mask.Spec{Search: p.Search, Masks: p.Masks, Records: r.Records})
	}
	if t.Match.text == "" {
		c.fault(line, field+".match", "is missing")
		return
	}
	m, err := parsePattern(t.Match.text)
	if err != nil {
		c.fault(t.Match.line, field+".match", "%w", err)
		return
	}
	r.Method, r.Pattern = m.method, m.text
	if t.Reason != nil {
		r.Reason = c.reason(field+".reason", t.Reason, m, line)
	}
	p.Routes = append(p.Routes, r)
	p.matchers = append(p.matchers, matcher{m, r, t.Match.line})
}

// names are what a path in writes may be made of: members alone, no index.
var names = regexp.MustCompile(`^[^.\[\]*@$\s]+(\.[^.\[\]*@$\s]+)*$`)

func (c *checker) write(field string, t *writeText, line int) Write {
	line = cmp.Or(t.At.line, t.Subject.line, line)
	path := func(at string, s scalar) string {
		switch {
		case s.text == "":
			c.fault(cmp.Or(s.line, line), at, "is missing")
		case !names.MatchString(s.text):
			c.fault(s.line, at, "%q is not names joined by dots", s.text)
		}
		return s.text
	}
	w := Write{Subject: path(field+".subject", t.Subject)}
	if t.At.text != "" && t.At.text != "$" {
		below := t.At
		below.text = strings.TrimPrefix(t.At.text, "$.")
		w.At = path(field+".at", below)
	}
	for _, p := range t.Where {
		at := field + ".where." + p.key.text
		path(at, p.key)
		if !word.MatchString(p.value.text) {
			c.fault(p.value.line, at, "%q is not one word", p.value.text)
		}
		if w.Where == nil {
			w.Where = map[string]string{}
		}
		w.Where[p.key.text] = p.value.text
	}
	if len(t.Fields) == 0 {
		c.fault(line, field+".fields", "is missing")
	}
	for i, f := range t.Fields {
		w.Fields = append(w.Fields, path(fmt.Sprintf("%s.fields[%d]", field, i), f))
	}
	return w
}

var word = regexp.MustCompile(`^[\pL\pN_-]+$`)

func (c *checker) record(field string, t *recordText, line int) mask.RecordSpec {
	line = cmp.Or(t.At.line, t.Subject.line, line)
	s := mask.RecordSpec{At: t.At.text, Subject: t.Subject.text}
	if s.At == "" {
		c.fault(line, field+".at", "is missing")
	} else if err := mask.CheckPath(s.At, false); err != nil {
		c.fault(t.At.line, field+".at", "%w", err)
	}
	if s.Subject != "" {
		if err := mask.CheckPath(s.Subject, true); err != nil {
			c.fault(t.Subject.line, field+".subject", "%w", err)
		}
	}
	for _, a := range t.Attributes {
		at := field + ".attributes." + a.key.text
		if s.Attributes == nil {
			s.Attributes = map[string]string{}
		}
		if _, twice := s.Attributes[a.key.text]; twice {
			c.fault(a.key.line, at, "is written twice")
		}
		s.Attributes[a.key.text] = a.value.text
		if err := mask.CheckPath(a.value.text, true); err != nil {
			c.fault(a.value.line, at, "%w", err)
		}
	}
	c.fields(field+".fields", t.Fields, &s)
	if s.Subject == "" && len(s.Fields) == 0 {
		c.fault(line, field, "has neither subject nor fields")
	}
	return s
}

func (c *checker) reason(field string, t *reasonText, m pattern, line int) ReasonSource {
	line = cmp.Or(t.Kind.line, line)
	r := ReasonSource{t.Kind.text, t.Header.text, t.Query.text, t.Param.text}
	switch r.Kind {
	case "ticket", "call", "order":
	case "":
		c.fault(line, field+".kind", "is missing (ticket, call or order)")
	default:
		c.fault(line, field+".kind", "%q is not ticket, call or order", r.Kind)
	}
	if r.Header == "" && r.Query == "" && r.Param == "" {
		c.fault(line, field, "says nowhere where the reason is found (header, query or param)")
	}
	if r.Param != "" && !slices.Contains(m.params(), r.Param) {
		c.fault(t.Param.line, field+".param", "{%s} is not in %q", r.Param, m.text)
	}
	for i := range len(r.Header) {
		if b := r.Header[i]; b <= ' ' || b >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, b) >= 0 {
			c.fault(t.Header.line, field+".header", "%q is not the name of a header", r.Header)
			break
		}
	}
	return r
}

// overlaps refuses two lines for one request, and a pass that would let a
// listed route through unread.
func (c *checker) overlaps(ms []matcher) {
	for i := range ms {
		for k := range i {
			a, b := &ms[k], &ms[i]
			switch {
			case a.route.Pass != b.route.Pass:
				pass, route := a, b
				if b.route.Pass {
					pass, route = b, a
				}
				if pass.overlaps(&route.pattern) && pass.compare(&route.pattern) >= 0 {
					c.fault(pass.line, "pass", "%s %s would let route %q through unread", pass.method, pass.text, route.route.Name)
				}
			case a.overlaps(&b.pattern) && a.compare(&b.pattern) == 0:
				field := "match"
				if b.route.Pass {
					field = "pass"
				}
				c.fault(b.line, field, "%s %s takes the same requests as line %d", b.method, b.text, a.line)
			}
		}
	}
}
