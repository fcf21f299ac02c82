package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestBench(t *testing.T) {
	var out, errs bytes.Buffer
	s := streams{strings.NewReader(""), &out, &errs}
	if code := runBench(t.Context(), s, nil); code != exitDone || !strings.Contains(out.String(), "gateway") {
		t.Errorf("list: %d %s", code, out.String())
	}
	if code := runBench(t.Context(), s, []string{"nothing"}); code != exitUsage {
		t.Errorf("unknown bench: %d", code)
	}
	if code := runBench(t.Context(), s, []string{"gateway", "-c", "0"}); code != exitUsage {
		t.Errorf("-c 0: %d", code)
	}
	out.Reset()
	errs.Reset()
	if code := runBench(t.Context(), s, []string{"gateway", "-requests", "20", "-c", "2", "-rounds", "2"}); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	for _, row := range []string{`direct +\d+ .* 1\.00 `, `plain proxy +\d+ .* 1\.00\n`, `menshen +\d+ `} {
		if !regexp.MustCompile(row).MatchString(out.String()) {
			t.Errorf("no row %s in\n%s", row, out.String())
		}
	}
}
