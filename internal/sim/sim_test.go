package sim

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
)

func world(t *testing.T, o Options) *World {
	t.Helper()
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func small(scenario string, seed uint64) Options {
	o := Options{Scenario: scenario, Seed: seed, Agents: 12, Days: 50, Merchants: 12}
	switch scenario {
	case Ordinary, Harvest:
	case RefundRing:
		o.Agents = -1
	default:
		o.Days, o.Merchants = 24, -1
	}
	return o
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	sum := func(o Options) [sha256.Size]byte {
		h := sha256.New()
		out := event.NewWriter(h)
		w := world(t, o)
		for ev := range w.Events() {
			if err := out.Write(ev); err != nil {
				t.Fatal(err)
			}
		}
		return [sha256.Size]byte(h.Sum(nil))
	}
	for _, s := range Scenarios() {
		first, again := sum(small(s, 3)), sum(small(s, 3))
		if first != again {
			t.Errorf("%s: one seed gave two histories", s)
		}
		if first == sum(small(s, 4)) {
			t.Errorf("%s: two seeds gave one history", s)
		}
	}
}

func TestFiles(t *testing.T) {
	read := func(dir string) map[string][]byte {
		got := map[string][]byte{}
		for _, name := range []string{EventsFile, CustomersFile, TruthFile} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			got[name] = b
		}
		return got
	}
	o := small(Harvest, 5)
	a, b := t.TempDir(), t.TempDir()
	n, err := world(t, o).WriteFiles(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := world(t, o).WriteFiles(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	one, two := read(a), read(b)
	for name := range one {
		if !bytes.Equal(one[name], two[name]) {
			t.Errorf("%s differs between two runs of one seed", name)
		}
	}
	if lines := bytes.Count(one[EventsFile], []byte("\n")); lines != n {
		t.Errorf("%d lines for %d events", lines, n)
	}
	if left, _ := filepath.Glob(filepath.Join(a, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if !bytes.HasPrefix(one[CustomersFile], []byte(`{"subject":"c-5001","invented":true,`)) {
		t.Error("customers are not marked as invented")
	}
}

func TestEventsParseInOrder(t *testing.T) {
	for _, s := range Scenarios() {
		o := small(s, 12)
		if s == Ordinary {
			o.Agents = 40
		}
		w := world(t, o)
		seen := map[event.Key]bool{}
		types := map[event.Type]int{}
		var last event.Event
		var line []byte
		for ev := range w.Events() {
			var err error
			if line, err = ev.AppendJSON(line[:0]); err != nil {
				t.Fatal(err)
			}
			if _, err := event.Parse(line); err != nil {
				t.Fatalf("%s: %v in %s", s, err, line)
			}
			if seen[ev.Key()] {
				t.Fatalf("%s: %v twice", s, ev.Key())
			}
			seen[ev.Key()] = true
			if last.Data != nil && !last.Before(ev) {
				t.Fatalf("%s: %s %s after %s %s", s, ev.ID, ev.Time, last.ID, last.Time)
			}
			if ev.Time.Before(w.Options().Start) || !ev.Time.Before(w.End()) {
				t.Fatalf("%s: %s is outside the period", s, ev.ID)
			}
			last = ev
			types[ev.Type]++
		}
		if s == Ordinary {
			for _, want := range []event.Type{event.TypeAccessViewed, event.TypeReasonOpened, event.TypeReasonAssigned, event.TypeReasonClosed, event.TypeHarmReported,
				event.TypeStaffJoined, event.TypeStaffTrained, event.TypeDeviceStorage, event.TypeCameraFlagged, event.TypeCanaryPlanted, event.TypePartnerAdmitted,
				event.TypeMerchantApplied, event.TypeMerchantOpened, event.TypeCollateralChanged, event.TypeOrderPaid, event.TypeOrderConfirmed, event.TypeParcelShipped,
				event.TypeParcelSigned, event.TypePayoutRequested, event.TypeRefundRequested} {
				if types[want] == 0 {
					t.Errorf("no %s in an ordinary world", want)
				}
			}
		}
	}
}

// Check characters by their definitions, beside the code that makes them.
func TestCustomers(t *testing.T) {
	w := world(t, Options{Seed: 2, Customers: 3000})
	phone := regexp.MustCompile(`^1[3-9]\d{9}$`)
	mail := regexp.MustCompile(`^[a-z]+\d+@example\.(com|net|org)$`)
	for c := range w.Customers() {
		if !phone.MatchString(c.Phone) || !mail.MatchString(c.Email) || !c.Invented || c.Name == "" || len(c.Address) < 20 {
			t.Fatalf("%+v", c)
		}
		sum := 0
		for i, ch := range c.ResidentID {
			v := int(ch - '0')
			if ch == 'X' && i == 17 {
				v = 10
			}
			weight := 1
			for range 17 - i {
				weight = weight * 2 % 11
			}
			sum += v * weight
		}
		if len(c.ResidentID) != 18 || sum%11 != 1 {
			t.Fatalf("resident id of %s", c.ID)
		}
		if born, err := time.Parse("20060102", c.ResidentID[6:14]); err != nil || born.Year() < 1950 || born.Year() > 2005 {
			t.Fatalf("birth date of %s", c.ID)
		}
		sum = 0
		for i := range len(c.BankCard) {
			v := int(c.BankCard[len(c.BankCard)-1-i] - '0')
			if i%2 == 1 {
				v = v*2/10 + v*2%10
			}
			sum += v
		}
		if sum%10 != 0 || len(c.BankCard) < 16 || len(c.BankCard) > 19 {
			t.Fatalf("bank card of %s", c.ID)
		}
		if got, ok := w.Customer(c.ID); !ok || got != c {
			t.Fatalf("%s is not found by its id", c.ID)
		}
		if o, ok := w.Order(c.Order); !ok || o.Customer != c.ID {
			t.Fatalf("the order of %s is not found", c.ID)
		}
	}
	for _, id := range []event.SubjectID{"", "c-", "c-5000", "c-999999", "h-200001", "c--5"} {
		if _, ok := w.Customer(id); ok {
			t.Errorf("%q is a customer", id)
		}
	}
}

// The division codes are real ones, where the list of them is at hand.
func TestDivisions(t *testing.T) {
	const dir = "/work/shared/data/cn-divisions"
	var all []byte
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		all = append(all, b...)
		return err
	})
	if err != nil {
		t.Skip("the list of divisions is not here")
	}
	for _, d := range divisions() {
		if !bytes.Contains(all, []byte(d.code)) {
			t.Errorf("%s is not a division", d.code)
		}
	}
}

type held struct {
	actor   event.ActorID
	subject event.SubjectID
}

// explained replays the data door and counts views, and those that no reason
// explains with the contract's grace.
func explained(t *testing.T, w *World) (views, unexplained, actorDays int, lookups map[held]bool) {
	t.Helper()
	type spell struct{ from, to time.Time }
	spells := map[held][]spell{}
	open := map[event.ReasonID]held{}
	type seenView struct {
		held
		at time.Time
	}
	var all []seenView
	days := map[string]bool{}
	end := func(id event.ReasonID, at time.Time) held {
		h := open[id]
		s := spells[h]
		s[len(s)-1].to = at
		return h
	}
	for ev := range w.Events() {
		switch d := ev.Data.(type) {
		case *event.ReasonOpened:
			h := held{d.Actor, d.Subject}
			open[d.ID] = h
			spells[h] = append(spells[h], spell{ev.Time, w.End()})
		case *event.ReasonAssigned:
			h := end(d.ID, ev.Time)
			h.actor = d.Actor
			open[d.ID] = h
			spells[h] = append(spells[h], spell{ev.Time, w.End()})
		case *event.ReasonClosed:
			if _, ok := open[d.ID]; !ok {
				t.Fatalf("%s closes what was not opened", ev.ID)
			}
			end(d.ID, ev.Time)
		case *event.AccessViewed:
			views++
			days[string(d.Actor)+ev.Time.Format(time.DateOnly)] = true
			for _, s := range d.Subjects {
				all = append(all, seenView{held{d.Actor, s.Subject}, ev.Time})
			}
		}
	}
	lookups = map[held]bool{}
	for _, v := range all {
		ok := false
		for _, s := range spells[v.held] {
			ok = ok || !v.at.Before(s.from.Add(-30*time.Minute)) && !v.at.After(s.to.Add(24*time.Hour))
		}
		if !ok {
			unexplained++
			lookups[v.held] = true
		}
	}
	return views, unexplained, len(days), lookups
}

func TestOrdinaryWork(t *testing.T) {
	w := world(t, Options{Seed: 21, Agents: 60, Days: 24, Merchants: -1})
	views, un, days, _ := explained(t, w)
	if perDay := float64(views) / float64(days); perDay < 65 || perDay > 95 {
		t.Errorf("%.1f views a day", perDay)
	}
	if share := float64(un) / float64(views); share < 0.018 || share > 0.042 {
		t.Errorf("%.3f of the views are unexplained", share)
	}
	reviews, bad := 0, 0
	for o := range w.Orders() {
		if o.Review != nil {
			reviews++
			if o.Review.Rating <= BadRating {
				bad++
			}
		}
	}
	if share := float64(bad) / float64(reviews); share < 0.06 || share > 0.10 {
		t.Errorf("%.3f of the reviews are bad", share)
	}
	if truth := w.Truth(); len(truth.Insiders)+len(truth.Rings) > 0 {
		t.Error("a crime in an ordinary world")
	}
}

func TestHarvestTruth(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		w := world(t, Options{Scenario: Harvest, Seed: seed, Agents: 20})
		truth := w.Truth()
		if len(truth.Insiders) != 2 || truth.Insiders[0].Partner != truth.Insiders[1].Partner {
			t.Fatalf("seed %d: %d insiders", seed, len(truth.Insiders))
		}
		_, _, _, lookups := explained(t, w)
		total := 0
		taken := map[event.SubjectID]event.ActorID{}
		for _, in := range truth.Insiders {
			total += len(in.Subjects)
			for _, s := range in.Subjects {
				if taken[s] != "" {
					t.Errorf("seed %d: %s taken twice", seed, s)
				}
				taken[s] = in.Actor
				i, _ := w.Index(string(s))
				if g := w.Glance(i); g.Rating == 0 || g.Rating > BadRating || g.Queue != QueueCN {
					t.Errorf("seed %d: %s had no bad review in the queue", seed, s)
				}
				if !lookups[held{in.Actor, s}] {
					t.Errorf("seed %d: the lookup of %s is explained", seed, s)
				}
			}
			if third := w.Options().Start.AddDate(0, 0, 80); in.From.Before(third) {
				t.Errorf("seed %d: began at %s", seed, in.From)
			}
		}
		if total < 150 || total > harvestTotal {
			t.Errorf("seed %d: %d lookups", seed, total)
		}
		leaked, background := 0, 0
		for _, h := range truth.Harms {
			switch {
			case h.Cause == "background":
				background++
			case taken[h.Subject] != h.Actor:
				t.Errorf("seed %d: %s was not leaked by %s", seed, h.Subject, h.Actor)
			case h.Kind == event.HarmComplaint:
				leaked++
			}
		}
		if leaked < 25 || leaked > 85 || background < 30 {
			t.Errorf("seed %d: %d complaints of the leak, %d others", seed, leaked, background)
		}
	}
}

func TestActionsAreEvents(t *testing.T) {
	w := world(t, small(Ordinary, 9))
	visits, tickets := 0, 0
	for a := range w.Actions() {
		_, viewed := a.Event.Data.(*event.AccessViewed)
		if viewed != (a.Visit != nil) || !a.At.Equal(a.Event.Time) {
			t.Fatalf("%s: visit %v", a.Event.ID, a.Visit)
		}
		if viewed {
			visits++
			if (a.Visit.Kind == event.KindList) != (a.Visit.Order == "") {
				t.Fatalf("%+v", *a.Visit)
			}
		}
		if strings.HasPrefix(string(a.Event.Type), "reason.") {
			tickets++
			if a.Ticket == nil || a.Ticket.Customer == "" {
				t.Fatalf("%s: no ticket", a.Event.ID)
			}
		}
	}
	if visits == 0 || tickets == 0 {
		t.Fatal("nothing to do")
	}
	for range w.Actions() { // stops when asked
		break
	}
}

func TestOptions(t *testing.T) {
	if _, err := New(Options{Scenario: "flood"}); !errors.Is(err, ErrScenario) {
		t.Errorf("got %v", err)
	}
	for _, o := range []Options{{Days: -1}, {Days: 4000}, {Agents: 1 << 20}, {Customers: -1}, {Merchants: 1 << 20}, {Canaries: 2000},
		{Scenario: Harvest, Agents: 2}, {Scenario: Harvest, Days: 5}, {Scenario: RefundRing, Days: 20}, {Scenario: RefundRing, RingShops: 1}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v makes a world", o)
		}
	}
	for _, o := range []Options{{Agents: 1, Days: 1, Merchants: 1}, {Agents: -1, Merchants: -1}, {Days: 3, Customers: 1}, {Scenario: Harvest, Agents: 4, Days: 12},
		{Scenario: RefundRing, Days: minRingDays, Merchants: -1, RingShops: 2}} {
		for range world(t, o).Events() {
		}
	}
}
