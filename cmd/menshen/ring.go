package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/ring"
	"github.com/menshen-io/menshen/standing"
)

func ringCommand() command {
	return command{"ring", "events or purchases in, rings out: which merchants and buyers are one", runRing}
}

func runRing(ctx context.Context, s streams, args []string) int {
	fs := newFlags("ring", "ring [-pack DIR] [-blocks N] [-half-life 720h] [-strict] < events.ndjson|purchases.txt > rings.ndjson", s.err)
	packName := fs.String("pack", defaultMoneyPack, "`directory` of a pack, or the name of a built-in one")
	blocks := fs.Int("blocks", 20, "of a list of purchases: how many rings at most, the densest block first")
	halfLife := fs.Duration("half-life", 0, "of a list of purchases with times: after how long one weighs half (0: never)")
	strict := fs.Bool("strict", false, "exit 1 when a line was refused")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if *blocks < 1 || *halfLife < 0 {
		return fail(s, "ring", exitUsage, errors.New("-blocks must be above zero, -half-life not below"))
	}
	_, opt, err := loadMoneyPack(*packName)
	if err != nil {
		return fail(s, "ring", exitUsage, err)
	}
	in := bufio.NewReaderSize(s.in, 1<<16)
	if isEvents(in) {
		finder := ring.New(opt)
		s.in = in
		return (&filter{name: "ring", lateness: opt.AllowedLateness, fold: finder.Fold}).command(ctx, s, *strict)
	}
	p, err := ring.ReadPurchases(in, func(line int, err error) { fmt.Fprintf(s.err, "menshen ring: line %d: %v\n", line, err) })
	if err != nil {
		return fail(s, "ring", exitUnreadable, err)
	}
	if *halfLife > 0 {
		p.Fade(*halfLife)
	}
	if err := writeBlocks(s.out, p, *blocks, opt.Margin); err != nil {
		return fail(s, "ring", exitUnreadable, fmt.Errorf("writing: %w", err))
	}
	fmt.Fprintf(s.err, "%d lines: %d accepted, %d refused\n", p.Lines, len(p.Edges), p.Refused)
	if *strict && p.Refused > 0 {
		return exitCheck
	}
	return exitDone
}

// isEvents looks at what has come of a stream, and waits for no more than its first
// byte: an event is a JSON object, and a stream of events may begin with a line that
// is none.
func isEvents(in *bufio.Reader) bool {
	if _, err := in.Peek(1); err != nil {
		return true // nothing is no event, too; what cannot be read is told by who reads on
	}
	head, _ := in.Peek(in.Buffered())
	for line := range bytes.Lines(bytes.TrimPrefix(head, []byte("\ufeff"))) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] == '{' {
			return true
		}
	}
	return false
}

// writeBlocks writes the densest block of a list of purchases, and the groups that
// stand out, as rings.
func writeBlocks(out io.Writer, p *ring.Purchases, most int, margin float64) error {
	at := time.Unix(0, 0).UTC()
	for _, t := range p.At {
		if t.After(at) {
			at = t
		}
	}
	w := event.NewWriter(out)
	g := ring.NewGraph(len(p.Buyers), len(p.Merchants), p.Edges)
	blocks := g.Groups(margin)
	if b := g.Densest(); b.Edges > 0 && !slices.ContainsFunc(blocks, func(o ring.Block) bool { return slices.Equal(o.Merchants, b.Merchants) }) {
		blocks = append([]ring.Block{b}, blocks...)
	}
	for _, b := range blocks[:min(len(blocks), most)] {
		d := &event.RingFound{Score: b.Score, Links: g.Links(b, p.Merchants), Evidence: b.Evidence}
		h := sha256.New()
		for _, j := range b.Merchants {
			d.Merchants = append(d.Merchants, event.MerchantID(p.Merchants[j]))
		}
		for _, i := range b.Buyers {
			d.Buyers = append(d.Buyers, event.BuyerID(p.Buyers[i]))
		}
		slices.Sort(d.Merchants)
		slices.Sort(d.Buyers)
		for _, m := range d.Merchants {
			h.Write([]byte(m))
			h.Write([]byte{0})
		}
		sum := hex.EncodeToString(h.Sum(nil)[:8])
		d.Ring = event.RingID("ring-" + sum)
		if err := w.Write(event.New("rg-"+sum, standing.Source, at, d)); err != nil {
			return err
		}
	}
	return nil
}
