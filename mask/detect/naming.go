package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names in texts of Latin letters: what introduces one, and what looks like one by
// its words.

// maxLatin is how long, in bytes, a word of a name or road is at most: of a longer one
// each part would be read to its end.
const maxLatin = 128

// latinEnd returns the end of the word of Latin letters at i, with accents and
// with ' and - within.
func latinEnd(s string, i int) int {
	s = s[:min(len(s), i+maxLatin)]
	for i < len(s) {
		if isLetter(s[i]) {
			i++
			continue
		}
		if s[i] < 0x80 {
			if (s[i] == '\'' || s[i] == '-') && i+1 < len(s) && isLetter(s[i+1]) && !possessive(s, i) {
				i++
				continue
			}
			return i
		}
		r, w := utf8.DecodeRuneInString(s[i:])
		if r == '’' && i+w < len(s) && isLetter(s[i+w]) && !possessive(s, i+w-1) {
			i += w
			continue
		}
		if r >= 0x250 || !unicode.IsLetter(r) {
			return i
		}
		i += w
	}
	return i
}

// possessive tells whether 's ends a word at i, where the ' stands.
func possessive(s string, i int) bool {
	return s[i] != '-' && i+1 < len(s) && (s[i+1] == 's' || s[i+1] == 'm' || s[i+1] == 'd') && (i+2 >= len(s) || !isLetter(s[i+2]))
}

// namedAt looks for a name behind words that introduce one. Low is the word
// i..end in lower case.
func (c *scanner) namedAt(low string, i, end int) (Span, bool) {
	s := c.s
	at := 0
	switch low {
	case "name", "first_name", "last_name", "full_name", "firstname", "lastname", "fullname", "user_name", "surname", "given_name", "family_name", "customer_name", "contact_name", "recipient_name",
		"receiver_name", "guest_name", "passenger_name", "shop_owner", "reviewer":
		quoted := false
		if at, quoted = afterKey(s, end); at > 0 {
			if quoted && low == "name" {
				return Span{}, false // of a thing as well
			}
			return c.capitalised(at, 1, true)
		}
		if k := skip(s, end, " is ", " was "); low == "name" && k > end && endsIn(s[:i], "her ", "his ", "their ", "maiden ", "last ", "first ", "full ", "middle ", "real ", "'s ") {
			return c.capitalised(k, 1, true)
		}
		if low == "name" && foldPrefix(s[end:], " is ") && i >= 3 && foldPrefix(s[i-3:], "my ") {
			return c.nameOrLower(end + len(" is "))
		}
		if low == "name" && foldPrefix(s[end:], "'s ") && i >= 3 && foldPrefix(s[i-3:], "my ") {
			return c.nameOrLower(end + len("'s "))
		}
	case "user", "customer", "agent", "passenger", "guest", "cardholder", "recipient", "consignee", "contact", "attn", "attention", "from", "to", "cc", "signed", "client", "patient", "author", "by", "directed":
		k := end
		if is := skip(s, end, " is "); is > end {
			return c.capitalised(is, 2, true)
		}
		if foldPrefix(s[k:], " by") {
			k += 3
		}
		for k < len(s) && (s[k] == ':' || s[k] == ' ') && k-end < 8 {
			if s[k] == ':' {
				at = k
			}
			k++
		}
		if at > 0 && k > at {
			f, ok := c.person(k, true)
			if !ok && ofPeople(low) { // two words and a break
				if f, ok = c.capitalised(k, 2, true); ok {
					ok = f.End == len(s) || strings.IndexByte(",;\n|)", s[f.End]) >= 0
				}
			}
			return f, ok
		}
	case "thanks", "thank", "regards", "sincerely", "cheers", "best", "hello", "hi", "hey", "dear", "morning", "afternoon", "evening", "problem", "welcome", "sorry", "yours", "goodbye", "bye", "okay", "ok", "sure", "yes", "no":
		k := end
		for _, w := range [...]string{" you so much", " you very much", " you", " regards", " truly", " faithfully", " sincerely", " there"} {
			if foldPrefix(s[k:], w) {
				k += len(w)
				break
			}
		}
		if k < len(s) && s[k] == ',' {
			k++
		} else if alone := k < len(s) && s[k] == '\n' && (low != "best" || k > end); alone && (low == "thanks" || low == "thank" || low == "best" || low == "regards" || low == "sincerely" || low == "cheers") {
			for k < len(s) && s[k] == '\n' && k-end < 24 {
				k++
			}
			f, ok := c.addressed(k) // a line of nothing else
			return f, ok && (f.End == len(s) || s[f.End] == '\n')
		} else if low != "dear" && low != "hello" && low != "hi" && low != "hey" {
			return Span{}, false
		}
		for k < len(s) && (s[k] == ' ' || s[k] == '\n') && k-end < 24 {
			k++
		}
		if k == end {
			return Span{}, false
		}
		return c.addressed(k)
	case "mr", "mrs", "ms", "miss", "dr", "prof", "mister", "professor", "captain", "sir", "herr", "herrn", "frau", "monsieur", "mme", "mlle", "mevrouw", "meneer":
		k := skip(s, end, ".")
		if k+1 < len(s) && s[k] == ' ' {
			return c.capitalised(titleEnd(s, k+1), 1, true)
		}
	case "sr", "sra", "srta", "sig", "madame": // and Senior, and a museum
		if k := skip(s, end, "."); k+1 < len(s) && s[k] == ' ' {
			if endsIn(s[:i], "estimado ", "estimada ", "querido ", "querida ", "egregio ", "gentile ", "prezado ", "prezada ") {
				return c.capitalised(k+1, 1, true)
			}
			return c.person(k+1, false)
		}
	case "appelle", "llamo", "chiamo", "chamo", "nombre", "nome", "nom", "hei":
		return c.namedAbroad(low, i, end)
	case "i", "this", "it", "called", "named", "speak", "speaking", "talk", "ask", "call", "spouse", "husband", "wife", "son", "daughter", "colleague", "friend", "boss", "manager", "guardian":
		k := end
		for _, w := range [...]string{" am ", "'m ", "’m ", " is ", "'s ", " to ", " with ", " for ", " me ", ", ", " "} {
			if foldPrefix(s[k:], w) {
				k += len(w)
				break
			}
		}
		if k > end {
			return c.person(k, false)
		}
	}
	return Span{}, false
}

// namedAbroad reads a name behind what people of other languages say before theirs:
// je m'appelle, me llamo, mi chiamo, ich heiße, mi nombre es.
func (c *scanner) namedAbroad(low string, i, end int) (Span, bool) {
	s := c.s
	k := end
	switch low {
	case "appelle":
		if i < 2 || s[i-1] != '\'' && !strings.HasSuffix(s[:i], "’") {
			return Span{}, false
		}
		k = skip(s, end, " ")
	case "llamo", "chiamo", "chamo":
		if !endsIn(s[:i], "me ", "mi ") {
			return Span{}, false
		}
		k = skip(s, end, " ")
	case "nombre", "nome", "nom":
		if !endsIn(s[:i], "mi ", "mio ", "meu ", "mon ") {
			return Span{}, false
		}
		k = skip(s, end, " es ", " è ", " é ", " est ")
	case "hei":
		k = skip(s, end, "ße ")
	}
	if k == end {
		return Span{}, false
	}
	return c.capitalised(k, 1, true)
}

// ofPeople tells whether the word says of nobody but people who they are.
func ofPeople(low string) bool {
	switch low {
	case "passenger", "guest", "cardholder", "recipient", "consignee", "attn", "attention", "patient":
		return true
	}
	return false
}

// afterKey returns where the value begins behind a member's name that ends at i,
// and whether the name is in quotes: name: X, first_name=X, "last_name": "X".
func afterKey(s string, i int) (at int, quoted bool) {
	k := i
	for k < len(s) && (s[k] == '"' || s[k] == '\'' || s[k] == '\\') && k-i < 3 {
		k++
		quoted = true
	}
	sign := k
	for k < len(s) && (s[k] == ':' || s[k] == '=' || s[k] == ' ') && k-sign < 10 {
		k++
	}
	if k == sign || !strings.ContainsAny(s[sign:k], ":=") {
		return 0, quoted
	}
	for k < len(s) && (s[k] == '"' || s[k] == '\'' || s[k] == '\\') && k-sign < 14 {
		k++
	}
	return k, quoted
}

// titleEnd goes on over a title at i: Dear Mr. Smith.
func titleEnd(s string, i int) int {
	for _, w := range [...]string{"Mrs", "Mr", "Ms", "Miss", "Dr", "Prof"} {
		if strings.HasPrefix(s[i:], w) {
			if k := skip(s, i+len(w), "."); k < len(s) && s[k] == ' ' {
				return k + 1
			}
		}
	}
	return i
}

// addressed reads a name at i that somebody is spoken to by: one or more words
// that begin with capitals, then a break.
func (c *scanner) addressed(i int) (Span, bool) {
	i = titleEnd(c.s, i)
	f, ok := c.capitalised(i, 1, true)
	if !ok || f.Start != i {
		return Span{}, false
	}
	s := c.s
	if f.End < len(s) && strings.IndexByte(".,!?\n:;-\"\\)", s[f.End]) < 0 && !c.givenAt(i) {
		return Span{}, false
	}
	return f, true
}

// person reads a name at i behind a word that may introduce other things as well:
// its first word is a known name, or it has two words and stands alone.
func (c *scanner) person(i int, alone bool) (Span, bool) {
	i = titleEnd(c.s, i)
	f, ok := c.capitalised(i, 1, true)
	if !ok || f.Start != i {
		return Span{}, false
	}
	s := c.s
	first := s[i:latinEnd(s, i)]
	if c.lex.first[first] || c.lex.last[first] {
		return f, true
	}
	last := s[i:f.End]
	if k := strings.LastIndexByte(last, ' '); k >= 0 {
		if c.lex.last[last[k+1:]] {
			return f, true
		}
		if alone && f.End == len(s) {
			return f, true
		}
	}
	return Span{}, false
}

func (c *scanner) givenAt(i int) bool { return c.lex.first[c.s[i:latinEnd(c.s, i)]] }

// nameOrLower reads a name behind "my name is", in small letters too.
func (c *scanner) nameOrLower(i int) (Span, bool) {
	if f, ok := c.capitalised(i, 1, true); ok {
		return f, true
	}
	s := c.s
	end, k := i, i
	for n := 0; n < 3; n++ {
		e := latinEnd(s, k)
		if e-k < 2 || strings.Contains(notLower, " "+s[k:e]+" ") || e < len(s) && (isDigit(s[e]) || s[e] == '@' || s[e] == '_' || s[e] == '*') {
			break
		}
		end = e
		if e+1 >= len(s) || s[e] != ' ' {
			break
		}
		k = e + 1
	}
	if end == i {
		return Span{}, false
	}
	return Span{Start: i, End: end, Class: Name, Sure: true}, true
}

// notLower are words that are no name behind "my name is".
const notLower = ` not and but i my the a an on in at from with is was are im you your can could would please so or for to of this that it as spelled spelt misspelled wrong missing incorrect important listed already also still now just here there below above changed different registered under of and, `

// knownName looks for a name that nothing introduces at the capitalised word at i: a
// given name with a word behind it, a surname or an initial with a word before it, or
// a given name alone that is no other word, in a sentence.
func (c *scanner) knownName(i int) (Span, bool) {
	s := c.s
	if i > 0 && (strings.IndexByte("/.-@#_$", s[i-1]) >= 0 || s[i-1] == '\'' && i > 1 && isLetter(s[i-2])) {
		return Span{}, false
	}
	end := latinEnd(s, i)
	word := s[i:end]
	if c.lex.first[word] {
		if i >= 6 && s[i-6:i] == "Saint " { // an island, a church
			return Span{}, false
		}
		if f, ok := c.capitalised(i, 2, false); ok && !roman(s[end:f.End]) {
			return f, true
		}
		if !c.lex.only[word] || !c.inSentence(i, end) || i >= 4 && s[i-4:i] == "St. " {
			return Span{}, false
		}
		return Span{Start: i, End: end, Class: Name}, true
	}
	initial := len(word) == 1 && end < len(s) && s[end] == '.'
	if !initial && !c.lex.patronym(word) && (!c.lex.last[word] || strings.Contains(latinLastWords, " "+word+" ")) {
		return Span{}, false
	}
	if initial && endsIn(s[:i], "by ", "from ", "with ", "c/o ", "and ", "for ", "to ", "cc ") { // K. Adeyemi
		if f, ok := c.capitalised(i, 2, true); ok && f.End-i >= 6 {
			return f, true
		}
	}
	start := c.wordBefore(i)
	if start < i && i-start == 2 && !initial { // Maja S Hermansen
		start = c.wordBefore(start)
	}
	if start == i || i-start < 3 {
		return Span{}, false
	}
	if f, ok := c.capitalised(start, 2, false); ok && f.End >= end+4 || ok && !initial && f.End >= end { // Brand A. I do …
		return f, true
	}
	return Span{}, false
}

// roman tells whether what follows a given name is the number of a model: Mark II.
func roman(rest string) bool {
	switch rest {
	case " II", " III", " IV", " VII", " VIII", " IX":
		return true
	}
	return false
}

// endsIn tells whether s ends in one of words, which are in lower case.
func endsIn(s string, words ...string) bool {
	for _, w := range words {
		if k := len(s) - len(w); k >= 0 && foldPrefix(s[k:], w) && (k == 0 || !isLetter(s[k-1]) || w[0] == '\'') {
			return true
		}
	}
	return false
}

// wordBefore returns the beginning of the capitalised word before the one at i, a
// blank between them, or i.
func (c *scanner) wordBefore(i int) int {
	s := c.s
	if i < 2 || s[i-1] != ' ' || c.taken(i-2) {
		return i
	}
	k := i - 1
	for k > 0 && i-k < 24 {
		if isLetter(s[k-1]) || s[k-1] == '-' {
			k--
			continue
		}
		r, w := runeBefore(s, k)
		if r < 0xC0 || r >= 0x250 || !unicode.IsLetter(r) {
			break
		}
		k -= w
	}
	if k == i-1 || !unicode.IsUpper(firstRune(s[k:])) || isPlainLatin(s[k:i-1]) || k > 0 && (isDigit(s[k-1]) || strings.IndexByte("_/@#.'", s[k-1]) >= 0) || len(c.out) > c.first && c.out[len(c.out)-1].End > k {
		return i
	}
	return k
}

// beginners are capitalised words that may stand before a name without being a part
// of it.
const beginners = " With By And But For To From Is Was Did Does Has Have When If Can Will Please Because So While Ask Tell Thanks Dear Hi Hello Hey Unlike Like Then Yes No Sorry Why How What Where After Before Since Although As "

// inSentence tells whether words in small letters stand beside i..end, so that it
// is no part of a title or of a product's name.
func (c *scanner) inSentence(i, end int) bool {
	s := c.s
	if end < len(s) && (isWord(s[end]) || s[end] == '@' || s[end] == '*' || s[end] == '&' || s[end] == '.' && end+1 < len(s) && isLetter(s[end+1])) {
		return false
	}
	near := false
	k := end
	for k < len(s) && (s[k] == ' ' || s[k] == ',' || s[k] == '"' || s[k] == ':' || s[k] == '\'') && k-end < 3 {
		k++
	}
	if k > end && k < len(s) && isLetter(s[k]) {
		if isUpper(s[k]) && s[end] == ' ' {
			return false
		}
		near = true
	}
	k = i
	for k > 0 && (s[k-1] == ' ' || s[k-1] == ',' || s[k-1] == '"' || s[k-1] == '(') && i-k < 3 {
		k--
	}
	if k < i && k > 0 && isLetter(s[k-1]) {
		from := k
		for from > 0 && isLetter(s[from-1]) {
			from--
		}
		if isUpper(s[from]) && s[i-1] == ' ' && k == i-1 && !strings.Contains(beginners, " "+s[from:k]+" ") {
			return false
		}
		near = true
	}
	return near
}

// patronym tells whether w ends as surnames of some language do and other words
// hardly ever.
func (l *lexicon) patronym(w string) bool {
	if len(w) < 6 {
		return false
	}
	if n := len(w); w[n-1] >= 0x80 || l.sons.has(w[n-3], w[n-2], w[n-1]) {
		for _, tail := range l.patronyms {
			if strings.HasSuffix(w, tail) {
				return !strings.HasSuffix(w, "person") && w != "Comparison" && w != "Season" && w != "Edison" && w != "Venison"
			}
		}
	}
	return strings.HasPrefix(w, "Mc") && isUpper(w[2]) || strings.HasPrefix(w, "O'") || strings.HasPrefix(w, "O’")
}

// ticketName looks for a name as tickets have it: ZHANG/WEIDONG, of a surname in
// pinyin.
func (c *scanner) ticketName(i, end int) (Span, bool) {
	s := c.s
	if end >= len(s) || s[end] != '/' || i > 0 && (isWord(s[i-1]) || s[i-1] == '/') || !strings.Contains(pinyin, " "+s[i:end]+" ") {
		return Span{}, false
	}
	e := end + 1
	for e < len(s) && isUpper(s[e]) {
		e++
	}
	if e-end < 3 || e < len(s) && (isWord(s[e]) || s[e] == '/') {
		return Span{}, false
	}
	return Span{Start: i, End: e, Class: Name, Sure: true}, true
}

// pinyin are the common surnames of Chinese in capitals.
const pinyin = ` LI WANG ZHANG LIU CHEN YANG ZHAO HUANG ZHOU WU XU SUN HU ZHU GAO LIN HE GUO MA LUO LIANG SONG ZHENG XIE HAN TANG FENG DONG XIAO CHENG CAO YUAN DENG FU SHEN ZENG PENG LV LYU SU LU JIANG CAI JIA DING WEI XUE YE YAN YU PAN DU DAI XIA ZHONG TIAN REN FAN FANG SHI YAO TAN LIAO ZOU XIONG JIN HAO KONG BAI CUI KANG MAO QIU QIN GU HOU SHAO MENG LONG WAN DUAN QIAN YIN YI CHANG QIAO LAI GONG WEN PANG LAN OUYANG SIMA CHIU CHAN WONG LEE LAU CHEUNG LAM NG CHEUK HSU TSAI `
