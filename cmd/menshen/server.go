package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/gateway/httpproxy"
	"github.com/menshen-io/menshen/internal/store"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/partner"
	"github.com/menshen-io/menshen/policy"
	"github.com/menshen-io/menshen/standing"
	"github.com/menshen-io/menshen/trace"
	"github.com/menshen-io/menshen/watch"
	"github.com/menshen-io/menshen/web"
)

// extras are what the demo sets and a configuration file cannot.
type extras struct {
	now    func() time.Time // the time of what is recorded
	idle   time.Duration    // of gateway sessions, in the time of now
	bucket time.Duration    // of the console's series
	start  api.Start
}

// server is the whole of Menshen in one process.
type server struct {
	cfg       config
	log       *slog.Logger
	program   string // its hash: another one may be in its place when it stops
	ledger    *ledger.Ledger
	store     *store.Store
	pipeline  *pipeline
	engines   *engines
	door      *doorkeeper
	subjects  gateway.Subjects
	masks     *mask.Keys
	passwords *gateway.Passwords
	gateway   *gateway.Gateway
	proxy     *httpproxy.Proxy
	api       *api.Server
}

// newServer opens the data directory and wires every part. close must be called.
func newServer(ctx context.Context, cfg config, x extras, log *slog.Logger) (_ *server, err error) {
	s := &server{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.program, err = programSum(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("making data directory: %w", err)
	}
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return nil, err
	}
	settle, err := time.ParseDuration(cfg.Events.Settle)
	if err != nil {
		return nil, err
	}
	if s.ledger, err = ledger.Open(ctx, cfg.Data, ledger.Options{Origin: cfg.Origin}); err != nil {
		return nil, err
	}
	if s.store, err = store.Open(ctx, cfg.Data); err != nil {
		return nil, err
	}
	s.passwords = gateway.NewPasswords(s.store.Account, 2)
	key, err := subjectKey(filepath.Join(cfg.Data, "keys", "subjects.key"), s.ledger.Size() == 0)
	if err != nil {
		return nil, err
	}
	if s.subjects, err = gateway.HMACSubjects(key); err != nil {
		return nil, err
	}
	if s.masks, err = maskKeys(filepath.Join(cfg.Data, "keys", "masks.key")); err != nil {
		return nil, err
	}
	pol, err := s.openParts(ctx, x, zone, settle)
	if err != nil {
		return nil, err
	}
	if err := s.loadState(ctx); err != nil {
		log.WarnContext(ctx, "the record is folded from its first entry on", "why", err)
		if err := s.engines.close(); err != nil {
			return nil, err
		}
		if pol, err = s.openParts(ctx, x, zone, settle); err != nil {
			return nil, err
		}
	}
	standings, tally := s.pipeline.standings, s.pipeline.tally
	for _, w := range pol.Warnings {
		log.Warn("policy", "warning", w)
	}
	if err := s.openGateway(pol, standings, x); err != nil {
		return nil, err
	}
	s.api = api.New(api.Config{
		Now: x.now, Index: s.store, Tally: tally, Record: apiRecord{s.ledger, s.door}, Standings: standings, Money: money{s.door.book}, Door: s.door,
		SignIn: s.consoleSignIn, User: s.consoleUser, Trace: s.engines.traced, Start: x.start, Log: log, Secure: cfg.Console.Secure,
		Prove: func(ctx context.Context, i uint64) (ledger.Proof, error) { return ledger.Prove(ctx, cfg.Data, "", i) },
		Verify: func(ctx context.Context) (ledger.Report, error) {
			return ledger.Verify(ctx, cfg.Data, s.ledger.Verifier())
		},
		Verifier: s.ledger.Verifier(), TokenHash: cfg.Events.TokenSHA256, Subjects: s.subjects, Console: web.Handler(),
	})
	return s, nil
}

// openParts makes all that follows the record, knowing nothing of it.
func (s *server) openParts(ctx context.Context, x extras, zone *time.Location, settle time.Duration) (*policy.Policy, error) {
	pol, tracing, err := s.openEngines(x.now)
	if err != nil {
		return nil, err
	}
	tracing.Basis += " " + settle.String() // which puts events into order
	if s.engines.trace, s.engines.shelf, err = openTracer(ctx, s.cfg.Data, tracing); err != nil {
		return nil, err
	}
	s.pipeline = newPipeline(s.ledger, s.store, api.NewTally(x.bucket, zone), standing.New(), s.engines, s.door, settle, s.log)
	s.pipeline.saveState = s.saveState
	return pol, nil
}

// openEngines reads the packs and makes what decides by them, but for the tracer,
// which needs the data directory.
func (s *server) openEngines(now func() time.Time) (*policy.Policy, trace.Options, error) {
	wp, rules, err := loadWatchPack(s.cfg.Packs.DataDoor)
	if err != nil {
		return nil, trace.Options{}, err
	}
	pp, rp, err := loadMoneyPack(s.cfg.Packs.MoneyDoor)
	if err != nil {
		return nil, trace.Options{}, err
	}
	opt := watch.Options{Verdict: func(view event.Event, subject event.SubjectID, explained bool) {
		s.pipeline.verdict(view, subject, explained)
	}}
	s.engines = &engines{
		reasons: watch.NewReasons(wp.Grace), watch: watch.New(wp, opt), roll: partner.New(rules), pack: wp, options: opt,
	}
	s.door = newDoorkeeper(doorRecord{s.ledger}, now, newMoneyDoor(pp, rp, true), s.log)
	if s.door.shadow, err = openShadow(s.cfg.Packs.Shadow); err != nil {
		return nil, trace.Options{}, err
	}
	file, data := s.cfg.Gateway.Policy, []byte(nil)
	if file != "" {
		data, err = os.ReadFile(file)
	} else {
		file = s.cfg.Packs.DataDoor + "/" + policyFile
		var pack fs.FS
		if pack, err = openPack(s.cfg.Packs.DataDoor); err == nil {
			data, err = fs.ReadFile(pack, policyFile)
		}
	}
	if err != nil {
		return nil, trace.Options{}, fmt.Errorf("reading policy: %w", err)
	}
	pol, err := policy.Parse(file, data)
	return pol, traceOptions(wp), err
}

func (s *server) openGateway(pol *policy.Policy, standings *standing.Book, x extras) error {
	proxy, err := s.cfg.Gateway.Proxy.proxy()
	if err != nil {
		return err
	}
	gc := gateway.Config{
		Policy: pol, Proxy: proxy, Record: recorder{s.ledger}, Subjects: s.subjects, Masks: s.masks, Now: x.now,
		Standing: func(w gateway.Who, at time.Time) gateway.Answer {
			a := standings.Ask(standing.Who{Actor: w.Actor, Partner: w.Partner, Site: w.Site, Station: w.Station, Device: w.Device}, at)
			out := gateway.Answer{Standing: a.Standing}
			for _, g := range a.Grounds {
				if g.Reason != nil {
					out.Grounds = append(out.Grounds, *g.Reason)
				}
			}
			return out
		},
		Reasons: func(_ context.Context, c gateway.Claim, at time.Time) (bool, error) {
			return s.engines.reasons.Open(c.Actor, c.Reason.Kind, c.Reason.ID, c.Subject, at), nil
		},
	}
	if x.idle > 0 {
		gc.Idle, gc.Longest, gc.Vault.TTL = x.idle, x.idle, x.idle
	}
	if s.cfg.Gateway.Accounts {
		gc.Accounts = s.store.Account
	}
	if s.gateway, err = gateway.New(gc); err != nil {
		return err
	}
	s.pipeline.revealed = s.gateway.Revealed
	upstream, err := url.Parse(s.cfg.Gateway.Upstream)
	if err != nil {
		return err
	}
	s.proxy, err = httpproxy.New(httpproxy.Config{Gateway: s.gateway, Upstream: upstream, Secure: s.cfg.Gateway.Secure, Log: s.log})
	return err
}

// consoleSignIn checks a local account for the console.
func (s *server) consoleSignIn(ctx context.Context, user, password string) (api.User, error) {
	p, ok, err := s.passwords.Check(ctx, user, password)
	if err != nil {
		return api.User{}, err
	}
	if !ok {
		return api.User{}, api.ErrSignIn
	}
	return api.User{User: user, Name: p.Name, Role: p.Role}, nil
}

// consoleUser looks up a local account for the console.
func (s *server) consoleUser(ctx context.Context, name string) (api.User, bool, error) {
	a, ok, err := s.store.Account(ctx, name)
	return api.User{User: name, Name: a.Name, Role: a.Role}, ok, err
}

// run catches up with the record, then serves both doors until ctx ends or a
// part fails. ready, if not nil, is called once both doors are open.
func (s *server) run(ctx context.Context, gate, console net.Listener, ready func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	start := func(fn func() error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := fn(); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		}()
	}
	start(func() error { return s.pipeline.run(ctx) })
	select {
	case <-s.pipeline.caughtUp():
	case <-ctx.Done():
		return cause(ctx)
	}
	start(func() error { s.gateway.Run(ctx); return nil })
	servers := map[*http.Server]net.Listener{httpproxy.NewServer(s.proxy): gate, httpproxy.NewServer(s.api): console}
	for srv, l := range servers {
		srv.BaseContext = func(net.Listener) context.Context { return ctx }
		start(func() error {
			if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	if ready != nil {
		ready()
	}
	<-ctx.Done()
	for srv := range servers {
		stop, done := context.WithTimeout(context.Background(), 5*time.Second)
		if srv.Shutdown(stop) != nil {
			srv.Close()
		}
		done()
	}
	return cause(ctx)
}

// cause is why ctx ended; being told to stop is no fault.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// close ends what newServer opened; what was taken in is durable after it.
func (s *server) close() error {
	var err error
	if s.ledger != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err = s.ledger.Close(ctx)
		if err == nil && s.pipeline != nil && s.pipeline.done() && s.door.open() {
			err = s.saveState(ctx)
		}
	}
	if s.engines != nil && s.engines.shelf != nil {
		err = errors.Join(err, s.engines.close())
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close())
	}
	return err
}

// apiRecord lets the API read the ledger, and write to it by the money door.
type apiRecord struct {
	*ledger.Ledger
	door *doorkeeper
}

func (r apiRecord) Enqueue(ctx context.Context, ev event.Event) (api.Pending, error) {
	return r.door.Enqueue(ctx, ev)
}

// recorder lets the gateway write to the ledger.
type recorder struct{ *ledger.Ledger }

func (r recorder) Append(ctx context.Context, ev event.Event) error {
	_, err := r.Ledger.Append(ctx, ev)
	return err
}

func (r recorder) Enqueue(ctx context.Context, ev event.Event) error {
	_, err := r.Ledger.Enqueue(ctx, ev)
	return err
}

// subjectKey reads the key that customers' ids are hashed under. For a new record
// it is made; another key for an old one would make every customer a new one.
func subjectKey(path string, isNew bool) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil && len(key) >= 32 {
		return key, nil
	}
	if err == nil {
		return nil, fmt.Errorf("reading %s: the key is cut short", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading subject key: %w", err)
	}
	if !isNew {
		return nil, fmt.Errorf("reading subject key: %s is missing, and the ledger names customers by it: restore it from a backup", path)
	}
	return newKey(path, "subject")
}

// newKey makes a key of 32 random bytes in the file path.
func newKey(path, what string) ([]byte, error) {
	key := make([]byte, 32)
	rand.Read(key)
	if err := writeDurably(path, func(w io.Writer) error { _, err := w.Write(key); return err }); err != nil {
		return nil, fmt.Errorf("making %s key: %w", what, err)
	}
	return key, nil
}

// maskKeys reads the key that pseudonyms and encrypted values are made with. It is
// made when it is missing: nothing in the record depends on it.
func maskKeys(path string) (*mask.Keys, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = newKey(path, "mask")
	}
	if err != nil {
		return nil, fmt.Errorf("reading mask key: %w", err)
	}
	keys, err := mask.NewKeys(key)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return keys, nil
}

// writeDurably writes a new file and its directory entry to the disk. What was there
// stays until all of it is.
func writeDurably(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<16)
	if err := errors.Join(write(out), out.Flush(), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
