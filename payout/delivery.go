package payout

import (
	"time"
)

// Delivery says how a signature is believed. A false one starts every clock, so
// one that is doubted starts the refund window only as far as it is believed:
// Longest times the doubt later. The zero value believes all.
type Delivery struct {
	Longest  time.Duration
	Fastest  time.Duration // from the shipment to the signature, within a country
	Abroad   time.Duration // the same, where buyer and shop are in two
	Carriers map[string]struct{}
	Same     int64 // parcels of a shop, open at once, that may be signed for at one place or weigh the same to the gram
}

// Doubts, in millionths, add up as chances do.
const (
	doubtTooFast = 600_000
	doubtCarrier = 300_000
	doubtPlace   = 400_000
	doubtWeight  = 300_000
	doubtful     = 300_000 // from here on an order is marked
)

// judgeDelivery weighs what speaks against an order's signature.
func (b *Book) judgeDelivery(o *order) {
	d := &b.pack.Delivery
	if d.Longest == 0 || o.signed == 0 {
		return
	}
	doubt := int64(0)
	add := func(n int64) { doubt += (million - doubt) * n / million }
	fastest := d.Fastest
	if o.abroad {
		fastest = d.Abroad
	}
	if o.shipped != 0 && o.signed-o.shipped < instant(fastest) {
		add(doubtTooFast)
	}
	if len(d.Carriers) > 0 && o.shipped != 0 && !o.carrier {
		add(doubtCarrier)
	}
	crowded := func(kind int) bool {
		a := b.of(o)
		n := int64(a.members[o.values[kind]])
		return d.Same > 0 && o.values[kind] != 0 && n > d.Same && 4*n > a.crowds[kind].orders
	}
	if crowded(crowdPlaces) {
		add(doubtPlace)
	}
	if crowded(crowdWeights) {
		add(doubtWeight)
	}
	o.doubt = int32(doubt)
	if doubt >= doubtful {
		o.marks |= 1 << markDoubt
	} else {
		o.marks &^= 1 << markDoubt
	}
}

// later is by how much the window of a doubted signature ends later.
func (b *Book) later(o *order) time.Duration {
	return b.pack.Delivery.Longest / million * time.Duration(o.doubt)
}
