package sim

import "github.com/menshen-io/menshen/event"

// Buyers have a number each. Ordinary ones are below Marketplace.buyers, the first
// of them at home; newcomers are numbered by the day of their registration; the
// rings' own come after all.
const (
	firstNewcomer uint64 = 1 << 40
	firstRingling uint64 = 1 << 41
	homeShare            = 0.62
	newPerDay            = 1 << 16
)

// account is a buyer's account: what an order of it says besides its number.
type account struct {
	device, net, address, pays uint64
	since                      int64 // seconds
	country                    uint8
}

func countriesOfBuyers() [13]string {
	return [13]string{"CN", "MY", "MY", "SG", "TH", "US", "AU", "JP", "KR", "CA", "GB", "DE", "VN"}
}

func (m *Marketplace) buyerID(n uint64) event.BuyerID {
	return event.BuyerID(opaque("b-", n^m.opt.Seed<<44))
}

// accountOf is a pure function of seed and number.
func (m *Marketplace) accountOf(n uint64) account {
	if n >= firstRingling {
		ring := m.rings[(n-firstRingling)>>20]
		return ring.accounts[(n-firstRingling)&(1<<20-1)]
	}
	x := m.of(streamPlaceBuyer, n, 0)
	a := account{device: mix(x + 1), net: mix(x + 2), address: mix(x + 3), pays: mix(x + 4)}
	if n >= firstNewcomer {
		if n&1 == 1 {
			a.country = uint8(1 + x%12)
		}
		a.since = int64((n-firstNewcomer)/newPerDay)*daySeconds + int64(mix(x+5)%daySeconds)
	} else {
		if float64(n) >= homeShare*float64(m.buyers) {
			a.country = uint8(1 + x%12)
		}
		a.since = -int64(mix(x+5)%(1500*daySeconds)) - 60
		if n%8 == 1 { // of one household with the one before
			h := m.of(streamPlaceBuyer, n-1, 0)
			if a.net, a.address = mix(h+2), mix(h+3); n%64 == 1 {
				a.device, a.pays = mix(h+1), mix(h+4)
			}
			return a
		}
	}
	if !m.has[MarketplaceDormitory] {
		return a
	}
	switch place := mix(x + 6); {
	case bitsBelow(x, 8, 0.06): // a dormitory: one door, one network
		d := m.of(streamPlaceBuyer, place%(1+m.buyers/600), 1)
		a.address, a.net = mix(d+1), mix(d+2)
	case bitsBelow(x, 8, 0.16): // an office
		a.net = m.of(streamPlaceBuyer, place%(1+m.buyers/500), 2)
	case bitsBelow(x, 8, 0.40): // a mobile network's exit
		a.net = m.of(streamPlaceBuyer, place%(1+m.buyers/3000), 3)
	}
	return a
}

// someBuyer draws who buys at a shop on a day; some buy much more than others.
func (m *Marketplace) someBuyer(c chance, s *shop, day int32) uint64 {
	abroad := c.happens(float64(s.abroad))
	home := uint64(homeShare * float64(m.buyers))
	u := c.Float64()
	switch {
	case s.regulars > 0 && u < float64(s.fewOf):
		return m.of(streamPlaceBuyer, s.ids[idPhone]^uint64(c.IntN(int(s.regulars))), 5) % m.buyers
	case s.club >= 0 && u < 0.45: // one of the category's loyal
		return m.of(streamPlaceBuyer, uint64(s.club)<<8|uint64(c.IntN(80)), 4) % m.buyers
	case u > 1-float64(s.newcomers) && day > 0:
		registered := day - 1 - min(day-1, int32(c.ExpFloat64()*12))
		perDay := uint64(min(newPerDay/2, 4+len(m.shops)/25))
		n := firstNewcomer + uint64(registered)*newPerDay + 2*c.Uint64N(perDay)
		if abroad {
			n++
		}
		return n
	}
	u = c.Float64()
	u *= 0.3 + 0.7*u
	if abroad {
		return home + uint64(u*float64(m.buyers-home))
	}
	return uint64(u * float64(home))
}
