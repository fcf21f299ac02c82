package archtest

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "draw the import table into ARCHITECTURE.md")

// unseen stand beside the product: a picture of it is clearer without them.
var unseen = []string{"e2e", "internal/archtest", "internal/store/storetest"}

// picture draws the import table.
func picture() string {
	node := func(dir string) string {
		return fmt.Sprintf("%s[%q]", strings.ReplaceAll(dir, "/", "_"), dir)
	}
	var b strings.Builder
	b.WriteString("```mermaid\nflowchart TD\n")
	for _, from := range slices.Sorted(maps.Keys(mayImport)) {
		if slices.Contains(unseen, from) {
			continue
		}
		if mayImport[from] == nil {
			fmt.Fprintf(&b, "  %s --> all[every package below]\n", node(from))
		}
		for _, to := range mayImport[from] {
			fmt.Fprintf(&b, "  %s --> %s\n", node(from), node(to))
		}
	}
	b.WriteString("```\n")
	return b.String()
}

func TestPictureIsTheImportTable(t *testing.T) {
	path := filepath.Join(root(t), "ARCHITECTURE.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "```mermaid\n")
	drawn, after, ended := strings.Cut(rest, "```\n")
	if !found || !ended {
		t.Fatal("ARCHITECTURE.md has no picture")
	}
	want := picture()
	if *update {
		if err := os.WriteFile(path, []byte(before+want+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if "```mermaid\n"+drawn+"```\n" != want {
		t.Error("the picture in ARCHITECTURE.md is not the import table: go test ./internal/archtest -update draws it")
	}
}
