package gateway

import (
	"hash/maphash"
	"strings"
)

// What a session remembers of masks without an asterisk: how many, and up to which
// length; what FF1 makes has 20 characters at most. Past it every word of such a
// length is taken for one.
const (
	maxStandIns = 250_000
	maxStandIn  = 20
)

// standIn tells whether a mask stands for its original whole: a pseudonym, or
// what was encrypted. All others have asterisks.
func standIn(m string) bool { return strings.IndexByte(m, '*') < 0 }

// noteStandIn remembers a mask that is issued, if it has no asterisk.
func (d *drawer) noteStandIn(seed maphash.Seed, m string) {
	if standIn(m) && len(m) <= maxStandIn && len(d.standIns) < maxStandIns {
		d.standIns[maphash.String(seed, m)] = struct{}{}
		d.lengths |= 1 << len(m)
	}
}

// maxRun is the longest row of letters and digits that is looked at for masks:
// beyond it stands no value that is found.
const maxRun = 64

// stoodIn returns where in s masks stand that this session was ever shown and that
// are letters and digits only. They may stand in a longer row: +86 before a phone
// is no part of what is masked.
func (v *vault) stoodIn(session, s string) (places [][]int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.drawers[session]
	if d == nil || len(d.standIns) == 0 {
		return nil
	}
	for from := 0; from < len(s); {
		to := from
		for to < len(s) && alphanumeric(s[to]) {
			to++
		}
		for at := from; to-from <= maxRun && at < to; {
			n := d.standInAt(v.seed, s[at:to])
			if n > 0 {
				places = append(places, []int{at, at + n})
			}
			at += max(n, 1)
		}
		from = to + 1
	}
	return places
}

// standInAt returns the length of the longest stand-in that s begins with, or 0.
func (d *drawer) standInAt(seed maphash.Seed, s string) int {
	for n := min(len(s), maxStandIn); n > 0; n-- {
		if d.lengths&(1<<n) == 0 {
			continue
		}
		if _, ok := d.standIns[maphash.String(seed, s[:n])]; ok || len(d.standIns) >= maxStandIns {
			return n
		}
	}
	return 0
}

func alphanumeric(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
