package detect

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Every check digit beside a plain implementation of its standard, slow and
// written from the text of the standard alone.

// plainLuhn: from the right, every second digit doubled, digits of products added.
func plainLuhn(s string) bool {
	sum := 0
	for i := len(s) - 1; i >= 0; i-- {
		d, _ := strconv.Atoi(s[i : i+1])
		if (len(s)-i)%2 == 0 {
			for _, r := range strconv.Itoa(2 * d) {
				sum += int(r - '0')
			}
			continue
		}
		sum += d
	}
	return sum%10 == 0
}

// plainResident: GB 11643-1999, the sum of a_i*2^(i-1) over all 18 is 1 modulo 11;
// a province's number, and a day that there was.
func plainResident(s string) bool {
	provinces := "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91"
	if len(s) != 18 || !strings.Contains(provinces, s[:2]) || strings.ContainsRune(s[:2], ' ') {
		return false
	}
	sum := new(big.Int)
	for i := range 18 {
		a := int64(s[17-i] - '0')
		if s[17-i] == 'X' {
			a = 10
		}
		sum.Add(sum, new(big.Int).Mul(big.NewInt(a), new(big.Int).Exp(big.NewInt(2), big.NewInt(int64(i)), nil)))
	}
	return sum.Mod(sum, big.NewInt(11)).Int64() == 1
}

// plainIBAN: ISO 13616, the rearranged number is 1 modulo 97.
func plainIBAN(s string) bool {
	var digits strings.Builder
	for _, r := range s[4:] + s[:4] {
		if r >= '0' && r <= '9' {
			digits.WriteRune(r)
			continue
		}
		fmt.Fprint(&digits, int(r-'A')+10)
	}
	n, ok := new(big.Int).SetString(digits.String(), 10)
	return ok && n.Mod(n, big.NewInt(97)).Int64() == 1
}

// plainUSCC: GB 32100-2015, weights are powers of 3 modulo 31.
func plainUSCC(s string) bool {
	const order = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum := 0
	for i := range 17 {
		k := strings.IndexByte(order, s[i])
		if k < 0 {
			return false
		}
		w := new(big.Int).Exp(big.NewInt(3), big.NewInt(int64(i)), big.NewInt(31)).Int64()
		sum += k * int(w)
	}
	return strings.Contains("159AN", s[:1]) && strings.IndexByte(order, s[17]) == (31-sum%31)%31
}

// plainHKID: letters count from A=10, a missing first one is 36, weights 9 to 1.
func plainHKID(letters, digits string, check byte) bool {
	values := []int{36}
	if len(letters) == 2 {
		values[0] = int(letters[0]-'A') + 10
	}
	values = append(values, int(letters[len(letters)-1]-'A')+10)
	for _, r := range digits {
		values = append(values, int(r-'0'))
	}
	last := int(check - '0')
	if check == 'A' {
		last = 10
	}
	sum := last
	for i, v := range values {
		sum += v * (9 - i)
	}
	return sum%11 == 0
}

// plainTaiwan: the letter stands for two digits, weights 1 9 8 … 1 1.
func plainTaiwan(s string) bool {
	codes := map[byte]string{'A': "10", 'B': "11", 'C': "12", 'D': "13", 'E': "14", 'F': "15", 'G': "16", 'H': "17", 'I': "34", 'J': "18", 'K': "19", 'L': "20", 'M': "21", 'N': "22", 'O': "35", 'P': "23",
		'Q': "24", 'R': "25", 'S': "26", 'T': "27", 'U': "28", 'V': "29", 'W': "32", 'X': "30", 'Y': "31", 'Z': "33"}
	sum := 0
	for i, r := range codes[s[0]] + s[1:] {
		sum += int(r-'0') * []int{1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1}[i]
	}
	return sum%10 == 0
}

// plainSSN: as the Social Security Administration has issued them since 2011.
func plainSSN(s string) bool {
	area, _ := strconv.Atoi(s[:3])
	group, _ := strconv.Atoi(s[4:6])
	serial, _ := strconv.Atoi(s[7:])
	return area >= 1 && area != 666 && area < 900 && group > 0 && serial > 0
}

func digitString(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + rng.IntN(10))
	}
	return string(b)
}

func classesOf(s string, set Set) string {
	var out []string
	for _, f := range Find(s, set) {
		out = append(out, string(f.Class)+"="+s[f.Start:f.End])
	}
	return strings.Join(out, " ")
}

func TestChecksAgreeWithTheirStandards(t *testing.T) {
	const seed, rounds = 11, 20000
	rng := rand.New(rand.NewPCG(seed, 0))
	sound := map[string]int{}
	agree := func(kind, value string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("seed %d, %s %s: %v, and %v by the standard", seed, kind, value, got, want)
		}
		if want {
			sound[kind]++
		}
	}
	const order = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	for range rounds {
		n := digitString(rng, 12+rng.IntN(8))
		agree("card", n, luhn([]byte(n)), plainLuhn(n))

		day := time.Date(1930+rng.IntN(90), 1, 1+rng.IntN(365), 0, 0, 0, 0, time.UTC).Format("20060102")
		id := digitString(rng, 6) + day + digitString(rng, 3) + string("0123456789X"[rng.IntN(11)])
		agree("resident", id, plausibleProvince(id[0], id[1]) && residentCheck([]byte(id[:17])) == id[17], plainResident(id))

		account := digitString(rng, 18)
		iban := "DE" + digitString(rng, 2) + account
		agree("iban", iban, classesOf(iban, setIBAN) == "iban="+iban, plainIBAN(iban))

		b := []byte("91330100MA2" + digitString(rng, 7))
		for i := 8; i < 18; i++ {
			b[i] = order[rng.IntN(len(order))]
		}
		agree("uscc", string(b), uscc(string(b)), plainUSCC(string(b)))

		letters := string(rune('A' + rng.IntN(26)))
		if rng.IntN(4) == 0 {
			letters += string(rune('A' + rng.IntN(26)))
		}
		digits, check := digitString(rng, 6), "0123456789A"[rng.IntN(11)]
		hkid := letters + digits + "(" + string(check) + ")"
		agree("hkid", hkid, classesOf(hkid, setHKMTPermit) == "hkmt_permit="+hkid, plainHKID(letters, digits, check))

		tw := string(rune('A'+rng.IntN(26))) + digitString(rng, 9)
		agree("taiwan", tw, taiwanID(tw), plainTaiwan(tw))

		ssn := digitString(rng, 3) + "-" + digitString(rng, 2) + "-" + digitString(rng, 4)
		agree("ssn", ssn, classesOf(ssn, setSSN) == "us_ssn="+ssn, plainSSN(ssn))
	}
	for _, kind := range []string{"card", "resident", "iban", "uscc", "hkid", "taiwan", "ssn"} {
		if sound[kind] < 50 {
			t.Errorf("%s: only %d of %d were sound: nothing was tested", kind, sound[kind], rounds)
		}
	}
}

// A mobile number is found in every spelling, and its digits are those written.
func TestSpellingsOfOneNumber(t *testing.T) {
	const seed = 5
	rng := rand.New(rand.NewPCG(seed, 0))
	spellings := [][]string{
		strings.Split("0123456789", ""), strings.Split("０１２３４５６７８９", ""), strings.Split("零一二三四五六七八九", ""), strings.Split("〇壹贰叁肆伍陆柒捌玖", ""),
		strings.Split("⓪①②③④⑤⑥⑦⑧⑨", ""), strings.Split("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", ""), strings.Split("洞幺两三四五六拐八勾", ""),
	}
	for range 2000 {
		n := "1" + string("3456789"[rng.IntN(7)]) + digitString(rng, 9)
		var b strings.Builder
		kind := spellings[rng.IntN(len(spellings))]
		mixed := rng.IntN(4) == 0
		for i, r := range n {
			if mixed {
				kind = spellings[rng.IntN(len(spellings))]
			}
			if (i == 3 || i == 7) && rng.IntN(3) == 0 {
				b.WriteString([]string{" ", "-", "—"}[rng.IntN(3)])
			}
			b.WriteString(kind[r-'0'])
		}
		text := "打" + b.String() + "找我"
		if got, want := classesOf(text, setPhone), "phone="+b.String(); got != want {
			t.Errorf("seed %d: %s in %s, want %s", seed, got, text, want)
		}
	}
}
