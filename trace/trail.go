package trace

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Shelf keeps a tracer's record outside of its memory. Its values are the
// tracer's own; it need not understand them.
type Shelf interface {
	// Get returns the value of a key, nil where there is none.
	Get(key string) ([]byte, error)
	// Put sets all of the values or none of them.
	Put(values map[string][]byte) error
}

// trail is what the record has of one customer.
type trail struct {
	queue   string
	queueAt time.Time
	viewed  bool    // queue comes from a view, not from a reason
	visits  []visit // by time, then id, then account

	counted part // what of it is in the totals
	dirty   bool
}

type visit struct {
	id          string
	at          time.Time
	actor       int32
	low         bool
	unexplained bool
}

// visit takes a visit to its place; one that is there is told apart by nothing
// but what it adds.
func (c *trail) visit(v visit) {
	i, found := slices.BinarySearchFunc(c.visits, v, func(a, b visit) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.id, b.id), cmp.Compare(a.actor, b.actor))
	})
	if found {
		c.visits[i].low = c.visits[i].low || v.low
		return
	}
	c.visits = slices.Insert(c.visits, i, v)
}

// queued says in which queue the customer was. A view says more than a reason;
// otherwise the first counts.
func (c *trail) queued(queue string, at time.Time, viewed bool) {
	earlier := at.Before(c.queueAt) || at.Equal(c.queueAt) && queue < c.queue
	if queue != "" && (c.queue == "" || viewed && !c.viewed || viewed == c.viewed && earlier) {
		c.queue, c.queueAt, c.viewed = queue, at, viewed
	}
}

// until returns the visits up to a time.
func (c *trail) until(at time.Time) []visit {
	n := len(c.visits)
	for n > 0 && c.visits[n-1].at.After(at) {
		n--
	}
	return c.visits[:n]
}

// trailKey is where a customer's trail stands on the shelf. Customers as the
// gateway names them take half the room.
func trailKey(s event.SubjectID) string {
	if len(s) == 34 && s[:2] == "c-" {
		if raw, err := hex.DecodeString(string(s[2:])); err == nil && hex.EncodeToString(raw) == string(s[2:]) {
			return "h" + string(raw)
		}
	}
	return "t" + string(s)
}

const trailVersion = 1

func appendTime(b []byte, t, since time.Time) []byte {
	b = binary.AppendVarint(b, t.Unix()-since.Unix())
	return binary.AppendUvarint(b, uint64(t.Nanosecond()))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (c *trail) encode() []byte {
	b := make([]byte, 0, 32+24*len(c.visits))
	b = appendText(append(b, trailVersion), c.queue)
	flags := byte(0)
	if c.viewed {
		flags = 1
	}
	b = appendTime(append(b, flags), c.queueAt, time.Unix(0, 0))
	b = binary.AppendUvarint(b, uint64(len(c.visits)))
	last := time.Unix(0, 0)
	for _, v := range c.visits {
		flags = 0
		if v.low {
			flags |= 1
		}
		if v.unexplained {
			flags |= 2
		}
		b = appendText(appendTime(append(b, flags), v.at, last), v.id)
		b = binary.AppendUvarint(b, uint64(v.actor))
		last = v.at
	}
	return b
}

// cursor reads what append… wrote; after a fault it gives zeros.
type cursor struct {
	b   []byte
	bad bool
}

func (r *cursor) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	x := r.b[0]
	r.b = r.b[1:]
	return x
}

func (r *cursor) uint() uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, n, x = true, len(r.b), 0
	}
	r.b = r.b[n:]
	return x
}

func (r *cursor) int() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, n, x = true, len(r.b), 0
	}
	r.b = r.b[n:]
	return x
}

// length reads a number of things that take at least a byte each.
func (r *cursor) length() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *cursor) text() string {
	n := r.length()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *cursor) time(since time.Time) time.Time {
	sec := since.Unix() + r.int()
	return time.Unix(sec, int64(r.uint()%1e9))
}

func decodeTrail(b []byte) (*trail, error) {
	r := &cursor{b: b}
	if r.byte() != trailVersion {
		return nil, ErrShelf
	}
	c := &trail{queue: r.text()}
	c.viewed = r.byte() == 1
	c.queueAt = r.time(time.Unix(0, 0))
	n := r.length()
	c.visits = make([]visit, 0, n)
	last := time.Unix(0, 0)
	for range n {
		flags := r.byte()
		v := visit{low: flags&1 != 0, unexplained: flags&2 != 0}
		v.at = r.time(last)
		v.id = r.text()
		v.actor = int32(r.uint())
		last = v.at
		c.visits = append(c.visits, v)
	}
	if r.bad || len(r.b) > 0 {
		return nil, ErrShelf
	}
	return c, nil
}
