package gateway

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"sync"
	"time"
)

// Session is one person at the door for a while.
type Session struct {
	Person
	ID string // a hash: what is recorded and what the vault is keyed by
	IP string // of the request at hand
}

const maxSessions = 100_000

// recheck is how long an account is taken to be what it was.
const recheck = time.Minute

type login struct {
	user                   string // the name that signed in
	session                Session
	started, last, checked time.Time
	stale                  bool // of a copy: the account is to be looked up again
}

// logins are the sessions of local accounts. The token is in the cookie alone;
// only its hash is kept, and only in memory.
type logins struct {
	idle, longest time.Duration

	mu  sync.Mutex
	all map[[sha256.Size]byte]*login
}

func newLogins(idle, longest time.Duration) *logins {
	return &logins{idle: idle, longest: longest, all: make(map[[sha256.Size]byte]*login)}
}

// open starts a session and returns its token: 256 random bits.
func (l *logins) open(user string, p Person, now time.Time) (token string, s Session) {
	var raw [32]byte
	rand.Read(raw[:])
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	key := sha256.Sum256([]byte(token))
	in := &login{user: user, session: Session{Person: p, ID: sessionID(key[:])}, started: now, last: now, checked: now}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) >= maxSessions {
		l.dropOldest()
	}
	l.all[key] = in
	return token, in.session
}

// sessionID shortens a hash to what is recorded.
func sessionID(hash []byte) string { return "s-" + hex.EncodeToString(hash[:10]) }

func (l *logins) dropOldest() {
	var oldest [sha256.Size]byte
	var at time.Time
	for k, in := range l.all {
		if at.IsZero() || in.last.Before(at) {
			oldest, at = k, in.last
		}
	}
	delete(l.all, oldest)
}

// find returns a copy of the login of token and notes that it is in use.
func (l *logins) find(token string, now time.Time) (login, bool) {
	if len(token) != 43 {
		return login{}, false
	}
	key := sha256.Sum256([]byte(token))
	l.mu.Lock()
	defer l.mu.Unlock()
	in := l.all[key]
	if in == nil || l.expired(in, now) {
		return login{}, false
	}
	in.last = now
	out := *in
	out.stale = now.Sub(in.checked) >= recheck
	return out, true
}

// checked notes that the account of token was looked up.
func (l *logins) checked(token string, now time.Time) {
	key := sha256.Sum256([]byte(token))
	l.mu.Lock()
	defer l.mu.Unlock()
	if in := l.all[key]; in != nil {
		in.checked = now
	}
}

func (l *logins) expired(in *login, now time.Time) bool {
	return now.Sub(in.last) > l.idle || now.Sub(in.started) > l.longest
}

// close ends the session of token and returns its id.
func (l *logins) close(token string) (id string, ok bool) {
	key := sha256.Sum256([]byte(token))
	l.mu.Lock()
	defer l.mu.Unlock()
	in := l.all[key]
	if in == nil {
		return "", false
	}
	delete(l.all, key)
	return in.session.ID, true
}

// sweep forgets what has expired and returns the ids of those sessions.
func (l *logins) sweep(now time.Time) (ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, in := range l.all {
		if l.expired(in, now) {
			ids = append(ids, in.session.ID)
			delete(l.all, k)
		}
	}
	return ids
}

// throttle counts what one key did lately. It keeps a bounded number of keys
// and, when full, refuses new ones rather than forgetting old ones.
type throttle struct {
	window time.Duration

	mu   sync.Mutex
	seen map[string][]time.Time
}

const maxThrottled = 100_000

func newThrottle(window time.Duration) *throttle {
	return &throttle{window: window, seen: make(map[string][]time.Time)}
}

// take counts one more for key unless limit is reached.
func (t *throttle) take(key string, now time.Time, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	times := t.recent(key, now)
	if len(times) >= limit || len(times) == 0 && len(t.seen) >= maxThrottled {
		return false
	}
	t.seen[key] = append(times, now)
	return true
}

// count is how many key has taken within the window.
func (t *throttle) count(key string, now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.recent(key, now))
}

// add counts one regardless of any limit.
func (t *throttle) add(key string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[key] = append(t.seen[key], at)
}

func (t *throttle) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, key)
}

// recent drops what has left the window. The caller holds mu.
func (t *throttle) recent(key string, now time.Time) []time.Time {
	times := t.seen[key]
	for len(times) > 0 && now.Sub(times[0]) >= t.window {
		times = times[1:]
	}
	if len(times) == 0 {
		delete(t.seen, key)
		return nil
	}
	t.seen[key] = times
	return times
}

func (t *throttle) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range t.seen {
		t.recent(k, now)
	}
}
