package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The pieces of YAML in docs/packs.md make a pack that is read and tested.
func TestThePackOfTheDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/packs.md")
	if err != nil {
		t.Fatal(err)
	}
	pack := "version: 1\nrules:\n  canary-viewed: {severity: high, action: close}\n"
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d pieces of YAML", len(blocks))
	}
	for _, b := range blocks {
		pack += b[1]
	}
	code, out, errs := menshen(t, nil, "pack", "test", strings.TrimSuffix(packFileOf(t, pack), packFile))
	if code != exitDone || !strings.Contains(errs, "1 examples: 0 failed") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}
