package policy

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/mask"
)

var update = flag.Bool("update", false, "write golden files")

const sound = `version: 1
search: [phone, resident_id, bank_card, email]
unlisted: search
pass: ["GET /", "GET /assets/**", "GET /app/"]
roles:
  agent: {view: masked, reveal: [phone], reveals_per_hour: 20, export: false}
  auditor: {view: raw}
routes:
  - name: order-list
    match: GET /api/orders
    kind: list
    reason: {kind: ticket, header: X-Ticket, query: ticket}
    records:
      - at: $.orders[*]
        subject: customer.id
        attributes: {rating: review.rating, queue: queue}
        fields: {customer.name: name, customer.phone: phone, remark: text}
  - name: order
    match: GET /api/orders/{id}
    kind: detail
    reason: {kind: order, param: id}
    records:
      - at: $
        subject: customer.id
        fields:
          customer.name: name
  - name: order-export
    match: GET /api/orders/export
    kind: export
  - name: anything
    match: "* /api/**"
    kind: detail
`

func parse(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParse(t *testing.T) {
	p := parse(t, sound)
	r, ok := p.Role("agent")
	if !ok || r.View != Masked || !r.MayReveal(mask.Phone) || r.MayReveal(mask.Name) || r.RevealsPerHour != 20 || r.Export {
		t.Errorf("agent: %+v", r)
	}
	if _, ok := p.Role("nobody"); ok {
		t.Error("a role that is not there")
	}
	route, ok := p.Route("order-list")
	if !ok || route.Kind != List || route.Reason != (ReasonSource{"ticket", "X-Ticket", "ticket", ""}) || route.Endpoint() != "GET /api/orders" {
		t.Errorf("order-list: %+v", route)
	}
	var out strings.Builder
	var got []mask.Record
	in := `{"orders":[{"customer":{"id":"c-1","name":"张三","phone":"13812345678"},"remark":"x","review":{"rating":1},"note":"13912345678"}]}`
	if err := mask.JSON(&out, strings.NewReader(in), route.Plan, func(r mask.Record) { got = append(got, r) }); err != nil {
		t.Fatal(err)
	}
	const want = `{"orders":[{"customer":{"id":"c-1","name":"张*","phone":"138****5678"},"remark":"******","review":{"rating":1},"note":"139****5678"}]}`
	if out.String() != want {
		t.Error(out.String())
	}
	if len(got) != 1 || got[0].Subject != "c-1" || got[0].Attributes["rating"] != int64(1) || len(got[0].Values) != 4 {
		t.Errorf("%+v", got)
	}
}

func TestParseTellsAllFaultsAtOnce(t *testing.T) {
	in, err := os.ReadFile("testdata/faults.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("faults.yaml", in)
	if err == nil {
		t.Fatal("no fault")
	}
	got := err.Error() + "\n"
	if *update {
		if err := os.WriteFile("testdata/faults.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, _ := os.ReadFile("testdata/faults.golden")
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, bad := range []string{"", "routes: [", "version: 1\nx: 2\n", "- a\n", "version: 1\nroutes: {}\n", "version: one\nroutes:\n- name: a\n"} {
		_, err := Parse("p.yaml", []byte(bad))
		if err == nil || !strings.HasPrefix(err.Error(), "p.yaml:") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestUnlistedIsRefusedAndAllIsSearchedWhenNothingIsSaid(t *testing.T) {
	p := parse(t, "version: 1\n")
	if p.Unlisted != UnlistedRefuse || len(p.Search) != len(mask.Default()) || p.Plan == nil {
		t.Errorf("%+v", p)
	}
	if p := parse(t, "version: 1\nsearch: []\n"); len(p.Search) != 0 {
		t.Errorf("%+v", p.Search)
	}
}

func TestMatch(t *testing.T) {
	p := parse(t, sound)
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/", "pass GET /"},
		{"HEAD", "/", "pass GET /"},
		{"POST", "/", "none"},
		{"GET", "/assets", "pass GET /assets/**"},
		{"GET", "/assets/js/app.js", "pass GET /assets/**"},
		{"GET", "/assets/%E7%94%BB.png", "pass GET /assets/**"},
		{"GET", "/Assets/js/app.js", "none"},
		{"GET", "/app/", "pass GET /app/"},
		{"GET", "/app", "none"},
		{"get", "/assets/x", "none"},
		{"GET", "/api/orders", "order-list"},
		{"HEAD", "/api/orders", "order-list"},
		{"get", "/api/orders/", "order-list"},
		{"GET", "/API/Orders", "order-list"},
		{"GET", "//api//orders", "order-list"},
		{"GET", "/api/./orders/x/..", "order-list"},
		{"GET", "/api/%6frders", "order-list"},
		{"GET", "/api/orders/7", "order id=7"},
		{"GET", "/api/orders/a%20b", "order id=a b"},
		{"GET", "/api/orders/export", "order-export"},
		{"POST", "/api/orders", "anything"},
		{"GET", "/api", "anything"},
		{"GET", "/api/x/y/z", "anything"},
		{"GET", "/other", "none"},
		// What would be let through by its first segments, but is not what it seems.
		{"GET", "/assets/../api/orders", "order-list"},
		{"GET", "/api/orders/../../assets/x", "none"},
		{"GET", "/assets//x", "none"},
		{"GET", "/assets/..%2fapi/orders", "refuse"},
		{"GET", "/assets/%2e%2e/api/orders", "refuse"},
		{"GET", "/assets/.%2e/api/orders", "refuse"},
		{"GET", "/assets/..;/api/orders", "refuse"},
		{"GET", "/assets/%252e%252e/api", "refuse"},
		{"GET", `/assets/..\api`, "refuse"},
		{"GET", "/api%2forders", "refuse"},
		{"GET", "/api%5corders", "refuse"},
		{"GET", "/api/orders;v=1", "refuse"},
		{"GET", "/api/orders%00", "refuse"},
		{"GET", "/api/orders.", "refuse"},
		{"GET", "/api/orders%20", "refuse"},
		{"GET", "/api/%zz", "refuse"},
		{"GET", "/api/%ff", "refuse"},
		{"GET", "/..", "refuse"},
		{"GET", "", "refuse"},
		{"OPTIONS", "*", "refuse"},
		{"GET", "http://x/api", "refuse"},
		{"", "/", "refuse"},
	} {
		r, params, ok := p.Match(c.method, c.path)
		got := r.Name
		switch {
		case !ok:
			got = "none"
		case r.Refuse:
			got = "refuse"
		case r.Pass:
			got = "pass " + r.Endpoint()
		}
		for k, v := range params {
			got += " " + k + "=" + v
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.method, c.path, got, c.want)
		}
	}
	r, _, _ := p.Match("GET", "/a%2fb")
	var out strings.Builder
	if err := mask.JSON(&out, strings.NewReader(`{"a":["x",1]}`), r.Plan, nil); err != nil || out.String() != `{"a":["******","******"]}` {
		t.Errorf("a refused route shows %s", out.String())
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sound))
	faults, _ := os.ReadFile("testdata/faults.yaml")
	f.Add(faults)
	f.Add([]byte("version: 1\nroutes: [{name: a, match: GET /, kind: list, records: [{at: $..a[1].*, fields: {@: phone, '..[''x'']': text}}]}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		p, err := Parse("f.yaml", data)
		if (p == nil) == (err == nil) {
			t.Fatal("neither or both")
		}
		if err != nil {
			return
		}
		for _, r := range p.Routes {
			if r.Plan == nil {
				t.Fatalf("route %q has no plan", r.Name)
			}
			_ = mask.JSON(io.Discard, strings.NewReader(`{"a":[1,{"b":"13812345678"}]}`), r.Plan, func(mask.Record) {})
		}
	})
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"/", "/assets/../api/orders", "/api/orders/%2e%2e/x", "/assets/a;b", "//", "/a/./b/"} {
		f.Add("GET", s)
	}
	p := parse(f, sound)
	f.Fuzz(func(t *testing.T, method, path string) {
		r, params, ok := p.Match(method, path)
		if !ok || r.Refuse {
			return
		}
		for k, v := range params {
			if v == "" || v == "." || v == ".." || strings.ContainsAny(v, "/\\\x00") {
				t.Errorf("param %s is %q", k, v)
			}
		}
		if r.Pass {
			for _, bad := range []string{"/../", "/./", "//", "\\", ";"} {
				if strings.Contains(path+"/", bad) && !(bad == "//" && strings.HasSuffix(path, "/") && !strings.HasSuffix(path, "//")) {
					t.Errorf("%q was let through unread", path)
				}
			}
			if !strings.HasPrefix(path, "/assets") && path != "/" && path != "/app/" && !strings.Contains(path, "%") {
				t.Errorf("%q was let through unread", path)
			}
		}
	})
}
