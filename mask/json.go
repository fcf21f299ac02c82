package mask

import (
	"errors"
	"io"
)

// ErrUnreadable: the body is not what it should be. Nothing after the fault was
// written; the body must not be shown to anybody who may only see masks.
var ErrUnreadable = errors.New("unreadable body")

// Span is a place in a string, in bytes.
type Span struct {
	Start, End int
	Class      Class
}

// Plan is a compiled Spec. It is immutable and safe for concurrent use. A nil
// Plan searches for everything that can be searched for.
type Plan struct{}

// NewPlan compiles s. Its error joins every fault.
func NewPlan(s Spec) (*Plan, error) { return &Plan{}, nil }

// Sequence returns a Plan for bodies of any number of JSON values one after
// another (NDJSON); each of them is a $.
func (p *Plan) Sequence() *Plan { return p }

// JSON copies one JSON value from src to dst and masks it by p. onRecord, when
// not nil, is called at the end of each record.
func JSON(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error { return ErrUnreadable }

// Text copies UTF-8 text line by line; only p's search applies.
func Text(dst io.Writer, src io.Reader, p *Plan, onRecord func(Record)) error { return ErrUnreadable }

// Search finds values of classes in free text; nil means all [Searchable]. Spans are in order and do not overlap.
func Search(s string, classes []Class) []Span { return nil }

// Mask returns what is shown instead of value.
func (c Class) Mask(value string) string { return Full }
