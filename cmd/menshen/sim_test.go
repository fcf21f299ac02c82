package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/internal/sim"
)

func TestSimCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "world")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	small := []string{"-agents", "4", "-days", "3", "-merchants", "2", "-customers", "300"}
	for _, x := range []struct {
		args []string
		code int
		says string
	}{
		{append([]string{"-out", dir}, small...), exitDone, "ordinary, seed 1"},
		{append([]string{"-out", dir, "-start", "2026-02-01T00:00:00+08:00", "--seed", "9"}, small...), exitDone, "seed 9"},
		{append([]string{"-out", dir, "-with", "seasons,leave", "-leakers", "steady:2:1,hiding", "-agents", "8"}, small[2:]...), exitDone, "8 agents"},
		{append([]string{"-out", dir, "-scenario", "busy", "-with", "none"}, small...), exitDone, "busy"},
		{[]string{"-out", dir, "-scenario", "marketplace", "-merchants", "20", "-days", "50", "-ring-kinds", "plain,single", "-rings", "2", "-rough"}, exitDone, "26 of them in 4 rings"},
		{[]string{"-out", dir, "-scenario", "marketplace", "-merchants", "20", "-days", "5", "-rings", "0", "-with", "lost"}, exitDone, "0 of them in 0 rings"},
		{[]string{"-out", dir, "-scenario", "marketplace", "-ring-kinds", "loud"}, exitUsage, "loud"},
		{[]string{"-out", dir, "-scenario", "marketplace", "-agents", "3"}, exitUsage, "-agents"},
		{[]string{"-out", dir, "-scenario", "marketplace", "-merchants", "-1"}, exitUsage, "merchants"},
		{[]string{"-h"}, exitDone, ""},
		{[]string{"-out", dir, "-with", "rain"}, exitUsage, "hotel-closing"},
		{[]string{"-out", dir, "-leakers", "loud"}, exitUsage, "mimic"},
		{[]string{"-out", dir, "-leakers", "steady:fast"}, exitUsage, "KIND:RATE:FROM:TOTAL"},
		{[]string{"-out", dir, "-rate-cv", "3"}, exitUsage, "rate cv"},
		{nil, exitUsage, "-out is missing"},
		{[]string{"-out", dir, "-scenario", "flood"}, exitUsage, "ordinary, harvest, refund-ring"},
		{[]string{"-out", dir, "-scenario", "harvest", "-agents", "1"}, exitUsage, "agents"},
		{[]string{"-out", dir, "-days", "-4"}, exitUsage, "days"},
		{[]string{"-out", dir, "-seed", "-1"}, exitUsage, "seed"},
		{[]string{"-out", dir, "-start", "tomorrow"}, exitUsage, "-start"},
		{[]string{"-out", dir, "more"}, exitUsage, "more"},
		{[]string{"-nothing"}, exitUsage, "nothing"},
		{append([]string{"-out", filepath.Join(file, "below")}, small...), exitCheck, "output directory"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), streams{strings.NewReader(""), &out, &errs}, append([]string{"sim"}, x.args...))
		if code != x.code || !strings.Contains(errs.String(), x.says) {
			t.Errorf("%q: exit %d, want %d: %s", x.args, code, x.code, errs.String())
		}
	}
	for _, name := range []string{sim.EventsFile, sim.CustomersFile, sim.TruthFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
