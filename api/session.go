package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

const (
	cookieName  = "menshen_console"
	idleExpiry  = 12 * time.Hour
	maxSessions = 10_000

	// After so many wrong passwords for a name within triesWindow it has to wait.
	maxTries    = 10
	triesWindow = 5 * time.Minute
)

// consoleRoles may sign in to the console; an agent works behind the gateway only.
var consoleRoles = []string{"admin", "analyst", "vendor_manager", "finance", "investigator"}

// liftRoles may open a door again.
var liftRoles = []string{"admin", "analyst"}

type session struct {
	user string
	seen time.Time
}

// sessions are who is signed in. Only the hash of a session's token is kept.
type sessions struct {
	now func() time.Time

	mu    sync.Mutex // guards all below
	open  map[[32]byte]*session
	tries map[string][]time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, open: map[[32]byte]*session{}, tries: map[string][]time.Time{}}
}

func (s *sessions) start(user string) (token string) {
	token = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.open) >= maxSessions {
		for k, v := range s.open {
			if now.Sub(v.seen) > idleExpiry {
				delete(s.open, k)
			}
		}
	}
	s.open[sha256.Sum256([]byte(token))] = &session{user, now}
	return token
}

func (s *sessions) end(r *http.Request) {
	if c, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		delete(s.open, sha256.Sum256([]byte(c.Value)))
		s.mu.Unlock()
	}
}

// name returns who signed in with the session of r.
func (s *sessions) name(r *http.Request) (string, bool) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return "", false
	}
	key := sha256.Sum256([]byte(c.Value))
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.open[key]
	now := s.now()
	if ses == nil || now.Sub(ses.seen) > idleExpiry {
		delete(s.open, key)
		return "", false
	}
	ses.seen = now
	return ses.user, true
}

// user returns who is signed in, as the account is now: it may have been
// removed, or its role changed, since the sign-in.
func (s *Server) user(r *http.Request) (User, bool, error) {
	name, ok := s.sessions.name(r)
	if !ok {
		return User{}, false, nil
	}
	u, ok, err := s.cfg.User(r.Context(), name)
	if err != nil {
		return User{}, false, err
	}
	if !ok || !slices.Contains(consoleRoles, u.Role) {
		s.sessions.end(r)
		return User{}, false, nil
	}
	return u, true, nil
}

// mayTry says whether a password for name may be tried now.
func (s *sessions) mayTry(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	recent := slices.DeleteFunc(s.tries[name], func(at time.Time) bool { return now.Sub(at) > triesWindow })
	if len(recent) == 0 {
		delete(s.tries, name)
	} else {
		s.tries[name] = recent
	}
	return len(recent) < maxTries
}

func (s *sessions) wrong(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tries) < maxSessions {
		s.tries[name] = append(s.tries[name], s.now())
	}
}

type userKey struct{}

func userOf(ctx context.Context) User {
	u, _ := ctx.Value(userKey{}).(User)
	return u
}

// public operations need no session.
const public = "public"

// byToken marks operations for machines, which show the token of POST /v1/events.
const byToken = "token"

func (s *Server) authenticate(ctx huma.Context, next func(huma.Context)) {
	if ctx.Operation().Metadata[public] != nil {
		next(ctx)
		return
	}
	if ctx.Operation().Metadata[byToken] != nil {
		if !tokenMatches(ctx.Header("Authorization"), s.cfg.TokenHash) {
			_ = huma.WriteErr(s.api, ctx, http.StatusUnauthorized, "a bearer token is needed")
			return
		}
		next(ctx)
		return
	}
	r, _ := unwrap(ctx)
	u, ok, err := s.user(r)
	if err != nil {
		_ = huma.WriteErr(s.api, ctx, http.StatusInternalServerError, s.internal(r.Context(), err).Error())
		return
	}
	if !ok {
		_ = huma.WriteErr(s.api, ctx, http.StatusUnauthorized, "sign in first")
		return
	}
	next(huma.WithValue(ctx, userKey{}, u))
}

type signInInput struct {
	Body struct {
		User     string `json:"user" maxLength:"128"`
		Password string `json:"password" maxLength:"1024"`
	}
}

type userOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      User
}

type emptyOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (s *Server) cookie(value string, maxAge int) string {
	return (&http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteStrictMode,
	}).String()
}

func (s *Server) registerSession() {
	huma.Register(s.api, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/api/session", Summary: "Sign in",
		Metadata: map[string]any{public: true}, MaxBodyBytes: 4096,
	}, func(ctx context.Context, in *signInInput) (*userOutput, error) {
		name := strings.TrimSpace(in.Body.User)
		if !s.sessions.mayTry(name) {
			return nil, huma.Error429TooManyRequests("too many wrong passwords: wait five minutes")
		}
		u, err := s.cfg.SignIn(ctx, name, in.Body.Password)
		if errors.Is(err, ErrSignIn) {
			s.sessions.wrong(name)
			return nil, huma.Error401Unauthorized(ErrSignIn.Error())
		}
		if err != nil {
			return nil, s.internal(ctx, err)
		}
		if !slices.Contains(consoleRoles, u.Role) {
			return nil, huma.Error403Forbidden("the role " + u.Role + " has no console")
		}
		return &userOutput{s.cookie(s.sessions.start(u.User), int(idleExpiry/time.Second)), u}, nil
	})
	huma.Get(s.api, "/api/session", func(ctx context.Context, _ *struct{}) (*userOutput, error) {
		return &userOutput{Body: userOf(ctx)}, nil
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/api/session", Summary: "Sign out",
		DefaultStatus: http.StatusNoContent, Middlewares: huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
			r, _ := unwrap(ctx)
			s.sessions.end(r)
			next(ctx)
		}},
	}, func(ctx context.Context, _ *struct{}) (*emptyOutput, error) {
		return &emptyOutput{s.cookie("", -1)}, nil
	})
}

// tokenMatches compares a bearer token with the configured hash.
func tokenMatches(header, wantHash string) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok || wantHash == "" {
		return false
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]) == strings.ToLower(wantHash)
}
