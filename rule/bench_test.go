package rule

import (
	"fmt"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// What three sliding aggregates and a check on them cost an event of the money door.
func BenchmarkMoney(b *testing.B) {
	set, faults := CompileConditions([]Aggregate{
		{Name: "orders", On: []string{"order.paid"}, Key: []string{"merchant"}, Fn: "count", Window: Span(24 * time.Hour)},
		{Name: "buyers", On: []string{"order.paid"}, Key: []string{"merchant"}, Fn: "distinct", Of: "buyer", Window: Span(24 * time.Hour)},
		{Name: "asked", On: []string{"payout.requested"}, Key: []string{"merchant"}, Fn: "rate", Window: Span(24 * time.Hour)},
	}, []Condition{{Name: "asks-often", On: []string{"payout.requested"}, When: "orders > 5 && buyers * 3 < orders && asked > 2",
		Message: Text{"{merchant} {orders} {buyers} {asked}", "{merchant} {orders} {buyers} {asked}"}}}, nil)
	if faults != nil {
		b.Fatal(faults)
	}
	e := New(set)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	n := 0
	for b.Loop() {
		n++
		m := event.MerchantID(fmt.Sprint("m", n%3000))
		at = at.Add(30 * time.Millisecond)
		e.Meets(event.New(fmt.Sprint("o", n), "shop", at, &event.OrderPaid{Order: event.OrderID(fmt.Sprint("o", n)), Merchant: m, Buyer: event.BuyerID(fmt.Sprint("b", n%50)),
			Money: event.Money{Amount: 100, Currency: "CNY"}}), nil)
		e.Meets(event.New(fmt.Sprint("p", n), "pay", at, &event.PayoutRequested{Request: event.RequestID(fmt.Sprint("p", n)), Merchant: m}), nil)
	}
	if f := e.Faults(); f != nil {
		b.Fatal(f)
	}
}
