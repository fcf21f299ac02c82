package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// The ring's plan for one shop: look alive for a few days, sell much in a
// burst to the own people, take the money out as each order is confirmed, and
// send the refund requests in waves once the last of it is out.
const (
	ringWarm    = 5 // days
	ringBurst   = 9
	ringLife    = 3 + ringWarm + ringBurst + 6 + refundDays // from application to the last refund
	minRingDays = ringLife + 2

	ringTake   = 7_050_000_00 / 12 // fen a shop, beyond its deposit
	ringBuyers = 6                 // accounts for each shop of the ring
	ringReach  = 4                 // an account buys at shops up to this far away in the ring
)

type ringPlan struct {
	shops  []*Merchant
	buyers []buyer
	people []string
}

// gatherRing registers the shops under several people who share a part of what
// they register with, and makes the accomplices' accounts abroad.
func (w *World) gatherRing() {
	c := w.chance(streamRing, 0, 0)
	n := w.opt.RingShops
	hashes := func(k int) []string {
		out := make([]string, k)
		for i := range out {
			out[i] = c.hash()
		}
		return out
	}
	people, banks, devices := hashes(max(2, n*7/12)), hashes(max(1, n/3)), hashes(max(1, n/4))
	addresses, nets := hashes(max(1, n/3)), hashes(max(1, n/3))
	w.ring = &ringPlan{}
	for k := range n {
		m := &Merchant{Kind: ShopRing, Deposit: newDeposit, no: 1_000_000 + k, ring: k, Category: "jewellery"}
		w.register(c, m)
		id := &m.applied
		id.LegalPerson = people[k%len(people)]
		if c.happens(0.5) {
			id.BankAccount = pick(c, banks)
		}
		if c.happens(0.5) {
			id.Address = pick(c, addresses)
		}
		if c.happens(0.4) {
			id.IP = pick(c, nets)
		}
		if id.Device = devices[k%len(devices)]; c.happens(0.4) && k > len(devices) {
			id.Device = c.hash()
		}
		m.weight[0] = int64(40 + 10*c.IntN(5))
		step := float64(w.opt.Days-ringLife-1) / float64(n)
		day := int(float64(k)*step + step*0.8*c.Float64())
		m.Applied = w.opt.Start.AddDate(0, 0, day).Add(c.span(9*time.Hour, 18*time.Hour))
		m.Opened = m.Applied.Add(c.span(15*time.Hour, 30*time.Hour))
		w.ring.shops = append(w.ring.shops, m)
		w.merchants = append(w.merchants, m)
		if !slices.Contains(w.ring.people, id.LegalPerson) {
			w.ring.people = append(w.ring.people, id.LegalPerson)
		}
	}
	phones, pays, homes, exits := hashes(n*2), hashes(n*4), hashes(8), hashes(12)
	for j := range n * ringBuyers {
		firstShop := w.ring.shops[max(0, j/ringBuyers-ringReach)]
		w.ring.buyers = append(w.ring.buyers, buyer{
			id:      event.BuyerID(number("b-", 10001+w.buyers/2*2+2*(c.IntN(900)+1000*j), 1)),
			country: pick(c, strings.Fields("MY MY SG TH AU US CA")), abroad: true,
			device: pick(c, phones), ip: pick(c, exits), address: pick(c, homes), paysFrom: pick(c, pays),
			since: firstShop.Opened.Add(-c.span(0, 18*24*time.Hour)),
		})
	}
}

// planRing sets up all that the ring does.
func (r *run) planRing() {
	w := r.w
	if w.ring == nil {
		return
	}
	t := RingTruth{People: slices.Clone(w.ring.people), Currency: currency}
	for _, m := range w.ring.shops {
		t.Merchants = append(t.Merchants, m.ID)
		t.Advanced += r.ringShop(m)
	}
	for _, b := range w.ring.buyers {
		t.Buyers = append(t.Buyers, b.id)
	}
	slices.Sort(t.Merchants)
	slices.Sort(t.Buyers)
	r.truth.Rings = append(r.truth.Rings, t)
	r.camouflage()
}

type ringOrder struct {
	id                event.OrderID
	fen               int64
	signed, confirmed time.Time
}

// ringShop sets up one shop's life. It returns what instant payout would have
// had to advance for it.
func (r *run) ringShop(m *Merchant) (advanced int64) {
	w := r.w
	c := w.chance(streamRing, 1, m.ring)
	crew := w.ring.crew(m.ring)
	end := w.End()
	warm := m.Opened.Add(6 * time.Hour)
	for range 5 + c.IntN(4) { // cheap orders that stay bought
		r.ringSale(c, m, pick(c, crew), warm.Add(c.span(0, ringWarm*24*time.Hour)), int64(99+c.IntN(150))*100)
	}
	var sold []ringOrder
	var last time.Time
	prices := []int64{299900, 399900, 599900, 699900, 799900, 899900, 999900}
	target := int64(float64(ringTake)*c.between(0.85, 1.15)) + m.Deposit
	burst := warm.Add(ringWarm * 24 * time.Hour)
	for sum := int64(0); sum < target; {
		fen := pick(c, prices)
		o := r.ringSale(c, m, pick(c, crew), burst.Add(c.span(0, ringBurst*24*time.Hour)), fen)
		if c.happens(0.97) { // the others keep theirs
			sold = append(sold, o)
			sum += fen
		}
		last = later(last, o.confirmed)
	}
	wave, cover := last.Add(5*time.Hour), m.Deposit
	for _, o := range sold {
		due := o.signed.Add(refundDays*24*time.Hour - 7*time.Hour)
		at := wave
		for next := at.Add(29 * time.Hour); next.Before(due); next = next.Add(29 * time.Hour) {
			at = next
		}
		at = at.Add(c.span(0, 5*time.Hour))
		rf := r.refund(o.id, at, o.fen, pick(c, []string{"not_as_described", "not_as_described", "counterfeit", "damaged"}))
		if at.Before(end) {
			fromCover := min(cover, o.fen)
			cover -= fromCover
			advanced += o.fen - fromCover
		}
		if c.happens(0.03) { // long after, a little comes back
			r.add(idRefund, "pay", at.AddDate(0, 0, 40), &event.RefundRecovered{Refund: rf, Money: event.Money{Amount: o.fen / 50, Currency: currency}})
		}
	}
	return advanced
}

// ringSale is one order of the ring to itself: a parcel of nothing, confirmed
// minutes after the signature, and the money asked for at once.
func (r *run) ringSale(c chance, m *Merchant, b buyer, paid time.Time, fen int64) ringOrder {
	o := ringOrder{id: r.order(m, b, paid, fen), fen: fen}
	shipped := paid.Add(c.span(5*time.Hour, 20*time.Hour))
	o.signed = shipped.Add(c.span(3*24*time.Hour, 5*24*time.Hour))
	r.ship(c, m, o.id, b, shipped, o.signed, m.weight[0])
	o.confirmed = o.signed.Add(c.span(time.Minute, 6*time.Minute))
	r.add(idOrder, "shop", o.confirmed, &event.OrderConfirmed{Order: o.id, By: "buyer"})
	r.ask(m, o.confirmed.Add(c.span(2*time.Minute, 9*time.Minute)))
	return o
}

// crew are the accounts that buy at the k-th shop.
func (p *ringPlan) crew(k int) []buyer {
	return p.buyers[max(0, k-ringReach)*ringBuyers : min(len(p.shops), k+ringReach+1)*ringBuyers]
}

// camouflage lets the accomplices buy something cheap from honest shops, too.
func (r *run) camouflage() {
	w := r.w
	c := w.chance(streamRing, 2, 0)
	var honest []*Merchant
	for _, m := range w.merchants {
		if m.Kind != ShopRing && m.openDay < w.opt.Days {
			honest = append(honest, m)
		}
	}
	if len(honest) == 0 {
		return
	}
	today := r.day
	for _, b := range w.ring.buyers {
		since := max(0, int(b.since.Sub(w.opt.Start)/(24*time.Hour))+1)
		for range 1 + c.IntN(3) {
			m := pick(c, honest)
			r.day = max(since, m.openDay) + c.IntN(60)
			if r.day < w.opt.Days {
				r.sell(c, m, b)
			}
		}
	}
	r.day = today
}
