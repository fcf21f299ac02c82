package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/mask"
)

// A workbook passes through standard input and output, and through files.
func TestMaskCommandOnWorkbooks(t *testing.T) {
	var in bytes.Buffer
	z := zip.NewWriter(&in)
	for name, text := range map[string]string{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", "xl/s.xml": "<worksheet><row><c><v>13812345678</v></c></row></worksheet>"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	sheet := func(book []byte) string {
		t.Helper()
		z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
		if err != nil {
			t.Fatal(err)
		}
		f, err := z.Open("xl/s.xml")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	const want = `<worksheet><row><c t="str"><v>138****5678</v></c></row></worksheet>`
	var out, errs bytes.Buffer
	code := runMask(context.Background(), streams{bytes.NewReader(in.Bytes()), &out, &errs}, []string{"-as", "xlsx", "-report"})
	if code != exitDone || sheet(out.Bytes()) != want || errs.String() != "xl/s.xml:22-33\tphone\tsearch\n1 found, phone 1\n" {
		t.Errorf("%d %s %s", code, sheet(out.Bytes()), errs.String())
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "book.XLSX")
	if err := os.WriteFile(file, in.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	errs.Reset()
	to := filepath.Join(dir, "out")
	code = runMask(context.Background(), streams{strings.NewReader(""), &out, &errs}, []string{"-out", to, file})
	book, err := os.ReadFile(filepath.Join(to, "book.XLSX"))
	if err != nil || code != exitDone || sheet(book) != want {
		t.Errorf("%d %v %s", code, err, errs.String())
	}
}

func TestMaskCommand(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "policy.yaml")
	const policy = "version: 1\nsearch: [email]\nroutes:\n- name: one\n  match: GET /one\n  kind: detail\n  records:\n  - at: $\n    fields: {name: name}\n"
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("version: 3\nroutes:\n- name: one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key, short := filepath.Join(dir, "mask.key"), filepath.Join(dir, "short.key")
	for name, n := range map[string]int{key: 32, short: 31} {
		if err := os.WriteFile(name, bytes.Repeat([]byte("k"), n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	forms := filepath.Join(dir, "forms.yaml")
	const formed = "version: 1\nmasks: {phone: general}\nroles:\n  agent: {view: masked, masks: {phone: ff1}}\nroutes:\n- name: one\n  match: GET /one\n  kind: detail\n  records:\n  - at: $\n" +
		"    fields: {name: {class: name, mask: pseudonym}, phone: phone, address: address}\n"
	if err := os.WriteFile(forms, []byte(formed), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args          string
		in            string
		code          int
		out, complain string
	}{
		{"mask -as json", `{"p":13812345678}`, exitDone, `{"p":"138****5678"}`, ""},
		{"mask -as ndjson", "{\"p\":13812345678}\n[]\n", exitDone, "{\"p\":\"138****5678\"}\n[]\n", ""},
		{"mask -as ndjson", "{\"a\":\"给钱小彤\",\"receiver_name\":\"钱小彤\"}\n{\n\"p\":13812345678}", exitDone, "{\"a\":\"给钱**\",\"receiver_name\":\"钱**\"}\n{\n\"p\":\"138****5678\"}", ""},
		{"mask -as json", `{"a":"给钱小彤","receiver_name":"钱小彤"}`, exitDone, `{"a":"给钱**","receiver_name":"钱**"}`, ""},
		{"mask -as text", "call 138 1234 5678\nor a.b@c.com", exitDone, "call 138****5678\nor a***@c.com", ""},
		{"mask -as json -policy " + file, `{"name":"张三","p":13812345678,"m":"a.b@c.com"}`, exitDone, `{"name":"张三","p":13812345678,"m":"a***@c.com"}`, ""},
		{"mask -as json -policy " + file + " -route one", `{"name":"张三"}`, exitDone, `{"name":"张*"}`, ""},
		{"mask -as json", `{"p":13812345678} {}`, exitUnreadable, `{"p":"138****5678"} `, "offset 18"},
		{"mask -as text -report", "call 13812345678 or a.b@c.com", exitDone, "call 138****5678 or a***@c.com", "5-16\tphone\tsearch\n20-29\temail\tsearch\n2 found, phone 1, email 1\n"},
		{"mask -as json -report", `{"p":"\u0031\u0033812345678"}`, exitDone, `{"p":"138****5678"}`, "6-27\tphone\tsearch\n"},
		{"mask -as text -class email", "call 13812345678 or a.b@c.com", exitDone, "call 13812345678 or a***@c.com", ""},
		{"mask -as text -class fone", "", exitUsage, "", "-class: unknown class"},
		{"mask -as text -class text", "", exitUsage, "", "cannot be searched for"},
		{"mask -as xml", `<a phone="021 12345678">13812345678</a>`, exitDone, `<a phone="021-****5678">138****5678</a>`, ""},
		{"mask -as xlsx", "", exitUnreadable, "", "not a workbook"},
		{"mask -as auto", "", exitUsage, "", "by names of files"},
		{"mask -as json x.json", "", exitUsage, "", "-out is needed"},
		{"mask -out x", "", exitUsage, "", "needs files"},
		{"mask -as jpeg -out x y", "", exitUsage, "", "not known"},
		{"mask -as jpeg", "", exitUsage, "", "not known"},
		{"mask", "", exitUsage, "", "-as is needed"},
		{"mask -as json -route x", "", exitUsage, "", "-route needs -policy"},
		{"mask -as json -route x -policy " + file, "", exitUsage, "", "no route"},
		{"mask -as json -policy " + bad, "", exitUsage, "", bad + ":1: version"},
		{"policy check " + file, "", exitDone, file + ": 1 routes, 0 roles, unlisted refuse\n", ""},
		{"policy check " + bad, "", exitCheck, "", bad + ":3: routes[0].match"},
		{"policy check " + bad + ".no", "", exitUnreadable, "", "reading policy"},
		{"policy", "", exitUsage, "", "Usage"},
	} {
		var out, errs bytes.Buffer
		s := streams{strings.NewReader(c.in), &out, &errs}
		args := strings.Fields(c.args)
		run := runMask
		if args[0] == "policy" {
			run = runPolicy
		}
		code := run(context.Background(), s, args[1:])
		if code != c.code || out.String() != c.out || !strings.Contains(errs.String(), c.complain) || c.complain == "" && errs.Len() > 0 {
			t.Errorf("%s: %d\nout %q\nerr %s", c.args, code, out.String(), errs.String())
		}
	}
}

// What a report holds does not grow with the body, and every place is told once.
func TestMaskReportIsBounded(t *testing.T) {
	var out bytes.Buffer
	var found maskReport
	add := found.of(&out, "")
	const n = 2*maxPlaces + 10
	for k := range n {
		at := int64(k ^ 1) // not quite in order
		add(mask.Record{Values: []mask.Value{{Class: mask.Phone, At: at, End: at + 1}}})
		if len(found.lines) >= maxPlaces {
			t.Fatalf("%d places are held", len(found.lines))
		}
	}
	found.places()
	at := 0
	for line := range strings.Lines(out.String()) {
		if want := fmt.Sprintf("%d-%d\tphone\tsearch\n", at, at+1); line != want {
			t.Fatalf("%q, want %q", line, want)
		}
		at++
	}
	if at != n || found.total != n {
		t.Errorf("%d of %d told, %d counted", at, n, found.total)
	}
}
