package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	_ "time/tzdata" // packs name time zones; a bare machine has none

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/yamlconf"
	"github.com/menshen-io/menshen/packs"
	"github.com/menshen-io/menshen/partner"
	"github.com/menshen-io/menshen/policy"
	"github.com/menshen-io/menshen/watch"
)

const defaultWatchPack = "hotel-desk"

// openPack opens a pack: a built-in one by its name, or a directory. One that is
// named like a built-in pack is written with ./ before it.
func openPack(name string) (fs.FS, error) {
	builtin := builtinPacks()
	if slices.Contains(builtin, name) {
		return fs.Sub(packs.FS, name)
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return os.DirFS(name), nil
	}
	return nil, fmt.Errorf("opening pack %q: neither a directory nor a built-in pack (%s)", name, strings.Join(builtin, ", "))
}

func builtinPacks() []string {
	var names []string
	entries, err := packs.FS.ReadDir(".")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

const (
	packFile   = "pack.yaml"
	policyFile = "policy.yaml"
)

// loadWatchPack reads the watch's and the partner rules of a pack, and names
// all faults of both.
func loadWatchPack(name string) (*watch.Pack, partner.Rules, error) {
	dir, err := openPack(name)
	if err != nil {
		return nil, partner.Rules{}, err
	}
	data, err := fs.ReadFile(dir, packFile)
	if err != nil {
		return nil, partner.Rules{}, fmt.Errorf("reading pack %q: %w", name, err)
	}
	pack, err := watch.Parse(packFile, data)
	rules, perr := partner.Parse(packFile, data)
	if perr != nil && err != nil && strings.Contains(err.Error(), perr.Error()) {
		perr = nil // both saw that it is no YAML at all
	}
	return pack, rules, errors.Join(err, perr)
}

func packCommand() command {
	return command{"pack", "test a pack: read it strictly and run its examples", runPack}
}

func runPack(_ context.Context, s streams, args []string) int {
	const synopsis = "pack test DIR"
	fs := newFlags("pack", synopsis, s.err)
	if len(args) == 2 && args[0] == "test" && !strings.HasPrefix(args[1], "-") {
		return testPack(s, args[1])
	}
	if code, done := parse(fs, s, args); done && code == exitDone {
		return exitDone
	}
	fmt.Fprintf(s.err, "Usage: menshen %s\n", synopsis)
	return exitUsage
}

func testPack(s streams, name string) int {
	dir, err := openPack(name)
	if err != nil {
		return fail(s, "pack test", exitUnreadable, err)
	}
	data, err := fs.ReadFile(dir, packFile)
	if err != nil {
		return fail(s, "pack test", exitUnreadable, fmt.Errorf("reading pack: %w", err))
	}
	if text, err := fs.ReadFile(dir, policyFile); err == nil {
		if _, err := policy.Parse(policyFile, text); err != nil {
			fmt.Fprintln(s.err, err)
			return exitCheck
		}
	}
	if yamlconf.Has(data, "lines") {
		return testMoneyPack(s, data)
	}
	pack, _, err := loadWatchPack(name)
	if err != nil {
		fmt.Fprintln(s.err, err)
		return exitCheck
	}
	failed := 0
	for i := range pack.Examples {
		ex := &pack.Examples[i]
		if faults := testExample(pack, ex); len(faults) > 0 {
			failed++
			fmt.Fprintf(s.out, "FAIL %s\n", ex.Name)
			for _, f := range faults {
				fmt.Fprintf(s.out, "     %s\n", f)
			}
			continue
		}
		fmt.Fprintf(s.out, "ok   %s\n", ex.Name)
	}
	fmt.Fprintf(s.err, "%d examples: %d failed\n", len(pack.Examples), failed)
	if failed > 0 {
		return exitCheck
	}
	return exitDone
}

// testExample runs an example as menshen watch would and compares what it
// raised with what is expected, without regard to order.
func testExample(pack *watch.Pack, ex *watch.Example) []string {
	var faults []string
	got := map[watch.Expected]int{}
	count := func(alerts []event.Event) {
		for _, ev := range alerts {
			if a, ok := ev.Data.(*event.AlertRaised); ok {
				got[watch.Expected{Rule: a.Rule, Actor: string(a.Actor)}]++
			}
		}
	}
	engine := watch.New(pack, watch.Options{})
	_, err := foldSorted(strings.NewReader(ex.Events), pack, func(r event.Refusal) {
		faults = append(faults, "events: "+r.String())
	}, func(ev event.Event) error {
		count(engine.Fold(ev))
		return nil
	})
	if err != nil {
		return append(faults, err.Error())
	}
	count(engine.Flush())
	faults = append(faults, engine.Faults()...)
	for _, want := range ex.Expect {
		got[want]--
	}
	for k, n := range got {
		switch {
		case n > 0:
			faults = append(faults, fmt.Sprintf("not expected: %s for %s (%d times)", k.Rule, k.Actor, n))
		case n < 0:
			faults = append(faults, fmt.Sprintf("missing: %s for %s (%d times)", k.Rule, k.Actor, -n))
		}
	}
	slices.Sort(faults)
	return faults
}
