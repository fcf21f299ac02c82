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
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

func maskCommand() command {
	return command{"mask", "mask personal information in a body or in files", runMask}
}

// maskKinds are the kinds of bodies, in the order of the documentation, and the
// extensions of their files' names.
var maskKinds = []struct {
	name       string
	run        mask.Codec
	extensions []string
}{
	{"json", mask.JSON, []string{".json"}},
	{"ndjson", mask.JSON, []string{".ndjson", ".jsonl"}},
	{"html", mask.HTML, []string{".html", ".htm"}},
	{"xml", mask.XML, []string{".xml"}},
	{"csv", mask.CSV, []string{".csv", ".tsv"}},
	{"xlsx", mask.XLSX, []string{".xlsx", ".xlsm"}},
	{"text", mask.Text, []string{".txt", ".log", ".md"}},
}

const kindList = "json, ndjson, html, xml, csv, xlsx, text"

// codecOf returns what masks bodies of a kind.
func codecOf(kind string) (mask.Codec, bool) {
	for _, k := range maskKinds {
		if k.name == kind {
			return k.run, true
		}
	}
	return nil, false
}

func runMask(ctx context.Context, s streams, args []string) int {
	const flags = "[-class phone,name] [-mask phone=full,name=pseudonym [-key FILE]] [-policy policy.yaml [-route NAME] [-role NAME]] [-report]"
	fs := newFlags("mask", "mask -as json|ndjson|html|xml|csv|xlsx|text "+flags+"   < body   > masked\n"+
		"       menshen mask [-as KIND] "+flags+" [-strict] [-force] -out DIR PATH...", s.err)
	var o maskOptions
	as := fs.String("as", "", "what the body is: "+kindList+"; of files also auto, by the name's extension, which is the default")
	fs.StringVar(&o.classes, "class", "", "classes to search for, joined by commas; without it those of the policy, or all")
	fs.StringVar(&o.masks, "mask", "", "how classes are masked, as class=form joined by commas: keep, full, fixed, general, pseudonym, ff1")
	fs.StringVar(&o.key, "key", "", "file with the key of pseudonym and ff1: 32 random bytes or more")
	fs.StringVar(&o.tweak, "tweak", "", "for whom ff1 masks: under another tweak the same value has another mask")
	fs.StringVar(&o.file, "policy", "", "policy file; without it all that can be searched for is searched for")
	fs.StringVar(&o.route, "route", "", "route of the policy whose records are mapped; without it only the policy's search applies")
	fs.StringVar(&o.role, "role", "", "role of the policy whose masks are used")
	report := fs.Bool("report", false, "tell on stderr what was found where, a line each: file, bytes from-to, class, how; never the value")
	out := fs.String("out", "", "folder into which files and whole folders are masked")
	strict := fs.Bool("strict", false, "with -out: status 1 when a file was refused")
	force := fs.Bool("force", false, "with -out: replace files that are in the folder already; without it they are refused")
	if code, done := parseFlags(fs, s, args); done {
		return code
	}
	files := fs.NArg() > 0 || *out != ""
	run, known := codecOf(*as)
	switch {
	case files && *out == "":
		return fail(s, "mask", exitUsage, errors.New("-out is needed where files are named"))
	case files && fs.NArg() == 0:
		return fail(s, "mask", exitUsage, errors.New("-out needs files or folders to mask"))
	case files && (*as == "" || *as == "auto"):
		run = nil
	case *as == "":
		return fail(s, "mask", exitUsage, errors.New("-as is needed: "+kindList))
	case *as == "auto":
		return fail(s, "mask", exitUsage, errors.New("-as auto goes by names of files; say what is on standard input: "+kindList))
	case !known:
		return fail(s, "mask", exitUsage, fmt.Errorf("-as %q is not known (%s)", *as, kindList))
	}
	live := false // lines go on as they come
	plan, err := o.plan()
	if err != nil {
		return fail(s, "mask", exitUsage, err)
	}
	if files {
		t := maskTree{streams: s, plan: plan, kind: *as, run: run, out: *out, report: *report, force: *force}
		return t.mask(ctx, fs.Args(), *strict)
	}
	if *as == "ndjson" {
		plan, live = plan.Sequence(), true
	}
	var found maskReport
	var each func(mask.Record)
	if *report {
		each = found.of(s.err, "")
	}
	err = maskBody(s, plan.Knowing(mask.NewKnown(maphash.MakeSeed())), run, each, live)
	if *report {
		found.places()
		found.totals(s.err)
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

// maxPlaces is how many places are held to be told in order.
const maxPlaces = 1 << 17

// maskReport is what was found, without the values.
type maskReport struct {
	w     io.Writer
	file  string // of the lines; "" for standard input
	lines []reportLine
	count map[mask.Class]int
	total int
}

type reportLine struct {
	part    string // of a workbook
	at, end int64
	class   mask.Class
	field   string // "" for what was found by search
}

// of returns what takes the records of a file, to tell them on w.
func (m *maskReport) of(w io.Writer, file string) func(mask.Record) {
	m.w, m.file = w, file
	return m.add
}

func (m *maskReport) add(rec mask.Record) {
	part := ""
	if of, ok := rec.Attributes["part"].(string); ok && rec.Subject == "" {
		part = of
	}
	if m.count == nil {
		m.count = map[mask.Class]int{}
	}
	for _, v := range rec.Values {
		l := reportLine{part: part, at: v.At, end: v.End, class: v.Class}
		if v.Mapped {
			l.field = v.Field
		}
		m.lines = append(m.lines, l)
		m.count[v.Class]++
		m.total++
	}
	if len(m.lines) >= maxPlaces {
		m.places()
	}
}

// places tells the places that are held in the order of the body, each behind the
// name of its file when there is one, and forgets them.
func (m *maskReport) places() {
	slices.SortStableFunc(m.lines, func(a, b reportLine) int {
		return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(a.at, b.at))
	})
	b := bufio.NewWriter(m.w)
	defer b.Flush()
	for _, l := range m.lines {
		if m.file != "" {
			fmt.Fprintf(b, "%s\t", m.file)
		}
		if l.part != "" {
			fmt.Fprintf(b, "%s:", l.part)
		}
		how := "search"
		if l.field != "" {
			how = "field " + l.field
		}
		fmt.Fprintf(b, "%d-%d\t%s\t%s\n", l.at, l.end, l.class, how)
	}
	m.lines = m.lines[:0]
}

// totals tells how many values there are of each class.
func (m *maskReport) totals(w io.Writer) {
	b := bufio.NewWriter(w)
	defer b.Flush()
	fmt.Fprintf(b, "%d found", m.total)
	for _, c := range mask.Classes() {
		if m.count[c] > 0 {
			fmt.Fprintf(b, ", %s %d", c, m.count[c])
		}
	}
	fmt.Fprintln(b)
}

// maskOptions say what is masked, and how.
type maskOptions struct {
	file, route, role, classes, masks, key, tweak string
}

// plan returns the plan of a route, of a policy's search, or of classes.
func (o *maskOptions) plan() (*mask.Plan, error) {
	spec := mask.Spec{Search: mask.Default()}
	var own map[mask.Class]mask.Form
	if o.file == "" {
		switch {
		case o.route != "":
			return nil, errors.New("-route needs -policy")
		case o.role != "":
			return nil, errors.New("-role needs -policy")
		}
	} else {
		data, err := os.ReadFile(o.file)
		if err != nil {
			return nil, fmt.Errorf("reading policy: %w", err)
		}
		p, err := policy.Parse(o.file, data)
		if err != nil {
			return nil, err
		}
		spec.Search, spec.Masks = p.Search, p.Masks
		if r, ok := p.Route(o.route); ok {
			spec.Records = r.Records
		} else if o.route != "" {
			return nil, fmt.Errorf("%s has no route %q", o.file, o.route)
		}
		if r, ok := p.Role(o.role); ok {
			own = maps.Clone(r.Masks)
		} else if o.role != "" {
			return nil, fmt.Errorf("%s has no role %q", o.file, o.role)
		}
	}
	if search, err := o.search(); err != nil {
		return nil, err
	} else if search != nil {
		spec.Search = search
	}
	given, err := o.forms()
	if err != nil {
		return nil, err
	}
	if own == nil {
		own = given
	} else {
		maps.Copy(own, given)
	}
	p, err := mask.NewPlan(spec)
	if err != nil {
		return nil, err
	}
	return o.keyed(p.With(own, nil, ""))
}

// search reads -class; nil is for none.
func (o *maskOptions) search() (out []mask.Class, err error) {
	for _, name := range listed(o.classes) {
		c, err := mask.ParseClass(name)
		if err != nil {
			return nil, fmt.Errorf("-class: %w", err)
		}
		out = append(out, c)
	}
	return out, nil
}

// forms reads -mask.
func (o *maskOptions) forms() (map[mask.Class]mask.Form, error) {
	out := map[mask.Class]mask.Form{}
	for _, pair := range listed(o.masks) {
		name, form, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("-mask %s: expected class=form (%s=full)", pair, pair)
		}
		c, err := mask.ParseClass(name)
		if err == nil {
			err = mask.Form(form).Check(c)
		}
		if err != nil {
			return nil, fmt.Errorf("-mask %s: %w", pair, err)
		}
		out[c] = mask.Form(form)
	}
	return out, nil
}

func listed(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// keyed gives p its keys when it needs them.
func (o *maskOptions) keyed(p *mask.Plan) (*mask.Plan, error) {
	if o.key == "" {
		if p.NeedsKeys() {
			return nil, errors.New("pseudonym and ff1 need a key: -key FILE")
		}
		return p, nil
	}
	secret, err := os.ReadFile(o.key)
	if err != nil {
		return nil, fmt.Errorf("reading key: %w", err)
	}
	keys, err := mask.NewKeys(secret)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.key, err)
	}
	return p.With(nil, keys, o.tweak), nil
}
