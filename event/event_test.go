package event

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// contract holds one line for each type of the published contract.
func contract(t testing.TB) []string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "contract.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		lines = append(lines, sc.Text())
	}
	return lines
}

func TestContractLinesParseAndRoundTrip(t *testing.T) {
	seen := map[Type]bool{}
	for i, line := range contract(t) {
		ev, err := Parse([]byte(line))
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
			continue
		}
		seen[ev.Type] = true
		once, err := ev.AppendJSON(nil)
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
			continue
		}
		again, err := Parse(once)
		if err != nil {
			t.Errorf("line %d: reading back: %v", i+1, err)
			continue
		}
		twice, _ := again.AppendJSON(nil)
		if string(once) != string(twice) {
			t.Errorf("line %d: not stable:\n%s\n%s", i+1, once, twice)
		}
		if err := ev.Check(); err != nil {
			t.Errorf("line %d: Check: %v", i+1, err)
		}
	}
	for _, typ := range []Type{
		TypeAccessViewed, TypeAccessRefused, TypeReasonOpened, TypeReasonAssigned, TypeReasonClosed, TypeHarmReported,
		TypeStaffJoined, TypeStaffLeft, TypeStaffTrained, TypeDeviceStorage, TypeCameraFlagged, TypeCanaryPlanted,
		TypePartnerAdmitted, TypePartnerLapsed, TypeMerchantApplied, TypeMerchantOpened, TypeCollateralChanged,
		TypeOrderPaid, TypeOrderConfirmed, TypeParcelShipped, TypeParcelSigned, TypePayoutRequested, TypePayoutPaid,
		TypeRefundRequested, TypeRefundAdvanced, TypeRefundRecovered, TypeAlertRaised, TypeStandingChanged,
		TypeDecisionPayout, TypeDecisionRefund, TypeDecisionMerchant, TypeRingFound, TypeRingStruck, TypeDecisionOverridden, TypeDecisionShadowed,
	} {
		if !seen[typ] {
			t.Errorf("testdata/contract.ndjson has no %s", typ)
		}
	}
}

func TestParseNamesTheFieldAndNeverTheValue(t *testing.T) {
	const secret = "13912345678"
	for _, c := range []struct{ line, want string }{
		{`{`, "not valid JSON"},
		{`"` + secret + `"`, "line"},
		{`{"id":1,"source":"s","type":"staff.left","time":"2026-01-01T00:00:00Z","data":{}}`, "id"},
		{`{"source":"s","type":"staff.left","time":"2026-01-01T00:00:00Z","data":{}}`, "id: missing"},
		{`{"id":"1","type":"staff.left","time":"2026-01-01T00:00:00Z","data":{}}`, "source: missing"},
		{`{"id":"1","source":"s","type":"staff.left","time":"` + secret + `","data":{}}`, "time"},
		{`{"id":"1","source":"s","type":"staff.left","time":"2026-01-01T00:00:00","data":{}}`, "time"},
		{`{"id":"1","source":"s","type":"staff.left","time":"2026-01-01T00:00:00Z"}`, "data: missing"},
		{`{"id":"1","source":"s","type":"staff.left","time":"2026-01-01T00:00:00Z","data":[]}`, "data: must be an object"},
		{`{"id":"1","source":"s","type":"staff.left","time":"2026-01-01T00:00:00Z","data":{"actor":` + secret + `}}`, "data.actor"},
		{`{"id":"1","source":"s","type":"staff.left","time":"2026-01-01T00:00:00Z","data":{}}`, "data.actor: missing"},
		{`{"specversion":"0.3","id":"1","source":"s","type":"staff.left","time":"2026-01-01T00:00:00Z","data":{"actor":"a"}}`, "specversion"},
		{`{"id":"1","source":"s","type":"order.paid","time":"2026-01-01T00:00:00Z","data":{"order":"o","merchant":"m","money":{"amount":"` + secret + `","currency":"CNY"}}}`, "data.money.amount"},
		{`{"id":"1","source":"s","type":"order.paid","time":"2026-01-01T00:00:00Z","data":{"order":"o","merchant":"m","money":{"amount":1.5,"currency":"CNY"}}}`, "data.money.amount"},
		{`{"id":"1","source":"s","type":"order.paid","time":"2026-01-01T00:00:00Z","data":{"order":"o","merchant":"m","money":{"amount":-1,"currency":"CNY"}}}`, "data.money.amount"},
		{`{"id":"1","source":"s","type":"order.paid","time":"2026-01-01T00:00:00Z","data":{"order":"o","merchant":"m","money":{"amount":1,"currency":"yuan"}}}`, "data.money.currency"},
		{`{"id":"1","source":"s","type":"harm.reported","time":"2026-01-01T00:00:00Z","data":{"subject":"c","kind":"` + secret + `"}}`, "data.kind"},
		{`{"id":"1","source":"s","type":"staff.left","time":"2026-01-01T00:00:00Z","data":{"actor":"a","actor":"b"}}`, "twice"},
	} {
		_, err := Parse([]byte(c.line))
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n says %q, want %q in it", c.line, err, c.want)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the value is in the error: %v", err)
		}
	}
	if _, err := Parse([]byte(`{"id":"1","source":"s","type":"tea.made","time":"2026-01-01T00:00:00Z","data":{}}`)); !errors.Is(err, ErrUnknownType) {
		t.Errorf("unknown type: %v", err)
	}
	if _, err := Parse([]byte(`{"id":"1","source":"s","extra":{"a":1},"type":"staff.left","time":"2026-01-01T00:00:00Z","data":{"actor":"a","new":[1]}}`)); err != nil {
		t.Errorf("unknown fields are to be ignored: %v", err)
	}
}

func staffLeft(id string, at time.Time) string {
	return fmt.Sprintf(`{"id":%q,"source":"s","type":"staff.left","time":%q,"data":{"actor":"a"}}`, id, at.Format(time.RFC3339))
}

func TestReaderCountsAndGoesOn(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	in := strings.Join([]string{
		"\ufeff" + staffLeft("1", day.Add(48*time.Hour)),
		"",
		"not json",
		staffLeft("1", day.Add(48*time.Hour)),
		staffLeft("2", day),
		staffLeft("3", day.Add(24*time.Hour)),
		`{"id":"9","source":"s","type":"tea.made","time":"2026-01-01T00:00:00Z","data":{}}`,
		strings.Repeat("x", MaxLine+1),
		staffLeft("4", day.Add(49*time.Hour)), // and no newline at the end
	}, "\n")
	var refused []string
	r := NewReader(strings.NewReader(in), DefaultLateness, func(f Refusal) { refused = append(refused, f.String()) })
	var ids []string
	for {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, ev.ID)
	}
	if got := strings.Join(ids, ","); got != "1,3,4" {
		t.Errorf("accepted %s", got)
	}
	want := Counts{Lines: 9, Accepted: 3, Malformed: 2, Duplicate: 1, Late: 1, Unknown: 1}
	if r.Counts() != want {
		t.Errorf("counts %+v, want %+v", r.Counts(), want)
	}
	for i, want := range []string{"line 3: malformed", `line 4: id "1": duplicate`, `line 5: id "2": late`, `line 7: id "9": unknown type`, "line 8: malformed"} {
		if i >= len(refused) || !strings.HasPrefix(refused[i], want) {
			t.Errorf("refusal %d: %v, want %q", i, refused, want)
		}
	}
}

func TestReaderReportsABrokenInput(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader(staffLeft("1", time.Now())+"\n"), failing{}), DefaultLateness, nil)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err == nil || errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk gone") }

// Whatever the order of arrival within the lateness, the sorter gives one order.
func TestSorterUndoesAnyShuffleWithinTheLateness(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var evs []Event
	for i := range 500 {
		evs = append(evs, New(fmt.Sprint(i), "s", start.Add(time.Duration(rng.IntN(200))*time.Minute*10), &StaffLeft{Actor: "a"}))
	}
	want := slices.Clone(evs)
	slices.SortFunc(want, func(a, b Event) int {
		if a.Before(b) {
			return -1
		}
		return 1
	})
	// Each arrives up to the lateness after its time.
	arrival := map[string]time.Time{}
	for _, e := range evs {
		arrival[e.ID] = e.Time.Add(time.Duration(rng.IntN(24*60)) * time.Minute)
	}
	slices.SortStableFunc(evs, func(a, b Event) int { return arrival[a.ID].Compare(arrival[b.ID]) })
	s := NewSorter(DefaultLateness)
	w := NewWindow(DefaultLateness)
	var got []Event
	for _, e := range evs {
		if cause, err := w.Admit(e); err != nil {
			t.Fatalf("%s refused: %s %v", e.ID, cause, err)
		}
		got = append(got, s.Push(e)...)
	}
	got = append(got, s.Flush()...)
	if !slices.EqualFunc(got, want, func(a, b Event) bool { return a.ID == b.ID }) {
		t.Error("order depends on arrival")
	}
	if len(w.seen) > 500 || w.order.len() != len(w.seen) {
		t.Errorf("window holds %d ids, %d in order", len(w.seen), w.order.len())
	}
}

func TestWindowForgetsOldIDs(t *testing.T) {
	w := NewWindow(time.Hour)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 1000 {
		w.Admit(New(fmt.Sprint(i), "s", start.Add(time.Duration(i)*time.Minute), &StaffLeft{Actor: "a"}))
	}
	if len(w.seen) > 62 {
		t.Errorf("holds %d ids for an hour's worth of 60", len(w.seen))
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range contract(f) {
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"id":"1","source":"s","type":"access.viewed","time":"2026-01-01T00:00:00Z","data":{"actor":"a","subjects":[{"subject":"c","attributes":{"x":null}}]}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		ev, err := Parse(line)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnknownType) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		once, err := ev.AppendJSON(nil)
		if err != nil {
			t.Skip() // a year beyond 9999 can be read but not written
		}
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("wrote what cannot be read: %v\n%s", err, once)
		}
		twice, err := again.AppendJSON(nil)
		if err != nil || string(once) != string(twice) {
			t.Fatalf("not stable: %v\n%s\n%s", err, once, twice)
		}
	})
}
