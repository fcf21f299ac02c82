package httpproxy

import (
	"strings"
	"unicode/utf8"
)

// clearPath reports whether an escaped path has one reading only, whoever reads
// it: no encoded slash, backslash or dot, no dot segments, empty segments,
// parameters after ";", control characters or invalid UTF-8. What is matched
// against the policy is then what the back office sees.
func clearPath(escaped, decoded string) bool {
	if !strings.HasPrefix(escaped, "/") || !strings.HasPrefix(decoded, "/") || len(escaped) > 4096 || !utf8.ValidString(decoded) {
		return false
	}
	for i := 0; i < len(escaped); i++ {
		switch c := escaped[i]; {
		case c <= ' ' || c >= 0x7f || c == '\\' || c == ';' || c == '#' || c == '?':
			return false
		case c == '%':
			if i+2 >= len(escaped) {
				return false
			}
			if b := unhex(escaped[i+1])<<4 | unhex(escaped[i+2]); b == '/' || b == '\\' || b == '.' || b == ';' || b == '%' || b < ' ' || b == 0x7f {
				return false
			}
			i += 2
		}
	}
	for seg := range strings.SplitSeq(decoded, "/") {
		if seg == "." || seg == ".." {
			return false
		}
	}
	return !strings.Contains(decoded, "//")
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// otherSpellings are paths that a lenient back office could take for the same:
// without the trailing slash, in lower case, without an extension.
func otherSpellings(path string) []string {
	var out []string
	add := func(p string) {
		if p != path && p != "" {
			out = append(out, p)
		}
	}
	trimmed := strings.TrimRight(path, "/")
	lower := strings.ToLower(trimmed)
	add(trimmed)
	add(lower)
	if i := strings.LastIndexByte(lower, '.'); i > strings.LastIndexByte(lower, '/') {
		add(trimmed[:i])
		add(lower[:i])
	}
	return out
}

// localPath reports whether next is a place on this host, fit to be redirected
// to after signing in.
func localPath(next string) bool {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || len(next) > 2048 {
		return false
	}
	for i := 0; i < len(next); i++ {
		if c := next[i]; c <= ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}
