package labelled

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// spanOf returns the place of the n-th occurrence of word in body.
func spanOf(t *testing.T, body, word, class string) Span {
	t.Helper()
	at := strings.Index(body, word)
	if at < 0 {
		t.Fatalf("%q is not in %q", word, body)
	}
	return Span{Start: at, End: at + len(word), Class: class}
}

func TestJudge(t *testing.T) {
	const body = "电话 138-1234-5678，王磊，尾号（可能）"
	text := Text{Body: body, Spans: []Span{spanOf(t, body, "138-1234-5678", Phone), spanOf(t, body, "王磊", Name)},
		Ignored: []Span{spanOf(t, body, "尾号", ""), spanOf(t, body, "可能", Address)}}
	at := func(word, class string) Span { return spanOf(t, body, word, class) }
	for _, tc := range []struct {
		name  string
		found []Span
		want  []Outcome
		exact []bool
		worth []Finding
	}{
		{"nothing", nil, []Outcome{Missed, Missed}, []bool{false, false}, []Finding{}},
		{"whole", []Span{at("138-1234-5678", Phone), at("王磊", Name)}, []Outcome{Found, Found}, []bool{true, true}, []Finding{Right, Right}},
		{"in pieces, dashes open", []Span{at("138", QQ), at("1234", QQ), at("5678", QQ)}, []Outcome{Found, Missed}, []bool{false, false},
			[]Finding{OtherClass, OtherClass, OtherClass}},
		{"a digit open", []Span{at("138-1234-567", Phone)}, []Outcome{Partly, Missed}, []bool{true, false}, []Finding{Right}},
		{"half of a name", []Span{at("王", Name)}, []Outcome{Missed, Partly}, []bool{false, true}, []Finding{Right}},
		{"other class", []Span{at("138-1234-5678", BankCard)}, []Outcome{Found, Missed}, []bool{false, false}, []Finding{OtherClass}},
		{"everything", []Span{{Start: 0, End: len(body), Class: Name}}, []Outcome{Found, Found}, []bool{false, false}, []Finding{Right}},
		{"a plain word", []Span{at("电话", Name)}, []Outcome{Missed, Missed}, []bool{false, false}, []Finding{Wrong}},
		{"ignored for all", []Span{at("尾号", Name)}, []Outcome{Missed, Missed}, []bool{false, false}, []Finding{Unjudged}},
		{"ignored for another class", []Span{at("可能", Name)}, []Outcome{Missed, Missed}, []bool{false, false}, []Finding{Wrong}},
		{"ignored for this class", []Span{at("可能", Address)}, []Outcome{Missed, Missed}, []bool{false, false}, []Finding{Unjudged}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v, err := Judge(text, tc.found)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(v.Labels, tc.want) || !slices.Equal(v.Exact, tc.exact) || !slices.Equal(v.Found, tc.worth) {
				t.Errorf("got %v %v %v, want %v %v %v", v.Labels, v.Exact, v.Found, tc.want, tc.exact, tc.worth)
			}
		})
	}
}

func TestJudgeRefusesPlacesOutside(t *testing.T) {
	for _, s := range []Span{{Start: -1, End: 1}, {Start: 0, End: 4}, {Start: 2, End: 2}, {Start: 2, End: 1}} {
		if _, err := Judge(Text{Body: "abc"}, []Span{s}); !errors.Is(err, ErrSpan) {
			t.Errorf("%v: got %v", s, err)
		}
	}
}

func TestMeasure(t *testing.T) {
	const a, b = "王磊和李雪，13812345678", "周三见"
	set := Set{Name: "two", Classes: []string{Name}, Texts: []Text{
		{Body: a, Spans: []Span{
			{Start: 0, End: 6, Class: Name, Known: true}, {Start: 9, End: 15, Class: Name, Cued: true}, {Start: 18, End: 29, Class: Phone}}},
		{Body: b},
	}}
	scores, err := Measure(set, func(text Text) ([]Span, error) {
		if text.Body == b {
			return []Span{{Start: 0, End: 6, Class: Name}}, nil
		}
		return []Span{{Start: 0, End: 6, Class: Name}, {Start: 18, End: 29, Class: Phone}, {Start: 6, End: 9, Class: Phone}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Score{Tally: Tally{1, 1}, Exact: 1, Known: Tally{1, 0}, Cued: Tally{0, 1}, Right: 1, Wrong: 1}
	if scores[Name] != want {
		t.Errorf("names: got %+v, want %+v", scores[Name], want)
	}
	// The set does not claim to label every phone number: their precision is not measured.
	if want := (Score{Tally: Tally{1, 0}, Exact: 1, Bare: Tally{1, 0}}); scores[Phone] != want {
		t.Errorf("phones: got %+v, want %+v", scores[Phone], want)
	}
	if r, ok := scores[Name].Recall(); r != 0.5 || !ok {
		t.Errorf("recall %v %v", r, ok)
	}
	if p, ok := scores[Name].Precision(); p != 0.5 || !ok {
		t.Errorf("precision %v %v", p, ok)
	}
	if _, ok := scores[Phone].Precision(); ok {
		t.Error("a precision without places")
	}
	if total := scores.Total(); total.Found != 2 || total.Missed != 1 || total.Wrong != 1 || total.Known.Found != 1 {
		t.Errorf("total %+v", total)
	}
	broken := errors.New("broken")
	if _, err := Measure(set, func(Text) ([]Span, error) { return nil, broken }); !errors.Is(err, broken) || !strings.Contains(err.Error(), "text 0 of two") {
		t.Errorf("got %v", err)
	}
	if _, err := Measure(set, func(Text) ([]Span, error) { return []Span{{End: 99}}, nil }); !errors.Is(err, ErrSpan) {
		t.Errorf("got %v", err)
	}
}

// A search that reports the labels misses nothing and is never wrong; one that
// reports nothing misses everything.
func TestMeasureItsOwnLabels(t *testing.T) {
	set := Dialogues(7, 50)
	all, err := Measure(set, func(t Text) ([]Span, error) { return t.Spans, nil })
	if err != nil {
		t.Fatal(err)
	}
	none, err := Measure(set, func(Text) ([]Span, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	for class, n := range set.Labels() {
		if s := all[class]; s.Found != n || s.Missed+s.Wrong+s.Partly+s.OtherClass != 0 || s.Exact != n || s.Right != n {
			t.Errorf("%s of %d: %+v", class, n, s)
		}
		if s := none[class]; s.Missed != n || s.Found != 0 {
			t.Errorf("%s of %d: %+v", class, n, s)
		}
	}
}
