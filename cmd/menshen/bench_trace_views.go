package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/store"
	"github.com/menshen-io/menshen/trace"
)

// viewsBench measures answers over an index of many views.
type viewsBench struct {
	s         streams
	dir       string
	customers int
	sums      []float64 // of how much each account handles
}

const (
	benchAccounts  = 30_000
	benchAccessors = 6
	benchHarms     = 200
	benchAnswers   = 9 // each of other customers
)

func (b *traceBench) overViews(ctx context.Context) (err error) {
	dir := b.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "menshen-bench-"); err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	v := &viewsBench{s: b.s, dir: dir, customers: max(b.views/benchAccessors, benchHarms*benchAnswers)}
	r := rand.New(rand.NewPCG(benchSeeds, 5))
	total := 0.0
	for range benchAccounts {
		total += 0.2 + r.ExpFloat64()
		v.sums = append(v.sums, total)
	}
	_, err = os.Stat(filepath.Join(dir, store.ShelfFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = v.build(ctx)
	case err == nil:
		fmt.Fprintln(b.s.out, "the index is there already")
	}
	if err == nil {
		err = v.answers(ctx)
	}
	if err == nil {
		err = v.later(ctx)
	}
	if err == nil {
		fmt.Fprintf(b.s.out, "peak memory of the process: %s\n", peakMemory())
	}
	return err
}

func (v *viewsBench) anyone(r *rand.Rand) int {
	i, _ := slices.BinarySearch(v.sums, r.Float64()*v.sums[len(v.sums)-1])
	return min(i, benchAccounts-1)
}

func benchSubject(i int) event.SubjectID { return event.SubjectID(fmt.Sprintf("c-%032x", i)) }

// harmed says in which answer a customer is harmed, and who leaked it, -1 for
// nobody; round is -1 for a customer who is never harmed.
func (v *viewsBench) harmed(customer int) (round, by int) {
	step := v.customers / benchHarms
	k, round := customer/step, customer%step
	if round >= benchAnswers || k >= benchHarms {
		return -1, -1
	}
	if k%2 == 0 {
		return round, -1
	}
	return round, 1000 + 10_000*(k/2%2)
}

// views returns the views of one customer.
func (v *viewsBench) views(customer int, each func(ev event.Event, explained bool)) {
	r := rand.New(rand.NewPCG(benchSeeds, uint64(customer)))
	first := benchStart().Add(time.Duration(r.IntN(330*24*60)) * time.Minute)
	attrs := map[string]any{"queue": []string{"cn", "cn", "intl", "refunds"}[r.IntN(4)], "rating": 5}
	if r.IntN(10) == 0 {
		attrs["rating"] = 1
	}
	subjects := []event.SubjectViewed{{Subject: benchSubject(customer), Attributes: attrs}}
	view := func(actor int, explained bool) {
		id := strconv.FormatUint(r.Uint64()|1<<63, 36)
		each(event.New(id, "desk", first.Add(time.Duration(r.IntN(30*24*60))*time.Minute),
			&event.AccessViewed{Actor: event.ActorID("agent-" + strconv.Itoa(actor)), Kind: event.KindDetail, Subjects: subjects}), explained)
	}
	for range benchAccessors - 2 + r.IntN(5) {
		view(v.anyone(r), r.IntN(33) > 0)
	}
	if _, by := v.harmed(customer); by >= 0 {
		view(by, false)
	}
}

func benchStart() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

func (v *viewsBench) build(ctx context.Context) error {
	tracer, shelf, err := openTracer(ctx, v.dir, trace.Options{})
	if err != nil {
		return err
	}
	defer shelf.Close()
	begin, views := time.Now(), 0
	for i := range v.customers {
		v.views(i, func(ev event.Event, explained bool) {
			views++
			tracer.Add(ev)
			if !explained {
				tracer.Unexplained(ev, benchSubject(i))
			}
		})
		if i%4096 == 0 && (tracer.Err() != nil || ctx.Err() != nil) {
			return errors.Join(tracer.Err(), ctx.Err())
		}
	}
	if err := tracer.Flush(); err != nil {
		return err
	}
	took := time.Since(begin)
	size := int64(0)
	for _, end := range []string{"", "-wal"} {
		if info, err := os.Stat(filepath.Join(v.dir, store.ShelfFile+end)); err == nil {
			size += info.Size()
		}
	}
	fmt.Fprintf(v.s.out, "index of %d views of %d customers by %d accounts, customer by customer: %s, %.0f views a second, %.2f GB on disk (%.0f bytes a view)\n",
		views, v.customers, benchAccounts, took.Round(time.Second), float64(views)/took.Seconds(), float64(size)/1e9, float64(size)/float64(views))
	return nil
}

// answers asks about other customers each time, over an index that was just opened,
// and then once more.
func (v *viewsBench) answers(ctx context.Context) error {
	var opened, again []time.Duration
	lowest := 1.0
	for round := range benchAnswers {
		begin := time.Now()
		tracer, shelf, err := openTracer(ctx, v.dir, trace.Options{})
		if err != nil {
			return err
		}
		at := benchStart().AddDate(1, 0, 0)
		for k := range benchHarms {
			i := k*(v.customers/benchHarms) + round
			tracer.Add(event.New("h"+strconv.Itoa(i), "care", at, &event.HarmReported{Subject: benchSubject(i), Kind: event.HarmComplaint}))
		}
		res := tracer.Answer()
		opened = append(opened, time.Since(begin))
		begin = time.Now()
		tracer.Answer()
		again = append(again, time.Since(begin))
		for _, leaker := range []event.ActorID{"agent-1000", "agent-11000"} {
			p := 0.0
			for _, a := range res.Accounts {
				if a.Actor == leaker {
					p = a.Probability
				}
			}
			lowest = math.Min(lowest, p)
		}
		if err := errors.Join(tracer.Err(), shelf.Close()); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		name string
		took []time.Duration
	}{{"the index just opened", opened}, {"asked again", again}} {
		slices.Sort(x.took)
		fmt.Fprintf(v.s.out, "answer for %d harms, %s: median %s, longest %s (%d answers)\n", benchHarms, x.name,
			x.took[len(x.took)/2].Round(time.Millisecond), x.took[len(x.took)-1].Round(time.Millisecond), len(x.took))
	}
	fmt.Fprintf(v.s.out, "least probability that a leaking account was given: %.3f\n", lowest)
	return nil
}

// later takes in views of any customers, as they come day by day.
func (v *viewsBench) later(ctx context.Context) error {
	tracer, shelf, err := openTracer(ctx, v.dir, trace.Options{})
	if err != nil {
		return err
	}
	defer shelf.Close()
	for tracer.Behind() { // it is given what it has before; reasons without a queue say nothing new
		tracer.Add(event.New("", "", time.Time{}, &event.ReasonOpened{}))
	}
	const more = 100_000
	r := rand.New(rand.NewPCG(benchSeeds, 6))
	begin := time.Now()
	for i := range more {
		at := benchStart().AddDate(1, 0, 0).Add(time.Duration(i) * time.Second)
		tracer.Add(event.New("later-"+strconv.Itoa(i), "desk", at, &event.AccessViewed{Actor: event.ActorID("agent-" + strconv.Itoa(v.anyone(r))),
			Subjects: []event.SubjectViewed{{Subject: benchSubject(r.IntN(v.customers))}}}))
	}
	if err := tracer.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(v.s.out, "views of customers in any order, afterwards: %.0f a second\n", more/time.Since(begin).Seconds())
	return nil
}

// peakMemory is what the system says, where it does.
func peakMemory() string {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			return string(bytes.TrimSpace(rest))
		}
	}
	return "not known on this system"
}
