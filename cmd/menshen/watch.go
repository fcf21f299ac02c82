package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/standing"
	"github.com/menshen-io/menshen/watch"
)

func watchCommand() command {
	return command{"watch", "events in, alerts out: accounts whose views their work does not explain", runWatch}
}

const watchUsage = `watch [-pack DIR] [-strict] [-checkpoint FILE] < events.ndjson > alerts.ndjson
       menshen watch -data DIR [-pack DIR] [-checkpoint FILE] > alerts.ndjson
       menshen watch fit [-pack DIR] [-data DIR] < events.ndjson > priors.yaml`

type watchFlags struct {
	pack, data, checkpoint string
	strict                 bool
}

func runWatch(ctx context.Context, s streams, args []string) int {
	fit := len(args) > 0 && args[0] == "fit"
	if fit {
		args = args[1:]
	}
	fs := newFlags("watch", watchUsage, s.err)
	var f watchFlags
	fs.StringVar(&f.pack, "pack", defaultWatchPack, "`directory` of a pack, or the name of a built-in one")
	fs.StringVar(&f.data, "data", "", "read the record in this data `directory`, which may be in use, instead of standard input")
	if !fit {
		watchOnly(fs, &f)
	}
	if code, done := parse(fs, s, args); done {
		return code
	}
	pack, _, err := loadWatchPack(f.pack)
	if err != nil {
		return fail(s, "watch", exitUsage, err)
	}
	run, err := openWatchRun(s, f, pack)
	if err != nil {
		return fail(s, "watch", exitUnreadable, err)
	}
	out := bufio.NewWriter(s.out)
	if !fit {
		run.out = out
	}
	err = run.read(ctx)
	if err == nil {
		err = run.end(f.checkpoint)
	}
	if err == nil && fit {
		err = writePriors(out, run.engine.Fit())
	}
	err = errors.Join(err, out.Flush())
	for _, fault := range run.engine.Faults() {
		fmt.Fprintf(s.err, "menshen watch: %s\n", fault)
	}
	fmt.Fprintln(s.err, run.counts)
	switch {
	case err != nil:
		return fail(s, "watch", exitUnreadable, err)
	case f.strict && run.counts.Refused() > 0:
		return exitCheck
	}
	return exitDone
}

func watchOnly(fs *flag.FlagSet, f *watchFlags) {
	fs.StringVar(&f.checkpoint, "checkpoint", "", "go on from this `file` if it is there, and write it at the end instead of judging what is still open")
	fs.BoolVar(&f.strict, "strict", false, "exit 1 when a line was refused")
}

// watchRun is one run of the watch over a stream or a record.
type watchRun struct {
	s      streams
	pack   *watch.Pack
	data   string
	out    *bufio.Writer // of alerts; nil: none are wanted
	engine *watch.Engine
	sorter *event.Sorter
	window *event.Window
	cursor uint64 // entries of the record read
	counts event.Counts
}

// watchCheckpoint is what a run leaves for the next one.
type watchCheckpoint struct {
	Origin string // of the record; empty: events from standard input
	Cursor uint64
	Seen   []event.Seen
	Held   [][]byte // events waiting for their turn
	Engine []byte
}

func openWatchRun(s streams, f watchFlags, pack *watch.Pack) (*watchRun, error) {
	lateness := time.Duration(pack.AllowedLateness)
	r := &watchRun{s: s, pack: pack, data: f.data, engine: watch.New(pack, watch.Options{}),
		sorter: event.NewSorter(lateness), window: event.NewWindow(lateness)}
	if f.checkpoint == "" {
		return r, nil
	}
	raw, err := os.ReadFile(f.checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading checkpoint: %w", err)
	}
	if err := r.resume(raw); err != nil {
		return nil, fmt.Errorf("reading checkpoint %s: %w", f.checkpoint, err)
	}
	return r, nil
}

func (r *watchRun) resume(raw []byte) error {
	var c watchCheckpoint
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&c); err != nil {
		return fmt.Errorf("%w: %w", watch.ErrSnapshot, err)
	}
	origin, err := r.origin()
	if err != nil {
		return err
	}
	if c.Origin != origin {
		return fmt.Errorf("%w: it is of another record", watch.ErrSnapshot)
	}
	if r.engine, err = watch.Restore(r.pack, watch.Options{}, c.Engine); err != nil {
		return err
	}
	for _, line := range c.Held {
		ev, err := event.Parse(line)
		if err != nil {
			return fmt.Errorf("%w: %w", watch.ErrSnapshot, err)
		}
		r.sorter.Push(ev)
	}
	r.window.Resume(c.Seen)
	r.cursor = c.Cursor
	return nil
}

// origin names the record that is read.
func (r *watchRun) origin() (string, error) {
	if r.data == "" {
		return "", nil
	}
	_, cp, err := ledger.ReadCheckpoint(r.data, "")
	return cp.Origin, err
}

// read folds all there is.
func (r *watchRun) read(ctx context.Context) error {
	if r.data == "" {
		return r.readStream(ctx)
	}
	size, err := ledger.Entries(ctx, r.data, r.cursor, func(index uint64, line []byte) error {
		r.counts.Lines++
		ev, err := event.Parse(line)
		if err != nil || ev.Source == standing.Source {
			return ctx.Err() // of a newer version, or what Menshen itself said
		}
		if cause, err := r.window.Admit(ev); err != nil {
			r.counts.Count(cause)
			return ctx.Err()
		}
		r.counts.Accepted++
		return errors.Join(ctx.Err(), r.push(ev))
	})
	r.cursor = size
	return err
}

func (r *watchRun) readStream(ctx context.Context) error {
	in := event.NewReader(r.s.in, time.Duration(r.pack.AllowedLateness), func(x event.Refusal) {
		fmt.Fprintf(r.s.err, "menshen watch: %s\n", x)
	})
	in.Within(r.window)
	for {
		ev, err := in.Next()
		r.counts = in.Counts()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		if err := errors.Join(ctx.Err(), r.push(ev)); err != nil {
			return err
		}
	}
}

func (r *watchRun) push(ev event.Event) error {
	for _, next := range r.sorter.Push(ev) {
		if err := r.write(r.engine.Fold(next)); err != nil {
			return err
		}
	}
	return nil
}

// end judges what is open, or leaves it for the next run.
func (r *watchRun) end(checkpoint string) error {
	if checkpoint == "" {
		for _, next := range r.sorter.Flush() {
			if err := r.write(r.engine.Fold(next)); err != nil {
				return err
			}
		}
		return r.write(r.engine.Flush())
	}
	c := watchCheckpoint{Cursor: r.cursor, Seen: r.window.Seen()}
	var err error
	if c.Origin, err = r.origin(); err != nil {
		return err
	}
	for _, ev := range r.sorter.Held() {
		line, err := ev.AppendJSON(nil)
		if err != nil {
			return err
		}
		c.Held = append(c.Held, line)
	}
	if c.Engine, err = r.engine.Snapshot(); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(c); err != nil {
		return fmt.Errorf("writing checkpoint: %w", err)
	}
	// The alerts are out before the checkpoint says that they were.
	if err := r.out.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errWriting, err)
	}
	if err := writeDurably(checkpoint, b.Bytes()); err != nil {
		return fmt.Errorf("writing checkpoint: %w", err)
	}
	return nil
}

var errWriting = errors.New("writing alerts")

func (r *watchRun) write(alerts []event.Event) error {
	if r.out == nil || len(alerts) == 0 {
		return nil
	}
	w := event.NewWriter(r.out)
	for _, a := range alerts {
		if err := w.Write(a); err != nil {
			return fmt.Errorf("%w: %w", errWriting, err)
		}
	}
	if err := r.out.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errWriting, err)
	}
	return nil
}

// writePriors writes what belongs under statistics in a pack.
func writePriors(out io.Writer, priors watch.Priors) error {
	if len(priors) == 0 {
		return errors.New("no group of at least five accounts has worked for thirty agent-days: nothing can be fitted")
	}
	fmt.Fprintln(out, "# Of the record of honest accounts: belongs under statistics in pack.yaml.")
	fmt.Fprintln(out, "# Rates are per agent-day of 20 customers viewed with a reason; refusals per agent-day.")
	enc := yaml.NewEncoder(out)
	enc.SetIndent(2)
	return errors.Join(enc.Encode(map[string]watch.Priors{"priors": priors}), enc.Close())
}

// foldSorted reads a stream and hands on its events in order.
func foldSorted(in io.Reader, pack *watch.Pack, refused func(event.Refusal), fold func(event.Event) error) (event.Counts, error) {
	lateness := time.Duration(pack.AllowedLateness)
	r, sorter := event.NewReader(in, lateness, refused), event.NewSorter(lateness)
	for {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r.Counts(), fmt.Errorf("reading events: %w", err)
		}
		for _, next := range sorter.Push(ev) {
			if err := fold(next); err != nil {
				return r.Counts(), err
			}
		}
	}
	for _, next := range sorter.Flush() {
		if err := fold(next); err != nil {
			return r.Counts(), err
		}
	}
	return r.Counts(), nil
}
