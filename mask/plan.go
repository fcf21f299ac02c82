package mask

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/menshen-io/menshen/mask/detect"
)

// Spec is what a Plan is compiled from.
type Spec struct {
	// Search names the classes searched for in every string, member name and
	// number that no field maps. Only [Searchable] classes are allowed.
	Search  []Class
	Masks   map[Class]Form // of classes that are not shown as Keep has them
	Records []RecordSpec
}

// RecordSpec says where the records of one kind are in a body, and what is in
// them. Paths are of the subset of JSONPath that [CheckPath] accepts.
type RecordSpec struct {
	At         string            // path of the record: $.orders[*]
	Subject    string            // path of the customer's id, relative to the record; may be empty
	Attributes map[string]string // attribute name to relative path
	Fields     map[string]Class  // relative path to class
	Forms      map[string]Form   // of fields that are not shown as their classes are
}

// Record is a record that was found, once it is complete.
type Record struct {
	Subject    string         // raw id as in the body; "" when there is none, and for values outside any record
	Attributes map[string]any // strings of at most 64 bytes, int64, float64, bool; never what was masked, but its mask
	Values     []Value        // in the order of the body
}

// Value is one masked value of a record.
type Value struct {
	Field          string // the path as the RecordSpec writes it; the class for a value that was found by search
	Class          Class
	Original, Mask string
	Mapped         bool  // a field maps it; otherwise it was found by search
	At, End        int64 // where it stands in the body, in bytes; of a JSON string what is within the quotes
}

// Plan is a compiled Spec. It is immutable and safe for concurrent use. A nil
// Plan searches for the [Default] classes.
type Plan struct {
	*compiled
	look     *look
	sequence bool
	known    *Known // nil: nothing is known
	mode     uint8  // how it is treated
}

type compiled struct {
	set     detect.Set
	mapped  detect.Set // of the fields: searched for where paths do not apply
	syms    symbols
	at      *automaton // its paths are the records'
	records []recordPlan
	fields  map[string]saying // by relative path, for tables and the like; of two records' classes the stricter
	pool    sync.Pool         // of *rewriter
	trees   sync.Pool         // of *tree
	pages   sync.Pool         // of *markup
	tables  sync.Pool         // of *table
}

// recordPlan is what is inside of one kind of record.
type recordPlan struct {
	inside *automaton
	roles  []role // by state of inside
}

// role is what a value is to its record.
type role struct {
	subject    bool
	attributes []string
	field      string // of class
	class      Class  // "" when no field maps it
	form       Form   // "" when it is its class's
}

// nothing is the role of a value on which records do not agree.
func nothing(field string) role { return role{field: field, class: AnyText, form: Whole} }

// NewPlan compiles s. Its error joins every fault.
func NewPlan(s Spec) (*Plan, error) {
	var faults []error
	set, unknown := detect.SetOf(s.Search)
	for _, c := range unknown {
		faults = append(faults, fmt.Errorf("search: class %q cannot be searched for (one of %v)", c, Searchable()))
	}
	for _, c := range slices.Sorted(maps.Keys(s.Masks)) {
		if err := s.Masks[c].Check(c); err != nil {
			faults = append(faults, fmt.Errorf("masks.%s: %w", c, err))
		}
	}
	var at, all [][]segment
	inside := make([][][]segment, len(s.Records))
	give := make([][]role, len(s.Records)) // what each path of inside gives
	for i, rec := range s.Records {
		fault := func(what string, err error) {
			faults = append(faults, fmt.Errorf("records[%d]: %s: %w", i, what, err))
		}
		p, err := parsePath(rec.At, false)
		if err != nil {
			fault("at", err)
		}
		at, all = append(at, p), append(all, p)
		add := func(what, path string, r role) {
			p, err := parsePath(path, true)
			if err != nil {
				fault(what, err)
				return
			}
			inside[i], give[i], all = append(inside[i], p), append(give[i], r), append(all, p)
		}
		if rec.Subject != "" {
			add("subject", rec.Subject, role{subject: true})
		}
		for _, name := range slices.Sorted(maps.Keys(rec.Attributes)) {
			add("attributes."+name, rec.Attributes[name], role{attributes: []string{name}})
		}
		for _, path := range slices.Sorted(maps.Keys(rec.Fields)) {
			c, err := ParseClass(string(rec.Fields[path]))
			if err != nil {
				fault("fields."+path, err)
				continue
			}
			form := rec.Forms[path]
			if form != "" {
				if err := form.Check(c); err != nil {
					fault("fields."+path, err)
				}
			}
			add("fields."+path, path, role{field: path, class: c, form: form})
		}
	}
	if len(all) > maxPaths {
		faults = append(faults, fmt.Errorf("more than %d paths", maxPaths))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	c := &compiled{set: set, syms: symbolsOf(all), fields: map[string]saying{}}
	for _, rec := range s.Records {
		for path, class := range rec.Fields {
			one, _ := detect.SetOf([]Class{class})
			c.mapped |= one
			s := saying{class, true, path, rec.Forms[path]}
			if was, ok := c.fields[path]; ok && (was.class != s.class || was.form != s.form) {
				s.class, s.form = AnyText, Whole
			}
			c.fields[path] = s
		}
	}
	var err error
	if c.at, err = compile(at, &c.syms); err != nil {
		return nil, fmt.Errorf("records: %w", err)
	}
	for i := range s.Records {
		rp, err := compileRecord(inside[i], give[i], &c.syms)
		if err != nil {
			faults = append(faults, fmt.Errorf("records[%d]: %w", i, err))
		}
		c.records = append(c.records, rp)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Plan{compiled: c, look: &look{forms: s.forms()}}, nil
}

// forms returns a copy of s.Masks, nil when there are none.
func (s *Spec) forms() map[Class]Form {
	if len(s.Masks) == 0 {
		return nil
	}
	return maps.Clone(s.Masks)
}

// compileRecord joins the roles of paths that end at the same value. Two
// classes for one value are a fault: which of them holds must not be a guess.
func compileRecord(paths [][]segment, give []role, y *symbols) (recordPlan, error) {
	a, err := compile(paths, y)
	if err != nil {
		return recordPlan{}, err
	}
	p := recordPlan{inside: a, roles: make([]role, len(a.accepts))}
	for state, ends := range a.accepts {
		r := &p.roles[state]
		for _, i := range ends {
			g := give[i]
			r.subject = r.subject || g.subject
			r.attributes = append(r.attributes, g.attributes...)
			switch {
			case g.class == "" || g.class == r.class && g.form == r.form:
			case r.class == "":
				r.class, r.form, r.field = g.class, g.form, g.field
			case g.class == r.class:
				return p, fmt.Errorf("fields %q and %q mask the same value in two ways", r.field, g.field)
			default:
				return p, fmt.Errorf("fields %q and %q map the same value to %s and %s", r.field, g.field, r.class, g.class)
			}
		}
	}
	return p, nil
}

// Sequence returns a Plan for bodies of any number of JSON values one after
// another (NDJSON); each of them is a $.
func (p *Plan) Sequence() *Plan {
	q := *p.orDefault()
	q.sequence = true
	return &q
}

func (p *Plan) orDefault() *Plan {
	if p != nil && p.compiled != nil {
		return p
	}
	return everything()
}

// everything is the plan of those who bring none.
var everything = sync.OnceValue(func() *Plan {
	p, _ := NewPlan(Spec{Search: Default()}) // no path, no fault
	return p
})

// rewriter lends a rewriter for p; give takes it back.
func (p *Plan) rewriter() *rewriter {
	if r, ok := p.pool.Get().(*rewriter); ok {
		return r
	}
	return new(rewriter)
}

func (p *Plan) give(r *rewriter) {
	r.release()
	p.pool.Put(r)
}
