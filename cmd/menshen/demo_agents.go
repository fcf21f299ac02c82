package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/internal/sim/desk"
)

// merged yields the steps of both worlds in the order of time.
func merged(deskWorld, shopWorld *sim.World) iter.Seq[step] {
	return func(yield func(step) bool) {
		next, stop := iter.Pull(shopWorld.Actions())
		defer stop()
		other, more := next()
		for a := range deskWorld.Actions() {
			for more && other.At.Before(a.At) {
				if !yield(step{Action: other}) {
					return
				}
				other, more = next()
			}
			if !yield(step{a, true}) {
				return
			}
		}
		for ; more; other, more = next() {
			if !yield(step{Action: other}) {
				return
			}
		}
	}
}

// agents act the visits of the simulated accounts as requests through the
// gateway, one after the other: platform time stands still meanwhile, so that a
// view is recorded at the time at which it is made.
type agents struct {
	p      *platform
	people map[event.ActorID]*http.Client
}

func (a *agents) act(ctx context.Context, v sim.Visit) error {
	c := a.people[v.Actor]
	if c == nil {
		var err error
		if c, err = a.signIn(ctx, v.Actor); err != nil {
			return err
		}
		a.people[v.Actor] = c
	}
	req, err := desk.NewRequest(ctx, a.p.gateURL, v)
	if err != nil {
		return err
	}
	if err := a.do(c, req); err != nil {
		return err
	}
	if v.Kind != event.KindDetail {
		return nil
	}
	// An honest agent now and then needs the number and has the ticket to show
	// for it; an insider has none and makes one up.
	reason := v.Reason
	switch {
	case reason == nil && a.p.insiders[v.Actor]:
		reason = &event.ReasonRef{Kind: "ticket", ID: "t-0"}
	case reason == nil || !seldom(string(reason.ID)) || !a.mayReveal(v):
		return nil
	}
	body, err := json.Marshal(map[string]any{"subject": v.Customer, "field": "phone", "reason": reason})
	if err != nil {
		return err
	}
	if req, err = http.NewRequestWithContext(ctx, http.MethodPost, a.p.gateURL+"/_menshen/reveal", bytes.NewReader(body)); err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return a.do(c, req)
}

// mayReveal says whether the claimed reason is open at the door.
func (a *agents) mayReveal(v sim.Visit) bool {
	subject := a.p.server.subjects(string(v.Customer))
	return a.p.server.engines.reasons.Open(v.Actor, v.Reason.Kind, v.Reason.ID, subject, a.p.clock.now())
}

// seldom picks about one ticket in twelve.
func seldom(id string) bool {
	h := fnv.New32a()
	io.WriteString(h, id)
	return h.Sum32()%12 == 0
}

func (a *agents) do(c *http.Client, req *http.Request) error {
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

func (a *agents) signIn(ctx context.Context, actor event.ActorID) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Jar: jar}
	form := url.Values{"user": {string(actor)}, "password": {demoPassword}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.p.gateURL+"/_menshen/login", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return nil, err
	}
	if res.StatusCode >= 400 {
		return nil, fmt.Errorf("signing in: %s", res.Status)
	}
	return c, nil
}
