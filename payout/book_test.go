package payout

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// script reads a story of lines such as "+2d pay o1 m1 5000 b1": so long after
// the line before, this happens.
func script(t testing.TB, text string) []event.Event {
	t.Helper()
	var out []event.Event
	at := testStart
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if strings.HasPrefix(f[0], "+") {
			n, unit := f[0][1:len(f[0])-1], f[0][len(f[0])-1:]
			k, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			at = at.Add(time.Duration(k) * map[string]time.Duration{"d": day, "h": time.Hour, "m": time.Minute}[unit])
			f = f[1:]
		}
		money := func(i int) event.Money {
			if i >= len(f) {
				t.Fatalf("%q: no amount", line)
			}
			amount, cur, ok := strings.Cut(f[i], "/")
			if !ok {
				cur = "CNY"
			}
			n, err := strconv.ParseInt(amount, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return event.Money{Amount: n, Currency: event.Currency(cur)}
		}
		arg := func(i int) string {
			if i < len(f) {
				return f[i]
			}
			return ""
		}
		var d event.Data
		switch f[0] {
		case "apply":
			d = &event.MerchantApplied{Merchant: event.MerchantID(f[1]), Category: arg(2)}
		case "open":
			d = &event.MerchantOpened{Merchant: event.MerchantID(f[1])}
		case "cover":
			d = &event.CollateralChanged{Merchant: event.MerchantID(f[1]), Total: money(2)}
		case "pay":
			d = &event.OrderPaid{Order: event.OrderID(f[1]), Merchant: event.MerchantID(f[2]), Money: money(3), Buyer: event.BuyerID(arg(4))}
		case "ship":
			d = &event.ParcelShipped{Order: event.OrderID(f[1])}
		case "sign":
			d = &event.ParcelSigned{Order: event.OrderID(f[1])}
		case "confirm":
			d = &event.OrderConfirmed{Order: event.OrderID(f[1])}
		case "ask":
			p := &event.PayoutRequested{Request: event.RequestID(f[1]), Merchant: event.MerchantID(f[2])}
			if len(f) > 3 {
				m := money(3)
				p.Money = &m
			}
			d = p
		case "paid":
			d = &event.PayoutPaid{Request: event.RequestID(f[1]), Merchant: event.MerchantID(f[2]), Money: money(3)}
		case "refund":
			d = &event.RefundRequested{Refund: event.RefundID(f[1]), Order: event.OrderID(f[2]), Money: money(3)}
		case "advanced":
			d = &event.RefundAdvanced{Refund: event.RefundID(f[1]), Money: money(2)}
		case "recovered":
			d = &event.RefundRecovered{Refund: event.RefundID(f[1]), Money: money(2)}
		case "ring":
			r := &event.RingFound{Ring: event.RingID(f[1])}
			for _, id := range f[2:] {
				if strings.HasPrefix(id, "b") {
					r.Buyers = append(r.Buyers, event.BuyerID(id))
				} else {
					r.Merchants = append(r.Merchants, event.MerchantID(id))
				}
			}
			d = r
		default:
			t.Fatalf("no such word: %q", line)
		}
		out = append(out, event.New(fmt.Sprintf("e%03d", i), "test", at, d))
	}
	return out
}

// short is a decision in one line.
func short(ev event.Event) string {
	codes := func(rs []event.Reason) string {
		s := ""
		for _, r := range rs {
			s += " " + r.Code
		}
		return s
	}
	switch d := ev.Data.(type) {
	case *event.DecisionPayout:
		s := fmt.Sprintf("%s %s pay %d hold %d", d.Request, d.Decision, d.Pay.Amount, d.Hold.Amount)
		if !d.Until.IsZero() {
			s += fmt.Sprintf(" until day %g", d.Until.Sub(testStart).Hours()/24)
		}
		return s + " by " + d.BoundBy + codes(d.Reasons)
	case *event.DecisionRefund:
		return fmt.Sprintf("%s %s order %d balance %d collateral %d advance %d%s", d.Refund, d.Decision, d.FromOrder, d.FromBalance, d.FromCollateral, d.Advance, codes(d.Reasons))
	case *event.DecisionMerchant:
		return fmt.Sprintf("%s %s %s%s", d.Merchant, d.Decision, d.Ring, codes(d.Reasons))
	}
	return string(ev.Type)
}

// The pack's newcomer line is 100.00 CNY or 15.00 USD, earned by a tenth of
// sales closed clean; refunds over a tenth of sales shrink it.
func TestScenarios(t *testing.T) {
	for _, c := range []struct{ name, story, want string }{
		{"within the line a newcomer is paid at once", `
			pay o1 m1 9000
			ship o1
			+3d sign o1
			confirm o1
			ask p1 m1`, `
			p1 pay pay 9000 hold 0 by none`},
		{"one fen over the line is held until the window closes", `
			pay o1 m1 10001
			ship o1
			+3d sign o1
			+1d confirm o1
			ask p1 m1
			+13d ask p2 m1
			+1d ask p3 m1`, `
			p1 hold_part pay 10000 hold 1 until day 18 by line newcomer_line held_until
			p2 hold_all pay 0 hold 1 until day 18 by line newcomer_line held_until
			p3 pay pay 1 hold 0 by none`},
		{"collateral widens what may leave", `
			cover m1 5000
			pay o1 m1 16000
			confirm o1
			ask p1 m1`, `
			p1 hold_part pay 15000 hold 1000 until day 15 by line newcomer_line held_until`},
		{"the earliest sufficient window, not the last, ends the hold", `
			pay o1 m1 6000
			pay o2 m1 6000
			pay o3 m1 6000
			confirm o1
			+1d confirm o2
			+1d confirm o3
			ask p1 m1`, `
			p1 hold_part pay 10000 hold 8000 until day 16 by line newcomer_line held_until`},
		{"a parcel on its way leaves the window open-ended", `
			pay o1 m1 20000
			ship o1
			+7d confirm o1
			ask p1 m1
			+40d ask p2 m1
			sign o1
			+15d ask p3 m1`, `
			p1 hold_part pay 10000 hold 10000 by line newcomer_line held_open
			p2 hold_all pay 0 hold 10000 by line newcomer_line held_open
			p3 pay pay 10000 hold 0 by none`},
		{"no parcel: the window runs from the confirmation", `
			apply m1 fresh
			pay o1 m1 12000
			+1d confirm o1
			+3d ask p1 m1`, `
			m1 admit 
			p1 pay pay 12000 hold 0 by none`},
		{"confirmed by timeout after the window has closed exposes nothing", `
			pay o1 m1 99999
			ship o1
			sign o1
			+16d confirm o1
			ask p1 m1`, `
			p1 pay pay 99999 hold 0 by none`},
		{"a refund before confirmation is the order's own money", `
			pay o1 m1 5000
			refund f1 o1 2000
			confirm o1
			ask p1 m1`, `
			f1 refund order 2000 balance 0 collateral 0 advance 0
			p1 pay pay 3000 hold 0 by none`},
		{"balance, then collateral, then the platform; recovered frees the line", `
			cover m1 1000
			pay o1 m1 9000
			pay o2 m1 500
			confirm o1
			ask p1 m1
			confirm o2
			refund f1 o1 9000
			+1d pay o3 m1 8000
			confirm o3
			ask p2 m1
			recovered f1 7000
			ask p3 m1`, `
			p1 pay pay 9000 hold 0 by none
			f1 refund order 0 balance 500 collateral 1000 advance 7500
			p2 hold_all pay 0 hold 8000 by line refunds_risen advance_unrecovered held_open
			p3 hold_part pay 1750 hold 6250 until day 16 by line refunds_risen advance_unrecovered held_until`},
		{"several part refunds, never more than the order", `
			pay o1 m1 5000
			confirm o1
			refund f1 o1 2000
			refund f2 o1 2000
			refund f3 o1 2000
			refund f4 o1 1000
			refund f5 o1 1`, `
			f1 refund order 0 balance 2000 collateral 0 advance 0
			f2 refund order 0 balance 2000 collateral 0 advance 0
			f3 review order 0 balance 0 collateral 0 advance 0 beyond_order
			f4 refund order 0 balance 1000 collateral 0 advance 0
			f5 review order 0 balance 0 collateral 0 advance 0 beyond_order`},
		{"after the window, of another order or in other money: a person looks", `
			pay o1 m1 5000
			confirm o1
			refund f0 o1 100/USD
			refund f1 o9 100
			+15d refund f2 o1 100`, `
			f0 review order 0 balance 0 collateral 0 advance 0 other_currency
			f1 review order 0 balance 0 collateral 0 advance 0 order_unknown
			f2 review order 0 balance 0 collateral 0 advance 0 window_closed`},
		{"asked for a part; for too much; for nothing", `
			pay o1 m1 5000
			confirm o1
			ask p1 m1 1000
			ask p2 m1 9000
			ask p3 m1
			ask p4 m9`, `
			p1 pay pay 1000 hold 0 by none
			p2 pay pay 4000 hold 0 by none beyond_balance
			p3 deny pay 0 hold 0 by none nothing_to_pay
			p4 deny pay 0 hold 0 by none nothing_to_pay`},
		{"the same request, refund or order again changes nothing", `
			pay o1 m1 5000
			pay o1 m1 7000
			confirm o1
			confirm o1
			ask p1 m1 1000
			ask p1 m1 1000
			refund f1 o1 500
			refund f1 o1 500
			ask p2 m1`, `
			p1 pay pay 1000 hold 0 by none
			f1 refund order 0 balance 500 collateral 0 advance 0
			p2 pay pay 3500 hold 0 by none`},
		{"the stream corrects what was paid", `
			pay o1 m1 20000
			confirm o1
			ask p1 m1
			paid p1 m1 4000
			paid p1 m1 4000
			ask p2 m1`, `
			p1 hold_part pay 10000 hold 10000 until day 15 by line newcomer_line held_until
			p2 hold_part pay 6000 hold 10000 until day 15 by line newcomer_line held_until`},
		{"the stream corrects what was advanced", `
			pay o1 m1 9000
			confirm o1
			ask p1 m1
			pay o2 m1 4000
			confirm o2
			refund f1 o1 9000
			advanced f1 9000
			ask p2 m1`, `
			p1 pay pay 9000 hold 0 by none
			f1 refund order 0 balance 4000 collateral 0 advance 5000
			p2 hold_all pay 0 hold 4000 by line refunds_risen advance_unrecovered held_open`},
		{"clean sales earn a line, old ones are forgotten", `
			pay o1 m1 100000
			confirm o1
			+15d ask p1 m1
			pay o2 m1 30000
			confirm o2
			ask p2 m1 20000
			ask p3 m1
			+40d pay o3 m1 30000
			confirm o3
			ask p4 m1`, `
			p1 pay pay 100000 hold 0 by none
			p2 pay pay 20000 hold 0 by none
			p3 hold_all pay 0 hold 10000 until day 30 by line earned_line held_until
			p4 hold_part pay 23000 hold 17000 until day 70 by line earned_line held_until`},
		{"a ring has one newcomer's line, not one a shop", `
			ring r1 m1 m2 m3
			pay o1 m1 8000
			confirm o1
			ask p1 m1
			pay o2 m2 8000
			confirm o2
			ask p2 m2
			pay o3 m3 8000
			confirm o3
			ask p3 m3
			+15d ask p4 m3`, `
			p1 pay pay 8000 hold 0 by none
			p2 hold_part pay 2000 hold 6000 until day 15 by ring ring_line held_until
			p3 hold_all pay 0 hold 8000 until day 15 by ring ring_line held_until
			p4 pay pay 8000 hold 0 by none`},
		{"a ring found after its shops were paid stops the next payout, and the next shop", `
			apply m1
			apply m2
			open m1
			open m2
			pay o1 m1 9000
			confirm o1
			ask p1 m1
			pay o2 m2 9000
			confirm o2
			ask p2 m2
			apply m3
			ring r1 m1 m2 m3
			pay o4 m1 500
			confirm o4
			ask p3 m1
			refund f1 o1 9000
			apply m4
			ring r1 m2 m4`, `
			m1 admit 
			m2 admit 
			p1 pay pay 9000 hold 0 by none
			p2 pay pay 9000 hold 0 by none
			m3 admit 
			m3 review r1 linked_shops
			p3 hold_all pay 0 hold 500 until day 15 by ring ring_line held_until
			f1 refund order 0 balance 500 collateral 0 advance 8500
			m4 admit 
			m4 refuse r1 linked_shops linked_shops_owe`},
		{"two rings that turn out to be one share one line, under either name", `
			ring r1 m1 m2
			ring r2 m3 m4
			ring r1 m2 m3
			ring r2 m5
			pay o1 m1 10000
			confirm o1
			ask p1 m1
			pay o2 m5 100
			confirm o2
			ask p2 m5
			apply m5`, `
			p1 pay pay 10000 hold 0 by none
			p2 hold_all pay 0 hold 100 until day 15 by ring ring_line held_until
			m5 review r1 linked_shops`},
		{"an advance to a ring's own buyer waits for a person, to others it does not", `
			ring r1 m1 m2 b7
			pay o1 m1 4000 b7
			pay o2 m1 4000 b1
			confirm o1
			confirm o2
			ask p1 m1
			refund f1 o1 4000
			refund f2 o2 4000
			+40d pay o3 m1 9000
			confirm o3
			ask p2 m1
			advanced f1 4000`, `
			p1 pay pay 8000 hold 0 by none
			f1 review order 0 balance 0 collateral 0 advance 0 linked_buyer
			f2 refund order 0 balance 0 collateral 0 advance 4000
			p2 hold_part pay 2000 hold 7000 until day 55 by ring ring_line advance_unrecovered held_until`},
		{"several currencies share one line", `
			pay o1 m1 5000
			confirm o1
			ask p1 m1
			pay o2 m1 1500/USD
			pay o3 m1 100/XAU
			confirm o2
			confirm o3
			ask p2 m1`, `
			p1 pay pay 5000 hold 0 by none
			p2 hold_part pay 750 hold 750 until day 15 by line newcomer_line held_until
			p2 hold_all pay 0 hold 100 until day 15 by line currency_without_line held_until`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := New(testPack())
			var got []string
			for _, ev := range script(t, c.story) {
				for _, d := range b.Fold(ev) {
					got = append(got, short(d))
				}
				if faults := b.check(); len(faults) > 0 {
					t.Fatal(faults)
				}
			}
			var want []string
			for _, l := range strings.Split(strings.TrimSpace(c.want), "\n") {
				want = append(want, strings.TrimLeft(l, "\t"))
			}
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// Within the allowed lateness the order of arrival does not matter.
func TestShuffledArrivalGivesTheSameBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for seed := range 20 {
		data := make([]byte, 5*200)
		for i := range data {
			if data[i] = byte(rng.IntN(249)); i%5 == 4 {
				data[i] %= 40
			}
		}
		evs := story(data)
		const late = 6 * 24 * time.Hour
		arrival := slices.Clone(evs)
		delay := map[string]time.Duration{}
		for _, ev := range evs {
			delay[ev.ID] = time.Duration(rng.Int64N(int64(late)))
		}
		slices.SortStableFunc(arrival, func(x, y event.Event) int { return x.Time.Add(delay[x.ID]).Compare(y.Time.Add(delay[y.ID])) })
		sorter := event.NewSorter(late)
		var sorted []event.Event
		for _, ev := range arrival {
			sorted = append(sorted, sorter.Push(ev)...)
		}
		sorted = append(sorted, sorter.Flush()...)
		want, _ := tell(t, evs, false, 0)
		if got, _ := tell(t, sorted, false, 0); !slices.Equal(got, want) {
			t.Fatalf("story %d: another order of arrival gave other decisions", seed)
		}
	}
}

// Two payouts that arrive together never spend the same cover.
func TestPayoutsAtOnceShareTheLine(t *testing.T) {
	b := New(testPack())
	for i := range 16 {
		for _, ev := range script(t, fmt.Sprintf("pay o%d m%d 8000\nconfirm o%d", i, i, i)) {
			b.Fold(ev)
		}
	}
	r := &event.RingFound{Ring: "r"}
	for i := range 16 {
		r.Merchants = append(r.Merchants, event.MerchantID(fmt.Sprint("m", i)))
	}
	b.Fold(event.New("r", "test", testStart, r))
	var wg sync.WaitGroup
	for i := range 16 {
		for k := range 2 {
			wg.Go(func() {
				b.Fold(event.New("x", "test", testStart, &event.PayoutRequested{
					Request: event.RequestID(fmt.Sprint("p", i, "-", k)), Merchant: event.MerchantID(fmt.Sprint("m", i))}))
				b.Account("m0")
			})
		}
	}
	wg.Wait()
	total := b.Totals()[0]
	if total.Paid != 10_000 || total.AtRisk != 10_000 || total.Entered != 16*8000 {
		t.Errorf("paid %d, at risk %d, entered %d", total.Paid, total.AtRisk, total.Entered)
	}
	a, ok := b.Account("m3")
	if !ok || a.Ring != "r" || a.RingAtRisk != 10_000 || a.RingLine != 10_000 || a.Refundable != 8000 {
		t.Errorf("account: %+v", a)
	}
	if n := len(b.Merchants()); n != 16 {
		t.Errorf("%d merchants", n)
	}
}

func TestUntilKeepsItsPromise(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		b := New(testPack())
		for i := range 12 {
			m := rng.IntN(3)
			for _, ev := range script(t, fmt.Sprintf("+%dh pay o%d m%d %d\nconfirm o%d", i*7, i, m, 1000+rng.IntN(9000), i)) {
				b.Fold(ev)
			}
		}
		if rng.IntN(2) == 0 {
			b.Fold(event.New("r", "t", testStart, &event.RingFound{Ring: "r", Merchants: []event.MerchantID{"m0", "m1", "m2"}}))
		}
		at := testStart.Add(4 * day)
		ask := func(n int, m event.MerchantID, at time.Time) *event.DecisionPayout {
			return b.Fold(event.New("a", "t", at, &event.PayoutRequested{Request: event.RequestID(fmt.Sprint(m, n)), Merchant: m}))[0].Data.(*event.DecisionPayout)
		}
		for i, m := range []event.MerchantID{"m0", "m1", "m2"} {
			d := ask(i, m, at)
			if d.Hold.Amount == 0 || i < 2 && b.merchants[m].group.ring != "" {
				continue
			}
			if d.Until.IsZero() {
				t.Fatalf("no date for %+v", d)
			}
			if d := ask(10+i, m, d.Until); d.Hold.Amount > 0 {
				t.Fatalf("still held at its date: %+v", d)
			}
			break // time has moved on
		}
	}
}
