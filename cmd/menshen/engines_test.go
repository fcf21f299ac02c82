package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/store"
	"github.com/menshen-io/menshen/trace"
)

// An index of views that cannot be used is made anew; one that can is gone on with.
func TestOpenTracer(t *testing.T) {
	dir := t.TempDir()
	view := event.New("v1", "desk", time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), &event.AccessViewed{Actor: "a", Subjects: []event.SubjectViewed{{Subject: "c"}}})
	open := func(o trace.Options, behind bool) {
		t.Helper()
		tracer, shelf, err := openTracer(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if tracer.Behind() != behind {
			t.Errorf("behind is %v", tracer.Behind())
		}
		tracer.Add(view)
		e := &engines{trace: tracer, shelf: shelf}
		if e.behind() || e.fault() != nil {
			t.Error(e.fault())
		}
		if err := e.close(); err != nil {
			t.Fatal(err)
		}
	}
	open(trace.Options{}, false)
	open(trace.Options{}, true)
	open(trace.Options{Attribute: "stars"}, false) // another pack
	open(trace.Options{Attribute: "stars"}, true)
	open(trace.Options{Attribute: "stars", Basis: "another text of the pack"}, false)
	if err := os.WriteFile(filepath.Join(dir, store.ShelfFile), bytes.Repeat([]byte("x"), 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openTracer(t.Context(), dir, trace.Options{}); err == nil {
		t.Error("a file that is no database was opened")
	}
}
