package mask

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// Pieces of which bodies are put together: labels, values, halves of values, masks.
var mixedText = []string{"姓名", "电话", "收货人：", "联系电话:", "高兴", "张三丰", "13812345678", "138", "1234", "5678", " ", "110101199003070011", "6222021234567890128",
	"a.b@c.com", "@", "浙江省杭州市西湖区文三路1号", "地址", "31°12'33\"N", "30.654321,120.123456", "John Smith", "**", "****5678", "张**", "微信 abc12345", "021 ", "-", "E12345678",
	"护照", "123-45-6789", "生日 1990-03-07", "密码: abcd1234", "1.1.1.1", "，", "先生", "浙A12345"}

var mixedPage = []string{"<b>", "</b>", "<p>", "</p>", "<table>", "</table>", "<tr>", "<td>", "<th>", "<br>", "<input name=receiver_name value='", "'>", "<span data-field=phone>", "</span>", "<!--", "-->",
	"<dt>", "<dd>", "<script>", "</script>", `"`, "<textarea name=address>", "</textarea>", "<thead>", "</thead>", `{"phone":"`, `"}`, "var a = ", "&#49;", "&amp;", `\u0031`, `<i title="`, `">`}

var mixedRows = []string{",", ",", "\n", "\n", `"`, `""`, ";", "\t", "\r\n"}

// mixer puts bodies together by chance.
type mixer struct{ *rand.Rand }

func (m mixer) of(between []string, n int) string {
	var b strings.Builder
	for range 1 + m.IntN(n) {
		if len(between) > 0 && m.IntN(2) == 0 {
			b.WriteString(between[m.IntN(len(between))])
		} else {
			b.WriteString(mixedText[m.IntN(len(mixedText))])
		}
	}
	return b.String()
}

func (m mixer) escaped(n int) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(m.of(nil, n))
}

func (m mixer) document() string {
	out := "<o>"
	for range 1 + m.IntN(6) {
		v := m.escaped(4)
		out += [...]string{"<phone>" + v + "</phone>", "<姓名>" + v + "<![CDATA[" + m.of(nil, 2) + "]]></姓名>", "<!-- " + strings.ReplaceAll(v, "-", "") + " -->",
			`<b name="电话" value="` + v + `"/>`, "<address>" + v + "</address>", v, "&#49;"}[m.IntN(7)]
	}
	return out + "</o>"
}

func (m mixer) object() string {
	out := []byte("{")
	for k, name := range []string{"phone", "receiver_name", "address", "x", "id_card"} {
		if k > 0 {
			out = append(out, ',')
		}
		out = appendQuoted(append(appendQuoted(out, name), ':'), m.of(nil, 4))
	}
	return string(append(out, '}'))
}

func (m mixer) workbook(t *testing.T) []byte {
	sheet := "<worksheet>"
	for range 3 {
		sheet += "<row>"
		for range 3 {
			v := m.escaped(3)
			sheet += [...]string{`<c t="s"><v>` + string(rune('0'+m.IntN(3))) + "</v></c>", "<c><v>1.3812345678E10</v></c>", "<c><v>02112345678</v></c>",
				`<c t="str"><f>` + v + "</f><v>" + v + "</v></c>", `<c t="inlineStr"><is><t>` + v + "</t></is></c>"}[m.IntN(5)]
		}
		sheet += "</row>"
	}
	table := "<sst><si><t>姓名</t></si><si><r><t>" + m.escaped(2) + "</t></r><r><t>" + m.escaped(2) + "</t></r></si><si><t>" + m.escaped(2) + "_x0031_</t></si></sst>"
	return pack(t, small(map[string]string{"xl/s.xml": sheet + "</worksheet>", "xl/t.xml": table}))
}

// What is masked is masked to the same, and a body that is cut anywhere gives the
// same, whatever stands beside whatever.
func TestMixedBodies(t *testing.T) {
	const seed = 20261125
	m := mixer{rand.New(rand.NewPCG(seed, 1))}
	for range 300 {
		for _, c := range []struct {
			name string
			run  Codec
			in   string
		}{{"html", HTML, m.of(mixedPage, 25)}, {"csv", CSV, m.of(mixedRows, 25)}, {"xml", XML, m.document()}, {"json", JSON, m.object()}} {
			if body(t, c.run, nil, c.in); t.Failed() {
				t.Fatalf("seed %d, %s: %q", seed, c.name, c.in)
			}
		}
		in := m.workbook(t)
		var out, again bytes.Buffer
		err := XLSX(&out, bytes.NewReader(in), nil, nil)
		if err == nil {
			err = XLSX(&again, bytes.NewReader(out.Bytes()), nil, nil)
		}
		if err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Fatalf("seed %d: %v\n%v\n%v\n%v", seed, err, parts(t, in), parts(t, out.Bytes()), parts(t, again.Bytes()))
		}
	}
}
