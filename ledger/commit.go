package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	f_log "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api/layout"
)

const (
	bundleWidth = layout.EntryBundleWidth
	cacheLines  = 4096    // integrated lines kept for followers, about
	cacheBytes  = 8 << 20 // and their size
)

// commitLoop makes groups durable until Close or the first error.
func (l *Ledger) commitLoop() {
	defer func() {
		l.mu.Lock()
		l.committed = true
		l.broadcast()
		l.mu.Unlock()
	}()
	for range l.wake {
		for {
			g, closing := l.takeGroup()
			if g == nil && closing {
				return
			}
			if g == nil {
				break
			}
			if err := l.wal.commit(g.lines); err != nil {
				err = fmt.Errorf("writing ahead: %w", err)
				l.stop(err)
				g.err = fmt.Errorf("%w: %w", ErrStopped, err)
				close(g.done)
				return
			}
			l.settle(g)
			if err := l.wal.drop(l.published.Load()); err != nil {
				l.stop(fmt.Errorf("dropping a finished segment: %w", err))
				return
			}
		}
	}
}

// takeGroup takes what was gathered, or nil.
func (l *Ledger) takeGroup() (g *group, closing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.group.lines) == 0 || l.stopped != nil {
		return nil, l.closing || l.stopped != nil
	}
	g, l.group = l.group, newGroup()
	return g, l.closing
}

// settle publishes a durable group.
func (l *Ledger) settle(g *group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g.first = l.durable
	l.durable += uint64(len(g.lines))
	l.tail = append(l.tail, g.lines...)
	l.tailBytes += g.bytes
	l.broadcast()
	close(g.done)
}

// integrateLoop puts durable entries into the tile log, in order, until all are
// there and no more can come.
func (l *Ledger) integrateLoop(ctx context.Context) {
	for {
		first, lines := l.nextBatch()
		if len(lines) == 0 {
			return
		}
		n, err := l.integrate(ctx, first, lines)
		if err != nil {
			l.stop(fmt.Errorf("integrating: %w", err))
			return
		}
		l.advance(first, lines[:n])
		if err := l.collect(ctx); err != nil {
			l.stop(err)
			return
		}
	}
}

// nextBatch waits for entries that are not in the tile log yet.
func (l *Ledger) nextBatch() (uint64, [][]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.integrated == l.durable {
		if l.committed {
			return 0, nil
		}
		changed := l.changed
		l.mu.Unlock()
		<-changed
		l.mu.Lock()
	}
	lines := l.tail[l.integrated-l.base:]
	lines = lines[:min(len(lines), batchLines)]
	return l.integrated, slices.Clone(lines)
}

// integrate hands lines to Tessera, waits until they are in the tree, and
// returns how many it took. No other goroutine adds, so the indexes must be
// those the write-ahead log gave.
//
// Tessera's queue lets go of its lock before it passes a batch on, so a batch
// that its timer flushes could be overtaken by the one begun after it. Hence
// nothing is added once half the batch's age has passed: then what was added is
// waited for first, and there is never a second batch.
func (l *Ledger) integrate(ctx context.Context, first uint64, lines [][]byte) (int, error) {
	began := time.Now()
	futures := make([]tessera.IndexFuture, 0, len(lines))
	for _, line := range lines {
		if len(futures) > 0 && time.Since(began) > l.batchAge/2 {
			break
		}
		futures = append(futures, l.add(ctx, tessera.NewEntry(line)))
	}
	for i, f := range futures {
		got, err := f()
		if err != nil {
			return i, fmt.Errorf("entry %d: %w", first+uint64(i), err)
		}
		if got.Index != first+uint64(i) {
			return i, fmt.Errorf("entry %d was put at index %d", first+uint64(i), got.Index)
		}
	}
	return len(futures), nil
}

func (l *Ledger) advance(first uint64, lines [][]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.integrated = first + uint64(len(lines))
	for _, line := range lines {
		l.backlog -= len(line)
	}
	if done := int(l.integrated - l.base); done > 2*cacheLines || l.tailBytes > cacheBytes {
		n := 0
		for ; n < done && (done-n > cacheLines || l.tailBytes > cacheBytes/2); n++ {
			l.tailBytes -= len(l.tail[n])
		}
		l.tail = slices.Delete(l.tail, 0, n)
		l.base += uint64(n)
	}
	l.broadcast()
}

// collect removes the partial tiles and bundles that a published checkpoint has
// made obsolete: those of which the full one is under it.
func (l *Ledger) collect(ctx context.Context) error {
	raw, err := l.reader.ReadCheckpoint(ctx)
	if err != nil {
		return fmt.Errorf("reading checkpoint: %w", err)
	}
	var cp f_log.Checkpoint
	if _, err := cp.Unmarshal(raw); err != nil {
		return errors.New("the published checkpoint cannot be read")
	}
	l.published.Store(cp.Size)
	remove := func(path string) error {
		return os.RemoveAll(filepath.Join(l.dir, logDir, path+".p"))
	}
	for ; l.collected < cp.Size/bundleWidth; l.collected++ {
		if err := remove(layout.EntriesPath(l.collected, 0)); err != nil {
			return err
		}
		// A tile is full when the last tile below it is.
		for level, i := uint64(0), l.collected; ; level, i = level+1, i/bundleWidth {
			if err := remove(layout.TilePath(level, i, 0)); err != nil {
				return err
			}
			if i%bundleWidth != bundleWidth-1 {
				break
			}
		}
	}
	return nil
}

// finish sees the ledger closed: after both loops have ended it waits for the
// last checkpoint and frees the directory.
func (l *Ledger) finish(ctx context.Context, committed, integrated <-chan struct{}) {
	defer close(l.finished)
	<-committed
	<-integrated
	l.mu.Lock()
	for !l.closing { // a stopped ledger stays readable until it is closed
		changed := l.changed
		l.mu.Unlock()
		<-changed
		l.mu.Lock()
	}
	stopped, durable := l.stopped, l.durable
	l.mu.Unlock()

	err := stopped
	if stopped == nil {
		err = l.settleLog(ctx, durable)
	}
	l.cancel()
	l.wal.close()
	if err != nil {
		l.closeErr = fmt.Errorf("closing ledger: %w", err)
	}
	l.lock.Close()
}

// settleLog leaves all entries under a checkpoint and the write-ahead log empty.
func (l *Ledger) settleLog(ctx context.Context, durable uint64) error {
	if err := l.shutdown(ctx); err != nil {
		return fmt.Errorf("publishing the last checkpoint: %w", err)
	}
	if err := l.collect(ctx); err != nil {
		return err
	}
	if err := l.wal.finish(); err != nil {
		return err
	}
	if l.published.Load() < durable {
		return nil
	}
	return l.wal.drop(durable)
}
