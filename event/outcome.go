package event

import "errors"

// Text is one sentence in the two languages that Menshen speaks.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Severities of an alert.
const (
	SeverityLow    = "low"
	SeverityMedium = "medium"
	SeverityHigh   = "high"
)

// What an alert does to the account's standing.
const (
	ActionNone   = "alert"
	ActionNarrow = "narrow"
	ActionClose  = "close"
	ActionAsk    = "ask" // a person is to ask why; the standing stays
)

// Actions lists what an alert may do.
func Actions() []string { return []string{ActionNone, ActionAsk, ActionNarrow, ActionClose} }

// AlertRaised: an account's views are not what its work explains.
type AlertRaised struct {
	Alert    AlertID   `json:"alert"`
	Rule     string    `json:"rule"`
	Severity string    `json:"severity"`
	Actor    ActorID   `json:"actor,omitzero"`
	Partner  PartnerID `json:"partner,omitzero"`
	Station  StationID `json:"station,omitzero"`
	Odds     float64   `json:"odds,omitzero"`
	Events   []string  `json:"events,omitzero"` // ids of the events that carry it
	Action   string    `json:"action,omitzero"`
	Message  Text      `json:"message"`
}

// Standings.
const (
	Open     = "open"
	Narrowed = "narrowed" // everything masked, no reveal
	Closed   = "closed"   // no data at all
)

// Scopes of a standing.
const (
	ScopeActor   = "actor"
	ScopePartner = "partner"
	ScopeStation = "station"
	ScopeDevice  = "device"
	ScopeSite    = "site"
)

// StandingChanged: a door was narrowed, closed or opened again. Cause identifies
// the ground (an alert's id, or a fact such as "training_overdue"); lifting a
// ground is the same event with Standing "open" and By set.
type StandingChanged struct {
	Scope    string `json:"scope"`
	ID       string `json:"id"`
	Standing string `json:"standing"`
	Cause    string `json:"cause"`
	By       string `json:"by,omitzero"` // the person who lifted or set it
	Reason   *Text  `json:"reason,omitzero"`
	Note     string `json:"note,omitzero"` // the person's own words
	Until    Time   `json:"until,omitzero"`
}

// Reason is why a decision came out as it did, fit to be told to the merchant.
type Reason struct {
	Code string `json:"code"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// Payout decisions.
const (
	Pay      = "pay"
	HoldPart = "hold_part"
	HoldAll  = "hold_all"
	Deny     = "deny"
)

// DecisionPayout answers a PayoutRequested.
type DecisionPayout struct {
	Request  RequestID    `json:"request"`
	Merchant MerchantID   `json:"merchant"`
	Decision string       `json:"decision"`
	Pay      Money        `json:"pay"`
	Hold     Money        `json:"hold"`
	Until    Time         `json:"until,omitzero"` // when enough windows will have closed
	BoundBy  string       `json:"bound_by"`
	Reasons  []Reason     `json:"reasons"`
	Inputs   PayoutInputs `json:"inputs"`
}

// PayoutInputs is what a payout decision was made from, in minor units of the
// decision's currency.
type PayoutInputs struct {
	Balance    int64   `json:"balance"`
	Refundable int64   `json:"refundable"`
	Collateral int64   `json:"collateral"`
	Advanced   int64   `json:"advanced"`
	Line       int64   `json:"line"`
	Ring       *RingID `json:"ring"`
	Escrow     int64   `json:"escrow,omitzero"`            // paid by buyers and not confirmed
	Ordinary   int64   `json:"ordinary_refunds,omitzero"`  // the quantile of refunds to come
	Fraud      float64 `json:"fraud_probability,omitzero"` // of the merchant, or any of its ring
	// Evidence is what speaks for that, the weightiest first, where it narrows the
	// line. It is for the analyst, not for the merchant.
	Evidence []Evidence `json:"evidence,omitzero"`
	// Rules are those of the pack's own that made it wait.
	Rules []RuleMet `json:"rules,omitzero"`
}

// RuleMet is a rule of a pack's own and what it found, as far as it is numbers.
type RuleMet struct {
	Rule       string             `json:"rule"`
	Aggregates map[string]float64 `json:"aggregates,omitzero"`
}

// Evidence is one thing that speaks for a fraud.
type Evidence struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`    // from 0 to about 1
	Weight float64 `json:"log_odds"` // what it adds
}

// Refund decisions.
const (
	Refund = "refund"
	Review = "review"
)

// DecisionRefund answers a RefundRequested: where the buyer's money comes from,
// in minor units of the refund's currency.
type DecisionRefund struct {
	Refund         RefundID   `json:"refund"`
	Order          OrderID    `json:"order"`
	Merchant       MerchantID `json:"merchant,omitzero"`
	Decision       string     `json:"decision"`
	FromOrder      int64      `json:"from_order,omitzero"` // not yet confirmed: the order's own money
	FromBalance    int64      `json:"from_balance"`
	FromCollateral int64      `json:"from_collateral"`
	Advance        int64      `json:"advance"`
	Reasons        []Reason   `json:"reasons"`
}

// Merchant decisions beside Review.
const (
	Admit               = "admit"
	AdmitMoreCollateral = "admit_more_collateral"
	Refuse              = "refuse"
)

// DecisionMerchant answers a MerchantApplied.
type DecisionMerchant struct {
	Merchant MerchantID `json:"merchant"`
	Decision string     `json:"decision"`
	Ring     RingID     `json:"ring,omitzero"`
	Reasons  []Reason   `json:"reasons"`
}

// DecisionOverridden: a person lets a merchant have Money more than the clauses
// leave, until a time, and says why. Above an amount that the pack names it is in
// force only when a second person has confirmed it: the same event again, with
// Second. Request is the payout whose hold it is about, where there is one.
type DecisionOverridden struct {
	Override OverrideID `json:"override"`
	Merchant MerchantID `json:"merchant"`
	Request  RequestID  `json:"request,omitzero"`
	Money    Money      `json:"money"`
	Until    Time       `json:"until"`
	Reason   string     `json:"reason"` // the person's own words
	Person   string     `json:"person"`
	Second   string     `json:"second,omitzero"`
}

// RingFound: these merchants are one.
type RingFound struct {
	Ring      RingID       `json:"ring"`
	Merchants []MerchantID `json:"merchants"`
	Buyers    []BuyerID    `json:"buyers,omitzero"`
	Links     []RingLink   `json:"links,omitzero"`
	Score     float64      `json:"score"`
	// Evidence is by how many nats a block of purchases stands out from what chance
	// gives; of the densest block of all, which is always told, it may be below 0.
	Evidence float64 `json:"evidence,omitzero"`
	// Left are merchants that were of the ring and are not any more, after a link
	// was struck out.
	Left []MerchantID `json:"left,omitzero"`
}

// RingStruck: a person has looked at what links two merchants and struck it out, all
// of it or one ground. It does not come back.
type RingStruck struct {
	A      MerchantID `json:"a"`
	B      MerchantID `json:"b"`
	By     string     `json:"by,omitzero"` // of RingLink; empty: whatever links them
	Person ActorID    `json:"person"`
	Reason string     `json:"reason"`
}

// RingLink is one ground for taking two merchants as one.
type RingLink struct {
	A      MerchantID `json:"a"`
	B      MerchantID `json:"b"`
	By     string     `json:"by"` // device, bank_account, buyers, …
	Weight float64    `json:"weight"`
}

// DecisionShadowed is what another pack would have decided where that is not what
// was decided. Nothing follows from it.
type DecisionShadowed struct {
	Pack     string     `json:"pack"`
	Merchant MerchantID `json:"merchant,omitzero"`
	Request  RequestID  `json:"request,omitzero"`
	Refund   RefundID   `json:"refund,omitzero"`
	Decision string     `json:"decision"` // the other pack's; empty: it would have said nothing
	Pay      *Money     `json:"pay,omitzero"`
	BoundBy  string     `json:"bound_by,omitzero"`
	Live     string     `json:"live"` // what was decided; empty: nothing
	LivePay  *Money     `json:"live_pay,omitzero"`
}

func (*AlertRaised) eventType() Type      { return TypeAlertRaised }
func (*StandingChanged) eventType() Type  { return TypeStandingChanged }
func (*DecisionPayout) eventType() Type   { return TypeDecisionPayout }
func (*DecisionRefund) eventType() Type   { return TypeDecisionRefund }
func (*DecisionMerchant) eventType() Type { return TypeDecisionMerchant }
func (*RingFound) eventType() Type        { return TypeRingFound }

func (*RingStruck) eventType() Type         { return TypeRingStruck }
func (*DecisionOverridden) eventType() Type { return TypeDecisionOverridden }
func (*DecisionShadowed) eventType() Type   { return TypeDecisionShadowed }

func (d *AlertRaised) check() error {
	return first(need("alert", string(d.Alert), "rule", d.Rule),
		oneOf("severity", d.Severity, SeverityLow, SeverityMedium, SeverityHigh))
}
func (d *StandingChanged) check() error {
	return first(need("id", d.ID, "cause", d.Cause),
		oneOf("scope", d.Scope, ScopeActor, ScopePartner, ScopeStation, ScopeDevice, ScopeSite),
		oneOf("standing", d.Standing, Open, Narrowed, Closed))
}
func (d *DecisionPayout) check() error {
	return first(need("request", string(d.Request), "merchant", string(d.Merchant)),
		oneOf("decision", d.Decision, Pay, HoldPart, HoldAll, Deny), d.Pay.check("pay"), d.Hold.check("hold"))
}
func (d *DecisionRefund) check() error {
	return first(need("refund", string(d.Refund), "order", string(d.Order)), oneOf("decision", d.Decision, Refund, Review))
}
func (d *DecisionMerchant) check() error {
	return first(need("merchant", string(d.Merchant)), oneOf("decision", d.Decision, Admit, AdmitMoreCollateral, Review, Refuse))
}
func (d *DecisionShadowed) check() error { return need("pack", d.Pack) }
func (d *RingFound) check() error        { return need("ring", string(d.Ring)) }
func (d *RingStruck) check() error {
	return need("a", string(d.A), "b", string(d.B), "person", string(d.Person), "reason", d.Reason)
}
func (d *DecisionOverridden) check() error {
	if d.Until.IsZero() {
		return errors.New("until: missing")
	}
	if d.Second != "" && d.Second == d.Person {
		return errors.New("second: must be another person")
	}
	return first(need("override", string(d.Override), "merchant", string(d.Merchant), "reason", d.Reason, "person", d.Person),
		d.Money.check("money"))
}
