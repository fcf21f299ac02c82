package mask

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Texts that would be remembered in the same place are still told apart, and what was
// clean in one body is looked for in the next.
func TestOnlyTheSameTextIsClean(t *testing.T) {
	p := plan(t, Spec{Search: []Class{Phone}})
	masked := func(body string) string {
		var out bytes.Buffer
		if err := JSON(&out, strings.NewReader(body), p, nil); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	clean, phone := "call abcdefghijk late", "call 13800001111 late"
	if m := new(cleanMemo); m.place([]byte(clean)) != m.place([]byte(phone)) {
		t.Fatal("not in the same place: nothing is tested")
	}
	body := fmt.Sprintf(`[%q,%[1]q,%q,%[1]q,%[2]q,%[1]q]`, clean, phone)
	if out := masked(body); strings.Contains(out, phone) || strings.Count(out, clean) != 4 {
		t.Error(out)
	}
	mails := plan(t, Spec{Search: []Class{Email}})
	for _, now := range []*Plan{mails, p} { // the number is clean for a plan that does not search for it
		p = now
		if out := masked(body); strings.Contains(out, phone) != (p == mails) {
			t.Error(out)
		}
	}
}
