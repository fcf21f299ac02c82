package api

import (
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

var askTime = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestReadKey(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abc": "abc", `"abc"`: "abc", `"a\"b\\c"`: `a"b\c`, `"`: `"`, "a b": "a b", strings.Repeat("k", 256): strings.Repeat("k", 256),
	} {
		if got, err := readKey(in); err != nil || got != want {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, in := range []string{`""`, "a\x00", "clé", strings.Repeat("k", 257)} {
		if got, err := readKey(in); err == nil {
			t.Errorf("%q is taken as %q", in, got)
		}
	}
}

// However a body is laid out it is the same request; what is in it makes it another.
func TestBodiesAreToldApart(t *testing.T) {
	read := func(typ event.Type, body string) Ask {
		t.Helper()
		a, err := readAsk(typ, "", []byte(body), askTime)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	const one = `{"request":"r","merchant":"m","money":{"amount":100,"currency":"CNY"}}`
	a := read(event.TypePayoutRequested, one)
	if b := read(event.TypePayoutRequested, "{ \"money\" :{\"currency\":\"CNY\",\"amount\":100},\n\"merchant\":\"\\u006d\",\"request\":\"r\"}"); a.Body != b.Body || !b.Event.Time.Equal(askTime) {
		t.Error("the same request is another")
	}
	for _, other := range []string{strings.Replace(one, "100", "101", 1), strings.Replace(one, `"m"`, `"n"`, 1), strings.Replace(one, `{"r`, `{"time":"2026-11-26T11:00:00Z","r`, 1)} {
		if read(event.TypePayoutRequested, other).Body == a.Body {
			t.Errorf("%s is the same", other)
		}
	}
	const merchant = `{"merchant":"m","refund":"r","order":"o","money":{"amount":1,"currency":"CNY"},"request":"r"}`
	if read(event.TypeMerchantApplied, merchant).Body == read(event.TypeRefundRequested, merchant).Body {
		t.Error("two doors take one body as the same request")
	}
}

func FuzzReadAsk(f *testing.F) {
	types := []event.Type{event.TypePayoutRequested, event.TypeRefundRequested, event.TypeMerchantApplied}
	f.Add(byte(0), "key", []byte(`{"request":"r","merchant":"m","money":{"amount":100,"currency":"CNY"},"time":"2026-11-26T11:00:00+08:00"}`))
	f.Add(byte(1), `"k"`, []byte(`{"refund":"r","order":"o","money":{"amount":100,"currency":"CNY"}}`))
	f.Add(byte(2), "", []byte(`{"merchant":"m"},"type":"order.paid"`))
	f.Add(byte(2), "", []byte(`{"merchant":"m"}}{`))
	f.Fuzz(func(t *testing.T, kind byte, key string, body []byte) {
		typ := types[int(kind)%len(types)]
		a, err := readAsk(typ, key, body, askTime)
		if err != nil {
			return
		}
		a.Event.ID = "x"
		if a.Event.Type != typ || a.Event.Source != DecisionSource || a.Event.Check() != nil || a.ID == "" || len(a.ID) > maxID || a.Event.Time.After(askTime.Add(maxAhead)) {
			t.Errorf("%q is read as %+v", body, a)
		}
		again, err := readAsk(typ, key, append([]byte(" \n"), body...), askTime)
		if err != nil || again.Body != a.Body || again.Key != a.Key {
			t.Errorf("%q with blanks before it: %v", body, err)
		}
	})
}
