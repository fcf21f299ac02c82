package main

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/menshen-io/menshen/internal/labelled"
	"github.com/menshen-io/menshen/mask"
)

// Dialogues of the bench. The seed is not one that anything was tuned on.
const (
	benchDialogues    = 2000
	benchDialogueSeed = 20261124
)

func benchMask(_ context.Context, s streams, args []string) int {
	fs := newFlags("bench mask", "bench mask [-data DIR] [-seed N] [-set NAME]", s.err)
	data := fs.String("data", "", "folder of labelled texts (CLUENER, addresses, presidio-research, payloads of shops); without it only generated dialogues are read")
	seed := fs.Uint64("seed", benchDialogueSeed, "seed of the generated dialogues")
	only := fs.String("set", "", "only the sets whose name begins so")
	speed := fs.Bool("speed", true, "measure speed too")
	if code, done := parse(fs, s, args); done {
		return code
	}
	sets, err := benchSets(*data, *seed)
	if err != nil {
		return fail(s, "bench mask", exitUnreadable, err)
	}
	sets = slices.DeleteFunc(sets, func(x labelled.Set) bool { return !strings.HasPrefix(x.Name, *only) })
	if err := benchAccuracy(s.out, sets); err != nil {
		return fail(s, "bench mask", exitUnreadable, err)
	}
	if !*speed {
		return exitDone
	}
	if err := benchMaskSpeed(s.out); err != nil {
		return fail(s, "bench mask", exitUnreadable, err)
	}
	return exitDone
}

func benchSets(data string, seed uint64) ([]labelled.Set, error) {
	sets := []labelled.Set{labelled.DialogueTexts(seed, benchDialogues), labelled.Dialogues(seed, benchDialogues), labelled.Spellings(seed, benchDialogues)}
	if data == "" {
		return sets, nil
	}
	cluener, err := labelled.CLUENER(data)
	if err != nil {
		return nil, err
	}
	bare, carried, err := labelled.CNAddress(data, seed)
	if err != nil {
		return nil, err
	}
	presidio, err := labelled.Presidio(data)
	if err != nil {
		return nil, err
	}
	tau, err := labelled.TauDialogues(data)
	if err != nil {
		return nil, err
	}
	payloads, err := labelled.Payloads(data)
	return append(append(sets, cluener, bare, carried, presidio, tau), payloads...), err
}

// benchFinder returns what finds the places of a text of the set as the filter
// would: of JSON with the dialogue's record mapped, of text line by line. With
// recall, what is known of one place is found in others: of the same text, or of
// all texts so far.
func benchFinder(set labelled.Set, recall benchRecall) (func(labelled.Text) ([]labelled.Span, error), error) {
	spec := mask.Spec{Search: mask.Searchable()}
	var run mask.Codec = mask.Text
	if set.JSON {
		run = mask.JSON
		spec.Records = []mask.RecordSpec{{At: "$", Fields: map[string]mask.Class{
			"customer.name": mask.Name, "customer.phone": mask.Phone, "customer.address": mask.Address}}}
	}
	plan, err := mask.NewPlan(spec)
	if err != nil {
		return nil, err
	}
	known := mask.NewKnown(maphash.MakeSeed())
	var masked bytes.Buffer
	return func(t labelled.Text) ([]labelled.Span, error) {
		var out []labelled.Span
		p := plan
		switch recall {
		case recallBody:
			p = plan.Knowing(mask.NewKnown(maphash.MakeSeed()))
		case recallAll:
			p = plan.Knowing(known)
		}
		masked.Reset()
		err := mask.Twice(&masked, []byte(t.Body), p, run, func(rec mask.Record) {
			for _, v := range rec.Values {
				out = append(out, labelled.Span{Start: int(v.At), End: int(v.End), Class: string(v.Class)})
			}
		})
		slices.SortFunc(out, func(a, b labelled.Span) int { return a.Start - b.Start })
		return out, err
	}, nil
}

// benchRecall is how far values that are known are looked for.
type benchRecall string

const (
	recallNone benchRecall = "search"
	recallBody benchRecall = "known, body"
	recallAll  benchRecall = "known, session"
)

func benchAccuracy(w io.Writer, sets []labelled.Set) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "set\thow\tclass\tlabels\trecall\tprecision\tfalse alarms\trecall in record\tcued\tneither\t")
	for _, set := range sets {
		for _, recall := range []benchRecall{recallNone, recallBody, recallAll} {
			if err := benchSet(tw, set, recall); err != nil {
				return err
			}
		}
	}
	return tw.Flush()
}

func benchSet(tw io.Writer, set labelled.Set, recall benchRecall) error {
	find, err := benchFinder(set, recall)
	if err != nil {
		return err
	}
	scores, err := labelled.Measure(set, find)
	if err != nil {
		return err
	}
	for _, class := range labelled.Classes() {
		sc, ok := scores[class]
		if !ok {
			continue
		}
		known, cued, bare := "", "", ""
		if sc.Known.Found+sc.Known.Missed > 0 || class == labelled.Name && sc.Cued.Found > 0 {
			known, cued, bare = share(sc.Known.Recall()), share(sc.Cued.Recall()), share(sc.Bare.Recall())
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%s\t%s\t%s\t\n", set.Name, recall, class, sc.Found+sc.Missed, share(sc.Recall()), share(sc.Precision()), sc.Wrong, known, cued, bare)
	}
	return nil
}

func share(x float64, ok bool) string {
	if !ok {
		return ""
	}
	return fmt.Sprintf("%.4f", x)
}
