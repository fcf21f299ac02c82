package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
	"github.com/menshen-io/menshen/watch"
)

// stateFile is, in the data directory, what the parts of the server have made of the
// record up to some entry. A start goes on from there; without it, or where it does
// not fit, it folds the record from the first entry on and comes to the same.
const stateFile = "state"

// part is what makes something of the record.
type part interface {
	Save(w io.Writer) error
	Load(r io.Reader) error
}

// parts are all of them, in the order of the file.
func (s *server) parts() []part {
	return []part{s.pipeline, s.pipeline.tally, s.pipeline.standings, s.engines.reasons, &watchState{s.engines.pack, s.engines.options, &s.engines.watch},
		s.engines.roll, s.engines.trace, s.door}
}

// saveState writes the state. Nothing may be taken in meanwhile, and all that was must
// be durable.
func (s *server) saveState(ctx context.Context) error {
	path := filepath.Join(s.cfg.Data, stateFile)
	err := errors.Join(s.pipeline.flush(ctx), s.engines.settle())
	if err == nil {
		err = writeDurably(path, func(w io.Writer) error {
			head := stateHead{ctx, s, s.ledger.Size()}
			err := snapshot.Save(w, head.walk)
			for _, p := range s.parts() {
				if err == nil {
					err = p.Save(w)
				}
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// loadState makes the parts know what an earlier server's knew. Where it fails, they
// are not to be used.
func (s *server) loadState(ctx context.Context) error {
	head := stateHead{ctx, s, 0}
	if err := loadFile(filepath.Join(s.cfg.Data, stateFile), func(in io.Reader) error {
		err := snapshot.Load(in, head.walk)
		for _, p := range s.parts() {
			if err == nil {
				err = p.Load(in)
			}
		}
		if err == nil && s.pipeline.from > head.doorFrom {
			err = fmt.Errorf("%w: the money door is behind", snapshot.ErrUnfit)
		}
		return err
	}); err != nil {
		return fmt.Errorf("reading state: %w", err)
	}
	s.pipeline.doorFrom = head.doorFrom
	return nil
}

// loadFile loads what was saved in a file, to its end. That there is none is no error.
func loadFile(path string, load func(io.Reader) error) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<16)
	err = load(in)
	if _, more := in.ReadByte(); err == nil && !errors.Is(more, io.EOF) {
		err = fmt.Errorf("%w: there is more behind it", snapshot.ErrUnfit)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// stateHead says what a state is of.
type stateHead struct {
	ctx      context.Context
	server   *server
	doorFrom uint64 // entries that the money door knows
}

func (h *stateHead) walk(c *snapshot.Codec) {
	l := h.server.ledger
	c.Same("menshen server state 1", "it is of another kind or version")
	c.Same(h.server.program, "it is another program's, which may judge otherwise")
	c.Same(h.server.cfg.Events.Settle, "events are put into order in another way since")
	if snapshot.Int(c, &h.doorFrom); h.doorFrom > l.Size() {
		c.Unfit("the record ends before it")
		return
	}
	if c.Err() != nil || h.doorFrom == 0 {
		return
	}
	// The record's last entry tells it from any other of as many.
	var last [sha256.Size]byte
	err := l.Read(h.ctx, h.doorFrom-1, h.doorFrom, func(_ uint64, line []byte) error {
		last = sha256.Sum256(line)
		return nil
	})
	if err != nil {
		c.Fail(err)
		return
	}
	c.Same(string(last[:]), "it is of another record")
}

// programSum tells this program from any other.
func programSum() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the program: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading the program: %w", err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("reading the program: %w", err)
	}
	return string(sum.Sum(nil)), nil
}

// watchState is the watch as a part of a state.
type watchState struct {
	pack   *watch.Pack
	opt    watch.Options
	engine **watch.Engine
}

func (w *watchState) Save(out io.Writer) error {
	state, err := (*w.engine).Snapshot()
	if err != nil {
		return err
	}
	return snapshot.Save(out, func(c *snapshot.Codec) { c.Bytes(&state) })
}

func (w *watchState) Load(in io.Reader) error {
	var state []byte
	if err := snapshot.Load(in, func(c *snapshot.Codec) { c.Bytes(&state) }); err != nil {
		return err
	}
	engine, err := watch.Restore(w.pack, w.opt, state)
	if err == nil {
		*w.engine = engine
	}
	return err
}

// Save writes how far the pipeline has come, and what it holds.
func (p *pipeline) Save(w io.Writer) error { return snapshot.Save(w, p.walk) }

// Load makes a new pipeline go on from there.
func (p *pipeline) Load(r io.Reader) error { return snapshot.Load(r, p.walk) }

func (p *pipeline) walk(c *snapshot.Codec) {
	c.Same("menshen pipeline 1", "it is of another kind or version")
	n := p.folded.Load()
	snapshot.Int(c, &n)
	walkWindow(c, p.window)
	walkSorter(c, p.sorter)
	snapshot.Slice(c, &p.reveals, func(r *reveal) { snapshot.Text(c, &r.actor); c.Time(&r.at) })
	if c.Loading() {
		p.from = n
		p.folded.Store(n)
	}
}

// walkWindow goes over what a window knows.
func walkWindow(c *snapshot.Codec, w *event.Window) {
	seen := w.Seen()
	slices.SortFunc(seen, func(x, y event.Seen) int {
		return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(x.Key.Source, y.Key.Source), cmp.Compare(x.Key.ID, y.Key.ID))
	})
	snapshot.Slice(c, &seen, func(s *event.Seen) {
		snapshot.Text(c, &s.Key.Source)
		snapshot.Text(c, &s.Key.ID)
		c.Time(&s.Time)
	})
	if c.Loading() {
		w.Resume(seen)
	}
}

// walkSorter goes over the events that a sorter holds.
func walkSorter(c *snapshot.Codec, s *event.Sorter) {
	held := s.Held()
	slices.SortFunc(held, func(x, y event.Event) int {
		if x.Before(y) {
			return -1
		}
		return 1
	})
	snapshot.Slice(c, &held, func(ev *event.Event) { snapshot.Event(c, ev) })
	if c.Loading() {
		for _, ev := range held {
			s.Push(ev)
		}
	}
}

// Save writes all that the door knows. What it has said must be durable.
func (d *doorkeeper) Save(w io.Writer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut != nil {
		return d.shut
	}
	if err := d.asked.settle(); err != nil {
		return err
	}
	err := cmp.Or(snapshot.Save(w, d.walk), d.moneyDoor.Save(w))
	if d.shadow != nil {
		err = cmp.Or(err, d.shadow.Save(w))
	}
	return err
}

// Load makes a new door know what another one has saved.
func (d *doorkeeper) Load(r io.Reader) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := snapshot.Load(r, d.walk)
	if err == nil {
		err = d.moneyDoor.Load(r)
	}
	if err == nil && d.shadow != nil {
		err = d.shadow.Load(r)
	}
	d.faulty = len(d.book.RuleFaults()) // which are told of already
	return err
}

func (d *doorkeeper) walk(c *snapshot.Codec) {
	c.Same("menshen door 1", "it is of another kind or version")
	shadow := ""
	if d.shadow != nil {
		shadow = "beside " + d.shadow.name
	}
	c.Same(shadow, "there was another shadow")
	walkWindow(c, d.window)
	d.asked.walk(c)
}

// settle finds out where the answers are. The caller holds the door's mu.
func (qs *questions) settle() error {
	for _, a := range qs.answers {
		if a.pending == nil {
			continue
		}
		at, err := durableAt(context.Background(), a.at, a.pending, a.offsets)
		if err != nil {
			return err
		}
		a.at, a.pending, a.offsets = at, nil, nil
	}
	return nil
}

func (qs *questions) walk(c *snapshot.Codec) {
	one := func(q *question) { snapshot.Text(c, &q.asks); snapshot.Text(c, &q.id) }
	key := func(k *[16]byte) { c.Raw(k[:]) }
	c.Time(&qs.newest)
	snapshot.Map(c, qs.answers, func(x, y question) int { return cmp.Or(cmp.Compare(x.asks, y.asks), cmp.Compare(x.id, y.id)) }, one, func(p **answer) {
		if c.Loading() {
			*p = &answer{}
		}
		a := *p
		c.Raw(a.sum[:])
		snapshot.Int(c, &a.expected)
		snapshot.Slice(c, &a.at, func(i *uint64) { snapshot.Int(c, i) })
	})
	snapshot.Slice(c, &qs.byTime, func(a *aged[question]) { c.Time(&a.at); one(&a.what) })
	snapshot.Map(c, qs.keys, func(x, y [16]byte) int { return slices.Compare(x[:], y[:]) }, key, func(p **usedKey) {
		if c.Loading() {
			*p = &usedKey{answered: true} // as after any start
		}
		c.Raw((*p).body[:])
		one(&(*p).question)
	})
	snapshot.Slice(c, &qs.keyTime, func(a *aged[[16]byte]) { c.Time(&a.at); key(&a.what) })
}

// reveal is one of the last hour, which the gateway counts.
type reveal struct {
	actor event.ActorID
	at    time.Time
}
