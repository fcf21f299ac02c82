package detect

import (
	"strings"
	"unicode/utf8"
)

// What a byte may begin. A table as the loop runs over every string.
const (
	aDigit  = 1 << iota // 0-9
	aAt                 // @
	aWide               // lead byte of full-width digits and ＠
	aLetter             // A-Z a-z
	aHan                // lead byte of Chinese characters
	aEscape             // backslash: JSON inside of a string
	aPlus               // + before a number, ( before an area code
	aColon              // an IPv6 address may begin with it
)

var byteKind = func() (t [256]uint8) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9':
			t[c] = aDigit
		case c == '@':
			t[c] = aAt
		case c == '\\':
			t[c] = aEscape
		case c == '+' || c == '(':
			t[c] = aPlus
		case c == ':':
			t[c] = aColon
		case 'a' <= c|0x20 && c|0x20 <= 'z' && c < 0x80:
			t[c] = aLetter
		case c == 0xEF, c == 0xE2, c == 0xE3, c == 0xF0: // ＠１（ ①⓪ 〇 𝟏
			t[c] = aWide
		case 0xE4 <= c && c <= 0xE9:
			t[c] = aHan
		}
	}
	return t
}()

// scanner goes over one string.
type scanner struct {
	s     string
	set   Set
	lex   *lexicon
	first int // spans before it are another string's
	out   []Span
	word  int  // end of the last word of ASCII letters and digits that was looked at
	clear int  // up to here stands a word or a place in which no name begins
	dots  int8 // a dot as between parts of a name is in it: 1 yes, -1 no, 0 not looked
	after int  // end of a \uXXXX inside JSON in a string: a number may begin right there
	wide  int  // end of the last Chinese character
	row   int  // end of the row of digits and separators that is being looked at
	left  int  // digits of it that are yet to come
}

// Find finds values of set in s. Spans are in order and do not overlap.
func Find(s string, set Set) []Span { return Append(nil, s, set) }

// Append appends the spans of s to dst.
func Append(dst []Span, s string, set Set) []Span {
	c := scanner{s: s, set: set, lex: theLexicon(), first: len(dst), out: dst, after: -1, row: -1, wide: -maxReach - 1}
	want := uint8(aDigit | aAt | aWide | aEscape | aPlus)
	if set&latin != 0 {
		want |= aLetter | aColon
	}
	if set&han != 0 {
		want |= aHan
	}
	for i := 0; i < len(s); {
		kind := byteKind[s[i]] & want
		if kind == 0 {
			i++
			continue
		}
		i = c.at(i, kind)
	}
	return c.out
}

// at looks for what begins at i and returns where to go on.
func (c *scanner) at(i int, kind uint8) int {
	s := c.s
	switch {
	case kind&aHan != 0:
		return c.hanRun(i)
	case kind&aLetter != 0:
		return c.wordAt(i)
	case kind&aDigit != 0:
		return c.digitsAt(i)
	case kind&aEscape != 0:
		if i+6 <= len(s) && s[i+1] == 'u' && isHex(s, i+2, i+6) {
			c.after = i + 6
		}
		if i+1 < len(s) && byteKind[s[i+1]]&aLetter != 0 {
			c.word = i + 2 // \n is no part of a word
			if c.after == i+6 {
				c.word = i + 6
			}
			return i + 1
		}
		return i + 1
	case kind&aAt != 0 || wideAt(s, i):
		span, ok := email(s, i)
		if !ok || !c.set.Has(span.Class) {
			return i + 1
		}
		c.put(span)
		return max(span.End, i+1)
	case kind&aPlus != 0:
		return c.plusAt(i)
	case kind&aColon != 0:
		if c.set&setIP != 0 && i+2 < len(s) && s[i+1] == ':' && isHex(s, i+2, i+3) && (i == 0 || !isWord(s[i-1])) {
			if end := c.ipv6(i); end > 0 {
				return end
			}
		}
		return i + 1
	}
	if _, w := DigitAt(s, i); w == 0 {
		return c.oddAt(i)
	}
	return c.digitsAt(i)
}

// put adds a span; where it runs over others they become one with it.
func (c *scanner) put(f Span) {
	for len(c.out) > c.first && c.out[len(c.out)-1].End > f.Start {
		last := c.out[len(c.out)-1]
		if last.Start < f.Start {
			f.Start = last.Start
		}
		if last.End > f.End {
			f.End = last.End
		}
		c.out = c.out[:len(c.out)-1]
	}
	c.out = append(c.out, f)
}

// taken tells whether i is inside of what was found.
func (c *scanner) taken(i int) bool {
	return len(c.out) > c.first && c.out[len(c.out)-1].End > i
}

func isHex(s string, from, to int) bool {
	if to > len(s) {
		return false
	}
	for i := from; i < to; i++ {
		if c := s[i]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }

// DigitAt returns the ASCII digit that stands at i, plain or full-width, and its width.
func DigitAt(s string, i int) (byte, int) {
	if i >= len(s) {
		return 0, 0
	}
	c := s[i]
	if '0' <= c && c <= '9' {
		return c, 1
	}
	if c == 0xEF && i+2 < len(s) && s[i+1] == 0xBC && s[i+2] >= 0x90 && s[i+2] <= 0x99 {
		return s[i+2] - 0x90 + '0', 3
	}
	return 0, 0
}

// wideAt tells whether a full-width @ stands at i.
func wideAt(s string, i int) bool {
	return i+2 < len(s) && s[i] == 0xEF && s[i+1] == 0xBC && s[i+2] == 0xA0
}

// SeparatorAt returns the width of what people write between digits, or 0:
// blanks, dashes, dots, and characters of no width.
func SeparatorAt(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	switch s[i] {
	case ' ', '-', '.', '\t':
		return 1
	case 0xC2: // no-break space, soft hyphen
		if i+1 < len(s) && (s[i+1] == 0xA0 || s[i+1] == 0xAD) {
			return 2
		}
	case 0xE2:
		if i+2 >= len(s) {
			return 0
		}
		b, c := s[i+1], s[i+2]
		switch {
		case b == 0x80 && c >= 0x80 && c <= 0x95: // spaces, no-width characters, dashes
			return 3
		case b == 0x80 && c == 0xAF, b == 0x81 && c == 0xA0: // narrow no-break space, word joiner
			return 3
		case b == 0x88 && c == 0x92, b == 0x83 && c == 0xA3: // minus, keycap
			return 3
		}
	case 0xE3: // ideographic space
		if i+2 < len(s) && s[i+1] == 0x80 && s[i+2] == 0x80 {
			return 3
		}
	case 0xEF: // full-width dash and stop, byte order mark, the selector of a keycap
		if i+2 < len(s) && (s[i+1] == 0xBC && (s[i+2] == 0x8D || s[i+2] == 0x8E) || s[i+1] == 0xBB && s[i+2] == 0xBF || s[i+1] == 0xB8 && s[i+2] == 0x8F) {
			return 3
		}
	}
	return 0
}

// groupEnd returns the end of the digits at i.
func groupEnd(s string, i int) int {
	for i < len(s) {
		if isDigit(s[i]) {
			i++
			continue
		}
		if s[i] != 0xEF {
			break
		}
		_, w := DigitAt(s, i)
		if w == 0 {
			break
		}
		i += w
	}
	return i
}

// email looks around the @ at i.
func email(s string, i int) (Span, bool) {
	at := 1
	if s[i] != '@' {
		at = 3
	}
	start := mailStart(s, i)
	if start > 0 && start < i && s[start-1] == '\\' { // JSON in a string: its escape is not part of the account
		if s[start] == 'u' && start+5 <= i && isHex(s, start+1, start+5) {
			start += 5
		} else {
			start++
		}
	}
	end := EmailDomain(s, i+at)
	if start == i || end == i+at {
		return Span{}, false
	}
	if urlPassword(s, start) {
		return Span{Start: start, End: i, Class: Secret}, true
	}
	return Span{Start: start, End: end, Class: Email}, true
}

func isLocal(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-'
}

// EmailDomain returns the end of the domain that begins at from, or from when
// there is none: labels with dots, the last of at least two and begun by a letter.
func EmailDomain(s string, from int) int {
	end := from
	for end < len(s) && s[end] != '_' && s[end] != '%' && s[end] != '+' && isLocal(s[end]) {
		end++
	}
	for end > from && (s[end-1] == '.' || s[end-1] == '-') {
		end--
	}
	if end == from || s[from] == '.' {
		return from
	}
	last := end
	for last > from && s[last-1] != '.' {
		last--
	}
	if last == from || end-last < 2 || !isLetter(s[last]) {
		return from
	}
	return end
}

// runeBefore returns the character that ends at i.
func runeBefore(s string, i int) (rune, int) { return utf8.DecodeLastRuneInString(s[:i]) }

// cueBefore tells whether one of cues stands within the reach bytes before i, in
// the same line. Cues in ASCII are in lower case.
func cueBefore(s string, i, reach int, cues ...string) bool {
	from := max(0, i-reach)
	seen := uint64(0) // which bytes there are, roughly
	for k := i - 1; k >= from; k-- {
		if s[k] == '\n' {
			from = k + 1
			break
		}
		seen |= byteBit(s[k])
	}
	for _, cue := range cues {
		if need := byteBit(cue[0]) | byteBit(cue[1]) | byteBit(cue[len(cue)-1]); seen&need == need && containsFold(s[from:i], cue) {
			return true
		}
	}
	return false
}

// byteBit is one bit of 64 for c; the cases of a letter have the same.
func byteBit(c byte) uint64 { return 1 << ((c | 0x20) & 63) }

// containsFold tells whether w holds cue; case of ASCII letters does not count,
// and a cue of letters has to be a word.
func containsFold(w, cue string) bool {
	if cue[0] >= 0x80 {
		return strings.Contains(w, cue)
	}
	for i := 0; i+len(cue) <= len(w); i++ {
		if w[i]|0x20 == cue[0]|0x20 && foldPrefix(w[i:], cue) && (!isLetter(cue[0]) || (i == 0 || !isLetter(w[i-1])) && (i+len(cue) == len(w) || !isLetter(w[i+len(cue)]))) {
			return true
		}
	}
	return false
}

// foldPrefix tells whether s begins with lower, upper-case letters of ASCII read
// as lower.
func foldPrefix(s, lower string) bool {
	if len(s) < len(lower) {
		return false
	}
	for i := range len(lower) {
		c := s[i]
		if isUpper(c) {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
