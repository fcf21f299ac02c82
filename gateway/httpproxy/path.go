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

// otherSpelling is the path without an extension, which some back offices take
// for the same: /api/orders.json. Case and a slash at the end make no difference
// to the policy itself.
func otherSpelling(path string) (string, bool) {
	dot := strings.LastIndexByte(path, '.')
	if dot <= strings.LastIndexByte(path, '/')+1 {
		return "", false
	}
	return path[:dot], true
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
