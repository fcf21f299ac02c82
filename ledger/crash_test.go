package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	childEnv = "MENSHEN_LEDGER_CHILD" // the directory to append to
	runEnv   = "MENSHEN_LEDGER_RUN"   // what ids begin with
	dieEnv   = "MENSHEN_LEDGER_DIE"   // op:n:before or op:n:after
	killsEnv = "MENSHEN_KILLS"
)

// child appends from many goroutines until it is killed, and prints each event
// that was acknowledged.
func child() {
	o := fast()
	o.segment = 2000
	o.faults = dieAt(os.Getenv(dieEnv))
	l, err := Open(context.Background(), os.Getenv(childEnv), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%d", os.Getenv(runEnv), w, i)
				index, err := l.Append(context.Background(), testEvent(id))
				if err != nil {
					fmt.Fprintln(os.Stderr, "child:", err)
					os.Exit(1)
				}
				os.Stdout.WriteString(fmt.Sprintf("%d %s\n", index, id))
			}
		})
	}
	wg.Wait()
}

func dieAt(spec string) interpose {
	parts := strings.Split(spec, ":")
	if len(parts) != 3 {
		return direct
	}
	n, _ := strconv.ParseInt(parts[1], 10, 64)
	var seen atomic.Int64
	die := func() error {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return func(op string, do func() error) error {
		if op != parts[0] || seen.Add(1) != n {
			return do()
		}
		if parts[2] == "after" {
			do()
		}
		return die()
	}
}

// acks is what was acknowledged, by index.
type acks map[uint64]string

// runChild runs a child until it dies, by its own hand or by kill, which is
// told of every acknowledged event.
func runChild(t *testing.T, got acks, dir, run, die string, kill func(seen int, p *os.Process)) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir, runEnv+"="+run, dieEnv+"="+die)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errText strings.Builder
	cmd.Stderr = &errText
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill(0, cmd.Process)
	lines := bufio.NewScanner(out)
	for seen := 1; lines.Scan(); seen++ {
		number, id, _ := strings.Cut(lines.Text(), " ")
		index, err := strconv.ParseUint(number, 10, 64)
		if err != nil || id == "" {
			t.Fatalf("child said %q", lines.Text())
		}
		if other, ok := got[index]; ok {
			t.Fatalf("index %d was given to %s and %s", index, other, id)
		}
		got[index] = id
		kill(seen, cmd.Process)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("child was not killed: %v: %s", err, errText.String())
	}
}

// checkAcks reopens the ledger and demands every acknowledged event exactly
// once, at its index, in a record that is whole.
func checkAcks(t *testing.T, dir string, got acks) {
	t.Helper()
	l := mustOpen(t, dir, fast())
	ids := readAll(t, l)
	seen := map[string]int{}
	for _, id := range ids {
		if seen[id]++; seen[id] > 1 {
			t.Fatalf("%s is recorded twice", id)
		}
	}
	for index, id := range got {
		if index >= uint64(len(ids)) || ids[index] != id {
			t.Fatalf("acknowledged %s is not at index %d", id, index)
		}
	}
	mustClose(t, l)
	if rep := mustVerify(t, dir); rep.Size != uint64(len(ids)) {
		t.Fatalf("%d entries under the checkpoint, %d recorded", rep.Size, len(ids))
	}
}

// Killed at any moment, the ledger loses nothing that was acknowledged.
func TestKill(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d, %d kills", seed, kills)
	dir := t.TempDir()
	got := acks{}
	for k := range kills {
		after := rng.IntN(1500)
		soon := time.Duration(rng.IntN(60)) * time.Millisecond
		byTime := k%3 == 2 // also while it opens
		runChild(t, got, dir, fmt.Sprintf("k%d", k), "", func(seen int, p *os.Process) {
			switch {
			case seen == 0 && byTime:
				time.AfterFunc(soon, func() { p.Kill() })
			case !byTime && seen >= after && seen > 0:
				p.Kill()
			}
		})
		if _, err := os.Stat(filepath.Join(dir, logDir, stateFile)); err == nil {
			rep := verifyKilled(t, dir)
			t.Logf("kill %d: %d acknowledged, %d+%d on record, notes %v", k, len(got), rep.Size, rep.Waiting, rep.Notes)
		}
		if k%4 == 3 {
			checkAcks(t, dir, got)
		}
	}
	checkAcks(t, dir, got)
}

// verifyKilled verifies what a killed process left, before anyone repairs it.
func verifyKilled(t *testing.T, dir string) Report {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, logDir, "checkpoint")); err != nil {
		return Report{} // killed while it was being made
	}
	return mustVerify(t, dir)
}

// Dying at each step of the write-ahead log.
func TestDieAtEachStep(t *testing.T) {
	for _, op := range []string{"create", "syncdir", "write", "sync", "remove"} {
		for _, when := range []string{"before", "after"} {
			t.Run(op+"-"+when, func(t *testing.T) {
				t.Parallel()
				dir, got := t.TempDir(), acks{}
				for _, n := range []int{1, 4} {
					die := fmt.Sprintf("%s:%d:%s", op, n, when)
					runChild(t, got, dir, fmt.Sprintf("n%d", n), die, func(int, *os.Process) {})
					verifyKilled(t, dir)
				}
				checkAcks(t, dir, got)
			})
		}
	}
}

var errInjected = errors.New("injected")

// Every step of the write-ahead log × {failed, failed though it was done}: the
// writer stops, and reopening finds all that was acknowledged.
func TestFailingStepStopsTheWriter(t *testing.T) {
	for _, op := range []string{"create", "syncdir", "write", "sync", "remove"} {
		for _, done := range []bool{false, true} {
			for _, nth := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s-%v-%d", op, done, nth), func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					o := fast()
					o.segment = 300
					n := 0
					o.faults = func(o string, do func() error) error {
						if o != op {
							return do()
						}
						if n++; n < nth {
							return do()
						}
						if done {
							do()
						}
						return errInjected
					}
					failAppends(t, dir, o)
				})
			}
		}
	}
}

func failAppends(t *testing.T, dir string, o Options) {
	ctx := context.Background()
	l, err := Open(ctx, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	got := acks{}
	i := 0
	for ; ; i++ {
		id := fmt.Sprintf("e%d", i)
		index, err := l.Append(ctx, testEvent(id))
		if err != nil {
			if !errors.Is(err, ErrStopped) || !errors.Is(err, errInjected) {
				t.Fatalf("append failed with %v", err)
			}
			break
		}
		got[index] = id
		waitIntegrated(l) // so that segments become old enough to be removed
	}
	for range 3 {
		if _, err := l.Append(ctx, testEvent("late")); !errors.Is(err, ErrStopped) {
			t.Fatalf("append after a failure: %v", err)
		}
	}
	if len(readAll(t, l)) != len(got) {
		t.Fatal("a stopped ledger shows what was not acknowledged")
	}
	if err := l.Close(ctx); !errors.Is(err, ErrStopped) {
		t.Fatalf("close after a failure: %v", err)
	}
	mustVerify(t, dir)
	checkAcks(t, dir, got)
}

// When the tile log cannot be written, what was acknowledged stays in the
// write-ahead log and the writer stops.
func TestFailingTileLogStopsTheWriter(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	l := mustOpen(t, dir, fast())
	block := filepath.Join(dir, logDir, "tile")
	if err := os.WriteFile(block, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	index, err := l.Append(ctx, testEvent("a"))
	if err != nil || index != 0 {
		t.Fatalf("append: %d, %v", index, err)
	}
	l.mu.Lock()
	for l.stopped == nil {
		changed := l.changed
		l.mu.Unlock()
		<-changed
		l.mu.Lock()
	}
	l.mu.Unlock()
	if _, err := l.Append(ctx, testEvent("b")); !errors.Is(err, ErrStopped) {
		t.Fatalf("append after a failure: %v", err)
	}
	if err := l.Close(ctx); !errors.Is(err, ErrStopped) {
		t.Fatalf("close: %v", err)
	}
	os.Remove(block)
	checkAcks(t, dir, acks{0: "a"})
}
