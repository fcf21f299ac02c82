package mask

import (
	"unicode/utf16"
	"unicode/utf8"
)

// mayHold tells whether a string that was scanned is worth a search.
func (r *rewriter) mayHold(raw []byte) bool {
	switch {
	case r.set == 0:
		return false
	case r.flags&aDigit != 0 && len(raw) >= 11:
		return true
	}
	return r.flags&(aAt|aWide|unicodeEscape) != 0
}

// text returns what the string that was scanned says, without its escapes. It
// is valid until the next string.
func (r *rewriter) text(raw []byte) []byte {
	if r.flags&aEscape == 0 {
		return raw
	}
	r.decoded = r.decoded[:0]
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			r.decoded = append(r.decoded, raw[i])
			i++
			continue
		}
		c, w := unescape(raw[i:])
		r.decoded = utf8.AppendRune(r.decoded, c)
		i += w
	}
	return r.decoded
}

// unescape returns the character of the sound escape that s begins with, and
// the escape's length.
func unescape(s []byte) (rune, int) {
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return rune(s[1]), 2
	}
	u := hexRune(s[2:6])
	if !utf16.IsSurrogate(u) {
		return u, 6
	}
	return utf16.DecodeRune(u, hexRune(s[8:12])), 12
}

func hexRune(s []byte) (u rune) {
	for _, c := range s {
		if c <= '9' {
			u = u<<4 | rune(c-'0')
		} else {
			u = u<<4 | rune(c|0x20-'a'+10)
		}
	}
	return u
}

// maskSpans writes to r.masked what is shown of s, whose spans are r.spans, and
// each span's mask to r.masks. The
// mask of one value beside another may by chance read like a third: then whole
// is true and nothing of s is shown, so that no mask is ever masked again.
func (r *rewriter) maskSpans(s []byte) (whole bool) {
	r.masked, r.masks = r.masked[:0], r.masks[:0]
	at := 0
	for _, f := range r.spans {
		m := f.Class.Mask(string(s[f.Start:f.End]))
		r.masked = append(append(r.masked, s[at:f.Start]...), m...)
		r.masks = append(r.masks, m)
		at = f.End
	}
	r.masked = append(r.masked, s[at:]...)
	n := len(r.spans)
	again := appendSpans(r.spans, r.masked, r.set)
	if len(again) == n {
		return false
	}
	r.masked = append(r.masked[:0], Full...)
	return true
}

// found keeps the values of r.spans in s for the innermost record.
func (r *rewriter) found(s []byte, whole bool) error {
	if r.onRecord == nil {
		return nil
	}
	inst := len(r.insts) - 1
	if whole {
		r.add(inst, Value{string(AnyText), AnyText, string(s), Full, false})
	} else {
		for i, f := range r.spans {
			r.add(inst, Value{string(f.Class), f.Class, string(s[f.Start:f.End]), r.masks[i], false})
		}
	}
	if r.held > MaxRecord {
		return r.fault(r.tok, "records hold more than can be kept")
	}
	return nil
}

// replaceFound masks r.spans in the string that is the token. Raw is what is
// between its quotes, text the same without escapes; what is outside the spans
// stays as it was written.
func (r *rewriter) replaceFound(raw, text []byte) error {
	whole := r.maskSpans(text)
	if err := r.found(text, whole); err != nil {
		return err
	}
	if whole {
		r.quoted = appendQuoted(r.quoted[:0], Full)
		return r.replace(r.quoted)
	}
	if r.flags&aEscape == 0 { // then raw is text, and masks of what is found need no escape
		r.quoted = append(append(append(r.quoted[:0], '"'), r.masked...), '"')
		return r.replace(r.quoted)
	}
	r.quoted = append(r.quoted[:0], '"')
	i, n, from := 0, 0, 0 // in raw, in text; raw[from:] is to be copied
	to := func(offset int) {
		for n < offset {
			if raw[i] != '\\' {
				i, n = i+1, n+1
				continue
			}
			c, w := unescape(raw[i:])
			i, n = i+w, n+utf8.RuneLen(c)
		}
	}
	for k, f := range r.spans {
		to(f.Start)
		r.quoted = append(r.quoted, raw[from:i]...)
		r.quoted = appendEscaped(r.quoted, r.masks[k])
		to(f.End)
		from = i
	}
	r.quoted = append(r.quoted, raw[from:]...)
	r.quoted = append(r.quoted, '"')
	return r.replace(r.quoted)
}

// appendQuoted appends s as a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

// appendEscaped writes s into a JSON string, fit to stand in HTML too.
func appendEscaped(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029:
			dst = append(dst, '\\', 'u', hex[c>>12&15], hex[c>>8&15], hex[c>>4&15], hex[c&15])
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return dst
}
