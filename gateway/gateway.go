package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/netip"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

// Recorder is where views and refusals are recorded. Both calls are safe for
// use by many goroutines.
type Recorder interface {
	// Append returns nil only when ev is durable.
	Append(ctx context.Context, ev event.Event) error
	// Enqueue takes ev without waiting for the disk. An error means that
	// nothing can be recorded, and so that no data may leave.
	Enqueue(ctx context.Context, ev event.Event) error
}

// Config is what a gateway is made of. Policy, Standing, Reasons, Record and
// Subjects are needed, and Accounts or Proxy.
type Config struct {
	Policy   *policy.Policy
	Accounts Accounts // nil: nobody signs in here
	Proxy    *Proxy   // nil: nobody vouches for anyone
	Standing Standing
	Reasons  Reasons
	Record   Recorder
	Subjects Subjects
	Masks    *mask.Keys // needed when the policy has forms of masks that take a key

	Vault   VaultLimits
	Idle    time.Duration    // a session that is not used ends; 30 minutes
	Longest time.Duration    // every session ends; 12 hours
	Hashes  int              // passwords verified at a time; 2
	Source  string           // of the events recorded; "gateway"
	Now     func() time.Time // time.Now
}

// Gateway is the data door. It is safe for use by many goroutines.
type Gateway struct {
	cfg     Config
	hasher  *hasher
	logins  *logins
	tries   *throttle // failed sign-ins by user and address
	reveals *throttle // by actor
	vault   *vault
	// standIns: some masks have no asterisk.
	standIns bool
	vouched  [32]byte // keys the session ids of people whom a proxy vouches for
}

// How often one user may fail to sign in from one address.
const (
	triesWindow = 10 * time.Minute
	triesLimit  = 10
)

// New returns a gateway. Its error joins everything that is missing.
func New(cfg Config) (*Gateway, error) {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("gateway: "+what+": missing"))
		}
	}
	need(cfg.Policy != nil, "policy")
	need(cfg.Accounts != nil || cfg.Proxy != nil, "accounts or trusted proxy")
	need(cfg.Standing != nil, "standing")
	need(cfg.Reasons != nil, "reasons")
	need(cfg.Record != nil, "recorder")
	need(cfg.Subjects != nil, "subject key")
	if cfg.Policy != nil && cfg.Policy.NeedsKeys() {
		need(cfg.Masks != nil, "mask key")
	}
	if p := cfg.Proxy; p != nil {
		need(len(p.From) > 0, "trusted proxy's addresses")
		need(p.User != "" && p.Role != "", "trusted proxy's user and role headers")
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if cfg.Idle <= 0 {
		cfg.Idle = 30 * time.Minute
	}
	if cfg.Longest <= 0 {
		cfg.Longest = 12 * time.Hour
	}
	if cfg.Hashes <= 0 {
		cfg.Hashes = 2
	}
	if cfg.Source == "" {
		cfg.Source = "gateway"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	g := &Gateway{
		cfg: cfg, hasher: newHasher(cfg.Hashes), logins: newLogins(cfg.Idle, cfg.Longest),
		tries: newThrottle(triesWindow), reveals: newThrottle(time.Hour), vault: newVault(cfg.Vault),
		standIns: cfg.Policy.NeedsKeys(),
	}
	rand.Read(g.vouched[:])
	return g, nil
}

// Run forgets what has expired, every minute, until ctx ends.
func (g *Gateway) Run(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			g.sweep(g.cfg.Now())
		}
	}
}

func (g *Gateway) sweep(now time.Time) {
	for _, id := range g.logins.sweep(now) {
		g.vault.close(id, now)
	}
	g.tries.sweep(now)
	g.reveals.sweep(now)
	g.vault.sweep(now)
}

// Policy is the policy in force.
func (g *Gateway) Policy() *policy.Policy { return g.cfg.Policy }

// Proxy is the trusted proxy, or nil.
func (g *Gateway) Proxy() *Proxy { return g.cfg.Proxy }

// HasAccounts tells whether people sign in here.
func (g *Gateway) HasAccounts() bool { return g.cfg.Accounts != nil }

// Idle is how long an unused session lasts.
func (g *Gateway) Idle() time.Duration { return g.cfg.Idle }

// SignIn opens a session for a local account and returns its token, which is
// not kept here. It blocks while passwords are verified. Wrong user and wrong
// password are one refusal and take the same time.
func (g *Gateway) SignIn(ctx context.Context, user, password, ip string) (token string, s Session, ref *Refusal) {
	now := g.cfg.Now()
	key := ip + "\x00" + user
	refuse := func(cause Cause, actor event.ActorID) *Refusal {
		// An unknown name is not recorded: people type passwords there.
		return g.refuse(ctx, &event.AccessRefused{Actor: actor, Kind: "login", Cause: string(cause), IP: ip})
	}
	if g.cfg.Accounts == nil || user == "" || len(user) > 256 {
		return "", s, refuse(CauseBadLogin, "")
	}
	// Counted before the password is looked at, so that many at once do not
	// slip under the limit; a success clears the count.
	if !g.tries.take(key, now, triesLimit) {
		return "", s, Refuse(CauseTooManyLogins)
	}
	acc, known, err := g.cfg.Accounts(ctx, user)
	if err != nil || !known {
		acc = Account{}
	}
	ok, err := g.hasher.verify(ctx, password, acc.Hash)
	if err != nil || !ok || acc.Actor == "" {
		return "", s, refuse(CauseBadLogin, acc.Actor)
	}
	g.tries.forget(key)
	token, s = g.logins.open(user, acc.Person, now)
	s.IP = ip
	return token, s, nil
}

// SignOut ends the session of token; its originals go with it.
func (g *Gateway) SignOut(token string) {
	if id, ok := g.logins.close(token); ok {
		g.vault.close(id, g.cfg.Now())
	}
}

// Resume returns the session of a token. The account is looked up again once a
// minute: one that has gone, or whose role changed, does not stay signed in.
func (g *Gateway) Resume(ctx context.Context, token, ip string) (Session, bool) {
	now := g.cfg.Now()
	in, ok := g.logins.find(token, now)
	if !ok {
		return Session{}, false
	}
	if in.stale {
		acc, known, err := g.cfg.Accounts(ctx, in.user)
		if err != nil {
			return Session{}, false
		}
		if !known || acc.Person != in.session.Person {
			g.SignOut(token)
			return Session{}, false
		}
		g.logins.checked(token, now)
	}
	in.session.IP = ip
	return in.session, true
}

// Vouched returns the session of somebody whom the trusted proxy has signed in.
func (g *Gateway) Vouched(addr netip.Addr, header func(name string) []string, ip string) (Session, bool) {
	if !g.cfg.Proxy.Trusts(addr) {
		return Session{}, false
	}
	p, ok := g.cfg.Proxy.Person(header)
	if !ok {
		return Session{}, false
	}
	m := hmac.New(sha256.New, g.vouched[:])
	for _, part := range []string{string(p.Actor), p.Role, string(p.Partner), string(p.Station)} {
		m.Write([]byte(part))
		m.Write([]byte{0})
	}
	return Session{Person: p, ID: sessionID(m.Sum(nil)), IP: ip}, true
}

// Standing asks how s stands now.
func (g *Gateway) Standing(s Session) Answer {
	return g.cfg.Standing(s.who(), g.cfg.Now())
}

// RevealsLeft is how many values s may still reveal within the hour.
func (g *Gateway) RevealsLeft(s Session) int {
	role, ok := g.cfg.Policy.Role(s.Role)
	if !ok {
		return 0
	}
	return max(0, role.RevealsPerHour-g.reveals.count(string(s.Actor), g.cfg.Now()))
}

// Revealed counts a reveal that was recorded earlier, so that a restart does
// not give the hour's quota anew.
func (g *Gateway) Revealed(actor event.ActorID, at time.Time) { g.reveals.add(string(actor), at) }

// refuse records a refusal. That it could not be recorded changes nothing: the
// door stays shut.
func (g *Gateway) refuse(ctx context.Context, d *event.AccessRefused, grounds ...event.Text) *Refusal {
	r := &Refusal{Cause: Cause(d.Cause), Grounds: grounds}
	ev := g.event(d)
	if err := g.cfg.Record.Enqueue(context.WithoutCancel(ctx), ev); err == nil {
		r.ID = ev.ID
	}
	return r
}

func (g *Gateway) event(d event.Data) event.Event {
	return event.New(rand.Text(), g.cfg.Source, g.cfg.Now(), d)
}
