package mask

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// view is b as a string without a copy. It is good for as long as nobody writes
// to b.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// What a byte of a JSON number may be.
const (
	aNumber   = 1 << iota // all of them
	aFraction             // - + .
	aExponent             // e E
)

var byteKind = func() (t [256]uint8) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = aNumber
	}
	for _, c := range "-+." {
		t[c] = aNumber | aFraction
	}
	t['e'], t['E'] = aNumber|aExponent, aNumber|aExponent
	return t
}()

// Bytes of a word, each the same.
const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// plainRun returns how many bytes of s stand before the first that ends or may
// not be in a JSON string: a quote, a backslash, a control character. It adds to
// high the top bits of those before it.
func plainRun(s []byte, high uint64) (int, uint64) {
	n := 0
	for ; len(s) >= 8; s = s[8:] {
		x := binary.LittleEndian.Uint64(s)
		quote, slash := x^'"'*ones, x^'\\'*ones
		// The lowest bit that is set is exact: a borrow only runs upwards.
		stop := ((quote-ones)&^quote | (slash-ones)&^slash | (x-' '*ones)&^x) & tops
		if stop != 0 {
			k := bits.TrailingZeros64(stop) &^ 7
			return n + k/8, high | x&tops&(1<<k-1)
		}
		high |= x & tops
		n += 8
	}
	for k, c := range s {
		if c == '"' || c == '\\' || c < ' ' {
			return n + k, high
		}
		high |= uint64(c) & 0x80
	}
	return n + len(s), high
}

// validText is utf8.Valid, faster over Chinese: most leads of three bytes want
// no more of the next than that they go on.
func validText(s []byte) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < 0x80 {
			i++
			continue
		}
		if c > 0xE0 && c < 0xF0 && c != 0xED && i+2 < len(s) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80 {
			i += 3
			continue
		}
		_, w := utf8.DecodeRune(s[i:])
		if w == 1 {
			return false
		}
		i += w
	}
	return true
}
