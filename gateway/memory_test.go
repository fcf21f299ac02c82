package gateway

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/mask"
)

// What sessions remember is counted, and where it is too much those that were not
// used for longest forget: then nothing that may be a mask is saved.
func TestMemoryIsBounded(t *testing.T) {
	f := newFixture(t)
	f.vault.limits.Memory = 400_000
	session := func(i int) Session {
		s := agent("agent")
		s.ID = fmt.Sprint("s-", i)
		return s
	}
	note := mask.Value{Field: "name", Class: mask.Name, Original: "张三", Mask: "张*"}
	for i := range 20 {
		f.now = f.now.Add(time.Second)
		for c := range 20 {
			f.view(t, session(i), fmt.Sprint("u-", c), phone("customer.phone", fmt.Sprintf("138%04d%04d", i, c)), note)
		}
		f.view(t, session(0), "u-1", phone("customer.phone", "13900000001")) // in use all the time
		var sum int64
		for _, d := range f.vault.drawers {
			sum += d.remembered
			if size := d.memory.size(); d.remembered != size {
				t.Fatalf("session %s takes %d bytes, counted as %d", d.session, size, d.remembered)
			}
		}
		if f.vault.remembered != sum || sum > f.vault.limits.Memory {
			t.Fatalf("all take %d bytes, counted as %d", sum, f.vault.remembered)
		}
	}
	forgot := 0
	for i := range 20 {
		d := f.vault.drawer(session(i).ID)
		if d.memory.full {
			forgot++
		}
		if d.memory.full != (d.used == nil) || d.memory.full && (i == 0 || i == 19) {
			t.Errorf("session %d forgot: %v", i, d.memory.full)
		}
	}
	if forgot == 0 || forgot == 20 {
		t.Fatalf("%d forgot", forgot)
	}
	save := func(i int, body string) string { return f.save(t, session(i), "/api/orders", body) }
	for _, c := range []struct {
		session    int
		body, want string
	}{
		{1, `{"note":"王*"}`, ""}, // has the shape of what was shown
		{1, `{"note":"5*3"}`, `{"note":"5*3"}`},
		{1, `{"customer":{"phone":"138****0003"}}`, ""}, // by guess
		{1, `{"customer":{"id":"u-3","phone":"138****0003"}}`, `{"customer":{"id":"u-3","phone":"13800010003"}}`},
		{19, `{"note":"王*"}`, `{"note":"王*"}`},
		{19, `{"customer":{"phone":"138****0003"}}`, `{"customer":{"phone":"13800190003"}}`},
	} {
		if got := save(c.session, c.body); got != c.want {
			t.Errorf("session %d: %s is saved as %s, want %s", c.session, c.body, got, c.want)
		}
	}
	for id := range f.vault.drawers {
		f.vault.close(id, f.now)
	}
	if f.vault.remembered != 0 || f.vault.used.Len() != 0 {
		t.Errorf("left: %d bytes, %d memories", f.vault.remembered, f.vault.used.Len())
	}
}

// What one view says is personal is masked in the next, until it is forgotten.
func TestWhatIsKnownIsForgottenWithTheRest(t *testing.T) {
	f := newFixture(t)
	s := agent("agent")
	show := func(body string) string {
		t.Helper()
		v, ref := f.Open(t.Context(), s, Request{Method: "GET", Path: "/api/customers/u-1"})
		if ref != nil {
			t.Fatal(ref)
		}
		var b bytes.Buffer
		if err := mask.JSON(&b, strings.NewReader(body), v.Plan, v.See); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	show(`{"id":"u-1","name":"张三丰"}`)
	if got := show(`{"note":"找张三丰"}`); strings.Contains(got, "三丰") {
		t.Errorf("shown: %s", got)
	}
	m := f.vault.drawer(s.ID).memory
	m.forget()
	if m.size() != 0 {
		t.Errorf("what is forgotten takes %d bytes", m.size())
	}
	show(`{"id":"u-1","name":"张三丰"}`)
	if got := show(`{"note":"找张三丰"}`); strings.Contains(got, "三丰") {
		t.Errorf("shown after all was forgotten: %s", got)
	}
}
