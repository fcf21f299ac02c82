package rule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
)

// Limits of what a pack may ask for and of what is kept.
const (
	MaxRules   = 64      // aggregates, and checks
	MaxWindow  = 31 * 24 // hours
	MaxNodes   = 200     // of an expression
	MaxEntries = 2000    // of one key of one aggregate; more push out the oldest
	MaxKeys    = 200_000 // of one aggregate, or an eighth more; more push out those seen longest ago
	memory     = 100_000 // of one run of an expression, in expr's units
	maxText    = 1000    // bytes of an expression or a message
	maxShown   = 20      // ids of events that an alert carries
)

// Aggregate is a value over the events of a window, by key.
type Aggregate struct {
	Name   string   `yaml:"name"`
	On     []string `yaml:"on"`    // event types
	Where  string   `yaml:"where"` // which of them; empty: all
	Key    []string `yaml:"key"`   // fields
	Fn     string   `yaml:"fn"`    // count, sum, distinct, last, set, rate (events an hour)
	Of     string   `yaml:"of"`    // the field that sum, distinct, last and set are of
	Window Span     `yaml:"window"`
}

// Condition is what is asked of an event and the aggregates of its keys.
type Condition struct {
	Name    string   `yaml:"name"`
	On      []string `yaml:"on"`
	When    string   `yaml:"when"`
	Message Text     `yaml:"message"`
}

// Check is a condition that raises an alert.
type Check struct {
	Condition `yaml:",inline"`
	Severity  string `yaml:"severity"`
	Action    string `yaml:"action"`
	// Quiet is how long the same check says nothing more of the same account, or
	// station, or partner.
	Quiet Span `yaml:"quiet"`
}

// Derived are fields that events of a type have beside their own: what the
// engine's owner knows of them, and gives with each. The values are samples.
type Derived map[event.Type]map[string]any

// Text is a message with {name} for fields and aggregates.
type Text struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

// Span is a time span above zero.
type Span time.Duration

// UnmarshalYAML reads a span such as 30m or 24h.
func (s *Span) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 || v > MaxWindow*time.Hour {
		return fmt.Errorf("must be a span of time such as 30m or 24h, at most %dh", MaxWindow)
	}
	*s = Span(v)
	return nil
}

// Set is the rules of a pack, compiled.
type Set struct {
	aggregates []aggregate
	checks     []check
	byType     map[event.Type]*typed
	derived    Derived
	broken     bool // by its aggregates: what checks say of them cannot be judged
}

type aggregate struct {
	Aggregate
	where map[event.Type]*vm.Program
}

type check struct {
	Check
	when map[event.Type]*vm.Program
}

// typed is what there is to do for events of one type.
type typed struct {
	fields     map[string]field
	aggregates []int // that take them
	checks     []int
	used       []string // fields that an expression or message needs
	shown      []int    // aggregates that a check asks for and whose key they have
}

// Fault is something wrong with a rule, by the path of its field in the pack.
type Fault struct{ Field, What string }

var (
	name        = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	checkName   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	placeholder = regexp.MustCompile(`\{([a-z0-9_]*)\}`)
)

// functions are those of expr that end soon whatever they are given, and look at
// nothing but their arguments.
func functions() []string {
	return []string{"len", "all", "any", "none", "one", "count", "filter", "map", "abs", "ceil", "floor", "round", "int", "float",
		"min", "max", "lower", "upper", "trim", "hasPrefix", "hasSuffix", "first", "last"}
}

// Compile checks and compiles rules that raise alerts. What is wrong comes back all
// together.
func Compile(aggregates []Aggregate, checks []Check) (*Set, []Fault) {
	s, faults := compileSet(aggregates, checks, nil)
	for i, c := range checks {
		fault := func(what string) { faults = append(faults, Fault{"checks." + strconv.Itoa(i+1), what}) }
		if !slices.Contains([]string{event.SeverityLow, event.SeverityMedium, event.SeverityHigh}, c.Severity) {
			fault("severity: must be low, medium or high")
		}
		if !slices.Contains(event.Actions(), c.Action) {
			fault("action: must be " + strings.Join(event.Actions(), ", "))
		}
	}
	return s, faults
}

// CompileConditions is Compile for conditions of which only is asked whether they
// are met.
func CompileConditions(aggregates []Aggregate, conditions []Condition, derived Derived) (*Set, []Fault) {
	checks := make([]Check, len(conditions))
	for i, c := range conditions {
		checks[i].Condition = c
	}
	return compileSet(aggregates, checks, derived)
}

func compileSet(aggregates []Aggregate, checks []Check, derived Derived) (*Set, []Fault) {
	s := &Set{byType: map[event.Type]*typed{}, derived: derived}
	var faults []Fault
	fault := func(field, format string, args ...any) {
		faults = append(faults, Fault{field, fmt.Sprintf(format, args...)})
	}
	if len(aggregates) > MaxRules || len(checks) > MaxRules {
		fault("checks", "at most %d aggregates and %d checks", MaxRules, MaxRules)
		return s, faults
	}
	for i, a := range aggregates {
		s.addAggregate(a, func(format string, args ...any) { fault("aggregates."+strconv.Itoa(i+1), format, args...) })
	}
	s.broken = len(faults) > 0
	for i, c := range checks {
		s.addCheck(c, func(format string, args ...any) { fault("checks."+strconv.Itoa(i+1), format, args...) })
	}
	if len(faults) == 0 {
		s.settle()
	}
	return s, faults
}

// Names lists the checks.
func (s *Set) Names() []string {
	out := make([]string, len(s.checks))
	for i := range s.checks {
		out[i] = s.checks[i].Name
	}
	return out
}

func (s *Set) addAggregate(a Aggregate, fault func(string, ...any)) {
	if !name.MatchString(a.Name) {
		fault("name: must be small letters, digits and _")
	}
	if slices.ContainsFunc(s.aggregates, func(o aggregate) bool { return o.Name == a.Name }) {
		fault("name: there are two of it")
	}
	if !slices.Contains([]string{"count", "sum", "distinct", "last", "set", "rate"}, a.Fn) {
		fault("fn: must be count, sum, distinct, last, set or rate")
	}
	if needs := a.Fn != "count" && a.Fn != "rate"; needs != (a.Of != "") {
		fault("of: sum, distinct, last and set need a field, count and rate have none")
	}
	if a.Window == 0 {
		fault("window: is needed")
	}
	if len(a.Key) == 0 {
		fault("key: needs at least one field")
	}
	out := aggregate{Aggregate: a, where: map[event.Type]*vm.Program{}}
	for _, t := range s.types(a.On, fault) {
		fields := s.byType[t].fields
		for _, k := range a.Key {
			if f, ok := fields[k]; !ok || !scalar(f.sample) {
				fault("key: %s has no field %q of one value", t, k)
			}
		}
		if _, clash := fields[a.Name]; clash {
			fault("name: %s has a field of that name", t)
		}
		if f, ok := fields[a.Of]; a.Of != "" && (!ok || !scalar(f.sample) || a.Fn == "sum" && !number(f.sample)) {
			fault("of: %s has no such field that %s could be of", t, a.Fn)
		}
		if a.Where != "" {
			p, err := compile(a.Where, s.environment(fields, nil))
			if err != nil {
				fault("where: on %s: %v", t, err)
			}
			out.where[t] = p
		}
		s.byType[t].aggregates = append(s.byType[t].aggregates, len(s.aggregates))
	}
	s.aggregates = append(s.aggregates, out)
}

func (s *Set) addCheck(c Check, fault func(string, ...any)) {
	if !checkName.MatchString(c.Name) {
		fault("name: must be small letters, digits and -")
	}
	if slices.ContainsFunc(s.checks, func(o check) bool { return o.Name == c.Name }) {
		fault("name: there are two of it")
	}
	if c.When == "" {
		fault("when: is needed")
	}
	if c.Message.ZH == "" || c.Message.EN == "" || len(c.Message.ZH) > maxText || len(c.Message.EN) > maxText {
		fault("message: needs zh and en, of at most %d bytes", maxText)
	}
	out := check{Check: c, when: map[event.Type]*vm.Program{}}
	for _, t := range s.types(c.On, fault) {
		if s.broken {
			continue
		}
		env := s.environment(s.byType[t].fields, s.readable(t))
		p, err := compile(c.When, env)
		if err != nil && c.When != "" {
			fault("when: on %s: %v", t, err)
		}
		out.when[t] = p
		for _, m := range placeholder.FindAllStringSubmatch(c.Message.ZH+c.Message.EN, -1) {
			if v, ok := env[m[1]]; !ok || !scalar(v) {
				fault("message: {%s} is neither a field of %s nor an aggregate by its fields", m[1], t)
			}
		}
		s.byType[t].checks = append(s.byType[t].checks, len(s.checks))
	}
	s.checks = append(s.checks, out)
}

// types returns the event types of a rule, and makes room for them.
func (s *Set) types(on []string, fault func(string, ...any)) []event.Type {
	if len(on) == 0 {
		fault("on: needs at least one event type")
	}
	var out []event.Type
	for _, text := range on {
		t := event.Type(text)
		f := fields(t)
		if f == nil || slices.Contains(out, t) {
			fault("on: %q is no event type, or is there twice", text)
			continue
		}
		if s.byType[t] == nil {
			s.byType[t] = &typed{fields: f}
			for name, sample := range s.derived[t] {
				f[name] = field{sample: sample, derived: name}
			}
		}
		out = append(out, t)
	}
	return out
}

// readable lists the aggregates whose key an event of a type has.
func (s *Set) readable(t event.Type) []int {
	var out []int
	for i := range s.aggregates {
		fields := s.byType[t].fields
		if !slices.ContainsFunc(s.aggregates[i].Key, func(k string) bool { _, ok := fields[k]; return !ok }) {
			out = append(out, i)
		}
	}
	return out
}

func (s *Set) settle() {
	for t, y := range s.byType {
		if len(y.checks) > 0 {
			y.shown = slices.DeleteFunc(s.readable(t), func(i int) bool { return !s.asked(y, s.aggregates[i].Name) })
		}
		for f := range y.fields {
			y.used = append(y.used, f)
		}
		slices.Sort(y.used)
		y.used = slices.DeleteFunc(y.used, func(f string) bool {
			return member(f) || !s.asked(y, f) && !slices.ContainsFunc(y.aggregates, func(i int) bool { return speaksOf(s.aggregates[i].Where, f) })
		})
	}
}

// asked reports whether a check for a type speaks of a field or an aggregate.
func (s *Set) asked(y *typed, name string) bool {
	return slices.ContainsFunc(y.checks, func(i int) bool { return s.checks[i].speaksOf(name) })
}

func (c *check) speaksOf(name string) bool {
	return speaksOf(c.When, name) || strings.Contains(c.Message.ZH+c.Message.EN, "{"+name+"}")
}

// speaksOf reports whether a name is a word of an expression.
func speaksOf(expression, name string) bool {
	for at := 0; ; {
		i := strings.Index(expression[at:], name)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(name)
		if (from == 0 || !wordByte(expression[from-1])) && (to == len(expression) || !wordByte(expression[to])) {
			return true
		}
		at = from + 1
	}
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// environment is what an expression may speak of, by samples: the fields, the
// aggregates, and hour, of the day in the zone that the event's time is written in.
func (s *Set) environment(fields map[string]field, aggregates []int) map[string]any {
	env := map[string]any{"hour": 0}
	for n, f := range fields {
		if !member(n) {
			env[n] = f.sample
		}
	}
	for _, i := range aggregates {
		env[s.aggregates[i].Name] = s.sampleOf(i)
	}
	return env
}

// sampleOf is a value of the kind that an aggregate has.
func (s *Set) sampleOf(i int) any {
	switch a := &s.aggregates[i]; a.Fn {
	case "count", "distinct":
		return 0
	case "sum", "rate":
		return 0.0
	case "set":
		return []string{""}
	default:
		return s.byType[event.Type(a.On[0])].fields[a.Of].sample
	}
}

func compile(text string, env map[string]any) (*vm.Program, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("longer than %d bytes", maxText)
	}
	options := []expr.Option{expr.Env(env), expr.AsBool(), expr.MaxNodes(MaxNodes), expr.DisableAllBuiltins()}
	for _, f := range functions() {
		options = append(options, expr.EnableBuiltin(f))
	}
	p, err := expr.Compile(text, options...)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, errors.New(first)
	}
	return p, nil
}

func scalar(v any) bool {
	switch v.(type) {
	case string, int, float64, bool:
		return true
	}
	return false
}

func number(v any) bool {
	switch v.(type) {
	case int, float64:
		return true
	}
	return false
}
