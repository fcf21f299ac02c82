package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/ledger"
)

// killedDoor is what a server that is killed again and again has answered.
type killedDoor struct {
	*killed
	mu       sync.Mutex        // guards all below
	answered map[string]string // by request
	asked    map[string]string // bodies, answered or not
	keyed    map[string]bool   // answered with its key
}

const killedShops = 5

// A money door that is killed at any moment under load gives each request one
// decision, the one that it answered, and all of them together stay within what
// covers them; keys are known after every start.
func TestKilledMoneyDoorSpendsNothingTwice(t *testing.T) {
	kills := 3
	if testing.Short() {
		kills = 2
	}
	p := &killedDoor{killed: newKilled(t), answered: map[string]string{}, asked: map[string]string{}, keyed: map[string]bool{}}
	for i := range kills {
		cmd, stderr := p.start()
		p.waitReady(cmd, stderr)
		if i == 0 {
			p.openShops()
		}
		p.askAgain(i%2 == 1) // what was answered before the kill
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan struct{}, 1)
		var wg sync.WaitGroup
		for w := range 6 {
			wg.Go(func() { p.askOn(ctx, fmt.Sprintf("pr-%d-%d", i, w), first) })
		}
		select {
		case <-first:
		case <-t.Context().Done():
		}
		<-time.NewTimer(time.Duration(p.rng.IntN(400)) * time.Millisecond).C
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		cancel()
		wg.Wait()
	}
	cmd, stderr := p.start()
	p.waitReady(cmd, stderr)
	before := len(p.answered)
	p.askAgain(true)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("stopping: %v\n%s", err, stderr)
	}
	report, err := ledger.Verify(t.Context(), p.dir, "")
	if err != nil || !report.OK {
		t.Fatal(err, report.Problems)
	}
	p.checkRecord(before)
}

func (p *killedDoor) openShops() {
	var body bytes.Buffer
	w := event.NewWriter(&body)
	n := 0
	put := func(ago time.Duration, d event.Data) {
		n++
		if err := w.Write(event.New(fmt.Sprint("shop-", n), "test", time.Now().Add(-ago), d)); err != nil {
			p.t.Fatal(err)
		}
	}
	for s := range killedShops {
		m, o := event.MerchantID(fmt.Sprint("m", s)), event.OrderID(fmt.Sprint("o", s))
		put(time.Hour, &event.MerchantApplied{Merchant: m, Category: "toys", Country: "CN"})
		put(time.Hour, &event.MerchantOpened{Merchant: m})
		put(time.Hour, &event.OrderPaid{Order: o, Merchant: m, Buyer: "b", Money: yuan(9_000_000)})
		put(time.Hour, &event.OrderConfirmed{Order: o, By: "timeout"})
	}
	code, got, err := p.post(p.t.Context(), "/v1/events", "", body.String())
	if err != nil || code != http.StatusOK {
		p.t.Fatal(code, got, err)
	}
}

func (p *killedDoor) post(ctx context.Context, path, key, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.console+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+killToken)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// askOn asks for one payout after another until the server is gone.
func (p *killedDoor) askOn(ctx context.Context, name string, first chan<- struct{}) {
	for i := 0; ctx.Err() == nil; i++ {
		id := fmt.Sprint(name, "-", i)
		body := fmt.Sprintf(`{"request":%q,"merchant":"m%d","money":{"amount":%d,"currency":"CNY"}}`, id, i%killedShops, 10_000+i)
		p.mu.Lock()
		p.asked[id] = body
		p.mu.Unlock()
		code, got, err := p.post(ctx, "/v1/decisions/payout", id, body)
		if err != nil {
			return
		}
		if code != http.StatusOK {
			p.t.Errorf("%s: %d %s", id, code, got)
			return
		}
		p.mu.Lock()
		p.answered[id], p.keyed[id] = got, true
		p.mu.Unlock()
		select {
		case first <- struct{}{}:
		default:
		}
	}
}

// askAgain asks all that was asked: what was answered is answered the same, by its
// key, or without one; and a key is good for its own request only.
func (p *killedDoor) askAgain(withKey bool) {
	for id, body := range p.asked {
		key := ""
		if withKey {
			key = id
		}
		code, got, err := p.post(p.t.Context(), "/v1/decisions/payout", key, body)
		if err != nil || code != http.StatusOK {
			p.t.Fatalf("%s again: %d %s %v", id, code, got, err)
		}
		was, ok := p.answered[id]
		if ok && was != got {
			p.t.Errorf("%s was answered %s and is %s", id, was, got)
		}
		if !p.keyed[id] {
			p.answered[id], p.keyed[id] = got, withKey && !ok
			continue
		}
		if code, got, err := p.post(p.t.Context(), "/v1/decisions/payout", id, `{"request":"other","merchant":"m0"}`); err != nil || code != http.StatusUnprocessableEntity {
			p.t.Errorf("the key of %s is not known: %d %s %v", id, code, got, err)
		}
		p.answered[id] = got
	}
}

// checkRecord compares the ledger with what was answered.
func (p *killedDoor) checkRecord(acknowledged int) {
	l, err := ledger.Open(p.t.Context(), p.dir, ledger.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	defer l.Close(context.Background())
	decisions := map[event.RequestID]int{}
	paid := map[event.MerchantID]int64{}
	var recorded []string
	err = l.Read(p.t.Context(), 0, l.Size(), func(index uint64, line []byte) error {
		ev, err := event.Parse(line)
		if err != nil {
			return err
		}
		if _, _, ok := aboutOf(ev); ok {
			recorded = append(recorded, string(line)+"\n")
		}
		d, ok := ev.Data.(*event.DecisionPayout)
		if !ok {
			return nil
		}
		decisions[d.Request]++
		paid[d.Merchant] += d.Pay.Amount
		var was struct {
			Decisions []struct {
				Index uint64
				Event json.RawMessage
			}
		}
		if err := json.Unmarshal([]byte(p.answered[string(d.Request)]), &was); err != nil {
			return err
		}
		if len(was.Decisions) != 1 || was.Decisions[0].Index != index || string(was.Decisions[0].Event) != string(line) {
			p.t.Errorf("entry %d is %s, answered %s", index, line, p.answered[string(d.Request)])
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	// Whoever has the record and the pack comes to the same decisions.
	out, _ := runFilter(p.t, exitDone, "", "payout", "-data", p.dir)
	if derived := slices.Sorted(strings.Lines(out)); !slices.Equal(derived, slices.Sorted(slices.Values(recorded))) {
		p.t.Errorf("the record has %d decisions, and %d others follow from it", len(recorded), len(derived))
	}
	for id := range p.asked {
		if n := decisions[event.RequestID(id)]; n != 1 {
			p.t.Errorf("%s has %d decisions", id, n)
		}
	}
	pack, _ := doorPack(p.t)
	for m, sum := range paid {
		if line := pack.Lines["CNY"].Newcomer; sum > line || sum == 0 {
			p.t.Errorf("%s was paid %d, its line is %d", m, sum, line)
		}
	}
	if acknowledged == 0 {
		p.t.Error("nothing was answered")
	}
	p.t.Logf("%d asked, %d of them answered before the last start; paid %v", len(p.asked), acknowledged, paid)
}
