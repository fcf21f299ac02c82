package httpproxy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/mask"
)

//go:embed pages.css
var css string

//go:embed pages.html
var pagesHTML string

// pages is parsed from an embed; the text and the style never hold what a
// request brought but through the template's escaping.
var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"css": func() template.CSS { return template.CSS(css) },
	"reasons": func() [][2]string {
		return [][2]string{{"ticket", "工单 · Ticket"}, {"call", "来电 · Call"}, {"order", "订单 · Order"}}
	},
}).Parse(pagesHTML))

type pageData struct {
	Title, Next string
	Message     *event.Text
	Status      int
	ID          string
	Cause       gateway.Cause
	SignIn      bool

	// of the page to reveal
	Subject, Field, Kind, Reason, Value string
	Classes                             []mask.Class
	Left                                int
}

// status is the table from causes to HTTP.
func status(c gateway.Cause) int {
	switch c {
	case gateway.CauseNoIdentity, gateway.CauseBadLogin:
		return http.StatusUnauthorized
	case gateway.CauseTooManyLogins, gateway.CauseRevealQuota:
		return http.StatusTooManyRequests
	case gateway.CausePath, gateway.CauseWriteUnreadable, gateway.CauseRevealMalformed, gateway.CauseRevealNoReason:
		return http.StatusBadRequest
	case gateway.CauseMethod:
		return http.StatusMethodNotAllowed
	case gateway.CauseRevealNotSeen:
		return http.StatusNotFound
	case gateway.CauseMaskInWrite, gateway.CauseRevealAmbiguous:
		return http.StatusConflict
	case gateway.CauseNotRecorded, gateway.CauseReasonsUnanswered:
		return http.StatusServiceUnavailable
	case gateway.CauseUpstream:
		return http.StatusBadGateway
	}
	return http.StatusForbidden
}

// unknown answers somebody without an identity: people are led to sign in.
func (p *Proxy) unknown(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if p.gw.HasAccounts() && navigation(r) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		to := ownPrefix + "login"
		if next := r.URL.RequestURI(); next != "/" && localPath(next) {
			to += "?next=" + url.QueryEscape(next)
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	p.refuse(w, r, gateway.Refuse(gateway.CauseNoIdentity))
}

// navigation reports whether a person is looking at the answer as a page.
func navigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (p *Proxy) refuse(w http.ResponseWriter, r *http.Request, ref *gateway.Refusal) {
	code := status(ref.Cause)
	if code == http.StatusForbidden && ref.Cause == gateway.CauseTooLarge && r.Method != http.MethodGet {
		code = http.StatusRequestEntityTooLarge
	}
	p.page(w, r, code, ref)
}

// problem is application/problem+json with the sentence in both languages.
type problem struct {
	Title   string        `json:"title"`
	Status  int           `json:"status"`
	Detail  string        `json:"detail"`
	Cause   gateway.Cause `json:"cause"`
	Message event.Text    `json:"message"`
	ID      string        `json:"id,omitzero"`
}

// page tells a person or a program why there is no data.
func (p *Proxy) page(w http.ResponseWriter, r *http.Request, code int, ref *gateway.Refusal) {
	msg := ref.Message()
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Last-Modified", "Content-Disposition"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if !navigation(r) || strings.HasPrefix(r.URL.Path, ownPrefix+"reveal") {
		h.Set("Content-Type", "application/problem+json")
		writeJSON(w, code, problem{http.StatusText(code), code, msg.EN, ref.Cause, msg, ref.ID})
		return
	}
	p.html(w, r, code, "refused", pageData{Title: "未放行 · Not let through", Message: &msg, Status: code, ID: ref.ID, Cause: ref.Cause,
		SignIn: code == http.StatusUnauthorized && p.gw.HasAccounts()})
}

func (p *Proxy) writeLogin(w http.ResponseWriter, r *http.Request, code int, next string, ref *gateway.Refusal) {
	d := pageData{Title: "登录 · Sign in", Next: next}
	if ref != nil {
		msg := ref.Message()
		d.Message = &msg
	}
	p.html(w, r, code, "login", d)
}

func (p *Proxy) html(w http.ResponseWriter, r *http.Request, code int, name string, d pageData) {
	sum := sha256.Sum256([]byte(css))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		_ = pages.ExecuteTemplate(w, name, d)
	}
}
