package ledger

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// snapshot copies a ledger that is open and has entries in its write-ahead log,
// stale partial tiles, and a full and a partial bundle.
func snapshot(t testing.TB) (dir, vkey string) {
	t.Helper()
	from := t.TempDir()
	l := mustOpen(t, from, fast())
	for i, n := range []int{3, 40, 120, 100, 200, 130, 7} {
		fill(t, l, string(rune('a'+i)), n)
		waitIntegrated(l)
	}
	dir = t.TempDir()
	for _, file := range files(t, from) {
		if isTemp(strings.TrimPrefix(file, logDir+"/")) {
			continue // the next checkpoint
		}
		b, err := os.ReadFile(filepath.Join(from, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a partial tile that became obsolete
		}
		path := filepath.Join(dir, file)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(filepath.Join(dir, keyFile), 0o600)
	mustClose(t, l)
	return dir, l.Verifier()
}

// waitIntegrated waits until all durable entries are in the tile log.
func waitIntegrated(l *Ledger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.integrated < l.durable {
		changed := l.changed
		l.mu.Unlock()
		<-changed
		l.mu.Lock()
	}
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			list = append(list, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every file of the record, with a byte flipped anywhere in it, is found out and
// named.
func TestVerifyNamesEveryFlippedByte(t *testing.T) {
	dir, vkey := snapshot(t)
	if rep := mustVerify(t, dir); rep.Size+rep.Waiting != 600 || len(rep.Notes) != 0 {
		t.Fatalf("snapshot: %+v", rep)
	}
	list := files(t, dir)
	for _, want := range []string{"keys/ledger.key", "keys/ledger.vkey", "ledger/checkpoint", "ledger/.state/treeState",
		"ledger/.state/version", "ledger/tile/entries/000", "ledger/tile/entries/001", "ledger/tile/entries/002.p/88",
		"ledger/tile/0/000", "ledger/tile/0/002.p/88", "ledger/tile/0/002.p/81", "ledger/tile/1/000.p/2", "wal/" + segmentName(0)} {
		if !slices.Contains(list, want) {
			t.Fatalf("the snapshot lacks %s: %v", want, list)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	t.Log("seed 1, 2;", len(list), "files")
	for _, file := range list {
		path := filepath.Join(dir, filepath.FromSlash(file))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(whole) == 0 {
			os.WriteFile(path, []byte{0}, 0o644)
			expectNamed(t, dir, "", file, -1)
			os.WriteFile(path, nil, 0o644)
			continue
		}
		offsets := []int{0, 1, len(whole) / 2, len(whole) - 2, len(whole) - 1}
		for range 8 {
			offsets = append(offsets, rng.IntN(len(whole)))
		}
		if len(whole) < 400 { // small ones in every byte
			offsets = offsets[:0]
			for i := range whole {
				offsets = append(offsets, i)
			}
		}
		for _, at := range offsets {
			if at < 0 || at >= len(whole) {
				continue
			}
			bad := slices.Clone(whole)
			bad[at] ^= 1 << rng.IntN(8)
			os.WriteFile(path, bad, 0o644)
			trust := ""
			if at%2 == 0 {
				trust = vkey
			}
			expectNamed(t, dir, trust, file, at)
		}
		os.WriteFile(path, whole, 0o644)
	}
	mustVerify(t, dir)
}

func expectNamed(t *testing.T, dir, vkey, file string, at int) {
	t.Helper()
	rep, err := Verify(context.Background(), dir, vkey)
	if err != nil {
		t.Fatalf("%s, byte %d: %v", file, at, err)
	}
	if rep.OK || !slices.ContainsFunc(rep.Problems, func(p Problem) bool { return p.File == file }) {
		t.Errorf("%s, byte %d: ok=%v, found %v", file, at, rep.OK, rep.Problems)
	}
}

// A damaged bundle names the entry and nothing else; a damaged tile is told
// apart from the entries under it.
func TestVerifyTellsEntryFromTile(t *testing.T) {
	whole := closed(t, 600)
	for _, c := range []struct {
		file  string
		at    int64
		index uint64
	}{
		{"ledger/tile/entries/001", 40, 256},
		{"ledger/tile/entries/002.p/88", 40, 512},
		{"ledger/tile/0/000", 32*7 + 5, 7},
		{"ledger/tile/0/002.p/88", 32*3 + 5, 515},
		{"ledger/tile/1/000.p/2", 3, 0},
	} {
		t.Run(strings.ReplaceAll(c.file, "/", "_"), func(t *testing.T) {
			dir := copied(t, whole)
			flip(t, filepath.Join(dir, c.file), c.at)
			rep, err := Verify(context.Background(), dir, "")
			if err != nil {
				t.Fatal(err)
			}
			if len(rep.Problems) != 1 || rep.Problems[0].File != c.file {
				t.Fatalf("found %v", rep.Problems)
			}
			if i := rep.Problems[0].Index; !strings.Contains(c.file, "/1/") && (i == nil || *i != c.index) {
				t.Fatalf("found %v", rep.Problems)
			}
		})
	}
}

func closed(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	l := mustOpen(t, dir, fast())
	fill(t, l, "e", n)
	mustClose(t, l)
	return dir
}

func copied(t testing.TB, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func flip(t testing.TB, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 0x10
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsWhatIsMissingOrStrange(t *testing.T) {
	whole := closed(t, 600)
	for name, c := range map[string]struct {
		do   func(t *testing.T, dir string) error
		file string
		what string
	}{
		"bundle removed":     {remove("ledger/tile/entries/000"), "ledger/tile/entries/000", "missing"},
		"last bundle gone":   {remove("ledger/tile/entries/002.p"), "ledger/tile/entries/002.p/88", "missing"},
		"tile removed":       {remove("ledger/tile/0/001"), "ledger/tile/0/001", "missing"},
		"upper tile removed": {remove("ledger/tile/1"), "ledger/tile/1/000.p/2", "missing"},
		"checkpoint removed": {remove("ledger/checkpoint"), "ledger/checkpoint", "missing"},
		"state removed":      {remove("ledger/.state/treeState"), "ledger/.state/treeState", "missing"},
		"version removed":    {remove("ledger/.state/version"), "ledger/.state/version", "should hold"},
		"verifier removed":   {remove("keys/ledger.vkey"), "keys/ledger.vkey", "missing"},
		"stray file":         {write("ledger/notes.txt", "x"), "ledger/notes.txt", "does not belong"},
		"stray in wal":       {write("wal/notes.txt", "x"), "wal/notes.txt", "does not belong"},
		"tile past the end":  {write("ledger/tile/0/003", "x"), "ledger/tile/0/003", "past the end"},
		"partial past end":   {write("ledger/tile/entries/002.p/99", "x"), "ledger/tile/entries/002.p/99", "past the end"},
		"level past the top": {write("ledger/tile/3/000.p/1", "x"), "ledger/tile/3/000.p/1", "past the end"},
		"wrong stale tile":   {write("ledger/tile/0/002.p/1", strings.Repeat("x", 32)), "ledger/tile/0/002.p/1", "hash"},
		"wrong stale bundle": {write("ledger/tile/entries/002.p/1", "\x00\x01x"), "ledger/tile/entries/002.p/1", "not the entry"},
		"bundle shortened":   {cutFile("ledger/tile/entries/001", 1), "ledger/tile/entries/001", "ends before"},
		"bundle lengthened":  {growFile("ledger/tile/entries/001"), "ledger/tile/entries/001", "belong"},
		"tile shortened":     {cutFile("ledger/tile/0/001", 32), "ledger/tile/0/001", "bytes long"},
		"older state": {write("ledger/.state/treeState", `{"size":10,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`),
			"ledger/.state/treeState", "checkpoint is over 600"},
		"huge state": {write("ledger/.state/treeState", `{"size":18446744073709551615,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`),
			"ledger/.state/treeState", "not there"},
		"wal out of nowhere": {func(t *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, walDir, segmentName(700)), appendFrame(nil, 700, [][]byte{[]byte("x")}), 0o600)
		}, "wal/" + segmentName(700), "holds only 600"},
		"wal of another history": {func(t *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, walDir, segmentName(599)), appendFrame(nil, 599, [][]byte{[]byte("x")}), 0o600)
		}, "wal/" + segmentName(599), "not the entry"},
		"entry rewritten with its tile": {rewriteEntry, "ledger/tile/entries/000", ""},
		"whole log of another key":      {otherLog, "ledger/checkpoint", "not signed by"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, whole)
			if err := c.do(t, dir); err != nil {
				t.Fatal(err)
			}
			rep, err := Verify(context.Background(), dir, "")
			if err != nil {
				t.Fatal(err)
			}
			if rep.OK || !slices.ContainsFunc(rep.Problems, func(p Problem) bool {
				return p.File == c.file && strings.Contains(p.What, c.what) ||
					// A forgery that is consistent up to the root shows only there.
					c.what == "" && p.File == "ledger/tile/1/000.p/2"
			}) {
				t.Fatalf("found %v", rep.Problems)
			}
		})
	}
}

func TestVerifyTrustedKey(t *testing.T) {
	dir, other := closed(t, 5), closed(t, 5)
	key, err := readVerifier(other)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := Verify(context.Background(), dir, key)
	if err != nil || rep.OK {
		t.Fatalf("a record holds under another's key: %v, %v", rep, err)
	}
	if _, err := Verify(context.Background(), dir, "nonsense"); err == nil {
		t.Fatal("nonsense was taken for a key")
	}
	own, _ := readVerifier(dir)
	for _, f := range []string{keyFile, vkeyFile, lockFile} { // a copy for a third party
		os.Remove(filepath.Join(dir, f))
	}
	rep, err = Verify(context.Background(), dir, own)
	if err != nil || !rep.OK || len(rep.Notes) != 2 {
		t.Fatalf("copy without keys: %+v, %v", rep, err)
	}
}

func remove(file string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error { return os.RemoveAll(filepath.Join(dir, file)) }
}

func write(file, text string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, []byte(text), 0o644)
	}
}

func cutFile(file string, n int64) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error {
		path := filepath.Join(dir, file)
		fi, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Truncate(path, fi.Size()-n)
	}
}

func growFile(file string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error {
		path := filepath.Join(dir, file)
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, append(b, 0, 1, 'x'), 0o644)
	}
}

// rewriteEntry changes an entry and puts its new hash into the tile above, as
// someone would who knows the format but not the key.
func rewriteEntry(t *testing.T, dir string) error {
	path := filepath.Join(dir, "ledger/tile/entries/000")
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	raw[30] ^= 1
	v := &verification{dir: dir, files: map[tileKey][]uint64{}}
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		return err
	}
	l, err := v.entryLeaves(0, bundleWidth)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "ledger/tile/0/000"), slices.Concat(l.hashes...), 0o644)
}

func otherLog(t *testing.T, dir string) error {
	other := closed(t, 600)
	if err := os.RemoveAll(filepath.Join(dir, logDir)); err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(dir, logDir), os.DirFS(filepath.Join(other, logDir)))
}
