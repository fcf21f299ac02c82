package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask"
)

// maskTree masks files and folders into another folder. Names of files are masked
// too, also where they are told.
type maskTree struct {
	streams
	plan   *mask.Plan
	kind   string     // of every file; "" or auto: by its name
	run    mask.Codec // of kind
	out    string
	report bool
	force  bool // what is in out may be replaced

	dir     *os.Root // out: no link leads out of it
	files   []maskFile
	inputs  map[string]bool   // where the files are, without symbolic links
	used    map[string]string // names in out, and of which file they are
	found   maskReport
	masked  int
	refused int
}

// maskFile is a file that is to be masked.
type maskFile struct {
	path string
	rel  string // below the path that was named
	mode fs.FileMode
}

// mask masks the files at paths and in them and returns the exit status.
func (t *maskTree) mask(ctx context.Context, paths []string, strict bool) int {
	t.inputs, t.used = map[string]bool{}, map[string]string{}
	if err := os.MkdirAll(t.out, 0o755); err != nil {
		return fail(t.streams, "mask", exitUnreadable, fmt.Errorf("making the folder of -out: %w", pathless(err)))
	}
	dir, err := os.OpenRoot(t.out)
	if err != nil {
		return fail(t.streams, "mask", exitUnreadable, fmt.Errorf("opening the folder of -out: %w", pathless(err)))
	}
	defer dir.Close()
	t.dir = dir
	for _, p := range paths {
		if err := t.collect(p); err != nil {
			return fail(t.streams, "mask", exitUnreadable, err)
		}
	}
	p := newProgress(t.err, len(t.files))
	for _, f := range t.files {
		if err := ctx.Err(); err != nil {
			return fail(t.streams, "mask", exitUnreadable, err)
		}
		if err := t.file(f); err != nil {
			p.clear()
			return fail(t.streams, "mask", exitUnreadable, err)
		}
		p.step()
	}
	p.clear()
	if t.report {
		t.found.totals(t.err)
	}
	fmt.Fprintf(t.err, "%d masked, %d refused\n", t.masked, t.refused)
	if strict && t.refused > 0 {
		return exitCheck
	}
	return exitDone
}

// pathless leaves the path out of err: it may be personal.
func pathless(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// collect adds the file at path, or those of the folder. Symbolic links are not
// followed.
func (t *maskTree) collect(path string) error {
	out, err := os.Stat(t.out)
	if err != nil {
		return fmt.Errorf("reading the folder of -out: %w", pathless(err))
	}
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(path, p)
		if p == path {
			rel = filepath.Base(p)
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", t.shown(rel), pathless(err))
		}
		info, err := d.Info()
		if err != nil {
			return fmt.Errorf("reading %s: %w", t.shown(rel), pathless(err))
		}
		switch {
		case d.IsDir() && os.SameFile(info, out):
			if p == path {
				return errors.New("-out is the folder to be masked")
			}
			return fs.SkipDir
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			t.refuse(rel, "a symbolic link")
			return nil
		case !d.Type().IsRegular():
			t.refuse(rel, "not a file")
			return nil
		}
		t.files = append(t.files, maskFile{p, rel, info.Mode().Perm()})
		t.inputs[where(p)] = true
		return nil
	})
	return err
}

// where is the place of a file, whatever symbolic links lead to its folder.
func where(path string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return path
	}
	return filepath.Join(dir, filepath.Base(path))
}

func (t *maskTree) refuse(rel, why string) {
	t.refused++
	fmt.Fprintf(t.err, "menshen mask: refused %s: %s\n", t.shown(rel), why)
}

// shown is a relative path that may be told.
func (t *maskTree) shown(rel string) string {
	parts := strings.Split(filepath.ToSlash(rel), "/")
	for i, p := range parts {
		parts[i] = t.name(p)
	}
	return strings.Join(parts, "/")
}

// name masks one name of a path. An underscore parts words as a blank does.
func (t *maskTree) name(s string) string {
	ext := filepath.Ext(s)
	stem := strings.TrimSuffix(s, ext)
	if _, known := kindByName(s); !known && !plainExtension(ext) {
		stem, ext = s, ""
	}
	for _, between := range []string{" ", "_"} {
		if stem = t.searched(stem, strings.ReplaceAll(stem, "_", between), 0); stem == mask.Full {
			return stem + ext
		}
	}
	// Words of a name of a file are the more likely to be a person: 张三_2026.
	const cue = "客户"
	words := strings.FieldsFunc(stem, func(r rune) bool { return !unicode.Is(unicode.Han, r) })
	for _, w := range words {
		if n := utf8.RuneCountInString(w); n >= 2 && n <= 4 {
			stem = strings.Replace(stem, w, t.searched(w, cue+w, len(cue)), 1)
		}
	}
	return strings.NewReplacer("/", "*", "\x00", "*", "\n", "*").Replace(stem) + ext
}

// searched masks in s what is found in view, which is s behind lead bytes more.
func (t *maskTree) searched(s, view string, lead int) string {
	var values []mask.Value
	err := mask.Text(io.Discard, strings.NewReader(view), t.plan, func(rec mask.Record) { values = append(values, rec.Values...) })
	if err != nil {
		return mask.Full
	}
	var b strings.Builder
	at := 0
	for _, v := range values {
		if from := int(v.At) - lead; from >= at {
			b.WriteString(s[at:from])
			b.WriteString(v.Mask)
			at = int(v.End) - lead
		}
	}
	b.WriteString(s[at:])
	return b.String()
}

// plainExtension tells whether ext is a few letters and digits, as of a kind of file.
func plainExtension(ext string) bool {
	return len(ext) <= 6 && !strings.ContainsFunc(strings.TrimPrefix(ext, "."), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// kindByName returns the kind of file that a name's extension says.
func kindByName(name string) (string, bool) {
	ext := strings.ToLower(filepath.Ext(name))
	for _, k := range maskKinds {
		if ext != "" && slices.Contains(k.extensions, ext) {
			return k.name, true
		}
	}
	return "", false
}

// target returns the masked name of f below out. Two files whose masked names are
// the same get a number each.
func (t *maskTree) target(f maskFile) string {
	rel := t.shown(f.rel)
	ext := filepath.Ext(rel)
	for n := 1; ; n++ {
		name := rel
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(rel, ext), n, ext)
		}
		if of, taken := t.used[name]; !taken || of == f.path {
			t.used[name] = f.path
			return name
		}
	}
}

// file masks f. Its error ends the run: that of a file alone is told, and the file
// refused.
func (t *maskTree) file(f maskFile) error {
	kind, run, plan := t.kind, t.run, t.plan
	if run == nil {
		var known bool
		if kind, known = kindByName(f.path); !known {
			t.refuse(f.rel, "its name does not say that it can be read")
			return nil
		}
		run, _ = codecOf(kind)
	}
	if kind == "ndjson" {
		plan = plan.Sequence()
	}
	rel := t.target(f)
	target := filepath.FromSlash(rel)
	if why := t.taken(target); why != "" {
		t.refuse(f.rel, why)
		return nil
	}
	if err := t.dir.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("making a folder for %s: %w", rel, pathless(err))
	}
	in, err := os.Open(f.path)
	if err != nil {
		t.refuse(f.rel, pathless(err).Error())
		return nil
	}
	defer in.Close()
	var each func(mask.Record)
	if t.report {
		each = t.found.of(t.err, rel)
	}
	plan = plan.Knowing(mask.NewKnown(maphash.MakeSeed())) // what a file says is personal holds in it alone
	err = replaceFile(t.dir, target, f.mode, func(w io.Writer) error {
		return maskBody(streams{in: in, out: w}, plan, run, each, kind == "ndjson")
	})
	if t.report {
		t.found.places()
	}
	switch {
	case errors.Is(err, errNotWritten):
		return fmt.Errorf("writing %s: %w", rel, pathless(err))
	case err != nil:
		t.refuse(f.rel, pathless(err).Error())
	default:
		t.masked++
	}
	return nil
}

// taken tells why nothing can be written to target, a name below out; "" when it can.
func (t *maskTree) taken(target string) string {
	if t.inputs[where(filepath.Join(t.out, target))] {
		return "what is masked would take the place of what is to be masked"
	}
	for dir := filepath.Dir(target); dir != "."; dir = filepath.Dir(dir) {
		if info, err := t.dir.Lstat(dir); err == nil && !info.IsDir() {
			return "in the folder of -out something stands in the place of its folder"
		}
	}
	info, err := t.dir.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case err == nil && info.IsDir():
		return "in the folder of -out a folder has its name"
	case err == nil && !t.force:
		return "in the folder of -out there is one of its name; -force replaces it"
	}
	return "" // what is wrong shows when it is written
}

// errNotWritten is an error of the masked file, not of what is read.
var errNotWritten = errors.New("cannot be written")

// replaceFile writes a file beside path, which is below dir, and then puts it in
// its place, so that there is never half of one.
func replaceFile(dir *os.Root, path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	name := filepath.Join(filepath.Dir(path), ".menshen-mask-"+rand.Text())
	tmp, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return errors.Join(errNotWritten, pathless(err))
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = dir.Remove(name) // it is of no use to anybody
		}
	}()
	w := &fileWriter{file: tmp}
	b := bufio.NewWriterSize(w, 64<<10)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	if w.failed {
		return errors.Join(errNotWritten, pathless(err))
	}
	if err != nil {
		return err
	}
	if err := tmp.Chmod(mode | 0o200); err != nil {
		return errors.Join(errNotWritten, pathless(err))
	}
	if err := tmp.Close(); err != nil {
		return errors.Join(errNotWritten, pathless(err))
	}
	if err := dir.Rename(name, path); err != nil {
		return errors.Join(errNotWritten, errors.Unwrap(err))
	}
	return nil
}

// fileWriter remembers that writing failed.
type fileWriter struct {
	file   *os.File
	failed bool
}

func (w *fileWriter) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	w.failed = w.failed || err != nil
	return n, err
}

// progress tells a terminal how far a long run is.
type progress struct {
	w         io.Writer // nil when there is nobody to tell
	n, all    int
	from, was time.Time
	told      bool
}

func newProgress(w io.Writer, all int) *progress {
	p := &progress{all: all, from: time.Now()}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&fs.ModeCharDevice != 0 {
			p.w = w
		}
	}
	return p
}

func (p *progress) step() {
	p.n++
	if now := time.Now(); p.w != nil && now.Sub(p.from) > time.Second && now.Sub(p.was) > 200*time.Millisecond {
		p.was, p.told = now, true
		fmt.Fprintf(p.w, "\r%d of %d files", p.n, p.all)
	}
}

// clear takes the line away.
func (p *progress) clear() {
	if p.told {
		fmt.Fprintf(p.w, "\r%s\r", bytes.Repeat([]byte(" "), 40))
	}
}
