package payout

import (
	"cmp"
	"encoding/binary"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
	"github.com/menshen-io/menshen/rule"
)

// Save writes all that the book knows, so that Load can go on from it. Books that
// were folded from the same events by the same pack give the same bytes, however
// often they were saved and loaded in between. Nobody is answered meanwhile.
func (b *Book) Save(w io.Writer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return snapshot.Save(w, b.walk)
}

// Load returns the book that Save wrote, and reads no further. An error that wraps
// snapshot.ErrUnfit says that it cannot be gone on from.
func Load(p Pack, r io.Reader) (*Book, error) {
	b := New(p)
	if err := snapshot.Load(r, b.walk); err != nil {
		return nil, err
	}
	return b, nil
}

// stateFormat changes whenever the meaning of what is saved does.
const stateFormat = "menshen payout book 1"

func (b *Book) walk(c *snapshot.Codec) {
	c.Same(stateFormat, "it is of another kind or version")
	c.Same(b.pack.fingerprint, "it was made with another pack")
	c.Time(&b.now)
	snapshot.Int(c, &b.unmatched)
	for i := range b.timing {
		snapshot.Int(c, &b.timing[i])
	}
	snapshot.Map(c, b.habits, func(x, y trade) int {
		return cmp.Or(cmp.Compare(x.category, y.category), cmp.Compare(x.currency, y.currency))
	},
		func(t *trade) { snapshot.Text(c, &t.category); snapshot.Text(c, &t.currency) },
		func(h **habits) {
			if c.Loading() {
				*h = &habits{}
			}
			(*h).walk(c)
		})
	merchants := b.walkMerchants(c)
	b.walkAccounts(c, merchants)
	b.walkRings(c, merchants)
	b.walkOrders(c)
	b.walkWindows(c)
	b.walkRefunds(c)
	b.walkRequests(c)
	b.walkEarly(c)
	b.walkRules(c)
}

func ints(c *snapshot.Codec, all ...*int64) {
	for _, n := range all {
		snapshot.Int(c, n)
	}
}

func (h *habits) walk(c *snapshot.Codec) {
	ints(c, &h.clean, &h.spoiled, &h.orders)
	for i := range h.prices {
		snapshot.Int(c, &h.prices[i])
	}
}

// walkMerchants goes over what is a merchant's own, by id.
func (b *Book) walkMerchants(c *snapshot.Codec) []*merchant {
	all := make([]*merchant, 0, len(b.merchants))
	for _, id := range sortedKeys(b.merchants) {
		all = append(all, b.merchants[id])
	}
	snapshot.Slice(c, &all, func(p **merchant) {
		if !c.Loading() {
			b.walkMerchant(c, *p)
			return
		}
		m := &merchant{}
		b.walkMerchant(c, m)
		if b.merchants[m.id] != nil {
			c.Unfit("a merchant is in it twice")
			return
		}
		*p = b.merchant(m.id)
		m.group = (*p).group
		**p = *m
	})
	return all
}

func (b *Book) walkMerchant(c *snapshot.Codec, m *merchant) {
	snapshot.Text(c, &m.id)
	for _, s := range []*string{&m.category, &m.country, &m.applied, &m.lastDecision} {
		snapshot.Text(c, s)
		if c.Loading() {
			*s = b.text(*s) // of which there are few
		}
	}
	snapshot.JSON(c, &m.opened) // with its zone, in which it is shown
	snapshot.Slice(c, &m.met, func(r *event.Reason) {
		snapshot.Text(c, &r.Code)
		snapshot.Text(c, &r.ZH)
		snapshot.Text(c, &r.EN)
	})
	snapshot.Slice(c, &m.overrides, func(p **Override) {
		if c.Loading() {
			*p = &Override{}
		}
		o := *p
		said := event.New("override", "menshen", o.At, &o.DecisionOverridden)
		snapshot.Event(c, &said)
		snapshot.Int(c, &o.Left)
		c.Bool(&o.Needs)
		if !c.Loading() || c.Err() != nil {
			return
		}
		d, ok := said.Data.(*event.DecisionOverridden)
		if !ok || d.Merchant != m.id || b.overrides[d.Override] != nil {
			c.Unfit("an override is not its merchant's")
			return
		}
		o.DecisionOverridden, o.At = *d, said.Time
		b.overrides[d.Override] = o
	})
}

// walkAccounts goes over accounts in the order in which they came.
func (b *Book) walkAccounts(c *snapshot.Codec, merchants []*merchant) {
	place := make(map[*merchant]int, len(merchants))
	for i, m := range merchants {
		place[m] = i
	}
	n := len(b.accounts)
	if snapshot.Int(c, &n); n < 0 {
		c.Unfit("it has %d accounts", n)
	}
	for i := 0; i < n && c.Err() == nil; i++ {
		var owner int
		var currency event.Currency
		if !c.Loading() {
			owner, currency = place[b.accounts[i].owner], b.accounts[i].currency
		}
		if c.Index(&owner, len(merchants)); c.Err() != nil {
			return
		}
		snapshot.Text(c, &currency)
		if c.Loading() {
			if merchants[owner].in(currency) != nil {
				c.Unfit("an account is in it twice")
				return
			}
			b.account(merchants[owner], currency)
		}
		b.accounts[i].walk(c)
	}
}

func (a *account) walk(c *snapshot.Codec) {
	ints(c, &a.balance, &a.collateral, &a.advanced, &a.refundable, &a.escrow,
		&a.entered, &a.paid, &a.fromBalance, &a.fromCollateral, &a.advancedEver, &a.recovered,
		&a.received, &a.returned, &a.requested, &a.held, &a.gone[0], &a.gone[1], &a.gone[2],
		&a.clean, &a.spoiled, &a.old, &a.numClean, &a.numSpoiled)
	for i := range a.marked {
		snapshot.Int(c, &a.marked[i])
	}
	for i := range a.crowds {
		ints(c, &a.crowds[i].orders, &a.crowds[i].pairs)
	}
	c.Bool(&a.frozen)
	snapshot.Slice(c, &a.due, func(e *exposure) {
		snapshot.Int(c, &e.end)
		snapshot.Int(c, &e.days)
		ints(c, &e.amount, &e.square)
	})
	h := &a.history
	ints(c, &h.start, &h.last, &h.newest.day)
	ints(c, h.newest.sums()...)
	c.Bytes(&h.packed)
	for rest := h.packed; c.Loading() && len(rest) > 0; {
		for range 1 + len(h.newest.sums()) { // its distance, and its sums
			_, n := binary.Uvarint(rest)
			if n <= 0 {
				c.Unfit("an account's days cannot be read")
				return
			}
			rest = rest[n:]
		}
	}
}

// walkRings goes over the groups that are no single merchant, and their names.
func (b *Book) walkRings(c *snapshot.Codec, merchants []*merchant) {
	place := make(map[event.MerchantID]int, len(merchants))
	for i, m := range merchants {
		place[m.id] = i
	}
	var groups []*group
	at := map[*group]int{}
	for _, id := range sortedKeys(b.rings) {
		if g := b.rings[id]; id == g.ring {
			at[g] = len(groups)
			groups = append(groups, g)
		}
	}
	snapshot.Slice(c, &groups, func(p **group) {
		if c.Loading() {
			*p = &group{buyers: map[event.BuyerID]struct{}{}}
		}
		g := *p
		snapshot.Text(c, &g.ring)
		snapshot.Slice(c, &g.members, func(m **merchant) {
			var i int
			if !c.Loading() {
				i = place[(*m).id]
			}
			if c.Index(&i, len(merchants)); !c.Loading() || c.Err() != nil {
				return
			}
			*m = merchants[i]
			if (*m).group.ring != "" {
				c.Unfit("a merchant is of two rings")
			}
			(*m).group = g
		})
		snapshot.TextMap(c, g.buyers, func(*struct{}) {})
		if g.ring == "" {
			c.Unfit("a ring has no name")
		}
	})
	snapshot.TextMap(c, b.rings, func(g **group) {
		var i int
		if !c.Loading() {
			i = at[*g]
		}
		if c.Index(&i, len(groups)); c.Err() == nil {
			*g = groups[i]
		}
	})
}

// live takes an order that is known.
func (b *Book) live(c *snapshot.Codec, r *ref) bool {
	if snapshot.Int(c, r); c.Loading() && (*r == 0 || *r > b.orders.used || b.orders.at(*r).self == 0) {
		c.Unfit("it names an order that is not in it")
	}
	return c.Err() == nil
}

// walkOrders goes over all orders in their places.
func (b *Book) walkOrders(c *snapshot.Codec) {
	s := &b.orders
	n, dead := s.used, 0
	snapshot.Int(c, &n)
	for r := ref(1); r <= n && c.Err() == nil; r++ {
		if c.Loading() {
			s.used = r
			s.room(r)
		}
		o := s.at(r)
		known := o.self != 0
		if c.Bool(&known); !known {
			dead++
			continue
		}
		o.self = r
		b.walkOrder(c, o)
	}
	if c.Loading() {
		s.byKey = make(map[key]ref, int(s.used)-dead)
		for r := ref(1); r <= s.used; r++ {
			if o := s.at(r); o.self != 0 {
				s.byKey[o.key] = r
			}
		}
		if len(s.byKey) != int(s.used)-dead {
			c.Unfit("an order is in it twice")
		}
	}
	b.walkFree(c, dead)
	for _, a := range b.accounts { // what is exposed of each
		var open []ref
		for o := range s.exposedOf(a) {
			open = append(open, o.self)
		}
		snapshot.Slice(c, &open, func(r *ref) {
			if b.live(c, r) && c.Loading() && s.at(*r).account != a.self {
				c.Unfit("an order is not its account's")
			}
		})
		if !c.Loading() || c.Err() != nil {
			continue
		}
		for _, r := range slices.Backward(open) {
			if o := s.at(r); !o.open {
				s.link(a, o, true)
			} else {
				c.Unfit("an order is exposed twice")
			}
		}
	}
}

func (b *Book) walkOrder(c *snapshot.Codec, o *order) {
	c.Raw(o.key[:])
	ints(c, &o.amount, &o.refunded, &o.pending)
	for _, t := range []*instant{&o.shipped, &o.signed, &o.confirmed, &o.end} {
		snapshot.Int(c, t)
	}
	buyer := b.orders.buyer(o)
	snapshot.Text(c, &buyer)
	for kind := range o.values {
		snapshot.Int(c, &o.values[kind])
	}
	b.walkAccountRef(c, &o.account)
	snapshot.Int(c, &o.doubt)
	snapshot.Int(c, &o.days)
	snapshot.Int(c, &o.marks)
	flags(c, &o.closed, &o.over, &o.abroad, &o.byBuyer, &o.carrier, &o.old)
	if !c.Loading() || c.Err() != nil {
		return
	}
	b.orders.setBuyer(o, buyer)
	for _, v := range o.values {
		if v != 0 {
			b.of(o).members[v]++
		}
	}
}

func (b *Book) walkAccountRef(c *snapshot.Codec, r *accountRef) {
	i := int(*r)
	c.Index(&i, len(b.accounts))
	*r = accountRef(i)
}

// flags takes up to eight yes or no in a byte.
func flags(c *snapshot.Codec, all ...*bool) {
	var bits uint8
	for i, f := range all {
		if *f {
			bits |= 1 << i
		}
	}
	snapshot.Int(c, &bits)
	for i, f := range all {
		if c.Loading() {
			*f = bits&(1<<i) != 0
		}
	}
}

// walkFree goes over the places that orders left, in the order in which they are
// taken again.
func (b *Book) walkFree(c *snapshot.Codec, dead int) {
	s := &b.orders
	var free []ref
	for r := s.free; r != 0 && !c.Loading(); r = s.at(r).next {
		free = append(free, r)
	}
	seen := make([]bool, int(s.used)+1)
	snapshot.Slice(c, &free, func(r *ref) {
		if snapshot.Int(c, r); c.Loading() && (*r == 0 || *r > s.used || s.at(*r).self != 0 || seen[*r]) {
			c.Unfit("a free place is none")
			return
		}
		seen[*r] = true
	})
	if len(free) != dead {
		c.Unfit("%d places are free, and %d listed", dead, len(free))
	}
	if !c.Loading() || c.Err() != nil {
		return
	}
	for _, r := range slices.Backward(free) {
		s.at(r).next, s.free = s.free, r
	}
}

// walkWindows goes over what will end, and what may be forgotten.
func (b *Book) walkWindows(c *snapshot.Codec) {
	snapshot.Slice(c, (*[]windowEnd)(&b.ends), func(e *windowEnd) {
		snapshot.Int(c, &e.at)
		if snapshot.Int(c, &e.order); c.Loading() && (e.at == 0 || e.order == 0 || e.order > b.orders.used) {
			c.Unfit("a window that ends is no order's")
		}
	})
	snapshot.Slice(c, &b.past, func(p *past[ref]) { snapshot.Int(c, &p.at); b.live(c, &p.of) })
	snapshot.Slice(c, &b.answered, func(p *past[key]) { snapshot.Int(c, &p.at); c.Raw(p.of[:]) })
	snapshot.Slice(c, &b.strange, func(p *past[event.RefundID]) { snapshot.Int(c, &p.at); snapshot.Text(c, &p.of) })
}

func (b *Book) walkRefunds(c *snapshot.Codec) {
	all := make([]*refund, 0, len(b.refunds))
	for _, id := range sortedKeys(b.refunds) {
		all = append(all, b.refunds[id])
	}
	snapshot.Slice(c, &all, func(p **refund) {
		if c.Loading() {
			*p = &refund{}
		}
		r := *p
		snapshot.Text(c, &r.id)
		known := r.order != 0
		if c.Bool(&known); known && !b.live(c, &r.order) {
			return
		}
		ints(c, &r.fromOrder, &r.fromBalance, &r.fromCollateral, &r.advance, &r.recovered, &r.pending)
		c.Bool(&r.reviewed)
		seen := slices.SortedFunc(maps.Keys(r.recoveries), func(x, y event.Key) int { return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.ID, y.ID)) })
		snapshot.Slice(c, &seen, func(k *event.Key) { snapshot.Text(c, &k.Source); snapshot.Text(c, &k.ID) })
		if !c.Loading() || c.Err() != nil {
			return
		}
		for _, k := range seen {
			r.sawRecovery(k)
		}
		if b.refunds[r.id] != nil {
			c.Unfit("a refund is in it twice")
		}
		b.refunds[r.id] = r
		if known {
			b.refunded[r.order] = append(b.refunded[r.order], r)
		}
	})
}

func (b *Book) walkRequests(c *snapshot.Codec) {
	order := func(x, y key) int { return slices.Compare(x[:], y[:]) }
	one := func(r *request) { b.walkAccountRef(c, &r.account); snapshot.Int(c, &r.paid) }
	id := func(k *key) { c.Raw(k[:]) }
	snapshot.Map(c, b.requests, order, id, one)
	snapshot.Map(c, b.further, order, id, func(all *[]request) { snapshot.Slice(c, all, one) })
}

func (b *Book) walkEarly(c *snapshot.Codec) {
	snapshot.TextMap(c, b.early, func(evs *[]event.Event) {
		snapshot.Slice(c, evs, func(ev *event.Event) { snapshot.Event(c, ev) })
	})
	snapshot.Slice(c, &b.waiting, func(w *waits) { c.Time(&w.until); snapshot.Text(c, &w.order) })
}

func (b *Book) walkRules(c *snapshot.Codec) {
	s := b.rules.State()
	if c.Loading() {
		s = rule.State{Said: map[string]time.Time{}, Faults: map[string]rule.Faulty{}}
	}
	c.Time(&s.Now)
	c.Time(&s.Swept)
	snapshot.Slice(c, &s.Values, func(keys *map[string]*rule.Window) {
		if c.Loading() {
			*keys = map[string]*rule.Window{}
		}
		snapshot.TextMap(c, *keys, func(w **rule.Window) {
			if c.Loading() {
				*w = &rule.Window{}
			}
			snapshot.Slice(c, &(*w).Entries, func(x *rule.Entry) {
				c.Time(&x.At)
				snapshot.Text(c, &x.Source)
				snapshot.Text(c, &x.ID)
				snapshot.Text(c, &x.Text)
				c.Float(&x.Number)
			})
			if len((*w).Entries) == 0 {
				c.Unfit("a window of a rule is empty")
			}
		})
	})
	snapshot.TextMap(c, s.Said, func(at *time.Time) { c.Time(at) })
	snapshot.TextMap(c, s.Faults, func(f *rule.Faulty) {
		snapshot.Int(c, &f.Times)
		snapshot.Text(c, &f.First)
		snapshot.Text(c, &f.What)
	})
	if c.Loading() && c.Err() == nil {
		if err := b.rules.Resume(s); err != nil {
			c.Unfit("%w", err)
		}
	}
}
