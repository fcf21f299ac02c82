package sim

import (
	"math"
)

// RingKind is how a ring of a marketplace works.
type RingKind string

// Kinds of ring.
const (
	RingPlain      RingKind = "plain"      // a dozen shops that share what they register with; sold, confirmed, paid out, refunded
	RingSplit      RingKind = "split"      // no two shops share more than one weak identifier
	RingWarm       RingKind = "warm"       // months of sales that stay sold, to earn a line
	RingCamouflage RingKind = "camouflage" // its buyers buy at popular honest shops, too, and strangers at its own
	RingHijacked   RingKind = "hijacked"   // buys through hundreds of accounts that also buy honestly
	RingStaggered  RingKind = "staggered"  // refunds spread over months, few and dear
	RingCarrier    RingKind = "carrier"    // signatures before a parcel can have arrived, at one place, of one weight
	RingSingle     RingKind = "single"     // one shop, linked to nobody
)

// RingKinds lists the kinds of ring.
func RingKinds() []RingKind { return RingKindsWithin(math.MaxInt) }

// RingKindsWithin lists the kinds whose shops live and end within so many days.
func RingKindsWithin(days int) []RingKind {
	kinds := []RingKind{}
	for _, r := range recipes() {
		if r.life() < days {
			kinds = append(kinds, r.kind)
		}
	}
	return kinds
}

// How the shops of a ring are registered.
const (
	linkedWell uint8 = iota
	linkedWeakly
	notLinked
)

// ringRecipe is what rings of one kind do.
type ringRecipe struct {
	kind       RingKind
	size       int     // shops
	take       float64 // yuan, of the whole ring, beyond its deposits
	money      uint8
	category   uint8
	refundDays int
	low, high  float64 // prices in yuan

	warm, burst  int     // days
	warmSales    float64 // a day, at ordinary prices; they stay sold
	returned     float64 // share that is refunded of what may be
	returnedFrom float64 // yuan; what is cheaper stays sold
	spread       bool    // refunds all through the window instead of waves after the last payout

	linked         uint8
	perShop, reach int  // buyers a shop, and how far away in the ring they buy
	old            int  // days that its accounts are old at most
	ownDevices     bool // each of its buyers has one
	hijacked       int  // real accounts instead of a crew
	visits         int  // purchases of each buyer at honest shops
	walkIns        float64
	bribed         bool
	quick          float64 // share confirmed within minutes of the signature
	patient        bool    // asks for payouts once a day, not as each order is confirmed
}

func recipes() []ringRecipe {
	base := ringRecipe{size: 8, take: 4_000_000, category: jewellery, refundDays: 15, low: 2999, high: 9999, warm: 5, burst: 9,
		warmSales: 1.3, returned: 0.97, perShop: 6, reach: 4, old: 18, quick: 1}
	plain, split, warm, camouflage, hijacked, staggered, carrier, single := base, base, base, base, base, base, base, base
	plain.kind, plain.size, plain.take = RingPlain, 12, 7_190_000
	split.kind, split.size, split.linked = RingSplit, 10, linkedWeakly
	split.perShop, split.reach, split.old, split.ownDevices, split.quick = 20, 1, 400, true, 0.6
	warm.kind, warm.warm, warm.warmSales, warm.old, warm.ownDevices = RingWarm, 110, 1.2, 500, true
	warm.perShop, warm.walkIns, warm.quick = 14, 0.2, 0.4
	camouflage.kind, camouflage.take, camouflage.visits, camouflage.walkIns = RingCamouflage, 3_000_000, 8, 0.8
	camouflage.old, camouflage.perShop, camouflage.quick = 300, 8, 0.7
	hijacked.kind, hijacked.size, hijacked.take, hijacked.money = RingHijacked, 6, 2_500_000, usd
	hijacked.hijacked, hijacked.linked, hijacked.perShop = 400, linkedWeakly, 0
	staggered.kind, staggered.size, staggered.take, staggered.category = RingStaggered, 6, 1_200_000, 9
	staggered.refundDays, staggered.low, staggered.high, staggered.burst = 30, 300, 5000, 70
	staggered.returned, staggered.returnedFrom, staggered.spread = 0.75, 3000, true
	staggered.ownDevices, staggered.perShop, staggered.old, staggered.walkIns, staggered.quick = true, 15, 300, 0.3, 0.3
	carrier.kind, carrier.money, carrier.bribed, carrier.size, carrier.take = RingCarrier, myr, true, 8, 3_000_000
	single.kind, single.size, single.take, single.linked, single.perShop, single.reach = RingSingle, 1, 600_000, notLinked, 30, 0
	single.ownDevices, single.old, single.quick = true, 120, 0.7
	split.patient, warm.patient, camouflage.patient = true, true, true
	return []ringRecipe{plain, split, warm, camouflage, hijacked, staggered, carrier, single}
}

func recipe(kind RingKind) (ringRecipe, bool) {
	for _, r := range recipes() {
		if r.kind == kind {
			return r, true
		}
	}
	return ringRecipe{}, false
}

// life is how many days pass between a shop's application and its last refund.
func (r ringRecipe) life() int { return 3 + r.warm + r.burst + 7 + r.refundDays }

// placeRing is one ring of a marketplace: its shops stand in a row from first on.
type placeRing struct {
	ringRecipe
	no       int
	first    int32
	starts   []int64 // of the shops' applications
	accounts []account
	crew     []uint64 // buyers, by shop; hijacked ones are of all
}

// gatherRing registers the shops of a ring and makes its accounts.
func (m *Marketplace) gatherRing(no int, kind RingKind) {
	rec, _ := recipe(kind)
	c := m.chance(streamPlaceRing, no, 0)
	r := &placeRing{ringRecipe: rec, no: no, first: int32(len(m.shops))}
	n := rec.size
	step := float64(m.opt.Days-rec.life()-1) / float64(n)
	for k := range n {
		s := shop{closes: math.MaxInt32, season: -1, viral: -1, bad: -1, lastIn: -1000, club: -1, ring: int16(no), kind: rec.category,
			refundDays: uint8(rec.refundDays), money: rec.money, other: rec.money, deposit: yuan(30_000, rec.money), every: 1, askAt: int32(10*hour + c.IntN(8*hour)),
			refunds: 0.06, quick: 0.03, newcomers: 0.2, abroad: 0.5, grams: int32(40 + 10*c.IntN(10))}
		if rec.category != jewellery {
			s.grams = int32(300 + c.IntN(900))
		}
		s.median = trades()[s.kind].median
		m.registerShop(&s, len(m.shops))
		m.linkRing(c, r, &s, k)
		s.applied = int64(float64(k)*step+step*0.8*c.Float64())*daySeconds + 9*hour + c.Int64N(9*hour)
		s.opened = s.applied + 15*hour + c.Int64N(15*hour)
		r.starts = append(r.starts, s.applied)
		m.shops = append(m.shops, s)
	}
	m.hireBuyers(c, r)
	m.rings = append(m.rings, r)
}

// linkRing registers the k-th shop of a ring with what it shares with others.
func (m *Marketplace) linkRing(c chance, r *placeRing, s *shop, k int) {
	of := func(field, i int) uint64 { return m.of(streamPlaceRing, uint64(r.no)<<16|uint64(i), uint64(field)) }
	switch n := r.size; {
	case r.linked == notLinked:
	case r.linked == linkedWeakly: // each with its neighbours: the network with one, the address with the other
		s.ids[idNet], s.ids[idAddress] = of(idNet, k/2), of(idAddress, (k+1)/2)
	default:
		s.ids[idPerson] = of(idPerson, k%max(2, n*7/12))
		if c.happens(0.5) {
			s.ids[idBank] = of(idBank, c.IntN(max(1, n/3)))
		}
		if c.happens(0.5) {
			s.ids[idAddress] = of(idAddress, c.IntN(max(1, n/3)))
		}
		if c.happens(0.4) {
			s.ids[idNet] = of(idNet, c.IntN(max(1, n/3)))
		}
		if devices := max(1, n/4); k < devices || c.happens(0.6) {
			s.ids[idDevice] = of(idDevice, k%devices)
		}
	}
}

// hireBuyers makes the accounts that a ring buys with.
func (m *Marketplace) hireBuyers(c chance, r *placeRing) {
	for range r.hijacked {
		r.crew = append(r.crew, uint64(c.Float64()*float64(m.buyers)))
	}
	n := r.size * r.perShop
	pool := func(size int) []uint64 {
		p := make([]uint64, max(1, size))
		for i := range p {
			p[i] = c.Uint64()
		}
		return p
	}
	phones, pays, homes, exits := pool(r.size*2), pool(r.size*4), pool(8), pool(12)
	for j := range n {
		start := r.starts[max(0, j/r.perShop-r.reach)] + 15*hour
		a := account{device: pick(c, phones), net: pick(c, exits), address: pick(c, homes), pays: pick(c, pays), country: uint8(1 + c.IntN(12)),
			since: start - c.Int64N(int64(r.old)*daySeconds)}
		if r.ownDevices {
			if a.device, a.pays = c.Uint64(), c.Uint64(); c.happens(0.6) {
				a.net, a.address = c.Uint64(), c.Uint64()
			}
			if c.happens(0.5) {
				a.country = 0
			}
		}
		r.accounts = append(r.accounts, a)
		r.crew = append(r.crew, firstRingling+uint64(r.no)<<20+uint64(j))
	}
}

// crewOf are the accounts that buy at the k-th shop.
func (r *placeRing) crewOf(k int) []uint64 {
	if r.hijacked > 0 {
		return r.crew
	}
	n := r.perShop
	return r.crew[max(0, k-r.reach)*n : min(r.size, k+r.reach+1)*n]
}

// price draws between low and high, on a scale of ratios; it ends in a nine.
func (r *placeRing) price(c chance) int64 {
	yuans := math.Exp(c.between(math.Log(r.low), math.Log(r.high)))
	return nine(int64(yuans * moneys()[r.money].perYuan * 100))
}

// nine is an amount near n whose last digit before the point is a nine.
func nine(n int64) int64 { return max(1, (n+500)/1000)*1000 - 100 }
