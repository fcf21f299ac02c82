package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The write-ahead log is a directory of segments, each named by the index of
// its first entry. A segment is a row of frames; a frame is what one group
// commit wrote and fsynced:
//
//	magic 4 | payload length 4 | first index 8 | count 4 | CRC-32C of these 20 bytes
//	payload: count × (length 2 | line)   — the form of a tlog-tiles entry bundle
//	CRC-32C of the payload 4
//
// Integers are big-endian. A frame is begun only after the one before it was
// fsynced, so only the last frame of the last segment can be unfinished.
const (
	walMagic      = "MWL1"
	walHeader     = 24
	walExt        = ".wal"
	walSegment    = 4 << 20  // a segment past this size is followed by a new one
	walMaxPayload = 64 << 20 // far above any group we write
	sector        = 512
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errTorn is the end of a log whose last frame was never finished, and so never
// acknowledged.
var errTorn = errors.New("unfinished frame")

// errHole is a torn frame of which later parts may have reached the disk.
var errHole = fmt.Errorf("%w: parts of it read as zeros", errTorn)

// damage is a frame that was complete once and no longer is what was written.
type damage struct {
	offset int
	what   string
}

func (d *damage) Error() string { return fmt.Sprintf("at byte %d: %s", d.offset, d.what) }

// interpose stands around every file operation of the write-ahead log; tests
// make it fail, fail after the fact, or die.
type interpose func(op string, do func() error) error

func direct(_ string, do func() error) error { return do() }

func appendFrame(dst []byte, first uint64, lines [][]byte) []byte {
	at := len(dst)
	dst = append(dst, walMagic...)
	dst = binary.BigEndian.AppendUint32(dst, 0)
	dst = binary.BigEndian.AppendUint64(dst, first)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(lines)))
	dst = binary.BigEndian.AppendUint32(dst, 0)
	for _, line := range lines {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(line)))
		dst = append(dst, line...)
	}
	payload := dst[at+walHeader:]
	binary.BigEndian.PutUint32(dst[at+4:], uint32(len(payload)))
	binary.BigEndian.PutUint32(dst[at+20:], crc32.Checksum(dst[at:at+20], castagnoli))
	return binary.BigEndian.AppendUint32(dst, crc32.Checksum(payload, castagnoli))
}

// parseFrames reads the frames of a segment that begins at index first. It
// returns the lines, which alias data, and how many bytes they took. The error
// is errTorn or a *damage; lines are good in either case.
func parseFrames(data []byte, first uint64) (lines [][]byte, valid int, err error) {
	for next := first; valid < len(data); {
		frame, n, err := parseFrame(data, valid, next)
		if err != nil {
			return lines, valid, err
		}
		lines = append(lines, frame...)
		next += uint64(len(frame))
		valid += n
	}
	return lines, valid, nil
}

func parseFrame(data []byte, at int, next uint64) ([][]byte, int, error) {
	rest := data[at:]
	if len(rest) < walHeader {
		return nil, 0, errTorn
	}
	if crc32.Checksum(rest[:20], castagnoli) != binary.BigEndian.Uint32(rest[20:]) || string(rest[:4]) != walMagic {
		if zeroSector(rest, at) {
			return nil, 0, errHole
		}
		return nil, 0, &damage{at, "frame header does not match its checksum"}
	}
	size := binary.BigEndian.Uint32(rest[4:])
	if size > walMaxPayload {
		return nil, 0, &damage{at, "frame is longer than any that is written"}
	}
	total := walHeader + int(size) + 4
	if len(rest) < total {
		return nil, 0, errTorn
	}
	payload := rest[walHeader : total-4]
	if crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(rest[total-4:]) {
		if len(rest) == total && zeroSector(rest, at) {
			return nil, 0, errHole
		}
		return nil, 0, &damage{at, "entries do not match their checksum"}
	}
	if got := binary.BigEndian.Uint64(rest[8:]); got != next {
		return nil, 0, &damage{at, fmt.Sprintf("frame begins with entry %d where %d belongs", got, next)}
	}
	lines, err := splitBundle(payload)
	if err != nil {
		return nil, 0, &damage{at, err.Error()}
	}
	if uint32(len(lines)) != binary.BigEndian.Uint32(rest[16:]) || len(lines) == 0 {
		return nil, 0, &damage{at, "frame does not hold as many entries as it says"}
	}
	return lines, total, nil
}

// zeroSector reports whether some sector of b, which lies at offset at of its
// file, reads as zeros: a file system may have made room for a write that power
// loss kept from arriving. Lines never hold zeros, so this is no bit rot.
func zeroSector(b []byte, at int) bool {
	for len(b) > 0 {
		n := min(sector-at%sector, len(b))
		if len(bytes.Trim(b[:n], "\x00")) == 0 {
			return true
		}
		b, at = b[n:], at+n
	}
	return false
}

// splitBundle splits the entries of a tlog-tiles entry bundle. They alias raw.
func splitBundle(raw []byte) ([][]byte, error) {
	var entries [][]byte
	for at := 0; at < len(raw); {
		if len(raw)-at < 2 {
			return entries, fmt.Errorf("a single byte follows entry %d of the bundle", len(entries))
		}
		n := int(binary.BigEndian.Uint16(raw[at:]))
		if at += 2; len(raw)-at < n {
			return entries, fmt.Errorf("entry %d of the bundle ends before its stated length", len(entries))
		}
		entries = append(entries, raw[at:at+n:at+n])
		at += n
	}
	return entries, nil
}

func segmentName(first uint64) string { return fmt.Sprintf("%020d%s", first, walExt) }

func segmentFirst(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, walExt)
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, ok && err == nil && len(digits) == 20
}

// segmentsIn lists the segments in dir in order.
func segmentsIn(dir string) ([]uint64, error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var firsts []uint64
	for _, e := range list {
		if first, ok := segmentFirst(e.Name()); ok {
			firsts = append(firsts, first)
		}
	}
	slices.Sort(firsts)
	return firsts, nil
}

// wal is the writing end. It belongs to the committer goroutine.
type wal struct {
	dir  string
	do   interpose
	max  int64
	f    *os.File // the segment being written, nil before its first frame
	path string
	size int64
	next uint64 // index of the next entry
	old  []span // finished segments, oldest first
	buf  []byte
}

type span struct {
	path string
	end  uint64 // index after its last entry
}

// openWAL reads what the log in dir holds from index from on, cuts off an
// unfinished frame and leaves the log ready for more.
func openWAL(dir string, from uint64, do interpose) (*wal, [][]byte, error) {
	w := &wal{dir: dir, do: do, max: walSegment, next: from}
	firsts, err := segmentsIn(dir)
	if err != nil {
		return nil, nil, err
	}
	var pending [][]byte
	end, prev := from, uint64(0) // what is known without a gap; where the last segment ended
	for i, first := range firsts {
		path := filepath.Join(dir, segmentName(first))
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		lines, valid, err := parseFrames(data, first)
		if err != nil && !(i == len(firsts)-1 && errors.Is(err, errTorn)) {
			return nil, nil, fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
		}
		if first > end || first < prev {
			return nil, nil, fmt.Errorf("%w: %s: begins with entry %d where %d belongs", ErrDamaged, path, first, end)
		}
		if err := w.cut(path, valid, len(data)); err != nil {
			return nil, nil, err
		}
		if len(lines) == 0 {
			continue
		}
		prev = first + uint64(len(lines))
		w.old = append(w.old, span{path, prev})
		if prev > end {
			pending = append(pending, lines[end-first:]...)
			end = prev
		}
	}
	w.next = from + uint64(len(pending))
	return w, pending, nil
}

// cut shortens a segment to its finished frames.
func (w *wal) cut(path string, valid, have int) error {
	switch {
	case valid == 0:
		return w.do("remove", func() error { return errors.Join(os.Remove(path), syncDir(w.dir)) })
	case valid == have:
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return w.do("truncate", func() error {
		if err := f.Truncate(int64(valid)); err != nil {
			return err
		}
		return f.Sync()
	})
}

// commit makes lines durable as the next entries.
func (w *wal) commit(lines [][]byte) error {
	if w.f == nil {
		if err := w.create(); err != nil {
			return fmt.Errorf("beginning a segment: %w", err)
		}
	}
	w.buf = appendFrame(w.buf[:0], w.next, lines)
	if err := w.do("write", func() error { _, err := w.f.Write(w.buf); return err }); err != nil {
		return err
	}
	if err := w.do("sync", w.f.Sync); err != nil {
		return err
	}
	w.next += uint64(len(lines))
	w.size += int64(len(w.buf))
	if cap(w.buf) > 8<<20 {
		w.buf = nil
	}
	if w.size < w.max {
		return nil
	}
	return w.finish()
}

func (w *wal) create() error {
	w.path, w.size = filepath.Join(w.dir, segmentName(w.next)), 0
	err := w.do("create", func() (err error) {
		w.f, err = os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	return w.do("syncdir", func() error { return syncDir(w.dir) })
}

// finish ends the segment being written.
func (w *wal) finish() error {
	if w.f == nil {
		return nil
	}
	err := w.f.Close()
	w.f = nil
	w.old = append(w.old, span{w.path, w.next})
	return err
}

// drop removes finished segments whose entries all lie below index published.
func (w *wal) drop(published uint64) error {
	n := 0
	for ; n < len(w.old) && w.old[n].end <= published; n++ {
		if err := w.do("remove", func() error { return os.Remove(w.old[n].path) }); err != nil {
			return err
		}
	}
	if n == 0 {
		return nil
	}
	w.old = slices.Delete(w.old, 0, n)
	return w.do("syncdir", func() error { return syncDir(w.dir) })
}

func (w *wal) close() {
	if w.f != nil {
		w.f.Close()
	}
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// writeFile puts data at path in one step, durable on return.
func writeFile(path string, data []byte, perm fs.FileMode) error {
	tmp := path + tempExt
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
