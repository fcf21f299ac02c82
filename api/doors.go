package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/ledger"
	"github.com/menshen-io/menshen/standing"
	"github.com/menshen-io/menshen/trace"
)

func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(ctx) }

type body[T any] struct{ Body T }

type list[T any] struct {
	Items []T    `json:"items"`
	Next  uint64 `json:"next,omitempty" doc:"pass as before for the page after this"`
}

// Page is how much of a list is asked for.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Before uint64 `query:"before" doc:"only entries before this index"`
}

// entries runs a query and turns what it finds into T, page by page.
func entries[T any](s *Server, ctx context.Context, q Query, turn func(Entry) (T, bool)) (*body[list[T]], error) {
	found, err := s.cfg.Index.Entries(ctx, q)
	if err != nil {
		return nil, s.internal(ctx, err)
	}
	out := &body[list[T]]{list[T]{Items: []T{}}}
	for _, e := range found {
		if v, ok := turn(e); ok {
			out.Body.Items = append(out.Body.Items, v)
		}
	}
	if len(found) == q.Limit {
		out.Body.Next = found[len(found)-1].Index
	}
	return out, nil
}

func alertOf(e Entry) (Alert, bool) {
	d, ok := e.Event.Data.(*event.AlertRaised)
	if !ok {
		return Alert{}, false
	}
	return AlertOf(e.Index, e.Event.Time, d), true
}

type alertDetail struct {
	Alert    Alert           `json:"alert"`
	Standing standing.Answer `json:"standing"`
	Views    []View          `json:"views"`
}

type viewsInput struct {
	Page
	Actor       string `query:"actor"`
	Subject     string `query:"subject"`
	Unexplained bool   `query:"unexplained"`
}

type subjectInput struct {
	Body struct {
		ID string `json:"id" minLength:"1" maxLength:"256" doc:"the customer's id in the back office"`
	}
}

type subjectOutput struct {
	Subject event.SubjectID `json:"subject"`
}

type liftInput struct {
	Body struct {
		Scope string `json:"scope" enum:"actor,partner,station,device,site"`
		ID    string `json:"id" minLength:"1" maxLength:"200"`
		Cause string `json:"cause" minLength:"1" maxLength:"200"`
		Note  string `json:"note" minLength:"4" maxLength:"2000" doc:"why, in the person's own words"`
	}
}

func (s *Server) registerDataDoor() {
	huma.Get(s.api, "/api/overview", func(ctx context.Context, _ *struct{}) (*body[Overview], error) {
		o, err := s.Overview(ctx)
		if err != nil {
			return nil, s.internal(ctx, err)
		}
		return &body[Overview]{o}, nil
	})
	huma.Get(s.api, "/api/start", func(context.Context, *struct{}) (*body[Start], error) {
		return &body[Start]{s.cfg.Start}, nil
	})
	huma.Get(s.api, "/api/alerts", func(ctx context.Context, in *Page) (*body[list[Alert]], error) {
		return entries(s, ctx, Query{Types: []event.Type{event.TypeAlertRaised}, Limit: in.Limit, Before: in.Before}, alertOf)
	})
	huma.Get(s.api, "/api/alerts/{alert}", s.alert)
	huma.Register(s.api, huma.Operation{
		OperationID: "subject", Method: http.MethodPost, Path: "/api/subject",
		Summary: "How a customer is named in the record; by POST, so that the back office's id is in no URL",
	}, func(_ context.Context, in *subjectInput) (*body[subjectOutput], error) {
		return &body[subjectOutput]{subjectOutput{s.cfg.Subjects(in.Body.ID)}}, nil
	})
	huma.Get(s.api, "/api/views", func(ctx context.Context, in *viewsInput) (*body[list[View]], error) {
		q := Query{Types: []event.Type{event.TypeAccessViewed}, Limit: in.Limit, Before: in.Before, Unexplained: in.Unexplained}
		match := func(View) bool { return true }
		switch {
		case in.Subject != "":
			q.Key = Key{KeySubject, in.Subject}
			if in.Actor != "" {
				match = func(v View) bool { return string(v.Actor) == in.Actor }
			}
		case in.Actor != "":
			q.Key = Key{KeyActor, in.Actor}
		}
		return entries(s, ctx, q, func(e Entry) (View, bool) {
			v, ok := viewOf(e)
			return v, ok && match(v)
		})
	})
	huma.Get(s.api, "/api/actors", func(context.Context, *struct{}) (*body[list[Actor]], error) {
		actors := s.cfg.Tally.Actors()
		for i := range actors {
			s.fillActor(&actors[i])
		}
		return &body[list[Actor]]{list[Actor]{Items: actors}}, nil
	})
	huma.Get(s.api, "/api/actors/{actor}", s.actor)
	huma.Get(s.api, "/api/standings", func(context.Context, *struct{}) (*body[list[standing.Entry]], error) {
		out := list[standing.Entry]{Items: s.cfg.Standings.List(s.cfg.Now())}
		if out.Items == nil {
			out.Items = []standing.Entry{}
		}
		return &body[list[standing.Entry]]{out}, nil
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "lift-standing", Method: http.MethodPost, Path: "/api/standings/lift",
		Summary: "Take back one ground against an account, company, site, workplace or computer", DefaultStatus: http.StatusNoContent,
	}, s.lift)
	huma.Get(s.api, "/api/trace", func(ctx context.Context, _ *struct{}) (*body[trace.Result], error) {
		res, err := s.cfg.Trace()
		if err != nil {
			return nil, s.internal(ctx, err)
		}
		return &body[trace.Result]{res}, nil
	})
}

func (s *Server) alert(ctx context.Context, in *struct {
	Alert string `path:"alert"`
}) (*body[alertDetail], error) {
	found, err := s.cfg.Index.Entries(ctx, Query{Key: Key{KeyAlert, in.Alert}, Types: []event.Type{event.TypeAlertRaised}, Limit: 1})
	if err != nil {
		return nil, s.internal(ctx, err)
	}
	if len(found) == 0 {
		return nil, huma.Error404NotFound("no such alert")
	}
	a, _ := alertOf(found[0])
	out := &body[alertDetail]{alertDetail{Alert: a, Views: []View{}}}
	out.Body.Standing = s.cfg.Standings.Ask(standing.Who{Actor: a.Actor, Partner: a.Partner, Station: a.Station}, s.cfg.Now())
	for _, id := range a.Events {
		views, err := s.cfg.Index.Entries(ctx, Query{Key: Key{KeyID, id}, Types: []event.Type{event.TypeAccessViewed}, Limit: 10})
		if err != nil {
			return nil, s.internal(ctx, err)
		}
		for _, e := range views {
			if v, ok := viewOf(e); ok && (a.Actor == "" || v.Actor == a.Actor) {
				out.Body.Views = append(out.Body.Views, v)
			}
		}
	}
	return out, nil
}

func (s *Server) fillActor(a *Actor) standing.Answer {
	ans := s.cfg.Standings.Ask(standing.Who{Actor: a.Actor, Partner: a.Partner, Site: a.Site}, s.cfg.Now())
	a.Standing = ans.Standing
	if a.Queues == nil {
		a.Queues = []string{}
	}
	return ans
}

func (s *Server) actor(ctx context.Context, in *struct {
	Actor string `path:"actor"`
}) (*body[ActorDetail], error) {
	a, days, ok := s.cfg.Tally.Actor(event.ActorID(in.Actor))
	if !ok {
		return nil, huma.Error404NotFound("no such account")
	}
	out := &body[ActorDetail]{ActorDetail{Actor: a, Days: days, Grounds: []standing.Ground{}, Recent: []View{}}}
	if g := s.fillActor(&out.Body.Actor).Grounds; g != nil {
		out.Body.Grounds = g
	}
	views, err := entries(s, ctx, Query{Key: Key{KeyActor, in.Actor}, Types: []event.Type{event.TypeAccessViewed}, Limit: 50}, viewOf)
	if err != nil {
		return nil, err
	}
	out.Body.Recent = views.Body.Items
	return out, nil
}

func (s *Server) lift(ctx context.Context, in *liftInput) (*struct{}, error) {
	u := userOf(ctx)
	if !slices.Contains(liftRoles, u.Role) {
		return nil, huma.Error403Forbidden("the role " + u.Role + " may not open a door")
	}
	known := slices.ContainsFunc(s.cfg.Standings.List(s.cfg.Now()), func(e standing.Entry) bool {
		return e.Scope == in.Body.Scope && e.ID == in.Body.ID &&
			slices.ContainsFunc(e.Grounds, func(g standing.Ground) bool { return g.Cause == in.Body.Cause })
	})
	if !known {
		return nil, huma.Error404NotFound("there is no such ground in force")
	}
	ev := event.New("lift-"+rand.Text(), consoleSource, s.cfg.Now(), &event.StandingChanged{
		Scope: in.Body.Scope, ID: in.Body.ID, Standing: event.Open, Cause: in.Body.Cause, By: u.User, Note: strings.TrimSpace(in.Body.Note),
	})
	pending, err := s.cfg.Record.Enqueue(ctx, ev)
	if err == nil {
		_, err = pending.Wait(ctx)
	}
	if err != nil {
		return nil, s.internal(ctx, err)
	}
	return nil, nil
}

func (s *Server) registerMoneyDoor() {
	huma.Get(s.api, "/api/merchants", func(context.Context, *struct{}) (*body[list[Merchant]], error) {
		out := list[Merchant]{Items: s.cfg.Money.Merchants()}
		if out.Items == nil {
			out.Items = []Merchant{}
		}
		return &body[list[Merchant]]{out}, nil
	})
	huma.Get(s.api, "/api/merchants/{merchant}", s.merchant)
}

type merchantDetail struct {
	Merchant  Merchant         `json:"merchant"`
	Ring      *event.RingFound `json:"ring,omitempty"`
	Decisions []Decision       `json:"decisions" doc:"the newest hundred"`
}

func (s *Server) merchant(ctx context.Context, in *struct {
	Merchant string `path:"merchant"`
}) (*body[merchantDetail], error) {
	m, ok := s.cfg.Money.Merchant(event.MerchantID(in.Merchant))
	if !ok {
		return nil, huma.Error404NotFound("no such merchant")
	}
	out := &body[merchantDetail]{merchantDetail{Merchant: m, Decisions: []Decision{}}}
	key := Key{KeyMerchant, in.Merchant}
	found, err := s.cfg.Index.Entries(ctx, Query{Key: key, Limit: 100, Types: []event.Type{
		event.TypeDecisionPayout, event.TypeDecisionRefund, event.TypeDecisionMerchant,
	}})
	if err != nil {
		return nil, s.internal(ctx, err)
	}
	for _, e := range found {
		out.Body.Decisions = append(out.Body.Decisions, Decision{e.Index, e.Event.Time, e.Event.Type, e.Event.Data})
	}
	rings, err := s.cfg.Index.Entries(ctx, Query{Key: key, Limit: 1, Types: []event.Type{event.TypeRingFound}})
	if err != nil {
		return nil, s.internal(ctx, err)
	}
	if len(rings) > 0 {
		out.Body.Ring, _ = rings[0].Event.Data.(*event.RingFound)
	}
	return out, nil
}

const maxIngest = 64 << 20

// maxAhead is how far a sender's clock may run ahead. An event of days ahead
// would make all that follow it late.
const maxAhead = 5 * time.Minute

// consoleSource is the source of what people do in the console.
const consoleSource = "console"

// foreign finds fault with an event that a sender may not record.
func (s *Server) foreign(ev event.Event) error {
	if ev.Source == standing.Source || ev.Source == consoleSource || ev.Source == DecisionSource {
		return fmt.Errorf("source: %q is Menshen's own", ev.Source)
	}
	if ev.Type == event.TypeDecisionOverridden {
		return errors.New("type: only a person who is signed in overrides a decision")
	}
	if now := s.cfg.Now(); ev.Time.After(now.Add(maxAhead)) {
		return fmt.Errorf("time: more than %s ahead of %s here", maxAhead, now.UTC().Format(time.RFC3339))
	}
	return ledger.Check(ev)
}

// ingest takes NDJSON events and answers when all of them are durable.
func (s *Server) ingest(w http.ResponseWriter, r *http.Request) {
	if !tokenMatches(r.Header.Get("Authorization"), s.cfg.TokenHash) {
		writeProblem(w, http.StatusUnauthorized, "a bearer token is needed")
		return
	}
	refused := []string{}
	rd := event.NewReader(http.MaxBytesReader(w, r.Body, maxIngest), event.DefaultLateness, func(f event.Refusal) {
		if len(refused) < 100 {
			refused = append(refused, f.String())
		}
	})
	rd.Check(s.foreign)
	var last Pending
	for {
		ev, err := rd.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			writeProblem(w, http.StatusBadRequest, fmt.Sprintf("reading line %d: the body broke off or is over %d MiB; lines before it may be recorded: send all of it again", rd.Counts().Lines+1, maxIngest>>20))
			return
		}
		if last, err = s.cfg.Record.Enqueue(r.Context(), ev); err != nil {
			s.notRecorded(w, r, err)
			return
		}
	}
	if rd.Counts().Accepted > 0 {
		// Events become durable in the order in which they were taken.
		if _, err := last.Wait(r.Context()); err != nil {
			s.notRecorded(w, r, err)
			return
		}
	}
	c := rd.Counts()
	writeJSON(w, map[string]any{
		"lines": c.Lines, "accepted": c.Accepted, "malformed": c.Malformed, "late": c.Late,
		"repeated": c.Duplicate, "unknown_type": c.Unknown, "refused": refused,
	})
}

func (s *Server) notRecorded(w http.ResponseWriter, r *http.Request, err error) {
	id := errorID(err, s.cfg.Now())
	s.cfg.Log.ErrorContext(r.Context(), "ingest", "id", id, "err", err)
	writeProblem(w, http.StatusServiceUnavailable, "the events could not all be recorded; a repetition is recognised, so send all of them again (error "+id+")")
}
