package mask

import "unsafe"

// view is b as a string without a copy. It is good for as long as nobody writes
// to b.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// What a byte of JSON may be.
const (
	aDigit  = 1 << iota // 0-9
	aAt                 // @
	aLetter             // A-Z a-z
	aEscape             // backslash
	aHigh               // beyond ASCII
	aSign               // + ( : =
	aSpace              // blank
	aStop               // ends a string or is not allowed in it
)

// byteKind is a table as the loop runs over every string.
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
		case c >= 0x80:
			t[c] = aHigh
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			t[c] = aLetter
		case c == '+' || c == '(' || c == ':' || c == '=':
			t[c] = aSign
		case c == ' ':
			t[c] = aSpace
		}
	}
	return t
}()
