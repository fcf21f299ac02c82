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
	"strings"
	"sync"
	"time"

	"github.com/menshen-io/menshen/mask"
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
	seed    maphash.Seed
	bytes   int64
	// queue holds every sealed record in the order of sealing, and some that
	// were dropped since: expiry and eviction both take from its front.
	queue []*sealed
	alive int // of queue, not dropped
}

// drawer is one session's part. Its fields are guarded by vault.mu, but aead,
// which is safe to use by many and never changes, and the sets of masks.
type drawer struct {
	aead  cipher.AEAD
	next  uint64 // nonce: never twice under one key
	alive int    // of queue, not dropped
	held  int    // subjects of those
	queue []*sealed
	slots map[string][]slot // by subject
	// shown are all customers whose originals were ever sealed here, as hashes.
	shown map[uint64]struct{}
	// strong are the masks of strong classes that were ever issued here, with
	// their originals, both as hashes; 0 when there were several.
	strong map[uint64]uint64
	// Masks that were ever issued here: without an asterisk, and others that were
	// found in texts. They have a lock of their own: to look for them takes time.
	masks             sync.Mutex
	standIns, starred maskSet     // guarded by masks
	last              time.Time   // something was sealed, or looked for
	known             *mask.Known // what to mask wherever it stands; it has its own lock
}

// slot is where the newest original of one subject's field is.
type slot struct {
	in                 *sealed
	off, len           int
	field, class, mask string
	mapped             bool
}

type sealed struct {
	session  string
	nonce    uint64
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
	return &vault{limits: l, drawers: make(map[string]*drawer), seed: maphash.MakeSeed()}
}

// drawer returns the drawer of a session, made when there is none, and a nonce
// for it.
func (v *vault) drawer(session string) (*drawer, uint64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, err := v.open(session)
	if err != nil {
		return nil, 0, err
	}
	d.next++
	return d, d.next, nil
}

// known returns what a session was shown, to be masked wherever it stands. It
// goes with the session's drawer.
func (v *vault) known(session string, now time.Time) *mask.Known {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, err := v.open(session)
	if err != nil {
		return nil // then only what the body at hand says is known
	}
	d.last = now
	return d.known
}

// open returns the drawer of a session, made when there is none. The caller
// holds mu.
func (v *vault) open(session string) (*drawer, error) {
	d := v.drawers[session]
	if d == nil {
		var key [32]byte
		rand.Read(key[:])
		block, err := aes.NewCipher(key[:])
		if err != nil {
			return nil, fmt.Errorf("opening drawer: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("opening drawer: %w", err)
		}
		d = &drawer{aead: aead, known: mask.NewKnown(maphash.MakeSeed()), slots: make(map[string][]slot), shown: make(map[uint64]struct{}), strong: make(map[uint64]uint64)}
		v.drawers[session] = d
	}
	return d, nil
}

func nonceOf(n uint64) []byte {
	var b [12]byte
	binary.BigEndian.PutUint64(b[4:], n)
	return b[:]
}

// maxStrong bounds the masks and customers that a session is known to have been shown. Past it
// no mask goes back that is not named with its customer.
const maxStrong = 100_000

// keepDrawer is how long an empty drawer remembers whom it showed.
const keepDrawer = 12 * time.Hour

// overhead is what an original takes beside its bytes, roughly.
const overhead = 160

// seal keeps the originals that entries point to in plain.
func (v *vault) seal(session string, entries []entry, plain []byte, now time.Time) error {
	if len(entries) == 0 {
		return nil
	}
	size := int64(len(plain) + overhead*len(entries))
	if size > v.limits.Bytes/4 {
		return nil // one view may not push everything else out; it stays masked
	}
	d, nonce, err := v.drawer(session)
	if err != nil {
		return err
	}
	s := &sealed{session: session, nonce: nonce, at: now, size: size}
	s.box = d.aead.Seal(make([]byte, 0, len(plain)+d.aead.Overhead()), nonceOf(nonce), plain, []byte(session))

	v.mu.Lock()
	defer v.mu.Unlock()
	if v.drawers[session] != d {
		return nil // the session ended meanwhile
	}
	d.last = now
	for i := range entries {
		e := &entries[i]
		v.place(d, s, e)
		if strong(e.class, e.mask) && len(d.strong) < maxStrong {
			mask, original := maphash.String(v.seed, e.mask), v.bare(plain[e.off:e.off+e.len])
			if was, ok := d.strong[mask]; ok && was != original {
				original = 0
			}
			d.strong[mask] = original
		}
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
	return nil
}

// place points a slot to what e is in s. It takes the place of what an earlier
// view had of the same field; one view may hold a field several times. What no
// slot leads to any more is dropped. The caller holds mu.
func (v *vault) place(d *drawer, s *sealed, e *entry) {
	if n := len(s.subjects); n == 0 || s.subjects[n-1] != e.subject {
		s.subjects = append(s.subjects, e.subject)
		if len(d.shown) < maxStrong {
			d.shown[maphash.String(v.seed, e.subject)] = struct{}{}
		}
	}
	s.live++
	now := slot{in: s, off: e.off, len: e.len, field: e.field, class: e.class, mask: e.mask, mapped: e.mapped}
	slots := d.slots[e.subject]
	for i := range slots {
		if old := slots[i].in; old != s && slots[i].field == e.field {
			slots[i] = now
			if old.live--; old.live == 0 {
				v.drop(old)
			}
			return
		}
	}
	if slots == nil {
		slots = make([]slot, 0, 4)
	}
	d.slots[e.subject] = append(slots, now)
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
	d := v.drawers[s.session]
	d.alive--
	d.held -= len(s.subjects)
	for _, subject := range s.subjects {
		slots, ok := d.slots[subject]
		if !ok {
			continue
		}
		slots = slices.DeleteFunc(slots, func(x slot) bool { return x.in == s })
		if len(slots) == 0 {
			delete(d.slots, subject)
		} else {
			d.slots[subject] = slots
		}
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
	errSpelling  = fmt.Errorf("%w: one number, written in several ways", errAmbiguous)
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
			searched = v.collect(searched, d, s, now)
		case s.mapped && s.field == name:
			exact = v.collect(exact, d, s, now)
		case s.mapped && (s.class == name || lastPart(s.field) == name):
			loose = v.collect(loose, d, s, now)
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
	session string
	slot    slot
	box     []byte
}

// collect adds a slot that has not expired. The caller holds mu.
func (v *vault) collect(hits []found, d *drawer, s slot, now time.Time) []found {
	if s.in.dropped || now.Sub(s.in.at) >= v.limits.TTL {
		return hits
	}
	return append(hits, found{d, s.in.session, s, s.in.box})
}

// opener opens sealed boxes; hits of one box that follow each other open it once.
type opener struct {
	of    *sealed
	plain []byte
}

func (o *opener) open(f found) (Original, error) {
	s := f.slot
	if o.of != s.in {
		plain, err := f.d.aead.Open(nil, nonceOf(s.in.nonce), f.box, []byte(f.session))
		if err != nil {
			return Original{}, fmt.Errorf("opening sealed record: %w", err)
		}
		o.of, o.plain = s.in, plain
	}
	return Original{Field: s.field, Class: s.class, Mask: s.mask, Mapped: s.mapped, Value: string(o.plain[s.off : s.off+s.len])}, nil
}

// one opens hits, which must agree on one value. With errSpelling it returns
// the first of the ways in which the one number is written.
func one(hits []found) (Original, error) {
	if len(hits) == 0 {
		return Original{}, errNotSeen
	}
	var first Original
	var differ error
	var box opener
	for i, h := range hits {
		o, err := box.open(h)
		if err != nil {
			return Original{}, err
		}
		switch {
		case i == 0:
			first = o
		case o.Value == first.Value:
		case o.sameNumber(first):
			differ = errSpelling
		default:
			return Original{}, errAmbiguous
		}
	}
	return first, differ
}

// sameNumber reports whether two numbers differ only in blanks and hyphens.
func (o Original) sameNumber(p Original) bool {
	switch mask.Class(o.Class) {
	case mask.Phone, mask.ResidentID, mask.BankCard:
		return o.Class == p.Class && digits.Replace(o.Value) == digits.Replace(p.Value)
	}
	return false
}

var digits = strings.NewReplacer(" ", "", "-", "")

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

// bare hashes a number as it is without blanks and hyphens; it is never 0.
func (v *vault) bare(number []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(v.seed)
	for _, c := range number {
		if c != ' ' && c != '-' {
			h.WriteByte(c)
		}
	}
	return max(h.Sum64(), 1)
}

// masked returns the one original in the session whose mask is m and whose field
// agrees with the first of paths that any agrees with, else one found by search,
// since it would be found there again. It is the subject's; when subject is
// empty, anybody's (of perhaps, if there are any) if the session was never shown
// another original of this mask, which must be strong.
func (v *vault) masked(session, m string, paths []string, subject string, perhaps []string, now time.Time) (Original, error) {
	hits := make([][]found, len(paths)+1) // those found by search come last
	v.mu.Lock()
	if d := v.drawers[session]; d != nil {
		add := func(slots []slot) {
			for _, s := range slots {
				if s.mask != m || subject == "" && !strong(s.class, s.mask) {
					continue
				}
				i := len(paths)
				if s.mapped {
					i = slices.IndexFunc(paths, func(path string) bool { return sameField(s.field, path) })
				}
				if i >= 0 {
					hits[i] = v.collect(hits[i], d, s, now)
				}
			}
		}
		switch {
		case subject != "":
			add(d.slots[subject])
		case d.strong[maphash.String(v.seed, m)] == 0 || len(d.strong) >= maxStrong || len(d.shown) >= maxStrong:
		case len(perhaps) > 0:
			for _, id := range perhaps {
				add(d.slots[id])
			}
		default:
			for _, slots := range d.slots {
				add(slots)
			}
		}
	}
	v.mu.Unlock()
	for _, h := range hits {
		if len(h) > 0 {
			return one(h)
		}
	}
	return Original{}, errNotSeen
}

// inRow returns the originals of masks that were found by search one after the
// other, in this order, in what a subject's record was shown with. All places
// where they were must agree.
func (v *vault) inRow(session, subject string, masks []string, now time.Time) ([]Original, error) {
	shown := make(map[*sealed][]found)
	v.mu.Lock()
	if d := v.drawers[session]; d != nil {
		for _, s := range d.slots[subject] {
			if !s.mapped {
				shown[s.in] = v.collect(shown[s.in], d, s, now)
			}
		}
	}
	v.mu.Unlock()
	var row []Original
	var box opener
	for _, hits := range shown {
		slices.SortFunc(hits, func(a, b found) int { return a.slot.off - b.slot.off })
		for i := 0; i+len(masks) <= len(hits); i++ {
			part := hits[i : i+len(masks)]
			if !slices.EqualFunc(part, masks, func(f found, m string) bool { return f.slot.mask == m }) {
				continue
			}
			for k, f := range part {
				o, err := box.open(f)
				switch {
				case err != nil:
					return nil, err
				case len(row) < len(masks):
					row = append(row, o)
				case row[k].Value != o.Value:
					return nil, errAmbiguous
				}
			}
		}
	}
	if row == nil {
		return nil, errNotSeen
	}
	return row, nil
}

// mapped returns the originals of a subject's fields that the session was shown.
func (v *vault) mapped(session, subject string, now time.Time) ([]Original, error) {
	var hits []found
	v.mu.Lock()
	if d := v.drawers[session]; d != nil {
		for _, s := range d.slots[subject] {
			if s.mapped {
				hits = v.collect(hits, d, s, now)
			}
		}
	}
	v.mu.Unlock()
	var out []Original
	var box opener
	for _, h := range hits {
		o, err := box.open(h)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
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
