package payout

import (
	"bytes"
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
)

func savedBook(t testing.TB, b *Book) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Save(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// reload is a book that goes on from what another one has saved.
func reload(t testing.TB, p Pack, b *Book) *Book {
	t.Helper()
	data := savedBook(t, b)
	again, err := Load(p, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(savedBook(t, again), data) {
		t.Fatal("what was loaded is saved as something else")
	}
	return again
}

// halfway is a book in the middle of a story, in which everything has happened.
func halfway(t testing.TB, p Pack, seed uint64) *Book {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 7))
	data := make([]byte, 5*2000)
	for i := range data {
		data[i] = byte(rng.IntN(256))
		if i%5 == 3 {
			data[i] %= 249
		}
		if i%5 == 4 {
			data[i] %= 20
		}
	}
	b := New(p)
	for _, ev := range story(data) {
		b.Fold(ev)
	}
	after := b.now.Sub(testStart) + 60*day // most is forgotten
	for _, ev := range story(data[:len(data)/8]) {
		ev.Time, ev.ID = ev.Time.Add(after), "later-"+ev.ID
		b.Fold(ev)
	}
	b.Fold(event.New("opens", "test", b.now.In(testStart.Location()), &event.MerchantOpened{Merchant: "m0"}))
	b.Fold(event.New("early", "test", b.now, &event.OrderConfirmed{Order: "not paid yet"}))
	return b
}

// Whatever a book knows is saved: a field that is not shows here.
func TestABookThatWasLoadedIsTheSame(t *testing.T) {
	p := storyPack(t)
	b := halfway(t, p, 3)
	for name, n := range map[string]int{"merchants": len(b.merchants), "rings": len(b.rings), "orders": len(b.orders.byKey), "free": int(b.orders.free), "refunds": len(b.refunds),
		"overrides": len(b.overrides), "requests": len(b.requests), "further": len(b.further), "early": len(b.early), "waiting": len(b.waiting),
		"strange": len(b.strange), "past": len(b.past), "long": len(b.orders.long)} {
		if n == 0 {
			t.Errorf("no %s: nothing is tested", name)
		}
	}
	again := reload(t, p, b)
	for id, m := range b.merchants {
		if x, y := m.opened.Format(time.RFC3339), again.merchants[id].opened.Format(time.RFC3339); x != y {
			t.Errorf("%s opened %s, and loaded %s", id, x, y)
		}
	}
	want, got := comparable(b), comparable(again)
	if got != want {
		t.Error("the state is another:", difference(want, got))
	}
}

// comparable is the state of a book but for the order in which an order's refunds
// are kept, and for the texts that are kept once.
func comparable(b *Book) string {
	for _, all := range b.refunded {
		slices.SortFunc(all, func(x, y *refund) int { return cmp.Compare(x.id, y.id) })
	}
	b.texts = nil
	return stateOf(b)
}

func TestASavedBookThatDoesNotFitIsRefused(t *testing.T) {
	p := storyPack(t)
	data := savedBook(t, halfway(t, p, 2))
	other := p
	other.fingerprint = "of another text"
	if _, err := Load(other, bytes.NewReader(data)); !errors.Is(err, snapshot.ErrUnfit) {
		t.Errorf("another pack: %v", err)
	}
	for _, n := range []int{0, 10, len(data) / 2, len(data) - 1} {
		if _, err := Load(p, bytes.NewReader(data[:n])); !errors.Is(err, snapshot.ErrUnfit) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	fewer := withRules(t, p, "")
	if _, err := Load(fewer, bytes.NewReader(data)); !errors.Is(err, snapshot.ErrUnfit) {
		t.Errorf("a pack without the rules: %v", err)
	}
}

// What stands in a file is not to be trusted because its sums are right.
func FuzzLoad(f *testing.F) {
	p := storyPack(f)
	var whole []byte
	b := New(p)
	for _, ev := range story(bytes.Repeat([]byte{2, 0, 1, 200, 1, 4, 0, 1, 0, 9, 5, 0, 1, 0, 40, 6, 0, 1, 0, 1, 8, 0, 0, 0, 1, 15, 0, 1, 2, 2, 12, 0, 1, 200, 20, 250, 1, 2, 1, 9}, 3)) {
		b.Fold(ev)
	}
	err := snapshot.Load(bytes.NewReader(savedBook(f, b)), func(c *snapshot.Codec) {
		for c.Err() == nil {
			one := make([]byte, 1)
			if c.Raw(one); c.Err() == nil {
				whole = append(whole, one...)
			}
		}
	})
	if len(whole) < 1000 {
		f.Fatal(len(whole), err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	rest := story(bytes.Repeat([]byte{2, 1, 2, 100, 250, 6, 1, 2, 0, 1, 8, 1, 0, 0, 255, 12, 1, 2, 50, 20, 14, 1, 2, 9, 9, 15, 1, 7, 2, 2, 8, 0, 0, 0, 255}, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		var framed bytes.Buffer
		if err := snapshot.Save(&framed, func(c *snapshot.Codec) { c.Raw(data) }); err != nil {
			t.Fatal(err)
		}
		b, err := Load(p, &framed)
		if err != nil {
			return
		}
		for _, ev := range rest {
			b.Fold(ev)
		}
		savedBook(t, b)
	})
}
