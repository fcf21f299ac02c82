package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/internal/sim/desk"
	"github.com/menshen-io/menshen/internal/store"
	"github.com/menshen-io/menshen/ledger"
)

// asProgram makes the test binary be menshen itself.
const asProgram = "MENSHEN_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	testscript.Main(m, map[string]func(){"menshen": main})
}

const (
	killPassword = "a long password"
	killToken    = "token of the test"
	killPolicy   = `version: 1
search: [phone, resident_id, bank_card, email]
unlisted: search
roles:
  agent: {view: masked, reveal: [phone], reveals_per_hour: 1000000}
routes:
  - name: order-detail
    match: GET /api/orders/{id}
    kind: detail
    records:
      - at: $
        subject: customer.id
        fields: {customer.name: name, customer.phone: phone, customer.resident_id: resident_id, customer.email: email, customer.address: address, customer.bank_card: bank_card}
`
)

// killed is a server that is killed again and again, and what it acknowledged.
type killed struct {
	t       *testing.T
	dir     string
	config  string
	gate    string
	console string
	world   *sim.World
	rng     *rand.Rand

	first chan struct{} // of a cycle: a reveal was acknowledged

	mu      sync.Mutex // guards all below
	events  map[string]bool
	reveals map[event.SubjectID]int
}

// A server that is killed at any moment under load has in its ledger, once it
// runs again, every event and every reveal that it acknowledged.
func TestKilledUnderLoadLosesNothing(t *testing.T) {
	kills := 6
	if n, err := strconv.Atoi(os.Getenv("MENSHEN_KILLS")); err == nil {
		kills = n
	} else if testing.Short() {
		kills = 2
	}
	k := newKilled(t)
	for i := range kills {
		k.cycle(i)
		report, err := ledger.Verify(t.Context(), k.dir, "")
		if err != nil || !report.OK {
			t.Fatalf("after kill %d: %v %v", i+1, err, report.Problems)
		}
	}
	// Once more, to be stopped in the ordinary way.
	cmd, stderr := k.start()
	k.waitReady(cmd, stderr)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("stopping: %v\n%s", err, stderr)
	}
	k.check(kills)
}

func newKilled(t *testing.T) *killed {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	world, err := sim.New(sim.Options{Scenario: sim.Ordinary, Seed: 1, Agents: 4, Days: 10, Merchants: -1})
	if err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(desk.New(world))
	t.Cleanup(upstream.Close)
	k := &killed{
		t: t, dir: t.TempDir(), world: world, rng: rand.New(rand.NewPCG(seed, 0)),
		gate: freeAddr(t), console: freeAddr(t), events: map[string]bool{}, reveals: map[event.SubjectID]int{},
	}
	st, err := store.Open(t.Context(), k.dir)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := gateway.HashPassword(killPassword)
	if err == nil {
		err = st.SetAccount(t.Context(), gateway.Account{Person: gateway.Person{Actor: "agent-1", Role: "agent"}, Hash: hash})
	}
	if err = errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	policy := filepath.Join(k.dir, "policy.yaml")
	k.config = filepath.Join(k.dir, "menshen.yaml")
	sum := sha256.Sum256([]byte(killToken))
	yaml := fmt.Sprintf("data: %s\ngateway: {listen: %q, upstream: %q, policy: %q, secure_cookies: false}\nconsole: {listen: %q, secure_cookies: false}\nevents: {token_sha256: %s}\n",
		k.dir, k.gate, upstream.URL, policy, k.console, hex.EncodeToString(sum[:]))
	if err := errors.Join(os.WriteFile(policy, []byte(killPolicy), 0o600), os.WriteFile(k.config, []byte(yaml), 0o600)); err != nil {
		t.Fatal(err)
	}
	return k
}

func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (k *killed) start() (*exec.Cmd, *bytes.Buffer) {
	k.t.Helper()
	cmd := exec.Command(os.Args[0], "serve", "-config", k.config)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	stderr := new(bytes.Buffer)
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	return cmd, stderr
}

// waitReady returns when the gateway answers.
func (k *killed) waitReady(cmd *exec.Cmd, stderr *bytes.Buffer) {
	k.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := http.Get("http://" + k.gate + "/_menshen/healthz")
		if err == nil {
			res.Body.Close()
			return
		}
		if cmd.ProcessState != nil {
			k.t.Fatalf("ended: %s", stderr)
		}
		select {
		case <-k.t.Context().Done():
			k.t.Fatalf("not ready: %s", stderr)
		case <-tick.C:
		}
	}
}

// cycle starts the server, puts it under load and kills it.
func (k *killed) cycle(n int) {
	cmd, stderr := k.start()
	k.waitReady(cmd, stderr)
	ctx, cancel := context.WithCancel(k.t.Context())
	k.first = make(chan struct{}, 1)
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Add(2)
		go func() { defer wg.Done(); k.sendEvents(ctx, fmt.Sprintf("%d-%d", n, w)) }()
		go func() { defer wg.Done(); k.reveal(ctx, n*3+w) }()
	}
	// Some time after the first reveal, at a moment nobody chose.
	select {
	case <-k.first:
	case <-k.t.Context().Done():
	}
	<-time.NewTimer(time.Duration(k.rng.IntN(800)) * time.Millisecond).C
	if err := cmd.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	cancel()
	wg.Wait()
}

// sendEvents posts small batches and notes those that were acknowledged.
func (k *killed) sendEvents(ctx context.Context, name string) {
	for i := 0; ctx.Err() == nil; i++ {
		var body bytes.Buffer
		var ids []string
		w := event.NewWriter(&body)
		for j := range 5 {
			id := fmt.Sprintf("ev-%s-%d-%d", name, i, j)
			ids = append(ids, id)
			if err := w.Write(event.New(id, "test", time.Now(), &event.HarmReported{Subject: "c-1", Kind: event.HarmComplaint})); err != nil {
				k.t.Error(err)
				return
			}
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+k.console+"/v1/events", &body)
		if err != nil {
			k.t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+killToken)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		var ack struct{ Accepted int }
		err = json.NewDecoder(res.Body).Decode(&ack)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			return
		}
		if ack.Accepted != 5 {
			k.t.Errorf("accepted %d of 5", ack.Accepted)
		}
		k.mu.Lock()
		for _, id := range ids {
			k.events[id] = true
		}
		k.mu.Unlock()
	}
}

// reveal opens a ticket, looks at its order and reveals the number, over and
// over, and counts the values that it got.
func (k *killed) reveal(ctx context.Context, i int) {
	order := k.world.OrderAt(i)
	key, err := os.ReadFile(filepath.Join(k.dir, "keys", "subjects.key"))
	if err != nil {
		k.t.Error(err)
		return
	}
	hash, err := gateway.HMACSubjects(key)
	if err != nil {
		k.t.Error(err)
		return
	}
	customer := k.world.CustomerAt(i)
	subject := hash(string(customer.ID))
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar}
	post := func(url, kind, token string, body io.Reader) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", kind)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		return c.Do(req)
	}
	var line bytes.Buffer
	_ = event.NewWriter(&line).Write(event.New(fmt.Sprintf("t-%d", i), "test", time.Now().Add(-time.Minute),
		&event.ReasonOpened{Kind: "ticket", ID: event.ReasonID(fmt.Sprintf("t-%d", i)), Actor: "agent-1", Subject: subject}))
	res, err := post("http://"+k.console+"/v1/events", "application/x-ndjson", killToken, &line)
	if err != nil {
		return
	}
	res.Body.Close()
	// Signing in leads to a page that this desk's policy does not pass.
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err = post("http://"+k.gate+"/_menshen/login", "application/x-www-form-urlencoded", "",
		strings.NewReader(url.Values{"user": {"agent-1"}, "password": {killPassword}}.Encode()))
	if err != nil {
		return
	}
	res.Body.Close()
	for ctx.Err() == nil {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+k.gate+"/api/orders/"+order.ID, nil)
		if res, err = c.Do(req); err != nil {
			return
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if bytes.Contains(body, []byte(customer.Phone)) {
			k.t.Error("the number came through unmasked")
		}
		ask := fmt.Sprintf(`{"subject":%q,"field":"phone","reason":{"kind":"ticket","id":"t-%d"}}`, customer.ID, i)
		if res, err = post("http://"+k.gate+"/_menshen/reveal", "application/json", "", strings.NewReader(ask)); err != nil {
			return
		}
		body, err = io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil && res.StatusCode == http.StatusOK && bytes.Contains(body, []byte(customer.Phone)) {
			k.mu.Lock()
			k.reveals[subject]++
			k.mu.Unlock()
			select {
			case k.first <- struct{}{}:
			default:
			}
		}
	}
}

// check compares the ledger with what was acknowledged.
func (k *killed) check(kills int) {
	l, err := ledger.Open(k.t.Context(), k.dir, ledger.Options{})
	if err != nil {
		k.t.Fatal(err)
	}
	defer l.Close(context.Background())
	seen := map[event.Key]int{}
	reveals := map[event.SubjectID]int{}
	err = l.Read(k.t.Context(), 0, l.Size(), func(_ uint64, line []byte) error {
		ev, err := event.Parse(line)
		if err != nil {
			return err
		}
		seen[ev.Key()]++
		if d, ok := ev.Data.(*event.AccessViewed); ok && d.Kind == event.KindReveal {
			reveals[d.Subjects[0].Subject]++
		}
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
	total := 0
	for id := range k.events {
		if n := seen[event.Key{Source: "test", ID: id}]; n != 1 {
			k.t.Errorf("event %s is in the ledger %d times", id, n)
		}
	}
	for subject, n := range k.reveals {
		total += n
		if reveals[subject] < n {
			k.t.Errorf("%d reveals of one customer were acknowledged, %d are recorded", n, reveals[subject])
		}
	}
	if len(k.events) == 0 || total == 0 {
		k.t.Errorf("nothing was acknowledged: %d events, %d reveals", len(k.events), total)
	}
	k.t.Logf("%d kills; %d events and %d reveals acknowledged, all recorded; ledger of %d entries", kills, len(k.events), total, l.Size())
}
