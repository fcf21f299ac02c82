package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"

	"github.com/menshen-io/menshen/mask/ff1"
)

// Keys are what pseudonyms and FF1 are made with. They are safe for use by many
// goroutines. They say nothing of themselves when they are printed.
type Keys struct {
	ff1  *ff1.Cipher
	macs sync.Pool // of *mac
}

// NewKeys derives keys from secret, which has at least [MinSecret] bytes and is
// kept apart from what is masked under it.
func NewKeys(secret []byte) (*Keys, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("mask key: must have at least %d bytes", MinSecret)
	}
	derive := func(what string) []byte {
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(what))
		return m.Sum(nil)
	}
	c, err := ff1.New(derive("menshen mask ff1 1"))
	if err != nil {
		return nil, err
	}
	key := derive("menshen mask pseudonym 1")
	return &Keys{ff1: c, macs: sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, key)} }}}, nil
}

// String keeps keys out of logs.
func (k *Keys) String() string { return "mask.Keys" }

// mac is one hash being made.
type mac struct {
	hash hash.Hash
	in   []byte
	num  []byte // numerals
	out  [sha256.Size]byte
}

// sum returns the first 64 bits of the hash of m.in.
func (m *mac) sum() uint64 {
	m.hash.Reset()
	m.hash.Write(m.in)
	return binary.BigEndian.Uint64(m.hash.Sum(m.out[:0]))
}

// A pseudonym is P- and four groups of four letters: P-KXRT-BCDF-GHJK-LMNP. The
// first three groups are the value's, 20^12 or 52 bits; the last proves that it
// was made with these keys. Without digits and vowels it reads like nothing else.
const (
	aliasLetters = "BCDFGHJKLMNPQRSTVWXZ"
	aliasLen     = len("P-BBBB-BBBB-BBBB-BBBB")
	aliasBody    = aliasLen - len("-BBBB")
)

// IsAlias tells whether s has the shape of a pseudonym, of whatever keys.
func IsAlias(s string) bool {
	if len(s) != aliasLen || s[0] != 'P' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if i%5 == 1 {
			if s[i] != '-' {
				return false
			}
		} else if strings.IndexByte(aliasLetters, s[i]) < 0 {
			return false
		}
	}
	return true
}

// appendGroups appends n groups of four letters, of what x says.
func appendGroups(dst []byte, x uint64, n int) []byte {
	for range n {
		dst = append(dst, '-')
		for range 4 {
			dst = append(dst, aliasLetters[x%uint64(len(aliasLetters))])
			x /= uint64(len(aliasLetters))
		}
	}
	return dst
}

// appendAlias appends the pseudonym of v. How v is written makes no difference.
func (k *Keys) appendAlias(dst []byte, c Class, v string) []byte {
	m := k.macs.Get().(*mac)
	defer k.macs.Put(m)
	m.in = append(append(m.in[:0], kin(c)...), 0)
	m.in = appendSame(m.in, c, v)
	body := m.sum()
	clear(m.in)
	from := len(dst)
	dst = appendGroups(append(dst, 'P'), body, 3)
	return appendGroups(dst, m.proof(view(dst[from:])), 1)
}

// proof returns what the last group of a pseudonym says of those before it.
func (m *mac) proof(body string) uint64 {
	m.in = append(append(m.in[:0], "proof\x00"...), body...)
	return m.sum()
}

// issued tells whether v is a pseudonym made with k, which may be nil.
func (k *Keys) issued(v string) bool {
	if k == nil || !IsAlias(v) {
		return false
	}
	m := k.macs.Get().(*mac)
	defer k.macs.Put(m)
	var b [8]byte
	return view(appendGroups(b[:0], m.proof(v[:aliasBody]), 1)) == v[aliasBody:]
}

// errFormat: a value is not of the format that FF1 keeps.
var errFormat = errors.New("not of its format")

// appendFF1 appends v encrypted, in a format that no value of its class has: see
// formatOf. What is not of its class's format is covered whole.
func (k *Keys) appendFF1(dst []byte, c Class, tweak, v string) []byte {
	var t numerals
	if err := t.read(c, v); err != nil {
		return append(dst, Full...)
	}
	if err := k.crypt(&t, c, tweak, k.ff1.Encrypt); err != nil || !t.marked() {
		return append(dst, Full...)
	}
	return t.appendMask(dst)
}

// decipher returns what v, a mask of class c, was made from: the part that is
// encrypted, in ASCII.
func (k *Keys) decipher(c Class, tweak, v string) (string, error) {
	var t numerals
	if err := t.readMask(c, v); err != nil {
		return "", err
	}
	if err := k.crypt(&t, c, tweak, k.ff1.Decrypt); err != nil {
		return "", err
	}
	var out []byte
	for _, d := range t.x[:t.n] {
		out = append(out, upper36[d])
	}
	return string(out), nil
}

func (k *Keys) crypt(t *numerals, c Class, tweak string, run func([]byte, int, []byte) error) error {
	m := k.macs.Get().(*mac)
	defer k.macs.Put(m)
	m.in = append(append(append(m.in[:0], kin(c)...), 0), tweak...)
	if len(m.in) > 64 { // FF1 takes no tweak of any length
		m.hash.Reset()
		m.hash.Write(m.in)
		m.in = append(m.in[:0], m.hash.Sum(m.out[:0])...)
	}
	m.num = append(m.num[:0], t.x[:t.n]...) // escapes, as the cipher is behind a function
	err := run(m.num, t.radix, m.in)
	copy(t.x[:], m.num)
	clear(m.num)
	if err != nil {
		return fmt.Errorf("encrypting: %w", err)
	}
	return nil
}
