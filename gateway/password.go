package gateway

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// Parameters of new hashes: the second recommendation of RFC 9106.
const (
	argonMemory  = 64 << 10 // KiB
	argonTime    = 3
	argonThreads = 4
	argonKey     = 32
	argonSalt    = 16
)

// maxPassword bounds what is hashed; a longer one is wrong without being read.
const maxPassword = 1024

// ErrHashFormat is returned for what is not an argon2id hash in PHC string
// format, or one whose parameters are outside of what is accepted.
var ErrHashFormat = errors.New("not an argon2id hash")

type argonHash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// HashPassword returns an argon2id hash of password in PHC string format.
func HashPassword(password string) (string, error) {
	if password == "" || len(password) > maxPassword {
		return "", fmt.Errorf("hashing password: must have 1 to %d bytes", maxPassword)
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	return formatHash(password, argonHash{memory: argonMemory, time: argonTime, threads: argonThreads, salt: salt}), nil
}

func formatHash(password string, h argonHash) string {
	key := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		b64.EncodeToString(h.salt), b64.EncodeToString(key))
}

// parseHash reads a PHC string. Its limits keep a wrong hash from eating the
// machine: 256 MiB, 16 passes.
func parseHash(s string) (argonHash, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return argonHash{}, ErrHashFormat
	}
	var version int
	if n, err := fmt.Sscanf(parts[2], "v=%d", &version); n != 1 || err != nil || version != argon2.Version {
		return argonHash{}, fmt.Errorf("%w: version", ErrHashFormat)
	}
	var h argonHash
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); n != 3 || err != nil {
		return argonHash{}, fmt.Errorf("%w: parameters", ErrHashFormat)
	}
	if h.memory < 8 || h.memory > 256<<10 || h.time < 1 || h.time > 16 || h.threads < 1 {
		return argonHash{}, fmt.Errorf("%w: parameters out of bounds", ErrHashFormat)
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return argonHash{}, fmt.Errorf("%w: salt", ErrHashFormat)
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return argonHash{}, fmt.Errorf("%w: key", ErrHashFormat)
	}
	return h, nil
}

// hasher verifies passwords, a few at a time: one verification takes 64 MiB.
type hasher struct {
	slots *semaphore.Weighted
	// decoy is verified against for a user who does not exist, so that the
	// answer takes as long as for one who does.
	decoy argonHash
}

func newHasher(concurrent int) *hasher {
	h := &hasher{slots: semaphore.NewWeighted(int64(concurrent))}
	h.decoy = argonHash{memory: argonMemory, time: argonTime, threads: argonThreads, salt: make([]byte, argonSalt), key: make([]byte, argonKey)}
	rand.Read(h.decoy.salt)
	rand.Read(h.decoy.key)
	return h
}

// verify reports whether password belongs to hash. Without a hash it does the
// same work and says no. It blocks while too many are at it, until ctx ends.
func (h *hasher) verify(ctx context.Context, password, hash string) (bool, error) {
	want, known := h.decoy, false
	if hash != "" {
		parsed, err := parseHash(hash)
		if err != nil {
			return false, fmt.Errorf("verifying password: %w", err)
		}
		want, known = parsed, true
	}
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return false, fmt.Errorf("verifying password: %w", err)
	}
	defer h.slots.Release(1)
	if len(password) > maxPassword {
		password, known = password[:maxPassword], false
	}
	got := argon2.IDKey([]byte(password), want.salt, want.time, want.memory, want.threads, uint32(len(want.key)))
	return subtle.ConstantTimeCompare(got, want.key) == 1 && known, nil
}
