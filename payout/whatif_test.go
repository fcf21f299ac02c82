package payout

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

// dumper writes down everything that can be reached from a value.
type dumper struct {
	out  strings.Builder
	seen map[uintptr]int
}

// stateOf is all that a book knows, as text.
func stateOf(b *Book) string {
	d := dumper{seen: map[uintptr]int{}}
	v := reflect.ValueOf(b).Elem()
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; name {
		case "mu", "pack":
		case "rules":
			d.out.WriteString("\nrules: ")
			d.write(reflect.ValueOf(b.rules.State()))
		case "orders":
			d.out.WriteString("\norders: ")
			for r := ref(1); r <= b.orders.used; r++ {
				d.write(reflect.ValueOf(*b.orders.at(r)))
			}
			d.write(reflect.ValueOf(b.orders.byKey))
			d.write(reflect.ValueOf(b.orders.long))
			d.write(reflect.ValueOf(b.orders.free))
		default:
			fmt.Fprintf(&d.out, "\n%s: ", name)
			d.write(v.Field(i))
		}
	}
	return d.out.String()
}

func (d *dumper) write(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*time.Location]() {
			d.out.WriteString("nil")
			return
		}
		n, ok := d.seen[v.Pointer()]
		if ok {
			fmt.Fprintf(&d.out, "#%d", n)
			return
		}
		d.seen[v.Pointer()] = len(d.seen)
		fmt.Fprintf(&d.out, "#%d=", len(d.seen)-1)
		d.write(v.Elem())
	case reflect.Struct:
		d.out.WriteString("{")
		for i := range v.NumField() {
			d.out.WriteString(v.Type().Field(i).Name + ":")
			d.write(v.Field(i))
			d.out.WriteString(" ")
		}
		d.out.WriteString("}")
	case reflect.Slice, reflect.Array:
		d.out.WriteString("[")
		for i := range v.Len() {
			d.write(v.Index(i))
			d.out.WriteString(" ")
		}
		d.out.WriteString("]")
	case reflect.Map:
		keys := v.MapKeys()
		name := func(k reflect.Value) string {
			if k.Kind() == reflect.Pointer {
				return k.Elem().FieldByName("id").String()
			}
			return fmt.Sprint(k)
		}
		slices.SortFunc(keys, func(x, y reflect.Value) int { return cmp.Compare(name(x), name(y)) })
		d.out.WriteString("(")
		for _, k := range keys {
			d.out.WriteString(name(k) + "=")
			d.write(v.MapIndex(k))
			d.out.WriteString(" ")
		}
		d.out.WriteString(")")
	case reflect.Interface:
		if v.IsNil() {
			d.out.WriteString("nil")
			return
		}
		d.write(v.Elem())
	default:
		fmt.Fprint(&d.out, v)
	}
}

// A question leaves the book as it was, whatever its state; and what it answers is
// what the request gives when it is then made.
func TestWhatIfChangesNothing(t *testing.T) {
	pack := withRules(t, testPack(), ownRules)
	pack.Ordinary = Ordinary{Quantile: 0.9, Rate: 0.1, Strength: 20}
	pack.Scores = Scores{On: true, Base: -3, Tolerated: 0.05, Dear: 3}
	pack.Overrides = Overrides{Longest: 1000 * day, SecondAbove: map[event.Currency]int64{"CNY": 1 << 40}}
	asked, answered := 0, map[string]int{}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 5*120)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		b := New(pack)
		for i, ev := range story(data) {
			if i%11 == 5 {
				b.Fold(event.New(fmt.Sprint("ov", i), "console", ev.Time, &event.DecisionOverridden{
					Override: event.OverrideID(fmt.Sprint("ov", i)), Merchant: event.MerchantID(fmt.Sprint("m", i%4)), Reason: "seen", Person: "fin",
					Money: event.Money{Amount: 5000, Currency: "CNY"}, Until: ev.Time.AddDate(0, 0, 20)}))
			}
			b.mu.Lock()
			b.advance(ev.Time)
			b.mu.Unlock()
			before := stateOf(b)
			first := b.WhatIf(ev)
			if after := stateOf(b); after != before {
				t.Fatalf("seed %d, event %d %s: the state changed:\n%s", seed, i, ev.Type, difference(before, after))
			}
			said := b.Fold(ev)
			switch d := ev.Data.(type) {
			case *event.PayoutRequested, *event.RefundRequested:
				asked++
				if text(t, first) != text(t, said) {
					t.Fatalf("seed %d, event %d: asked %s, decided %s", seed, i, text(t, first), text(t, said))
				}
				for _, x := range said {
					if p, ok := x.Data.(*event.DecisionPayout); ok {
						answered[p.BoundBy]++
					} else {
						answered[x.Data.(*event.DecisionRefund).Decision]++
					}
				}
			default:
				if first != nil {
					t.Fatalf("%T has an answer", d)
				}
			}
			if faults := b.check(); faults != nil {
				t.Fatal(faults)
			}
		}
	}
	for _, kind := range []string{"none", byLine, byRule, byOverride, event.Refund, event.Review} {
		if answered[kind] == 0 {
			t.Errorf("none of %d answers is %q: %v", asked, kind, answered)
		}
	}
}

func text(t *testing.T, evs []event.Event) string {
	var b strings.Builder
	w := event.NewWriter(&b)
	for _, ev := range evs {
		if err := w.Write(ev); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func difference(a, b string) string {
	x, y := strings.Split(a, " "), strings.Split(b, " ")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			from := max(0, i-8)
			return strings.Join(x[from:min(len(x), i+4)], " ") + "\n" + strings.Join(y[from:min(len(y), i+4)], " ")
		}
	}
	return "one is longer"
}

// An override lets out what it names and no more, within its time, once a second
// person is there where one is needed, and never more than the balance.
func TestOverride(t *testing.T) {
	pack := testPack()
	pack.Lines["CNY"] = Line{Newcomer: 1000, Cap: 1000}
	pack.Overrides = Overrides{Longest: 10 * day, SecondAbove: map[event.Currency]int64{"CNY": 5000}}
	b := New(pack)
	s := newShop(t, b, "m1")
	for i := range 4 {
		s.sell(event.OrderID(fmt.Sprint("o", i)), 4000, nil)
	}
	give := func(id string, amount int64, person, second string, days int) {
		s.fold(&event.DecisionOverridden{Override: event.OverrideID(id), Merchant: "m1", Reason: "stock seen", Person: person, Second: second,
			Money: event.Money{Amount: amount, Currency: "CNY"}, Until: s.now.AddDate(0, 0, days)})
	}
	n := 0
	ask := func(want, pay int64, bound string) {
		t.Helper()
		n++
		s.out = nil
		s.fold(&event.PayoutRequested{Request: event.RequestID(fmt.Sprint("r", n)), Merchant: "m1", Money: &event.Money{Amount: want, Currency: "CNY"}})
		d := s.out[0].Data.(*event.DecisionPayout)
		if d.Pay.Amount != pay || d.BoundBy != bound || d.Pay.Amount+d.Hold.Amount != min(want, d.Inputs.Balance) {
			t.Errorf("asked for %d: pay %d hold %d by %s, want %d by %s", want, d.Pay.Amount, d.Hold.Amount, d.BoundBy, pay, bound)
		}
	}
	ask(1500, 1000, byLine)
	give("small", 3000, "fin", "", 5)
	ask(2000, 2000, byOverride)
	ask(2000, 1000, byOverride)
	ask(2000, 0, byLine)
	give("more", 2500, "fin", "", 5) // with the first, above what one person may give
	ask(2000, 0, byLine)
	give("more", 2500, "fin", "Fin ", 5)
	ask(2000, 0, byLine)
	give("more", 9999, "fin", "boss", 5) // confirmed as it was given
	ask(2000, 2000, byOverride)
	give("late", 1, "fin", "boss", 11)    // longer than the pack lets
	give("more", 2500, "fin", "other", 5) // again
	ask(2000, 500, byOverride)
	give("ends", 100_000, "fin", "boss", 1)
	ask(2000, 2000, byOverride)
	s.now = s.now.AddDate(0, 0, 1)
	ask(2000, 0, byLine)
	if all := b.Overrides(); len(all) != 3 || all[0].Override != "ends" || all[2].Left != 0 || all[1].Second != "boss" {
		t.Errorf("%+v", all)
	}
	if _, err := New(testPack()).MayOverride(s.now, &event.DecisionOverridden{}); err == nil {
		t.Error("a pack without overrides allows them")
	}
}
