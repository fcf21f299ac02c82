package payout

import (
	"time"

	"github.com/menshen-io/menshen/event"
)

// Account is a merchant's book in one currency at the time of the newest event;
// amounts are in minor units.
type Account struct {
	Merchant   event.MerchantID
	Category   string
	Country    string
	Opened     time.Time
	Currency   event.Currency
	Balance    int64
	Collateral int64
	Refundable int64
	Advanced   int64
	AtRisk     int64 // lost if the merchant walked away now
	Line       int64 // its own; a ring's line binds beside it
	Requested  int64
	Paid       int64
	Held       int64 // of the balance, by the last decision
	Refunded   int64 // after confirmation, from balance, collateral or advance
	Ring       event.RingID
	RingLine   int64  // of the ring, where there is one
	RingAtRisk int64  // of the ring, where there is one
	Decision   string // the last on a payout
	Frozen     bool
}

// Totals is all merchants' books in one currency.
type Totals struct {
	Currency                                               event.Currency
	Merchants                                              int
	Balance, Collateral, Refundable, Advanced, AtRisk      int64
	Entered, Requested, Paid, Held, Refunded, AdvancedEver int64
	Recovered                                              int64
}

// Account returns the merchant's book in the pack's currency, or in its first
// where it has none in that.
func (b *Book) Account(id event.MerchantID) (Account, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.merchants[id]
	if m == nil {
		return Account{}, false
	}
	return b.snapshot(m, b.mainCurrency(m)), true
}

// Accounts returns the merchant's books in all currencies, by currency.
func (b *Book) Accounts(id event.MerchantID) []Account {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Account
	if m := b.merchants[id]; m != nil {
		for _, a := range m.accounts {
			out = append(out, b.snapshot(m, a.currency))
		}
	}
	return out
}

// Merchants returns every merchant's Account, by merchant.
func (b *Book) Merchants() []Account {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Account, 0, len(b.merchants))
	for _, id := range sortedKeys(b.merchants) {
		m := b.merchants[id]
		out = append(out, b.snapshot(m, b.mainCurrency(m)))
	}
	return out
}

// Totals returns the sums over all merchants, by currency.
func (b *Book) Totals() []Totals {
	b.mu.Lock()
	defer b.mu.Unlock()
	sums := map[event.Currency]*Totals{}
	for _, m := range b.merchants {
		for _, a := range m.accounts {
			t := sums[a.currency]
			if t == nil {
				t = &Totals{Currency: a.currency}
				sums[a.currency] = t
			}
			t.Merchants++
			t.Balance = satAdd(t.Balance, max(0, a.balance))
			t.Collateral = satAdd(t.Collateral, a.collateral)
			t.Refundable = satAdd(t.Refundable, a.refundable)
			t.Advanced = satAdd(t.Advanced, a.advanced)
			t.AtRisk = satAdd(t.AtRisk, a.atRisk())
			t.Entered = satAdd(t.Entered, a.entered)
			t.Requested = satAdd(t.Requested, a.requested)
			t.Paid = satAdd(t.Paid, a.paid)
			t.Held = satAdd(t.Held, a.held)
			t.Refunded = satAdd(t.Refunded, a.fromBalance+a.fromCollateral+a.advancedEver)
			t.AdvancedEver = satAdd(t.AdvancedEver, a.advancedEver)
			t.Recovered = satAdd(t.Recovered, a.recovered)
		}
	}
	var out []Totals
	for _, c := range sortedKeys(sums) {
		out = append(out, *sums[c])
	}
	return out
}

// Unmatched is the number of events that named an order, refund or request
// which the book does not know.
func (b *Book) Unmatched() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unmatched
}

func (b *Book) snapshot(m *merchant, c event.Currency) Account {
	out := Account{Merchant: m.id, Category: m.category, Country: m.country, Opened: m.opened, Currency: c,
		Ring: m.group.ring, Decision: m.lastDecision}
	alone := &group{members: []*merchant{m}}
	out.Line, _, _ = b.lineOf(alone, c)
	if m.group.ring != "" {
		out.RingLine, _, _ = b.lineOf(m.group, c)
		out.RingAtRisk = m.group.atRisk(c)
	}
	if a := m.in(c); a != nil {
		out.Balance, out.Collateral, out.Refundable, out.Advanced = a.balance, a.collateral, a.refundable, a.advanced
		out.AtRisk, out.Requested, out.Paid, out.Held = a.atRisk(), a.requested, a.paid, a.held
		out.Refunded = a.fromBalance + a.fromCollateral + a.advancedEver
		out.Frozen = a.frozen
	}
	return out
}
