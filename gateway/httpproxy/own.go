package httpproxy

import (
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/mask"
)

// ownPrefix is where the door's own pages are; nothing below it reaches the
// back office.
const ownPrefix = "/_menshen/"

// ownPaths serves sign-in, reveal and the rest. What changes something is
// refused to other sites.
func (p *Proxy) ownPaths() (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_menshen/healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /_menshen/login", p.loginPage)
	mux.HandleFunc("POST /_menshen/login", p.login)
	mux.HandleFunc("POST /_menshen/logout", p.logout)
	mux.HandleFunc("GET /_menshen/whoami", p.whoami)
	mux.HandleFunc("GET /_menshen/reveal", p.revealPage)
	mux.HandleFunc("POST /_menshen/reveal", p.reveal)
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.refuse(w, r, gateway.Refuse(gateway.CauseCrossOrigin))
	}))
	inner := guard.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		inner.ServeHTTP(w, r)
	}), nil
}

func (p *Proxy) known(r *http.Request) (gateway.Session, bool) {
	from := remote(r)
	return p.session(r, from, p.gw.Proxy().Trusts(from))
}

func (p *Proxy) loginPage(w http.ResponseWriter, r *http.Request) {
	next := r.URL.Query().Get("next")
	if !localPath(next) {
		next = "/"
	}
	if _, ok := p.known(r); ok {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	p.writeLogin(w, r, http.StatusOK, next, nil)
}

func (p *Proxy) login(w http.ResponseWriter, r *http.Request) {
	var in struct {
		User     string `json:"user"`
		Password string `json:"password"`
	}
	ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	asJSON := ct == "application/json"
	next := "/"
	if asJSON {
		if err := json.UnmarshalRead(r.Body, &in); err != nil {
			p.refuse(w, r, gateway.Refuse(gateway.CauseBadLogin))
			return
		}
	} else {
		in.User, in.Password, next = r.PostFormValue("user"), r.PostFormValue("password"), r.PostFormValue("next")
		if !localPath(next) {
			next = "/"
		}
	}
	ip := clientIP(r, remote(r), p.gw.Proxy())
	token, s, ref := p.gw.SignIn(r.Context(), in.User, in.Password, ip)
	if ref != nil {
		if asJSON {
			p.refuse(w, r, ref)
			return
		}
		p.writeLogin(w, r, status(ref.Cause), next, ref)
		return
	}
	if old, err := r.Cookie(p.cookie); err == nil {
		p.gw.SignOut(old.Value)
	}
	http.SetCookie(w, p.newCookie(token, 0))
	if asJSON {
		p.writeWhoami(w, s)
		return
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (p *Proxy) newCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: p.cookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: p.cfg.Secure, SameSite: http.SameSiteLaxMode}
}

func (p *Proxy) logout(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(p.cookie); err == nil {
		p.gw.SignOut(c.Value)
	}
	http.SetCookie(w, p.newCookie("", -1))
	if navigation(r) {
		http.Redirect(w, r, ownPrefix+"login", http.StatusSeeOther)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

type whoami struct {
	User        event.ActorID   `json:"user"`
	Name        string          `json:"name"`
	Role        string          `json:"role"`
	Partner     event.PartnerID `json:"partner,omitzero"`
	View        string          `json:"view"`
	Reveal      []mask.Class    `json:"reveal"`
	RevealsLeft int             `json:"reveals_left"`
	Standing    string          `json:"standing"`
	Grounds     []event.Text    `json:"grounds"`
	IdleSeconds int64           `json:"idle_seconds"`
}

func (p *Proxy) whoami(w http.ResponseWriter, r *http.Request) {
	s, ok := p.known(r)
	if !ok {
		p.refuse(w, r, gateway.Refuse(gateway.CauseNoIdentity))
		return
	}
	p.writeWhoami(w, s)
}

func (p *Proxy) writeWhoami(w http.ResponseWriter, s gateway.Session) {
	a := p.gw.Standing(s)
	if a.Standing != event.Open && a.Standing != event.Narrowed {
		a.Standing = event.Closed
	}
	writeJSON(w, http.StatusOK, whoami{User: s.Actor, Name: s.Name, Role: s.Role, Partner: s.Partner, View: string(p.gw.View(s)),
		Reveal: p.gw.MayReveal(s), RevealsLeft: p.gw.RevealsLeft(s), Standing: a.Standing, Grounds: a.Grounds,
		IdleSeconds: int64(p.gw.Idle() / time.Second)})
}

func (p *Proxy) reveal(w http.ResponseWriter, r *http.Request) {
	s, ok := p.known(r)
	if !ok {
		p.refuse(w, r, gateway.Refuse(gateway.CauseNoIdentity))
		return
	}
	ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if ct == "application/x-www-form-urlencoded" {
		p.revealForm(w, r, s)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, gateway.MaxReveal+1))
	var req gateway.RevealRequest
	if err == nil {
		req, err = gateway.ParseReveal(body)
	}
	if err != nil || ct != "application/json" {
		p.refuse(w, r, p.gw.RefuseReveal(r.Context(), s, gateway.CauseRevealMalformed))
		return
	}
	value, ref := p.gw.Reveal(r.Context(), s, req)
	if ref != nil {
		p.refuse(w, r, ref)
		return
	}
	writeJSON(w, http.StatusOK, struct {
		Value       string `json:"value"`
		RevealsLeft int    `json:"reveals_left"`
	}{value, p.gw.RevealsLeft(s)})
}

// revealPage is for back offices that have no button of their own.
func (p *Proxy) revealPage(w http.ResponseWriter, r *http.Request) {
	s, ok := p.known(r)
	if !ok {
		p.unknown(w, r)
		return
	}
	p.writeReveal(w, r, http.StatusOK, s, pageData{})
}

func (p *Proxy) revealForm(w http.ResponseWriter, r *http.Request, s gateway.Session) {
	d := pageData{Subject: r.PostFormValue("subject"), Field: r.PostFormValue("field"), Kind: r.PostFormValue("kind"), Reason: r.PostFormValue("reason")}
	var ref *gateway.Refusal
	if d.Subject == "" || d.Field == "" {
		ref = p.gw.RefuseReveal(r.Context(), s, gateway.CauseRevealMalformed)
	} else {
		d.Value, ref = p.gw.Reveal(r.Context(), s, gateway.RevealRequest{
			Subject: d.Subject, Field: d.Field, Reason: &event.ReasonRef{Kind: d.Kind, ID: event.ReasonID(d.Reason)},
		})
	}
	code := http.StatusOK
	if ref != nil {
		msg := ref.Message()
		code, d.Message = status(ref.Cause), &msg
	}
	p.writeReveal(w, r, code, s, d)
}

func (p *Proxy) writeReveal(w http.ResponseWriter, r *http.Request, code int, s gateway.Session, d pageData) {
	d.Title, d.Classes, d.Left = "看明文 · Reveal", p.gw.MayReveal(s), p.gw.RevealsLeft(s)
	p.html(w, r, code, "reveal", d)
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		code, b = http.StatusInternalServerError, []byte(`{"title":"internal error","status":500}`)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(code)
	_, _ = w.Write(append(b, '\n'))
}
