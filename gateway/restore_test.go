package gateway

import (
	"bytes"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/mask"
)

func TestRestore(t *testing.T) {
	name := func(o, m string) mask.Value {
		return mask.Value{Field: "customer.name", Class: mask.Name, Original: o, Mask: m, Mapped: true}
	}
	found := func(c mask.Class, o string) mask.Value { // by search, as package mask tells it
		return mask.Value{Field: string(c), Class: c, Original: o, Mask: mask.Of(c, o)}
	}
	tests := []struct {
		name, path, body, want string // want "" is refused
	}{
		{"nothing to do", "/api/orders", `{"a":"b"}`, `{"a":"b"}`},
		{"one original", "/api/orders", `{ "customer" : {"phone":"138****5678"} , "n":1.50}`, `{ "customer" : {"phone":"13812345678"} , "n":1.50}`},
		{"escaped", "/api/orders", `{"phone":"138\u002a\u002a**5678"}`, `{"phone":"13812345678"}`},
		{"two originals, customer named", "/api/orders", `{"customer":{"id":"u-3","phone":"139****0000","name":"李*"}}`, `{"customer":{"id":"u-3","phone":"13900020000","name":"李四"}}`},
		{"two originals, nobody named", "/api/orders", `{"customer":{"phone":"139****0000"}}`, ""},
		{"another customer named", "/api/orders", `{"customer":{"id":"u-2","phone":"138****5678"}}`, ""},
		{"bulk, each in its object", "/api/orders", `[{"customer":{"id":"u-2","phone":"139****0000"}},{"customer":{"phone":"139****0000","id":"u-3"}}]`,
			`[{"customer":{"id":"u-2","phone":"13900010000"}},{"customer":{"phone":"13900020000","id":"u-3"}}]`},
		{"named beside", "/api/orders", `{"customer":{"id":"u-3"},"to":{"customer":{"name":"李*"}}}`, `{"customer":{"id":"u-3"},"to":{"customer":{"name":"李四"}}}`},
		{"two named beside", "/api/orders", `{"ids":["u-2","u-3"],"to":{"customer":{"name":"李*"}}}`, ""},
		{"path and body disagree", "/api/orders/u-2", `{"customer":{"id":"u-3","name":"李*"}}`, ""},
		{"a customer whose originals are gone", "/api/orders", `{"customer":{"id":"u-0","name":"张*"}}`, ""},
		{"a customer who was never shown", "/api/orders", `{"customer":{"id":"u-9","phone":"138****5678"}}`, ""},
		{"an order with a customer's number", "/api/orders", `{"id":"u-2","customer":{"name":"李*"}}`, ""},
		{"an order's number in an input", "/api/orders", `{"input":{"id":"u-1","name":"张*"}}`, ""},
		{"a name, nobody named", "/api/orders", `{"customer":{"name":"张*"}}`, ""},
		{"two originals, one of them gone", "/api/orders", `{"customer":{"phone":"135****0000"}}`, ""},
		{"two spellings of one number", "/api/orders", `{"customer":{"id":"u-5","phone":"137****5678"}}`, `{"customer":{"id":"u-5","phone":"13712345678"}}`},
		{"two spellings of one number, nobody named", "/api/orders", `{"customer":{"phone":"137****5678"}}`, `{"customer":{"phone":"13712345678"}}`},
		{"two spellings in a text, which is not known", "/api/orders", `{"customer":{"id":"u-5"},"note":"call 137****5678"}`, ""},
		{"two spellings in a text, in their order", "/api/orders", `{"customer":{"id":"u-5"},"note":"137****5678 or 137****5678"}`, `{"customer":{"id":"u-5"},"note":"137 1234 5678 or 137-1234-5678"}`},
		{"two spellings in a text, nobody named", "/api/orders", `{"note":"137****5678 or 137****5678"}`, ""},
		{"two spellings in a text, one too many", "/api/orders", `{"customer":{"id":"u-5"},"note":"137****5678 or 137****5678 or 137****5678"}`, ""},
		{"two numbers in a text that look alike", "/api/orders", `{"customer":{"id":"u-6"},"note":"137****8888 or 137****8888"}`, ""},
		{"an e-mail address in a text", "/api/orders", `{"customer":{"id":"u-6"},"note":"write to z***@example.com."}`, `{"customer":{"id":"u-6"},"note":"write to zhao@example.com."}`},
		{"an e-mail address in a text, nobody named", "/api/orders", `{"note":"write to z***@example.com."}`, ""},
		{"another field", "/api/orders", `{"shop":"138****5678"}`, ""},
		{"another object's field", "/api/orders", `{"shop":{"phone":"138****5678"}}`, ""},
		{"a mask nobody was shown", "/api/orders", `{"x":{"y":"call 137****9999"}}`, ""},
		{"a mask of an expired name", "/api/orders", `{"customer":{"name":"王**"}}`, ""},
		{"found by search goes back into text", "/api/orders", `{"note":"call 136****1111 now"}`, `{"note":"call 13612341111 now"}`},
		{"an asterisk is no mask", "/api/orders", `{"note":"**important** 5*3"}`, `{"note":"**important** 5*3"}`},
		{"a mask in a document in the body", "/api/orders", `{"query":"mutation { rename(to: \"李*\") { id } }"}`, ""},
		{"a mask in JSON in JSON", "/api/orders", `{"data":"{\"name\":\"李*\"}"}`, ""},
		{"a full mask in a document in the body", "/api/orders", `{"query":"mutation { move(to: '******') { id } }"}`, ""},
		{"an asterisk in quotes is no mask", "/api/orders", `{"note":"say \"5*3\" and \"**\""}`, `{"note":"say \"5*3\" and \"**\""}`},
		{"a full mask", "/api/orders", `{"remark":"******"}`, ""},
		{"named by the path", "/api/customers/u-2", `{"name":"李*"}`, `{"name":"李雷"}`},
		{"named by the path and at the top", "/api/customers/u-2", `{"id":"u-2","name":"李*"}`, `{"id":"u-2","name":"李雷"}`},
		{"path and top disagree", "/api/customers/u-2", `{"id":"u-3","name":"李*"}`, ""},
		{"an order's number within a customer", "/api/customers/u-2", `{"order":{"id":"u-3","name":"x*y"},"name":"李*"}`, `{"order":{"id":"u-3","name":"x*y"},"name":"李雷"}`},
		{"a declared write", "/graph", `{"query":"mutation($input: X!) { updateCustomer(input: $input) { id } }","variables":{"input":{"id":"u-2","name":"李*"}}}`,
			`{"query":"mutation($input: X!) { updateCustomer(input: $input) { id } }","variables":{"input":{"id":"u-2","name":"李雷"}}}`},
		{"a declared write, a field of a part", "/graph", `{"query":"mutation { createAddress(customerId: $customerId, input: $input) { id } }","variables":{"customerId":"u-7","input":{"street":"杭州市******","phone":"136****7777"}}}`,
			`{"query":"mutation { createAddress(customerId: $customerId, input: $input) { id } }","variables":{"customerId":"u-7","input":{"street":"杭州市西湖区文三路1号","phone":"13600007777"}}}`},
		{"a declared write, another's street", "/graph", `{"query":"mutation { createAddress(customerId: $customerId, input: $input) { id } }","variables":{"customerId":"u-2","input":{"street":"杭州市******"}}}`, ""},
		{"a declared write, two streets that look alike", "/graph", `{"query":"mutation { createAddress(customerId: $customerId, input: $input) { id } }","variables":{"customerId":"u-8","input":{"street":"杭州市******"}}}`, ""},
		{"a declared write, a field it does not have", "/graph", `{"query":"mutation { updateCustomer(input: $input) }","variables":{"input":{"id":"u-2","other":{"name":"李*"}}}}`, ""},
		{"a declared write, another's mask", "/graph", `{"query":"mutation { updateCustomer(input: $input) }","variables":{"input":{"id":"u-2","phone":"138****5678"}}}`, ""},
		{"a declared write that names nobody", "/graph", `{"query":"mutation { updateCustomer(input: $input) }","variables":{"input":{"phone":"138****5678"}}}`, ""},
		{"another write", "/graph", `{"query":"mutation { updateCustomerAddress(input: $input) }","variables":{"input":{"id":"u-2","name":"李*"}}}`, ""},
		{"another write, another's phone", "/graph", `{"query":"mutation { updateCustomerAddress(input: $input) }","variables":{"input":{"id":"u-2","phone":"138****5678"}}}`, ""},
		{"unlisted path below", "/api/orders/u-1/x", `{"phone":"138****5678"}`, ""},
		{"unlisted path", "/api/else", `{"phone":"138****5678"}`, ""},
		{"unlisted path without a mask", "/api/else", `{"note":"5*3"}`, `{"note":"5*3"}`},
		{"a member's name that is a mask", "/api/customers/u-1", `{"id":"u-1","by":{"138****5678":"x"}}`, ""},
		{"a member's name that is the mask of a field", "/api/customers/u-1", `{"id":"u-1","by":{"张*":"x"}}`, ""},
		{"a member's name that holds a mask", "/api/orders", `{"of 136****1111":1}`, ""},
		{"a member's name that is a full mask", "/api/orders", `{"a":[{"******":1}]}`, ""},
		{"a member's name, escaped", "/api/orders", `{"138\u002a\u002a**5678":1}`, ""},
		{"a member's name with an asterisk", "/api/orders", `{"*":1,"a*b":"**"}`, `{"*":1,"a*b":"**"}`},
		{"not JSON", "/api/orders", `{"note":"5*3"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			s := agent("agent")
			f.view(t, s, "u-0", name("张飞", "张*"), phone("customer.phone", "13500010000"))
			f.now = f.now.Add(f.vault.limits.TTL)
			f.view(t, s, "u-1", phone("customer.phone", "13812345678"), name("张三", "张*"),
				found(mask.Phone, "13612341111"))
			f.view(t, s, "u-2", phone("customer.phone", "13900010000"), name("李雷", "李*"))
			f.view(t, s, "u-3", phone("customer.phone", "13900020000"), name("李四", "李*"))
			f.view(t, s, "u-4", phone("customer.phone", "13500020000"))
			f.view(t, s, "u-5", phone("customer.phone", "13712345678"),
				found(mask.Phone, "137 1234 5678"), found(mask.Phone, "137-1234-5678"))
			f.view(t, s, "u-6", found(mask.Phone, "13700008888"), found(mask.Phone, "13711118888"), found(mask.Email, "zhao@example.com"))
			street := func(o string) mask.Value {
				return mask.Value{Field: "addresses[*].street", Class: mask.Address, Original: o, Mask: "杭州市******", Mapped: true}
			}
			f.view(t, s, "u-7", street("杭州市西湖区文三路1号"), found(mask.Phone, "136 0000 7777"), phone("addresses[*].phone", "13600007777"))
			f.view(t, s, "u-8", street("杭州市西湖区文三路2号"), street("杭州市上城区庆春路3号"))
			method := "PUT"
			if test.path == "/graph" {
				method = "POST"
			}
			v, ref := f.Open(t.Context(), s, Request{Method: method, Path: test.path})
			if ref != nil {
				t.Fatal(ref)
			}
			got, ref := v.RestoreJSON(t.Context(), []byte(test.body))
			if (ref != nil) != (test.want == "") || string(got) != test.want {
				t.Errorf("got %s, %v; want %s", got, ref, test.want)
			}
		})
	}
}

// A form that comes back as it was shown is written as it was, byte for byte.
func TestRestoreUnchangedForm(t *testing.T) {
	f := newFixture(t)
	s := agent("agent")
	show := func(id, body string) string {
		v, ref := f.Open(t.Context(), s, Request{Method: "GET", Path: "/api/customers/" + id})
		if ref != nil {
			t.Fatal(ref)
		}
		var b bytes.Buffer
		if err := mask.JSON(&b, strings.NewReader(body), v.Plan, v.See); err != nil {
			t.Fatal(err)
		}
		if err := v.Record(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	form := func(id, other string) string {
		return `{"id":"` + id + `", "name":"王小明", "phone":"13912344444", "note":"call 13912344444, at night 139 1234 4444; paid by 6222 0200 0000 0000 045, id 11010519491231002X, bill to w.xm@example.cn.",
			"tags":["vip 139-1234-4444", "` + other + `"]}`
	}
	one, two := form("u-1", "15000001111 is the wife's"), form("u-2", "15000001111 is the office's")
	shown := show("u-1", one)
	for range 2 { // shown again, and the likes of it for another customer
		if shown = show("u-1", one); strings.Count(shown, "139****4444") != 4 || strings.Contains(shown, "w.xm") || strings.Contains(shown, "1949") {
			t.Fatalf("shown as %s", shown)
		}
		show("u-2", two)
	}
	v, ref := f.Open(t.Context(), s, Request{Method: "PUT", Path: "/api/customers/u-1"})
	if ref != nil {
		t.Fatal(ref)
	}
	got, ref := v.RestoreJSON(t.Context(), []byte(strings.ReplaceAll(shown, "vip 139****4444", "vip")))
	if ref != nil || string(got) != strings.ReplaceAll(one, "vip 139-1234-4444", "vip") {
		t.Errorf("got %s, %v; want %s", got, ref, one)
	}
	// Which of its spellings stood alone in a text is not known any more.
	if got, ref := v.RestoreJSON(t.Context(), []byte(shown)); ref == nil {
		t.Errorf("got %s", got)
	}
}

func TestRestoreForm(t *testing.T) {
	f := newFixture(t)
	s := agent("agent")
	f.view(t, s, "u-1", phone("customer.phone", "13812345678"))
	v, ref := f.Open(t.Context(), s, Request{Method: "POST", Path: "/api/orders"})
	if ref != nil {
		t.Fatal(ref)
	}
	for body, want := range map[string]string{
		"a=1&customer%5Bphone%5D=138%2A%2A%2A%2A5678&b=x%2By": "a=1&customer%5Bphone%5D=13812345678&b=x%2By",
		"phone=138****5678": "phone=13812345678",
		"other=138****5678": "",
		"a=%zz&b=*":         "",
		"138****5678":       "",
		"138****5678=1":     "",
		"by[138****5678]=1": "",
		"a*b=1&*":           "a*b=1&*",
	} {
		got, ref := v.RestoreForm(t.Context(), []byte(body))
		if string(got) != want || (ref != nil) != (want == "") {
			t.Errorf("%s: got %s, %v", body, got, ref)
		}
	}
	if v.CheckOther(t.Context(), []byte("--x\r\n\r\n138****5678\r\n")) == nil || v.CheckOther(t.Context(), []byte("* * * a")) != nil {
		t.Error("other bodies")
	}
}

// Where XML, CSV and text hold a mask they are refused: it would overwrite data.
func TestTextWithMasksIsRefused(t *testing.T) {
	f := newFixture(t)
	s := agent("agent")
	value := func(c mask.Class, o, m string, mapped bool) mask.Value {
		return mask.Value{Field: "customer." + string(c), Class: c, Original: o, Mask: m, Mapped: mapped}
	}
	f.view(t, s, "u-1", phone("customer.phone", "13812345678"), value(mask.Name, "张三丰", "张**", true), value(mask.BirthDate, "1990-03-07", "199*-**-**", true),
		value(mask.Secret, "abc", "***", true), value(mask.Name, "John Smith", "J*** S****", false))
	v, ref := f.Open(t.Context(), s, Request{Method: "PUT", Path: "/api/orders"})
	if ref != nil {
		t.Fatal(ref)
	}
	for _, text := range []string{
		`<c><id>u-1</id><name>张**</name></c>`, "id,name\nu-1,张**", `<a>浙江省杭州市******</a>`, `<a>******</a>`, `<b>199*-**-**</b>`, "to J*** S****.",
		"to 138****5678", "to 139****0000", `<a n="&#x5F20;&#42;&#42;"/>`, `{"name":"\u5f20**"}`, "id,name\nu-2,王*", "收货人：欧阳**，", "a\x00*\x00", "\xd5\xc5**",
		strings.Repeat("138****5678\n", 50_000),
	} {
		if ref := v.CheckText(t.Context(), []byte(text)); ref == nil || ref.Cause != CauseMaskInWrite {
			t.Errorf("%.40q goes through: %v", text, ref)
		}
	}
	for _, text := range []string{
		"", "**重要** 5*3, ***", "select * from t", "/* 注释 */", "- 张三丰*****", "*******", "&amp; \\u00zz &#42;", "\xd5\xc5", strings.Repeat("* ", 100_000), "李**张",
	} {
		if ref := v.CheckText(t.Context(), []byte(text)); ref != nil {
			t.Errorf("%.40q: %v", text, ref)
		}
	}
	// What may be no text is looked at for what nobody writes by chance.
	for body, refused := range map[string]bool{"--x\r\n\r\n138****5678\r\n": true, "--x\r\n\r\n张**\r\n": false, "\xff\x00张********": false} {
		if ref := v.CheckOther(t.Context(), []byte(body)); (ref != nil) != refused {
			t.Errorf("%q: %v", body, ref)
		}
	}
	// A raw role was shown no masks.
	raw, ref := f.Open(t.Context(), agent("auditor"), Request{Method: "PUT", Path: "/api/orders"})
	if ref != nil {
		t.Fatal(ref)
	}
	for _, check := range []func() *Refusal{
		func() *Refusal { return raw.CheckText(t.Context(), []byte("138****5678")) },
		func() *Refusal { return raw.CheckOther(t.Context(), []byte("138****5678")) },
		func() *Refusal { _, ref := raw.RestoreJSON(t.Context(), []byte(`{"138****5678":"*`)); return ref },
	} {
		if ref := check(); ref != nil {
			t.Error(ref)
		}
	}
}

// A mask that was shown is found in text whatever stands around it.
func FuzzCheckText(f *testing.F) {
	f.Add("id,name", "2,李四", true)
	f.Add("&#x5F20;\\u5f20", "**", false)
	f.Fuzz(func(t *testing.T, before, after string, whole bool) {
		g := newFixture(t)
		s := agent("agent")
		g.view(t, s, "u-1", mask.Value{Field: "customer.name", Class: mask.Name, Original: "张三丰", Mask: "张**", Mapped: true})
		v, ref := g.Open(t.Context(), s, Request{Method: "PUT", Path: "/api/orders"})
		if ref != nil {
			t.Fatal(ref)
		}
		m := "张**"
		if !whole {
			m = `\u5f20&#42;*`
		}
		ref = v.CheckText(t.Context(), []byte(before+"\n"+m+"\n"+after))
		if whole && ref == nil {
			t.Error("a mask goes through")
		}
	})
}
