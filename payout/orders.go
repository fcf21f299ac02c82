package payout

import (
	"crypto/sha256"
	"iter"
	"math"
	"time"

	"github.com/menshen-io/menshen/event"
)

// orders are the orders that are known. They hold no pointers: fifty million of them
// cost their bytes and nothing at a collection of garbage.
type orders struct {
	byKey  map[key]ref
	chunks []*[chunk]order
	used   ref                   // the highest that was given out
	free   ref                   // the first that may be given out again; next leads on
	long   map[ref]event.BuyerID // those that do not fit into an order
}

// ref is an order; 0 is none.
type ref uint32

const chunk = 1 << 12

// key stands for an id. That two ids have one is as likely as that SHA-256, cut to
// half, is broken.
type key [16]byte

func keyOf[T ~string](id T) key {
	sum := sha256.Sum256([]byte(id))
	return key(sum[:16])
}

// order is one order of a merchant.
type order struct {
	key      key
	amount   int64
	refunded int64
	pending  int64 // refunds under review, which keep their part exposed

	shipped, signed, confirmed instant
	end                        instant // of the refund window; none while it is open-ended

	buyer      [24]byte          // its length, and the id; longBuyer where it does not fit
	values     [numCrowds]uint32 // what it shares with other orders, hashed; 0 for not known
	account    accountRef
	self       ref
	prev, next ref   // in the account's list of what is exposed
	doubt      int32 // of the signature, in millionths
	days       int16
	marks      marks

	closed  bool
	over    bool // nothing more is expected of it
	open    bool // in the list of what is exposed
	abroad  bool
	byBuyer bool // the confirmation
	carrier bool // is known
	old     bool // the buyer is established
}

const longBuyer = 255

// instant is a time, in nanoseconds since 1970; 0 is none. One that does not fit is
// the nearest that does.
type instant int64

// latest leaves room for the longest window, and as much again for a doubted
// signature.
const latest = instant(math.MaxInt64 - 2*int64(maxDays*day))

func instantOf(t time.Time) instant {
	switch s := t.Unix(); {
	case t.IsZero():
		return 0
	case s < 1:
		return 1
	case s >= int64(latest)/1e9:
		return latest
	}
	return instant(t.UnixNano())
}

func (i instant) time() time.Time { return time.Unix(0, int64(i)).UTC() }

// date is the day since 1970, in UTC.
func (i instant) date() int32 { return int32(int64(i) / int64(day)) }

func newOrders() orders { return orders{byKey: map[key]ref{}, long: map[ref]event.BuyerID{}} }

// at returns an order that there is.
func (s *orders) at(r ref) *order { return &s.chunks[r/chunk][r%chunk] }

// find returns nil for an order that is not known.
func (s *orders) find(id event.OrderID) *order {
	if r := s.byKey[keyOf(id)]; r != 0 {
		return s.at(r)
	}
	return nil
}

// add makes an order that is not known yet.
func (s *orders) add(id event.OrderID, buyer event.BuyerID) *order {
	r := s.free
	if r != 0 {
		s.free = s.at(r).next
	} else {
		s.used++
		r = s.used
		s.room(r)
	}
	o := s.at(r)
	*o = order{key: keyOf(id), self: r}
	s.setBuyer(o, buyer)
	s.byKey[o.key] = r
	return o
}

// room makes room for an order behind all others.
func (s *orders) room(r ref) {
	if int(r/chunk) == len(s.chunks) {
		s.chunks = append(s.chunks, new([chunk]order))
	}
}

func (s *orders) setBuyer(o *order, buyer event.BuyerID) {
	if len(buyer) < len(o.buyer) {
		o.buyer[0] = byte(len(buyer))
		copy(o.buyer[1:], buyer)
	} else {
		o.buyer[0] = longBuyer
		s.long[o.self] = buyer
	}
}

// drop forgets an order.
func (s *orders) drop(o *order) {
	delete(s.byKey, o.key)
	delete(s.long, o.self)
	r := o.self
	*o = order{next: s.free}
	s.free = r
}

func (s *orders) buyer(o *order) event.BuyerID {
	if o.buyer[0] == longBuyer {
		return s.long[o.self]
	}
	return event.BuyerID(o.buyer[1 : 1+o.buyer[0]])
}

// all goes over the orders in no order.
func (s *orders) all() iter.Seq[*order] {
	return func(yield func(*order) bool) {
		for _, r := range s.byKey {
			if !yield(s.at(r)) {
				return
			}
		}
	}
}

// link puts an order into the account's list of what is exposed, or takes it out.
func (s *orders) link(a *account, o *order, open bool) {
	switch {
	case open == o.open:
		return
	case open:
		o.prev, o.next = 0, a.open
		if a.open != 0 {
			s.at(a.open).prev = o.self
		}
		a.open = o.self
	default:
		if o.prev != 0 {
			s.at(o.prev).next = o.next
		} else {
			a.open = o.next
		}
		if o.next != 0 {
			s.at(o.next).prev = o.prev
		}
		o.prev, o.next = 0, 0
	}
	o.open = open
}

// exposedOf goes over the account's orders with something exposed.
func (s *orders) exposedOf(a *account) iter.Seq[*order] {
	return func(yield func(*order) bool) {
		for r := a.open; r != 0; {
			o := s.at(r)
			r = o.next
			if !yield(o) {
				return
			}
		}
	}
}

// exposed is what of the order can still be refunded at the merchant's cost.
func (o *order) exposed() int64 {
	switch {
	case o.confirmed == 0:
		return 0
	case o.closed:
		return min(o.pending, o.amount-o.refunded)
	}
	return o.amount - o.refunded
}

// escrowed is what of the order the platform still holds.
func (o *order) escrowed() int64 {
	if o.confirmed == 0 {
		return o.amount - o.refunded
	}
	return 0
}

// of returns the account that an order is of.
func (b *Book) of(o *order) *account { return b.accounts[o.account] }

// change applies f to the order and carries what it does over to the account.
func (b *Book) change(o *order, f func()) {
	a, before, held := b.of(o), o.exposed(), o.escrowed()
	a.expose(o, -before)
	f()
	after := o.exposed()
	a.expose(o, after)
	a.escrow += o.escrowed() - held
	b.orders.link(a, o, after > 0)
}
