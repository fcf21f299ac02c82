package mask

import (
	"bytes"
	"io"
	"testing"
)

// In steady state a body costs no memory of its own: what it needs was left by the
// one before.
func TestBodiesBorrowTheirMemory(t *testing.T) {
	if racing {
		t.Skip("the race detector has pools forget things")
	}
	p := plan(t, Spec{Search: []Class{Phone, Email, BankCard}, Records: []RecordSpec{{At: "$", Fields: map[string]Class{"客人": Name}}}})
	for name, c := range map[string]struct {
		run Codec
		in  string
	}{
		"html": {HTML, `<table><tr><th>客人</th><td id="phone">高兴 138<b>1234</b>5678 &amp; a.b@c.com</td></tr></table><script>x = "\u0031"</script><!-- 13812345678 -->`},
		"xml":  {XML, `<o a="13812345678"><客人>高兴</客人><x>138<![CDATA[12345678]]> &amp; a.b@c.com</x></o>`},
		"csv":  {CSV, "客人,电话,\"b\"\n高兴,13812345678,\"a \"\"b\"\" a.b@c.com\"\n"},
	} {
		in := []byte(c.in)
		r := new(bytes.Reader)
		allocs := testing.AllocsPerRun(200, func() {
			r.Reset(in)
			if err := c.run(io.Discard, r, p, nil); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}
