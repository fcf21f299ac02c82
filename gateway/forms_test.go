package gateway

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

// formsPolicy has a form of mask at every place where one can be said.
const formsPolicy = `
version: 1
search: [phone, resident_id, bank_card, email]
unlisted: search
masks: {phone: ff1, email: pseudonym}
roles:
  agent: {view: masked, reveal: [phone, name], reveals_per_hour: 9, masks: {bank_card: ff1, address: general}}
  clerk: {view: masked, masks: {phone: full, bank_card: fixed}}
routes:
  - name: customer
    match: GET /api/customers/{id}
    kind: detail
    records:
      - at: $
        subject: id
        fields:
          name: {class: name, mask: pseudonym}
          phone: phone
          paper: {class: passport, mask: ff1}
          birth: {class: birth_date, mask: general}
          card: bank_card
          address: address
          other: {class: phone, mask: full}
`

func formKeys(t *testing.T) *mask.Keys {
	t.Helper()
	k, err := mask.NewKeys([]byte(strings.Repeat("m", mask.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// show masks what the back office answers on path.
func (f *fixture) show(t *testing.T, s Session, path, body string) string {
	t.Helper()
	v, ref := f.Open(t.Context(), s, Request{Method: "GET", Path: path})
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

// save sends body back on path; refused is "".
func (f *fixture) save(t *testing.T, s Session, path, body string) string {
	t.Helper()
	v, ref := f.Open(t.Context(), s, Request{Method: "PUT", Path: path})
	if ref != nil {
		t.Fatal(ref)
	}
	out, ref := v.RestoreJSON(t.Context(), []byte(body))
	if ref != nil && ref.Cause != CauseMaskInWrite {
		t.Fatal(ref)
	}
	return string(out)
}

const customerOne = `{"id":"u-1","name":"张三丰","phone":"13812345678","paper":"E12345678","birth":"1990-03-07","card":"4111 1111 1111 1111","address":"浙江省杭州市西湖区文三路1号","other":"13700001111","note":"call +8613812345678 or 139 1234 5678, mail z.s@example.com"}`

func TestFormsGoBackAsTheyCame(t *testing.T) {
	f := fixtureOf(t, formsPolicy, formKeys(t))
	s := agent("agent")
	shown := f.show(t, s, "/api/customers/u-1", customerOne)
	for _, raw := range []string{"张", "3812345678", "E12345678", "1990-03", "4111", "杭州", "13700001111", "1234 5678", "z.s@"} {
		if strings.Contains(shown, raw) {
			t.Errorf("%s is left in %s", raw, shown)
		}
	}
	if again := f.show(t, s, "/api/customers/u-1", customerOne); again != shown {
		t.Errorf("shown again as\n%s\n%s", again, shown)
	}
	if got := f.save(t, s, "/api/customers/u-1", shown); got != customerOne {
		t.Errorf("saved as\n%s\nfrom\n%s", got, shown)
	}
	// Another agent sees other encrypted values, the same pseudonyms, and cannot save these.
	two := agent("agent")
	two.Actor, two.ID = "agent-018", "s-2"
	if seen := f.show(t, two, "/api/customers/u-1", customerOne); seen == shown || field(seen, "name") != field(shown, "name") ||
		field(seen, "phone") == field(shown, "phone") || field(seen, "paper") == field(shown, "paper") || field(seen, "card") == field(shown, "card") {
		t.Errorf("two agents see\n%s\n%s", shown, seen)
	}
	if got := f.save(t, two, "/api/customers/u-1", `{"id":"u-1","phone":"`+field(shown, "phone")+`"}`); got != "" {
		t.Errorf("saved from another's mask: %s", got)
	}
	// A role of its own forms.
	three := agent("clerk")
	three.Actor, three.ID = "clerk-1", "s-3"
	seen := f.show(t, three, "/api/customers/u-1", customerOne)
	if field(seen, "phone") != mask.Full || field(seen, "card") != "****1111" || field(seen, "address") != "浙江省杭州市******" || !mask.IsAlias(field(seen, "name")) {
		t.Errorf("the clerk sees %s", seen)
	}
	// A full mask goes back where the customer is named, and nowhere by guess.
	if got := f.save(t, three, "/api/customers/u-1", `{"phone":"******"}`); got != `{"phone":"13812345678"}` {
		t.Errorf("saved as %s", got)
	}
	if got := f.save(t, three, "/api/customers", `{"phone":"******"}`); got != "" {
		t.Errorf("a full mask goes to nobody's phone: %s", got)
	}
}

// field returns the text of a member of a flat object.
func field(body, name string) string {
	_, rest, _ := strings.Cut(body, `"`+name+`":"`)
	v, _, _ := strings.Cut(rest, `"`)
	return v
}

func TestStandInsThatComeBackAreRestoredOrRefused(t *testing.T) {
	f := fixtureOf(t, formsPolicy, formKeys(t))
	s := agent("agent")
	one := f.show(t, s, "/api/customers/u-1", customerOne)
	name, phone, paper, card := field(one, "name"), field(one, "phone"), field(one, "paper"), field(one, "card")
	two := f.show(t, s, "/api/customers/u-2", `{"id":"u-2","name":"李四","phone":"13900000000","other":"13700002222"}`)
	note := func(s string) string { return fmt.Sprintf(`{"id":"u-1","note":"%s"}`, s) }
	for _, c := range []struct{ name, path, body, want string }{
		{"a number by itself", "u-1", `{"phone":` + phone + `}`, `{"phone":"13812345678"}`},
		{"in a text, found there", "u-1", note(field(one, "note")), note("call +8613812345678 or 139 1234 5678, mail z.s@example.com")},
		{"in a text, of a field", "u-1", note("he is " + name), ""},
		{"in a text, a paper", "u-1", note("paper " + paper + "."), ""},
		{"in a document", "u-1", note(`rename(to: \"` + name + `\")`), ""},
		{"in a longer row", "u-1", note("0086" + phone), ""},
		{"another's field", "u-1", `{"shop":"` + card + `"}`, ""},
		{"another's mask", "u-2", `{"name":"` + name + `"}`, ""},
		{"another's phone", "u-2", `{"phone":"` + phone + `"}`, ""},
		{"nobody named, strong", "", `{"phone":"` + phone + `"}`, ""},
		{"a pseudonym that was never shown", "u-1", `{"name":"P-KXRT-BCDF-GHJK-LMNP"}`, ""},
		{"a phone as if encrypted that was never shown", "u-1", `{"phone":"98765432109"}`, ""},
		{"a paper as if encrypted that was never shown", "u-1", `{"paper":"zhangsan"}`, `{"paper":"zhangsan"}`},
		{"a full mask", "u-1", `{"other":"******"}`, `{"other":"13700001111"}`},
		{"a full mask elsewhere", "u-1", `{"more":"******"}`, ""},
		{"a decade", "u-1", `{"birth":"199*-**-**"}`, `{"birth":"1990-03-07"}`},
		{"a decade of nobody", "u-2", `{"birth":"198*-**-**"}`, ""},
		{"no mask", "u-1", note("P-1234, PARIS-TEXAS, 98765432109 and zhangsan88"), note("P-1234, PARIS-TEXAS, 98765432109 and zhangsan88")},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := "/api/customers/" + c.path
			if c.path == "" {
				path = "/api/else"
			}
			if got := f.save(t, s, path, c.body); got != c.want {
				t.Errorf("%s is saved as %s, want %s\nafter %s\n%s", c.body, got, c.want, one, two)
			}
		})
	}
	v, ref := f.Open(t.Context(), s, Request{Method: "POST", Path: "/api/customers/u-1"})
	if ref != nil {
		t.Fatal(ref)
	}
	if got, ref := v.RestoreForm(t.Context(), []byte("phone="+phone+"&name="+name)); ref != nil || string(got) != "phone=13812345678&name=%E5%BC%A0%E4%B8%89%E4%B8%B0" {
		t.Errorf("%s, %v", got, ref)
	}
	for _, m := range []string{name, phone, paper, card} {
		if v.CheckOther(t.Context(), []byte("--x\r\n\r\n"+m+"\r\n")) == nil {
			t.Errorf("%s goes through in another body", m)
		}
	}
	if v.CheckOther(t.Context(), []byte("98765432109 zhangsan")) != nil {
		t.Error("what is no mask is refused in another body")
	}
	// What has left the vault is known as a mask all the same.
	f.now = f.now.Add(f.vault.limits.TTL)
	for _, m := range []string{note("call " + phone), `{"name":"` + name + `"}`, `{"paper":"` + paper + `"}`, `{"phone":` + phone + `}`} {
		if got := f.save(t, s, "/api/customers/u-1", m); got != "" {
			t.Errorf("%s is saved as %s", m, got)
		}
	}
	// And so it is in another session, in a field of its class.
	s.ID = "s-9"
	for _, m := range []string{`{"name":"` + name + `"}`, `{"paper":"` + paper + `"}`, `{"phone":"` + phone + `"}`, note("of " + name)} {
		if got := f.save(t, s, "/api/customers/u-1", m); got != "" {
			t.Errorf("another session: %s is saved as %s", m, got)
		}
	}
}

func TestRevealOfAStandIn(t *testing.T) {
	f := fixtureOf(t, formsPolicy, formKeys(t))
	s := agent("agent")
	shown := f.show(t, s, "/api/customers/u-1", customerOne)
	got, ref := f.Reveal(t.Context(), s, RevealRequest{Subject: "u-1", Field: "name", Mask: field(shown, "name"), Reason: &event.ReasonRef{Kind: "ticket", ID: "t-1"}})
	if ref != nil || got != "张三丰" {
		t.Errorf("%q, %v", got, ref)
	}
}

func TestFormsThatNeedAKeyAreNotServedWithoutOne(t *testing.T) {
	p, err := policy.Parse("policy.yaml", []byte(formsPolicy))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Policy: p}); err == nil || !strings.Contains(err.Error(), "mask key: missing") {
		t.Error(err)
	}
}
