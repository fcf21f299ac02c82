package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/ring"
)

const defaultMoneyPack = "marketplace"

func payoutCommand() command {
	return command{"payout", "events in, decisions out: what may be paid out, refunded, admitted", runPayout}
}

func runPayout(ctx context.Context, s streams, args []string) int {
	if len(args) > 0 && args[0] == "fit" {
		return runPayoutFit(ctx, s, args[1:])
	}
	fs := newFlags("payout", "payout [-pack DIR] [-rings=false] [-strict] < events.ndjson > decisions.ndjson   (or: payout fit)", s.err)
	packName := fs.String("pack", defaultMoneyPack, "`directory` of a pack, or the name of a built-in one")
	rings := fs.Bool("rings", true, "find rings in the stream, unless it brings its own")
	strict := fs.Bool("strict", false, "exit 1 when a line was refused")
	if code, done := parse(fs, s, args); done {
		return code
	}
	pack, opt, err := loadMoneyPack(*packName)
	if err != nil {
		return fail(s, "payout", exitUsage, err)
	}
	door := newMoneyDoor(pack, opt, *rings)
	code := filter(ctx, s, "payout", pack.AllowedLateness, *strict, func(ev event.Event) []event.Event {
		_, decisions := door.fold(ev)
		return decisions
	})
	for _, fault := range door.book.RuleFaults() {
		fmt.Fprintf(s.err, "menshen payout: %s\n", fault)
	}
	return code
}

// moneyDoor is the ring finder in front of the book.
type moneyDoor struct {
	book   *payout.Book
	finder *ring.Finder // nil when rings come from the stream or not at all
}

func newMoneyDoor(pack payout.Pack, opt ring.Options, rings bool) *moneyDoor {
	d := &moneyDoor{book: payout.New(pack)}
	if rings {
		d.finder = ring.New(opt)
	}
	return d
}

// fold returns the rings that ev makes known and the decisions it asks for. The
// rings are known before the decision on the event that made them so. A stream
// that brings a ring.found of its own is trusted with all of them.
func (d *moneyDoor) fold(ev event.Event) (found, decisions []event.Event) {
	if ev.Type == event.TypeRingFound {
		d.finder = nil
	}
	if d.finder != nil {
		found = d.finder.Fold(ev)
	}
	for _, f := range found {
		decisions = append(decisions, d.book.Fold(f)...)
	}
	return found, append(decisions, d.book.Fold(ev)...)
}

// loadMoneyPack reads the two parts of a pack that the money door is ruled by,
// and names all faults of both.
func loadMoneyPack(name string) (payout.Pack, ring.Options, error) {
	dir, err := openPack(name)
	if err != nil {
		return payout.Pack{}, ring.Options{}, err
	}
	data, err := fs.ReadFile(dir, packFile)
	if err != nil {
		return payout.Pack{}, ring.Options{}, fmt.Errorf("reading pack %q: %w", name, err)
	}
	pack, err := payout.ParsePack(packFile, data)
	opt, rerr := ring.ParsePack(packFile, data)
	if rerr != nil && err != nil && strings.Contains(err.Error(), rerr.Error()) {
		rerr = nil // both saw the same
	}
	return pack, opt, errors.Join(err, rerr)
}

// filter reads events from standard input, hands them on in order, writes what
// comes of them and ends with the closing line.
func filter(ctx context.Context, s streams, name string, lateness time.Duration, strict bool, fold func(event.Event) []event.Event) int {
	out := bufio.NewWriterSize(s.out, 1<<16)
	w := event.NewWriter(out)
	r := event.NewReader(s.in, lateness, func(r event.Refusal) { fmt.Fprintf(s.err, "menshen %s: %s\n", name, r) })
	sorter := event.NewSorter(lateness)
	take := func(evs []event.Event) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, ev := range evs {
			for _, said := range fold(ev) {
				if err := w.Write(said); err != nil {
					return fmt.Errorf("writing: %w", err)
				}
			}
		}
		return nil
	}
	var err error
	for err == nil {
		var ev event.Event
		if ev, err = r.Next(); err == nil {
			err = take(sorter.Push(ev))
		}
		// What is known is out before the next line is waited for.
		if err == nil && out.Buffered() > 0 {
			err = out.Flush()
		}
	}
	if errors.Is(err, io.EOF) {
		err = take(sorter.Flush())
	}
	err = errors.Join(err, out.Flush())
	fmt.Fprintln(s.err, r.Counts())
	switch {
	case err != nil:
		return fail(s, name, exitUnreadable, err)
	case strict && r.Counts().Refused() > 0:
		return exitCheck
	}
	return exitDone
}

// testMoneyPack reads the pack.yaml of a money door strictly and runs its
// examples, as "pack test" shows them.
func testMoneyPack(s streams, data []byte) (code int) {
	pack, err := payout.ParsePack(packFile, data)
	_, rerr := ring.ParsePack(packFile, data)
	if err := errors.Join(err, rerr); err != nil {
		fmt.Fprintln(s.err, err)
		return exitCheck
	}
	faults := pack.RunExamples()
	for _, f := range faults {
		fmt.Fprintf(s.out, "FAIL %v\n", f)
	}
	fmt.Fprintf(s.err, "%d examples, %d faults\n", len(pack.Examples), len(faults))
	if len(faults) > 0 {
		return exitCheck
	}
	return exitDone
}
