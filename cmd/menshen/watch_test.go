package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/packs"
)

func menshen(t *testing.T, in []byte, args ...string) (code int, out []byte, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), streams{bytes.NewReader(in), &o, &e}, args)
	return code, o.Bytes(), e.String()
}

// harvest is a small record in which two accounts are found.
func harvest(t *testing.T) (events []event.Event, lines [][]byte) {
	t.Helper()
	w, err := sim.New(sim.Options{Scenario: sim.Harvest, Seed: 4, Agents: 16, Days: 75})
	if err != nil {
		t.Fatal(err)
	}
	events = slices.Collect(w.Events())
	for _, ev := range events {
		line, err := ev.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, append(line, '\n'))
	}
	return events, lines
}

func TestWatchGoesOnFromACheckpoint(t *testing.T) {
	events, lines := harvest(t)
	all := bytes.Join(lines, nil)
	code, whole, errs := menshen(t, all, "watch")
	if code != exitDone || bytes.Count(whole, []byte("\n")) < 2 {
		t.Fatalf("exit %d, alerts %q: %s", code, whole, errs)
	}
	state := filepath.Join(t.TempDir(), "state")
	var got []byte
	for part := range slices.Chunk(lines, len(lines)/3+1) {
		code, out, errs := menshen(t, bytes.Join(part, nil), "watch", "-checkpoint", state)
		if code != exitDone {
			t.Fatalf("exit %d: %s", code, errs)
		}
		got = append(got, out...)
	}
	if len(got) == 0 || !bytes.HasPrefix(whole, got) {
		t.Errorf("in parts:\n%s\nin one:\n%s", got, whole)
	}
	// Told again, nothing is said again.
	code, out, errs := menshen(t, bytes.Join(lines[len(lines)-3000:], nil), "watch", "-checkpoint", state)
	if code != exitDone || len(out) != 0 || !strings.Contains(errs, " 0 accepted") {
		t.Errorf("exit %d, %q: %s", code, out, errs)
	}

	dir := t.TempDir()
	record(t, dir, events)
	recordState := filepath.Join(t.TempDir(), "state")
	code, out, errs = menshen(t, nil, "watch", "-data", dir, "-checkpoint", recordState)
	if code != exitDone || !bytes.Equal(out, got) {
		t.Errorf("from a record: exit %d, %d bytes of alerts, want %d: %s", code, len(out), len(got), errs)
	}
	code, out, errs = menshen(t, nil, "watch", "-data", dir, "-checkpoint", recordState)
	if code != exitDone || len(out) != 0 || !strings.HasPrefix(errs, "0 lines") {
		t.Errorf("the same record again: exit %d, %q: %s", code, out, errs)
	}
	for _, x := range []struct {
		says string
		args []string
	}{
		{"another record", []string{"-data", dir, "-checkpoint", state}},
		{"another record", []string{"-checkpoint", recordState}},
		{"snapshot does not fit", []string{"-checkpoint", packFileOf(t, "version: 1\n")}},
		{"another pack", []string{"-checkpoint", state, "-pack", filepath.Dir(packFileOf(t, "version: 1\n"))}},
		{"no ledger", []string{"-data", t.TempDir()}},
	} {
		if code, out, errs := menshen(t, lines[0], append([]string{"watch"}, x.args...)...); code != exitUnreadable || len(out) != 0 || !strings.Contains(errs, x.says) {
			t.Errorf("%q: exit %d: %s", x.args, code, errs)
		}
	}
}

// packFileOf writes a pack of its own directory.
func packFileOf(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), packFile)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func record(t *testing.T, dir string, events []event.Event) {
	t.Helper()
	l, err := ledger.Open(t.Context(), dir, ledger.Options{Origin: "example.com/watch", CheckpointInterval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range events {
		if _, err := l.Enqueue(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFittedPriorsBelongInAPack(t *testing.T) {
	_, lines := harvest(t)
	code, priors, errs := menshen(t, bytes.Join(lines, nil), "watch", "fit")
	if code != exitDone || !bytes.Contains(priors, []byte("role: agent")) {
		t.Fatalf("exit %d: %s%s", code, priors, errs)
	}
	text, err := fs.ReadFile(packs.FS, defaultWatchPack+"/"+packFile)
	if err != nil {
		t.Fatal(err)
	}
	indented := "  " + strings.ReplaceAll(strings.TrimSpace(string(priors)), "\n", "\n  ")
	with := strings.Replace(string(text), "statistics:\n", "statistics:\n"+indented+"\n", 1)
	dir := filepath.Dir(packFileOf(t, with))
	if code, _, errs := menshen(t, bytes.Join(lines[:1000], nil), "watch", "-pack", dir); code != exitDone {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, errs := menshen(t, lines[0], "watch", "fit"); code != exitUnreadable || !strings.Contains(errs, "nothing can be fitted") {
		t.Errorf("of one line: exit %d: %s", code, errs)
	}
}
