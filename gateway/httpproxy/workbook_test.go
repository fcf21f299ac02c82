package httpproxy

import (
	archive "archive/zip"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// workbook makes one of a single sheet.
func workbook(t *testing.T, sheet string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := archive.NewWriter(&out)
	for name, text := range map[string]string{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", "xl/s.xml": sheet} {
		w, err := z.CreateHeader(&archive.FileHeader{Name: name, Method: archive.Store})
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
	return out.Bytes()
}

func sheetOf(t *testing.T, book string) string {
	t.Helper()
	z, err := archive.NewReader(strings.NewReader(book), int64(len(book)))
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

// A short workbook is held as a whole, a long one is not.
func TestMasksWorkbooks(t *testing.T) {
	for _, rows := range []int{1, 4000} {
		in := "<worksheet>" + strings.Repeat("<row><c><v>13812345678</v></c></row>", rows) + "</worksheet>"
		want := "<worksheet>" + strings.Repeat(`<row><c t="str"><v>138****5678</v></c></row>`, rows) + "</worksheet>"
		d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
			_, _ = w.Write(workbook(t, in))
		})
		resp, body := d.get("/api/orders", "agent")
		if resp.StatusCode != 200 || sheetOf(t, body) != want {
			t.Errorf("%d rows: %d, %d bytes", rows, resp.StatusCode, len(body))
		}
		if ct := resp.Header.Get("Content-Type"); strings.Contains(ct, "charset") {
			t.Error(ct)
		}
	}
}
