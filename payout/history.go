package payout

import (
	"encoding/binary"
)

// history is tallies by day, the oldest first. A year of days of a million shops has
// to fit: all but the newest are packed.
type history struct {
	packed []byte // of each day its distance from the one before, then its sums
	start  int64  // what the first distance is from
	last   int64  // the newest day that is packed
	newest dayTally
}

type dayTally struct {
	day            int64 // since the epoch, UTC
	clean, spoiled int64
	old            int64 // of clean, sold to established buyers

	numClean, numSpoiled int64
}

func (d *dayTally) sums() []*int64 {
	return []*int64{&d.clean, &d.spoiled, &d.old, &d.numClean, &d.numSpoiled}
}

// add adds a tally of the newest day, or of an earlier one that is taken for it.
func (h *history) add(d dayTally) {
	if h.newest != (dayTally{}) && d.day > h.newest.day {
		if len(h.packed) == 0 {
			h.start, h.last = h.newest.day, h.newest.day
		}
		h.packed = binary.AppendUvarint(h.packed, uint64(h.newest.day-h.last))
		for _, n := range h.newest.sums() {
			h.packed = binary.AppendUvarint(h.packed, uint64(*n))
		}
		h.last = h.newest.day
		h.newest = dayTally{}
	}
	if h.newest == (dayTally{}) {
		h.newest.day = d.day
	}
	sums := h.newest.sums()
	for i, n := range d.sums() {
		*sums[i] += *n
	}
}

// pop takes out the oldest tally if it is of a day before limit.
func (h *history) pop(limit int64) (dayTally, bool) {
	if len(h.packed) == 0 {
		if d := h.newest; d != (dayTally{}) && d.day < limit {
			h.newest = dayTally{}
			return d, true
		}
		return dayTally{}, false
	}
	distance, n := binary.Uvarint(h.packed)
	d := dayTally{day: h.start + int64(distance)}
	if d.day >= limit {
		return dayTally{}, false
	}
	for _, p := range d.sums() {
		v, k := binary.Uvarint(h.packed[n:])
		*p, n = int64(v), n+k
	}
	h.packed, h.start = h.packed[n:], d.day
	return d, true
}
