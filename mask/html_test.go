package mask

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestHTMLTakesNamesAtTheirWord(t *testing.T) {
	p := plan(t, Spec{Search: Default(), Records: []RecordSpec{{At: "$", Fields: map[string]Class{"guest": Name, "no": Plain, "note": AnyText}}}})
	for in, want := range map[string]string{
		// Cut by tags.
		`<p>138<b>1234</b>5678</p>`:                            `<p>138****5678<b></b></p>`,
		`<div>转 <span>138</span><span>12345678</span>，急</div>`: `<div>转 <span>138****5678</span><span></span>，急</div>`,
		`<p>收货人：<b>张</b><!-- x --><i>伟</i></p>`:                `<p>收货人：<b>张*</b><!-- x --><i></i></p>`,
		`<p>1<b>13812345678</b></p>`:                           `<p>1<b>138****5678</b></p>`,
		`<td>1381234</td><td>5678</td>`:                        `<td>1381234</td><td>5678</td>`,
		`<a href="tel:13812345678">138-1234-<em>5678</em></a>`: `<a href="tel:138****5678">138****5678<em></em></a>`,
		`<!--a.b@c.com</b>13812345678-->`:                      `<!--a***@c.com</b>138****5678-->`,
		// Attributes.
		`<input name="receiver_name" value="高兴">`:                                    `<input name="receiver_name" value="高*">`,
		`<input value='021 12345678' ID=phone>`:                                      `<input value='021-****5678' ID=phone>`,
		`<i data-phone="021 12345678" data-x="高兴"></i>`:                              `<i data-phone="021-****5678" data-x="高兴"></i>`,
		`<span data-field="phone">021 <b>12345678</b></span> 高兴`:                     `<span data-field="phone">021-****5678<b></b></span> 高兴`,
		`<div itemprop="address"><div>浙江省杭州市西湖区文三路1号</div></div>`:                    `<div itemprop="address"><div>浙江省杭州市******</div></div>`,
		`<textarea name=receiver_name>高兴</textarea><p>高兴`:                            `<textarea name=receiver_name>高*</textarea><p>高兴`,
		`<p data-guest="高兴" data-no="13812345678" data-note="x" name="guest">高兴</p>`: `<p data-guest="高*" data-no="13812345678" data-note="******" name="guest">高*</p>`,
		// Tables and lists.
		`<table><tr><th>单号<th>姓名</th></tr><tr><td>高兴<td>高兴</td></tr></table>高兴`:                                                                    `<table><tr><th>单号<th>姓名</th></tr><tr><td>高兴<td>高*</td></tr></table>高兴`,
		`<table><tr><th colspan=2>x</th><th>姓名</th></tr><tr><td rowspan=2>a</td><td>b</td><td>高兴</td></tr><tr><td>高兴</td><td>高兴</td></tr></table>`: `<table><tr><th colspan=2>x</th><th>姓名</th></tr><tr><td rowspan=2>a</td><td>b</td><td>高*</td></tr><tr><td>高兴</td><td>高*</td></tr></table>`,
		`<table><tr><th>姓名</th><td>高兴</td></tr><tr><td>联系人：</td><td>高兴</td><td>x</td></tr></table>`:                                                `<table><tr><th>姓名</th><td>高*</td></tr><tr><td>联系人：</td><td>高*</td><td>x</td></tr></table>`,
		`<dl><dt>姓名</dt><dd>高兴</dd><dt>店</dt><dd>高兴</dd></dl>`:                                                                                     `<dl><dt>姓名</dt><dd>高*</dd><dt>店</dt><dd>高兴</dd></dl>`,
		`<form id=address><h2>Where to send</h2></form>`:                                                                                           `<form id=address><h2>Where to send</h2></form>`,
		`<b id="receiver">高<i>兴</i></b>高兴`:                                                                                                         `<b id="receiver">高*<i></i></b>高兴`,
		`<table><thead><tr><td>姓名</td></tr></thead><tbody><tr><td>高兴</td></tr></table>`:                                                            `<table><thead><tr><td>姓名</td></tr></thead><tbody><tr><td>高*</td></tr></table>`,
		`<table><tr><td>姓名</td><td>电话</td><td>单号</td></tr><tr><td>高兴</td><td>021 12345678</td><td>高兴</td></tr></table>`:                            `<table><tr><td>姓名</td><td>电话</td><td>单号</td></tr><tr><td>高*</td><td>021-****5678</td><td>高兴</td></tr></table>`,
		`<table><tr><td>姓名</td><td>高兴</td></tr><tr><td>单号</td><td>高兴</td></tr><tr><td>联系人</td><td>高兴</td></tr></table>`:                            `<table><tr><td>姓名</td><td>高兴</td></tr><tr><td>单号</td><td>高兴</td></tr><tr><td>联系人</td><td>高*</td></tr></table>`,
		`<script>a = JSON.parse("{\"receiverName\":\"高兴\",\"p\":13812345678}")</script>`:                                                           `<script>a = JSON.parse("{\"receiverName\":\"高*\",\"p\":\"138****5678\"}")</script>`,
		// What stands before.
		`<label>姓名</label> <input value="高兴"><input value="高兴">`: `<label>姓名</label> <input value="高*"><input value="高*">`,
		`<div>姓名：</div><div>高兴</div><div>高兴</div>`:               `<div>姓名：</div><div>高*</div><div>高兴</div>`,
		`<div>姓名</div><div>高兴</div>`:                             `<div>姓名</div><div>高兴</div>`,
		`<p>联系电话<textarea>021 12345678</textarea>`:               `<p>联系电话<textarea>021-****5678</textarea>`,
		// Scripts.
		`<script>var p = "\u0031\x338\u{31}2345678";</script>`:                                            `<script>var p = "138****5678";</script>`,
		`<script>window.a = {"receiverName":"高兴","n":13812345678};go({x:1})</script>`:                     `<script>window.a = {"receiverName":"高*","n":"138****5678"};go({x:1})</script>`,
		`<script>var a = "收货人：\u5f20\u4f1f";</script>`:                                                    `<script>var a = "收货人：张*";</script>`,
		`<script>f({"x":"13812345678"}, [1, 2], function() { return "13912345678" })</script>`:            `<script>f({"x":"138****5678"}, [1, 2], function() { return "139****5678" })</script>`,
		`<div data-user='{"receiverName":"高兴"}' x="{&quot;phone&quot;:&quot;021 12345678&quot; }"></div>`: `<div data-user='{"receiverName":"高*"}' x="{&quot;phone&quot;:&quot;021-****5678&quot; }"></div>`,
		`<script type=application/json>{"guest":{"receiver":"高\u5174"}}</script>`:                         `<script type=application/json>{"guest":{"receiver":"高*"}}</script>`,
	} {
		if got, err := body(t, HTML, p, in); err != nil || got != want {
			t.Errorf("%v\n in  %s\n got %s\nwant %s", err, in, got, want)
		}
	}
}

func TestHTMLBlocksAreBounded(t *testing.T) {
	in := "<p>" + strings.Repeat("<b>x</b> ", 3*maxBlock/9) + "13812345678"
	got, err := body(t, HTML, nil, in)
	if err != nil || got != strings.ReplaceAll(in, "13812345678", "138****5678") {
		t.Errorf("%v %q", err, got[max(0, len(got)-100):])
	}
}

// BenchmarkHTML masks a page of a back office, beside the bare loop of
// x/net/html's tokenizer.
func BenchmarkHTML(b *testing.B) {
	in := []byte("<!DOCTYPE html><html><body><table>" +
		strings.Repeat(`<tr class="row odd"><td class="id"><a href="/orders/17">ORD-2026-000017</a></td><td>Grand Hotel</td><td><b>3</b> nights</td><td>late &amp; quiet room, second floor</td></tr>`+"\n", 200) + "</table></body></html>")
	none := plan(b, Spec{})
	benchBodies(b, in, map[string]func() error{
		"mask":            func() error { return HTML(io.Discard, bytes.NewReader(in), none, nil) },
		"mask-and-search": func() error { return HTML(io.Discard, bytes.NewReader(in), nil, nil) },
		"x-net-html": func() error {
			z := html.NewTokenizer(bytes.NewReader(in))
			for z.Next() != html.ErrorToken {
			}
			return nil
		},
	})
}
