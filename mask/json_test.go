package mask

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
)

func orders() Spec {
	return Spec{
		Search: Searchable(),
		Records: []RecordSpec{{
			At:         "$.orders[*]",
			Subject:    "customer.id",
			Attributes: map[string]string{"rating": "review.rating", "queue": "queue", "phone": "customer.phone"},
			Fields: map[string]Class{
				"customer.name": Name, "customer.phone": Phone, "customer.address": Address, "no": Plain, "contacts": AnyText,
			},
		}},
	}
}

func plan(t testing.TB, s Spec) *Plan {
	t.Helper()
	p, err := NewPlan(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run masks in and checks that chunks make no difference.
func run(t testing.TB, p *Plan, in string) (string, []Record, error) {
	t.Helper()
	do := func(src io.Reader) (string, []Record, error) {
		var out bytes.Buffer
		var recs []Record
		err := JSON(&out, src, p, func(r Record) { recs = append(recs, r) })
		return out.String(), recs, err
	}
	out, recs, err := do(strings.NewReader(in))
	out1, recs1, err1 := do(iotest.OneByteReader(strings.NewReader(in)))
	if out != out1 || !reflect.DeepEqual(recs, recs1) || fmt.Sprint(err) != fmt.Sprint(err1) {
		t.Errorf("byte by byte differs:\n%s\n%s\n%+v\n%+v\n%v\n%v", out, out1, recs, recs1, err, err1)
	}
	out2, _, err2 := do(iotest.DataErrReader(strings.NewReader(in)))
	if out != out2 || fmt.Sprint(err) != fmt.Sprint(err2) {
		t.Errorf("with data and EOF at once: %s %v", out2, err2)
	}
	return out, recs, err
}

func TestJSONMasksWhatIsMappedAndWhatIsFound(t *testing.T) {
	p := plan(t, orders())
	const in = `{"total": 2, "orders": [
  {"no": 6222021234567890128, "customer": {"name": "张三丰", "phone": "13812345678", "address":"浙江省杭州市西湖区文三路1号","id":"c-1"}, "review":{"rating":1},
   "queue":"hotel-cn", "remark":"call \u0031\u0033912345678 or a.b@example.com\n", "contacts":{"x":["y",1,null,true,""],"z":{}}},
  {"customer": {"phone": 13812345678, "name": 7, "id": 42}, "13912345678": {"k": "{\"p\":\"13712345678\"}"}, "n": 13612345678, "amount": 12.50}
], "footer":"13512345678"}`
	const want = `{"total": 2, "orders": [
  {"no": 6222021234567890128, "customer": {"name": "张**", "phone": "138****5678", "address":"浙江省杭州市******","id":"c-1"}, "review":{"rating":1},
   "queue":"hotel-cn", "remark":"call 139****5678 or a***@example.com\n", "contacts":{"x":["******","******",null,true,""],"z":{}}},
  {"customer": {"phone": "138****5678", "name": "******", "id": 42}, "139****5678": {"k": "{\"p\":\"137****5678\"}"}, "n": "136****5678", "amount": 12.50}
], "footer":"135****5678"}`
	out, recs, err := run(t, p, in)
	if err != nil {
		t.Fatal(err)
	}
	if out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	wantRecs := []Record{
		{"c-1", map[string]any{"rating": int64(1), "queue": "hotel-cn", "phone": "138****5678"}, []Value{
			val("customer.name", Name, "张三丰", "张**", true),
			val("customer.phone", Phone, "13812345678", "138****5678", true),
			val("customer.address", Address, "浙江省杭州市西湖区文三路1号", "浙江省杭州市******", true),
			val("phone", Phone, "13912345678", "139****5678", false),
			val("email", Email, "a.b@example.com", "a***@example.com", false),
			val("contacts", AnyText, "y", Full, true),
			val("contacts", AnyText, "1", Full, true),
		}},
		{"42", map[string]any{"phone": "138****5678"}, []Value{
			val("customer.phone", Phone, "13812345678", "138****5678", true),
			val("customer.name", Name, "7", Full, true),
			val("phone", Phone, "13912345678", "139****5678", false),
			val("phone", Phone, "13712345678", "137****5678", false),
			val("phone", Phone, "13612345678", "136****5678", false),
		}},
		{"", nil, []Value{val("phone", Phone, "13512345678", "135****5678", false)}},
	}
	for _, rec := range recs {
		for i, v := range rec.Values {
			if got := in[v.At:v.End]; got != v.Original && !strings.Contains(got, `\`) {
				t.Errorf("%s is said to stand where %q does", v.Original, got)
			}
			rec.Values[i].At, rec.Values[i].End = 0, 0
		}
	}
	if !reflect.DeepEqual(recs, wantRecs) {
		t.Errorf("records\n got %+v\nwant %+v", recs, wantRecs)
	}
	again, _, err := run(t, p, out)
	if err != nil || again != out {
		t.Errorf("masked again: %s %v", again, err)
	}
}

func TestJSONNothingAfterTheFaultIsWritten(t *testing.T) {
	for _, in := range []string{
		`{"a":"13812345678","b":tru}`, `{"a":"13812345678",}`, `{"a":"13812345678"`, `{"a":"13812345678"} x`, `{"a":"13812345678","b":"\ud800"}`,
	} {
		out, recs, err := run(t, nil, in)
		if !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %v", in, err)
		}
		if strings.Contains(err.Error(), "138") || strings.Contains(out, "13812345678") || !strings.HasPrefix(out, `{"a":"138****5678"`) {
			t.Errorf("%s: wrote %s, error %v", in, out, err)
		}
		if len(recs) != 1 || len(recs[0].Values) != 1 {
			t.Errorf("%s: what was shown is not told: %+v", in, recs)
		}
	}
	for _, in := range []string{"", " ", "\ufeff{}", "\"\xff\"", "\"\x01\"", "1 2", "01", "-", "1.", "1e", ".5", "+1", "NaN", "{1:2}", `["a" "b"]`,
		strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), `"` + strings.Repeat("x", MaxString+1) + `"`, strings.Repeat("1", MaxString+3)} {
		if _, _, err := run(t, nil, in); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%.20q: %v", in, err)
		}
	}
	for _, in := range []string{strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), `"` + strings.Repeat("x", MaxString) + `"`} {
		if out, _, err := run(t, nil, in); err != nil || out != in {
			t.Errorf("%.20q: %v", in, err)
		}
	}
}

func TestJSONPassesOnErrorsOfEitherSide(t *testing.T) {
	broken := errors.New("broken")
	src := io.MultiReader(strings.NewReader(`["13812345678",`), iotest.ErrReader(broken))
	if err := JSON(io.Discard, src, nil, nil); !errors.Is(err, broken) || errors.Is(err, ErrUnreadable) {
		t.Error(err)
	}
	if err := JSON(brokenWriter{broken}, strings.NewReader(`[]`), nil, nil); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestJSONWritesWhatIsKnownBeforeItReadsOn(t *testing.T) {
	r, w := io.Pipe()
	or, ow := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := JSON(ow, r, plan(t, Spec{Search: Searchable()}).Sequence(), nil)
		ow.Close()
		done <- err
	}()
	buf := make([]byte, 64)
	for range 3 {
		if _, err := w.Write([]byte("{\"p\":\"13812345678\"}\n")); err != nil {
			t.Fatal(err)
		}
		const want = "{\"p\":\"138****5678\"}\n"
		if _, err := io.ReadFull(or, buf[:len(want)]); err != nil || string(buf[:len(want)]) != want {
			t.Fatalf("%q %v", buf, err)
		}
	}
	w.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestJSONEvasions(t *testing.T) {
	p := plan(t, orders())
	for name, c := range map[string]struct{ in, want string }{
		"a name twice":         {`{"orders":[{"customer":{"name":"张三","name":"李四"}}]}`, `{"orders":[{"customer":{"name":"张*","name":"李*"}}]}`},
		"a record list twice":  {`{"orders":[],"orders":[{"customer":{"name":"张三"}}]}`, `{"orders":[],"orders":[{"customer":{"name":"张*"}}]}`},
		"a name in escapes":    {`{"ord\u0065rs":[{"customer":{"\u006eame":"张三"}}]}`, `{"ord\u0065rs":[{"customer":{"\u006eame":"张*"}}]}`},
		"digits in escapes":    {`["x\/\u00311\u0033812345678","\u0031\u003381234\u0035678"]`, `["x\/\u00311\u0033812345678","138****5678"]`},
		"exponent":             {`[1.3812345678e10,138123456780e-1,13812345678.00,-13812345678]`, `["138****5678","138****5678","138****5678","138****5678"]`},
		"full-width":           {`["１３８１２３４５６７８"]`, `["138****5678"]`},
		"JSON in JSON":         {`["{\"a\":\"\\u53f713812345678\",\"b\":\"\\nx@y.com\"}"]`, `["{\"a\":\"\\u53f7138****5678\",\"b\":\"\\n***@y.com\"}"]`},
		"masks that meet":      {`["a@b.com@c.com"]`, `["******"]`},
		"an array for a name":  {`{"orders":[{"customer":{"name":["张三",{"x":"李四"}]}}]}`, `{"orders":[{"customer":{"name":["张*",{"x":"李*"}]}}]}`},
		"an object for a list": {`{"orders":{"a":{"customer":{"name":"张三"}}}}`, `{"orders":{"a":{"customer":{"name":"张*"}}}}`},
	} {
		if out, _, err := run(t, p, c.in); err != nil || out != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, out, c.want)
		}
	}
}

func TestJSONRecordsInsideOneAnother(t *testing.T) {
	p := plan(t, Spec{Records: []RecordSpec{
		{At: "$..a", Subject: "id", Fields: map[string]Class{"a.b": Name, "..p": Phone}},
		{At: "$..guests[1]", Subject: "@", Fields: map[string]Class{"@": AnyText}},
		{At: "$.list[*]['x.y']", Fields: map[string]Class{"[0]": Plain, "[*].deep": BankCard}},
	}})
	const in = `{"a":{"a":{"b":"outer","id":"in","p":1},"id":"out"},"guests":["zero","one","two"],"list":[{"x.y":["shown",{"deep":"6222021234567890"}]}]}`
	const want = `{"a":{"a":{"b":"o***","id":"in","p":"******"},"id":"out"},"guests":["zero","******","two"],"list":[{"x.y":["shown",{"deep":"****7890"}]}]}`
	out, recs, err := run(t, p, in)
	if err != nil || out != want {
		t.Fatalf("%v\n got %s\nwant %s", err, out, want)
	}
	var got []string
	for _, r := range recs {
		for _, v := range r.Values {
			got = append(got, r.Subject+" "+v.Field+" "+v.Original)
		}
	}
	if s := strings.Join(got, "; "); s != "in ..p 1; out a.b outer; one @ one; [*].deep 6222021234567890" && s != "in ..p 1; out a.b outer; one @ one;  [*].deep 6222021234567890" {
		t.Error(s)
	}
}

func TestJSONBoundsWhatRecordsHold(t *testing.T) {
	p := plan(t, Spec{Records: []RecordSpec{{At: "$", Fields: map[string]Class{"@": AnyText}}}})
	in := "[" + strings.Repeat(`"`+strings.Repeat("x", 1000)+`",`, 5000) + "1]"
	if err := JSON(io.Discard, strings.NewReader(in), p, func(Record) {}); !errors.Is(err, ErrUnreadable) {
		t.Error(err)
	}
	if err := JSON(io.Discard, strings.NewReader(in), p, nil); err != nil {
		t.Error(err)
	}
	n := 0
	loose := "[" + strings.Repeat(`"13812345678",`, 100_000) + "1]"
	if err := JSON(io.Discard, strings.NewReader(loose), nil, func(r Record) { n += len(r.Values) }); err != nil || n != 100_000 {
		t.Error(n, err)
	}
}

// oracle is what jsontext says of in.
func oracle(in []byte) bool {
	return jsontext.Value(in).IsValid(jsontext.AllowDuplicateNames(true))
}

func depth(in []byte) (most int) {
	d := 0
	for _, c := range in {
		switch c {
		case '[', '{':
			d++
			most = max(most, d)
		case ']', '}':
			d--
		}
	}
	return most
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"orders":[{"customer":{"name":"张三","phone":13812345678,"id":"c-1"},"remark":"13912345678 a@b.com"}]}`, `[1,-0.5e+10,true,false,null,""]`,
		`"\ud83d\ude00\u0031\"\\\/\b\f\n\r\t"`, `{"13812345678":{"a@b.com@c.com":"6222 0212 3456 7890 128"}}`, ` [ ] `, `{"a":1,"a":2}`, "\"\xff\"", `[1e5,1.3812345678E10]`,
	} {
		f.Add([]byte(s))
	}
	p := plan(f, orders())
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<14 || depth(in) > MaxDepth {
			return
		}
		out, _, err := run(t, p, string(in))
		if valid := oracle(in); valid != (err == nil) {
			t.Fatalf("jsontext says valid %v, we say %v", valid, err)
		}
		if err != nil {
			if !errors.Is(err, ErrUnreadable) {
				t.Fatal(err)
			}
			return
		}
		if !oracle([]byte(out)) {
			t.Fatalf("masked is not valid: %s", out)
		}
		again, _, err := run(t, p, out)
		if err != nil || again != out {
			t.Fatalf("masked again: %v\n%s\n%s", err, out, again)
		}
		if out, _, err := run(t, plan(t, Spec{}), string(in)); err != nil || out != string(in) {
			t.Fatalf("nothing to mask, but changed: %v\n%s", err, out)
		}
	})
}

const corpus = "/work/shared/data/simdjson-data"

func TestJSONCorpusIsUnchangedOutsideMasks(t *testing.T) {
	files, _ := filepath.Glob(corpus + "/*.json")
	if len(files) == 0 {
		t.Skip("no " + corpus)
	}
	for _, file := range files {
		in, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		var values []Value
		err = JSON(&out, bytes.NewReader(in), nil, func(r Record) { values = append(values, r.Values...) })
		if valid := oracle(in); valid != (err == nil) {
			t.Errorf("%s: jsontext says valid %v, we say %v", file, valid, err)
			continue
		}
		if err != nil {
			continue
		}
		t.Logf("%s: %d values", filepath.Base(file), len(values))
		// Putting the originals back in their order gives the input, but for the
		// quotes around numbers.
		got, rest := unquoted(unescaped(t, in)), unquoted(unescaped(t, out.Bytes()))
		var back []byte
		for _, v := range values {
			i := bytes.Index(rest, quotedInside(v.Mask))
			if i < 0 {
				t.Fatalf("%s: a mask is not in the output", file)
			}
			back = append(append(back, rest[:i]...), quotedInside(v.Original)...)
			rest = rest[i+len(quotedInside(v.Mask)):]
		}
		if back = append(back, rest...); !bytes.Equal(got, back) {
			t.Errorf("%s: differs outside of masks", file)
		}
		var again bytes.Buffer
		if err := JSON(&again, bytes.NewReader(out.Bytes()), nil, nil); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("%s: masked again differs: %v", file, err)
		}
	}
}

func unquoted(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"`), nil) }

func TestJSONMinefield(t *testing.T) {
	files, _ := filepath.Glob(corpus + "/jsonchecker/*")
	more, _ := filepath.Glob(corpus + "/jsonchecker/*/*")
	files = append(files, more...)
	if len(files) == 0 {
		t.Skip("no " + corpus)
	}
	n := 0
	for _, file := range files {
		in, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		n++
		if depth(in) > MaxDepth {
			continue
		}
		err = JSON(io.Discard, bytes.NewReader(in), nil, nil)
		base := filepath.Base(file)
		if valid := oracle(in); valid != (err == nil) {
			t.Errorf("%s: jsontext says valid %v, we say %v", base, valid, err)
		}
		if strings.HasPrefix(base, "y_") && err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	t.Logf("%d files", n)
}

// quotedInside is s as it stands within the quotes of a JSON string.
func quotedInside(s string) []byte {
	q, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		panic(err)
	}
	return unquoted(q)
}

// unescaped writes every string of a valid body in its shortest form.
func unescaped(t *testing.T, in []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	d := jsontext.NewDecoder(bytes.NewReader(in), jsontext.AllowDuplicateNames(true))
	e := jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true))
	for {
		tok, err := d.ReadToken()
		if err == io.EOF {
			return out.Bytes()
		}
		if err == nil {
			err = e.WriteToken(tok)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func val(field string, class Class, original, mask string, mapped bool) Value {
	return Value{Field: field, Class: class, Original: original, Mask: mask, Mapped: mapped}
}
