package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
)

// runFilter runs a command over in and returns what it wrote.
func runFilter(t *testing.T, code int, in string, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(t.Context(), streams{strings.NewReader(in), &o, &e}, args); got != code {
		t.Fatalf("%q: exit %d, want %d: %s", args, got, code, e.String())
	}
	return o.String(), e.String()
}

// ringWorld is some weeks of a small marketplace with a ring, one line an event.
func ringWorld(t *testing.T) []string {
	t.Helper()
	w, err := sim.New(sim.Options{Scenario: sim.RefundRing, Seed: 4, Agents: -1, Canaries: -1, Merchants: 8, RingShops: 4, Days: 80})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for ev := range w.Events() {
		b, err := ev.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(b)+"\n")
	}
	return lines
}

func TestPayoutGoesOnFromACheckpoint(t *testing.T) {
	lines := ringWorld(t)
	dir := t.TempDir()
	parts, whole := filepath.Join(dir, "parts"), filepath.Join(dir, "whole")
	want, _ := runFilter(t, exitDone, strings.Join(lines, ""), "payout", "-checkpoint", whole)
	var got strings.Builder
	for part := range slices.Chunk(lines, len(lines)/3+1) {
		out, _ := runFilter(t, exitDone, strings.Join(part, ""), "payout", "-checkpoint", parts)
		got.WriteString(out)
	}
	if len(want) == 0 || got.String() != want {
		t.Errorf("in parts %d bytes of decisions, in one %d", got.Len(), len(want))
	}
	a, err := os.ReadFile(parts)
	b, err2 := os.ReadFile(whole)
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(a, b) {
		t.Errorf("the checkpoints differ: %v", err)
	}
	// Told again, nothing is said again.
	out, errs := runFilter(t, exitDone, strings.Join(lines[len(lines)-200:], ""), "payout", "-checkpoint", parts)
	if out != "" || !strings.Contains(errs, " 0 accepted") {
		t.Errorf("%q: %s", out, errs)
	}

	recorded, state := t.TempDir(), filepath.Join(dir, "record")
	var evs []event.Event
	for _, line := range lines {
		ev, err := event.Parse([]byte(strings.TrimSpace(line)))
		if err != nil {
			t.Fatal(err)
		}
		evs = append(evs, ev)
	}
	record(t, recorded, evs[:len(evs)/2])
	first, _ := runFilter(t, exitDone, "", "payout", "-data", recorded, "-checkpoint", state)
	record(t, recorded, evs[len(evs)/2:])
	second, errs := runFilter(t, exitDone, "", "payout", "-data", recorded, "-checkpoint", state)
	all, _ := runFilter(t, exitDone, "", "payout", "-data", recorded)
	if first == "" || second == "" || first+second != all {
		t.Errorf("of a record: %d and %d bytes of decisions, in one %d: %s", len(first), len(second), len(all), errs)
	}
	torn := filepath.Join(dir, "torn")
	if err := os.WriteFile(torn, a[:len(a)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	longer := filepath.Join(dir, "longer")
	if err := os.WriteFile(longer, append(a, '!'), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "pack")
	if err := os.MkdirAll(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, packFile), []byte("version: 1\nlines: {CNY: {newcomer: 5, cap: 9}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		says string
		args []string
	}{
		{"another record", []string{"-data", recorded, "-checkpoint", whole}},
		{"another record", []string{"-checkpoint", state}},
		{"another pack", []string{"-checkpoint", whole, "-pack", other}},
		{"another -rings", []string{"-checkpoint", whole, "-rings=false"}},
		{"does not fit: it is cut short", []string{"-checkpoint", torn}},
		{"does not fit: there is more behind it", []string{"-checkpoint", longer}},
		{"no ledger", []string{"-data", t.TempDir()}},
	} {
		if out, errs := runFilter(t, exitUnreadable, lines[0], append([]string{"payout"}, x.args...)...); out != "" || !strings.Contains(errs, x.says) {
			t.Errorf("%q: %s", x.args, errs)
		}
	}
	if now, err := os.ReadFile(whole); err != nil || !bytes.Equal(now, b) {
		t.Errorf("a run that failed has changed the checkpoint: %v", err)
	}
}

func TestPayoutAndRingFilters(t *testing.T) {
	lines := ringWorld(t)
	in := strings.Join(lines, "")
	decisions, errs := runFilter(t, exitDone, in, "payout")
	if !strings.Contains(errs, " 0 malformed, 0 late, 0 repeated") {
		t.Errorf("closing line: %s", errs)
	}
	for _, want := range []string{`"decision":"admit"`, `"decision":"pay"`, `"bound_by":"expected_loss"`, `"decision":"hold_part"`, `"decision":"refund"`} {
		if !strings.Contains(decisions, want) {
			t.Errorf("no %s among the decisions", want)
		}
	}
	r := event.NewReader(strings.NewReader(decisions), 100*24*time.Hour, func(r event.Refusal) { t.Errorf("a decision cannot be read back: %s", r) })
	for {
		ev, err := r.Next()
		if err != nil {
			break
		}
		if !strings.HasPrefix(string(ev.Type), "decision.") {
			t.Fatalf("%s is not a decision", ev.Type)
		}
	}
	if again, _ := runFilter(t, exitDone, in, "payout", "--pack", "marketplace"); again != decisions {
		t.Error("a replay gives other bytes")
	}

	// Arrival up to ten hours late, and some lines twice.
	rng := rand.New(rand.NewPCG(1, 2))
	type line struct {
		at   time.Time
		text string
	}
	var late []line
	for _, l := range lines {
		ev, err := event.Parse([]byte(l))
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + rng.IntN(50)/49 {
			late = append(late, line{ev.Time.Add(time.Duration(rng.IntN(600)) * time.Minute), l})
		}
	}
	slices.SortStableFunc(late, func(a, b line) int { return a.at.Compare(b.at) })
	var shuffled strings.Builder
	for _, l := range late {
		shuffled.WriteString(l.text)
	}
	got, _ := runFilter(t, exitDone, shuffled.String(), "payout", "-strict")
	if got != decisions {
		t.Error("another order of arrival, and lines twice, gave other decisions")
	}

	// A stream that brings its own rings is decided on by them.
	rings, _ := runFilter(t, exitDone, in, "ring")
	if !strings.Contains(rings, `"by":"buyers"`) || strings.Contains(rings, "decision.") {
		t.Errorf("rings: %.300s", rings)
	}
	alone, _ := runFilter(t, exitDone, in, "payout", "-rings=false")
	if strings.Contains(alone, `"ring":"`) {
		t.Error("-rings=false found rings")
	}
	both, _ := runFilter(t, exitDone, merge(t, in, rings), "payout", "-rings=false")
	if paidOut(t, both) != paidOut(t, decisions) {
		t.Error("rings from the stream and rings found give other payouts")
	}
}

// merge puts two streams into one in order of time.
func merge(t *testing.T, streams ...string) string {
	s := event.NewSorter(1000 * 24 * time.Hour)
	for _, text := range streams {
		for l := range strings.Lines(text) {
			ev, err := event.Parse([]byte(l))
			if err != nil {
				t.Fatal(err)
			}
			s.Push(ev)
		}
	}
	var out bytes.Buffer
	w := event.NewWriter(&out)
	for _, ev := range s.Flush() {
		if err := w.Write(ev); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// paidOut is what the payout decisions among lines say, one by one.
func paidOut(t *testing.T, lines string) string {
	var out strings.Builder
	for l := range strings.Lines(lines) {
		if strings.Contains(l, `"decision.payout"`) {
			out.WriteString(l)
		}
	}
	return out.String()
}

func TestMoneyFiltersRefuse(t *testing.T) {
	in := "{\n" + `{"id":"p1","source":"pay","type":"payout.requested","time":"2026-01-10T11:05:00+08:00","data":{"request":"pr-1","merchant":"m-1"}}` + "\n"
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.Mkdir(bad, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bad, packFile), []byte("version: 7\nrings: {threshold: x}\nlines: {CNY: {newcomer: -1}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []string{"payout", "ring"} {
		_, errs := runFilter(t, exitDone, in, cmd)
		if !strings.Contains(errs, "menshen "+cmd+": line 1: malformed") || !strings.Contains(errs, "2 lines: 1 accepted, 1 malformed") {
			t.Errorf("%s: %s", cmd, errs)
		}
		runFilter(t, exitCheck, in, cmd, "-strict")
		runFilter(t, exitDone, "", cmd)
		runFilter(t, exitUsage, in, cmd, "-colour")
		runFilter(t, exitUsage, in, cmd, "-pack", "nowhere")
		_, errs = runFilter(t, exitUsage, in, cmd, "-pack", bad)
		for _, want := range []string{"version", "pack.yaml:2", "pack.yaml:3"} {
			if !strings.Contains(errs, want) {
				t.Errorf("%s: %q is not in %s", cmd, want, errs)
			}
		}
		var o, e bytes.Buffer
		if code := run(t.Context(), streams{failing{}, &o, &e}, []string{cmd}); code != exitUnreadable {
			t.Errorf("%s: unreadable input: exit %d", cmd, code)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestMoneyPackExamples(t *testing.T) {
	dir, err := openPack(defaultMoneyPack)
	if err != nil {
		t.Fatal(err)
	}
	data, err := fs.ReadFile(dir, packFile)
	if err != nil {
		t.Fatal(err)
	}
	var o, e bytes.Buffer
	if code := testMoneyPack(streams{nil, &o, &e}, data); code != exitDone {
		t.Errorf("exit %d: %s%s", code, o.String(), e.String())
	}
	wrong := bytes.Replace(data, []byte("pay: 899900"), []byte("pay: 899901"), 1)
	if code := testMoneyPack(streams{nil, &o, &e}, wrong); code != exitCheck || !strings.Contains(o.String(), "899901") {
		t.Errorf("exit %d: %s", code, o.String())
	}
}

func TestRingReadsPurchases(t *testing.T) {
	var list strings.Builder
	list.WriteString("# buyer merchant time weight\n")
	rng := rand.New(rand.NewPCG(7, 1))
	for i := range 3000 {
		fmt.Fprintf(&list, "b%d h%d 2026-01-%02d\n", i, rng.IntN(300), 1+rng.IntN(28))
		fmt.Fprintf(&list, "b%d,h%d,2026-01-%02d,1\n", i, rng.IntN(300), 1+rng.IntN(28))
	}
	for i := range 20 {
		for j := range 6 {
			fmt.Fprintf(&list, "x%d\tr%d\n", i, j)
		}
	}
	list.WriteString("alone\n")
	out, errs := runFilter(t, exitDone, list.String(), "ring", "-blocks", "3")
	if !strings.Contains(errs, "line 6122: must be: buyer merchant") || !strings.Contains(errs, "6121 lines: 6120 accepted, 1 refused") {
		t.Errorf("closing line: %s", errs)
	}
	first, _, _ := strings.Cut(out, "\n")
	if !strings.Contains(first, `"merchants":["r0","r1","r2","r3","r4","r5"]`) || !strings.Contains(first, `"by":"buyers"`) {
		t.Errorf("%.400s", out)
	}
	if again, _ := runFilter(t, exitDone, list.String(), "ring", "-blocks", "3"); again != out {
		t.Error("a second run says something else")
	}
	runFilter(t, exitCheck, list.String(), "ring", "-strict")
	// A stream of events may begin with a line that is none.
	_, errs = runFilter(t, exitDone, "what\n"+ringWorld(t)[0], "ring")
	if !strings.Contains(errs, "2 lines: 1 accepted, 1 malformed") {
		t.Errorf("%s", errs)
	}
}
