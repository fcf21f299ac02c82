package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
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
	w := newWatchFilter(pack, f)
	if fit {
		return runWatchFit(ctx, s, w)
	}
	code := w.command(ctx, s, f.strict)
	w.tellFaults(s)
	return code
}

// watchFilter is the watch over a stream or a record.
type watchFilter struct {
	filter
	engine *watch.Engine
}

func newWatchFilter(pack *watch.Pack, f watchFlags) *watchFilter {
	w := &watchFilter{engine: watch.New(pack, watch.Options{})}
	state := &watchState{pack, watch.Options{}, &w.engine}
	w.filter = filter{
		name: "watch", lateness: time.Duration(pack.AllowedLateness), data: f.data, checkpoint: f.checkpoint,
		fold:  func(ev event.Event) []event.Event { return w.engine.Fold(ev) },
		flush: func() []event.Event { return w.engine.Flush() },
		save:  state.Save, load: state.Load,
	}
	return w
}

func (w *watchFilter) tellFaults(s streams) {
	for _, fault := range w.engine.Faults() {
		fmt.Fprintf(s.err, "menshen watch: %s\n", fault)
	}
}

// runWatchFit writes what the events show of honest accounts, and no alerts.
func runWatchFit(ctx context.Context, s streams, w *watchFilter) int {
	out := s.out
	s.out = io.Discard
	err := w.run(ctx, s)
	w.tellFaults(s)
	if err == nil {
		err = writePriors(out, w.engine.Fit())
	}
	if err != nil {
		return fail(s, "watch", exitUnreadable, err)
	}
	return exitDone
}

func watchOnly(fs *flag.FlagSet, f *watchFlags) {
	fs.StringVar(&f.checkpoint, "checkpoint", "", "go on from this `file` if it is there, and write it at the end instead of judging what is still open")
	fs.BoolVar(&f.strict, "strict", false, "exit 1 when a line was refused")
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
