package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
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
	"github.com/menshen-io/menshen/ledger"
)

const serverToken = "a token for events"

// running is a whole server over a data directory.
type running struct {
	t    testing.TB
	srv  *server
	base string
	c    *http.Client
	stop func()
}

func runServer(t testing.TB, dir string, now func() time.Time, with ...func(*config)) *running {
	t.Helper()
	return runLoggingServer(t, slog.DiscardHandler, dir, now, with...)
}

func runLoggingServer(t testing.TB, log slog.Handler, dir string, now func() time.Time, with ...func(*config)) *running {
	t.Helper()
	sum := sha256.Sum256([]byte(serverToken))
	cfg := config{
		Data: dir, Zone: "Asia/Shanghai", Packs: packsConfig{DataDoor: "hotel-desk", MoneyDoor: "marketplace"},
		Gateway: gatewayConfig{Listen: "127.0.0.1:0", Upstream: "http://127.0.0.1:1", Accounts: true},
		Console: consoleConfig{Listen: "127.0.0.1:0"}, Events: eventsConfig{Settle: "0s", TokenSHA256: hex.EncodeToString(sum[:])},
	}
	for _, set := range with {
		set(&cfg)
	}
	gate, console, err := listenBoth(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := newServer(t.Context(), cfg, extras{now: now, bucket: 24 * time.Hour}, slog.New(log))
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
	if strings.HasPrefix(path, "/v1/") {
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
	now := func() time.Time { return world.End().AddDate(0, 1, 0) } // complaints come in after the last day
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
		indexed, err := r.srv.store.Cursor(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if done := r.srv.pipeline.folded.Load(); done >= n && done == r.srv.ledger.Size() && done == indexed {
			calm++
		} else {
			calm = 0
		}
	}
}

// What no sender may record is refused by line, and what stands beside it is
// taken and judged.
func TestRefusedAtTheDoorOfEvents(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	r := runServer(t, t.TempDir(), func() time.Time { return at })
	opened := func(id, source string, at time.Time, note string) string {
		var b bytes.Buffer
		if err := event.NewWriter(&b).Write(event.New(id, source, at, &event.ReasonOpened{
			Kind: "ticket", ID: event.ReasonID("t-" + id), Actor: "agent-017", Subject: "c-1", Queue: note,
		})); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	body := opened("future", "desk", at.AddDate(73, 0, 0), "") +
		opened("ours", "menshen", at, "") + opened("hand", "console", at, "") +
		opened("long", "desk", at, strings.Repeat("q", ledger.MaxLine)) +
		opened("ahead", "desk", at.Add(4*time.Minute), "") + opened("right", "desk", at, "")
	var ack struct {
		Accepted, Malformed, Late int
		Refused                   []string
	}
	r.call("POST", "/v1/events", []byte(body), http.StatusOK, &ack)
	if ack.Accepted != 2 || ack.Malformed != 4 || ack.Late != 0 || len(ack.Refused) != 4 {
		t.Errorf("acknowledged %+v", ack)
	}
	for i, want := range []string{"time: more than 5m0s ahead", `"menshen" is Menshen's own`, `"console" is`, "longer than an entry can hold"} {
		if i >= len(ack.Refused) || !strings.Contains(ack.Refused[i], want) || !strings.Contains(ack.Refused[i], fmt.Sprintf("line %d:", i+1)) {
			t.Errorf("%q is not in place %d of %q", want, i, ack.Refused)
		}
	}
	r.settled(2)
	if got := r.srv.ledger.Size(); got != 2 {
		t.Errorf("%d entries", got)
	}
	open := r.srv.engines.reasons.Open("agent-017", "ticket", "t-right", "c-1", at.Add(time.Minute))
	if !open {
		t.Error("the event that was right was not taken in")
	}
}

// A rule of a pack's own that cannot be worked out is told of once, without what the
// event holds.
func TestFaultsOfRulesAreLogged(t *testing.T) {
	fsys, err := openPack(defaultWatchPack)
	if err != nil {
		t.Fatal(err)
	}
	pack := t.TempDir()
	if err := os.CopyFS(pack, os.DirFS("../../packs/"+defaultWatchPack)); err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(fsys, packFile)
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(string(text), "\naggregates:\n", "\naggregates:\n  - {name: opened_by_queue, on: [reason.opened], key: [queue], fn: count, window: 1h}\n", 1)
	if err := os.WriteFile(filepath.Join(pack, packFile), []byte(own), 0o600); err != nil || own == string(text) {
		t.Fatal(err, "the pack is as it was")
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	r := runLoggingServer(t, slog.NewTextHandler(&log, nil), t.TempDir(), func() time.Time { return at }, func(c *config) { c.Packs.DataDoor = pack })
	for i := range 3 {
		var b bytes.Buffer
		if err := event.NewWriter(&b).Write(event.New(fmt.Sprint("e", i), "desk", at.Add(time.Duration(i-5)*time.Minute), &event.ReasonOpened{
			Kind: "ticket", ID: event.ReasonID(fmt.Sprint("t-", i)), Actor: "agent-017", Subject: "c-secret"})); err != nil {
			t.Fatal(err)
		}
		r.call("POST", "/v1/events", b.Bytes(), http.StatusOK, nil)
	}
	r.settled(3)
	r.stop()
	if n := strings.Count(log.String(), "could not be worked out"); n != 1 || !strings.Contains(log.String(), "opened_by_queue: the event has no queue") || strings.Contains(log.String(), "c-secret") {
		t.Errorf("%d times: %s", n, log.String())
	}
}

// A session is worth what its account is worth now.
func TestConsoleSessionFollowsTheAccount(t *testing.T) {
	dir := t.TempDir()
	account(t, dir, "ana", "analyst")
	r := runServer(t, dir, time.Now)
	r.call("POST", "/api/session", map[string]string{"user": "ana", "password": "correct horse"}, http.StatusOK, nil)
	set := func(role string) {
		a, _, err := r.srv.store.Account(t.Context(), "ana")
		if err == nil {
			a.Role = role
			err = r.srv.store.SetAccount(t.Context(), a)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var u struct{ Role string }
	set("finance")
	r.call("GET", "/api/session", nil, http.StatusOK, &u)
	if u.Role != "finance" {
		t.Errorf("role %q after it became finance", u.Role)
	}
	set("agent")
	r.call("GET", "/api/overview", nil, http.StatusUnauthorized, nil)
	set("analyst") // the session has ended and does not come back
	r.call("GET", "/api/overview", nil, http.StatusUnauthorized, nil)
	r.call("POST", "/api/session", map[string]string{"user": "ana", "password": "correct horse"}, http.StatusOK, nil)
	if _, err := r.srv.store.RemoveAccount(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	r.call("GET", "/api/live", nil, http.StatusUnauthorized, nil)
}

// A record whose customers cannot be named again is not gone on with.
func TestSubjectKeyIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	r := runServer(t, dir, time.Now)
	if err := (recorder{r.srv.ledger}).Append(t.Context(), event.New("a", "desk", time.Now(), &event.ReasonClosed{Kind: "ticket", ID: "t-1"})); err != nil {
		t.Fatal(err)
	}
	cfg := r.srv.cfg
	r.stop()
	if err := os.Remove(filepath.Join(dir, "keys", "subjects.key")); err != nil {
		t.Fatal(err)
	}
	srv, err := newServer(t.Context(), cfg, extras{now: time.Now, bucket: time.Hour}, slog.New(slog.DiscardHandler))
	if err == nil {
		srv.close()
		t.Fatal("started with another key")
	}
	if !strings.Contains(err.Error(), "subjects.key is missing") {
		t.Error(err)
	}
}

// The key of masks is made once, for nobody else to read, and kept.
func TestMaskKey(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "keys", "masks.key")
	var last []byte
	for range 2 {
		runServer(t, dir, time.Now).stop()
		key, err := os.ReadFile(file)
		if err != nil || len(key) != 32 || last != nil && string(key) != string(last) {
			t.Fatalf("%d bytes, the same: %v, %v", len(key), string(key) == string(last), err)
		}
		last = key
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if err := os.WriteFile(file, last[:31], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := maskKeys(file); err == nil || !strings.Contains(err.Error(), "masks.key") {
		t.Error(err)
	}
}

func TestServeChecksItsConfiguration(t *testing.T) {
	var out, errs strings.Builder
	code := run(t.Context(), streams{strings.NewReader(""), &out, &errs}, []string{"serve", "-config", writeTemp(t, "menshen.yaml",
		"data: d\ngateway:\n  upstream: nowhere\n  accounts: false\n  colour: red\nevents: {settle: soon}\n")})
	if code != exitUsage {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{"menshen.yaml:5: field colour", "menshen.yaml:3: gateway.upstream", "menshen.yaml:6: events.settle"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q is not in:\n%s", want, errs.String())
		}
	}
	errs.Reset()
	code = run(t.Context(), streams{strings.NewReader(""), &out, &errs}, []string{"serve", "-check", "-config", writeTemp(t, "menshen.yaml",
		"data: d\norigin: a b\npacks: {money_door: ./none}\ngateway:\n  upstream: http://127.0.0.1:9\n  listen: 8081\nconsole: {listen: 'localhost:99999'}\n")})
	for _, want := range []string{"menshen.yaml:2: origin", "menshen.yaml:3: packs.money_door", "menshen.yaml:6: gateway.listen", "menshen.yaml:7: console.listen"} {
		if code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("exit %d, %q is not in:\n%s", code, want, errs.String())
		}
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

// Paths lead from the file, wherever the server is started.
func TestPathsOfTheConfiguration(t *testing.T) {
	path := writeTemp(t, "menshen.yaml", "data: d\npacks: {data_door: mine}\ngateway: {upstream: 'http://127.0.0.1:9', policy: p.yaml}\n")
	dir := filepath.Dir(path)
	if err := os.Mkdir(filepath.Join(dir, "mine"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != filepath.Join(dir, "d") || c.Packs.DataDoor != filepath.Join(dir, "mine") ||
		c.Gateway.Policy != filepath.Join(dir, "p.yaml") || c.Packs.MoneyDoor != "marketplace" {
		t.Errorf("%+v", c)
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
