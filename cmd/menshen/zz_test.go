package main

import (
	"bytes"
	"io"
	"testing"

	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

func BenchmarkZZ(b *testing.B) {
	in := benchOrders()
	p, _ := policy.Parse("bench", []byte(benchPolicy))
	route, _ := p.Route("order-list")
	paths, _ := mask.NewPlan(mask.Spec{Records: route.Records})
	every, _ := mask.NewPlan(mask.Spec{Search: mask.Default(), Records: route.Records})
	src := bytes.NewReader(nil)
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				src.Reset(in)
				f()
			}
		})
	}
	run("tok", func() { copyTokens(io.Discard, src) })
	run("paths", func() { mask.JSON(io.Discard, src, paths, nil) })
	run("every", func() { mask.JSON(io.Discard, src, every, nil) })
}
