package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
)

// Account returns a local account. It reports false for one that does not exist.
func (s *Store) Account(ctx context.Context, user string) (gateway.Account, bool, error) {
	a := gateway.Account{Person: gateway.Person{Actor: event.ActorID(user)}}
	err := s.read.QueryRowContext(ctx, `SELECT hash, display, role, partner, site, station, device FROM accounts WHERE name = ?`, user).
		Scan(&a.Hash, &a.Name, &a.Role, &a.Partner, &a.Site, &a.Station, &a.Device)
	if errors.Is(err, sql.ErrNoRows) {
		return gateway.Account{}, false, nil
	}
	if err != nil {
		return gateway.Account{}, false, fmt.Errorf("reading account: %w", err)
	}
	return a, true, nil
}

// SetAccount adds a local account or replaces the one of that name.
func (s *Store) SetAccount(ctx context.Context, a gateway.Account) error {
	if a.Actor == "" || a.Role == "" {
		return errors.New("saving account: a name and a role are needed")
	}
	_, err := s.write.ExecContext(ctx,
		`INSERT OR REPLACE INTO accounts (name, hash, display, role, partner, site, station, device) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		string(a.Actor), a.Hash, a.Name, a.Role, string(a.Partner), a.Site, string(a.Station), string(a.Device))
	if err != nil {
		return fmt.Errorf("saving account: %w", err)
	}
	return nil
}

// RemoveAccount removes a local account; it reports whether there was one.
func (s *Store) RemoveAccount(ctx context.Context, user string) (bool, error) {
	res, err := s.write.ExecContext(ctx, `DELETE FROM accounts WHERE name = ?`, user)
	if err != nil {
		return false, fmt.Errorf("removing account: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Accounts returns every local account, by name, without the hashes.
func (s *Store) Accounts(ctx context.Context) ([]gateway.Account, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT name, display, role, partner, site, station, device FROM accounts ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("listing accounts: %w", err)
	}
	defer rows.Close()
	var out []gateway.Account
	for rows.Next() {
		var a gateway.Account
		if err := rows.Scan(&a.Actor, &a.Name, &a.Role, &a.Partner, &a.Site, &a.Station, &a.Device); err != nil {
			return nil, fmt.Errorf("listing accounts: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}
