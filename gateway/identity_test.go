package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/mask"
)

// weak is a hash of "correct horse" that is quick to verify.
func weak() string {
	return formatHash("correct horse", argonHash{memory: 64, time: 1, threads: 1, salt: []byte("0123456789abcdef")})
}

func withAccounts(t *testing.T) (*fixture, map[string]Account) {
	t.Helper()
	f := newFixture(t)
	accounts := map[string]Account{"li": {Person: Person{Actor: "agent-017", Name: "Li", Role: "agent"}, Hash: weak()}}
	f.cfg.Accounts = func(_ context.Context, user string) (Account, bool, error) {
		a, ok := accounts[user]
		return a, ok, nil
	}
	f.hasher.decoy = argonHash{memory: 64, time: 1, threads: 1, salt: make([]byte, 16), key: make([]byte, 32)}
	return f, accounts
}

func TestPasswordHash(t *testing.T) {
	h := newHasher(1)
	hash, err := HashPassword("correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Fatalf("%s, %v", hash, err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsE": false, "": false} {
		if ok, err := h.verify(t.Context(), password, hash); ok != want || err != nil {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	// A vector of the reference implementation: argon2 0123456789abcdef… is
	// checked in x/crypto; here the format counts.
	for _, bad := range []string{"$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5", "$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5", "$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5a2V5", "$2a$10$x", "plain"} {
		if ok, err := h.verify(t.Context(), "x", bad); ok || !errors.Is(err, ErrHashFormat) {
			t.Errorf("%s: %v, %v", bad, ok, err)
		}
	}
	if _, err := HashPassword(""); err == nil {
		t.Error("an empty password was hashed")
	}
}

func TestSignIn(t *testing.T) {
	f, accounts := withAccounts(t)
	token, s, ref := f.SignIn(t.Context(), "li", "correct horse", "10.0.0.8")
	if ref != nil || s.Actor != "agent-017" || len(token) != 43 {
		t.Fatalf("%+v, %v", s, ref)
	}
	if strings.Contains(s.ID, token[:8]) {
		t.Error("the session's id shows its token")
	}
	got, ok := f.Resume(t.Context(), token, "10.0.0.9")
	if !ok || got.ID != s.ID || got.IP != "10.0.0.9" {
		t.Fatalf("%+v, %v", got, ok)
	}
	if _, ok := f.Resume(t.Context(), token[:42]+"A", ""); ok && token[42] != 'A' {
		t.Error("a changed token was accepted")
	}

	f.now = f.now.Add(31 * time.Minute)
	if _, ok := f.Resume(t.Context(), token, ""); ok {
		t.Error("an idle session was resumed")
	}
	token, _, _ = f.SignIn(t.Context(), "li", "correct horse", "")
	f.SignOut(token)
	if _, ok := f.Resume(t.Context(), token, ""); ok {
		t.Error("a closed session was resumed")
	}
	token, _, _ = f.SignIn(t.Context(), "li", "correct horse", "")
	a := accounts["li"]
	a.Role = "auditor"
	accounts["li"] = a
	f.now = f.now.Add(recheck)
	if _, ok := f.Resume(t.Context(), token, ""); ok {
		t.Error("a session outlived a change of its account")
	}
	token, _, _ = f.SignIn(t.Context(), "li", "correct horse", "")
	for range 30 {
		f.now = f.now.Add(29 * time.Minute)
		_, ok = f.Resume(t.Context(), token, "")
	}
	if ok {
		t.Error("a session that is always used never ends")
	}
}

func TestSignInRefuses(t *testing.T) {
	f, _ := withAccounts(t)
	for _, in := range [][2]string{{"li", "wrong"}, {"nobody", "correct horse"}, {"", "x"}, {"li", ""}} {
		if _, _, ref := f.SignIn(t.Context(), in[0], in[1], "ip"); ref == nil || ref.Cause != CauseBadLogin {
			t.Errorf("%v: %v", in, ref)
		}
	}
	all := f.rec.all()
	if d := all[0].Data.(*event.AccessRefused); d.Actor != "agent-017" || d.IP != "ip" {
		t.Errorf("recorded %+v", d)
	}
	if d := all[1].Data.(*event.AccessRefused); d.Actor != "" {
		t.Errorf("an unknown name was recorded")
	}
	for range triesLimit {
		f.SignIn(t.Context(), "li", "wrong", "ip")
	}
	if _, _, ref := f.SignIn(t.Context(), "li", "correct horse", "ip"); ref == nil || ref.Cause != CauseTooManyLogins {
		t.Errorf("after many: %v", ref)
	}
	if _, _, ref := f.SignIn(t.Context(), "li", "correct horse", "another"); ref != nil {
		t.Errorf("one address locked another out: %v", ref)
	}
	f.now = f.now.Add(triesWindow)
	if _, _, ref := f.SignIn(t.Context(), "li", "correct horse", "ip"); ref != nil {
		t.Errorf("later: %v", ref)
	}
}

func TestVouched(t *testing.T) {
	f := newFixture(t)
	headers := map[string][]string{"X-User": {"agent-1"}, "X-Role": {"agent"}, "X-Partner": {"bpo-1"}}
	get := func(n string) []string { return headers[n] }
	inside, outside := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("10.2.2.3")
	s, ok := f.Vouched(inside, get, "192.0.2.1")
	if !ok || s.Actor != "agent-1" || s.Partner != "bpo-1" || s.IP != "192.0.2.1" {
		t.Fatalf("%+v, %v", s, ok)
	}
	if mapped, ok := f.Vouched(netip.MustParseAddr("::ffff:10.1.2.3"), get, ""); !ok || mapped.ID != s.ID {
		t.Error("the same address in IPv6 is not trusted")
	}
	if _, ok := f.Vouched(outside, get, ""); ok {
		t.Error("a stranger's word was taken")
	}
	if _, ok := f.Vouched(netip.Addr{}, get, ""); ok {
		t.Error("nobody's word was taken")
	}
	headers["X-User"] = []string{"agent-1", "agent-2"}
	if _, ok := f.Vouched(inside, get, ""); ok {
		t.Error("two users in one request")
	}
	headers["X-User"], headers["X-Role"] = []string{"agent-1"}, nil
	if _, ok := f.Vouched(inside, get, ""); ok {
		t.Error("a user without a role")
	}
}

func TestNewNamesAllThatIsMissing(t *testing.T) {
	_, err := New(Config{})
	for _, what := range []string{"policy", "accounts", "standing", "reasons", "recorder", "subject key"} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v does not name %s", err, what)
		}
	}
	if _, err := HMACSubjects(make([]byte, 31)); err == nil {
		t.Error("a short key was accepted")
	}
}

func TestVault(t *testing.T) {
	v := newVault(VaultLimits{TTL: time.Minute, Records: 3})
	at := time.Unix(0, 0)
	put := func(session, subject, field, value string) {
		v.open(session, at).seal([]entry{{subject: subject, field: field, class: "phone", mask: "m" + value, mapped: true, len: len(value)}}, []byte(value), at)
	}
	get := func(session, subject, field string) string {
		d := v.drawer(session)
		if d == nil {
			return errNotSeen.Error()
		}
		o, err := d.find(subject, field, "", at)
		if err != nil {
			return err.Error()
		}
		return o.Value
	}
	put("a", "u1", "customer.phone", "1")
	put("a", "u1", "customer.phone", "2") // replaces
	put("b", "u1", "customer.phone", "9")
	if got := get("a", "u1", "phone") + get("b", "u1", "customer.phone") + get("c", "u1", "phone"); got != "29"+errNotSeen.Error() {
		t.Error(got)
	}
	for i := range 5 {
		put("a", fmt.Sprint("x", i), "phone", fmt.Sprint(i))
	}
	if get("a", "u1", "phone") != errNotSeen.Error() || get("a", "x1", "phone") != errNotSeen.Error() || get("a", "x2", "phone") != "2" || get("b", "u1", "phone") != "9" {
		t.Error("the oldest of the session did not give way, or another session's did")
	}
	v.close("b", at)
	if get("b", "u1", "phone") != errNotSeen.Error() {
		t.Error("originals outlive their session")
	}
	at = at.Add(time.Minute)
	if get("a", "x4", "phone") != errNotSeen.Error() {
		t.Error("originals outlive their minutes")
	}
	v.sweep(at)
	if len(v.drawers) != 1 {
		t.Error("the drawer forgot whom it showed")
	}
	v.sweep(at.Add(keepDrawer))
	if len(v.drawers) != 0 || v.bytes != 0 || v.alive != 0 {
		t.Errorf("left: %d drawers, %d bytes, %d records", len(v.drawers), v.bytes, v.alive)
	}
}

// An answer that is still on its way when its person signs out keeps nothing.
func TestNothingIsKeptOfASessionThatHasEnded(t *testing.T) {
	f := newFixture(t)
	s := agent("agent")
	v, ref := f.Open(t.Context(), s, Request{Method: "GET", Path: "/api/orders"})
	if ref != nil {
		t.Fatal(ref)
	}
	see := func(v *Visit) {
		t.Helper()
		found := phone("phone", "13912345678")
		found.Mapped = false
		v.See(mask.Record{Subject: "u-1", Values: []mask.Value{phone("customer.phone", "13812345678"), found}})
		if err := v.Record(t.Context(), true); err != nil {
			t.Fatal(err)
		}
	}
	see(v)
	f.vault.close(s.ID, f.now)
	see(v)
	late, ref := f.Open(t.Context(), s, Request{Method: "GET", Path: "/api/orders"})
	if ref != nil {
		t.Fatal(ref)
	}
	see(late)
	if d := f.vault; len(d.drawers) != 0 || d.alive != 0 || d.bytes != 0 {
		t.Errorf("left: %d drawers, %d records, %d bytes", len(d.drawers), d.alive, d.bytes)
	}
	f.vault.sweep(f.now.Add(keepEnded))
	if len(f.vault.ended) != 0 {
		t.Error("ended sessions are remembered for ever")
	}
}

func TestVaultIsBounded(t *testing.T) {
	v := newVault(VaultLimits{Bytes: 100_000})
	at := time.Unix(0, 0)
	for i := range 20_000 {
		values := []entry{{subject: fmt.Sprint("u", i%3000), field: "phone", len: 11}, {subject: fmt.Sprint("u", i%11), field: "phone", len: 11}}
		v.open(fmt.Sprint("s", i%7), at).seal(values, []byte("13812345678"), at)
	}
	if v.bytes > 100_000 || len(v.queue) > 2*v.alive+100 {
		t.Errorf("%d bytes, %d in queue of which %d alive", v.bytes, len(v.queue), v.alive)
	}
}

func TestSameField(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"customer.phone", "phone", true}, {"customer.phone", "data.customer.phone", true}, {"customer.phone", "shop.phone", false},
		{"phone", "telephone", false}, {"guests[*].phone", "guests.phone", true}, {"phone", "", false},
	} {
		if got := sameField(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
}
