package gateway

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// VaultLimits bound what a vault holds. A zero field takes its default.
type VaultLimits struct {
	TTL     time.Duration // how long an original is kept after it was last shown; 10 minutes
	Records int           // customers' records per session; 5,000
	Bytes   int64         // sealed bytes of all sessions; 64 MiB
}

// Original is one value as it was before it was masked.
type Original struct {
	Field, Class, Value, Mask string
	Mapped                    bool // the policy names the field; otherwise it was found by search
}

// vault keeps originals for minutes, sealed with AES-256-GCM under a key that
// its session alone has and that goes when the session goes. A record's values
// are sealed together. When it is full the oldest give way.
type vault struct {
	limits VaultLimits

	mu      sync.Mutex
	drawers map[string]*drawer
	seed    maphash.Seed
	bytes   int64
	// queue holds every sealed record in the order of sealing, and some that
	// were dropped since: expiry and eviction both take from its front.
	queue []*sealed
	alive int // records in queue that were not dropped
}

// drawer is one session's part. Its fields are guarded by vault.mu, but aead,
// which is safe to use by many, and never changes.
type drawer struct {
	aead  cipher.AEAD
	next  uint64 // nonce: never twice under one key
	alive int    // records in queue that were not dropped
	queue []*sealed
	slots map[string]map[string]slot // subject, then key of field
	// shown are all customers whose originals were ever sealed here, as hashes.
	// They outlive the originals: a mask of one whose original is gone must not
	// be taken for another's.
	shown map[uint64]struct{}
	last  time.Time // something was sealed
}

// slot is where the newest original of one subject's field is.
type slot struct {
	in          *sealed
	off, len    int
	field       string
	class, mask string
	mapped      bool
}

type sealed struct {
	session, subject string
	nonce            uint64
	box              []byte
	at               time.Time
	keys             []string // of its slots
	live             int      // slots that still lead here
	dropped          bool
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
	return &vault{limits: l, drawers: make(map[string]*drawer), seed: maphash.MakeSeed()}
}

func (v *vault) drawer(session string) (*drawer, uint64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.drawers[session]
	if d == nil {
		var key [32]byte
		rand.Read(key[:])
		block, err := aes.NewCipher(key[:])
		if err != nil {
			return nil, 0, fmt.Errorf("opening drawer: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, 0, fmt.Errorf("opening drawer: %w", err)
		}
		d = &drawer{aead: aead, slots: make(map[string]map[string]slot), shown: make(map[uint64]struct{})}
		v.drawers[session] = d
	}
	d.next++
	return d, d.next, nil
}

func nonceOf(n uint64) []byte {
	var b [12]byte
	binary.BigEndian.PutUint64(b[4:], n)
	return b[:]
}

// maxShown bounds the customers that a session is known to have been shown. Past
// it a write that names no customer restores nothing.
const maxShown = 20_000

// keepDrawer is how long an empty drawer remembers whom it showed.
const keepDrawer = 12 * time.Hour

// overhead is what a sealed record takes beside its box, roughly.
const overhead = 256

// seal keeps the originals of one subject.
func (v *vault) seal(session, subject string, values []Original, now time.Time) error {
	if subject == "" || len(values) == 0 {
		return nil
	}
	d, nonce, err := v.drawer(session)
	if err != nil {
		return err
	}
	size := 0
	for i := range values {
		size += len(values[i].Value)
	}
	if int64(size) > v.limits.Bytes/4 {
		return nil // one record may not push everything else out; it stays masked
	}
	box := make([]byte, 0, size+d.aead.Overhead())
	for i := range values {
		box = append(box, values[i].Value...)
	}
	box = d.aead.Seal(box[:0], nonceOf(nonce), box, []byte(subject))
	s := &sealed{session: session, subject: subject, nonce: nonce, box: box, at: now, keys: make([]string, 0, len(values))}

	v.mu.Lock()
	defer v.mu.Unlock()
	if v.drawers[session] != d {
		return nil // the session ended meanwhile
	}
	if d.last = now; len(d.shown) < maxShown {
		d.shown[maphash.String(v.seed, subject)] = struct{}{}
	}
	v.place(d, s, values)
	v.queue, d.queue = append(v.queue, s), append(d.queue, s)
	v.alive, d.alive = v.alive+1, d.alive+1
	v.bytes += int64(len(s.box)) + overhead
	for d.alive > v.limits.Records {
		v.drop(d.queue[0])
		d.queue = d.queue[1:]
	}
	v.expire(now)
	v.queue = compact(v.queue, v.alive)
	d.queue = compact(d.queue, d.alive)
	return nil
}

// place points the slots of a subject to s; a record to which no slot leads any
// more is dropped. The caller holds mu.
func (v *vault) place(d *drawer, s *sealed, values []Original) {
	of := d.slots[s.subject]
	if of == nil {
		of = make(map[string]slot, len(values))
		d.slots[s.subject] = of
	}
	off := 0
	for i := range values {
		o := &values[i]
		key := o.Field
		for n := 2; of[key].in == s; n++ { // one record may hold a field several times
			key = o.Field + "#" + strconv.Itoa(n)
		}
		old := of[key].in
		of[key] = slot{in: s, off: off, len: len(o.Value), field: o.Field, class: o.Class, mask: o.Mask, mapped: o.Mapped}
		off += len(o.Value)
		s.keys = append(s.keys, key)
		s.live++
		if old != nil {
			if old.live--; old.live == 0 {
				v.drop(old)
			}
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
	v.bytes -= int64(len(s.box)) + overhead
	s.box = nil
	v.alive--
	d := v.drawers[s.session]
	d.alive--
	of := d.slots[s.subject]
	for _, key := range s.keys {
		if of[key].in == s {
			delete(of, key)
		}
	}
	if len(of) == 0 {
		delete(d.slots, s.subject)
	}
}

// close ends a session's drawer: its key is gone.
func (v *vault) close(session string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.drawers[session]
	if d == nil {
		return
	}
	for _, s := range d.queue {
		v.drop(s)
	}
	delete(v.drawers, session)
}

// sweep drops what has expired, and drawers that were not used for long.
func (v *vault) sweep(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.expire(now)
	for id, d := range v.drawers {
		if d.alive == 0 && now.Sub(d.last) >= keepDrawer {
			delete(v.drawers, id)
		}
	}
}

var (
	errNotSeen   = errors.New("not in the vault")
	errAmbiguous = errors.New("several fields")
)

// find returns the one original of a subject that name means: a field as the
// policy has it, else its last part or class, else a class found by search. A
// mask that is not empty narrows it to values that look so.
func (v *vault) find(session, subject, name, mask string, now time.Time) (Original, error) {
	v.mu.Lock()
	d := v.drawers[session]
	if d == nil {
		v.mu.Unlock()
		return Original{}, errNotSeen
	}
	var exact, loose, searched []found
	for _, s := range d.slots[subject] {
		switch {
		case mask != "" && s.mask != mask:
		case !s.mapped && s.class == name:
			searched = v.collect(searched, d, subject, s, now)
		case s.mapped && s.field == name:
			exact = v.collect(exact, d, subject, s, now)
		case s.mapped && (s.class == name || lastPart(s.field) == name):
			loose = v.collect(loose, d, subject, s, now)
		}
	}
	v.mu.Unlock()
	for _, hits := range [][]found{exact, loose, searched} {
		if len(hits) > 0 {
			return one(hits)
		}
	}
	return Original{}, errNotSeen
}

// found is a slot with its sealed box, to be opened outside the lock.
type found struct {
	d       *drawer
	subject string
	slot    slot
	box     []byte
}

// collect adds a slot that has not expired. The caller holds mu.
func (v *vault) collect(hits []found, d *drawer, subject string, s slot, now time.Time) []found {
	if s.in.dropped || now.Sub(s.in.at) >= v.limits.TTL {
		return hits
	}
	return append(hits, found{d, subject, s, s.in.box})
}

func (f found) open() (Original, error) {
	plain, err := f.d.aead.Open(nil, nonceOf(f.slot.in.nonce), f.box, []byte(f.subject))
	if err != nil {
		return Original{}, fmt.Errorf("opening sealed record: %w", err)
	}
	s := f.slot
	return Original{Field: s.field, Class: s.class, Mask: s.mask, Mapped: s.mapped, Value: string(plain[s.off : s.off+s.len])}, nil
}

// one opens hits, which must agree on one value.
func one(hits []found) (Original, error) {
	if len(hits) == 0 {
		return Original{}, errNotSeen
	}
	var first Original
	for i, h := range hits {
		o, err := h.open()
		if err != nil {
			return Original{}, err
		}
		if i > 0 && o.Value != first.Value {
			return Original{}, errAmbiguous
		}
		if i == 0 {
			first = o
		}
	}
	return first, nil
}

// masked returns the one original in the session whose mask is mask and whose
// field agrees with path; one found by search agrees with any, since it would be
// found there again. A subject that is not empty must be its customer.
func (v *vault) masked(session, mask, path, subject string, now time.Time) (Original, error) {
	v.mu.Lock()
	var hits []found
	if d := v.drawers[session]; d != nil {
		add := func(subject string, fields map[string]slot) {
			for _, s := range fields {
				if s.mask == mask && (!s.mapped || sameField(s.field, path)) {
					hits = v.collect(hits, d, subject, s, now)
				}
			}
		}
		if subject != "" {
			add(subject, d.slots[subject])
		} else if len(d.shown) < maxShown {
			for subject, fields := range d.slots {
				add(subject, fields)
			}
		}
	}
	v.mu.Unlock()
	return one(hits)
}

// issued reports whether mask stands for any original of the session.
func (v *vault) issued(session, mask string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if d := v.drawers[session]; d != nil {
		for _, fields := range d.slots {
			for _, s := range fields {
				if s.mask == mask {
					return true
				}
			}
		}
	}
	return false
}

// wasShown reports whether the session was ever shown the customer id.
func (v *vault) wasShown(session, id string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.drawers[session]
	if d == nil {
		return false
	}
	_, ok := d.shown[maphash.String(v.seed, id)]
	return ok
}

func lastPart(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		path = path[i+1:]
	}
	if i := strings.IndexByte(path, '['); i >= 0 {
		path = path[:i]
	}
	return path
}

// sameField reports whether one path is the end of the other: "customer.phone"
// agrees with "phone" and "data.customer.phone", not with "shop.phone".
func sameField(a, b string) bool {
	a, b = plainPath(a), plainPath(b)
	if len(a) < len(b) {
		a, b = b, a
	}
	return b != "" && strings.HasSuffix(a, b) && (len(a) == len(b) || a[len(a)-len(b)-1] == '.')
}

// plainPath leaves out "$.", what stands in brackets, and of a path that goes
// down to any depth all that is before it.
func plainPath(p string) string {
	if i := strings.LastIndex(p, ".."); i >= 0 {
		p = p[i+2:]
	}
	p = strings.TrimPrefix(strings.TrimPrefix(p, "$"), ".")
	for {
		i := strings.IndexByte(p, '[')
		if i < 0 {
			return p
		}
		j := strings.IndexByte(p[i:], ']')
		if j < 0 {
			return p[:i]
		}
		p = p[:i] + p[i+j+1:]
	}
}
