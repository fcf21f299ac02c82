package mask

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// orderList is a page of orders as a back office sends it, about 15 KB.
func orderList() []byte {
	var b strings.Builder
	b.WriteString(`{"total":4711,"page":1,"orders":[`)
	for i := range 30 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"ORD-2026-%06d","no":%d,"status":"checked_in","created":"2026-03-02T09:%02d:04+08:00","queue":"hotel-cn",`+
			`"customer":{"id":"c-%d","name":"张小%d","phone":"138%08d","address":"浙江省杭州市西湖区文三路%d号"},`+
			`"hotel":{"name":"西湖大酒店","city":"杭州","room":"%d"},"nights":%d,"amount":%d.50,"currency":"CNY",`+
			`"remark":"晚到，请保留房间。如有问题联系 139%08d","review":{"rating":%d,"text":null},"tags":["vip","late","app"]}`,
			i, 1000000+i, i%60, 5000+i, i, i*7919, i, 800+i, 1+i%5, 300+i, i*104729, 1+i%5)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func TestOrderListIsWhatItIsSaidToBe(t *testing.T) {
	in := orderList()
	if n := len(in); n < 13_000 || n > 17_000 || !stdjson.Valid(in) {
		t.Errorf("%d bytes", n)
	}
	n := 0
	var out bytes.Buffer
	if err := JSON(&out, bytes.NewReader(in), plan(t, orders()), func(r Record) { n += len(r.Values) }); err != nil || n != 30*4 {
		t.Errorf("%d values, %v", n, err)
	}
}

func BenchmarkOrderList(b *testing.B) {
	in := orderList()
	p := plan(b, orders())
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	records := 0
	run("mask", func() error { return JSON(io.Discard, bytes.NewReader(in), p, nil) })
	run("mask-and-record", func() error {
		return JSON(io.Discard, bytes.NewReader(in), p, func(Record) { records++ })
	})
	run("search-only", func() error { return JSON(io.Discard, bytes.NewReader(in), nil, nil) })
	run("jsontext-copy", func() error {
		d := jsontext.NewDecoder(bytes.NewReader(in), jsontext.AllowDuplicateNames(true))
		e := jsontext.NewEncoder(io.Discard, jsontext.AllowDuplicateNames(true))
		for {
			tok, err := d.ReadToken()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := e.WriteToken(tok); err != nil {
				return err
			}
		}
	})
	run("encoding-json", func() error {
		var v any
		if err := stdjson.NewDecoder(bytes.NewReader(in)).Decode(&v); err != nil {
			return err
		}
		return stdjson.NewEncoder(io.Discard).Encode(v)
	})
}
