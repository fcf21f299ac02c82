package ring

import (
	"slices"

	"github.com/menshen-io/menshen/event"
)

// strike takes out what links two shops, as a person has decided, and lets their ring
// fall apart where nothing else holds it together.
func (f *Finder) strike(ev event.Event, d *event.RingStruck) []event.Event {
	if d.A == d.B {
		return nil
	}
	a, b := f.shop(d.A), f.shop(d.B)
	p := pairOf(a, b)
	if f.struck[p] == nil {
		f.struck[p] = map[string]bool{}
	}
	f.struck[p][d.By] = true
	if _, linked := a.links[b]; !linked {
		return nil
	}
	if _, sum := f.weights(p); sum >= f.opt.Threshold {
		return []event.Event{f.tell(ev, a.ring)}
	}
	delete(a.links, b)
	delete(b.links, a)
	return f.split(ev, a.ring)
}

// split makes of a ring as many as its links leave. The largest part keeps its name,
// among equals the one whose shop came first; a shop alone is of no ring.
func (f *Finder) split(ev event.Event, r *ring) []event.Event {
	var parts [][]*shop
	seen := map[*shop]bool{}
	members := slices.Clone(r.members)
	slices.SortFunc(members, func(x, y *shop) int { return x.no - y.no })
	for _, s := range members {
		if seen[s] {
			continue
		}
		seen[s] = true
		part := []*shop{s}
		for k := 0; k < len(part); k++ {
			for other := range part[k].links {
				if !seen[other] {
					seen[other] = true
					part = append(part, other)
				}
			}
		}
		slices.SortFunc(part, compareShops)
		parts = append(parts, part)
	}
	slices.SortStableFunc(parts, func(x, y []*shop) int { return len(y) - len(x) })
	var left []event.MerchantID
	buyers := r.buyers
	r.members, r.buyers = parts[0], map[event.BuyerID]struct{}{}
	if len(parts[0]) < 2 {
		r.members = nil
	}
	for _, s := range members {
		if !slices.Contains(r.members, s) {
			s.ring = nil
			left = append(left, s.id)
		}
	}
	f.keepBuyers(r, buyers)
	slices.Sort(left)
	out := []event.Event{f.tellLeft(ev, r, left)}
	for _, part := range parts[1:] {
		if len(part) < 2 {
			break
		}
		f.found++
		n := &ring{id: f.name(part[0], part[1]), age: f.found, members: part, buyers: map[event.BuyerID]struct{}{}}
		for _, s := range part {
			s.ring = n
		}
		f.keepBuyers(n, buyers)
		out = append(out, f.tell(ev, n))
	}
	return out
}

// keepBuyers lets a part of a ring have those of its buyers who bought at one of its
// shops.
func (f *Finder) keepBuyers(r *ring, buyers map[event.BuyerID]struct{}) {
	for id := range buyers {
		if b := f.buyers[id]; b != nil && slices.ContainsFunc(b.shops, func(s *shop) bool { return s.ring == r }) {
			r.buyers[id] = struct{}{}
		}
	}
}

func compareShops(x, y *shop) int {
	if x.id < y.id {
		return -1
	}
	return 1
}
