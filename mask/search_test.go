package mask

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/mask/detect"
	"testing/iotest"
	"unicode"
)

var update = flag.Bool("update", false, "write golden files")

// golden compares got with the file, which -update writes.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update writes it):\n%s", file, got)
	}
}

// Each line of classes.txt is a class and a value; the golden file has the mask beside it.
func TestMasks(t *testing.T) {
	in, err := os.ReadFile("testdata/classes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(string(in), "\n"), "\n") {
		class, value, _ := strings.Cut(line, "\t")
		c, err := ParseClass(class)
		if err != nil {
			t.Fatal(err)
		}
		m := Of(c, value)
		if again := Of(c, m); again != m {
			t.Errorf("%s: the mask %q is masked to %q", c, m, again)
		}
		fmt.Fprintf(&out, "%s\t%s\t%s\n", class, value, m)
	}
	golden(t, "classes.golden", out.String())
}

// Each line of text.txt is text to be searched.
func TestSearchInText(t *testing.T) {
	in, err := os.ReadFile("testdata/text.txt")
	if err != nil {
		t.Fatal(err)
	}
	mask := func(src io.Reader) string {
		var out bytes.Buffer
		if err := Text(&out, src, nil, nil); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	got := mask(bytes.NewReader(in))
	golden(t, "text.golden", got)
	if again := mask(strings.NewReader(got)); again != got {
		t.Error("masked again differs:\n" + again)
	}
	if other := mask(iotest.OneByteReader(bytes.NewReader(in))); other != got {
		t.Error("byte by byte differs:\n" + other)
	}
}

func TestTextRefusesWhatItCannotRead(t *testing.T) {
	for _, in := range []string{"ok\n\xff13812345678", "1\x003\x008\x00", strings.Repeat("x", MaxString+1)} {
		var out bytes.Buffer
		if err := Text(&out, strings.NewReader(in), nil, nil); err == nil || strings.Contains(out.String(), "138") {
			t.Errorf("%.20q: %v, %.20q", in, err, out.String())
		}
	}
}

func TestParseClass(t *testing.T) {
	for _, c := range Classes() {
		if got, err := ParseClass(string(c)); got != c || err != nil {
			t.Error(c, err)
		}
	}
	if _, err := ParseClass("fone"); err == nil {
		t.Error("fone")
	}
}

func TestNewPlanTellsAllFaults(t *testing.T) {
	_, err := NewPlan(Spec{Search: []Class{AnyText}, Records: []RecordSpec{
		{At: "x", Subject: ".y", Fields: map[string]Class{"a[": Phone, "b": "fone"}, Attributes: map[string]string{"q": "$"}},
	}})
	for _, want := range []string{"search", "at", "subject", "fields.a[", "fields.b", "attributes.q"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
	if _, err := NewPlan(Spec{Records: []RecordSpec{{At: "$", Fields: map[string]Class{"..a.b": Phone, "x.a['b']": Name}}}}); err == nil {
		t.Error("two classes for one value")
	}
	many := map[string]Class{}
	for i := range 60 {
		many[fmt.Sprintf("..a%d..b%d..c%d.*.*.*", i, i, i)] = Phone
	}
	if _, err := NewPlan(Spec{Records: []RecordSpec{{At: "$", Fields: many}}}); err == nil {
		t.Error("paths that multiply without bound")
	}
}

// plainMobiles is the slow oracle: runs of 11 ASCII digits.
func plainMobiles(s string) (n int) {
	for _, run := range strings.FieldsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < '０' || r > '９') }) {
		ascii := strings.Map(func(r rune) rune {
			if r >= '０' {
				return r - '０' + '0'
			}
			return r
		}, run)
		if detect.IsMobile(ascii) {
			n++
		}
	}
	return n
}

func FuzzSearch(f *testing.F) {
	text, _ := os.ReadFile("testdata/text.txt")
	for _, line := range strings.Split(string(text), "\n") {
		f.Add(line)
	}
	f.Add("13812345678 13812345678@a.b@c.de 86138 1234 5678 １３８-1234-5678 \\u53f713812345678 6222 0212 3456 7890 128")
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		for _, span := range Search(s, nil) {
			if span.Start < at || span.End <= span.Start || span.End > len(s) {
				t.Fatalf("span %+v after %d of %d", span, at, len(s))
			}
			at = span.End
		}
		for _, c := range Classes() {
			m := Of(c, s)
			if again := Of(c, m); again != m {
				t.Fatalf("%s: %q is masked to %q, and that to %q", c, s, m, again)
			}
			if c != Plain && plainMobiles(m) > 0 {
				t.Fatalf("%s: a number is left in %q", c, m)
			}
		}
		var out, again bytes.Buffer
		if err := Text(&out, strings.NewReader(s), nil, nil); err != nil {
			return
		}
		if err := Text(&again, bytes.NewReader(out.Bytes()), nil, nil); err != nil || again.String() != out.String() {
			t.Fatalf("masked again: %v\n%q\n%q", err, out.String(), again.String())
		}
		// A longer one may be a hash; letters may say that it is an order, signs an amount.
		if len(s) < 24 && !strings.ContainsFunc(s, unicode.IsLetter) && !strings.ContainsAny(s, "$¥￥.") && plainMobiles(out.String()) > 0 {
			t.Fatalf("a number is left in %q", out.String())
		}
	})
}

// Characters written as \uXXXX, once or as JSON in JSON has them, hide nothing.
func TestSearchThroughEscapes(t *testing.T) {
	for in, want := range map[string]string{
		`打 1381234\u0035678`:                                                 `打 138****5678`,
		`INFO body={"p":"1381234\u0035678"}`:                                 `INFO body={"p":"138****5678"}`,
		`{\"receiver_name\":\"\\u674e\\u56db\",\"p\":\"1381234\\u0035678\"}`: `{\"receiver_name\":\"李*\",\"p\":\"138****5678\"}`,
		`\u6536\u8d27\u4eba\uff1a\u5f20\u4f1f，\\\\u0031\\\\u0033812345678`:   `\u6536\u8d27\u4eba\uff1a张*，138****5678`,
		`\ud83d\ude00 \ud83d 13812345678 \u12`:                               `\ud83d\ude00 \ud83d 138****5678 \u12`,
		`C:\users\u0031`:                                                     `C:\users\u0031`,
	} {
		if got, err := body(t, Text, nil, in); err != nil || got != want {
			t.Errorf("%v\n in  %s\n got %s\nwant %s", err, in, got, want)
		}
	}
	in := `{"inner":"{\"receiver_name\":\"\\u674e\\u56db\",\"p\":\"1381234\\u0035678\"}"}`
	if got, err := body(t, JSON, nil, in); err != nil || strings.Contains(got, `\\u0035`) {
		t.Errorf("%v %s", err, got)
	}
	k := plan(t, Spec{Search: []Class{}}).Knowing(knows("name", "李四方"))
	if got, err := body(t, Text, k, `{"x":"\u674e\u56db\u65b9"}`); err != nil || got != `{"x":"李**"}` {
		t.Errorf("%v %s", err, got)
	}
}
