package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/watch"
)

func watchCommand() command {
	return command{"watch", "events in, alerts out: accounts whose views their work does not explain", runWatch}
}

func runWatch(ctx context.Context, s streams, args []string) int {
	fs := newFlags("watch", "watch [-pack DIR] [-strict] < events.ndjson > alerts.ndjson", s.err)
	packName := fs.String("pack", defaultWatchPack, "`directory` of a pack, or the name of a built-in one")
	strict := fs.Bool("strict", false, "exit 1 when a line was refused")
	if code, done := parse(fs, s, args); done {
		return code
	}
	pack, _, err := loadWatchPack(*packName)
	if err != nil {
		return fail(s, "watch", exitUsage, err)
	}
	out := bufio.NewWriter(s.out)
	w := event.NewWriter(out)
	engine := watch.New(pack, watch.Options{})
	write := func(alerts []event.Event) error {
		for _, a := range alerts {
			if err := w.Write(a); err != nil {
				return fmt.Errorf("%w: %w", errWriting, err)
			}
		}
		if len(alerts) > 0 {
			if err := out.Flush(); err != nil {
				return fmt.Errorf("%w: %w", errWriting, err)
			}
		}
		return nil
	}
	counts, err := foldSorted(s.in, pack, func(r event.Refusal) {
		fmt.Fprintf(s.err, "menshen watch: %s\n", r)
	}, func(ev event.Event) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return write(engine.Fold(ev))
	})
	if err == nil {
		err = write(engine.Flush())
	}
	fmt.Fprintln(s.err, counts)
	switch {
	case err != nil:
		return fail(s, "watch", exitUnreadable, err)
	case *strict && counts.Refused() > 0:
		return exitCheck
	}
	return exitDone
}

var errWriting = errors.New("writing alerts")

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
