package mask

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// A row has no more cells than a sheet has columns, and what is kept of them does
// not grow with those that say nothing.
func TestXLSXRowsAreBounded(t *testing.T) {
	const cell = "<c><v>1</v></c>"
	for name, c := range map[string]struct {
		row   string
		sound bool
	}{
		"as many as there are":  {strings.Repeat(cell, maxCells), true},
		"one more":              {strings.Repeat(cell, maxCells+1), false},
		"one place many times":  {strings.Repeat(`<c r="A1"><v>1</v></c>`, maxCells+1), false},
		"the last":              {`<c r="XFD1"><v>1</v></c>`, true},
		"behind the last":       {`<c r="XFD1"><v>1</v></c>` + cell, false},
		"further out":           {`<c r="XFE1"><v>1</v></c>`, false},
		"further out than ints": {`<c r="` + strings.Repeat("Z", 100) + `1"><v>1</v></c>`, false},
	} {
		for _, in := range []string{"<worksheet><row>" + c.row + "</row></worksheet>", "<worksheet>" + c.row + "</worksheet>", "<externalLink><row>" + strings.ReplaceAll(strings.ReplaceAll(c.row, "<c", "<cell"), "</c", "</cell") + "</row></externalLink>"} {
			err := XLSX(io.Discard, bytes.NewReader(pack(t, small(map[string]string{"xl/s.xml": in}))), nil, nil)
			if (err == nil) != c.sound || err != nil && !errors.Is(err, ErrUnreadable) {
				t.Errorf("%s in %.20s: %v", name, in, err)
			}
		}
	}
	b := &book{plan: (*Plan)(nil).orDefault()}
	l := labels{book: b}
	s := &sheet{}
	for s.row = 1; s.row <= surveyRows; s.row++ {
		for s.col = 1; s.col <= maxCells; s.col++ {
			l.add(s, -1, []byte("1"))
		}
	}
	if len(l.heads) > 0 || len(l.columns) > maxCells+1 || l.grid() != nil {
		t.Errorf("%d heads, %d columns are kept", len(l.heads), len(l.columns))
	}
}

// Names of columns are kept of so many columns of all sheets.
func TestXLSXHeadsAreBounded(t *testing.T) {
	const sheet = "xl/s.xml"
	in := pack(t, small(map[string]string{sheet: `<worksheet><row><c t="str"><v>姓名</v></c><c t="str"><v>电话</v></c></row></worksheet>`}))
	b, err := openBook(in, (*Plan)(nil).orDefault())
	if err != nil || b.heads != 2 {
		t.Fatal(err, b.heads)
	}
	for k, f := range b.zip.File {
		if f.Name != sheet {
			continue
		}
		b.heads = maxHeads - 2
		if err := b.surveyPart(k, "worksheet"); err != nil {
			t.Error(err)
		}
		if err := b.surveyPart(k, "worksheet"); !errors.Is(err, ErrUnreadable) {
			t.Errorf("more than can be kept: %v", err)
		}
	}
}
