package mask

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Texts that would be remembered in the same place are still told apart.
func TestOnlyTheSameTextIsClean(t *testing.T) {
	p := plan(t, Spec{Search: []Class{Phone}})
	clean, phone := "call abcdefghijk late", "call 13800001111 late"
	if m := new(cleanMemo); m.place([]byte(clean)) != m.place([]byte(phone)) {
		t.Fatal("not in the same place: nothing is tested")
	}
	body := fmt.Sprintf(`[%q,%[1]q,%q,%[1]q,%[2]q,%[1]q]`, clean, phone)
	var out bytes.Buffer
	if err := JSON(&out, strings.NewReader(body), p, nil); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), phone) || strings.Count(out.String(), clean) != 4 {
		t.Error(out.String())
	}
}
