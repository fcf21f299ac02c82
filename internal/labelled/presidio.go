package labelled

import (
	"bytes"
	"io"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// presidioClass maps the entity types of presidio-research to classes, and tells
// which of them count; types that are not here are ignored for every class.
func presidioClass(kind string) (class string, counts bool) {
	switch kind {
	case "PERSON":
		return Name, true
	case "STREET_ADDRESS":
		return Address, true
	case "PHONE_NUMBER":
		return IntlPhone, true
	case "CREDIT_CARD":
		return BankCard, true
	case "IBAN_CODE":
		return IBAN, true
	case "US_SSN":
		return SSN, true
	case "EMAIL_ADDRESS":
		return Email, true
	case "IP_ADDRESS":
		return IP, true
	case "GPE", "ZIP_CODE": // parts of addresses, and places anywhere
		return Address, false
	}
	return "", false
}

// Presidio reads the English sentences of presidio-research.
//
// Pieces of one address with nothing but blanks and commas between them count
// as one. An address without a letter (a post code labelled as a street) is
// ignored, as are places and post codes (for addresses only), dates,
// organisations, titles and web sites.
func Presidio(dir string) (Set, error) {
	set := Set{
		Name: "presidio", Classes: classesBut(BirthDate, Secret),
		Note: "English, from templates; phone numbers are of many countries and mostly without a country code; card numbers have sound check digits",
	}
	f, err := read(dir, "presidio-research/synth_dataset_v2.json")
	if err != nil {
		return Set{}, err
	}
	dec := jsontext.NewDecoder(bytes.NewReader(f.data))
	if kind := dec.PeekKind(); kind != '[' {
		return Set{}, f.fault(0, "not a list of sentences")
	}
	if _, err := dec.ReadToken(); err != nil {
		return Set{}, f.fault(int(dec.InputOffset()), "reading a sentence: %w", err)
	}
	for dec.PeekKind() == '{' {
		offset := int(dec.InputOffset())
		offset += bytes.IndexByte(f.data[offset:], '{')
		var row presidioRow
		if err := json.UnmarshalDecode(dec, &row); err != nil {
			return Set{}, f.fault(int(dec.InputOffset()), "reading a sentence: %w", err)
		}
		t, ok := row.text()
		if !ok {
			return Set{}, f.fault(offset, "a label whose place does not hold its value")
		}
		set.Texts = append(set.Texts, t)
	}
	if _, err := dec.ReadToken(); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return Set{}, f.fault(int(dec.InputOffset()), "reading a sentence: %w", err)
	}
	return set, nil
}

type presidioRow struct {
	Text  string `json:"full_text"`
	Spans []struct {
		Kind  string `json:"entity_type"`
		Value string `json:"entity_value"`
		Start int    `json:"start_position"` // in runes
		End   int    `json:"end_position"`
	} `json:"spans"`
}

func (r presidioRow) text() (Text, bool) {
	t := Text{Body: r.Text}
	starts := runeStarts(r.Text)
	var spans []Span
	for _, s := range r.Spans {
		class, counts := presidioClass(s.Kind)
		if s.Start < 0 || s.End < s.Start || s.End >= len(starts) || r.Text[starts[s.Start]:starts[s.End]] != s.Value {
			return Text{}, false
		}
		at := Span{Start: starts[s.Start], End: starts[s.End], Class: class}
		if counts {
			spans = append(spans, at)
		} else {
			t.Ignored = append(t.Ignored, at)
		}
	}
	sortSpans(spans)
	for _, s := range joined(r.Text, spans) {
		if s.Class == Address && strings.IndexFunc(r.Text[s.Start:s.End], unicode.IsLetter) < 0 {
			t.Ignored = append(t.Ignored, s)
		} else {
			t.Spans = append(t.Spans, s)
		}
	}
	return t.tidy(), true
}

// joined makes one of addresses with nothing but blanks and commas between them.
func joined(body string, spans []Span) []Span {
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.Class == Address && out[n-1].Class == Address && out[n-1].End <= s.Start &&
			strings.Trim(body[out[n-1].End:s.Start], " ,\n\t") == "" {
			out[n-1].End = s.End
			continue
		}
		out = append(out, s)
	}
	return out
}
