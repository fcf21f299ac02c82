package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/internal/complaints"
	"github.com/menshen-io/menshen/trace"
	"github.com/menshen-io/menshen/watch"
)

func traceCommand() command {
	return command{"trace", "harms in, accounts out: which accounts best explain the harmed customers", runTrace}
}

func runTrace(ctx context.Context, s streams, args []string) int {
	fs := newFlags("trace", "trace -events events.ndjson [-harms harms.ndjson|complaints.csv [-key FILE]] [-window 4320h] [-json] [-pack DIR] [-strict]", s.err)
	events := fs.String("events", "", "`file` of events; - is standard input")
	harms := fs.String("harms", "", "`file` of further harm.reported events, or a list of complaints (.csv, .tsv)")
	key := fs.String("key", "", "`file` of the subject key (keys/subjects.key), for a list with customers' ids or phone numbers")
	asJSON := fs.Bool("json", false, "write JSON instead of a table")
	window := fs.Duration("window", 180*24*time.Hour, "how long before a harm a view may have led to it")
	packName := fs.String("pack", defaultWatchPack, "`directory` of the pack that says what explains a view, or a built-in one")
	strict := fs.Bool("strict", false, "exit 1 when a line was refused")
	if code, done := parse(fs, s, args); done {
		return code
	}
	switch {
	case *events == "":
		return fail(s, "trace", exitUsage, errors.New("-events is needed"))
	case *events == "-" && *harms == "-":
		return fail(s, "trace", exitUsage, errors.New("-events and -harms cannot both be standard input"))
	case *window <= 0:
		return fail(s, "trace", exitUsage, errors.New("-window must be longer than nothing"))
	}
	pack, _, err := loadWatchPack(*packName)
	if err != nil {
		return fail(s, "trace", exitUsage, err)
	}
	o := traceOptions(pack)
	o.Window = *window
	t := trace.New(o)
	refused, err := readTrace(ctx, s, t, pack, harmsFrom{*events, *harms, *key})
	if err != nil {
		return fail(s, "trace", exitUnreadable, err)
	}
	res := t.Answer()
	if *asJSON {
		err = json.MarshalWrite(s.out, res, jsontext.Multiline(true), jsontext.WithIndent("  "))
		fmt.Fprintln(s.out)
	} else {
		err = printTrace(s.out, res)
	}
	switch {
	case err != nil:
		return fail(s, "trace", exitUnreadable, fmt.Errorf("writing the answer: %w", err))
	case *strict && refused > 0:
		return exitCheck
	}
	return exitDone
}

// traceOptions are what a pack says of customers that are alike.
func traceOptions(pack *watch.Pack) trace.Options {
	return trace.Options{Attribute: pack.Statistics.Attribute, AtMost: pack.Statistics.AtMost, Zone: pack.Timezone.Location(), Basis: pack.Fingerprint()}
}

// harmsFrom names the files of the record, the harms, and the subject key.
type harmsFrom struct{ events, harms, key string }

// readTrace feeds the record and the harms to t. The watch's explanation filter
// says which views no work explains.
func readTrace(ctx context.Context, s streams, t *trace.Tracer, pack *watch.Pack, from harmsFrom) (refused int, err error) {
	events, harms := from.events, from.harms
	engine := watch.New(pack, watch.Options{Verdict: func(view event.Event, subject event.SubjectID, explained bool) {
		if !explained {
			t.Unexplained(view, subject)
		}
	}})
	in, done, err := openInput(s, events)
	if err != nil {
		return 0, err
	}
	defer done()
	tell := func(file string) func(event.Refusal) {
		return func(r event.Refusal) { fmt.Fprintf(s.err, "menshen trace: %s: %s\n", file, r) }
	}
	counts, err := foldSorted(bufio.NewReader(in), pack, tell(events), func(ev event.Event) error {
		t.Add(ev)
		engine.Fold(ev)
		return ctx.Err()
	})
	fmt.Fprintln(s.err, counts)
	if err != nil {
		return 0, err
	}
	engine.Flush()
	if harms == "" {
		return counts.Refused(), nil
	}
	if complaints.IsList(harms) {
		n, err := readList(s, t, pack, from)
		return counts.Refused() + n, err
	}
	more, done, err := openInput(s, harms)
	if err != nil {
		return 0, err
	}
	defer done()
	r := event.NewReader(more, math.MaxInt64, tell(harms)) // a list of harms may be in any order
	for {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("reading harms: %w", err)
		}
		if ev.Type == event.TypeHarmReported {
			t.Add(ev)
		}
	}
	fmt.Fprintln(s.err, r.Counts())
	return counts.Refused() + r.Counts().Refused(), nil
}

// readList feeds a list of complaints to t and returns how many rows could not be
// read.
func readList(s streams, t *trace.Tracer, pack *watch.Pack, from harmsFrom) (refused int, err error) {
	o := complaints.Options{Zone: pack.Timezone.Location()}
	if from.key != "" {
		key, err := os.ReadFile(from.key)
		if err != nil {
			return 0, fmt.Errorf("reading the subject key: %w", err)
		}
		if o.Hash, err = gateway.HMACSubjects(key); err != nil {
			return 0, fmt.Errorf("reading the subject key: %w", err)
		}
	}
	in, err := os.Open(from.harms)
	if err != nil {
		return 0, fmt.Errorf("opening input: %w", err)
	}
	defer in.Close()
	list, err := complaints.Read(from.harms, in, o)
	if err != nil {
		return 0, err
	}
	for _, fault := range list.Faults {
		fmt.Fprintf(s.err, "menshen trace: %v\n", fault)
	}
	for _, ev := range list.Harms {
		t.Add(ev)
	}
	fmt.Fprintf(s.err, "%d rows: %d complaints, %d repeated, %d not read\n", list.Rows, len(list.Harms), list.Repeated, len(list.Faults))
	return len(list.Faults), nil
}

func openInput(s streams, name string) (io.Reader, func(), error) {
	if name == "-" {
		return s.in, func() {}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("opening input: %w", err)
	}
	return f, func() { f.Close() }, nil
}

func printTrace(out io.Writer, res trace.Result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "account\tprobability\tharmed viewed\texpected\tof %d\n", res.Harms)
	for _, a := range res.Accounts {
		if a.Probability < 0.01 && len(res.Accounts) > 10 {
			break
		}
		fmt.Fprintf(w, "%s\t%.3f\t%d\t%.1f\t\n", a.Actor, a.Probability, len(a.Subjects), a.Expected)
	}
	fmt.Fprintf(w, "\nset\tprobability\n")
	for _, set := range res.Sets[:min(len(res.Sets), 5)] {
		names := make([]string, len(set.Actors))
		for i, a := range set.Actors {
			names[i] = string(a)
		}
		fmt.Fprintf(w, "%s\t%.3f\n", strings.Join(names, ", "), set.Probability)
	}
	fmt.Fprintf(w, "\nnot explained by this record: %.0f%% of the harms; that no account led to any of them has probability %.3f\n", 100*res.Unexplained, res.Nobody)
	for _, a := range res.Advice {
		fmt.Fprintln(w, a)
	}
	return w.Flush()
}
