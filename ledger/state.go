package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
)

// Files of Tessera's that are not part of tlog-tiles.
const (
	stateDir     = ".state"
	stateFile    = stateDir + "/treeState"
	versionFile  = stateDir + "/version"
	stateVersion = "1"
)

// treeState is what Tessera knows to be integrated.
type treeState struct {
	Size uint64 `json:"size"`
	Root []byte `json:"root"`
}

func (s treeState) encode() ([]byte, error) { return json.Marshal(s) }

// parseState accepts only the spelling that is written.
func parseState(raw []byte) (treeState, error) {
	var s treeState
	if err := json.Unmarshal(raw, &s); err != nil {
		return treeState{}, errors.New("not a tree state")
	}
	if b, err := s.encode(); err != nil || !bytes.Equal(b, raw) {
		return treeState{}, errors.New("spelled differently from how it is written")
	}
	return s, nil
}

// keyed is the ledger's signer with its verifier key.
type keyed struct {
	note.Signer
	vkey string
}

// prepare brings the directory into a state from which Tessera can go on, and
// checks that the end of the history is what was signed. It returns how many
// entries the tile log holds.
func prepare(ctx context.Context, dir, origin string) (keyed, uint64, error) {
	tlog := filepath.Join(dir, logDir)
	raw, err := os.ReadFile(filepath.Join(tlog, stateFile))
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return keyed{}, 0, err
	}
	signer, vkey, err := openKeys(dir, origin, fresh)
	if err != nil {
		return keyed{}, 0, err
	}
	k := keyed{signer, vkey}
	if fresh {
		if raw, err = begin(tlog); err != nil {
			return k, 0, err
		}
	}
	state, err := parseState(raw)
	if err != nil {
		return k, 0, fmt.Errorf("%w: %s: %w", ErrDamaged, filepath.Join(tlog, stateFile), err)
	}
	if err := checkEnd(ctx, tlog, k, state); err != nil {
		return k, 0, err
	}
	if err := tidy(dir, state.Size); err != nil {
		return k, 0, fmt.Errorf("removing what a crash left: %w", err)
	}
	return k, state.Size, nil
}

// begin makes the state of an empty log. It is written before the first
// checkpoint, so a log without a checkpoint is empty.
func begin(tlog string) ([]byte, error) {
	for _, belongsLater := range []string{layout.CheckpointPath, "tile"} {
		if _, err := os.Lstat(filepath.Join(tlog, belongsLater)); err == nil {
			return nil, fmt.Errorf("%w: %s is there but %s is not", ErrDamaged, filepath.Join(tlog, belongsLater), stateFile)
		}
	}
	if err := makeDir(filepath.Join(tlog, stateDir), 0o755); err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(tlog, versionFile), []byte(stateVersion), 0o644); err != nil {
		return nil, err
	}
	raw, err := treeState{0, rfc6962.DefaultHasher.EmptyRoot()}.encode()
	if err != nil {
		return nil, err
	}
	return raw, writeFile(filepath.Join(tlog, stateFile), raw, 0o644)
}

// checkEnd compares the tree's right edge with the state and with the newest
// checkpoint, and publishes the checkpoint that a crash prevented.
func checkEnd(ctx context.Context, tlog string, k keyed, state treeState) error {
	root, err := rootAt(ctx, tlog, state.Size)
	if err != nil || !bytes.Equal(root, state.Root) {
		return fmt.Errorf("%w: %s does not match the tiles", ErrDamaged, filepath.Join(tlog, stateFile))
	}
	path := filepath.Join(tlog, layout.CheckpointPath)
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && state.Size == 0:
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s is missing", ErrDamaged, path)
	case err != nil:
		return err
	default:
		cp, err := ParseCheckpoint(raw, k.vkey)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
		}
		if cp.Size > state.Size {
			return fmt.Errorf("%w: %s is over %d entries, of which %d are there", ErrDamaged, path, cp.Size, state.Size)
		}
		if root, err = rootAt(ctx, tlog, cp.Size); err != nil || !bytes.Equal(root, cp.Root) {
			return fmt.Errorf("%w: %s does not match the tiles", ErrDamaged, path)
		}
		if cp.Size == state.Size {
			return nil
		}
	}
	if raw, err = sign(k, state.Size, state.Root); err != nil {
		return fmt.Errorf("signing checkpoint: %w", err)
	}
	return writeFile(path, raw, 0o644)
}

// rootAt computes the root of the first size entries from the tiles.
func rootAt(ctx context.Context, tlog string, size uint64) ([]byte, error) {
	if size == 0 {
		return rfc6962.DefaultHasher.EmptyRoot(), nil
	}
	hashes, err := client.FetchRangeNodes(ctx, size, client.FileFetcher{Root: tlog}.ReadTile)
	if err != nil {
		return nil, err
	}
	for _, h := range hashes {
		if len(h) != rfc6962.DefaultHasher.Size() {
			return nil, errors.New("a tile is too short")
		}
	}
	r, err := newRange().NewRange(0, size, hashes)
	if err != nil {
		return nil, err
	}
	return r.GetRootHash(nil)
}

func newRange() *compact.RangeFactory {
	return &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
}

// tidy removes temporary files that a killed process left, and partial tiles
// that are under the checkpoint at size as full ones.
func tidy(dir string, size uint64) error {
	for _, d := range []string{keyDir, walDir} {
		left, err := filepath.Glob(filepath.Join(dir, d, "*"+tempExt))
		if err != nil {
			return err
		}
		for _, path := range left {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	tlog := filepath.Join(dir, logDir)
	return filepath.WalkDir(tlog, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(tlog, path)
		if err != nil {
			return err
		}
		switch rel = filepath.ToSlash(rel); {
		case d.IsDir():
			t, ok := parseTilePath(strings.TrimSuffix(rel, ".p"))
			if ok && strings.HasSuffix(rel, ".p") && t.end() <= size {
				if err := os.RemoveAll(path); err != nil {
					return err
				}
				return fs.SkipDir
			}
		case isTemp(rel):
			return os.Remove(path)
		}
		return nil
	})
}

// tilePath names a tile or, at level entries, an entry bundle.
type tilePath struct {
	level int // -1 for entry bundles
	index uint64
	width uint64 // bundleWidth if full
}

// end is the index after the last entry under the full tile.
func (t tilePath) end() uint64 { return (t.index + 1) << (8 * max(t.level+1, 1)) }

func (t tilePath) String() string {
	p := uint8(t.width % bundleWidth)
	if t.level < 0 {
		return layout.EntriesPath(t.index, p)
	}
	return layout.TilePath(uint64(t.level), t.index, p)
}

// parseTilePath reads a path below the log's directory; it accepts only the
// spelling that is written.
func parseTilePath(rel string) (tilePath, bool) {
	rest, ok := strings.CutPrefix(rel, "tile/")
	level, rest, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return tilePath{}, false
	}
	t := tilePath{level: -1, width: bundleWidth}
	if level != "entries" {
		n, err := strconv.ParseUint(level, 10, 8)
		if err != nil || n > 6 { // above, no tile of 2^64 entries can be
			return tilePath{}, false
		}
		t.level = int(n)
	}
	index, width, err := layout.ParseTileIndexPartial(rest)
	if err != nil {
		return tilePath{}, false
	}
	t.index = index
	if width > 0 {
		t.width = uint64(width)
	}
	// An index near 2^64 would wrap in end.
	return t, t.String() == rel && index < 1<<(63-8*max(t.level+1, 1))
}

// isTemp reports whether rel is a file Tessera had not finished: the name of
// one of its files with a random number after it.
func isTemp(rel string) bool {
	if rel == "" || rel[len(rel)-1] < '0' || rel[len(rel)-1] > '9' {
		return strings.HasSuffix(rel, tempExt) && knownFile(strings.TrimSuffix(rel, tempExt))
	}
	if knownFile(rel) {
		return false
	}
	for i := len(rel) - 1; i > 0 && len(rel)-i <= 10 && rel[i] >= '0' && rel[i] <= '9'; i-- {
		if knownFile(rel[:i]) {
			return true
		}
	}
	return false
}

func knownFile(rel string) bool {
	if _, ok := parseTilePath(rel); ok {
		return true
	}
	switch rel {
	case layout.CheckpointPath, stateFile, versionFile:
		return true
	}
	return false
}

// makeDir makes a directory whose name is durable on return.
func makeDir(path string, perm fs.FileMode) error {
	if fi, err := os.Stat(path); err == nil {
		if !fi.IsDir() {
			return fmt.Errorf("%s is not a directory", path)
		}
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeDir(parent, 0o755); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}
