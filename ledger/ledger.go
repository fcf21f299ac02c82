package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"

	"github.com/menshen-io/menshen/event"
)

const (
	// DefaultOrigin names a ledger whose options name none.
	DefaultOrigin = "menshen/ledger"
	// MaxLine is the longest line an entry may hold; tlog-tiles sets it.
	MaxLine = 1<<16 - 1

	defaultCheckpoint = 250 * time.Millisecond
	defaultBatchAge   = 50 * time.Millisecond
	batchLines        = 1024     // integrated in one go
	maxBacklog        = 32 << 20 // bytes taken in but not yet in the tile log
)

var (
	// ErrStopped is returned by every append after an error that left in doubt
	// what is on disk. Reopen the ledger; what was acknowledged is there.
	ErrStopped = errors.New("ledger stopped")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("ledger closed")
	// ErrLocked means that another process, or this one, has the ledger open.
	ErrLocked = errors.New("ledger is in use")
	// ErrDamaged means that a directory's history is in doubt. It is not opened;
	// Verify says what is wrong.
	ErrDamaged = errors.New("ledger damaged")
	// ErrTooLong refuses an event whose line is longer than MaxLine: split it.
	ErrTooLong = errors.New("event is longer than an entry can hold")
	// ErrRange refuses an index that lies past the end.
	ErrRange = errors.New("no such entry")
)

// Options of Open. The zero value is what production uses.
type Options struct {
	// Origin names the log to the world, like example.com/menshen. It is fixed
	// when the ledger is made; empty means DefaultOrigin then and any later.
	Origin string
	// CheckpointInterval is how far apart signed checkpoints are, 250 ms if
	// zero, at least 100 ms.
	CheckpointInterval time.Duration
	// BatchAge is how long entries gather before they are put into the tile
	// log, 50 ms if zero. An append does not wait for it.
	BatchAge time.Duration

	faults  interpose
	segment int64 // bytes after which a segment of the write-ahead log ends
}

// Ledger is an open record. All methods may be called from any goroutine.
type Ledger struct {
	dir, vkey string
	batchAge  time.Duration
	lock      *os.File
	add       tessera.AddFn
	shutdown  func(context.Context) error
	reader    tessera.LogReader
	cancel    context.CancelFunc
	wal       *wal          // the committer's, and finish's after it
	wake      chan struct{} // tells the committer; holds one
	published atomic.Uint64 // size under the newest checkpoint seen
	collected uint64        // the integrator's: bundles whose partial files are gone
	finished  chan struct{} // closed when Close is through
	closeErr  error         // set before finished is closed

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced when something below changes
	group      *group        // being gathered
	stopped    error
	closing    bool
	committed  bool     // the committer has ended: durable is final
	durable    uint64   // entries that are durable
	integrated uint64   // entries in the tile log
	tail       [][]byte // lines of entries [base, durable)
	base       uint64
	tailBytes  int
	backlog    int // bytes gathered or durable, not integrated
}

// group is what one fsync makes durable.
type group struct {
	lines [][]byte
	bytes int
	done  chan struct{} // closed when first and err are set
	first uint64
	err   error
}

// Pending is an event on its way into the ledger.
type Pending struct {
	group *group
	pos   uint64
}

// Open opens the ledger in dir, making it if there is none, and recovers what a
// crash left. Only one Ledger at a time can have a directory open; a second gets
// ErrLocked.
func Open(ctx context.Context, dir string, o Options) (*Ledger, error) {
	l, err := open(ctx, dir, o)
	if err != nil {
		return nil, fmt.Errorf("opening ledger: %w", err)
	}
	return l, nil
}

func open(ctx context.Context, dir string, o Options) (_ *Ledger, err error) {
	if o.CheckpointInterval == 0 {
		o.CheckpointInterval = defaultCheckpoint
	}
	if o.BatchAge == 0 {
		o.BatchAge = defaultBatchAge
	}
	if o.faults == nil {
		o.faults = direct
	}
	for _, d := range []string{walDir, keyDir} {
		if err := makeDir(filepath.Join(dir, d), 0o700); err != nil {
			return nil, err
		}
	}
	l := &Ledger{
		dir:      dir,
		batchAge: o.BatchAge,
		wake:     make(chan struct{}, 1),
		changed:  make(chan struct{}),
		finished: make(chan struct{}),
		group:    newGroup(),
	}
	if l.lock, err = lock(filepath.Join(dir, lockFile)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.lock.Close()
		}
	}()

	signer, size, err := prepare(ctx, dir, o.Origin)
	if err != nil {
		return nil, err
	}
	l.vkey = signer.vkey
	var pending [][]byte
	if l.wal, pending, err = openWAL(filepath.Join(dir, walDir), size, o.faults); err != nil {
		return nil, fmt.Errorf("reading the write-ahead log: %w", err)
	}
	if o.segment > 0 {
		l.wal.max = o.segment
	}
	l.integrated, l.base, l.tail = size, size, pending
	l.durable = size + uint64(len(pending))
	for _, line := range pending {
		l.tailBytes += len(line)
	}
	l.backlog = l.tailBytes
	l.published.Store(size)
	l.collected = size / bundleWidth

	driver, err := posix.New(ctx, posix.Config{Path: filepath.Join(dir, logDir)})
	if err != nil {
		return nil, err
	}
	// Tessera's own collection of partial tiles is off: it leaves a state file
	// that nothing can be checked against. See collect.
	opts := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(o.CheckpointInterval).
		WithCheckpointRepublishInterval(0).
		WithBatching(batchLines, o.BatchAge).
		WithGarbageCollectionInterval(0)
	tctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	appender, shutdown, reader, err := tessera.NewAppender(tctx, driver, opts)
	if err != nil {
		cancel()
		return nil, err
	}
	l.add, l.shutdown, l.reader, l.cancel = appender.Add, shutdown, reader, cancel
	committed, integrated := make(chan struct{}), make(chan struct{})
	go func() { defer close(committed); l.commitLoop() }()
	go func() { defer close(integrated); l.integrateLoop(tctx) }()
	go l.finish(tctx, committed, integrated)
	return l, nil
}

func newGroup() *group { return &group{done: make(chan struct{})} }

// lock takes the ledger for this process until the file is closed.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s is locked", ErrLocked, path)
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return f, nil
}

// Append records ev and returns its index once it is durable. When ctx ends
// first the event may still be recorded.
func (l *Ledger) Append(ctx context.Context, ev event.Event) (uint64, error) {
	p, err := l.Enqueue(ctx, ev)
	if err != nil {
		return 0, err
	}
	return p.Wait(ctx)
}

// Enqueue takes ev into the next group to be made durable and returns at once;
// only when the disk has fallen tens of megabytes behind does it wait for room.
// Events are recorded in the order in which they were taken.
func (l *Ledger) Enqueue(ctx context.Context, ev event.Event) (Pending, error) {
	return l.EnqueueAll(ctx, []event.Event{ev})
}

// EnqueueAll takes events that belong together into one group: they follow one
// another in the record, one fsync makes all of them durable, and what it returns
// is the first, on whose index theirs follow. It takes all or none. A crash before
// they are durable may leave the first of them without the last.
func (l *Ledger) EnqueueAll(ctx context.Context, evs []event.Event) (Pending, error) {
	lines := make([][]byte, 0, len(evs))
	for _, ev := range evs {
		line, err := lineOf(ev)
		if err != nil {
			return Pending{}, fmt.Errorf("recording event %s: %w", ev.Type, err)
		}
		lines = append(lines, line)
	}
	return l.enqueue(ctx, lines...)
}

// Check says what is wrong with ev as an entry, before it is enqueued.
func Check(ev event.Event) error {
	_, err := lineOf(ev)
	return err
}

func lineOf(ev event.Event) ([]byte, error) {
	if err := ev.Check(); err != nil {
		return nil, err
	}
	line, err := ev.AppendJSON(nil)
	if err == nil && len(line) > MaxLine {
		err = fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, len(line), MaxLine)
	}
	return line, err
}

func (l *Ledger) enqueue(ctx context.Context, lines ...[]byte) (Pending, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.backlog > maxBacklog && l.stopped == nil && !l.closing {
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
			l.mu.Lock()
		case <-ctx.Done():
			l.mu.Lock()
			return Pending{}, ctx.Err()
		}
	}
	switch {
	case l.stopped != nil:
		return Pending{}, l.stopped
	case l.closing:
		return Pending{}, ErrClosed
	}
	g := l.group
	pos := uint64(len(g.lines))
	for _, line := range lines {
		g.lines = append(g.lines, line)
		g.bytes += len(line)
		l.backlog += len(line)
	}
	l.rouse()
	return Pending{g, pos}, nil
}

func (l *Ledger) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Wait returns the event's index once it is durable. ErrStopped means that
// it is unknown whether it was recorded.
func (p Pending) Wait(ctx context.Context) (uint64, error) {
	if p.group == nil {
		return 0, errors.New("waiting for nothing")
	}
	select {
	case <-p.group.done:
		return p.group.first + p.pos, p.group.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Size is the number of durable entries.
func (l *Ledger) Size() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable
}

// Checkpoint returns the newest signed checkpoint, a note. It may lag Size by
// the checkpoint interval and the batch age.
func (l *Ledger) Checkpoint(ctx context.Context) ([]byte, error) {
	cp, err := l.reader.ReadCheckpoint(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading checkpoint: %w", err)
	}
	return cp, nil
}

// Verifier is the verifier key of the ledger's checkpoints.
func (l *Ledger) Verifier() string { return l.vkey }

// Dir is the directory that Open was given.
func (l *Ledger) Dir() string { return l.dir }

// Close makes all that was taken in durable, puts it into the tile log under a
// signed checkpoint, and frees the directory. When ctx ends first, closing goes
// on and a second call waits for it.
func (l *Ledger) Close(ctx context.Context) error {
	l.mu.Lock()
	l.closing = true
	l.broadcast()
	l.mu.Unlock()
	l.rouse()
	select {
	case <-l.finished:
		return l.closeErr
	case <-ctx.Done():
		return fmt.Errorf("closing ledger: %w", ctx.Err())
	}
}

// broadcast wakes whoever waits for a change. l.mu is held.
func (l *Ledger) broadcast() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// stop refuses all further appends, and those that wait to be committed.
func (l *Ledger) stop(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped == nil {
		l.stopped = fmt.Errorf("%w: %w", ErrStopped, cause)
	}
	g := l.group
	l.group = newGroup()
	g.err = l.stopped
	close(g.done)
	l.broadcast()
	l.rouse()
}
