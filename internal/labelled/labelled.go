package labelled

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Classes of personal information.
const (
	Phone       = "phone"       // Chinese mobile, without its country code
	Landline    = "landline"    // Chinese fixed line, without its extension
	IntlPhone   = "intl_phone"  // any other country's number
	ResidentID  = "resident_id" // 18 or 15 digits (GB 11643)
	HKMTPermit  = "hkmt_permit" // papers of and for Hong Kong, Macau and Taiwan
	ForeignID   = "foreign_id"  // foreign permanent resident id card
	Passport    = "passport"    //
	BankCard    = "bank_card"   // ISO/IEC 7812
	USCC        = "uscc"        // unified social credit code (GB 32100)
	Plate       = "plate"       // vehicle
	Email       = "email"       //
	WeChat      = "wechat"      //
	QQ          = "qq"          //
	IP          = "ip"          // v4, v6
	MAC         = "mac"         //
	Coordinates = "coordinates" // a pair, or each number of one
	BirthDate   = "birth_date"  // with its year
	Name        = "name"        // of a person, without a title
	Address     = "address"     // finer than a district
	IBAN        = "iban"        // ISO 13616
	SSN         = "us_ssn"      //
	Secret      = "secret"      // password, token, key; not a code by text message
)

// Classes returns every class, in the order in which they are reported.
func Classes() []string {
	return []string{Phone, Landline, IntlPhone, ResidentID, HKMTPermit, ForeignID, Passport, BankCard, USCC, Plate, Email,
		WeChat, QQ, IP, MAC, Coordinates, BirthDate, Name, Address, IBAN, SSN, Secret}
}

// classesBut returns every class except those named.
func classesBut(not ...string) []string {
	return slices.DeleteFunc(Classes(), func(c string) bool { return slices.Contains(not, c) })
}

// Span is a place in a text, in bytes.
type Span struct {
	Start, End int
	Class      string
	// Known: the same value stands in the record that the text belongs to (the
	// customer of a dialogue), so that a policy that maps the record's fields
	// can know it. Widths, blanks and punctuation aside.
	Known bool
	// Cued: words right before a name say that it is one (收货人：…). Set for
	// generated dialogues only.
	Cued bool
}

// Text is one text or one JSON body.
type Text struct {
	Body string
	// Spans is where personal information stands, sorted; no two overlap.
	Spans []Span
	// Ignored are the places of which the set does not say whether they are
	// personal information. One with a class is left out of account for that
	// class only.
	Ignored []Span
}

// Set is a set of texts.
type Set struct {
	Name    string
	JSON    bool // bodies are JSON; places are those in the raw bytes
	Texts   []Text
	Classes []string // the classes that are labelled wherever they occur: only for them is precision measured
	Note    string   // what to know before believing a number
}

// Labels counts the labels of each class.
func (s Set) Labels() map[string]int {
	n := map[string]int{}
	for _, t := range s.Texts {
		for _, sp := range t.Spans {
			n[sp.Class]++
		}
	}
	return n
}

// tidy sorts the spans of t, lets go of those that are empty or overlap a span
// before them (the longer of two that begin together stays), and of the ignored
// ones that lie in a counted one.
func (t Text) tidy() Text {
	sortSpans(t.Spans)
	end := 0
	t.Spans = slices.DeleteFunc(t.Spans, func(s Span) bool {
		if s.Start < end || s.Start >= s.End {
			return true
		}
		end = s.End
		return false
	})
	t.Ignored = slices.DeleteFunc(t.Ignored, func(g Span) bool {
		return g.Start >= g.End || slices.ContainsFunc(t.Spans, func(s Span) bool { return s.Start <= g.Start && g.End <= s.End })
	})
	sortSpans(t.Ignored)
	t.Ignored = slices.Compact(t.Ignored)
	return t
}

func sortSpans(s []Span) {
	slices.SortFunc(s, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.Class, b.Class))
	})
}

// overlap returns how many bytes a and b share.
func overlap(a, b Span) int { return min(a.End, b.End) - max(a.Start, b.Start) }

// fold returns the letters and digits of s, full-width ones as ASCII, letters in
// lower case: what two spellings of one value have in common.
func fold(s string) string {
	var out []byte
	for _, r := range s {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			out = utf8.AppendRune(out, unicode.ToLower(r))
		}
	}
	return string(out)
}
