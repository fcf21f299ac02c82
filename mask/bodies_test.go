package mask

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// body masks in and checks what holds of every body: cut anywhere it gives the
// same, masked again it stays, and what is told stands where it is said to.
func body(t *testing.T, run Codec, p *Plan, in string) (string, error) {
	t.Helper()
	var out, cut, again bytes.Buffer
	err := run(&out, strings.NewReader(in), p, func(rec Record) {
		for _, v := range rec.Values {
			if v.At < 0 || v.End < v.At || v.End > int64(len(in)) {
				t.Errorf("%s at %d-%d of %d", v.Class, v.At, v.End, len(in))
			}
		}
	})
	slow := iotest.OneByteReader(strings.NewReader(in))
	if len(in) > 1<<16 { // a tokenizer copies what it holds at every read
		slow = iotest.HalfReader(strings.NewReader(in))
	}
	if cerr := run(&cut, slow, p, nil); (cerr == nil) != (err == nil) || cut.String() != out.String() {
		t.Errorf("byte by byte: %v, %v\n%q\n%q", err, cerr, out.String(), cut.String())
	}
	if err != nil {
		if !errors.Is(err, ErrUnreadable) {
			t.Error(err)
		}
		return out.String(), err
	}
	if err := run(&again, bytes.NewReader(out.Bytes()), p, nil); err != nil || again.String() != out.String() {
		t.Errorf("masked again: %v\n%q\n%q", err, out.String(), again.String())
	}
	return out.String(), nil
}

func TestHTML(t *testing.T) {
	for in, want := range map[string]string{
		`<p>收货人：张伟 13812345678</p>`:                                                           `<p>收货人：张* 138****5678</p>`,
		`<A HREF='tel:13812345678' Title="a.b@c.com"  x>call</A >`:                            `<A HREF='tel:138****5678' Title="a***@c.com"  x>call</A >`,
		`<p>&#49;3812345678 &amp; &lt;a.b@c.com&gt;`:                                          `<p>138****5678 &amp; &lt;a***@c.com&gt;`,
		`<!-- 13812345678 --><!DOCTYPE html><br/>`:                                            `<!-- 138****5678 --><!DOCTYPE html><br/>`,
		`<script type="application/ld+json">{"telephone":"021 12345678","x":[1, 2]}</script>`: `<script type="application/ld+json">{"telephone":"021-****5678","x":[1, 2]}</script>`,
		`<script>var p = "13812345678", n = 1 < 2;</script><b>x`:                              `<script>var p = "138****5678", n = 1 < 2;</script><b>x`,
		`<input value=13812345678><input name="a" value='13912345678'/>`:                      `<input value=138****5678><input name="a" value='139****5678'/>`,
		`<title>订单 - 李女士</title><textarea>13812345678</textarea>`:                             `<title>订单 - 李**</title><textarea>138****5678</textarea>`,
		`1 < 2 and <div class="a`:                                                             `1 < 2 and <div class="a`,
		"":                                                                                    "",
	} {
		if got, err := body(t, HTML, nil, in); err != nil || got != want {
			t.Errorf("%v\n in  %s\n got %s\nwant %s", err, in, got, want)
		}
	}
	for _, in := range []string{"<p>\xff13812345678", "a\x00b", "<p>" + strings.Repeat("x", MaxString+1)} {
		if got, err := body(t, HTML, nil, in); err == nil {
			t.Errorf("%.20q is let through as %.20q", in, got)
		}
	}
}

func TestCSV(t *testing.T) {
	p := plan(t, Spec{Search: Default(), Records: []RecordSpec{{At: "$", Fields: map[string]Class{"客人": Name, "no": Plain, "note": AnyText}}}})
	for in, want := range map[string]string{
		"客人,电话,备注\n张三丰,13812345678,请打 13912345678\n":         "客人,电话,备注\n张**,138****5678,请打 139****5678\n",
		"no;收货人;地址\r\n13812345678;李四;\"浙江省杭州市西湖区文三路1号\"\r\n": "no;收货人;地址\r\n13812345678;李*;\"浙江省杭州市******\"\r\n",
		"a\tb\n\"x \"\"13812345678\"\"\ny\"\t1":              "a\tb\n\"x \"\"138****5678\"\"\ny\"\t1",
		"\ufeffid|mobile\n1|13812345678":                     "\ufeffid|mobile\n1|138****5678",
		"13812345678,1\n2,13912345678":                       "138****5678,1\n2,139****5678",
		"lat,lng\n\"30.654321\",120.5\n":                     "lat,lng\n\"30.6**\",120.5\n",
		"note\nx\n\n":                                        "note\n******\n\n",
		"":                                                   "",
		"姓名,电话\r张三丰,13812345678\r":                           "姓名,电话\r张**,138****5678\r",
		"sep=|\r\n姓名|a,b\r\n高兴|13812345678,x\r\n":            "sep=|\r\n姓名|a,b\r\n高*|138****5678,x\r\n",
		"\ufeffsep=;\n姓名;x\n高兴;1\n":                          "\ufeffsep=;\n姓名;x\n高*;1\n",
		"'姓名','备注'\n'高兴','it''s, 13812345678'\n":             "'姓名','备注'\n'高*','it''s, 138****5678'\n",
		"姓名,备注\n高兴,\"a \\\"13812345678\\\", b\"\n":           "姓名,备注\n高*,\"a \\\"138****5678\\\", b\"\n",
		"a,b\n\"C:\\\",\"D:\\\"\n":                           "a,b\n\"C:\\\",\"D:\\\"\n",
		"2026 年\n\n姓名,x\n高兴,1\n":                             "2026 年\n\n姓名,x\n高*,1\n",
		"姓名,x\n姓名,1\n\n高兴\n":                                 "姓名,x\n姓名,1\n\n高*\n",
		"a,b\n5\" pipe,13812345678\n":                        "a,b\n5\" pipe,138****5678\n",
	} {
		if got, err := body(t, CSV, p, in); err != nil || got != want {
			t.Errorf("%v\n in  %q\n got %q\nwant %q", err, in, got, want)
		}
	}
	for _, in := range []string{"a,\"b\n13812345678", "\xff,1", "a\x00", strings.Repeat("x", MaxString+1)} {
		if got, err := body(t, CSV, p, in); err == nil {
			t.Errorf("%.20q is let through as %.20q", in, got)
		}
	}
}

func TestBodiesPassOnTheErrorsOfTheirSides(t *testing.T) {
	broken := errors.New("broken")
	for name, run := range map[string]Codec{"json": JSON, "text": Text, "html": HTML, "csv": CSV} {
		src := io.MultiReader(strings.NewReader("12"), iotest.ErrReader(broken))
		if err := run(io.Discard, src, nil, nil); !errors.Is(err, broken) {
			t.Errorf("%s: reading: %v", name, err)
		}
		if err := run(closed{broken}, strings.NewReader("12"), nil, nil); !errors.Is(err, broken) {
			t.Errorf("%s: writing: %v", name, err)
		}
	}
}

type closed struct{ err error }

func (c closed) Write([]byte) (int, error) { return 0, c.err }

func FuzzHTML(f *testing.F) {
	f.Add(`<p title="13812345678">&#49;3812345678 收货人：张伟</p><script type=application/json>{"a":1}</script><!-- a@b.co -->`)
	f.Add(`<a b = c d='e" f>x</a><input value=13812345678/><textarea>&lt;`)
	f.Fuzz(func(t *testing.T, in string) { fuzzBody(t, HTML, in) })
}

func FuzzCSV(f *testing.F) {
	f.Add("姓名,电话\n张三,13812345678\n\"a \"\"b\"\"\",\"c\nd\"\r\n")
	f.Add("a;b\tc|d\n\"")
	f.Fuzz(func(t *testing.T, in string) { fuzzBody(t, CSV, in) })
}

func fuzzBody(t *testing.T, run Codec, in string) {
	if len(in) > 1<<13 {
		return
	}
	out, err := body(t, run, nil, in)
	if err == nil && !utf8.ValidString(out) {
		t.Fatalf("%q", out)
	}
	// Nothing to search for: nothing changes.
	none, perr := NewPlan(Spec{})
	if perr != nil {
		t.Fatal(perr)
	}
	var same bytes.Buffer
	if err := run(&same, strings.NewReader(in), none, nil); err == nil && same.String() != in {
		t.Fatalf("changed without need:\n%q\n%q", in, same.String())
	}
}
