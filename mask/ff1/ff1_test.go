package ff1

import (
	"bytes"
	"crypto/aes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"
)

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

func numerals(t testing.TB, s string) []byte {
	t.Helper()
	out := make([]byte, len(s))
	for i := range s {
		out[i] = byte(strings.IndexByte(alphabet, s[i]))
	}
	return out
}

func text(x []byte) string {
	out := make([]byte, len(x))
	for i, d := range x {
		out[i] = alphabet[d]
	}
	return string(out)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The samples that NIST publishes for FF1 (Cryptographic Standards and Guidelines,
// examples with intermediate values, FF1samples).
func TestSamplesOfNIST(t *testing.T) {
	const (
		k128 = "2B7E151628AED2A6ABF7158809CF4F3C"
		k192 = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F"
		k256 = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"
		ten  = "39383736353433323130"
		some = "3737373770717273373737"
	)
	for i, s := range []struct {
		key, tweak string
		radix      int
		in, out    string
	}{
		{k128, "", 10, "0123456789", "2433477484"},
		{k128, ten, 10, "0123456789", "6124200773"},
		{k128, some, 36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"},
		{k192, "", 10, "0123456789", "2830668132"},
		{k192, ten, 10, "0123456789", "2496655549"},
		{k192, some, 36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"},
		{k256, "", 10, "0123456789", "6657667009"},
		{k256, ten, 10, "0123456789", "1001623463"},
		{k256, some, 36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"},
	} {
		c, err := New(unhex(t, s.key))
		if err != nil {
			t.Fatal(err)
		}
		x, tweak := numerals(t, s.in), unhex(t, s.tweak)
		if err := c.Encrypt(x, s.radix, tweak); err != nil || text(x) != s.out {
			t.Errorf("sample %d: %s, %v, want %s", i+1, text(x), err, s.out)
		}
		if err := c.Decrypt(x, s.radix, tweak); err != nil || text(x) != s.in {
			t.Errorf("sample %d back: %s, %v", i+1, text(x), err)
		}
		if got := slow(t, unhex(t, s.key), tweak, numerals(t, s.in), s.radix, true); text(got) != s.out {
			t.Errorf("sample %d by the oracle: %s", i+1, text(got))
		}
	}
}

func TestRefusesWhatItCannotEncryptWell(t *testing.T) {
	c, err := New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		n, radix, tweak int
		want            error
	}{
		{5, 10, 0, ErrDomain}, {6, 10, 0, nil}, {3, 36, 0, ErrDomain}, {4, 36, 0, nil}, {0, 10, 0, ErrDomain}, {1, 36, 0, ErrDomain},
		{19, 2, 0, ErrDomain}, {20, 2, 0, nil}, {36, 10, 0, nil}, {37, 10, 0, ErrDomain}, {22, 36, 0, nil}, {24, 36, 0, nil}, {25, 36, 0, ErrDomain},
		{8, 1, 0, ErrNumeral}, {8, 37, 0, ErrNumeral}, {8, 10, maxTweak, nil}, {8, 10, maxTweak + 1, ErrTweak},
	} {
		x := make([]byte, s.n)
		if err := c.Encrypt(x, s.radix, make([]byte, s.tweak)); !errors.Is(err, s.want) || err != nil && !bytes.Equal(x, make([]byte, s.n)) {
			t.Errorf("%+v: %v, %v", s, err, x)
		}
	}
	if err := c.Encrypt([]byte{1, 2, 3, 4, 5, 6, 7, 10}, 10, nil); !errors.Is(err, ErrNumeral) {
		t.Error(err)
	}
	if _, err := New(make([]byte, 20)); err == nil {
		t.Error("a key of 20 bytes")
	}
}

// slow is FF1 step by step as SP 800-38G, algorithms 7 and 8, has it.
func slow(t testing.TB, key, tweak, x []byte, radix int, encrypt bool) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	num := func(x []byte) *big.Int { // NUM_radix
		n := new(big.Int)
		for _, d := range x {
			n.Mul(n, big.NewInt(int64(radix)))
			n.Add(n, big.NewInt(int64(d)))
		}
		return n
	}
	str := func(n *big.Int, m int) []byte { // STR^m_radix
		out, n, mod := make([]byte, m), new(big.Int).Set(n), new(big.Int)
		for i := m - 1; i >= 0; i-- {
			n.DivMod(n, big.NewInt(int64(radix)), mod)
			out[i] = byte(mod.Int64())
		}
		return out
	}
	prf := func(in []byte) []byte {
		y := make([]byte, 16)
		for j := 0; j < len(in); j += 16 {
			for k := range 16 {
				y[k] ^= in[j+k]
			}
			block.Encrypt(y, y)
		}
		return y
	}
	n, tl := len(x), len(tweak)
	u := n / 2
	v := n - u
	a, b := bytes.Clone(x[:u]), bytes.Clone(x[u:])
	// ceil(v log2 radix) is the length in bits of radix^v - 1.
	top := new(big.Int).Exp(big.NewInt(int64(radix)), big.NewInt(int64(v)), nil)
	beta := (new(big.Int).Sub(top, big.NewInt(1)).BitLen() + 7) / 8
	d := 4*((beta+3)/4) + 4
	p := []byte{1, 2, 1, 0, 0, byte(radix), 10, byte(u % 256)}
	p = binary.BigEndian.AppendUint32(p, uint32(n))
	p = binary.BigEndian.AppendUint32(p, uint32(tl))
	for step := range 10 {
		i := step
		if !encrypt {
			i = 9 - step
		}
		right := b
		if !encrypt {
			right = a
		}
		q := bytes.Clone(tweak)
		for (len(q)+1+beta)%16 != 0 {
			q = append(q, 0)
		}
		q = append(q, byte(i))
		q = append(q, num(right).FillBytes(make([]byte, beta))...)
		r := prf(append(bytes.Clone(p), q...))
		s := bytes.Clone(r)
		for j := 1; len(s) < d; j++ {
			more := bytes.Clone(r)
			for k, c := range binary.BigEndian.AppendUint64(nil, uint64(j)) {
				more[8+k] ^= c
			}
			block.Encrypt(more, more)
			s = append(s, more...)
		}
		y := new(big.Int).SetBytes(s[:d])
		m := u
		if i%2 == 1 {
			m = v
		}
		mod := new(big.Int).Exp(big.NewInt(int64(radix)), big.NewInt(int64(m)), nil)
		if encrypt {
			c := new(big.Int).Add(num(a), y)
			a, b = b, str(c.Mod(c, mod), m)
		} else {
			c := new(big.Int).Sub(num(b), y)
			a, b = str(c.Mod(c, mod), m), a
		}
	}
	return append(a, b...)
}

func FuzzAgainstTheStandard(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), []byte("t"), []byte("0123456789"), uint8(10))
	f.Add(make([]byte, 32), []byte{}, []byte("zzzzzzzzzzzzzzzzzzz"), uint8(36))
	f.Add(make([]byte, 24), bytes.Repeat([]byte("x"), 40), bytes.Repeat([]byte{1}, 62), uint8(2))
	f.Fuzz(func(t *testing.T, key, tweak, in []byte, radix uint8) {
		c, err := New(key)
		if err != nil || radix < 2 || radix > 36 || len(tweak) > maxTweak || len(in) > 64 {
			return
		}
		x := bytes.Clone(in)
		for i := range x {
			x[i] %= radix
		}
		plain := bytes.Clone(x)
		if err := c.Encrypt(x, int(radix), tweak); err != nil {
			if !errors.Is(err, ErrDomain) || !bytes.Equal(x, plain) {
				t.Fatal(err)
			}
			return
		}
		if want := slow(t, key, tweak, plain, int(radix), true); !bytes.Equal(x, want) {
			t.Fatalf("%v, the standard says %v", x, want)
		}
		if back := slow(t, key, tweak, x, int(radix), false); !bytes.Equal(back, plain) {
			t.Fatalf("the oracle does not come back: %v", back)
		}
		if err := c.Decrypt(x, int(radix), tweak); err != nil || !bytes.Equal(x, plain) {
			t.Fatalf("back: %v, %v", x, err)
		}
	})
}

func BenchmarkEncrypt(b *testing.B) {
	c, err := New(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	x := make([]byte, 10)
	tweak := []byte("phone\x00agent-017")
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Encrypt(x, 10, tweak); err != nil {
			b.Fatal(err)
		}
	}
}
