package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/payout"
	"github.com/menshen-io/menshen/ring"
)

// benchBook measures what the money door keeps in memory, and what a decision takes
// in a large book beside a small one.
func benchBook(ctx context.Context, s streams, args []string) int {
	fs := newFlags("bench book", "bench book [-merchants N] [-orders N] [-rings]", s.err)
	merchants := fs.Int("merchants", 20_000, "merchants of the large book; the small ones have a fiftieth")
	orders := fs.Int("orders", 50, "open orders of each merchant")
	rings := fs.Bool("rings", false, "measure the ring finder, too")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if min(*merchants, *orders) < 1 || *merchants > 10_000_000 || *orders > 10_000 {
		fmt.Fprintln(s.err, "menshen bench book: -merchants must be from 1 to 10000000, -orders from 1 to 10000")
		return exitUsage
	}
	pack, opt, err := loadMoneyPack("marketplace")
	if err != nil {
		return fail(s, "bench book", exitUnreadable, err)
	}
	large := &market{ctx: ctx, merchants: *merchants, orders: *orders}
	small := &market{ctx: ctx, merchants: max(1, *merchants/50), orders: *orders}
	year := &market{ctx: ctx, merchants: small.merchants, orders: 365, daily: true}
	fmt.Fprintf(s.out, "pack marketplace; every order has a buyer, device, account and place of its own, is shipped, signed for and confirmed; %s %s/%s\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
	tw := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "\tmerchants\torders\theap, MB\tbytes a merchant\tbytes an order\tevents/s\t")
	row := func(name string, m *market, orders int, x occupied) {
		each := "-"
		if orders > 0 {
			each = fmt.Sprintf("%.0f", float64(x.heap)/float64(orders))
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%.1f\t%.0f\t%s\t%.0f\t\n", name, m.merchants, orders, float64(x.heap)/1e6, float64(x.heap)/float64(m.merchants), each, x.rate)
	}
	row("shops that have just opened", small, 0, occupy(payout.New(pack), small.open))
	row("a sale a day for a year", year, 0, occupy(payout.New(pack), year.open, year.trade))
	few := payout.New(pack)
	row("open orders", small, small.merchants*small.orders, occupy(few, small.open, small.trade))
	many := payout.New(pack)
	filled := occupy(many, large.open, large.trade)
	row("open orders", large, large.merchants*large.orders, filled)
	times := small.ask(few, many, large.merchants)
	file, err := os.CreateTemp("", "menshen-book-")
	if err != nil {
		return fail(s, "bench book", exitUnreadable, err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	start := time.Now()
	size, err := saveBook(file, many)
	saving := time.Since(start)
	few, many = nil, nil
	runtime.GC()
	start = time.Now()
	if err == nil {
		many, err = payout.Load(pack, bufio.NewReaderSize(file, 1<<16))
	}
	loading := time.Since(start)
	if err != nil {
		return fail(s, "bench book", exitUnreadable, err)
	}
	runtime.KeepAlive(many)
	many = nil
	if *rings {
		row("ring finder, the same orders", large, large.merchants*large.orders, occupy(ring.New(opt), large.open, large.trade))
	}
	if err := ctx.Err(); err != nil {
		return fail(s, "bench book", exitUnreadable, err)
	}
	tw.Flush()
	fmt.Fprintf(s.out, "\na payout decision, in turns: %v in the small book (99 of 100 within %v), %v (%v) in the large one: %.2f times as long\n",
		quantileOf(times[0], 0.5), quantileOf(times[0], 0.99), quantileOf(times[1], 0.5), quantileOf(times[1], 0.99),
		float64(quantileOf(times[1], 0.5))/float64(quantileOf(times[0], 0.5)))
	fmt.Fprintf(s.out, "the large book is saved in %v, %.0f MB, and loaded in %v: folding its events took %.1f times as long\n", saving.Round(time.Millisecond),
		float64(size)/1e6, loading.Round(time.Millisecond), filled.took.Seconds()/loading.Seconds())
	return exitDone
}

// saveBook writes a book and goes back to the beginning of the file.
func saveBook(file *os.File, b *payout.Book) (size int64, err error) {
	out := bufio.NewWriterSize(file, 1<<16)
	if err := errors.Join(b.Save(out), out.Flush()); err != nil {
		return 0, err
	}
	if size, err = file.Seek(0, io.SeekCurrent); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	return size, err
}

func quantileOf(sorted []time.Duration, q float64) time.Duration {
	return sorted[int(q*float64(len(sorted)-1))]
}

// folder takes events: a book or a ring finder.
type folder interface {
	Fold(ev event.Event) []event.Event
}

// occupied is what the memory of something came to, and how fast it was filled.
type occupied struct {
	heap uint64
	took time.Duration
	rate float64 // events a second
}

// occupy fills f and returns by how much the heap has grown since before there was f.
func occupy(f folder, fill ...func(folder) int) occupied {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, start, events := heap(), time.Now(), 0
	for _, fill := range fill {
		events += fill(f)
	}
	took := time.Since(start)
	after := heap()
	runtime.KeepAlive(f)
	return occupied{after - min(before, after), took, float64(events) / took.Seconds()}
}

// market is merchants with orders.
type market struct {
	ctx               context.Context
	merchants, orders int
	daily             bool // an order a day each
}

var marketOpens = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func merchantID(m int) event.MerchantID { return event.MerchantID(fmt.Sprintf("m-%08d", m)) }

// open lets the merchants in.
func (k *market) open(f folder) (events int) {
	for m := range k.merchants {
		id := merchantID(m)
		f.Fold(event.New("a", "shop", marketOpens, &event.MerchantApplied{Merchant: id, Category: fmt.Sprint("category-", m%30), Country: "CN"}))
		f.Fold(event.New("c", "pay", marketOpens, &event.CollateralChanged{Merchant: id, Total: event.Money{Amount: 3_000_000, Currency: "CNY"}}))
		f.Fold(event.New("o", "shop", marketOpens, &event.MerchantOpened{Merchant: id}))
	}
	return 3 * k.merchants
}

// trade gives each merchant its orders, those of all merchants after one another:
// over ten days, in which no window ends, or one a day.
func (k *market) trade(f folder) (events int) {
	step := 10 * 24 * time.Hour / time.Duration(k.orders)
	if k.daily {
		step = 24 * time.Hour
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for n := range k.orders {
		if k.ctx.Err() != nil {
			return max(events, 1)
		}
		at := marketOpens.Add(time.Duration(n) * step)
		for m := range k.merchants {
			order, who := event.OrderID(fmt.Sprintf("%019d", m*k.orders+n)), rng.Uint64()
			f.Fold(event.New("1", "shop", at, &event.OrderPaid{Order: order, Merchant: merchantID(m), Buyer: event.BuyerID(fmt.Sprintf("b-%016d", who%1e16)),
				Money: event.Money{Amount: 1000 + int64(who%50_000), Currency: "CNY"}, Device: fmt.Sprintf("d%x", who), PaymentAccount: fmt.Sprintf("p%x", who),
				BuyerSince: at.AddDate(-1, 0, 0)}))
			f.Fold(event.New("2", "carrier", at.Add(time.Minute), &event.ParcelShipped{Order: order, Carrier: "sf", WeightG: 100 + int64(who>>32%3000)}))
			f.Fold(event.New("3", "carrier", at.Add(2*time.Minute), &event.ParcelSigned{Order: order, Place: fmt.Sprintf("l%x", who)}))
			f.Fold(event.New("4", "shop", at.Add(3*time.Minute), &event.OrderConfirmed{Order: order, By: "timeout"}))
		}
	}
	return 4 * k.merchants * k.orders
}

// ask asks the small book and the large one in turns for payouts, and returns how long
// each took, the shortest first.
func (k *market) ask(small, large folder, merchants int) (times [2][]time.Duration) {
	rng := rand.New(rand.NewPCG(9, 9))
	at := marketOpens.Add(11 * 24 * time.Hour)
	for n := range 5000 {
		for i, f := range []folder{small, large} {
			m := rng.IntN([]int{k.merchants, merchants}[i])
			ev := event.New(fmt.Sprint("p", n), "pay", at, &event.PayoutRequested{Request: event.RequestID(fmt.Sprint("p", n)), Merchant: merchantID(m),
				Money: &event.Money{Amount: 1000 + rng.Int64N(100_000), Currency: "CNY"}})
			start := time.Now()
			f.Fold(ev)
			times[i] = append(times[i], time.Since(start))
		}
	}
	for i := range times {
		slices.Sort(times[i])
	}
	return times
}
