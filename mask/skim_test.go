package mask

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// listPlans are plans in which the same list leads to many places.
func listPlans(t testing.TB) []*Plan {
	fields := map[string]Class{"customer.name": Name, "customer.phone": Phone, "note": AnyText}
	var plans []*Plan
	for _, s := range []Spec{
		{},
		{Records: []RecordSpec{{At: "$.orders[*]", Subject: "customer.id", Attributes: map[string]string{"rating": "review.rating", "phone": "customer.phone"}, Fields: fields}}},
		{Records: []RecordSpec{{At: "$.orders[*]", Fields: fields}, {At: "$.orders[*].items[*]", Subject: "id", Fields: map[string]Class{"text": AnyText, "phones[*]": Phone}}, {At: "$.orders[*].items[*].phones[*]", Subject: "@"}}},
		{Records: []RecordSpec{{At: "$.orders[1]", Fields: fields}, {At: "$.orders[3].items[0]", Fields: map[string]Class{"text": Name}}}},
		{Records: []RecordSpec{{At: "$..customer", Subject: "id", Fields: map[string]Class{"name": Name, "phone": Phone}}, {At: "$.orders[*]", Subject: "id", Fields: map[string]Class{"review": AnyText, "customer.phone": Plain}}}},
		{Records: []RecordSpec{{At: "$[*]", Subject: "id", Fields: fields}, {At: "$.orders", Subject: "total", Fields: map[string]Class{"[*].customer.name": Name}}}},
		{Records: []RecordSpec{{At: "$", Subject: "total", Fields: map[string]Class{"orders[*].customer.*": AnyText, "orders[*].items[*].phones": Phone, "orders[*].status": Plain}}}},
	} {
		plans = append(plans, plan(t, s))
		s.Search = []Class{Phone, Email}
		plans = append(plans, plan(t, s))
	}
	return plans
}

// list puts a list of records together, most of which are alike; sound tells whether
// it is JSON.
func list(rnd *rand.Rand) (body string, sound bool) {
	sound = true
	often := func(n int) bool { return rnd.IntN(n) > 0 }
	texts := []string{"", "paid", "请保留房间，如有问题联系 13912345678", "late arrival, asks for a quiet room; two cars", strings.Repeat("张三丰", 1+rnd.IntN(30)), strings.Repeat("x", rnd.IntN(150)), "😀é", `a\"b`, `\u5f20\u4e09`, `c:\\d`, "13812345678", "a.b@example.com"}
	text := func() string {
		v := texts[rnd.IntN(len(texts))]
		if !often(400) {
			sound = false
			bad := []string{"\xff", "\xe5\xbc", "\x01", "\n", "\xed\xa0\x80", `\x`, `\ud800`}
			at := rnd.IntN(len(v) + 1)
			v = v[:at] + bad[rnd.IntN(len(bad))] + v[at:]
		}
		return `"` + v + `"`
	}
	value := func(usual string) string {
		if often(30) {
			return usual
		}
		if !often(20) {
			sound = false
			return []string{"01", "1.", "nul", `"`, "-", "", "+1", "1.5.2", "tru"}[rnd.IntN(9)]
		}
		return []string{"null", "true", "false", "0", "-12.5e3", "13812345678", "{}", "[]", `{"a":[1,{"b":"x"}]}`, `["13812345678",2]`, text(), "4711", "12.50"}[rnd.IntN(13)]
	}
	var b strings.Builder
	blank := []string{"", "", " ", "\n            ", "\r\n\t"}[rnd.IntN(5)]
	space := func() {
		b.WriteString(blank)
		if !often(300) {
			b.WriteString([]string{" ", "\n  ", "\t"}[rnd.IntN(3)])
		}
	}
	member := func(first bool, name, value string) {
		if !first {
			b.WriteByte(',')
		}
		space()
		fmt.Fprintf(&b, "%q", name)
		if !often(300) {
			b.WriteByte(' ')
		}
		b.WriteByte(':')
		space()
		b.WriteString(value)
		space()
	}
	top := rnd.IntN(4) > 0
	if top {
		b.WriteString(`{"total":12,"orders":`)
	}
	b.WriteByte('[')
	for i := range 3 + rnd.IntN(20) {
		if i > 0 {
			b.WriteByte(',')
		}
		space()
		if !often(60) {
			b.WriteString(value(text()))
			continue
		}
		b.WriteByte('{')
		member(true, "id", value(fmt.Sprint(1000+i)))
		if often(20) {
			member(false, "status", value(text()))
		}
		if often(20) {
			b.WriteString(`,"customer":{`)
			member(true, "id", value(fmt.Sprintf(`"c-%d"`, i)))
			member(false, "name", value(text()))
			member(false, "phone", value(fmt.Sprintf(`"138%08d"`, rnd.IntN(1e8))))
			b.WriteByte('}')
		}
		member(false, "note", value(text()))
		if often(3) {
			b.WriteString(`,"items":[`)
			for k := range rnd.IntN(4) {
				if k > 0 {
					b.WriteByte(',')
				}
				b.WriteByte('{')
				member(true, "text", value(text()))
				member(false, "phones", value(`["13912345678","13712345678"]`))
				b.WriteByte('}')
			}
			b.WriteByte(']')
		}
		member(false, "review", value(fmt.Sprintf(`{"rating":%d,"text":%s}`, rnd.IntN(6), text())))
		if !often(100) {
			member(false, []string{"a name that is too long to be remembered", "13812345678", "note", "名"}[rnd.IntN(4)], value("1"))
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	if top {
		b.WriteString(`,"end":true}`)
	}
	return b.String(), sound
}

// TestTheShortWayIsTheLongWay compares lists that are there as a whole with the same
// read byte by byte, which are never skimmed.
func TestTheShortWayIsTheLongWay(t *testing.T) {
	t.Run("with vectors", func(t *testing.T) { needVectors(t); checkShortWay(t) })
	t.Run("without", func(t *testing.T) {
		defer func(can bool) { canMark = can }(canMark)
		canMark = false
		checkShortWay(t)
	})
}

func checkShortWay(t *testing.T) {
	plans := listPlans(t)
	rnd := rand.New(rand.NewPCG(3, 5))
	sounds := 0
	for k := range 1500 {
		body, sound := list(rnd)
		if sound {
			sounds++
		}
		if _, _, err := run(t, plans[k%len(plans)], body); sound && err != nil || oracle([]byte(body)) != (err == nil) {
			t.Errorf("%v\n%s", err, body)
		}
		if t.Failed() {
			t.Fatalf("plan %d of\n%q", k%len(plans), body)
		}
	}
	if sounds < 500 || sounds > 1400 { // of 1500
		t.Errorf("%d of the lists are sound", sounds)
	}
}

func FuzzSkim(f *testing.F) {
	plans := listPlans(f)
	f.Add(uint64(1), uint8(1), uint16(100), byte('"'))
	f.Fuzz(func(t *testing.T, seed uint64, plan uint8, at uint16, c byte) {
		body, _ := list(rand.New(rand.NewPCG(seed, 1)))
		if int(at) < len(body) { // somewhere something else
			body = body[:at] + string([]byte{c}) + body[at+1:]
		}
		if _, _, err := run(t, plans[int(plan)%len(plans)], body); oracle([]byte(body)) != (err == nil) {
			t.Fatalf("%v\n%s", err, body)
		}
	})
}
