package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/menshen-io/menshen"

// mayImport is the import table: the packages of this module that a package
// may import, tests left aside. A package that is not here must not exist; a
// new edge is a decision.
var mayImport = map[string][]string{
	"event":                    {},
	"mask":                     {"mask/detect", "mask/ff1"},
	"mask/detect":              {},
	"mask/ff1":                 {},
	"policy":                   {"mask", "internal/yamlconf"},
	"gateway":                  {"event", "mask", "policy"},
	"gateway/httpproxy":        {"event", "mask", "policy", "gateway"},
	"ledger":                   {"event"},
	"rule":                     {"event"},
	"watch":                    {"event", "rule", "internal/snapshot", "internal/yamlconf"},
	"trace":                    {"event", "internal/snapshot", "internal/yamlconf"},
	"ring":                     {"event", "internal/snapshot", "internal/yamlconf"},
	"payout":                   {"event", "rule", "internal/snapshot", "internal/yamlconf"},
	"partner":                  {"event", "internal/snapshot", "internal/yamlconf"},
	"standing":                 {"event", "internal/snapshot"},
	"packs":                    {},
	"web":                      {},
	"api":                      {"event", "internal/snapshot", "ledger", "payout", "ring", "standing", "trace", "gateway"},
	"e2e":                      {},
	"internal/archtest":        {},
	"internal/yamlconf":        {},
	"internal/complaints":      {"event"},
	"internal/labelled":        {},
	"internal/plot":            {},
	"internal/snapshot":        {"event"},
	"internal/sim":             {"event"},
	"internal/sim/desk":        {"internal/sim"},
	"internal/store":           {"api", "event", "gateway"},
	"internal/store/storetest": {"api", "event", "gateway"},
	"cmd/menshen":              nil, // nil: everything; the only place that knows every concrete type
}

// pure packages decide; time, randomness and I/O come in from outside.
var pure = []string{"mask", "mask/detect", "mask/ff1", "policy", "rule", "watch", "trace", "ring", "payout", "event", "partner", "standing"}

var impure = map[string]bool{
	"os": true, "os/exec": true, "net": true, "net/http": true, "database/sql": true, "log": true, "log/slog": true,
	"math/rand": true, "math/rand/v2": true, "crypto/rand": true, "syscall": true,
}

// clock are the functions of package time that look at or wait for the clock.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// Names that say nothing.
var emptyName = regexp.MustCompile(`(^|/)(utils?|common|models?|types|services?|managers?|helpers?|misc|base|shared)$`)

type pkg struct {
	dir   string // slash path below the root
	files map[string]*ast.File
	tests map[string]*ast.File
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// load parses every Go file below dir.
func load(dir string) ([]*pkg, *token.FileSet, error) {
	fset := token.NewFileSet()
	byDir := map[string]*pkg{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != dir && (n == "node_modules" || n == "testdata" || n == "tools" || n[0] == '.' || n == "dist") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, filepath.Dir(path))
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		p := byDir[rel]
		if p == nil {
			p = &pkg{rel, map[string]*ast.File{}, map[string]*ast.File{}}
			byDir[rel] = p
		}
		if strings.HasSuffix(path, "_test.go") {
			p.tests[path] = f
		} else {
			p.files[path] = f
		}
		return nil
	})
	var out []*pkg
	for _, p := range byDir {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].dir < out[j].dir })
	return out, fset, err
}

// faults applies every rule to the tree at dir.
func faults(dir string) ([]string, error) {
	pkgs, fset, err := load(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	add := func(pos token.Pos, format string, args ...any) {
		p := fset.Position(pos)
		rel, _ := filepath.Rel(dir, p.Filename)
		out = append(out, fmt.Sprintf("%s:%d: %s", filepath.ToSlash(rel), p.Line, fmt.Sprintf(format, args...)))
	}
	for _, p := range pkgs {
		if len(p.files) == 0 {
			continue
		}
		allowed, known := mayImport[p.dir]
		if !known {
			out = append(out, p.dir+": a package that the import table does not know")
			continue
		}
		if emptyName.MatchString(p.dir) {
			out = append(out, p.dir+": a package name that says nothing")
		}
		out = append(out, docFaults(p)...)
		for _, f := range p.files {
			importFaults(p, f, allowed, add)
			if slices.Contains(pure, p.dir) {
				clockFaults(f, add)
			}
			initFaults(f, add)
		}
	}
	sort.Strings(out)
	return out, nil
}

// docFaults demands a package comment that is more than a title.
func docFaults(p *pkg) []string {
	var doc string
	for _, f := range p.files {
		if f.Doc != nil {
			doc += f.Doc.Text()
		}
	}
	if doc == "" {
		return []string{p.dir + ": no package doc"}
	}
	if strings.HasPrefix(p.dir, "cmd/") {
		return nil
	}
	var out []string
	for what, word := range map[string]*regexp.Regexp{
		"what it decides":    regexp.MustCompile(`(?i)\bdecides?\b`),
		"what it never does": regexp.MustCompile(`(?i)\bnever\b`),
		"how it fails":       regexp.MustCompile(`(?i)\b(fails?|failing|failure|faults?)\b`),
	} {
		if !word.MatchString(doc) {
			out = append(out, p.dir+": the package doc does not say "+what)
		}
	}
	return out
}

func importFaults(p *pkg, f *ast.File, allowed []string, add func(token.Pos, string, ...any)) {
	for _, imp := range f.Imports {
		path, _ := strconv.Unquote(imp.Path.Value)
		if own, ok := strings.CutPrefix(path, module+"/"); ok {
			if allowed != nil && !slices.Contains(allowed, own) {
				add(imp.Pos(), "%s must not import %s", p.dir, own)
			}
		}
		if impure[path] && slices.Contains(pure, p.dir) {
			add(imp.Pos(), "%s is pure and must not import %s", p.dir, path)
		}
	}
}

func clockFaults(f *ast.File, add func(token.Pos, string, ...any)) {
	name := ""
	for _, imp := range f.Imports {
		if imp.Path.Value == `"time"` {
			name = "time"
			if imp.Name != nil {
				name = imp.Name.Name
			}
		}
	}
	if name == "" {
		return
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == name && slices.Contains(clock, sel.Sel.Name) {
			add(sel.Pos(), "time.%s in a package that must be told the time", sel.Sel.Name)
		}
		return true
	})
}

func initFaults(f *ast.File, add func(token.Pos, string, ...any)) {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			add(fn.Pos(), "init() runs where nobody asked for it")
		}
	}
}

func TestArchitecture(t *testing.T) {
	got, err := faults(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range got {
		t.Error(f)
	}
}

func TestNoSleepInTests(t *testing.T) {
	pkgs, fset, err := load(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pkgs {
		for _, f := range p.tests {
			ast.Inspect(f, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
						t.Errorf("%s: a test that sleeps", fset.Position(sel.Pos()))
					}
				}
				return true
			})
		}
	}
}

// The table must have no cycle and no package that is gone.
func TestTableIsTrue(t *testing.T) {
	for p, deps := range mayImport {
		if _, err := os.Stat(filepath.Join(root(t), filepath.FromSlash(p))); err != nil {
			t.Errorf("%s is in the table and not in the tree", p)
		}
		for _, d := range deps {
			if _, ok := mayImport[d]; !ok {
				t.Errorf("%s: the table allows %s, which it does not know", p, d)
			}
		}
	}
	var visit func(p string, path []string)
	visit = func(p string, path []string) {
		if slices.Contains(path, p) {
			t.Fatalf("cycle: %v", append(path, p))
		}
		for _, d := range mayImport[p] {
			visit(d, append(path[:len(path):len(path)], p))
		}
	}
	for p := range mayImport {
		visit(p, nil)
	}
}

// The rules themselves are tried on a tree that breaks each of them.
func TestRulesFindWhatTheyAreFor(t *testing.T) {
	dir := t.TempDir()
	write := func(name, src string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("mask/a.go", "package mask\n\nimport (\n\tclk \"time\"\n\t\"os\"\n\t\""+module+"/gateway\"\n)\n\nvar _ = os.Args\nvar _ = clk.Now\nvar _ gateway.X\n\nfunc init() {}\n")
	write("event/a.go", "// Package event decides nothing.\npackage event\n")
	write("utils/a.go", "package utils\n")
	got, err := faults(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{
		"mask: no package doc",
		"mask is pure and must not import os",
		"mask must not import gateway",
		"mask/a.go:10: time.Now in a package",
		"init() runs",
		"event: the package doc does not say what it never does",
		"event: the package doc does not say how it fails",
		"utils: a package that the import table does not know",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("not found: %s\nin:\n%s", want, all)
		}
	}
}
