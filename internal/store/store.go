package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	_ "modernc.org/sqlite" // the engine

	"github.com/menshen-io/menshen/api"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is one SQLite database. It may be used by several goroutines.
type Store struct {
	read  *sql.DB // many readers
	write *sql.DB // one connection: SQLite has one writer
}

// File is the name of the database in the data directory.
const File = "menshen.db"

// Open opens the database file in dir, making and migrating it as needed.
func Open(ctx context.Context, dir string) (*Store, error) {
	path := filepath.Join(dir, File)
	dsn := func(extra string) string {
		return "file:" + (&url.URL{Path: path}).EscapedPath() +
			"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" + extra
	}
	write, err := sql.Open("sqlite", dsn("&_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	write.SetMaxOpenConns(1)
	s := &Store{write: write}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %s: %w", path, err), s.Close())
	}
	if s.read, err = sql.Open("sqlite", dsn("&_pragma=query_only(1)")); err != nil {
		return nil, errors.Join(fmt.Errorf("opening store: %w", err), s.Close())
	}
	s.read.SetMaxOpenConns(4)
	return s, nil
}

func (s *Store) migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(database.DialectSQLite3, s.write, dir)
	if err != nil {
		return err
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return fmt.Errorf("the database is of version %d, this program knows %d", current, target)
	}
	_, err = p.Up(ctx)
	return err
}

// Close closes the database.
func (s *Store) Close() error {
	var err error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

// Cursor returns the index of the first entry that has not been indexed.
func (s *Store) Cursor(ctx context.Context) (uint64, error) {
	var n sql.NullInt64
	if err := s.write.QueryRowContext(ctx, `SELECT MAX(idx) FROM entries`).Scan(&n); err != nil {
		return 0, fmt.Errorf("reading index cursor: %w", err)
	}
	if !n.Valid {
		return 0, nil
	}
	return uint64(n.Int64) + 1, nil
}

// Index adds entries, all or none of them. An entry that is there is left alone.
func (s *Store) Index(ctx context.Context, entries []api.Entry) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		addEntry, err := tx.PrepareContext(ctx, `INSERT OR IGNORE INTO entries (idx, type, time, line) VALUES (?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer addEntry.Close()
		addKey, err := tx.PrepareContext(ctx, `INSERT OR IGNORE INTO keys (kind, key, idx) VALUES (?, ?, ?)`)
		if err != nil {
			return err
		}
		defer addKey.Close()
		for _, e := range entries {
			if _, err := addEntry.ExecContext(ctx, int64(e.Index), string(e.Event.Type), e.Event.Time.UnixMicro(), string(e.Line)); err != nil {
				return err
			}
			for _, k := range api.Keys(e.Event) {
				if _, err := addKey.ExecContext(ctx, k.Kind, k.Key, int64(e.Index)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("indexing %d entries: %w", len(entries), err)
	}
	return nil
}

// MarkUnexplained notes views that no work explains.
func (s *Store) MarkUnexplained(ctx context.Context, views []api.Unexplained) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		for _, v := range views {
			if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO unexplained (idx, subject) VALUES (?, ?)`, int64(v.Index), string(v.Subject)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("marking unexplained views: %w", err)
	}
	return nil
}

// Entries returns what matches q, newest first.
func (s *Store) Entries(ctx context.Context, q api.Query) ([]api.Entry, error) {
	stmt, args := selectEntries(q)
	rows, err := s.read.QueryContext(ctx, stmt, args...)
	if err != nil {
		return nil, fmt.Errorf("querying index: %w", err)
	}
	defer rows.Close()
	var out []api.Entry
	for rows.Next() {
		var idx int64
		var line, unexplained string
		if err := rows.Scan(&idx, &line, &unexplained); err != nil {
			return nil, fmt.Errorf("querying index: %w", err)
		}
		e, err := api.ParseEntry(uint64(idx), []byte(line), []byte(unexplained))
		if err != nil {
			return nil, fmt.Errorf("reading index entry %d: %w", idx, err)
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("querying index: %w", err)
	}
	return out, nil
}

func selectEntries(q api.Query) (stmt string, args []any) {
	var where []string
	from, idx := "entries e", "e.idx"
	if q.Key != (api.Key{}) {
		// CROSS keeps SQLite from going through all entries of a type instead.
		from, idx = "keys k CROSS JOIN entries e ON e.idx = k.idx", "k.idx"
		where = append(where, "k.kind = ? AND k.key = ?")
		args = append(args, q.Key.Kind, q.Key.Key)
	}
	if len(q.Types) > 0 {
		where = append(where, "e.type IN (?"+strings.Repeat(", ?", len(q.Types)-1)+")")
		for _, t := range q.Types {
			args = append(args, string(t))
		}
	}
	if q.Before > 0 {
		where = append(where, idx+" < ?")
		args = append(args, int64(q.Before))
	}
	if q.Unexplained {
		where = append(where, "EXISTS (SELECT 1 FROM unexplained u WHERE u.idx = e.idx)")
	}
	stmt = "SELECT e.idx, e.line, (SELECT json_group_array(u.subject) FROM unexplained u WHERE u.idx = e.idx) FROM " + from
	if len(where) > 0 {
		stmt += " WHERE " + strings.Join(where, " AND ")
	}
	return stmt + " ORDER BY " + idx + " DESC LIMIT ?", append(args, q.Limit)
}

func (s *Store) tx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
