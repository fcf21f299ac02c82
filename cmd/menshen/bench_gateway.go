package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/gateway/httpproxy"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/policy"
)

const benchPolicy = `
version: 1
search: [phone, resident_id, bank_card, email]
unlisted: search
roles:
  agent: {view: masked}
routes:
  - name: order-list
    match: GET /api/orders
    kind: list
    records:
      - at: $.orders[*]
        subject: customer.id
        attributes: {rating: review.rating}
        fields: {customer.name: name, customer.phone: phone}
`

// benchWords are what customers and clerks write.
var benchWords = [...]string{
	"房间很干净，服务也好", "late arrival, asks for a quiet room", "客人说空调有点吵，已经安排换到高楼层", "Receipt sent, nothing left to pay.",
	"两大一小，需要加床和婴儿床", "发票抬头稍后提供", "Please call before delivery, the gate code is at reception", "前台态度一般，等了四十分钟才办好入住",
	"", "early check-in if possible; two cars", "押金已退，订单关闭", "ok",
}

// What many orders of a list share.
var benchHotels = []string{"杭州西湖店", "静安精选公寓", "Riverside Inn", "灵隐山居民宿", "城市便捷酒店（东站店）", "The Bund House", "半山温泉度假村"}

// No two people write quite the same.
var benchWishes = []string{"带狗", "靠窗", "素食", "高层", "无烟", "近电梯", "远电梯", "大床", "双床", "晚退房", "加枕头", "要车位", "早餐两份", "禁花粉", "含接机", "生日布置", "过敏", "静音", "拼房",
	"cot", "late", "quiet", "view", "twin", "bath", "desk", "iron", "kettle", "safe", "fan", "ramp", "lift", "sofa", "quilt", "slippers", "kitchen", "terrace"}

func benchRemark(i, n int) string {
	text := benchWords[n%len(benchWords)]
	if text == "" {
		return ""
	}
	return text + " " + benchWishes[i%len(benchWishes)]
}

// benchOrders is a list of orders of about 15 KB, made up.
func benchOrders() []byte {
	var b strings.Builder
	b.WriteString(`{"total":2048,"page":1,"orders":[`)
	for i := 0; b.Len() < 15<<10; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"A-20260302-%06d","status":"%s","amount":%d.50,"currency":"CNY","created":"2026-03-02T09:%02d:04+08:00",`+
			`"customer":{"id":"u-%06d","name":"张三%c","phone":"138%08d"},"hotel":"%s","nights":2,`+
			`"review":{"rating":%d,"text":%q},"remark":%q}`,
			i, []string{"paid", "checked_in", "cancelled"}[i%3], 300+i, i%60, 5000+i, '一'+rune(i*7), 10000000+i*37, benchHotels[i*5%len(benchHotels)], i%5+1, benchRemark(i, i), benchRemark(i*7+5, i*5+3))
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

// benchRecord records in a ledger.
type benchRecord struct{ *ledger.Ledger }

func (r benchRecord) Append(ctx context.Context, ev event.Event) error {
	_, err := r.Ledger.Append(ctx, ev)
	return err
}

func (r benchRecord) Enqueue(ctx context.Context, ev event.Event) error {
	_, err := r.Ledger.Enqueue(ctx, ev)
	return err
}

func benchGateway(ctx context.Context, s streams, args []string) int {
	fs := newFlags("bench gateway", "bench gateway [-requests N] [-c N] [-rounds N]", s.err)
	requests := fs.Int("requests", 4000, "requests per round and target")
	conc := fs.Int("c", 16, "requests at a time")
	rounds := fs.Int("rounds", 5, "rounds; the targets take turns within each")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if *requests < 1 || *conc < 1 || *rounds < 1 || *requests > 1_000_000 || *conc > 1024 || *rounds > 100 {
		fmt.Fprintln(s.err, "menshen bench gateway: -requests, -c and -rounds must be at least 1 and within reason")
		return exitUsage
	}
	b, err := newGatewayBench(ctx)
	if err != nil {
		return fail(s, "bench gateway", exitUnreadable, err)
	}
	err = b.measure(ctx, *requests, *conc, *rounds)
	size := b.ledger.Size()
	if err := errors.Join(err, b.close()); err != nil {
		return fail(s, "bench gateway", exitCheck, err)
	}
	fmt.Fprintf(s.out, "one process on loopback, %s %s/%s, GOMAXPROCS %d; %d-byte JSON list of %d customers; %d rounds of %d requests, %d at a time\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), len(b.body), b.customers, *rounds, *requests, *conc)
	fmt.Fprintf(s.out, "every view through menshen recorded in a ledger on disk: %d entries\n\n", size)
	b.print(s.out)
	return exitDone
}

// benchTarget is one way to the back office.
type benchTarget struct {
	name   string
	url    string
	rounds []benchRound
}

type benchRound struct {
	rate     float64 // requests per second
	p50, p99 time.Duration
}

type gatewayBench struct {
	body      []byte
	customers int
	dir       string
	ledger    *ledger.Ledger
	targets   []*benchTarget
	cleanup   []func() error // in the order to be called
}

func newGatewayBench(ctx context.Context) (_ *gatewayBench, err error) {
	b := &gatewayBench{body: benchOrders()}
	b.customers = strings.Count(string(b.body), `"customer"`)
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if b.dir, err = os.MkdirTemp("", "menshen-bench-"); err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	if b.ledger, err = ledger.Open(ctx, b.dir, ledger.Options{}); err != nil {
		return nil, err
	}
	back, err := b.serve("direct", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(b.body)
	}))
	if err != nil {
		return nil, err
	}
	plainTransport, ourTransport := httpproxy.NewTransport(), httpproxy.NewTransport()
	b.cleanup = append(b.cleanup, func() error {
		plainTransport.CloseIdleConnections()
		ourTransport.CloseIdleConnections()
		return nil
	})
	if _, err = b.serve("plain proxy", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(back) }, Transport: plainTransport}); err != nil {
		return nil, err
	}
	door, err := b.door(back, ourTransport)
	if err != nil {
		return nil, err
	}
	_, err = b.serve("menshen", door)
	return b, err
}

func (b *gatewayBench) door(back *url.URL, transport http.RoundTripper) (http.Handler, error) {
	p, err := policy.Parse("policy.yaml", []byte(benchPolicy))
	if err != nil {
		return nil, err
	}
	subjects, err := gateway.HMACSubjects([]byte(strings.Repeat("bench", 8)))
	if err != nil {
		return nil, err
	}
	gw, err := gateway.New(gateway.Config{
		Policy: p, Subjects: subjects, Record: benchRecord{b.ledger},
		Proxy:    &gateway.Proxy{From: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, User: "X-User", Role: "X-Role"},
		Standing: func(gateway.Who, time.Time) gateway.Answer { return gateway.Answer{Standing: event.Open} },
		Reasons:  func(context.Context, gateway.Claim, time.Time) (bool, error) { return false, nil },
	})
	if err != nil {
		return nil, err
	}
	return httpproxy.New(httpproxy.Config{Gateway: gw, Upstream: back, Transport: transport})
}

// serve starts a target on a free port of loopback.
func (b *gatewayBench) serve(name string, h http.Handler) (*url.URL, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	server := httpproxy.NewServer(h)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l) // always http.ErrServerClosed, since nobody else has l
	}()
	b.cleanup = append(b.cleanup, func() error {
		err := server.Close()
		<-ended
		return err
	})
	u := &url.URL{Scheme: "http", Host: l.Addr().String()}
	b.targets = append(b.targets, &benchTarget{name: name, url: u.String() + "/api/orders"})
	return u, nil
}

func (b *gatewayBench) close() error {
	var errs []error
	for _, f := range b.cleanup {
		errs = append(errs, f())
	}
	if b.ledger != nil {
		errs = append(errs, b.ledger.Close(context.Background()))
	}
	if b.dir != "" {
		errs = append(errs, os.RemoveAll(b.dir))
	}
	return errors.Join(errs...)
}

func (b *gatewayBench) measure(ctx context.Context, requests, conc, rounds int) error {
	transport := httpproxy.NewTransport()
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	return takeTurns(b.targets, requests, conc, rounds, func(t *benchTarget) error { return t.once(ctx, client, len(b.body)) })
}

// takeTurns asks one target after another in each round, so that whatever else the
// machine does meets all of them; the first, short round warms up.
func takeTurns(targets []*benchTarget, requests, conc, rounds int, once func(*benchTarget) error) error {
	for round := -1; round < rounds; round++ {
		n := requests
		if round < 0 {
			n = max(1, requests/10)
		}
		for _, t := range targets {
			r, err := driveRound(n, conc, func() error { return once(t) })
			if err != nil {
				return fmt.Errorf("measuring %s: %w", t.name, err)
			}
			if round >= 0 {
				t.rounds = append(t.rounds, r)
			}
		}
	}
	return nil
}

// driveRound asks n times over conc connections.
func driveRound(n, conc int, once func() error) (benchRound, error) {
	took := make([]time.Duration, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, conc)
	start := time.Now()
	for range conc {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				began := time.Now()
				if err := once(); err != nil {
					errs <- err
					next.Store(int64(n))
					return
				}
				took[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	all := time.Since(start)
	select {
	case err := <-errs:
		return benchRound{}, err
	default:
	}
	slices.Sort(took)
	return benchRound{rate: float64(n) / all.Seconds(), p50: took[n/2], p99: took[min(n-1, n*99/100)]}, nil
}

func (t *benchTarget) once(ctx context.Context, client *http.Client, size int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url, nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-User", "agent-1")
	r.Header.Set("X-Role", "agent")
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || n < int64(size)/2 {
		return fmt.Errorf("status %d with %d bytes", resp.StatusCode, n)
	}
	return nil
}

func median[T float64 | time.Duration](rounds []benchRound, of func(benchRound) T) T {
	all := make([]T, len(rounds))
	for i, r := range rounds {
		all[i] = of(r)
	}
	slices.Sort(all)
	if n := len(all); n%2 == 0 {
		return (all[n/2-1] + all[n/2]) / 2
	}
	return all[len(all)/2]
}

// print writes the table: medians over the rounds, and medians of the ratios
// within each round.
func (b *gatewayBench) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "way\trequests/s\tp50\tp99\tof direct\tof plain proxy\t")
	ratio := func(t, base *benchTarget) float64 {
		i := -1
		return median(t.rounds, func(r benchRound) float64 {
			i++
			return r.rate / base.rounds[i].rate
		})
	}
	for _, t := range b.targets {
		fmt.Fprintf(tw, "%s\t%.0f\t%s\t%s\t%.2f\t%.2f\t\n", t.name,
			median(t.rounds, func(r benchRound) float64 { return r.rate }),
			median(t.rounds, func(r benchRound) time.Duration { return r.p50 }).Round(10*time.Microsecond),
			median(t.rounds, func(r benchRound) time.Duration { return r.p99 }).Round(10*time.Microsecond),
			ratio(t, b.targets[0]), ratio(t, b.targets[1]))
	}
	tw.Flush()
}
