package main

import (
	"bytes"
	"encoding/csv"
	stdjson "encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

// benchRow is a way to rewrite a body.
type benchRow struct {
	name   string
	run    func() error
	turns  []time.Duration // of one call, by round
	allocs float64
}

// best is how long a call took when the machine was least in use by others.
func (r *benchRow) best() time.Duration { return slices.Min(r.turns) }

// ratio is how many times as fast r is as base, in the middle of all rounds: both have
// the machine as it is in a round.
func (r *benchRow) ratio(base *benchRow) float64 {
	of := make([]float64, len(r.turns))
	for i := range of {
		of[i] = float64(base.turns[i]) / float64(r.turns[i])
	}
	slices.Sort(of)
	return of[len(of)/2]
}

// benchRounds is how often the rows take turns, each for at least benchTurn.
const (
	benchRounds = 25
	benchTurn   = 20 * time.Millisecond
)

// measureRows runs the rows in turns.
func measureRows(rows []benchRow) error {
	for range benchRounds {
		for i := range rows {
			row := &rows[i]
			if err := row.run(); err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n, began := 0, time.Now()
			for ; n < 3 || time.Since(began) < benchTurn; n++ {
				_ = row.run() // it went well before
			}
			each := time.Since(began) / time.Duration(n)
			runtime.ReadMemStats(&after)
			if row.turns = append(row.turns, each); each == row.best() {
				row.allocs = float64(after.Mallocs-before.Mallocs) / float64(n)
			}
		}
	}
	return nil
}

// benchTable is ways to rewrite one body, of which the others are compared with
// one.
type benchTable struct {
	body string
	size int
	base int
	rows []benchRow
}

// benchMaskSpeed prints how fast a list of orders is rewritten: as JSON of about
// 15 KB, and the same orders in other kinds of bodies.
func benchMaskSpeed(w io.Writer) error {
	src := bytes.NewReader(nil)
	tables, err := benchJSON(src)
	if err != nil {
		return err
	}
	none, err := mask.NewPlan(mask.Spec{})
	if err != nil {
		return err
	}
	orders, err := benchOrderRows()
	if err != nil {
		return err
	}
	for _, kind := range []struct {
		name  string
		write func([][]string) []byte
		run   mask.Codec
		base  benchRow
		read  func(io.Reader) error
	}{
		{"csv", benchCSV, mask.CSV, benchRow{name: "encoding/csv read"}, readCSV},
		{"xml", benchXML, mask.XML, benchRow{name: "encoding/xml tokens"}, readXML},
		{"html", benchHTML, mask.HTML, benchRow{name: "copy in memory"}, func(r io.Reader) error { _, err := io.Copy(io.Discard, struct{ io.Reader }{r}); return err }},
		{"text", benchText, mask.Text, benchRow{name: "copy in memory"}, func(r io.Reader) error { _, err := io.Copy(io.Discard, struct{ io.Reader }{r}); return err }},
	} {
		in := kind.write(orders)
		again := func() io.Reader { src.Reset(in); return src }
		kind.base.run = func() error { return kind.read(again()) }
		tables = append(tables, benchTable{"orders, " + kind.name, len(in), 0, []benchRow{
			kind.base,
			{name: "menshen, nothing searched", run: func() error { return kind.run(io.Discard, again(), none, nil) }},
			{name: "menshen, every class searched", run: func() error { return kind.run(io.Discard, again(), nil, nil) }},
		}})
	}
	for _, t := range tables {
		if err := measureRows(t.rows); err != nil {
			return err
		}
		fmt.Fprintln(w)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(tw, "%s\tMB/s\tof %s\tallocations\t\n", t.body, t.rows[t.base].name)
		for i := range t.rows {
			row := &t.rows[i]
			fmt.Fprintf(tw, "%s\t%.0f\t%.2f\t%.0f\t\n", row.name, float64(t.size)/float64(row.best().Nanoseconds())*1e3, row.ratio(&t.rows[t.base]), row.allocs)
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func benchJSON(src *bytes.Reader) ([]benchTable, error) {
	in := benchOrders()
	p, err := policy.Parse("bench", []byte(benchPolicy))
	if err != nil {
		return nil, err
	}
	route, _ := p.Route("order-list")
	paths, err := mask.NewPlan(mask.Spec{Records: route.Records})
	if err != nil {
		return nil, err
	}
	every, err := mask.NewPlan(mask.Spec{Search: mask.Default(), Records: route.Records})
	if err != nil {
		return nil, err
	}
	buf := make([]byte, 32<<10)
	again := func() io.Reader { src.Reset(in); return src }
	rows := []benchRow{
		{name: "copy in memory", run: func() error {
			_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{again()}, buf)
			return err
		}},
		{name: "encoding/json decode and encode", run: func() error {
			var v any
			if err := stdjson.Unmarshal(in, &v); err != nil {
				return err
			}
			return stdjson.NewEncoder(io.Discard).Encode(v)
		}},
		{name: "jsontext token copy", run: func() error { return copyTokens(io.Discard, again()) }},
		{name: "menshen, paths", run: func() error { return mask.JSON(io.Discard, again(), paths, nil) }},
		{name: "menshen, paths, phones, ids, cards, e-mail searched", run: func() error { return mask.JSON(io.Discard, again(), route.Plan, nil) }},
		{name: "menshen, paths, every class searched", run: func() error { return mask.JSON(io.Discard, again(), every, nil) }},
	}
	var indented bytes.Buffer
	if err := stdjson.Indent(&indented, in, "", "  "); err != nil {
		return nil, err
	}
	andBlanks := func() io.Reader { src.Reset(indented.Bytes()); return src }
	return []benchTable{{"order list, json", len(in), 2, rows}, {"the same indented", indented.Len(), 0, []benchRow{
		{name: "jsontext token copy", run: func() error { return copyTokens(io.Discard, andBlanks()) }},
		{name: "menshen, paths", run: func() error { return mask.JSON(io.Discard, andBlanks(), paths, nil) }},
		{name: "menshen, paths, every class searched", run: func() error { return mask.JSON(io.Discard, andBlanks(), every, nil) }},
	}}}, nil
}

func copyTokens(dst io.Writer, src io.Reader) error {
	d := jsontext.NewDecoder(src, jsontext.AllowDuplicateNames(true))
	e := jsontext.NewEncoder(dst, jsontext.AllowDuplicateNames(true))
	for {
		tok, err := d.ReadToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := e.WriteToken(tok); err != nil {
			return err
		}
	}
}

// benchOrderRows are the orders as a table, with a head.
func benchOrderRows() ([][]string, error) {
	var list struct {
		Orders []struct {
			ID, Status, Created, Hotel, Remark string
			Customer                           struct{ ID, Name, Phone string }
			Review                             struct{ Text string }
		}
	}
	if err := stdjson.Unmarshal(benchOrders(), &list); err != nil {
		return nil, fmt.Errorf("reading the orders of the bench: %w", err)
	}
	rows := [][]string{{"id", "status", "created", "hotel", "customer", "姓名", "电话", "review", "remark"}}
	for _, o := range list.Orders {
		rows = append(rows, []string{o.ID, o.Status, o.Created, o.Hotel, o.Customer.ID, o.Customer.Name, o.Customer.Phone, o.Review.Text, o.Remark})
	}
	return rows, nil
}

func benchCSV(rows [][]string) []byte {
	var b bytes.Buffer
	_ = csv.NewWriter(&b).WriteAll(rows) // a buffer takes all
	return b.Bytes()
}

func benchXML(rows [][]string) []byte {
	var b bytes.Buffer
	b.WriteString("<orders>\n")
	for _, row := range rows[1:] {
		b.WriteString("<order>")
		for i, cell := range row {
			fmt.Fprintf(&b, "<%s>%s</%[1]s>", rows[0][i], html.EscapeString(cell))
		}
		b.WriteString("</order>\n")
	}
	b.WriteString("</orders>\n")
	return b.Bytes()
}

func benchHTML(rows [][]string) []byte {
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html>\n<html><head><title>Orders</title></head><body><table class=\"orders\">\n")
	for i, row := range rows {
		b.WriteString("<tr>")
		for _, cell := range row {
			if i == 0 {
				fmt.Fprintf(&b, "<th>%s</th>", html.EscapeString(cell))
			} else {
				fmt.Fprintf(&b, "<td class=\"cell\">%s</td>", html.EscapeString(cell))
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table></body></html>\n")
	return b.Bytes()
}

func benchText(rows [][]string) []byte {
	var b strings.Builder
	for _, row := range rows[1:] {
		b.WriteString(strings.Join(row, " ") + "\n")
	}
	return []byte(b.String())
}

func readCSV(r io.Reader) error {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	for {
		if _, err := in.Read(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func readXML(r io.Reader) error {
	d := xml.NewDecoder(r)
	for {
		if _, err := d.RawToken(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
