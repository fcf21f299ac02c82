package labelled

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// file is a file of a set, with the name that errors have.
type file struct {
	name string
	data []byte
}

func read(dir, name string) (file, error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return file{}, fmt.Errorf("reading labelled texts: %w", err)
	}
	return file{name, data}, nil
}

// fault names the line of the byte at offset.
func (f file) fault(offset int, format string, args ...any) error {
	line := 1 + bytes.Count(f.data[:min(max(offset, 0), len(f.data))], []byte("\n"))
	return fmt.Errorf("%s:%d: %w", f.name, line, fmt.Errorf(format, args...))
}

// lines calls each with every line that is not empty and its place in the file.
func (f file) lines(each func(offset int, line string) error) error {
	for at := 0; at < len(f.data); {
		end := len(f.data)
		if n := bytes.IndexByte(f.data[at:], '\n'); n >= 0 {
			end = at + n
		}
		if line := strings.TrimRight(string(f.data[at:end]), "\r"); line != "" {
			if err := each(at, line); err != nil {
				return err
			}
		}
		at = end + 1
	}
	return nil
}

// runeStarts returns the byte at which each rune of s begins, and its length.
func runeStarts(s string) []int {
	var out []int
	for i := range s {
		out = append(out, i)
	}
	return append(out, len(s))
}

// occurrences returns every place of word in s that is not part of a longer run
// of letters and digits. Chinese words have no bounds: for them take a plain
// search.
func occurrences(s, word, class string) []Span {
	var out []Span
	if word == "" {
		return nil
	}
	for at := 0; ; {
		n := strings.Index(s[at:], word)
		if n < 0 {
			return out
		}
		start, end := at+n, at+n+len(word)
		before, after := []rune(s[max(0, start-4):start]), []rune(s[end:min(len(s), end+4)])
		if (len(before) == 0 || !wordRune(before[len(before)-1])) && (len(after) == 0 || !wordRune(after[0])) {
			out = append(out, Span{Start: start, End: end, Class: class})
		}
		at = end
	}
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// trimmed moves the ends of a span inward until letters, digits or a plus sign
// stand there.
func trimmed(body string, s Span) Span {
	keep := func(r rune) bool { return r == '+' || unicode.IsLetter(r) || unicode.IsNumber(r) }
	text := body[s.Start:s.End]
	first := strings.IndexFunc(text, keep)
	if first < 0 {
		s.End = s.Start
		return s
	}
	last := strings.LastIndexFunc(text, keep)
	size := len(string([]rune(text[last:])[0]))
	s.Start, s.End = s.Start+first, s.Start+last+size
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
