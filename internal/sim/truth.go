package sim

import (
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Truth says who did what in a world: what detection is measured against.
type Truth struct {
	Scenario string            `json:"scenario"`
	Seed     uint64            `json:"seed"`
	Insiders []Insider         `json:"insiders"`
	Harms    []Harm            `json:"harms"`
	Rings    []RingTruth       `json:"rings"`
	Canaries []event.SubjectID `json:"canaries"`
	// Honest troubles of the world, and accounts that are only careless.
	Troubles []string        `json:"troubles,omitzero"`
	Sloppy   []event.ActorID `json:"sloppy,omitzero"`
}

// Insider is an account whose person sold customers, with the customers in the
// order of the lookups.
type Insider struct {
	Actor    event.ActorID     `json:"actor"`
	Partner  event.PartnerID   `json:"partner"`
	Subjects []event.SubjectID `json:"subjects"`
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to"`
	Kind     string            `json:"kind,omitzero"` // one of LeakKinds; none in harvest
	Gang     int               `json:"gang,omitzero"` // those of one number sell to one hand
}

// Harm is one harm.reported event with its cause: "leak" by Actor, "elsewhere"
// for a leak with which no account here has to do, or "background".
type Harm struct {
	ID      string          `json:"id"`
	Subject event.SubjectID `json:"subject"`
	Kind    string          `json:"kind"`
	Time    time.Time       `json:"time"`
	Cause   string          `json:"cause"`
	Actor   event.ActorID   `json:"actor,omitzero"`
}

// RingTruth is a set of shops of one hand.
type RingTruth struct {
	Merchants []event.MerchantID `json:"merchants"`
	People    []string           `json:"people"` // legal persons, as hashed
	Buyers    []event.BuyerID    `json:"buyers"` // accomplices' accounts
	// Advanced is what the platform would have advanced, in minor units, had it
	// paid out every balance at once when asked.
	Advanced int64          `json:"advanced_under_instant_payout"`
	Currency event.Currency `json:"currency"`
}

func (r *run) finish() {
	slices.SortStableFunc(r.truth.Harms, func(a, b Harm) int { return a.Time.Compare(b.Time) })
	r.truth.Insiders = slices.DeleteFunc(r.truth.Insiders, func(in Insider) bool { return len(in.Subjects) == 0 })
}
