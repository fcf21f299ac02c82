package gateway

import (
	"hash/maphash"
	"strings"
	"sync"

	"github.com/menshen-io/menshen/mask"
)

// memory is what a session was ever shown, as hashes: it outlives the originals,
// so that a mask that comes back is known as one, so that none goes back by guess
// to the wrong customer, and so that what was personal is masked wherever it stands.
type memory struct {
	seed maphash.Seed
	// Masks without an asterisk, others that were found in texts, and others of
	// fields; they have locks of their own.
	standIns, starred, mapped maskSet

	mu        sync.RWMutex
	customers map[uint64]struct{} // whose originals were sealed
	// strong are the masks of strong classes, with their originals; 0 when there
	// were several.
	strong map[uint64]uint64
	full   bool        // there were more customers or strong masks
	known  *mask.Known // what to mask wherever it stands; it has its own lock
}

// maxStrong bounds the masks and customers that a session is known to have been shown. Past it
// no mask goes back that is not named with its customer.
const maxStrong = 100_000

// What a memory takes, roughly, in bytes. How much of it knows values cannot be
// told: it grows with the customers and masks until it is full.
const (
	hashBytes     = 24
	knownBytes    = 512 // for each customer and mask
	knownMaxBytes = 512 << 10
)

func newMemory() *memory {
	seed := maphash.MakeSeed()
	return &memory{seed: seed, standIns: maskSet{seed: seed}, starred: maskSet{seed: seed}, mapped: maskSet{seed: seed},
		customers: make(map[uint64]struct{}), strong: make(map[uint64]uint64), known: mask.NewKnown(maphash.MakeSeed())}
}

// knows returns what is to be masked wherever it stands.
func (m *memory) knows() *mask.Known {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.known
}

// size is how many bytes m takes, roughly.
func (m *memory) size() int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n := int64(m.standIns.len() + m.starred.len() + m.mapped.len() + len(m.customers) + len(m.strong))
	return n*hashBytes + min(n*knownBytes, knownMaxBytes)
}

// forget makes room: from now on m takes for a mask whatever has the shape of one
// that was shown, lets none go back by guess, and knows only what is shown anew.
func (m *memory) forget() {
	for _, s := range []*maskSet{&m.standIns, &m.starred, &m.mapped} {
		s.mu.Lock()
		s.forget()
		s.mu.Unlock()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.customers, m.strong, m.full = nil, nil, true
	m.known = mask.NewKnown(maphash.MakeSeed())
}

// issuedMask is a mask that was shown.
type issuedMask struct {
	text   string
	mapped bool
}

// note remembers masks by which they are known again inside of a text. What has
// nothing but up to three asterisks is no mark of one.
func (m *memory) note(masks []issuedMask) {
	for _, x := range masks {
		switch {
		case standIn(x.text):
			m.standIns.add(x.text)
		case strings.Trim(x.text, "*") == "" && len(x.text) <= 3:
		case x.mapped:
			m.mapped.add(x.text)
		default:
			m.starred.add(x.text)
		}
	}
}

// learn remembers whose originals are sealed, and which of their masks tell them
// apart.
func (m *memory) learn(entries []entry, plain []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range entries {
		e := &entries[i]
		if m.full = m.full || len(m.customers) >= maxStrong || len(m.strong) >= maxStrong; m.full {
			return
		}
		m.customers[maphash.String(m.seed, e.subject)] = struct{}{}
		if !strong(e.class, e.mask) {
			continue
		}
		key, original := maphash.String(m.seed, e.mask), m.bare(plain[e.off:e.off+e.len])
		if was, ok := m.strong[key]; ok && was != original {
			original = 0
		}
		m.strong[key] = original
	}
}

// alone tells whether all that the session was ever shown as the strong mask s was
// one number.
func (m *memory) alone(s string) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return !m.full && m.strong[maphash.String(m.seed, s)] != 0
}

// wasShown reports whether the session was ever shown the customer id.
func (m *memory) wasShown(id string) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, ok := m.customers[maphash.String(m.seed, id)]
	return ok
}

// strong says whether a mask tells originals of its class apart so well that it
// may stand for its original without a customer's name: a session would have to be
// shown hundreds of thousands before two alike can be expected by chance.
func strong(class, m string) bool {
	if standIn(m) {
		return true
	}
	shown := 0
	for i := range len(m) {
		if m[i] >= '0' && m[i] <= '9' {
			shown++
		}
	}
	return shown >= 7 && class == string(mask.Phone)
}

// standIn tells whether a mask stands for its original whole: a pseudonym, or
// what was encrypted. All others have asterisks.
func standIn(m string) bool { return strings.IndexByte(m, '*') < 0 }

// bare hashes a number as it is without blanks and hyphens; it is never 0.
func (m *memory) bare(number []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	for _, c := range number {
		if c != ' ' && c != '-' {
			h.WriteByte(c)
		}
	}
	return max(h.Sum64(), 1)
}

// place is what a text is in which masks are looked for: which of them are there by
// no chance.
type place uint8

const (
	inBytes place = iota // no text, perhaps: masks without an asterisk
	inText               // of a value: also those that were found in texts
	inField              // it may be that of a field: all
)

// masksIn returns where in s masks stand that this session was ever shown, and
// false when there is too much in s to tell. Those without an asterisk may stand
// in a longer row of letters and digits: +86 before a phone is no part of it. It
// takes what it looks up around asterisks from left.
func (m *memory) masksIn(s string, in place, left *int) (places [][]int, ok bool) {
	places, ok = m.standIns.inRuns(s), true
	for _, set := range []*maskSet{&m.starred, &m.mapped}[:in] {
		stars, all := set.aroundStars(s, left)
		places, ok = append(places, stars...), ok && all
	}
	return places, ok
}
