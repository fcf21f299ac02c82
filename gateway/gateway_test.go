package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testPolicy = `
version: 1
search: [phone, resident_id, bank_card, email]
unlisted: search
pass: ["GET /", "GET /assets/**"]
roles:
  agent: {view: masked, reveal: [phone], reveals_per_hour: 2, export: false}
  silent: {view: masked}
  auditor: {view: raw}
routes:
  - name: order-list
    match: GET /api/orders
    kind: list
    reason: {kind: ticket, header: X-Ticket, query: ticket}
    records:
      - at: $.orders[*]
        subject: customer.id
        attributes: {rating: review.rating}
        fields: {customer.name: name, customer.phone: phone}
  - name: order-export
    match: GET /api/orders/export
    kind: export
    records:
      - at: $[*]
        subject: customer.id
        fields: {customer.phone: phone}
  - name: customer
    match: GET /api/customers/{id}
    kind: detail
    records:
      - {at: $, subject: id, fields: {name: name, phone: phone}}
  - name: graph
    match: POST /graph
    kind: list
    writes:
      - {at: $.variables.input, where: {query: updateCustomer}, subject: id, fields: [name, phone]}
      - {at: $.variables, where: {query: createAddress}, subject: customerId, fields: [input.street, input.phone]}
    records:
      - {at: '$.data.customers[*]', subject: id, fields: {name: name, phone: phone, card: bank_card}}
`

// recorder is a Recorder in memory that can fail.
type recorder struct {
	mu     sync.Mutex
	events []event.Event
	err    error
	hold   chan struct{} // when not nil, Append waits for it
	asked  chan struct{} // told when an Append waits
}

func (r *recorder) Append(ctx context.Context, ev event.Event) error {
	if r.hold != nil {
		r.asked <- struct{}{}
		select {
		case <-r.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return r.Enqueue(ctx, ev)
}

func (r *recorder) Enqueue(_ context.Context, ev event.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if err := ev.Check(); err != nil {
		return err
	}
	r.events = append(r.events, ev)
	return nil
}

func (r *recorder) all() []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]event.Event(nil), r.events...)
}

func (r *recorder) last(t *testing.T) event.Event {
	t.Helper()
	all := r.all()
	if len(all) == 0 {
		t.Fatal("nothing was recorded")
	}
	return all[len(all)-1]
}

type fixture struct {
	*Gateway
	rec      *recorder
	now      time.Time
	standing string
	open     func(Claim) (bool, error)
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	return fixtureOf(t, testPolicy, nil)
}

func fixtureOf(t *testing.T, text string, keys *mask.Keys) *fixture {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{rec: &recorder{}, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), standing: event.Open,
		open: func(Claim) (bool, error) { return true, nil }}
	subjects, err := HMACSubjects([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	f.Gateway, err = New(Config{
		Policy: p, Subjects: subjects, Record: f.rec, Masks: keys, Now: func() time.Time { return f.now },
		Standing: func(Who, time.Time) Answer {
			return Answer{Standing: f.standing, Grounds: []event.Text{{ZH: "测试。", EN: "A test."}}}
		},
		Reasons: func(_ context.Context, c Claim, _ time.Time) (bool, error) { return f.open(c) },
		Proxy:   &Proxy{From: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, User: "X-User", Role: "X-Role", Partner: "X-Partner"},
		Vault:   VaultLimits{TTL: 10 * time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func agent(role string) Session {
	return Session{Person: Person{Actor: "agent-017", Role: role, Partner: "bpo-2", Station: "st-4"}, ID: "s-1", IP: "10.0.0.8"}
}

func phone(field, original string) mask.Value {
	return mask.Value{Field: field, Class: mask.Phone, Original: original, Mask: mask.Of(mask.Phone, original), Mapped: true}
}

// view shows one customer to s.
func (f *fixture) view(t *testing.T, s Session, subject string, values ...mask.Value) *Visit {
	t.Helper()
	v, ref := f.Open(t.Context(), s, Request{Method: "GET", Path: "/api/orders", Header: func(string) string { return "t-88" }})
	if ref != nil {
		t.Fatal(ref)
	}
	v.See(mask.Record{Subject: subject, Attributes: map[string]any{"rating": 1.0}, Values: values})
	if err := v.Record(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestViewIsRecorded(t *testing.T) {
	f := newFixture(t)
	f.view(t, agent("agent"), "u-1", phone("customer.phone", "13812345678"))
	ev := f.rec.last(t)
	d := ev.Data.(*event.AccessViewed)
	if d.Actor != "agent-017" || d.Partner != "bpo-2" || d.Role != "agent" || d.Session != "s-1" || d.Endpoint != "GET /api/orders" ||
		d.Kind != "list" || d.Station != "st-4" || d.IP != "10.0.0.8" || d.Reason == nil || d.Reason.ID != "t-88" {
		t.Errorf("recorded %+v", d)
	}
	if len(d.Subjects) != 1 || d.Subjects[0].Fields["phone"] != event.Masked || len(d.Subjects[0].Attributes) != 1 {
		t.Errorf("subjects %+v", d.Subjects)
	}
	line, err := ev.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{"u-1", "13812345678"} {
		if strings.Contains(string(line), `"`+raw+`"`) {
			t.Errorf("the record holds a raw value")
		}
	}
}

func TestManySubjectsAreSeveralEvents(t *testing.T) {
	f := newFixture(t)
	v, ref := f.Open(t.Context(), agent("agent"), Request{Method: "GET", Path: "/api/orders"})
	if ref != nil {
		t.Fatal(ref)
	}
	for i := range 1234 {
		v.See(mask.Record{Subject: fmt.Sprint("u-", i), Values: []mask.Value{phone("customer.phone", "13812345678")}})
		v.See(mask.Record{Subject: fmt.Sprint("u-", i), Values: []mask.Value{{Field: "customer.name", Class: mask.Name, Original: "张三", Mask: "张*", Mapped: true}}})
	}
	if err := v.Record(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	seen := map[event.SubjectID]bool{}
	for _, ev := range f.rec.all() {
		d := ev.Data.(*event.AccessViewed)
		sizes = append(sizes, len(d.Subjects))
		for _, s := range d.Subjects {
			seen[s.Subject] = true
			if len(s.Fields) != 2 {
				t.Fatalf("fields %v", s.Fields)
			}
		}
	}
	if fmt.Sprint(sizes) != "[500 500 234]" || len(seen) != 1234 {
		t.Errorf("events of %v, %d customers", sizes, len(seen))
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name, role, path, standing string
		want                       Cause
	}{
		{"role", "stranger", "/api/orders", event.Open, CauseRoleUnknown},
		{"closed", "agent", "/api/orders", event.Closed, CauseStandingClosed},
		{"no answer about standing", "agent", "/api/orders", "", CauseStandingClosed},
		{"closed for the shell too", "agent", "/", event.Closed, CauseStandingClosed},
		{"export", "agent", "/api/orders/export", event.Open, CauseExportMasked},
		{"raw role without export", "auditor", "/api/orders/export", event.Open, CauseExport},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			f.standing = test.standing
			_, ref := f.Open(t.Context(), agent(test.role), Request{Method: "GET", Path: test.path})
			if ref == nil || ref.Cause != test.want {
				t.Fatalf("got %v, want %v", ref, test.want)
			}
			if d := f.rec.last(t).Data.(*event.AccessRefused); d.Cause != string(test.want) || d.Actor != "agent-017" || ref.ID == "" {
				t.Errorf("recorded %+v", d)
			}
			if m := ref.Message(); m.ZH == "" || m.EN == "" || strings.HasPrefix(m.EN, "Not let through") {
				t.Errorf("message %+v", m)
			}
		})
	}
	f := newFixture(t)
	f.standing = event.Narrowed
	v, ref := f.Open(t.Context(), agent("auditor"), Request{Method: "GET", Path: "/api/orders"})
	if ref != nil || !v.Masked {
		t.Errorf("a narrowed raw role is not masked: %v", ref)
	}
}

func TestEveryCauseHasItsSentence(t *testing.T) {
	for _, c := range []Cause{CauseNoIdentity, CauseBadLogin, CauseTooManyLogins, CauseRoleUnknown, CauseStandingClosed, CauseStandingNarrowed,
		CauseExportMasked, CauseExport, CauseUnlisted, CausePath, CauseMethod, CauseUpgrade, CauseUnreadable, CauseEncoding, CausePartial,
		CauseEventStream, CauseTooLarge, CauseMaskInWrite, CauseWriteUnreadable, CauseNotRecorded, CauseUpstream, CauseRevealMalformed,
		CauseRevealClass, CauseRevealNoReason, CauseRevealReason, CauseRevealQuota, CauseRevealNotSeen, CauseRevealAmbiguous, CauseCrossOrigin,
		CauseReasonsUnanswered} {
		if m := message(c); m.EN == "Not let through." || m.ZH == "" {
			t.Errorf("%s has no sentence", c)
		}
	}
}

func TestReveal(t *testing.T) {
	f := newFixture(t)
	s := agent("agent")
	f.view(t, s, "u-1", phone("customer.phone", "13812345678"),
		mask.Value{Field: "phone", Class: mask.Phone, Original: "13900001111", Mask: "139****1111"})
	req := RevealRequest{Subject: "u-1", Field: "phone", Reason: &event.ReasonRef{Kind: "ticket", ID: "t-88"}}
	value, ref := f.Reveal(t.Context(), s, req)
	if ref != nil || value != "13812345678" {
		t.Fatalf("got %q, %v", value, ref)
	}
	d := f.rec.last(t).Data.(*event.AccessViewed)
	if d.Kind != event.KindReveal || d.Subjects[0].Fields["phone"] != event.Raw || d.Reason.ID != "t-88" || d.Subjects[0].Subject != f.cfg.Subjects("u-1") {
		t.Errorf("recorded %+v", d)
	}
	req.Mask = "139****1111"
	if value, ref = f.Reveal(t.Context(), s, req); ref != nil || value != "13900001111" {
		t.Errorf("by mask: got %q, %v", value, ref)
	}
	if _, ref = f.Reveal(t.Context(), s, req); ref == nil || ref.Cause != CauseRevealQuota {
		t.Errorf("third of two: %v", ref)
	}
	f.now = f.now.Add(time.Hour)
	f.view(t, s, "u-1", phone("customer.phone", "13812345678"))
	req.Mask = ""
	if _, ref = f.Reveal(t.Context(), s, req); ref != nil {
		t.Errorf("an hour later: %v", ref)
	}
}

func TestRevealRefuses(t *testing.T) {
	good := func() RevealRequest {
		return RevealRequest{Subject: "u-1", Field: "phone", Reason: &event.ReasonRef{Kind: "ticket", ID: "t-88"}}
	}
	tests := []struct {
		name string
		want Cause
		role string
		set  func(*fixture, *RevealRequest, *Session)
	}{
		{"narrowed", CauseStandingNarrowed, "agent", func(f *fixture, _ *RevealRequest, _ *Session) { f.standing = event.Narrowed }},
		{"closed", CauseStandingClosed, "agent", func(f *fixture, _ *RevealRequest, _ *Session) { f.standing = event.Closed }},
		{"role reveals nothing", CauseRevealClass, "silent", func(*fixture, *RevealRequest, *Session) {}},
		{"class", CauseRevealClass, "agent", func(_ *fixture, r *RevealRequest, _ *Session) { r.Field = "name" }},
		{"no reason", CauseRevealNoReason, "agent", func(_ *fixture, r *RevealRequest, _ *Session) { r.Reason = nil }},
		{"a phone as reason", CauseRevealNoReason, "agent", func(_ *fixture, r *RevealRequest, _ *Session) { r.Reason.ID = "13812345678" }},
		{"reason not open", CauseRevealReason, "agent", func(f *fixture, _ *RevealRequest, _ *Session) {
			f.open = func(Claim) (bool, error) { return false, nil }
		}},
		{"reasons do not answer", CauseReasonsUnanswered, "agent", func(f *fixture, _ *RevealRequest, _ *Session) {
			f.open = func(Claim) (bool, error) { return true, errors.New("down") }
		}},
		{"not seen", CauseRevealNotSeen, "agent", func(_ *fixture, r *RevealRequest, _ *Session) { r.Subject = "u-2" }},
		{"another session", CauseRevealNotSeen, "agent", func(_ *fixture, _ *RevealRequest, s *Session) { s.ID = "s-2" }},
		{"expired", CauseRevealNotSeen, "agent", func(f *fixture, _ *RevealRequest, _ *Session) { f.now = f.now.Add(10 * time.Minute) }},
		{"ambiguous", CauseRevealAmbiguous, "agent", func(_ *fixture, r *RevealRequest, _ *Session) { r.Subject = "u-3" }},
		{"not recorded", CauseNotRecorded, "agent", func(f *fixture, _ *RevealRequest, _ *Session) { f.rec.err = errors.New("stopped") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			s := agent(test.role)
			f.view(t, s, "u-1", phone("customer.phone", "13812345678"), mask.Value{Field: "customer.name", Class: mask.Name, Original: "张三", Mask: "张*", Mapped: true})
			f.view(t, s, "u-3", phone("home.phone", "13812345678"), phone("work.phone", "13900001111"))
			r := good()
			test.set(f, &r, &s)
			value, ref := f.Reveal(t.Context(), s, r)
			if value != "" || ref == nil || ref.Cause != test.want {
				t.Fatalf("got %q, %v; want %v", value, ref, test.want)
			}
			if test.want == CauseNotRecorded {
				return
			}
			if d := f.rec.last(t).Data.(*event.AccessRefused); d.Cause != string(test.want) || d.Kind != event.KindReveal || d.Subject == "" {
				t.Errorf("recorded %+v", d)
			}
		})
	}
}

func TestRevealWaitsForTheRecord(t *testing.T) {
	f := newFixture(t)
	s := agent("agent")
	f.view(t, s, "u-1", phone("customer.phone", "13812345678"))
	f.rec.hold, f.rec.asked = make(chan struct{}), make(chan struct{}, 1)
	got := make(chan string, 1)
	go func() {
		v, _ := f.Reveal(context.Background(), s, RevealRequest{Subject: "u-1", Field: "phone", Reason: &event.ReasonRef{Kind: "ticket", ID: "t"}})
		got <- v
	}()
	<-f.rec.asked
	select {
	case <-got:
		t.Fatal("the value came before its record was durable")
	default:
	}
	close(f.rec.hold)
	if v := <-got; v != "13812345678" {
		t.Errorf("got %q", v)
	}
}

func FuzzReveal(f *testing.F) {
	for _, s := range []string{`{"subject":"u-1","field":"phone","reason":{"kind":"ticket","id":"t-88"}}`, `{}`, `{"subject":1}`, `[`, `{"subject":"a","field":"b","x":1}`, `{"subject":"a","subject":"b","field":"c"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseReveal(body)
		if err == nil && (r.Subject == "" || r.Field == "") {
			t.Error("accepted without subject or field")
		}
		if err != nil && len(err.Error()) > 100 {
			t.Error("the error holds more than it should")
		}
	})
}
