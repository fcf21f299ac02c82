package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"
)

// Report is what Verify found. Paths are relative to the ledger's directory.
type Report struct {
	OK       bool      `json:"ok"`
	Origin   string    `json:"origin"`
	Size     uint64    `json:"size"`           // entries under the signed checkpoint
	Root     []byte    `json:"root,omitempty"` // recomputed over them
	Waiting  uint64    `json:"waiting"`        // durable entries that are not under it yet
	Problems []Problem `json:"problems"`
	Notes    []Problem `json:"notes,omitempty"` // nothing wrong, but worth knowing
}

// Problem is one thing that is not as it was recorded.
type Problem struct {
	File  string  `json:"file"`
	Index *uint64 `json:"index,omitempty"` // the entry, where one can be named
	What  string  `json:"what"`
}

func (p Problem) String() string {
	if p.Index == nil {
		return p.File + ": " + p.What
	}
	return fmt.Sprintf("%s: entry %d: %s", p.File, *p.Index, p.What)
}

// maxProblems bounds a report; a record can be wrong in millions of places.
const maxProblems = 1000

// Verify recomputes the whole record in dir: keys, checkpoint, every entry and
// every tile at every level up to the signed root, and the write-ahead log. vkey
// is a verifier key obtained from elsewhere; empty trusts the one beside the
// record, which proves only that the record agrees with itself. The ledger may
// be open and growing meanwhile. Verify changes nothing.
//
// The error says that the record could not be looked at; what is wrong with it
// is in the report.
func Verify(ctx context.Context, dir, vkey string) (Report, error) {
	v := &verification{dir: dir, files: map[tileKey][]uint64{}}
	if vkey != "" {
		if _, err := parseVerifier(vkey); err != nil {
			return Report{}, fmt.Errorf("verifying ledger: trusted key: %w", err)
		}
	}
	fi, err := os.Stat(filepath.Join(dir, logDir))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !fi.IsDir() {
		return Report{}, fmt.Errorf("verifying ledger: %w: %s", ErrNoLedger, dir)
	}
	// The order matters while the ledger grows: a file of the list holds no
	// entry that is in neither the write-ahead log nor the state read after it,
	// and no checkpoint is over more than the state read after it.
	steps := []func(context.Context) error{
		v.list,
		func(context.Context) error { return v.readKeys(vkey) },
		v.readWAL,
		func(context.Context) error { return v.readCheckpoint() },
		func(context.Context) error { return v.readState() },
		v.checkEntries,
		v.checkUpper,
		func(context.Context) error { v.checkRoots(); return v.checkStrays() },
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return Report{}, fmt.Errorf("verifying ledger: %w", err)
		}
	}
	v.report.OK = len(v.report.Problems) == 0
	return v.report, nil
}

type tileKey struct {
	level int
	index uint64
}

type verification struct {
	dir    string
	report Report
	vkey   string // what signatures are checked under, empty if there is none

	files  map[tileKey][]uint64 // the widths that are there of each tile and bundle
	strays []string             // files that are not of the tile log
	extent uint64               // the most entries that a bundle's name speaks of

	walFirst uint64   // index of the first line
	wal      [][]byte // lines
	walFile  []string // the segment of each

	cp     Signed
	cpOK   bool
	state  treeState
	stOK   bool
	stored uint64 // entries that must be in the tile log
	size   uint64 // stored, or more with the write-ahead log

	upper  [][][]byte // recomputed nodes at tile levels 1, 2, …
	roots  map[uint64][]byte
	broken bool // some leaf is unknown, so nothing above can be recomputed
}

func (v *verification) problem(file string, index *uint64, format string, args ...any) {
	switch n := len(v.report.Problems); {
	case n == maxProblems:
		v.report.Problems = append(v.report.Problems, Problem{File: logDir, What: "more problems than are listed"})
	case n < maxProblems:
		v.report.Problems = append(v.report.Problems, Problem{file, index, fmt.Sprintf(format, args...)})
	}
}

func (v *verification) note(file, what string) {
	v.report.Notes = append(v.report.Notes, Problem{File: file, What: what})
}

func tlogPath(rel string) string { return logDir + "/" + rel }

func (v *verification) read(rel string) ([]byte, error) {
	return os.ReadFile(filepath.Join(v.dir, filepath.FromSlash(rel)))
}

// list notes which files there are.
func (v *verification) list(ctx context.Context) error {
	root := filepath.Join(v.dir, logDir)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != root {
			return nil // collected meanwhile
		}
		if err != nil {
			return err
		}
		if d.IsDir() {
			return ctx.Err()
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		t, ok := parseTilePath(rel)
		switch {
		case !d.Type().IsRegular():
			v.problem(tlogPath(rel), nil, "is not a regular file")
		case !ok:
			v.strays = append(v.strays, rel)
		default:
			k := tileKey{t.level, t.index}
			v.files[k] = append(v.files[k], t.width)
			if t.level < 0 {
				v.extent = max(v.extent, t.index*bundleWidth+t.width)
			}
		}
		return nil
	})
}

func (v *verification) readKeys(trusted string) error {
	beside, err := v.read(vkeyFile)
	text, isLine := strings.CutSuffix(string(beside), "\n")
	switch _, perr := parseVerifier(text); {
	case errors.Is(err, fs.ErrNotExist) && trusted != "":
		v.note(vkeyFile, "missing; the trusted key was used")
	case errors.Is(err, fs.ErrNotExist):
		v.problem(vkeyFile, nil, "missing, so signatures cannot be checked")
	case err != nil:
		return err
	case perr != nil || !isLine:
		v.problem(vkeyFile, nil, "is not a verifier key on one line")
	case trusted != "" && text != trusted:
		v.problem(vkeyFile, nil, "is not the trusted key")
	default:
		v.vkey = text
	}
	if trusted != "" {
		v.vkey = trusted
	}
	private, err := v.read(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		v.note(keyFile, "missing: a copy of the record, which cannot be written to")
		return nil
	}
	if err != nil {
		return err
	}
	switch _, public, err := parseKey(private); {
	case err != nil:
		v.problem(keyFile, nil, "%v", err)
	case v.vkey == "": // the public half is what is wrong, and was named
	case public != v.vkey:
		v.problem(keyFile, nil, "is not the private half of the verifier key")
	}
	return nil
}

func (v *verification) readWAL(ctx context.Context) error {
	dir := filepath.Join(v.dir, walDir)
	firsts, err := segmentsIn(dir)
	if err != nil {
		return err
	}
	for i, first := range firsts {
		if err := ctx.Err(); err != nil {
			return err
		}
		file := walDir + "/" + segmentName(first)
		data, err := v.read(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // all of it was published meanwhile
		}
		if err != nil {
			return err
		}
		lines, valid, err := parseFrames(data, first)
		zeros := len(bytes.Trim(data[valid:], "\x00")) == 0
		switch {
		case err == nil:
		case i == len(firsts)-1 && (err == errTorn || zeros):
			v.note(file, "ends in a write that was not finished and not acknowledged")
		default:
			at := first + uint64(len(lines))
			v.problem(file, &at, "%v", err)
		}
		if end := v.walFirst + uint64(len(v.wal)); len(v.wal) > 0 && first != end {
			v.problem(file, nil, "begins with entry %d where %d belongs", first, end)
			v.wal, v.walFile = nil, nil
		}
		if len(v.wal) == 0 {
			v.walFirst = first
		}
		for _, line := range lines {
			v.wal, v.walFile = append(v.wal, line), append(v.walFile, file)
		}
	}
	return v.walStrays(dir)
}

func (v *verification) walStrays(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range list {
		name := walDir + "/" + e.Name()
		if _, ok := segmentFirst(e.Name()); ok && e.Type().IsRegular() {
			continue
		}
		if name == lockFile {
			v.empty(name)
			continue
		}
		v.problem(name, nil, "does not belong to the record")
	}
	return nil
}

// empty checks a lock file, which holds nothing.
func (v *verification) empty(name string) {
	if data, err := v.read(name); err != nil || len(data) > 0 {
		v.problem(name, nil, "should be an empty file")
	}
}

func (v *verification) readCheckpoint() error {
	file := tlogPath(layout.CheckpointPath)
	raw, err := v.read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.problem(file, nil, "missing")
		return nil
	case err != nil:
		return err
	case v.vkey == "":
		v.problem(file, nil, "its signature could not be checked for want of a verifier key")
		return nil
	}
	if v.cp, err = ParseCheckpoint(raw, v.vkey); err != nil {
		v.problem(file, nil, "%v", err)
		return nil
	}
	v.cpOK = true
	v.report.Origin, v.report.Size = v.cp.Origin, v.cp.Size
	return nil
}

// readState settles how many entries there must be.
func (v *verification) readState() error {
	file := tlogPath(stateFile)
	raw, err := v.read(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	state, perr := parseState(raw)
	switch {
	case err != nil:
		v.problem(file, nil, "missing")
	case perr != nil:
		v.problem(file, nil, "%v", perr)
	case v.cpOK && state.Size < v.cp.Size:
		v.problem(file, nil, "says %d entries where the checkpoint is over %d", state.Size, v.cp.Size)
	case !v.plausible(state.Size):
		v.problem(file, nil, "says %d entries, which are not there", state.Size)
	default:
		v.state, v.stOK = state, true
	}
	switch {
	case v.stOK:
		v.stored = v.state.Size
	case v.cpOK:
		v.stored = v.cp.Size
	default:
		v.stored = v.extent
	}
	v.size = v.stored
	if end := v.walFirst + uint64(len(v.wal)); len(v.wal) > 0 && v.walFirst > v.stored {
		v.problem(v.walFile[0], nil, "begins with entry %d, but the log holds only %d", v.walFirst, v.stored)
		v.wal = nil
	} else {
		v.size = max(v.size, end)
	}
	v.report.Waiting = v.size - min(v.size, v.cp.Size)

	if raw, err := v.read(tlogPath(versionFile)); err != nil || string(raw) != stateVersion {
		v.problem(tlogPath(versionFile), nil, "should hold %q", stateVersion)
	}
	return nil
}

// plausible reports whether the last entry of a log of size entries is there.
func (v *verification) plausible(size uint64) bool {
	if size == 0 || v.cpOK && size == v.cp.Size {
		return true
	}
	if size > 1<<48 {
		return false
	}
	last := (size - 1) / bundleWidth
	for _, p := range []uint8{layout.PartialTileSize(0, last, size), 0} {
		if _, err := os.Lstat(filepath.Join(v.dir, logDir, layout.EntriesPath(last, p))); err == nil {
			return true
		}
	}
	return false
}

// checkRoots compares the recomputed roots with those that are on record.
func (v *verification) checkRoots() {
	if v.broken {
		return
	}
	root := func(size uint64) []byte {
		if size == 0 {
			return rfc6962.DefaultHasher.EmptyRoot()
		}
		return v.roots[size]
	}
	if v.cpOK {
		v.report.Root = root(v.cp.Size)
		if !bytes.Equal(v.report.Root, v.cp.Root) {
			v.problem(tlogPath(layout.CheckpointPath), nil, "signs a root that is not that of the entries and tiles found")
		}
	}
	if v.stOK && !bytes.Equal(root(v.state.Size), v.state.Root) {
		v.problem(tlogPath(stateFile), nil, "holds a root that is not that of the entries found")
	}
}

// checkStrays names what is left of the list: files that do not belong.
func (v *verification) checkStrays() error {
	for k, widths := range v.files { // those that no check has taken away
		for _, w := range widths {
			v.problem(tlogPath(tilePath{k.level, k.index, w}.String()), nil, "does not belong: it lies past the end of the record")
		}
	}
	for _, rel := range v.strays {
		switch {
		case rel == layout.CheckpointPath, rel == stateFile, rel == versionFile:
		case rel == stateDir+"/treeState.lock", rel == stateDir+"/publish.lock":
			v.empty(tlogPath(rel))
		case isTemp(rel):
			if _, err := os.Lstat(filepath.Join(v.dir, logDir, rel)); err == nil {
				v.note(tlogPath(rel), "is a write that was not finished; opening the ledger removes it")
			}
		default:
			v.problem(tlogPath(rel), nil, "does not belong to the record")
		}
	}
	sort.SliceStable(v.report.Problems, func(i, j int) bool { return v.report.Problems[i].File < v.report.Problems[j].File })
	return nil
}
