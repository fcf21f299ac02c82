package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"testing"
)

func TestAChartIsWellFormedAndShowsItsPoints(t *testing.T) {
	c := Chart{Title: `"A" < B & C`, X: "x", Y: "y", LogY: true, Series: []Series{
		{Name: "one", Line: true, Points: []Point{{1, 10, 5, 20}, {2, 100, 0, 0}, {3, math.NaN(), 0, 0}, {4, math.Inf(1), 0, 0}}},
		{Name: "two", Line: true, Dashed: true, Points: []Point{{1, 30, 0, 0}, {4, 30, 0, 0}}},
	}}
	for _, c := range []Chart{c, {}, {Names: []string{"a", "b"}, Series: []Series{{Points: []Point{{0, 1, 0.5, 2}, {1, 0, 0, 3}}}}}} {
		svg := c.SVG()
		if !bytes.Equal(svg, c.SVG()) {
			t.Error("two drawings differ")
		}
		circles := 0
		d := xml.NewDecoder(bytes.NewReader(svg))
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in\n%s", err, svg)
			}
			if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "circle" {
				circles++
			}
		}
		if want := map[string]int{`"A" < B & C`: 2}[c.Title] + len(c.Names); circles != want {
			t.Errorf("%q: %d points drawn, want %d", c.Title, circles, want)
		}
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("not a number in\n%s", svg)
		}
	}
}
