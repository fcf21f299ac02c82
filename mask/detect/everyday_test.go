package detect

import (
	"os"
	"strings"
	"testing"
)

// What people say every day without naming anybody stays as it is. The few lines
// in which something is found all the same are counted, so that their number is
// told and does not grow.
func TestEverydayWordsStay(t *testing.T) {
	const known = 3 // 穆棱, 汤洒, and a shop that is called John Lewis
	text, err := os.ReadFile("testdata/everyday.txt")
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	for line := range strings.Lines(string(text)) {
		for _, f := range Find(line, All) {
			wrong = append(wrong, line[f.Start:f.End]+" in "+line)
		}
	}
	if len(wrong) > known {
		t.Errorf("%d of %d lines:\n%s", len(wrong), strings.Count(string(text), "\n"), strings.Join(wrong, ""))
	}
}
