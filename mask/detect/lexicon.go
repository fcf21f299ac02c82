package detect

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed lexicon.txt
var lexiconText string

// Chinese characters that the tables know: the block of unified ideographs.
const (
	hanFirst = 0x4E00
	hanLast  = 0x9FFF
)

// lexicon is what is known of Chinese words. It is built once and not changed.
type lexicon struct {
	chars      []char   // by character
	second     int      // the most that a second character adds to a given name
	words      wordSet  // that are no names
	plainly    smallSet // that are hardly ever a name
	notNames   smallSet // that stand after 姓名： and are no name
	notGiven   smallSet // that are no given name
	speech     smallSet // that follow a name
	tibetan    smallSet // two of them are a name
	whole      smallSet // names that stand as they are
	places     placeTable
	pairs      pairSet           // that begin a place
	parts      [][]part          // by what partFirst says
	part1st    []uint8           // by character: which of parts it begins
	double     map[uint64]bool   // surnames of two characters
	plain      []uint16          // by character: its simplified form, or 0
	first      map[string]bool   // given names of English
	last       map[string]bool   // surnames of English
	only       map[string]bool   // those of first that are nothing else
	cues       [5]map[uint64]int // words before a name, by length
	titles     map[uint64]bool
	heads      wordFilter // words of ASCII that matter, without regard to case
	called     wordFilter // words of names, which begin with a capital
	ends       tailSet    // the last three letters of surnames and roads
	tails      tailSet    // the last three letters of names of secrets
	headShapes shapeSet   // of heads
	patronyms  []string   // endings of surnames
	sons       tailSet    // their last three letters
}

// char is what is known of a character: eight bytes, so that one look takes all.
type char struct {
	kind    uint32  // what it may begin or end, see below
	surname int8    // tenths of a nat for a surname; noSurname
	given   [3]int8 // for one of a given name: first of two, second of two, only one
}

const noSurname = -128

// placeTable has places by their first two characters, longer ones first: a table
// with open addressing.
type placeTable [1 << 13]placeBucket

type placeBucket struct {
	first  uint64
	places []place
}

func (t *placeTable) bucket(a, b rune) *placeBucket {
	k := key(a, b)
	i := int(k * 0x9E3779B97F4A7C15 >> 51)
	for t[i].first != 0 && t[i].first != k {
		i = (i + 1) & (len(t) - 1)
	}
	return &t[i]
}

// place is an administrative division; its level is 1 for a province, 2 for a
// city, 3 for a county.
type place struct {
	name  string
	level uint8
}

// Bits of char.kind.
const (
	startsName  = 1 << iota // a surname
	startsPlace             // a division
	endsPart                // ends a part of an address: 路 号 栋
	stops                   // stands in no name of a road or house: 的 了 是
	leads                   // ends what comes before an address, and an address that is complete
	foreign                 // used to write names of other languages
	plateFirst              // begins a plate
	doubleFirst             // begins a surname of two characters
	cueFirst                // begins a word after which a WeChat account or a secret stands
	cueEnds                 // ends a word that stands before a name
	titleFirst              // begins a title
	introduces              // a name of any make may stand right behind: 是 叫
	countable               // ends only what has a number: 号 栋 楼
	counts                  // is a number, or says which of several: 三 东
	follows                 // often follows a name
	numeral                 // a digit: 一 壹 幺
	speaks                  // begins a word after one who says something
)

var theLexicon = sync.OnceValue(func() *lexicon { return readLexicon(lexiconText) })

// key packs up to four characters.
func key(r ...rune) (k uint64) {
	for _, c := range r {
		k = k<<16 | uint64(uint16(c))
	}
	return k
}

func keyOf(s string) uint64 { return key([]rune(s)...) }

func (l *lexicon) at(r rune) uint32 {
	if r < hanFirst || r > hanLast {
		return 0
	}
	return l.chars[r-hanFirst].kind
}

// family returns the weight of r as a surname.
func (l *lexicon) family(r rune) int {
	if r < hanFirst || r > hanLast {
		return noSurname
	}
	return int(l.chars[r-hanFirst].surname)
}

// name returns the weight of r in a given name: at 0 or 1 of two, or 2 alone.
func (l *lexicon) name(r rune, at int) int {
	if r < hanFirst || r > hanLast {
		return -60
	}
	return int(l.chars[r-hanFirst].given[at])
}

func readLexicon(text string) *lexicon {
	const n = hanLast - hanFirst + 1
	l := &lexicon{chars: make([]char, n), plain: make([]uint16, n), first: map[string]bool{}, last: map[string]bool{}, only: map[string]bool{}, titles: map[uint64]bool{}}
	for i := range n {
		l.chars[i].surname = noSurname
	}
	section := ""
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			section = line
			continue
		}
		l.line(section, line)
	}
	l.marks()
	// Every traditional form weighs what its simplified one does.
	for from, to := range l.plain {
		if to == 0 {
			continue
		}
		to -= hanFirst
		if l.chars[from].surname == noSurname {
			l.chars[from].surname = l.chars[to].surname
			l.chars[from].kind |= l.chars[to].kind & startsName
		}
		if l.chars[from].given == [3]int8{} {
			l.chars[from].given = l.chars[to].given
		}
	}
	for i := range l.places {
		slices.SortFunc(l.places[i].places, func(a, b place) int { return len(b.name) - len(a.name) })
	}
	for _, s := range strings.Fields(nameTitles) {
		l.titles[keyOf(s)] = true
		l.mark(titleFirst, string(firstRune(s)))
	}
	l.endings()
	l.mark(counts, "一二三四五六七八九十百零〇两甲乙丙丁东西南北前后")
	l.mark(follows, nameRight)
	l.readCues()
	l.second = -40
	for i := range l.chars {
		l.second = max(l.second, int(l.chars[i].given[1]))
	}
	l.lists()
	return l
}

// marks says what single characters may begin or end.
func (l *lexicon) marks() {
	l.mark(endsPart, partEnds+"邸期大花家公国工小")
	l.mark(stops, "的了是我你您他她它们请吗呢吧啊呀哦嗯这那哪么怎谁")
	l.mark(leads, "在到寄送住往址于至从去改成换给把叫为写填麻放收签找联电和与或有没也就要不还已经能可以想谢来")
	l.mark(foreign, "阿艾爱巴贝比彼波伯布茨次措达丹道德登蒂丁顿多尔法菲芬夫弗福盖戈格根古哈海汉赫亨胡霍基吉加贾杰卡凯坎科克肯库拉莱兰朗勒雷里丽利莉列林琳龙卢鲁伦罗洛马玛曼梅门蒙米木穆纳娜南尼努诺帕潘佩皮普奇恰强乔切热仁日萨塞桑沙什史斯苏索塔泰坦特提图托娃瓦万旺维温沃乌西希夏肖谢辛牙亚扬耶伊依因英尤于约扎珍珠买吐逊孜孙江合衣再丽娅凡茹姑央卓平增旦晋美培楚才让色朋琼姆甫素吾韦奥埃鲍宾迪费冈柯劳麦莫默瑟廷泽詹兹佐威雅")
	l.mark(plateFirst, "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使")
	l.mark(cueFirst, "微薇威密口扣加企卫绿")
	l.mark(numeral, hanDigits)
	for i := range l.chars {
		if l.chars[i].kind&stops != 0 { // 是 is a surname too, and hardly ever one
			l.chars[i].kind &^= startsName
			l.chars[i].surname = noSurname
		}
	}
}

// endings reads the surnames of two characters and the endings of parts of addresses.
func (l *lexicon) endings() {
	l.double = map[uint64]bool{}
	for _, s := range strings.Fields(compound) {
		r := []rune(s)
		l.double[key(r...)] = true
		l.chars[r[0]-hanFirst].kind |= doubleFirst
	}
	l.parts, l.part1st = [][]part{nil}, make([]uint8, len(l.chars))
	for _, p := range partList() {
		k := firstRune(p.text) - hanFirst
		if l.part1st[k] == 0 {
			l.part1st[k] = uint8(len(l.parts))
			l.parts = append(l.parts, nil)
		}
		l.parts[l.part1st[k]] = append(l.parts[l.part1st[k]], p)
	}
	for k, list := range l.parts {
		bare := k == 0
		for _, p := range list {
			bare = bare || !p.number
		}
		if !bare {
			l.mark(countable, list[0].text[:3])
		}
	}
}

// readCues reads the words that stand before names.
func (l *lexicon) readCues() {
	for k := range l.cues {
		l.cues[k] = map[uint64]int{}
	}
	for _, f := range strings.Fields(nameCues) {
		word, w, _ := strings.Cut(f, "=")
		n, _ := strconv.Atoi(w)
		r := []rune(word)
		l.cues[len(r)-1][key(r...)] = n
		l.mark(cueEnds, string(r[len(r)-1:]))
	}
	l.mark(introduces, "是叫")
}

// lists reads the lists of words.
func (l *lexicon) lists() {
	l.plainly.add(ordinary + " " + abroad)
	l.tibetan.add(tibetan)
	l.whole.add(whole)
	for _, list := range [...]string{tibetan, whole} {
		for _, s := range strings.Fields(list) {
			l.mark(foreign, string(firstRune(s)))
		}
	}
	l.notNames.add(notNames)
	l.notGiven.add(notGiven)
	l.speech.add(speech)
	for _, s := range strings.Fields(speech) {
		l.mark(speaks, string(firstRune(s)))
	}
	l.latin()
	l.called.add(latinFirst)
	l.called.add(latinMore)
	l.called.add(latinLast)
	for _, list := range [...]string{latinIntro, latinHeads} {
		l.heads.add(list)
		l.headShapes.add(list)
	}
	l.ends.add(latinEnds)
	l.tails.add(secretTails)
	l.patronyms = strings.Fields(patronyms)
	for _, w := range l.patronyms {
		if n := len(w); w[n-1] < 0x80 {
			l.sons.add(w[n-3:])
		}
	}
}

func (l *lexicon) mark(bit uint32, chars string) {
	for _, r := range chars {
		if r >= hanFirst && r <= hanLast {
			l.chars[r-hanFirst].kind |= bit
		}
	}
}

func (l *lexicon) line(section, line string) {
	r := []rune(line)
	switch section {
	case "[surnames]":
		n, _ := strconv.Atoi(string(r[1:]))
		l.chars[r[0]-hanFirst].surname = int8(n)
		l.chars[r[0]-hanFirst].kind |= startsName
	case "[given]":
		for k, f := range strings.Split(string(r[1:]), ",") {
			n, _ := strconv.Atoi(f)
			l.chars[r[0]-hanFirst].given[k] = int8(n)
		}
	case "[words]":
		l.words.add(r...)
	case "[places]":
		name, level := line[:len(line)-1], line[len(line)-1]-'0'
		b := l.places.bucket(r[0], r[1])
		b.first = key(r[0], r[1])
		b.places = append(b.places, place{name, level})
		l.chars[r[0]-hanFirst].kind |= startsPlace
		l.pairs.add(r[0], r[1])
	case "[traditional]":
		l.plain[r[0]-hanFirst] = uint16(r[1])
	}
}

// pairSet tells quickly of most pairs of characters that they are not in it.
type pairSet [1 << 11]uint64

func pairHash(a, b rune) uint32 { return (uint32(a)*0x9E3779B1 ^ uint32(b)*0x85EBCA6B) >> 15 }

func (p *pairSet) add(a, b rune) {
	h := pairHash(a, b)
	p[h>>6] |= 1 << (h & 63)
}

func (p *pairSet) has(a, b rune) bool { return p.bit(a, b) != 0 }

// bit is 1 where it has the pair, or 0.
func (p *pairSet) bit(a, b rune) uint32 {
	h := pairHash(a, b)
	return uint32(p[h>>6] >> (h & 63) & 1)
}

// smallPairs is a pairSet for few.
type smallPairs [1 << 8]uint64

func (p *smallPairs) add(a, b rune) {
	h := pairHash(a, b) & (1<<14 - 1)
	p[h>>6] |= 1 << (h & 63)
}

func (p *smallPairs) has(a, b rune) bool {
	h := pairHash(a, b) & (1<<14 - 1)
	return p[h>>6]>>(h&63)&1 != 0
}

// wordSet is a set of words of two to four characters: a table with open
// addressing, behind what tells quickly of most words that they are not in it.
type wordSet struct {
	pairs pairSet
	keys  [1 << 15]uint64
}

func (w *wordSet) place(key uint64) int {
	i := int(key * 0x9E3779B97F4A7C15 >> 49)
	for w.keys[i] != 0 && w.keys[i] != key {
		i = (i + 1) & (len(w.keys) - 1)
	}
	return i
}

func (w *wordSet) add(r ...rune) {
	w.keys[w.place(key(r...))] = key(r...)
	w.pairs.add(r[0], r[1])
}

func (w *wordSet) has(r ...rune) bool {
	return w.pairs.has(r[0], r[1]) && w.keys[w.place(key(r...))] != 0
}

// latin reads the names of English.
func (l *lexicon) latin() {
	for _, list := range [...]string{latinFirst, latinMore} {
		for _, s := range strings.Fields(list) {
			l.first[s] = true
			if !strings.Contains(latinAmbiguous, " "+s+" ") {
				l.only[s] = true
			}
		}
	}
	for _, s := range strings.Fields(latinLast) {
		l.last[s] = true
	}
}

// smallSet is a set of words of two to four characters, of which there are few.
type smallSet struct {
	pairs smallPairs
	keys  map[uint64]struct{}
}

func (w *smallSet) add(words string) {
	w.keys = map[uint64]struct{}{}
	for _, s := range strings.Fields(words) {
		r := []rune(s)
		w.keys[key(r...)] = struct{}{}
		w.pairs.add(r[0], r[1])
	}
}

func (w *smallSet) has(r ...rune) bool {
	if !w.pairs.has(r[0], r[1]) {
		return false
	}
	_, ok := w.keys[key(r...)]
	return ok
}

// Simplify returns the simplified form of r, or r.
func Simplify(r rune) rune {
	if r < hanFirst || r > hanLast {
		return r
	}
	if s := theLexicon().plain[r-hanFirst]; s != 0 {
		return rune(s)
	}
	return r
}
