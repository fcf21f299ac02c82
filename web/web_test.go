package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var script = strings.Repeat("console.log('two leaves');\n", 100)

func console() fstest.MapFS {
	return fstest.MapFS{
		".keep":                {},
		"index.html":           {Data: []byte("<!doctype html><title>Menshen</title>")},
		"favicon.svg":          {Data: []byte("<svg/>")},
		"assets/app-1a2b3c.js": {Data: []byte(script)},
	}
}

func get(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPaths(t *testing.T) {
	h := newHandler(console())
	for _, c := range []struct {
		target string
		status int
		kind   string
		cache  string
	}{
		{"/", 200, "text/html", "no-cache"},
		{"/index.html", 200, "text/html", "no-cache"},
		{"/alerts", 200, "text/html", "no-cache"},
		{"/accounts/agent.017", 200, "text/html", "no-cache"},
		{"/merchants/m-301?x=1", 200, "text/html", "no-cache"},
		{"/favicon.svg", 200, "image/svg+xml", "no-cache"},
		{"/assets/app-1a2b3c.js", 200, "text/javascript", "immutable"},
		{"/assets/app-gone.js", 404, "text/plain", "no-store"},
		{"/assets/", 200, "text/html", "no-cache"}, // cleaned to an address of the console, never a listing
		{"/robots.txt", 404, "text/plain", "no-store"},
		{"/.keep", 404, "text/plain", "no-store"},
		{"/api/overview", 404, "text/plain", ""},
		{"/api", 404, "text/plain", ""},
		{"/../../etc/passwd", 200, "text/html", "no-cache"},
	} {
		r := get(t, h, "GET", c.target)
		if r.StatusCode != c.status || !strings.HasPrefix(r.Header.Get("Content-Type"), c.kind) || !strings.Contains(r.Header.Get("Cache-Control"), c.cache) {
			t.Errorf("%s: %d %q %q, want %d %q %q", c.target, r.StatusCode, r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"), c.status, c.kind, c.cache)
		}
		if strings.HasPrefix(c.kind, "text/html") && !strings.Contains(body(t, r), "Menshen") {
			t.Errorf("%s: not the console", c.target)
		}
	}
}

func TestPolicy(t *testing.T) {
	for name, h := range map[string]http.Handler{"built": newHandler(console()), "unbuilt": newHandler(fstest.MapFS{".keep": {}})} {
		for _, target := range []string{"/", "/assets/app-1a2b3c.js", "/assets/none.js", "/api/x"} {
			csp := get(t, h, "GET", target).Header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self';", "frame-ancestors 'none'"} {
				if !strings.Contains(csp, want) {
					t.Errorf("%s %s: policy %q lacks %q", name, target, csp, want)
				}
			}
			if strings.Contains(csp, "http") || strings.Contains(csp, "*") || strings.Contains(csp, "unsafe-eval") {
				t.Errorf("%s %s: policy %q lets strangers in", name, target, csp)
			}
		}
	}
}

func TestCompressedOnceAndRevalidated(t *testing.T) {
	h := newHandler(console())
	const target = "/assets/app-1a2b3c.js"
	plain := get(t, h, "GET", target)
	if plain.Header.Get("Content-Encoding") != "" || body(t, plain) != script {
		t.Fatal("a client that does not ask for gzip got something else than the file")
	}
	if r := get(t, h, "GET", target, "Accept-Encoding", "gzip;q=0"); r.Header.Get("Content-Encoding") != "" {
		t.Error("gzip sent to a client that refused it")
	}
	packed := get(t, h, "GET", target, "Accept-Encoding", "br, gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers %v, want gzip", packed.Header)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != script {
		t.Fatalf("unpacked file differs (%v)", err)
	}
	tag := packed.Header.Get("ETag")
	if tag == plain.Header.Get("ETag") {
		t.Error("both encodings carry the same tag")
	}
	if r := get(t, h, "GET", target, "Accept-Encoding", "gzip", "If-None-Match", tag); r.StatusCode != http.StatusNotModified {
		t.Errorf("known file: %d, want 304", r.StatusCode)
	}
}

func TestMethods(t *testing.T) {
	h := newHandler(console())
	if r := get(t, h, "POST", "/"); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %q", r.StatusCode, r.Header.Get("Allow"))
	}
	if r := get(t, h, "HEAD", "/alerts"); r.StatusCode != 200 || body(t, r) != "" {
		t.Errorf("HEAD: %d", r.StatusCode)
	}
}

func TestUnbuilt(t *testing.T) {
	h := newHandler(fstest.MapFS{".keep": {}})
	r := get(t, h, "GET", "/alerts")
	text := body(t, r)
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", r.StatusCode)
	}
	for _, want := range []string{"make build", "控制台尚未构建", "The console is not built"} {
		if !strings.Contains(text, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if body(t, get(t, h, "HEAD", "/")) != "" {
		t.Error("HEAD has a body")
	}
}

func TestEmbedded(t *testing.T) {
	r := get(t, Handler(), "GET", "/")
	if Built() != (r.StatusCode == http.StatusOK) {
		t.Errorf("Built() is %v and / answers %d", Built(), r.StatusCode)
	}
}
