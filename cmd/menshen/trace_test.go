package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/trace"
)

// writeTraced writes a record of a canary that one of fifty accounts viewed,
// and a list with the call to its number.
func writeTraced(t *testing.T, dir string) (events, harms string) {
	t.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	write := func(name string, list ...event.Event) string {
		var b bytes.Buffer
		w := event.NewWriter(&b)
		for _, ev := range list {
			if err := w.Write(ev); err != nil {
				t.Fatal(err)
			}
		}
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	var views []event.Event
	for i := range 500 {
		views = append(views, event.New(fmt.Sprint("v", i), "desk", at.Add(time.Duration(i)*time.Minute), &event.AccessViewed{
			Actor: event.ActorID(fmt.Sprint("agent-", i%50)), Kind: event.KindDetail, Subjects: []event.SubjectViewed{{Subject: event.SubjectID(fmt.Sprint("c-", i))}}}))
	}
	return write("events.ndjson", views...), write("harms.ndjson",
		event.New("h2", "care", at.AddDate(0, 0, 9), &event.HarmReported{Subject: "c-333", Kind: event.HarmProxyRung}),
		event.New("h1", "care", at.AddDate(0, 0, 8), &event.HarmReported{Subject: "c-333", Kind: event.HarmComplaint}))
}

func TestTraceCommand(t *testing.T) {
	dir := t.TempDir()
	events, harms := writeTraced(t, dir)
	broken := filepath.Join(dir, "broken.ndjson")
	if err := os.WriteFile(broken, []byte("{not json}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		args []string
		code int
		says string // in stdout if code is exitDone, or else in stderr
	}{
		{[]string{"-events", events, "-harms", harms}, exitDone, "The record points to agent-33."},
		{[]string{"-events", events, "-harms", harms}, exitDone, "of 1"},
		{[]string{"-events", events}, exitDone, "nothing to trace"},
		{[]string{"-events", "-"}, exitDone, "nothing to trace"},
		{[]string{"-events", events, "-harms", harms, "-window", "1h"}, exitDone, "too few to name anyone"},
		{[]string{"-events", broken, "-harms", harms}, exitDone, "of 1"},
		{[]string{"-h"}, exitDone, "-window duration"},
		{[]string{"-events", broken, "-strict"}, exitCheck, "broken.ndjson: line 1"},
		{[]string{"-events", events, "-harms", broken, "-strict"}, exitCheck, "broken.ndjson: line 1"},
		{nil, exitUsage, "-events is needed"},
		{[]string{"-events", events, "more"}, exitUsage, "more"},
		{[]string{"-events", events, "-window", "soon"}, exitUsage, `"soon" for flag -window`},
		{[]string{"-events", events, "-pack", "no-such-pack"}, exitUsage, "no-such-pack"},
		{[]string{"-nothing"}, exitUsage, "-nothing"},
		{[]string{"-events", filepath.Join(dir, "gone")}, exitUnreadable, "opening input: open " + filepath.Join(dir, "gone")},
		{[]string{"-events", events, "-harms", filepath.Join(dir, "gone")}, exitUnreadable, "gone: no such file"},
		{[]string{"-events", dir}, exitUnreadable, "reading events"},
		{[]string{"-events", events, "-harms", dir}, exitUnreadable, "reading harms"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), streams{strings.NewReader(""), &out, &errs}, append([]string{"trace"}, x.args...))
		text := errs.String()
		if x.code == exitDone {
			text = out.String()
		}
		if code != x.code || !strings.Contains(text, x.says) {
			t.Errorf("%q: exit %d, want %d and %q:\n%s%s", x.args, code, x.code, x.says, out.String(), errs.String())
		}
	}
	var out, errs bytes.Buffer
	run(t.Context(), streams{strings.NewReader(""), &out, &errs}, []string{"trace", "-json", "-events", events, "-harms", harms})
	var res trace.Result
	if err := json.Unmarshal(out.Bytes(), &res); err != nil || len(res.Accounts) == 0 || res.Accounts[0].Actor != "agent-33" || res.Harms != 1 {
		t.Errorf("%v: %s", err, out.String())
	}
}
