package payout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

const ownRules = `
aggregates:
  - {name: asked, on: [payout.requested], key: [merchant], fn: count, window: 72h}
  - {name: asked_for, on: [payout.requested], where: money != nil, key: [merchant, money.currency], fn: sum, of: money.amount, window: 72h}
  - {name: refunds, on: [refund.requested], key: [buyer], fn: count, window: 72h}
  - {name: shops, on: [refund.requested], key: [buyer], fn: distinct, of: merchant, window: 72h}
  - {name: confirmed, on: [order.confirmed], key: [merchant], fn: count, window: 72h}
  - {name: applied, on: [merchant.applied], key: [category], fn: count, window: 72h}
checks:
  - name: asks-often
    on: [payout.requested]
    when: asked >= 4 or asked_for > 20000
    message: {zh: "{merchant} 三天内提现 {asked} 次", en: "{merchant} asked {asked} times in three days"}
  - name: many-refunds
    on: [refund.requested]
    when: refunds >= 3 and shops >= 2 and shop.age_days >= 0
    message: {zh: "三天内退款 {refunds} 次", en: "{refunds} refunds in three days"}
  - name: many-applications
    on: [merchant.applied]
    when: applied >= 3
    message: {zh: "同类申请 {applied} 份", en: "{applied} applications of one category"}
`

// withRules is a pack with rules of its own.
func withRules(t testing.TB, p Pack, rules string) Pack {
	t.Helper()
	own, err := ParsePack("p.yaml", []byte("version: 1\nlines: {CNY: {newcomer: 5, cap: 9}}\n"+rules))
	if err != nil {
		t.Fatal(err)
	}
	p.rules = own.rules
	return p
}

func TestRulesMakeRequestsWait(t *testing.T) {
	b := New(withRules(t, testPack(), ownRules))
	var got []string
	for _, ev := range script(t, `
		apply m1 toys
		open m1
		apply m2 toys
		open m2
		apply m3 toys
		cover m1 100000
		pay o1 m1 9000 b1
		pay o2 m1 9000 b1
		pay o3 m2 9000 b1
		pay o4 m1 9000 b2
		sign o1
		confirm o1
		confirm o2
		confirm o4
		+1h ask p1 m1 100
		ask p1 m1 100
		ask p2 m1 100
		ask p3 m1 100
		+1h ask p4 m1 100
		+1h ask p4 m1 100
		+71h ask p5 m1 100
		+80h ask p6 m1 20001
		+80h ask p7 m1 100
		refund f1 o1 10
		refund f1 o1 10
		refund f2 o2 10
		refund f3 o3 10
		refund f4 o1 10
		refund f5 o4 10
		refund f9 o99 10
		advanced f4 10
		+73h refund f6 o1 10`) {
		for _, said := range b.Fold(ev) {
			got = append(got, short(said))
		}
		if faults := b.check(); len(faults) > 0 {
			t.Fatal(faults)
		}
	}
	want := []string{
		"m1 admit ", "m2 admit ", "m3 review  many-applications",
		"p1 pay pay 100 hold 0 by none", "p2 pay pay 100 hold 0 by none", "p3 pay pay 100 hold 0 by none",
		"p4 hold_all pay 0 hold 100 by rule asks-often",
		"p5 pay pay 100 hold 0 by none", // the first three are more than three days ago
		"p6 hold_all pay 0 hold 20001 by rule asks-often",
		"p7 pay pay 100 hold 0 by none",
		"f1 refund order 0 balance 10 collateral 0 advance 0", "f2 refund order 0 balance 10 collateral 0 advance 0",
		"f3 review order 0 balance 0 collateral 0 advance 0 many-refunds", // of an order not confirmed
		"f4 review order 0 balance 0 collateral 0 advance 0 many-refunds",
		"f5 refund order 0 balance 10 collateral 0 advance 0", // another buyer
		"f9 review order 0 balance 0 collateral 0 advance 0 order_unknown",
		"f6 refund order 0 balance 10 collateral 0 advance 0",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
	if faults := b.RuleFaults(); len(faults) > 0 {
		t.Error(faults)
	}
}

// What was counted stands in the decision, for the analyst; a person may let out
// what a rule holds.
func TestWhatARuleFoundIsAnInput(t *testing.T) {
	p := withRules(t, testPack(), ownRules)
	p.Overrides = Overrides{Longest: 100 * day, SecondAbove: map[event.Currency]int64{"CNY": 1 << 30}}
	b := New(p)
	s := newShop(t, b, "m1")
	s.fold(&event.CollateralChanged{Merchant: "m1", Total: event.Money{Amount: 1 << 30, Currency: "CNY"}})
	s.sell("o1", 9000, nil)
	s.now = s.now.Add(4 * day)
	small := &event.Money{Amount: 10, Currency: "CNY"}
	for i := range 3 {
		s.fold(&event.PayoutRequested{Request: event.RequestID(fmt.Sprint("a", i)), Merchant: "m1", Money: small})
	}
	d := s.ask()
	if len(d.Inputs.Rules) != 1 || d.Inputs.Rules[0].Rule != "asks-often" || d.Inputs.Rules[0].Aggregates["asked"] != 4 || d.Inputs.Rules[0].Aggregates["asked_for"] != 0 { // it names no currency
		t.Errorf("%+v", d.Inputs.Rules)
	}
	if d.Reasons[0].EN != "m1 asked 4 times in three days" || !d.Until.IsZero() {
		t.Errorf("%+v", d)
	}
	s.fold(&event.DecisionOverridden{Override: "ov", Merchant: "m1", Reason: "seen", Person: "fin", Money: event.Money{Amount: 500, Currency: "CNY"}, Until: s.now.Add(day)})
	if d = s.ask(); d.Pay.Amount != 500 || d.BoundBy != byOverride {
		t.Errorf("%+v", d)
	}
}

// What comes before its order is counted once the order is known.
func TestRulesCountWhatCameBeforeItsOrder(t *testing.T) {
	p := withRules(t, testPack(), `
aggregates: [{name: confirmed, on: [order.confirmed], key: [merchant, buyer], fn: count, window: 24h}]
checks: [{name: early, on: [refund.requested], when: confirmed == 1, message: {zh: z, en: e}}]
`)
	b := New(p)
	var got []string
	for _, ev := range script(t, "confirm o1\npay o1 m1 100 b1\nrefund f1 o1 1") {
		for _, said := range b.Fold(ev) {
			got = append(got, short(said))
		}
	}
	if len(got) != 1 || !strings.HasSuffix(got[0], "early") || len(b.RuleFaults()) > 0 {
		t.Error(got, b.RuleFaults())
	}
}

// A shop whose application waits by a rule still waits when it leaves a ring.
func TestAnApplicationWaitsByARule(t *testing.T) {
	b := New(withRules(t, testPack(), `
checks: [{name: odd, on: [merchant.applied], when: category == "odd", message: {zh: z, en: e}}]
`))
	var got []string
	evs := script(t, "apply m1 odd\napply m2 toys\nring r1 m1 m2")
	evs = append(evs, event.New("left", "test", testStart.Add(time.Hour), &event.RingFound{Ring: "r1", Left: []event.MerchantID{"m1", "m2"}}))
	for _, ev := range evs {
		for _, said := range b.Fold(ev) {
			got = append(got, short(said))
		}
	}
	want := "m1 review  odd, m2 admit , m2 review r1 linked_shops, m2 admit "
	if g := strings.Join(got, ", "); g != want {
		t.Errorf("got %s, want %s", g, want)
	}
}

func TestFaultsOfAPacksOwnRules(t *testing.T) {
	_, err := ParsePack("p.yaml", []byte(`version: 1
lines: {CNY: {newcomer: 5, cap: 9}}
aggregates:
  - {name: n, on: [access.viewed], key: [actor], fn: count, window: 1h}
  - {name: s, on: [payout.requested], key: [merchant], fn: sum, of: money, window: 1h}
checks:
  - {name: c, on: [order.paid], when: "true", message: {zh: z, en: e}}
  - {name: d, on: [payout.requested], when: shop.colour == 1, message: {zh: z, en: e}}
  - {name: e, on: [payout.requested], when: "true", action: close, message: {zh: z, en: e}}
`))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"aggregates.1: on: access.viewed is not among", "aggregates.2: of:", "checks.1: on: order.paid is not among", "p.yaml:9: field action"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}
