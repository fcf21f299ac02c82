package payout

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Overrides says what people may let a merchant have beyond the clauses. The zero
// value allows nothing: an override is then passed over.
type Overrides struct {
	// SecondAbove is the amount, over all that is in force for a merchant, above
	// which a second person must confirm. A currency that is not named always needs
	// one.
	SecondAbove map[event.Currency]int64
	Longest     time.Duration // from the override to its end
}

// Override is what a person lets a merchant have.
type Override struct {
	event.DecisionOverridden
	At    time.Time // when it was given
	Left  int64     // not yet paid out
	Needs bool      // a second person, and has none yet
}

// inForce says whether it can be drawn on.
func (o *Override) inForce(at time.Time) bool { return !o.Needs && o.Left > 0 && at.Before(o.Until) }

// overridden takes an override, or a second person's confirmation of one. What the
// pack does not allow, and what repeats, changes nothing.
func (b *Book) overridden(ev event.Event, d *event.DecisionOverridden) {
	o := b.overrides[d.Override]
	switch {
	case o == nil && b.mayOverride(ev.Time, d) == nil:
		o = &Override{DecisionOverridden: *d, At: ev.Time, Left: d.Money.Amount}
		o.Needs = (d.Second == "" || SamePerson(d.Second, d.Person)) && b.needsSecond(ev.Time, d)
		b.overrides[d.Override] = o
		m := b.merchant(d.Merchant)
		m.overrides = slices.DeleteFunc(m.overrides, func(old *Override) bool { // what has ended long ago is no longer shown
			over := b.now.Sub(old.Until) > remembered
			if over {
				delete(b.overrides, old.Override)
			}
			return over
		})
		m.overrides = append(m.overrides, o)
	case o != nil && o.Needs && d.Second != "" && !SamePerson(d.Second, o.Person):
		o.Second, o.Needs = d.Second, false
	}
}

// SamePerson compares names of accounts as a person could take one for the other.
func SamePerson(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

func (b *Book) needsSecond(at time.Time, d *event.DecisionOverridden) bool {
	above, named := b.pack.Overrides.SecondAbove[d.Money.Currency]
	sum := d.Money.Amount
	if m := b.merchants[d.Merchant]; m != nil {
		for _, o := range m.overrides {
			// What was given counts in full, spent or not, until it ends: many small
			// ones are a large one.
			if o.Money.Currency == d.Money.Currency && at.Before(o.Until) {
				sum = satAdd(sum, o.Money.Amount)
			}
		}
	}
	return !named || sum > above
}

// OverrideFault is why an override is not taken: it names the field.
type OverrideFault string

func (f OverrideFault) Error() string { return string(f) }

func (b *Book) mayOverride(at time.Time, d *event.DecisionOverridden) error {
	switch {
	case b.pack.Overrides.Longest == 0:
		return OverrideFault("the pack allows no overrides")
	case b.merchants[d.Merchant] == nil:
		return OverrideFault("merchant: not known")
	case d.Request != "" && !b.asked(d.Request, d.Merchant):
		return OverrideFault("request: not one of this merchant's")
	case d.Money.Amount == 0 || d.Money.Amount > maxMoney:
		return OverrideFault("money.amount: must be above zero and within reason")
	case !d.Until.After(at):
		return OverrideFault("until: must be later than now")
	case d.Until.Sub(at) > b.pack.Overrides.Longest:
		return OverrideFault("until: at most " + b.pack.Overrides.Longest.String() + " from now")
	}
	return nil
}

// asked says whether a request is known, and is the merchant's.
func (b *Book) asked(id event.RequestID, m event.MerchantID) bool {
	r, known := b.requests[keyOf(id)]
	return known && b.accounts[r.account].owner.id == m
}

// MayOverride says what is wrong with an override before it is recorded, and
// whether it needs a second person.
func (b *Book) MayOverride(at time.Time, d *event.DecisionOverridden) (second bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.mayOverride(at, d); err != nil {
		return false, err
	}
	return b.needsSecond(at, d), nil
}

// Overrides lists the overrides that are known, the newest first.
func (b *Book) Overrides() []Override {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Override, 0, len(b.overrides))
	for _, o := range b.overrides {
		out = append(out, *o)
	}
	slices.SortFunc(out, func(x, y Override) int { return cmp.Or(y.At.Compare(x.At), cmp.Compare(x.Override, y.Override)) })
	return out
}

// draw takes up to n from what people let the merchant have, what ends first
// first, and says how much that was. It never widens what a frozen account pays, nor
// beyond the balance: the caller asks for no more than that.
func (b *Book) draw(m *merchant, c event.Currency, n int64, at time.Time) int64 {
	open := slices.DeleteFunc(slices.Clone(m.overrides), func(o *Override) bool { return o.Money.Currency != c || !o.inForce(at) })
	slices.SortFunc(open, func(x, y *Override) int { return cmp.Or(x.Until.Compare(y.Until), cmp.Compare(x.Override, y.Override)) })
	drawn := int64(0)
	for _, o := range open {
		take := min(n-drawn, o.Left)
		o.Left -= take
		drawn += take
	}
	return drawn
}

func reasonOverride(drawn event.Money) event.Reason {
	return reason("override", "其中 %[1]s 由平台人员批准，不受额度限制。",
		"Of this, %[2]s was allowed by a person beyond what the rules leave.", zh(drawn), drawn)
}

// Recorded takes a decision as the record has it, where the book would now give
// another: the pack was changed since. What was decided then is what was paid.
func (b *Book) Recorded(d *event.DecisionPayout) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.payoutPaid(&event.PayoutPaid{Request: d.Request, Merchant: d.Merchant, Money: d.Pay})
	m := b.merchant(d.Merchant)
	b.account(m, d.Pay.Currency).held = d.Hold.Amount
	m.lastDecision = d.Decision
}
