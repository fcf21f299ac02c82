package event

import "fmt"

// Currency is an ISO 4217 code, such as CNY.
type Currency string

// Money is an amount in minor units (fen, cents) of one currency.
type Money struct {
	Amount   int64    `json:"amount"`
	Currency Currency `json:"currency"`
}

func (m Money) String() string {
	return fmt.Sprintf("%d.%02d %s", m.Amount/100, abs(m.Amount%100), m.Currency)
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// check demands a currency and an amount that is not negative: what comes in
// says its direction by its type, never by a sign.
func (m Money) check(field string) error {
	if len(m.Currency) != 3 {
		return fmt.Errorf("%s.currency: must be an ISO 4217 code", field)
	}
	for i := range 3 {
		if c := m.Currency[i]; c < 'A' || c > 'Z' {
			return fmt.Errorf("%s.currency: must be an ISO 4217 code", field)
		}
	}
	if m.Amount < 0 {
		return fmt.Errorf("%s.amount: must not be negative", field)
	}
	return nil
}
