package labelled

import (
	_ "embed"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
)

// finer is what an address below a district has in it.
var finer = regexp.MustCompile(`路|街|号|村|镇|乡|室|栋|幢|楼|大厦|小区|社区|大道|巷|弄|胡同`)

// notFiner are words that hold a character of finer and are no such place.
var notFiner = strings.NewReplacer("塞浦路斯", "", "耶路撒冷", "", "中关村", "", "度假村", "", "运动员村", "", "奥运村", "",
	"艺术村", "", "步行街", "", "商业街", "", "购物街", "", "金融街", "", "华尔街", "", "小镇", "", "古镇", "", "城镇", "", "乡村", "")

// titled is a family name with a title, which the set does not label.
var titled = regexp.MustCompile(`\p{Han}(?:先生|女士|小姐|太太|老师|老板|经理|主任|教授)`)

// CLUENER reads the news sentences of cluener/train.json.
//
// Counted are the labels of persons and those addresses that are finer than a
// district. Ignored, as addresses only, are a country, a city or a district
// alone, and companies, organisations, government bodies and sights, in which an
// address may well be found; and, as a name, a family name with a title (张女士).
func CLUENER(dir string) (Set, error) {
	set := Set{
		Name: "cluener", Classes: []string{Name, Address},
		Note: "news: names of players' handles and of characters are labelled as names; addresses are those finer than a district",
	}
	f, err := read(dir, "cluener/train.json")
	if err != nil {
		return Set{}, err
	}
	err = f.lines(func(offset int, line string) error {
		var row struct {
			Text  string                         `json:"text"`
			Label map[string]map[string][][2]int `json:"label"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return f.fault(offset, "reading a sentence: %w", err)
		}
		t := Text{Body: row.Text}
		starts := runeStarts(row.Text)
		for _, kind := range sortedKeys(row.Label) {
			for _, value := range sortedKeys(row.Label[kind]) {
				for _, at := range row.Label[kind][value] {
					first, last := at[0], at[1]
					if first < 0 || last < first || last+1 >= len(starts) || row.Text[starts[first]:starts[last+1]] != value {
						return f.fault(offset, "characters %d to %d are not what the label says", first, last)
					}
					t.newsLabel(kind, value, trimmed(row.Text, Span{Start: starts[first], End: starts[last+1]}))
				}
			}
		}
		for _, m := range titled.FindAllStringIndex(row.Text, -1) {
			t.Ignored = append(t.Ignored, Span{Start: m[0], End: m[1], Class: Name})
		}
		set.Texts = append(set.Texts, t.tidy())
		return nil
	})
	if err != nil {
		return Set{}, err
	}
	return set, nil
}

// newsLabel adds the label of one value, by its kind.
func (t *Text) newsLabel(kind, value string, s Span) {
	switch kind {
	case "name":
		s.Class = Name
		if strings.ContainsAny(value, "0123456789《") { // 2009, TH000: no names
			s.Class = ""
			t.Ignored = append(t.Ignored, s)
			return
		}
		t.Spans = append(t.Spans, s)
	case "address":
		s.Class = Address
		if finer.MatchString(notFiner.Replace(value)) {
			t.Spans = append(t.Spans, s)
			return
		}
		t.Ignored = append(t.Ignored, s)
	case "company", "organization", "government", "scene":
		s.Class = Address
		t.Ignored = append(t.Ignored, s)
	}
}

//go:embed words/carriers.txt
var carriers string

// CNAddress reads the addresses of cn-address: each as a text of its own, and
// each in a sentence as a customer writes it, drawn by seed.
//
// A country in front and notes for the courier behind (电联) are ignored, and so
// is a whole row that names nothing finer than a district.
func CNAddress(dir string, seed uint64) (bare, carried Set, err error) {
	bare = Set{Name: "cn-address", Classes: Classes(), Note: "the whole text is an address, notes for the courier aside"}
	carried = Set{Name: "cn-address-carried", Classes: Classes(), Note: "the same in sentences of our own"}
	sentences := strings.Split(strings.TrimSpace(carriers), "\n")
	for _, name := range []string{"cn-address/train.txt", "cn-address/dev.txt"} {
		f, err := read(dir, name)
		if err != nil {
			return Set{}, Set{}, err
		}
		rows, err := addressRows(f)
		if err != nil {
			return Set{}, Set{}, err
		}
		bare.Texts = append(bare.Texts, rows...)
	}
	rng := rand.New(rand.NewPCG(seed, 0x61646472))
	for _, t := range bare.Texts {
		before, after, _ := strings.Cut(sentences[rng.IntN(len(sentences))], "…")
		moved := Text{Body: before + t.Body + after}
		for _, s := range t.Spans {
			s.Start, s.End = s.Start+len(before), s.End+len(before)
			moved.Spans = append(moved.Spans, s)
		}
		for _, s := range t.Ignored {
			s.Start, s.End = s.Start+len(before), s.End+len(before)
			moved.Ignored = append(moved.Ignored, s)
		}
		carried.Texts = append(carried.Texts, moved)
	}
	return bare, carried, nil
}

// addressRows reads rows of "text tag" lines with a blank line after each.
func addressRows(f file) ([]Text, error) {
	var out []Text
	var body strings.Builder
	label, fine := Span{Start: -1}, false
	flush := func() {
		if body.Len() == 0 {
			return
		}
		t := Text{Body: body.String(), Ignored: []Span{{Start: 0, End: body.Len()}}}
		if fine {
			label.Class = Address
			t.Spans = []Span{label}
			t.Ignored = []Span{{Start: 0, End: label.Start}, {Start: label.End, End: body.Len()}}
		}
		out = append(out, t.tidy())
		body.Reset()
		label, fine = Span{Start: -1}, false
	}
	at := 0
	for line := range strings.Lines(string(f.data)) {
		offset := at
		at += len(line)
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			flush()
			continue
		}
		text, tag, ok := strings.Cut(line, " ")
		_, chunk, tagged := strings.Cut(tag, "-")
		if !ok || !tagged || text == "" {
			return nil, f.fault(offset, `not a text, a blank and a tag like "B-road"`)
		}
		start := body.Len()
		body.WriteString(text)
		switch chunk {
		case "redundant", "country", "otherinfo":
			continue
		case "prov", "city", "district":
		default:
			fine = true
		}
		if label.Start < 0 {
			label.Start = start
		}
		label.End = body.Len()
	}
	flush()
	return out, nil
}
