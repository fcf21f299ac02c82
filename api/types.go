package api

import (
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/standing"
)

// Overview is the state of both doors at a glance.
type Overview struct {
	Now       time.Time       `json:"now" doc:"time of the newest event"`
	Start     time.Time       `json:"start" doc:"time of the oldest event"`
	Data      DataFigures     `json:"data"`
	Money     MoneyFigures    `json:"money"`
	Alerts    []Alert         `json:"alerts" doc:"the newest ten"`
	Standings StandingFigures `json:"standings"`
	Ledger    LedgerFigures   `json:"ledger"`
}

// DataFigures are those of the data door.
type DataFigures struct {
	Views        int         `json:"views"`
	MaskedValues int         `json:"masked_values"`
	Reveals      int         `json:"reveals"`
	Refused      int         `json:"refused"`
	Unexplained  int         `json:"unexplained" doc:"customers viewed that no work explains"`
	Actors       int         `json:"actors"`
	Series       []DataPoint `json:"series"`
}

// DataPoint is one bucket of the data door's series.
type DataPoint struct {
	T           time.Time `json:"t"`
	Explained   int       `json:"explained"`
	Unexplained int       `json:"unexplained"`
	Refused     int       `json:"refused"`
}

// MoneyFigures are those of the money door, in minor units.
type MoneyFigures struct {
	Currency  event.Currency `json:"currency"`
	Paid      int64          `json:"paid"`
	Held      int64          `json:"held" doc:"asked for and held back, by each merchant's last decision"`
	Refunded  int64          `json:"refunded"`
	Advanced  int64          `json:"advanced"`
	AtRisk    int64          `json:"at_risk" doc:"what would be lost if every merchant left now"`
	Merchants int            `json:"merchants"`
	Series    []MoneyPoint   `json:"series"`
}

// MoneyPoint is one bucket of the money door's series.
type MoneyPoint struct {
	T        time.Time `json:"t"`
	Paid     int64     `json:"paid"`
	Held     int64     `json:"held" doc:"at the end of the bucket"`
	Refunded int64     `json:"refunded"`
}

// StandingFigures counts the doors that are not open.
type StandingFigures struct {
	Narrowed int `json:"narrowed"`
	Closed   int `json:"closed"`
}

// LedgerFigures tells how far the record reaches.
type LedgerFigures struct {
	Size           uint64    `json:"size"`
	CheckpointSize uint64    `json:"checkpoint_size"`
	CheckpointTime time.Time `json:"checkpoint_time"`
}

// Alert is an alert.raised event with its place in the ledger.
type Alert struct {
	Index uint64    `json:"index"`
	Time  time.Time `json:"time"`
	event.AlertRaised
}

// AlertOf puts an alert together.
func AlertOf(index uint64, at time.Time, d *event.AlertRaised) Alert {
	a := Alert{Index: index, Time: at, AlertRaised: *d}
	if a.Events == nil {
		a.Events = []string{}
	}
	return a
}

// View is an access.viewed event with its place in the ledger.
type View struct {
	Index     uint64                `json:"index"`
	ID        string                `json:"id"`
	Time      time.Time             `json:"time"`
	Actor     event.ActorID         `json:"actor"`
	Partner   event.PartnerID       `json:"partner"`
	Kind      string                `json:"kind"`
	Endpoint  string                `json:"endpoint"`
	Subjects  []event.SubjectViewed `json:"subjects"`
	Reason    *event.ReasonRef      `json:"reason,omitempty"`
	Explained bool                  `json:"explained" doc:"false as soon as one of its customers is not explained by work"`
	Station   event.StationID       `json:"station"`
}

func viewOf(e Entry) (View, bool) {
	d, ok := e.Event.Data.(*event.AccessViewed)
	if !ok {
		return View{}, false
	}
	subjects := d.Subjects
	if subjects == nil {
		subjects = []event.SubjectViewed{}
	}
	return View{
		Index: e.Index, ID: e.Event.ID, Time: e.Event.Time, Actor: d.Actor, Partner: d.Partner, Kind: d.Kind,
		Endpoint: d.Endpoint, Subjects: subjects, Reason: d.Reason, Explained: len(e.Unexplained) == 0, Station: d.Station,
	}, true
}

// Actor is an account with its figures.
type Actor struct {
	Actor       event.ActorID   `json:"actor"`
	Partner     event.PartnerID `json:"partner"`
	Site        string          `json:"site"`
	Role        string          `json:"role"`
	Queues      []string        `json:"queues"`
	Views       int             `json:"views"`
	Unexplained int             `json:"unexplained"`
	Alerts      int             `json:"alerts"`
	Standing    string          `json:"standing" enum:"open,narrowed,closed"`
}

// ActorDay is one day of an account.
type ActorDay struct {
	Day         string `json:"day"`
	Explained   int    `json:"explained"`
	Unexplained int    `json:"unexplained"`
}

// ActorDetail is an account with all that a person needs to judge it.
type ActorDetail struct {
	Actor
	Grounds []standing.Ground `json:"grounds"`
	Days    []ActorDay        `json:"days"`
	Recent  []View            `json:"recent" doc:"its newest views"`
}

// Merchant is a merchant's account, in minor units of Currency.
type Merchant struct {
	Merchant   event.MerchantID `json:"merchant"`
	Category   string           `json:"category"`
	Country    string           `json:"country"`
	Opened     time.Time        `json:"opened,omitzero"`
	Currency   event.Currency   `json:"currency"`
	Balance    int64            `json:"balance" doc:"confirmed and not yet paid out"`
	Refundable int64            `json:"refundable" doc:"of the confirmed orders, what can still be refunded"`
	Collateral int64            `json:"collateral"`
	Advanced   int64            `json:"advanced" doc:"refunded by the platform and not recovered"`
	AtRisk     int64            `json:"at_risk" doc:"what would be lost if the merchant left now"`
	Line       int64            `json:"line" doc:"how much may be at risk"`
	Paid       int64            `json:"paid"`
	Held       int64            `json:"held" doc:"held back at the last request"`
	Ring       event.RingID     `json:"ring,omitempty"`
	RingLine   int64            `json:"ring_line,omitempty" doc:"how much may be at risk over the whole ring"`
	RingAtRisk int64            `json:"ring_at_risk,omitempty" doc:"over the whole ring"`
	Decision   string           `json:"decision,omitempty" doc:"the last answer to a request"`
}

// Decision is a decision event with its place in the ledger.
type Decision struct {
	Index uint64     `json:"index"`
	Time  time.Time  `json:"time"`
	Type  event.Type `json:"type"`
	Data  any        `json:"data"`
}

// User is who is signed in to the console.
type User struct {
	User string `json:"user"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Start is the page that a newcomer sees first.
type Start struct {
	Demo     bool           `json:"demo"`
	DeskURL  string         `json:"desk_url,omitempty" doc:"the back office behind the gateway"`
	Steps    []StartStep    `json:"steps"`
	Accounts []StartAccount `json:"accounts" doc:"invented accounts of the demo"`
}

// StartStep tells one thing to look at.
type StartStep struct {
	Title event.Text `json:"title"`
	Text  event.Text `json:"text"`
	Link  string     `json:"link"`
}

// StartAccount is an account to try.
type StartAccount struct {
	User     string     `json:"user"`
	Password string     `json:"password"`
	What     event.Text `json:"what"`
}
