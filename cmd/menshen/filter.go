package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/standing"
)

// filter is a command that takes events, of standard input or of a record, and writes
// what follows from them. With a checkpoint it goes on from where its last run ended.
type filter struct {
	name       string
	lateness   time.Duration
	fold       func(event.Event) []event.Event
	flush      func() []event.Event   // what is still open says at the end; nil: nothing
	data       string                 // directory of the record; empty: standard input
	takes      func(event.Event) bool // of a record's events, in its order; nil: all that is not Menshen's own, put into order
	checkpoint string                 // file; empty: none, and what is open is judged at the end
	save       func(io.Writer) error
	load       func(io.Reader) error

	out    *bufio.Writer
	sorter *event.Sorter
	window *event.Window
	cursor int64 // entries of the record read
	counts event.Counts
}

// run does it all, and writes the closing line.
func (f *filter) run(ctx context.Context, s streams) error {
	f.out, f.sorter, f.window = bufio.NewWriterSize(s.out, 1<<16), event.NewSorter(f.lateness), event.NewWindow(f.lateness)
	err := f.resume()
	if err != nil {
		return err
	}
	if f.data == "" {
		err = f.readStream(ctx, s)
	} else {
		err = f.readRecord(ctx)
	}
	if err == nil {
		err = f.end(ctx)
	}
	err = errors.Join(err, f.out.Flush())
	fmt.Fprintln(s.err, f.counts)
	return err
}

// command is run with the exit code of what came of it.
func (f *filter) command(ctx context.Context, s streams, strict bool) int {
	switch err := f.run(ctx, s); {
	case err != nil:
		return fail(s, f.name, exitUnreadable, err)
	case strict && f.counts.Refused() > 0:
		return exitCheck
	}
	return exitDone
}

func (f *filter) readStream(ctx context.Context, s streams) error {
	in := event.NewReader(s.in, f.lateness, func(x event.Refusal) { fmt.Fprintf(s.err, "menshen %s: %s\n", f.name, x) })
	in.Within(f.window)
	for {
		ev, err := in.Next()
		f.counts = in.Counts()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		if err := f.say(ctx, f.sorter.Push(ev)); err != nil {
			return err
		}
	}
}

func (f *filter) readRecord(ctx context.Context) error {
	size, err := ledger.Entries(ctx, f.data, uint64(f.cursor), func(_ uint64, line []byte) error {
		f.counts.Lines++
		ev, err := event.Parse(line)
		if err != nil || ev.Source == standing.Source || f.takes != nil && !f.takes(ev) {
			return ctx.Err() // of a newer version, what Menshen itself said, or of another part
		}
		if cause, err := f.window.Admit(ev); err != nil {
			f.counts.Count(cause)
			return ctx.Err()
		}
		f.counts.Accepted++
		if f.takes != nil {
			return f.say(ctx, []event.Event{ev})
		}
		return f.say(ctx, f.sorter.Push(ev))
	})
	f.cursor = int64(size)
	return err
}

// say folds events and writes what follows, which is out before the next line is
// waited for.
func (f *filter) say(ctx context.Context, evs []event.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, ev := range evs {
		if err := f.write(f.fold(ev)); err != nil {
			return err
		}
	}
	return f.sent()
}

func (f *filter) write(evs []event.Event) error {
	w := event.NewWriter(f.out)
	for _, ev := range evs {
		if err := w.Write(ev); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	return nil
}

func (f *filter) sent() error {
	if f.out.Buffered() == 0 {
		return nil
	}
	if err := f.out.Flush(); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// end judges what is open, or leaves it for the next run.
func (f *filter) end(ctx context.Context) error {
	if f.checkpoint != "" { // what was said is out before the checkpoint says that it was
		if err := writeDurably(f.checkpoint, func(w io.Writer) error {
			return errors.Join(snapshot.Save(w, f.walk), f.save(w))
		}); err != nil {
			return fmt.Errorf("writing checkpoint: %w", err)
		}
		return nil
	}
	if err := f.say(ctx, f.sorter.Flush()); err != nil || f.flush == nil {
		return err
	}
	return errors.Join(f.write(f.flush()), f.sent())
}

// resume goes on from the checkpoint, if there is one.
func (f *filter) resume() error {
	if f.checkpoint == "" {
		return nil
	}
	if err := loadFile(f.checkpoint, func(in io.Reader) error {
		if err := snapshot.Load(in, f.walk); err != nil {
			return err
		}
		return f.load(in)
	}); err != nil {
		return fmt.Errorf("reading checkpoint: %w", err)
	}
	return nil
}

// walk goes over how far the reading has come.
func (f *filter) walk(c *snapshot.Codec) {
	c.Same("menshen "+f.name+" checkpoint 1", "it is of another kind or version")
	origin := ""
	if f.data != "" {
		_, cp, err := ledger.ReadCheckpoint(f.data, "")
		if err != nil {
			c.Fail(err)
		}
		origin = cp.Origin
	}
	c.Same(origin, "it is of another record")
	if snapshot.Int(c, &f.cursor); f.cursor < 0 {
		c.Unfit("it has read %d entries", f.cursor)
	}
	walkWindow(c, f.window)
	walkSorter(c, f.sorter)
}
