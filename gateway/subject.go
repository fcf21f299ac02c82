package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/menshen-io/menshen/event"
)

// Subjects turns the back office's id of a customer into the one that Menshen
// records. It must give the same answer for the same id and must not be
// reversible without its key.
type Subjects func(id string) event.SubjectID

// HMACSubjects returns Subjects by HMAC-SHA-256 under key, which has at least
// 32 bytes, never enters the ledger, and must be the same in every part that
// sends events about the same customers. An id becomes "c-" and 32 hex digits.
func HMACSubjects(key []byte) (Subjects, error) {
	if len(key) < 32 {
		return nil, errors.New("subject key: must have at least 32 bytes")
	}
	key = append([]byte(nil), key...)
	return func(id string) event.SubjectID {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(id))
		var sum [sha256.Size]byte
		var out [2 + 32]byte
		out[0], out[1] = 'c', '-'
		hex.Encode(out[2:], m.Sum(sum[:0])[:16])
		return event.SubjectID(out[:])
	}, nil
}
