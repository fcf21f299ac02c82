package payout

import (
	"fmt"
	"slices"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/rule"
)

// What a pack's own rules may count, and what may be made to wait by them.
func counted() []event.Type {
	return append(judged(), event.TypeMerchantOpened, event.TypeCollateralChanged, event.TypeOrderPaid, event.TypeOrderConfirmed,
		event.TypeParcelShipped, event.TypeParcelSigned, event.TypePayoutPaid, event.TypeRefundAdvanced, event.TypeRefundRecovered)
}

func judged() []event.Type {
	return []event.Type{event.TypePayoutRequested, event.TypeRefundRequested, event.TypeMerchantApplied}
}

// derived are the fields that the book knows of an event beside its own: whose an
// order is, and how its shop stands.
func derived() rule.Derived {
	out := rule.Derived{event.TypePayoutRequested: {"shop": shopFacts(nil, nil, 0)}}
	for _, t := range []event.Type{event.TypeOrderConfirmed, event.TypeParcelShipped, event.TypeParcelSigned,
		event.TypeRefundRequested, event.TypeRefundAdvanced, event.TypeRefundRecovered} {
		out[t] = map[string]any{"merchant": "", "buyer": ""}
	}
	out[event.TypeRefundRequested]["shop"] = shopFacts(nil, nil, 0)
	return out
}

// shopFacts are what a condition may ask of a shop, amounts in minor units of the
// currency that is asked for.
func shopFacts(m *merchant, a *account, ageDays float64) map[string]any {
	if m == nil {
		m = &merchant{group: &group{}}
	}
	if a == nil {
		a = &account{}
	}
	return map[string]any{"category": m.category, "country": m.country, "age_days": ageDays, "linked": m.group.ring != "",
		"balance": int(a.balance), "refundable": int(a.refundable), "collateral": int(a.collateral), "advanced": int(a.advanced)}
}

// beside is what the book knows of an event of a merchant's order or account.
func (b *Book) beside(ev event.Event, m *merchant, o *order, c event.Currency) map[string]any {
	out := map[string]any{}
	if o != nil {
		out["merchant"], out["buyer"] = string(m.id), string(b.orders.buyer(o))
	}
	if ev.Type == event.TypePayoutRequested || ev.Type == event.TypeRefundRequested {
		age := 0.0
		if !m.opened.IsZero() {
			age = max(0, ev.Time.Sub(m.opened).Hours()/24)
		}
		out["shop"] = shopFacts(m, m.in(c), age)
	}
	return out
}

// meets takes an event to the pack's own rules and returns those that make it wait.
// Merchant and order are nil where it has none.
func (b *Book) meets(ev event.Event, m *merchant, o *order, c event.Currency) []rule.Met {
	if !b.rules.Wants(ev.Type) {
		return nil
	}
	return b.rules.Meets(ev, b.beside(ev, m, o, c))
}

// RuleFaults lists the pack's own rules that could not be worked out on some events.
func (b *Book) RuleFaults() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rules.Faults()
}

// ownRules are the pack's own, which may be none.
func (p *Pack) ownRules() *rule.Set {
	if p.rules != nil {
		return p.rules
	}
	none, _ := rule.CompileConditions(nil, nil, nil)
	return none
}

// readRules compiles the pack's own rules.
func (p *Pack) readRules(doc *packDoc, fault func(format string, args ...any)) {
	own, wrong := rule.CompileConditions(doc.Aggregates, doc.Checks, derived())
	for _, f := range wrong {
		fault("%s: %s", f.Field, f.What)
	}
	only := func(field string, on []string, types []event.Type) {
		for _, t := range on {
			if !slices.Contains(types, event.Type(t)) {
				fault("%s: on: %s is not among %v", field, t, types)
			}
		}
	}
	for i, a := range doc.Aggregates {
		only(fmt.Sprint("aggregates.", i+1), a.On, counted())
	}
	for i, c := range doc.Checks {
		only(fmt.Sprint("checks.", i+1), c.On, judged())
	}
	p.rules = own
}

// reasonsOf say which rules made a request wait.
func reasonsOf(met []rule.Met) []event.Reason {
	out := make([]event.Reason, len(met))
	for i, m := range met {
		out[i] = event.Reason{Code: m.Name, ZH: m.Message.ZH, EN: m.Message.EN}
	}
	return out
}

// inputsOf are what the rules were met with.
func inputsOf(met []rule.Met) []event.RuleMet {
	var out []event.RuleMet // nil, and left out, where none was met
	for _, m := range met {
		out = append(out, event.RuleMet{Rule: m.Name, Aggregates: m.Aggregates})
	}
	return out
}
