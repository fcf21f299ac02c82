package payout

import (
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

func TestPackNamesAllFaultsWithLineAndField(t *testing.T) {
	_, err := ParsePack("p.yaml", []byte(`version: 2
allowed_lateness: soon
currency: yuan
refund_days: {default: 0, categories: {fresh: -1}}
lines:
  CNY: {newcomer: 100, cap: 50}
  cny: {newcomer: 1.5, cap: -1}
growth: {share: lots, history_days: 180}
colour: red
rings: {anything: 1}
examples:
  - name: ""
    events: |
      {"id":"x"}
    expect: [{decision: pay, pay: -5, surprise: 1}]
`))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"p.yaml:2: must be a duration", "p.yaml:3: must be an ISO", "p.yaml:4: must be a number of days",
		"lines.CNY.cap", "lines.cny", "p.yaml:7: must be a whole amount", "p.yaml:8: must be a fraction", "p.yaml:9: field colour",
		"surprise", "p.yaml: version: must be 1", "events, line 1", "name: missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

func TestPackDefaults(t *testing.T) {
	p, err := ParsePack("p.yaml", []byte("version: 1\nlines: {CNY: {newcomer: 5, cap: 9}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.AllowedLateness != event.DefaultLateness || p.RefundDays != 15 || p.Growth.History != 180*24*time.Hour || p.Currency != "CNY" {
		t.Errorf("%+v", p)
	}
	if err := p.RunExamples(); err != nil {
		t.Error(err)
	}
}

func FuzzParsePack(f *testing.F) {
	f.Add([]byte("version: 1\nlines: {CNY: {newcomer: 5, cap: 9}}\nexamples: [{name: a, events: '{}', expect: [{pay: 1}]}]\n"))
	f.Add([]byte("growth: {share: .nan}\nlines: [1]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParsePack("p.yaml", data); err == nil {
			p.RunExamples()
		}
	})
}

func TestMulDiv(t *testing.T) {
	const top = 1<<63 - 1
	for _, c := range []struct{ a, b, c, down, up int64 }{
		{0, 0, 1, 0, 0}, {7, 3, 2, 10, 11}, {6, 3, 2, 9, 9}, {top, top, top, top, top}, {top, 2, 1, top, top},
		{maxMoney, million, million, maxMoney, maxMoney}, {1, 1, top, 0, 1},
	} {
		if d, u := mulDiv(c.a, c.b, c.c), mulDivUp(c.a, c.b, c.c); d != c.down || u != c.up {
			t.Errorf("%d·%d/%d: %d and %d, want %d and %d", c.a, c.b, c.c, d, u, c.down, c.up)
		}
	}
	if satAdd(top, 1) != top || satAdd(2, 3) != 5 {
		t.Error("satAdd")
	}
}
