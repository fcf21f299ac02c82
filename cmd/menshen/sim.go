package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/internal/sim"
)

func simCommand() command {
	return command{"sim", "write the events, customers and truth of a simulated platform", runSim}
}

// runSim writes one simulated world into a directory.
func runSim(ctx context.Context, s streams, args []string) int {
	fs := newFlags("sim", "sim -scenario NAME [-seed N] [-agents N] [-days N] [-merchants N] [-with TROUBLE,...] [-leakers KIND,...] -out DIR", s.err)
	var o sim.Options
	var start, out, with, leakers string
	about := "one of"
	for _, name := range sim.Scenarios() {
		about += "\n  " + name + ": " + sim.About(name)
	}
	about += "\n  " + sim.MarketplaceScenario + ": a marketplace of any size, with rings of eight kinds (-seed, -days, -merchants, -rings, -ring-kinds, -with, -rough)"
	rings := fs.Int("rings", 1, "in "+sim.MarketplaceScenario+": rings of each kind")
	kinds := fs.String("ring-kinds", "", fmt.Sprintf("in %s: only these, of %v; by default all that fit into the days", sim.MarketplaceScenario, sim.RingKinds()))
	rough := fs.Bool("rough", false, "in "+sim.MarketplaceScenario+": scans come late and some events twice")
	fs.StringVar(&o.Scenario, "scenario", sim.Ordinary, about+"\n")
	fs.Uint64Var(&o.Seed, "seed", 1, "the same seed and options give the same bytes")
	fs.IntVar(&o.Agents, "agents", 0, "accounts at the hotel desk (0: the scenario's default, -1: none)")
	fs.IntVar(&o.Days, "days", 0, "length of the period (0: the scenario's default)")
	fs.IntVar(&o.Merchants, "merchants", 0, "honest shops (0: the scenario's default, -1: none)")
	fs.IntVar(&o.Customers, "customers", 0, "hotel customers (0: as many as the agents' work needs)")
	fs.IntVar(&o.Canaries, "canaries", 0, "invented customers to watch (0: the scenario's default, -1: none)")
	fs.IntVar(&o.RingShops, "ring-shops", 0, "shops of the ring in refund-ring (0: 12)")
	fs.StringVar(&with, "with", "", "honest troubles in place of the scenario's: all, none, or among "+strings.Join(sim.Troubles(), ",")+
		";\nin "+sim.MarketplaceScenario+" among "+strings.Join(sim.MarketplaceTroubles(), ","))
	fs.StringVar(&leakers, "leakers", "", "leakers in place of the scenario's: none, or KIND:RATE:FROM:TOTAL,... with customers a day, first day, customers in all; KIND alone will do:\n"+
		strings.Join(sim.LeakKinds(), ", "))
	fs.Float64Var(&o.RateCV, "rate-cv", 0, "coefficient of variation of the agents' own shares of unexplained views, to 1 (0: 0.5)")
	fs.Float64Var(&o.Complaints.Unrelated, "unrelated", 0, "complaints a day that come of nothing in particular (0: the scenario's default, -1: none)")
	fs.Float64Var(&o.Complaints.Late, "late", 0, "share of a leaker's complaints that come one to four months later still (0: the scenario's default, -1: none)")
	fs.Float64Var(&o.Complaints.Elsewhere, "elsewhere", 0, "complaints a day of a leak with which no account has to do (0: the scenario's default, -1: none)")
	fs.StringVar(&start, "start", sim.DefaultStart, "first day, as 2006-01-02 or RFC 3339")
	fs.StringVar(&out, "out", "", "directory to write to")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if out == "" {
		return fail(s, "sim", exitUsage, errors.New("-out is missing"))
	}
	var err error
	o.Troubles = troubles(with, o.Scenario)
	switch leakers {
	case "":
	case "none":
		o.Leakers = []sim.Leaker{}
	default:
		if o.Leakers, err = sim.ParseLeakers(leakers); err != nil {
			return fail(s, "sim", exitUsage, err)
		}
	}
	if o.Start, err = parseStart(start); err != nil {
		return fail(s, "sim", exitUsage, err)
	}
	if o.Scenario == sim.MarketplaceScenario {
		return writeMarketplace(ctx, s, fs, sim.MarketplaceOptions{Seed: o.Seed, Merchants: o.Merchants, Days: o.Days, Start: o.Start,
			Troubles: o.Troubles, Rings: ringKinds(*kinds, *rings, cmp.Or(o.Days, 365)), Rough: *rough}, out)
	}
	w, err := sim.New(o)
	if err != nil {
		return fail(s, "sim", exitUsage, err)
	}
	began := time.Now()
	n, err := w.WriteFiles(ctx, out)
	if err != nil {
		return fail(s, "sim", exitCheck, err)
	}
	o = w.Options()
	fmt.Fprintf(s.err, "menshen sim: %s, seed %d: %d events of %d days, %d agents, %d merchants, %d customers in %s (%s)\n", o.Scenario, o.Seed, n,
		o.Days, len(w.Agents()), len(w.Merchants()), w.NumCustomers(), out, time.Since(began).Round(time.Millisecond))
	return exitDone
}

// writeMarketplace refuses flags of a hotel desk.
func writeMarketplace(ctx context.Context, s streams, fs *flag.FlagSet, o sim.MarketplaceOptions, out string) int {
	var err error
	fs.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "scenario", "seed", "days", "merchants", "with", "rings", "ring-kinds", "rough", "start", "out":
		default:
			err = errors.Join(err, fmt.Errorf("-%s: a marketplace has none", f.Name))
		}
	})
	if err != nil {
		return fail(s, "sim", exitUsage, err)
	}
	m, err := sim.NewMarketplace(o)
	if err != nil {
		return fail(s, "sim", exitUsage, err)
	}
	began := time.Now()
	n, err := m.WriteFiles(ctx, out)
	if err != nil {
		return fail(s, "sim", exitCheck, err)
	}
	o = m.Options()
	fmt.Fprintf(s.err, "menshen sim: %s, seed %d: %d events of %d days, %d merchants, %d of them in %d rings, in %s (%s)\n", sim.MarketplaceScenario, o.Seed, n,
		o.Days, m.NumMerchants(), m.NumMerchants()-o.Merchants, len(o.Rings), out, time.Since(began).Round(time.Millisecond))
	return exitDone
}

// troubles reads -with: nil is the scenario's, empty none.
func troubles(with, scenario string) []string {
	switch {
	case with == "":
		return nil
	case with == "none":
		return []string{}
	case with != "all":
		return strings.Split(with, ",")
	case scenario == sim.MarketplaceScenario:
		return sim.MarketplaceTroubles()
	}
	return sim.Troubles()
}

// ringKinds reads -ring-kinds: by default all that fit into the days; n of each.
func ringKinds(list string, n, days int) []sim.RingKind {
	kinds := sim.RingKindsWithin(days)
	if list != "" {
		kinds = nil
		for name := range strings.SplitSeq(list, ",") {
			kinds = append(kinds, sim.RingKind(name))
		}
	}
	return append([]sim.RingKind{}, slices.Repeat(kinds, max(n, 0))...)
}

func parseStart(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, t.Location()), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, sim.Zone())
	if err != nil {
		return t, fmt.Errorf("-start: must be a date such as %s, or RFC 3339", sim.DefaultStart)
	}
	return t, nil
}
