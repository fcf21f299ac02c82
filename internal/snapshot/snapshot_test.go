package snapshot

import (
	"bytes"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

type state struct {
	yes, no bool
	n       int64
	small   int16
	f       float64
	at      time.Time
	name    string
	raw     []byte
	list    []uint32
	by      map[string]int
}

func (s *state) walk(c *Codec) {
	c.Same("a state", "it is of another thing")
	c.Bool(&s.yes)
	c.Bool(&s.no)
	Int(c, &s.n)
	Int(c, &s.small)
	c.Float(&s.f)
	c.Time(&s.at)
	Text(c, &s.name)
	c.Bytes(&s.raw)
	Slice(c, &s.list, func(v *uint32) { Int(c, v) })
	TextMap(c, s.by, func(v *int) { Int(c, v) })
}

func full() *state {
	s := &state{yes: true, n: math.MinInt64, small: -7, f: math.Inf(-1), at: time.Unix(1e9, 5).UTC(), name: strings.Repeat("门", 100_000),
		raw: bytes.Repeat([]byte{1, 2, 3}, 70_000), by: map[string]int{"": 1, "b": 2, "a": 3}}
	for i := range uint32(100_000) {
		s.list = append(s.list, i*i)
	}
	return s
}

func saved(t testing.TB, walk func(*Codec)) []byte {
	var b bytes.Buffer
	if err := Save(&b, walk); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatWasSavedIsLoaded(t *testing.T) {
	for _, want := range []*state{full(), {by: map[string]int{}}} {
		data := saved(t, want.walk)
		if again := saved(t, want.walk); !bytes.Equal(again, data) {
			t.Error("the same state gives other bytes")
		}
		rest := strings.NewReader(string(data) + "behind it")
		got := &state{by: map[string]int{}}
		if err := Load(rest, got.walk); err != nil {
			t.Fatal(err)
		}
		if rest.Len() != len("behind it") {
			t.Errorf("%d bytes are left behind the snapshot", rest.Len())
		}
		if got.yes != want.yes || got.no || got.n != want.n || got.small != want.small || got.f != want.f || got.at != want.at || got.name != want.name ||
			!bytes.Equal(got.raw, want.raw) || !slices.Equal(got.list, want.list) || !maps.Equal(got.by, want.by) {
			t.Error("what was loaded is not what was saved")
		}
	}
}

func TestWhatIsDamagedIsRefused(t *testing.T) {
	data := saved(t, full().walk)
	load := func(data []byte) error { return Load(bytes.NewReader(data), (&state{by: map[string]int{}}).walk) }
	for _, n := range []int{0, 1, 4, 100, blockSize, blockSize + 12, len(data) / 2, len(data) - 12, len(data) - 1} {
		if err := load(data[:n]); !errors.Is(err, ErrUnfit) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	for at := 0; at < len(data); at += 997 {
		bad := bytes.Clone(data)
		bad[at] ^= 64
		if err := load(bad); !errors.Is(err, ErrUnfit) {
			t.Errorf("with byte %d changed: %v", at, err)
		}
	}
	first, rest := data[:4+blockSize+sumSize], data[4+blockSize+sumSize:]
	if err := load(append(bytes.Clone(rest[:len(first)]), append(first, rest[len(first):]...)...)); !errors.Is(err, ErrUnfit) {
		t.Errorf("with two blocks changed places: %v", err)
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	one := func(v int64) []byte { return saved(t, func(c *Codec) { Int(c, &v) }) }
	for name, load := range map[string]func() error{
		"of another thing": func() error {
			return Load(bytes.NewReader(saved(t, func(c *Codec) { c.Same("another", "") })), (&state{}).walk)
		},
		"more than is known": func() error { return Load(bytes.NewReader(one(1)), func(*Codec) {}) },
		"less than is wanted": func() error {
			return Load(bytes.NewReader(saved(t, func(*Codec) {})), func(c *Codec) { c.Raw(make([]byte, 1)) })
		},
		"out of its range": func() error {
			return Load(bytes.NewReader(one(300)), func(c *Codec) { v := uint8(0); Int(c, &v) })
		},
		"a count below zero": func() error {
			return Load(bytes.NewReader(one(-1)), func(c *Codec) { var b []byte; c.Bytes(&b) })
		},
		"a huge count": func() error {
			return Load(bytes.NewReader(one(math.MaxInt64)), func(c *Codec) { var b []byte; c.Bytes(&b) })
		},
	} {
		if err := load(); !errors.Is(err, ErrUnfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type smallDisk struct{ room int }

func (w *smallDisk) Write(p []byte) (int, error) {
	if w.room -= len(p); w.room < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestAFailingDiskIsTold(t *testing.T) {
	for _, room := range []int{0, 100, blockSize + 50, 3 * blockSize} {
		if err := Save(&smallDisk{room}, full().walk); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(saved(f, full().walk)[4:1000], true)
	f.Add(saved(f, (&state{}).walk), false)
	f.Fuzz(func(t *testing.T, data []byte, frame bool) {
		if frame {
			data = saved(t, func(c *Codec) { c.Raw(data) })
		}
		s := &state{by: map[string]int{}}
		if Load(bytes.NewReader(data), s.walk) != nil {
			return
		}
		if again := saved(t, s.walk); !bytes.Equal(again, saved(t, s.walk)) {
			t.Error("the same state gives other bytes")
		}
	})
}
