package labelled

import (
	"errors"
	"fmt"
	"unicode"
)

// ErrSpan means that a search reported a place that is not in its text: the
// search is at fault and no number of it can be believed.
var ErrSpan = errors.New("a place outside of the text")

// Outcome is what became of a label.
type Outcome uint8

// Outcomes.
const (
	Missed Outcome = iota // nothing of it was covered
	Partly                // some of it was covered, and a letter or digit was left open
	Found                 // no letter and no digit was left open
)

// Finding is what a reported place is worth.
type Finding uint8

// Findings.
const (
	Wrong      Finding = iota // touches no label
	Unjudged                  // touches no label that counts, but one that is ignored
	Right                     // touches a label, whatever its class
	OtherClass                // right, but no label that it touches is of its class
)

// Verdict is the outcome for one text.
type Verdict struct {
	Labels []Outcome // of Text.Spans
	Exact  []bool    // of Text.Spans: one place of the same class covers half of it at least, and is covered half by it
	Found  []Finding // of the places reported
}

// Judge compares what a search reported with the labels of t.
//
// The question is what leaks. A label is found when the places reported, of
// whatever class and however many, together cover all of its letters and
// digits; a blank, a dash or a bracket may stay open. A place is wrong when it
// touches no label of any class: a card number taken for a phone number is
// masked all the same, and no plain word has been lost.
func Judge(t Text, found []Span) (Verdict, error) {
	v := Verdict{Labels: make([]Outcome, len(t.Spans)), Exact: make([]bool, len(t.Spans)), Found: make([]Finding, len(found))}
	for j, f := range found {
		if f.Start < 0 || f.End > len(t.Body) || f.Start >= f.End {
			return Verdict{}, fmt.Errorf("%w: bytes %d to %d of %d", ErrSpan, f.Start, f.End, len(t.Body))
		}
		for _, g := range t.Ignored {
			if overlap(g, f) > 0 && (g.Class == "" || g.Class == f.Class) {
				v.Found[j] = Unjudged
			}
		}
	}
	for i, s := range t.Spans {
		open := make([]bool, s.End-s.Start)
		for k := range open {
			open[k] = true
		}
		touched := false
		for j, f := range found {
			n := overlap(s, f)
			if n <= 0 {
				continue
			}
			touched = true
			for k := max(s.Start, f.Start); k < min(s.End, f.End); k++ {
				open[k-s.Start] = false
			}
			switch {
			case f.Class == s.Class:
				v.Found[j] = Right
				v.Exact[i] = v.Exact[i] || 2*n >= s.End-s.Start && 2*n >= f.End-f.Start
			case v.Found[j] != Right:
				v.Found[j] = OtherClass
			}
		}
		switch {
		case !leaks(t.Body[s.Start:s.End], open):
			v.Labels[i] = Found
		case touched:
			v.Labels[i] = Partly
		}
	}
	return v, nil
}

// leaks tells whether a letter or a digit of s is open at one of its bytes.
func leaks(s string, open []bool) bool {
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			continue
		}
		for k := i; k < i+len(string(r)) && k < len(open); k++ {
			if open[k] {
				return true
			}
		}
	}
	return false
}

// Tally counts labels.
type Tally struct{ Found, Missed int }

func (t *Tally) add(o Outcome) {
	if o == Found {
		t.Found++
	} else {
		t.Missed++
	}
}

// Recall is the share of the labels that were found; there is none without
// labels.
func (t Tally) Recall() (share float64, ok bool) { return ratio(t.Found, t.Missed) }

// Score is how one class fared.
type Score struct {
	Tally
	Partly int // of Missed: some of it was covered
	Exact  int // labels that a place of the same class covers by half at least, and the other way round

	Known Tally // of those whose value stands in the record ([Span.Known])
	Cued  Tally // of those with words before them that say what they are ([Span.Cued])
	Bare  Tally // of those that are neither

	// Places reported as this class. All are zero for a class that the set does
	// not label wherever it occurs.
	Right, Wrong, Unjudged int
	OtherClass             int // of Right: the label is of another class
}

// Precision is the share of the places reported that touch a label; those that
// touch an ignored one count on neither side. There is none where no place was
// judged.
func (s Score) Precision() (share float64, ok bool) { return ratio(s.Right, s.Wrong) }

func ratio(yes, no int) (float64, bool) {
	if yes+no == 0 {
		return 0, false
	}
	return float64(yes) / float64(yes+no), true
}

// Scores are the scores of a set, by class.
type Scores map[string]Score

// Total returns the sum over the classes.
func (s Scores) Total() Score {
	var t Score
	for _, x := range s {
		for _, p := range [][2]*Tally{{&t.Tally, &x.Tally}, {&t.Known, &x.Known}, {&t.Cued, &x.Cued}, {&t.Bare, &x.Bare}} {
			p[0].Found += p[1].Found
			p[0].Missed += p[1].Missed
		}
		t.Partly += x.Partly
		t.Exact += x.Exact
		t.Right += x.Right
		t.Wrong += x.Wrong
		t.Unjudged += x.Unjudged
		t.OtherClass += x.OtherClass
	}
	return t
}

// Measure runs find over the texts of set and counts by [Judge]. It ends with
// the first error of find, or with [ErrSpan].
func Measure(set Set, find func(Text) ([]Span, error)) (Scores, error) {
	exhaustive := map[string]bool{}
	for _, c := range set.Classes {
		exhaustive[c] = true
	}
	out := Scores{}
	for n, t := range set.Texts {
		found, err := find(t)
		if err != nil {
			return nil, fmt.Errorf("searching text %d of %s: %w", n, set.Name, err)
		}
		v, err := Judge(t, found)
		if err != nil {
			return nil, fmt.Errorf("judging text %d of %s: %w", n, set.Name, err)
		}
		for i, s := range t.Spans {
			sc := out[s.Class]
			sc.label(s, v.Labels[i], v.Exact[i])
			out[s.Class] = sc
		}
		for j, f := range found {
			if exhaustive[f.Class] {
				sc := out[f.Class]
				sc.place(v.Found[j])
				out[f.Class] = sc
			}
		}
	}
	return out, nil
}

func (s *Score) label(l Span, o Outcome, exact bool) {
	s.add(o)
	if o == Partly {
		s.Partly++
	}
	if exact {
		s.Exact++
	}
	if l.Known {
		s.Known.add(o)
	}
	if l.Cued {
		s.Cued.add(o)
	}
	if !l.Known && !l.Cued {
		s.Bare.add(o)
	}
}

func (s *Score) place(f Finding) {
	switch f {
	case Right:
		s.Right++
	case OtherClass:
		s.Right++
		s.OtherClass++
	case Unjudged:
		s.Unjudged++
	default:
		s.Wrong++
	}
}
