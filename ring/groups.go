package ring

import (
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// groupEvery is how often groups are looked for among the purchases of the last
// GroupDays. A pair of shops that share enough buyers is linked at once.
const groupEvery = 7 * 24 * time.Hour

// groupAfter is how much later in the stream they are told of. Meanwhile they are
// looked for beside it, so that nobody waits for that; a stream faster than the
// search waits for it here. Which event tells of them does not hang on either.
const groupAfter = 10 * time.Minute

// groupNats is how much each buyer of a group has to stand out by itself, on the
// mean: those of shops that merely share a clientele bought at two or three of them.
const groupNats = 5

// search looks for groups among purchases that do not change any more.
type search struct {
	due       time.Time
	purchases int          // among the first of recent
	blocks    chan []Block // the one answer

	buyers []event.BuyerID // by their number in the answer
	shops  []*shop
}

// groups begins a search once a week, and links the shops of the groups that it has
// found.
func (f *Finder) groups(ev event.Event) []event.Event {
	if f.opt.GroupDays == 0 {
		return nil
	}
	if f.scanned.IsZero() {
		f.scanned = ev.Time
	}
	var out []event.Event
	if s := f.search; s != nil && !ev.Time.Before(s.due) {
		f.search = nil
		for _, b := range <-s.blocks {
			out = append(out, f.linkGroup(ev, b, s.buyers, s.shops)...)
		}
	}
	if f.search == nil && ev.Time.Sub(f.scanned) >= groupEvery {
		f.scanned = ev.Time
		keep := 0
		for keep < len(f.recent) && ev.Time.Sub(f.recent[keep].at) > time.Duration(f.opt.GroupDays)*24*time.Hour {
			keep++
		}
		f.recent = f.recent[keep:] // what is in it stays as it is: it is only added to
		f.search = &search{due: ev.Time.Add(groupAfter), purchases: len(f.recent)}
		f.search.begin(f.recent, f.opt)
	}
	return out
}

// begin has the search run beside the stream.
func (s *search) begin(purchases []purchase, opt Options) {
	s.blocks = make(chan []Block, 1)
	go s.run(purchases, opt)
}

// run finds the groups of shops whose pairs share too few buyers to be linked one by
// one. A good part of what their members sell must be to the group's own buyers: shops
// of one kind share a clientele, too, but live by others.
func (s *search) run(purchases []purchase, opt Options) {
	buyers, shops := make(map[event.BuyerID]int32), make(map[*shop]int32)
	edges := make([]Edge, 0, len(purchases))
	for _, p := range purchases {
		i, ok := buyers[p.buyer]
		if !ok {
			i = int32(len(s.buyers))
			buyers[p.buyer] = i
			s.buyers = append(s.buyers, p.buyer)
		}
		j, ok := shops[p.shop]
		if !ok {
			j = int32(len(s.shops))
			shops[p.shop] = j
			s.shops = append(s.shops, p.shop)
		}
		edges = append(edges, Edge{i, j, 1})
	}
	var out []Block
	for _, b := range NewGraph(len(s.buyers), len(s.shops), edges).Groups(opt.Margin) {
		if float64(b.Edges) >= opt.MinShare*float64(b.Trade) && b.Evidence >= groupNats*float64(len(b.Buyers)) {
			out = append(out, b)
		}
	}
	s.blocks <- out
}

func (f *Finder) linkGroup(ev event.Event, b Block, names []event.BuyerID, members []*shop) []event.Event {
	var shops []*shop
	for _, j := range b.Merchants {
		shops = append(shops, members[j])
	}
	if shops = f.unparted(shops); len(shops) < 2 {
		return nil
	}
	first, grown := shops[0], false
	for _, other := range shops[1:] {
		p := pairOf(first, other)
		if f.ids[p] == nil {
			f.ids[p] = map[string]float64{}
		}
		f.ids[p][ByGroup] = f.opt.Threshold
		if _, sum := f.weights(p); sum < f.opt.Threshold { // struck out; something else holds them together
			continue
		}
		first.links[other], other.links[first] = struct{}{}, struct{}{}
		grown = f.join(first, other) || grown
	}
	if first.ring == nil {
		return nil
	}
	before := len(first.ring.buyers)
	for _, i := range b.Buyers {
		first.ring.buyers[names[i]] = struct{}{}
	}
	if !grown && len(first.ring.buyers) == before {
		return nil
	}
	return []event.Event{f.tell(ev, first.ring)}
}

// unparted leaves out of a group the shops that a person has parted from another of
// it, and that are of different rings since: that the group is found again, with
// whatever shop first, is no new ground.
func (f *Finder) unparted(group []*shop) []*shop {
	var out []*shop
	for _, s := range group {
		parted := slices.ContainsFunc(group, func(other *shop) bool {
			if other == s || s.ring != nil && s.ring == other.ring {
				return false
			}
			by := f.struck[pairOf(s, other)]
			return by[""] || by[ByGroup]
		})
		if !parted {
			out = append(out, s)
		}
	}
	return out
}
