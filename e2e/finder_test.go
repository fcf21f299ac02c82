package e2e

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// finder looks for the customers' values in whatever was given out.
type finder struct {
	byStart map[string][]needle // by their first six bytes
}

type needle struct {
	value, class string
}

const startLen = 6

// newFinder looks for what names, calls or places any of people.
func newFinder(people []person) *finder {
	f := &finder{byStart: make(map[string][]needle)}
	add := func(class, value string) {
		if len(value) >= startLen {
			f.byStart[value[:startLen]] = append(f.byStart[value[:startLen]], needle{value, class})
		}
	}
	for _, p := range people {
		add("name", p.First)
		add("name", p.Full)
		add("phone", p.Phone)
		add("resident_id", p.Resident)
		add("bank_card", p.Card)
		add("email", p.Email)
		local, _, _ := strings.Cut(p.Email, "@")
		add("email", local)
		add("address", p.Street)
		if i := strings.IndexAny(p.Street, "0123456789"); i >= 0 {
			add("address", p.Street[i:]) // number, building, room
		}
	}
	return f
}

// find tells of which classes values are in text, as it is or under an
// encoding, and how many distinct ones of each.
func (f *finder) find(text string) map[string]int {
	seen := make(map[needle]bool)
	for _, view := range views(text) {
		for i := 0; i+startLen <= len(view); i++ {
			for _, n := range f.byStart[view[i:i+startLen]] {
				if strings.HasPrefix(view[i:], n.value) {
					seen[n] = true
				}
			}
		}
	}
	found := make(map[string]int)
	for n := range seen {
		found[n.class]++
	}
	return found
}

var (
	jsonEscape   = regexp.MustCompile(`(?:\\u[0-9a-fA-F]{4})+|\\/`)
	betweenDigit = regexp.MustCompile(`([0-9])(?:[ \t -]|&nbsp;)([0-9])`)
)

// views returns text and what it is once its escapes are resolved, one after
// another, and its numbers are drawn together.
func views(text string) []string {
	out := []string{text}
	add := func(next string) {
		if next != out[len(out)-1] {
			out = append(out, next)
		}
	}
	last := func() string { return out[len(out)-1] }
	add(jsonEscape.ReplaceAllStringFunc(last(), func(m string) string {
		if m == `\/` {
			return "/"
		}
		var units []uint16
		for i := 0; i < len(m); i += 6 {
			u, _ := strconv.ParseUint(m[i+2:i+6], 16, 16)
			units = append(units, uint16(u))
		}
		return string(utf16.Decode(units))
	}))
	add(html.UnescapeString(last()))
	if s, err := url.PathUnescape(last()); err == nil {
		add(s)
	} else {
		add(percent.ReplaceAllStringFunc(last(), func(m string) string { s, _ := url.PathUnescape(m); return s }))
	}
	add(strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, last()))
	// Twice: the digit after one gap is the digit before the next.
	add(betweenDigit.ReplaceAllString(betweenDigit.ReplaceAllString(last(), "$1$2"), "$1$2"))
	return out
}

var percent = regexp.MustCompile(`(?:%[0-9a-fA-F]{2})+`)

func TestFinder(t *testing.T) {
	p := person{First: "翊晗", Last: "王", Full: "王翊晗", Phone: "13800138000", Resident: "11010519491231002X", Card: "6222020000000000009",
		Email: "guest.1234567@example.com", Street: "武林路88号3幢1202室"}
	f := newFinder([]person{p})
	for text, want := range map[string]string{
		"":                                "map[]",
		"138****8000 翊* g***@example.com": "map[]",
		`{"phone":"13800138000"}`:         "map[phone:1]",
		`"\u0031\u0033800138000"`:         "map[phone:1]",
		"call 138 0013 8000 now":          "map[phone:1]",
		"138-0013-8000":                   "map[phone:1]",
		"１３８００１３８０００":                     "map[phone:1]",
		`"\u738b\u7fca\u6657"`:            "map[name:2]",
		"&#29579;&#32714;&#26199;":        "map[name:2]",
		"%E7%8E%8B%E7%BF%8A%E6%99%97":     "map[name:2]",
		"6222 0200 0000 0000 009":         "map[bank_card:1]",
		"guest.1234567 at example.com":    "map[email:1]",
		"…88号3幢1202室…":                    "map[address:1]",
		"100% of 11010519491231002X":      "map[resident_id:1]",
	} {
		if got := fmt.Sprint(f.find(text)); got != want {
			t.Errorf("find(%q) = %s, want %s", text, got, want)
		}
	}
}
