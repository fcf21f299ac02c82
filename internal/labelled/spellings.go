package labelled

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

//go:embed words/spellings.txt
var spellingWords string

// Spellings generates n sentences, each a text of its own: values in the spellings
// that people use when they are in a hurry, abroad, or held back by a filter, and
// numbers that only look like one.
func Spellings(seed uint64, n int) Set {
	set := Set{Name: "spellings", Classes: Classes(), Note: "generated from sentences of our own: one value in an uncommon spelling, or a number that only looks like one"}
	g := newGenerator()
	templates := spellingTemplates()
	for i := range n {
		d := g.start(seed, i)
		m := g.fill(d, templates[i%len(templates)])
		set.Texts = append(set.Texts, Text{Body: m.text, Spans: m.spans, Ignored: m.ignored}.tidy())
	}
	return set
}

func spellingTemplates() []template {
	var b strings.Builder
	b.WriteString("[spellings]\n")
	for line := range strings.Lines(spellingWords) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			b.WriteString(customer + " " + line + "\n")
		}
	}
	t, err := parseTemplates(b.String())
	if err != nil {
		panic(err) // the templates are part of the program
	}
	return t["spellings"]
}

// otherDigits are ways to write 0 to 9.
var otherDigits = []string{"零一二三四五六七八九", "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "洞幺两三四五六拐八勾", "⓪①②③④⑤⑥⑦⑧⑨", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "０１２３４５６７８９"}

// inDigits writes the digits of s as those of kind.
func inDigits(s, kind string) string {
	to := []rune(kind)
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return to[r-'0']
		}
		return r
	}, s)
}

func oddMobile(rng *rand.Rand) string {
	n := newMobile(rng)
	switch rng.IntN(8) {
	case 0, 1:
		return inDigits(n, pick(rng, otherDigits))
	case 2:
		return inDigits(grouped(n, " ", 3, 4), pick(rng, otherDigits))
	case 3:
		sep := pick(rng, []string{"_", "/", ",", "·", "一", "—", "–", " - ", "－", "."})
		return grouped(n, sep, 3, 4)
	case 4:
		return grouped(n, pick(rng, []string{" ", "-"}), 3, 2, 2, 2)
	case 5: // some digits in other ones
		kind := []rune(pick(rng, otherDigits[4:]))
		var b strings.Builder
		for _, r := range n {
			if some(rng, 0.5) {
				r = kind[r-'0']
			}
			b.WriteRune(r)
		}
		return b.String()
	case 6:
		return strings.Join(strings.Split(n, ""), " ")
	}
	return grouped(n, pick(rng, []string{" ", "-"}), pick(rng, [][]int{{3, 4}, {3, 8}, {4, 3}})...)
}

func oddLandline(rng *rand.Rand) string {
	area, local := newLandline(rng)
	switch rng.IntN(6) {
	case 0:
		return "（" + area + "）" + local
	case 1:
		return "86-" + area[1:] + "-" + local
	case 2:
		return "0086-" + area[1:] + "-" + local
	case 3:
		return "+86 (0)" + area[1:] + " " + local
	case 4:
		return wide(area) + "－" + wide(local)
	}
	return area + "—" + local
}

func oddIntlPhone(rng *rand.Rand) string {
	switch rng.IntN(7) {
	case 0:
		return "07700 900" + digits(rng, 3)
	case 1:
		return "0" + number(rng, 1, 7) + " 55 " + digits(rng, 2) + " " + digits(rng, 2) + " " + digits(rng, 2)
	case 2:
		return "(" + pickWord(rng, "415 212 650") + ") 555-01" + digits(rng, 2)
	case 3:
		return "+1-" + pickWord(rng, "415 212 650") + "-555-01" + digits(rng, 2) + "x" + number(rng, 10, 9999)
	case 4:
		return "090-" + digits(rng, 4) + "-" + digits(rng, 4)
	case 5:
		return "+49 (0)30 555 " + digits(rng, 4)
	}
	return pickWord(rng, "415 212 650") + "." + "555.01" + digits(rng, 2)
}

// wrongCheck is s with another last digit than the right one.
func wrongCheck(rng *rand.Rand, s string) string {
	last := s[len(s)-1]
	for {
		if d := byte('0' + rng.IntN(10)); d != last {
			return s[:len(s)-1] + string(d)
		}
	}
}

func anyPassport(rng *rand.Rand) string {
	switch rng.IntN(6) {
	case 0:
		return number(rng, 3, 5) + digits(rng, 8)
	case 1:
		return letters(rng, "CFGHJK", 1) + digits(rng, 2) + letters(rng, "XZT", 1) + digits(rng, 2) + letters(rng, "XT", 1) + digits(rng, 2)
	case 2:
		return pickWord(rng, "TR TZ MS") + digits(rng, 7)
	case 3:
		return digits(rng, 2) + letters(rng, "ABCDEF", 2) + digits(rng, 5)
	case 4:
		return pickWord(rng, "A N Z K") + digits(rng, 7)
	}
	return number(rng, 1, 9) + digits(rng, 7)
}

func (d *dialogue) rid() string {
	return newResidentID(d.Rand, pick(d.Rand, d.words.places).code, day(d.Rand, 1945, 2004))
}

func spellingSlots() map[string]func(*dialogue) []piece {
	of := func(class string, draw func(*rand.Rand) string) func(*dialogue) []piece {
		return fresh(class, func(d *dialogue) string { return draw(d.Rand) })
	}
	out := map[string]func(*dialogue) []piece{
		"mobile_odd":   of(Phone, oddMobile),
		"card_phone":   of(Phone, newMobile),
		"landline_odd": of(Landline, oddLandline),
		"intl_odd":     of(IntlPhone, oddIntlPhone),
		"hk_local": of(IntlPhone, func(rng *rand.Rand) string {
			return pickWord(rng, "5 6 9") + digits(rng, 3) + pick(rng, []string{" ", "", "-"}) + digits(rng, 4)
		}),
		"tw_local": of(IntlPhone, func(rng *rand.Rand) string {
			return grouped("09"+digits(rng, 8), pick(rng, []string{"", "-", " "}), 4, 3)
		}),
		"rid_wrong": fresh(ResidentID, func(d *dialogue) string { return wrongCheck(d.Rand, d.rid()) }),
		"rid_odd": fresh(ResidentID, func(d *dialogue) string {
			id := d.rid()
			for strings.HasSuffix(id, "X") {
				id = d.rid()
			}
			if some(d.Rand, 0.5) {
				return inDigits(id, pick(d.Rand, otherDigits))
			}
			return grouped(id, pick(d.Rand, []string{" ", "-"}), pick(d.Rand, [][]int{{6, 8}, {3, 3, 4, 4}, {6, 4, 4}})...)
		}),
		"card_wrong":   of(BankCard, func(rng *rand.Rand) string { return wrongCheck(rng, newCard(rng)) }),
		"passport_any": of(Passport, anyPassport),
		"email_han": of(Email, func(rng *rand.Rand) string {
			return pickWord(rng, "李四 小雨 王小明 jürgen.müller josé_garcia о.петрова") + pickWord(rng, "@example.com @mail.example.cn")
		}),
		"email_said": of(Email, func(rng *rand.Rand) string {
			account := pickWord(rng, "zhang.wei lina88 happycat amy_liu")
			return pick(rng, []string{account + "[at]example[dot]com", account + " (at) example (dot) com", account + " at example dot com", account + " @ example.com", account + "#example.com"})
		}),
		"birth_after": fresh(BirthDate, func(d *dialogue) string {
			return day(d.Rand, 1950, 2024).Format(pick(d.Rand, []string{"20060102", "2006年1月2日", "2006.1.2", "2006-01-02"}))
		}),
		"birth_en": fresh(BirthDate, func(d *dialogue) string {
			return day(d.Rand, 1950, 2010).Format(pick(d.Rand, []string{"January 2, 2006", "2 January 2006", "01/02/2006", "2006-01-02", "02.01.2006", "Jan 2 2006"}))
		}),
		"iban_low": of(IBAN, func(rng *rand.Rand) string {
			return grouped(strings.ToLower(newIBAN(rng)), pick(rng, []string{"", " "}), 4, 4, 4, 4, 4, 4)
		}),
		"mac_plain": of(MAC, func(rng *rand.Rand) string { return strings.NewReplacer(":", "", "-", "").Replace(newMAC(rng)) }),
		"coord_dms": of(Coordinates, func(rng *rand.Rand) string {
			return fmt.Sprintf("%d°%d′%d″N %d°%d′%d″E", 21+rng.IntN(25), rng.IntN(60), rng.IntN(60), 98+rng.IntN(28), rng.IntN(60), rng.IntN(60))
		}),
	}
	for name, draw := range lookalikes() {
		out[name] = of("", draw)
	}
	return out
}

// lookalikes are numbers of things.
func lookalikes() map[string]func(*rand.Rand) string {
	lately := func(rng *rand.Rand) time.Time {
		return time.Date(2025, time.Month(1+rng.IntN(12)), 1+rng.IntN(28), 8+rng.IntN(14), rng.IntN(60), rng.IntN(60), 0, time.UTC)
	}
	return map[string]func(*rand.Rand) string{
		"order11": func(rng *rand.Rand) string { return "1" + number(rng, 3, 9) + digits(rng, 9) },
		"order17": func(rng *rand.Rand) string { return pickWord(rng, "62 64 4 95 38 20") + digits(rng, 15) },
		"ean":     func(rng *rand.Rand) string { return "69" + digits(rng, 11) },
		"isbn": func(rng *rand.Rand) string {
			return pick(rng, []string{"9787" + digits(rng, 9), "978-7-" + digits(rng, 3) + "-" + digits(rng, 5) + "-" + digits(rng, 1)})
		},
		"imei":  func(rng *rand.Rand) string { return "86" + digits(rng, 13) },
		"taxno": func(rng *rand.Rand) string { return "3301" + digits(rng, 11) },
		"iot":   func(rng *rand.Rand) string { return pickWord(rng, "10648 10647 14400") + digits(rng, 8) },
		"ts10":  func(rng *rand.Rand) string { return fmt.Sprint(lately(rng).Unix()) },
		"ts13":  func(rng *rand.Rand) string { return fmt.Sprint(lately(rng).UnixMilli()) },
		"version4": func(rng *rand.Rand) string {
			return number(rng, 1, 12) + "." + number(rng, 0, 20) + "." + number(rng, 0, 40) + "." + number(rng, 0, 250)
		},
		"ua": func(rng *rand.Rand) string { return number(rng, 90, 130) + ".0.0.0" },
		"section": func(rng *rand.Rand) string {
			return number(rng, 1, 9) + "." + number(rng, 1, 9) + "." + number(rng, 1, 9) + "." + number(rng, 1, 9)
		},
		"parcel13": func(rng *rand.Rand) string { return digits(rng, 13) },
		"big":      func(rng *rand.Rand) string { return number(rng, 13, 18) + digits(rng, 9) },
		"small":    func(rng *rand.Rand) string { return number(rng, 1, 99) + "." + digits(rng, 2) },
		"rate":     func(rng *rand.Rand) string { return "7." + digits(rng, 6) },
		"seat":     func(rng *rand.Rand) string { return number(rng, 1, 20) + "排" + number(rng, 1, 30) + "座" },
		"points":   func(rng *rand.Rand) string { return number(rng, 1, 9) + digits(rng, 6) },
		"date8":    func(rng *rand.Rand) string { return lately(rng).Format("20060102") },
		"stamp":    func(rng *rand.Rand) string { return lately(rng).Format("2006-01-02T15:04:05.000Z") },
	}
}
