package ring

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestReadPurchases(t *testing.T) {
	var faults []string
	p, err := ReadPurchases(strings.NewReader("\ufeff# who where\nb1 m1\nb1,m2,2026-01-02\n\nb2\tm1\t2026-01-02T03:04:05+08:00\t2.5\nb2 m2 0.5\nb3 m1 1767225600 3\n"+
		"alone\nb m someday\nb m 2026-01-02 nothing\nb m 2026-01-02 -1\na b c d e\n"),
		func(line int, err error) { faults = append(faults, fmt.Sprint(line, " ", err)) })
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(p.Buyers, p.Merchants, p.Edges, p.Lines, p.Refused)
	if want := "[b1 b2 b3] [m1 m2] [{0 0 1} {0 1 1} {1 0 2.5} {1 1 0.5} {2 0 3}] 10 5"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !p.At[0].IsZero() || p.At[1].Day() != 2 || p.At[2].Hour() != 3 || !p.At[3].IsZero() || p.At[4].Year() != 2026 {
		t.Errorf("times %v", p.At)
	}
	if want := "8 must be: buyer merchant [time] [weight]"; len(faults) != 5 || faults[0] != want || !strings.Contains(faults[1], "9 time:") || !strings.Contains(faults[3], "11 weight:") {
		t.Errorf("%q", faults)
	}
	p.Fade(24 * time.Hour)
	if p.Edges[0].Weight != 1 || math.Abs(p.Edges[4].Weight-1.5) > 0.06 {
		t.Errorf("faded %v", p.Edges)
	}
}

func FuzzReadPurchases(f *testing.F) {
	f.Add("b1 m1\nb2,m1,2026-01-02,3\n# no\n\x00 \xff")
	f.Fuzz(func(t *testing.T, text string) {
		told := 0
		p, err := ReadPurchases(strings.NewReader(text), func(int, error) { told++ })
		if err != nil {
			return
		}
		if told != p.Refused || len(p.Edges)+told != p.Lines || len(p.At) != len(p.Edges) {
			t.Fatalf("%d lines, %d edges, %d refused", p.Lines, len(p.Edges), told)
		}
		if len(p.Edges) < 300 {
			g := NewGraph(len(p.Buyers), len(p.Merchants), p.Edges)
			if b := g.Densest(); len(p.Edges) > 0 && !(b.Score > 0) {
				t.Fatalf("%+v", b)
			}
			for _, b := range g.Groups(-10) {
				if len(b.Merchants) < 2 || !(b.Score > 0) {
					t.Fatalf("%+v", b)
				}
			}
		}
	})
}
