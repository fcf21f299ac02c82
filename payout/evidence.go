package payout

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Marks are what speaks against a single order.
type marks uint8

const (
	markDear  = iota // its price is far above what its category costs
	markQuick        // the buyer confirmed minutes after the signature
	markYoung        // the buyer's account was new
	markDoubt        // the signature is doubted
	numMarks
)

// Crowds are values that many orders of one shop share, or hardly any.
const (
	crowdBuyers = iota
	crowdDevices
	crowdAccounts // paid from
	crowdPlaces   // signed for at
	crowdWeights
	numCrowds
)

// crowd counts the orders that have a value, and the pairs that share one.
type crowd struct{ orders, pairs int64 }

// share is the chance that two orders share the value, leaning on none for the
// first few.
func (c crowd) share() float64 {
	const lean = 45 // pairs: those of ten orders
	return float64(c.pairs) / (float64(c.orders)*float64(c.orders-1)/2 + lean)
}

// Evidence is what speaks for a merchant being a fraud, each from 0 to about 1.
type Evidence [numEvidence]float64

const (
	evidenceDear = iota
	evidenceQuick
	evidenceYoung
	evidenceDoubt
	evidenceBuyers
	evidenceDevices
	evidenceAccounts
	evidencePlaces
	evidenceWeights
	evidenceRefunds
	evidenceNew
	evidenceRing
	numEvidence
)

// EvidenceNames are the names of the evidence in a pack, in order.
func EvidenceNames() []string {
	return []string{"price_far_above_category", "confirmed_within_minutes", "buyers_new", "delivery_doubtful",
		"same_buyers", "same_devices", "same_payment_accounts", "same_signature_places", "same_weights",
		"refunds_above_category", "shop_new", "linked_shops"}
}

// Scores says how evidence is weighed. The zero value weighs nothing.
type Scores struct {
	On        bool
	Base      float64 // log-odds of a merchant against whom nothing speaks
	Weights   Evidence
	Tolerated float64   // expected loss, as a share of the line
	Dear      float64   // times the category's median price
	Reference Reference // how evidence was distributed when it was weighed
	Known     bool      // there is a reference
}

// hashOf is a value of a crowd, never 0 for what is known.
func hashOf(kind int, v string) uint32 {
	if v == "" {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte{byte(kind)})
	h.Write([]byte(v))
	sum := h.Sum64()
	return max(uint32(sum^sum>>32), 1)
}

// join counts an order among those that share its value.
func (a *account) join(o *order, kind int, value uint32) {
	a.leave(o, kind)
	if value == 0 {
		return
	}
	o.values[kind] = value
	a.crowds[kind].orders++
	a.crowds[kind].pairs += int64(a.members[value])
	a.members[value]++
}

func (a *account) leave(o *order, kind int) {
	value := o.values[kind]
	if value == 0 {
		return
	}
	o.values[kind] = 0
	a.crowds[kind].orders--
	if a.members[value]--; a.members[value] == 0 {
		delete(a.members, value)
		return
	}
	a.crowds[kind].pairs -= int64(a.members[value])
}

// Prices of a category are counted in bins of an eighth of an octave.
const priceBins = 8 * 48

func priceBin(amount int64) int {
	return min(max(int(8*math.Log2(float64(max(amount, 1)))), 0), priceBins-1)
}

// dear says whether an amount is far above the median of its category, of which
// fifty orders must be known.
func (b *Book) dear(h *habits, amount int64) bool {
	if h.orders < 50 || b.pack.Scores.Dear <= 0 {
		return false
	}
	n := int64(0)
	for i, c := range h.prices {
		if n += c; 2*n >= h.orders {
			return float64(priceBin(amount)-i) > 8*math.Log2(b.pack.Scores.Dear)
		}
	}
	return false
}

// evidence gathers what speaks for fraud in one account. What is known of orders
// counts by how much of them is exposed.
func (b *Book) evidence(a *account) Evidence {
	var e Evidence
	m := a.owner
	if a.refundable > 0 {
		for i := range a.marked {
			e[evidenceDear+i] = float64(a.marked[i]) / float64(a.refundable)
		}
	}
	for i, c := range a.crowds {
		// From one in ten thousand to all of them, evenly on the scale of logarithms.
		e[evidenceBuyers+i] = min(1, math.Log10(1+1e4*c.share())/4)
	}
	alpha, beta := b.rate(a)
	usual := b.usualRate(b.habitsOf(a))
	e[evidenceRefunds] = min(1, max(0, math.Log((alpha/(alpha+beta))/max(usual, 1e-6))/2))
	if since := m.opened; !since.IsZero() {
		e[evidenceNew] = max(0, 1-b.now.Sub(since).Hours()/24/60)
	} else {
		e[evidenceNew] = 1
	}
	if m.group.ring != "" {
		e[evidenceRing] = 1
	}
	return e
}

// suspicion is the probability that a merchant, or any of its ring, is a fraud, and
// what speaks for it.
type suspicion struct {
	chance   float64
	evidence Evidence
}

func (b *Book) suspect(m *merchant, c event.Currency) suspicion {
	var worst suspicion
	if !b.pack.Scores.On {
		return worst
	}
	for _, other := range m.group.members {
		if a := other.in(c); a != nil {
			if e := b.evidence(a); b.pack.Scores.chance(e) > worst.chance {
				worst = suspicion{b.pack.Scores.chance(e), e}
			}
		}
	}
	return worst
}

// part is how much of a line a chance of fraud leaves.
func (s *Scores) part(chance float64) float64 {
	if chance <= s.Tolerated {
		return 1
	}
	return s.Tolerated / chance
}

// grounds are what of the evidence speaks against a merchant, the weightiest first.
func (s *Scores) grounds(e Evidence) []event.Evidence {
	var out []event.Evidence
	round := func(x float64) float64 { return math.Round(1e3*x) / 1e3 }
	for i, name := range EvidenceNames() {
		if w := s.Weights[i] * e[i]; w >= 0.05 {
			out = append(out, event.Evidence{Name: name, Value: round(e[i]), Weight: round(w)})
		}
	}
	slices.SortStableFunc(out, func(x, y event.Evidence) int { return cmp.Compare(y.Weight, x.Weight) })
	return out
}

func (s *Scores) chance(e Evidence) float64 {
	z := s.Base
	for i, w := range s.Weights {
		z += w * e[i]
	}
	return 1 / (1 + math.Exp(-z))
}

// quick is how soon after the signature a confirmation is suspicious.
const quick = 15 * time.Minute

// youngBuyer is the age of an account that is new.
const youngBuyer = 30 * day
