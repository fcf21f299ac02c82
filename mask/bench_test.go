package mask

import (
	"bytes"
	"encoding/csv"
	stdjson "encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// What people write into orders and reviews.
var remarks = [...]string{
	"晚到，请保留房间。如有问题联系 139%08d", "late arrival, asks for a quiet room", "客人说空调有点吵，已经安排换到高楼层", "Guest paid %d.00 at the desk, receipt sent.",
	"两大一小，需要加床和婴儿床", "发票抬头稍后提供，金额 %d 元", "Please call before delivery, the gate code is at reception", "房间很干净，服务也好，下次还会再来",
	"押金已退，订单 20260302%08d 关闭", "", "early check-in if possible; two cars", "前台态度一般，等了四十分钟才办好入住",
}

// Where and how people stay: what many orders of a page share.
var (
	hotels = [...]string{"西湖大酒店", "全季酒店（上海静安寺南京西路店）", "Riverside Inn", "灵隐山居民宿", "城市便捷酒店（成都东站店）", "The Bund House", "半山温泉度假村"}
	wishes = [...]string{"带狗", "靠窗", "素食", "高层", "无烟", "近电梯", "远电梯", "大床", "双床", "晚退房", "加枕头", "要车位", "早餐两份", "禁花粉", "含接机", "生日布置", "过敏", "静音",
		"cot", "late", "quiet", "view", "twin", "bath", "desk", "iron", "kettle", "safe", "fan", "ramp"}
	cities   = [...]string{"杭州", "上海", "成都", "Chengdu", "西安"}
	statuses = [...]string{"checked_in", "paid", "cancelled", "no_show"}
)

// orderList is a page of orders as a back office sends it, about 15 KB.
func orderList() []byte {
	var b strings.Builder
	b.WriteString(`{"total":4711,"page":1,"orders":[`)
	for i := range 30 {
		if i > 0 {
			b.WriteByte(',')
		}
		remark, text := remarks[i%len(remarks)], remarks[(i*5+3)%len(remarks)]
		if strings.Contains(remark, "%") {
			remark = fmt.Sprintf(remark, i*104729)
		}
		if strings.Contains(text, "%") {
			text = fmt.Sprintf(text, i*7)
		}
		// No two people write quite the same.
		if remark != "" {
			remark += " " + wishes[i%len(wishes)]
		}
		if text != "" {
			text += " " + wishes[(i*7+3)%len(wishes)]
		}
		fmt.Fprintf(&b, `{"id":"ORD-2026-%06d","no":%d,"status":"%s","created":"2026-03-02T09:%02d:04+08:00","queue":"hotel-cn",`+
			`"customer":{"id":"c-%d","name":"张小%d","phone":"138%08d","address":"浙江省杭州市西湖区文三路%d号"},`+
			`"hotel":{"name":"%s","city":"%s","room":"%d"},"nights":%d,"amount":%d.50,"currency":"CNY",`+
			`"remark":"%s","review":{"rating":%d,"text":"%s"},"tags":["vip","late","app"]}`,
			i, 1000000+i, statuses[i*i%len(statuses)], i%60, 5000+i, i, i*7919, i, hotels[i*5%len(hotels)], cities[i*3%len(cities)], 800+i, 1+i%5, 300+i, remark, 1+i%5, text)
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
	if err := JSON(&out, bytes.NewReader(in), plan(t, orders()), func(r Record) { n += len(r.Values) }); err != nil || n < 30*3 {
		t.Errorf("%d values, %v", n, err)
	}
}

func BenchmarkOrderList(b *testing.B) {
	in := orderList()
	p := plan(b, orders())
	spec := orders()
	spec.Search = nil
	paths := plan(b, spec)
	spec.Search = []Class{Phone, ResidentID, BankCard, Email}
	four := plan(b, spec)
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
	src := bytes.NewReader(nil)
	again := func() io.Reader { src.Reset(in); return src }
	run("paths", func() error { return JSON(io.Discard, again(), paths, nil) })
	run("paths-four", func() error { return JSON(io.Discard, again(), four, nil) })
	run("paths-all", func() error { return JSON(io.Discard, again(), p, nil) })
	run("copy", func() error {
		_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{again()}, make([]byte, 32<<10))
		return err
	})
	run("paths-all-recorded", func() error {
		return JSON(io.Discard, again(), p, func(Record) { records++ })
	})
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

// BenchmarkCSV masks a list whose columns say nothing, beside the standard
// library's reader alone.
func BenchmarkCSV(b *testing.B) {
	in := []byte("id,created,state,hotel,nights,note\n" + strings.Repeat("ORD-2026-000017,2026-03-02T09:04:05,checked_in,Grand Hotel,3,\"late, quiet room\"\n", 400))
	none := plan(b, Spec{})
	benchBodies(b, in, map[string]func() error{
		"mask":            func() error { return CSV(io.Discard, bytes.NewReader(in), none, nil) },
		"mask-and-search": func() error { return CSV(io.Discard, bytes.NewReader(in), nil, nil) },
		"encoding-csv": func() error {
			r := csv.NewReader(bytes.NewReader(in))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
			}
		},
	})
}

func benchBodies(b *testing.B, in []byte, of map[string]func() error) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if err := of[name](); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
