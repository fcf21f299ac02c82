package gateway

import (
	"testing"

	"github.com/menshen-io/menshen/mask"
)

func TestRestore(t *testing.T) {
	name := func(o, m string) mask.Value {
		return mask.Value{Field: "customer.name", Class: mask.Name, Original: o, Mask: m, Mapped: true}
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
		{"two spellings in two texts", "/api/orders", `{"customer":{"id":"u-5"},"note":"call 137****5678"}`, `{"customer":{"id":"u-5"},"note":"call 137 1234 5678"}`},
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
		{"a declared write, a field it does not have", "/graph", `{"query":"mutation { updateCustomer(input: $input) }","variables":{"input":{"id":"u-2","other":{"name":"李*"}}}}`, ""},
		{"a declared write, another's mask", "/graph", `{"query":"mutation { updateCustomer(input: $input) }","variables":{"input":{"id":"u-2","phone":"138****5678"}}}`, ""},
		{"a declared write that names nobody", "/graph", `{"query":"mutation { updateCustomer(input: $input) }","variables":{"input":{"phone":"138****5678"}}}`, ""},
		{"another write", "/graph", `{"query":"mutation { updateCustomerAddress(input: $input) }","variables":{"input":{"id":"u-2","name":"李*"}}}`, ""},
		{"another write, another's phone", "/graph", `{"query":"mutation { updateCustomerAddress(input: $input) }","variables":{"input":{"id":"u-2","phone":"138****5678"}}}`, ""},
		{"unlisted path below", "/api/orders/u-1/x", `{"phone":"138****5678"}`, ""},
		{"unlisted path", "/api/else", `{"phone":"138****5678"}`, ""},
		{"unlisted path without a mask", "/api/else", `{"note":"5*3"}`, `{"note":"5*3"}`},
		{"not JSON", "/api/orders", `{"note":"5*3"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			s := agent("agent")
			f.view(t, s, "u-0", name("张飞", "张*"), phone("customer.phone", "13500010000"))
			f.now = f.now.Add(f.vault.limits.TTL)
			f.view(t, s, "u-1", phone("customer.phone", "13812345678"), name("张三", "张*"),
				mask.Value{Field: "phone", Class: mask.Phone, Original: "13612341111", Mask: "136****1111"})
			f.view(t, s, "u-2", phone("customer.phone", "13900010000"), name("李雷", "李*"))
			f.view(t, s, "u-3", phone("customer.phone", "13900020000"), name("李四", "李*"))
			f.view(t, s, "u-4", phone("customer.phone", "13500020000"))
			f.view(t, s, "u-5", phone("customer.phone", "13712345678"),
				mask.Value{Field: "note", Class: mask.Phone, Original: "137 1234 5678", Mask: "137****5678"},
				mask.Value{Field: "remark", Class: mask.Phone, Original: "137-1234-5678", Mask: "137****5678"})
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
