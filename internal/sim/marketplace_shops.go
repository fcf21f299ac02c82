package sim

import (
	"math"
	"slices"
)

const daySeconds = 24 * 60 * 60

// What a shop is registered with.
const (
	idPerson = iota
	idBank
	idPhone
	idAddress
	idDevice
	idNet
	numIDs
)

// shop is one shop of a marketplace. Times are seconds, days are days of the period.
type shop struct {
	ids     [numIDs]uint64
	median  float64 // price in fen
	rate    float64 // orders a day
	deposit int64   // minor units of its currency
	part    int64   // asked for at a time; 0: all

	applied, opened    int64
	closes             int32 // day; math.MaxInt32: never
	season, viral, bad int32 // first day; -1: none
	lastIn             int32 // day of the last confirmation
	club               int32 // of loyal buyers; -1: none

	refunds, abroad, quick, newcomers float32 // shares of orders
	askAt                             int32
	fewOf                             float32 // share of orders of the regulars
	regulars                          uint8   // how many there are
	grams                             int32
	kind                              uint8 // category
	money, other                      uint8 // currencies
	home                              uint8 // country
	refundDays, every                 uint8 // days
	slow, sameWeight, refused         bool
	family, agency, goes              bool
	eager                             bool  // asks for its money whenever some comes in
	near                              uint8 // hours in which parcels arrive from stores near the buyers; 0: there are none
	nines                             bool  // has prices that end in a nine
	ring                              int16 // -1: honest
}

// trade is a category of shops and what is ordinary in it.
type trade struct {
	name       string
	median     float64 // fen
	sigma      float64
	refunds    float64
	share      float64
	refundDays uint8
	grams      int32 // 0: no parcel
	abroad     float64
}

const jewellery = 4

func trades() [10]trade {
	return [10]trade{
		{"clothing", 16800, 0.5, 0.12, 0.22, 15, 420, 0.35},
		{"home", 13900, 0.6, 0.05, 0.15, 15, 1500, 0.15},
		{"electronics", 45900, 0.7, 0.06, 0.13, 15, 650, 0.40},
		{"toys", 8900, 0.5, 0.04, 0.09, 7, 500, 0.30},
		{"jewellery", 42900, 0.7, 0.07, 0.09, 15, 90, 0.45},
		{"vouchers", 12900, 0.4, 0.02, 0.07, 7, 0, 0.20},
		{"beauty", 11900, 0.5, 0.04, 0.09, 7, 250, 0.40},
		{"groceries", 6900, 0.4, 0.015, 0.08, 7, 2500, 0.05},
		{"sports", 22900, 0.6, 0.08, 0.05, 30, 1100, 0.25},
		{"antiques", 88000, 1.0, 0.06, 0.03, 30, 700, 0.50},
	}
}

// countriesOfShops are where shops are; the first is by far the most common.
func countriesOfShops() [5]string { return [5]string{"CN", "SG", "MY", "US", "DE"} }

// openShops makes the honest shops.
func (m *Marketplace) openShops() {
	c := m.chance(streamPlace, 0, 0)
	m.shops = make([]shop, m.opt.Merchants)
	viral := false
	for i := range m.shops {
		m.openShop(c, i)
		viral = viral || m.shops[i].viral >= 0
	}
	if s := &m.shops[c.IntN(len(m.shops))]; !viral && m.has[MarketplaceViral] { // there is always one
		s.viral = int32(s.opened/daySeconds) + 16
	}
	m.shareHonestly(c)
}

func (m *Marketplace) openShop(c chance, i int) {
	days := m.opt.Days
	s := shop{closes: math.MaxInt32, season: -1, viral: -1, bad: -1, lastIn: -1000, club: -1, ring: -1}
	u := c.Float64()
	for k, t := range trades() {
		if s.kind = uint8(k); u < t.share {
			break
		}
		u -= t.share
	}
	t := trades()[s.kind]
	m.registerShop(&s, i)
	s.median = c.logNormal(t.median, 0.35)
	if c.happens(0.06) { // luxury
		s.median *= c.between(4, 14)
	}
	s.rate = min(c.logNormal(0.4, 1.35), 120)
	if c.happens(0.001) { // the large ones
		s.rate = 60 * math.Pow(1-c.Float64(), -0.6)
		s.rate = min(s.rate, 400)
	}
	s.refunds = float32(min(c.gamma(t.refunds, 0.5), 0.35))
	s.refundDays, s.grams = t.refundDays, int32(float64(t.grams)*c.between(0.6, 1.5))
	s.abroad, s.quick, s.newcomers = float32(t.abroad*c.between(0.2, 1.5)), 0.03, 0.08
	s.slow, s.sameWeight = c.happens(0.06), c.happens(0.12)
	if c.happens(0.07) && m.has[MarketplaceQuickBuyers] {
		s.quick = float32(c.between(0.2, 0.98))
	}
	if c.happens(0.05) { // known from an advertisement
		s.newcomers = float32(c.between(0.3, 0.7))
	}
	switch u := c.Float64(); {
	case u < 0.06:
		s.money, s.home = usd, 3
	case u < 0.09:
		s.money, s.home = eur, 4
	case u < 0.14:
		s.money, s.home = myr, 2
	case u < 0.17:
		s.home = 1
	}
	if c.happens(0.5) { // sells abroad from China
		s.home = 0
	}
	s.eager, s.nines = c.happens(0.04), c.happens(0.4)
	if c.happens(0.02) {
		s.near = pick(c, []uint8{4, 20, 30})
	}
	s.other = s.money
	if c.happens(0.04) && m.has[MarketplaceMultiMoney] {
		s.other = (s.money + 1 + uint8(c.IntN(3))) % 4
	}
	if s.money != s.other || c.happens(0.05) { // sells across the border
		s.abroad = float32(c.between(0.6, 0.95))
	}
	s.deposit = yuan(30_000, s.money)
	s.applied = 60 + c.Int64N(3600)
	s.opened = s.applied + 600 + c.Int64N(1800)
	if c.happens(0.35) && m.has[MarketplaceComeAndGo] {
		s.applied = int64(c.IntN(days))*daySeconds + 9*3600 + c.Int64N(11*3600)
		s.opened = s.applied + 5*3600 + c.Int64N(45*3600)
	} else if c.happens(0.3) {
		s.deposit = yuan(int64(10_000*(1+c.IntN(12))), s.money)
	}
	if c.happens(0.12) && m.has[MarketplaceComeAndGo] {
		s.closes, s.goes = int32(s.opened/daySeconds)+20+int32(c.IntN(days+40)), true
	}
	s.every = pick(c, []uint8{1, 1, 1, 7, 7, 7, 7, 14, 30, 1})
	s.askAt = int32(9*3600 + c.IntN(9*3600))
	if c.happens(0.06) {
		s.part = yuan(int64(500*(1+c.IntN(20))), s.money)
	}
	m.troubleShop(c, &s)
	m.shops[i] = s
}

func (m *Marketplace) troubleShop(c chance, s *shop) {
	first, days := int(s.opened/daySeconds)+1, m.opt.Days
	day := func(after int) int32 { return int32(first + after + c.IntN(max(1, days-first-after))) }
	if c.happens(0.04) && m.has[MarketplaceSeasonal] {
		s.season = day(0)
	}
	if c.happens(0.0008) && m.has[MarketplaceViral] {
		s.viral = day(15)
	}
	if c.happens(0.007) && m.has[MarketplaceBadBatch] {
		s.bad = day(20)
	}
	if c.happens(0.04) && m.has[MarketplaceLoyal] { // lives of few who come again and again
		s.regulars, s.fewOf = uint8(3+c.IntN(60)), float32(c.between(0.3, 1))
	}
	if c.happens(0.10) && m.has[MarketplaceLoyal] {
		s.club = int32(s.kind)*4096 + int32(c.IntN(1+m.opt.Merchants/1000))
	}
}

// registerShop gives a shop identifiers of its own.
func (m *Marketplace) registerShop(s *shop, i int) {
	for k := range s.ids {
		s.ids[k] = m.of(streamPlace, uint64(i), uint64(k))
	}
}

// yuan is an amount of whole yuan in minor units of another currency, round.
func yuan(n int64, money uint8) int64 {
	if money == cny {
		return n * 100
	}
	return int64(float64(n)*moneys()[money].perYuan/10) * 1000
}

// shareHonestly lets honest shops share what honest shops do share.
func (m *Marketplace) shareHonestly(c chance) {
	n := len(m.shops)
	some := func() *shop { return &m.shops[c.IntN(n)] }
	if m.has[MarketplaceAgency] {
		for range (n + 200) / 400 {
			a := some()
			for range min(50, n/4) {
				b := some()
				b.ids[idDevice], b.ids[idNet], b.agency = a.ids[idDevice], a.ids[idNet], true
			}
		}
	}
	if m.has[MarketplaceFamily] {
		for range n / 60 {
			a := some()
			one := c.happens(0.4)
			for range 1 + c.IntN(3) {
				b := some()
				b.ids[idDevice], b.ids[idNet], b.ids[idAddress] = a.ids[idDevice], a.ids[idNet], a.ids[idAddress]
				if one {
					b.ids[idPerson], b.ids[idBank], b.ids[idPhone] = a.ids[idPerson], a.ids[idBank], a.ids[idPhone]
				}
				a.family, b.family = true, true
			}
		}
	}
	if m.has[MarketplaceDormitory] {
		for range n / 100 { // an office building, a market hall
			a := some()
			for range 4 + c.IntN(8) {
				b := some()
				if b.ids[idNet] = a.ids[idNet]; c.happens(0.5) {
					b.ids[idAddress] = a.ids[idAddress]
				}
			}
		}
	}
}

func (s *shop) troubles() (names []string) {
	for name, has := range map[string]bool{
		MarketplaceSeasonal: s.season >= 0, MarketplaceViral: s.viral >= 0, MarketplaceBadBatch: s.bad >= 0, MarketplaceFamily: s.family,
		MarketplaceAgency: s.agency, MarketplaceLoyal: s.club >= 0 || s.regulars > 0, MarketplaceMultiMoney: s.money != s.other, MarketplaceComeAndGo: s.goes,
		MarketplaceQuickBuyers: s.quick > 0.1,
	} {
		if has && s.ring < 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// rateOn is how many orders the shop expects on a day.
func (s *shop) rateOn(day int32, weekend bool) float64 {
	first := int32(s.opened/daySeconds) + 1
	if s.refused || day < first || day >= s.closes {
		return 0
	}
	rate := s.rate
	if weekend {
		rate *= 1.2
	}
	if first > 2 && day < first+30 { // a new shop has to be found first
		rate *= 0.3 + 0.7*float64(day-first)/30
	}
	if s.season >= 0 {
		if day >= s.season && day < s.season+45 {
			rate *= 4
		} else {
			rate *= 0.6
		}
	}
	if s.viral >= 0 && day >= s.viral {
		switch since := float64(day - s.viral); {
		case since < 7:
			rate *= math.Pow(50, (since+1)/7)
		case since < 17:
			rate *= 50
		default:
			rate *= 1 + 49*math.Exp(-(since-17)/12)
		}
	}
	return rate
}
