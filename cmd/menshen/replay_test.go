package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/packs"
)

// marketDir is a small market's files.
func marketDir(t *testing.T, seed uint64) string {
	t.Helper()
	m, err := sim.NewMarketplace(sim.MarketplaceOptions{Seed: seed, Merchants: 80, Days: 120})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := m.WriteFiles(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// changedPack is the marketplace pack with something in it replaced.
func changedPack(t *testing.T, old, text string) string {
	t.Helper()
	data, err := packs.FS.ReadFile("marketplace/pack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("the pack does not say %q", old)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, packFile), []byte(strings.Replace(string(data), old, text, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPayoutFitMakesASectionOfAPack(t *testing.T) {
	dir := marketDir(t, 2)
	events, err := os.ReadFile(filepath.Join(dir, sim.EventsFile))
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := menshen(t, events, "payout", "fit", "-labels", filepath.Join(dir, sim.TruthFile), "-prevalence", "0.005")
	if code != exitDone || !strings.Contains(errs, "area under the curve 0.9") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	data, err := packs.FS.ReadFile("marketplace/pack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)\nevidence:\n.*?\n\n`)
	if !section.Match(data) {
		t.Fatal("the pack has no evidence")
	}
	fitted := t.TempDir()
	data = section.ReplaceAll(data, []byte("\n"+string(out)+"\n"))
	if err := os.WriteFile(filepath.Join(fitted, packFile), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := menshen(t, events, "payout", "fit", "-drift", "-pack", fitted); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	code, out, errs = menshen(t, events, "payout", "fit", "-drift", "-pack", fitted)
	if code != exitDone || strings.Contains(string(out), "changed") || !strings.Contains(string(out), "shop_new") {
		t.Errorf("the history of the fit against itself: exit %d %s %s", code, out, errs)
	}
	// A table of labels says the same as the truth.
	labels := filepath.Join(t.TempDir(), "labels.csv")
	if err := os.WriteFile(labels, []byte("merchant,fraud\nm-1,1\nm-2,x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := menshen(t, events, "payout", "fit", "-labels", labels); code != exitUsage || !strings.Contains(errs, "labels.csv:3: fraud must be 0 or 1") {
		t.Errorf("a bad label: exit %d %s", code, errs)
	}
}

func TestReplayComparesPacksOnTheRecord(t *testing.T) {
	dir := marketDir(t, 3)
	events, err := os.ReadFile(filepath.Join(dir, sim.EventsFile))
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	l, err := ledger.Open(t.Context(), data, ledger.Options{Origin: "test.example/ledger"})
	if err != nil {
		t.Fatal(err)
	}
	var last ledger.Pending
	for line := range bytes.Lines(events) {
		ev, err := event.Parse(bytes.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		if last, err = l.Enqueue(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := last.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	strict := changedPack(t, "CNY: {newcomer: 3000000,", "CNY: {newcomer: 100,")
	code, out, errs := menshen(t, nil, "replay", "-data", data, "-pack", strict, "-labels", filepath.Join(dir, sim.TruthFile))
	if code != exitDone || !strings.Contains(errs, " 0 not folded") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	held := regexp.MustCompile(`payout requests held +(\d+) of (\d+) +(\d+) of (\d+)`).FindStringSubmatch(string(out))
	if held == nil || held[1] == held[3] || !strings.Contains(string(out), "would have waited longer") {
		t.Errorf("a line of one yuan:\n%s", out)
	}
	code, out, errs = menshen(t, nil, "replay", "-data", data, "-pack", "marketplace")
	if code != exitDone || !strings.Contains(string(out), "0 of the shops would have waited longer.") {
		t.Errorf("the pack against itself: exit %d %s\n%s", code, errs, out)
	}
	for _, args := range [][]string{{"replay"}, {"replay", "-data", data}, {"replay", "-data", t.TempDir(), "-pack", "marketplace"}, {"replay", "-data", data, "-pack", "nowhere"}} {
		if code, _, _ := menshen(t, nil, args...); code == exitDone {
			t.Errorf("%v is taken", args)
		}
	}
}
