package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/menshen-io/menshen/event"
)

// DecisionSource is the source of the requests that are made over HTTP.
const DecisionSource = "decisions"

// Ask is one request for a decision.
type Ask struct {
	Key   string      // the Idempotency-Key; empty: none
	Body  [32]byte    // tells bodies apart, however they are laid out
	Event event.Event // the request, still without an id of its own
	ID    string      // of the payout or refund, or the merchant's
}

// Decided is one decision as it is recorded.
type Decided struct {
	Index uint64          `json:"index" doc:"its place in the ledger"`
	Event json.RawMessage `json:"event" doc:"the decision, an event of type decision.payout, decision.refund or decision.merchant"`
}

// Door is the money door. A decision is durable when it is returned.
type Door interface {
	// Decide answers a request, or says again what the same request was answered:
	// again tells which. Its errors are those of this package, or the record's.
	Decide(ctx context.Context, a Ask) (decisions []Decided, again bool, err error)
	// WhatIf says what Decide would, and changes nothing.
	WhatIf(ev event.Event) ([]event.Event, error)
	// Override records what a person lets a merchant have, or, where by is not
	// empty, that by confirms the override of that id. A Fault is the caller's.
	Override(ctx context.Context, o event.DecisionOverridden, by string) (Override, error)
	Overrides() []Override
}

// What a Door answers instead of a decision.
var (
	ErrKeyReused    = errors.New("the Idempotency-Key was used for another request")
	ErrAskedAlready = errors.New("this id was asked about before, with other particulars")
	ErrInFlight     = errors.New("a request with this Idempotency-Key is being answered")
	ErrNoDecision   = errors.New("this request was settled before it was asked, so that there is no decision: see the record")
	ErrWasDecided   = errors.New("this request was decided: ask without what_if for the decision")
	ErrLate         = errors.New("time: more than 24h behind the newest event")
	ErrNotRecorded  = errors.New("the decision could not be recorded, and nothing is spent by it: ask again later, with the same key and id")
	ErrNoOverride   = errors.New("no override of this id waits for a second person")
	ErrSamePerson   = errors.New("a second person must confirm, not the one who gave the override")
)

// Fault is what is wrong with a request, by field.
type Fault string

func (f Fault) Error() string { return string(f) }

// problem turns what a Door says into an answer.
func (s *Server) problem(ctx context.Context, err error) error {
	var fault Fault
	switch {
	case errors.As(err, &fault):
		return huma.Error400BadRequest(fault.Error())
	case errors.Is(err, ErrLate):
		return huma.Error400BadRequest(ErrLate.Error())
	case errors.Is(err, ErrKeyReused), errors.Is(err, ErrAskedAlready):
		return huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, ErrInFlight), errors.Is(err, ErrNoDecision), errors.Is(err, ErrWasDecided):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, ErrNoOverride):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, ErrSamePerson):
		return huma.Error403Forbidden(err.Error())
	case errors.Is(err, ErrNotRecorded):
		id := errorID(err, s.cfg.Now())
		s.cfg.Log.ErrorContext(ctx, "decision", "id", id, "err", err)
		return huma.Error503ServiceUnavailable(ErrNotRecorded.Error() + " (error " + id + ")")
	}
	return s.internal(ctx, err)
}

const (
	maxAsk = 16 << 10 // bytes of a body
	maxID  = 256      // bytes of an id or key
)

type askInput struct {
	WhatIf  bool   `query:"what_if" doc:"answer what would be decided now; nothing is recorded or reserved"`
	Key     string `header:"Idempotency-Key" doc:"chosen by the caller for this request, at most 256 bytes, in quotes or bare; the same key with the same body gives the same answer for 24 hours"`
	RawBody []byte `contentType:"application/json"`
}

type askOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true when the decision was given before"`
	Body     struct {
		Decisions []Decided `json:"decisions" doc:"one; of a payout of all there is, one for each currency"`
		WhatIf    bool      `json:"what_if,omitempty"`
	}
}

func (s *Server) registerDecisions() {
	askFor[event.PayoutRequested](s, event.TypePayoutRequested, "payout", "How much may be paid out now")
	askFor[event.RefundRequested](s, event.TypeRefundRequested, "refund", "Whether a refund is carried out, and from whose money")
	askFor[event.MerchantApplied](s, event.TypeMerchantApplied, "merchant", "Whether a merchant is admitted")
	s.registerOverrides()
}

// askFor registers the operation that answers requests of type t, whose data is a T.
func askFor[T any](s *Server, t event.Type, kind, summary string) {
	schema := *huma.SchemaFromType(s.api.OpenAPI().Components.Schemas, reflect.TypeFor[T]())
	schema.AdditionalProperties = true // readers ignore what they do not know
	schema.Properties["time"] = &huma.Schema{Type: "string", Format: "date-time",
		Description: "when it was asked; the server's time where it is left out, at most five minutes ahead of it"}
	in := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	huma.Register(s.api, huma.Operation{
		OperationID: "decide-" + kind, Method: http.MethodPost, Path: "/v1/decisions/" + kind, Summary: summary, MaxBodyBytes: maxAsk,
		Metadata: map[string]any{byToken: true}, Security: []map[string][]string{{"token": {}}}, RequestBody: in, SkipValidateBody: true,
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}, func(ctx context.Context, in *askInput) (*askOutput, error) { return s.decide(ctx, t, in) })
	in.Content["application/json"].Schema = &schema // the body is read here, not by huma, which calls it binary
}

func (s *Server) decide(ctx context.Context, t event.Type, in *askInput) (*askOutput, error) {
	a, err := readAsk(t, in.Key, in.RawBody, s.cfg.Now())
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	out := &askOutput{}
	if in.WhatIf {
		a.Event.ID = "what-if"
		said, err := s.cfg.Door.WhatIf(a.Event)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		out.Body.WhatIf = true
		for _, ev := range said {
			line, err := ev.AppendJSON(nil)
			if err != nil {
				return nil, s.internal(ctx, err)
			}
			out.Body.Decisions = append(out.Body.Decisions, Decided{Event: line})
		}
		return out, nil
	}
	decided, again, err := s.cfg.Door.Decide(ctx, a)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	if again {
		out.Replayed = "true"
	}
	out.Body.Decisions = decided
	return out, nil
}

// readAsk reads a request for a decision.
func readAsk(t event.Type, key string, body []byte, now time.Time) (Ask, error) {
	key, err := readKey(key)
	if err != nil {
		return Ask{}, err
	}
	canonical := jsontext.Value(slices.Clone(body))
	if err := canonical.Canonicalize(); err != nil || canonical.Kind() != '{' {
		return Ask{}, Fault("the body must be one JSON object without a name twice")
	}
	var when struct {
		Time *time.Time `json:"time"`
	}
	if err := json.Unmarshal(canonical, &when); err != nil {
		return Ask{}, Fault("time: must be RFC 3339 with a zone, such as 2026-11-26T12:00:00+08:00")
	}
	at := now
	if when.Time != nil {
		at = *when.Time
	}
	if at.IsZero() || at.After(now.Add(maxAhead)) {
		return Ask{}, Fault(fmt.Sprintf("time: more than %s ahead of %s here", maxAhead, now.UTC().Format(time.RFC3339)))
	}
	line := fmt.Appendf(nil, `{"id":"-","source":%q,"type":%q,"time":%q,"data":`, DecisionSource, t, at.Format(time.RFC3339Nano))
	ev, err := event.Parse(append(append(line, body...), '}'))
	if err != nil {
		return Ask{}, Fault(strings.Replace(err.Error(), event.ErrMalformed.Error()+": data.", "", 1))
	}
	ev.ID = ""
	a := Ask{Key: key, Event: ev, Body: sha256.Sum256(append([]byte(t+" "), canonical...))}
	switch d := ev.Data.(type) {
	case *event.PayoutRequested:
		a.ID = string(d.Request)
		err = short("request", a.ID, "merchant", string(d.Merchant))
	case *event.RefundRequested:
		a.ID = string(d.Refund)
		err = short("refund", a.ID, "order", string(d.Order))
	case *event.MerchantApplied:
		a.ID = string(d.Merchant)
		err = short("merchant", a.ID)
	}
	return a, err
}

// short finds fault with values, given by name, that are longer than an id may be.
func short(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if len(pairs[i+1]) > maxID {
			return Fault(fmt.Sprintf("%s: at most %d bytes", pairs[i], maxID))
		}
	}
	return nil
}

// readKey reads an Idempotency-Key: by the draft of the IETF a string in quotes,
// and bare as most send it.
func readKey(v string) (string, error) {
	key := v
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		key = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(v[1 : len(v)-1])
		if key == "" {
			return "", Fault("Idempotency-Key: must not be empty")
		}
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return "", Fault("Idempotency-Key: must be printable ASCII")
		}
	}
	return key, short("Idempotency-Key", key)
}

// overrideRoles may let a merchant have more than the clauses leave, or confirm it.
func overrideRoles() []string { return []string{"admin", "finance"} }

// Override is what a person lets a merchant have.
type Override struct {
	event.DecisionOverridden
	Given time.Time `json:"given"`
	Left  int64     `json:"left" doc:"of the money, not yet paid out"`
	State string    `json:"state" enum:"waiting,in_force,spent,ended" doc:"waiting: for a second person"`
}

type overrideInput struct {
	Body struct {
		Merchant event.MerchantID `json:"merchant" minLength:"1" maxLength:"256"`
		Request  event.RequestID  `json:"request,omitempty" maxLength:"256" doc:"the payout whose hold it is about"`
		Money    event.Money      `json:"money" doc:"how much more may be paid out than the clauses leave"`
		Until    time.Time        `json:"until"`
		Reason   string           `json:"reason" minLength:"4" maxLength:"2000" doc:"why, in the person's own words"`
	}
}

func (s *Server) registerOverrides() {
	huma.Get(s.api, "/v1/decisions/overrides", func(context.Context, *struct{}) (*body[list[Override]], error) {
		return &body[list[Override]]{list[Override]{Items: s.cfg.Door.Overrides()}}, nil
	})
	record := func(ctx context.Context, o event.DecisionOverridden, by string) (*body[Override], error) {
		if u := userOf(ctx); !slices.Contains(overrideRoles(), u.Role) {
			return nil, huma.Error403Forbidden("the role " + u.Role + " may not override a decision")
		}
		got, err := s.cfg.Door.Override(ctx, o, by)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return &body[Override]{got}, nil
	}
	huma.Register(s.api, huma.Operation{
		OperationID: "override", Method: http.MethodPost, Path: "/v1/decisions/overrides",
		Summary: "Let a merchant be paid more than the clauses leave, by an amount and until a time", DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, in *overrideInput) (*body[Override], error) {
		b := &in.Body
		return record(ctx, event.DecisionOverridden{Merchant: b.Merchant, Request: b.Request, Money: b.Money, Until: b.Until,
			Reason: strings.TrimSpace(b.Reason), Person: userOf(ctx).User}, "")
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "confirm-override", Method: http.MethodPost, Path: "/v1/decisions/overrides/{id}/confirm",
		Summary: "Confirm, as a second person, what another has allowed",
	}, func(ctx context.Context, in *struct {
		ID event.OverrideID `path:"id" maxLength:"256"`
	}) (*body[Override], error) {
		return record(ctx, event.DecisionOverridden{Override: in.ID}, userOf(ctx).User)
	})
}
