package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs runs what the pages show in a console and compares it with what they
// say comes out. A block of a page that a line before it calls `x.yaml` is that file.
func TestDocs(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to run the commands of the pages with")
	}
	for page, files := range map[string]map[string]string{
		"docs/mask.md":       {"in/list.csv": "姓名,电话\n张三丰,13800000000\n", "in/photo.png": "\x89PNG", "in/张三_13800000000.txt": "请打 13800000000\n"},
		"docs/policy.md":     nil,
		"docs/simulation.md": nil,
	} {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile("../../" + page)
			if err != nil {
				t.Fatal(err)
			}
			dir, ran := t.TempDir(), 0
			for name, body := range files {
				writeFile(t, filepath.Join(dir, name), body)
			}
			for _, b := range blocks(string(text)) {
				if !strings.HasPrefix(b.body, "$ ") {
					if b.file != "" {
						writeFile(t, filepath.Join(dir, b.file), b.body)
					}
					continue
				}
				ran++
				got := console(t, bash, dir, b.body)
				if got != b.body {
					t.Errorf("%s says\n%s\nand it is\n%s", page, b.body, got)
				}
			}
			if ran == 0 {
				t.Error("no command is shown")
			}
		})
	}
}

func writeFile(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}

// block is a fenced part of a page.
type block struct{ file, body string }

var (
	fence    = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$")
	fileName = regexp.MustCompile("`([a-z]+\\.(?:yaml|json|ndjson|txt|csv))`")
)

func blocks(text string) []block {
	var out []block
	for _, at := range fence.FindAllStringSubmatchIndex(text, -1) {
		b := block{body: text[at[2]:at[3]]}
		before := strings.TrimRight(text[:at[0]], "\n")
		before = before[strings.LastIndexByte(before, '\n')+1:]
		if m := fileName.FindAllStringSubmatch(before, -1); m != nil {
			b.file = m[len(m)-1][1]
		}
		out = append(out, b)
	}
	return out
}

// console runs the commands of a block, one after another in one shell, and returns
// the block as it would look.
func console(t *testing.T, bash, dir, body string) string {
	t.Helper()
	const mark = "--- the next command ---"
	var script, out bytes.Buffer
	var commands []string
	script.WriteString("exec 2>&1\n")
	for _, line := range strings.Split(body, "\n") {
		if cmd, ok := strings.CutPrefix(line, "$ "); ok {
			commands = append(commands, line)
			script.WriteString(cmd + "\nstatus=$?; echo; echo '" + mark + "'; (exit $status)\n")
		}
	}
	cmd := exec.Command(bash, "-c", script.String())
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	_ = cmd.Run() // the status of the last command is the page's to show
	results := strings.Split(out.String(), "\n"+mark+"\n")
	var got strings.Builder
	for i, c := range commands {
		got.WriteString(c + "\n")
		if i < len(results) && strings.TrimSpace(results[i]) != "" {
			got.WriteString(strings.TrimSuffix(results[i], "\n") + "\n")
		}
	}
	return got.String()
}
