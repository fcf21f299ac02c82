package gateway

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

// MaxReveal is the longest request to reveal that is read.
const MaxReveal = 4 << 10

// RevealRequest asks for one original.
type RevealRequest struct {
	Subject string           `json:"subject"` // as the back office names it
	Field   string           `json:"field"`   // a field of the policy, its last part, or a class
	Mask    string           `json:"mask"`    // optional: what is shown instead, where a customer has several
	Reason  *event.ReasonRef `json:"reason"`
}

// ParseReveal reads a request to reveal. Unknown members are a fault.
func ParseReveal(body []byte) (RevealRequest, error) {
	var r RevealRequest
	if len(body) > MaxReveal {
		return r, errors.New("reading request to reveal: too long")
	}
	if err := json.Unmarshal(body, &r, json.RejectUnknownMembers(true)); err != nil {
		return RevealRequest{}, errors.New("reading request to reveal: not as expected")
	}
	if r.Subject == "" || r.Field == "" {
		return RevealRequest{}, errors.New("reading request to reveal: subject and field are needed")
	}
	return r, nil
}

// Reveal returns one original for a recorded reason. The value is returned only
// after the record of it is durable; every refusal is recorded.
func (g *Gateway) Reveal(ctx context.Context, s Session, r RevealRequest) (string, *Refusal) {
	now := g.cfg.Now()
	subject := g.cfg.Subjects(r.Subject)
	refuse := func(cause Cause, grounds ...event.Text) (string, *Refusal) {
		return "", g.refuse(ctx, &event.AccessRefused{Actor: s.Actor, Partner: s.Partner, Kind: event.KindReveal,
			Cause: string(cause), Subject: subject, IP: s.IP}, grounds...)
	}
	role, ok := g.cfg.Policy.Role(s.Role)
	if !ok {
		return refuse(CauseRoleUnknown)
	}
	switch answer := g.cfg.Standing(s.who(), now); answer.Standing {
	case event.Open:
	case event.Narrowed:
		return refuse(CauseStandingNarrowed, answer.Grounds...)
	default:
		return refuse(CauseStandingClosed, answer.Grounds...)
	}
	if len(role.Reveal) == 0 {
		return refuse(CauseRevealClass)
	}
	d := g.vault.drawer(s.ID)
	if d == nil {
		return refuse(CauseRevealNotSeen)
	}
	original, err := d.find(r.Subject, r.Field, r.Mask, now)
	switch {
	case errors.Is(err, errAmbiguous):
		return refuse(CauseRevealAmbiguous)
	case err != nil:
		return refuse(CauseRevealNotSeen)
	}
	if !role.MayReveal(mask.Class(original.Class)) {
		return refuse(CauseRevealClass)
	}
	if r.Reason == nil || r.Reason.Kind == "" || !plainID(string(r.Reason.ID)) || !plainID(r.Reason.Kind) {
		return refuse(CauseRevealNoReason)
	}
	open, err := g.cfg.Reasons(ctx, Claim{Actor: s.Actor, Subject: subject, Reason: *r.Reason}, now)
	switch {
	case err != nil:
		return refuse(CauseReasonsUnanswered)
	case !open:
		return refuse(CauseRevealReason)
	}
	// Taken before it is recorded, so that many at once do not slip under the
	// quota, and not given back.
	if !g.reveals.take(string(s.Actor), now, role.RevealsPerHour) {
		return refuse(CauseRevealQuota)
	}
	ev := g.event(&event.AccessViewed{
		Actor: s.Actor, Partner: s.Partner, Role: s.Role, Session: s.ID, Endpoint: "POST /_menshen/reveal", Kind: event.KindReveal,
		Subjects: []event.SubjectViewed{{Subject: subject, Fields: map[string]string{original.Class: event.Raw}}},
		Reason:   r.Reason, Station: s.Station, Device: s.Device, IP: s.IP,
	})
	if err := g.cfg.Record.Append(ctx, ev); err != nil {
		return "", Refuse(CauseNotRecorded)
	}
	return original.Value, nil
}

// MayReveal lists the classes that s may reveal now.
func (g *Gateway) MayReveal(s Session) []mask.Class {
	role, ok := g.cfg.Policy.Role(s.Role)
	if !ok || role.RevealsPerHour == 0 || g.Standing(s).Standing != event.Open {
		return nil
	}
	return role.Reveal
}

// View says how s sees personal values now.
func (g *Gateway) View(s Session) policy.View {
	role, ok := g.cfg.Policy.Role(s.Role)
	if ok && role.View == policy.Raw && g.Standing(s).Standing == event.Open {
		return policy.Raw
	}
	return policy.Masked
}

// RefuseReveal records that a request to reveal was refused before it was read.
func (g *Gateway) RefuseReveal(ctx context.Context, s Session, cause Cause) *Refusal {
	return g.refuse(ctx, &event.AccessRefused{Actor: s.Actor, Partner: s.Partner, Kind: event.KindReveal, Cause: string(cause), IP: s.IP})
}
