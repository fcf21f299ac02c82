package sim

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Honest troubles of a marketplace.
const (
	MarketplaceSeasonal    = "seasonal"    // shops that sell in one season
	MarketplaceViral       = "viral"       // a shop whose sales grow fiftyfold within a week
	MarketplaceBadBatch    = "bad-batch"   // two weeks of refunds without fraud
	MarketplaceFamily      = "family"      // shops of one household, some of one legal person
	MarketplaceAgency      = "agency"      // one computer registers fifty shops
	MarketplaceDormitory   = "dormitory"   // buyers, and shops, behind one address or network
	MarketplaceLoyal       = "loyal"       // buyers who buy at several shops of one category
	MarketplaceLost        = "lost"        // parcels that do not arrive
	MarketplaceLateScan    = "late-scan"   // signatures scanned hours after the buyer has the parcel
	MarketplaceParcels     = "parcels"     // several parcels an order
	MarketplaceMultiMoney  = "currencies"  // shops that sell in two currencies
	MarketplaceComeAndGo   = "come-and-go" // shops that open and close during the period
	MarketplaceQuickBuyers = "quick"       // shops whose buyers confirm at the door
)

// MarketplaceTroubles lists the honest troubles that MarketplaceOptions.Troubles may name.
func MarketplaceTroubles() []string {
	return []string{MarketplaceSeasonal, MarketplaceViral, MarketplaceBadBatch, MarketplaceFamily, MarketplaceAgency, MarketplaceDormitory, MarketplaceLoyal,
		MarketplaceLost, MarketplaceLateScan, MarketplaceParcels, MarketplaceMultiMoney, MarketplaceComeAndGo, MarketplaceQuickBuyers}
}

// MarketplaceOptions shape a marketplace. The zero value of a number takes its default.
type MarketplaceOptions struct {
	Seed      uint64
	Merchants int       // honest shops, 20,000; at most 200,000
	Days      int       // 365
	Start     time.Time // midnight of the first day

	Rings    []RingKind // one ring each; nil: one of each kind that fits into Days, empty: none
	Troubles []string   // of MarketplaceTroubles(); nil: all, empty: none

	// Rough lets carriers' scans arrive minutes to hours late, so that events
	// are out of order, and some events arrive twice.
	Rough bool
	// Reactive lets rings act on the decisions that Marketplace.Told brings.
	Reactive bool
}

// Marketplace is a marketplace of many shops, played as a stream. It is played by
// one goroutine at a time.
type Marketplace struct {
	opt     MarketplaceOptions
	seconds int64 // length of the period
	shops   []shop
	numbers []int32 // of the shops, as in their ids
	has     map[string]bool
	buyers  uint64 // ordinary accounts
	clubs   map[int][]int32
	rings   []*placeRing
	known   map[event.MerchantID]int32 // filled for a reactive marketplace only
	truth   MarketplaceTruth
	run     *placeRun // the one that Told speaks to
}

// MarketplaceTruth says who did what in a marketplace.
type MarketplaceTruth struct {
	Scenario string            `json:"scenario"`
	Seed     uint64            `json:"seed"`
	Rings    []MarketplaceRing `json:"rings"`
	// Troubled are the honest shops that have one of the troubles, by trouble.
	Troubled map[string][]event.MerchantID `json:"troubled"`
}

// MarketplaceRing is the truth of one ring.
type MarketplaceRing struct {
	Kind      RingKind           `json:"kind"`
	Merchants []event.MerchantID `json:"merchants"`
	People    []string           `json:"people"` // legal persons, as hashed
	// Buyers are the accounts that the ring buys with; those that are hijacked
	// also buy honestly.
	Buyers []event.BuyerID `json:"buyers"`
	// Advanced is what the platform would have had to advance within the
	// period, had it paid out every balance at once when asked; by currency.
	Advanced []event.Money `json:"taken_under_instant_payout"`
}

// Currencies of a marketplace, and what a yuan is in each.
type placeMoney struct {
	currency event.Currency
	perYuan  float64
}

const (
	cny uint8 = iota
	usd
	eur
	myr
)

func moneys() [4]placeMoney {
	return [4]placeMoney{{"CNY", 1}, {"USD", 0.14}, {"EUR", 0.13}, {"MYR", 0.62}}
}

// NewMarketplace makes the shops and the rings of a marketplace; nothing is played yet.
func NewMarketplace(o MarketplaceOptions) (*Marketplace, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("making a marketplace: %w", err)
	}
	m := &Marketplace{opt: o, seconds: int64(o.Days) * daySeconds, has: map[string]bool{}, clubs: map[int][]int32{},
		buyers: max(1000, uint64(o.Merchants)*75)}
	for _, t := range o.Troubles {
		m.has[t] = true
	}
	m.truth = MarketplaceTruth{Scenario: MarketplaceScenario, Seed: o.Seed, Rings: []MarketplaceRing{}, Troubled: map[string][]event.MerchantID{}}
	m.openShops()
	for i, kind := range o.Rings {
		m.gatherRing(i, kind)
	}
	m.number()
	m.tellTruth()
	return m, nil
}

// MarketplaceScenario is the name of the marketplace among the scenarios of menshen sim.
const MarketplaceScenario = "marketplace"

func (o MarketplaceOptions) withDefaults() (MarketplaceOptions, error) {
	if o.Merchants == 0 {
		o.Merchants = 20_000
	}
	if o.Days == 0 {
		o.Days = 365
	}
	if o.Merchants < 1 || o.Merchants > 200_000 {
		return o, errors.New("merchants: must be from 1 to 200000")
	}
	if o.Days < 1 || o.Days > 3660 {
		return o, errors.New("days: must be from 1 to 3660")
	}
	if o.Start.IsZero() {
		t, err := time.ParseInLocation(time.DateOnly, DefaultStart, Zone())
		if err != nil {
			return o, fmt.Errorf("reading the default start: %w", err)
		}
		o.Start = t
	}
	if o.Rings == nil {
		o.Rings = RingKindsWithin(o.Days)
	}
	if len(o.Rings) > 1000 {
		return o, errors.New("rings: must be at most 1000")
	}
	for _, k := range o.Rings {
		r, ok := recipe(k)
		if !ok {
			return o, fmt.Errorf("rings: no kind %q", k)
		}
		if r.life() >= o.Days {
			return o, fmt.Errorf("days: a ring of kind %s needs at least %d", k, r.life()+1)
		}
	}
	if o.Troubles == nil {
		o.Troubles = MarketplaceTroubles()
	}
	for _, t := range o.Troubles {
		if !slices.Contains(MarketplaceTroubles(), t) {
			return o, fmt.Errorf("troubles: no %q: choose among %s", t, strings.Join(MarketplaceTroubles(), ", "))
		}
	}
	return o, nil
}

// Options returns the options with their defaults filled in.
func (m *Marketplace) Options() MarketplaceOptions { return m.opt }

// End is the first instant after the period.
func (m *Marketplace) End() time.Time { return m.opt.Start.AddDate(0, 0, m.opt.Days) }

// NumMerchants counts the shops, the honest and the rings'.
func (m *Marketplace) NumMerchants() int { return len(m.shops) }

// Truth returns who did what. It does not depend on what the rings were told.
func (m *Marketplace) Truth() MarketplaceTruth { return m.truth }

// Events plays the marketplace from its first day: in order of time, unless it is
// rough. It may be ranged over again, and is the same then unless Told differs.
func (m *Marketplace) Events() iter.Seq[event.Event] {
	return func(yield func(event.Event) bool) { m.newRun().play(yield) }
}

// Told lets the shops of a reactive marketplace know a decision, while its events
// are ranged over. A shop that is refused never opens. A ring gives up a shop
// when three payouts in a row left something held, and turns to its next one
// early. Other events, and any in a marketplace that is not reactive, change
// nothing.
func (m *Marketplace) Told(decision event.Event) {
	if m.run == nil || !m.opt.Reactive {
		return
	}
	switch d := decision.Data.(type) {
	case *event.DecisionMerchant:
		if i, ok := m.known[d.Merchant]; ok && d.Decision == event.Refuse {
			m.run.refuse(i)
		}
	case *event.DecisionPayout:
		if i, ok := m.known[d.Merchant]; ok {
			m.run.paidOut(i, d)
		}
	}
}

func (m *Marketplace) chance(stream uint64, a, b int) chance {
	lo, hi := m.seeds(stream, uint64(a), uint64(b))
	return chance{rand.New(rand.NewPCG(lo, hi))}
}

func (m *Marketplace) seeds(stream, a, b uint64) (lo, hi uint64) {
	return mix(m.opt.Seed ^ mix(stream)), mix(mix(a) ^ b)
}

// of is an opaque number that is a pure function of its arguments.
func (m *Marketplace) of(stream, thing, field uint64) uint64 {
	return mix(mix(m.opt.Seed^mix(stream)^field<<56) + thing)
}

// bitsBelow is true of a share p of all x; it looks at twelve bits from shift on.
func bitsBelow(x uint64, shift uint, p float64) bool {
	return float64(x>>shift&0xfff) < p*4096
}

// appendHash writes x as a door would write a keyed hash.
func appendHash(b []byte, x uint64) []byte {
	b = append(b, "h:"...)
	for range 12 {
		b = append(b, "0123456789abcdef"[x&15])
		x >>= 4
	}
	return b
}

func hashOf(x uint64) string { return string(appendHash(nil, x)) }

// opaque writes a number without saying which it is: mix is a bijection.
func opaque(prefix string, x uint64) string {
	b := make([]byte, 0, 16)
	b = append(b, prefix...)
	for x = mix(x); ; x >>= 5 {
		b = append(b, "abcdefghijklmnopqrstuvwxyz234567"[x&31])
		if x < 32 {
			return string(b)
		}
	}
}

func (m *Marketplace) merchantID(i int32) event.MerchantID {
	return event.MerchantID(number("m-", int(m.numbers[i])+1, 6))
}

// number gives the shops their numbers, which say nothing of them.
func (m *Marketplace) number() {
	m.numbers = make([]int32, len(m.shops))
	c := m.chance(streamPlace, 1, 0)
	for i, n := range c.Perm(len(m.shops)) {
		m.numbers[i] = int32(n)
	}
	if !m.opt.Reactive {
		return
	}
	m.known = make(map[event.MerchantID]int32, len(m.shops))
	for i := range m.shops {
		m.known[m.merchantID(int32(i))] = int32(i)
	}
}

// tellTruth plays the rings alone, with a platform that pays out at once.
func (m *Marketplace) tellTruth() {
	for i := range m.shops {
		for _, t := range m.shops[i].troubles() {
			m.truth.Troubled[t] = append(m.truth.Troubled[t], m.merchantID(int32(i)))
		}
	}
	for t := range m.truth.Troubled {
		slices.Sort(m.truth.Troubled[t])
	}
	taken := m.takenAtOnce()
	for k, r := range m.rings {
		t := MarketplaceRing{Kind: r.kind, Merchants: []event.MerchantID{}, People: []string{}, Buyers: []event.BuyerID{}, Advanced: []event.Money{}}
		for i := range r.size {
			t.Merchants = append(t.Merchants, m.merchantID(r.first+int32(i)))
			t.People = append(t.People, hashOf(m.shops[r.first+int32(i)].ids[idPerson]))
		}
		for _, b := range r.crew {
			t.Buyers = append(t.Buyers, m.buyerID(b))
		}
		slices.Sort(t.Merchants)
		slices.Sort(t.Buyers)
		slices.Sort(t.People)
		t.People, t.Buyers = slices.Compact(t.People), slices.Compact(t.Buyers)
		for c, mo := range moneys() {
			if taken[k][c] > 0 {
				t.Advanced = append(t.Advanced, event.Money{Amount: taken[k][c], Currency: mo.currency})
			}
		}
		m.truth.Rings = append(m.truth.Rings, t)
	}
}
