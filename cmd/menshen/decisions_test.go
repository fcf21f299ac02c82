package main

import (
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

var updateDocs = flag.Bool("update", false, "write what the commands of docs/decisions.md give into it")

// The page is true: its commands are run against a server, one after another.
func TestDecisionsPage(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool + " to run the commands of the page with")
		}
	}
	bash, _ := exec.LookPath("bash")
	dir := t.TempDir()
	account(t, dir, "fin", "finance")
	account(t, dir, "boss", "admin")
	at := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	r := runServer(t, dir, func() time.Time { return at })
	t.Setenv("TOKEN", serverToken)
	const page, address = "../../docs/decisions.md", "http://127.0.0.1:8080"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	all, work, ran := string(text), t.TempDir(), 0
	for _, b := range blocks(all) {
		if !strings.HasPrefix(b.body, "$ ") {
			if b.file != "" {
				writeFile(t, work+"/"+b.file, b.body)
			}
			continue
		}
		ran++
		got := console(t, bash, work, strings.ReplaceAll(b.body, address, r.base))
		got = strings.ReplaceAll(strings.ReplaceAll(got, r.base, address), "\r", "")
		if got == b.body {
			continue
		}
		if *updateDocs {
			all = strings.Replace(all, b.body, got, 1)
			continue
		}
		t.Errorf("the page says\n%s\nand it is\n%s", b.body, got)
	}
	if ran < 6 {
		t.Errorf("%d blocks were run", ran)
	}
	if *updateDocs {
		if err := os.WriteFile(page, []byte(all), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Every fault of a caller is told as what it is, and spends nothing.
func TestFaultsAtTheMoneyDoor(t *testing.T) {
	dir := t.TempDir()
	for name, role := range map[string]string{"fin": "finance", "boss": "admin", "ana": "analyst"} {
		account(t, dir, name, role)
	}
	r := runServer(t, dir, func() time.Time { return doorStart })
	shopIn(t, r.srv.door, "m1", 4, 1_500_000)
	ask := func(path, key, token, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/v1/decisions/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		req.Header.Set("Authorization", token)
		req.Header.Set("Content-Type", "application/json")
		res, err := r.c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	const good = "Bearer " + serverToken
	if code, b := ask("payout", "k", good, `{"request":"r1","merchant":"m1","money":{"amount":1000,"currency":"CNY"}}`); code != 200 || !strings.Contains(b, `"decision":"pay"`) {
		t.Fatal(code, b)
	}
	size := r.srv.ledger.Size()
	for _, c := range []struct {
		path, key, token, body string
		code                   int
		says                   string
	}{
		{"payout", "", "", `{}`, 401, "bearer token"},
		{"payout", "", "Bearer wrong", `{}`, 401, "bearer token"},
		{"payout", "", good, ``, 400, ""},
		{"payout", "", good, `[]`, 400, "one JSON object"},
		{"payout", "", good, `{"request":"r2","request":"r3","merchant":"m1"}`, 400, "a name twice"},
		{"payout", "", good, `{"merchant":"m1"}`, 400, "request: missing"},
		{"payout", "", good, `{"request":"r2","merchant":7}`, 400, "merchant"},
		{"payout", "", good, `{"request":"r2","merchant":"m1","money":{"amount":-1,"currency":"CNY"}}`, 400, "money.amount"},
		{"payout", "", good, `{"request":"r2","merchant":"m1","time":"yesterday"}`, 400, "time"},
		{"payout", "", good, `{"request":"r2","merchant":"m1","time":"2026-03-02T09:06:00Z"}`, 400, "ahead"},
		{"payout", "", good, `{"request":"r2","merchant":"m1","time":"2026-02-27T09:06:00Z"}`, 400, "behind"},
		{"payout", "", good, `{"request":"` + strings.Repeat("r", 257) + `","merchant":"m1"}`, 400, "256 bytes"},
		{"payout", "", good, `{"request":"r2","merchant":"` + strings.Repeat(" ", 17<<10) + `"}`, 413, ""},
		{"payout", strings.Repeat("k", 257), good, `{"request":"r2","merchant":"m1"}`, 400, "Idempotency-Key"},
		{"payout", `""`, good, `{"request":"r2","merchant":"m1"}`, 400, "Idempotency-Key"},
		{"payout", "k", good, `{"request":"r2","merchant":"m1"}`, 422, "Idempotency-Key"},
		{"refund", "k", good, `{"refund":"r1","order":"o","money":{"amount":1,"currency":"CNY"}}`, 422, "Idempotency-Key"},
		{"payout", "", good, `{"request":"r1","merchant":"m1"}`, 422, "other particulars"},
		{"payout?what_if=true", "", good, `{"request":"r1","merchant":"m1"}`, 409, "was decided"},
		{"merchant?what_if=true", "", good, `{"merchant":"m9"}`, 400, "not for merchants"},
		{"payout?what_if=true", "", good, `{"request":"r2","merchant":"m1"}`, 200, `"what_if":true`},
		{"refund?what_if=true", "", good, `{"refund":"f1","order":"m1-o1","money":{"amount":5,"currency":"CNY"}}`, 200, `"from_balance":5`},
		{"payout", `"k"`, good, ` {"merchant":"m1", "money":{"currency":"CNY","amount":1000},"request":"r1"}`, 200, `"amount":1000`},
		{"overrides", "", good, `{}`, 401, "sign in"},
		{"nothing", "", good, `{}`, 405, ""},
	} {
		code, b := ask(c.path, c.key, c.token, c.body)
		if code != c.code && c.path != "nothing" || !strings.Contains(b, c.says) {
			t.Errorf("%s %q %.80s: %d %s, want %d %q", c.path, c.key, c.body, code, b, c.code, c.says)
		}
	}
	if got := r.srv.ledger.Size(); got != size {
		t.Errorf("%d entries were recorded", got-size)
	}

	// Overrides: who may, how much, how long, and by whom confirmed.
	sign := func(name string) {
		r.call("POST", "/api/session", map[string]string{"user": name, "password": "correct horse"}, http.StatusOK, nil)
	}
	give := func(merchant string, fen int64, until time.Time, reason string, want int) (id, state string) {
		t.Helper()
		var out struct{ Override, State string }
		r.call("POST", "/v1/decisions/overrides", map[string]any{"merchant": merchant, "money": yuan(fen), "until": until, "reason": reason}, want, &out)
		return out.Override, out.State
	}
	day := doorStart.AddDate(0, 0, 1)
	sign("ana")
	give("m1", 1000, day, "stock seen", http.StatusForbidden)
	sign("fin")
	give("m1", 1000, day, "no", http.StatusUnprocessableEntity)
	give("none", 1000, day, "stock seen", http.StatusBadRequest)
	give("m1", 0, day, "stock seen", http.StatusBadRequest)
	give("m1", 1000, doorStart, "stock seen", http.StatusBadRequest)
	give("m1", 1000, doorStart.AddDate(0, 0, 31), "stock seen", http.StatusBadRequest)
	if _, state := give("m1", 900_000, day, "stock seen", http.StatusCreated); state != "in_force" {
		t.Errorf("a small one is %s", state)
	}
	id, state := give("m1", 200_000, day, "stock seen", http.StatusCreated)
	if state != "waiting" {
		t.Errorf("the second, with which it is a large one, is %s", state)
	}
	confirm := "/v1/decisions/overrides/" + id + "/confirm"
	r.call("POST", confirm, nil, http.StatusForbidden, nil)
	sign("ana")
	r.call("POST", confirm, nil, http.StatusForbidden, nil)
	sign("boss")
	r.call("POST", "/v1/decisions/overrides/none/confirm", nil, http.StatusNotFound, nil)
	r.call("POST", confirm, nil, http.StatusOK, nil)
	r.call("POST", confirm, nil, http.StatusNotFound, nil)

	// No sender of events is a person, or the door itself.
	var ack struct{ Accepted, Malformed int }
	forged := []byte(`{"id":"1","source":"pay","type":"decision.overridden","time":"2026-03-02T09:00:00Z","data":{"override":"x","merchant":"m1","money":{"amount":1,"currency":"CNY"},"until":"2026-03-03T09:00:00Z","reason":"mine","person":"fin"}}
{"id":"k-00-00","source":"decisions","type":"payout.requested","time":"2026-03-02T09:00:00Z","data":{"request":"r9","merchant":"m1"}}
`)
	r.call("POST", "/v1/events", forged, http.StatusOK, &ack)
	if ack.Accepted != 0 || ack.Malformed != 2 {
		t.Errorf("%+v", ack)
	}

	// After a restart all of it is as it was.
	before := r.srv.door.Overrides()
	accounts := r.srv.door.book.Merchants()
	size = r.srv.ledger.Size()
	r.stop()
	r = runServer(t, dir, func() time.Time { return doorStart })
	if got := r.srv.door.Overrides(); len(got) != 2 || got[0] != before[0] && got[0] != before[1] {
		t.Errorf("%+v, was %+v", got, before)
	}
	if got := r.srv.door.book.Merchants(); len(got) != len(accounts) || got[0] != accounts[0] {
		t.Errorf("%+v, was %+v", got, accounts)
	}
	if code, _ := ask("payout", "k", good, `{"request":"r2","merchant":"m1"}`); code != 422 {
		t.Errorf("the key is forgotten: %d", code)
	}
	if code, b := ask("payout", "k", good, `{"request":"r1","merchant":"m1","money":{"amount":1000,"currency":"CNY"}}`); code != 200 || !strings.Contains(b, `"decision":"pay"`) {
		t.Error(code, b)
	}
	if got := r.srv.ledger.Size(); got != size {
		t.Errorf("%d entries were recorded by the restart", got-size)
	}
	code, b := ask("payout", "", good, `{"request":"r3","merchant":"m1","money":{"amount":4000000,"currency":"CNY"}}`)
	if code != 200 || !strings.Contains(b, `"bound_by":"override"`) || !strings.Contains(b, `"pay":{"amount":4000000`) {
		t.Error(code, b)
	}
}
