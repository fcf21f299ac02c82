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

func TestBenchDecisions(t *testing.T) {
	var out, errs bytes.Buffer
	s := streams{strings.NewReader(""), &out, &errs}
	if code := runBench(t.Context(), s, []string{"decisions", "-c", "0"}); code != exitUsage {
		t.Errorf("-c 0: %d", code)
	}
	code := runBench(t.Context(), s, []string{"decisions", "-requests", "20", "-c", "4", "-rounds", "2", "-merchants", "5", "-orders", "2"})
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	for _, row := range []string{`menshen +\d+ .* 1\.00 of it`, `without record +\d+ `, `without decision +\d+ `} {
		if !regexp.MustCompile(row).MatchString(out.String()) {
			t.Errorf("no row %s in\n%s", row, out.String())
		}
	}
}

func TestBenchBook(t *testing.T) {
	var out, errs bytes.Buffer
	s := streams{strings.NewReader(""), &out, &errs}
	if code := runBench(t.Context(), s, []string{"book", "-orders", "0"}); code != exitUsage {
		t.Errorf("-orders 0: %d", code)
	}
	if code := runBench(t.Context(), s, []string{"book", "-merchants", "100", "-orders", "3", "-rings"}); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	for _, row := range []string{`open orders +100 +300 +\d`, `ring finder, the same orders +100 +300 `, `times as long`} {
		if !regexp.MustCompile(row).MatchString(out.String()) {
			t.Errorf("no row %s in\n%s", row, out.String())
		}
	}
}
