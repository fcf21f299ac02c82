package gateway

import (
	"hash/maphash"
	"slices"
	"strings"
	"testing"
)

// What is found by search in texts goes back only where it is found again.
func TestMasksInTextsGoBackWhereTheyAreFoundAgain(t *testing.T) {
	text := strings.Replace(testPolicy, "search: [phone, resident_id, bank_card, email]", "search: [phone, name, secret, address, ip, birth_date]\nmasks: {phone: ff1, birth_date: general, ip: general}", 1)
	text = strings.Replace(text, "fields: {name: name, phone: phone}}", "fields: {name: name, phone: phone, no: plain}}", 1)
	f := fixtureOf(t, text, formKeys(t))
	s := agent("agent")
	const one = `{"id":"u-1","no":"7","note":"收货人：高兴，浙江省杭州市西湖区文三路1号，电话 13812345678","more":"密码：Xy12345678，生日 1990-03-07，来自 192.168.3.4","list":["收货人：李四"],"receiver_name":"王国"}`
	shown := f.show(t, s, "/api/customers/u-1", one)
	for _, raw := range []string{"高兴", "文三", "138", "Xy1", "03-07", "168", "李四", "王国"} {
		if strings.Contains(shown, raw) {
			t.Errorf("%s is left in %s", raw, shown)
		}
	}
	if got := f.save(t, s, "/api/customers/u-1", shown); got != one {
		t.Errorf("saved as\n%s\nfrom\n%s", got, shown)
	}
	note := func(s string) string { return `{"id":"u-1","note":"` + s + `"}` }
	phone := strings.TrimSuffix(field(shown, "note")[strings.LastIndex(field(shown, "note"), " ")+1:], `"`)
	if len(phone) != 11 || phone[0] != '9' {
		t.Fatalf("phone %q in %s", phone, shown)
	}
	for _, c := range []struct{ name, body, want string }{
		{"a name where it is found", note("收货人：高*"), note("收货人：高兴")},
		{"a name where it is not", note("他很高*"), ""},
		{"a name by itself", note("高*"), ""},
		{"a name by a member's name", `{"id":"u-1","receiver_name":"王*"}`, `{"id":"u-1","receiver_name":"王国"}`},
		{"a name by another member's name", `{"id":"u-1","title":"王*"}`, ""},
		{"a password where it is not found", note("it is ******"), ""},
		{"a date where it is not found", note("on 199*-**-**"), ""},
		{"in a list", `{"id":"u-1","list":["收货人：李*"]}`, `{"id":"u-1","list":["收货人：李四"]}`},
		{"in a field that shows all", `{"id":"u-1","no":"` + phone + `"}`, ""},
		{"a text with a number more", note("电话 " + phone + "，备用 13900001111"), note("电话 13812345678，备用 13900001111")},
		{"a number that looks like it", note("电话 98765432109"), note("电话 98765432109")},
		{"stars", note("**重要** 5*3, 张*李"), note("**重要** 5*3, 张*李")},
		{"many stars", note(strings.Repeat("* ", 100_000)), note(strings.Repeat("* ", 100_000))},
	} {
		if got := f.save(t, s, "/api/customers/u-1", c.body); got != c.want {
			t.Errorf("%s: %.200s is saved as %.200s, want %.200s", c.name, c.body, got, c.want)
		}
	}
	// Shown outside of any record nothing can go back, but it is known.
	loose := f.show(t, s, "/api/else", `{"tip":"电话 13512345678，收货人：钱多多"}`)
	for _, m := range []string{note(field(loose, "tip")), note("收货人：钱**")} {
		if got := f.save(t, s, "/api/customers/u-1", m); got != "" {
			t.Errorf("%s is saved as %s", m, got)
		}
	}
	f.now = f.now.Add(f.vault.limits.TTL)
	for _, m := range []string{note("收货人：高*"), note("在浙江省杭州市******"), note("来自 192.*.*.*"), note(phone)} {
		if got := f.save(t, s, "/api/customers/u-1", m); got != "" {
			t.Errorf("%s is saved as %s when its original is gone", m, got)
		}
	}
}

func TestMaskSet(t *testing.T) {
	m := newMemory()
	if places, ok := m.masksIn("138****5678 *", inText, new(maxLooks)); !ok || places != nil {
		t.Error("a session that was shown nothing")
	}
	masks := []issuedMask{{"张*", false}, {"张**", false}, {"浙江省******", false}, {"***", false}, {"李**", true}, {"9123", true}, {"912345", true}, {strings.Repeat("x", maxMaskLen+1), true}}
	m.note(masks)
	for text, want := range map[string]string{
		"张*": "张*", "张**、张*": "张**|张*", "在浙江省******，": "浙江省******", "***": "", "李**": "", "张三*": "", "张***": "", "**张*": "张*", "*********": "",
		"x9123456": "912345", "9123-912345": "9123|912345", "91 23": "", strings.Repeat("9123", 17): "", strings.Repeat("x", maxMaskLen+1): "",
	} {
		places, ok := m.masksIn(text, inText, new(maxLooks))
		var got []string
		for _, p := range places {
			got = append(got, text[p[0]:p[1]])
		}
		if strings.Join(got, "|") != want || !ok {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What a body may look up is bounded for the body, not for each of its values.
func TestLooksOfABodyAreBounded(t *testing.T) {
	f := newFixture(t)
	s := agent("agent")
	v, ref := f.Open(t.Context(), s, Request{Method: "PUT", Path: "/api/orders"})
	if ref != nil {
		t.Fatal(ref)
	}
	var masks []issuedMask
	for n := range maxMaskLen - 1 { // one of each length
		masks = append(masks, issuedMask{text: "y*" + strings.Repeat("x", n)})
	}
	v.drawer.memory.note(masks)
	value := `"` + strings.Repeat("z*", 5000) + `"`
	for values, fits := range map[int]bool{1: true, 3: true, 30: false} {
		body := "[" + strings.Repeat(value+",", values-1) + value + "]"
		got, ref := v.RestoreJSON(t.Context(), []byte(body))
		if (ref == nil) != fits || fits && string(got) != body {
			t.Errorf("%d values: %v", values, ref)
		}
	}
}

// A set that is full takes for a mask what has the shape of one, also of those
// that came when it was full.
func TestFullMaskSet(t *testing.T) {
	s := maskSet{seed: maphash.MakeSeed()}
	s.add("张*")
	s.mu.Lock()
	s.forget()
	s.mu.Unlock()
	s.add("138****5678")
	for text, want := range map[string]int{"李*": 1, "139****5678": 1, "5*3": 0, "138****56789": 1, "**": 0} {
		if places, ok := s.aroundStars(text, new(maxLooks)); len(places) != want || !ok {
			t.Errorf("%s: %v", text, places)
		}
	}
}

// plainMasksIn looks at every place where a mask with an asterisk may stand, and
// compares.
func plainMasksIn(t *testing.T, m *memory, text string) {
	t.Helper()
	var want [][]int
	for i := 0; i < len(text); i++ {
		for n := min(len(text)-i, maxMaskLen); n > 0; n-- {
			x := text[i : i+n]
			_, ok := m.starred.all[maphash.String(m.seed, x)]
			more := i > 0 && text[i-1] == '*' && x[0] == '*' || x[n-1] == '*' && i+n < len(text) && text[i+n] == '*'
			if ok && !more {
				want = append(want, []int{i, i + n})
				i += n - 1
				break
			}
		}
	}
	got, ok := m.starred.aroundStars(text, new(maxLooks))
	if ok && !slices.EqualFunc(got, want, slices.Equal[[]int]) {
		t.Fatalf("%q: %v, want %v", text, got, want)
	}
}

func FuzzMasksIn(f *testing.F) {
	f.Add("张* and 9123, 浙江省******", "张*", "9123")
	f.Add("****", "**", "*")
	f.Fuzz(func(t *testing.T, text, one, two string) {
		m := newMemory()
		m.note([]issuedMask{{one, false}, {two, false}})
		plainMasksIn(t, m, text)
		places, _ := m.masksIn(text, inText, new(maxLooks))
		for _, p := range places {
			if found := text[p[0]:p[1]]; found != one && found != two {
				t.Fatalf("%q is no mask", found)
			}
		}
		before, after, in := strings.Cut(text, one)
		if in && strings.Contains(one, "*") && len(one) <= maxMaskLen && strings.Trim(one, "*") != "" &&
			!strings.HasSuffix(before, "*") && !strings.HasPrefix(after, "*") && len(places) == 0 {
			t.Fatalf("%q is not found in %q", one, text)
		}
	})
}
