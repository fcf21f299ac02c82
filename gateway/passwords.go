package gateway

import "context"

// Passwords checks local accounts for other doors than the gateway's, such as
// the console's.
type Passwords struct {
	accounts Accounts
	hasher   *hasher
}

// NewPasswords checks against accounts, at most concurrent passwords at a time.
func NewPasswords(accounts Accounts, concurrent int) *Passwords {
	return &Passwords{accounts, newHasher(concurrent)}
}

// Check returns the person whose name and password these are. A wrong name and
// a wrong password take the same time.
func (p *Passwords) Check(ctx context.Context, user, password string) (Person, bool, error) {
	acc, known, err := p.accounts(ctx, user)
	if err != nil {
		return Person{}, false, err
	}
	if !known {
		acc = Account{}
	}
	ok, err := p.hasher.verify(ctx, password, acc.Hash)
	if err != nil || !ok || acc.Actor == "" {
		return Person{}, false, err
	}
	return acc.Person, true, nil
}
