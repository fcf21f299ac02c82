package sim

import (
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// marketRingKind is how a ring goes about it.
type marketRingKind struct {
	name   string
	shops  int
	warm   int  // days of cheap sales that stay bought
	perDay int  // cheap sales a day
	burst  int  // days of the sales that are for the money
	share  int  // what its shops register with: one of shareMuch and so on
	crew   int  // accounts for each shop
	reach  int  // shops, to either side, at which an account buys
	real   bool // accounts are honest buyers' own
	others int  // purchases of an account at honest shops
	minute bool // receipt is confirmed within minutes
	depot  bool // a bribed carrier: signed for at once, at one of few places, all weighing the same
	refund float64
	late   bool // refunds are spread over the window
}

const (
	shareMuch    = iota // people, accounts, devices, addresses
	shareAccount        // a bank account by pairs
	shareWeak           // an address or a network with the next shop
	shareNothing
)

// marketRingKinds are the kinds of ring in a market. "plain" is the case's.
func marketRingKinds() []marketRingKind {
	return []marketRingKind{
		{name: "plain", shops: 12, warm: 5, perDay: 1, burst: 9, share: shareMuch, crew: 6, reach: 4, minute: true, refund: 0.97},
		{name: "split", shops: 12, warm: 8, perDay: 1, burst: 12, share: shareWeak, crew: 20, reach: 1, refund: 0.95},
		{name: "warm", shops: 8, warm: 120, perDay: 4, burst: 12, share: shareAccount, crew: 60, reach: 1, refund: 0.95},
		{name: "camouflage", shops: 12, warm: 8, perDay: 1, burst: 10, share: shareAccount, crew: 10, reach: 3, others: 6, refund: 0.95},
		{name: "hijacked", shops: 12, warm: 6, perDay: 1, burst: 10, share: shareAccount, crew: 60, reach: 0, real: true, refund: 0.98},
		{name: "staggered", shops: 12, warm: 20, perDay: 2, burst: 60, share: shareAccount, crew: 25, reach: 2, refund: 0.6, late: true},
		{name: "carrier", shops: 12, warm: 6, perDay: 1, burst: 10, share: shareWeak, crew: 25, reach: 0, depot: true, refund: 0.95},
		{name: "single", shops: 1, warm: 15, perDay: 2, burst: 10, share: shareNothing, crew: 40, reach: 0, refund: 0.95},
	}
}

// marketRing is one ring of a market.
type marketRing struct {
	kind   marketRingKind
	stalls []*ringStall
	truth  RingTruth
	no     int
}

type ringStall struct {
	stall
	crew   []buyer
	opens  int
	target int64 // fen, of the sales that are for the money
	places []string
	grams  int64
}

// gather plans a ring: its shops open one after another over the year.
func (m *Market) gather(c chance, kind marketRingKind, no int) *marketRing {
	r := &marketRing{kind: kind, no: no, truth: RingTruth{Kind: kind.name, Currency: "CNY"}}
	life := kind.warm + kind.burst + refundDays + 12
	hashes := func(n int) []string {
		out := make([]string, max(n, 1))
		for i := range out {
			out[i] = c.hash()
		}
		return out
	}
	n := kind.shops
	people, banks, devices, homes, nets := hashes(n*7/12), hashes((n+1)/2), hashes(n/4), hashes(n/3), hashes(n/3)
	phones, pays, depots := hashes(n*3), hashes(n*5), hashes(3)
	accounts := 0
	for k := range n {
		s := &ringStall{places: depots, grams: int64(60 + 10*c.IntN(6))}
		s.cat = category{name: "jewellery", median: 600_000, sigma: 0.4, parcel: true, grams: 90}
		s.currency, s.deposit = "CNY", newDeposit
		m.register(c, &s.stall, m.opt.Merchants+no*100+k)
		id := &s.applied
		switch kind.share {
		case shareMuch:
			id.LegalPerson, id.Device = people[k%len(people)], devices[k%len(devices)]
			if c.happens(0.5) {
				id.BankAccount = pick(c, banks)
			}
			if c.happens(0.5) {
				id.Address = pick(c, homes)
			}
		case shareAccount:
			id.BankAccount = banks[k/2]
		case shareWeak:
			if k%2 == 1 {
				id.Address = r.stalls[k-1].applied.Address
			} else if k > 0 {
				id.IP = r.stalls[k-1].applied.IP
			}
		}
		if kind.share == shareMuch && c.happens(0.4) {
			id.IP = pick(c, nets)
		}
		room := max(m.opt.Days-life, 1)
		s.opens = min(room*k/n+c.IntN(max(room/n, 1)), m.opt.Days-1)
		s.target = int64(float64(ringTake)*c.between(0.85, 1.15)) + s.deposit
		r.stalls = append(r.stalls, s)
		r.truth.Merchants = append(r.truth.Merchants, id.Merchant)
		if !slices.Contains(r.truth.People, id.LegalPerson) {
			r.truth.People = append(r.truth.People, id.LegalPerson)
		}
	}
	var all []buyer
	for range n * kind.crew {
		accounts++
		b := buyer{id: event.BuyerID(number("b-", 2*m.buyers+no*10_000+accounts, 1)), country: "MY", abroad: true, device: pick(c, phones), ip: c.hash(), address: c.hash(), paysFrom: pick(c, pays)}
		b.since = m.start.AddDate(0, 0, r.stalls[(accounts-1)/kind.crew].opens-c.IntN(60))
		if kind.real {
			b = m.buyer(c.IntN(m.buyers))
		} else {
			r.truth.Buyers = append(r.truth.Buyers, b.id)
		}
		all = append(all, b)
	}
	for k, s := range r.stalls {
		s.crew = all[max(0, k-kind.reach)*kind.crew : min(n, k+kind.reach+1)*kind.crew]
	}
	slices.Sort(r.truth.Merchants)
	slices.Sort(r.truth.Buyers)
	return r
}

// playToday lets a ring do what is planned for the day.
func (m *Market) playToday(r *marketRing) {
	for k, s := range r.stalls {
		c := m.chance(streamMarketRings, 10_000+r.no*100+k, m.day)
		switch since := m.day - s.opens; {
		case since < 0:
			continue
		case since == 0:
			m.open(c, &s.stall, m.today(c.span(9*time.Hour, 18*time.Hour)))
		case since <= r.kind.warm:
			for range r.kind.perDay {
				o := m.ringSale(c, r, s, int64(99+c.IntN(300))*100)
				m.place(c, &s.stall, pick(c, s.crew), o)
			}
			if since%7 == 0 {
				m.ask(&s.stall, m.today(20*time.Hour))
			}
		case since == r.kind.warm+1:
			m.cashIn(c, r, s)
		}
	}
	if r.kind.others > 0 && m.day > 10 && m.day < m.opt.Days-30 {
		c := m.chance(streamMarketRings, 20_000+r.no, m.day)
		s := r.stalls[min(m.day*len(r.stalls)/m.opt.Days, len(r.stalls)-1)]
		for range c.poisson(float64(r.kind.others*len(r.truth.Buyers)) / float64(m.opt.Days)) {
			if shop := m.shops[c.IntN(len(m.shops))]; shop.from < m.day && shop.to > m.day && shop.rate > 0.5 {
				m.sell(c, shop, pick(c, s.crew))
			}
		}
	}
}

// ringSale is an order of the ring to itself.
func (m *Market) ringSale(c chance, r *marketRing, s *ringStall, fen int64) marketSale {
	o := marketSale{paid: m.today(c.span(8*time.Hour, 23*time.Hour)), fen: fen, carrier: "yto", grams: s.grams + c.Int64N(60), place: pick(c, s.crew).address, by: "buyer"}
	o.shipped = o.paid.Add(c.span(5*time.Hour, 20*time.Hour))
	o.signed = o.shipped.Add(c.span(2*24*time.Hour, 5*24*time.Hour))
	if r.kind.depot {
		o.signed, o.place, o.grams = o.shipped.Add(c.span(time.Hour, 8*time.Hour)), pick(c, s.places), s.grams
	}
	o.confirmed = o.signed.Add(c.span(time.Hour, 30*time.Hour))
	if r.kind.minute {
		o.confirmed = o.signed.Add(c.span(time.Minute, 6*time.Minute))
	}
	return o
}

// cashIn plans the sales that are for the money, each followed by a request for
// it, and the refunds that come once the last is out.
func (m *Market) cashIn(c chance, r *marketRing, s *ringStall) {
	type sold struct {
		id  event.OrderID
		end time.Time // of the window
		fen int64
	}
	var all []sold
	var last time.Time
	day := m.day
	share := s.target / int64(r.kind.burst)
	for d := range r.kind.burst {
		m.day = day + d
		for sum := int64(0); sum < share; {
			fen := pick(c, []int64{299900, 399900, 599900, 699900, 799900, 899900})
			if r.kind.late {
				fen = pick(c, []int64{129900, 169900, 199900, 259900})
			}
			o := m.ringSale(c, r, s, fen)
			id := m.place(c, &s.stall, pick(c, s.crew), o)
			m.ask(&s.stall, o.confirmed.Add(c.span(2*time.Minute, 3*time.Hour)))
			if last = later(last, o.confirmed); c.happens(r.kind.refund) {
				all = append(all, sold{id, o.signed.Add(refundDays * 24 * time.Hour), o.fen})
			}
			sum += fen
		}
	}
	m.day = day
	cover := s.deposit
	for _, o := range all {
		at := last.Add(c.span(6*time.Hour, 40*time.Hour))
		if r.kind.late || at.After(o.end.Add(-2*time.Hour)) {
			at = o.end.Add(-c.span(2*time.Hour, 40*time.Hour))
		}
		m.giveBack(o.id, &s.stall, at, o.fen, pick(c, []string{"not_as_described", "not_as_described", "counterfeit", "damaged"}))
		if int(at.Sub(m.start)/(24*time.Hour)) < m.opt.Days {
			paid := min(cover, o.fen)
			cover -= paid
			r.truth.Advanced += o.fen - paid
		}
	}
}
