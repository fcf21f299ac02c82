package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// shown is what a shop shows to whoever looks at one field at a time.
type shown struct {
	orders, dear, quick, confirmed, abroad, fresh, asks, signed, early int
	buyers                                                             map[event.BuyerID]bool
	grams                                                              map[int64]bool
	places                                                             map[string]bool
}

func (s *shown) shares() map[string]float64 {
	n, signed := float64(s.orders), float64(max(1, s.signed))
	return map[string]float64{
		"far above the median price":     float64(s.dear) / n,
		"confirmed within minutes":       float64(s.quick) / float64(max(1, s.confirmed)),
		"buyers abroad":                  float64(s.abroad) / n,
		"buyers' accounts of a month":    float64(s.fresh) / n,
		"requests an order":              float64(s.asks) / n,
		"signed for within six hours":    float64(s.early) / signed,
		"orders of a buyer seen already": 1 - float64(len(s.buyers))/n,
		"weights seen already":           1 - float64(len(s.grams))/n,
		"places seen already":            1 - float64(len(s.places))/signed,
	}
}

// No single field tells a ring's shop from all honest ones: for each there are
// honest shops that stand out more than the middle one of any ring.
func TestMarketplaceOverlaps(t *testing.T) {
	t.Parallel()
	m := place(t, MarketplaceOptions{Seed: 2, Merchants: 1800, Days: 160})
	kinds := map[event.MerchantID]RingKind{}
	for _, r := range m.Truth().Rings {
		for _, id := range r.Merchants {
			kinds[id] = r.Kind
		}
	}
	medians := map[string]int64{}
	for _, tr := range trades() {
		medians[tr.name] = int64(tr.median)
	}
	type parcel struct {
		shop            *shown
		shipped, signed time.Time
	}
	shops, parcels := map[event.MerchantID]*shown{}, map[event.OrderID]*parcel{}
	for ev := range m.Events() {
		switch d := ev.Data.(type) {
		case *event.MerchantApplied:
			shops[d.Merchant] = &shown{buyers: map[event.BuyerID]bool{}, grams: map[int64]bool{}, places: map[string]bool{}}
		case *event.OrderPaid:
			s := shops[d.Merchant]
			parcels[d.Order] = &parcel{shop: s}
			s.buyers[d.Buyer] = true
			for _, mo := range moneys() {
				if mo.currency == d.Money.Currency && float64(d.Money.Amount) > 5*mo.perYuan*float64(medians[d.Category]) {
					s.dear++
				}
			}
			if s.orders++; d.BuyerCountry != "CN" {
				s.abroad++
			}
			if ev.Time.Sub(d.BuyerSince) < 30*24*time.Hour {
				s.fresh++
			}
		case *event.ParcelShipped:
			p := parcels[d.Order]
			p.shipped = ev.Time
			p.shop.grams[d.WeightG] = true
		case *event.ParcelSigned:
			p := parcels[d.Order]
			p.shop.places[d.Place] = true
			p.shop.signed++
			if p.signed = ev.Time; p.signed.Sub(p.shipped) < 6*time.Hour {
				p.shop.early++
			}
		case *event.OrderConfirmed:
			p := parcels[d.Order]
			if p.shop.confirmed++; !p.signed.IsZero() && ev.Time.Sub(p.signed) < 20*time.Minute {
				p.shop.quick++
			}
		case *event.PayoutRequested:
			shops[d.Merchant].asks++
		}
	}
	honest, rings := map[string][]float64{}, map[RingKind]map[string][]float64{}
	for id, s := range shops {
		if s.orders < 12 {
			continue
		}
		for field, share := range s.shares() {
			if kind, ring := kinds[id]; !ring {
				honest[field] = append(honest[field], share)
			} else {
				if rings[kind] == nil {
					rings[kind] = map[string][]float64{}
				}
				rings[kind][field] = append(rings[kind][field], share)
			}
		}
	}
	for kind, fields := range rings {
		for field, shares := range fields {
			slices.Sort(shares)
			middle, beyond := shares[len(shares)/2], 0
			for _, share := range honest[field] {
				if share >= middle {
					beyond++
				}
			}
			if beyond == 0 {
				t.Errorf("%s alone tells a ring of kind %s: %.2f, and no honest shop of %d has that", field, kind, middle, len(honest[field]))
			}
		}
	}
}
