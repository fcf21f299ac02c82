package httpproxy

import (
	"net/http"
	"slices"
	"strings"

	"github.com/menshen-io/menshen/mask"
)

// stripRequest removes what would let a client be taken for another or make the
// back office read another address than the one that was matched.
func stripRequest(h http.Header) {
	for _, name := range []string{"X-Original-Url", "X-Original-Uri", "X-Rewrite-Url", "X-Http-Method", "X-Http-Method-Override",
		"X-Method-Override", "X-Menshen-Actor", "X-Menshen-Role", "Te"} {
		h.Del(name)
	}
	for name := range h {
		if strings.Contains(name, "_") { // CGI-style back ends read X_Y as X-Y
			delete(h, name)
		}
	}
}

// stripConditions makes the back office answer in full.
func stripConditions(h http.Header) {
	for _, name := range []string{"Range", "If-Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "Want-Digest", "Want-Repr-Digest", "Want-Content-Digest", "A-Im"} {
		h.Del(name)
	}
}

// stripCookie removes the cookie called name and leaves the others as they are.
func stripCookie(h http.Header, name string) {
	lines := h["Cookie"]
	if len(lines) == 0 {
		return
	}
	var kept []string
	for _, line := range lines {
		var parts []string
		for part := range strings.SplitSeq(line, ";") {
			key, _, _ := strings.Cut(part, "=")
			if strings.TrimSpace(key) != name && strings.TrimSpace(part) != "" {
				parts = append(parts, strings.TrimSpace(part))
			}
		}
		if len(parts) > 0 {
			kept = append(kept, strings.Join(parts, "; "))
		}
	}
	if len(kept) == 0 {
		h.Del("Cookie")
		return
	}
	h["Cookie"] = kept
}

// dropSetCookie removes any Set-Cookie of that name.
func dropSetCookie(h http.Header, name string) {
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return
	}
	lines = slices.DeleteFunc(lines, func(line string) bool {
		key, _, _ := strings.Cut(line, "=")
		return strings.TrimSpace(key) == name
	})
	if len(lines) == 0 {
		h.Del("Set-Cookie")
		return
	}
	h["Set-Cookie"] = lines
}

// unsearched headers are the proxy's or the protocol's own. Set-Cookie is the
// back office's session with the browser: changing it would break it.
func unsearched(name string) bool {
	switch name {
	case "Date", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Connection", "Server", "Vary",
		"Cache-Control", "Expires", "Age", "Set-Cookie", "Strict-Transport-Security", "Content-Security-Policy":
		return true
	}
	return false
}

// maskHeaders masks what is found in the values of an answer's headers. A value
// in which something is found only after unescaping is removed. It returns how
// many values it touched.
func maskHeaders(h http.Header, p *mask.Plan) int {
	n := 0
	for name, values := range h {
		if unsearched(name) {
			continue
		}
		for i := 0; i < len(values); i++ {
			v := values[i]
			if len(v) < 6 {
				continue
			}
			if masked, ok := p.Masked(v); ok {
				values[i], v = masked, masked
				n++
			}
			if strings.Contains(v, "%") {
				if _, ok := p.Masked(unescape(v)); ok {
					values = slices.Delete(values, i, i+1)
					i--
					n++
				}
			}
		}
		if len(values) == 0 {
			delete(h, name)
		} else {
			h[name] = values
		}
	}
	return n
}

// unescape resolves the percent escapes of s and leaves alone what is none.
func unescape(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// dropHandOver removes what would have a server in front of the door fetch
// something by itself and send that instead.
func dropHandOver(h http.Header) {
	for _, name := range []string{"X-Accel-Redirect", "X-Sendfile", "X-Lighttpd-Send-File", "X-Reproxy-Url"} {
		h.Del(name)
	}
}

// whole removes from an answer what spoke of the bytes that it no longer has.
func whole(h http.Header) {
	for _, name := range []string{"Content-Length", "Etag", "Last-Modified", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest", "Signature", "Signature-Input",
		"Accept-Ranges", "Content-Range", "Trailer", "Im", "Delta-Base"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
}
