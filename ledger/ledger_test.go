package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"

	"github.com/menshen-io/menshen/event"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

var testStart = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func testEvent(id string) event.Event {
	return event.New(id, "test", testStart, &event.ReasonClosed{Kind: "ticket", ID: event.ReasonID("t-" + id)})
}

func fast() Options {
	return Options{CheckpointInterval: 100 * time.Millisecond, BatchAge: time.Millisecond}
}

func mustOpen(t testing.TB, dir string, o Options) *Ledger {
	t.Helper()
	l, err := Open(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(context.Background()) })
	return l
}

func mustClose(t testing.TB, l *Ledger) {
	t.Helper()
	if err := l.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// fill appends n events, many at a time, and returns their ids by index.
func fill(t testing.TB, l *Ledger, prefix string, n int) map[uint64]string {
	t.Helper()
	ctx := context.Background()
	got := make(map[uint64]string, n)
	pending := make([]Pending, n)
	for i := range n {
		p, err := l.Enqueue(ctx, testEvent(fmt.Sprintf("%s%d", prefix, i)))
		if err != nil {
			t.Fatal(err)
		}
		pending[i] = p
	}
	for i, p := range pending {
		index, err := p.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got[index] = fmt.Sprintf("%s%d", prefix, i)
	}
	return got
}

func eventID(t testing.TB, line []byte) string {
	t.Helper()
	ev, err := event.Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	return ev.ID
}

func mustVerify(t testing.TB, dir string) Report {
	t.Helper()
	rep, err := Verify(context.Background(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if !rep.OK {
		t.Fatalf("record is not whole: %v", rep.Problems)
	}
	return rep
}

func readAll(t testing.TB, l *Ledger) []string {
	t.Helper()
	var ids []string
	err := l.Read(context.Background(), 0, l.Size(), func(i uint64, line []byte) error {
		if i != uint64(len(ids)) {
			t.Fatalf("entry %d came where %d belongs", i, len(ids))
		}
		ids = append(ids, eventID(t, line))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestAppendReopenRead(t *testing.T) {
	dir := t.TempDir()
	want := map[uint64]string{}
	for round := range 4 {
		l := mustOpen(t, dir, fast())
		if l.Size() != uint64(len(want)) {
			t.Fatalf("size %d, want %d", l.Size(), len(want))
		}
		for i, id := range fill(t, l, fmt.Sprintf("r%d-", round), 150) {
			want[i] = id
		}
		for i, id := range readAll(t, l) {
			if want[uint64(i)] != id {
				t.Fatalf("entry %d is %s, want %s", i, id, want[uint64(i)])
			}
		}
		mustClose(t, l)
		rep := mustVerify(t, dir)
		if rep.Size != uint64(len(want)) || rep.Waiting != 0 || rep.Origin != DefaultOrigin || len(rep.Root) != 32 || len(rep.Notes) != 0 {
			t.Fatalf("report %+v", rep)
		}
		if segs, _ := segmentsIn(filepath.Join(dir, walDir)); len(segs) != 0 {
			t.Fatalf("closing left %d segments", len(segs))
		}
	}
	l := mustOpen(t, dir, fast())
	for i, id := range readAll(t, l) { // from disk this time
		if want[uint64(i)] != id {
			t.Fatalf("entry %d is %s, want %s", i, id, want[uint64(i)])
		}
	}
	var got []uint64
	err := l.Read(context.Background(), 250, 260, func(i uint64, _ []byte) error { got = append(got, i); return nil })
	if err != nil || len(got) != 10 || got[0] != 250 {
		t.Fatalf("read %v, %v", got, err)
	}
	if err := l.Read(context.Background(), 601, 602, nil); !errors.Is(err, ErrRange) {
		t.Fatalf("reading past the end: %v", err)
	}
}

func TestEmptyLedger(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, fast())
	mustVerify(t, dir)
	cp, err := l.Checkpoint(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ParseCheckpoint(cp, l.Verifier()); err != nil || s.Size != 0 {
		t.Fatalf("checkpoint %+v, %v", s, err)
	}
	mustClose(t, l)
	mustVerify(t, dir)
	if fi, err := os.Stat(filepath.Join(dir, keyFile)); err != nil || fi.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v, %v", fi, err)
	}
}

func TestRefusals(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{Origin: "example.com/log", CheckpointInterval: 100 * time.Millisecond})
	if _, err := Open(ctx, dir, fast()); !errors.Is(err, ErrLocked) {
		t.Fatalf("second open: %v", err)
	}
	if _, err := l.Append(ctx, event.Event{}); !errors.Is(err, event.ErrMalformed) {
		t.Fatalf("zero event: %v", err)
	}
	if _, err := l.Append(ctx, testEvent(strings.Repeat("x", MaxLine))); !errors.Is(err, ErrTooLong) {
		t.Fatalf("long event: %v", err)
	}
	if _, err := l.Append(ctx, testEvent("a")); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	mustClose(t, l)
	if _, err := l.Append(ctx, testEvent("b")); !errors.Is(err, ErrClosed) {
		t.Fatalf("append after close: %v", err)
	}
	if _, err := Open(ctx, dir, Options{Origin: "example.com/other"}); err == nil {
		t.Fatal("opened under another origin")
	}
	if _, err := Verify(ctx, filepath.Join(dir, "nowhere"), ""); !errors.Is(err, ErrNoLedger) {
		t.Fatalf("verify of nothing: %v", err)
	}
	if _, err := (Pending{}).Wait(ctx); err == nil {
		t.Fatal("the zero Pending has an index")
	}
	rep := mustVerify(t, dir)
	if rep.Origin != "example.com/log" {
		t.Fatalf("origin %q", rep.Origin)
	}
}

// An index on return means that a copy of the files made at that moment has it.
func TestAppendIsOnDiskOnReturn(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{BatchAge: 500 * time.Millisecond}) // the tile log lags
	ids := map[uint64]string{}
	for range 5 {
		for i, id := range fill(t, l, fmt.Sprintf("n%d-", len(ids)), 3) {
			ids[i] = id
		}
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if rep := mustVerify(t, copied); rep.Size+rep.Waiting != 15 {
		t.Fatalf("report %+v", rep)
	}
	c := mustOpen(t, copied, fast())
	for i, id := range readAll(t, c) {
		if ids[uint64(i)] != id {
			t.Fatalf("entry %d is %s, want %s", i, id, ids[uint64(i)])
		}
	}
	if c.Size() != 15 {
		t.Fatalf("size %d", c.Size())
	}
	mustClose(t, c)
	if rep := mustVerify(t, copied); rep.Size != 15 || rep.Waiting != 0 {
		t.Fatalf("report %+v", rep)
	}
}

func TestConcurrentAppendsAndFollowers(t *testing.T) {
	const writers, each = 16, 60
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	l := mustOpen(t, t.TempDir(), fast())
	var mu sync.Mutex
	ids := map[uint64]string{}
	var followers, appenders sync.WaitGroup
	for range 3 {
		followers.Go(func() {
			stop := errors.New("enough")
			next := uint64(0)
			err := l.Follow(ctx, next, func(i uint64, line []byte) error {
				if i != next {
					return fmt.Errorf("entry %d came where %d belongs", i, next)
				}
				if i >= l.Size() {
					return fmt.Errorf("entry %d is not durable yet", i)
				}
				if next++; next == writers*each {
					return stop
				}
				return nil
			})
			if !errors.Is(err, stop) {
				t.Error(err)
			}
		})
	}
	for w := range writers {
		appenders.Go(func() {
			last := -1
			for i := range each {
				id := fmt.Sprintf("w%d-%d", w, i)
				index, err := l.Append(ctx, testEvent(id))
				if err != nil {
					t.Error(err)
					return
				}
				if int(index) <= last {
					t.Errorf("index %d after %d", index, last)
				}
				last = int(index)
				mu.Lock()
				ids[index] = id
				mu.Unlock()
			}
		})
	}
	var checks sync.WaitGroup
	checks.Go(func() { // a record in use is whole at every moment
		for l.Size() < writers*each {
			if rep, err := Verify(ctx, l.Dir(), l.Verifier()); err != nil || !rep.OK {
				t.Errorf("while appending: %v %v", err, rep.Problems)
				return
			}
		}
	})
	appenders.Wait()
	followers.Wait()
	checks.Wait()
	if len(ids) != writers*each {
		t.Fatalf("%d indexes for %d events", len(ids), writers*each)
	}
	for i, id := range readAll(t, l) {
		if ids[uint64(i)] != id {
			t.Fatalf("entry %d is %s, want %s", i, id, ids[uint64(i)])
		}
	}
	mustClose(t, l)
	mustVerify(t, l.Dir())
}

// Tessera's own checker, which knows only tlog-tiles, accepts the log.
func TestReadableByOthers(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, fast())
	fill(t, l, "e", 700)
	mustClose(t, l)
	v, err := note.NewVerifier(l.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	hashes := func(raw []byte) ([][]byte, error) {
		var b api.EntryBundle
		if err := b.UnmarshalText(raw); err != nil {
			return nil, err
		}
		var out [][]byte
		for _, e := range b.Entries {
			out = append(out, rfc6962.DefaultHasher.HashLeaf(e))
		}
		return out, nil
	}
	check := fsck.New(v.Name(), v, client.FileFetcher{Root: filepath.Join(dir, logDir)}, hashes, fsck.Opts{})
	if err := check.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestFollow(t *testing.T) {
	ctx := context.Background()
	l := mustOpen(t, t.TempDir(), fast())
	fill(t, l, "a", 300)
	next := uint64(290)
	seen := make(chan uint64, 1000)
	ended := make(chan error, 1)
	go func() {
		ended <- l.Follow(ctx, next, func(i uint64, _ []byte) error { seen <- i; return nil })
	}()
	expect := func(to uint64) {
		t.Helper()
		for ; next < to; next++ {
			if got := <-seen; got != next {
				t.Fatalf("entry %d came where %d belongs", got, next)
			}
		}
	}
	expect(300)
	fill(t, l, "b", 20)
	expect(320)
	if _, err := l.Append(ctx, testEvent("c")); err != nil {
		t.Fatal(err)
	}
	expect(321)
	if err := l.Follow(ctx, 400, nil); !errors.Is(err, ErrRange) {
		t.Fatalf("following from ahead of the record: %v", err)
	}
	cctx, cancel := context.WithCancel(ctx)
	cancelled := make(chan error, 1)
	go func() { cancelled <- l.Follow(cctx, 321, func(uint64, []byte) error { return nil }) }()
	cancel()
	if err := <-cancelled; !errors.Is(err, context.Canceled) {
		t.Fatalf("follower whose context ended: %v", err)
	}
	mustClose(t, l)
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Fatalf("follower of a closed ledger: %v", err)
	}
}

func TestProof(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	l := mustOpen(t, dir, fast())
	fill(t, l, "e", 600)
	lines := map[uint64][]byte{}
	l.Read(ctx, 0, 600, func(i uint64, line []byte) error { lines[i] = bytes.Clone(line); return nil })
	mustClose(t, l)
	for _, i := range []uint64{0, 1, 255, 256, 257, 511, 512, 598, 599} {
		p, err := Prove(ctx, dir, "", i)
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyProof(l.Verifier(), lines[i], p); err != nil {
			t.Fatal(err)
		}
		if err := VerifyProof(l.Verifier(), lines[(i+1)%600], p); err == nil {
			t.Fatal("a proof holds for another line")
		}
		bad := p
		bad.Index = (i + 1) % 600
		if VerifyProof(l.Verifier(), nil, bad) == nil {
			t.Fatal("a proof holds for another index")
		}
		bad = p
		bad.LeafHash = bytes.Clone(p.LeafHash)
		bad.LeafHash[3] ^= 1
		if VerifyProof(l.Verifier(), nil, bad) == nil {
			t.Fatal("a proof holds for another leaf")
		}
		bad = p
		bad.Checkpoint = strings.Replace(p.Checkpoint, "600", "601", 1)
		if VerifyProof(l.Verifier(), nil, bad) == nil {
			t.Fatal("a proof holds under another checkpoint")
		}
	}
	if _, err := Prove(ctx, dir, "", 600); !errors.Is(err, ErrUnpublished) {
		t.Fatalf("proving what is not there: %v", err)
	}
	if _, err := Prove(ctx, t.TempDir(), "", 0); !errors.Is(err, ErrNoLedger) {
		t.Fatalf("proving from nothing: %v", err)
	}
}

func TestEntriesFromAnywhere(t *testing.T) {
	l, err := Open(t.Context(), t.TempDir(), Options{Origin: "example.com/entries", CheckpointInterval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 700 {
		ev := event.New(fmt.Sprint(i), "test", time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), &event.ReasonClosed{Kind: "ticket", ID: "t1"})
		line, err := ev.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, string(line))
		if _, err := l.Enqueue(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, from := range []uint64{0, 1, 255, 256, 699, 700} {
		at := from
		size, err := Entries(t.Context(), l.Dir(), from, func(index uint64, line []byte) error {
			if index != at || string(line) != want[index] {
				t.Fatalf("entry %d is %s", index, line)
			}
			at++
			return nil
		})
		if err != nil || size != 700 || at != 700 {
			t.Fatalf("from %d: size %d, read up to %d: %v", from, size, at, err)
		}
	}
	if _, err := Entries(t.Context(), l.Dir(), 701, nil); !errors.Is(err, ErrRange) {
		t.Errorf("a cursor past the end: %v", err)
	}
}

// Events that belong together follow one another whoever else writes, or none of
// them is taken.
func TestEventsThatBelongTogether(t *testing.T) {
	l := mustOpen(t, t.TempDir(), fast())
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				name := fmt.Sprintf("%d-%d-", w, i)
				p, err := l.EnqueueAll(t.Context(), []event.Event{testEvent(name + "a"), testEvent(name + "b"), testEvent(name + "c")})
				if err != nil {
					t.Error(err)
					return
				}
				first, err := p.Wait(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				got := ""
				err = l.Read(t.Context(), first, first+3, func(_ uint64, line []byte) error {
					got += eventID(t, line) + " "
					return nil
				})
				if want := name + "a " + name + "b " + name + "c "; err != nil || got != want {
					t.Errorf("at %d: %q, want %q: %v", first, got, want, err)
				}
			}
		})
	}
	wg.Wait()
	size := l.Size()
	if _, err := l.EnqueueAll(t.Context(), []event.Event{testEvent("good"), {}}); err == nil {
		t.Error("an event that cannot be read back was taken")
	}
	mustClose(t, l)
	if l.Size() != size {
		t.Error("a part of what belongs together was recorded")
	}
}
