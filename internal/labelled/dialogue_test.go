package labelled

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

const dialogues = 1500

func TestDialoguesAreSound(t *testing.T) {
	for _, seed := range []uint64{1, 42} {
		bodies, texts := Dialogues(seed, dialogues), DialogueTexts(seed, dialogues)
		sound(t, bodies)
		sound(t, texts)
		if got, want := bodies.Labels(), texts.Labels(); !reflect.DeepEqual(got, want) {
			t.Errorf("the two forms differ: %v and %v", got, want)
		}
		for _, class := range Classes() {
			if n := texts.Labels()[class]; n < 30 {
				t.Errorf("seed %d: %d of %s", seed, n, class)
			}
		}
		for i, text := range texts.Texts {
			if n := 1 + strings.Count(text.Body, "\n"); n < 8 || n > 20 {
				t.Errorf("seed %d, dialogue %d has %d messages", seed, i, n)
			}
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	for _, of := range []func(uint64, int) Set{Dialogues, DialogueTexts} {
		a, b, other := of(3, 40), of(3, 60), of(4, 40)
		if !reflect.DeepEqual(a.Texts, b.Texts[:40]) {
			t.Error("one seed, two sets")
		}
		if reflect.DeepEqual(a.Texts, other.Texts) {
			t.Error("two seeds, one set")
		}
	}
}

// The body holds the record and the messages of the text, and its labels are in
// the messages.
func TestDialogueBody(t *testing.T) {
	bodies, texts := Dialogues(5, 200), DialogueTexts(5, 200)
	escaped := false
	for i := range bodies.Texts {
		b, plain := bodies.Texts[i], texts.Texts[i]
		var row struct {
			Customer struct{ ID, Name, Phone, Address string } `json:"customer"`
			Messages []struct{ From, Text string }             `json:"messages"`
		}
		if err := json.Unmarshal([]byte(b.Body), &row, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, m := range row.Messages {
			lines = append(lines, m.Text)
			if m.From != "客户" && m.From != "客服" {
				t.Errorf("from %q", m.From)
			}
		}
		if strings.Join(lines, "\n") != plain.Body {
			t.Errorf("dialogue %d: the messages differ", i)
		}
		escaped = escaped || strings.Contains(b.Body, `\"`)
		if len(b.Spans) != len(plain.Spans) {
			t.Fatalf("dialogue %d: %d and %d labels", i, len(b.Spans), len(plain.Spans))
		}
		record := []string{fold(row.Customer.Name), fold(row.Customer.Phone), fold(row.Customer.Address)}
		from := strings.Index(b.Body, `"messages"`)
		for k, s := range b.Spans {
			value, same := b.Body[s.Start:s.End], plain.Spans[k]
			if value != plain.Body[same.Start:same.End] || s.Class != same.Class || s.Known != same.Known || s.Cued != same.Cued {
				t.Errorf("dialogue %d: label %d differs", i, k)
			}
			if s.Start < from {
				t.Errorf("dialogue %d: a label in the record", i)
			}
			if s.Known != slices.Contains(record, fold(value)) {
				t.Errorf("dialogue %d: %q known: %v", i, value, s.Known)
			}
		}
		if len(b.Ignored) < 4 || b.Body[b.Ignored[1].Start:b.Ignored[1].End] != row.Customer.Name {
			t.Errorf("dialogue %d: the record is not ignored", i)
		}
	}
	if !escaped {
		t.Error("no message has a character to escape")
	}
}

// No value of a dialogue stands anywhere without a label.
func TestNoValueWithoutLabel(t *testing.T) {
	for i, text := range DialogueTexts(9, 4000).Texts {
		rest := []byte(text.Body)
		for _, s := range slices.Concat(text.Spans, text.Ignored) {
			for k := s.Start; k < s.End; k++ {
				rest[k] = 0
			}
		}
		for _, s := range text.Spans {
			if v := text.Body[s.Start:s.End]; len(v) > 1 && strings.Contains(string(rest), v) {
				t.Errorf("dialogue %d: %s %q stands without a label", i, s.Class, v)
			}
		}
	}
}

// A spelling is labelled where it stands, and a number of a thing is not.
func TestSpellings(t *testing.T) {
	set := Spellings(3, 2000)
	sound(t, set)
	if !reflect.DeepEqual(set, Spellings(3, 2000)) || reflect.DeepEqual(set, Spellings(4, 2000)) {
		t.Error("the seed does not decide")
	}
	without := 0
	for _, text := range set.Texts {
		if len(text.Spans) == 0 {
			without++
		}
	}
	if without < 500 || without > 1500 {
		t.Errorf("%d of 2000 sentences are without a label", without)
	}
	for _, class := range []string{Phone, Landline, IntlPhone, ResidentID, BankCard, Passport, Email, Coordinates, BirthDate, IBAN, MAC} {
		if set.Labels()[class] < 20 {
			t.Errorf("%d of %s", set.Labels()[class], class)
		}
	}
}

func TestHalfOfTheNamesAreCued(t *testing.T) {
	var cued, known, all int
	for _, text := range DialogueTexts(2, dialogues).Texts {
		for _, s := range text.Spans {
			if s.Class != Name {
				if s.Cued {
					t.Errorf("%s is cued", s.Class)
				}
				continue
			}
			all++
			if s.Cued {
				cued++
			}
			if s.Known {
				known++
			}
		}
	}
	if share := float64(cued) / float64(all); share < 0.4 || share > 0.6 {
		t.Errorf("%d of %d names are cued", cued, all)
	}
	if share := float64(known) / float64(all); share < 0.3 || share > 0.8 {
		t.Errorf("%d of %d names are the customer's", known, all)
	}
}

// A mark for a cue stands where a word says that a name follows, and nowhere
// else.
func TestCuesAreCues(t *testing.T) {
	cue := regexp.MustCompile(`(姓名|名字|收货人|收件人|收件人写|联系人|持卡人|入住人|预订人|开户名|开户人|户名|户名是|收款人|抬头|车主|我叫|原来叫|现在叫|有个配送员叫|同事叫|本人|` +
		`中文名|派件员|签收人|投诉人|被投诉人|名字|旅客|收票人|开票人|实名|账号归属|紧急联系人|法人|备注名|下单人|寄件人|换成|改成|是|name)[是：:，, ]?\s*$`)
	templates, err := parseTemplates(templateWords)
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`(姓名|名字|收货人|收件人|联系人|持卡人|入住人|户名|收款人|投诉人|我叫)[：:是]?\s*$`)
	n := 0
	for topic, all := range templates {
		n += len(all)
		for _, tmpl := range all {
			for i, p := range tmpl.parts {
				if p.cued && !cue.MatchString(tmpl.parts[i-1].text) {
					t.Errorf("%s: %q is no cue", topic, tmpl.parts[i-1].text)
				}
				if slices.Contains([]string{"name", "other", "third", "latin"}, p.slot) && !p.cued && plain.MatchString(tmpl.parts[i-1].text) {
					t.Errorf("%s: %q is a cue", topic, tmpl.parts[i-1].text)
				}
			}
		}
	}
	if n < 150 {
		t.Errorf("%d templates", n)
	}
}

// Every slot is in the list and every one of the list is used.
func TestSlots(t *testing.T) {
	templates, err := parseTemplates(templateWords)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	list := slots()
	templates["spellings"] = spellingTemplates()
	for _, all := range templates {
		for _, tmpl := range all {
			for _, p := range tmpl.parts {
				used[p.slot] = true
				if strings.ContainsAny(p.text, "{}") {
					t.Errorf("%q holds a brace that is no slot", p.text)
				}
				if p.slot != "" && list[p.slot] == nil {
					t.Errorf("no slot %q", p.slot)
				}
			}
		}
	}
	for _, name := range sortedKeys(list) {
		if !used[name] {
			t.Errorf("slot %q is not used", name)
		}
	}
	if _, err := parseTemplates("客 没有题目"); err == nil {
		t.Error("a message without a topic")
	}
}

func TestWords(t *testing.T) {
	w := newWords()
	surnames := map[string]bool{}
	for _, s := range w.surnames {
		surnames[s] = true
	}
	if len(surnames) < 120 || len(w.one)+len(w.two) < 380 || len(w.uyghur) < 10 || len(w.latin) < 10 || len(w.places) < 80 {
		t.Errorf("%d surnames, %d given names, %d places", len(surnames), len(w.one)+len(w.two), len(w.places))
	}
	for _, p := range w.places {
		if len(p.code) != 6 || p.district == "" {
			t.Errorf("%+v", p)
		}
	}
}

// The labels of a class are values of the class, by rules that are written here
// a second time.
func TestValuesAreValid(t *testing.T) {
	shape := map[string]*regexp.Regexp{
		Phone:      regexp.MustCompile(`^1[3-9]\d{9}$`),
		Landline:   regexp.MustCompile(`^(0\d{2,3})?[2-8]\d{6,7}$`),
		ResidentID: regexp.MustCompile(`^(\d{17}[\dx]|\d{15})$`),
		HKMTPermit: regexp.MustCompile(`^([hm]\d{8}|\d{8}|c[a-z0-9]\d{7}|[lt]\d{8})$`),
		ForeignID:  regexp.MustCompile(`^([a-z]{3}\d{12}|9\d{16}[\dx])$`),
		Passport:   regexp.MustCompile(`^[a-z0-9][a-z0-9]\d{7}$`),
		BankCard:   regexp.MustCompile(`^\d{15,19}$`),
		USCC:       regexp.MustCompile(`^9[123]\d{6}[0-9a-z]{10}$`),
		Plate:      regexp.MustCompile(`^\p{Han}[a-hj-np-z][a-hj-np-z0-9]{5,6}$`),
		IBAN:       regexp.MustCompile(`^[a-z]{2}\d{2}[a-z0-9]{11,30}$`),
		SSN:        regexp.MustCompile(`^\d{9}$`),
		QQ:         regexp.MustCompile(`^[1-9]\d{4,10}$`),
		MAC:        regexp.MustCompile(`^[0-9a-f]{12}$`),
	}
	for _, text := range DialogueTexts(11, dialogues).Texts {
		for _, s := range text.Spans {
			v := text.Body[s.Start:s.End]
			if re := shape[s.Class]; re != nil && !re.MatchString(fold(v)) {
				t.Errorf("%s %q", s.Class, v)
			}
			switch n := fold(v); s.Class {
			case ResidentID:
				born, layout := n[6:12], "060102"
				if len(n) == 18 {
					born, layout = n[6:14], "20060102"
					if !soundGB11643(n) {
						t.Errorf("%s %q: check digit", s.Class, v)
					}
				}
				if _, err := time.Parse(layout, born); err != nil {
					t.Errorf("%s %q: %v", s.Class, v, err)
				}
			case ForeignID:
				if len(n) == 18 && !soundGB11643(n) {
					t.Errorf("%s %q: check digit", s.Class, v)
				}
			case BankCard:
				if !soundLuhn(n) {
					t.Errorf("%s %q: check digit", s.Class, v)
				}
			case USCC:
				if !soundGB32100(n) {
					t.Errorf("%s %q: check digit", s.Class, v)
				}
			case IBAN:
				if !soundIBAN(n) {
					t.Errorf("%s %q: check digits", s.Class, v)
				}
			case SSN:
				if a := n[:3]; a == "000" || a == "666" || a[0] == '9' || n[3:5] == "00" || n[5:] == "0000" {
					t.Errorf("%s %q is never issued", s.Class, v)
				}
			case Email:
				if !strings.ContainsAny(v, "@＠") || !strings.Contains(v, "example.") {
					t.Errorf("%s %q", s.Class, v)
				}
			}
		}
	}
}

// soundGB11643: the weighted sum of all 18 is 1 modulo 11.
func soundGB11643(n string) bool {
	sum, weight := 0, 1
	for i := 17; i >= 0; i-- {
		d := int(n[i] - '0')
		if n[i] == 'x' {
			d = 10
		}
		sum += weight * d
		weight = weight * 2 % 11
	}
	return sum%11 == 1
}

func soundLuhn(n string) bool {
	sum := 0
	for i := range len(n) {
		d := int(n[i] - '0')
		if (len(n)-i)%2 == 0 {
			d = []int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}[d]
		}
		sum += d
	}
	return sum%10 == 0
}

func soundGB32100(n string) bool {
	value := func(c byte) int { return strings.IndexByte("0123456789abcdefghjklmnpqrtuwxy", c) }
	sum, weight := 0, 1
	for i := range 17 {
		sum += weight * value(n[i])
		weight = weight * 3 % 31
	}
	org := 0
	for i, w := range []int{3, 7, 9, 10, 5, 8, 4, 2, 1} {
		c := n[8+i]
		switch {
		case i == 8 && c == 'x':
			org += 10
		case c >= 'a':
			org += w * int(c-'a'+10)
		default:
			org += w * int(c-'0')
		}
	}
	return (sum+value(n[17]))%31 == 0 && org%11 == 0
}

func soundIBAN(n string) bool {
	rest := 0
	for _, c := range n[4:] + n[:4] {
		if c >= 'a' {
			rest = (rest*100 + int(c-'a') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

// Check digits against examples that the standards and well-known papers give.
func TestCheckDigits(t *testing.T) {
	for _, tc := range []struct{ name, got, want string }{
		{"GB 11643", string(checkGB11643("11010519491231002")), "X"},
		{"ISO/IEC 7812", string(checkLuhn("411111111111111")), "1"},
		{"GB 32100", string(checkGB32100("91350100M000100Y4")), "3"},
		{"ICAO 9303", string(check9303("L898902C3")), "6"},
		{"ICAO 9303 date", string(check9303("740812")), "2"},
		{"ISO 13616", checkIBAN("GB", "WEST12345698765432"), "82"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, tc.got, tc.want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		if id := newForeignID(rng); len(id) == 15 && check9303(id[:14]) != id[14] {
			t.Errorf("%s: check digit", id)
		}
	}
}
