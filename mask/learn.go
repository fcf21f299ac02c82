package mask

import (
	"strings"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// distinctive is from which weight on a given name of two characters is masked
// without its surname: 梦琪 is, 建国 is not.
const distinctive = 55

// learner puts the forms of one value into k, whose lock is held.
type learner struct {
	k     *Known
	class uint8
	f     folded
}

func (l *learner) add(text string, flags uint8) {
	if l.f.read(text, 0, maxFolded); l.f.n < 2 || !l.f.whole {
		return
	}
	same := true
	for _, r := range l.f.runes[1:l.f.n] {
		same = same && r == l.f.runes[0]
	}
	if !same {
		l.k.put(l.k.pair(l.f.runes[0], l.f.runes[1]), l.f.n, l.f.first(l.f.n), form{l.class, flags})
	}
}

// value learns v, which is of class c.
func (l *learner) value(c Class, v string) {
	v = strings.TrimSpace(v)
	if strings.IndexByte(v, '*') >= 0 || !utf8.ValidString(v) {
		return
	}
	switch c {
	case Name:
		for _, part := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune("/&;；、|", r) }) {
			for _, one := range namesIn(strings.TrimSpace(part)) {
				l.name(one)
			}
		}
	case Address:
		l.address(v)
	case Phone, Landline, IntlPhone:
		for _, part := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune("/,;；，、|", r) }) {
			l.phone(strings.TrimSpace(part))
		}
	default:
		l.code(c, v)
	}
}

// namesIn returns the names that stand beside one another in v, when all are in
// Chinese and of more than one character: 张三 李四, but not 张 三.
func namesIn(v string) []string {
	parts := strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" 　-－_", r) })
	for _, p := range parts {
		if first, w := utf8.DecodeRuneInString(p); first < 0x2E80 || w == len(p) {
			return []string{v}
		}
	}
	return parts
}

// phone learns a number with and without what is before it: country, area.
func (l *learner) phone(v string) {
	var whole number
	if !whole.read(v) || whole.n < 7 {
		return
	}
	d := whole.digits()
	abroad := strings.HasPrefix(v, "+") || strings.HasPrefix(v, "00")
	if abroad {
		d = strings.TrimPrefix(d, "00")
	}
	l.add(d, 0)
	for _, prefix := range [...]string{"0086", "86", "0"} {
		if rest, ok := strings.CutPrefix(d, prefix); ok && detect.IsMobile(rest) {
			d = rest
			break
		}
	}
	if detect.IsMobile(d) {
		l.add(d, 0)
		l.add("86"+d, 0)
		return
	}
	if rest, ok := strings.CutPrefix(d, "86"); ok && abroad {
		d, abroad = "0"+rest, false
		l.add(d, 0)
	}
	if area := landlineArea(d); area > 0 && !abroad {
		l.add(d[area:], 0)
		l.add("86"+d[1:], 0)
	}
	for code := 1; code <= 3 && abroad && len(d)-code >= 8; code++ {
		l.add(d[code:], 0)
		l.add("0"+d[code:], 0)
	}
}

// landlineArea returns the length of the area code that d begins with, or 0.
func landlineArea(d string) int {
	if len(d) < 10 || len(d) > 12 || d[0] != '0' || d[1] == '0' {
		return 0
	}
	area := 4
	if d[1] == '1' || d[1] == '2' {
		area = 3
	}
	if n := len(d) - area; n != 7 && n != 8 {
		return 0
	}
	return area
}

// code learns the number of a paper, an account or a secret that is long enough
// to stand for nothing else.
func (l *learner) code(c Class, v string) {
	l.f.read(v, 0, maxFolded)
	digits, letters, marks := 0, 0, 0
	for _, kind := range l.f.kinds[:l.f.n] {
		switch kind {
		case isDigit:
			digits++
		case isLetter:
			letters++
		case isMark:
			marks++
		}
	}
	n, ok := l.f.n, false
	switch c {
	case Email:
		ok = marks == 1 && n >= 6
	case WeChat:
		ok = marks == 0 && n >= 6 && (digits > 0 || n >= 8) && !ordinary(strings.ToLower(v))
	case QQ:
		ok = digits == n && n >= 6
	case Plate:
		ok = n >= 7 && digits >= 2
	case Secret:
		ok = n >= 8 && (digits > 0 && letters > 0 || n >= 12)
	case BankCard:
		ok = digits >= 12
	default:
		ok = digits >= 5 && n >= 7
	}
	if ok {
		l.add(v, 0)
	}
}

func (l *learner) name(v string) {
	if i := strings.IndexAny(v, "(（【["); i > 0 {
		v = strings.TrimSpace(v[:i])
	}
	if i := strings.IndexAny(v, "0123456789"); i > 1 && v[i-1] == ' ' { // 张三丰 138…
		v = strings.TrimSpace(v[:i])
	}
	if n := len(v) - 6; n > 3 && detect.TitleAt(v, n) > 0 {
		v = strings.TrimSpace(v[:n])
	}
	if l.f.read(v, 0, maxFolded); l.f.n < 2 || !l.f.whole || l.f.n > 32 {
		return
	}
	n, han := l.f.n, 0
	for _, kind := range l.f.kinds[:n] {
		switch kind {
		case isHan:
			han++
		case isLetter:
		default:
			return
		}
	}
	switch {
	case han == n:
		l.hanName(v, append([]rune(nil), l.f.runes[:n]...))
	case han == 0:
		l.latinName(v)
	case n >= 3: // Amy陈
		l.add(v, 0)
	}
}

// hanName learns a name in Chinese, whose characters are r. One of more than four
// characters is hardly a person's, nor is one that ends as shops do.
func (l *learner) hanName(v string, r []rune) {
	n, family := len(r), detect.Surname(r)
	if strings.ContainsAny(v, "·•・") {
		if n >= 3 {
			l.add(v, 0)
		}
		if first := string(r[:utf8.RuneCountInString(v[:strings.IndexAny(v, "·•・")])]); len(first) >= 9 {
			l.add(first, 0)
		}
		return
	}
	if r[0] < 0x4E00 || r[0] > 0x9FFF { // another script, or a rare character
		if n >= 3 {
			l.add(v, 0)
		} else {
			l.add(v, onlyWhole)
		}
		return
	}
	if n > 4 || n == 4 && family < 2 {
		if n <= 8 && detect.ForeignName(r) {
			l.add(v, 0)
		}
		return
	}
	word := detect.IsWord(r...)
	switch {
	case n >= 3 && strings.ContainsRune("店馆厂坊司铺站部社", r[n-1]), detect.NoName(string(r)):
		return
	case word || family == 0:
		l.add(v, onlyWhole)
		return
	case n == 2:
		l.add(v, isShort)
	default:
		l.add(v, 0)
	}
	if given := r[family:]; len(given) == 2 {
		flags := uint8(onlyTitle | isPart)
		if !detect.IsWord(given...) && detect.GivenWeight(given[0], given[1]) >= distinctive {
			flags = isShort | isPart
		}
		l.add(string(given), flags)
	}
	l.surname(r[:family])
}

// surname learns that a title may stand behind one: 张先生.
func (l *learner) surname(r []rune) {
	if len(r) > 1 {
		l.add(string(r), onlyTitle)
		return
	}
	for _, title := range detect.Titles() {
		first, _, _ := fold(title, 0)
		l.k.put(l.k.pair(r[0], first), 1, []byte(string(r)), form{l.class, onlyTitle})
	}
}

// latinName learns a name in letters, in both orders, and its words where they
// are no ordinary ones.
func (l *learner) latinName(v string) {
	words := strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == ',' || r == '.' || r == '_' || r == '\u00a0' || r == '·' })
	for len(words) > 1 && ordinaryTitle(words[0]) {
		words = words[1:]
	}
	for len(words) > 1 && ordinaryTitle(words[len(words)-1]) { // SMITH/JOHN MR
		words = words[:len(words)-1]
	}
	for _, w := range words {
		if noPerson(strings.ToLower(w)) {
			return
		}
	}
	n := len(words)
	switch {
	case n == 0 || n > 5:
		return
	case n == 1 && isUpper(words[0][0]) && !detect.FirstName(words[0]): // Samsung too may stand in a name
		l.word(words[0], onlyUpper)
		return
	case n == 1:
		l.word(words[0], 0)
		return
	}
	if joined := strings.Join(words, " "); len(joined) >= 6 {
		l.add(joined, 0)
		l.add(words[n-1]+" "+strings.Join(words[:n-1], " "), isPart)
		if n > 2 {
			l.add(words[0]+" "+words[n-1], 0)
			l.add(words[n-1]+" "+words[0], isPart)
		}
	}
	l.word(words[0], 0)
	for _, w := range words[1:] {
		l.word(w, isPart)
	}
}

// word learns one word of a name; a short one only as it is written with a
// capital, one that is also another word only behind a title.
func (l *learner) word(w string, flags uint8) {
	n := utf8.RuneCountInString(w)
	if n < 3 {
		return
	}
	if ordinary(strings.ToLower(w)) {
		flags |= onlyTitle
	}
	if n == 3 {
		flags |= onlyUpper
	}
	l.add(w, flags)
}

// address learns what is finer than a district: from the district on, from each
// road or building on, and each road with its number.
func (l *learner) address(v string) {
	if first, _ := utf8.DecodeRuneInString(v); first < 0x2E80 {
		l.latinAddress(v)
		return
	}
	var room [4]int
	begins := append(room[:0], 0)
	begins = detect.Divisions(begins, v)
	rest := begins[len(begins)-1]
	if rest >= len(v) || !l.fine(v[rest:], 1) {
		return
	}
	for _, at := range begins {
		l.addOpen(v[at:])
	}
	for at, k := rest, 0; at < len(v) && k < 8; k++ {
		end, number := detect.PartEnd(v, at)
		if end <= at {
			end, number = len(v), true // what is left: 3-2-1201
		}
		least := 1
		if number {
			least = 4
		}
		if k > 0 && (!number || end < len(v)) && l.fine(v[at:], least) { // 2幢301室, not 301室
			l.addOpen(v[at:])
		}
		if !number { // with the number behind it
			if next := skipLight(v, end); next < len(v) {
				if stop, is := detect.PartEnd(v, next); is && l.fine(v[at:stop], 1) {
					l.addOpen(v[at:stop])
				}
			}
		}
		at = skipLight(v, end)
	}
}

// addOpen learns an address as it is, and without what ends its last number.
func (l *learner) addOpen(v string) {
	l.add(v, 0)
	for _, unit := range roomUnits {
		if rest, ok := strings.CutSuffix(v, unit); ok && l.fine(rest, 1) {
			l.add(rest, 0)
			return
		}
	}
}

// roomUnits may be left out behind a number.
var roomUnits = [...]string{"室", "号", "號", "户", "房"}

// fine tells whether v is enough of an address: five characters with as many
// digits as least, or six.
func (l *learner) fine(v string, least int) bool {
	l.f.read(v, 0, maxFolded)
	digits := 0
	for i, kind := range l.f.kinds[:l.f.n] {
		if kind == isDigit || strings.ContainsRune("一二三四五六七八九十", l.f.runes[i]) {
			digits++
		}
	}
	return l.f.n >= 5 && digits >= least || least == 1 && l.f.n >= 6
}

// latinAddress learns 12 Main Street, Apt 4, Springfield and 12 Main Street.
func (l *learner) latinAddress(v string) {
	l.f.read(v, 0, maxFolded)
	digits, letters := 0, 0
	for _, kind := range l.f.kinds[:l.f.n] {
		switch kind {
		case isDigit:
			digits++
		case isLetter:
			letters++
		}
	}
	if digits == 0 || letters < 4 || l.f.n < 8 {
		return
	}
	l.add(v, 0)
	if road, _, ok := strings.Cut(v, ","); ok && len(road) >= 8 && road[0] >= '0' && road[0] <= '9' && strings.Contains(road, " ") {
		l.add(road, 0)
	}
}

// skipLight goes on from i over what is dropped from all values, as far as it may
// be long.
func skipLight(s string, i int) int {
	for n := 0; i < len(s) && n < maxGap; n++ {
		_, w, kind := fold(s, i)
		if kind != isLight {
			break
		}
		i += w
	}
	return i
}

// onlyLight tells whether s is short and holds no letter and no digit.
func onlyLight(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); {
		_, w, kind := fold(s, i)
		if kind >= isMark {
			return false
		}
		i += w
	}
	return true
}

// foldBefore reads the character that ends at i.
func foldBefore(s string, i int) (rune, uint8) {
	_, w := utf8.DecodeLastRuneInString(s[:i])
	r, _, kind := fold(s, i-w)
	return r, kind
}

// inDomain tells whether the word at i is part of an e-mail address' domain.
func inDomain(s string, i int) bool {
	for k := i; k > 0 && i-k < 64; k-- {
		switch c := s[k-1]; {
		case c == '@':
			return k > 1 && (s[k-2] == '*' || s[k-2] < utf8.RuneSelf && foldKinds[s[k-2]] >= isLight)
		case c >= utf8.RuneSelf || c != '.' && c != '-' && foldKinds[c] < isLetter:
			return false
		}
	}
	return false
}

// titledBefore tells whether a title or an address stands before the word at i.
func titledBefore(s string, i int) bool {
	head := strings.TrimRight(strings.TrimSuffix(s[:i], " "), ".")
	from := strings.LastIndexAny(head[max(0, len(head)-8):], " ,.;:!?\"'(\n\t") + 1
	w := head[max(0, len(head)-8)+from:]
	return i > len(head) && (ordinaryTitle(w) || strings.EqualFold(w, "dear"))
}

func ordinaryTitle(w string) bool {
	switch strings.ToLower(w) {
	case "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam":
		return true
	}
	return false
}

func hasWord(list, w string) bool {
	for i := 0; ; {
		k := strings.Index(list[i:], w)
		if k < 0 || w == "" {
			return false
		}
		i += k
		if (i == 0 || list[i-1] <= ' ') && (i+len(w) == len(list) || list[i+len(w)] <= ' ') {
			return true
		}
		i++
	}
}

// ordinary tells whether a word of a name is also another word of English, so
// that it says nothing without the rest of the name.
func ordinary(w string) bool { return hasWord(ordinaryWords, w) || noPerson(w) }

// noPerson tells whether what has w for a name is no person.
func noPerson(w string) bool { return hasWord(noPersons, w) }

const noPersons = `hotel hostel motel inn resort shop store mall market company corp corporation inc ltd llc gmbh limited group bank university school college hospital
restaurant cafe bar service services support team admin administrator system user guest test tester demo unknown anonymous customer none null undefined default vip staff
agent seller buyer merchant office department center centre room suite standard deluxe double single product item order email phone address account member`

const ordinaryWords = `the and for are but not you all any can had her was one our out day get has him his how man new now old see two way who boy did its let put say she too use
will mark may june april august summer winter spring autumn dawn joy faith grace hope charity iris lily daisy violet ivy olive ginger amber ruby pearl jade crystal rose rosemary
king queen prince duke earl knight bishop pope page love long rich bill chase price young green brown white black gray grey gold golden silver stone wood woods field fields banks
west north south east best good wise sharp small little short strong power powers bush lane street ford baker cook carpenter mason miller hunter fisher carter porter butler
dean grant lance art gene guy jack josh pat ray rob rod sue wade miles norm drew chip cash case chance christian major angel star sky rain storm river brook brooks dale glen heath
cliff reed rush holiday english french german church temple bell ball cross coin rice berry bean bacon fish wolf fox bird lamb swan drake crane finch robin may max van don ben
paris london china india jordan georgia chelsea charlotte austin dallas houston madison victoria israel florence milan sydney carolina virginia brooklyn
blue red pink orange purple cotton shirt shoes large medium big free sale home house garden water fire light bright dark early late first last next same other every each
good great nice fine happy sunny lucky smart quick fast slow hot cold warm cool open close closed start end begin stop left right high low top bottom front back side
here there where when what which while with from into over under after before again still also just only very much many more most some such than then them they this that these those
please thanks thank hello dear sorry yes call come work make made take give need want like look find keep help send sent ship paid pay cost sell sold buy refund return cancel change
status active pending normal name number date time year month week today tomorrow yesterday morning night city town state country world people person family friend child
sun moon earth sea lake hill park tower bridge gate gates hall rivers waters hands head heart hand foot park parks rock rocks marsh moss ash cherry peach plum hazel heather holly
singer weaver potter archer cooper sawyer tanner tucker turner walker wright smart noble loyal royal frank ernest earnest basil sage penny buck sterling stack stock cord read`
