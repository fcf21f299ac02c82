package mask

import (
	"strings"
	"testing"
)

func TestXHTML(t *testing.T) {
	const head = `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">`
	for in, want := range map[string]string{
		// What closes itself holds nothing.
		`<script src="a.js"/><table><tr><th>收货人</th></tr><tr><td>高兴</td></tr></table>`:               `<script src="a.js"/><table><tr><th>收货人</th></tr><tr><td>高*</td></tr></table>`,
		`<style/><p>1&#x33;812345678</p><title/><textarea/><iframe/><p>1&#x33;812345678</p>`:         `<style/><p>138****5678</p><title/><textarea/><iframe/><p>138****5678</p>`,
		`<p data-field="receiver_name"/><p>高兴</p>`:                                                   `<p data-field="receiver_name"/><p>高兴</p>`,
		`<table><tr><th/><th>姓名</th></tr><tr><td/><td>高兴</td></tr></table><table/><p>高兴</p>`:         `<table><tr><th/><th>姓名</th></tr><tr><td/><td>高*</td></tr></table><table/><p>高兴</p>`,
		`<span data-field="receiver_name"><span/>高<i/>兴</span>高兴`:                                    `<span data-field="receiver_name"><span/>高*<i/></span>高兴`,
		`<xmp>1&#x33;812345678</xmp><noscript><p title="1&#x33;812345678"/></noscript><plaintext/>x`: `<xmp>138****5678</xmp><noscript><p title="138****5678"/></noscript><plaintext/>x`,
		// As in HTML.
		head + `<p>收货人：<b>张</b>伟&nbsp;138<i>1234</i>5678</p>`: head + `<p>收货人：<b>张*</b>&nbsp;138****5678<i></i></p>`,
		`<input name="receiver_name" value="高兴"/>`:            `<input name="receiver_name" value="高*"/>`,
		// With prefixes.
		`<h:table><h:tr><h:th>姓名</h:th></h:tr><h:tr><h:td>高兴</h:td></h:tr></h:table>`: `<h:table><h:tr><h:th>姓名</h:th></h:tr><h:tr><h:td>高*</h:td></h:tr></h:table>`,
		// CDATA, comments, instructions.
		`<p>138<![CDATA[1234]]>5678</p><td><![CDATA[ a > 13812345678 ]]></td>`: `<p>138****5678<![CDATA[]]></p><td><![CDATA[ a > 138****5678 ]]></td>`,
		`<!--> 13812345678 --><?x a > 13812345678 ?><p>x</p>`:                  `<!--> 138****5678 --><?x a > 138****5678 ?><p>x</p>`,
		// Scripts.
		"<script>//<![CDATA[\nvar a = {\"receiverName\":\"高兴\"}, b = 1 < 2 && \"\\u00313812345678\";\n//]]></script><p>1&#x33;812345678</p>": "<script>//<![CDATA[\nvar a = {\"receiverName\":\"高*\"}, b = 1 < 2 && \"138****5678\";\n//]]></script><p>138****5678</p>",
		`<script>if (a &amp;&amp; b &lt; 1) c = "\u00313812345678", d = "138 &quot;13912345678"</script>`:                                    `<script>if (a &amp;&amp; b &lt; 1) c = "138****5678", d = "138 &quot;139****5678"</script>`,
		`<script type="application/json">{"phone":"021 12345678"}</script>`:                                                                  `<script type="application/json">{"phone":"021-****5678"}</script>`,
		`<script><![CDATA[ </script> ]]></script><p>13812345678</p>`:                                                                         `<script><![CDATA[ </script> ]]></script><p>138****5678</p>`,
		`<script><!-- </script> --></script><p>1&#x33;812345678</p>`:                                                                         `<script><!-- </script> --></script><p>138****5678</p>`,
	} {
		if got, err := body(t, XHTML, nil, in); err != nil || got != want {
			t.Errorf("%v\n in  %s\n got %s\nwant %s", err, in, got, want)
		}
	}
	for _, in := range []string{
		`<!DOCTYPE html [<!ENTITY a "138"><!ENTITY b "12345678">]><p>&a;&b;</p>`, `<!DOCTYPE html SYSTEM ">" [<!ENTITY a "138">]><p>&a;</p>`, `<p><![CDATA[13812345678</p>`, `<script>a = "1&#x33;812345678"</script>`, `<script>a = "1&three;812345678"</script>`, "<p>\xff</p>",
		"<p>" + strings.Repeat("x", MaxString+1),
	} {
		if got, err := body(t, XHTML, nil, in); err == nil {
			t.Errorf("%.60s is let through as %.60s", in, got)
		}
	}
}

func FuzzXHTML(f *testing.F) {
	f.Add(`<script src="a"/><p title="13812345678"><![CDATA[收货人：张伟]]></p><script><![CDATA[{"a":1}]]></script><!-- a@b.co --><?x y?>`)
	f.Add(`<!DOCTYPE html><h:td/>&nbsp;<textarea>&lt;138</textarea>12345678`)
	f.Fuzz(func(t *testing.T, in string) { fuzzBody(t, XHTML, in) })
}
