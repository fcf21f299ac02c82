package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/internal/store"
)

const serverToken = "a token for events"

// running is a whole server over a data directory.
type running struct {
	t    *testing.T
	srv  *server
	base string
	c    *http.Client
	stop func()
}

func runServer(t *testing.T, dir string, now func() time.Time) *running {
	t.Helper()
	sum := sha256.Sum256([]byte(serverToken))
	cfg := config{
		Data: dir, Zone: "Asia/Shanghai", Packs: packsConfig{"hotel-desk", "marketplace"},
		Gateway: gatewayConfig{Listen: "127.0.0.1:0", Upstream: "http://127.0.0.1:1", Accounts: true},
		Console: consoleConfig{Listen: "127.0.0.1:0"}, Events: eventsConfig{Settle: "0s", TokenSHA256: hex.EncodeToString(sum[:])},
	}
	gate, console, err := listenBoth(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := newServer(t.Context(), cfg, extras{now: now, bucket: 24 * time.Hour}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- srv.run(ctx, gate, console, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, srv: srv, base: "http://" + console.Addr().(*net.TCPAddr).String(), c: &http.Client{Jar: jar}}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := srv.close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// call sends a request and decodes the answer into out, if there is one.
func (r *running) call(method, path string, body any, want int, out any) {
	r.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		in = bytes.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			r.t.Fatal(err)
		}
		in = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.base+path, in)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if path == "/v1/events" {
		req.Header.Set("Authorization", "Bearer "+serverToken)
	}
	res, err := r.c.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if res.StatusCode != want {
		r.t.Fatalf("%s %s: %d, want %d: %.300s", method, path, res.StatusCode, want, b)
	}
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			r.t.Fatalf("%s %s: %v: %.300s", method, path, err, b)
		}
	}
}

func account(t *testing.T, dir, name, role string) {
	t.Helper()
	st, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	hash, err := gateway.HashPassword("correct horse")
	if err == nil {
		err = st.SetAccount(t.Context(), gateway.Account{Person: gateway.Person{Actor: event.ActorID(name), Role: role}, Hash: hash})
	}
	if err != nil {
		t.Fatal(err)
	}
}

type ground struct{ Cause, Standing string }

type idPage struct {
	Items []struct {
		Alert  string `json:"alert"`
		Actor  string `json:"actor"`
		Action string `json:"action"`
	}
}

// The whole path, as its users see it: events come in, an insider is named and
// the door narrows; a person lifts it; a restart says nothing twice.
func TestFromEventsToAClosedDoorAndBack(t *testing.T) {
	dir := t.TempDir()
	account(t, dir, "ana", "analyst")
	account(t, dir, "fin", "finance")
	account(t, dir, "agent-001", "agent")
	world, err := sim.New(sim.Options{Scenario: sim.Harvest, Seed: 4, Agents: 16, Days: 80, Merchants: 10})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return world.End() }
	r := runServer(t, dir, now)

	r.call("GET", "/api/overview", nil, http.StatusUnauthorized, nil)
	r.call("POST", "/api/session", map[string]string{"user": "ana", "password": "wrong"}, http.StatusUnauthorized, nil)
	r.call("POST", "/api/session", map[string]string{"user": "agent-001", "password": "correct horse"}, http.StatusForbidden, nil)
	r.call("POST", "/api/session", map[string]string{"user": "ana", "password": "correct horse"}, http.StatusOK, nil)

	var body bytes.Buffer
	w := event.NewWriter(&body)
	events := 0
	for ev := range world.Events() {
		if err := w.Write(hashSubjects(ev, r.srv.subjects)); err != nil {
			t.Fatal(err)
		}
		events++
	}
	body.WriteString("not an event\n")
	var ack struct{ Accepted, Malformed int }
	r.call("POST", "/v1/events", body.Bytes(), http.StatusOK, &ack)
	if ack.Accepted != events || ack.Malformed != 1 {
		t.Fatalf("acknowledged %+v of %d", ack, events)
	}
	r.settled(uint64(events))

	var alerts idPage
	r.call("GET", "/api/alerts?limit=500", nil, http.StatusOK, &alerts)
	var insiders, named []string
	for _, in := range world.Truth().Insiders {
		insiders = append(insiders, string(in.Actor))
	}
	alert := ""
	for _, a := range alerts.Items {
		if a.Action == event.ActionNarrow && slices.Contains(insiders, a.Actor) && !slices.Contains(named, a.Actor) {
			named, alert = append(named, a.Actor), a.Alert
		}
		if !slices.Contains(insiders, a.Actor) {
			t.Errorf("an honest account is accused: %+v", a)
		}
	}
	if len(named) != len(insiders) {
		t.Fatalf("named %v of %v", named, insiders)
	}
	var detail struct {
		Alert    struct{ Actor string }
		Standing struct{ Grounds []ground }
		Views    []struct{ Explained bool }
	}
	r.call("GET", "/api/alerts/"+alert, nil, http.StatusOK, &detail)
	if !slices.ContainsFunc(detail.Standing.Grounds, func(g ground) bool { return g.Cause == alert && g.Standing == event.Narrowed }) || len(detail.Views) == 0 {
		t.Errorf("alert shows %+v", detail)
	}
	for _, v := range detail.Views {
		if v.Explained {
			t.Error("an explained view stands behind the alert")
		}
	}

	lift := map[string]string{"scope": "actor", "id": detail.Alert.Actor, "cause": alert, "note": "talked to her"}
	r.call("POST", "/api/session", map[string]string{"user": "fin", "password": "correct horse"}, http.StatusOK, nil)
	r.call("POST", "/api/standings/lift", lift, http.StatusForbidden, nil)
	r.call("POST", "/api/session", map[string]string{"user": "ana", "password": "correct horse"}, http.StatusOK, nil)
	r.call("POST", "/api/standings/lift", map[string]string{"scope": "actor", "id": detail.Alert.Actor, "cause": "nothing", "note": "talked to her"}, http.StatusNotFound, nil)
	r.call("POST", "/api/standings/lift", lift, http.StatusNoContent, nil)
	size := r.srv.ledger.Size()
	r.settled(size)
	var actor struct{ Grounds []ground }
	lifted := func(g ground) bool { return g.Cause == alert }
	r.call("GET", "/api/actors/"+detail.Alert.Actor, nil, http.StatusOK, &actor)
	if slices.ContainsFunc(actor.Grounds, lifted) {
		t.Errorf("after lifting: %+v", actor.Grounds)
	}

	for _, path := range []string{"/api/overview", "/api/start", "/api/views?unexplained=true", "/api/actors", "/api/standings", "/api/merchants",
		"/api/trace", "/api/ledger", "/api/ledger/entries?from=0&limit=5", "/api/ledger/entries/3/proof", "/openapi.json"} {
		r.call("GET", path, nil, http.StatusOK, nil)
	}
	r.call("GET", "/api/merchants/none", nil, http.StatusNotFound, nil)
	r.call("GET", "/api/nothing", nil, http.StatusNotFound, nil)
	var verified struct {
		OK   bool
		Size uint64
	}
	r.call("POST", "/api/ledger/verify", map[string]string{}, http.StatusOK, &verified)
	if !verified.OK {
		t.Error("the ledger does not verify")
	}
	size = r.srv.ledger.Size()
	r.stop()

	// Started again, it says what it said, and nothing twice.
	r = runServer(t, dir, now)
	r.call("POST", "/api/session", map[string]string{"user": "ana", "password": "correct horse"}, http.StatusOK, nil)
	if got := r.srv.ledger.Size(); got != size {
		t.Errorf("a restart added %d entries", got-size)
	}
	r.call("GET", "/api/actors/"+detail.Alert.Actor, nil, http.StatusOK, &actor)
	if slices.ContainsFunc(actor.Grounds, lifted) {
		t.Errorf("after a restart: %+v", actor.Grounds)
	}
	var again idPage
	r.call("GET", "/api/alerts?limit=500", nil, http.StatusOK, &again)
	if fmt.Sprint(again) != fmt.Sprint(alerts) {
		t.Error("the alerts changed by a restart")
	}
}

// settled returns when at least n entries were folded and nothing more follows.
func (r *running) settled(n uint64) {
	r.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for calm := 0; calm < 10; {
		select {
		case <-r.t.Context().Done():
			r.t.Fatal("the pipeline does not come to rest")
		case <-tick.C:
		}
		if done := r.srv.pipeline.folded.Load(); done >= n && done == r.srv.ledger.Size() {
			calm++
		} else {
			calm = 0
		}
	}
}

func TestServeChecksItsConfiguration(t *testing.T) {
	var out, errs strings.Builder
	code := run(t.Context(), streams{strings.NewReader(""), &out, &errs}, []string{"serve", "-config", writeTemp(t, "menshen.yaml",
		"data: d\ngateway:\n  upstream: nowhere\n  accounts: false\n  colour: red\nevents: {settle: soon}\n")})
	if code != exitUsage {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(errs.String(), "menshen.yaml:5") || !strings.Contains(errs.String(), "colour") {
		t.Errorf("the unknown key is not named:\n%s", errs.String())
	}
	errs.Reset()
	code = run(t.Context(), streams{strings.NewReader(""), &out, &errs}, []string{"serve", "-config", writeTemp(t, "menshen.yaml",
		"data: d\ngateway:\n  upstream: nowhere\n  accounts: false\nevents: {settle: soon}\n")})
	for _, want := range []string{"menshen.yaml:3: gateway.upstream", "menshen.yaml:2: gateway: nobody", "menshen.yaml:5: events.settle"} {
		if code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("exit %d, %q is not in:\n%s", code, want, errs.String())
		}
	}
}

func writeTemp(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
