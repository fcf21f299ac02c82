package ring

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
)

// Save writes all that the finder knows, so that Load can go on from it. Finders that
// folded the same events with the same options give the same bytes, however often they
// were saved and loaded in between.
func (f *Finder) Save(w io.Writer) error { return snapshot.Save(w, f.walk) }

// Load returns the finder that Save wrote, and reads no further. An error that wraps
// snapshot.ErrUnfit says that it cannot be gone on from.
func Load(o Options, r io.Reader) (*Finder, error) {
	f := New(o)
	if err := snapshot.Load(r, f.walk); err != nil {
		return nil, err
	}
	return f, nil
}

// stateFormat changes whenever the meaning of what is saved does.
const stateFormat = "menshen ring finder 1"

func (f *Finder) walk(c *snapshot.Codec) {
	c.Same(stateFormat, "it is of another kind or version")
	c.Same(fmt.Sprintf("%+v", f.opt), "it was made with another pack")
	shops := f.walkShops(c)
	f.walkRings(c, shops)
	buyers := f.walkBuyers(c, shops)
	f.walkPairs(c, shops)
	snapshot.TextMap(c, f.named, func(v *bool) { c.Bool(v) })
	f.walkSearch(c, shops, buyers)
}

// shopAt takes one of the shops. Saving writes nothing: a search may be reading.
func shopAt(c *snapshot.Codec, shops []*shop, s **shop) {
	var no int
	if !c.Loading() {
		no = (*s).no
	}
	if c.Index(&no, len(shops)); c.Loading() && c.Err() == nil {
		*s = shops[no]
	}
}

// walkShops goes over the shops in the order in which they came, and the identifiers
// that they have.
func (f *Finder) walkShops(c *snapshot.Codec) []*shop {
	shops := make([]*shop, len(f.shops))
	for _, s := range f.shops {
		shops[s.no] = s
	}
	snapshot.Slice(c, &shops, func(p **shop) {
		var s shop
		if !c.Loading() {
			s = **p
		}
		snapshot.Text(c, &s.id)
		c.Bool(&s.given)
		snapshot.Int(c, &s.buyers)
		if !c.Loading() {
			return
		}
		if f.shops[s.id] != nil {
			c.Unfit("a shop is in it twice")
		}
		*p = f.shop(s.id)
		(*p).given, (*p).buyers = s.given, s.buyers
	})
	for _, s := range shops {
		var later []*shop
		for other := range s.links {
			if other.no > s.no {
				later = append(later, other)
			}
		}
		slices.SortFunc(later, func(x, y *shop) int { return x.no - y.no })
		snapshot.Slice(c, &later, func(p **shop) { shopAt(c, shops, p) })
		for _, other := range later {
			s.links[other], other.links[s] = struct{}{}, struct{}{}
		}
	}
	snapshot.Map(c, f.identifiers, func(x, y identifier) int { return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.value, y.value)) },
		func(id *identifier) { snapshot.Text(c, &id.kind); snapshot.Text(c, &id.value) },
		func(sharers *[]*shop) { snapshot.Slice(c, sharers, func(p **shop) { shopAt(c, shops, p) }) })
	return shops
}

// walkRings goes over the rings by age.
func (f *Finder) walkRings(c *snapshot.Codec, shops []*shop) {
	snapshot.Int(c, &f.found)
	var rings []*ring
	for _, s := range shops {
		if s.ring != nil && s.ring.members[0] == s {
			rings = append(rings, s.ring)
		}
	}
	slices.SortFunc(rings, func(x, y *ring) int { return x.age - y.age })
	snapshot.Slice(c, &rings, func(p **ring) {
		if c.Loading() {
			*p = &ring{buyers: map[event.BuyerID]struct{}{}}
		}
		r := *p
		snapshot.Text(c, &r.id)
		snapshot.Int(c, &r.age)
		snapshot.Int(c, &r.told)
		snapshot.Slice(c, &r.members, func(s **shop) { shopAt(c, shops, s) })
		snapshot.TextMap(c, r.buyers, func(*struct{}) {})
		if len(r.members) < 2 {
			c.Unfit("a ring has too few shops")
		}
		for _, s := range r.members {
			if s.ring != nil && s.ring != r {
				c.Unfit("a shop is of two rings")
			}
			s.ring = r
		}
	})
}

// walkBuyers goes over the buyers by id.
func (f *Finder) walkBuyers(c *snapshot.Codec, shops []*shop) []*buyer {
	all := make([]*buyer, 0, len(f.buyers))
	for _, b := range f.buyers {
		all = append(all, b)
	}
	slices.SortFunc(all, func(x, y *buyer) int { return cmp.Compare(x.id, y.id) })
	snapshot.Slice(c, &all, func(p **buyer) {
		if c.Loading() {
			*p = &buyer{}
		}
		b := *p
		snapshot.Text(c, &b.id)
		c.Bool(&b.many)
		snapshot.Slice(c, &b.shops, func(s **shop) { shopAt(c, shops, s) })
		if !c.Loading() {
			return
		}
		if f.buyers[b.id] != nil {
			c.Unfit("a buyer is in it twice")
		}
		f.buyers[b.id] = b
		for _, s := range b.shops {
			s.clients = append(s.clients, b)
		}
	})
	return all
}

// walkPairs goes over what speaks for two shops being one, and what was struck out.
func (f *Finder) walkPairs(c *snapshot.Codec, shops []*shop) {
	order := func(x, y pair) int { return cmp.Or(x.a.no-y.a.no, x.b.no-y.b.no) }
	key := func(p *pair) { shopAt(c, shops, &p.a); shopAt(c, shops, &p.b) }
	snapshot.Map(c, f.common, order, key, func(p **overlap) {
		if c.Loading() {
			*p = &overlap{}
		}
		snapshot.Int(c, &(*p).n)
		c.Float(&(*p).weight)
	})
	snapshot.Map(c, f.ids, order, key, func(byKind *map[string]float64) {
		if c.Loading() {
			*byKind = map[string]float64{}
		}
		snapshot.TextMap(c, *byKind, func(w *float64) { c.Float(w) })
	})
	snapshot.Map(c, f.struck, order, key, func(by *map[string]bool) {
		if c.Loading() {
			*by = map[string]bool{}
		}
		snapshot.TextMap(c, *by, func(v *bool) { c.Bool(v) })
	})
}

// walkSearch goes over the last purchases. A search under way begins anew: it finds
// the same among the same.
func (f *Finder) walkSearch(c *snapshot.Codec, shops []*shop, buyers []*buyer) {
	place := make(map[event.BuyerID]int, len(buyers))
	for i, b := range buyers {
		place[b.id] = i
	}
	snapshot.Slice(c, &f.recent, func(p *purchase) {
		c.Time(&p.at)
		shopAt(c, shops, &p.shop)
		i := place[p.buyer]
		if c.Index(&i, len(buyers)); c.Loading() && c.Err() == nil {
			p.buyer = buyers[i].id
		}
	})
	c.Time(&f.scanned)
	searching := f.search != nil
	if c.Bool(&searching); !searching {
		return
	}
	if c.Loading() {
		f.search = &search{}
	}
	c.Time(&f.search.due)
	if snapshot.Int(c, &f.search.purchases); f.search.purchases < 0 || f.search.purchases > len(f.recent) {
		c.Unfit("a search is among purchases that are not in it")
	}
	if c.Loading() && c.Err() == nil {
		f.search.begin(f.recent[:f.search.purchases], f.opt)
	}
}
