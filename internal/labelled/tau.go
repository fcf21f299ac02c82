package labelled

import (
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
)

// Patterns of the dialogues of tau-bench: members of the JSON that tools return
// into them, and what is shaped like a value that the users' file may not have.
var (
	tauName     = regexp.MustCompile(`"(?:first|last)_name": "([^"]+)"`)
	tauLine     = regexp.MustCompile(`"address[12]": "([^"]+)"`)
	tauBirth    = regexp.MustCompile(`"dob": "([^"]+)"|\bDOB: (\d{4}-\d\d-\d\d)`)
	tauPlace    = regexp.MustCompile(`"(?:city|state|province|zip|country)": "([^"]+)"`)
	tauUser     = regexp.MustCompile(`\b[a-z]+_[a-z]+_\d{4}\b`)
	tauEmail    = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]+`)
	tauStreet   = regexp.MustCompile(`\b\d+ (?:[A-Z][a-z]+ )+(?:Street|St|Avenue|Ave|Drive|Dr|Lane|Ln|Road|Rd|Boulevard|Way|Court|Place)\b|\bSuite \d+\b`)
	tauPostCode = regexp.MustCompile(`\b\d{5}\b`)
)

type tauUserRecord struct {
	Name struct {
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	} `json:"name"`
	Address struct {
		Line1 string `json:"address1"`
		Line2 string `json:"address2"`
	} `json:"address"`
	Email string `json:"email"`
}

// TauDialogues reads the dialogues of tau-bench as plain text, each a text of
// its own.
//
// Counted are the users of the two users' files by their values: full names,
// e-mail addresses and lines of addresses wherever they stand; a first name
// alone where its user is named in full, by e-mail or by id in the same
// dialogue. So are the members of the JSON that tools return. Other first and
// last names, user ids, cities, post codes and what looks like a street are
// ignored.
func TauDialogues(dir string) (Set, error) {
	set := Set{Name: "tau-dialogues", Classes: Classes(), Note: "English dialogues with the answers of tools in them; made by a model, invented users"}
	people := tauPeople{users: map[string]tauUserRecord{}, first: map[string]bool{}, last: map[string]bool{}, lines: map[string]bool{}}
	for _, name := range []string{"retail/data/users.json", "airline/data/users.json"} {
		f, err := read(dir, tauBench+name)
		if err != nil {
			return Set{}, err
		}
		var users map[string]tauUserRecord
		if err := json.Unmarshal(f.data, &users); err != nil {
			return Set{}, f.fault(0, "reading users: %w", err)
		}
		people.add(users)
	}
	for _, name := range []string{"Retail", "Airline"} {
		f, err := read(dir, "tau-bench/few_shot_data/Mock"+name+"DomainEnv-few_shot.jsonl")
		if err != nil {
			return Set{}, err
		}
		err = f.lines(func(offset int, line string) error {
			var row struct {
				Text string `json:"messages_display"`
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				return f.fault(offset, "reading a dialogue: %w", err)
			}
			set.Texts = append(set.Texts, people.label(row.Text))
			return nil
		})
		if err != nil {
			return Set{}, err
		}
	}
	return set, nil
}

// tauPeople are the users of both files and the words of their records.
type tauPeople struct {
	users              map[string]tauUserRecord
	first, last, lines map[string]bool
}

func (p tauPeople) add(users map[string]tauUserRecord) {
	for id, u := range users {
		p.users[id] = u
		p.first[u.Name.First], p.last[u.Name.Last] = true, true
		p.lines[u.Address.Line1], p.lines[u.Address.Line2] = true, true
	}
}

func (p tauPeople) label(body string) Text {
	t := Text{Body: body}
	groups := func(re *regexp.Regexp, class string, into *[]Span) {
		for _, m := range re.FindAllStringSubmatchIndex(body, -1) {
			at := m[len(m)-2:]
			if at[0] < 0 {
				at = m[2:4]
			}
			*into = append(*into, Span{Start: at[0], End: at[1], Class: class})
		}
	}
	groups(tauName, Name, &t.Spans)
	groups(tauLine, Address, &t.Spans)
	groups(tauBirth, BirthDate, &t.Spans)
	groups(tauEmail, Email, &t.Spans)
	for _, re := range []*regexp.Regexp{tauPlace, tauUser, tauStreet, tauPostCode} {
		groups(re, "", &t.Ignored)
	}
	for _, line := range sortedKeys(p.lines) {
		t.Spans = append(t.Spans, occurrences(body, line, Address)...)
	}
	t.Spans = append(t.Spans, p.fullNames(body)...)
	for _, id := range sortedKeys(p.users) {
		u := p.users[id]
		if strings.Contains(body, id) || strings.Contains(body, u.Email) || strings.Contains(body, u.Name.First+" "+u.Name.Last) {
			t.Spans = append(t.Spans, occurrences(body, u.Name.First, Name)...)
		}
	}
	for _, names := range []map[string]bool{p.first, p.last} {
		for _, n := range sortedKeys(names) {
			t.Ignored = append(t.Ignored, occurrences(body, n, "")...)
		}
	}
	return t.tidy()
}

// fullNames returns every place of a first name with a last name behind it.
func (p tauPeople) fullNames(body string) []Span {
	var out []Span
	for _, first := range sortedKeys(p.first) {
		for _, s := range occurrences(body, first, Name) {
			rest, ok := strings.CutPrefix(body[s.End:], " ")
			if !ok {
				continue
			}
			word := rest
			if n := strings.IndexFunc(rest, func(r rune) bool { return !wordRune(r) }); n >= 0 {
				word = rest[:n]
			}
			if p.last[word] {
				s.End += 1 + len(word)
				out = append(out, s)
			}
		}
	}
	return out
}
