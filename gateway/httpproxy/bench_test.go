package httpproxy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/policy"
)

// page15K is a list of orders of about 15 KB, as a back office sends it.
func page15K() string {
	var b strings.Builder
	b.WriteString(`{"total":2048,"page":1,"orders":[`)
	for i := 0; b.Len() < 15<<10; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"A-20260302-%06d","status":"paid","amount":%d.50,"currency":"CNY","created":"2026-03-02T09:15:04+08:00","customer":{"id":"u-%06d","name":"张三丰","phone":"138%08d"},"hotel":"杭州西湖店","nights":2,"review":{"rating":%d,"text":"房间很干净,服务也好"},"remark":"late arrival"}`,
			i, 300+i, 5000+i, 10000000+i*37, i%5+1)
	}
	b.WriteString(`]}`)
	return b.String()
}

type discard struct{}

func (discard) Append(context.Context, event.Event) error  { return nil }
func (discard) Enqueue(context.Context, event.Event) error { return nil }

func BenchmarkProxy(b *testing.B) {
	body := page15K()
	back := httptest.NewServer(serve("application/json", body))
	defer back.Close()
	u, _ := url.Parse(back.URL)
	tr := NewTransport()
	defer tr.CloseIdleConnections()

	p, err := policy.Parse("policy.yaml", []byte(testPolicy))
	if err != nil {
		b.Fatal(err)
	}
	subjects, _ := gateway.HMACSubjects([]byte(strings.Repeat("k", 32)))
	gw, err := gateway.New(gateway.Config{Policy: p, Subjects: subjects, Record: discard{},
		Proxy:    &gateway.Proxy{From: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, User: "X-User", Role: "X-Role"},
		Standing: func(gateway.Who, time.Time) gateway.Answer { return gateway.Answer{Standing: event.Open} },
		Reasons:  func(context.Context, gateway.Claim, time.Time) (bool, error) { return true, nil }})
	if err != nil {
		b.Fatal(err)
	}
	ours, err := New(Config{Gateway: gw, Upstream: u, Transport: tr})
	if err != nil {
		b.Fatal(err)
	}
	plain := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }, Transport: tr, BufferPool: new(pools)}
	for _, c := range []struct {
		name string
		h    http.Handler
	}{{"direct", serve("application/json", body)}, {"plain", plain}, {"ours", ours}} {
		b.Run(c.name, func(b *testing.B) {
			s := httptest.NewServer(c.h)
			defer s.Close()
			own := NewTransport()
			defer own.CloseIdleConnections()
			client := &http.Client{Transport: own}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, _ := http.NewRequest("GET", s.URL+"/api/orders", nil)
					r.Header.Set("X-User", "a")
					r.Header.Set("X-Role", "agent")
					resp, err := client.Do(r)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		})
	}
}
