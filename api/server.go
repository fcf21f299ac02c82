package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/standing"
	"github.com/menshen-io/menshen/trace"
)

// Pending is an event on its way into the record. Wait returns its index once it
// is durable.
type Pending interface {
	Wait(ctx context.Context) (uint64, error)
}

// Record is the ledger as the API needs it. An event is durable when the Wait
// of what Enqueue returned has come back, and with it all that were taken before.
type Record interface {
	Enqueue(ctx context.Context, ev event.Event) (Pending, error)
	Size() uint64
	Checkpoint(ctx context.Context) ([]byte, error)
	Read(ctx context.Context, from, to uint64, fn func(index uint64, line []byte) error) error
}

// Standings are the doors' answers.
type Standings interface {
	Ask(who standing.Who, at time.Time) standing.Answer
	List(at time.Time) []standing.Entry
}

// Money is the merchants' accounts.
type Money interface {
	Merchants() []Merchant
	Merchant(id event.MerchantID) (Merchant, bool)
}

// ErrSignIn is what Config.SignIn returns for a wrong name or password.
var ErrSignIn = errors.New("wrong name or password")

// Config is what the API stands on. All but Start, Token and Secure are needed.
type Config struct {
	Now       func() time.Time // the time of what is recorded
	Index     Index
	Tally     *Tally
	Record    Record
	Standings Standings
	Money     Money
	Door      Door
	SignIn    func(ctx context.Context, user, password string) (User, error)
	User      func(ctx context.Context, name string) (User, bool, error) // the account as it is now
	Trace     func() (trace.Result, error)
	Prove     func(ctx context.Context, index uint64) (ledger.Proof, error)
	Verify    func(ctx context.Context) (ledger.Report, error)
	Verifier  string                          // the ledger's public key, which begins with its origin
	Subjects  func(id string) event.SubjectID // the back office's id of a customer, as recorded
	Start     Start
	TokenHash string // SHA-256 in hex of the token for POST /v1/events and /v1/decisions; empty: nobody may
	Secure    bool   // set the cookie's Secure flag
	Console   http.Handler
	Log       *slog.Logger
}

// Server answers for the API and, on all other paths, the console.
type Server struct {
	cfg      Config
	sessions *sessions
	mux      *http.ServeMux
	handler  http.Handler
	api      huma.API

	mu       sync.Mutex // guards live and the cached overview
	live     int
	cached   Overview
	cachedAt uint64
}

// New returns the server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, sessions: newSessions(time.Now), mux: http.NewServeMux()}
	hc := huma.DefaultConfig("Menshen", "1")
	hc.OpenAPIPath, hc.DocsPath, hc.SchemasPath = "/openapi", "", ""
	hc.CreateHooks = nil // no $schema links in answers
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName},
		"token":   {Type: "http", Scheme: "bearer"},
	}
	s.api = humago.New(s.mux, hc)
	s.api.UseMiddleware(s.authenticate)
	s.registerSession()
	s.registerDataDoor()
	s.registerMoneyDoor()
	s.registerDecisions()
	s.registerLedger()
	s.mux.HandleFunc("POST /v1/events", s.ingest)
	s.mux.HandleFunc("GET /api/live", s.liveOverview)
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusNotFound, "there is nothing here")
	})
	if cfg.Console != nil {
		s.mux.Handle("/", cfg.Console)
	}
	s.handler = http.NewCrossOriginProtection().Handler(s.mux)
	return s
}

// OpenAPI returns the API's description.
func (s *Server) OpenAPI() ([]byte, error) {
	return json.MarshalIndent(s.api.OpenAPI(), "", "  ")
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "same-origin")
	if len(r.URL.Path) >= 5 && r.URL.Path[:5] == "/api/" {
		w.Header().Set("Cache-Control", "no-store")
	}
	s.handler.ServeHTTP(w, r)
}

// internal logs err under an id and returns what a stranger may read.
func (s *Server) internal(ctx context.Context, err error) error {
	id := errorID(err, s.cfg.Now())
	s.cfg.Log.ErrorContext(ctx, "request", "id", id, "err", err)
	return huma.Error500InternalServerError("internal error " + id)
}

func errorID(err error, at time.Time) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(at.UnixNano(), err)))
	return hex.EncodeToString(sum[:6])
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail})
}

// Overview returns the state of both doors. It is computed anew only when
// something was folded since the last call.
func (s *Server) Overview(ctx context.Context) (Overview, error) {
	changed := s.cfg.Tally.Changed()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cachedAt == changed && changed != 0 {
		return s.cached, nil
	}
	o := s.cfg.Tally.Overview()
	for _, m := range s.cfg.Money.Merchants() {
		o.Money.Merchants++
		o.Money.AtRisk += m.AtRisk
	}
	for _, e := range s.cfg.Standings.List(s.cfg.Now()) {
		if e.Standing == event.Closed {
			o.Standings.Closed++
		} else {
			o.Standings.Narrowed++
		}
	}
	o.Ledger.Size = s.cfg.Record.Size()
	o.Ledger.CheckpointSize, o.Ledger.CheckpointTime = o.Ledger.Size, s.cfg.Now()
	s.cached, s.cachedAt = o, changed
	return o, nil
}

const maxLive = 64

// liveOverview sends the overview whenever it changed, at most once a second.
func (s *Server) liveOverview(w http.ResponseWriter, r *http.Request) {
	_, ok, err := s.user(r)
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, s.internal(r.Context(), err).Error())
		return
	}
	if !ok {
		writeProblem(w, http.StatusUnauthorized, "sign in first")
		return
	}
	s.mu.Lock()
	full := s.live >= maxLive
	if !full {
		s.live++
	}
	s.mu.Unlock()
	if full {
		writeProblem(w, http.StatusTooManyRequests, "too many live pages are open")
		return
	}
	defer func() { s.mu.Lock(); s.live--; s.mu.Unlock() }()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	rc := http.NewResponseController(w)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	sent := uint64(0)
	for first := true; ; first = false {
		if changed := s.cfg.Tally.Changed(); first || changed != sent {
			sent = changed
			o, err := s.Overview(r.Context())
			if err != nil {
				s.cfg.Log.ErrorContext(r.Context(), "live overview", "err", err)
				return
			}
			b, err := json.Marshal(o)
			if err != nil {
				s.cfg.Log.ErrorContext(r.Context(), "live overview", "err", err)
				return
			}
			// A page that went away is no fault.
			_ = rc.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if _, err := fmt.Fprintf(w, "event: tick\ndata: %s\n\n", b); err != nil || rc.Flush() != nil {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			if _, ok, err := s.user(r); !ok || err != nil {
				return
			}
		}
	}
}
