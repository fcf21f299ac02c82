package ledger

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkAppend is one writer: each append waits for its own fsync.
func BenchmarkAppend(b *testing.B) { benchmarkAppend(b, 1) }

// BenchmarkAppendParallel shows how many appends share an fsync.
func BenchmarkAppendParallel(b *testing.B) {
	for _, writers := range []int{8, 64, 512} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) { benchmarkAppend(b, writers) })
	}
}

func benchmarkAppend(b *testing.B, writers int) {
	ctx := context.Background()
	l := mustOpen(b, b.TempDir(), Options{})
	var next atomic.Int64
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(b.N) {
					return
				}
				start := time.Now()
				if _, err := l.Append(ctx, testEvent(fmt.Sprint(i))); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	mustClose(b, l)
}

func BenchmarkVerify(b *testing.B) {
	dir := b.TempDir()
	l := mustOpen(b, dir, Options{})
	fill(b, l, "e", 20000)
	mustClose(b, l)
	for b.Loop() {
		mustVerify(b, dir)
	}
	b.ReportMetric(20000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
