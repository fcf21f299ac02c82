package mask

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/mask/detect"
)

func testKeys(t testing.TB) *Keys {
	t.Helper()
	k, err := NewKeys([]byte(strings.Repeat("k", MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// inForm is a plan that shows every class in form, where it can.
func inForm(t testing.TB, f Form, tweak string) *Plan {
	t.Helper()
	masks := map[Class]Form{}
	for _, c := range Classes() {
		if f.Check(c) == nil {
			masks[c] = f
		}
	}
	p, err := NewPlan(Spec{Search: Default(), Masks: masks})
	if err != nil {
		t.Fatal(err)
	}
	return p.With(nil, testKeys(t), tweak)
}

// Each value of classes.txt in every form that its class has.
func TestForms(t *testing.T) {
	in, err := os.ReadFile("testdata/classes.txt")
	if err != nil {
		t.Fatal(err)
	}
	plans := map[Form]*Plan{}
	for _, f := range Forms() {
		plans[f] = inForm(t, f, "agent-017")
	}
	var out strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(string(in), "\n"), "\n") {
		class, value, _ := strings.Cut(line, "\t")
		c := Class(class)
		fmt.Fprintf(&out, "%s\t%s\n", class, value)
		for _, f := range Forms()[1:] {
			if f.Check(c) != nil {
				continue
			}
			m := plans[f].Of(c, f, value)
			fmt.Fprintf(&out, "\t%s\t%s\n", f, m)
			checkForm(t, plans[f], c, f, value)
		}
	}
	golden(t, "forms.golden", out.String())
}

// checkForm checks what holds of the mask of any value in any form.
func checkForm(t *testing.T, p *Plan, c Class, f Form, v string) {
	t.Helper()
	m := p.Of(c, f, v)
	again := p.Of(c, f, m)
	switch {
	case f == FF1: // once only: of what it made it makes nothing
		if m != Full && strings.HasPrefix(m, v) && v != "" {
			t.Errorf("%s %s: %q is shown in %q", c, f, v, m)
		}
	case again != m:
		t.Errorf("%s %s: %q is masked to %q, and that to %q", c, f, v, m, again)
	}
	if v != "" && v != Full && m == v && (f == Alias && !p.look.keys.issued(v) || f == FF1 || f == Whole) {
		t.Errorf("%s %s: %q stays", c, f, v)
	}
	if plainMobiles(m) > 0 {
		t.Errorf("%s %s: a number is left in %q", c, f, m)
	}
}

func TestFixedSaysNothingOfLength(t *testing.T) {
	p := inForm(t, Fixed, "")
	for c, values := range map[Class][]string{
		Name:       {"张三", "张三丰", "张三丰四五六"},
		Email:      {"z@example.com", "zs@example.com", "zhang.san@example.com"},
		ResidentID: {"110101199003070011", "110101900300011"},
		Address:    {"浙江省杭州市西湖区", "浙江省杭州市西湖区文三路1号"},
	} {
		for _, v := range values[1:] {
			if a, b := p.Of(c, "", values[0]), p.Of(c, "", v); a != b || a == Full {
				t.Errorf("%s: %q and %q are %q and %q", c, values[0], v, a, b)
			}
		}
	}
}

func TestPseudonymsAreTheSameForTheSameValue(t *testing.T) {
	p := inForm(t, Alias, "a")
	all := map[string]string{}
	for _, row := range [][]string{
		{"phone", "13812345678", "138 1234 5678", "+86-138-1234-5678", "0086 13812345678", "１３８１２３４５６７８", " 013812345678"},
		{"landline", "0571-87654321", "(0571)87654321", "+86 571 87654321", "+86 0571 8765 4321"},
		{"intl_phone", "+1 415 555 2671", "0014155552671", "1-415-555-2671 ext. 12"},
		{"resident_id", "110101199003070011", "110101 19900307 0011", "１１０１０１１９９００３０７００１１"},
		{"resident_id", "110101800101001", "1101 0119 8001 0100 1" + string(residentCheck("11010119800101001", 0))},
		{"passport", "E12345678", "e1234 5678", "Ｅ12345678"},
		{"bank_card", "6222021234567890128", "6222 0212 3456 7890 128"},
		{"email", "Zhang.San@Example.com", "zhang.san＠example.com", " zhang.san@example.com "},
		{"name", "张三丰", "张 三丰", "张　三 丰", "张\u200b三丰"},
		{"name", "John Smith", "john  smith", "ＪＯＨＮ SMITH"},
		{"plate", "浙A12345", "浙A·12345", "浙a 12345"},
		{"ip", "2001:db8::1", "2001:0DB8:0:0::1"}, {"ip", "192.0.2.1", "::ffff:192.0.2.1"},
		{"mac", "00:1A:2b:3c:4d:5e", "00-1a-2b-3c-4d-5e"},
		{"address", "浙江省杭州市西湖区文三路1号", "浙江省 杭州市 西湖区文三路１号"},
		{"us_ssn", "123-45-6789", "123456789"}, {"qq", "123456", "１２３４５６"}, {"qq", "1234567"},
		{"iban", "GB82 WEST 1234 5698 7654 32", "gb82west12345698765432"}, {"text", "a b", "A  B"},
	} {
		c := Class(row[0])
		want := p.Of(c, "", row[1])
		if !IsAlias(want) {
			t.Errorf("%s %q: %q", c, row[1], want)
		}
		for _, v := range row[2:] {
			if got := p.Of(c, "", v); got != want {
				t.Errorf("%s: %q is %s, %q is %s", c, row[1], want, v, got)
			}
		}
		if was, ok := all[want]; ok {
			t.Errorf("%s and %s are both %s", was, row[1], want)
		}
		all[want] = row[1]
		if other := p.With(nil, p.look.keys, "b").Of(c, "", row[1]); other != want {
			t.Errorf("%s: a tweak makes a difference", c)
		}
	}
	other, err := NewKeys([]byte(strings.Repeat("o", MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	m := p.Of(Phone, "", "13812345678")
	q := p.With(nil, other, "a")
	if q.Of(Phone, "", "13812345678") == m {
		t.Error("another key makes the same pseudonym")
	}
	if got := q.Of(Phone, "", m); got == m || !IsAlias(got) {
		t.Errorf("what looks like a pseudonym stays: %q", got)
	}
	if got := q.Of(Phone, "", "no number of these"); !IsAlias(got) {
		t.Error(got)
	}
}

// Pseudonyms of a million values do not meet: expected are 0.0001 pairs.
func TestPseudonymsDoNotMeet(t *testing.T) {
	k := testKeys(t)
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	seen := make(map[string]bool, n)
	var b []byte
	for i := range n {
		b = k.appendAlias(b[:0], Phone, fmt.Sprintf("138%08d", i))
		seen[string(b[:aliasBody])] = true
	}
	if len(seen) != n {
		t.Errorf("%d of %d", len(seen), n)
	}
}

func TestFF1KeepsTheFormatAndIsNobodys(t *testing.T) {
	p := inForm(t, FF1, "agent-017")
	other := p.With(nil, p.look.keys, "agent-018")
	for _, row := range [][]string{
		{"phone", "13812345678", "99999999999", "3812345678"},
		{"phone", "+86 138 1234 5678", "99999999999", "3812345678"},
		{"resident_id", "11010119900307001X", "99999999999999999A", ""}, // the check digit is another
		{"resident_id", "110101199003070011", "99999999999999999A", ""},
		{"bank_card", "4111 1111 1111 1111", "9999999999999999", "411111111111111"},
		{"passport", "E12345678", "aaaaaaaaa", "E12345678"},
		{"hkmt_permit", "H12345678", "aaaaaaaaa", "H12345678"},
		{"hkmt_permit", "A123456(3)", "aaaaaaaa", "A1234563"},
		{"foreign_id", "USA110190010101", "aaaaaaaaaaaaaaa", "USA110190010101"},
		{"uscc", "91350100M000100Y43", "aaaaaaaaaaaaaaaaaa", "91350100M000100Y43"},
		{"phone", "021-12345678", "", ""}, {"phone", "010123456789", "", ""}, {"phone", "+65 9123 4567", "", ""}, {"bank_card", "4111111111111112", "", ""},
		{"passport", "E12", "", ""}, {"passport", "e12345678", "", ""}, {"passport", "护照", "", ""},
	} {
		c, v, shape, back := Class(row[0]), row[1], row[2], row[3]
		m := p.Of(c, "", v)
		if c == ResidentID && m == Full {
			if _, ok := residentID18(nil, v); !ok || v[17] == residentCheck(v[:17], 0) {
				t.Errorf("%q is covered", v)
			}
			continue
		}
		if shape == "" {
			if m != Full {
				t.Errorf("%s %q is not of the format: %q", c, v, m)
			}
			continue
		}
		if !shaped(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return 'A'
			}
			return r
		}, m), strings.ReplaceAll(shape, "a", "A")) {
			t.Errorf("%s %q is %q, not of shape %s", c, v, m, shape)
		}
		if got, err := p.look.keys.decipher(c, "agent-017", m); err != nil || back != "" && got != back {
			t.Errorf("%s %q comes back as %q, %v", c, m, got, err)
		}
		if !p.IsMask(c, "", m) {
			t.Errorf("%s %q is not known as a mask", c, m)
		}
		if o := other.Of(c, "", v); o == m {
			t.Errorf("%s: two agents see %q", c, o)
		}
		if again := p.Of(c, "", m); again != Full {
			t.Errorf("%s: %q masked again is %q", c, m, again)
		}
		if spans := Search("电话 "+m+" 卡号", []Class{Phone, ResidentID}); len(spans) > 0 {
			t.Errorf("%s: %q is taken for somebody's", c, m)
		}
	}
	if long := p.With(nil, p.look.keys, strings.Repeat("x", 400)).Of(Phone, "", "13812345678"); long == Full {
		t.Error("a long tweak")
	}
}

func TestWithoutKeysNothingIsShown(t *testing.T) {
	for _, f := range []Form{Alias, FF1} {
		p := inForm(t, f, "x")
		if !p.NeedsKeys() {
			t.Errorf("%s needs no key", f)
		}
		if m := p.With(nil, nil, "x").Of(Phone, "", "13812345678"); m != Full {
			t.Errorf("%s: %q", f, m)
		}
	}
	field := plan(t, Spec{Records: []RecordSpec{{At: "$", Fields: map[string]Class{"a": Name}, Forms: map[string]Form{"a": Alias}}}})
	if !field.NeedsKeys() || (*Plan)(nil).NeedsKeys() || plan(t, orders()).NeedsKeys() {
		t.Error("fields")
	}
	if _, err := NewKeys(make([]byte, MinSecret-1)); err == nil {
		t.Error("a short key")
	}
	if s := fmt.Sprint(testKeys(t)); s != "mask.Keys" {
		t.Error(s)
	}
}

// The form of a field goes before that of With, and that before the Spec's.
func TestWhichFormHolds(t *testing.T) {
	p := plan(t, Spec{Search: Default(), Masks: map[Class]Form{Phone: General, Name: Fixed}, Records: []RecordSpec{{At: "$",
		Fields: map[string]Class{"a": Phone, "b": Phone, "n": Name}, Forms: map[string]Form{"a": Keep}}}})
	const in = `{"a":"13812345678","b":"13812345678","n":"张三","c":"13812345678"}`
	for _, c := range []struct {
		p    *Plan
		want string
	}{
		{p, `{"a":"138****5678","b":"138********","n":"张***","c":"138********"}`},
		{p.With(map[Class]Form{Phone: Whole}, nil, ""), `{"a":"138****5678","b":"******","n":"张***","c":"******"}`},
		{p.With(map[Class]Form{Phone: Alias}, testKeys(t), "").Sequence(), `{"a":"138****5678","b":"P-LZZR-JGMW-WDQZ-LRFB","n":"张***","c":"P-LZZR-JGMW-WDQZ-LRFB"}`},
	} {
		var out bytes.Buffer
		if err := JSON(&out, strings.NewReader(in), c.p, nil); err != nil || out.String() != c.want {
			t.Errorf("%v\n got %s\nwant %s", err, out.String(), c.want)
		}
	}
	table := plan(t, Spec{Records: []RecordSpec{{At: "$", Fields: map[string]Class{"客人": Name}, Forms: map[string]Form{"客人": Whole}}}})
	if got, err := body(t, CSV, table, "客人,x\n张三,y\n"); err != nil || got != "客人,x\n******,y\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRecordsThatDisagreeOnAFormShowNothing(t *testing.T) {
	p := plan(t, Spec{Records: []RecordSpec{
		{At: "$", Fields: map[string]Class{"o.n": Name}, Forms: map[string]Form{"o.n": Fixed}},
		{At: "$.o", Fields: map[string]Class{"n": Name}},
	}})
	var out bytes.Buffer
	if err := JSON(&out, strings.NewReader(`{"o":{"n":"张三"}}`), p, nil); err != nil || out.String() != `{"o":{"n":"******"}}` {
		t.Error(out.String(), err)
	}
	_, err := NewPlan(Spec{Records: []RecordSpec{{At: "$", Fields: map[string]Class{"a.b": Name, "a['b']": Name}, Forms: map[string]Form{"a.b": Fixed}}}})
	if err == nil || !strings.Contains(err.Error(), "two ways") {
		t.Error(err)
	}
	for _, s := range []Spec{
		{Masks: map[Class]Form{Name: General}}, {Masks: map[Class]Form{Name: "half"}}, {Masks: map[Class]Form{Plain: Whole}},
		{Records: []RecordSpec{{At: "$", Fields: map[string]Class{"a": Email}, Forms: map[string]Form{"a": FF1}}}},
	} {
		if _, err := NewPlan(s); err == nil {
			t.Errorf("%+v", s)
		}
	}
}

// A search goes over what it made, in every form and kind of body.
func TestFormsInText(t *testing.T) {
	in, err := os.ReadFile("testdata/text.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Forms() {
		p := inForm(t, f, "x")
		var out, again bytes.Buffer
		hidden := 0
		if err := Text(&out, bytes.NewReader(in), p, func(r Record) {
			for _, v := range r.Values {
				if v.Class == AnyText {
					hidden++
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		if err := Text(&again, bytes.NewReader(out.Bytes()), p, nil); err != nil {
			t.Fatal(err)
		}
		if f != FF1 && again.String() != out.String() {
			t.Errorf("%s: masked again differs:\n%s", f, firstDifference(out.String(), again.String()))
		}
		if hidden > 2 {
			t.Errorf("%s: %d lines are covered whole", f, hidden)
		}
		if f == Alias || f == FF1 {
			golden(t, "text."+string(f)+".golden", out.String())
		}
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out []string
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			out = append(out, x[i]+"\n"+y[i])
		}
	}
	return strings.Join(out, "\n\n")
}

func FuzzForms(f *testing.F) {
	in, _ := os.ReadFile("testdata/classes.txt")
	for _, line := range strings.Split(string(in), "\n") {
		_, v, _ := strings.Cut(line, "\t")
		f.Add(v)
	}
	plans := map[Form]*Plan{}
	for _, form := range Forms() {
		plans[form] = inForm(f, form, "x")
	}
	f.Fuzz(func(t *testing.T, v string) {
		for form, p := range plans {
			for _, c := range Classes() {
				if form.Check(c) == nil {
					checkForm(t, p, c, form, v)
				}
			}
			if form == FF1 {
				continue
			}
			var out, again bytes.Buffer
			object, err := json.Marshal(map[string]string{"phone": v, "receiver_name": v, "dob": v, "address": v, "idcard": v, "lat": v, "wechat": v, v: v})
			if err != nil {
				t.Fatal(err)
			}
			if err := JSON(&out, bytes.NewReader(object), p, nil); err != nil {
				t.Fatal(err)
			}
			if err := JSON(&again, bytes.NewReader(out.Bytes()), p, nil); err != nil || again.String() != out.String() {
				t.Fatalf("%s: members masked again: %v\n%s\n%s", form, err, out.String(), again.String())
			}
			out.Reset()
			again.Reset()
			if err := Text(&out, strings.NewReader(v), p, nil); err != nil {
				return
			}
			if err := Text(&again, bytes.NewReader(out.Bytes()), p, nil); err != nil || again.String() != out.String() {
				t.Fatalf("%s: masked again: %v\n%q\n%q", form, err, out.String(), again.String())
			}
		}
	})
}

func FuzzFF1(f *testing.F) {
	f.Add("13812345678", "agent", uint8(0))
	f.Add("110101199003070011", "", uint8(3))
	f.Add("4111111111111111", "x", uint8(7))
	f.Add("E12345678", "x", uint8(6))
	k := testKeys(f)
	classes := Searchable()
	f.Fuzz(func(t *testing.T, v, tweak string, n uint8) {
		c := classes[int(n)%len(classes)]
		if FF1.Check(c) != nil {
			return
		}
		m := string(k.appendFF1(nil, c, tweak, v))
		if m == Full {
			return
		}
		var want numerals
		if err := want.read(c, v); err != nil {
			t.Fatal(err)
		}
		back, err := k.decipher(c, tweak, m)
		if err != nil {
			t.Fatalf("%s %q: %v", c, m, err)
		}
		for i := range want.n {
			if back[i] != upper36[want.x[i]] {
				t.Fatalf("%s %q comes back as %q", c, v, back)
			}
		}
		if c == Phone && detect.IsMobile(m) || c == ResidentID && residentCheck(m[:17], 0) == m[17] || c == BankCard && luhnDigit(m[:len(m)-1], 0) == m[len(m)-1] {
			t.Fatalf("%s %q may be somebody's", c, m)
		}
	})
}

func TestFormsDoNotAllocate(t *testing.T) {
	k := testKeys(t)
	dst := make([]byte, 0, 128)
	for _, f := range []Form{Keep, Whole, Fixed, General, Alias, FF1} {
		l := &look{keys: k, tweak: "agent-017"}
		for c, v := range map[Class]string{Phone: "13812345678", Name: "张三丰", ResidentID: "110101199003070011", Email: "zhang@example.com", BankCard: "4111111111111111"} {
			if f.Check(c) != nil {
				continue
			}
			if n := testing.AllocsPerRun(100, func() { dst = l.append(dst[:0], c, f, v) }); n > 0 && (f == Keep || f == Whole || f == Fixed || f == General) {
				t.Errorf("%s %s allocates %v times", c, f, n)
			}
		}
	}
}

func BenchmarkForms(b *testing.B) {
	l := &look{keys: testKeys(b), tweak: "agent-017"}
	dst := make([]byte, 0, 128)
	for _, f := range Forms() {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = l.append(dst[:0], Phone, f, "13812345678")
			}
		})
	}
	in := orderList()
	for _, f := range []Form{Keep, Alias, FF1} {
		p, err := NewPlan(orders())
		if err != nil {
			b.Fatal(err)
		}
		p = p.With(map[Class]Form{Phone: f}, testKeys(b), "agent-017")
		b.Run("orders-"+string(f), func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if err := JSON(io.Discard, bytes.NewReader(in), p, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A mask of a paper that has no letter would be somebody's number.
func TestEncryptedPapersHaveALetter(t *testing.T) {
	p := plan(t, Spec{}).With(map[Class]Form{Passport: FF1}, testKeys(t), "agent-017")
	whole := 0
	for i := range 40_000 {
		m := p.Of(Passport, "", fmt.Sprintf("E%04d", i%10_000+i/10_000*1000%9999))
		if m == Full {
			whole++
		} else if strings.Trim(m, "0123456789") == "" {
			t.Fatalf("%s has no letter", m)
		}
	}
	if whole == 0 {
		t.Error("none of so many was without a letter: the test shows nothing")
	}
}
