package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

const hashSize = 32

// leaves is one source for the leaf hashes of a bundle: the entries themselves,
// or the tile above them.
type leaves struct {
	file   string
	hashes [][]byte
	fault  string // why hashes cannot be taken, empty if they can
}

// checkEntries goes through all bundles: what the entries hash to must be what
// the tile above them holds. Where the two differ it finds out which is wrong.
func (v *verification) checkEntries(ctx context.Context) error {
	v.roots = map[uint64][]byte{}
	tree := newRange().NewEmptyRange(0)
	for b := uint64(0); b*bundleWidth < v.size; b++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := b * bundleWidth
		stored := min(v.stored-min(v.stored, start), bundleWidth)
		var hashes [][]byte
		if stored > 0 {
			entries, err := v.entryLeaves(b, stored)
			if err != nil {
				return err
			}
			tile, err := v.tileLeaves(b, stored)
			if err != nil {
				return err
			}
			if hashes, err = v.settle(tree, b, entries, tile); err != nil {
				return err
			}
		}
		if hashes == nil && stored > 0 {
			v.broken = true
			hashes = slices.Repeat([][]byte{make([]byte, hashSize)}, int(stored))
		}
		hashes = v.compareWAL(start, hashes)
		if !v.broken {
			v.checkBundleFiles(b, hashes)
		} else {
			delete(v.files, tileKey{-1, b})
			delete(v.files, tileKey{0, b})
		}
		for i, h := range hashes {
			if err := tree.Append(h, v.visit); err != nil {
				return err
			}
			if at := start + uint64(i) + 1; at == v.cp.Size || at == v.state.Size {
				root, err := tree.GetRootHash(nil)
				if err != nil {
					return err
				}
				v.roots[at] = root
			}
		}
	}
	return nil
}

// visit keeps the nodes that upper tiles are made of. They come in order.
func (v *verification) visit(id compact.NodeID, hash []byte) {
	if id.Level%8 != 0 || id.Level == 0 {
		return
	}
	l := int(id.Level/8) - 1
	for len(v.upper) <= l {
		v.upper = append(v.upper, nil)
	}
	v.upper[l] = append(v.upper[l], hash)
}

// readTile reads a tile or bundle of the given width, or the full one in its
// place: while the ledger grows, partial ones become full and are removed.
func (v *verification) readTile(t tilePath) ([]byte, tilePath, error) {
	raw, err := v.read(tlogPath(t.String()))
	if errors.Is(err, fs.ErrNotExist) && t.width != bundleWidth {
		full := tilePath{t.level, t.index, bundleWidth}
		if raw, err := v.read(tlogPath(full.String())); err == nil {
			return raw, full, nil
		}
	}
	return raw, t, err
}

func (v *verification) entryLeaves(b, want uint64) (leaves, error) {
	raw, t, err := v.readTile(tilePath{-1, b, want})
	l := leaves{file: tlogPath(t.String())}
	if errors.Is(err, fs.ErrNotExist) {
		l.fault = "missing"
		return l, nil
	}
	if err != nil {
		return l, err
	}
	lines, err := splitBundle(raw)
	if err == nil && uint64(len(lines)) != t.width {
		err = fmt.Errorf("holds %d entries where %d belong", len(lines), t.width)
	}
	for _, line := range lines[:min(uint64(len(lines)), want)] {
		l.hashes = append(l.hashes, rfc6962.DefaultHasher.HashLeaf(line))
	}
	if err != nil {
		l.fault = err.Error()
	}
	return l, nil
}

func (v *verification) tileLeaves(b, want uint64) (leaves, error) {
	raw, t, err := v.readTile(tilePath{0, b, want})
	l := leaves{file: tlogPath(t.String())}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.fault = "missing"
	case err != nil:
		return l, err
	case uint64(len(raw)) != t.width*hashSize:
		l.fault = fmt.Sprintf("is %d bytes long where %d belong", len(raw), t.width*hashSize)
	default:
		l.hashes = slices.Collect(slices.Chunk(raw[:want*hashSize], hashSize))
	}
	return l, nil
}

// settle returns the true leaf hashes of bundle b and names the file that
// holds others. It returns nil if neither can be taken.
func (v *verification) settle(tree *compact.Range, b uint64, entries, tile leaves) ([][]byte, error) {
	switch {
	case entries.fault != "" && tile.fault != "":
		v.blame(b, entries, nil)
		v.blame(b, tile, nil)
		return nil, nil
	case entries.fault != "":
		v.blame(b, entries, tile.hashes)
		return tile.hashes, nil
	case tile.fault != "":
		v.blame(b, tile, entries.hashes)
		return entries.hashes, nil
	case equalHashes(entries.hashes, tile.hashes):
		return entries.hashes, nil
	}
	for _, ok := range []func([][]byte) (bool, error){
		func(h [][]byte) (bool, error) { return v.parentHas(b, h) },
		func(h [][]byte) (bool, error) { return v.rootHas(tree, h) },
	} {
		byEntries, err := ok(entries.hashes)
		if err != nil {
			return nil, err
		}
		byTile, err := ok(tile.hashes)
		if err != nil {
			return nil, err
		}
		switch {
		case byEntries && !byTile:
			v.blame(b, tile, entries.hashes)
			return entries.hashes, nil
		case byTile && !byEntries:
			v.blame(b, entries, tile.hashes)
			return tile.hashes, nil
		}
	}
	v.blame(b, entries, tile.hashes)
	v.blame(b, tile, entries.hashes)
	return entries.hashes, nil
}

// blame names file l and where it differs from the hashes that are right, or
// may be.
func (v *verification) blame(b uint64, l leaves, right [][]byte) {
	what := "is not the entry that was recorded: its hash is not in the tile above it"
	if t, ok := parseTilePath(l.file[len(logDir)+1:]); ok && t.level == 0 {
		what = "holds a hash that is not that of the entry"
	}
	for i, h := range l.hashes {
		if i < len(right) && !bytes.Equal(h, right[i]) {
			index := b*bundleWidth + uint64(i)
			v.problem(l.file, &index, "%s", what)
			if l.fault != "" {
				break // what follows a wrong length is wrong too
			}
		}
	}
	if l.fault != "" {
		index := b*bundleWidth + uint64(len(l.hashes))
		v.problem(l.file, &index, "%s", l.fault)
	}
}

// parentHas reports whether the tile two levels up holds the root of a full
// bundle's hashes.
func (v *verification) parentHas(b uint64, hashes [][]byte) (bool, error) {
	if len(hashes) != bundleWidth {
		return false, nil
	}
	nodes := v.stored / bundleWidth
	t := tilePath{1, b / bundleWidth, min(nodes-b/bundleWidth*bundleWidth, bundleWidth)}
	raw, _, err := v.readTile(t)
	if err != nil || len(raw) < int(b%bundleWidth+1)*hashSize {
		return false, nil
	}
	root, err := rootOver(newRange().NewEmptyRange(0), hashes)
	if err != nil {
		return false, err
	}
	return bytes.Equal(root, raw[b%bundleWidth*hashSize:][:hashSize]), nil
}

// rootHas reports whether the checkpoint or the state, whichever ends within
// these hashes, has the root they lead to.
func (v *verification) rootHas(tree *compact.Range, hashes [][]byte) (bool, error) {
	for _, end := range []struct {
		ok   bool
		size uint64
		root []byte
	}{{v.stOK, v.state.Size, v.state.Root}, {v.cpOK, v.cp.Size, v.cp.Root}} {
		if !end.ok || end.size <= tree.End() || end.size > tree.End()+uint64(len(hashes)) {
			continue
		}
		copied, err := newRange().NewRange(0, tree.End(), slices.Clone(tree.Hashes()))
		if err != nil {
			return false, err
		}
		root, err := rootOver(copied, hashes[:end.size-tree.End()])
		if err != nil {
			return false, err
		}
		return bytes.Equal(root, end.root), nil
	}
	return false, nil
}

func rootOver(r *compact.Range, hashes [][]byte) ([]byte, error) {
	for _, h := range hashes {
		if err := r.Append(h, nil); err != nil {
			return nil, err
		}
	}
	return r.GetRootHash(nil)
}

func equalHashes(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

// compareWAL checks the write-ahead log's lines for the bundle that begins at
// start against its hashes, and adds the hashes of those that follow.
func (v *verification) compareWAL(start uint64, hashes [][]byte) [][]byte {
	from := max(start, v.walFirst)
	for i := from; i < start+bundleWidth && i < v.walFirst+uint64(len(v.wal)); i++ {
		h := rfc6962.DefaultHasher.HashLeaf(v.wal[i-v.walFirst])
		switch at := i - start; {
		case at == uint64(len(hashes)):
			hashes = append(hashes, h)
		case !v.broken && !bytes.Equal(h, hashes[at]):
			v.problem(v.walFile[i-v.walFirst], &i, "is not the entry that is in the tile log")
		}
	}
	return hashes
}

// checkBundleFiles checks every file there is of bundle b and of the tile above
// it, full and partial, against the hashes that are right.
func (v *verification) checkBundleFiles(b uint64, hashes [][]byte) {
	for _, level := range []int{-1, 0} {
		k := tileKey{level, b}
		widths := v.files[k]
		delete(v.files, k)
		stored := min(v.stored-min(v.stored, b*bundleWidth), bundleWidth)
		for _, w := range widths {
			if w == stored {
				continue // was taken or blamed
			}
			t := tilePath{level, b, w}
			file := tlogPath(t.String())
			if w > uint64(len(hashes)) {
				v.problem(file, nil, "does not belong: it lies past the end of the record")
				continue
			}
			raw, err := v.read(file)
			if errors.Is(err, fs.ErrNotExist) {
				continue // collected meanwhile
			}
			if err != nil {
				v.problem(file, nil, "cannot be read")
				continue
			}
			if level == 0 {
				v.checkHashes(file, raw, hashes[:w], b*bundleWidth)
				continue
			}
			v.checkLines(file, raw, hashes[:w], b*bundleWidth)
		}
	}
}

func (v *verification) checkLines(file string, raw []byte, hashes [][]byte, start uint64) {
	lines, err := splitBundle(raw)
	if err == nil && len(lines) != len(hashes) {
		err = fmt.Errorf("holds %d entries where %d belong", len(lines), len(hashes))
	}
	for i, line := range lines {
		if i < len(hashes) && !bytes.Equal(rfc6962.DefaultHasher.HashLeaf(line), hashes[i]) {
			index := start + uint64(i)
			v.problem(file, &index, "is not the entry that was recorded")
			break
		}
	}
	if err != nil {
		v.problem(file, nil, "%v", err)
	}
}

// checkHashes compares a tile with the nodes it must hold. start is the first
// entry below it at level 0, where one can be named.
func (v *verification) checkHashes(file string, raw []byte, hashes [][]byte, start uint64) {
	if len(raw) != len(hashes)*hashSize {
		v.problem(file, nil, "is %d bytes long where %d belong", len(raw), len(hashes)*hashSize)
		return
	}
	for i, h := range hashes {
		if !bytes.Equal(raw[i*hashSize:][:hashSize], h) {
			index := start + uint64(i)
			v.problem(file, &index, "holds a hash that is not that of the entry")
		}
	}
}

// checkUpper checks the tiles above the lowest level.
func (v *verification) checkUpper(ctx context.Context) error {
	if v.broken {
		for k := range v.files {
			if k.level > 0 {
				delete(v.files, k)
			}
		}
		v.note(logDir, "tiles above the lowest level were not checked, as entries are missing")
		return nil
	}
	for l, nodes := range v.upper {
		level := l + 1
		stored := v.stored >> (8 * level)
		for at := uint64(0); at < uint64(len(nodes)); at += bundleWidth {
			if err := ctx.Err(); err != nil {
				return err
			}
			k := tileKey{level, at / bundleWidth}
			have := nodes[at:min(at+bundleWidth, uint64(len(nodes)))]
			must := min(stored-min(stored, at), bundleWidth)
			widths := v.files[k]
			delete(v.files, k)
			if must > 0 && !slices.Contains(widths, must) {
				widths = append(widths, must)
			}
			for _, w := range widths {
				if err := v.checkNodes(tilePath{level, k.index, w}, have, w == must); err != nil {
					return err
				}
			}
		}
	}
	return v.checkPublished()
}

func (v *verification) checkNodes(t tilePath, nodes [][]byte, must bool) error {
	file := tlogPath(t.String())
	if t.width > uint64(len(nodes)) {
		v.problem(file, nil, "does not belong: it lies past the end of the record")
		return nil
	}
	raw, err := v.read(file)
	if must {
		var found tilePath
		raw, found, err = v.readTile(t)
		if err == nil && found != t {
			return nil // became full meanwhile
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && must:
		v.problem(file, nil, "missing")
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case len(raw) != int(t.width)*hashSize:
		v.problem(file, nil, "is %d bytes long where %d belong", len(raw), t.width*hashSize)
	default:
		for i := range int(t.width) {
			if !bytes.Equal(raw[i*hashSize:][:hashSize], nodes[i]) {
				v.problem(file, nil, "node %d is not the hash of what lies below it", i)
				break
			}
		}
	}
	return nil
}

// checkPublished sees to it that whoever holds the checkpoint finds the tiles
// and entries at the right edge of the tree it is over.
func (v *verification) checkPublished() error {
	if !v.cpOK {
		return nil
	}
	for level := -1; ; level++ {
		nodes := v.cp.Size >> (8 * max(level, 0))
		if nodes == 0 {
			return nil
		}
		if nodes%bundleWidth == 0 {
			continue
		}
		t := tilePath{level, nodes / bundleWidth, nodes % bundleWidth}
		if _, _, err := v.readTile(t); errors.Is(err, fs.ErrNotExist) && v.cp.Size != v.stored {
			v.problem(tlogPath(t.String()), nil, "missing, though the checkpoint needs it")
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}
