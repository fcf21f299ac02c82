package desk

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
)

func newDesk(t *testing.T) (*Desk, *sim.World) {
	t.Helper()
	w, err := sim.New(sim.Options{Seed: 4, Agents: 6, Days: 12, Merchants: -1, Customers: 4000})
	if err != nil {
		t.Fatal(err)
	}
	return New(w), w
}

func call(t *testing.T, h http.Handler, method, path, body string) (int, map[string]any, []byte) {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
	got := map[string]any{}
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return rec.Code, got, rec.Body.Bytes()
}

func TestOrders(t *testing.T) {
	d, _ := newDesk(t)
	status, got, raw := call(t, d, "GET", "/api/orders?queue=hotel-cn", "")
	orders := got["orders"].([]any)
	if status != 200 || len(orders) != pageSize || len(raw) < 10_000 || len(raw) > 22_000 {
		t.Fatalf("%d: %d orders in %d bytes", status, len(orders), len(raw))
	}
	first := orders[0].(map[string]any)
	for _, o := range orders {
		if q := o.(map[string]any)["queue"]; q != "hotel-cn" {
			t.Errorf("an order of %v", q)
		}
	}
	_, second, _ := call(t, d, "GET", "/api/orders?queue=hotel-cn&page=2", "")
	if second["orders"].([]any)[0].(map[string]any)["id"] == first["id"] {
		t.Error("page 2 is page 1")
	}
	id := first["id"].(string)
	status, o, _ := call(t, d, "GET", "/api/orders/"+id, "")
	c := o["customer"].(map[string]any)
	if status != 200 || c["phone"] != first["customer"].(map[string]any)["phone"] {
		t.Fatalf("%d: %v", status, o)
	}
	for _, field := range []string{"id", "name", "phone", "resident_id", "email", "address", "bank_card"} {
		if s, _ := c[field].(string); s == "" {
			t.Errorf("customer.%s is missing", field)
		}
	}
	status, one, _ := call(t, d, "GET", "/api/customers/"+c["id"].(string), "")
	if status != 200 || one["bank_card"] != c["bank_card"] {
		t.Errorf("%d: %v", status, one)
	}
	numbers := 0
	for page := range 10 {
		_, _, raw := call(t, d, "GET", "/api/orders?page="+string(rune('1'+page%9)), "")
		numbers += len(regexp.MustCompile(`"remark":"[^"]*1[3-9]\d{9}`).FindAll(raw, -1))
	}
	if numbers == 0 {
		t.Error("no remark holds a phone number")
	}
}

func TestSearch(t *testing.T) {
	d, w := newDesk(t)
	c := w.CustomerAt(7)
	for _, q := range []string{c.Phone, c.Order, string(c.ID), c.Name} {
		status, got, raw := call(t, d, "GET", "/api/search?q="+q, "")
		if status != 200 || !bytes.Contains(raw, []byte(`"`+string(c.ID)+`"`)) {
			t.Errorf("%d: %v of %v found", status, got["total"], len(q))
		}
	}
	future := w.CustomerAt(w.NumCustomers() - 1)
	for _, q := range []string{future.Order, future.Phone} {
		if _, got, _ := call(t, d, "GET", "/api/search?q="+q, ""); got["total"] != 0.0 {
			t.Error("found an order that is not booked yet")
		}
	}
}

func TestReviews(t *testing.T) {
	d, w := newDesk(t)
	_, got, _ := call(t, d, "GET", "/api/reviews?rating_max=2", "")
	reviews := got["reviews"].([]any)
	if len(reviews) == 0 {
		t.Fatal("no bad reviews")
	}
	one := reviews[0].(map[string]any)
	for _, r := range reviews {
		if n := r.(map[string]any)["review"].(map[string]any)["rating"].(float64); n > 2 {
			t.Errorf("rating %v", n)
		}
	}
	if _, o, _ := call(t, d, "GET", "/api/orders/"+one["order_id"].(string), ""); o["review"] == nil {
		t.Error("the review is not with its order")
	}
	c, _ := w.Customer(event.SubjectID(one["customer"].(map[string]any)["id"].(string)))
	d.Apply(sim.Action{ReviewGone: c.ID})
	if _, o, _ := call(t, d, "GET", "/api/orders/"+c.Order, ""); o["review"] != nil {
		t.Error("the review is still there")
	}
}

// What the world does, the desk shows: every visit is answered, a list with the
// subjects of its event among them.
func TestVisits(t *testing.T) {
	d, w := newDesk(t)
	lists, visits := 0, 0
	for a := range w.Actions() {
		d.Apply(a)
		if a.Visit == nil {
			continue
		}
		visits++
		req, err := NewRequest(t.Context(), "http://desk/", *a.Visit)
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		d.ServeHTTP(rec, req)
		if rec.Code != 200 {
			t.Fatalf("%s: %d", req.URL.Path, rec.Code)
		}
		switch {
		case a.Visit.Customer != "":
			if !bytes.Contains(rec.Body.Bytes(), []byte(`"id":"`+string(a.Visit.Customer)+`"`)) {
				t.Fatalf("%s does not show its customer", req.URL.Path)
			}
		case bytes.Contains(rec.Body.Bytes(), []byte(`"customer":{`)):
			lists++
		}
		if r := a.Visit.Reason; r != nil && (r.Kind == "ticket") != (req.Header.Get("X-Ticket") == string(r.ID)) {
			t.Fatalf("claimed %q for %v", req.Header.Get("X-Ticket"), *r)
		}
	}
	if visits < 500 || lists < visits/50 {
		t.Errorf("%d visits, %d lists", visits, lists)
	}
}

func TestWrites(t *testing.T) {
	d, w := newDesk(t)
	c := w.CustomerAt(3)
	status, got, _ := call(t, d, "PUT", "/api/customers/"+string(c.ID), `{"phone":"13800138000"}`)
	if status != 200 || got["phone"] != "13800138000" || got["name"] != c.Name {
		t.Fatalf("%d: %v", status, got)
	}
	if _, o, _ := call(t, d, "GET", "/api/orders/"+c.Order, ""); o["customer"].(map[string]any)["phone"] != "13800138000" {
		t.Error("the order shows the old number")
	}
	if _, got, _ := call(t, d, "GET", "/api/search?q="+c.Phone, ""); got["total"] != 0.0 {
		t.Error("the old number is still found")
	}
	if _, got, _ := call(t, d, "GET", "/api/search?q=13800138000", ""); got["total"] != 1.0 {
		t.Error("the new number is not found")
	}
	status, got, _ = call(t, d, "POST", "/api/orders/"+c.Order+"/note", `{"text":" 已回电 "}`)
	if notes := got["notes"].([]any); status != 201 || notes[0].(map[string]any)["text"] != "已回电" {
		t.Fatalf("%d: %v", status, got)
	}
}

func TestRefusals(t *testing.T) {
	d, w := newDesk(t)
	c := w.CustomerAt(3)
	for _, x := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/api/orders/h-1", "", 404}, {"GET", "/api/orders/" + string(c.ID), "", 404}, {"GET", "/api/customers/" + c.Order, "", 404},
		{"GET", "/api/orders?page=0", "", 400}, {"GET", "/api/reviews?page=x", "", 400}, {"GET", "/api/search", "", 400}, {"GET", "/api/tickets", "", 400},
		{"GET", "/api/export/customers.json?limit=99999", "", 400}, {"GET", "/api/nothing", "", 404},
		{"PUT", "/api/customers/" + string(c.ID), `{"phone":"138****8000"}`, 422}, {"PUT", "/api/customers/" + string(c.ID), `{"email":"x"}`, 422},
		{"PUT", "/api/customers/" + string(c.ID), `{"name":" "}`, 422}, {"PUT", "/api/customers/" + string(c.ID), `[`, 400},
		{"POST", "/api/orders/" + c.Order + "/note", `{"text":""}`, 422}, {"POST", "/api/orders/h-9/note", `{}`, 404},
		{"POST", "/api/orders/" + c.Order + "/note", `{"text":"` + strings.Repeat("x", maxBody) + `"}`, 413},
	} {
		status, got, _ := call(t, d, x.method, x.path, x.body)
		if _, said := got["error"].(string); status != x.want || !said {
			t.Errorf("%s %s: %d %v, want %d", x.method, x.path, status, got, x.want)
		}
	}
}

func TestExportAndGzip(t *testing.T) {
	d, _ := newDesk(t)
	status, got, _ := call(t, d, "GET", "/api/export/customers.json?limit=40&queue=refunds", "")
	if status != 200 || len(got["customers"].([]any)) != 40 {
		t.Fatalf("%d", status)
	}
	for _, path := range []string{"/api/orders", "/", "/assets/desk.js"} {
		plain, zipped := httptest.NewRecorder(), httptest.NewRecorder()
		d.ServeHTTP(plain, httptest.NewRequest("GET", path, nil))
		req := httptest.NewRequest("GET", path, nil)
		req.Header.Set("Accept-Encoding", "br, gzip;q=0.8")
		d.ServeHTTP(zipped, req)
		if plain.Header().Get("Content-Encoding") != "" || zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Header().Get("Content-Length") != "" {
			t.Fatalf("%s: %v", path, zipped.Header())
		}
		zr, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(zr)
		if err != nil || !bytes.Equal(b, plain.Body.Bytes()) || len(b) == 0 {
			t.Errorf("%s: %d bytes, %d when compressed: %v", path, plain.Body.Len(), len(b), err)
		}
	}
	if takesGzip("gzip;q=0") || takesGzip("br") || !takesGzip("GZIP") {
		t.Error("Accept-Encoding is misread")
	}
}
