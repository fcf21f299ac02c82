package mask

import (
	"io"
	"strings"
	"testing"
)

type bodyFunc func(io.Writer, io.Reader, *Plan, func(Record)) error

// What a name says of its value, of things and of people, in every kind of body; and
// a mask stays as it is.
func TestNamesSayWhatTheirValueIs(t *testing.T) {
	p := plan(t, Spec{Search: Searchable()})
	for _, c := range []struct {
		of       bodyFunc
		in, want string
	}{
		{JSON, `{"order_no":"13912345678","tid":13912345678,"skuId":"4111111111111111","运单号":"15012345678"}`, ``},
		{JSON, `{"wmOrderIds":"13912345678","tracking_number":"15012345678-1"}`, ``},
		{JSON, `{"order_id":"110101199003077213"}`, `{"order_id":"1****************3"}`},
		{JSON, `{"order_no":"转13912345678","customer_id":"13912345678"}`, `{"order_no":"转139****5678","customer_id":"139****5678"}`},
		{CSV, "订单号,备注\n13912345678,13912345679\n", "订单号,备注\n13912345678,139****5679\n"},
		{XML, `<o><orderNo>13912345678</orderNo><tel>13912345679</tel></o>`, `<o><orderNo>13912345678</orderNo><tel>139****5679</tel></o>`},
		{HTML, `<table><tr><th>订单号</th><th>电话</th></tr><tr><td>13912345678</td><td>13912345679</td></tr></table>`,
			`<table><tr><th>订单号</th><th>电话</th></tr><tr><td>13912345678</td><td>139****5679</td></tr></table>`},
		{JSON, `{"cvv":123,"password":12345678,"qq":12345678,"birthday":19900307,"tel":85550000}`, `{"cvv":"******","password":"******","qq":"1****","birthday":"1990-**-**","tel":"****0000"}`},
		{JSON, `{"mobile":81234,"age":37,"phone":0,"cvc":"9","dob":null}`, ``},
		{JSON, `{"Birth":"1987-09-12T00:00:00","dob":"1987-09-12 08:30"}`, `{"Birth":"1987-**-**","dob":"1987-**-**"}`},
		{JSON, `{"cc_number":"4929123412341234","recipientAddress":"望京塔1 (A座 2801)@#北京市朝阳区望京街道"}`, `{"cc_number":"****1234","recipientAddress":"******"}`},
		{CSV, "order_no,收货人姓名\n1,\"Ng, Siew Ling\"\n", "order_no,收货人姓名\n1,\"******\"\n"},
	} {
		if c.want == "" {
			c.want = c.in
		}
		for _, in := range []string{c.in, c.want} {
			var b strings.Builder
			if err := c.of(&b, strings.NewReader(in), p, nil); err != nil || b.String() != c.want {
				t.Errorf("%s: %v\n got %s\nwant %s", in, err, b.String(), c.want)
			}
		}
	}
}
