package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/transparency-dev/tessera/api/layout"
)

const windowLines = 256 // read under one hold of the lock

// Read calls fn with the durable entries of [from, to) in order; to past the end
// means the end. fn may keep line and must not change it.
func (l *Ledger) Read(ctx context.Context, from, to uint64, fn func(index uint64, line []byte) error) error {
	size := l.Size()
	if from > size {
		return fmt.Errorf("reading ledger: %w: %d of %d", ErrRange, from, size)
	}
	for to = min(to, size); from < to; {
		lines, err := l.window(ctx, from)
		if err != nil {
			return fmt.Errorf("reading ledger: %w", err)
		}
		for _, line := range lines[:min(uint64(len(lines)), to-from)] {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fn(from, line); err != nil {
				return err
			}
			from++
		}
	}
	return nil
}

// Follow calls fn with every durable entry from index from on, in order, first
// those that are there and then each as it comes. It returns fn's error, ctx's
// when that ends, or ErrClosed after the last entry of a closed ledger. from may
// be the size, not more: a cursor ahead of the record belongs to another one.
func (l *Ledger) Follow(ctx context.Context, from uint64, fn func(index uint64, line []byte) error) error {
	for {
		l.mu.Lock()
		size, changed, ended := l.durable, l.changed, l.committed && l.closing
		l.mu.Unlock()
		if from < size || from > size {
			if err := l.Read(ctx, from, size, fn); err != nil {
				return err
			}
			from = size
			continue
		}
		if ended {
			return ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// window returns at least one line from index from on, which is below the size.
func (l *Ledger) window(ctx context.Context, from uint64) ([][]byte, error) {
	l.mu.Lock()
	if from >= l.base {
		lines := l.tail[from-l.base:]
		lines = slices.Clone(lines[:min(len(lines), windowLines)])
		l.mu.Unlock()
		return lines, nil
	}
	integrated := l.integrated
	l.mu.Unlock()

	bundle, skip := from/bundleWidth, from%bundleWidth
	raw, err := l.reader.ReadEntryBundle(ctx, bundle, layout.PartialTileSize(0, bundle, integrated))
	if err != nil {
		return nil, err
	}
	lines, err := splitBundle(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, layout.EntriesPath(bundle, 0), err)
	}
	if uint64(len(lines)) <= skip {
		return nil, fmt.Errorf("%w: %s: holds too few entries", ErrDamaged, layout.EntriesPath(bundle, 0))
	}
	return lines[skip:], nil
}
