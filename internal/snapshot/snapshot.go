// Package snapshot writes what an engine knows to a stream and reads it back, both
// by one walk over its state, so that the two cannot come apart.
//
// It decides how values are laid out and whether what is read is what was written:
// blocks of at most 64 KB, each with its length before it and the first bytes of the
// SHA-256 of all so far behind it; an empty one ends the stream. The same state gives
// the same bytes. It reads not a byte beyond the end, never keeps more than a block,
// and never takes room for what is only announced. It fails with an error that wraps
// ErrUnfit for whatever is cut short, altered or does not fit, after which nothing
// that was read is to be used.
package snapshot

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// ErrUnfit is returned for a snapshot that cannot be gone on from: of another
// format, of another configuration, or damaged. The remedy is to fold the record
// anew.
var ErrUnfit = errors.New("snapshot does not fit")

const (
	blockSize = 64 << 10
	sumSize   = 8
)

// Codec is on its way over a state: it writes what is pointed to and leaves it as it is,
// or reads into it.
// After a fault it does nothing more, and what it reads is zero.
type Codec struct {
	out   io.Writer // nil: it loads
	in    io.Reader
	block []byte // to be written, or read and not yet used
	sum   hash.Hash
	err   error
}

// Save writes what walk goes over.
func Save(w io.Writer, walk func(*Codec)) error {
	c := &Codec{out: w, sum: sha256.New()}
	walk(c)
	if len(c.block) > 0 {
		c.flush()
	}
	c.flush() // the empty one
	if c.err != nil {
		return fmt.Errorf("saving snapshot: %w", c.err)
	}
	return nil
}

// Load reads into what walk goes over.
func Load(r io.Reader, walk func(*Codec)) error {
	c := &Codec{in: r, sum: sha256.New()}
	walk(c)
	if c.err == nil && len(c.block) > 0 {
		c.Unfit("there is more in it than is known")
	}
	if c.fill(); c.err == nil && len(c.block) > 0 {
		c.Unfit("there is more in it than is known")
	}
	return c.err
}

// Loading reports whether values are read.
func (c *Codec) Loading() bool { return c.out == nil }

// Err is what went wrong.
func (c *Codec) Err() error { return c.err }

// Unfit says why what was read cannot be gone on from. The first reason stays.
func (c *Codec) Unfit(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: "+format, append([]any{ErrUnfit}, args...)...)
	}
}

// Fail ends the walk with an error that is not the snapshot's.
func (c *Codec) Fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// flush writes the block.
func (c *Codec) flush() {
	if c.err != nil {
		return
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(c.block)))
	c.sum.Write(head)
	c.sum.Write(c.block)
	_, c.err = c.out.Write(slices.Concat(head, c.block, c.sum.Sum(nil)[:sumSize]))
	c.block = c.block[:0]
}

// fill reads the next block.
func (c *Codec) fill() {
	if c.err != nil {
		return
	}
	read := func(into []byte) {
		if c.err != nil {
			return
		}
		switch _, err := io.ReadFull(c.in, into); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			c.Unfit("it is cut short")
		case err != nil:
			c.err = fmt.Errorf("loading snapshot: %w", err)
		}
	}
	var head [4]byte
	read(head[:])
	n := binary.BigEndian.Uint32(head[:])
	if n > blockSize {
		c.Unfit("it is damaged, or is none")
		n = 0
	}
	c.block = slices.Grow(c.block[:0], int(n))[:n]
	read(c.block)
	var sum [sumSize]byte
	read(sum[:])
	c.sum.Write(head[:])
	c.sum.Write(c.block)
	if !bytes.Equal(sum[:], c.sum.Sum(nil)[:sumSize]) {
		c.Unfit("it is damaged")
	}
	if c.err != nil {
		c.block = c.block[:0]
	}
}

// put writes bytes.
func (c *Codec) put(b []byte) {
	for len(b) > 0 && c.err == nil {
		n := min(len(b), blockSize-len(c.block))
		c.block, b = append(c.block, b[:n]...), b[n:]
		if len(c.block) == blockSize {
			c.flush()
		}
	}
}

// split reads a number that is not in one block.
func (c *Codec) split() int64 {
	var b [binary.MaxVarintLen64]byte
	for i := range b {
		if c.Raw(b[i : i+1]); c.err != nil {
			return 0
		}
		if n, size := binary.Varint(b[:i+1]); size > 0 {
			return n
		}
	}
	c.Unfit("a number is too long")
	return 0
}

// Raw takes as many bytes as there is room for.
func (c *Codec) Raw(b []byte) {
	if !c.Loading() {
		c.put(b)
		return
	}
	for len(b) > 0 && c.err == nil {
		if len(c.block) == 0 {
			if c.fill(); c.err == nil && len(c.block) == 0 {
				c.Unfit("it is cut short")
			}
		}
		n := copy(b, c.block)
		b, c.block = b[n:], c.block[n:]
	}
	if c.err != nil {
		clear(b)
	}
}

// Same takes a mark, and refuses to load what has another one.
func (c *Codec) Same(mark, otherwise string) {
	got := mark
	if Text(c, &got); got != mark {
		c.Unfit("%s", otherwise)
	}
}

// Bool takes a bool.
func (c *Codec) Bool(v *bool) {
	b := [1]byte{}
	if *v {
		b[0] = 1
	}
	if c.Raw(b[:]); c.Loading() {
		*v = b[0] == 1
	}
	if b[0] > 1 {
		c.Unfit("a yes or no is %d", b[0])
	}
}

// Float takes a number, to the bit.
func (c *Codec) Float(v *float64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], math.Float64bits(*v))
	if c.Raw(b[:]); c.Loading() {
		*v = math.Float64frombits(binary.BigEndian.Uint64(b[:]))
	}
}

// Time takes an instant; the zone is not kept.
func (c *Codec) Time(v *time.Time) {
	sec, ns := v.Unix(), v.Nanosecond()
	Int(c, &sec)
	Int(c, &ns)
	if c.Loading() {
		*v = time.Unix(sec, int64(ns)).UTC()
	}
}

// Bytes takes bytes and how many they are.
func (c *Codec) Bytes(v *[]byte) {
	n := c.count(len(*v))
	if !c.Loading() {
		c.put(*v)
		return
	}
	var out []byte
	for len(out) < n && c.err == nil {
		part := make([]byte, min(n-len(out), blockSize))
		c.Raw(part)
		out = append(out, part...)
	}
	*v = slices.Clip(out)
}

// count takes how many of something there are.
func (c *Codec) count(n int) int {
	if Int(c, &n); n < 0 {
		c.Unfit("a count is below zero")
	}
	if c.err != nil {
		return 0
	}
	return n
}

// Index takes the place of something among n; after a fault it is 0.
func (c *Codec) Index(i *int, n int) {
	if Int(c, i); *i < 0 || *i >= n {
		c.Unfit("it names number %d of %d", *i, n)
	}
	if c.err != nil {
		*i = 0
	}
}

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Int takes a whole number.
func Int[T integer](c *Codec, v *T) {
	if !c.Loading() {
		var b [binary.MaxVarintLen64]byte
		c.put(b[:binary.PutVarint(b[:], int64(*v))])
		return
	}
	n, size := binary.Varint(c.block)
	if size > 0 {
		c.block = c.block[size:]
	} else if n = c.split(); c.err != nil { // it goes on in the next block
		n = 0
	}
	if *v = T(n); int64(*v) != n {
		c.Unfit("a number is out of its range")
		*v = 0
	}
}

// Text takes a string.
func Text[T ~string](c *Codec, v *T) {
	b := []byte(*v)
	c.Bytes(&b)
	if c.Loading() {
		*v = T(b)
	}
}

// Slice takes the elements of a slice in their order. After a fault there are none.
func Slice[T any](c *Codec, s *[]T, each func(*T)) {
	n := c.count(len(*s))
	if !c.Loading() {
		for i := range *s {
			each(&(*s)[i])
		}
		return
	}
	var out []T
	for len(out) < n && c.err == nil {
		var v T
		each(&v)
		out = append(out, v)
	}
	if *s = out; c.err != nil {
		*s = nil
	}
}

// Map takes what is in a map, which is not nil, by the order of its keys.
func Map[K comparable, V any](c *Codec, m map[K]V, order func(a, b K) int, key func(*K), value func(*V)) {
	var keys []K
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, order)
	n := c.count(len(keys))
	for i := 0; i < n && c.err == nil; i++ {
		var k K
		var v V
		if !c.Loading() {
			k = keys[i]
			v = m[k]
		}
		key(&k)
		value(&v)
		if c.Loading() && c.err == nil {
			m[k] = v
		}
	}
}

// TextMap takes a map with strings for keys.
func TextMap[K ~string, V any](c *Codec, m map[K]V, value func(*V)) {
	Map(c, m, cmp.Compare[K], func(k *K) { Text(c, k) }, value)
}

// JSON takes a value of few bytes as encoding/json writes it.
func JSON[T any](c *Codec, v *T) {
	var text []byte
	if !c.Loading() {
		var err error
		if text, err = json.Marshal(*v); err != nil {
			c.Fail(err)
			return
		}
	}
	c.Bytes(&text)
	if !c.Loading() || c.err != nil {
		return
	}
	var read T
	if err := json.Unmarshal(text, &read); err != nil {
		c.Unfit("a part of it: %w", err)
		return
	}
	*v = read
}

// Event takes an event as it stands in a stream.
func Event(c *Codec, ev *event.Event) {
	var line []byte
	if !c.Loading() {
		var err error
		if line, err = ev.AppendJSON(nil); err != nil {
			c.Fail(err)
			return
		}
	}
	c.Bytes(&line)
	if !c.Loading() || c.err != nil {
		return
	}
	read, err := event.Parse(line)
	if err != nil {
		c.Unfit("an event in it: %w", err)
		return
	}
	*ev = read
}
