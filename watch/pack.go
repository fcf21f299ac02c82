package watch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/yamlconf"
	"github.com/menshen-io/menshen/rule"
)

// Rules that the engine knows. A pack switches each on by naming it.
const (
	RuleCanary      = "canary-viewed"
	RuleLeft        = "view-after-leaving"
	RuleExport      = "export-by-masked-role"
	RuleCamera      = "reveal-under-camera"
	RuleReveal      = "reveal-without-reason"
	RuleClaim       = "claimed-reason-mismatch"
	RuleVolume      = "unexplained-volume"
	RuleSelectivity = "unexplained-selectivity"
	RuleAttribute   = "unexplained-attribute"
	RuleExplained   = "explained-selectivity"
	RuleGuessing    = "refused-volume"
	RuleDrift       = "partner-drift"
)

func ruleNames() []string {
	return []string{RuleCanary, RuleLeft, RuleExport, RuleCamera, RuleReveal, RuleClaim, RuleVolume, RuleSelectivity, RuleAttribute,
		RuleExplained, RuleGuessing, RuleDrift}
}

// Pack says what is ordinary at a desk and what follows from what is not.
type Pack struct {
	Version         int      `yaml:"version"`
	AllowedLateness Duration `yaml:"allowed_lateness"`
	Timezone        Zone     `yaml:"timezone"`
	Grace           Grace    `yaml:"grace"`
	// Window is the time in which views of one customer by one account count once.
	Window Duration `yaml:"window"`
	// CameraWindow is how near a raw reveal and a flagged phone must be.
	CameraWindow Duration        `yaml:"camera_window"`
	MayExport    []string        `yaml:"may_export"` // roles
	Budget       Budget          `yaml:"budget"`
	Statistics   Statistics      `yaml:"statistics"`
	Rules        map[string]Rule `yaml:"rules"`
	Examples     []Example       `yaml:"examples"`

	Aggregates []rule.Aggregate `yaml:"aggregates"` // of the pack's own rules
	Checks     []rule.Check     `yaml:"checks"`

	Partner any `yaml:"partner"` // read by package partner

	fingerprint string // of the text
	own         *rule.Set
}

// Grace widens a reason's time.
type Grace struct {
	BeforeOpening Duration `yaml:"before_opening"`
	AfterClosing  Duration `yaml:"after_closing"`
}

// Budget bounds false alarms: at most one in so many agent-days.
type Budget struct {
	AgentDays Positive `yaml:"agent_days"`
}

// Statistics shape the daily tests of views against peers.
type Statistics struct {
	Attribute  string     `yaml:"attribute"` // whose low values are what a thief looks for
	Name       Name       `yaml:"name"`      // of the attribute, in messages; empty: the attribute itself
	AtMost     float64    `yaml:"at_most"`
	LeakPerDay []Positive `yaml:"leak_per_day"` // sizes of leak, in customers a day, to be found quickly
	OddsRatios []Positive `yaml:"odds_ratios"`  // shifts in the odds of a value among the customers viewed
	// Queue is the attribute that names a customer's queue: shares are compared
	// within it, and it is not tested itself.
	Queue string `yaml:"queue"`
	// Spread bounds the coefficient of variation of honest rates that is fitted on peers.
	Spread Spread `yaml:"spread"`
	Priors Priors `yaml:"priors"` // of an earlier record, as menshen watch fit writes them
}

// Name is what people call something.
type Name struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

// Spread is a range of a coefficient of variation.
type Spread struct {
	Least Positive `yaml:"least"`
	Most  Positive `yaml:"most"`
}

// Rule is what follows when a rule finds something.
type Rule struct {
	Severity Severity `yaml:"severity"`
	Action   Action   `yaml:"action"`
}

// Example is a small stream and the alerts that it must give, no more and no less.
type Example struct {
	Name   string     `yaml:"name"`
	Events string     `yaml:"events"` // NDJSON
	Expect []Expected `yaml:"expect"`
}

// Expected names an alert.
type Expected struct {
	Rule  string `yaml:"rule"`
	Actor string `yaml:"actor"`
}

// Parse reads a pack strictly. The error joins all faults, each with file and line.
func Parse(file string, data []byte) (*Pack, error) {
	p := defaults()
	sum := sha256.Sum256(data)
	p.fingerprint = hex.EncodeToString(sum[:])
	if err := yamlconf.Decode(file, data, p); err != nil {
		return nil, err
	}
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s:%d: %s: %s", file, lineOf(data, field), field, fmt.Sprintf(format, args...)))
	}
	if p.Version != 1 {
		fault("version", "must be 1")
	}
	for _, name := range sortedKeys(p.Rules) {
		r := p.Rules[name]
		if !slices.Contains(ruleNames(), name) {
			fault("rules."+name, "no such rule; there are %s", strings.Join(ruleNames(), ", "))
		}
		if r.Severity == "" || r.Action == "" {
			fault("rules."+name, "needs severity and action")
		}
	}
	if p.Statistics.Spread.Least > p.Statistics.Spread.Most {
		fault("statistics.spread", "least must not be over most")
	}
	if n, m := len(p.Statistics.LeakPerDay), len(p.Statistics.OddsRatios); n == 0 || m == 0 || n > maxAlternatives || m > maxAlternatives {
		fault("statistics", "leak_per_day and odds_ratios must have from 1 to %d values each", maxAlternatives)
	}
	for i, prior := range p.Statistics.Priors {
		if field, what := prior.fault(); what != "" {
			fault("statistics.priors."+strconv.Itoa(i+1), "%s %s", field, what)
		}
	}
	own, wrong := rule.Compile(p.Aggregates, p.Checks)
	for _, f := range wrong {
		fault(f.Field, "%s", f.What)
	}
	p.own = own
	for _, name := range own.Names() {
		if slices.Contains(ruleNames(), name) {
			fault("checks", "%s is the name of a built-in rule", name)
		}
	}
	for i, ex := range p.Examples {
		field := "examples." + strconv.Itoa(i+1)
		if ex.Name == "" {
			fault(field, "needs a name")
		}
		for _, want := range ex.Expect {
			if _, on := p.Rules[want.Rule]; !on && !slices.Contains(own.Names(), want.Rule) {
				fault(field, "expects the rule %q, which is not switched on", want.Rule)
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return p, nil
}

// Fingerprint tells a pack's text from any other's.
func (p *Pack) Fingerprint() string { return p.fingerprint }

func defaults() *Pack {
	none, _ := rule.Compile(nil, nil)
	return &Pack{
		own:             none,
		AllowedLateness: Duration(event.DefaultLateness),
		Timezone:        Zone{name: "UTC", loc: time.UTC},
		Grace:           Grace{Duration(30 * time.Minute), Duration(24 * time.Hour)},
		Window:          Duration(24 * time.Hour),
		CameraWindow:    Duration(time.Hour),
		Budget:          Budget{AgentDays: 250_000},
		Statistics: Statistics{Attribute: "rating", AtMost: 2, LeakPerDay: []Positive{0.2, 0.45, 1, 2.2, 5},
			OddsRatios: []Positive{2, 4, 8, 16}, Queue: "queue", Spread: Spread{0.5, 1}},
	}
}

// lineOf finds where a field stands, by following its path through the document.
func lineOf(data []byte, path string) int {
	var doc yaml.Node
	if yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 {
		return 1
	}
	n, line := doc.Content[0], 1
	for part := range strings.SplitSeq(path, ".") {
		var next *yaml.Node
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == part {
					line, next = n.Content[i].Line, n.Content[i+1]
				}
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(part); err == nil && i >= 1 && i <= len(n.Content) {
				line, next = n.Content[i-1].Line, n.Content[i-1]
			}
		}
		if next == nil {
			break
		}
		n = next
	}
	return line
}

// Duration is a time span above zero, in YAML as Go writes it ("30m", "24h").
type Duration time.Duration

// UnmarshalYAML reads a span.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		return errors.New("must be a span of time such as 30m or 24h")
	}
	*d = Duration(v)
	return nil
}

// Zone is a time zone, in YAML by its IANA name.
type Zone struct {
	name string
	loc  *time.Location
}

// UnmarshalYAML reads a zone's name.
func (z *Zone) UnmarshalYAML(n *yaml.Node) error {
	loc, err := time.LoadLocation(n.Value)
	if err != nil || n.Value == "" || n.Value == "Local" {
		return errors.New("must be a time zone such as Asia/Shanghai")
	}
	*z = Zone{n.Value, loc}
	return nil
}

func (z Zone) String() string { return z.name }

// Location returns the zone for use with package time.
func (z Zone) Location() *time.Location { return z.loc }

// Positive is a finite number above zero.
type Positive float64

// UnmarshalYAML reads a number.
func (p *Positive) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
	if err != nil || !(v > 0) || v > 1e12 {
		return errors.New("must be a number above zero")
	}
	*p = Positive(v)
	return nil
}

// Severity of an alert.
type Severity string

// UnmarshalYAML reads a severity.
func (s *Severity) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
	case event.SeverityLow, event.SeverityMedium, event.SeverityHigh:
		*s = Severity(n.Value)
		return nil
	}
	return errors.New("must be a severity: low, medium or high")
}

// Action is what an alert does to the account's standing.
type Action string

// UnmarshalYAML reads an action.
func (a *Action) UnmarshalYAML(n *yaml.Node) error {
	if slices.Contains(event.Actions(), n.Value) {
		*a = Action(n.Value)
		return nil
	}
	return errors.New("must be an action: " + strings.Join(event.Actions(), ", "))
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
