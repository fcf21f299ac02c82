package mask

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/xuri/excelize/v2"
)

// workbook makes one as people have them: labels, rich text, comments, dates,
// formulas, merged cells, styles, links.
func workbook(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	must := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	date, err := f.NewStyle(&excelize.Style{NumFmt: 14, Font: &excelize.Font{Bold: true}})
	must(err)
	_, err = f.NewSheet("Notes")
	must(err, f.SetSheetRow("Sheet1", "A1", &[]any{"姓名", "电话", "单号", "备注", "金额", "日期"}),
		f.SetSheetRow("Sheet1", "A2", &[]any{"高兴", 13812345678, "ORD-1", "请打 139-1234-5678", 12.5, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}),
		f.SetSheetRow("Sheet1", "A3", &[]any{"李四", "0571-87654321", "ORD-2", "无", 7, true}),
		f.SetCellStyle("Sheet1", "F2", "F2", date),
		f.SetCellValue("Notes", "A1", "高兴"),
		f.SetCellValue("Notes", "A2", "卡号 6222021234567890128"),
		f.SetCellRichText("Notes", "A3", []excelize.RichTextRun{{Text: "转 138"}, {Text: "1234", Font: &excelize.Font{Bold: true}}, {Text: "5678 & 好"}}),
		f.SetCellFormula("Notes", "A4", `"13812345678"&Sheet1!A3`),
		f.SetCellFormula("Notes", "A5", `13812345678+1`),
		f.SetCellValue("Notes", "A6", "merged"), f.MergeCell("Notes", "A6", "B7"),
		f.AddComment("Notes", excelize.Comment{Cell: "A2", Author: "王小明", Paragraph: []excelize.RichTextRun{{Text: "电 139"}, {Text: "12345678"}}}),
		f.SetCellHyperLink("Notes", "A2", "mailto:zhang.san@example.com", "External"),
		f.SetHeaderFooter("Notes", &excelize.HeaderFooterOptions{OddHeader: `&L&"Arial,Bold"&12 收货人：张伟&R13712345678`}),
		f.SetDocProps(&excelize.DocProperties{Creator: "王小明", Title: "联系 13612345678"}),
		f.SetDefinedName(&excelize.DefinedName{Name: "total", RefersTo: "Sheet1!$E$2:$E$3"}))
	dv := excelize.NewDataValidation(true)
	dv.Sqref = "C1"
	must(dv.SetDropList([]string{"13512345678", "x"}), f.AddDataValidation("Notes", dv))
	var out bytes.Buffer
	_, err = f.WriteTo(&out)
	must(err, f.Close())
	return out.Bytes()
}

// masked masks a workbook and checks what holds of every one.
func masked(t *testing.T, p *Plan, in []byte) (*excelize.File, []byte) {
	t.Helper()
	var out, cut, again bytes.Buffer
	if err := XLSX(&out, bytes.NewReader(in), p, nil); err != nil {
		t.Fatal(err)
	}
	if err := XLSX(&cut, iotest.HalfReader(bytes.NewReader(in)), p, nil); err != nil || !bytes.Equal(cut.Bytes(), out.Bytes()) {
		t.Errorf("in pieces: %v", err)
	}
	if err := XLSX(&again, bytes.NewReader(out.Bytes()), p, nil); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
		t.Errorf("masked again: %v", err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, out.Bytes()
}

func cell(t *testing.T, f *excelize.File, sheet, at string) string {
	t.Helper()
	v, err := f.GetCellValue(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestXLSX(t *testing.T) {
	in := workbook(t)
	f, out := masked(t, nil, in)
	was, err := excelize.OpenReader(bytes.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	defer was.Close()
	changed := map[string]string{
		"Sheet1!A2": "高*", "Sheet1!A3": "李*", "Sheet1!B2": "138****5678", "Sheet1!B3": "0571-****4321", "Sheet1!D2": "请打 139****5678",
		"Notes!A1": "高*", "Notes!A2": "卡号 ****0128", "Notes!A3": "转 138****5678 & 好",
	}
	for _, sheet := range []string{"Sheet1", "Notes"} {
		for row := 1; row <= 8; row++ {
			for col := 1; col <= 6; col++ {
				at, _ := excelize.CoordinatesToCellName(col, row)
				want, ok := changed[sheet+"!"+at]
				if !ok {
					want = cell(t, was, sheet, at)
				}
				if got := cell(t, f, sheet, at); got != want {
					t.Errorf("%s!%s is %q, want %q", sheet, at, got, want)
				}
				before, _ := was.GetCellStyle(sheet, at)
				after, _ := f.GetCellStyle(sheet, at)
				if before != after {
					t.Errorf("%s!%s has another style", sheet, at)
				}
			}
		}
	}
	for at, want := range map[string]string{"A4": `"138****5678"&Sheet1!A3`, "A5": `"138****5678"+1`} {
		if got, _ := f.GetCellFormula("Notes", at); got != want {
			t.Errorf("formula %s is %s", at, got)
		}
	}
	if m, _ := f.GetMergeCells("Notes"); len(m) != 1 || m[0].GetEndAxis() != "B7" {
		t.Error("merged cells")
	}
	if c, _ := f.GetComments("Notes"); len(c) != 1 || strings.Contains(fmt.Sprint(c), "12345678") || strings.Contains(fmt.Sprint(c), "王小明") {
		t.Errorf("%+v", c)
	}
	if _, link, _ := f.GetCellHyperLink("Notes", "A2"); link != "mailto:z***@example.com" {
		t.Error(link)
	}
	for _, secret := range []string{"12345678", "87654321", "zhang.san", "张伟", "王小明", "高兴", "李四", "1234567890128"} {
		if part := holding(t, out, secret); part != "" {
			t.Errorf("%s is left in %s", secret, part)
		}
	}
}

// holding returns the part of a workbook that holds s.
func holding(t *testing.T, book []byte, s string) string {
	t.Helper()
	for name, text := range parts(t, book) {
		if strings.Contains(text, s) || strings.Contains(name, s) {
			return name
		}
	}
	return ""
}

func parts(t testing.TB, book []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(b)
	}
	return out
}

// pack makes a workbook of parts as they are given.
func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, parts[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// small is the least that is a workbook, with the parts in more.
func small(more map[string]string) map[string]string {
	out := map[string]string{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": `<workbook><sheets><sheet name="s"/></sheets></workbook>`}
	for name, text := range more {
		out[name] = text
	}
	return out
}

func TestXLSXParts(t *testing.T) {
	p := plan(t, Spec{Search: Default(), Records: []RecordSpec{{At: "$", Fields: map[string]Class{"客人": Name, "no": Plain}}}})
	const head = `<worksheet><sheetData>`
	const tail = `</sheetData></worksheet>`
	row := func(cells string) string { return "<row>" + cells + "</row>" }
	text := func(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }
	for name, c := range map[string]struct{ part, in, want string }{
		"numbers": {"xl/s.xml", head + row(`<c r="A1" s="2"><v>13812345678</v></c><c r="B1" t="n"><v>1.3812345678E10</v></c><c><v>45000</v></c><c><f>1+1</f><v>13812345678</v></c><c t="b"><v>1</v></c>`) + tail,
			head + row(`<c r="A1" s="2" t="str"><v>138****5678</v></c><c r="B1" t="str"><v>138****5678</v></c><c><v>45000</v></c><c t="str"><f>1+1</f><v>138****5678</v></c><c t="b"><v>1</v></c>`) + tail},
		"formula's text": {"xl/s.xml", head + row(`<c t="str"><f>A1&amp;"13812345678"</f><v>收货人：张伟</v></c>`) + tail, head + row(`<c t="str"><f>A1&amp;"138****5678"</f><v>收货人：张*</v></c>`) + tail},
		"columns": {"xl/s.xml", head + row(text("报表")) + row(text("no")+text("客人")+text("电话")) + row(text("13812345678")+text("高兴")+`<c><v>02112345678</v></c>`) + row(`<c r="B4" t="inlineStr"><is><r><t>欧</t></r><r><t>阳锋</t></r></is></c>`) + tail,
			head + row(text("报表")) + row(text("no")+text("客人")+text("电话")) + row(text("13812345678")+text("高*")+`<c t="str"><v>021-****5678</v></c>`) + row(`<c r="B4" t="inlineStr"><is><r><t>欧**</t></r><r><t></t></r></is></c>`) + tail},
		"a form": {"xl/s.xml", head + row(text("姓名")+text("高兴")) + row(text("电话：")+`<c><v>02112345678</v></c>`) + tail, head + row(text("姓名")+text("高*")) + row(text("电话：")+`<c t="str"><v>021-****5678</v></c>`) + tail},
		"runs":   {"xl/drawings/drawing1.xml", `<d><a:p><a:r><a:t>138</a:t></a:r><a:r><a:rPr/><a:t>12345678</a:t></a:r></a:p></d>`, `<d><a:p><a:r><a:t>138****5678</a:t></a:r><a:r><a:rPr/><a:t></a:t></a:r></a:p></d>`},
		"filter": {"xl/s.xml", head + row(text("姓名")) + row(text("高兴")) + `</sheetData><autoFilter ref="A1:B2"><filterColumn colId="0"><filters><filter val="高兴"/></filters></filterColumn></autoFilter></worksheet>`,
			head + row(text("姓名")) + row(text("高*")) + `</sheetData><autoFilter ref="A1:B2"><filterColumn colId="0"><filters><filter val="高*"/></filters></filterColumn></autoFilter></worksheet>`},
		"pivot cache": {"xl/pivotCache/pivotCacheDefinition1.xml", `<pivotCacheDefinition><cacheFields><cacheField name="姓名"><sharedItems><s v="高兴"/><n v="13812345678"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>`,
			`<pivotCacheDefinition><cacheFields><cacheField name="姓名"><sharedItems><s v="高*"/><s v="138****5678"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>`},
		"external values":      {"xl/externalLinks/externalLink1.xml", `<externalLink><row r="1"><cell r="A1"><v>13812345678</v></cell></row></externalLink>`, `<externalLink><row r="1"><cell r="A1" t="str"><v>138****5678</v></cell></row></externalLink>`},
		"characters by number": {"xl/s.xml", head + row(text("138_x0031_2345678 a_b _x_")) + tail, head + row(text("138****5678 a_b _x_")) + tail},
		"a known number":       {"xl/s.xml", head + row(text("电话")) + row(`<c><v>1.3812345678E10</v></c>`) + row(`<c><v>1.3E1</v></c>`) + tail, head + row(text("电话")) + row(`<c t="str"><v>138****5678</v></c>`) + row(`<c><v>1.3E1</v></c>`) + tail},
		"prefixes":             {"xl/s.xml", `<x:worksheet xmlns:x="u"><x:row><x:c><x:v>13812345678</x:v></x:c></x:row></x:worksheet>`, `<x:worksheet xmlns:x="u"><x:row><x:c t="str"><x:v>138****5678</x:v></x:c></x:row></x:worksheet>`},
		"people":               {"xl/persons/person.xml", `<personList><person displayName="高兴" id="{1}"/></personList>`, `<personList><person displayName="高*" id="{1}"/></personList>`},
		"where it was saved":   {"xl/workbook.xml", `<workbook><absPath url="C:\Users\gao\"/></workbook>`, `<workbook><absPath url="******"/></workbook>`},
		"properties":           {"docProps/custom.xml", `<Properties><property name="姓名"><vt:lpwstr>高兴</vt:lpwstr></property></Properties>`, `<Properties><property name="姓名"><vt:lpwstr>高*</vt:lpwstr></property></Properties>`},
		"a version":            {"docProps/app.xml", `<Properties><Application>Calc/7.4.7.2</Application><Manager>高兴</Manager></Properties>`, `<Properties><Application>Calc/7.4.7.2</Application><Manager>高*</Manager></Properties>`},
		"threads":              {"xl/threadedComments/threadedComment1.xml", `<ThreadedComments><threadedComment><text>13812345678</text></threadedComment></ThreadedComments>`, `<ThreadedComments><threadedComment><text>138****5678</text></threadedComment></ThreadedComments>`},
		"drawn comments":       {"xl/drawings/vmlDrawing1.vml", `<xml><v:textbox><div>13812345678<br></div></v:textbox></xml>`, `<xml><v:textbox><div>138****5678<br></div></v:textbox></xml>`},
		"a header":             {"xl/s.xml", `<worksheet><headerFooter><oddHeader>&amp;C&amp;1413812345678&amp;RPage &amp;P</oddHeader></headerFooter></worksheet>`, `<worksheet><headerFooter><oddHeader>&amp;C&amp;14138****5678&amp;RPage &amp;P</oddHeader></headerFooter></worksheet>`},
	} {
		var out, again bytes.Buffer
		err := XLSX(&out, bytes.NewReader(pack(t, small(map[string]string{c.part: c.in}))), p, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := parts(t, out.Bytes())[c.part]; got != c.want {
			t.Errorf("%s\n in  %s\n got %s\nwant %s", name, c.in, got, c.want)
		}
		if err := XLSX(&again, bytes.NewReader(out.Bytes()), p, nil); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("%s: masked again: %v", name, err)
		}
	}
}

// What a column says of a value holds where the value is kept once more.
func TestXLSXKnowsItsValues(t *testing.T) {
	in := small(map[string]string{
		"xl/workbook.xml":        `<workbook><sheets><sheet name="高兴"/></sheets></workbook>`,
		"xl/t.xml":               `<sst><si><t>姓名</t></si><si><t>高兴</t></si><si><t>明亮</t></si></sst>`,
		"xl/s.xml":               `<worksheet><row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row><row><c t="inlineStr"><is><t>安静</t></is></c></row></worksheet>`,
		"xl/s2.xml":              `<worksheet><row><c t="s"><v>2</v></c></row></worksheet>`,
		"xl/charts/chart1.xml":   `<chartSpace><c:strCache><c:pt><c:v>高兴</c:v></c:pt><c:pt><c:v>安静</c:v></c:pt><c:pt><c:v>明亮</c:v></c:pt></c:strCache></chartSpace>`,
		"xl/pivotTables/pt1.xml": `<pivotTableDefinition><item n="高兴"/></pivotTableDefinition>`,
	})
	want := map[string]string{
		"xl/workbook.xml":        `<workbook><sheets><sheet name="Masked_1"/></sheets></workbook>`,
		"xl/t.xml":               `<sst><si><t>姓名</t></si><si><t>高*</t></si><si><t>明亮</t></si></sst>`,
		"xl/s.xml":               `<worksheet><row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row><row><c t="inlineStr"><is><t>安*</t></is></c></row></worksheet>`,
		"xl/s2.xml":              in["xl/s2.xml"],
		"xl/charts/chart1.xml":   `<chartSpace><c:strCache><c:pt><c:v>高*</c:v></c:pt><c:pt><c:v>安*</c:v></c:pt><c:pt><c:v>明亮</c:v></c:pt></c:strCache></chartSpace>`,
		"xl/pivotTables/pt1.xml": `<pivotTableDefinition><item n="高*"/></pivotTableDefinition>`,
	}
	var out bytes.Buffer
	if err := XLSX(&out, bytes.NewReader(pack(t, in)), nil, nil); err != nil {
		t.Fatal(err)
	}
	got := parts(t, out.Bytes())
	for part, text := range want {
		if got[part] != text {
			t.Errorf("%s\n got %s\nwant %s", part, got[part], text)
		}
	}
}

// The records of a pivot's cache have no names; their places are the fields' of its
// definition.
func TestXLSXMasksPivotRecords(t *testing.T) {
	const records = "xl/pivotCache/pivotCacheRecords1.xml"
	in := small(map[string]string{
		"xl/pivotCache/pivotCacheDefinition1.xml": `<pivotCacheDefinition><cacheFields><cacheField name="单号"/><cacheField name="姓名"/></cacheFields></pivotCacheDefinition>`,
		records: `<pivotCacheRecords><r><s v="高兴"/><s v="高兴"/></r><r><n v="13812345678"/><x v="0"/></r><r><m/><s v="安静"/></r></pivotCacheRecords>`,
	})
	const want = `<pivotCacheRecords><r><s v="高兴"/><s v="高*"/></r><r><s v="138****5678"/><x v="0"/></r><r><m/><s v="安*"/></r></pivotCacheRecords>`
	var out bytes.Buffer
	if err := XLSX(&out, bytes.NewReader(pack(t, in)), nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := parts(t, out.Bytes())[records]; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestXLSXRenamesSheets(t *testing.T) {
	in := small(map[string]string{
		"xl/workbook.xml":  `<workbook><sheets><sheet name="13812345678"/></sheets><definedNames><definedName name="a">'13812345678'!$A$1</definedName></definedNames></workbook>`,
		"xl/s.xml":         `<worksheet><row><c><f>'13812345678'!A1+1</f><v>2</v></c></row><hyperlink location="'13812345678'!A1"/></worksheet>`,
		"docProps/app.xml": `<Properties><lpstr>13812345678</lpstr></Properties>`,
	})
	var out bytes.Buffer
	if err := XLSX(&out, bytes.NewReader(pack(t, in)), nil, nil); err != nil {
		t.Fatal(err)
	}
	got := parts(t, out.Bytes())
	for part, text := range in {
		if want := strings.ReplaceAll(text, "13812345678", "Masked_1"); got[part] != want {
			t.Errorf("%s\n got %s\nwant %s", part, got[part], want)
		}
	}
}

func TestXLSXRefusesWhatItCannotRead(t *testing.T) {
	bomb := strings.Repeat(" ", 8<<20)
	for name, in := range map[string][]byte{
		"nothing":             nil,
		"no archive":          []byte("PK\x03\x04 and no more"),
		"another archive":     pack(t, map[string]string{"a.xml": "<a/>"}),
		"no workbook":         pack(t, map[string]string{"[Content_Types].xml": "<Types/>"}),
		"a picture":           pack(t, small(map[string]string{"xl/media/image1.png": "\x89PNG"})),
		"macros":              pack(t, small(map[string]string{"xl/vbaProject.bin": "x"})),
		"an embedded object":  pack(t, small(map[string]string{"xl/embeddings/oleObject1.bin": "x"})),
		"a part not known":    pack(t, small(map[string]string{"xl/x.dat": "x"})),
		"a part of bad XML":   pack(t, small(map[string]string{"xl/s.xml": "<a>"})),
		"entities":            pack(t, small(map[string]string{"xl/s.xml": `<!DOCTYPE a [<!ENTITY x "y">]><a/>`})),
		"a bomb":              pack(t, small(map[string]string{"xl/s.xml": "<a>" + bomb + "</a>"})),
		"a name that climbs":  pack(t, small(map[string]string{"xl/../../s.xml": "<a/>"})),
		"a name with content": pack(t, small(map[string]string{"xl/13812345678.xml": "<a/>"})),
		"two tables":          pack(t, small(map[string]string{"xl/a.xml": "<sst/>", "xl/b.xml": "<sst/>"})),
		"half of one":         workbook(t)[:2000],
		"too much":            make([]byte, MaxWorkbook+1),
	} {
		var out bytes.Buffer
		err := XLSX(&out, bytes.NewReader(in), nil, nil)
		if !errors.Is(err, ErrUnreadable) || out.Len() > 0 || strings.Contains(fmt.Sprint(err), "13812345678") {
			t.Errorf("%s: %v, %d bytes", name, err, out.Len())
		}
	}
	if err := XLSX(io.Discard, bytes.NewReader(pack(t, small(map[string]string{"xl/media/image1.png": "x"}))), nil, nil); !strings.Contains(fmt.Sprint(err), "xl/media/image1.png") {
		t.Errorf("the part is not named: %v", err)
	}
}

func TestXLSXKeepsWhatItDoesNotMask(t *testing.T) {
	in := workbook(t)
	none := plan(t, Spec{})
	var out bytes.Buffer
	if err := XLSX(&out, bytes.NewReader(in), none, nil); err != nil {
		t.Fatal(err)
	}
	was, got := parts(t, in), parts(t, out.Bytes())
	for name, text := range was {
		if got[name] != text {
			t.Errorf("%s has changed", name)
		}
	}
}

// A part that is masked is not taken for one that is not because their checksums
// and sizes are the same.
func TestXLSXComparesMoreThanChecksums(t *testing.T) {
	const in = `<worksheet><row><c t="inlineStr"><is><t>13887765678, 13840275678, 13839255678, 13808405678</t></is></c></row></worksheet>`
	want := regexp.MustCompile(`138\d{4}5678`).ReplaceAllString(in, "138****5678")
	if len(in) != len(want) || crc32.ChecksumIEEE([]byte(in)) != crc32.ChecksumIEEE([]byte(want)) {
		t.Fatal("the checksums are not the same")
	}
	var out bytes.Buffer
	if err := XLSX(&out, bytes.NewReader(pack(t, small(map[string]string{"xl/s.xml": in}))), nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := parts(t, out.Bytes())["xl/s.xml"]; got != want {
		t.Error(got)
	}
}

// A folder has no content.
func TestXLSXFolders(t *testing.T) {
	// What is said to be empty and is not stays out.
	raw := func(body string, size uint64) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for name, text := range small(nil) {
			w, err := z.Create(name)
			if err == nil {
				_, err = io.WriteString(w, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		w, err := z.CreateRaw(&zip.FileHeader{Name: "xl/a|", Method: zip.Deflate, CompressedSize64: uint64(len(body)), UncompressedSize64: size})
		if err == nil {
			_, err = io.WriteString(w, body)
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return bytes.ReplaceAll(out.Bytes(), []byte("xl/a|"), []byte("xl/a/")) // archive/zip writes no such folder
	}
	if err := XLSX(io.Discard, bytes.NewReader(raw("13812345678", 11)), nil, nil); !errors.Is(err, ErrUnreadable) {
		t.Errorf("a folder with content: %v", err)
	}
	for _, body := range []string{"", "\x03\x00", "13812345678"} {
		var out bytes.Buffer
		if err := XLSX(&out, bytes.NewReader(raw(body, 0)), nil, nil); err != nil {
			t.Fatal(err)
		}
		if got, ok := parts(t, out.Bytes())["xl/a/"]; !ok || got != "" || bytes.Contains(out.Bytes(), []byte("12345678")) {
			t.Errorf("%q: %q %q", body, got, out.Bytes())
		}
	}
}

// Nothing is written before all of it is known to be sound; a broken part that is
// copied is seen too.
func TestXLSXWritesAllOrNothing(t *testing.T) {
	in := pack(t, small(map[string]string{"xl/printerSettings/printerSettings1.bin": "\x00\x01", "xl/zz.xml": "<a>13812345678</a>"}))
	at := bytes.Index(in, []byte("PK\x03\x04"))
	for k := 0; at >= 0 && k < 4; k++ {
		broken := bytes.Clone(in)
		broken[at] = 'x'
		var out bytes.Buffer
		if err := XLSX(&out, bytes.NewReader(broken), nil, nil); !errors.Is(err, ErrUnreadable) || out.Len() > 0 {
			t.Errorf("part %d: %v, %d bytes", k, err, out.Len())
		}
		at += 4 + bytes.Index(in[at+4:], []byte("PK\x03\x04"))
	}
	side := errors.New("broken")
	if err := XLSX(closed{side}, bytes.NewReader(in), nil, nil); !errors.Is(err, side) {
		t.Errorf("writing: %v", err)
	}
}

func TestXLSXTellsItsParts(t *testing.T) {
	in := small(map[string]string{"xl/s.xml": `<worksheet><row><c><v>13812345678</v></c></row></worksheet>`})
	var got []Record
	if err := XLSX(io.Discard, bytes.NewReader(pack(t, in)), nil, func(r Record) { got = append(got, r) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Attributes["part"] != "xl/s.xml" || len(got[0].Values) != 1 {
		t.Fatalf("%+v", got)
	}
	if v := got[0].Values[0]; in["xl/s.xml"][v.At:v.End] != "13812345678" || v.Class != Phone {
		t.Errorf("%+v", v)
	}
}

func FuzzXLSX(f *testing.F) {
	f.Add(`<row><c t="s"><v>0</v></c><c><v>13812345678</v></c></row>`, `<si><t>姓名</t></si><si><r><t>138</t></r><r><t>12345678</t></r></si>`)
	f.Add(`<row><c t="inlineStr"><is><t>电话</t></is></c></row><row><c><v>1.3e10</v></c><c t="s"><v>1</v></c></row>`, `<si/><si><t>x</t><rPh><t>y</t></rPh></si>`)
	f.Fuzz(func(t *testing.T, cells, texts string) {
		if len(cells)+len(texts) > 1<<12 {
			return
		}
		in := pack(t, small(map[string]string{"xl/s.xml": "<worksheet>" + cells + "</worksheet>", "xl/t.xml": "<sst>" + texts + "</sst>"}))
		var out, again bytes.Buffer
		if err := XLSX(&out, bytes.NewReader(in), nil, nil); err != nil {
			if !errors.Is(err, ErrUnreadable) || out.Len() > 0 {
				t.Fatal(err)
			}
			return
		}
		if err := XLSX(&again, bytes.NewReader(out.Bytes()), nil, nil); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Fatalf("masked again: %v\n%v\n%v", err, parts(t, out.Bytes()), parts(t, again.Bytes()))
		}
	})
}
