package mask

// classSet is a set of searchable classes.
type classSet uint8

const (
	setPhone classSet = 1 << iota
	setResidentID
	setBankCard
	setEmail

	setNumbers = setPhone | setResidentID | setBankCard
	setAll     = setNumbers | setEmail
)

func setOf(classes []Class) (set classSet, unknown []Class) {
	for _, c := range classes {
		switch c {
		case Phone:
			set |= setPhone
		case ResidentID:
			set |= setResidentID
		case BankCard:
			set |= setBankCard
		case Email:
			set |= setEmail
		default:
			unknown = append(unknown, c)
		}
	}
	return set, unknown
}

// Span is a place in a string, in bytes.
type Span struct {
	Start, End int
	Class      Class
}

// Search finds values of classes in free text; nil means all [Searchable]
// classes, and classes that cannot be searched for are left aside. Spans are in
// order and do not overlap.
func Search(s string, classes []Class) []Span {
	set := setAll
	if classes != nil {
		set, _ = setOf(classes)
	}
	return appendSpans(nil, s, set)
}

// bytesOf is what the scanner reads: both, so that neither is copied.
type bytesOf interface{ string | []byte }

// What a byte may begin. A table as the loop runs over every string.
const (
	aDigit  = 1 << iota // 0-9
	aAt                 // @
	aWide               // lead byte of full-width digits and ＠
	aEscape             // backslash
	aHigh               // beyond ASCII
	aStop               // ends a JSON string or is not allowed in it
)

var byteKind = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c < 0x20 || c == '"':
			t[c] = aStop
		case '0' <= c && c <= '9':
			t[c] = aDigit
		case c == '@':
			t[c] = aAt
		case c == '\\':
			t[c] = aEscape | aStop
		case c == 0xEF:
			t[c] = aWide | aHigh
		case c >= 0x80:
			t[c] = aHigh
		}
	}
	return t
}()

// appendSpans is [Search] by set.
func appendSpans[T bytesOf](dst []Span, s T, set classSet) []Span {
	first := len(dst)
	after := -1 // end of a \uXXXX inside JSON in a string: a number may begin right there
	for i := 0; i < len(s); {
		kind := byteKind[s[i]]
		if kind&(aDigit|aAt|aWide|aEscape) == 0 {
			i++
			continue
		}
		switch {
		case kind&aEscape != 0:
			if i+6 <= len(s) && s[i+1] == 'u' && isHex(s, i+2, i+6) {
				after = i + 6
			}
			i++
		case kind&aAt != 0 || wideAt(s, i):
			span, ok := email(s, i)
			if !ok || set&setEmail == 0 {
				i++
				continue
			}
			// An account that is a number, or one address run into another.
			for len(dst) > first && dst[len(dst)-1].End > span.Start {
				span.Start = min(span.Start, dst[len(dst)-1].Start)
				dst = dst[:len(dst)-1]
			}
			dst = append(dst, span)
			i = span.End
		default:
			if _, w := digitAt(s, i); w == 0 {
				i++
				continue
			}
			span, ok := number(s, i, set)
			end := groupEnd(s, i)
			if !ok && i < after && after < end {
				span, ok = number(s, after, set)
			}
			if ok {
				dst = append(dst, span)
				end = span.End
			}
			i = end
		}
	}
	return dst
}

func isHex[T bytesOf](s T, from, to int) bool {
	for _, c := range []byte(s[from:to]) {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// digitAt returns the ASCII digit that stands at i, plain or full-width, and its width.
func digitAt[T bytesOf](s T, i int) (byte, int) {
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
func wideAt[T bytesOf](s T, i int) bool {
	return i+2 < len(s) && s[i] == 0xEF && s[i+1] == 0xBC && s[i+2] == 0xA0
}

// separatorAt returns the width of what people write between digits, or 0:
// blanks, dashes, dots, and characters of no width.
func separatorAt[T bytesOf](s T, i int) int {
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
		case b == 0x88 && c == 0x92: // minus
			return 3
		}
	case 0xE3: // ideographic space
		if i+2 < len(s) && s[i+1] == 0x80 && s[i+2] == 0x80 {
			return 3
		}
	case 0xEF: // full-width dash and stop, byte order mark
		if i+2 < len(s) && (s[i+1] == 0xBC && (s[i+2] == 0x8D || s[i+2] == 0x8E) || s[i+1] == 0xBB && s[i+2] == 0xBF) {
			return 3
		}
	}
	return 0
}

func groupEnd[T bytesOf](s T, i int) int {
	for {
		_, w := digitAt(s, i)
		if w == 0 {
			return i
		}
		i += w
	}
}

// email looks around the @ at i.
func email[T bytesOf](s T, i int) (Span, bool) {
	at := 1
	if s[i] != '@' {
		at = 3
	}
	start := i
	for start > 0 && isLocal(s[start-1]) {
		start--
	}
	if start > 0 && start < i && s[start-1] == '\\' { // JSON in a string: its escape is not part of the account
		if s[start] == 'u' && start+5 <= i && isHex(s, start+1, start+5) {
			start += 5
		} else {
			start++
		}
	}
	end := emailDomain(s, i+at)
	if start == i || end == i+at {
		return Span{}, false
	}
	return Span{start, end, Email}, true
}

func isLocal(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	case c == '.', c == '_', c == '%', c == '+', c == '-':
		return true
	}
	return false
}

// emailDomain returns the end of the domain that begins at from, or from when
// there is none: labels with dots, the last of at least two and begun by a letter.
func emailDomain[T bytesOf](s T, from int) int {
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
	if last == from || end-last < 2 || s[last]|0x20 < 'a' || s[last]|0x20 > 'z' {
		return from
	}
	return end
}
