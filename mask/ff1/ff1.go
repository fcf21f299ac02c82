package ff1

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync"
)

// Why numerals are not encrypted.
var (
	ErrDomain  = errors.New("fewer than 1,000,000 values, or more than can be counted")
	ErrNumeral = errors.New("not a numeral of the radix")
	ErrTweak   = errors.New("tweak longer than 256 bytes")
)

const (
	rounds    = 10
	minDomain = 1_000_000 // radix^n, SP 800-38G revision 1, section 5.1
	maxTweak  = 256
)

// Cipher encrypts under one key. It is safe for use by many goroutines.
type Cipher struct {
	block cipher.Block
	pool  sync.Pool // of *work
}

// New returns the cipher of an AES key: 16, 24 or 32 bytes.
func New(key []byte) (*Cipher, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making FF1 cipher: %w", err)
	}
	return &Cipher{block: block, pool: sync.Pool{New: func() any { return new(work) }}}, nil
}

// Encrypt replaces x, numerals below radix (2 to 36), by their cipher text.
func (c *Cipher) Encrypt(x []byte, radix int, tweak []byte) error {
	return c.run(x, radix, tweak, true)
}

// Decrypt is the inverse of [Cipher.Encrypt].
func (c *Cipher) Decrypt(x []byte, radix int, tweak []byte) error {
	return c.run(x, radix, tweak, false)
}

// work is one run. Its bytes are here, not on the stack, as the block cipher is
// behind an interface.
type work struct {
	head [aes.BlockSize]byte // CIPH(P)
	sum  [aes.BlockSize]byte // R
	q    []byte
	b    int // bytes that a number takes in q
}

func (c *Cipher) run(x []byte, radix int, tweak []byte, forward bool) error {
	if radix < 2 || radix > 36 {
		return ErrNumeral
	}
	if len(tweak) > maxTweak {
		return ErrTweak
	}
	for _, d := range x {
		if int(d) >= radix {
			return ErrNumeral
		}
	}
	n := len(x)
	u := n / 2
	v := n - u
	modU, okU := power(uint64(radix), u)
	modV, okV := power(uint64(radix), v)
	if !okU || !okV {
		return ErrDomain
	}
	if hi, lo := bits.Mul64(modU, modV); hi == 0 && lo < minDomain {
		return ErrDomain
	}
	w := c.pool.Get().(*work)
	defer c.pool.Put(w)
	w.begin(c.block, n, radix, tweak, modV)
	a, b := number(x[:u], radix), number(x[u:], radix)
	if forward {
		for i := range rounds {
			m := modU
			if i%2 == 1 {
				m = modV
			}
			a, b = b, add(a, w.round(c.block, i, b, m), m)
		}
	} else {
		for i := rounds - 1; i >= 0; i-- {
			m := modU
			if i%2 == 1 {
				m = modV
			}
			a, b = add(b, m-w.round(c.block, i, a, m), m), a
		}
	}
	write(x[:u], a, radix)
	write(x[u:], b, radix)
	clear(w.q)
	return nil
}

// begin makes what all rounds share: the first block of the PRF, and Q but for
// the round and the number. The spaces that Q's number and S take are b and d of
// the standard; with numbers of 64 bits d is at most 12, so S is the beginning
// of R.
func (w *work) begin(block cipher.Block, n, radix int, tweak []byte, modV uint64) {
	w.head = [aes.BlockSize]byte{1, 2, 1, 0, byte(radix >> 8), byte(radix), rounds, byte(n / 2)}
	binary.BigEndian.PutUint32(w.head[8:], uint32(n))
	binary.BigEndian.PutUint32(w.head[12:], uint32(len(tweak)))
	block.Encrypt(w.head[:], w.head[:])
	w.b = (bits.Len64(modV-1) + 7) / 8
	size := (len(tweak) + w.b + 1 + aes.BlockSize - 1) / aes.BlockSize * aes.BlockSize
	w.q = append(w.q[:0], tweak...)
	for len(w.q) < size {
		w.q = append(w.q, 0)
	}
}

// round returns the round function of i and the number x, modulo m.
func (w *work) round(block cipher.Block, i int, x, m uint64) uint64 {
	b := w.b
	q := w.q
	for k := range b {
		q[len(q)-1-k] = byte(x >> (8 * k))
	}
	q[len(q)-1-b] = byte(i)
	w.sum = w.head
	for ; len(q) > 0; q = q[aes.BlockSize:] {
		for k := range w.sum {
			w.sum[k] ^= q[k]
		}
		block.Encrypt(w.sum[:], w.sum[:])
	}
	var y uint64
	for _, c := range w.sum[:(b+3)/4*4+4] {
		_, y = bits.Div64(y>>56, y<<8|uint64(c), m)
	}
	return y
}

// add is (x + y) mod m, for x and y not above m.
func add(x, y, m uint64) uint64 {
	sum, carry := bits.Add64(x, y, 0)
	_, rem := bits.Div64(carry, sum, m)
	return rem
}

// power is radix^n, unless it needs more than 63 bits.
func power(radix uint64, n int) (uint64, bool) {
	p := uint64(1)
	for range n {
		hi, lo := bits.Mul64(p, radix)
		if hi > 0 || lo >= 1<<63 {
			return 0, false
		}
		p = lo
	}
	return p, n > 0
}

func number(x []byte, radix int) uint64 {
	var n uint64
	for _, d := range x {
		n = n*uint64(radix) + uint64(d)
	}
	return n
}

func write(x []byte, n uint64, radix int) {
	for i := len(x) - 1; i >= 0; i-- {
		x[i] = byte(n % uint64(radix))
		n /= uint64(radix)
	}
}
