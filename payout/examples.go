package payout

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Example is a stream of events and the decisions that it must give, in order
// and no others.
type Example struct {
	Name   string
	Events []event.Event
	Expect []Expectation
}

// Expectation is what one decision must say; what is left out is not compared.
type Expectation struct {
	Request        string  `yaml:"request"`
	Refund         string  `yaml:"refund"`
	Merchant       string  `yaml:"merchant"`
	Decision       string  `yaml:"decision"`
	Pay            *amount `yaml:"pay"`
	Hold           *amount `yaml:"hold"`
	Until          string  `yaml:"until"`
	BoundBy        string  `yaml:"bound_by"`
	FromOrder      *amount `yaml:"from_order"`
	FromBalance    *amount `yaml:"from_balance"`
	FromCollateral *amount `yaml:"from_collateral"`
	Advance        *amount `yaml:"advance"`
	Reason         string  `yaml:"reason"` // the code of one of its reasons
}

type exampleDoc struct {
	Name   string        `yaml:"name"`
	Events string        `yaml:"events"` // NDJSON
	Expect []Expectation `yaml:"expect"`
}

func (d exampleDoc) read() (Example, error) {
	ex := Example{Name: d.Name, Expect: d.Expect}
	var faults []error
	if d.Name == "" {
		faults = append(faults, errors.New("name: missing"))
	}
	s := event.NewSorter(maxDays * day)
	for i, line := range strings.Split(d.Events, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		ev, err := event.Parse([]byte(line))
		if err != nil {
			faults = append(faults, fmt.Errorf("events, line %d: %w", i+1, err))
			continue
		}
		ex.Events = append(ex.Events, s.Push(ev)...)
	}
	ex.Events = append(ex.Events, s.Flush()...)
	return ex, errors.Join(faults...)
}

// RunExamples returns a fault for every example whose decisions are not the
// expected ones.
func (p Pack) RunExamples() []error {
	var faults []error
	for _, ex := range p.Examples {
		b := New(p)
		var got []event.Event
		for _, ev := range ex.Events {
			got = append(got, b.Fold(ev)...)
		}
		if len(got) != len(ex.Expect) {
			faults = append(faults, fmt.Errorf("example %q: %d decisions, expected %d", ex.Name, len(got), len(ex.Expect)))
		}
		for _, fault := range b.RuleFaults() {
			faults = append(faults, fmt.Errorf("example %q: %s", ex.Name, fault))
		}
		for i := range min(len(got), len(ex.Expect)) {
			if err := ex.Expect[i].compare(got[i]); err != nil {
				faults = append(faults, fmt.Errorf("example %q: decision %d: %w", ex.Name, i+1, err))
			}
		}
	}
	return faults
}

// compare names everything in which the decision is not as expected.
func (x Expectation) compare(ev event.Event) error {
	var faults []error
	text := func(field, want, got string) {
		if want != "" && want != got {
			faults = append(faults, fmt.Errorf("%s is %q, expected %q", field, got, want))
		}
	}
	money := func(field string, want *amount, got int64) {
		if want != nil && int64(*want) != got {
			faults = append(faults, fmt.Errorf("%s is %d, expected %d", field, got, *want))
		}
	}
	var request, refund, merchant, decided, until, boundBy string
	var pay, hold, fromOrder, fromBalance, fromCollateral, advance int64
	var reasons []event.Reason
	switch d := ev.Data.(type) {
	case *event.DecisionPayout:
		request, merchant, decided, boundBy, reasons = string(d.Request), string(d.Merchant), d.Decision, d.BoundBy, d.Reasons
		pay, hold = d.Pay.Amount, d.Hold.Amount
		until = "none"
		if !d.Until.IsZero() {
			until = d.Until.Format(time.RFC3339)
		}
	case *event.DecisionRefund:
		refund, merchant, decided, reasons = string(d.Refund), string(d.Merchant), d.Decision, d.Reasons
		fromOrder, fromBalance, fromCollateral, advance = d.FromOrder, d.FromBalance, d.FromCollateral, d.Advance
	case *event.DecisionMerchant:
		merchant, decided, reasons = string(d.Merchant), d.Decision, d.Reasons
	}
	text("request", x.Request, request)
	text("refund", x.Refund, refund)
	text("merchant", x.Merchant, merchant)
	text("decision", x.Decision, decided)
	text("until", x.Until, until)
	text("bound_by", x.BoundBy, boundBy)
	money("pay", x.Pay, pay)
	money("hold", x.Hold, hold)
	money("from_order", x.FromOrder, fromOrder)
	money("from_balance", x.FromBalance, fromBalance)
	money("from_collateral", x.FromCollateral, fromCollateral)
	money("advance", x.Advance, advance)
	if x.Reason != "" {
		var codes []string
		for _, r := range reasons {
			codes = append(codes, r.Code)
			if r.Code == x.Reason {
				return errors.Join(faults...)
			}
		}
		faults = append(faults, fmt.Errorf("reasons are %q, expected %q among them", codes, x.Reason))
	}
	return errors.Join(faults...)
}
