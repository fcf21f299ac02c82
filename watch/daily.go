package watch

import "github.com/menshen-io/menshen/event"

// Daily is the engine's statistics alone, for those who have counts by day
// instead of events: a study of months of an old system, a benchmark.
type Daily struct{ detector *detector }

// Counts is what one account viewed of one queue's customers on one day: how
// many customers with a reason and without, and how many of these have the
// attribute that the pack names.
type Counts struct{ Explained, ExplainedWith, Unexplained, UnexplainedWith int }

// Alarm is what the statistics say of an account, or of a partner's accounts
// together when Actor is empty.
type Alarm struct {
	Rule    string
	Actor   event.ActorID
	Partner event.PartnerID
	Odds    float64
}

// NewDaily returns the statistics at the beginning.
func NewDaily(pack *Pack) *Daily { return &Daily{newDetector(pack)} }

// Join puts an account among its peers.
func (d *Daily) Join(j *event.StaffJoined) {
	d.detector.move(j.Actor, groupName(j.Role, j.Queues), string(j.Partner))
}

// Leave forgets an account.
func (d *Daily) Leave(actor event.ActorID) { d.detector.drop(actor) }

// Add adds to an account's open day.
func (d *Daily) Add(actor event.ActorID, queue string, c Counts) {
	q := d.detector.account(actor).queue(d.detector.Queues.number(queue))
	q.Views[explained] += int32(c.Explained)
	q.Views[unexplained] += int32(c.Unexplained)
	q.Hits[explained][0] += uint16(c.ExplainedWith)
	q.Hits[unexplained][0] += uint16(c.UnexplainedWith)
}

// Close ends the day and returns its alarms.
func (d *Daily) Close() []Alarm {
	var out []Alarm
	for _, f := range d.detector.closeDay() {
		out = append(out, Alarm{f.rule, f.actor, f.partner, f.odds})
	}
	return out
}
