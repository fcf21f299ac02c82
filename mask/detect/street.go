package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Addresses in Latin letters besides those that begin with a number and end with a
// word for a road (latinAddress): by what is said of them, by the words of other
// languages for a road, by flats, boxes and post codes.

// streetAt looks for an address at or behind the word i..end.
func (c *scanner) streetAt(i, end int) (Span, bool) {
	s := c.s
	if end-i < 2 && s[i] != 'u' || i > 0 && s[i-1] >= 0x80 && latinBefore(s, i) {
		return Span{}, false
	}
	switch s[i] | 0x20 {
	case 'a', 'b', 'd', 'f', 'h', 'l', 'm', 'o', 'r', 's', 'w':
		if at := c.saidAddress(i, end); at > 0 {
			// Where it is not said to be one, it has to look like one.
			if e := addressText(s, at); e > 0 && (s[i]|0x20 == 'a' && end-i < 8 && !foldIs(s[i:end], "arrived") || quotedBefore(s, at) || isDigit(s[at]) && strings.Count(s[at:e], " ") >= 2) {
				return Span{Start: at, End: e, Class: Address, Sure: true}, true
			}
		}
	}
	if e := unitEnd(s, i, end); e > 0 {
		return Span{Start: c.addressBefore(i), End: c.latinTail(e), Class: Address}, true
	}
	if e := boxEnd(s, i, end); e > 0 {
		if i >= 5 && foldPrefix(s[i-5:], "p.o. ") {
			i -= 5
		}
		return Span{Start: c.addressBefore(i), End: c.latinTail(e), Class: Address}, true
	}
	if e := roadWord(s, i); e > 0 {
		if k := c.wordBefore(i); k < i {
			return c.road(k, e)
		}
	}
	if !isUpper(s[i]) {
		return Span{}, false
	}
	if e := ukPostcode(s, i); e > 0 {
		return Span{Start: i, End: e, Class: Address}, true
	}
	full := latinEnd(s, i)
	from := 0
	switch {
	case roadFirst(s[i:full]):
		from = nameOfRoad(s, full)
	case full-i >= 7 && roadTail(s[i:full]):
		from = full
	}
	return c.road(i, from)
}

// road is the road i..from with the numbers of houses beside it, of which there is
// one at least.
func (c *scanner) road(i, from int) (Span, bool) {
	s := c.s
	if from == 0 {
		return Span{}, false
	}
	house := houseEnd(s, from)
	start := numberBefore(s, i)
	if house == from && start == i {
		return Span{}, false
	}
	return Span{Start: start, End: c.latinTail(house), Class: Address, Sure: true}, true
}

func quotedBefore(s string, i int) bool { return i > 0 && (s[i-1] == '"' || s[i-1] == '\'') }

func latinBefore(s string, i int) bool {
	r, _ := runeBefore(s, i)
	return r < 0x250 && unicode.IsLetter(r)
}

// saidAddress returns where an address begins that the word i..end introduces, or 0.
func (c *scanner) saidAddress(i, end int) int {
	s := c.s
	k := end
	switch low := s[i:end]; {
	case foldIs(low, "address"), foldIs(low, "addr"):
		for _, not := range [...]string{"ip ", "email ", "e-mail ", "mail ", "mac ", "web ", "site ", "wallet ", "url ", "http "} {
			if n := i - len(not); n >= 0 && foldPrefix(s[n:], not) {
				return 0
			}
		}
		for _, w := range [...]string{" is now", " is", " to", " has changed to", ":", " of", " with", " as"} {
			if foldPrefix(s[k:], w) {
				k += len(w)
				break
			}
		}
		if k == end {
			return 0
		}
		for k < len(s) && (s[k] == ' ' || s[k] == ':') && k-end < 24 {
			k++
		}
		return k
	case foldIs(low, "address1"), foldIs(low, "address2"), foldIs(low, "address_1"), foldIs(low, "address_line1"), foldIs(low, "street"), foldIs(low, "street_address"), foldIs(low, "shipping_address"):
		at, quoted := afterKey(s, end)
		if !quoted {
			return 0
		}
		return at
	case foldIs(low, "lives"), foldIs(low, "live"), foldIs(low, "lived"), foldIs(low, "living"), foldIs(low, "located"), foldIs(low, "residing"), foldIs(low, "resides"), foldIs(low, "reside"),
		foldIs(low, "based"), foldIs(low, "delivered"), foldIs(low, "deliver"), foldIs(low, "ship"), foldIs(low, "shipped"), foldIs(low, "send"), foldIs(low, "sent"), foldIs(low, "return"),
		foldIs(low, "mail"), foldIs(low, "moved"), foldIs(low, "meet"), foldIs(low, "arrived"), foldIs(low, "forward"),
		foldIs(low, "office"), foldIs(low, "offices"), foldIs(low, "house"), foldIs(low, "home"), foldIs(low, "store"), foldIs(low, "shop"), foldIs(low, "warehouse"), foldIs(low, "station"), foldIs(low, "restaurant"):
		for _, w := range [...]string{" it", " them", " me", " you", " now", " is", " are", " is located", " are located", " the package", " the parcel", " this", " one"} {
			if foldPrefix(s[k:], w) {
				k += len(w)
				break
			}
		}
		for _, w := range [...]string{" at ", " to ", " in ", " on "} {
			if foldPrefix(s[k:], w) {
				return k + len(w)
			}
		}
	}
	return 0
}

func foldIs(s, lower string) bool { return len(s) == len(lower) && foldPrefix(s, lower) }

// addressText returns the end of what is said to be an address at i, or 0: it
// begins with a number or a capital, has both letters and a number of a house, and
// goes to the end of the clause.
func addressText(s string, i int) int {
	if i >= len(s) || !isDigit(s[i]) && !unicode.IsUpper(firstRune(s[i:])) && !foldPrefix(s[i:], "the corner of ") {
		return 0
	}
	end, house, words := i, 0, 0
	if foldPrefix(s[i:], "the corner of ") {
		end += len("the corner of ")
	}
	for n := 0; end < len(s) && n < 20; n++ {
		if e := ukPostcode(s, end); e > 0 {
			return finished(s, i, e, house+1, words)
		}
		e := end
		digits, letters := 0, 0
		for e < len(s) && s[e] != ' ' && s[e] != '\n' && strings.IndexByte("?!;\"<>|()[]{}\t\\*@", s[e]) < 0 {
			if isDigit(s[e]) {
				digits++
			} else if s[e] >= 0x80 || isLetter(s[e]) {
				letters++
			} else if s[e] == ':' || s[e] == ',' && e+1 < len(s) && s[e+1] != ' ' && s[e+1] != '\n' {
				return 0
			}
			e++
		}
		word := s[end:e]
		if word == "" {
			break
		}
		r, _ := utf8.DecodeRuneInString(word)
		switch {
		case digits > 0 && letters <= 3:
			if digits > 7 {
				return 0
			}
			house++
		case unicode.IsUpper(r):
			words++
			if isPlainLatin(strings.TrimRight(word, ",.")) && !roadish(word) && words == 1 && house == 0 {
				return 0
			}
			if monthEnd(word, 0) > 0 {
				return 0
			}
		case isParticle(strings.TrimRight(word, ",.")) && (house > 0 || words > 0): // de la
		default:
			// A word in small letters ends it.
			if n == 0 {
				return 0
			}
			return finished(s, i, end, house, words)
		}
		end = e
		last := s[e-1]
		if (last == '.' || last == ',') && (e >= len(s) || s[e] == ' ' || s[e] == '\n') {
			if last == '.' && (len(word) > 5 && digits == 0 || digits >= 4) { // the end of a sentence, and no St. or Apt.
				return finished(s, i, end-1, house, words)
			}
			if last == ',' && e+1 < len(s) && !isDigit(s[e+1]) && !unicode.IsUpper(firstRune(s[e+1:])) {
				return finished(s, i, end-1, house, words)
			}
		}
		if end < len(s) && s[end] == ' ' || end < len(s) && s[end] == '\n' {
			end++
			for end < len(s) && s[end] == ' ' {
				end++
			}
			continue
		}
		break
	}
	return finished(s, i, end, house, words)
}

// finished cuts blanks and points off an address, and tells whether it is one.
func finished(s string, i, end, house, words int) int {
	for end > i && strings.IndexByte(" ,.\n-", s[end-1]) >= 0 {
		end--
	}
	for k := 0; k < 2; k++ { // a particle does not end it
		if sp := strings.LastIndexByte(s[i:end], ' '); sp > 0 && isParticle(s[i+sp+1:end]) {
			end = i + sp
		}
	}
	if house == 0 || words == 0 || end-i < 6 {
		return 0
	}
	return end
}

// isParticle tells whether w stands in small letters in the names of roads.
func isParticle(w string) bool {
	switch w {
	case "de", "du", "des", "la", "le", "les", "del", "della", "dei", "delle", "di", "da", "do", "dos", "das", "el", "al", "van", "von", "der", "den", "of", "the", "and", "et", "y", "e", "u", "ul", "rue", "av", "út", "utca", "útja",
		"tér", "st", "apt", "suite", "unit", "no", "nr", "bis", "trg", "ulica", "cesta", "via", "calle", "rua":
		return true
	}
	return false
}

func roadish(w string) bool {
	return strings.Contains(streets, " "+strings.ToLower(strings.TrimRight(w, ",."))+" ") || w == "Box" || w == "Unit" || w == "Suite" || w == "Apt" || w == "North" || w == "South" || w == "East" || w == "West" || w == "New" || w == "St"
}

// unitEnd returns the end of a flat at i..end, or 0: Apt. 12, Suite 300, Flat 4B.
func unitEnd(s string, i, end int) int {
	switch low := s[i:end]; {
	case foldIs(low, "apt"), foldIs(low, "suite"), foldIs(low, "ste"), foldIs(low, "apartment"):
	case foldIs(low, "flat"), foldIs(low, "unit"):
		if !isUpper(s[i]) {
			return 0
		}
	default:
		return 0
	}
	k := skip(s, end, ".")
	if k >= len(s) || s[k] != ' ' && s[k] != '#' {
		return 0
	}
	k = skip(s, skip(s, k, " "), "#")
	e := k
	digits := 0
	for e < len(s) && (isDigit(s[e]) || isLetter(s[e]) || s[e] == '-') && e-k < 7 {
		if isDigit(s[e]) {
			digits++
		}
		e++
	}
	if digits == 0 || e < len(s) && isWord(s[e]) || !isDigit(s[k]) && digits < e-k-1 {
		return 0
	}
	return e
}

// boxEnd returns the end of a box at i..end, or 0: P.O. Box 12, PSC 12, Box 34, APO AE 09000.
func boxEnd(s string, i, end int) int {
	switch w := s[i:end]; {
	case w == "PO" || w == "POB" || w == "Box" && i >= 3 && (foldPrefix(s[i-3:], "o. ") || foldPrefix(s[i-3:], "po ")):
		k := end
		if w == "PO" {
			if k = skip(s, end, " Box", " box", " BOX"); k == end {
				return 0
			}
		}
		k = skip(s, k, " ")
		if e := groupEnd(s, k); e > k && e-k <= 7 {
			return e
		}
	case w == "PSC" || w == "Unit" || w == "CMR":
		k := skip(s, end, " ")
		e := groupEnd(s, k)
		if e == k {
			return 0
		}
		if b := skip(s, e, ", Box ", " Box "); b > e {
			if e = groupEnd(s, b); e > b {
				return e
			}
		}
	case w == "APO" || w == "FPO" || w == "DPO":
		if k := skip(s, end, " AA ", " AE ", " AP "); k > end {
			if e := groupEnd(s, k); e-k == 5 {
				return e
			}
		}
	}
	return 0
}

// ukPostcode returns the end of a British or Canadian post code at i, or 0: SW1A 1AA,
// M5C 1S6.
func ukPostcode(s string, i int) int {
	if i+7 <= len(s) && isUpper(s[i]) && isDigit(s[i+1]) && isUpper(s[i+2]) && s[i+3] == ' ' && isDigit(s[i+4]) && isUpper(s[i+5]) && isDigit(s[i+6]) && (i+7 == len(s) || !isWord(s[i+7])) {
		return i + 7
	}
	k := i
	for k < len(s) && k-i < 2 && isUpper(s[k]) {
		k++
	}
	d := k
	if k == i || k >= len(s) || !isDigit(s[k]) {
		return 0
	}
	k++
	if k < len(s) && (isDigit(s[k]) || isUpper(s[k])) {
		k++
	}
	if k+4 > len(s) || s[k] != ' ' || !isDigit(s[k+1]) || !isUpper(s[k+2]) || !isUpper(s[k+3]) || k+4 < len(s) && (isWord(s[k+4]) || s[k+4] == '-') || d == k {
		return 0
	}
	for _, c := range [...]byte{s[k+2], s[k+3]} {
		if strings.IndexByte("CIKMOV", c) >= 0 {
			return 0
		}
	}
	return k + 4
}

// roadFirst tells whether w is a word for a road that stands before its name.
func roadFirst(w string) bool {
	switch w {
	case "Rue", "Via", "Viale", "Calle", "Avenida", "Rua", "Strada", "Piazza", "Plaza", "Paseo", "Carrer", "Corso", "Chemin", "Allée", "Boulevard", "Avenue", "Travessa", "Praça", "Ulica", "Carrera", "Largo", "Vicolo", "Impasse", "Quai":
		return true
	}
	return false
}

// roadTail tells whether w ends as the names of roads do in German, Dutch and the
// languages of the North.
func roadTail(w string) bool {
	for _, tail := range [...]string{"straße", "strasse", "straat", "gasse", "stræde", "weg", "platz", "allee", "laan", "gata", "gatan", "gade", "katu", "kuja", "vägen", "vegen", "veien", "vej", "vegur", "braut", "gränd", "plein", "gracht", "ufer", "damm", "utca", "tänav", "gatve", "ulica", "markt", "berget", "bakken", "torget", "stien"} {
		if strings.HasSuffix(w, tail) {
			return true
		}
	}
	return false
}

// roadWord returns the end of a word for a road behind its name at i, or 0.
func roadWord(s string, i int) int {
	if i+2 > len(s) {
		return 0
	}
	switch s[i : i+2] {
	case "ut", "u.", "St", "Al", "te", "ce", "ul":
	default:
		return 0
	}
	for _, w := range [...]string{"utca", "u.", "Strasse", "Straße", "Str.", "Allee", "terrasse", "cesta", "ulice", "ulica"} {
		if strings.HasPrefix(s[i:], w) && (i+len(w) >= len(s) || !isLetter(s[i+len(w)]) && s[i+len(w)] < 0x80) {
			return i + len(w)
		}
	}
	return 0
}

// numberedRoad returns the end of a road as the French have it behind the number of the
// house, which ends at i, or 0: 14 rue de la République, 12 bis, avenue Foch.
func numberedRoad(s string, i int) int {
	if i == len(s) || s[i] != ' ' && s[i] != ',' && s[i] != 'b' && s[i] != 't' {
		return 0
	}
	k := skip(s, skip(s, i, " bis", " ter", "bis", "ter"), ", ", " ")
	if k == i || k == len(s) {
		return 0
	}
	switch s[k] {
	case 'r', 'a', 'b', 'c', 'i', 'q', 'p':
	default:
		return 0
	}
	e := skip(s, k, "rue", "avenue", "boulevard", "chemin", "impasse", "quai", "allée", "place de", "place du", "cours")
	if e == k {
		return 0
	}
	end := nameOfRoad(s, e)
	if end == 0 {
		return 0
	}
	last := withoutArticle(s[strings.LastIndexByte(s[:end], ' ')+1 : end])
	if !unicode.IsUpper(firstRune(last)) {
		return 0
	}
	return end
}

// withoutArticle returns w without an l' or d' before it.
func withoutArticle(w string) string {
	if len(w) > 2 && (w[0] == 'l' || w[0] == 'd') && w[1] == '\'' {
		return w[2:]
	}
	return w
}

// nameOfRoad goes over the name of a road behind its word: capitals and particles.
func nameOfRoad(s string, i int) int {
	end := i
	for n := 0; n < 6 && end+1 < len(s) && s[end] == ' '; n++ {
		e := latinEnd(s, end+1)
		if e == end+1 {
			break
		}
		w := s[end+1 : e]
		if w = withoutArticle(w); !unicode.IsUpper(firstRune(w)) && !isParticle(w) {
			break
		}
		end = e
		if end < len(s) && s[end] == '.' {
			break
		}
	}
	if end == i {
		return 0
	}
	return end
}

// houseEnd goes on over the number of a house behind a road: 19, 7a, 15., 12/4.
func houseEnd(s string, i int) int {
	k := skip(s, i, ", ", " ")
	e := k
	for e < len(s) && isDigit(s[e]) {
		e++
	}
	if k == i || e == k || e-k > 4 {
		return i
	}
	if e < len(s) && isLetter(s[e]) && (e+1 >= len(s) || !isWord(s[e+1])) {
		e++
	}
	if e+1 < len(s) && (s[e] == '/' || s[e] == '-') && isDigit(s[e+1]) {
		for e++; e < len(s) && isDigit(s[e]); e++ {
		}
	}
	if e < len(s) && (isWord(s[e]) || s[e] == '*') {
		return i
	}
	return e
}

// numberBefore goes back over one or two numbers before a road at i.
func numberBefore(s string, i int) int {
	start := i
	for range 2 {
		k := start
		if k < 2 || s[k-1] != ' ' && s[k-1] != ',' {
			break
		}
		k--
		if k > 0 && s[k-1] == ',' {
			k--
		}
		d := k
		for d > 0 && k-d < 6 && isDigit(s[d-1]) {
			d--
		}
		if d == k || d > 0 && (isWord(s[d-1]) || strings.IndexByte(".$#*-:/", s[d-1]) >= 0) {
			break
		}
		start = d
	}
	return start
}

// addressBefore goes back from a flat or box at i over the road before it, to the
// number that it begins with.
func (c *scanner) addressBefore(i int) int {
	s := c.s
	best, k := i, i
	for n := 0; n < 7 && k > 1 && i-k < 60; n++ {
		if s[k-1] != ' ' {
			break
		}
		k--
		if k > 0 && s[k-1] == ',' {
			k--
		}
		e := k
		for k > 0 && s[k-1] > ' ' && strings.IndexByte("\"<>:;?!|()*,", s[k-1]) < 0 && e-k < 24 {
			k--
		}
		if k == e || k > 0 && s[k-1] == '*' {
			break
		}
		w := s[k:e]
		switch r := firstRune(w); {
		case isDigit(w[0]):
			if len(w) > 6 {
				return best
			}
			best = k
		case unicode.IsUpper(r) && !isPlainLatin(w) || isParticle(w) || roadish(w):
		default:
			return best
		}
	}
	return best
}
