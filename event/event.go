package event

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Identifiers. All are opaque; personal ones are keyed hashes made at the door.
type (
	ActorID    string // an account that views data
	PartnerID  string // an outsourcing company
	SubjectID  string // a customer, as a keyed hash
	ReasonID   string // a ticket, call or order that explains a view
	StationID  string // a workplace
	DeviceID   string // a computer
	MerchantID string
	BuyerID    string
	OrderID    string
	RequestID  string // a request for a payout
	RefundID   string
	AlertID    string
	RingID     string
	OverrideID string // a person's, of what a decision may pay
)

// Time is an instant that keeps the zone it was written in; in JSON it is
// RFC 3339 and must name a zone.
type Time = time.Time

// Event is one thing that happened or was decided.
type Event struct {
	ID     string // unique within Source
	Source string
	Type   Type
	Time   Time
	Data   Data // of the type that Type names; nil only in the zero Event
}

// Key is what makes an event the same event when it arrives twice.
type Key struct{ Source, ID string }

// Key returns the identity of e.
func (e Event) Key() Key { return Key{e.Source, e.ID} }

// Before is the order in which events are taken: by time; among events of one
// instant, facts come before the requests that are judged by them, then by
// source and id.
func (e Event) Before(o Event) bool {
	if !e.Time.Equal(o.Time) {
		return e.Time.Before(o.Time)
	}
	if a, b := e.Type.rank(), o.Type.rank(); a != b {
		return a < b
	}
	if e.Source != o.Source {
		return e.Source < o.Source
	}
	return e.ID < o.ID
}

// New returns an event whose type is that of its data.
func New(id, source string, at Time, data Data) Event {
	return Event{ID: id, Source: source, Type: data.eventType(), Time: at, Data: data}
}

var (
	// ErrUnknownType is returned for a well-formed event of a type that this
	// version does not know. A reader passes it over.
	ErrUnknownType = errors.New("unknown event type")
	// ErrMalformed is returned for what is not an event at all or breaks its
	// type's contract. The wrapping error names the field.
	ErrMalformed = errors.New("malformed event")
)

type envelope struct {
	ID          string         `json:"id"`
	Source      string         `json:"source"`
	SpecVersion string         `json:"specversion,omitzero"`
	Type        string         `json:"type"`
	Time        Time           `json:"time"`
	Data        jsontext.Value `json:"data"`
}

type envelopeOut struct {
	SpecVersion string `json:"specversion"`
	ID          string `json:"id"`
	Source      string `json:"source"`
	Type        Type   `json:"type"`
	Time        Time   `json:"time"`
	Data        Data   `json:"data"`
}

// Parse reads one event. The returned event carries whatever of id, source,
// type and time could be read even when err is not nil, so that a refusal can
// name it. An error wraps ErrMalformed or ErrUnknownType.
func Parse(line []byte) (Event, error) {
	var env envelope
	if err := json.Unmarshal(line, &env); err != nil {
		return Event{ID: env.ID, Source: env.Source, Type: Type(env.Type)}, malformed("", err)
	}
	ev := Event{ID: env.ID, Source: env.Source, Type: Type(env.Type), Time: env.Time}
	switch {
	case env.ID == "":
		return ev, missing("id")
	case env.Source == "":
		return ev, missing("source")
	case env.Type == "":
		return ev, missing("type")
	case env.Time.IsZero():
		return ev, missing("time")
	case env.SpecVersion != "" && env.SpecVersion != "1.0":
		return ev, fmt.Errorf("%w: specversion: only 1.0 is understood", ErrMalformed)
	}
	data := newData(ev.Type)
	if data == nil {
		return ev, fmt.Errorf("%w %q", ErrUnknownType, env.Type)
	}
	if len(env.Data) == 0 {
		return ev, missing("data")
	}
	if env.Data.Kind() != '{' {
		return ev, fmt.Errorf("%w: data: must be an object", ErrMalformed)
	}
	if err := json.Unmarshal(env.Data, data); err != nil {
		return ev, malformed("data", err)
	}
	if err := data.check(); err != nil {
		return ev, fmt.Errorf("%w: data.%w", ErrMalformed, err)
	}
	ev.Data = data
	return ev, nil
}

// AppendJSON appends e as one line without its newline. The bytes are the same
// for the same event.
func (e Event) AppendJSON(dst []byte) ([]byte, error) {
	if e.Data == nil {
		return dst, errors.New("encoding event: no data")
	}
	b, err := json.Marshal(envelopeOut{"1.0", e.ID, e.Source, e.Type, e.Time, e.Data}, json.Deterministic(true))
	if err != nil {
		return dst, fmt.Errorf("encoding event %s: %w", e.Type, err)
	}
	return append(dst, b...), nil
}

// Check reports whether e could be read back: it names what is missing.
func (e Event) Check() error {
	switch {
	case e.ID == "":
		return missing("id")
	case e.Source == "":
		return missing("source")
	case e.Time.IsZero():
		return missing("time")
	case e.Data == nil:
		return missing("data")
	}
	if err := e.Data.check(); err != nil {
		return fmt.Errorf("%w: data.%w", ErrMalformed, err)
	}
	return nil
}

func missing(field string) error {
	return fmt.Errorf("%w: %s: missing", ErrMalformed, field)
}

// malformed turns a decoder's error into one that names the field and the kind
// found there, and leaves out the value.
func malformed(prefix string, err error) error {
	var sem *json.SemanticError
	if errors.As(err, &sem) {
		field := prefix
		for tok := range sem.JSONPointer.Tokens() {
			if field != "" {
				field += "."
			}
			field += tok
		}
		if field == "" {
			field = "line"
		}
		if sem.JSONKind != 0 && sem.GoType != nil && sem.Err == nil {
			return fmt.Errorf("%w: %s: a JSON %s does not belong here", ErrMalformed, field, kindName(sem.JSONKind))
		}
		return fmt.Errorf("%w: %s: not a valid value (%s)", ErrMalformed, field, kindName(sem.JSONKind))
	}
	var syn *jsontext.SyntacticError
	if errors.As(err, &syn) {
		cause := "is not valid JSON"
		if errors.Is(err, jsontext.ErrDuplicateName) {
			cause = "has a name twice in one object"
		}
		return fmt.Errorf("%w: line %s at byte %d", ErrMalformed, cause, syn.ByteOffset)
	}
	return fmt.Errorf("%w: line is not valid JSON", ErrMalformed)
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "boolean"
	case '"':
		return "string"
	case '0':
		return "number"
	case '{':
		return "object"
	case '[':
		return "array"
	}
	return "value"
}
