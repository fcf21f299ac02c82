package mask

import "math/bits"

// leastMarked is how much of a body is worth being marked.
const leastMarked = 512

// marks tells of each byte of a part of the body whether it ends a string or may not
// be in one as it is. With vectors that is found out of 64 bytes at a time, and
// whether they are UTF-8 as well.
type marks struct {
	from, to int64    // in the body
	bits     []uint64 // of 64 bytes each, and a last 0; none when not all of them are UTF-8
}

// mark marks what of text, which stands at from in the body, are whole blocks.
func (m *marks) mark(text []byte, from int64) {
	n := len(text) / 64
	if m.bits = m.bits[:cap(m.bits)]; len(m.bits) <= n {
		m.bits = make([]uint64, max(n, windowSize/64)+1)
	}
	m.bits = m.bits[:n+1]
	m.bits[n] = 0
	m.from, m.to = from, from+64*int64(n)
	if !markBlocks(&m.bits[0], &text[0], n) {
		m.bits = m.bits[:0]
	}
}

// after returns what is marked of 64 bytes from k on, a place in what is marked, in
// bits from the lowest on; 0 as well when k is beyond.
func after(bits []uint64, k uint) uint64 {
	i := k / 64
	if i+1 >= uint(len(bits)) {
		return 0
	}
	return bits[i]>>(k%64) | bits[i+1]<<1<<(63-k%64)
}

// next returns how far behind at the next byte with a mark is; -1 when there is none
// in what is marked.
func (m *marks) next(at int64) int {
	k := uint(at - m.from)
	if k/64 >= uint(len(m.bits)) {
		return -1
	}
	n := -int(k % 64)
	word := m.bits[k/64] >> (k % 64) << (k % 64)
	for _, more := range m.bits[k/64+1:] {
		if word != 0 {
			break
		}
		word = more
		n += 64
	}
	if word == 0 {
		return -1
	}
	return n + bits.TrailingZeros64(word)
}
