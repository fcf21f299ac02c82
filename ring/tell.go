package ring

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"

	"github.com/menshen-io/menshen/event"
)

// maxLinks is how many links a ring.found shows, the strongest first.
const maxLinks = 64

// gatherBuyers finds the ring's own buyers among all that bought at the shops that
// joined it.
func (f *Finder) gatherBuyers(r *ring, joined []*shop) {
	for _, s := range joined {
		for _, b := range s.clients {
			if f.isOf(r, b) {
				r.buyers[b.id] = struct{}{}
			}
		}
	}
}

// isOf reports whether most of a buyer's shops are the ring's, among them two
// that their buyers speak for being one: an honest customer of shops that only
// share an owner is not part of it, nor is one who once came by.
func (f *Finder) isOf(r *ring, b *buyer) bool {
	var in []*shop
	for _, s := range b.shops {
		if s.ring == r {
			in = append(in, s)
		}
	}
	if 2*len(in) <= len(b.shops) {
		return false
	}
	for i, x := range in {
		for _, y := range in[:i] {
			if f.buyersWeight(pairOf(x, y)) > 0 {
				return true
			}
		}
	}
	return false
}

// ringBuyer tells of a ring again when its buyers have grown by a quarter.
func (f *Finder) ringBuyer(ev event.Event, id event.BuyerID, b *buyer, s *shop) []event.Event {
	r := s.ring
	if r == nil || !f.isOf(r, b) {
		return nil
	}
	r.buyers[id] = struct{}{}
	if len(r.buyers) <= r.told+max(1, r.told/4) {
		return nil
	}
	return []event.Event{f.tell(ev, r)}
}

// tell says what is known of a ring.
func (f *Finder) tell(ev event.Event, r *ring) event.Event { return f.tellLeft(ev, r, nil) }

// tellLeft says who is not of it any more, too.
func (f *Finder) tellLeft(ev event.Event, r *ring, left []event.MerchantID) event.Event {
	d := &event.RingFound{Ring: r.id, Left: left}
	for _, s := range r.members {
		d.Merchants = append(d.Merchants, s.id)
	}
	for id := range r.buyers {
		d.Buyers = append(d.Buyers, id)
	}
	slices.Sort(d.Buyers)
	r.told = len(r.buyers)
	var sum float64
	for i, a := range r.members {
		for _, b := range r.members[i+1:] {
			if _, ok := a.links[b]; !ok {
				continue
			}
			byKind, w := f.weights(pairOf(a, b))
			sum += w
			for kind, w := range byKind {
				d.Links = append(d.Links, event.RingLink{A: a.id, B: b.id, By: kind, Weight: round(w)})
			}
		}
	}
	slices.SortFunc(d.Links, func(x, y event.RingLink) int {
		switch {
		case x.Weight != y.Weight:
			return sign(x.Weight > y.Weight)
		case x.A != y.A:
			return sign(x.A < y.A)
		case x.B != y.B:
			return sign(x.B < y.B)
		case x.By != y.By:
			return sign(x.By < y.By)
		}
		return 0
	})
	d.Links = d.Links[:min(len(d.Links), maxLinks)]
	d.Score = round(sum / float64(max(len(r.members), 1)))
	out := event.New("-", "menshen", ev.Time, d)
	text, err := out.AppendJSON(nil)
	if err != nil { // nothing in it can fail to encode
		text = []byte(string(r.id) + ev.Time.String())
	}
	hash := sha256.Sum256(text)
	out.ID = "rg-" + hex.EncodeToString(hash[:12])
	return out
}

func sign(first bool) int {
	if first {
		return -1
	}
	return 1
}

// round keeps two decimals: more would be noise.
func round(x float64) float64 { return math.Round(x*100) / 100 }
