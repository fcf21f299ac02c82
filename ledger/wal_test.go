package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/transparency-dev/tessera/api"
	"golang.org/x/mod/sumdb/note"
)

func frames(groups ...int) (data []byte, lines [][]byte, ends []int) {
	for _, n := range groups {
		group := make([][]byte, n)
		for i := range group {
			group[i] = fmt.Appendf(nil, `{"n":%d,"pad":"%s"}`, len(lines)+i, bytes.Repeat([]byte("p"), 60))
		}
		data = appendFrame(data, 40+uint64(len(lines)), group)
		lines = append(lines, group...)
		ends = append(ends, len(data))
	}
	return data, lines, ends
}

func openSegment(t *testing.T, data []byte) (*wal, [][]byte, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, segmentName(40)), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return openWAL(dir, 40, direct)
}

// A log cut anywhere opens with the frames that are whole, and goes on.
func TestWALCutAnywhere(t *testing.T) {
	data, lines, ends := frames(2, 5, 9)
	counts := []int{2, 7, 16}
	for cut := 0; cut < len(data); cut += 1 + cut%3 {
		want := 0
		for i, end := range ends {
			if cut >= end {
				want = counts[i]
			}
		}
		w, got, err := openSegment(t, data[:cut])
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if !equalHashes(got, lines[:want]) || w.next != uint64(40+want) {
			t.Fatalf("cut at %d: %d lines, want %d", cut, len(got), want)
		}
		if cut%50 != 0 {
			continue
		}
		if err := w.commit([][]byte{[]byte("more")}); err != nil {
			t.Fatal(err)
		}
		w.close()
		if _, again, err := openWAL(w.dir, 40, direct); err != nil || len(again) != want+1 {
			t.Fatalf("cut at %d, appended: %d lines, %v", cut, len(again), err)
		}
	}
}

// A flipped bit never yields other lines; before the last frame it is damage.
func TestWALFlippedAnywhere(t *testing.T) {
	data, lines, ends := frames(2, 5, 9)
	for at := range data {
		bad := bytes.Clone(data)
		bad[at] ^= 1 << (at % 8)
		_, got, err := openSegment(t, bad)
		if !errors.Is(err, ErrDamaged) && (at < ends[1] || !equalHashes(got, lines[:7])) {
			t.Fatalf("flipped at %d: %d lines, %v", at, len(got), err)
		}
	}
}

// Space that was made for a write which never came reads as zeros.
func TestWALZeros(t *testing.T) {
	data, lines, ends := frames(2, 5, 9)
	for from := sector; from < len(data); from += sector {
		if from < ends[1] {
			continue
		}
		bad := bytes.Clone(data)
		clear(bad[from:])
		if _, got, err := openSegment(t, bad); err != nil || !equalHashes(got, lines[:7]) {
			t.Fatalf("zeros from %d: %d lines, %v", from, len(got), err)
		}
	}
	grown := append(bytes.Clone(data), make([]byte, 5000)...)
	if _, got, err := openSegment(t, grown); err != nil || len(got) != len(lines) {
		t.Fatalf("zeros after the end: %d lines, %v", len(got), err)
	}
}

func TestWALSegments(t *testing.T) {
	dir := t.TempDir()
	w, _, err := openWAL(dir, 0, direct)
	if err != nil {
		t.Fatal(err)
	}
	w.max = 100
	for i := range 10 {
		if err := w.commit([][]byte{bytes.Repeat([]byte{'a' + byte(i)}, 80)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.drop(4); err != nil {
		t.Fatal(err)
	}
	segs, _ := segmentsIn(dir)
	if len(segs) != 6 || segs[0] != 4 {
		t.Fatalf("segments %v", segs)
	}
	w.close()
	if _, got, err := openWAL(dir, 7, direct); err != nil || len(got) != 3 || got[0][0] != 'h' {
		t.Fatalf("from 7: %q, %v", got, err)
	}
	if _, got, err := openWAL(dir, 20, direct); err != nil || len(got) != 0 {
		t.Fatalf("from past the end: %q, %v", got, err)
	}
	if _, _, err := openWAL(dir, 3, direct); !errors.Is(err, ErrDamaged) {
		t.Fatalf("with a gap before it: %v", err)
	}
	os.Remove(filepath.Join(dir, segmentName(6)))
	if _, _, err := openWAL(dir, 4, direct); !errors.Is(err, ErrDamaged) {
		t.Fatalf("with a gap within: %v", err)
	}
}

func FuzzFrames(f *testing.F) {
	data, _, ends := frames(1, 3, 2)
	f.Add(data)
	f.Add(data[:ends[1]])
	f.Add(data[:len(data)-7])
	f.Add(append(bytes.Clone(data), make([]byte, 600)...))
	f.Add([]byte(walMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, valid, err := parseFrames(data, 40)
		if valid > len(data) || err == nil && valid != len(data) {
			t.Fatalf("took %d of %d bytes, %v", valid, len(data), err)
		}
		again, n, err := parseFrames(data[:valid], 40)
		if err != nil || n != valid || !equalHashes(again, lines) {
			t.Fatalf("the valid part reads differently: %v", err)
		}
		if len(lines) > 0 { // what was read can be written and read
			whole := appendFrame(nil, 40, lines)
			if again, _, err := parseFrames(whole, 40); err != nil || !equalHashes(again, lines) {
				t.Fatalf("round trip: %v", err)
			}
		}
	})
}

// Tessera's own parser is the oracle.
func FuzzBundle(f *testing.F) {
	data, _, ends := frames(1, 3)
	f.Add(data[walHeader : ends[0]-4])
	f.Add(data[ends[0]+walHeader : ends[1]-4])
	f.Add([]byte{0})
	f.Add([]byte{0, 0, 0, 5, 'x'})
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := splitBundle(data)
		var want api.EntryBundle
		werr := want.UnmarshalText(data)
		if (err == nil) != (werr == nil) || err == nil && !equalHashes(lines, want.Entries) {
			t.Fatalf("%d lines, %v; want %d, %v", len(lines), err, len(want.Entries), werr)
		}
	})
}

func FuzzTilePath(f *testing.F) {
	for _, s := range []string{"tile/entries/000", "tile/0/x001/234.p/7", "tile/6/000", "tile/0/00", "tile/0/x000/001", "tile/1/001.p/0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rel string) {
		if p, ok := parseTilePath(rel); ok && (p.String() != rel || p.width == 0 || p.end() == 0 || isTemp(rel)) {
			t.Fatalf("%q reads as %+v", rel, p)
		}
	})
}

// What is accepted is, byte for byte, what signing makes of it.
func FuzzCheckpoint(f *testing.F) {
	skey, vkey, err := note.GenerateKey(bytes.NewReader(make([]byte, 64)), "menshen/ledger")
	if err != nil {
		f.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		f.Fatal(err)
	}
	for _, size := range []uint64{0, 600, 1 << 60} {
		raw, err := sign(signer, size, make([]byte, 32))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add(raw[:len(raw)-3])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cp, err := ParseCheckpoint(data, vkey)
		if err != nil {
			return
		}
		if again, err := sign(signer, cp.Size, cp.Root); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("two spellings of %+v", cp)
		}
	})
}

func FuzzKeysAndState(f *testing.F) {
	f.Add([]byte("PRIVATE+KEY+a+01020304+AQ==\n"))
	f.Add([]byte(`{"size":3,"root":"AAAA"}`))
	f.Add([]byte("a+01020304+AQ=="))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := parseState(data); err == nil {
			if b, _ := s.encode(); !bytes.Equal(b, data) {
				t.Fatal("a state with two spellings")
			}
		}
		if signer, vkey, err := parseKey(data); err == nil {
			if v, err := parseVerifier(vkey); err != nil || v.KeyHash() != signer.KeyHash() {
				t.Fatalf("a key whose public half is none: %v", err)
			}
		}
		parseVerifier(string(data))
	})
}
