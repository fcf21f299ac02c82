// Package plot draws a chart as SVG.
//
// It decides where marks, axes and labels stand. It never reads or writes files,
// and the bytes depend on the chart alone. It fails on nothing: a chart without
// points has axes only, and what is not a finite number is left out.
package plot

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Chart is one pair of axes.
type Chart struct {
	Title, X, Y string
	Series      []Series
	Names       []string // of the places 0, 1, 2, … along X, instead of numbers
	LogX, LogY  bool
}

// Series is points of one colour.
type Series struct {
	Name   string
	Points []Point
	Line   bool // join the points
	Dashed bool
}

// Point is one mark. Where Lo and Hi differ there is a bar from one to the other.
type Point struct{ X, Y, Lo, Hi float64 }

const (
	width, height            = 760., 440.
	left, right, top, bottom = 76., 24., 46., 66.
)

// colours can be told apart on white and black, and by most who see few colours.
func colour(i int) string {
	return []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"}[i%7]
}

// axis turns values into places.
type axis struct {
	lo, hi   float64
	from, to float64
	log      bool
}

func (a axis) at(v float64) float64 {
	lo, hi := a.lo, a.hi
	if a.log {
		lo, hi, v = math.Log10(lo), math.Log10(hi), math.Log10(v)
	}
	return a.from + (a.to-a.from)*(v-lo)/(hi-lo)
}

func (a axis) shows(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && v >= a.lo && v <= a.hi
}

// ticks are round values along the axis.
func (a axis) ticks() []float64 {
	var out []float64
	if a.log {
		for e := math.Floor(math.Log10(a.lo)); e <= math.Ceil(math.Log10(a.hi)); e++ {
			for _, m := range []float64{1, 2, 5} {
				if v := m * math.Pow(10, e); a.shows(v) {
					out = append(out, v)
				}
			}
		}
		return out
	}
	step := math.Pow(10, math.Floor(math.Log10((a.hi-a.lo)/4)))
	for _, m := range []float64{5, 2} {
		if (a.hi-a.lo)/(step*m) >= 4 {
			step *= m
			break
		}
	}
	for v := math.Ceil(a.lo/step) * step; v <= a.hi+step/1e6; v += step {
		out = append(out, v)
	}
	return out
}

// span finds an axis that shows all values.
func span(values []float64, log bool, from, to float64) axis {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) && (!log || v > 0) {
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
	}
	switch {
	case lo > hi:
		lo, hi = 1, 2
	case log:
		lo, hi = lo/1.3, hi*1.3
	default:
		lo = math.Min(lo, 0)
		hi += 0.05 * (hi - lo)
	}
	if lo == hi {
		hi = lo + 1
	}
	return axis{lo, hi, from, to, log}
}

// SVG draws the chart.
func (c Chart) SVG() []byte {
	var xs, ys []float64
	for _, s := range c.Series {
		for _, p := range s.Points {
			xs = append(xs, p.X)
			ys = append(ys, p.Y)
			if p.Lo != p.Hi {
				ys = append(ys, p.Lo, p.Hi)
			}
		}
	}
	x, y := span(xs, c.LogX, left, width-right), span(ys, c.LogY, height-bottom, top)
	if len(c.Names) > 0 {
		x = axis{-0.5, float64(len(c.Names)) - 0.5, left, width - right, false}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12" role="img" aria-label="%s">`+"\n", width, height, html.EscapeString(c.Title))
	b.WriteString("<style>:root{color:#222;background:#fff}@media(prefers-color-scheme:dark){:root{color:#ddd;background:#111}}text{fill:currentColor}.a{stroke:currentColor;stroke-opacity:.25}</style>\n")
	text(&b, width/2, 20, "middle", c.Title, `font-size="14"`)
	text(&b, width/2, height-8, "middle", c.X, "")
	text(&b, 14, height/2, "middle", c.Y, fmt.Sprintf(`transform="rotate(-90 14 %g)"`, height/2))
	for _, v := range y.ticks() {
		fmt.Fprintf(&b, `<line class="a" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/>`+"\n", left, width-right, y.at(v), y.at(v))
		text(&b, left-6, y.at(v)+4, "end", fmt.Sprintf("%.4g", v), "")
	}
	if len(c.Names) > 0 {
		for i, name := range c.Names {
			text(&b, x.at(float64(i)), height-bottom+16+14*float64(i%2), "middle", name, `font-size="10"`)
		}
	} else {
		for _, v := range x.ticks() {
			fmt.Fprintf(&b, `<line class="a" x1="%.1f" x2="%.1f" y1="%g" y2="%g"/>`+"\n", x.at(v), x.at(v), top, height-bottom)
			text(&b, x.at(v), height-bottom+16, "middle", fmt.Sprintf("%.4g", v), "")
		}
	}
	for i, s := range c.Series {
		s.draw(&b, i, x, y)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (s Series) draw(b *strings.Builder, i int, x, y axis) {
	var path []string
	for _, p := range s.Points {
		if !x.shows(p.X) || !y.shows(p.Y) {
			continue
		}
		if p.Lo != p.Hi {
			fmt.Fprintf(b, `<line stroke="%s" stroke-width="2" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`+"\n", colour(i), x.at(p.X), x.at(p.X), y.at(math.Max(p.Lo, y.lo)), y.at(p.Hi))
		}
		path = append(path, fmt.Sprintf("%.1f,%.1f", x.at(p.X), y.at(p.Y)))
		if !s.Dashed {
			fmt.Fprintf(b, `<circle fill="%s" cx="%.1f" cy="%.1f" r="3.5"/>`+"\n", colour(i), x.at(p.X), y.at(p.Y))
		}
	}
	dash := ""
	if s.Dashed {
		dash = ` stroke-dasharray="6 4"`
	}
	if s.Line && len(path) > 1 {
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1.5"%s points="%s"/>`+"\n", colour(i), dash, strings.Join(path, " "))
	}
	if s.Name != "" {
		at := left + 8 + float64(i%3)*230
		row := top - 14 + float64(i/3)*14
		fmt.Fprintf(b, `<line stroke="%s" stroke-width="3"%s x1="%g" x2="%g" y1="%g" y2="%g"/>`+"\n", colour(i), dash, at, at+18, row-4, row-4)
		text(b, at+24, row, "start", s.Name, "")
	}
}

func text(b *strings.Builder, x, y float64, anchor, s, more string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" %s>%s</text>`+"\n", x, y, anchor, more, html.EscapeString(s))
}
