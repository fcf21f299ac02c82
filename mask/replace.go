package mask

import (
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// shortest is the least that a string is long, in bytes, which is searched: two
// Chinese characters, a@b.co, 110101.
const shortest = 6

// shortestNumber is the least that a JSON number is long which is searched.
const shortestNumber = 11

// text returns what the string that was scanned says, without its escapes. It
// is valid until the next string.
func (r *rewriter) text(raw []byte) []byte {
	if !r.escaped {
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
// to r.masks where in it each span's mask is. The mask of one value beside another
// may by chance read like a third: then whole is true and nothing of s is shown, so
// that no mask is ever masked again.
func (r *rewriter) maskSpans(s []byte) (whole bool) {
	r.masked, r.masks = r.masked[:0], r.masks[:0]
	at := 0
	for _, f := range r.spans {
		r.masked = append(r.masked, s[at:f.Start]...)
		from := len(r.masked)
		if f.Part {
			r.masked = append(r.masked, Full...)
		} else {
			v := s[f.Start:f.End]
			if r.plain.read(view(v)) {
				v = r.plain.text
			}
			r.masked = r.look.append(r.masked, f.Class, "", view(v))
		}
		r.masks = append(r.masks, section{from, len(r.masked), !f.Part && r.look.encrypts(f.Class)})
		at = f.End
	}
	r.masked = append(r.masked, s[at:]...)
	if r.again(view(r.masked)) || r.takesAtWord(saying{class: r.hint}, view(r.masked)) { // what was too much for its name may fit it now
		r.masked = append(r.masked[:0], Full...)
		return true
	}
	return false
}

// mask returns the mask of the span k, until the next is masked.
func (r *rewriter) mask(k int) string { return view(r.masked[r.masks[k].from:r.masks[k].to]) }

// again tells whether a search of what is shown would mask something of it that
// is not a cipher text of ours.
func (r *rewriter) again(shown string) bool {
	n := len(r.spans)
	escaped := r.plain.read(shown)
	if escaped {
		shown = view(r.plain.text)
	}
	all := detect.Append(r.spans, shown, r.set)
	if r.known != nil {
		all = r.known.search(all, shown)
	}
	r.spans = all[:n]
	for _, f := range all[n:] {
		if r.look.unmasked(f.Class, shown[f.Start:f.End]) && (escaped || !r.ciphered(f)) {
			return true
		}
	}
	return false
}

// found keeps the values of r.spans in s for the innermost record. At turns a
// place in s into one behind the token's start.
func (r *rewriter) found(s []byte, whole bool, at func(int) int) error {
	if r.onRecord == nil {
		return nil
	}
	inst := len(r.insts) - 1
	from := r.base + int64(r.tok)
	if whole {
		r.add(inst, Value{string(AnyText), AnyText, r.originals.keep(s), Full, false, from + int64(at(0)), from + int64(at(len(s)))})
	} else {
		for i, f := range r.spans {
			r.add(inst, Value{string(f.Class), f.Class, r.originals.keep(s[f.Start:f.End]), r.maskTexts.keep(r.masked[r.masks[i].from:r.masks[i].to]), false, from + int64(at(f.Start)), from + int64(at(f.End))})
		}
	}
	if r.held > MaxRecord {
		return r.fault(r.tok, "records hold more than can be kept")
	}
	return nil
}

// escapes goes along a string with its escapes beside the same without them.
type escapes struct {
	raw  []byte
	i, n int // in raw, in the text
}

// to returns the place in raw of the text's byte at offset, which is not before
// the one asked for last.
func (e *escapes) to(offset int) int {
	for e.n < offset {
		if e.raw[e.i] != '\\' {
			e.i, e.n = e.i+1, e.n+1
			continue
		}
		c, w := unescape(e.raw[e.i:])
		e.i, e.n = e.i+w, e.n+utf8.RuneLen(c)
	}
	return e.i
}

// replaceFound masks r.spans in the string that is the token. Raw is what is
// between its quotes, text the same without escapes; what is outside the spans
// stays as it was written.
func (r *rewriter) replaceFound(raw, text []byte) error {
	whole := r.maskSpans(text)
	places := escapes{raw: raw}
	if err := r.found(text, whole, func(n int) int { return 1 + places.to(n) }); err != nil {
		return err
	}
	if whole {
		return r.replaceQuoted(Full)
	}
	if !r.escaped { // then raw is text, and masks of what is found need no escape
		r.quoted = append(append(append(r.quoted[:0], '"'), r.masked...), '"')
		return r.replace(r.quoted)
	}
	r.quoted = append(r.quoted[:0], '"')
	places = escapes{raw: raw}
	from := 0 // raw[from:] is to be copied
	for k, f := range r.spans {
		r.quoted = append(r.quoted, raw[from:places.to(f.Start)]...)
		r.quoted = appendEscaped(r.quoted, r.mask(k))
		from = places.to(f.End)
	}
	r.quoted = append(r.quoted, raw[from:]...)
	r.quoted = append(r.quoted, '"')
	return r.replace(r.quoted)
}

// appendQuoted appends s as a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	odd := uint8(0)
	for i := range len(s) {
		odd |= escapedByte[s[i]]
	}
	if odd != 0 {
		return append(appendEscaped(append(dst, '"'), s), '"')
	}
	n := len(dst)
	dst = slices.Grow(dst, len(s)+2)[:n+len(s)+2]
	dst[n], dst[len(dst)-1] = '"', '"'
	copy(dst[n+1:], s)
	return dst
}

// appendEscaped writes s into a JSON string, fit to stand in HTML too.
func appendEscaped(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	from := 0 // s[from:] is to be copied
	for i := 0; i < len(s); i++ {
		if escapedByte[s[i]] == 0 {
			continue
		}
		c, w := rune(s[i]), 1
		if c == 0xE2 {
			if c, w = utf8.DecodeRuneInString(s[i:]); c != 0x2028 && c != 0x2029 {
				continue
			}
		}
		dst = append(dst, s[from:i]...)
		if c == '"' || c == '\\' {
			dst = append(dst, '\\', byte(c))
		} else {
			dst = append(dst, '\\', 'u', hex[c>>12&15], hex[c>>8&15], hex[c>>4&15], hex[c&15])
		}
		from = i + w
	}
	return append(dst, s[from:]...)
}

// escapedByte is 1 for bytes that have to be escaped, or may begin what has.
var escapedByte = func() (t [256]uint8) {
	for c := range byte(' ') {
		t[c] = 1
	}
	for _, c := range []byte("\"\\<>&\xe2") {
		t[c] = 1
	}
	return t
}()
