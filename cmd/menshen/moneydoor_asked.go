package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
)

const (
	keysKept    = 24 * time.Hour       // an Idempotency-Key
	answersKept = 120 * 24 * time.Hour // where the answer to a request is
)

// question is what a decision answers: a payout or refund by its id, or a merchant.
type question struct {
	asks event.Type
	id   string
}

// questionOf is what a request asks or a decision answers; none for other events.
func questionOf(ev event.Event) question {
	switch d := ev.Data.(type) {
	case *event.PayoutRequested:
		return question{event.TypePayoutRequested, string(d.Request)}
	case *event.DecisionPayout:
		return question{event.TypePayoutRequested, string(d.Request)}
	case *event.RefundRequested:
		return question{event.TypeRefundRequested, string(d.Refund)}
	case *event.DecisionRefund:
		return question{event.TypeRefundRequested, string(d.Refund)}
	case *event.MerchantApplied:
		return question{event.TypeMerchantApplied, string(d.Merchant)}
	case *event.DecisionMerchant:
		return question{event.TypeMerchantApplied, string(d.Merchant)}
	}
	return question{}
}

func asks(t event.Type) bool {
	return t == event.TypePayoutRequested || t == event.TypeRefundRequested || t == event.TypeMerchantApplied
}

// answer is where the decisions are that a request got when it was made; what was
// decided on the same later is not among them.
type answer struct {
	sum      [16]byte // of what was asked
	expected int      // decisions

	at      []uint64    // the decisions' places in the record, once they are known
	pending api.Pending // until then, the batch they went into
	offsets []uint64    // and their places in it
}

// durableAt is where decisions are once they are durable: those whose place is known,
// and those of a batch by their places in it.
func durableAt(ctx context.Context, at []uint64, p api.Pending, offsets []uint64) ([]uint64, error) {
	at = slices.Clone(at)
	if p == nil {
		return at, nil
	}
	first, err := p.Wait(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range offsets {
		if !slices.Contains(at, first+o) {
			at = append(at, first+o)
		}
	}
	return at, nil
}

// usedKey is an Idempotency-Key.
type usedKey struct {
	body     [8]byte // of the request that it came with
	question question
	answered bool
}

// questions are the requests that were made, and the keys they came with. What it
// knows is made of the record alone: the id of a request says its key and body.
type questions struct {
	newest  time.Time
	answers map[question]*answer
	keys    map[[16]byte]*usedKey
	byTime  []aged[question]
	keyTime []aged[[16]byte]
}

type aged[T any] struct {
	at   time.Time
	what T
}

func newQuestions() questions {
	return questions{answers: map[question]*answer{}, keys: map[[16]byte]*usedKey{}}
}

func prefix[T [8]byte | [16]byte](b []byte) (out T) {
	switch o := any(&out).(type) {
	case *[8]byte:
		copy(o[:], b)
	case *[16]byte:
		copy(o[:], b)
	}
	return out
}

func keyHash(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return prefix[[16]byte](sum[:])
}

// askID is the id of a request that was made over HTTP. It holds a hash of the key
// and one of the body, from which a start knows both again.
func askID(a api.Ask) string {
	if a.Key == "" {
		sum := sha256.Sum256([]byte(string(a.Event.Type) + " " + a.ID))
		return "r-" + hex.EncodeToString(sum[:16])
	}
	key := keyHash(a.Key)
	return "k-" + hex.EncodeToString(key[:]) + "-" + hex.EncodeToString(a.Body[:8])
}

// keyOf reads what askID wrote.
func keyOf(ev event.Event) (key [16]byte, body [8]byte, ok bool) {
	rest, ok := strings.CutPrefix(ev.ID, "k-")
	if ev.Source != api.DecisionSource || !ok {
		return key, body, false
	}
	k, b, _ := strings.Cut(rest, "-")
	x, err := hex.DecodeString(k)
	y, err2 := hex.DecodeString(b)
	if err != nil || err2 != nil || len(x) != len(key) || len(y) != len(body) {
		return key, body, false
	}
	return prefix[[16]byte](x), prefix[[8]byte](y), true
}

// sumOf tells apart what was asked.
func sumOf(ev event.Event) [16]byte {
	line, err := event.Event{ID: "-", Source: "-", Type: ev.Type, Data: ev.Data}.AppendJSON(nil)
	if err != nil { // nothing in a request can fail to encode
		line = nil
	}
	sum := sha256.Sum256(line)
	return prefix[[16]byte](sum[:])
}

// find returns the answer to what was asked before, or nil and the key that a new
// request has taken.
func (qs *questions) find(q question, a api.Ask) (*answer, *usedKey, error) {
	qs.forget()
	body := prefix[[8]byte](a.Body[:])
	var key *usedKey
	if a.Key != "" {
		key = qs.keys[keyHash(a.Key)]
		switch {
		case key == nil:
		case !bytes.Equal(key.body[:], body[:]) || key.question != q:
			return nil, nil, api.ErrKeyReused
		case !key.answered:
			return nil, nil, api.ErrInFlight
		}
	}
	if old := qs.answers[q]; old != nil {
		if old.sum != sumOf(a.Event) {
			return nil, nil, api.ErrAskedAlready
		}
		return old, nil, nil
	}
	if a.Key != "" && key == nil {
		key = &usedKey{body: body, question: q}
	}
	return nil, key, nil
}

// note keeps a request and how many decisions it got.
func (qs *questions) note(ev event.Event, said []event.Event) {
	if ev.Time.After(qs.newest) {
		qs.newest = ev.Time
	}
	q := questionOf(ev)
	if !asks(ev.Type) || qs.answers[q] != nil {
		return
	}
	a := &answer{sum: sumOf(ev)}
	for _, s := range said {
		if questionOf(s) == q {
			a.expected++
		}
	}
	qs.answers[q] = a
	qs.byTime = append(qs.byTime, aged[question]{ev.Time, q})
}

// underWay says into which batch decisions went, the first of them at a place in it.
func (qs *questions) underWay(said []event.Event, p api.Pending, first uint64) {
	for i, s := range said {
		if a := qs.answers[questionOf(s)]; a != nil && len(a.at)+len(a.offsets) < max(a.expected, 1) {
			a.pending, a.offsets = p, append(a.offsets, first+uint64(i))
		}
	}
}

// durable says where the decisions on a request are.
func (qs *questions) durable(q question, at []uint64) {
	if a := qs.answers[q]; a != nil {
		a.at, a.pending, a.offsets = at, nil, nil
	}
}

// recorded says that a decision on a request is in the record.
func (qs *questions) recorded(q question, index uint64) {
	a := qs.answers[q]
	if a == nil || len(a.at) >= max(a.expected, 1) {
		return
	}
	a.at = append(a.at, index)
	if len(a.at) >= a.expected {
		a.pending, a.offsets = nil, nil
	}
}

// recall knows a key again from the request that it came with.
func (qs *questions) recall(ev event.Event) {
	if key, body, ok := keyOf(ev); ok && qs.keys[key] == nil {
		qs.take(key, &usedKey{body: body, question: questionOf(ev), answered: true}, ev.Time)
	}
	qs.forget()
}

// take keeps a key.
func (qs *questions) take(key [16]byte, u *usedKey, at time.Time) {
	qs.keys[key] = u
	qs.keyTime = append(qs.keyTime, aged[[16]byte]{at, key})
}

// forget drops what is older than it is kept.
func (qs *questions) forget() {
	for len(qs.byTime) > 0 && qs.newest.Sub(qs.byTime[0].at) > answersKept {
		delete(qs.answers, qs.byTime[0].what)
		qs.byTime = qs.byTime[1:]
	}
	for len(qs.keyTime) > 0 && qs.newest.Sub(qs.keyTime[0].at) > keysKept {
		delete(qs.keys, qs.keyTime[0].what)
		qs.keyTime = qs.keyTime[1:]
	}
}
