package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"sync"

	"github.com/menshen-io/menshen/event"
)

// Subjects turns the back office's id of a customer into the one that Menshen
// records. It must give the same answer for the same id and must not be
// reversible without its key.
type Subjects func(id string) event.SubjectID

// hasherOfSubjects is reused: a page shows dozens of customers.
type hasherOfSubjects struct {
	mac hash.Hash
	id  []byte
	sum [sha256.Size]byte
	out [2 + 32]byte
}

// HMACSubjects returns Subjects by HMAC-SHA-256 under key, which has at least
// 32 bytes, never enters the ledger, and must be the same in every part that
// sends events about the same customers. An id becomes "c-" and 32 hex digits.
func HMACSubjects(key []byte) (Subjects, error) {
	if len(key) < 32 {
		return nil, errors.New("subject key: must have at least 32 bytes")
	}
	key = append([]byte(nil), key...)
	pool := sync.Pool{New: func() any { return &hasherOfSubjects{mac: hmac.New(sha256.New, key)} }}
	return func(id string) event.SubjectID {
		h := pool.Get().(*hasherOfSubjects)
		h.mac.Reset()
		h.id = append(h.id[:0], id...)
		h.mac.Write(h.id)
		sum := h.mac.Sum(h.sum[:0])
		h.out[0], h.out[1] = 'c', '-'
		hex.Encode(h.out[2:], sum[:16])
		out := event.SubjectID(h.out[:])
		pool.Put(h)
		return out
	}, nil
}
