package ring

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Finder finds rings in a stream of events. It is for one goroutine.
type Finder struct {
	opt         Options
	shops       map[event.MerchantID]*shop
	identifiers map[identifier][]*shop
	buyers      map[event.BuyerID]*buyer
	common      map[pair]*overlap
	ids         map[pair]map[string]float64 // weights of shared identifiers
	found       int                         // rings so far, for their age
	named       map[event.RingID]bool       // names that were given
	struck      map[pair]map[string]bool    // grounds that a person has struck out; "" is all
	recent      []purchase                  // of the last GroupDays, by time
	scanned     time.Time                   // when groups were last looked for
	search      *search                     // for groups, under way; nil for none
}

// purchase is one of the last weeks.
type purchase struct {
	at    time.Time
	buyer event.BuyerID
	shop  *shop
}

type identifier struct{ kind, value string }

type shop struct {
	id      event.MerchantID
	no      int // order of appearance
	given   bool
	buyers  int
	clients []*buyer           // while they are not of too many shops
	links   map[*shop]struct{} // at or above the threshold, now or once
	ring    *ring
}

// pair is two shops, the earlier first.
type pair struct{ a, b *shop }

func pairOf(a, b *shop) pair {
	if b.no < a.no {
		a, b = b, a
	}
	return pair{a, b}
}

// overlap is the buyers that two shops have in common.
type overlap struct {
	n      int
	weight float64
}

type buyer struct {
	id    event.BuyerID
	shops []*shop
	many  bool // of too many shops to say anything
}

type ring struct {
	id      event.RingID
	age     int
	members []*shop // by id
	buyers  map[event.BuyerID]struct{}
	told    int // buyers when it was last told
}

// New returns a finder that has seen nothing.
func New(o Options) *Finder {
	return &Finder{
		opt:         o,
		shops:       map[event.MerchantID]*shop{},
		identifiers: map[identifier][]*shop{},
		buyers:      map[event.BuyerID]*buyer{},
		common:      map[pair]*overlap{},
		ids:         map[pair]map[string]float64{},
		struck:      map[pair]map[string]bool{},
		named:       map[event.RingID]bool{},
	}
}

// Fold takes the next event, in order, and returns a ring.found for every ring
// that this makes known or lets grow.
func (f *Finder) Fold(ev event.Event) []event.Event {
	switch d := ev.Data.(type) {
	case *event.MerchantApplied:
		return f.applied(ev, d)
	case *event.OrderPaid:
		return f.bought(ev, d)
	case *event.RingStruck:
		return f.strike(ev, d)
	}
	return nil
}

func (f *Finder) shop(id event.MerchantID) *shop {
	s := f.shops[id]
	if s == nil {
		s = &shop{id: id, no: len(f.shops), links: map[*shop]struct{}{}}
		f.shops[id] = s
	}
	return s
}

func (f *Finder) applied(ev event.Event, d *event.MerchantApplied) []event.Event {
	s := f.shop(d.Merchant)
	if s.given {
		return nil
	}
	s.given = true
	var candidates []*shop
	for _, id := range []identifier{{ByLegalPerson, d.LegalPerson}, {ByBankAccount, d.BankAccount}, {ByDevice, d.Device},
		{ByPhone, d.Phone}, {ByAddress, d.Address}, {ByIP, d.IP}} {
		if id.value != "" {
			candidates = append(candidates, f.identifiers[id]...)
			f.share(id, s)
		}
	}
	return f.link(ev, s, candidates)
}

// share notes that s has an identifier, and weighs anew what it says of all
// that share it.
func (f *Finder) share(id identifier, s *shop) {
	sharers := f.identifiers[id]
	if len(sharers) > f.opt.MaxShops {
		return
	}
	sharers = append(sharers, s)
	f.identifiers[id] = sharers
	if len(sharers) < 2 {
		return
	}
	weight := f.opt.Weights[id.kind] / math.Log2(float64(len(sharers)))
	if len(sharers) > f.opt.MaxShops {
		weight = 0
	}
	for i, b := range sharers {
		for _, a := range sharers[:i] {
			p := pairOf(a, b)
			if f.ids[p] == nil {
				f.ids[p] = map[string]float64{}
			}
			f.ids[p][id.kind] = weight
		}
	}
}

// bought notes that a buyer bought at a shop.
func (f *Finder) bought(ev event.Event, d *event.OrderPaid) []event.Event {
	if d.Buyer == "" {
		return nil
	}
	s := f.shop(d.Merchant)
	b := f.buyers[d.Buyer]
	if b == nil {
		b = &buyer{id: d.Buyer}
		f.buyers[d.Buyer] = b
	}
	if b.many || slices.Contains(b.shops, s) {
		return nil
	}
	s.buyers++
	if len(b.shops) == f.opt.MaxBuyerShops {
		b.many, b.shops = true, nil
		return nil
	}
	b.shops = append(b.shops, s)
	s.clients = append(s.clients, b)
	w := rarity(len(b.shops))
	for _, other := range b.shops[:len(b.shops)-1] {
		o := f.common[pairOf(s, other)]
		if o == nil {
			f.makeRoom()
			o = &overlap{}
			f.common[pairOf(s, other)] = o
		}
		o.n++
		o.weight += w
	}
	if f.opt.GroupDays > 0 {
		f.recent = append(f.recent, purchase{ev.Time, b.id, s})
	}
	out := f.link(ev, s, b.shops)
	out = append(out, f.ringBuyer(ev, d.Buyer, b, s)...)
	return append(out, f.groups(ev)...)
}

// rarity is how much a buyer of n shops says, 1 at two. The constant is
// FRAUDAR's.
func rarity(n int) float64 {
	const c = 5
	return math.Log(2+c) / math.Log(float64(n)+c)
}

// makeRoom forgets the pairs with the fewest buyers in common when there are
// too many.
func (f *Finder) makeRoom() {
	for least := 1; len(f.common) >= f.opt.MaxPairs; least++ {
		for p, o := range f.common {
			if o.n <= least {
				delete(f.common, p)
			}
		}
	}
}

// weights are what speaks for two shops being one, by kind.
func (f *Finder) weights(p pair) (byKind map[string]float64, sum float64) {
	byKind = map[string]float64{}
	if f.struck[p][""] {
		return byKind, 0
	}
	for _, kind := range []string{ByLegalPerson, ByBankAccount, ByDevice, ByPhone, ByAddress, ByIP, ByGroup} {
		if w := f.ids[p][kind]; w > 0 && !f.struck[p][kind] {
			byKind[kind] = w
			sum += w
		}
	}
	if w := f.buyersWeight(p); w > 0 && !f.struck[p][ByBuyers] {
		byKind[ByBuyers] = w
		sum += w
	}
	return byKind, sum
}

// buyersWeight is the weight of the buyers that two shops have in common: the
// Poisson log-likelihood of so many against what chance gives, as a share of
// what it takes to stand out among all pairs. Chance is doubled, since some
// buyers buy more than others.
func (f *Finder) buyersWeight(p pair) float64 {
	o := f.common[p]
	if o == nil || o.n < f.opt.MinBuyers || o.weight < f.opt.MinShare*float64(min(p.a.buyers, p.b.buyers)) {
		return 0
	}
	expected := 2 * float64(p.a.buyers) * float64(p.b.buyers) / float64(len(f.buyers))
	if o.weight <= expected {
		return 0
	}
	evidence := o.weight*math.Log(o.weight/expected) - (o.weight - expected)
	needed := f.opt.Margin + 2*math.Log(float64(len(f.shops)))
	return f.opt.Threshold * min(evidence/needed, 1.5)
}

// link weighs s against shops that something new connects it to, and tells of
// the ring that comes of it.
func (f *Finder) link(ev event.Event, s *shop, candidates []*shop) []event.Event {
	grown := false
	for _, other := range candidates {
		if _, ok := s.links[other]; ok || other == s {
			continue
		}
		if _, sum := f.weights(pairOf(s, other)); sum >= f.opt.Threshold {
			s.links[other], other.links[s] = struct{}{}, struct{}{}
			grown = f.join(s, other) || grown
		}
	}
	if !grown {
		return nil
	}
	return []event.Event{f.tell(ev, s.ring)}
}

// join makes one ring of two shops and all that are one with either.
func (f *Finder) join(a, b *shop) (grown bool) {
	if a.ring != nil && a.ring == b.ring {
		return false
	}
	keep, other := a.ring, b.ring
	if keep == nil || other != nil && other.age < keep.age {
		keep, other = other, keep
	}
	if keep == nil {
		f.found++
		keep = &ring{id: f.name(a, b), age: f.found, buyers: map[event.BuyerID]struct{}{}}
	}
	joining := []*shop{a, b}
	if other != nil {
		joining = append(joining, other.members...)
		for id := range other.buyers {
			keep.buyers[id] = struct{}{}
		}
	}
	var joined []*shop
	for _, s := range joining {
		if s.ring != keep {
			s.ring = keep
			keep.members = append(keep.members, s)
			joined = append(joined, s)
		}
	}
	slices.SortFunc(keep.members, compareShops)
	f.gatherBuyers(keep, joined)
	return true
}

// name names a ring for good, after the first two that were found to be one. A ring
// that fell apart keeps its name: the same two, found again, make another.
func (f *Finder) name(a, b *shop) event.RingID {
	p := pairOf(a, b)
	text := string(p.a.id) + "\x00" + string(p.b.id)
	for {
		sum := sha256.Sum256([]byte(text))
		if id := event.RingID("ring-" + hex.EncodeToString(sum[:5])); !f.named[id] {
			f.named[id] = true
			return id
		}
		text += "\x00"
	}
}
