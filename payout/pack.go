package payout

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/yamlconf"
	"github.com/menshen-io/menshen/rule"
)

// Pack is the money door's configuration.
type Pack struct {
	AllowedLateness time.Duration
	Currency        event.Currency // of an answer where the request shows none
	RefundDays      int            // where neither order nor category says
	CategoryDays    map[string]int // refund days by category
	Lines           map[event.Currency]Line
	Growth          Growth
	Ordinary        Ordinary
	Scores          Scores
	Delivery        Delivery
	Overrides       Overrides
	Examples        []Example

	rules       *rule.Set // the pack's own; nil for none
	fingerprint string    // of the text
}

// Line is how much may be uncovered in one currency, in its minor units.
type Line struct {
	Newcomer int64 // without any history; one for a whole ring
	Cap      int64 // whatever was earned
}

// Growth says how a line is earned and lost. Fractions are in millionths.
type Growth struct {
	Share int64 // of sales closed without refund that the line grows by
	// Established is the same share for sales to buyers whose account is at least
	// EstablishedAfter old, where that is more.
	Established      int64
	EstablishedAfter time.Duration
	History          time.Duration
	Tolerated        int64 // fraction of sales that may be refunded without loss of line
	Shrink           int64 // of refunds beyond that, by which the line shrinks
}

const (
	million  = 1_000_000
	maxDays  = 3650
	day      = 24 * time.Hour
	maxMoney = int64(1) << 59 // no sum of a book goes beyond; five of them can be added up
)

type packDoc struct {
	Version         int                `yaml:"version"`
	AllowedLateness period             `yaml:"allowed_lateness"`
	Currency        currency           `yaml:"currency"`
	RefundDays      refundDaysDoc      `yaml:"refund_days"`
	Lines           map[string]lineDoc `yaml:"lines"`
	Growth          growthDoc          `yaml:"growth"`
	Ordinary        *ordinaryDoc       `yaml:"ordinary_refunds"`
	Evidence        *evidenceDoc       `yaml:"evidence"`
	Delivery        *deliveryDoc       `yaml:"delivery"`
	Overrides       *overridesDoc      `yaml:"overrides"`
	Rings           any                `yaml:"rings"` // read by package ring
	Aggregates      []rule.Aggregate   `yaml:"aggregates"`
	Checks          []rule.Condition   `yaml:"checks"`
	Examples        []exampleDoc       `yaml:"examples"`
}

type refundDaysDoc struct {
	Default    days            `yaml:"default"`
	Categories map[string]days `yaml:"categories"`
}

type lineDoc struct {
	Newcomer amount `yaml:"newcomer"`
	Cap      amount `yaml:"cap"`
}

type growthDoc struct {
	Share       fraction `yaml:"share"`
	HistoryDays days     `yaml:"history_days"`

	Established      fraction `yaml:"established_share"`
	EstablishedAfter days     `yaml:"established_days"`
	Tolerated        fraction `yaml:"tolerated_refunds"`
	Shrink           fraction `yaml:"shrink"`
}

type ordinaryDoc struct {
	Quantile fraction `yaml:"quantile"`
	Rate     fraction `yaml:"rate"`
	Strength number   `yaml:"strength"`
}

type evidenceDoc struct {
	Tolerated fraction            `yaml:"tolerated_loss"`
	Dear      number              `yaml:"far_above_price"`
	Base      number              `yaml:"base"`
	Weights   map[string]number   `yaml:"weights"`
	Reference map[string][]number `yaml:"reference"`
}

type deliveryDoc struct {
	LongestDays days     `yaml:"longest_days"`
	Fastest     period   `yaml:"fastest"`
	Abroad      period   `yaml:"fastest_abroad"`
	Carriers    []string `yaml:"carriers"`
	Same        days     `yaml:"same"`
}

type overridesDoc struct {
	SecondAbove map[string]amount `yaml:"second_above"`
	Longest     period            `yaml:"longest"`
}

func (p *Pack) readOverrides(d *overridesDoc, fault func(format string, args ...any)) {
	if d == nil {
		return
	}
	p.Overrides = Overrides{SecondAbove: map[event.Currency]int64{}, Longest: time.Duration(d.Longest)}
	if d.Longest == 0 {
		fault("overrides.longest: missing")
	}
	for _, c := range sortedKeys(d.SecondAbove) {
		if !isCurrency(c) {
			fault("overrides.second_above.%s: must be an ISO 4217 code", c)
		}
		p.Overrides.SecondAbove[event.Currency(c)] = int64(d.SecondAbove[c])
	}
}

// readClauses reads what is beside the line: ordinary refunds, the evidence for
// fraud, and how deliveries are believed.
func (p *Pack) readClauses(doc *packDoc, fault func(format string, args ...any)) {
	if d := doc.Ordinary; d != nil {
		p.Ordinary = Ordinary{float64(d.Quantile) / million, float64(d.Rate) / million, float64(d.Strength)}
		if q := p.Ordinary.Quantile; q < 0.5 || q > 0.9999 {
			fault("ordinary_refunds.quantile: must be from 0.5 to 0.9999")
		}
		if r := p.Ordinary.Rate; r <= 0 || r >= 1 {
			fault("ordinary_refunds.rate: must be above 0 and below 1")
		}
		if s := p.Ordinary.Strength; s <= 0 || s > 1e6 {
			fault("ordinary_refunds.strength: must be a number of orders above 0")
		}
	}
	if d := doc.Evidence; d != nil {
		p.Scores = Scores{On: true, Base: float64(d.Base), Tolerated: float64(d.Tolerated) / million, Dear: float64(d.Dear)}
		if p.Scores.Tolerated <= 0 || p.Scores.Tolerated > 1 {
			fault("evidence.tolerated_loss: must be above 0 and not above 1")
		}
		if p.Scores.Dear < 1 {
			fault("evidence.far_above_price: must be a multiple of the median price, not below 1")
		}
		if p.Ordinary.Rate == 0 {
			fault("evidence: ordinary_refunds is needed beside it")
		}
		names := EvidenceNames()
		for _, name := range sortedKeys(d.Weights) {
			i := slices.Index(names, name)
			if i < 0 {
				fault("evidence.weights.%s: must be one of %s", name, strings.Join(names, ", "))
				continue
			}
			p.Scores.Weights[i] = float64(d.Weights[name])
		}
		for _, name := range sortedKeys(d.Reference) {
			i, shares := slices.Index(names, name), d.Reference[name]
			if i < 0 || len(shares) != driftBins {
				fault("evidence.reference.%s: must be one of %s, with %d shares", name, strings.Join(names, ", "), driftBins)
				continue
			}
			p.Scores.Known = true
			for k, share := range shares {
				p.Scores.Reference[i][k] = float64(share)
			}
		}
	}
	if d := doc.Delivery; d != nil {
		p.Delivery = Delivery{Longest: time.Duration(d.LongestDays) * day, Fastest: time.Duration(d.Fastest), Abroad: time.Duration(d.Abroad),
			Carriers: make(map[string]struct{}), Same: int64(d.Same)}
		for _, c := range d.Carriers {
			p.Delivery.Carriers[c] = struct{}{}
		}
		if d.LongestDays == 0 {
			fault("delivery.longest_days: missing")
		}
	}
}

// ParsePack reads pack.yaml. File is the name that faults are reported under;
// all faults are reported at once.
func ParsePack(file string, data []byte) (Pack, error) {
	var doc packDoc
	faults := []error{yamlconf.Decode(file, data, &doc)}
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: "+format, append([]any{file}, args...)...))
	}
	if doc.Version != 1 {
		fault("version: must be 1")
	}
	sum := sha256.Sum256(data)
	p := Pack{
		fingerprint:     hex.EncodeToString(sum[:]),
		AllowedLateness: time.Duration(doc.AllowedLateness),
		Currency:        event.Currency(doc.Currency),
		RefundDays:      int(doc.RefundDays.Default),
		CategoryDays:    map[string]int{},
		Lines:           map[event.Currency]Line{},
		Growth: Growth{Share: int64(doc.Growth.Share), History: time.Duration(doc.Growth.HistoryDays) * day,
			Tolerated: int64(doc.Growth.Tolerated), Shrink: int64(doc.Growth.Shrink),
			Established: int64(doc.Growth.Established), EstablishedAfter: time.Duration(doc.Growth.EstablishedAfter) * day},
	}
	if p.AllowedLateness == 0 {
		p.AllowedLateness = event.DefaultLateness
	}
	if p.RefundDays == 0 {
		p.RefundDays = 15
	}
	if p.Growth.History == 0 {
		p.Growth.History = 180 * day
	}
	if p.Growth.Established > 0 && p.Growth.EstablishedAfter == 0 {
		fault("growth.established_days: missing beside established_share")
	}
	for c, d := range doc.RefundDays.Categories {
		p.CategoryDays[c] = int(d)
	}
	if len(doc.Lines) == 0 {
		fault("lines: at least one currency is needed")
	}
	for _, c := range sortedKeys(doc.Lines) {
		l := doc.Lines[c]
		if !isCurrency(c) {
			fault("lines.%s: must be an ISO 4217 code", c)
		}
		if l.Cap < l.Newcomer {
			fault("lines.%s.cap: must not be below newcomer", c)
		}
		p.Lines[event.Currency(c)] = Line{int64(l.Newcomer), int64(l.Cap)}
	}
	if p.Currency == "" {
		p.Currency = "CNY"
	}
	p.readClauses(&doc, fault)
	p.readOverrides(doc.Overrides, fault)
	p.readRules(&doc, fault)
	for i, d := range doc.Examples {
		ex, err := d.read()
		if err != nil {
			fault("examples[%d]: %w", i, err)
		}
		p.Examples = append(p.Examples, ex)
	}
	if err := errors.Join(faults...); err != nil {
		return Pack{}, err
	}
	return p, nil
}

// refundDays is how long an order can be refunded after it was received.
func (p *Pack) refundDays(o *event.OrderPaid, shopCategory string) int {
	n := o.RefundDays
	if n <= 0 {
		category := o.Category
		if category == "" {
			category = shopCategory
		}
		if d, ok := p.CategoryDays[category]; ok {
			n = d
		} else {
			n = p.RefundDays
		}
	}
	return min(n, maxDays)
}

// The kinds of value in a pack. Each reads itself, so that a fault is reported
// with its line.
type (
	amount   int64
	fraction int64 // millionths
	number   float64
	days     int
	period   time.Duration
	currency string
)

func (a *amount) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || v < 0 || v > maxMoney {
		return errors.New("must be a whole amount in minor units, not negative")
	}
	*a = amount(v)
	return nil
}

func (f *fraction) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || !(v >= 0 && v <= 10) {
		return errors.New("must be a fraction from 0 to 10")
	}
	*f = fraction(math.Round(v * million))
	return nil
}

func (x *number) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || !(math.Abs(v) <= 1e6) {
		return errors.New("must be a number")
	}
	*x = number(v)
	return nil
}

func (d *days) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < 1 || v > maxDays {
		return fmt.Errorf("must be a number of days from 1 to %d", maxDays)
	}
	*d = days(v)
	return nil
}

func (p *period) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 || v > maxDays*day {
		return errors.New("must be a duration such as 24h")
	}
	*p = period(v)
	return nil
}

func (c *currency) UnmarshalYAML(n *yaml.Node) error {
	if !isCurrency(n.Value) {
		return errors.New("must be an ISO 4217 code")
	}
	*c = currency(n.Value)
	return nil
}

func isCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range 3 {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
