package mask

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

func TestXML(t *testing.T) {
	p := plan(t, Spec{Search: Default(), Records: []RecordSpec{{At: "$", Fields: map[string]Class{"guest.who": Name, "no": Plain, "who": AnyText, "blob": AnyText}}}})
	for in, want := range map[string]string{
		`<a>收货人：张伟 13812345678</a>`:                              `<a>收货人：张* 138****5678</a>`,
		`<?xml version="1.0" encoding="UTF-8"?>` + "\r\n<a/>\n":  `<?xml version="1.0" encoding="UTF-8"?>` + "\r\n<a/>\n",
		"\ufeff<a>13812345678</a>":                               "\ufeff<a>138****5678</a>",
		`<!DOCTYPE a SYSTEM "a.dtd"><a />`:                       `<!DOCTYPE a SYSTEM "a.dtd"><a />`,
		`<a>138<![CDATA[1234]]>56<!-- and 13912345678 -->78</a>`: `<a>138****5678<![CDATA[]]><!-- and 139****5678 --></a>`,
		`<a>&#49;&#x33;812345678 &amp; &lt;a.b@c.com&gt;</a>`:    `<a>138****5678 &amp; &lt;a***@c.com&gt;</a>`,
		`<a t = '13812345678' u="x &quot;13912345678&quot;"/>`:   `<a t = '138****5678' u="x &quot;139****5678&quot;"/>`,
		`<o><phone>021 12345678</phone><receiverName>
  张三丰 </receiverName></o>`: `<o><phone>021-****5678</phone><receiverName>
  张** </receiverName></o>`,
		`<o><cbc:Name>苹果</cbc:Name><x:receiver_name>张三丰</x:receiver_name></o>`:  `<o><cbc:Name>苹果</cbc:Name><x:receiver_name>张**</x:receiver_name></o>`,
		`<o receiver-name="张三丰" address="浙江省杭州市西湖区文三路1号"/>`:                     `<o receiver-name="张**" address="浙江省杭州市******"/>`,
		`<o><property name="receiver_name" value="张三丰"/><f key="姓名">李四</f></o>`: `<o><property name="receiver_name" value="张**"/><f key="姓名">李*</f></o>`,
		`<o><guest><who>张三丰</who></guest><who>x</who><no>13812345678</no></o>`:  `<o><guest><who>张**</who></guest><who>******</who><no>13812345678</no></o>`,
		`<o><blob a="1"><x>one<y/>two</x></blob><z>one</z></o>`:                 `<o><blob a="******"><x>******<y/>******</x></blob><z>one</z></o>`,
		`<a><?note 13812345678?></a>`:        `<a><?note 138****5678?></a>`,
		`<a><b>1381234</b><b>5678</b></a>`:   `<a><b>1381234</b><b>5678</b></a>`,
		`<a>x > y ]] ></a>`:                  `<a>x > y ]] ></a>`,
		`<坐标 经度="120.123456">30.654321</坐标>`: `<坐标 经度="120.1**">30.6**</坐标>`,
	} {
		if got, err := body(t, XML, p, in); err != nil || got != want {
			t.Errorf("%v\n in  %s\n got %s\nwant %s", err, in, got, want)
		}
	}
}

func TestXMLRefusesWhatIsNotSound(t *testing.T) {
	for _, in := range []string{
		``, ` `, `x`, `<a>`, `<a></b>`, `</a>`, `<a/><b/>`, `<a/>x`, `x<a/>`, `<a b></a>`, `<a b=c/>`, `<a b="1" b="2"/>`, `<a b="<"/>`, `<a b="1"c="2"/>`, `<1/>`, `<a>&nbsp;</a>`, `<a>& </a>`,
		`<a>&#0;</a>`, `<a>&#xD800;</a>`, `<a>&#13812345678;</a>`, `<a>]]></a>`, `<a><!-- -- --></a>`, `<a><![CDATA[ </a>`, `<![CDATA[x]]><a/>`, `<a><?xml version="1.0"?></a>`, ` <?xml version="1.0"?><a/>`,
		`<?xml version="1.0" encoding="GBK"?><a/>`, `<?xml version="1.1"?><a/>`, `<?xml encoding="UTF-8"?><a/>`, `<?xml version="1.0" x="1"?><a/>`,
		`<!DOCTYPE a [<!ENTITY x "13812345678">]><a>&x;</a>`, `<!DOCTYPE a []><a/>`, `<a/><!DOCTYPE a>`, "<a>\xff</a>", "<a>\x00</a>", "<a>\x01</a>", "\xff\xfe<\x00a\x00/\x00>\x00", "<a>\uffff</a>",
		"<a>" + strings.Repeat("x", MaxString+1) + "</a>", `<a b="` + strings.Repeat("x", MaxString+1) + `"/>`, strings.Repeat("<a>", MaxDepth+1), `<a13812345678/>`, `<a a13812345678=""/>`,
	} {
		if got, err := body(t, XML, nil, in); err == nil {
			t.Errorf("%.60q is let through as %.60q", in, got)
		}
	}
}

// What is held of the names of open elements is bounded, and given back.
func TestXMLNamesAreBounded(t *testing.T) {
	name := strings.Repeat("a", maxName)
	in := strings.Repeat("<"+name+">", MaxDepth) + strings.Repeat("</"+name+">", MaxDepth)
	x := new(tree)
	if err := x.run(io.Discard, strings.NewReader(in), (*Plan)(nil).orDefault(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if n := cap(x.names) + cap(x.path) + cap(x.tag); n > 12*windowSize {
		t.Errorf("%d bytes are kept", n)
	}
	for _, in := range []string{"<b" + name + "/>", "<b " + name + "a=''/>"} {
		if _, err := body(t, XML, nil, in); err == nil {
			t.Errorf("%.20s of %d bytes is let through", in, len(in))
		}
	}
	if _, err := body(t, XML, nil, "<"+name+" "+name+"=''/>"); err != nil {
		t.Error(err)
	}
}

// A reader of another hand finds the same elements in what is masked.
func TestXMLKeepsItsShape(t *testing.T) {
	in := `<?xml version="1.0"?><!-- 13812345678 --><o xmlns:a="u"><a:p t="13812345678&gt;">x&amp;y<![CDATA[<13812345678>]]></a:p><e/></o>`
	out, err := body(t, XML, nil, in)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shape(t, out), shape(t, in); got != want {
		t.Errorf("%s\n%s", got, want)
	}
}

// shape is the elements and names of attributes of a document, as encoding/xml
// reads them.
func shape(t *testing.T, s string) string {
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%v: %q", err, s)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			b.WriteString("<" + e.Name.Space + ":" + e.Name.Local)
			for _, a := range e.Attr {
				b.WriteString(" " + a.Name.Space + ":" + a.Name.Local)
			}
		case xml.EndElement:
			b.WriteString(">")
		}
	}
}

func FuzzXML(f *testing.F) {
	f.Add(`<?xml version="1.0"?><a t="13812345678">&#49;3812345678 <![CDATA[收货人：张伟]]><!-- a@b.co --><phone>13812345678</phone></a>`)
	f.Add(`<!DOCTYPE a SYSTEM "x"><a><b:c d='&lt;'/>138<?p 1234?>12345678</a>`)
	f.Fuzz(func(t *testing.T, in string) {
		fuzzBody(t, XML, in)
		var out bytes.Buffer
		if len(in) > 1<<13 || XML(&out, strings.NewReader(in), nil, nil) != nil || strings.Contains(in, ":") || strings.Contains(in, "encoding") {
			return // encoding/xml has its own mind on colons and encodings
		}
		if got, want := shape(t, out.String()), shape(t, in); got != want {
			t.Fatalf("%s\n%s", got, want)
		}
	})
}

func BenchmarkXML(b *testing.B) {
	in := []byte("<orders>" + strings.Repeat(`<order id="ORD-2026-000017" status="paid"><customer><name>Widget</name><level>gold</level></customer><nights>3</nights><note>late &amp; quiet room, second floor if there is one</note></order>`+"\n", 200) + "</orders>")
	none := plan(b, Spec{})
	benchBodies(b, in, map[string]func() error{
		"mask":            func() error { return XML(io.Discard, bytes.NewReader(in), none, nil) },
		"mask-and-search": func() error { return XML(io.Discard, bytes.NewReader(in), nil, nil) },
		"encoding-xml-tokens": func() error {
			d := xml.NewDecoder(bytes.NewReader(in))
			for {
				if _, err := d.RawToken(); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
			}
		}})
}
