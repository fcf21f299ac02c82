package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/event"
)

// classes are those that the finder knows and that a walk without the gateway
// has to show.
var classes = []string{"address", "bank_card", "email", "name", "phone", "resident_id"}

// TestBackOffice walks through a real back office: once as it is, once through
// the gateway.
func TestBackOffice(t *testing.T) {
	with := requireTools(t)
	o := startOffice(t, with)
	before, stays := readPeople(t, o.db), readStays(t, o.db)
	if len(before) < 200 || len(stays) < 40 {
		t.Fatalf("the database has %d customers and %d orders", len(before), len(stays))
	}
	f := newFinder(before)
	office := credentials{User: "superadmin", Password: o.password}

	t.Run("bare", func(t *testing.T) { testBare(t, with, o, f, office, before, stays) })
	d := openDoor(t, o.url)
	t.Run("browser", func(t *testing.T) { testBrowser(t, with, d, f, office, before, stays) })
	t.Run("api", func(t *testing.T) { testAPI(t, d, f, office) })
	t.Run("ways around", func(t *testing.T) { testWaysAround(t, d, f, office, before) })
	t.Run("write", func(t *testing.T) { testWrite(t, d, office, before, stays) })
	t.Run("record", func(t *testing.T) { testRecord(t, d, f, before) })

	// Whatever was restored or refused: nothing may have been overwritten.
	o.stop()
	t.Run("database", func(t *testing.T) { testDatabase(t, o, before, stays) })
}

// The customers and orders that the walks open and save. The order's number is
// not its customer's.
const (
	bareCustomer, maskedCustomer = 3, 5
	bareOrder, maskedOrder       = 2, 4
	newRating                    = 9
	restored                     = 21 // the customer who is saved by API with all masks
)

// searchFor is what is typed to find p: a part of the e-mail address that is not
// counted as the address when the page repeats it.
func searchFor(p person) string {
	local, _, _ := strings.Cut(p.Email, "@")
	return strings.TrimPrefix(local, "guest.")
}

func testBare(t *testing.T, with tools, o *office, f *finder, office credentials, before []person, stays []stay) {
	w := walk(t, with, walkPlan{Base: o.url, Office: office, Customer: before[bareCustomer].ID, Order: stays[bareOrder].ID, Orders: len(stays),
		Search: searchFor(before[bareCustomer]), Title: "Prof", Rating: newRating})
	bodies, dom := make(map[string]int), make(map[string]int)
	for _, r := range w.Responses {
		merge(bodies, f.find(string(r.Body)))
	}
	for _, p := range w.Pages {
		merge(dom, f.find(domOf(p)))
	}
	for _, class := range classes {
		if bodies[class] == 0 || dom[class] == 0 {
			t.Errorf("%s: %d values in bodies, %d in pages; without the gateway both show some", class, bodies[class], dom[class])
		}
	}
	t.Logf("without the gateway: bodies %v, pages %v", bodies, dom)
	checkWorks(t, w, stays)
	for _, s := range w.Saves {
		if s.Status != 200 || strings.Contains(s.Answer, `"errors"`) {
			t.Errorf("saving the %s: status %d", s.What, s.Status)
		}
	}
}

func testBrowser(t *testing.T, with tools, d *door, f *finder, office credentials, before []person, stays []stay) {
	p := before[maskedCustomer]
	w := walk(t, with, walkPlan{Base: d.url, Menshen: &d.agent, Office: office, Customer: p.ID, Order: stays[maskedOrder].ID, Orders: len(stays),
		Search: searchFor(p), Title: "Prof", Rating: newRating})
	for _, r := range w.Responses {
		if found := f.find(string(r.Body)); len(found) > 0 {
			t.Errorf("%s %s: %v in the body", r.Method, r.URL, found)
		}
	}
	for _, p := range w.Pages {
		if found := f.find(domOf(p)); len(found) > 0 {
			t.Errorf("page %s: %v", p.Name, found)
		}
	}
	checkWorks(t, w, stays)

	list := strings.Join(w.Rows["customers"], "\n")
	for what, mask := range map[string]string{
		"e-mail": `g\*\*\*@example\.`, "resident id": `[0-9]\*{16}[0-9X]`, "bank card": `\*{4}[0-9]{4}`, "name": `\p{Han}\*`,
	} {
		if n := len(regexp.MustCompile(mask).FindAllString(list, -1)); n < 100 {
			t.Errorf("the customer list shows %d masks like %s of %s, want one a row", n, mask, what)
		}
	}
	detail := w.page(t, "customer")
	for _, mask := range []string{p.Phone[:3] + "****" + p.Phone[7:], p.Resident[:1] + "****************" + p.Resident[17:], "****" + p.Card[len(p.Card)-4:]} {
		if !slices.Contains(detail.Inputs, mask) {
			t.Errorf("the customer's form does not show %s: %q", mask, detail.Inputs)
		}
	}
	if text := w.page(t, "order").Text; !regexp.MustCompile(`1[0-9]{2}\*{4}[0-9]{4}`).MatchString(text) {
		t.Errorf("the order's page shows no masked phone number")
	}
	for _, s := range w.Saves {
		if !strings.Contains(s.Sent, "**") {
			t.Errorf("saving the %s sent no mask", s.What)
		}
		t.Logf("saving the %s with masks in it: status %d", s.What, s.Status)
	}
}

// checkWorks checks that the admin page did its work, masks or not.
func checkWorks(t *testing.T, w *walked, stays []stay) {
	t.Helper()
	if n := len(w.Rows["customers"]); n != 100 {
		t.Errorf("the customer list has %d rows, want 100", n)
	}
	if n := len(w.Rows["search"]); n != 1 {
		t.Errorf("the search has %d rows, want 1", n)
	}
	if n := len(w.Rows["orders"]); n != len(stays) {
		t.Errorf("the order list has %d rows, want %d", n, len(stays))
	}
	for _, name := range []string{"dashboard", "customer", "order", "saved-customer", "saved-order"} {
		w.page(t, name)
	}
	if len(w.Saves) != 2 {
		t.Errorf("%d forms were saved, want 2", len(w.Saves))
	}
}

const customerFields = `id title firstName lastName phoneNumber emailAddress customFields { residentId bankCard remark }
	user { identifier } addresses { id fullName streetLine1 city province phoneNumber }`

func testAPI(t *testing.T, d *door, f *finder, office credentials) {
	c := newClient(t, d.url, &d.agent, office)
	check := func(name, document string, variables any, want string) answer {
		t.Helper()
		a := c.query(document, variables)
		if found := f.find(a.body + "\n" + fmt.Sprint(a.header)); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		if !strings.Contains(a.body, want) {
			t.Errorf("%s: status %d, %d bytes, without %q", name, a.status, len(a.body), want)
		}
		return a
	}
	// Far more than is held at once: the gateway has to mask it while it flows.
	large := check("large page", `{ customers(options: {take: 200}) { totalItems items { `+customerFields+` orders { items { code } } history { items { data } } } } }`, nil, `"totalItems":200`)
	if !large.zipped || large.wire >= len(large.body) {
		t.Errorf("large page: %d bytes of %d on the wire, compressed: %v", large.wire, len(large.body), large.zipped)
	}
	if len(large.body) < 100<<10 || !json.Valid([]byte(large.body)) {
		t.Errorf("large page: %d bytes, valid: %v", len(large.body), json.Valid([]byte(large.body)))
	}
	if n := strings.Count(large.body, `****`); n < 200*5 {
		t.Errorf("large page: %d masks", n)
	}
	check("several at once", `{ a: customers(options: {take: 50}) { items { `+customerFields+` } } b: orders(options: {take: 50}) { items {
		customer { `+customerFields+` } shippingAddress { fullName streetLine1 phoneNumber } customFields { guestName guestPhone review } } } }`, nil, `"items"`)
	check("filter", `{ customers(options: {filter: {phoneNumber: {contains: "13"}}, take: 20}) { items { phoneNumber } } }`, nil, `****`)
	// What an error repeats of the request is covered.
	check("error", `query($firstName: Int) { customers(options: {take: $firstName}) { totalItems } }`, map[string]any{"firstName": "not a number"}, `"errors"`)
}

// testWaysAround asks for the same data in ways that a gateway may overlook.
func testWaysAround(t *testing.T, d *door, f *finder, office credentials, before []person) {
	c := newClient(t, d.url, &d.agent, office)
	const document = `{ customers(options: {take: 5}) { items { ` + customerFields + ` } } }`
	inQuery := "?query=" + url.QueryEscape(document)
	for _, try := range []struct {
		method, path, contentType, body string
	}{
		{"GET", "/admin-api" + inQuery, "", ""},
		{"GET", "/admin/..%2fadmin-api" + inQuery, "", ""},
		{"GET", "/admin/%2e%2e/admin-api" + inQuery, "", ""},
		{"GET", "/admin//../admin-api" + inQuery, "", ""},
		{"POST", "/ADMIN-API", "application/json", jsonOf(form{"query": document})},
		{"POST", "/admin-api/", "application/json", jsonOf(form{"query": document})},
		{"POST", "//admin-api", "application/json", jsonOf(form{"query": document})},
		{"POST", "/admin-api", "application/json", jsonOf([]form{{"query": document}, {"query": document}})},
		{"POST", "/admin-api", "application/json; charset=utf-16", jsonOf(form{"query": document})},
		{"POST", "/admin-api", "application/graphql", document},
		{"POST", "/shop-api", "application/json", jsonOf(form{"query": `{ activeCustomer { firstName } }`})},
	} {
		req, err := http.NewRequestWithContext(t.Context(), try.method, d.url+"/", strings.NewReader(try.body))
		if err != nil {
			t.Fatal(err)
		}
		path, query, _ := strings.Cut(try.path, "?")
		req.URL.Opaque, req.URL.RawQuery = path, query // as it is written here
		req.Header.Set("Content-Type", try.contentType)
		req.Header.Set("Apollo-Require-Preflight", "true")
		for _, cookie := range c.http.Jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
		resp, err := c.http.Transport.RoundTrip(req)
		if err != nil {
			t.Logf("%s %.40s: %v", try.method, try.path, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		found := f.find(string(body))
		if len(found) > 0 {
			t.Errorf("%s %.40s: %v", try.method, try.path, found)
		}
		t.Logf("%s %.40s: status %d, %d bytes, %v", try.method, try.path, resp.StatusCode, len(body), err)
	}

	p := before[30]
	c.query(fmt.Sprintf(`{ customer(id: %d) { `+customerFields+` } }`, p.ID), nil)
	// An error repeats a variable, into which a mask may have been restored.
	a := c.query(`query($id: ID!, $firstName: Int) { customer(id: $id) { id } customers(options: {take: $firstName}) { totalItems } }`,
		form{"id": p.ID, "firstName": maskedName(p.First)})
	if found := f.find(a.body); len(found) > 0 {
		t.Errorf("an error shows %v", found)
	}
	// A field under another name is still searched: what has a form is found, a name has none.
	a = c.query(`{ c: customers(options: {take: 50}) { i: items { a: phoneNumber b: emailAddress f: customFields { c: residentId d: bankCard } } } }`, nil)
	if found := f.find(a.body); len(found) > 0 {
		t.Errorf("renamed fields show %v", found)
	}
	// Fields without a form are known to need the list of the page's own documents; see README.md.
	a = c.query(`{ customers(options: {take: 50}) { items { a: firstName b: addresses { c: streetLine1 } } } }`, nil)
	t.Logf("known limit, names and addresses under other names: %v", f.find(a.body))
}

func jsonOf(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

type form map[string]any

const (
	updateCustomer = `mutation($input: UpdateCustomerInput!) { updateCustomer(input: $input) { __typename } }`
	updateAddress  = `mutation($input: UpdateAddressInput!) { updateCustomerAddress(input: $input) { id } }`
	updateOrder    = `mutation($input: UpdateOrderInput!) { setOrderCustomFields(input: $input) { id } }`
)

func maskedPhone(phone string) string { return phone[:3] + "****" + phone[7:] }
func maskedCard(p person) string      { return "****" + p.Card[len(p.Card)-4:] }
func maskedName(name string) string {
	return string([]rune(name)[:1]) + strings.Repeat("*", len([]rune(name))-1)
}

// testWrite saves with masks in ways that a careless gateway gets wrong. What
// became of the data is checked at the end, by testDatabase.
func testWrite(t *testing.T, d *door, office credentials, before []person, stays []stay) {
	send := func(c *client, name, document string, input form) answer {
		t.Helper()
		a := c.query(document, map[string]any{"input": input})
		t.Logf("%s: status %d", name, a.status)
		return a
	}
	c := newClient(t, d.url, &d.agent, office)
	send(c, "a mask that this session was never shown", updateCustomer, form{"id": before[20].ID, "phoneNumber": maskedPhone(before[20].Phone)})

	// From here on the session has seen every customer's fields, and every order.
	c.query(`{ customers(options: {take: 200}) { items { id firstName lastName phoneNumber customFields { bankCard } } } }`, nil)
	c.query(`{ orders(options: {take: 100}) { items { id customer { id } customFields { guestName guestPhone } } } }`, nil)
	p := before[restored]
	a := send(c, "its own masks", updateCustomer, form{"id": p.ID, "title": "Prof", "firstName": maskedName(p.First), "phoneNumber": maskedPhone(p.Phone),
		"customFields": form{"bankCard": maskedCard(p)}})
	if a.status != 200 || strings.Contains(a.body, `"errors"`) {
		t.Errorf("masks that can mean one value only were not restored: status %d", a.status)
	}
	p, q := before[22], before[23]
	send(c, "another customer's masks", updateCustomer, form{"id": p.ID, "phoneNumber": maskedPhone(q.Phone), "customFields": form{"bankCard": maskedCard(q)}})
	send(c, "a mask in a wrong field", updateCustomer, form{"id": p.ID, "lastName": maskedPhone(p.Phone)})
	send(c, "a full mask", updateCustomer, form{"id": p.ID, "firstName": "******"})
	send(c, "a mask amid text", updateCustomer, form{"id": p.ID, "customFields": form{"remark": "call " + maskedPhone(p.Phone)}})
	// An order has a number of its own, which is some other customer's.
	for _, s := range stays[10:] {
		send(c, "an order's guest name", updateOrder, form{"id": s.ID, "customFields": form{"guestName": maskedName(s.Guest)}})
		send(c, "an order's guest phone", updateOrder, form{"id": s.ID, "customFields": form{"guestPhone": maskedPhone(s.GuestPhone)}})
	}
	// So has an address. All streets look alike under their masks.
	c.query(`{ customers(options: {take: 200}) { items { id addresses { id fullName streetLine1 phoneNumber } } } }`, nil)
	for i := range before[:20] {
		var shown struct {
			Data struct{ Customer struct{ Addresses []form } }
		}
		a := c.query(fmt.Sprintf(`{ customer(id: %d) { id addresses { id fullName streetLine1 phoneNumber } } }`, before[i].ID), nil)
		if err := json.Unmarshal([]byte(a.body), &shown); err != nil || len(shown.Data.Customer.Addresses) == 0 {
			t.Fatalf("reading an address: status %d, %v", a.status, err)
		}
		address := shown.Data.Customer.Addresses[0]
		send(c, "an address as it was shown", updateAddress, address)
		send(c, "a street as it was shown", updateAddress, form{"id": address["id"], "streetLine1": address["streetLine1"]})
	}
	// Masks need not stand in variables.
	a = c.query(fmt.Sprintf(`mutation { updateCustomer(input: {id: "%d", phoneNumber: %q}) { __typename } }`, before[28].ID, maskedPhone(before[28].Phone)), nil)
	t.Logf("a phone's mask in the document: status %d", a.status)
	a = c.query(fmt.Sprintf(`mutation { updateCustomer(input: {id: "%d", firstName: %q}) { __typename } }`, before[29].ID, maskedName(before[29].First)), nil)
	t.Logf("a name's mask in the document: status %d", a.status)
}

// testRecord checks that every view is recorded, by customers' keyed hashes, and
// that no event holds a value.
func testRecord(t *testing.T, d *door, f *finder, before []person) {
	subjects := make(map[event.SubjectID]bool)
	for _, ev := range d.record.all() {
		line, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		if found := f.find(string(line)); len(found) > 0 {
			t.Errorf("an event of type %s holds %v", ev.Type, found)
		}
		if v, ok := ev.Data.(*event.AccessViewed); ok {
			for _, s := range v.Subjects {
				subjects[s.Subject] = true
			}
		}
	}
	if len(subjects) != len(before) {
		t.Errorf("%d customers are recorded as viewed, want %d", len(subjects), len(before))
	}
}

func testDatabase(t *testing.T, o *office, before []person, staysBefore []stay) {
	after, stays := readPeople(t, o.db), readStays(t, o.db)
	if len(after) != len(before) || len(stays) != len(staysBefore) {
		t.Fatalf("%d customers and %d orders, want %d and %d", len(after), len(stays), len(before), len(staysBefore))
	}
	titles := 0
	for i, p := range after {
		for k, v := range p.values() {
			// A note may have been replaced by another sentence, never by a mask.
			if was := before[i].values()[k]; v != was && !(v == "call "+p.Phone) {
				t.Errorf("%v: field %d was overwritten (a mask: %v, another customer's value: %v)", p, k, strings.Contains(v, "*"), holds(before, v))
			}
		}
		if p.Title != before[i].Title {
			titles++
		}
	}
	for i, s := range stays {
		was := staysBefore[i]
		was.Rating = s.Rating
		if s != was {
			t.Errorf("order %d was overwritten (guest: %v, phone: %v)", s.ID, s.Guest != was.Guest, s.GuestPhone != was.GuestPhone)
		}
	}
	if before[bareCustomer].Title == after[bareCustomer].Title || stays[bareOrder].Rating != newRating {
		t.Error("what was saved without the gateway is not in the database")
	}
	if after[restored].Title != "Prof" {
		t.Error("a form with masks that can mean one value only was not saved")
	}
	t.Logf("%d titles changed; through the gateway the customer was saved: %v, the order: %v", titles,
		after[maskedCustomer].Title != before[maskedCustomer].Title, stays[maskedOrder].Rating == newRating)
}

// holds tells whether v is some customer's.
func holds(people []person, v string) bool {
	return slices.ContainsFunc(people, func(p person) bool { return slices.Contains(p.values(), v) })
}

func merge(to, from map[string]int) {
	for k, n := range from {
		to[k] += n
	}
}

func domOf(p page) string {
	return p.Text + "\n" + p.HTML + "\n" + strings.Join(p.Inputs, "\n") + "\n" + p.URL
}
