package partner

import (
	"encoding/json"
	"io"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/snapshot"
)

// rollState is all that a roll knows.
type rollState struct {
	People   map[event.ActorID]*person
	Partners map[event.PartnerID]map[string]*admission
	Attached map[event.DeviceID]*attachment
	Due      dueHeap
}

// Save writes all that the roll knows, so that Load can go on from it.
func (r *Roll) Save(w io.Writer) error { return snapshot.Save(w, r.walk) }

// Load makes a new roll know what another one of the same rules has saved. An error
// that wraps snapshot.ErrUnfit says that it cannot; the roll is not to be used then.
func (r *Roll) Load(in io.Reader) error { return snapshot.Load(in, r.walk) }

func (r *Roll) walk(c *snapshot.Codec) {
	rules, err := json.Marshal(r.rules)
	if err != nil {
		c.Fail(err)
	}
	c.Same("menshen partners 1 "+string(rules), "it is of another kind or version, or of other rules")
	s := rollState{r.people, r.partners, r.attached, r.due}
	snapshot.JSON(c, &s)
	if !c.Loading() || c.Err() != nil {
		return
	}
	if s.People == nil || s.Partners == nil || s.Attached == nil {
		c.Unfit("parts are missing")
		return
	}
	r.people, r.partners, r.attached, r.due = s.People, s.Partners, s.Attached, s.Due
}
