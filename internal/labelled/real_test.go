package labelled

import (
	"maps"
	"os"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// realDir is where the real sets are beside the repository.
func realDir(t *testing.T) string {
	t.Helper()
	const dir = "../../../shared/data"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real sets are not here (" + dir + "): only fixtures were read")
	}
	return dir
}

// sound finds what no set may have.
func sound(t *testing.T, set Set) {
	t.Helper()
	if set.Name == "" || set.Note == "" || len(set.Classes) == 0 || len(set.Texts) == 0 {
		t.Errorf("%q: an empty set, or one without a note", set.Name)
	}
	classes := Classes()
	for i, text := range set.Texts {
		if set.JSON && !jsontext.Value(text.Body).IsValid(jsontext.AllowDuplicateNames(true)) {
			t.Errorf("%s, text %d is not JSON", set.Name, i)
		}
		end := 0
		for _, s := range text.Spans {
			if !slices.Contains(classes, s.Class) {
				t.Errorf("%s, text %d: class %q", set.Name, i, s.Class)
			}
			if s.Start < end {
				t.Errorf("%s, text %d: labels overlap at byte %d", set.Name, i, s.Start)
			}
			end = s.End
		}
		for _, s := range slices.Concat(text.Spans, text.Ignored) {
			if s.Start < 0 || s.Start >= s.End || s.End > len(text.Body) {
				t.Fatalf("%s, text %d: bytes %d to %d of %d", set.Name, i, s.Start, s.End, len(text.Body))
			}
			if !utf8.RuneStart(text.Body[s.Start]) || s.End < len(text.Body) && !utf8.RuneStart(text.Body[s.End]) {
				t.Errorf("%s, text %d: bytes %d to %d cut a character", set.Name, i, s.Start, s.End)
			}
		}
	}
}

func TestRealSets(t *testing.T) {
	dir := realDir(t)
	var sets []Set
	add := func(s Set, err error) {
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, s)
	}
	add(CLUENER(dir))
	add(Presidio(dir))
	add(TauDialogues(dir))
	bare, carried, err := CNAddress(dir, 1)
	add(bare, err)
	add(carried, nil)
	payloads, err := Payloads(dir)
	if err != nil {
		t.Fatal(err)
	}
	sets = append(sets, payloads...)

	texts := map[string]int{"cluener": 10748, "presidio": 1500, "tau-dialogues": 88, "cn-address": 11942, "cn-address-carried": 11942,
		"tau-retail-users": 500, "tau-airline-users": 25, "tau-retail-orders": 50, "woocommerce": 337, "shopify": 87}
	labels := map[string]map[string]int{
		"cluener":            {Name: 3744, Address: 454},
		"presidio":           {Name: 857, Address: 390, BankCard: 136, Email: 49, IBAN: 21, IntlPhone: 92, IP: 14, SSN: 16},
		"tau-dialogues":      {Name: 516, Address: 671, BirthDate: 131, Email: 110},
		"cn-address":         {Address: 11890},
		"cn-address-carried": {Address: 11890},
		"tau-retail-users":   {Name: 1000, Address: 1000, Email: 500},
		"tau-airline-users":  {Name: 2344, Address: 1000, Email: 500, BirthDate: 1172},
		"tau-retail-orders":  {Address: 2000},
		"woocommerce":        {Name: 343, Address: 136, Email: 123, IntlPhone: 68},
		"shopify":            {Name: 76, Address: 36, Email: 27, IntlPhone: 27, Coordinates: 12, Secret: 2},
	}
	for _, set := range sets {
		sound(t, set)
		if len(set.Texts) != texts[set.Name] {
			t.Errorf("%s: %d texts, want %d", set.Name, len(set.Texts), texts[set.Name])
		}
		if got := set.Labels(); !maps.Equal(got, labels[set.Name]) {
			t.Errorf("%s: %v, want %v", set.Name, got, labels[set.Name])
		}
	}
}
