package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway/httpproxy"
)

// benchDecisions measures the money door over HTTP as it is served, beside the
// same server that records nothing and the same that does not even decide.
func benchDecisions(ctx context.Context, s streams, args []string) int {
	fs := newFlags("bench decisions", "bench decisions [-requests N] [-c N] [-rounds N] [-merchants N] [-orders N]", s.err)
	requests := fs.Int("requests", 6000, "requests per round and target")
	conc := fs.Int("c", 16, "connections")
	rounds := fs.Int("rounds", 5, "rounds; the targets take turns within each")
	merchants := fs.Int("merchants", 3000, "merchants")
	orders := fs.Int("orders", 8, "confirmed orders of each merchant")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if min(*requests, *conc, *rounds, *merchants, *orders) < 1 || *requests > 1_000_000 || *conc > 1024 || *rounds > 100 || *merchants > 100_000 || *orders > 1000 {
		fmt.Fprintln(s.err, "menshen bench decisions: all flags must be at least 1 and within reason")
		return exitUsage
	}
	b := &decisionsBench{merchants: *merchants, orders: *orders}
	if err := b.open(ctx); err != nil {
		return fail(s, "bench decisions", exitUnreadable, errors.Join(err, b.close()))
	}
	err := b.measure(ctx, *requests, *conc, *rounds)
	size := b.server.ledger.Size()
	if err := errors.Join(err, b.close()); err != nil {
		return fail(s, "bench decisions", exitCheck, err)
	}
	fmt.Fprintf(s.out, "one process on loopback, client and server, %s %s/%s, GOMAXPROCS %d; packs hotel-desk and marketplace; %d merchants with %d orders each\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), *merchants, *orders)
	fmt.Fprintf(s.out, "POST /v1/decisions/payout, a key each, %d rounds of %d requests, %d connections; ledger of %d entries on disk and indexed\n\n", *rounds, *requests, *conc, size)
	b.print(s.out)
	return exitDone
}

const benchToken = "bench"

// decisionsBench is a whole server, and two that lack a part of it.
type decisionsBench struct {
	merchants, orders int

	dir     string
	server  *server
	start   time.Time
	targets []*benchTarget
	cleanup []func() error // the last first
	asked   atomic.Int64
}

func (b *decisionsBench) open(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "menshen-bench-"); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	b.cleanup = append(b.cleanup, func() error { return os.RemoveAll(b.dir) })
	b.start = time.Now().Add(-12 * time.Hour)
	sum := sha256.Sum256([]byte(benchToken))
	cfg := config{
		Data: b.dir, Zone: "Asia/Shanghai", Packs: packsConfig{DataDoor: "hotel-desk", MoneyDoor: "marketplace"},
		Gateway: gatewayConfig{Listen: "127.0.0.1:0", Upstream: "http://127.0.0.1:1", Accounts: true},
		Console: consoleConfig{Listen: "127.0.0.1:0"}, Events: eventsConfig{Settle: "2m", TokenSHA256: hex.EncodeToString(sum[:])},
	}
	log := slog.New(slog.DiscardHandler)
	gate, console, err := listenBoth(cfg)
	if err != nil {
		return err
	}
	if b.server, err = newServer(ctx, cfg, extras{now: time.Now, bucket: time.Hour}, log); err != nil {
		return err
	}
	b.cleanup = append(b.cleanup, b.server.close)
	ctx, cancel := context.WithCancel(ctx)
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- b.server.run(ctx, gate, console, func() { close(ready) }) }()
	b.cleanup = append(b.cleanup, func() error { cancel(); return <-ended })
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		return err
	}
	pack, opt, err := loadMoneyPack("marketplace")
	if err != nil {
		return err
	}
	unrecorded := newDoorkeeper(noRecord{}, time.Now, newMoneyDoor(pack, opt, true), log)
	if err := unrecorded.settle(ctx); err != nil {
		return err
	}
	for _, door := range []*doorkeeper{b.server.door, unrecorded} {
		if err := b.fill(ctx, door); err != nil {
			return err
		}
	}
	if err := b.settled(ctx); err != nil {
		return err
	}
	base := api.Config{Now: time.Now, Log: log, TokenHash: cfg.Events.TokenSHA256}
	b.targets = append(b.targets, &benchTarget{name: "menshen", url: "http://" + console.Addr().String()})
	for _, t := range []struct {
		name string
		door api.Door
	}{{"without record", unrecorded}, {"without decision", noDecision{doorkeeper: unrecorded}}} {
		with := base
		with.Door = t.door
		if err := b.serve(t.name, api.New(with)); err != nil {
			return err
		}
	}
	return nil
}

// settled returns when the index has what was filled in, as it has in a server that
// runs; from then on it keeps up with what is asked.
func (b *decisionsBench) settled(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for b.server.pipeline.folded.Load() < b.server.ledger.Size() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

func (b *decisionsBench) serve(name string, h http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	server := httpproxy.NewServer(h)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(l) }() // always http.ErrServerClosed
	b.cleanup = append(b.cleanup, func() error { err := server.Close(); <-ended; return err })
	b.targets = append(b.targets, &benchTarget{name: name, url: "http://" + l.Addr().String()})
	return nil
}

// fill gives a door merchants with orders that can still be refunded.
func (b *decisionsBench) fill(ctx context.Context, door *doorkeeper) error {
	n := 0
	put := func(at time.Time, data event.Data) error {
		n++
		_, err := door.Enqueue(ctx, event.New(fmt.Sprint("e", n), "bench", at, data))
		return err
	}
	for m := range b.merchants {
		id := event.MerchantID(fmt.Sprint("m-", m))
		if err := errors.Join(put(b.start, &event.MerchantApplied{Merchant: id, Category: "toys", Country: "CN"}),
			put(b.start, &event.MerchantOpened{Merchant: id}),
			put(b.start, &event.CollateralChanged{Merchant: id, Total: event.Money{Amount: 1_000_000, Currency: "CNY"}})); err != nil {
			return err
		}
	}
	for o := range b.orders {
		for m := range b.merchants {
			id, at := event.OrderID(fmt.Sprint("o-", m, "-", o)), b.start.Add(time.Duration(o*b.merchants+m)*time.Millisecond)
			err := errors.Join(put(at, &event.OrderPaid{Order: id, Merchant: event.MerchantID(fmt.Sprint("m-", m)), Buyer: event.BuyerID(fmt.Sprint("b-", (m*b.orders+o)*7919%(b.merchants*5))),
				Money: event.Money{Amount: int64(20_000 + 997*o + m%1000), Currency: "CNY"}}),
				put(at, &event.ParcelSigned{Order: id}), put(at, &event.OrderConfirmed{Order: id, By: "timeout"}))
			if err != nil {
				return err
			}
		}
	}
	last, err := door.Enqueue(ctx, event.New("last", "bench", b.start, &event.MerchantOpened{Merchant: "m-0"}))
	if err == nil {
		_, err = last.Wait(ctx)
	}
	return err
}

func (b *decisionsBench) close() error {
	var errs []error
	for _, f := range slices.Backward(b.cleanup) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

func (b *decisionsBench) measure(ctx context.Context, requests, conc, rounds int) error {
	transport := httpproxy.NewTransport()
	transport.MaxIdleConnsPerHost = conc
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	return takeTurns(b.targets, requests, conc, rounds, func(t *benchTarget) error { return b.once(ctx, client, t.url) })
}

// once asks for a payout that no one has asked for yet.
func (b *decisionsBench) once(ctx context.Context, client *http.Client, url string) error {
	n := b.asked.Add(1)
	ask := fmt.Appendf(nil, `{"request":"pr-%d","merchant":"m-%d","money":{"amount":%d,"currency":"CNY"}}`, n, n*7919%int64(b.merchants), 1000+n%9000)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/decisions/payout", bytes.NewReader(ask))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+benchToken)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", fmt.Sprintf(`"key-%d"`, n))
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var got struct{ Decisions []api.Decided }
	if err := json.Unmarshal(body, &got); err != nil || resp.StatusCode != http.StatusOK || len(got.Decisions) != 1 {
		return fmt.Errorf("status %d: %.300s", resp.StatusCode, body)
	}
	return nil
}

// print writes the table: medians over the rounds, and medians of the ratios
// within each round.
func (b *decisionsBench) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "server\tdecisions/s\tp50\tp99\tmenshen is\t")
	for _, t := range b.targets {
		i := -1
		ratio := median(t.rounds, func(r benchRound) float64 {
			i++
			return b.targets[0].rounds[i].rate / r.rate
		})
		fmt.Fprintf(tw, "%s\t%.0f\t%s\t%s\t%.2f of it\t\n", t.name,
			median(t.rounds, func(r benchRound) float64 { return r.rate }),
			median(t.rounds, func(r benchRound) time.Duration { return r.p50 }).Round(10*time.Microsecond),
			median(t.rounds, func(r benchRound) time.Duration { return r.p99 }).Round(10*time.Microsecond), ratio)
	}
	tw.Flush()
}

// noRecord says that all is recorded, and forgets it.
type noRecord struct{}

func (noRecord) EnqueueAll(context.Context, []event.Event) (api.Pending, error) { return atOnce{}, nil }
func (noRecord) Read(context.Context, uint64, uint64, func(uint64, []byte) error) error {
	return nil
}

type atOnce struct{}

func (atOnce) Wait(context.Context) (uint64, error) { return 0, nil }

// noDecision gives every request the same answer.
type noDecision struct{ *doorkeeper }

func (noDecision) Decide(_ context.Context, a api.Ask) ([]api.Decided, bool, error) {
	line, err := event.Event{ID: "d", Source: "menshen", Type: a.Event.Type, Time: a.Event.Time, Data: a.Event.Data}.AppendJSON(nil)
	return []api.Decided{{Event: line}}, false, err
}
