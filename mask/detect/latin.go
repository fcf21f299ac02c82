package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// latinName looks for a name at the word i..end of ASCII letters, or behind it: after
// a title or a phrase that introduces one, or one that holds a common name.
func (c *scanner) latinName(i, end int, kinds uint8) (Span, bool) {
	s := c.s
	if i > 0 && s[i-1] >= 0x80 && latinBefore(s, i) {
		return Span{}, false // the end of a word with an accent
	}
	var b [16]byte
	if end-i <= len(b) {
		if f, ok := c.namedAt(string(lower(b[:0], s[i:end])), i, end); ok {
			return f, true
		}
	}
	if !isUpper(s[i]) {
		return Span{}, false
	}
	if i >= 3 && (s[i-1] >= 0x80 || s[i-1] == ' ' || s[i-1] == ':') && c.leftOf(i, 0) >= 35 {
		return c.capitalised(i, 1, true)
	}
	if kinds == wUpper && end-i > 1 {
		return c.ticketName(i, end)
	}
	return c.knownName(i)
}

// notLatin are capitalised words that begin sentences or name other things.
const notLatin = " The This That These Those There Here Please Thanks Thank You Your Yes No Not And But For With From What When Where Why How Who Can Could Would Will Is Are Am Do Does Did Have Has I It We They He She My Our In On At To Of If So Sorry Also Just Sir Madam Customer Team Support Service All Everyone Order Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September October November December Street Road Avenue Hotel Company Inc Ltd Bank University City New San Los St Interested Looking Trying Having Going Calling Writing Not Sure Glad Happy Afraid Currently Unable Still Really Very Best Kind Warm Happy Good Great Big New Free Hot Top Call Chat Email Click View Visit Shop Buy Get Go Let See Ask Find Need Want Send Contact Help Hello Dear Hi Hey World Day Morning Afternoon Evening Night Regards Wishes Policy Terms Privacy Payment Account Card Credit Gift Number Phone Address Date Time Name First Last Full Item Items Product Size Color Total Price Status Note Some Any Each Every Both Many Most More Much Other Another Then Than Now Soon Later Today Tomorrow Yesterday Yes Okay Ok Sincerely Welcome North South East West Central International Global National American British Chinese French German Japanese Italian Spanish English Airlines Airport Station Center Centre River Lake Mountain Bay Beach Island Church School College Hospital Restaurant Cafe Store Market Saint Northern Southern Eastern Western Islands Island Mayen County State Republic Kingdom Avenue Lane Drive Boulevard Square Suite Apt Unit Box "

// capitalised reads words that begin with capitals: at least as many as least,
// at most four.
func (c *scanner) capitalised(i, least int, said bool) (Span, bool) {
	s := c.s
	end, n, k := i, 0, i
	for n < 4 && k < len(s) {
		r, w := utf8.DecodeRuneInString(s[k:])
		if !unicode.IsUpper(r) || r >= 0x250 {
			break
		}
		stop, letters := k+w, 1
		for stop < len(s) {
			r, w := utf8.DecodeRuneInString(s[stop:])
			if !(r < 0x250 && unicode.IsLetter(r)) && !((r == '\'' || r == '’' || r == '-' || r == '/' && said) && stop+w < len(s) && unicode.IsLetter(firstRune(s[stop+w:])) && !(w == 1 && possessive(s, stop))) {
				break
			}
			stop += w
			letters++
		}
		if stop < len(s) && (isDigit(s[stop]) || s[stop] == '_' || s[stop] == '*' || s[stop] == '@') {
			return Span{}, false
		}
		word := s[k:stop]
		if letters > 1 && strings.Contains(notLatin, " "+word+" ") {
			break
		}
		if letters > 4 && strings.ToUpper(word) == word && !said {
			break
		}
		n++
		end = stop
		if letters == 1 && stop < len(s) && s[stop] == '.' && n > 0 {
			end = stop + 1
			stop++
		}
		if stop+1 >= len(s) || s[stop] != ' ' {
			break
		}
		k = stop + 1
	}
	for _, joint := range [...]string{" van der ", " van den ", " van ", " von ", " de la ", " de ", " da ", " del ", " bin ", " al-"} {
		if n > 0 && strings.HasPrefix(s[end:], joint) {
			if f, ok := c.capitalised(end+len(joint), 1, true); ok {
				return Span{Start: i, End: f.End, Class: Name, Sure: true}, true
			}
		}
	}
	if n < least || end-i < 2 {
		return Span{}, false
	}
	return Span{Start: i, End: end, Class: Name, Sure: n >= 2}, true
}

// isPlainLatin tells whether word is one of notLatin.
func isPlainLatin(word string) bool { return strings.Contains(notLatin, " "+word+" ") }

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// streets are the endings of a road's name in English.
const streets = " street st avenue ave road rd lane ln drive dr boulevard blvd way court ct place pl square sq terrace parkway pkwy circle cir highway hwy trail trl alley crescent close row walk loop "

// latinAddress looks for an address at the digits i..end: 12 Main Street, Apt 4,
// Springfield, IL 62701.
func (c *scanner) latinAddress(i, end int) (Span, bool) {
	s := c.s
	if end-i > 6 || end+3 >= len(s) || i > 0 && (isWord(s[i-1]) || s[i-1] == '.' || s[i-1] == '$' || s[i-1] == '#' || s[i-1] == '-') {
		return Span{}, false
	}
	if e := numberedRoad(s, end); e > 0 {
		return Span{Start: i, End: c.latinTail(e), Class: Address, Sure: true}, true
	}
	k := end
	if isLetter(s[k]) && k+1 < len(s) && s[k+1] == ' ' { // 12b
		k++
	}
	if s[k] != ' ' {
		return Span{}, false
	}
	k++
	stop := 0
	for n := 0; n < 6 && k < len(s); n++ {
		r, _ := utf8.DecodeRuneInString(s[k:])
		if !unicode.IsUpper(r) && !(n > 0 && r < 0x250 && unicode.IsLetter(r)) && !(n == 0 && isDigit(s[k])) || r >= 0x250 {
			break
		}
		e := k
		for e < len(s) {
			r, w := utf8.DecodeRuneInString(s[e:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '-' || r >= 0x250 {
				break
			}
			e += w
		}
		if e == k || n > 0 && joinsPlaces(s[k:e]) {
			break
		}
		if n > 0 && e-k < 12 && isUpper(s[k]) && isStreet(s[k:e]) {
			stop = e
			if stop < len(s) && s[stop] == '.' {
				stop++
			}
		}
		if e >= len(s) || s[e] != ' ' && !(s[e] == '.' && e+1 < len(s) && s[e+1] == ' ') {
			break
		}
		k = e + 1
		if s[e] == '.' {
			k++
		}
		if stop > 0 && !directional(s[k:]) {
			break
		}
	}
	if stop == 0 {
		return Span{}, false
	}
	return Span{Start: i, End: c.latinTail(stop), Class: Address, Sure: true}, true
}

// joinsPlaces tells whether w is a word between a thing and its place, so that what
// stands before it is no house: 20 Deals in Park Street.
func joinsPlaces(w string) bool {
	switch w {
	case "in", "at", "on", "from", "to", "for", "with", "near", "by", "is", "are", "was":
		return true
	}
	return false
}

// isStreet tells whether word, of less than 12 letters, ends a road's name.
func isStreet(word string) bool {
	var b [14]byte
	return strings.Contains(streets, string(append(lower(append(b[:0], ' '), word), ' ')))
}

// lower appends word, letters of ASCII in lower case.
func lower(dst []byte, word string) []byte {
	for i := range len(word) {
		c := word[i]
		if isUpper(c) {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

func directional(s string) bool {
	for _, d := range [...]string{"North", "South", "East", "West", "NW", "NE", "SW", "SE", "N ", "S ", "E ", "W ", "N,", "S,", "E,", "W,"} {
		if strings.HasPrefix(s, d) {
			return true
		}
	}
	return false
}

// townEnd goes on over the town behind a post code: 10115 Berlin.
func townEnd(s string, i int) int {
	if i >= len(s) || s[i] != ' ' || !unicode.IsUpper(firstRune(s[i+1:])) {
		return i
	}
	e := latinEnd(s, i+1)
	if isPlainLatin(s[i+1 : e]) {
		return i
	}
	return e
}

// latinTail goes on over apartment, city, state and code.
func (c *scanner) latinTail(end int) int {
	s := c.s
	for range 6 {
		k := end
		for k < len(s) && (s[k] == ' ' || s[k] == ',' || s[k] == '\n' || s[k] == '#') && k-end < 3 {
			k++
		}
		if k == end || k >= len(s) {
			return end
		}
		e := k
		for e < len(s) && (isWord(s[e]) || s[e] >= 0x80 && s[e] < 0xE3 || s[e] == '-') {
			e++
		}
		if e == k {
			return end
		}
		w := s[k:e]
		if e := ukPostcode(s, k); e > 0 {
			return e
		}
		low := strings.ToLower(w)
		switch {
		case strings.Contains(" apt suite ste unit apartment floor fl room rm ", " "+low+" "):
			if e < len(s) && s[e] == '.' {
				e++
			}
			for e < len(s) && (s[e] == ' ' || s[e] == '#') {
				e++
			}
			for e < len(s) && (isWord(s[e]) || s[e] == '-') {
				e++
			}
		case s[k-1] == '#':
		case isDigit(w[0]) && len(w) >= 4 && len(w) <= 10 && isDigit(w[3]): // post code
			if k >= 2 && s[k-1] == ' ' && s[k-2] == ',' {
				return townEnd(s, e)
			}
			return e
		case isDigit(w[0]):
			f, ok := c.latinAddress(k, groupEnd(s, k))
			if !ok {
				return end
			}
			return f.End
		case isUpper(w[0]) && strings.IndexByte(s[end:k], ',') >= 0 && !strings.Contains(notLatin, " "+w+" "):
			for e+1 < len(s) && s[e] == ' ' && isUpper(s[e+1]) {
				if ukPostcode(s, e+1) > 0 {
					break
				}
				for e++; e < len(s) && isWord(s[e]); e++ {
				}
			}
		case isUpper(w[0]) && len(w) == 2 && isUpper(w[1]): // state
		default:
			return end
		}
		end = e
	}
	return end
}
