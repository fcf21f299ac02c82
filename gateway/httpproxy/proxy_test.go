package httpproxy

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
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
  auditor: {view: raw, export: true}
  trainee: {view: masked, masks: {phone: ff1, email: pseudonym}}
  clerk: {view: masked, export: true}
routes:
  - name: order-list
    match: GET /api/orders
    kind: list
    reason: {kind: ticket, header: X-Ticket}
    records:
      - at: $.orders[*]
        subject: customer.id
        fields: {customer.name: name, customer.phone: phone}
  - name: order
    match: GET /api/orders/{id}
    kind: detail
    records:
      - at: $
        subject: customer.id
        fields: {customer.name: name, customer.phone: phone}
  - name: guest
    match: GET /api/guests/{id}
    kind: detail
    records:
      - {at: $, subject: id, fields: {name: {class: name, mask: pseudonym}, phone: phone, born: {class: birth_date, mask: general}}}
  - name: feed
    match: GET /api/feed
    kind: list
    records:
      - at: $
        subject: id
        fields: {phone: phone, name: name}
  - name: export
    match: GET /export
    kind: export
    records:
      - at: $[*]
        subject: id
        fields: {phone: phone}
`

type recorder struct {
	mu     sync.Mutex
	events []event.Event
	err    error
	hold   chan struct{}
	asked  chan struct{}
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

func (r *recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// views and refusals are what was recorded.
func (r *recorder) views() (out []*event.AccessViewed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ev := range r.events {
		if d, ok := ev.Data.(*event.AccessViewed); ok {
			out = append(out, d)
		}
	}
	return out
}

func (r *recorder) refusals() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ev := range r.events {
		if d, ok := ev.Data.(*event.AccessRefused); ok {
			out = append(out, d.Cause)
		}
	}
	return out
}

type door struct {
	t        *testing.T
	url      string
	rec      *recorder
	upstream http.HandlerFunc
	seen     *http.Request // as the back office saw it
	body     string
	mu       sync.Mutex
	standing string
	client   *http.Client
	proxy    *Proxy
}

// newDoor stands before upstream. Requests come from the trusted proxy, whose
// headers say who it is.
func newDoor(t *testing.T, upstream http.HandlerFunc) *door {
	t.Helper()
	d := &door{t: t, rec: &recorder{}, upstream: upstream, standing: event.Open}
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, err := io.ReadAll(r.Body); err == nil {
			d.body = string(b)
		}
		d.seen = r.Clone(context.WithoutCancel(r.Context()))
		d.upstream(w, r)
	}))
	t.Cleanup(back.Close)
	p, err := policy.Parse("policy.yaml", []byte(testPolicy))
	if err != nil {
		t.Fatal(err)
	}
	subjects, err := gateway.HMACSubjects([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := mask.NewKeys([]byte(strings.Repeat("m", mask.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	gw, err := gateway.New(gateway.Config{
		Policy: p, Subjects: subjects, Record: d.rec, Masks: keys,
		Accounts: func(_ context.Context, user string) (gateway.Account, bool, error) {
			if user != "li" {
				return gateway.Account{}, false, nil
			}
			return gateway.Account{Person: gateway.Person{Actor: "agent-017", Name: "Li", Role: "agent", Partner: "bpo-2"}, Hash: quickHash}, true, nil
		},
		Proxy: &gateway.Proxy{From: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, User: "X-User", Role: "X-Role", Partner: "X-Partner"},
		Standing: func(gateway.Who, time.Time) gateway.Answer {
			d.mu.Lock()
			defer d.mu.Unlock()
			return gateway.Answer{Standing: d.standing, Grounds: []event.Text{{ZH: "培训逾期。", EN: "Training is overdue."}}}
		},
		Reasons: func(_ context.Context, c gateway.Claim, _ time.Time) (bool, error) { return c.Reason.ID == "t-88", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(back.URL)
	tr := NewTransport()
	t.Cleanup(tr.CloseIdleConnections)
	proxy, err := New(Config{Gateway: gw, Upstream: u, Transport: tr})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(proxy)
	front.Config = NewServer(proxy)
	front.Start()
	t.Cleanup(front.Close)
	d.url, d.proxy = front.URL, proxy
	own := &http.Transport{DisableCompression: true}
	t.Cleanup(own.CloseIdleConnections)
	d.client = &http.Client{Transport: own, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return d
}

func (d *door) stand(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.standing = s
}

func (d *door) request(method, path, role, body string, headers ...string) *http.Request {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if role != "" {
		r.Header.Set("X-User", "agent-017")
		r.Header.Set("X-Role", role)
		r.Header.Set("X-Partner", "bpo-2")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// do sends a request and reads the answer. The error is that of the body.
func (d *door) do(r *http.Request) (*http.Response, string, error) {
	d.t.Helper()
	resp, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

func (d *door) get(path, role string, headers ...string) (*http.Response, string) {
	d.t.Helper()
	resp, body, err := d.do(d.request("GET", path, role, "", headers...))
	if err != nil {
		d.t.Fatal(err)
	}
	return resp, body
}

func (d *door) refused(resp *http.Response, body string, code int, cause gateway.Cause) {
	d.t.Helper()
	var p struct {
		Status  int
		Cause   gateway.Cause
		Message event.Text
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil || resp.StatusCode != code || p.Cause != cause || p.Message.ZH == "" || p.Message.EN == "" {
		d.t.Errorf("got %d %s (%v), want %d %s", resp.StatusCode, body, err, code, cause)
	}
	if strings.Contains(body, rawPhone) {
		d.t.Error("the refusal holds a raw value")
	}
}

// quickHash is of "correct horse", with parameters for tests only.
const quickHash = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MjZP1+1U9JUbDWvDvtLyEsZiNXOKEUxfi6O2oe46uxA"

const (
	rawPhone = "13812345678"
	order    = `{"orders": [{"no":"A-1","amount":12345678901234567890.10,"customer":{"id":"u-1","name":"张三丰","phone":"13812345678"},"note":"call 13900001111"}]}`
	masked   = `{"orders": [{"no":"A-1","amount":12345678901234567890.10,"customer":{"id":"u-1","name":"张**","phone":"138****5678"},"note":"call 139****1111"}]}`
)

func serve(ct, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if ct != "" {
			w.Header().Set("Content-Type", ct)
		} else {
			w.Header()["Content-Type"] = nil
		}
		_, _ = io.WriteString(w, body)
	}
}

func zip(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	z.Close()
	return b.String()
}

func deflated(s string, header bool) string {
	var b bytes.Buffer
	var z io.WriteCloser = zlib.NewWriter(&b)
	if !header {
		z, _ = flate.NewWriter(&b, flate.BestSpeed)
	}
	_, _ = io.WriteString(z, s)
	z.Close()
	return b.String()
}

func unzip(t *testing.T, s string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestMasksJSON(t *testing.T) {
	d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("ETag", `"x"`)
		h.Set("Accept-Ranges", "bytes")
		h.Set("Content-MD5", "x")
		h.Set("Set-Cookie", "sid=1; Path=/")
		h.Add("Set-Cookie", "menshen_session=forged")
		_, _ = io.WriteString(w, order)
	})
	resp, body := d.get("/api/orders", "agent", "X-Ticket", "t-88", "Range", "bytes=0-10", "If-None-Match", `"x"`, "Cookie", "a=1; menshen_session=abc; b=2",
		"X-HTTP-Method-Override", "DELETE", "X-Original-URL", "/secret", "X-Menshen-Role", "auditor", "X_User", "x", "Accept-Encoding", "br, zstd")
	if resp.StatusCode != 200 || body != masked {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	for _, h := range []string{"Etag", "Accept-Ranges", "Content-Md5"} {
		if resp.Header.Get(h) != "" {
			t.Errorf("%s is still there", h)
		}
	}
	if resp.ContentLength != int64(len(masked)) || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("length %d, cache %q", resp.ContentLength, resp.Header.Get("Cache-Control"))
	}
	if c := resp.Header["Set-Cookie"]; len(c) != 1 || c[0] != "sid=1; Path=/" {
		t.Errorf("cookies %v", c)
	}
	for name, want := range map[string]string{"Cookie": "a=1; b=2", "Range": "", "If-None-Match": "", "X-Http-Method-Override": "", "X-Original-Url": "",
		"X-Menshen-Role": "agent", "X-Menshen-Actor": "agent-017", "Accept-Encoding": "identity", "X_user": "", "X_User": ""} {
		if got := d.seen.Header.Get(name); got != want {
			t.Errorf("the back office saw %s: %q, want %q", name, got, want)
		}
	}
	views := d.rec.views()
	if len(views) != 1 || len(views[0].Subjects) != 1 {
		t.Fatalf("views %+v", views)
	}
	v := views[0]
	if v.Actor != "agent-017" || v.Endpoint != "GET /api/orders" || v.Reason == nil || v.Reason.ID != "t-88" || v.IP != "127.0.0.1" ||
		fmt.Sprint(v.Subjects[0].Fields) != "map[name:masked phone:masked]" {
		t.Errorf("recorded %+v", v)
	}
}

func TestReadsBodies(t *testing.T) {
	line := `{"id":"u-1","name":"张三丰","phone":"13812345678"}`
	masks := `{"id":"u-1","name":"张**","phone":"138****5678"}`
	big := "[" + strings.Repeat(`{"phone":"13812345678","pad":"`+strings.Repeat("x", 200)+`"},`, 2000) + "1]"
	encoded := func(enc, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", enc)
			_, _ = io.WriteString(w, body)
		}
	}
	chunked := func(ct string, parts ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", ct)
			for _, p := range parts {
				_, _ = io.WriteString(w, p)
				_ = http.NewResponseController(w).Flush()
			}
		}
	}
	tests := []struct {
		name, path string
		upstream   http.HandlerFunc
		accept     string
		want       string // "" is a refusal
		cause      gateway.Cause
	}{
		{"chunked in the middle of a value", "/api/orders", chunked("application/json", order[:90], order[90:95], order[95:]), "", masked, ""},
		{"gzip for one who reads it", "/api/orders", encoded("gzip", zip(order)), "gzip", masked, ""},
		{"gzip for one who does not", "/api/orders", encoded("gzip", zip(order)), "", masked, ""},
		{"large", "/api/x", serve("application/json", big), "", strings.ReplaceAll(big, rawPhone, "138****5678"), ""},
		{"large in gzip", "/api/x", encoded("gzip", zip(big)), "gzip", strings.ReplaceAll(big, rawPhone, "138****5678"), ""},
		{"+json", "/api/orders", serve("application/hal+json", order), "", masked, ""},
		{"ndjson", "/api/feed", serve("application/x-ndjson", line+"\n"+line+"\n\n"+line), "", masks + "\n" + masks + "\n\n" + masks, ""},
		{"ndjson in gzip", "/api/feed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-ndjson")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, zip(line+"\n"+line+"\n"))
		}, "gzip", masks + "\n" + masks + "\n", ""},
		{"JSON called HTML", "/api/orders", serve("text/html", order), "", masked, ""},
		{"JSON called nothing", "/api/orders", serve("", order), "", masked, ""},
		{"JSONP", "/api/orders", serve("application/javascript", "cb("+order+")"), "", "", gateway.CauseUnreadable},
		{"malformed", "/api/orders", serve("application/json", order+"}"), "", "", gateway.CauseUnreadable},
		{"cut short", "/api/orders", serve("application/json", order[:100]), "", "", gateway.CauseUnreadable},
		{"deflate", "/api/orders", encoded("deflate", deflated(order, true)), "", masked, ""},
		{"deflate without a header", "/api/orders", encoded("deflate", deflated(order, false)), "gzip", masked, ""},
		{"not deflate", "/api/orders", encoded("deflate", order), "", "", gateway.CauseUnreadable},
		{"not gzip", "/api/orders", encoded("gzip", order), "gzip", "", gateway.CauseUnreadable},
		{"br", "/api/orders", encoded("br", order), "br", "", gateway.CauseEncoding},
		{"twice gzip", "/api/orders", encoded("gzip, gzip", zip(zip(order))), "gzip", "", gateway.CauseEncoding},
		{"utf-16", "/api/orders", serve("application/json; charset=utf-16", order), "", "", gateway.CauseEncoding},
		{"partial", "/api/orders", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-5/10")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(206)
			_, _ = io.WriteString(w, "\"1381\"")
		}, "", "", gateway.CausePartial},
		{"the shell passes", "/", serve("text/html", "<p>hello"), "", "<p>hello", ""},
		{"JSON in the shell's place", "/assets/config", serve("application/json", `{"hotline":"13812345678"}`), "", `{"hotline":"138****5678"}`, ""},
		{"scalar", "/api/x", serve("application/json", `"13812345678"`), "", `"138****5678"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDoor(t, test.upstream)
			resp, body := d.get(test.path, "agent", "Accept-Encoding", test.accept)
			if test.want == "" {
				d.refused(resp, body, 403, test.cause)
				if got := d.rec.refusals(); len(got) != 1 || got[0] != string(test.cause) {
					t.Errorf("recorded %v", got)
				}
				return
			}
			if resp.Header.Get("Content-Encoding") == "gzip" {
				if test.accept != "gzip" {
					t.Error("gzip to one who does not read it")
				}
				body = unzip(t, body)
			}
			if resp.StatusCode != 200 || body != test.want {
				t.Errorf("got %d, %d bytes %.200s", resp.StatusCode, len(body), body)
			}
		})
	}
}

func TestEmptyBodiesAndErrors(t *testing.T) {
	d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/204":
			w.WriteHeader(204)
		case "/redirect":
			http.Redirect(w, r, "/c?phone=13812345678", http.StatusFound)
		case "/404json":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, `{"error":"no customer with 13812345678"}`)
		case "/404":
			http.Error(w, "13812345678 not found", 404)
		case "/404pdf":
			w.Header().Set("Content-Type", "application/pdf")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "%PDF 13812345678")
		case "/500":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(500)
			_, _ = io.WriteString(w, "<p>\xff 13812345678")
		case "/headers":
			w.Header().Set("X-Customer", "tel 13812345678")
			w.Header().Set("X-Escaped", "%31%33812345678")
			w.Header().Set("Trailer", "X-Tail")
			w.Header().Set("X-Accel-Redirect", "/internal/file")
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Link", "</13812345678>; rel=x")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "{}")
			w.Header().Set("X-Tail", "13812345678")
		case "/api/orders":
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "5000")
		}
	})
	if resp, body := d.get("/204", "agent"); resp.StatusCode != 204 || body != "" {
		t.Errorf("204: %d %q", resp.StatusCode, body)
	}
	if resp, body := d.get("/redirect", "agent"); resp.StatusCode != 302 || body != "" || resp.Header.Get("Location") != "/c?phone=138****5678" {
		t.Errorf("redirect: %d %q %v", resp.StatusCode, body, resp.Header)
	}
	if resp, body := d.get("/404json", "agent"); resp.StatusCode != 404 || body != `{"error":"no customer with 138****5678"}` {
		t.Errorf("404 json: %d %q", resp.StatusCode, body)
	}
	if resp, body := d.get("/404", "agent"); resp.StatusCode != 404 || body != "138****5678 not found\n" {
		t.Errorf("404: %d %q", resp.StatusCode, body)
	}
	if resp, body := d.get("/404pdf", "agent"); resp.StatusCode != 404 || strings.Contains(body, "1381") || !strings.Contains(body, "unreadable") {
		t.Errorf("404 of what is not read: %d %q", resp.StatusCode, body)
	}
	if resp, body := d.get("/500", "agent"); resp.StatusCode != 500 || strings.Contains(body, "1381") || !strings.Contains(body, "unreadable") {
		t.Errorf("500 that is not what it says: %d %q", resp.StatusCode, body)
	}
	resp, body := d.get("/headers", "agent")
	if all := fmt.Sprint(resp.Header, resp.Trailer); strings.Contains(all, rawPhone) || strings.Contains(all, "%31") || strings.Contains(all, "internal") || body != "{}" ||
		resp.Header.Get("X-Customer") != "tel 138****5678" {
		t.Errorf("headers: %s", all)
	}
	head, _, err := d.do(d.request("HEAD", "/api/orders", "agent", ""))
	if err != nil || head.StatusCode != 200 || head.ContentLength == 5000 {
		t.Errorf("HEAD: %v %d, length %d", err, head.StatusCode, head.ContentLength)
	}
	if got := d.rec.refusals(); len(got) != 0 {
		t.Errorf("recorded refusals %v", got)
	}
}

func TestAbortsWhatBreaksMidway(t *testing.T) {
	for _, gz := range []bool{false, true} {
		body := `{"orders":[` + strings.Repeat(`{"customer":{"id":"u-1","name":"张三丰","phone":"13812345678"}},`, 5000) + `{"customer": oops "13812345678"}]}`
		d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if gz {
				w.Header().Set("Content-Encoding", "gzip")
				body = zip(body)
			}
			_, _ = io.WriteString(w, body)
		})
		resp, got, err := d.do(d.request("GET", "/api/orders", "agent", "", "Accept-Encoding", "gzip"))
		if err == nil {
			t.Errorf("gzip %v: the client takes the part for the whole (%d bytes)", gz, len(got))
		}
		if resp.StatusCode != 200 || strings.Contains(got, rawPhone) || !gz && strings.Contains(got, "oops") {
			t.Errorf("gzip %v: %d, what is after the fault came through", gz, resp.StatusCode)
		}
		if ref := d.rec.refusals(); len(ref) != 1 || ref[0] != "unreadable" {
			t.Errorf("refusals %v", ref)
		}
		if views := d.rec.views(); len(views) == 0 || len(views[0].Subjects) != 1 {
			t.Errorf("what was shown was not recorded")
		}
	}
}

func TestHTTP10IsHeld(t *testing.T) {
	body := `{"orders":[` + strings.Repeat(`{"customer":{"id":"u-1","phone":"13812345678"}},`, 5000)
	d := newDoor(t, serve("application/json", body))
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /api/orders HTTP/1.0\r\nX-User: a\r\nX-Role: agent\r\n\r\n")
	got, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(got), "HTTP/1.0 403") || strings.Contains(string(got), "138") {
		t.Errorf("%v %.200s", err, got)
	}
}

func TestRawWaitsForTheRecord(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	d.rec.hold, d.rec.asked = make(chan struct{}), make(chan struct{}, 1)
	type answer struct {
		resp *http.Response
		body string
	}
	got := make(chan answer, 1)
	go func() {
		resp, err := d.client.Do(d.request("GET", "/api/orders", "auditor", ""))
		if err != nil {
			got <- answer{}
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		got <- answer{resp, string(b)}
	}()
	<-d.rec.asked
	select {
	case <-got:
		t.Fatal("raw data came before its record was durable")
	default:
	}
	close(d.rec.hold)
	a := <-got
	if a.resp == nil || a.body != order {
		t.Fatalf("got %q", a.body)
	}
	views := d.rec.views()
	if len(views) != 1 || fmt.Sprint(views[0].Subjects[0].Fields) != "map[name:raw phone:raw]" {
		t.Errorf("recorded %+v", views)
	}
}

func TestNoRecordNoData(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	d.rec.fail(errors.New("stopped"))
	for _, role := range []string{"agent", "auditor"} {
		resp, body := d.get("/api/orders", role)
		d.refused(resp, body, 503, gateway.CauseNotRecorded)
	}
	d.upstream = serve("application/json", `{"orders":[`+strings.Repeat(`{"customer":{"id":"u-1","phone":"13812345678"}},`, 5000)+`1]}`)
	resp, body := d.get("/api/orders", "agent")
	d.refused(resp, body, 503, gateway.CauseNotRecorded)
	d.upstream = serve("text/csv", "13812345678")
	resp, body = d.get("/api/orders", "auditor")
	d.refused(resp, body, 503, gateway.CauseNotRecorded)
}
