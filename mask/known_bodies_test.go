package mask

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// customer is a plan for one record with the fields of a customer.
func customer(t testing.TB) *Plan {
	t.Helper()
	return plan(t, Spec{Search: []Class{Phone}, Records: []RecordSpec{{At: "$", Subject: "customer.id", Fields: map[string]Class{
		"customer.name": Name, "customer.phone": Phone, "customer.address": Address, "no": Plain}}}})
}

func twice(t testing.TB, run Codec, p *Plan, in string) string {
	t.Helper()
	var out bytes.Buffer
	if err := Twice(&out, []byte(in), p, run, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func newKnown() *Known { return NewKnown(maphash.MakeSeed()) }

func TestTwiceMasksWhatStandsBeforeTheField(t *testing.T) {
	in := `{"title":"张三丰的订单","no":"张三丰","张三丰":1,"customer":{"id":"c1","name":"张三丰","phone":13812345678,"address":"浙江省杭州市西湖区文三路100号1幢201室"},` +
		`"chat":["我在文三路100号等","张先生好","\u5f20\u4e09\u4e30 ok"],"file":"张三丰-合同.pdf"}`
	want := `{"title":"张**的订单","no":"张三丰","张**":1,"customer":{"id":"c1","name":"张**","phone":"138****5678","address":"浙江省杭州市******"},` +
		`"chat":["我在******等","张**好","张** ok"],"file":"张**-合同.pdf"}`
	k := newKnown()
	p := customer(t).Knowing(k)
	var records []Record
	var out bytes.Buffer
	if err := Twice(&out, []byte(in), p, JSON, func(r Record) { records = append(records, r) }); err != nil || out.String() != want {
		t.Errorf("%v\n got %s\nwant %s", err, out.String(), want)
	}
	found := 0
	for _, r := range records {
		for _, v := range r.Values {
			if !v.Mapped && v.Class == Name {
				found++
				if v.Field != "name" || v.Original == "" || v.Mask != Of(Name, v.Original) || r.Subject != "c1" {
					t.Errorf("%+v of %q", v, r.Subject)
				}
			}
		}
	}
	if found != 5 {
		t.Errorf("%d names were found by what is known", found)
	}
	// The session knows him now: a body in which no field names him.
	if got := twice(t, JSON, customer(t).Knowing(k), `["是张三丰"]`); got != `["是张**"]` {
		t.Error(got)
	}
	if got := twice(t, JSON, customer(t).Knowing(newKnown()), `["是张三丰"]`); got != `["是张三丰"]` {
		t.Error(got)
	}
}

func TestTwiceLearnsFromTheTextItself(t *testing.T) {
	p := (*Plan)(nil)
	in := "黄发货了吗，钱小彤要的\n收货人：钱小彤\n"
	if got := twice(t, Text, p.Knowing(newKnown()), in); strings.Contains(got, "小彤") {
		t.Error(got)
	}
	if got := twice(t, CSV, p.Knowing(newKnown()), "备注,姓名\n给林晚秋的,林晚秋\n"); strings.Contains(got, "晚秋") {
		t.Error(got)
	}
	if got := twice(t, HTML, p.Knowing(newKnown()), "<title>林晚秋</title><p>收货人：林晚秋</p>"); strings.Contains(got, "晚秋") {
		t.Error(got)
	}
}

func TestTwiceOfOtherBodies(t *testing.T) {
	p := (*Plan)(nil)
	for _, c := range []struct {
		run      Codec
		in, want string
	}{
		{HTML, `<p>给林<b>晚秋</b>的</p><input class="x" name=receiver_name value="林晚秋">`, `<p>给林**<b></b>的</p><input class="x" name=receiver_name value="林**">`},
		{XML, `<o to="给林晚秋的"><receiverName>林晚秋</receiverName></o>`, `<o to="给林**的"><receiverName>林**</receiverName></o>`},
		{CSV, "备注;姓名\n给林晚秋的;林晚秋\n", "备注;姓名\n给林**的;林**\n"},
	} {
		if got := twice(t, c.run, p.Knowing(newKnown()), c.in); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
	in := pack(t, small(map[string]string{"xl/a.xml": `<x><t>给林晚秋的</t></x>`, "xl/s.xml": `<worksheet><row><c t="inlineStr"><is><t>姓名</t></is></c></row><row><c t="inlineStr"><is><t>林晚秋</t></is></c></row></worksheet>`}))
	var out bytes.Buffer
	if err := XLSX(&out, bytes.NewReader(in), p.Knowing(newKnown()), nil); err != nil {
		t.Fatal(err)
	}
	if part := holding(t, out.Bytes(), "晚秋"); part != "" {
		t.Errorf("left in %s", part)
	}
}

func TestTwiceWritesWhatWasBeforeAFault(t *testing.T) {
	var out bytes.Buffer
	err := Twice(&out, []byte(`{"customer":{"name":"张三丰"},"a":"张三丰","b":`), customer(t).Knowing(newKnown()), JSON, nil)
	if !errors.Is(err, ErrUnreadable) || out.String() != `{"customer":{"name":"张**"},"a":"张**","b":` {
		t.Error(err, out.String())
	}
}

// Names of members are remembered from body to body; what is known is looked for
// in them all the same.
func TestKnownInNamesOfMembers(t *testing.T) {
	p := customer(t)
	in := `{"张三丰":1,"13812345678":2,"name":3,"customer":{"name":"张三丰"}}`
	for range 3 {
		if got := twice(t, JSON, p, in); got != `{"张三丰":1,"138****5678":2,"name":3,"customer":{"name":"张**"}}` {
			t.Error(got)
		}
		if got := twice(t, JSON, p.Knowing(newKnown()), in); got != `{"张**":1,"138****5678":2,"name":3,"customer":{"name":"张**"}}` {
			t.Error(got)
		}
	}
}

func TestPlanMasked(t *testing.T) {
	p := customer(t).Knowing(knows("name", "钱小彤"))
	for in, want := range map[string]string{
		`attachment; filename="钱小彤-138 1234 5678.pdf"`: `attachment; filename="钱**-138****5678.pdf"`,
		"收货人：李四": "收货人：李*", // names are mapped, so they are searched for where no path leads
		"":       "", "plain": "plain",
	} {
		if got, found := p.Masked(in); got != want || found != (in != want) {
			t.Errorf("%q: %q, %v", in, got, found)
		}
	}
}

// The oldest values give way, and what is looked up is not more than the bound.
func TestKnownIsBounded(t *testing.T) {
	k := newKnown()
	for i := range 3 * maxForms {
		k.Learn(Phone, fmt.Sprint(13800000000+i))
	}
	if n := len(k.young.forms) + len(k.old.forms); n > 2*maxForms+64 {
		t.Errorf("%d forms", n)
	}
	p := onlyKnown(t, k)
	if got := twice(t, Text, p, fmt.Sprint(13800000000+3*maxForms-1)); !strings.Contains(got, "****") {
		t.Error("the newest was forgotten")
	}
	if got := twice(t, Text, p, "13800000000"); got != "13800000000" {
		t.Error("the oldest was kept")
	}
}

func TestKnownIsSharedByManyBodies(t *testing.T) {
	k := newKnown()
	p := customer(t)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 50 {
				name := "王" + string(rune('一'+100*n+i)) + "曦"
				in := fmt.Sprintf(`{"note":"%s","customer":{"name":"%s"},"remark":"给%s的"}`, name, name, name)
				var out bytes.Buffer
				if err := Twice(&out, []byte(in), p.Knowing(k), JSON, nil); err != nil || strings.Contains(out.String(), "曦") {
					t.Errorf("%v %s", err, out.String())
				}
			}
		})
	}
	wg.Wait()
}

// hostile are texts in which values seem to begin everywhere.
func hostile(n int) []string {
	return []string{
		strings.Repeat("ab", n/2), strings.Repeat("ab ", n/3), strings.Repeat("a b-", n/4), strings.Repeat(" ", n/2) + strings.Repeat("高兴x", n/14),
		strings.Repeat("高兴   ", n/9), strings.Repeat("张三", n/6), strings.Repeat("1 3 8", n/5), strings.Repeat("@ab.", n/4), strings.Repeat("浙江省杭州市", n/18), strings.Repeat("\\", n),
	}
}

// BenchmarkKnownHostile tells that work is proportional to the text: eight times
// as long a text runs at the same speed.
func BenchmarkKnownHostile(b *testing.B) {
	k := knows("name", "高兴", "name", "张三丰", "phone", "13812345678", "name", "Ab Ab Ab Abc", "wechat", strings.Repeat("ab", 20)+"1", "address", "浙江省杭州市西湖区文三路100号")
	for i, s := range hostile(4_000) {
		for _, n := range []int{1, 8} {
			b.Run(fmt.Sprintf("%d/%d", i, n), func(b *testing.B) {
				long := strings.Repeat(s, n)
				b.SetBytes(int64(len(long)))
				for b.Loop() {
					k.search(nil, long)
				}
			})
		}
	}
}

// knownHolds checks what holds of every body: masked again by one who knows as
// much it stays, and cut anywhere it gives the same.
func knownHolds(t *testing.T, run Codec, p *Plan, in string) {
	t.Helper()
	var out, again, whole, cut bytes.Buffer
	k := newKnown()
	if err := Twice(&out, []byte(in), p.Knowing(k), run, nil); err != nil {
		return
	}
	if err := Twice(&again, out.Bytes(), p.Knowing(k), run, nil); err != nil || again.String() != out.String() {
		t.Errorf("masked again: %v\n in  %q\n got %q\n now %q", err, in, out.String(), again.String())
	}
	if err := run(&whole, strings.NewReader(in), p.Knowing(newKnown()), nil); err != nil {
		t.Error(err)
	}
	if err := run(&cut, iotest.OneByteReader(strings.NewReader(in)), p.Knowing(newKnown()), nil); err != nil || cut.String() != whole.String() {
		t.Errorf("byte by byte: %v\n in  %q\n got %q\nwant %q", err, in, cut.String(), whole.String())
	}
}

func FuzzKnown(f *testing.F) {
	for _, s := range [][3]string{
		{"张三丰", "13812345678", "找张三丰 138 1234 5678 z***@smith.com"},
		{"John Smith", "021-87654321", "john@smith.com, J*** Smith *Smith"},
		{"买买提·艾力", "+44 7700 900958", "买买提艾力 艾力"},
		{"高兴", "", "高兴先生，高兴。\\n高兴"},
		{"Ａnna Li", "1", "annａ Li 匡先生"},
		{"收货人", "收货人：王小明", "王小明 收货人：张伟 王小明"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	p := customer(f)
	all := plan(f, Spec{Search: Default(), Records: []RecordSpec{{At: "$", Fields: map[string]Class{"customer.name": Name, "customer.phone": Phone}}}})
	f.Fuzz(func(t *testing.T, name, phone, text string) {
		if len(name)+len(phone)+len(text) > 4096 {
			return
		}
		b := append([]byte(`{"a":`), appendQuoted(nil, text)...)
		b = append(append(b, `,"customer":{"name":`...), appendQuoted(nil, name)...)
		b = append(append(b, `,"phone":`...), appendQuoted(nil, phone)...)
		b = append(append(append(b, `},"b":`...), appendQuoted(nil, text)...), '}')
		for _, p := range []*Plan{p, all} {
			knownHolds(t, JSON, p, string(b))
		}
		knownHolds(t, Text, p, name+"\n收货人："+name+"\n"+text)
	})
}

func BenchmarkKnown(b *testing.B) {
	in := orderList()
	p := plan(b, orders())
	many := newKnown()
	for i := range 100 {
		many.Learn(Name, "林"+string(rune('一'+i*7))+"秋")
		many.Learn(Phone, fmt.Sprint(13700000000+i))
		many.Learn(Address, fmt.Sprintf("浙江省杭州市西湖区文二路%d号", i))
	}
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	known, full := p.Knowing(many), plan(b, Spec{Search: Default(), Records: orders().Records})
	fullKnown := full.Knowing(many)
	var out bytes.Buffer
	run("without", func() error { return JSON(io.Discard, bytes.NewReader(in), p, nil) })
	run("with", func() error { return JSON(io.Discard, bytes.NewReader(in), known, nil) })
	run("twice", func() error { out.Reset(); return Twice(&out, in, known, JSON, nil) })
	run("all-without", func() error { return JSON(io.Discard, bytes.NewReader(in), full, nil) })
	run("all-with", func() error { return JSON(io.Discard, bytes.NewReader(in), fullKnown, nil) })
	run("all-twice", func() error { out.Reset(); return Twice(&out, in, fullKnown, JSON, nil) })
}

// What was found out of a name in another body says nothing of what is known now.
func TestKnownNamesOfMembersWhateverWasReadBefore(t *testing.T) {
	p := plan(t, Spec{Search: Default(), Records: []RecordSpec{{At: "$", Fields: map[string]Class{"name": Name}}}})
	const in = `{"name":"Wei Zhang","votes":{"wei_zhang":1,"zhangwei":2,"x":{"wei_zhang":3}},"b":{"wei_zhang":1}}`
	cold := twice(t, JSON, p.Knowing(newKnown()), in)
	if strings.Contains(cold, "wei_zhang") || strings.Contains(cold, "zhangwei") {
		t.Error(cold)
	}
	other := `{"votes":{"wei_zhang":1,"zhangwei":2,"x":{"wei_zhang":3}},"b":{"wei_zhang":1}}`
	for range 3 {
		if got := twice(t, JSON, p.Knowing(newKnown()), other); got != other {
			t.Error(got)
		}
		if got := twice(t, JSON, p, other); got != other {
			t.Error(got)
		}
		if warm := twice(t, JSON, p.Knowing(newKnown()), in); warm != cold {
			t.Errorf("with a name that was read before:\n%s\n%s", warm, cold)
		}
	}
}

// What asks for less counts, whichever generation it is of.
func TestKnownOfTheOlderGenerationIsKnown(t *testing.T) {
	k := knows("name", "李强")
	k.mu.Lock()
	k.turn()
	k.mu.Unlock()
	k.Learn(Name, "赵李强")
	if got := twice(t, Text, onlyKnown(t, k), "请联系李强"); strings.Contains(got, "李强") {
		t.Error(got)
	}
}
