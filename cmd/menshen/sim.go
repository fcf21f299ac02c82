package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	about += "\n  " + marketScenario + ": a marketplace of any size, with rings of eight kinds (-seed, -days, -merchants, -rings)"
	rings := fs.Int("rings", 1, "in "+marketScenario+": rings of each kind")
	fs.StringVar(&o.Scenario, "scenario", sim.Ordinary, about+"\n")
	fs.Uint64Var(&o.Seed, "seed", 1, "the same seed and options give the same bytes")
	fs.IntVar(&o.Agents, "agents", 0, "accounts at the hotel desk (0: the scenario's default, -1: none)")
	fs.IntVar(&o.Days, "days", 0, "length of the period (0: the scenario's default)")
	fs.IntVar(&o.Merchants, "merchants", 0, "honest shops (0: the scenario's default, -1: none)")
	fs.IntVar(&o.Customers, "customers", 0, "hotel customers (0: as many as the agents' work needs)")
	fs.IntVar(&o.Canaries, "canaries", 0, "invented customers to watch (0: the scenario's default, -1: none)")
	fs.IntVar(&o.RingShops, "ring-shops", 0, "shops of the ring in refund-ring (0: 12)")
	fs.StringVar(&with, "with", "", "honest troubles in place of the scenario's: all, none, or among "+strings.Join(sim.Troubles(), ","))
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
	if o.Scenario == marketScenario {
		return writeMarket(ctx, s, sim.MarketOptions{Seed: o.Seed, Merchants: cmp.Or(o.Merchants, 1000), Days: cmp.Or(o.Days, 365), Rings: *rings}, out)
	}
	var err error
	switch with {
	case "":
	case "all":
		o.Troubles = sim.Troubles()
	case "none":
		o.Troubles = []string{}
	default:
		o.Troubles = strings.Split(with, ",")
	}
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

const marketScenario = "market"

func writeMarket(ctx context.Context, s streams, o sim.MarketOptions, out string) int {
	m, err := sim.NewMarket(o)
	if err != nil {
		return fail(s, "sim", exitUsage, err)
	}
	n, err := m.WriteFiles(ctx, out)
	if err != nil {
		return fail(s, "sim", exitCheck, err)
	}
	fmt.Fprintf(s.err, "menshen sim: %s, seed %d: %d events of %d days, %d honest merchants in %s\n", marketScenario, o.Seed, n, o.Days, o.Merchants, out)
	return exitDone
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
