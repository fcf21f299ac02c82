package payout

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/rule"
)

// payoutRequested answers a request: one decision, or one a currency where all
// of the balance is asked for and there are several.
func (b *Book) payoutRequested(ev event.Event, d *event.PayoutRequested) []event.Event {
	asked := keyOf(d.Request)
	if _, known := b.requests[asked]; known {
		return nil
	}
	m := b.merchant(d.Merchant)
	var currencies []event.Currency
	if d.Money != nil {
		currencies = []event.Currency{d.Money.Currency}
	} else {
		for _, a := range m.accounts {
			if a.balance > 0 {
				currencies = append(currencies, a.currency)
			}
		}
		if currencies == nil {
			currencies = []event.Currency{b.mainCurrency(m)}
		}
	}
	met := b.meets(ev, m, nil, currencies[0])
	var out []event.Event
	for _, c := range currencies {
		dec := b.judgePayout(ev.Time, m, c, d, met)
		a := m.in(c)
		b.setPaid(asked, a, dec.Pay.Amount)
		a.balance -= dec.Pay.Amount
		a.paid += dec.Pay.Amount
		a.held = dec.Hold.Amount
		m.lastDecision = dec.Decision
		out = append(out, decision(ev.Time, dec))
	}
	return out
}

// mainCurrency is the one that a merchant is spoken to in: its first account's,
// or the pack's.
func (b *Book) mainCurrency(m *merchant) event.Currency {
	if len(m.accounts) > 0 && m.in(b.pack.Currency) == nil {
		return m.accounts[0].currency
	}
	return b.pack.Currency
}

func (b *Book) judgePayout(at time.Time, m *merchant, c event.Currency, d *event.PayoutRequested, met []rule.Met) *event.DecisionPayout {
	a := b.account(m, c)
	lim := b.limits(m, c, at)
	if len(met) > 0 && lim.room > 0 {
		lim.room, lim.boundBy = 0, byRule
	}
	money := func(n int64) event.Money { return event.Money{Amount: n, Currency: c} }
	out := &event.DecisionPayout{
		Request: d.Request, Merchant: m.id, Pay: money(0), Hold: money(0), BoundBy: "none", Reasons: []event.Reason{},
		Inputs: event.PayoutInputs{Balance: a.balance, Refundable: a.refundable, Collateral: a.collateral,
			Advanced: a.advanced, Line: lim.line, Escrow: a.escrow, Rules: inputsOf(met)},
	}
	out.Inputs.Ordinary, out.Inputs.Fraud = lim.ordinary, math.Round(1e4*lim.suspicion.chance)/1e4
	if lim.part < 1 {
		out.Inputs.Evidence = b.pack.Scores.grounds(lim.suspicion.evidence)
	}
	if m.group.ring != "" {
		ring := m.group.ring
		out.Inputs.Ring = &ring
	}
	want := max(0, a.balance)
	if d.Money != nil {
		if d.Money.Amount > want {
			out.Reasons = append(out.Reasons, reasonBeyondBalance(money(want)))
		}
		want = min(want, d.Money.Amount)
	}
	a.requested = satAdd(a.requested, want)
	switch {
	case a.frozen || !b.fits(a.paid, want):
		a.frozen = true
		out.Decision, out.Hold = event.Deny, money(want)
		out.Reasons = append(out.Reasons, reasonFrozen())
		return out
	case want == 0:
		out.Decision = event.Deny
		if len(out.Reasons) == 0 {
			out.Reasons = append(out.Reasons, reasonNothing())
		}
		return out
	}
	p := max(0, min(want, lim.room))
	drawn := b.draw(m, c, want-p, at)
	p += drawn
	out.Pay, out.Hold = money(p), money(want-p)
	if drawn > 0 {
		out.BoundBy = byOverride
		out.Reasons = append(out.Reasons, reasonOverride(money(drawn)))
	}
	switch p {
	case want:
		out.Decision = event.Pay
		return out
	case 0:
		out.Decision = event.HoldAll
	default:
		out.Decision = event.HoldPart
	}
	if drawn == 0 {
		out.BoundBy = lim.boundBy
	}
	out.Reasons = append(out.Reasons, reasonsOf(met)...)
	if lim.boundBy == byRule { // until when, nobody can say
		return out
	}
	if until := b.until(m, a, want, lim.part); !until.IsZero() && len(met) == 0 {
		out.Until = until.In(at.Location())
	}
	out.Reasons = append(out.Reasons, b.explain(a, lim, out)...)
	return out
}

func (b *Book) fits(sum, n int64) bool { return sum <= maxMoney-n }

// limits is how far a payout to one merchant in one currency may go.
type limits struct {
	room    int64 // the largest payout; may be below zero
	boundBy string
	line    int64
	lowered bool  // refunds have lowered the line
	earned  bool  // sales have raised it
	taken   int64 // of the line by the ring's other shops and other currencies

	// What was reckoned for it, whichever clause binds.
	ordinary  int64 // refunds to come
	suspicion suspicion
	part      float64 // of the lines that the suspicion leaves
}

// Clauses that bind.
const (
	byLine     = "line"
	byRing     = "ring"
	byQuantile = "quantile"
	byLoss     = "expected_loss"
	byRule     = "rule"     // of the pack's own
	byOverride = "override" // a person let more out
)

// limits applies the clauses and returns the one that binds first. The line: a
// merchant in a ring is bound by its own and by the ring's; the ring's is the
// sum's. What evidence for fraud there is only narrows these.
func (b *Book) limits(m *merchant, c event.Currency, at time.Time) limits {
	all, a, ordinary := b.lines(m, c, 1), b.account(m, c), int64(0)
	if b.pack.Ordinary.Quantile > 0 {
		ordinary = b.ordinary(a, at)
		l := all[0]
		l.room, l.boundBy = b.ordinaryRoom(a, ordinary), byQuantile
		all = append(all, l)
	}
	suspect := b.suspect(m, c)
	part := b.pack.Scores.part(suspect.chance)
	if part < 1 {
		for _, l := range b.lines(m, c, part) {
			l.boundBy = byLoss
			all = append(all, l)
		}
	}
	out := slices.MinFunc(all, func(x, y limits) int { return cmp.Compare(x.room, y.room) })
	out.ordinary, out.suspicion, out.part = ordinary, suspect, part
	return out
}

// lines are the limits that a part of the merchant's line and of its ring's set.
func (b *Book) lines(m *merchant, c event.Currency, part float64) []limits {
	own := b.groupLimits(&group{members: []*merchant{m}}, m, c, part)
	own.boundBy = byLine
	if m.group.ring == "" {
		return []limits{own}
	}
	ring := b.groupLimits(m.group, m, c, part)
	ring.boundBy = byRing
	return []limits{ring, own}
}

func (b *Book) groupLimits(g *group, m *merchant, c event.Currency, part float64) limits {
	var l limits
	l.line, l.lowered, l.earned = b.lineOf(g, c)
	l.line = partOf(l.line, part)
	for _, other := range g.members {
		if a := other.in(c); a != nil && other != m {
			l.taken = satAdd(l.taken, a.atRisk())
		}
	}
	// What is at risk in other currencies uses up its fraction of the line.
	const whole = int64(1) << 40
	var used int64
	for _, oc := range g.currencies() {
		risk := g.atRisk(oc)
		if oc == c || risk == 0 {
			continue
		}
		line, _, _ := b.lineOf(g, oc)
		if line = partOf(line, part); risk <= line {
			used = satAdd(used, mulDivUp(whole, risk, line))
		} else {
			used = satAdd(used, whole+1)
		}
	}
	l.taken = satAdd(l.taken, mulDivUp(l.line, used, whole))
	if used > whole || l.taken > l.line { // even a payout that is covered waits: there is a debt beside it
		l.room = -1
		return l
	}
	l.room = l.line - l.taken - b.account(m, c).base()
	return l
}

func partOf(line int64, part float64) int64 {
	if part >= 1 {
		return line
	}
	return int64(float64(line) * part)
}

// lineOf is the line of a group in one currency: one newcomer's line for all of
// it, and what its members earned together.
func (b *Book) lineOf(g *group, c event.Currency) (line int64, lowered, earned bool) {
	var clean, old, spoiled, open int64
	for _, m := range g.members {
		if a := m.in(c); a != nil {
			a.forget(b.now, b.pack.Growth.History)
			clean, old, spoiled, open = satAdd(clean, a.clean), satAdd(old, a.old), satAdd(spoiled, a.spoiled), satAdd(open, a.refundable)
		}
	}
	line, lowered = b.pack.line(c, clean, min(old, clean), spoiled, open)
	return line, lowered, clean > 0
}

func (g *group) atRisk(c event.Currency) int64 {
	var sum int64
	for _, m := range g.members {
		if a := m.in(c); a != nil {
			sum = satAdd(sum, a.atRisk())
		}
	}
	return sum
}

func (g *group) currencies() []event.Currency {
	all := map[event.Currency]struct{}{}
	for _, m := range g.members {
		for _, a := range m.accounts {
			all[a.currency] = struct{}{}
		}
	}
	return sortedKeys(all)
}

// until is the earliest time at which enough windows will have closed for want
// to be paid whole if nothing else happens, at the line, the sales and the evidence
// of today. It is zero where that cannot be said: parcels are still on their way,
// or a debt stands.
func (b *Book) until(m *merchant, a *account, want int64, part float64) time.Time {
	type closing struct {
		at   instant
		acc  *account
		left int64
	}
	var all []closing
	base := map[*account]int64{}
	for _, other := range m.group.members {
		oa := other.in(a.currency)
		if oa == nil {
			continue
		}
		base[oa] = oa.base()
		for o := range b.orders.exposedOf(oa) {
			if !o.closed && o.end != 0 {
				all = append(all, closing{o.end, oa, o.exposed() - min(o.pending, o.exposed())})
			}
		}
	}
	slices.SortFunc(all, func(x, y closing) int { return cmp.Compare(x.at, y.at) })
	var othersNow int64
	for oa := range base {
		if oa != a {
			othersNow = satAdd(othersNow, max(0, oa.base()))
		}
	}
	lines := b.lines(m, a.currency, part)
	foreign := lines[0].taken - othersNow // by other currencies, where there is a ring
	enough := func(at time.Time) bool {
		for _, l := range lines {
			taken := l.taken
			if l.boundBy == byRing {
				taken = foreign + othersNow
			}
			if l.line-taken < max(0, base[a]+want) {
				return false
			}
		}
		return b.pack.Ordinary.Quantile == 0 || want <= b.ordinaryRoom(a, b.ordinary(a, at))
	}
	for i, c := range all {
		before := max(0, base[c.acc])
		base[c.acc] -= c.left
		if c.acc != a {
			othersNow -= before - max(0, base[c.acc])
		}
		if i+1 < len(all) && all[i+1].at == c.at {
			continue
		}
		end := c.at.time()
		if enough(end) {
			return end
		}
		// Ordinary refunds are reckoned by the day on which windows end.
		if next := end.Truncate(day).Add(day); b.pack.Ordinary.Quantile > 0 && (i+1 == len(all) || instantOf(next) < all[i+1].at) && enough(next) {
			return next
		}
	}
	return time.Time{}
}

// payoutPaid corrects what a request has paid by what the stream says.
func (b *Book) payoutPaid(d *event.PayoutPaid) {
	asked := keyOf(d.Request)
	r, known := b.requests[asked]
	var m *merchant
	switch {
	case known:
		m = b.accounts[r.account].owner
	case d.Merchant == "":
		b.unmatched++
		return
	default:
		m = b.merchant(d.Merchant)
	}
	a := b.account(m, d.Money.Currency)
	paid := b.paid(asked, a)
	more := d.Money.Amount - paid
	if more > 0 && (d.Money.Amount > maxMoney || !b.fits(a.paid, more)) {
		b.setPaid(asked, a, paid)
		a.frozen = true
		return
	}
	b.setPaid(asked, a, d.Money.Amount)
	a.balance -= more
	a.paid += more
	a.held = max(0, min(a.held, a.balance))
}

// paid is what of a request was paid in the currency of an account.
func (b *Book) paid(asked key, a *account) int64 {
	if r := b.requests[asked]; r.account == a.self {
		return r.paid
	}
	for _, r := range b.further[asked] {
		if r.account == a.self {
			return r.paid
		}
	}
	return 0
}

// setPaid notes what of a request was paid in the currency of an account.
func (b *Book) setPaid(asked key, a *account, n int64) {
	r, known := b.requests[asked]
	if !known {
		b.answered = append(b.answered, past[key]{instantOf(b.now), asked})
	}
	if !known || r.account == a.self {
		b.requests[asked] = request{a.self, n}
		return
	}
	further := b.further[asked]
	for i := range further {
		if further[i].account == a.self {
			further[i].paid = n
			return
		}
	}
	b.further[asked] = append(further, request{a.self, n})
}
