package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/gateway/httpproxy"
	"github.com/menshen-io/menshen/policy"
)

// door is a running gateway in front of a back office.
type door struct {
	url    string
	agent  credentials
	record *record
}

// record keeps events in memory, in the order in which they came.
type record struct {
	mu     sync.Mutex
	events []event.Event
}

func (r *record) Append(_ context.Context, ev event.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, ev)
	return nil
}

func (r *record) Enqueue(ctx context.Context, ev event.Event) error { return r.Append(ctx, ev) }

func (r *record) all() []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]event.Event(nil), r.events...)
}

// openDoor starts a gateway in front of upstream with the policy of this
// directory and one agent's account.
func openDoor(t *testing.T, upstream string) *door {
	t.Helper()
	data, err := os.ReadFile("policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Parse("policy.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	subjects, err := gateway.HMACSubjects(bytes.Repeat([]byte("key of the end-to-end test"), 2))
	if err != nil {
		t.Fatal(err)
	}
	d := &door{agent: credentials{User: "agent-7", Password: fmt.Sprintf("pass-%d", time.Now().UnixNano())}, record: new(record)}
	hash, err := gateway.HashPassword(d.agent.Password)
	if err != nil {
		t.Fatal(err)
	}
	account := gateway.Account{Person: gateway.Person{Actor: "agent-7", Name: "Agent Seven", Role: "agent", Partner: "outsourcer-1"}, Hash: hash}
	gw, err := gateway.New(gateway.Config{
		Policy: rules,
		Accounts: func(_ context.Context, user string) (gateway.Account, bool, error) {
			return account, user == d.agent.User, nil
		},
		Standing: func(gateway.Who, time.Time) gateway.Answer { return gateway.Answer{Standing: event.Open} },
		Reasons:  func(context.Context, gateway.Claim, time.Time) (bool, error) { return false, nil },
		Record:   d.record,
		Subjects: subjects,
	})
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := httpproxy.New(httpproxy.Config{Gateway: gw, Upstream: to})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httpproxy.NewServer(proxy)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serving: %v", err)
		}
	})
	d.url = "http://" + listener.Addr().String()
	return d
}

// client calls the back office's API as a program would.
type client struct {
	t    *testing.T
	base string
	http *http.Client
}

// newClient signs in: at the gateway, when there is one, then at the back office.
func newClient(t *testing.T, base string, menshen *credentials, office credentials) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true} // so that the test sees what was sent
	t.Cleanup(transport.CloseIdleConnections)
	c := &client{t: t, base: base, http: &http.Client{Jar: jar, Transport: transport, Timeout: time.Minute}}
	if menshen != nil {
		a := c.post("/_menshen/login", map[string]string{"user": menshen.User, "password": menshen.Password})
		if a.status != http.StatusOK {
			t.Fatalf("signing in at the gateway: status %d", a.status)
		}
	}
	a := c.query(`mutation($u: String!, $p: String!) { login(username: $u, password: $p) { __typename } }`, map[string]any{"u": office.User, "p": office.Password})
	if !strings.Contains(a.body, `"CurrentUser"`) {
		t.Fatalf("signing in at the back office: status %d", a.status)
	}
	return c
}

type answer struct {
	status int
	zipped bool
	wire   int // bytes of the body as they were sent
	body   string
	header http.Header
}

func (c *client) post(path string, body any) answer {
	c.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.base+path, bytes.NewReader(data))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("reading the answer: %v", err)
	}
	a := answer{status: resp.StatusCode, wire: len(raw), header: resp.Header, zipped: resp.Header.Get("Content-Encoding") == "gzip"}
	if a.zipped {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			c.t.Fatal(err)
		}
		if raw, err = io.ReadAll(z); err != nil {
			c.t.Fatal(err)
		}
	}
	a.body = string(raw)
	return a
}

// query sends a GraphQL document.
func (c *client) query(document string, variables any) answer {
	c.t.Helper()
	return c.post("/admin-api", map[string]any{"query": document, "variables": variables})
}
