package trace

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/menshen-io/menshen/event"
)

// stratum is what makes two customers alike. The zero stratum is all customers.
type stratum struct {
	queue string
	low   bool
	month int // of the first view, counted from the year 0; anyMonth
	shift int // of the first view, eight hours each; anyShift
}

const (
	anyMonth = -1 << 40
	anyShift = -1
)

// wider returns a stratum and what it is part of, the widest first.
func (s stratum) wider() [4]stratum {
	return [4]stratum{{}, {s.queue, s.low, anyMonth, anyShift}, {s.queue, s.low, s.month, anyShift}, s}
}

// part is what a customer adds to the totals: one to its stratum, and one to each
// account that viewed it.
type part struct {
	stratum stratum
	seen    []seenBy // by account
}

type seenBy struct {
	actor       int32
	unexplained bool
}

// partOf reckons the part of a customer with these visits.
func (t *Tracer) partOf(c *trail, visits []visit) part {
	if len(visits) == 0 {
		return part{}
	}
	first := visits[0].at.In(t.opt.Zone)
	y, m, _ := first.Date()
	p := part{stratum: stratum{c.queue, false, y*12 + int(m), first.Hour() / 8}, seen: make([]seenBy, 0, len(visits))}
	for _, v := range visits {
		p.stratum.low = p.stratum.low || v.low
		p.seen = append(p.seen, seenBy{v.actor, v.unexplained})
	}
	slices.SortFunc(p.seen, func(a, b seenBy) int {
		if a.actor == b.actor && a.unexplained != b.unexplained {
			if a.unexplained {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.actor, b.actor)
	})
	p.seen = slices.CompactFunc(p.seen, func(a, b seenBy) bool { return a.actor == b.actor })
	return p
}

func (p part) same(q part) bool { return p.stratum == q.stratum && slices.Equal(p.seen, q.seen) }

// tally is how many customers of each stratum an account viewed.
type tally struct {
	rows  []row // by stratum
	dirty bool
}

type row struct {
	stratum             int32
	viewed, unexplained int32
}

func (t *tally) add(stratum, viewed, unexplained int32) {
	i, found := slices.BinarySearchFunc(t.rows, stratum, func(r row, s int32) int { return cmp.Compare(r.stratum, s) })
	if !found {
		t.rows = slices.Insert(t.rows, i, row{stratum: stratum})
	}
	t.rows[i].viewed += viewed
	t.rows[i].unexplained += unexplained
	t.dirty = true
}

func (t *tally) of(stratum int32) row {
	if i, found := slices.BinarySearchFunc(t.rows, stratum, func(r row, s int32) int { return cmp.Compare(r.stratum, s) }); found {
		return t.rows[i]
	}
	return row{}
}

// totals are, by stratum, how many customers there are and how many of these each
// account viewed, and all accounts together. They take room by accounts and strata, not by views.
type totals struct {
	strata []stratum
	place  map[stratum]int32
	sums   []sum            // by stratum
	by     map[int32]*tally // by account; with a shelf, those that were needed
}

type sum struct {
	customers           int64
	viewed, unexplained int64 // of these, summed over accounts
}

func newTotals() totals { return totals{place: make(map[stratum]int32), by: make(map[int32]*tally)} }

func (t *totals) stratum(s stratum) int32 {
	i, ok := t.place[s]
	if !ok {
		i = int32(len(t.strata))
		t.place[s] = i
		t.strata, t.sums = append(t.strata, s), append(t.sums, sum{})
	}
	return i
}

// count adds a part to the totals, or with sign -1 takes it out.
func (t *Tracer) count(p part, sign int32) {
	all := p.stratum.wider()
	t.countIn(all[:], p, sign)
}

func (t *Tracer) countIn(strata []stratum, p part, sign int32) {
	if len(p.seen) == 0 {
		return
	}
	for _, s := range strata {
		i := t.totals.stratum(s)
		all := &t.totals.sums[i]
		all.customers += int64(sign)
		all.viewed += int64(sign) * int64(len(p.seen))
		for _, by := range p.seen {
			unexplained := int32(0)
			if by.unexplained {
				unexplained = sign
			}
			all.unexplained += int64(unexplained)
			t.tally(by.actor).add(i, sign, unexplained)
		}
	}
}

// recount brings the totals up to date with a trail.
func (t *Tracer) recount(c *trail) {
	if now := t.partOf(c, c.visits); !now.same(c.counted) {
		t.count(c.counted, -1)
		t.count(now, +1)
		c.counted = now
	}
}

// tally returns an account's, from the shelf if need be.
func (t *Tracer) tally(a int32) *tally {
	if y := t.totals.by[a]; y != nil {
		return y
	}
	y := &tally{}
	if b := t.get(tallyKey(a)); b != nil {
		r := &cursor{b: b}
		for n := r.length(); n > 0; n-- {
			y.rows = append(y.rows, row{int32(r.uint()), int32(r.uint()), int32(r.uint())})
		}
		if r.bad || len(r.b) > 0 {
			t.fail(ErrShelf)
		}
	}
	t.totals.by[a] = y
	return y
}

func tallyKey(a int32) string { return "a" + strconv.Itoa(int(a)) }

func (t *tally) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(len(t.rows)))
	for _, r := range t.rows {
		b = binary.AppendUvarint(b, uint64(r.stratum))
		b = binary.AppendUvarint(b, uint64(r.viewed))
		b = binary.AppendUvarint(b, uint64(r.unexplained))
	}
	return b
}

// get reads the shelf; a fault stays with the tracer.
func (t *Tracer) get(key string) []byte {
	if t.opt.Shelf == nil || t.err != nil {
		return nil
	}
	b, err := t.opt.Shelf.Get(key)
	if err != nil {
		t.fail(fmt.Errorf("reading the index of views: %w", err))
	}
	return b
}

func (t *Tracer) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// trail returns a customer's, from the shelf if need be; nil where the record has
// none.
func (t *Tracer) trail(s event.SubjectID) *trail {
	if c := t.trails[s]; c != nil {
		return c
	}
	b := t.get(trailKey(s))
	if b == nil {
		return nil
	}
	c, err := decodeTrail(b)
	if err != nil {
		t.fail(err)
		return nil
	}
	for _, v := range c.visits {
		if int(v.actor) >= len(t.actors) || v.actor < 0 {
			t.fail(ErrShelf)
			return nil
		}
	}
	c.counted = t.partOf(c, c.visits)
	return c
}

// change returns a customer's trail to be changed.
func (t *Tracer) change(s event.SubjectID) *trail {
	c := t.trails[s]
	if c == nil {
		if c = t.trail(s); c == nil {
			c = &trail{}
		}
		t.trails[s] = c
	}
	if !c.dirty {
		c.dirty = true
		t.dirty = append(t.dirty, s)
	}
	return c
}

// settle brings the totals up to date.
func (t *Tracer) settle() {
	for _, s := range t.dirty {
		c := t.trails[s]
		t.recount(c)
		c.dirty = false
	}
	if t.opt.Shelf != nil {
		t.unsaved = append(t.unsaved, t.dirty...)
	}
	t.dirty = t.dirty[:0]
}

// The head of the record lies in pieces, so that no value is large: stores search
// less well among large ones.
const (
	headKey, headVersion = "m", 4
	namesAtOnce          = 64
	strataAtOnce         = 32
)

func namesKey(piece int) string  { return "n" + strconv.Itoa(piece) }
func strataKey(piece int) string { return "s" + strconv.Itoa(piece) }

// Flush puts what has changed on the shelf and lets go of the trails. Without a
// shelf it does nothing.
func (t *Tracer) Flush() error {
	if t.opt.Shelf == nil || t.err != nil {
		return t.err
	}
	t.settle()
	if len(t.unsaved) == 0 && t.seen == t.saved {
		return t.err
	}
	values := make(map[string][]byte, len(t.unsaved))
	t.putHead(values)
	for _, s := range t.unsaved {
		values[trailKey(s)] = t.trails[s].encode()
	}
	for a, y := range t.totals.by {
		if y.dirty {
			values[tallyKey(a)] = y.encode()
			y.dirty = false
		}
	}
	if t.err != nil {
		return t.err
	}
	if err := t.opt.Shelf.Put(values); err != nil {
		t.fail(fmt.Errorf("writing the index of views: %w", err))
		return t.err
	}
	clear(t.trails)
	t.unsaved, t.saved, t.named = t.unsaved[:0], t.seen, len(t.actors)
	return nil
}

// putHead writes what is of the record as a whole: how far it has come, the
// accounts and the strata.
func (t *Tracer) putHead(values map[string][]byte) {
	b := binary.AppendUvarint([]byte{headVersion}, t.seen)
	judged := byte(0)
	if t.judged {
		judged = 1
	}
	b = appendText(append(b, judged), t.settings())
	b = binary.AppendUvarint(b, uint64(len(t.actors)))
	values[headKey] = binary.AppendUvarint(b, uint64(len(t.totals.strata)))
	for i := t.named / namesAtOnce; i*namesAtOnce < len(t.actors); i++ {
		var b []byte
		for _, a := range t.actors[i*namesAtOnce : min((i+1)*namesAtOnce, len(t.actors))] {
			b = appendText(b, string(a))
		}
		values[namesKey(i)] = b
	}
	var piece []byte
	for i, s := range t.totals.strata {
		low := byte(0)
		if s.low {
			low = 1
		}
		piece = append(appendText(piece, s.queue), low)
		of := t.totals.sums[i]
		for _, n := range []int64{int64(s.month), int64(s.shift), of.customers, of.viewed, of.unexplained} {
			piece = binary.AppendVarint(piece, n)
		}
		if (i+1)%strataAtOnce == 0 || i+1 == len(t.totals.strata) {
			values[strataKey(i/strataAtOnce)] = piece
			piece = nil
		}
	}
}

// settings are what the totals and the verdicts in the trails depend on.
func (t *Tracer) settings() string {
	y := time.Date(2026, 1, 1, 0, 0, 0, 0, t.opt.Zone).Format(time.RFC3339) + time.Date(2026, 7, 1, 0, 0, 0, 0, t.opt.Zone).Format(time.RFC3339)
	return fmt.Sprintf("%s<=%g in %s by %s", t.opt.Attribute, t.opt.AtMost, y, t.opt.Basis)
}

// open reads the head that an earlier tracer left on the shelf.
func (t *Tracer) open() {
	b := t.get(headKey)
	if b == nil {
		return
	}
	r := &cursor{b: b}
	if r.byte() != headVersion {
		t.fail(ErrShelf)
		return
	}
	t.saved = r.uint()
	t.judged = r.byte() == 1
	if r.text() != t.settings() {
		t.fail(ErrShelf)
		return
	}
	names, strata := int(r.uint()), int(r.uint())
	if r.bad || len(r.b) > 0 || !t.openPieces(names, strata) {
		t.fail(ErrShelf)
	}
	t.named = len(t.actors)
}

// openPieces reads the accounts and the strata; it reports whether they are whole.
func (t *Tracer) openPieces(names, strata int) bool {
	for i := 0; len(t.actors) < names; i++ {
		before := len(t.actors)
		for r := (&cursor{b: t.get(namesKey(i))}); len(r.b) > 0; {
			if t.actor(event.ActorID(r.text())); r.bad {
				return false
			}
		}
		if len(t.actors) == before {
			return false
		}
	}
	for i := 0; len(t.totals.strata) < strata; i++ {
		before := len(t.totals.strata)
		for r := (&cursor{b: t.get(strataKey(i))}); len(r.b) > 0; {
			s := stratum{queue: r.text()}
			s.low = r.byte() == 1
			s.month, s.shift = int(r.int()), int(r.int())
			t.totals.sums[t.totals.stratum(s)] = sum{r.int(), r.int(), r.int()}
			if r.bad {
				return false
			}
		}
		if len(t.totals.strata) == before {
			return false
		}
	}
	return len(t.actors) == names && len(t.totals.strata) == strata
}
