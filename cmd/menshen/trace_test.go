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
	"github.com/menshen-io/menshen/gateway"
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

func TestTraceReadsAListOfComplaints(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	key := write("subjects.key", strings.Repeat("k", 32))
	hash, err := gateway.HMACSubjects([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	var events strings.Builder
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i := range 400 {
		ev := event.New(fmt.Sprint("v", i), "desk", at.Add(time.Duration(i)*time.Minute), &event.AccessViewed{
			Actor: event.ActorID(fmt.Sprint("agent-", i%40)), Kind: event.KindDetail,
			Subjects: []event.SubjectViewed{{Subject: hash(fmt.Sprint(13800000000 + i))}}})
		line, err := ev.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		events.Write(append(line, '\n'))
	}
	record := write("events.ndjson", events.String())
	list := "手机号,投诉时间\n"
	for i := range 6 {
		list += fmt.Sprintf("+86 138-0000-%04d,2026/4/%d\n", 7+40*i, i+1)
	}
	complaints := write("complaints.csv", list+"not a number,2026/4/9\n+8613800000007,2026-04-01\n")
	code, out, errs := menshen(t, nil, "trace", "-events", record, "-harms", complaints, "-key", key)
	if code != exitDone || !strings.Contains(string(out), "The record points to agent-7.") || !strings.Contains(errs, "8 rows: 6 complaints, 1 repeated, 1 not read") ||
		!strings.Contains(errs, `complaints.csv:8: column "手机号": not a phone number`) {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if strings.Contains(string(out)+errs, "1380000") {
		t.Errorf("a phone number is told: %s%s", out, errs)
	}
	for _, x := range []struct {
		code int
		says string
		args []string
	}{
		{exitCheck, "1 not read", []string{"-harms", complaints, "-key", key, "-strict"}},
		{exitUnreadable, "subject key is needed", []string{"-harms", complaints}},
		{exitUnreadable, "at least 32 bytes", []string{"-harms", complaints, "-key", write("short", "k")}},
		{exitUnreadable, "no such file", []string{"-harms", filepath.Join(dir, "none.csv")}},
	} {
		if code, _, errs := menshen(t, nil, append([]string{"trace", "-events", record}, x.args...)...); code != x.code || !strings.Contains(errs, x.says) {
			t.Errorf("%q: exit %d: %s", x.args, code, errs)
		}
	}
}
