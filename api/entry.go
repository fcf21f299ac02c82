package api

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/menshen-io/menshen/event"
)

// Entry is one recorded event with its place in the ledger.
type Entry struct {
	Index       uint64
	Event       event.Event
	Line        []byte            // as recorded
	Unexplained []event.SubjectID // of a view: the customers that no work explains
}

// ParseEntry puts an entry together from what is stored. unexplained is a JSON
// list of subjects, or empty.
func ParseEntry(index uint64, line, unexplained []byte) (Entry, error) {
	ev, err := event.Parse(line)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Index: index, Event: ev, Line: line}
	if len(unexplained) > 0 {
		if err := json.Unmarshal(unexplained, &e.Unexplained); err != nil {
			return Entry{}, err
		}
	}
	return e, nil
}

// Kinds of keys under which an entry is found.
const (
	KeyID       = "id"
	KeyActor    = "actor"
	KeySubject  = "subject"
	KeyMerchant = "merchant"
	KeyAlert    = "alert"
)

// Key is what an entry is about.
type Key struct{ Kind, Key string }

// Query asks for entries, newest first.
type Query struct {
	Key         Key          // the zero Key: any
	Types       []event.Type // none: any
	Before      uint64       // only entries before this index; 0: from the newest
	Limit       int
	Unexplained bool // only views with an unexplained customer
}

// Unexplained is a view of a customer that no work explains.
type Unexplained struct {
	Index   uint64
	Subject event.SubjectID
}

// Keys returns what ev is found under.
func Keys(ev event.Event) []Key {
	keys := []Key{{KeyID, ev.ID}}
	add := func(kind, key string) {
		if k := (Key{kind, key}); key != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	switch d := ev.Data.(type) {
	case *event.AccessViewed:
		add(KeyActor, string(d.Actor))
		for _, s := range d.Subjects {
			add(KeySubject, string(s.Subject))
		}
	case *event.AccessRefused:
		add(KeyActor, string(d.Actor))
		add(KeySubject, string(d.Subject))
	case *event.HarmReported:
		add(KeySubject, string(d.Subject))
	case *event.AlertRaised:
		add(KeyAlert, string(d.Alert))
		add(KeyActor, string(d.Actor))
	case *event.MerchantApplied:
		add(KeyMerchant, string(d.Merchant))
	case *event.DecisionPayout:
		add(KeyMerchant, string(d.Merchant))
	case *event.DecisionRefund:
		add(KeyMerchant, string(d.Merchant))
	case *event.DecisionMerchant:
		add(KeyMerchant, string(d.Merchant))
	case *event.DecisionShadowed:
		add(KeyMerchant, string(d.Merchant))
	case *event.DecisionOverridden:
		add(KeyMerchant, string(d.Merchant))
	case *event.RingFound:
		for _, m := range slices.Concat(d.Merchants, d.Left) {
			add(KeyMerchant, string(m))
		}
	case *event.RingStruck:
		add(KeyMerchant, string(d.A))
		add(KeyMerchant, string(d.B))
	}
	return keys
}

// Index finds entries again. An implementation may be behind the ledger by
// what has not been indexed yet.
type Index interface {
	Entries(ctx context.Context, q Query) ([]Entry, error)
}
