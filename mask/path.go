package mask

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a path, and of all paths of a plan.
const (
	maxSegments = 32
	maxPaths    = 1024
)

// segment is one step of a path: a member name, an index, or any child; after
// ".." at any depth.
type segment struct {
	descend bool
	any     bool
	isIndex bool
	index   int
	name    string
}

// CheckPath tells what is wrong with a path of a [RecordSpec]: $-rooted for
// records, relative for everything in them.
func CheckPath(path string, relative bool) error {
	_, err := parsePath(path, relative)
	return err
}

// parsePath reads the subset of JSONPath (RFC 9535) that can be decided while a
// body streams by: .name ['name'] [n] .* [*] and .. before any of them. A
// relative path begins with its first name or bracket; @ is the record itself.
func parsePath(path string, relative bool) ([]segment, error) {
	rest := path
	if path == "" {
		return nil, errors.New("empty path")
	}
	if !utf8.ValidString(path) {
		return nil, errors.New("path is not UTF-8")
	}
	if relative {
		switch {
		case path[0] == '$':
			return nil, errors.New("path is relative to the record and must not begin with $")
		case path[0] == '@':
			rest = path[1:]
		case path[0] != '.' && path[0] != '[':
			rest = "." + path
		case path[0] == '.' && !strings.HasPrefix(path, ".."):
			return nil, errors.New("a relative path begins with a name, [, .. or @")
		}
	} else {
		if path[0] != '$' {
			return nil, errors.New("path must begin with $")
		}
		rest = path[1:]
	}
	var out []segment
	for rest != "" {
		at := len(path) - len(rest)
		seg, n, err := parseSegment(rest)
		if err != nil {
			return nil, fmt.Errorf("path %q, position %d: %w", path, max(at, 0), err)
		}
		out, rest = append(out, seg), rest[n:]
		if len(out) > maxSegments {
			return nil, fmt.Errorf("path has more than %d steps", maxSegments)
		}
	}
	return out, nil
}

func parseSegment(s string) (segment, int, error) {
	var seg segment
	n := 0
	switch {
	case strings.HasPrefix(s, ".."):
		seg.descend, n = true, 2
	case s[0] == '.':
		n = 1
	case s[0] != '[':
		return seg, 0, errors.New("expected . or [")
	}
	if n < len(s) && s[n] == '[' && n != 1 {
		w, err := parseBracket(s[n:], &seg)
		return seg, n + w, err
	}
	if strings.HasPrefix(s[n:], "*") {
		seg.any = true
		return seg, n + 1, nil
	}
	from := n
	for n < len(s) {
		r, w := utf8.DecodeRuneInString(s[n:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '_' && r != '-' && r != '$' {
			break
		}
		n += w
	}
	if n == from {
		return seg, n, errors.New("expected a name (other names as ['name'])")
	}
	seg.name = s[from:n]
	return seg, n, nil
}

func parseBracket(s string, seg *segment) (int, error) {
	end := strings.IndexByte(s, ']')
	if len(s) > 1 && (s[1] == '\'' || s[1] == '"') {
		var name strings.Builder
		for i := 2; i < len(s); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s):
				i++
				if s[i] != '\\' && s[i] != '\'' && s[i] != '"' {
					return 0, errors.New(`only \\, \' and \" may be escaped in a name`)
				}
				name.WriteByte(s[i])
			case s[i] == s[1]:
				if i+1 >= len(s) || s[i+1] != ']' {
					return 0, errors.New("expected ] after the name")
				}
				seg.name = name.String()
				return i + 2, nil
			default:
				name.WriteByte(s[i])
			}
		}
		return 0, errors.New("name without an end")
	}
	if end < 0 {
		return 0, errors.New("[ without ]")
	}
	if s[1:end] == "*" {
		seg.any = true
		return end + 1, nil
	}
	if end == 1 || end > 7 {
		return 0, errors.New("expected ['name'], [n] or [*]")
	}
	for _, c := range []byte(s[1:end]) {
		if c < '0' || c > '9' {
			return 0, errors.New("expected ['name'], [n] or [*]; filters, slices and negative indices are not supported")
		}
		seg.index = seg.index*10 + int(c-'0')
	}
	seg.isIndex = true
	return end + 1, nil
}
