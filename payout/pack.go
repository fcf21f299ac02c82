package payout

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/yamlconf"
)

// Pack is the money door's configuration.
type Pack struct {
	AllowedLateness time.Duration
	Currency        event.Currency // of an answer where the request shows none
	RefundDays      int            // where neither order nor category says
	CategoryDays    map[string]int // refund days by category
	Lines           map[event.Currency]Line
	Growth          Growth
	Examples        []Example
}

// Line is how much may be uncovered in one currency, in its minor units.
type Line struct {
	Newcomer int64 // without any history; one for a whole ring
	Cap      int64 // whatever was earned
}

// Growth says how a line is earned and lost. Fractions are in millionths.
type Growth struct {
	Share     int64 // of sales closed without refund that the line grows by
	History   time.Duration
	Tolerated int64 // fraction of sales that may be refunded without loss of line
	Shrink    int64 // of refunds beyond that, by which the line shrinks
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
	Rings           any                `yaml:"rings"` // read by package ring
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
	Tolerated   fraction `yaml:"tolerated_refunds"`
	Shrink      fraction `yaml:"shrink"`
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
	p := Pack{
		AllowedLateness: time.Duration(doc.AllowedLateness),
		Currency:        event.Currency(doc.Currency),
		RefundDays:      int(doc.RefundDays.Default),
		CategoryDays:    map[string]int{},
		Lines:           map[event.Currency]Line{},
		Growth: Growth{Share: int64(doc.Growth.Share), History: time.Duration(doc.Growth.HistoryDays) * day,
			Tolerated: int64(doc.Growth.Tolerated), Shrink: int64(doc.Growth.Shrink)},
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
