package sim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Scenarios.
const (
	Ordinary   = "ordinary"
	Harvest    = "harvest"
	RefundRing = "refund-ring"
	Busy       = "busy"
	Hidden     = "hidden"
	Colluders  = "colluders"
	Guessing   = "guessing"
	Case       = "case"
)

type scenario struct {
	name, about string
	defaults    Options
}

func scenarios() []scenario {
	var kinds []Leaker
	for _, kind := range LeakKinds() {
		if kind != LeakGuesser {
			kinds = append(kinds, Leaker{Kind: kind})
		}
	}
	gang := []Leaker{{Kind: LeakSteady, Partner: 1, Gang: 1}, {Kind: LeakSteady, Partner: 1, Gang: 1}, {Kind: LeakSteady, Partner: 2, Gang: 1}}
	desk := Options{Agents: 60, Days: 120, Merchants: -1, Canaries: 3, Troubles: Troubles()}
	busy, hidden, colluders, guessing, real := desk, desk, desk, desk, desk
	hidden.Leakers, hidden.Complaints = kinds, Complaints{Late: 0.2, Elsewhere: 0.3}
	colluders.Leakers, colluders.Troubles = gang, []string{Seasons, Leave, Shared, Reassigned}
	guessing.Agents, guessing.Days, guessing.Leakers = 40, 60, []Leaker{{Kind: LeakGuesser}}
	guessing.Troubles = []string{Seasons, Trainees}
	insider := Leaker{Kind: LeakSteady, From: 30, Gang: 1}
	real.Agents, real.Days, real.Leakers = 300, 180, []Leaker{insider, insider}
	return []scenario{
		{Ordinary, "nothing but work and trade", Options{Agents: 40, Days: 90, Merchants: 60, Canaries: 3}},
		{Harvest, "two agents take bad-review customers, one a day each", Options{Agents: 40, Days: 240, Merchants: -1, Canaries: 3}},
		{RefundRing, "a dozen shops of one hand cash in and leave refunds behind", Options{Agents: -1, Days: 365, Merchants: 60, Canaries: -1, RingShops: 12}},
		{Busy, "every honest trouble, no leak", busy},
		{Hidden, "every honest trouble, a leaker of each kind but the guesser, late complaints, and another leak elsewhere", hidden},
		{Colluders, "three leakers of two companies sell to one hand", colluders},
		{Guessing, "one tries ids and doors, most of them in vain", guessing},
		{Case, "300 agents with every honest trouble, two of whom sell 100 bad-review customers each, one a day", real},
	}
}

// Scenarios lists the names that Options.Scenario may have.
func Scenarios() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// About says in a few words what a scenario is.
func About(name string) string {
	for _, s := range scenarios() {
		if s.name == name {
			return s.about
		}
	}
	return ""
}

// DefaultStart is the first day of a world that names none.
const DefaultStart = "2026-01-05"

// Zone is the platform's time zone.
func Zone() *time.Location { return time.FixedZone("", 8*60*60) }

// Options shape a world. The zero value of a field takes the scenario's
// default; a negative count means none.
type Options struct {
	Scenario  string
	Seed      uint64
	Agents    int       // accounts that work at the start
	Days      int       // length of the period
	Merchants int       // honest shops
	Customers int       // hotel customers; by default what the agents' tickets need
	Canaries  int       // invented customers planted at the start
	RingShops int       // shops of the ring, in refund-ring
	Start     time.Time // midnight of the first day

	Troubles   []string // of Troubles(); nil: the scenario's, empty: none
	Leakers    []Leaker // nil: the scenario's, empty: none
	RateCV     float64  // coefficient of variation of the agents' own shares of unexplained views, 0.05 to 1; 0: 0.5
	Complaints Complaints
}

// With 0.5 these shares are cut off at 0.09, as they always were.
const defaultRateCV = 0.5

// ErrScenario is returned for a scenario that does not exist.
var ErrScenario = errors.New("no such scenario")

func (o Options) withDefaults() (Options, error) {
	if o.Scenario == "" {
		o.Scenario = Ordinary
	}
	all := scenarios()
	i := slices.IndexFunc(all, func(s scenario) bool { return s.name == o.Scenario })
	if i < 0 {
		return o, fmt.Errorf("%w as %q: choose one of %s", ErrScenario, o.Scenario, strings.Join(Scenarios(), ", "))
	}
	d := all[i].defaults
	o.Agents = count(o.Agents, d.Agents)
	o.Days = count(o.Days, d.Days)
	o.Merchants = count(o.Merchants, d.Merchants)
	o.Canaries = count(o.Canaries, d.Canaries)
	o.RingShops = count(o.RingShops, d.RingShops)
	if o.Scenario != RefundRing {
		o.RingShops = 0
	}
	if o.Troubles == nil {
		o.Troubles = d.Troubles
	}
	if o.Leakers == nil {
		o.Leakers = slices.Clone(d.Leakers)
		for i := range o.Leakers { // also in a world much shorter than the scenario's
			o.Leakers[i].From = min(o.Leakers[i].From, o.Days/3)
		}
	}
	o.RateCV = cmp.Or(o.RateCV, defaultRateCV)
	o.Complaints.Unrelated = amount(o.Complaints.Unrelated, cmp.Or(d.Complaints.Unrelated, 0.25))
	o.Complaints.Late = amount(o.Complaints.Late, d.Complaints.Late)
	o.Complaints.Elsewhere = amount(o.Complaints.Elsewhere, d.Complaints.Elsewhere)
	if o.Start.IsZero() {
		t, err := time.ParseInLocation(time.DateOnly, DefaultStart, Zone())
		if err != nil {
			return o, fmt.Errorf("reading the default start: %w", err)
		}
		o.Start = t
	}
	if err := o.check(); err != nil {
		return o, err
	}
	return o, o.fillLeakers()
}

// count resolves the "zero is the default, negative is none" of Options.
func count(given, def int) int { return max(cmp.Or(given, def), 0) }

func amount(given, def float64) float64 { return max(cmp.Or(given, def), 0) }

func (o Options) check() error {
	c := o.Complaints
	switch {
	case o.Days < 1 || o.Days > 3660:
		return errors.New("days: must be from 1 to 3660")
	case o.Agents > 20_000:
		return errors.New("agents: must be at most 20000")
	case o.Merchants > 20_000:
		return errors.New("merchants: must be at most 20000")
	case o.Customers < 0 || o.Customers > 50_000_000:
		return errors.New("customers: must be from 0 to 50000000")
	case o.Canaries > 1000:
		return errors.New("canaries: must be at most 1000")
	case o.RingShops > 200:
		return errors.New("ring shops: must be at most 200")
	case !(o.RateCV >= 0.05 && o.RateCV <= 1):
		return errors.New("rate cv: must be from 0.05 to 1")
	case !(c.Unrelated <= 1000 && c.Elsewhere <= 1000 && c.Late <= 1):
		return errors.New("complaints: at most 1000 a day, and a share of at most 1 that is late")
	case len(o.Troubles) > 0 && o.Agents == 0:
		return errors.New("troubles: need agents")
	case o.Scenario == Harvest && o.Agents < 4:
		return errors.New("agents: harvest needs at least 4")
	case o.Scenario == Harvest && o.Days < 12:
		return errors.New("days: harvest needs at least 12")
	case o.Scenario == RefundRing && o.RingShops < 2:
		return errors.New("ring shops: refund-ring needs at least 2")
	case o.Scenario == RefundRing && o.Days < minRingDays:
		return fmt.Errorf("days: refund-ring needs at least %d", minRingDays)
	}
	return nil
}
