package mask

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRenames(t *testing.T) {
	s := &sheet{root: "worksheet", renamed: renames{
		"张三": {put: "M1", sheet: true}, "李 四": {put: "M2", sheet: true}, "O'Neil": {put: "M3", sheet: true}, "高兴": {put: "M4", name: true}, "王五": {put: "M5", sheet: true, name: true},
		"13812345678": {put: "M6", sheet: true},
	}}
	for in, want := range map[string]string{
		"张三!A1+'张三'!B2":               "M1!A1+'M1'!B2",
		"SUM('李 四'!A1:A9)":            "SUM('M2'!A1:A9)",
		"李 四!A1":                      "李 四!A1",
		"'O''Neil'!A1":                "'M3'!A1",
		"[1]张三!A1+'[1]李 四'!A1":        "[1]M1!A1+'[1]M2'!A1",
		"SUM(张三:王五!A1)+'张三:李 四'!A1":   "SUM(M1:M5!A1)+'M1:M2'!A1",
		"小张三!A1+张三丰!A1":               "小张三!A1+张三丰!A1",
		"张三+高兴+高兴_1+x高兴+(高兴)":         "张三+M4+高兴_1+x高兴+(M4)",
		"王五*2+王五!A1":                  "M5*2+M5!A1",
		"13812345678!A1&13812345678":  "M6!A1&13812345678",
		"'13812345678'!A1":            "'M6'!A1",
		"!":                           "!",
		"''!'!!":                      "''!'!!",
		"'张三":                         "'张三",
		"it's 张三!A1":                  "it's M1!A1",
		strings.Repeat("张三!", 10_000): strings.Repeat("M1!", 10_000),
	} {
		var p passage
		p.add([]byte(in), 0, xmlText)
		s.rename(&p, false)
		if got := string(p.write(nil)); got != want {
			t.Errorf("%.60s: got %.60s, want %.60s", in, got, want)
		}
	}
	var p passage
	p.add([]byte(" 高兴 "), 0, xmlText)
	if s.rename(&p, true); string(p.write(nil)) != "M4" {
		t.Errorf("a name: %s", p.write(nil))
	}
	// What was found goes when it lies within a name, and stays when it goes beyond.
	p.reset()
	p.add([]byte("a 138 张三!b 139 王五!c 1"), 0, xmlText)
	p.change(2, 5, Phone, "x")
	p.change(6, 9, Name, "y")
	p.change(15, 26, Phone, "z")
	p.change(28, 29, Phone, "w")
	s.rename(&p, false)
	if got := string(p.write(nil)); got != "a x M1!b zc w" {
		t.Error(got)
	}
}

// As many names as there may be cost no more than one each.
func TestXLSXNamesAreBounded(t *testing.T) {
	for _, n := range []int{maxRenames, maxRenames + 1} {
		var names, formulas, want strings.Builder
		for k := range n {
			fmt.Fprintf(&names, `<definedName name="total%d">1</definedName><definedName name="王伟_13812%06d">1</definedName>`, k, k)
			fmt.Fprintf(&formulas, "<c><f>王伟_13812%06d+1</f></c>", k)
			fmt.Fprintf(&want, "<c><f>Masked_%d+1</f></c>", k+1)
		}
		in := small(map[string]string{"xl/workbook.xml": "<workbook>" + names.String() + "</workbook>", "xl/s.xml": "<worksheet><row>" + formulas.String() + "</row></worksheet>"})
		var out bytes.Buffer
		err := XLSX(&out, bytes.NewReader(pack(t, in)), nil, nil)
		if n > maxRenames {
			if !errors.Is(err, ErrUnreadable) || out.Len() > 0 {
				t.Errorf("one more: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := parts(t, out.Bytes())["xl/s.xml"]; got != "<worksheet><row>"+want.String()+"</row></worksheet>" {
			t.Errorf("%.300s", got)
		}
	}
}
