package e2e

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// tools are the programs that the test needs beside Go.
type tools struct{ node, chromium string }

// requireTools skips the test, with a word why, where it cannot run; in CI it
// fails instead.
func requireTools(t *testing.T) tools {
	t.Helper()
	if testing.Short() {
		t.Skip("e2e: the real back office is left out with -short")
	}
	miss := func(what string) {
		if os.Getenv("CI") != "" {
			t.Fatalf("e2e: %s is missing", what)
		}
		t.Skipf("e2e: %s is missing; the real back office is left out", what)
	}
	var found tools
	for _, p := range []struct {
		dst   *string
		names []string
	}{{&found.node, []string{"node"}}, {new(string), []string{"npm"}}, {&found.chromium, []string{"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"}}} {
		for _, name := range p.names {
			if path, err := exec.LookPath(name); err == nil && *p.dst == "" {
				*p.dst = path
			}
		}
		if *p.dst == "" {
			miss(p.names[len(p.names)-1])
		}
	}
	return found
}

// office is a running back office.
type office struct {
	url, db, password string
	stop              func() // returns when its database is written
}

// startOffice sets the back office up if need be and starts it on a copy of the
// seeded database.
func startOffice(t *testing.T, with tools) *office {
	t.Helper()
	setup := exec.CommandContext(t.Context(), "./setup.sh")
	setup.Stdout, setup.Stderr = os.Stderr, os.Stderr
	begun := time.Now()
	if err := setup.Run(); err != nil {
		t.Fatalf("e2e: setting up the back office: %v", err)
	}
	t.Logf("set up in %v", time.Since(begun).Round(time.Millisecond))

	o := &office{db: filepath.Join(t.TempDir(), "office.sqlite")}
	data, err := os.ReadFile(".cache/backoffice.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.db, data, 0o600); err != nil {
		t.Fatal(err)
	}
	password, err := os.ReadFile(".cache/password")
	if err != nil {
		t.Fatal(err)
	}
	o.password = string(password)

	// It ends when its standard input does: nothing is left behind, however the test ends.
	begun = time.Now()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), with.node, "backoffice/server.js")
	cmd.Env = append(os.Environ(), "BACKOFFICE_DB="+o.db, "BACKOFFICE_PASSWORD="+o.password)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("e2e: starting the back office: %v", err)
	}
	stopped := false
	o.stop = func() {
		if stopped {
			return
		}
		stopped = true
		stdin.Close()
		late := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
		defer late.Stop()
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	}
	t.Cleanup(o.stop)

	late := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			o.url = url
			t.Logf("back office ready in %v", time.Since(begun).Round(time.Millisecond))
			return o
		}
	}
	t.Fatal("e2e: the back office ended before it was ready")
	return nil
}

// person is a customer as the database has one.
type person struct {
	ID                                                     int
	Title, First, Last, Phone, Email, Resident, Card, Note string
	Full, Street                                           string // of the address
	AddressPhone, User                                     string
}

// values are the parts of p that no mask may replace.
func (p person) values() []string {
	return []string{p.First, p.Last, p.Phone, p.Email, p.Resident, p.Card, p.Note, p.Full, p.Street, p.AddressPhone, p.User}
}

// stay is an order as the database has one.
type stay struct {
	ID, Customer              int
	Guest, GuestPhone         string
	Rating                    int
	Shipping, Billing, Remark string
}

func openDB(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// readPeople reads all customers of the database at path.
func readPeople(t *testing.T, path string) []person {
	t.Helper()
	rows, err := openDB(t, path).QueryContext(t.Context(), `SELECT c.id, coalesce(c.title, ''), c.firstName, c.lastName, c.phoneNumber, c.emailAddress,
		c.customFieldsResidentid, c.customFieldsBankcard, c.customFieldsRemark, a.fullName, a.streetLine1, a.phoneNumber, coalesce(u.identifier, '')
		FROM customer c JOIN address a ON a.customerId = c.id LEFT JOIN user u ON u.id = c.userId ORDER BY c.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []person
	for rows.Next() {
		var p person
		if err := rows.Scan(&p.ID, &p.Title, &p.First, &p.Last, &p.Phone, &p.Email, &p.Resident, &p.Card, &p.Note, &p.Full, &p.Street, &p.AddressPhone, &p.User); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// readStays reads all orders of the database at path.
func readStays(t *testing.T, path string) []stay {
	t.Helper()
	rows, err := openDB(t, path).QueryContext(t.Context(), `SELECT id, customerId, customFieldsGuestname, customFieldsGuestphone, customFieldsRating,
		shippingAddress, billingAddress, coalesce(customFieldsReview, '') FROM "order" WHERE customerId IS NOT NULL ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []stay
	for rows.Next() {
		var s stay
		if err := rows.Scan(&s.ID, &s.Customer, &s.Guest, &s.GuestPhone, &s.Rating, &s.Shipping, &s.Billing, &s.Remark); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// walkPlan is what drive.mjs is told.
type walkPlan struct {
	Base     string       `json:"base"`
	Menshen  *credentials `json:"menshen,omitempty"` // nil: no gateway in front
	Office   credentials  `json:"office"`
	Chromium string       `json:"chromium"`
	Out      string       `json:"out"`
	Shots    string       `json:"shots"`
	Customer int          `json:"customer"` // whose page is opened and saved
	Order    int          `json:"order"`
	Orders   int          `json:"orders"` // how many there are
	Search   string       `json:"search"`
	Title    string       `json:"title"`  // what is written into a field that nobody masks
	Rating   int          `json:"rating"` // the same for the order
}

type credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// walked is what drive.mjs saw.
type walked struct {
	Responses []response          `json:"responses"`
	Pages     []page              `json:"pages"`
	Rows      map[string][]string `json:"rows"`
	Errors    []string            `json:"errors"`
	Saves     []save              `json:"saves"`
}

type response struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Status int    `json:"status"`
	Type   string `json:"type"`
	Body   []byte `json:"body"`
}

type page struct {
	Name   string   `json:"name"`
	URL    string   `json:"url"`
	Text   string   `json:"text"`
	HTML   string   `json:"html"`
	Inputs []string `json:"inputs"`
}

// save is one form that was sent.
type save struct {
	What   string `json:"what"`
	Status int    `json:"status"`
	Sent   string `json:"sent"`
	Answer string `json:"answer"`
}

func (w *walked) page(t *testing.T, name string) page {
	t.Helper()
	for _, p := range w.Pages {
		if p.Name == name {
			return p
		}
	}
	t.Errorf("page %q was not reached", name)
	return page{}
}

// walk has a browser walk through the back office at plan.Base.
func walk(t *testing.T, with tools, plan walkPlan) *walked {
	t.Helper()
	plan.Chromium = with.chromium
	plan.Out = filepath.Join(t.TempDir(), "walk.json")
	shots, err := os.MkdirTemp("", "menshen-e2e-"+strings.ReplaceAll(filepath.Base(t.Name()), " ", "-")+"-")
	if err != nil {
		t.Fatal(err)
	}
	plan.Shots = shots
	t.Logf("screenshots: %s", shots)
	in, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, with.node, "drive.mjs")
	cmd.Stdin = strings.NewReader(string(in))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("e2e: walking: %v", err)
	}
	data, err := os.ReadFile(plan.Out)
	if err != nil {
		t.Fatal(err)
	}
	var w walked
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	for _, e := range w.Errors {
		t.Errorf("walking: %s", e)
	}
	return &w
}

func (p person) String() string { return fmt.Sprintf("customer %d", p.ID) }
