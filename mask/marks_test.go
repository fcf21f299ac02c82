package mask

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// marksOf is what mark makes of text, byte by byte, and whether it must be UTF-8, and
// may. What its last character would go on with is not known.
func marksOf(text []byte) (at []int, must, may bool) {
	for i, c := range text {
		if c == '"' || c == '\\' || c < ' ' {
			at = append(at, i)
		}
	}
	for cut := range min(4, len(text)) {
		if utf8.Valid(text[:len(text)-cut]) {
			may = true
			must = must || cut == 0 || !utf8.FullRune(text[len(text)-cut:])
		}
	}
	return at, must, may
}

func checkMarks(t *testing.T, text []byte) {
	t.Helper()
	text = text[:len(text)/64*64]
	if len(text) == 0 {
		return
	}
	const base = 1 << 40
	var m marks
	m.mark(text, base)
	want, must, may := marksOf(text)
	valid := len(m.bits) > 0
	if must && !valid || valid && !may {
		t.Fatalf("%q: UTF-8 %v, must be %v, may be %v", text, valid, must, may)
	}
	if !valid {
		return
	}
	var got []int
	for at := 0; at <= len(text); at++ {
		n := m.next(base + int64(at))
		if n < 0 {
			break
		}
		at += n
		got = append(got, at)
	}
	if len(got) != len(want) {
		t.Fatalf("%q: %v, want %v", text, got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
	}
}

// needVectors skips a test of what is not used without them.
func needVectors(t testing.TB) {
	if !canMark {
		t.Skip("this processor has no AVX2: strings are read byte by byte")
	}
}

func TestMarks(t *testing.T) {
	needVectors(t)
	pieces := []string{"a", `"`, `\`, "\n", "\x1f", " ", "张", "é", "😀", "\U0010FFFF", "\x80", "\xC0\x80", "\xC1", "\xE0\x80\x80", "\xE0\xA0\x80", "\xED\xA0\x80", "\xED\x9F\xBF",
		"\xF0\x80\x80\x80", "\xF0\x90\x80\x80", "\xF4\x90\x80\x80", "\xF5", "\xFF", "\xE4\xB8", "\xF0\x9F", "\x7f", "\u0800", "\uFFFF"}
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, p := range pieces {
		for at := range 130 {
			checkMarks(t, []byte(strings.Repeat("x", at)+p+strings.Repeat("y", 192)))
			checkMarks(t, []byte(strings.Repeat("好", at/3)+p+strings.Repeat("好", 64)))
		}
	}
	for range 20000 {
		var b bytes.Buffer
		odd := rnd.IntN(3) > 0
		for b.Len() < 64+rnd.IntN(300) {
			if k := rnd.IntN(len(pieces)); odd || utf8.ValidString(pieces[k]) {
				b.WriteString(pieces[k])
			}
		}
		checkMarks(t, b.Bytes())
	}
}

// A character that a block's end cuts off is no text before a quote.
func TestTextCutOffAtABlock(t *testing.T) {
	for n := range 200 {
		for _, cut := range []string{"\xff", "\xe5\xbc", "\xf0\x9f\x98", "\xc3"} {
			body := `[{"a":"` + strings.Repeat("x", n) + cut + `"},` + strings.Repeat(`{"a":"y"},`, 100) + `{}]`
			if err := JSON(io.Discard, strings.NewReader(body), plan(t, Spec{}), nil); !errors.Is(err, ErrUnreadable) {
				t.Fatalf("%d bytes and %q: %v", n, cut, err)
			}
		}
	}
}

func FuzzMarks(f *testing.F) {
	needVectors(f)
	f.Add([]byte(strings.Repeat(`{"名":"张三\n😀"}`, 20)))
	f.Fuzz(checkMarks)
}
