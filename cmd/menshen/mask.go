package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

func maskCommand() command {
	return command{"mask", "mask personal information in a body, stdin to stdout", runMask}
}

func runMask(_ context.Context, s streams, args []string) int {
	fs := newFlags("mask", "mask -as json|ndjson|html|csv|text [-class phone,name] [-policy policy.yaml [-route NAME]] [-report]   < body   > masked", s.err)
	as := fs.String("as", "", "what the body is: json, ndjson, html, csv, text")
	classes := fs.String("class", "", "classes to search for, joined by commas; without it those of the policy, or all")
	file := fs.String("policy", "", "policy file; without it all that can be searched for is searched for")
	name := fs.String("route", "", "route of the policy whose records are mapped; without it only the policy's search applies")
	report := fs.Bool("report", false, "tell on stderr what was found where, a line each: bytes from-to, class, how; never the value")
	if code, done := parse(fs, s, args); done {
		return code
	}
	var run mask.Codec
	switch *as {
	case "json", "ndjson":
		run = mask.JSON
	case "text":
		run = mask.Text
	case "html":
		run = mask.HTML
	case "csv":
		run = mask.CSV
	case "":
		return fail(s, "mask", exitUsage, errors.New("-as is needed: json, ndjson, html, csv or text"))
	case "xlsx", "xml":
		return fail(s, "mask", exitUsage, fmt.Errorf("-as %s is not supported yet (json, ndjson, html, csv and text are)", *as))
	default:
		return fail(s, "mask", exitUsage, fmt.Errorf("-as %q is not known (json, ndjson, html, csv, text)", *as))
	}
	live := false // lines go on as they come
	plan, err := maskPlan(*file, *name, *classes)
	if err != nil {
		return fail(s, "mask", exitUsage, err)
	}
	if *as == "ndjson" {
		plan, live = plan.Sequence(), true
	}
	var found maskReport
	var each func(mask.Record)
	if *report {
		each = found.add
	}
	err = maskBody(s, plan.With(mask.NewKnown(maphash.MakeSeed())), run, each, live)
	if *report {
		found.write(s.err)
	}
	if err != nil {
		return fail(s, "mask", exitUnreadable, err)
	}
	return exitDone
}

// holdMask is how much of a body is read before it is masked, so that a value is
// known before the field that gives it.
const holdMask = 1 << 20

// maskBody masks a body: one that is held as a whole twice; of a longer one, what
// the part that is held says is known from the beginning.
func maskBody(s streams, plan *mask.Plan, run mask.Codec, each func(mask.Record), live bool) error {
	if live {
		return run(s.out, &linesAhead{src: s.in, learn: func(lines []byte) { mask.Learn(lines, plan, run) }}, plan, each)
	}
	head, err := io.ReadAll(io.LimitReader(s.in, holdMask+1))
	if err != nil {
		return fmt.Errorf("reading body: %w", err)
	}
	if len(head) > holdMask {
		mask.Learn(head, plan, run)
		return run(s.out, io.MultiReader(bytes.NewReader(head), s.in), plan, each)
	}
	var out bytes.Buffer
	err = mask.Twice(&out, head, plan, run, each)
	if _, werr := out.WriteTo(s.out); werr != nil {
		return fmt.Errorf("writing masked body: %w", werr)
	}
	return err
}

// linesAhead is a reader of lines that has each learned before it is read.
type linesAhead struct {
	src   io.Reader
	learn func([]byte)
	buf   []byte
	from  int // buf[from:ready] is to be read, what follows is part of a line
	ready int
	err   error // of src, behind buf
}

func (l *linesAhead) Read(p []byte) (int, error) {
	for l.from == l.ready {
		if l.err != nil {
			return 0, l.err
		}
		l.buf = append(l.buf[:0], l.buf[l.ready:]...)
		held := len(l.buf)
		l.buf = slices.Grow(l.buf, 64<<10)
		n, err := l.src.Read(l.buf[held:cap(l.buf)])
		l.buf, l.err = l.buf[:held+n], err
		l.from, l.ready = 0, bytes.LastIndexByte(l.buf, '\n')+1
		if err != nil || len(l.buf) > holdMask {
			l.ready = len(l.buf)
		}
		l.learn(l.buf[:l.ready])
	}
	n := copy(p, l.buf[l.from:l.ready])
	l.from += n
	return n, nil
}

// maskReport is what was found, without the values.
type maskReport struct {
	lines []reportLine
}

type reportLine struct {
	at, end int64
	class   mask.Class
	how     string
}

func (m *maskReport) add(rec mask.Record) {
	for _, v := range rec.Values {
		how := "search"
		if v.Mapped {
			how = "field " + v.Field
		}
		m.lines = append(m.lines, reportLine{v.At, v.End, v.Class, how})
	}
}

// write tells the places in the order of the body, and how many there are of
// each class.
func (m *maskReport) write(w io.Writer) {
	slices.SortStableFunc(m.lines, func(a, b reportLine) int { return cmp.Compare(a.at, b.at) })
	b := bufio.NewWriter(w)
	defer b.Flush()
	count := map[mask.Class]int{}
	for _, l := range m.lines {
		fmt.Fprintf(b, "%d-%d\t%s\t%s\n", l.at, l.end, l.class, l.how)
		count[l.class]++
	}
	fmt.Fprintf(b, "%d found", len(m.lines))
	for _, c := range mask.Classes() {
		if count[c] > 0 {
			fmt.Fprintf(b, ", %s %d", c, count[c])
		}
	}
	fmt.Fprintln(b)
}

// maskPlan returns the plan of a route, of a policy's search, or of classes; nil
// is for all that can be searched for.
func maskPlan(file, route, classes string) (*mask.Plan, error) {
	var search []mask.Class
	for _, name := range strings.FieldsFunc(classes, func(r rune) bool { return r == ',' || r == ' ' }) {
		c, err := mask.ParseClass(name)
		if err != nil {
			return nil, fmt.Errorf("-class: %w", err)
		}
		search = append(search, c)
	}
	if file == "" {
		if route != "" {
			return nil, errors.New("-route needs -policy")
		}
		if search == nil {
			return nil, nil
		}
		return mask.NewPlan(mask.Spec{Search: search})
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading policy: %w", err)
	}
	p, err := policy.Parse(file, data)
	if err != nil {
		return nil, err
	}
	if search == nil {
		search = p.Search
	}
	if route == "" {
		return mask.NewPlan(mask.Spec{Search: search})
	}
	r, ok := p.Route(route)
	if !ok {
		return nil, fmt.Errorf("%s has no route %q", file, route)
	}
	return mask.NewPlan(mask.Spec{Search: search, Records: r.Records})
}
