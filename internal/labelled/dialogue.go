package labelled

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

//go:embed words/templates.txt
var templateWords string

var slotPattern = regexp.MustCompile(`\{([a-z0-9_]+)(!?)\}`)

// The two who speak.
const (
	customer = "客"
	agent    = "服"
)

// template is one message with slots.
type template struct {
	from  string
	parts []part
}

// part is literal text, or a slot.
type part struct {
	text string
	slot string
	cued bool
}

// parseTemplates reads templates by topic. A line that is not one is a fault of
// this package, which its test finds.
func parseTemplates(s string) (map[string][]template, error) {
	out := map[string][]template{}
	topic := ""
	for n, line := range strings.Split(s, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			topic = strings.Trim(line, "[]")
			continue
		}
		from, text, ok := strings.Cut(line, " ")
		if !ok || topic == "" || from != customer && from != agent {
			return nil, fmt.Errorf("templates, line %d: neither a topic nor a message", n+1)
		}
		t := template{from: from}
		at := 0
		for _, m := range slotPattern.FindAllStringSubmatchIndex(text, -1) {
			t.parts = append(t.parts, part{text: text[at:m[0]]}, part{slot: text[m[2]:m[3]], cued: m[4] < m[5]})
			at = m[1]
		}
		t.parts = append(t.parts, part{text: text[at:]})
		out[topic] = append(out[topic], t)
	}
	return out, nil
}

// generator makes dialogues.
type generator struct {
	templates map[string][]template
	topics    []string
	slots     map[string]func(*dialogue) []piece
	words     *words
}

func newGenerator() *generator {
	t, err := parseTemplates(templateWords)
	if err != nil {
		panic(err) // the templates are part of the program
	}
	g := &generator{templates: t, slots: slots(), words: newWords()}
	for _, topic := range sortedKeys(t) {
		if topic != "greet" && topic != "bye" && topic != "chat" {
			g.topics = append(g.topics, topic)
		}
	}
	return g
}

// dialogue is one dialogue in the making: who its people are and what has been
// said of them.
type dialogue struct {
	*rand.Rand
	words        *words
	id           string
	name, family string
	title        string
	phone        string
	home         home
	born         time.Time
	kept         map[string]string // values that stay the same within the dialogue
	homes        map[string]home
	known        map[string]bool // values of the record, folded
	messages     []message
}

// message is a text with what is personal in it.
type message struct {
	from           string
	text           string
	spans, ignored []Span
}

// piece is a run of text that a slot gives: of a class, [ignored], or neither.
type piece struct{ text, class string }

// dialogue makes the n-th dialogue of a seed.
func (g *generator) dialogue(seed uint64, n int) *dialogue {
	d := g.start(seed, n)
	g.speak(d)
	return d
}

// start draws who the people of the n-th dialogue of a seed are.
func (g *generator) start(seed uint64, n int) *dialogue {
	d := &dialogue{
		Rand: rand.New(rand.NewPCG(seed, uint64(n))), words: g.words,
		kept: map[string]string{}, homes: map[string]home{},
	}
	d.id = "C" + digits(d.Rand, 8)
	d.name, d.family = d.words.person(d.Rand)
	d.title = pickWord(d.Rand, "先生 女士")
	d.phone = newMobile(d.Rand)
	d.born = day(d.Rand, 1950, 2006)
	d.home = home{pick(d.Rand, d.words.places), d.words.fine(d.Rand)}
	d.known = map[string]bool{fold(d.name): true, fold(d.phone): true, fold(d.home.spell(0)): true}
	return d
}

// speak draws the messages: a greeting, one topic or two with small talk in
// between, and a farewell.
func (g *generator) speak(d *dialogue) {
	total := 8 + d.IntN(13)
	topic, next := pick(d.Rand, g.topics), pick(d.Rand, g.topics)
	turn := total
	if total > 12 && topic != next {
		turn = total / 2
	}
	used := map[*template]bool{}
	from := customer
	for i := range total {
		pool := topic
		switch {
		case i < 2:
			pool = "greet"
		case i >= total-2:
			pool = "bye"
		case some(d.Rand, 0.3):
			pool = "chat"
		case i >= turn:
			pool = next
		}
		t := g.draw(d, pool, from, used)
		if t == nil {
			t = g.draw(d, "chat", from, used)
		}
		if t != nil {
			used[t] = true
			d.messages = append(d.messages, g.fill(d, *t))
		}
		if i < 2 || some(d.Rand, 0.8) {
			if from == customer {
				from = agent
			} else {
				from = customer
			}
		}
	}
}

// draw picks a template that was not used yet.
func (g *generator) draw(d *dialogue, topic, from string, used map[*template]bool) *template {
	var fit []*template
	all := g.templates[topic]
	for i := range all {
		if t := &all[i]; t.from == from && !used[t] {
			fit = append(fit, t)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return pick(d.Rand, fit)
}

func (g *generator) fill(d *dialogue, t template) message {
	m := message{from: "客户"}
	if t.from == agent {
		m.from = "客服"
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.slot == "" {
			b.WriteString(p.text)
			continue
		}
		slot, ok := g.slots[p.slot]
		if !ok {
			panic("a slot that is not in the list: " + p.slot) // the templates are part of the program
		}
		for _, x := range slot(d) {
			s := Span{Start: b.Len(), End: b.Len() + len(x.text), Class: x.class}
			b.WriteString(x.text)
			switch x.class {
			case "":
			case ignored:
				s.Class = ""
				m.ignored = append(m.ignored, s)
			default:
				s.Known = d.known[fold(x.text)]
				s.Cued = p.cued && x.class == Name
				m.spans = append(m.spans, s)
			}
		}
	}
	m.text = b.String()
	return m
}

const dialogueNote = "generated from templates of our own: recall on them says more than precision; Cued and Bare tell names apart"

// Dialogues generates n dialogues between customers and agents in Chinese. A
// body is the record of the customer with the messages:
//
//	{"customer":{"id":"…","name":"…","phone":"…","address":"…"},"messages":[{"from":"客户","text":"…"}]}
//
// Labels are in the texts of the messages; what stands in the record is ignored,
// and a label with the same value is Known.
func Dialogues(seed uint64, n int) Set {
	set := Set{Name: "dialogues", JSON: true, Classes: Classes(), Note: dialogueNote}
	g := newGenerator()
	for i := range n {
		set.Texts = append(set.Texts, g.dialogue(seed, i).body())
	}
	return set
}

// DialogueTexts generates the same dialogues as [Dialogues] as plain text, one
// message a line, without the record.
func DialogueTexts(seed uint64, n int) Set {
	set := Set{Name: "dialogue-texts", Classes: Classes(), Note: dialogueNote + "; Known is what the record would hold, which is not in the text"}
	g := newGenerator()
	for i := range n {
		set.Texts = append(set.Texts, g.dialogue(seed, i).plain())
	}
	return set
}

func (d *dialogue) plain() Text {
	var t Text
	for i, m := range d.messages {
		if i > 0 {
			t.Body += "\n"
		}
		t.Spans = append(t.Spans, moved(m.spans, len(t.Body))...)
		t.Ignored = append(t.Ignored, moved(m.ignored, len(t.Body))...)
		t.Body += m.text
	}
	return t.tidy()
}

func moved(spans []Span, by int) []Span {
	out := make([]Span, len(spans))
	for i, s := range spans {
		s.Start, s.End = s.Start+by, s.End+by
		out[i] = s
	}
	return out
}

func (d *dialogue) body() Text {
	var t Text
	b := []byte(`{"customer":{`)
	for i, f := range [][2]string{{"id", d.id}, {"name", d.name}, {"phone", d.phone}, {"address", d.home.spell(0)}} {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"`+f[0]+`":`...)
		b = t.quote(b, message{text: f[1], ignored: []Span{{Start: 0, End: len(f[1])}}})
	}
	b = append(b, `},"messages":[`...)
	for i, m := range d.messages {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"from":"`+m.from+`","text":`...)
		b = t.quote(b, m)
		b = append(b, '}')
	}
	t.Body = string(append(b, "]}"...))
	return t.tidy()
}

// quote appends m as a JSON string, and its spans at the places where they are
// then.
func (t *Text) quote(dst []byte, m message) []byte {
	at := make([]int, len(m.text)+1) // where each byte's character begins in dst
	dst = append(dst, '"')
	for i, r := range m.text {
		at[i] = len(dst)
		q, _ := jsontext.AppendQuote(nil, string(r))
		dst = append(dst, q[1:len(q)-1]...)
	}
	at[len(m.text)] = len(dst)
	for _, s := range m.spans {
		s.Start, s.End = at[s.Start], at[s.End]
		t.Spans = append(t.Spans, s)
	}
	for _, s := range m.ignored {
		s.Start, s.End = at[s.Start], at[s.End]
		t.Ignored = append(t.Ignored, s)
	}
	return append(dst, '"')
}
