// Package storetest is the conformance suite of the stores: every engine runs it.
//
// It decides whether a store keeps its promises: what is indexed is found,
// newest first; all of a batch or none; the cursor moves with the rows. It
// never looks behind the interface. It fails the test that runs it.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
)

// Store is what is tested.
type Store interface {
	api.Index
	Index(ctx context.Context, entries []api.Entry) error
	MarkUnexplained(ctx context.Context, views []api.Unexplained) error
	Cursor(ctx context.Context) (uint64, error)
	Account(ctx context.Context, user string) (gateway.Account, bool, error)
	SetAccount(ctx context.Context, a gateway.Account) error
	RemoveAccount(ctx context.Context, user string) (bool, error)
	Accounts(ctx context.Context) ([]gateway.Account, error)
	Close() error
}

// Run runs the suite. open opens the store that the test's directory holds.
func Run(t *testing.T, open func(t *testing.T, dir string) Store) {
	t.Run("found again newest first", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		ctx := t.Context()
		if n, err := s.Cursor(ctx); n != 0 || err != nil {
			t.Fatalf("cursor of an empty store: %d, %v", n, err)
		}
		must(t, s.Index(ctx, batch(0, 10)))
		must(t, s.Index(ctx, batch(5, 20))) // five of them again
		if n, err := s.Cursor(ctx); n != 20 || err != nil {
			t.Fatalf("cursor %d, %v", n, err)
		}
		expect(t, s, api.Query{Limit: 3}, 19, 18, 17)
		expect(t, s, api.Query{Limit: 3, Before: 17}, 16, 15, 14)
		expect(t, s, api.Query{Limit: 9, Key: api.Key{Kind: api.KeyActor, Key: "a-1"}}, 19, 16, 13, 10, 7, 4, 1)
		expect(t, s, api.Query{Limit: 9, Key: api.Key{Kind: api.KeySubject, Key: "c-4"}}, 4)
		expect(t, s, api.Query{Limit: 9, Key: api.Key{Kind: api.KeySubject, Key: "c-4' OR 1=1 --"}})
		expect(t, s, api.Query{Limit: 2, Types: []event.Type{event.TypeStaffLeft}}, 18, 15)
		expect(t, s, api.Query{Limit: 9, Key: api.Key{Kind: api.KeyID, Key: "e7"}}, 7)
		got, err := s.Entries(ctx, api.Query{Limit: 1, Before: 8})
		must(t, err)
		if string(got[0].Line) != string(batch(7, 8)[0].Line) {
			t.Errorf("line came back as %s", got[0].Line)
		}
	})
	t.Run("unexplained views", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		ctx := t.Context()
		must(t, s.Index(ctx, batch(0, 10)))
		for range 2 {
			must(t, s.MarkUnexplained(ctx, []api.Unexplained{{Index: 4, Subject: "c-4"}, {Index: 7, Subject: "c-7"}}))
		}
		expect(t, s, api.Query{Limit: 9, Unexplained: true}, 7, 4)
		expect(t, s, api.Query{Limit: 9, Unexplained: true, Key: api.Key{Kind: api.KeySubject, Key: "c-4"}}, 4)
		got, err := s.Entries(ctx, api.Query{Limit: 1, Unexplained: true})
		must(t, err)
		if len(got[0].Unexplained) != 1 || got[0].Unexplained[0] != "c-7" {
			t.Errorf("unexplained %v", got[0].Unexplained)
		}
	})
	t.Run("all of a batch or none", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Index(ctx, batch(0, 10)); err == nil {
			t.Fatal("indexed under a cancelled context")
		}
		if n, err := s.Cursor(t.Context()); n != 0 || err != nil {
			t.Fatalf("cursor %d, %v", n, err)
		}
		expect(t, s, api.Query{Limit: 9})
	})
	t.Run("opened again", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		must(t, s.Index(t.Context(), batch(0, 3)))
		must(t, s.Close())
		s = open(t, dir)
		defer s.Close()
		expect(t, s, api.Query{Limit: 9}, 2, 1, 0)
	})
	t.Run("accounts", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		ctx := t.Context()
		a := gateway.Account{Person: gateway.Person{Actor: "agent-1", Name: "A", Role: "agent", Partner: "p", Site: "s", Station: "st", Device: "d"}, Hash: "h"}
		must(t, s.SetAccount(ctx, a))
		a.Role = "supervisor"
		must(t, s.SetAccount(ctx, a))
		got, ok, err := s.Account(ctx, "agent-1")
		must(t, err)
		if !ok || got != a {
			t.Errorf("got %+v, %v", got, ok)
		}
		all, err := s.Accounts(ctx)
		must(t, err)
		if len(all) != 1 || all[0].Hash != "" || all[0].Role != "supervisor" {
			t.Errorf("listed %+v", all)
		}
		if err := s.SetAccount(ctx, gateway.Account{}); err == nil {
			t.Error("saved an account without a name")
		}
		for _, want := range []bool{true, false} {
			if was, err := s.RemoveAccount(ctx, "agent-1"); err != nil || was != want {
				t.Errorf("removed: %v, %v", was, err)
			}
		}
		if _, ok, err := s.Account(ctx, "agent-1"); ok || err != nil {
			t.Errorf("still there: %v, %v", ok, err)
		}
	})
	t.Run("readers beside a writer", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		done := make(chan error, 1)
		go func() {
			for i := range 50 {
				if err := s.Index(t.Context(), batch(i*10, i*10+10)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		for {
			got, err := s.Entries(t.Context(), api.Query{Limit: 1000})
			must(t, err)
			if len(got)%10 != 0 {
				t.Fatalf("saw %d entries: part of a batch", len(got))
			}
			select {
			case err := <-done:
				must(t, err)
				return
			default:
			}
		}
	})
}

func batch(from, to int) []api.Entry {
	var out []api.Entry
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := from; i < to; i++ {
		var d event.Data = &event.AccessViewed{
			Actor: event.ActorID(fmt.Sprintf("a-%d", i%3)), Kind: event.KindDetail,
			Subjects: []event.SubjectViewed{{Subject: event.SubjectID(fmt.Sprintf("c-%d", i))}},
		}
		if i%3 == 0 {
			d = &event.StaffLeft{Actor: "a-0"}
		}
		ev := event.New(fmt.Sprintf("e%d", i), "test", at.Add(time.Duration(i)*time.Minute), d)
		line, err := ev.AppendJSON(nil)
		if err != nil {
			panic(err)
		}
		out = append(out, api.Entry{Index: uint64(i), Event: ev, Line: line})
	}
	return out
}

func expect(t *testing.T, s Store, q api.Query, want ...uint64) {
	t.Helper()
	got, err := s.Entries(t.Context(), q)
	must(t, err)
	var idx []uint64
	for _, e := range got {
		idx = append(idx, e.Index)
	}
	if fmt.Sprint(idx) != fmt.Sprint(want) {
		t.Errorf("%+v: got %v, want %v", q, idx, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
