package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The pieces of YAML in docs/packs.md, and those in docs/payout.md, make a pack that is
// read and tested.
func TestThePacksOfTheDocumentation(t *testing.T) {
	testPackOfPage(t, "../../docs/packs.md", "version: 1\nrules:\n  canary-viewed: {severity: high, action: close}\n", "1 examples: 0 failed")
	testPackOfPage(t, "../../docs/payout.md", "version: 1\nlines: {CNY: {newcomer: 3000000, cap: 2000000000}}\n", "0 examples, 0 faults")
}

func testPackOfPage(t *testing.T, page, pack, want string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d pieces of YAML", len(blocks))
	}
	for _, b := range blocks {
		pack += b[1]
	}
	code, out, errs := menshen(t, nil, "pack", "test", strings.TrimSuffix(packFileOf(t, pack), packFile))
	if code != exitDone || !strings.Contains(errs, want) {
		t.Errorf("%s: exit %d: %s%s", page, code, out, errs)
	}
}
