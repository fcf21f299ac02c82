package e2e

import (
	"encoding/json"
	"fmt"
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
)

// searchFor is what is typed to find p: a part of the e-mail address that is not
// counted as the address when the page repeats it.
func searchFor(p person) string {
	local, _, _ := strings.Cut(p.Email, "@")
	return strings.TrimPrefix(local, "guest.")
}

func testBare(t *testing.T, with tools, o *office, f *finder, office credentials, before []person, stays []stay) {
	w := walk(t, with, walkPlan{Base: o.url, Office: office, Customer: before[bareCustomer].ID, Order: stays[bareOrder].ID,
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
	w := walk(t, with, walkPlan{Base: d.url, Menshen: &d.agent, Office: office, Customer: p.ID, Order: stays[maskedOrder].ID,
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
		"e-mail": `g\*\*\*@example\.`, "resident id": `[0-9]{3}\*{11}[0-9]{3}[0-9X]`, "bank card": `\*{4}[0-9]{4}`, "name": `\p{Han}\*`,
	} {
		if n := len(regexp.MustCompile(mask).FindAllString(list, -1)); n < 100 {
			t.Errorf("the customer list shows %d masks like %s of %s, want one a row", n, mask, what)
		}
	}
	detail := w.page(t, "customer")
	for _, mask := range []string{p.Phone[:3] + "****" + p.Phone[7:], p.Resident[:3] + "***********" + p.Resident[14:], "****" + p.Card[len(p.Card)-4:]} {
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
	if len(large.body) < 128<<10 || !json.Valid([]byte(large.body)) {
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

// testWrite saves with masks in ways that a careless gateway gets wrong. What
// became of the data is checked at the end, by testDatabase.
func testWrite(t *testing.T, d *door, office credentials, before []person, stays []stay) {
	c := newClient(t, d.url, &d.agent, office)
	type form map[string]any
	const update = `mutation($input: UpdateCustomerInput!) { updateCustomer(input: $input) { __typename } }`
	const readdress = `mutation($input: UpdateAddressInput!) { updateCustomerAddress(input: $input) { id } }`
	const setOrder = `mutation($input: UpdateOrderInput!) { setOrderCustomFields(input: $input) { id } }`
	send := func(name, document string, input form) {
		t.Helper()
		a := c.query(document, map[string]any{"input": input})
		t.Logf("%s: status %d", name, a.status)
	}
	phone, card := func(p person) string { return p.Phone[:3] + "****" + p.Phone[7:] }, func(p person) string { return "****" + p.Card[len(p.Card)-4:] }

	send("a mask that this session was never shown", update, form{"id": before[20].ID, "phoneNumber": phone(before[20])})

	// From here on the session has seen every customer and every order.
	c.query(`{ customers(options: {take: 200}) { items { `+customerFields+` } } }`, nil)
	c.query(`{ orders(options: {take: 100}) { items { id customer { id firstName lastName } customFields { guestName guestPhone rating }
		shippingAddress { fullName streetLine1 phoneNumber } } } }`, nil)

	send("its own masks", update, form{"id": before[21].ID, "title": "Dr", "phoneNumber": phone(before[21]), "customFields": form{"bankCard": card(before[21])}})
	send("another customer's masks", update, form{"id": before[22].ID, "phoneNumber": phone(before[23]), "customFields": form{"bankCard": card(before[23])}})
	send("a mask in a wrong field", update, form{"id": before[24].ID, "lastName": phone(before[24])})
	send("a full mask", update, form{"id": before[25].ID, "firstName": "******"})
	send("a mask amid text", update, form{"id": before[26].ID, "customFields": form{"remark": "call " + phone(before[26])}})
	// An address has a number of its own, which is some other customer's.
	c2 := c.query(fmt.Sprintf(`{ customer(id: %d) { addresses { id fullName streetLine1 phoneNumber } } }`, before[27].ID), nil)
	var shown struct {
		Data struct {
			Customer struct {
				Addresses []form
			}
		}
	}
	if err := json.Unmarshal([]byte(c2.body), &shown); err != nil || len(shown.Data.Customer.Addresses) == 0 {
		t.Fatalf("reading an address: status %d, %v", c2.status, err)
	}
	send("an address as it was shown", readdress, shown.Data.Customer.Addresses[0])
	// So has an order.
	for i, s := range stays[10:30] {
		send(fmt.Sprintf("order %d as it was shown", i), setOrder, form{"id": s.ID, "customFields": form{
			"guestName": string([]rune(s.Guest)[0]) + "**", "guestPhone": s.GuestPhone[:3] + "****" + s.GuestPhone[7:]}})
	}
	// Masks need not stand in variables.
	a := c.query(fmt.Sprintf(`mutation { updateCustomer(input: {id: "%d", phoneNumber: %q}) { __typename } }`, before[28].ID, phone(before[28])), nil)
	t.Logf("a mask in the document: status %d", a.status)
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
