package detect

import (
	"strings"
	"unicode"
)

// mailStart goes back from the @ at i over the account: ASCII as e-mail has it,
// and letters of other scripts as far as they are no words before the account.
func mailStart(s string, i int) int {
	start := i
	for start > 0 { // up to the @ before at most
		if isLocal(s[start-1]) {
			start--
			continue
		}
		if s[start-1] == '\'' && start > 1 && isLetter(s[start-2]) && start < i { // o'brien
			start--
			continue
		}
		r, w := runeBefore(s, start)
		if r < 0xC0 || r >= 0x600 || !unicode.IsLetter(r) { // é, ü, и
			break
		}
		start -= w
	}
	if start < i {
		return start
	}
	for n := 0; start > 0 && n < 6; n++ { // 李四@
		if isLocal(s[start-1]) {
			start--
			continue
		}
		r, w := runeBefore(s, start)
		if r < hanFirst || r > hanLast || strings.ContainsRune("箱件址是为给到发叫用填写成", r) {
			break
		}
		start -= w
	}
	return start
}

// looseMail looks for an address that is written so that no machine finds it, at
// the word i..end: zhang at example dot com, zhang[at]example[dot]com, and, after
// a word for e-mail, zhang#example.com and zhang @ example.com.
func (c *scanner) looseMail(i, end int) (Span, bool) {
	s := c.s
	if end >= len(s) {
		return Span{}, false
	}
	switch s[end] {
	case '#', 0xEF, '(', '[', '{', '@':
	case ' ':
		if end+1 == len(s) || s[end+1] != '@' && s[end+1]|0x20 != 'a' && s[end+1] != '(' && s[end+1] != '[' && s[end+1] != '{' {
			return Span{}, false
		}
	default:
		return Span{}, false
	}
	start := i
	for start > 0 && i-start < 64 && isLocal(s[start-1]) {
		start--
	}
	if k := skip(s, end, "#", "＃", " @ ", " @", "@ "); k > end {
		if e := EmailDomain(s, k); e > k && cueBefore(s, start, 24, "邮箱", "郵箱", "邮件", "email", "e-mail", "mail") {
			return Span{Start: start, End: e, Class: Email}, true
		}
		return Span{}, false
	}
	k, bracket := between(s, end, "at")
	if k == 0 {
		return Span{}, false
	}
	e, dots := k, 0
	for dots < 4 {
		w := e
		for w < len(s) && (isLetter(s[w]) || isDigit(s[w]) || s[w] == '-') {
			w++
		}
		if w == e {
			return Span{}, false
		}
		e = w
		next, _ := between(s, e, "dot")
		if next == 0 {
			break
		}
		e = next
		dots++
	}
	if dots == 0 || e < len(s) && isWord(s[e]) {
		return Span{}, false
	}
	if !bracket && !strings.ContainsAny(s[start:end], "0123456789._") && !cueBefore(s, start, 32, "邮箱", "email", "e-mail", "mail", "contact", "reach me", "write to") {
		return Span{}, false // look at example dot com
	}
	return Span{Start: start, End: e, Class: Email}, true
}

// between returns where to go on behind word at i, which stands between blanks or
// in brackets, or 0.
func between(s string, i int, word string) (next int, bracket bool) {
	k := i
	for k < len(s) && s[k] == ' ' && k-i < 2 {
		k++
	}
	if k < len(s) && (s[k] == '(' || s[k] == '[' || s[k] == '{') {
		k, bracket = k+1, true
	}
	if k == i || !foldPrefix(s[k:], word) {
		return 0, false
	}
	k += len(word)
	if bracket {
		if k >= len(s) || s[k] != ')' && s[k] != ']' && s[k] != '}' {
			return 0, false
		}
		k++
	} else if k >= len(s) || s[k] != ' ' {
		return 0, false
	}
	for k < len(s) && s[k] == ' ' && k-i < 12 {
		k++
	}
	return k, bracket
}

// urlPassword tells whether what stands from start to the @ is the password of a
// URL: scheme://user:password@host.
func urlPassword(s string, start int) bool {
	if start < 5 || s[start-1] != ':' {
		return false
	}
	k := start - 1
	for n := 0; k > 0 && n < 40 && isLocal(s[k-1]); n++ {
		k--
	}
	return k >= 3 && s[k-3:k] == "://"
}
