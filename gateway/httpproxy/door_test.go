package httpproxy

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
)

func TestNoIdentityNoData(t *testing.T) {
	asked := false
	d := newDoor(t, func(http.ResponseWriter, *http.Request) { asked = true })
	resp, body := d.get("/api/orders", "")
	d.refused(resp, body, 401, gateway.CauseNoIdentity)
	resp, _ = d.get("/orders?x=1", "", "Accept", "text/html")
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/_menshen/login?next=%2Forders%3Fx%3D1" {
		t.Errorf("navigation: %d %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	if asked {
		t.Error("the back office was asked")
	}
}

func TestLogin(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	resp, body := d.get("/_menshen/login?next=//evil.example/", "", "Accept", "text/html")
	if resp.StatusCode != 200 || !strings.Contains(body, "登录") || !strings.Contains(body, "Sign in") || strings.Contains(body, "evil") ||
		!strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(body, css) {
		t.Errorf("page: %d %s", resp.StatusCode, body)
	}
	post := func(user, password string) *http.Response {
		form := url.Values{"user": {user}, "password": {password}, "next": {"/orders?x=1"}}
		resp, _, err := d.do(d.request("POST", "/_menshen/login", "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded"))
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	if resp := post("li", "wrong"); resp.StatusCode != 401 || len(resp.Cookies()) != 0 {
		t.Errorf("wrong password: %d", resp.StatusCode)
	}
	resp = post("li", "correct horse")
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/orders?x=1" || len(resp.Cookies()) != 1 {
		t.Fatalf("sign in: %d %v", resp.StatusCode, resp.Header)
	}
	c := resp.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Name != "menshen_session" {
		t.Errorf("cookie %+v", c)
	}
	cookie := c.Name + "=" + c.Value
	if resp, body := d.get("/api/orders", "", "Cookie", cookie); resp.StatusCode != 200 || body != masked {
		t.Errorf("signed in: %d %s", resp.StatusCode, body)
	}
	if d.seen.Header.Get("Cookie") != "" {
		t.Error("the back office saw the session's cookie")
	}
	_, body = d.get("/_menshen/whoami", "", "Cookie", cookie)
	var who whoami
	if err := json.Unmarshal([]byte(body), &who); err != nil || who.User != "agent-017" || who.View != "masked" || who.RevealsLeft != 2 || who.Standing != "open" {
		t.Errorf("whoami %s (%v)", body, err)
	}
	if resp, _, _ := d.do(d.request("POST", "/_menshen/logout", "", "", "Cookie", cookie)); resp.StatusCode != 204 {
		t.Errorf("sign out: %d", resp.StatusCode)
	}
	resp, body = d.get("/api/orders", "", "Cookie", cookie)
	d.refused(resp, body, 401, gateway.CauseNoIdentity)
	resp, body, _ = d.do(d.request("POST", "/_menshen/login", "", `{"user":"li","password":"correct horse"}`, "Content-Type", "application/json"))
	if resp.StatusCode != 200 || len(resp.Cookies()) != 1 || !strings.Contains(body, `"agent-017"`) {
		t.Errorf("JSON sign in: %d %s", resp.StatusCode, body)
	}
	resp, body, _ = d.do(d.request("POST", "/_menshen/login", "", "", "Sec-Fetch-Site", "cross-site"))
	d.refused(resp, body, 403, gateway.CauseCrossOrigin)
	if resp, body := d.get("/_menshen/healthz", ""); resp.StatusCode != 200 || body != "ok\n" {
		t.Errorf("healthz: %d %s", resp.StatusCode, body)
	}
	if resp, _ := d.get("/_menshen/else", "agent"); resp.StatusCode != 404 {
		t.Errorf("unknown own path: %d", resp.StatusCode)
	}
}

func TestStrangersHeadersAreNotTaken(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	r := httptest.NewRequest("GET", "/api/orders", nil)
	r.Header.Set("X-User", "agent-017")
	r.Header.Set("X-Role", "auditor")
	r.RemoteAddr = "192.0.2.1:4711"
	w := httptest.NewRecorder()
	d.proxy.ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("a stranger's word was taken: %d", w.Code)
	}
}

func TestClientIP(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	d.get("/api/orders", "agent", "X-Forwarded-For", "203.0.113.9, 192.0.2.7, 127.0.0.1")
	if v := d.rec.views(); len(v) != 1 || v[0].IP != "192.0.2.7" {
		t.Errorf("recorded %+v", v)
	}
	if got := d.seen.Header.Get("X-Forwarded-For"); got != "203.0.113.9, 192.0.2.7, 127.0.0.1, 127.0.0.1" {
		t.Errorf("forwarded for %q", got)
	}
}

func (d *door) reveal(body string, headers ...string) (*http.Response, string) {
	d.t.Helper()
	resp, got, err := d.do(d.request("POST", "/_menshen/reveal", "agent", body, append([]string{"Content-Type", "application/json"}, headers...)...))
	if err != nil {
		d.t.Fatal(err)
	}
	return resp, got
}

func TestReveal(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	good := `{"subject":"u-1","field":"customer.phone","reason":{"kind":"ticket","id":"t-88"}}`
	resp, body := d.reveal(good)
	d.refused(resp, body, 404, gateway.CauseRevealNotSeen)
	d.get("/api/orders", "agent")
	if resp, body = d.reveal(good); resp.StatusCode != 200 || !strings.Contains(body, `"value":"13812345678"`) || !strings.Contains(body, `"reveals_left":1`) ||
		resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	views := d.rec.views()
	if v := views[len(views)-1]; v.Kind != event.KindReveal || v.Subjects[0].Fields["phone"] != event.Raw {
		t.Errorf("recorded %+v", v)
	}
	resp, body = d.reveal(`{"subject":"u-1","field":"customer.phone","reason":{"kind":"ticket","id":"t-99"}}`)
	d.refused(resp, body, 403, gateway.CauseRevealReason)
	resp, body = d.reveal(`{"subject":"u-1","field":"customer.name","reason":{"kind":"ticket","id":"t-88"}}`)
	d.refused(resp, body, 403, gateway.CauseRevealClass)
	resp, body = d.reveal(good, "Content-Type", "text/plain")
	d.refused(resp, body, 400, gateway.CauseRevealMalformed)
	resp, body = d.reveal(`{`)
	d.refused(resp, body, 400, gateway.CauseRevealMalformed)
	resp, body = d.reveal(good, "Origin", "https://evil.example")
	d.refused(resp, body, 403, gateway.CauseCrossOrigin)
	d.stand(event.Narrowed)
	resp, body = d.reveal(good)
	d.refused(resp, body, 403, gateway.CauseStandingNarrowed)
	d.stand(event.Open)
	d.reveal(good)
	resp, body = d.reveal(good)
	d.refused(resp, body, 429, gateway.CauseRevealQuota)
}

func TestRevealPage(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	form := func(fields string) (*http.Response, string) {
		return d.reveal(fields, "Content-Type", "application/x-www-form-urlencoded")
	}
	const good = "subject=u-1&field=phone&kind=ticket&reason=t-88"
	if resp, body := form(good); resp.StatusCode != 404 || strings.Contains(body, "13812345678") || !strings.Contains(body, `value="u-1"`) ||
		!strings.Contains(body, "</html>") {
		t.Errorf("before it was shown: %d %s", resp.StatusCode, body)
	}
	d.get("/api/orders", "agent")
	resp, body := form(good)
	if resp.StatusCode != 200 || !strings.Contains(body, "13812345678") || resp.Header.Get("Cache-Control") != "no-store" ||
		!strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if views := d.rec.views(); views[len(views)-1].Kind != event.KindReveal {
		t.Error("not recorded")
	}
	for _, bad := range []string{"subject=u-1&field=phone&kind=ticket&reason=t-99", "subject=u-1&field=name&kind=ticket&reason=t-88", "field=phone", "%zz"} {
		if resp, body := form(bad); resp.StatusCode < 400 || strings.Contains(body, "13812345678") {
			t.Errorf("%s: %d %s", bad, resp.StatusCode, body)
		}
	}
	if resp, _ := d.reveal(good, "Content-Type", "application/x-www-form-urlencoded", "Origin", "https://evil.example"); resp.StatusCode != 403 {
		t.Errorf("from another site: %d", resp.StatusCode)
	}
}

func TestStandingChangesMidSession(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	if resp, _ := d.get("/api/orders", "auditor"); resp.StatusCode != 200 {
		t.Fatal(resp.StatusCode)
	}
	d.stand(event.Narrowed)
	if resp, body := d.get("/api/orders", "auditor"); resp.StatusCode != 200 || body != masked {
		t.Errorf("narrowed: %d %s", resp.StatusCode, body)
	}
	d.stand(event.Closed)
	resp, body := d.get("/api/orders", "auditor")
	d.refused(resp, body, 403, gateway.CauseStandingClosed)
	if !strings.Contains(body, "培训逾期") || !strings.Contains(body, "Training is overdue") {
		t.Errorf("no ground in %s", body)
	}
	resp, body = d.get("/api/orders", "agent", "Accept", "text/html")
	if resp.StatusCode != 403 || !strings.Contains(body, "<html") || !strings.Contains(body, "培训逾期") {
		t.Errorf("page: %d %s", resp.StatusCode, body)
	}
}

func TestWriteBack(t *testing.T) {
	d := newDoor(t, serve("application/json", order))
	d.get("/api/orders", "agent")
	d.upstream = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, d.body)
	}
	put := func(path, body, ct string) (*http.Response, string) {
		d.body = ""
		resp, got, err := d.do(d.request("PUT", path, "agent", body, "Content-Type", ct))
		if err != nil {
			t.Fatal(err)
		}
		return resp, got
	}
	shown := `{"customer":{"id":"u-1","name":"张**","phone":"138****5678"},"status":"done"}`
	resp, echo := put("/api/orders/A-1", shown, "application/json")
	if want := `{"customer":{"id":"u-1","name":"张三丰","phone":"13812345678"},"status":"done"}`; d.body != want {
		t.Errorf("the back office got %s", d.body)
	}
	if resp.StatusCode != 200 || echo != shown {
		t.Errorf("the echo is not masked: %d %s", resp.StatusCode, echo)
	}
	resp, got := put("/api/orders/A-1", `{"shop":{"owner":"张**"}}`, "application/json")
	d.refused(resp, got, 409, gateway.CauseMaskInWrite)
	resp, got = put("/api/other", shown, "application/json")
	d.refused(resp, got, 409, gateway.CauseMaskInWrite)
	resp, got = put("/api/other", "to 137****0000", "text/plain")
	d.refused(resp, got, 409, gateway.CauseMaskInWrite)
	for _, write := range [][2]string{
		{`{"id":"u-1","by":{"138****5678":"x"}}`, "application/json"}, {`<c><id>u-1</id><name>张**</name></c>`, "application/xml"},
		{"id,name\nu-1,张**", "text/csv; charset=utf-8"}, {`<a>浙江省杭州市******</a>`, "text/xml"}, {`<a>******</a>`, "application/soap+xml"},
		{`{"id":"u-1","name":"张**"}`, "application/x-ndjson"}, {`{"id":"u-1","name":"\u5f20**"}`, "text/plain"}, {"name: 张**", ""},
	} {
		resp, got = put("/api/orders/A-1", write[0], write[1])
		d.refused(resp, got, 409, gateway.CauseMaskInWrite)
	}
	resp, got = put("/api/other", strings.Repeat("x", gateway.MaxWrite+1), "text/csv")
	d.refused(resp, got, 413, gateway.CauseTooLarge)
	resp, got = put("/api/other", `{"a":"*`, "application/json")
	d.refused(resp, got, 400, gateway.CauseWriteUnreadable)
	resp, got = put("/api/other", `"`+strings.Repeat("x", gateway.MaxWrite)+`"`, "application/json")
	d.refused(resp, got, 413, gateway.CauseTooLarge)
	if d.body != "" {
		t.Error("a refused write reached the back office")
	}
	for ct, body := range map[string]string{"application/xml": "<a>5*3 **</a>", "text/csv": "id,name\n1,*", "multipart/form-data; boundary=x": "--x\r\n\r\n**\r\n--x--"} {
		if put("/api/other", body, ct); d.body != body {
			t.Errorf("%s: the back office got %q", ct, d.body)
		}
	}
	put("/api/other", strings.Repeat("x", gateway.MaxWrite+5), "application/octet-stream")
	if len(d.body) != gateway.MaxWrite+5 {
		t.Errorf("an upload of %d bytes arrived", len(d.body))
	}
}

func TestRefusesRequests(t *testing.T) {
	asked := false
	d := newDoor(t, func(http.ResponseWriter, *http.Request) { asked = true })
	for _, path := range []string{"/api%2forders", "/api/../orders", "/api//orders", "/api/%2e%2e/x", "/api/orders;a=1", "/api%5corders", "/a%00b",
		"/api/orders.json", "/x%252fy", "//api/orders"} {
		r := d.request("GET", "/", "agent", "")
		r.URL.Opaque = path
		if strings.HasPrefix(path, "//") {
			r.URL.Opaque = "//" + r.URL.Host + path
		}
		resp, body, err := d.do(r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != 400 || !strings.Contains(body, string(gateway.CausePath)) {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	resp, body := d.get("/api/orders", "agent", "Connection", "Upgrade", "Upgrade", "websocket")
	d.refused(resp, body, 403, gateway.CauseUpgrade)
	resp, body, _ = d.do(d.request("TRACE", "/api/orders", "agent", ""))
	d.refused(resp, body, 405, gateway.CauseMethod)
	resp, body = d.get("/export", "agent")
	d.refused(resp, body, 403, gateway.CauseExportMasked)
	if asked {
		t.Error("the back office was asked")
	}
}

func TestUpstreamDown(t *testing.T) {
	d := newDoor(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	resp, body := d.get("/api/orders", "agent")
	d.refused(resp, body, 502, gateway.CauseUpstream)
}

// A long body must not be in memory as a whole, and must go out while it comes.
func TestStreamsInBoundedMemory(t *testing.T) {
	row := `{"customer":{"id":"u-1","name":"张三丰","phone":"13812345678"},"pad":"` + strings.Repeat("x", 900) + `"},`
	half := make(chan struct{})
	d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"orders":[`)
		for i := range 12_000 {
			if i == 6000 {
				<-half // the client must have begun to read by now
			}
			_, _ = io.WriteString(w, row)
		}
		_, _ = io.WriteString(w, `1]}`)
	})
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	resp, err := d.client.Do(d.request("GET", "/api/orders", "agent", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	buf := make([]byte, 64<<10)
	n, released := 0, false
	for {
		m, err := resp.Body.Read(buf)
		n += m
		if n > 4<<20 && !released {
			runtime.GC()
			runtime.ReadMemStats(&during)
			close(half)
			released = true
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 11<<20 {
		t.Errorf("%d bytes", n)
	}
	if grown := int64(during.HeapAlloc) - int64(before.HeapAlloc); grown > 6<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func TestNDJSONFlowsAsItComes(t *testing.T) {
	more := make(chan struct{})
	d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		_, _ = io.WriteString(w, `{"id":"u-1","phone":"13812345678"}`+"\n"+`{"id":"u-2",`)
		_ = http.NewResponseController(w).Flush()
		<-more
		_, _ = io.WriteString(w, `"phone":"13812345678"}`+"\n{oops")
	})
	resp, err := d.client.Do(d.request("GET", "/api/feed", "agent", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	buf := make([]byte, 4096)
	n, _ := resp.Body.Read(buf)
	if got := string(buf[:n]); got != `{"id":"u-1","phone":"138****5678"}`+"\n" {
		t.Errorf("first %q", got)
	}
	if v := d.rec.views(); len(v) != 1 {
		t.Errorf("%d views recorded before the second line", len(v))
	}
	close(more)
	rest, err := io.ReadAll(resp.Body)
	if err == nil || strings.Contains(string(rest), rawPhone) || strings.Contains(string(rest), "oops") {
		t.Errorf("then %q, %v", rest, err)
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"/", "/api/orders", "/a%2fb", "/../x", "/a/./b", "//x", "/%", "/%e5%bc%a0", "/a;b", "/a%20b", "*", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.ParseRequestURI(raw)
		if err != nil || !clearPath(u.EscapedPath(), u.Path) {
			return
		}
		// What is clear survives whatever a back office does to tidy it up.
		again, err := url.ParseRequestURI(u.EscapedPath())
		if err != nil || again.Path != u.Path || again.JoinPath().Path != u.Path {
			t.Errorf("%q has another reading", raw)
		}
		if twice, err := url.PathUnescape(u.Path); err != nil || twice != u.Path {
			t.Errorf("%q changes when it is unescaped again", raw)
		}
	})
}
