package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/payout"
)

func runPayoutFit(ctx context.Context, s streams, args []string) int {
	fs := newFlags("payout fit", "payout fit -labels FILE [-pack DIR] [-ridge N] [-prevalence N] < events.ndjson   (or -drift instead of -labels)", s.err)
	packName := fs.String("pack", defaultMoneyPack, "`directory` of a pack, or the name of a built-in one")
	labels := fs.String("labels", "", "`file` of merchants and whether they were frauds: CSV with the columns merchant and fraud (0 or 1), or a simulation's truth.json")
	ridge := fs.Float64("ridge", 0.05, "how strongly the weights are held back")
	prevalence := fs.Float64("prevalence", 0, "share of merchants that are frauds where the weights are to be used (0: as in the labels)")
	drift := fs.Bool("drift", false, "compare the evidence with that of the pack's own fit")
	if code, done := parse(fs, s, args); done {
		return code
	}
	pack, opt, err := loadMoneyPack(*packName)
	switch {
	case err != nil:
	case (*labels == "") != *drift:
		err = errors.New("one of -labels and -drift is needed")
	case *ridge <= 0:
		err = errors.New("-ridge must be above zero")
	case *prevalence < 0 || *prevalence >= 1:
		err = errors.New("-prevalence must be from 0 to below 1")
	case pack.Ordinary.Rate == 0:
		err = errors.New("the pack has no ordinary_refunds, which evidence is reckoned with")
	case *drift && !pack.Scores.Known:
		err = errors.New("the pack's evidence has no reference to compare with")
	}
	frauds := func(event.MerchantID) bool { return false }
	if err == nil && *labels != "" {
		frauds, err = readFrauds(*labels)
	}
	if err != nil {
		return fail(s, "payout fit", exitUsage, err)
	}
	if pack.Scores.Dear == 0 {
		pack.Scores.Dear, pack.Scores.Tolerated = 3, 0.05
	}
	samples, err := sampleEvidence(ctx, s, newMoneyDoor(pack, opt, true), pack.AllowedLateness, frauds)
	if err != nil {
		return fail(s, "payout fit", exitUnreadable, err)
	}
	if *drift {
		return printDrift(s, pack, samples)
	}
	fitted, err := payout.Fit(samples, *ridge)
	if err != nil {
		return fail(s, "payout fit", exitUnreadable, fmt.Errorf("fitting the weights: %w", err))
	}
	fitted.Tolerated, fitted.Dear = pack.Scores.Tolerated, pack.Scores.Dear
	if *prevalence > 0 {
		fitted.Correct(*prevalence)
	}
	if err := printFit(s, fitted); err != nil {
		return fail(s, "payout fit", exitUnreadable, fmt.Errorf("writing: %w", err))
	}
	return exitDone
}

// betweenSamples is the least time from one sample of a merchant to the next.
const betweenSamples = 7 * 24 * time.Hour

// sampleEvidence folds a stream and takes what speaks against a merchant whenever
// it asks for money.
func sampleEvidence(ctx context.Context, s streams, door *moneyDoor, lateness time.Duration, fraud func(event.MerchantID) bool) ([]payout.Sample, error) {
	var out []payout.Sample
	last := map[event.MerchantID]time.Time{}
	tell := func(r event.Refusal) { fmt.Fprintf(s.err, "menshen payout fit: %s\n", r) }
	r := event.NewReader(bufio.NewReader(s.in), lateness, tell)
	sorter := event.NewSorter(lateness)
	take := func(evs []event.Event) {
		for _, ev := range evs {
			if d, ok := ev.Data.(*event.PayoutRequested); ok && ev.Time.Sub(last[d.Merchant]) >= betweenSamples {
				if e, ok := door.book.Evidence(d.Merchant); ok {
					last[d.Merchant] = ev.Time
					out = append(out, payout.Sample{Merchant: d.Merchant, Evidence: e, Fraud: fraud(d.Merchant)})
				}
			}
			door.fold(ev)
		}
	}
	for {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		take(sorter.Push(ev))
	}
	take(sorter.Flush())
	fmt.Fprintln(s.err, r.Counts())
	return out, nil
}

// readFrauds reads which merchants were frauds.
func readFrauds(name string) (func(event.MerchantID) bool, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading labels: %w", err)
	}
	frauds := map[event.MerchantID]bool{}
	if strings.HasSuffix(name, ".json") {
		var truth sim.Truth
		if err := json.Unmarshal(data, &truth); err != nil {
			return nil, fmt.Errorf("reading labels: %s: %w", name, err)
		}
		for _, r := range truth.Rings {
			for _, m := range r.Merchants {
				frauds[m] = true
			}
		}
		return func(m event.MerchantID) bool { return frauds[m] }, nil
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading labels: %s: %w", name, err)
	}
	var faults []error
	for i, row := range rows {
		if i == 0 {
			if len(row) != 2 || row[0] != "merchant" || row[1] != "fraud" {
				return nil, fmt.Errorf("reading labels: %s: the first line must be merchant,fraud", name)
			}
			continue
		}
		fraud, err := strconv.ParseBool(row[1])
		if err != nil {
			faults = append(faults, fmt.Errorf("reading labels: %s:%d: fraud must be 0 or 1", name, i+1))
			continue
		}
		frauds[event.MerchantID(row[0])] = fraud
	}
	return func(m event.MerchantID) bool { return frauds[m] }, errors.Join(faults...)
}

// printFit writes the section of a pack on standard output and how good it is on
// standard error.
func printFit(s streams, f payout.Fitted) error {
	w := bufio.NewWriter(s.out)
	fmt.Fprintf(w, "# Fitted on %d samples of %d merchants, %d of them frauds.\nevidence:\n  tolerated_loss: %g\n  far_above_price: %g\n  base: %.2f\n  weights:\n",
		f.Samples, f.Merchants, f.Frauds, f.Tolerated, f.Dear, f.Base)
	for i, name := range payout.EvidenceNames() {
		fmt.Fprintf(w, "    %s: %.2f\n", name, f.Weights[i])
	}
	fmt.Fprintln(w, "  reference:")
	for i, name := range payout.EvidenceNames() {
		fmt.Fprintf(w, "    %s: [", name)
		for k, share := range f.Reference[i] {
			if k > 0 {
				fmt.Fprint(w, ", ")
			}
			fmt.Fprintf(w, "%.4f", share)
		}
		fmt.Fprintln(w, "]")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	t := tabwriter.NewWriter(s.err, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%d samples, %d merchants, %d frauds; area under the curve %.4f\n\nevidence\tweight\tstandard error\n", f.Samples, f.Merchants, f.Frauds, f.AUC)
	for i, name := range payout.EvidenceNames() {
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\n", name, f.Weights[i], f.Errors[i])
	}
	fmt.Fprint(t, "\ngiven\twere frauds\tmerchants\n")
	for _, b := range f.Bins {
		if b.Weight > 0 {
			fmt.Fprintf(t, "%.4f\t%.4f\t%.1f\n", b.Given, b.True, b.Weight)
		}
	}
	return t.Flush()
}

// printDrift compares the evidence of a stream with that of the pack's fit.
func printDrift(s streams, pack payout.Pack, samples []payout.Sample) int {
	now := payout.Distribution(samples)
	drift := pack.Scores.Reference.Drift(&now)
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "evidence\tstability index\t\n")
	for i, name := range payout.EvidenceNames() {
		says := "as it was"
		if drift[i] > 0.25 {
			says = "changed: fit anew"
		} else if drift[i] > 0.1 {
			says = "changed a little"
		}
		fmt.Fprintf(w, "%s\t%.3f\t%s\n", name, drift[i], says)
	}
	if err := w.Flush(); err != nil {
		return fail(s, "payout fit", exitUnreadable, fmt.Errorf("writing: %w", err))
	}
	return exitDone
}
