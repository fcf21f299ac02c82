package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
)

// ShelfFile is the name of a shelf's database in the data directory.
const ShelfFile = "trace.db"

// Shelf keeps values by key, for the tracer's index of views by customer. All of
// it can be built anew from the ledger, so that it is a database of its own, and a
// power failure may take back the last Put whole. It belongs to one goroutine.
type Shelf struct {
	db       *sql.DB
	get, put *sql.Stmt
}

// OpenShelf opens the shelf in dir, making it as needed.
func OpenShelf(ctx context.Context, dir string) (*Shelf, error) {
	path := filepath.Join(dir, ShelfFile)
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+
		"?_pragma=busy_timeout(10000)&_pragma=page_size(8192)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-65536)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("opening shelf: %w", err)
	}
	db.SetMaxOpenConns(1)
	s := &Shelf{db: db}
	if _, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS shelf (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID`); err == nil {
		s.get, err = db.PrepareContext(ctx, `SELECT value FROM shelf WHERE key = ?`)
	}
	if err == nil {
		s.put, err = db.PrepareContext(ctx, `INSERT INTO shelf (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening shelf %s: %w", path, err), db.Close())
	}
	return s, nil
}

// RemoveShelf removes the shelf of dir, if there is one.
func RemoveShelf(dir string) error {
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(dir, ShelfFile+end)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing shelf: %w", err)
		}
	}
	return nil
}

// Get returns the value of a key, nil where there is none. It does not wait for
// anybody but the disk.
func (s *Shelf) Get(key string) ([]byte, error) {
	var value []byte
	err := s.get.QueryRow([]byte(key)).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading shelf: %w", err)
	}
	return value, nil
}

// Put sets all of the values or none of them.
func (s *Shelf) Put(values map[string][]byte) error {
	tx, err := s.db.Begin()
	if err != nil {
		return fmt.Errorf("writing shelf: %w", err)
	}
	put := tx.Stmt(s.put)
	defer put.Close()
	for _, key := range slices.Sorted(maps.Keys(values)) { // neighbours share pages
		if _, err := put.Exec([]byte(key), values[key]); err != nil {
			return errors.Join(fmt.Errorf("writing shelf: %w", err), tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("writing shelf: %w", err)
	}
	return nil
}

// Close closes the shelf.
func (s *Shelf) Close() error { return s.db.Close() }
