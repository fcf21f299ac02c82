package labelled

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

func digits(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + rng.IntN(10))
	}
	return string(b)
}

func letters(rng *rand.Rand, of string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = of[rng.IntN(len(of))]
	}
	return string(b)
}

// grouped puts sep between groups of the given sizes; what is left is the last.
func grouped(s, sep string, sizes ...int) string {
	var parts []string
	for _, n := range sizes {
		if n >= len(s) {
			break
		}
		parts, s = append(parts, s[:n]), s[n:]
	}
	return strings.Join(append(parts, s), sep)
}

// wide writes ASCII digits full-width.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, s)
}

// checkGB11643 is the last character of a resident id, from the 17 before it.
func checkGB11643(s string) byte {
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(s[i]-'0')
	}
	return "10X98765432"[sum%11]
}

// checkLuhn is the check digit that goes behind s (ISO/IEC 7812-1).
func checkLuhn(s string) byte {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

const charsUSCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// checkGB32100 is the last character of a unified social credit code.
func checkGB32100(s string) byte {
	sum := 0
	for i, w := range []int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28} {
		sum += w * strings.IndexByte(charsUSCC, s[i])
	}
	return charsUSCC[(31-sum%31)%31]
}

// checkGB11714 is the last character of an organisation's code within it.
func checkGB11714(s string) byte {
	sum := 0
	for i, w := range []int{3, 7, 9, 10, 5, 8, 4, 2} {
		d := int(s[i] - '0')
		if s[i] > '9' {
			d = int(s[i]-'A') + 10
		}
		sum += w * d
	}
	return "0X987654321"[sum%11]
}

// check9303 is the check digit of a machine-readable paper (ICAO 9303).
func check9303(s string) byte {
	sum := 0
	for i := range len(s) {
		d := int(s[i] - '0')
		if s[i] > '9' {
			d = int(s[i]-'A') + 10
		}
		sum += d * []int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}

// checkIBAN are the two digits behind the country (ISO 13616).
func checkIBAN(country, account string) string {
	n := new(big.Int)
	for _, r := range account + country + "00" {
		d, base := int64(r-'0'), int64(10)
		if r > '9' {
			d, base = int64(r-'A')+10, 100
		}
		n.Add(n.Mul(n, big.NewInt(base)), big.NewInt(d))
	}
	return fmt.Sprintf("%02d", 98-n.Mod(n, big.NewInt(97)).Int64())
}

func newMobile(rng *rand.Rand) string {
	return pickWord(rng, "130 131 132 133 134 135 136 137 138 139 145 147 149 150 151 152 153 155 156 157 158 159 166 167 172 173 175 176 177 178 180 181 182 183 "+
		"184 185 186 187 188 189 190 191 193 195 196 197 198 199") + digits(rng, 8)
}

// newLandline returns area code and number.
func newLandline(rng *rand.Rand) (area, local string) {
	if some(rng, 0.4) {
		return pickWord(rng, "010 020 021 022 023 024 025 027 028 029"), pickWord(rng, "8 6 5") + digits(rng, 7)
	}
	n := 7
	area = pickWord(rng, "0571 0574 0755 0512 0532 0371 0731 0756 0451 0591 0898 0793 0951")
	if strings.Contains("0571 0574 0755 0512 0532 0371 0731 0451 0591", area) {
		n = 8
	}
	return area, pickWord(rng, "8 6 2 5") + digits(rng, n-1)
}

func newIntlPhone(rng *rand.Rand) string {
	if some(rng, 0.25) {
		return newHKPhone(rng)
	}
	switch rng.IntN(9) {
	case 0:
		return "+1 (" + pickWord(rng, "415 212 650 206") + ") 555-01" + digits(rng, 2)
	case 1:
		return "+44 20 7946 0" + digits(rng, 3)
	case 2:
		return "+81 90-" + digits(rng, 4) + "-" + digits(rng, 4)
	case 3:
		return "+65 8" + digits(rng, 3) + " " + digits(rng, 4)
	case 4:
		return "+886 9" + digits(rng, 2) + " " + digits(rng, 3) + " " + digits(rng, 3)
	case 5:
		return "+61 4" + digits(rng, 2) + " " + digits(rng, 3) + " " + digits(rng, 3)
	case 6:
		return "+49151" + digits(rng, 8)
	case 7:
		return "+82-10-" + digits(rng, 4) + "-" + digits(rng, 4)
	}
	return "001-" + pickWord(rng, "415 212 650") + "-555-01" + digits(rng, 2)
}

func newHKPhone(rng *rand.Rand) string {
	n := pickWord(rng, "5 6 9") + digits(rng, 3)
	return pick(rng, []string{"+852 " + n + " " + digits(rng, 4), "+852" + n + digits(rng, 4), "00852-" + n + digits(rng, 4), "+853 6" + digits(rng, 3) + " " + digits(rng, 4)})
}

// day draws a day of the years given.
func day(rng *rand.Rand, from, to int) time.Time {
	return time.Date(from+rng.IntN(to-from+1), 1, 1+rng.IntN(365), 0, 0, 0, 0, time.UTC)
}

func newResidentID(rng *rand.Rand, area string, born time.Time) string {
	s := area + born.Format("20060102") + digits(rng, 3)
	return s + string(checkGB11643(s))
}

// newForeignID draws the number of a foreign permanent resident's card: the old
// one of 15 characters or that of 2023 with 18 digits.
func newForeignID(rng *rand.Rand) string {
	born := day(rng, 1955, 2000)
	if some(rng, 0.5) {
		s := pickWord(rng, "USA GBR DEU FRA KOR JPN CAN AUS RUS") + pickWord(rng, "1100 3100 4403 3301 4401") + born.Format("060102") + digits(rng, 1)
		return s + string(check9303(s))
	}
	s := "9" + pickWord(rng, "11 31 44 33 32") + pickWord(rng, "840 826 276 250 410 392 124 036 643") + born.Format("20060102") + digits(rng, 3)
	return s + string(checkGB11643(s))
}

func newPassport(rng *rand.Rand) string {
	if some(rng, 0.6) {
		return "E" + digits(rng, 8)
	}
	if some(rng, 0.7) {
		return "E" + letters(rng, "ABCDEFGHJKLMNPQRSTUVWXYZ", 1) + digits(rng, 7)
	}
	return "G" + digits(rng, 8)
}

func newCard(rng *rand.Rand) string {
	bin := pickWord(rng, "622202:19 621226:19 622848:19 621700:19 622700:19 621661:19 622262:19 622150:19 622909:18 622588:16 622575:16 621483:16 622622:16 "+
		"622666:16 436742:19 625330:16 411111:16 552433:16 377712:15")
	prefix, n, _ := strings.Cut(bin, ":")
	length, _ := strconv.Atoi(n)
	s := prefix + digits(rng, length-1-len(prefix))
	return s + string(checkLuhn(s))
}

func newUSCC(rng *rand.Rand, area string) string {
	org := "MA" + letters(rng, charsUSCC, 6)
	s := pickWord(rng, "91 91 92 93") + area + org + string(checkGB11714(org))
	return s + string(checkGB32100(s))
}

const plateChars = "ABCDEFGHJKLMNPQRSTUVWXYZ"

// newPlate draws a plate of a car, or of one that runs on electricity.
func newPlate(rng *rand.Rand, green bool) string {
	s := pick(rng, strings.Split("京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新", "")) + letters(rng, "ABCDEFGHJKL", 1)
	if green {
		if some(rng, 0.75) {
			return s + pickWord(rng, "D F A B") + digits(rng, 5)
		}
		return s + digits(rng, 5) + pickWord(rng, "D F")
	}
	b := []byte(digits(rng, 5))
	for range rng.IntN(3) {
		b[rng.IntN(5)] = plateChars[rng.IntN(len(plateChars))]
	}
	return s + string(b)
}

func newIBAN(rng *rand.Rand) string {
	country, account := "DE", digits(rng, 18)
	switch rng.IntN(4) {
	case 0:
		country, account = "GB", letters(rng, "ABCDEFGHKLMNPRSTUWY", 4)+digits(rng, 14)
	case 1:
		country, account = "FR", digits(rng, 23)
	case 2:
		country, account = "NL", letters(rng, "ABCDEFGHKLMNPRSTUWY", 4)+digits(rng, 10)
	}
	return country + checkIBAN(country, account) + account
}

func newSSN(rng *rand.Rand) string {
	return fmt.Sprintf("%03d-%02d-%04d", 1+rng.IntN(665), 1+rng.IntN(99), 1+rng.IntN(9999))
}

func newIP(rng *rand.Rand) string {
	return fmt.Sprintf("%s.%d.%d.%d", pickWord(rng, "36 58 61 101 112 117 120 183 202 218 223"), rng.IntN(256), rng.IntN(256), 1+rng.IntN(254))
}

func newMAC(rng *rand.Rand) string {
	const hex = "0123456789ABCDEF"
	s := letters(rng, hex, 1) + letters(rng, "048C", 1) + letters(rng, hex, 10)
	switch rng.IntN(4) {
	case 0:
		return strings.ToLower(grouped(s, ":", 2, 2, 2, 2, 2))
	case 1:
		return grouped(s, "-", 2, 2, 2, 2, 2)
	}
	return grouped(s, ":", 2, 2, 2, 2, 2)
}

func newPassword(rng *rand.Rand) string {
	switch rng.IntN(4) {
	case 0:
		return pickWord(rng, "Xiaoyu Dragon abc Woaini Qwer Sunshine") + pickWord(rng, "@ # ! _") + digits(rng, 4)
	case 1:
		return letters(rng, "abcdefghjkmnpqrstuvwxyz", 3) + digits(rng, 6)
	case 2:
		return letters(rng, "ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789", 11) + pickWord(rng, "! ? $") + digits(rng, 1)
	}
	return digits(rng, 8)
}

func newToken(rng *rand.Rand) string {
	const alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	switch rng.IntN(3) {
	case 0:
		return "sk-" + letters(rng, alnum, 40)
	case 1:
		return "eyJhbGciOiJIUzI1NiJ9." + letters(rng, alnum, 36) + "." + letters(rng, alnum+"-_", 42) + digits(rng, 1)
	}
	return letters(rng, "0123456789abcdef", 32)
}
