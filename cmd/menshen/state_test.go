package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/ledger"
)

// grown is a data directory that a server has filled, over several starts, from the
// events of a simulated platform.
type grown struct {
	t     *testing.T
	dir   string
	clock atomic.Int64
	evs   []event.Event
	done  int // of evs
}

func newGrown(t *testing.T) *grown {
	g := &grown{t: t, dir: t.TempDir()}
	for _, o := range []sim.Options{{Scenario: sim.RefundRing, Seed: 4, Agents: -1, Canaries: -1, Merchants: 2, RingShops: 2, Days: 40},
		{Scenario: sim.Harvest, Seed: 1, Agents: 5, Days: 24, Leakers: []sim.Leaker{{Kind: sim.LeakSteady, Rate: 9, From: 6, Total: 90}}}} {
		w, err := sim.New(o)
		if err != nil {
			t.Fatal(err)
		}
		for ev := range w.Events() {
			ev.ID += o.Scenario
			g.evs = append(g.evs, ev)
		}
	}
	slices.SortStableFunc(g.evs, func(x, y event.Event) int { return x.Time.Compare(y.Time) })
	return g
}

func (g *grown) now() time.Time { return time.Unix(0, g.clock.Load()).UTC() }

// hold has what comes out of order wait for its turn.
func hold(c *config) { c.Events.Settle = "3h" }

func (g *grown) start(dir string) *running { return runServer(g.t, dir, g.now, hold) }

// post hands the server the next so many events.
func (g *grown) post(r *running, n int) {
	for n > 0 && g.done < len(g.evs) {
		batch := g.evs[g.done:min(g.done+min(n, 500), len(g.evs))]
		n, g.done = n-len(batch), g.done+len(batch)
		g.clock.Store(batch[len(batch)-1].Time.UnixNano())
		var body bytes.Buffer
		for _, ev := range batch {
			if err := event.NewWriter(&body).Write(ev); err != nil {
				g.t.Fatal(err)
			}
		}
		var ack struct{ Accepted int }
		if r.call("POST", "/v1/events", body.Bytes(), http.StatusOK, &ack); ack.Accepted != len(batch) {
			g.t.Fatalf("%d of %d events were taken", ack.Accepted, len(batch))
		}
	}
}

// ask asks for a payout and returns the answer.
func (g *grown) ask(r *running, id string) (answer struct {
	Decisions []struct {
		Index uint64
		Event struct{ ID string }
	}
}) {
	r.call("POST", "/v1/decisions/payout", map[string]any{"request": id, "merchant": "shop-01"}, http.StatusOK, &answer)
	if len(answer.Decisions) == 0 {
		g.t.Fatalf("%s has no decision", id)
	}
	return answer
}

// knownBy is what each part of a server that has stopped would save.
func knownBy(t *testing.T, r *running) map[string][]byte {
	out := map[string][]byte{}
	for _, p := range r.srv.parts() {
		var b bytes.Buffer
		if err := p.Save(&b); err != nil {
			t.Fatal(err)
		}
		out[fmt.Sprintf("%T", p)] = b.Bytes()
	}
	return out
}

func copyDir(t *testing.T, from string) string {
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// A server that goes on from its state knows what one knows that folds the whole
// record.
func TestAStartGoesOnFromTheState(t *testing.T) {
	g := newGrown(t)
	r := g.start(g.dir)
	g.post(r, len(g.evs)/3)
	first := g.ask(r, "asked-1")
	r.stop()
	r = g.start(g.dir)
	if r.srv.pipeline.from == 0 || r.srv.pipeline.doorFrom < r.srv.pipeline.from {
		t.Fatalf("went on from entry %d, the money door from %d", r.srv.pipeline.from, r.srv.pipeline.doorFrom)
	}
	if again := g.ask(r, "asked-1"); again.Decisions[0] != first.Decisions[0] {
		t.Errorf("asked again: %v, before %v", again, first)
	}
	g.post(r, len(g.evs)/3)
	g.ask(r, "asked-2")
	r.stop()
	r = g.start(g.dir)
	g.post(r, len(g.evs))
	r.settled(1)
	r.stop()
	got, alerts := knownBy(t, r), len(r.srv.pipeline.tally.Overview().Alerts)
	if alerts == 0 || len(r.srv.pipeline.sorter.Held()) == 0 {
		t.Errorf("%d alerts, %d events held: nothing is tested", alerts, len(r.srv.pipeline.sorter.Held()))
	}

	dir := copyDir(t, g.dir)
	if err := os.Remove(filepath.Join(dir, stateFile)); err != nil {
		t.Fatal(err)
	}
	size := r.srv.ledger.Size()
	anew := g.start(dir)
	if anew.srv.pipeline.from != 0 {
		t.Fatal("went on from a state that is not there")
	}
	anew.stop()
	if n := anew.srv.ledger.Size(); n != size {
		t.Errorf("folded anew, the record has %d entries, %d before", n, size)
	}
	for part, want := range knownBy(t, anew) {
		switch {
		case part == "*main.watchState": // gob writes maps in any order
			if len(got[part]) != len(want) {
				t.Errorf("%s: %d bytes, folded anew %d", part, len(got[part]), len(want))
			}
		case !bytes.Equal(got[part], want):
			t.Errorf("%s is another, folded anew:\n%.300q\n%.300q", part, got[part], want)
		}
	}
}

// What the server was told after its state was saved is not lost with a crash, and a
// state that does not fit is passed over.
func TestAStateThatIsOldOrDoesNotFit(t *testing.T) {
	g := newGrown(t)
	r := g.start(g.dir)
	g.post(r, len(g.evs)/2)
	r.stop()
	old, err := os.ReadFile(filepath.Join(g.dir, stateFile))
	if err != nil {
		t.Fatal(err)
	}
	r = g.start(g.dir)
	g.post(r, len(g.evs)/4)
	r.settled(1)
	r.stop()
	size, want := r.srv.ledger.Size(), knownBy(t, r)
	other := t.TempDir()
	runServer(t, other, g.now, hold).stop()
	foreign, err := os.ReadFile(filepath.Join(other, stateFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		state []byte
		from  bool // goes on from it
		with  func(*config)
	}{
		"old, as after a crash": {old, true, hold},
		"torn":                  {old[:len(old)/2], false, hold},
		"altered":               {slices.Concat(old[:len(old)/2], []byte{old[len(old)/2] ^ 1}, old[len(old)/2+1:]), false, hold},
		"with more behind it":   {append(slices.Clone(old), '!'), false, hold},
		"none at all":           {nil, false, hold},
		"of an empty record":    {foreign, false, hold},
		"of other settings":     {old, false, func(c *config) { c.Events.Settle = "1h" }},
		"of another pack":       {old, false, func(c *config) { hold(c); c.Packs.MoneyDoor = otherPack(t) }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyDir(t, g.dir)
			if err := os.WriteFile(filepath.Join(dir, stateFile), x.state, 0o600); err != nil {
				t.Fatal(err)
			}
			r := runServer(t, dir, g.now, x.with)
			if from := r.srv.pipeline.from; (from > 0) != x.from {
				t.Errorf("went on from entry %d", from)
			}
			r.stop()
			if n := r.srv.ledger.Size(); n != size {
				t.Errorf("the record has %d entries, %d before", n, size)
			}
			if got := knownBy(t, r); !strings.HasPrefix(name, "of ") && !bytes.Equal(got["*main.doorkeeper"], want["*main.doorkeeper"]) {
				t.Error("the money door knows something else")
			}
		})
	}
}

// otherPack is the money door's with another text.
func otherPack(t *testing.T) string {
	fsys, err := openPack(defaultMoneyPack)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, fsys); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, packFile), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString("\n# another\n")
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// BenchmarkStart is a start with the state that the last stop saved, beside one that
// folds the record from its first entry on.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	now := time.Now()
	runServer(b, dir, func() time.Time { return now }).stop() // makes the keys
	w, err := sim.NewMarketplace(sim.MarketplaceOptions{Seed: 5, Merchants: 1000, Days: 120})
	if err != nil {
		b.Fatal(err)
	}
	l, err := ledger.Open(b.Context(), dir, ledger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for ev := range w.Events() {
		if _, err := l.Enqueue(b.Context(), ev); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	runServer(b, dir, func() time.Time { return now }).stop() // builds the index, which both have
	for _, how := range []string{"state", "anew"} {
		b.Run(how, func(b *testing.B) {
			var entries uint64
			for b.Loop() {
				if how == "anew" {
					if err := os.Remove(filepath.Join(dir, stateFile)); err != nil {
						b.Fatal(err)
					}
				}
				r := runServer(b, dir, func() time.Time { return now })
				if entries = r.srv.ledger.Size(); (r.srv.pipeline.from == 0) != (how == "anew") {
					b.Fatal("went on from entry", r.srv.pipeline.from)
				}
				b.StopTimer()
				r.stop()
				b.StartTimer()
			}
			b.ReportMetric(float64(entries), "entries")
		})
	}
}
