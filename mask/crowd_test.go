package mask

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// about writes n with one significant digit.
func about(n float64) string {
	if n < 1.5 {
		return "1"
	}
	p := math.Pow(10, math.Floor(math.Log10(n)))
	s := fmt.Sprintf("%.0f", math.Round(n/p)*p)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// The table in docs/mask.md is what is counted with; -update writes it.
func TestCrowdsAreTheTableOfTheDocs(t *testing.T) {
	const file, head, foot = "../docs/mask.md", "| class | `keep`, `fixed` | `general` |\n|---|---|---|\n", "\nAll other classes"
	var b strings.Builder
	for _, c := range Searchable() {
		cell := func(f Form) string {
			usual, least := Crowd(map[Class]Form{c: f})
			if usual == people && least == people || f.Check(c) != nil {
				return ""
			}
			return about(usual) + "; " + about(least)
		}
		if keep := cell(Keep); keep != "" {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c, keep, cell(General))
		}
	}
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), head)
	_, after, ok2 := strings.Cut(rest, foot)
	if !ok || !ok2 {
		t.Fatalf("%s has no table of crowds", file)
	}
	want := before + head + b.String() + foot + after
	if string(doc) != want && *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(doc) != want {
		t.Errorf("%s differs (-update writes it):\n%s", file, b.String())
	}
}

func TestCrowd(t *testing.T) {
	for _, c := range []struct {
		shown map[Class]Form
		most  float64
		least float64
	}{
		{nil, people, people},
		{map[Class]Form{Phone: Whole, Name: Alias, BankCard: FF1, AnyText: Keep}, people, people},
		{map[Class]Form{Phone: Keep}, 11_000, 9_000},
		{map[Class]Form{Phone: Keep, Name: Keep}, 120, 110},
		{map[Class]Form{Phone: Keep, Name: Keep, Address: Keep}, 1, 0},
		{map[Class]Form{Phone: General, Name: Keep, Address: Keep}, 10_000, 5_000},
		{map[Class]Form{Address: Keep}, 1.1e7, 9e6},
		{map[Class]Form{Address: Keep, Landline: General, Plate: General}, 1.1e7, 9e6}, // one city, said three times
		{map[Class]Form{Address: General, ResidentID: General, BirthDate: General}, people/31/8 + 1, people/31/8 - 1},
	} {
		usual, least := Crowd(c.shown)
		if usual > c.most || usual < c.least || least > usual {
			t.Errorf("%v: %v, %v", c.shown, usual, least)
		}
	}
	// No form shows more than keep does, but for general ids: province and decade.
	for _, c := range Classes() {
		keep, _ := Crowd(map[Class]Form{c: Keep})
		for _, f := range Forms() {
			if n, _ := Crowd(map[Class]Form{c: f}); f.Check(c) == nil && n < keep && c != ResidentID {
				t.Errorf("%s %s: %v, keep %v", c, f, n, keep)
			}
		}
	}
}
