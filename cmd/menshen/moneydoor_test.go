package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/ring"
	"github.com/menshen-io/menshen/standing"
)

// memoryRecord is a record in memory that can be made to fail, or to be slow.
type memoryRecord struct {
	mu    sync.Mutex
	lines [][]byte
	fail  error         // of EnqueueAll
	lost  error         // of Wait
	hold  chan struct{} // Wait waits for it to be closed, where it is not nil
}

type memoryPending struct {
	r     *memoryRecord
	first uint64
}

func (r *memoryRecord) EnqueueAll(_ context.Context, evs []event.Event) (api.Pending, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return nil, r.fail
	}
	first := uint64(len(r.lines))
	for _, ev := range evs {
		line, err := ev.AppendJSON(nil)
		if err != nil {
			return nil, err
		}
		r.lines = append(r.lines, line)
	}
	return memoryPending{r, first}, nil
}

func (p memoryPending) Wait(ctx context.Context) (uint64, error) {
	p.r.mu.Lock()
	hold, lost := p.r.hold, p.r.lost
	p.r.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return p.first, lost
}

func (r *memoryRecord) Read(_ context.Context, from, to uint64, fn func(uint64, []byte) error) error {
	r.mu.Lock()
	lines := r.lines[from:to]
	r.mu.Unlock()
	for i, line := range lines {
		if err := fn(from+uint64(i), line); err != nil {
			return err
		}
	}
	return nil
}

var doorStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func doorPack(t testing.TB) (payout.Pack, ring.Options) {
	pack, opt, err := loadMoneyPack("marketplace")
	if err != nil {
		t.Fatal(err)
	}
	return pack, opt
}

// openDoor is a door over what is in the record, as a start opens it.
func openDoor(t testing.TB, r *memoryRecord, pack payout.Pack, opt ring.Options) *doorkeeper {
	t.Helper()
	d := newDoorkeeper(r, func() time.Time { return doorStart }, newMoneyDoor(pack, opt, true), slog.New(slog.DiscardHandler))
	for i, line := range r.lines {
		ev, err := event.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		if ev.Source == standing.Source {
			d.recorded(uint64(i), ev)
		} else {
			d.recall(ev)
		}
	}
	if err := d.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func yuan(fen int64) event.Money { return event.Money{Amount: fen, Currency: "CNY"} }

// shopIn gives a door a merchant with a balance, all of which can be refunded.
func shopIn(t testing.TB, d *doorkeeper, id string, orders int, fen int64) {
	t.Helper()
	n := 0
	put := func(at time.Time, data event.Data) {
		n++
		if _, err := d.Enqueue(t.Context(), event.New(fmt.Sprint(id, "-", n), "shop", at, data)); err != nil {
			t.Fatal(err)
		}
	}
	m := event.MerchantID(id)
	put(doorStart.Add(-10*time.Hour), &event.MerchantApplied{Merchant: m, Category: "toys", Country: "CN"})
	put(doorStart.Add(-9*time.Hour), &event.MerchantOpened{Merchant: m})
	for i := range orders {
		o := event.OrderID(fmt.Sprint(id, "-o", i))
		at := doorStart.Add(time.Duration(i-8*60) * time.Minute)
		put(at, &event.OrderPaid{Order: o, Merchant: m, Buyer: event.BuyerID("b" + o), Money: yuan(fen)})
		put(at, &event.OrderConfirmed{Order: o, By: "buyer"})
	}
}

func askPayout(request, merchant, key string, fen int64) api.Ask {
	m := yuan(fen)
	d := &event.PayoutRequested{Request: event.RequestID(request), Merchant: event.MerchantID(merchant), Money: &m}
	body := sha256.Sum256(fmt.Append(nil, request, merchant, fen))
	return api.Ask{Key: key, Body: body, ID: request, Event: event.New("-", api.DecisionSource, doorStart, d)}
}

func payOf(t testing.TB, decided []api.Decided) int64 {
	t.Helper()
	if len(decided) != 1 {
		t.Fatalf("%d decisions", len(decided))
	}
	ev, err := event.Parse(decided[0].Event)
	if err != nil {
		t.Fatal(err)
	}
	return ev.Data.(*event.DecisionPayout).Pay.Amount
}

// Payouts that arrive together never spend the same cover twice, and the record
// says what was answered.
func TestPayoutsThatArriveTogether(t *testing.T) {
	pack, opt := doorPack(t)
	r := &memoryRecord{}
	d := openDoor(t, r, pack, opt)
	const shops, each = 12, 9
	for s := range shops {
		shopIn(t, d, fmt.Sprint("m", s), 4, 1_500_000) // 60,000 yuan, of which a line of 30,000 lets out a half
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	paid := map[int]int64{}
	for i := range shops * each {
		wg.Go(func() {
			s := i % shops
			decided, again, err := d.Decide(t.Context(), askPayout(fmt.Sprint("r", i), fmt.Sprint("m", s), fmt.Sprint("k", i), 1_000_000))
			if err != nil || again {
				t.Error(again, err)
				return
			}
			mu.Lock()
			paid[s] += payOf(t, decided)
			mu.Unlock()
		})
	}
	wg.Wait()
	line := pack.Lines["CNY"].Newcomer
	for s := range shops {
		a, _ := d.book.Account(event.MerchantID(fmt.Sprint("m", s)))
		if a.Paid != paid[s] || a.AtRisk > line || paid[s] == 0 || paid[s] > line {
			t.Errorf("shop %d: answered %d, the book has %d and %d at risk, the line is %d", s, paid[s], a.Paid, a.AtRisk, line)
		}
	}
	again := openDoor(t, &memoryRecord{lines: r.lines}, pack, opt)
	if !reflect.DeepEqual(d.book.Merchants(), again.book.Merchants()) {
		t.Error("a start comes to other accounts")
	}
	if n := len(again.record.(*memoryRecord).lines); n != len(r.lines) {
		t.Errorf("a start says %d more", n-len(r.lines))
	}
}

// marketOf is the money events of a market with a ring, a little out of order.
func marketOf(t *testing.T, seed uint64) []event.Event {
	t.Helper()
	world, err := sim.New(sim.Options{Scenario: sim.RefundRing, Seed: seed, Agents: -1, Days: 40, Merchants: 14, Canaries: -1})
	if err != nil {
		t.Fatal(err)
	}
	var out []event.Event
	for ev := range world.Events() {
		if isMoney(ev.Type) {
			out = append(out, ev)
		}
	}
	out = out[:min(len(out), 4000)]
	rng := rand.New(rand.NewPCG(seed, 9))
	for i := range out { // at most some hours from its place
		j := min(len(out)-1, i+rng.IntN(30))
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// Wherever a crash cuts the record, a start says what is missing of what followed
// from it, the decisions are those that would have been given, and none twice.
func TestCutAnywhere(t *testing.T) {
	pack, opt := doorPack(t)
	whole := &memoryRecord{}
	d := openDoor(t, whole, pack, opt)
	for i, ev := range marketOf(t, 3) {
		if _, err := d.Enqueue(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
		if i%5 == 0 { // sent twice
			if _, err := d.Enqueue(t.Context(), ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	kinds := map[event.Type]int{}
	parsed := make([]event.Event, len(whole.lines))
	for i, line := range whole.lines {
		ev, err := event.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		parsed[i] = ev
		kinds[ev.Type]++
	}
	if kinds[event.TypeDecisionPayout] == 0 || kinds[event.TypeDecisionRefund] == 0 || kinds[event.TypeRingFound] == 0 {
		t.Fatalf("the market is too quiet: %v", kinds)
	}
	var ours []int // what is cut off from what it follows from
	for i, ev := range parsed {
		if ev.Source == standing.Source {
			ours = append(ours, i)
		}
	}
	cuts := 0
	for n := range 24 {
		cut := len(parsed) * n / 23
		if n%2 > 0 {
			cut = ours[len(ours)*n/24]
		}
		cuts++
		r := &memoryRecord{lines: append([][]byte(nil), whole.lines[:cut]...)}
		openDoor(t, r, pack, opt)
		end := cut // of what followed from the last event that was recorded
		for end < len(parsed) && parsed[end].Source == standing.Source {
			end++
		}
		if len(r.lines) != end {
			t.Fatalf("cut at %d: %d entries after the start, want %d", cut, len(r.lines), end)
		}
		for i := cut; i < end; i++ {
			if string(r.lines[i]) != string(whole.lines[i]) {
				t.Fatalf("cut at %d: said\n%s\nwant\n%s", cut, r.lines[i], whole.lines[i])
			}
		}
	}
	t.Logf("%d cuts of %d entries: %v", cuts, len(parsed), kinds)
}

// A request whose decision a crash cut off gets it at the start, and who asks again,
// by key or by id, gets that one.
func TestCutBetweenRequestAndDecision(t *testing.T) {
	pack, opt := doorPack(t)
	for _, key := range []string{"key", ""} {
		r := &memoryRecord{}
		d := openDoor(t, r, pack, opt)
		shopIn(t, d, "m1", 4, 1_500_000)
		first, _, err := d.Decide(t.Context(), askPayout("r1", "m1", key, 1000))
		if err != nil {
			t.Fatal(err)
		}
		r.lines = r.lines[:len(r.lines)-1]
		size := len(r.lines)
		d = openDoor(t, r, pack, opt)
		got, again, err := d.Decide(t.Context(), askPayout("r1", "m1", key, 1000))
		if err != nil || !again || !reflect.DeepEqual(got, first) || len(r.lines) != size+1 {
			t.Errorf("key %q: %v %v, %d entries more", key, again, err, len(r.lines)-size)
		}
		if a, _ := d.book.Account("m1"); a.Paid != 1000 {
			t.Errorf("%d is paid", a.Paid)
		}
		// The same once the start's own entry was read.
		ev, err := event.Parse(r.lines[size])
		if err != nil {
			t.Fatal(err)
		}
		d.recorded(uint64(size), ev)
		if got, again, err := d.Decide(t.Context(), askPayout("r1", "m1", key, 1000)); err != nil || !again || !reflect.DeepEqual(got, first) {
			t.Errorf("key %q, later: %v %v", key, again, err)
		}
	}
}

// A decision that is recorded stands when the pack has changed since: what it paid
// is paid, it is the answer to the request, and no other is said.
func TestAnotherPack(t *testing.T) {
	pack, opt := doorPack(t)
	r := &memoryRecord{}
	d := openDoor(t, r, pack, opt)
	shopIn(t, d, "m1", 4, 1_500_000)
	first, _, err := d.Decide(t.Context(), askPayout("r1", "m1", "key", 2_900_000))
	if err != nil {
		t.Fatal(err)
	}
	pack.Lines["CNY"] = payout.Line{Newcomer: 1000, Cap: 1000}
	size := len(r.lines)
	d = openDoor(t, r, pack, opt)
	again, said, err := d.Decide(t.Context(), askPayout("r1", "m1", "key", 2_900_000))
	if err != nil || !said || !reflect.DeepEqual(first, again) || len(r.lines) != size {
		t.Errorf("again %v: %v, %v", said, again, err)
	}
	if a, _ := d.book.Account("m1"); a.Paid != payOf(t, first) || a.Balance != 6_000_000-a.Paid {
		t.Errorf("%+v", a)
	}
}

// What could not be recorded is answered by nobody, and the door stays shut until a
// start, which knows nothing of it.
func TestNotRecorded(t *testing.T) {
	pack, opt := doorPack(t)
	disk := errors.New("no space left")
	for name, broken := range map[string]func(*memoryRecord, error){
		"refused": func(r *memoryRecord, err error) { r.fail = err },
		"lost":    func(r *memoryRecord, err error) { r.lost = err },
	} {
		t.Run(name, func(t *testing.T) {
			r := &memoryRecord{}
			d := openDoor(t, r, pack, opt)
			shopIn(t, d, "m1", 2, 1_500_000)
			good, _, err := d.Decide(t.Context(), askPayout("r0", "m1", "k0", 1000))
			if err != nil {
				t.Fatal(err)
			}
			size := len(r.lines)
			broken(r, disk)
			if _, _, err := d.Decide(t.Context(), askPayout("r1", "m1", "k1", 1000)); !errors.Is(err, api.ErrNotRecorded) || !errors.Is(err, disk) {
				t.Errorf("%v", err)
			}
			broken(r, nil)
			for _, a := range []api.Ask{askPayout("r1", "m1", "k1", 1000), askPayout("r2", "m1", "", 1000)} {
				if _, _, err := d.Decide(t.Context(), a); !errors.Is(err, api.ErrNotRecorded) {
					t.Errorf("the door is open again: %v", err)
				}
			}
			if _, err := d.Enqueue(t.Context(), event.New("x", "shop", doorStart, &event.MerchantOpened{Merchant: "m2"})); !errors.Is(err, api.ErrNotRecorded) {
				t.Errorf("an event is taken: %v", err)
			}
			if _, err := d.Enqueue(t.Context(), event.New("y", "desk", doorStart, &event.ReasonClosed{Kind: "ticket", ID: "t"})); err != nil {
				t.Errorf("the data door is shut, too: %v", err)
			}
			if said, again, err := d.Decide(t.Context(), askPayout("r0", "m1", "k0", 1000)); err != nil || !again || !reflect.DeepEqual(said, good) {
				t.Errorf("what was answered is not said again: %v", err)
			}
			d = openDoor(t, &memoryRecord{lines: r.lines[:size]}, pack, opt)
			if a, _ := d.book.Account("m1"); a.Paid != 1000 {
				t.Errorf("%d is paid", a.Paid)
			}
			if _, again, err := d.Decide(t.Context(), askPayout("r1", "m1", "k1", 1000)); err != nil || again {
				t.Errorf("after a start: %v %v", again, err)
			}
		})
	}
}

// While a request is being answered, its key is in use, and another request for the
// same payout waits for the one decision.
func TestInFlight(t *testing.T) {
	pack, opt := doorPack(t)
	r := &memoryRecord{}
	d := openDoor(t, r, pack, opt)
	shopIn(t, d, "m1", 2, 1_500_000)
	hold := make(chan struct{})
	r.mu.Lock()
	r.hold = hold
	size := len(r.lines)
	r.mu.Unlock()
	type reply struct {
		decided []api.Decided
		again   bool
		err     error
	}
	ask := func(key string) chan reply {
		c := make(chan reply, 1)
		go func() {
			decided, again, err := d.Decide(t.Context(), askPayout("r1", "m1", key, 1000))
			c <- reply{decided, again, err}
		}()
		return c
	}
	first := ask("key")
	for taken := false; !taken; { // until the first is on the queue
		r.mu.Lock()
		taken = len(r.lines) > size
		r.mu.Unlock()
	}
	if got := <-ask("key"); !errors.Is(got.err, api.ErrInFlight) {
		t.Errorf("the same key: %v", got.err)
	}
	second := ask("")
	close(hold)
	a, b := <-first, <-second
	if a.err != nil || b.err != nil || a.again || !b.again || !reflect.DeepEqual(a.decided, b.decided) {
		t.Errorf("%+v and %+v", a, b)
	}
	if got := <-ask("key"); got.err != nil || !got.again {
		t.Errorf("afterwards: %+v", got)
	}
}

// Keys and requests are known for as long as it is said, over a restart too.
func TestWhatWasAskedIsKnown(t *testing.T) {
	pack, opt := doorPack(t)
	r := &memoryRecord{}
	d := openDoor(t, r, pack, opt)
	shopIn(t, d, "m1", 4, 1_500_000)
	first, _, err := d.Decide(t.Context(), askPayout("r1", "m1", "key", 1000))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"before", "after a restart"} {
		for _, c := range []struct {
			what string
			ask  api.Ask
			want error
		}{
			{"same key, same body", askPayout("r1", "m1", "key", 1000), nil},
			{"no key, same request", askPayout("r1", "m1", "", 1000), nil},
			{"other key, same request", askPayout("r1", "m1", "other", 1000), nil},
			{"same key, other body", askPayout("r1", "m1", "key", 2000), api.ErrKeyReused},
			{"same key, other request", askPayout("r2", "m1", "key", 1000), api.ErrKeyReused},
			{"other sum, same request", askPayout("r1", "m1", "", 2000), api.ErrAskedAlready},
		} {
			got, again, err := d.Decide(t.Context(), c.ask)
			if !errors.Is(err, c.want) || c.want == nil && (!again || !reflect.DeepEqual(got, first)) {
				t.Errorf("%s, %s: %v %v", name, c.what, err, again)
			}
		}
		d = openDoor(t, r, pack, opt)
	}
	// A day on the key may be used again; the request is still known.
	later := func(a api.Ask, by time.Duration) api.Ask { a.Event.Time = doorStart.Add(by); return a }
	if _, again, err := d.Decide(t.Context(), later(askPayout("r3", "m1", "", 1000), keysKept+time.Minute)); again || err != nil {
		t.Fatal(again, err)
	}
	if _, again, err := d.Decide(t.Context(), later(askPayout("r4", "m1", "key", 1000), keysKept+time.Minute)); again || err != nil {
		t.Errorf("the key a day later: %v %v", again, err)
	}
	if _, again, err := d.Decide(t.Context(), askPayout("r1", "m1", "", 1000)); !again || err != nil {
		t.Errorf("the request a day later: %v %v", again, err)
	}
	if _, _, err := d.Decide(t.Context(), askPayout("r5", "m1", "", 1000)); !errors.Is(err, api.ErrLate) {
		t.Errorf("a day late: %v", err)
	}
	if n := strings.Count(string(r.lines[len(r.lines)-2]), "key"); n > 0 {
		t.Error("the key itself is in the record")
	}
}

func FuzzKeyOf(f *testing.F) {
	a := askPayout("r1", "m1", "key", 1)
	f.Add(askID(a))
	f.Add("k-00-00")
	f.Add("k-")
	f.Fuzz(func(t *testing.T, id string) {
		key, body, ok := keyOf(event.Event{ID: id, Source: api.DecisionSource})
		if ok && strings.ToLower(id) != fmt.Sprintf("k-%x-%x", key, body) {
			t.Errorf("%q is read as %x %x", id, key, body)
		}
	})
}
