package gateway

import (
	"container/list"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

// VaultLimits bound what a vault holds. A zero field takes its default.
type VaultLimits struct {
	TTL     time.Duration // how long an original is kept after it was last shown; 10 minutes
	Records int           // customers' records per session; 5,000
	Bytes   int64         // sealed bytes of all sessions; 64 MiB
	Memory  int64         // bytes that all sessions take to remember what they were shown; 256 MiB
}

// Original is one value as it was before it was masked.
type Original struct {
	Field, Class, Value, Mask string
	Mapped                    bool // the policy names the field; otherwise it was found by search
}

// entry is an original on its way into the vault: its value is in the batch's
// plain text.
type entry struct {
	subject, field, class, mask string
	mapped                      bool
	off, len                    int
}

// vault keeps originals for minutes, sealed with AES-256-GCM under a key that
// its session alone has and that goes when the session goes. What was shown at a
// time is sealed together. When it is full the oldest give way.
type vault struct {
	limits VaultLimits

	mu      sync.Mutex
	drawers map[string]*drawer
	ended   map[string]time.Time // sessions whose last requests may still be on their way
	bytes   int64
	// queue holds every sealed record in the order of sealing, and some that
	// were dropped since: expiry and eviction both take from its front.
	queue []*sealed
	alive int // of queue, not dropped
	// remembered is the size of all memories; those that have one are in order of
	// their last use, the oldest first.
	remembered int64
	used       list.List // of *drawer
}

// drawer is one session's part. A request holds it from its beginning to its end:
// once the session has ended nothing is kept in it any more.
type drawer struct {
	vault   *vault
	session string
	aead    cipher.AEAD // it makes its own nonces
	memory  *memory

	// Guarded by vault.mu.
	alive int // of queue, not dropped
	held  int // subjects of those
	queue []*sealed
	slots map[string][]slot // by subject
	masks map[string]int    // of all slots, and how many have it
	// holders are the subjects that have a strong mask, with how many slots.
	holders map[string]map[string]int
	last    time.Time // something was shown, or looked for
	// remembered is the size of memory as it was counted, used the place in
	// vault.used if it has one.
	remembered int64
	used       *list.Element
}

// slot is where the newest original of one subject's field is.
type slot struct {
	in                 *sealed
	off, len           int
	field, class, mask string
	mapped             bool
}

type sealed struct {
	of       *drawer
	box      []byte
	size     int64
	at       time.Time
	subjects []string // in the order of sealing; one may stand there twice
	live     int      // slots that lead here
	dropped  bool
}

func newVault(l VaultLimits) *vault {
	if l.TTL <= 0 {
		l.TTL = 10 * time.Minute
	}
	if l.Records <= 0 {
		l.Records = 5000
	}
	if l.Bytes <= 0 {
		l.Bytes = 64 << 20
	}
	if l.Memory <= 0 {
		l.Memory = 256 << 20
	}
	return &vault{limits: l, drawers: make(map[string]*drawer), ended: make(map[string]time.Time)}
}

// open returns the drawer of a session, made when there is none. That of a session
// that has ended is the caller's alone, and keeps nothing.
func (v *vault) open(session string, now time.Time) *drawer {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.drawers[session]
	if d == nil {
		d = &drawer{vault: v, session: session, aead: newAEAD(), memory: newMemory(),
			slots: make(map[string][]slot), masks: make(map[string]int), holders: make(map[string]map[string]int)}
		if _, ended := v.ended[session]; !ended {
			v.drawers[session] = d
		}
	}
	d.touch(now)
	return d
}

// drawer returns the drawer of a session, or nil.
func (v *vault) drawer(session string) *drawer {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.drawers[session]
}

// newAEAD returns AES-256-GCM under a key that nobody else has.
func newAEAD() cipher.AEAD {
	var key [32]byte
	rand.Read(key[:])
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has the right length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // the block is that of AES
	}
	return aead
}

// keepDrawer is how long an empty drawer remembers whom it showed.
const keepDrawer = 12 * time.Hour

// overhead is what an original takes beside its bytes, roughly.
const overhead = 256

// touch notes that d is in use. The caller holds mu.
func (d *drawer) touch(now time.Time) {
	d.last = now
	if d.used != nil {
		d.vault.used.MoveToBack(d.used)
	}
}

// remember counts what the memory of d takes. Where all take too much, those that
// were not used for longest are made to forget.
func (d *drawer) remember(now time.Time) {
	size := d.memory.size()
	v := d.vault
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.drawers[d.session] != d {
		return // the session has ended
	}
	d.setRemembered(size)
	d.touch(now)
	for v.remembered > v.limits.Memory {
		oldest := v.used.Front().Value.(*drawer)
		oldest.memory.forget()
		oldest.setRemembered(0)
	}
}

// setRemembered notes how much the memory of d takes. The caller holds mu.
func (d *drawer) setRemembered(size int64) {
	v := d.vault
	v.remembered += size - d.remembered
	d.remembered = size
	switch {
	case size > 0 && d.used == nil:
		d.used = v.used.PushBack(d)
	case size == 0 && d.used != nil:
		v.used.Remove(d.used)
		d.used = nil
	}
}

// seal keeps the originals that entries point to in plain.
func (d *drawer) seal(entries []entry, plain []byte, now time.Time) {
	if len(entries) == 0 {
		return
	}
	v := d.vault
	size := int64(len(plain) + overhead*len(entries))
	if size > v.limits.Bytes/4 {
		return // one view may not push everything else out; it stays masked
	}
	s := &sealed{of: d, at: now, size: size}
	s.box = d.aead.Seal(make([]byte, 0, len(plain)+d.aead.Overhead()), nil, plain, []byte(d.session))
	d.memory.learn(entries, plain)

	v.mu.Lock()
	defer v.mu.Unlock()
	if v.drawers[d.session] != d {
		return // the session has ended
	}
	for i := range entries {
		d.place(s, &entries[i])
	}
	v.queue, d.queue = append(v.queue, s), append(d.queue, s)
	v.alive, d.alive = v.alive+1, d.alive+1
	d.held += len(s.subjects)
	v.bytes += size
	for d.held > v.limits.Records && d.alive > 1 {
		v.drop(d.queue[0])
		d.queue = d.queue[1:]
	}
	v.expire(now)
	v.queue = compact(v.queue, v.alive)
	d.queue = compact(d.queue, d.alive)
}

// place points a slot to what e is in s. It takes the place of what an earlier
// view had of the same field; one view may hold a field several times. What no
// slot leads to any more is dropped. The caller holds mu.
func (d *drawer) place(s *sealed, e *entry) {
	if n := len(s.subjects); n == 0 || s.subjects[n-1] != e.subject {
		s.subjects = append(s.subjects, e.subject)
	}
	s.live++
	now := slot{in: s, off: e.off, len: e.len, field: e.field, class: e.class, mask: e.mask, mapped: e.mapped}
	d.count(e.subject, now, 1)
	slots := d.slots[e.subject]
	for i := range slots {
		if old := slots[i].in; old != s && slots[i].field == e.field {
			d.count(e.subject, slots[i], -1)
			slots[i] = now
			if old.live--; old.live == 0 {
				d.vault.drop(old)
			}
			return
		}
	}
	if slots == nil {
		slots = make([]slot, 0, 4)
	}
	d.slots[e.subject] = append(slots, now)
}

// count notes that there is one slot more or less of a subject that has the mask of
// s. The caller holds mu.
func (d *drawer) count(subject string, s slot, by int) {
	if d.masks[s.mask] += by; d.masks[s.mask] == 0 {
		delete(d.masks, s.mask)
	}
	if !strong(s.class, s.mask) {
		return
	}
	has := d.holders[s.mask]
	if has == nil {
		has = make(map[string]int, 1)
		d.holders[s.mask] = has
	}
	if has[subject] += by; has[subject] == 0 {
		if delete(has, subject); len(has) == 0 {
			delete(d.holders, s.mask)
		}
	}
}

// compact leaves dropped records out once they are the larger part.
func compact(queue []*sealed, alive int) []*sealed {
	if len(queue) < 2*alive+64 {
		return queue
	}
	return slices.Clone(slices.DeleteFunc(queue, func(s *sealed) bool { return s.dropped }))
}

// expire drops what is too old, and the oldest while there is too much. The
// caller holds mu.
func (v *vault) expire(now time.Time) {
	for len(v.queue) > 0 {
		s := v.queue[0]
		if !s.dropped && now.Sub(s.at) < v.limits.TTL && v.bytes <= v.limits.Bytes {
			return
		}
		v.queue = v.queue[1:]
		v.drop(s)
	}
}

// drop forgets s; it may stay in the queue. The caller holds mu.
func (v *vault) drop(s *sealed) {
	if s.dropped {
		return
	}
	s.dropped = true
	v.bytes -= s.size
	s.box = nil
	v.alive--
	d := s.of
	d.alive--
	d.held -= len(s.subjects)
	for _, subject := range s.subjects {
		slots, ok := d.slots[subject]
		if !ok {
			continue
		}
		slots = slices.DeleteFunc(slots, func(x slot) bool {
			if x.in != s {
				return false
			}
			d.count(subject, x, -1)
			return true
		})
		if len(slots) == 0 {
			delete(d.slots, subject)
		} else {
			d.slots[subject] = slots
		}
	}
}

// keepEnded is how long it is known that a session has ended; no request takes
// longer.
const keepEnded = time.Hour

// close ends a session and its drawer, which is never opened again.
func (v *vault) close(session string, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended[session] = now
	d := v.drawers[session]
	if d == nil {
		return
	}
	for _, s := range d.queue {
		v.drop(s)
	}
	d.setRemembered(0)
	delete(v.drawers, session)
}

// sweep drops what has expired, and drawers that were not used for long.
func (v *vault) sweep(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.expire(now)
	for id, d := range v.drawers {
		if d.alive == 0 && now.Sub(d.last) >= keepDrawer {
			d.setRemembered(0)
			delete(v.drawers, id)
		}
	}
	for id, at := range v.ended {
		if now.Sub(at) >= keepEnded {
			delete(v.ended, id)
		}
	}
}
