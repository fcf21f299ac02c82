package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Scenarios.
const (
	Ordinary   = "ordinary"    // nothing but work and trade
	Harvest    = "harvest"     // two agents take bad-review customers, one a day each
	RefundRing = "refund-ring" // a dozen shops of one hand cash in and leave refunds behind
)

// Scenarios lists the names that Options.Scenario may have.
func Scenarios() []string { return []string{Ordinary, Harvest, RefundRing} }

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
}

// ErrScenario is returned for a scenario that does not exist.
var ErrScenario = errors.New("no such scenario")

func (o Options) withDefaults() (Options, error) {
	def := map[string]Options{
		Ordinary:   {Agents: 40, Days: 90, Merchants: 60, Canaries: 3},
		Harvest:    {Agents: 40, Days: 240, Merchants: -1, Canaries: 3},
		RefundRing: {Agents: -1, Days: 365, Merchants: 60, Canaries: -1, RingShops: 12},
	}
	if o.Scenario == "" {
		o.Scenario = Ordinary
	}
	d, ok := def[o.Scenario]
	if !ok {
		return o, fmt.Errorf("%w as %q: choose one of %s", ErrScenario, o.Scenario, strings.Join(Scenarios(), ", "))
	}
	o.Agents = count(o.Agents, d.Agents)
	o.Days = count(o.Days, d.Days)
	o.Merchants = count(o.Merchants, d.Merchants)
	o.Canaries = count(o.Canaries, d.Canaries)
	o.RingShops = count(o.RingShops, d.RingShops)
	if o.Scenario != RefundRing {
		o.RingShops = 0
	}
	if o.Start.IsZero() {
		t, err := time.ParseInLocation(time.DateOnly, DefaultStart, Zone())
		if err != nil {
			return o, fmt.Errorf("reading the default start: %w", err)
		}
		o.Start = t
	}
	return o, o.check()
}

// count resolves the "zero is the default, negative is none" of Options.
func count(given, def int) int {
	if given == 0 {
		given = def
	}
	return max(given, 0)
}

func (o Options) check() error {
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
