package watch

import (
	"os"
	"strings"
	"testing"
)

func TestPackFaultsAllAtOnce(t *testing.T) {
	_, err := Parse("pack.yaml", []byte("version: 1\ngrace: {before_opening: soon}\nwindow: 24\nrules:\n  canary-viewed: {severity: grave, action: close}\nbudgets: {}\n"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"pack.yaml:2:", "pack.yaml:3:", "pack.yaml:5:", "pack.yaml:6:", "budgets"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	_, err = Parse("pack.yaml", []byte("version: 2\nrules:\n  canary-viewed: {severity: low, action: close}\n  canari-viewed: {severity: low, action: close}\nexamples:\n  - {name: x, events: '', expect: [{rule: view-after-leaving, actor: a}]}\n"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"pack.yaml:1: version", "pack.yaml:4: rules.canari-viewed", "pack.yaml:6: examples.1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

func FuzzPack(f *testing.F) {
	data, err := os.ReadFile("../packs/hotel-desk/pack.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("version: 1\nrules: {unexplained-volume: {severity: low, action: alert}}\n"))
	f.Add([]byte("version: [1\n"))
	f.Add([]byte("statistics: {leak_per_day: [1e-9, .inf], spread: {least: 3, most: 1}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("pack.yaml", data)
		if err != nil {
			return
		}
		// Whatever is accepted can be run.
		e := New(p, Options{})
		w := &world{seed: 1, agents: 2, days: 2, rate: 1, cv: 1, low: 0.5, explainedPerDay: 1}
		for _, ev := range w.events() {
			e.Fold(ev)
		}
		e.Flush()
	})
}
