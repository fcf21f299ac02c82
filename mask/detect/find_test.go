package detect

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// Each line of a text in testdata is searched for everything; the golden file
// has what was found below it.
func TestFind(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	all, _ := SetOf(Searchable())
	for _, file := range files {
		in, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for line := range strings.SplitSeq(strings.TrimSuffix(string(in), "\n"), "\n") {
			fmt.Fprintln(&b, line)
			for _, f := range Find(line, all) {
				fmt.Fprintf(&b, "\t%s\t%s\n", f.Class, line[f.Start:f.End])
			}
		}
		name := strings.TrimSuffix(file, ".txt") + ".golden"
		if *update {
			if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s differs (-update writes it):\n%s", name, b.String())
		}
	}
}

func FuzzFind(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for line := range strings.SplitSeq(string(text), "\n") {
			f.Add(line)
		}
	}
	all, _ := SetOf(Searchable())
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		for _, span := range Find(s, all) {
			if span.Start < at || span.End <= span.Start || span.End > len(s) {
				t.Fatalf("span %+v after %d of %d", span, at, len(s))
			}
			at = span.End
		}
	})
}

// A letter ends with its writer's name, on a line of its own.
func TestSignedOnALineOfItsOwn(t *testing.T) {
	for s, want := range map[string]string{
		"It never came.\n\nThanks\nThandi":                 "name=Thandi",
		"Kind regards\nThandi Nkosi\nMobile: none":         "name=Thandi Nkosi",
		"Thanks\nPlease answer soon":                       "",
		"It is the best\nSeller on the market":             "",
		"Many thanks\nThandi is what the label should say": "",
	} {
		if got := classesOf(s, All); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}
