package httpproxy

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/menshen-io/menshen/gateway"
)

// Config is what a proxy is made of. Gateway and Upstream are needed.
type Config struct {
	Gateway   *gateway.Gateway
	Upstream  *url.URL          // the back office: scheme, host and perhaps a path in front of all others
	Transport http.RoundTripper // nil: [NewTransport]
	Secure    bool              // people come over TLS: the cookie is sent over nothing else
	Log       *slog.Logger      // nil: nothing is logged
}

// Limits of bodies, in bytes.
const (
	holdBody    = 64 << 10 // an answer up to this size is held until it was read whole
	holdStrict  = 1 << 20  // the same for what is not labelled as JSON
	holdRaw     = 32 << 20 // the longest answer to a raw role, or to an HTTP/1.0 client
	maxJSONLine = 8 << 20  // of NDJSON
)

// Proxy is the data door for HTTP. It is an http.Handler.
type Proxy struct {
	cfg      Config
	gw       *gateway.Gateway
	reverse  httputil.ReverseProxy
	own      http.Handler
	cookie   string
	pools    pools
	identity []string // headers that carry an identity
}

// NewTransport returns a transport fit for a back office: it never decompresses
// by itself and does not wait for headers forever.
func NewTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		DisableCompression:     true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  2 * time.Minute,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// NewServer returns a server for h whose limits keep slow and endless requests
// from holding it.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute,
		WriteTimeout:      10 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}

// New returns a proxy.
func New(cfg Config) (*Proxy, error) {
	switch {
	case cfg.Gateway == nil:
		return nil, errors.New("http proxy: no gateway")
	case cfg.Upstream == nil || cfg.Upstream.Host == "" || cfg.Upstream.Scheme != "http" && cfg.Upstream.Scheme != "https":
		return nil, errors.New("http proxy: upstream: must be an http or https address")
	}
	if cfg.Transport == nil {
		cfg.Transport = NewTransport()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p := &Proxy{cfg: cfg, gw: cfg.Gateway, cookie: "menshen_session", identity: cfg.Gateway.Proxy().Headers()}
	if cfg.Secure {
		p.cookie = "__Host-menshen_session"
	}
	p.reverse = httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		Transport:      cfg.Transport,
		ModifyResponse: p.modify,
		ErrorHandler:   p.failed,
		BufferPool:     &p.pools,
		ErrorLog:       slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug),
	}
	own, err := p.ownPaths()
	if err != nil {
		return nil, err
	}
	p.own = own
	return p, nil
}

// exchange is one request on its way through.
type exchange struct {
	visit   *gateway.Visit
	r       *http.Request // as it came in
	gzip    bool          // the client reads gzip
	old     bool          // HTTP/1.0: an aborted answer would look whole
	from    netip.Addr
	trusted bool // from is the trusted proxy
}

type exchangeKey struct{}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from := remote(r)
	trusted := p.gw.Proxy().Trusts(from)
	if !trusted {
		for _, h := range p.identity {
			r.Header.Del(h)
		}
	}
	if r.URL.Path == ownPrefix[:len(ownPrefix)-1] || strings.HasPrefix(r.URL.Path, ownPrefix) {
		p.own.ServeHTTP(w, r)
		return
	}
	s, ok := p.session(r, from, trusted)
	if !ok {
		p.unknown(w, r)
		return
	}
	ctx := r.Context()
	switch {
	case r.Method == http.MethodConnect || r.Method == http.MethodTrace || r.URL.Path == "*":
		p.refuse(w, r, p.gw.RefuseSession(ctx, s, gateway.CauseMethod))
		return
	case !clearPath(r.URL.EscapedPath(), r.URL.Path):
		p.refuse(w, r, p.gw.RefuseSession(ctx, s, gateway.CausePath))
		return
	}
	v, ref := p.gw.Open(ctx, s, gateway.Request{Method: r.Method, Path: r.URL.EscapedPath(), Header: r.Header.Get, Query: query(r)})
	if ref != nil {
		p.refuse(w, r, ref)
		return
	}
	x := &exchange{visit: v, r: r, gzip: acceptsGzip(r.Header), old: r.ProtoMajor == 1 && r.ProtoMinor == 0, from: from, trusted: trusted}
	if v.Masked {
		if ref := p.checkMasked(r, v); ref != nil {
			p.refuse(w, r, ref)
			return
		}
	}
	p.reverse.ServeHTTP(plainWriter{w}, r.WithContext(context.WithValue(ctx, exchangeKey{}, x)))
}

// checkMasked looks at a request of a masked role before it is passed on.
func (p *Proxy) checkMasked(r *http.Request, v *gateway.Visit) *gateway.Refusal {
	if r.Header.Get("Upgrade") != "" {
		return v.Refuse(r.Context(), gateway.CauseUpgrade)
	}
	if other, ok := otherSpelling(r.URL.EscapedPath()); ok && !v.Listed {
		if route, _, ok := p.gw.Policy().Match(r.Method, other); ok && !route.Pass {
			return v.Refuse(r.Context(), gateway.CausePath)
		}
	}
	return restoreWrite(r, v)
}

// query reads one query parameter without parsing them all for routes that
// need none.
func query(r *http.Request) func(string) string {
	var parsed url.Values
	return func(name string) string {
		if parsed == nil {
			parsed = r.URL.Query()
		}
		return parsed.Get(name)
	}
}

// session finds out who sent r.
func (p *Proxy) session(r *http.Request, from netip.Addr, trusted bool) (gateway.Session, bool) {
	ip := clientIP(r, from, p.gw.Proxy())
	if trusted {
		if s, ok := p.gw.Vouched(from, r.Header.Values, ip); ok {
			return s, true
		}
	}
	if !p.gw.HasAccounts() {
		return gateway.Session{}, false
	}
	c, err := r.Cookie(p.cookie)
	if err != nil {
		return gateway.Session{}, false
	}
	return p.gw.Resume(r.Context(), c.Value, ip)
}

func remote(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// clientIP is the address of the person's computer: the last hop that the
// trusted proxy did not add itself.
func clientIP(r *http.Request, from netip.Addr, proxy *gateway.Proxy) string {
	if proxy.Trusts(from) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			if from = hop.Unmap(); !proxy.Trusts(from) {
				break
			}
		}
	}
	if !from.IsValid() {
		return ""
	}
	return from.String()
}

// rewrite makes the request that the back office sees.
func (p *Proxy) rewrite(pr *httputil.ProxyRequest) {
	x := pr.In.Context().Value(exchangeKey{}).(*exchange)
	out := pr.Out
	pr.SetURL(p.cfg.Upstream)
	if x.trusted {
		out.Header["X-Forwarded-For"] = pr.In.Header["X-Forwarded-For"]
	}
	pr.SetXForwarded()
	stripRequest(out.Header)
	stripCookie(out.Header, p.cookie)
	if !x.visit.Pass() {
		stripConditions(out.Header)
	}
	if x.gzip {
		out.Header.Set("Accept-Encoding", "gzip")
	} else {
		out.Header.Set("Accept-Encoding", "identity")
	}
	out.Header.Set("X-Menshen-Actor", headerSafe(string(x.visit.Session.Actor)))
	out.Header.Set("X-Menshen-Role", headerSafe(x.visit.Session.Role))
}

func headerSafe(s string) string { return url.PathEscape(s) }

// failed answers when the back office did not, or when its answer was refused.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	x, _ := r.Context().Value(exchangeKey{}).(*exchange)
	if x != nil {
		r = x.r
	}
	if ref, ok := errors.AsType[*gateway.Refusal](err); ok {
		p.refuse(w, r, ref)
		return
	}
	if held, ok := errors.AsType[*withheld](err); ok {
		p.page(w, r, held.status, gateway.Refuse(gateway.CauseUnreadable))
		return
	}
	if r.Context().Err() == nil {
		p.cfg.Log.Warn("back office did not answer", "kind", failure(err))
	}
	p.refuse(w, r, gateway.Refuse(gateway.CauseUpstream))
}

// failure names what went wrong without the address, which may hold anything.
func failure(err error) string {
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return "timeout"
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return "network"
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "closed"
	}
	return "other"
}

// plainWriter drops informational answers (103 Early Hints and the like): their
// headers were not searched.
type plainWriter struct{ http.ResponseWriter }

func (w plainWriter) WriteHeader(code int) {
	if code >= 100 && code < 200 && code != http.StatusSwitchingProtocols {
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w plainWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// acceptsGzip reports whether the client reads gzip.
func acceptsGzip(h http.Header) bool {
	for _, line := range h["Accept-Encoding"] {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(part, ";")
			if name = strings.TrimSpace(name); strings.EqualFold(name, "gzip") || name == "*" {
				q := strings.ReplaceAll(params, " ", "")
				return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
			}
		}
	}
	return false
}
