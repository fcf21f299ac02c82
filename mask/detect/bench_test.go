package detect

import (
	"strings"
	"testing"
)

// BenchmarkFind goes over the kinds of text that bodies are made of.
func BenchmarkFind(b *testing.B) {
	for _, kind := range []struct{ name, text string }{
		{"chinese", "客人说空调有点吵，已经安排换到高楼层；前台态度一般，等了四十分钟才办好入住。房间很干净，服务也好，下次还会再来。"},
		{"chinese-found", "收货人：张伟，电话 13812345678，浙江省杭州市西湖区文三路1号2幢301室，麻烦尽快安排。"},
		{"english", "Late arrival, asks for a quiet room on a high floor; please prepare the invoice and do not disturb before noon."},
		{"codes", "A-20260302-000017|paid|CNY|2026-03-02T09:15:04+08:00|hotel-cn|c-5001|1280.50|vip|checked_in|v2.14.3|a81f09"},
		{"plain", strings.Repeat("the quick brown fox jumps over the lazy dog ", 4)},
	} {
		b.Run(kind.name, func(b *testing.B) {
			b.SetBytes(int64(len(kind.text)))
			b.ReportAllocs()
			var spans []Span
			for b.Loop() {
				spans = Append(spans[:0], kind.text, All)
			}
		})
	}
}
