package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/ring"
)

const defaultMoneyPack = "marketplace"

const payoutUsage = `payout [-pack DIR] [-rings=false] [-strict] [-checkpoint FILE] < events.ndjson > decisions.ndjson
       menshen payout -data DIR [-pack DIR] [-checkpoint FILE] > decisions.ndjson
       menshen payout fit`

func payoutCommand() command {
	return command{"payout", "events in, decisions out: what may be paid out, refunded, admitted", runPayout}
}

func runPayout(ctx context.Context, s streams, args []string) int {
	if len(args) > 0 && args[0] == "fit" {
		return runPayoutFit(ctx, s, args[1:])
	}
	fs := newFlags("payout", payoutUsage, s.err)
	packName := fs.String("pack", defaultMoneyPack, "`directory` of a pack, or the name of a built-in one")
	rings := fs.Bool("rings", true, "find rings in the stream, unless it brings its own")
	data := fs.String("data", "", "read the record in this data `directory`, which may be in use, instead of standard input")
	checkpoint := fs.String("checkpoint", "", "go on from this `file` if it is there, and write it at the end")
	strict := fs.Bool("strict", false, "exit 1 when a line was refused")
	if code, done := parse(fs, s, args); done {
		return code
	}
	pack, opt, err := loadMoneyPack(*packName)
	if err != nil {
		return fail(s, "payout", exitUsage, err)
	}
	door := newMoneyDoor(pack, opt, *rings)
	f := &filter{name: "payout", lateness: pack.AllowedLateness, data: *data, checkpoint: *checkpoint, save: door.Save, load: door.Load,
		fold: func(ev event.Event) []event.Event {
			_, decisions := door.fold(ev)
			return decisions
		}}
	if *data != "" { // as the server took it
		f.lateness, f.takes = event.DefaultLateness, func(ev event.Event) bool { return isMoney(ev.Type) }
	}
	code := f.command(ctx, s, *strict)
	for _, fault := range door.book.RuleFaults() {
		fmt.Fprintf(s.err, "menshen payout: %s\n", fault)
	}
	return code
}

// moneyDoor is the ring finder in front of the book.
type moneyDoor struct {
	pack   payout.Pack
	opt    ring.Options
	rings  bool // are looked for, unless the stream brings its own
	book   *payout.Book
	finder *ring.Finder // nil when rings come from the stream or not at all
}

func newMoneyDoor(pack payout.Pack, opt ring.Options, rings bool) *moneyDoor {
	d := &moneyDoor{pack: pack, opt: opt, rings: rings, book: payout.New(pack)}
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

// Save writes what the door knows.
func (d *moneyDoor) Save(w io.Writer) error {
	finds := d.finder != nil
	err := errors.Join(snapshot.Save(w, func(c *snapshot.Codec) { d.walk(c, &finds) }), d.book.Save(w))
	if finds {
		err = errors.Join(err, d.finder.Save(w))
	}
	return err
}

// Load makes a new door know what another one has saved.
func (d *moneyDoor) Load(r io.Reader) error {
	var finds bool
	if err := snapshot.Load(r, func(c *snapshot.Codec) { d.walk(c, &finds) }); err != nil {
		return err
	}
	book, err := payout.Load(d.pack, r)
	if err != nil {
		return err
	}
	var finder *ring.Finder
	if finds {
		if finder, err = ring.Load(d.opt, r); err != nil {
			return err
		}
	}
	d.book, d.finder = book, finder
	return nil
}

func (d *moneyDoor) walk(c *snapshot.Codec, finds *bool) {
	c.Same(fmt.Sprintf("-rings=%v", d.rings), "it was made with another -rings")
	c.Bool(finds)
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
