package main

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/standing"
)

// shadow is a second pack beside the one in force. It is told of all events and of
// what was really paid, and says where it would have decided otherwise.
type shadow struct {
	name string
	*moneyDoor
}

func openShadow(name string) (*shadow, error) {
	if name == "" {
		return nil, nil
	}
	pack, opt, err := loadMoneyPack(name)
	if err != nil {
		return nil, err
	}
	return &shadow{name, newMoneyDoor(pack, opt, true)}, nil
}

// judge folds an event to which live was said by the pack in force.
func (s *shadow) judge(ev event.Event, live []event.Event) []event.Event {
	if s == nil {
		return nil
	}
	var own []event.Event
	for _, found := range s.finder.Fold(ev) {
		own = append(own, s.book.Fold(found)...)
	}
	own = append(own, s.book.Fold(ev)...)
	mine, theirs := byAbout(own), byAbout(live)
	var out []event.Event
	for _, a := range aboutInOrder(live, own) {
		m, l := mine[a], theirs[a]
		s.follow(ev, l)
		if m.decision == l.decision && (m.pay == nil || l.pay == nil || *m.pay == *l.pay) {
			continue
		}
		out = append(out, shadowed(ev, &event.DecisionShadowed{Pack: s.name, Merchant: a.merchant, Request: a.request, Refund: a.refund,
			Decision: m.decision, Pay: m.pay, BoundBy: m.boundBy, Live: l.decision, LivePay: l.pay}))
	}
	return out
}

// follow tells the book what was really done.
func (s *shadow) follow(ev event.Event, l verdict) {
	switch d := l.data.(type) {
	case *event.DecisionPayout:
		s.book.Fold(event.New("f-"+ev.ID, standing.Source, ev.Time, &event.PayoutPaid{Request: d.Request, Merchant: d.Merchant, Money: d.Pay}))
	case *event.DecisionRefund:
		if asked, ok := ev.Data.(*event.RefundRequested); ok && d.Decision == event.Refund {
			s.book.Fold(event.New("f-"+ev.ID, standing.Source, ev.Time, &event.RefundAdvanced{Refund: d.Refund,
				Money: event.Money{Amount: d.Advance, Currency: asked.Money.Currency}}))
		}
	}
}

// about is what a decision is on.
type about struct {
	merchant event.MerchantID
	request  event.RequestID
	refund   event.RefundID
	currency event.Currency
}

// verdict is what a decision says, as far as two are compared.
type verdict struct {
	decision, boundBy string
	pay               *event.Money
	data              event.Data
}

func aboutOf(ev event.Event) (about, verdict, bool) {
	switch d := ev.Data.(type) {
	case *event.DecisionPayout:
		return about{d.Merchant, d.Request, "", d.Pay.Currency}, verdict{d.Decision, d.BoundBy, &d.Pay, d}, true
	case *event.DecisionRefund:
		return about{d.Merchant, "", d.Refund, ""}, verdict{decision: d.Decision, data: d}, true
	case *event.DecisionMerchant:
		return about{merchant: d.Merchant}, verdict{decision: d.Decision, data: d}, true
	}
	return about{}, verdict{}, false
}

func byAbout(evs []event.Event) map[about]verdict {
	out := map[about]verdict{}
	for _, ev := range evs {
		if a, v, ok := aboutOf(ev); ok {
			out[a] = v
		}
	}
	return out
}

// aboutInOrder lists what decisions are on, each once.
func aboutInOrder(lists ...[]event.Event) []about {
	var out []about
	seen := map[about]bool{}
	for _, evs := range lists {
		for _, ev := range evs {
			if a, _, ok := aboutOf(ev); ok && !seen[a] {
				seen[a] = true
				out = append(out, a)
			}
		}
	}
	return out
}

// shadowed names the event by what it says.
func shadowed(ev event.Event, d *event.DecisionShadowed) event.Event {
	out := event.New("-", standing.Source, ev.Time, d)
	text, err := out.AppendJSON(nil)
	if err != nil { // nothing in it can fail to encode
		text = []byte(ev.ID + string(d.Request) + string(d.Refund) + string(d.Merchant))
	}
	sum := sha256.Sum256(append(text, ev.ID...))
	out.ID = "sh-" + hex.EncodeToString(sum[:12])
	return out
}
