package policy

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxPath is the longest path that is looked at.
const maxPath = 8 << 10

// CauseAmbiguous is the cause of a refusal, as a code for access.refused.
const CauseAmbiguous = "path_ambiguous"

// pattern is a method and a path with {param} segments and ** at its end.
type pattern struct {
	method string // "*" for any
	text   string
	segs   []part
}

// part is one segment of a pattern. Lower kinds come first.
type part struct {
	kind int
	text string // the literal, or the param's name
}

const (
	literal = iota
	param
	rest // **
)

// matcher is a pattern and what it leads to.
type matcher struct {
	pattern
	route Route
	line  int
}

func parsePattern(s string) (pattern, error) {
	method, path, ok := strings.Cut(s, " ")
	path = strings.TrimSpace(path)
	if !ok || path == "" {
		return pattern{}, fmt.Errorf("%q is not a method and a path such as GET /api/orders/{id}", s)
	}
	if method != "*" {
		for _, c := range []byte(method) {
			if c < 'A' || c > 'Z' {
				return pattern{}, fmt.Errorf("%q is not a method (upper case, or *)", method)
			}
		}
	}
	p := pattern{method: method, text: path}
	if path[0] != '/' {
		return p, fmt.Errorf("path %q does not begin with /", path)
	}
	segs := split(path)
	for i, seg := range segs {
		switch {
		case seg == "**":
			if i != len(segs)-1 {
				return p, errors.New("** is only allowed at the end")
			}
			p.segs = append(p.segs, part{rest, ""})
		case strings.HasPrefix(seg, "{") && strings.HasSuffix(seg, "}"):
			name := seg[1 : len(seg)-1]
			if name == "" || strings.ContainsAny(name, "{}*") || slices.Contains(p.params(), name) {
				return p, fmt.Errorf("%s is not a parameter of its own name", seg)
			}
			p.segs = append(p.segs, part{param, name})
		case seg == "" || strings.ContainsAny(seg, "{}*?#"):
			return p, fmt.Errorf("segment %q: a parameter takes a whole segment, as {id}; ** stands at the end; no query", seg)
		default:
			text, err := segment(seg)
			if err != nil {
				return p, fmt.Errorf("segment %q: %w", seg, err)
			}
			p.segs = append(p.segs, part{literal, text})
		}
	}
	return p, nil
}

// split returns the segments of a path that begins with /; a slash at the end counts for nothing.
func split(path string) []string {
	path = strings.TrimSuffix(path[1:], "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// open tells whether the pattern ends with **.
func (p *pattern) open() bool { return len(p.segs) > 0 && p.segs[len(p.segs)-1].kind == rest }

func (p *pattern) params() []string {
	var out []string
	for _, s := range p.segs {
		if s.kind == param {
			out = append(out, s.text)
		}
	}
	return out
}

// compare puts the more exact pattern first: at the first segment in which they
// differ in kind, a literal before a param before **; then a method before *.
func (p *pattern) compare(o *pattern) int {
	for i := 0; i < len(p.segs) && i < len(o.segs); i++ {
		if c := cmp.Compare(p.segs[i].kind, o.segs[i].kind); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(o.segs), len(p.segs)); c != 0 {
		return c
	}
	switch {
	case p.method != "*" && o.method == "*":
		return -1
	case p.method == "*" && o.method != "*":
		return 1
	}
	return 0
}

// overlaps tells whether one request can match both.
func (p *pattern) overlaps(o *pattern) bool {
	if p.method != o.method && p.method != "*" && o.method != "*" && (method(p.method) != method(o.method)) {
		return false
	}
	a, b := p.segs, o.segs
	for {
		switch {
		case len(a) > 0 && a[0].kind == rest, len(b) > 0 && b[0].kind == rest:
			return true
		case len(a) == 0 || len(b) == 0:
			return len(a) == len(b)
		case a[0].kind == literal && b[0].kind == literal && !strings.EqualFold(a[0].text, b[0].text):
			return false
		}
		a, b = a[1:], b[1:]
	}
}

// method folds what servers answer alike.
func method(m string) string {
	if m = strings.ToUpper(m); m == "HEAD" {
		return "GET"
	}
	return m
}

// matches tells whether the decoded segments of a path are the pattern's. A
// route takes any case, as some servers do; a pass is exact.
func (m *matcher) matches(verb string, segs []string) bool {
	if m.method != "*" && m.method != verb && (m.route.Pass || method(m.method) != method(verb)) {
		if !(m.route.Pass && m.method == "GET" && verb == "HEAD") {
			return false
		}
	}
	for i, s := range m.segs {
		switch {
		case s.kind == rest:
			return true
		case i >= len(segs):
			return false
		case s.kind == param:
		case s.text == segs[i]:
		case m.route.Pass || !strings.EqualFold(s.text, segs[i]):
			return false
		}
	}
	return len(segs) == len(m.segs)
}

// Match returns the route of a request and the values of its {params}. Path is
// the path as it was sent (URL.EscapedPath), without query. The pass list comes
// first, then the most exact pattern. When ok is false no route is listed for
// it and p.Unlisted applies.
//
// A returned route with Refuse must not be forwarded: its path can be read in
// more than one way. One with Pass is let through unread. For routes, letter
// case, doubled slashes, dot segments and a slash at the end make no
// difference; a pass is as it is written.
func (p *Policy) Match(verb, path string) (Route, map[string]string, bool) {
	segs, plain, err := clean(path)
	if err != nil || verb == "" {
		return Route{Refuse: true, Cause: CauseAmbiguous, Plan: p.opaque}, nil, true
	}
	for i := range p.matchers {
		m := &p.matchers[i]
		if m.route.Pass && (!plain || !m.open() && strings.HasSuffix(path, "/") != strings.HasSuffix(m.text, "/")) {
			continue
		}
		if !m.matches(verb, segs) {
			continue
		}
		var params map[string]string
		for i, s := range m.segs {
			if s.kind == param {
				if params == nil {
					params = map[string]string{}
				}
				params[s.text] = segs[i]
			}
		}
		return m.route, params, true
	}
	return Route{}, nil, false
}

// clean returns the decoded segments of a path as most servers would read it.
// Plain tells whether nothing had to be cleaned. A path that servers read
// differently is an error.
func clean(path string) (segs []string, plain bool, err error) {
	if path == "" || path[0] != '/' || len(path) > maxPath {
		return nil, false, errors.New("not an absolute path")
	}
	plain = !strings.Contains(path, "//")
	for _, s := range split(path) {
		switch s {
		case "":
			continue
		case ".":
			plain = false
			continue
		case "..":
			plain = false
			if len(segs) == 0 {
				return nil, false, errors.New("path leads out of the root")
			}
			segs = segs[:len(segs)-1]
			continue
		}
		text, err := segment(s)
		if err != nil {
			return nil, false, err
		}
		segs = append(segs, text)
	}
	return segs, plain, nil
}

// segment decodes one segment. It refuses what servers are known to read in
// different ways: slashes and dot segments in disguise, parameters after a
// semicolon, bytes that end strings, and escapes of escapes.
func segment(s string) (string, error) {
	text, err := url.PathUnescape(s)
	if err != nil {
		return "", errors.New("malformed escape")
	}
	if !utf8.ValidString(text) {
		return "", errors.New("not UTF-8")
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c < 0x20 || c == 0x7f:
			return "", errors.New("control character")
		case c == '/' || c == '\\' || c == ';':
			return "", errors.New("slash, backslash or semicolon in a segment")
		case c == '%' && i+2 < len(text) && hexDigit(text[i+1]) && hexDigit(text[i+2]):
			return "", errors.New("escape of an escape")
		}
	}
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, " ") {
		return "", errors.New("segment ends with a dot or a blank")
	}
	return text, nil
}

func hexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}
