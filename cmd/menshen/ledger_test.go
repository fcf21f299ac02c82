package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/ledger"
)

// recorded makes a ledger of n events and returns its directory and key.
func recorded(t *testing.T, n int) (dir, vkey string) {
	t.Helper()
	ctx := context.Background()
	dir = t.TempDir()
	l, err := ledger.Open(ctx, dir, ledger.Options{Origin: "example.com/record", CheckpointInterval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i := range n {
		ev := event.New(fmt.Sprint(i), "test", at, &event.ReasonClosed{Kind: "ticket", ID: "t1"})
		if _, err := l.Enqueue(ctx, ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return dir, l.Verifier()
}

func ledgerRun(args ...string) (code int, out, errText string) {
	var o, e bytes.Buffer
	code = run(context.Background(), streams{strings.NewReader(""), &o, &e}, append([]string{"ledger"}, args...))
	return code, o.String(), e.String()
}

func TestLedgerCommand(t *testing.T) {
	dir, vkey := recorded(t, 300)
	keyPath := filepath.Join(t.TempDir(), "trusted")
	if err := os.WriteFile(keyPath, []byte(vkey+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, otherKey := recorded(t, 1)
	for _, c := range []struct {
		args string
		code int
		out  string // must be in stdout, or in stderr if code is above 1
	}{
		{"verify -data DIR", exitDone, "OK: every entry"},
		{"verify -data DIR", exitDone, "size      300 entries"},
		{"verify --data=DIR -vkey " + vkey, exitDone, "the key that was given"},
		{"verify -data DIR -vkey " + keyPath, exitDone, "example.com/record"},
		{"verify -data DIR -json", exitDone, `"ok": true`},
		{"verify -data DIR -vkey " + otherKey, exitCheck, "keys/ledger.vkey: is not the trusted key"},
		{"checkpoint -data DIR", exitDone, "example.com/record\n300\n"},
		{"prove -data DIR -index 299 -vkey " + vkey, exitDone, `"index": 299`},
		{"verify -data DIR/none", exitUnreadable, "no ledger here"},
		{"checkpoint -data DIR/none", exitUnreadable, "no ledger here"},
		{"prove -data DIR/none -index 1", exitUnreadable, "no ledger here"},
		{"verify", exitUsage, "-data is missing"},
		{"prove -data DIR", exitUsage, "-index is missing"},
		{"verify -data DIR -vkey nonsense", exitUsage, "-vkey"},
		{"shred -data DIR", exitUsage, "nothing called"},
		{"-data DIR", exitUsage, "say verify"},
		{"verify -data DIR extra", exitUsage, "unexpected argument"},
	} {
		code, out, errText := ledgerRun(strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))...)
		text := out
		if c.code > exitCheck {
			text = errText
		}
		if code != c.code || !strings.Contains(text, c.out) {
			t.Errorf("ledger %s: exit %d\n%s%s", c.args, code, out, errText)
		}
	}
	for _, args := range []string{"checkpoint -data DIR -vkey " + otherKey, "prove -data DIR -index 3 -vkey " + otherKey, "prove -data DIR -index 300"} {
		if code, out, errText := ledgerRun(strings.Fields(strings.ReplaceAll(args, "DIR", dir))...); code != exitCheck || out != "" || errText == "" {
			t.Errorf("ledger %s: exit %d\n%s%s", args, code, out, errText)
		}
	}
}

func TestLedgerProofOutside(t *testing.T) {
	dir, vkey := recorded(t, 300)
	code, out, errText := ledgerRun("prove", "-data", dir, "-index", "17")
	if code != exitDone {
		t.Fatal(errText)
	}
	var p ledger.Proof // with the standard decoder, as others would
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatal(err)
	}
	if err := ledger.VerifyProof(vkey, nil, p); err != nil || p.Index != 17 || p.Size != 300 {
		t.Fatalf("%+v, %v", p, err)
	}
}

// A third party has a copy of the record without its keys, and the public key from elsewhere.
func TestLedgerCopyWithoutKeys(t *testing.T) {
	dir, vkey := recorded(t, 300)
	copied := t.TempDir()
	for _, part := range []string{"ledger", "wal"} {
		if err := os.CopyFS(filepath.Join(copied, part), os.DirFS(filepath.Join(dir, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"verify"}, {"prove", "-index", "17"}, {"checkpoint"}} {
		if code, out, errText := ledgerRun(append(args, "-data", copied, "-vkey", vkey)...); code != exitDone {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errText)
		}
	}
}

func TestLedgerVerifyNamesDamage(t *testing.T) {
	dir, _ := recorded(t, 300)
	path := filepath.Join(dir, "ledger/tile/entries/000")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[20] ^= 1
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, _ := ledgerRun("verify", "-data", dir)
	if code != exitCheck || !strings.Contains(out, "ledger/tile/entries/000: entry 0: ") || !strings.Contains(out, "NOT OK: 1 problem\n") {
		t.Fatalf("exit %d\n%s", code, out)
	}
	code, out, _ = ledgerRun("verify", "-json", "-data", dir)
	var rep ledger.Report
	if err := json.Unmarshal([]byte(out), &rep); err != nil || code != exitCheck || rep.OK || len(rep.Problems) != 1 || *rep.Problems[0].Index != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, out)
	}
}
