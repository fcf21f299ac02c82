package mask

import (
	"hash/maphash"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// Known remembers personal values that a field or the text itself said to be
// such, so that they are masked where nothing says so: in a remark, a title, the
// name of a file, in another spelling. A Plan carries it ([Plan.With]). It is safe
// for concurrent use; the bodies of one session share one.
//
// It keeps no value: of each, and of its parts that tell by themselves who is
// meant, only a hash of 64 bits under the seed. It holds a bounded number of
// them; those that were not seen for longest give way.
type Known struct {
	seed   maphash.Seed
	k1, k2 uint32   // key what two characters may begin
	plain  []uint16 // simplified characters
	begins atomic.Pointer[pairBits]
	id     uint64        // is nobody else's
	grown  atomic.Uint64 // counts values that were new

	mu         sync.RWMutex
	young, old generation // guarded by mu
}

// maxForms is how many forms a generation has; a value has up to a dozen.
const maxForms = 8192

// generation holds forms by the hash of their characters.
type generation struct {
	forms   map[uint64]form
	lengths map[uint32]uint64 // by the pair that a form begins with: bit n for n characters
	first   [2]uint64         // characters of ASCII that forms begin with
}

// form is one spelling of a value, or a part of it.
type form struct {
	class uint8 // of knowable
	flags uint8
}

// Flags of a form; the greater asks for more.
const (
	isSeen    = 1 << iota // no form: the value was learned already
	isPart                // of a name, without its beginning: nothing is shown
	onlyUpper             // only with a capital
	isShort               // two characters: not where they are of other words
	onlyWhole             // it is also an ordinary word: only alone, or before a title
	onlyTitle             // a surname, or a word that is also another: only with a title
)

// knowable are the classes whose values are masked elsewhere. A date, a place on
// earth or an address of the internet may stand for many things.
var knowable = [...]Class{Name, Address, Phone, Landline, IntlPhone, ResidentID, HKMTPermit, ForeignID, Passport, BankCard, USCC,
	Plate, Email, WeChat, QQ, IBAN, SSN, Secret}

// pairBits tells of nearly all pairs of characters that nothing begins with them.
type pairBits struct {
	pairs [1 << 11]atomic.Uint64
	first [2]atomic.Uint64 // characters of ASCII, as they are written
}

func (b *pairBits) set(pair uint32) { b.pairs[pair>>6&(1<<11-1)].Or(1 << (pair & 63)) }

func (b *pairBits) has(pair uint32) bool {
	return b.pairs[pair>>6&(1<<11-1)].Load()>>(pair&63)&1 != 0
}

// NewKnown returns a Known that knows nothing. The seed is nobody else's.
func NewKnown(seed maphash.Seed) *Known {
	return &Known{seed: seed, id: maphash.String(seed, "id"), k1: uint32(maphash.String(seed, "first")) | 1, k2: uint32(maphash.String(seed, "second")) | 1, plain: detect.Simplified()}
}

func (k *Known) pair(a, b rune) uint32 {
	h := uint32(a)*k.k1 ^ uint32(b)*k.k2
	return h ^ h>>15
}

func (k *Known) hash(b []byte) uint64 { return maphash.Bytes(k.seed, b) }

// seen returns the key under which it is noted that a value was learned.
func (k *Known) seen(class uint8, value string) uint64 {
	var h maphash.Hash
	h.SetSeed(k.seed)
	h.WriteByte(0xFF) // begins no form
	h.WriteByte(class)
	h.WriteString(value)
	return h.Sum64()
}

// stamp is another number whenever something else may be known; 0 of nil.
func (k *Known) stamp() uint64 {
	if k == nil {
		return 0
	}
	return k.id + k.grown.Load()
}

// Learn remembers value, which is of class c. A value that is no mark of a person
// is not remembered: docs/mask.md says which are.
func (k *Known) Learn(c Class, value string) {
	class := classIndex(c)
	if class < 0 || len(value) < 3 || len(value) > 512 {
		return
	}
	key := k.seen(uint8(class), value)
	k.mu.RLock()
	_, again := k.young.forms[key]
	k.mu.RUnlock()
	if again {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.young.forms == nil || len(k.young.forms) >= maxForms {
		k.turn()
	}
	if _, known := k.old.forms[key]; !known {
		k.grown.Add(1)
	}
	k.young.forms[key] = form{flags: isSeen}
	l := learner{k: k, class: uint8(class)}
	l.value(c, value)
}

func classIndex(c Class) int {
	for i, x := range knowable {
		if x == c {
			return i
		}
	}
	return -1
}

// turn makes the young forms the old ones, which are forgotten. The caller holds mu.
func (k *Known) turn() {
	k.old, k.young = k.young, generation{forms: map[uint64]form{}, lengths: map[uint32]uint64{}}
	begins := new(pairBits)
	for pair := range k.old.lengths {
		begins.set(pair)
	}
	for i, first := range k.old.first {
		begins.first[i].Store(first)
	}
	k.begins.Store(begins)
}

// put adds a form of n characters that begins with pair. Of two values of one
// form the one that asks for less counts. The caller holds mu.
func (k *Known) put(pair uint32, n int, text []byte, f form) {
	key := k.hash(text)
	if was, ok := k.young.forms[key]; ok && was.flags <= f.flags {
		f = was
	}
	k.young.forms[key] = f
	k.young.lengths[pair] |= 1 << n
	begins := k.begins.Load()
	begins.set(pair)
	if c := text[0]; c < utf8.RuneSelf {
		k.young.first[c>>6] |= 1 << (c & 63)
		if foldKinds[c] == isLetter {
			k.young.first[c&^0x20>>6] |= 1 << (c &^ 0x20 & 63)
		}
		for i, first := range k.young.first {
			begins.first[i].Or(first)
		}
	}
}

// search appends the places in s of values that are known, in order.
func (k *Known) search(dst []Span, s string) []Span {
	begins := k.begins.Load()
	if begins == nil {
		return dst
	}
	var first rune // a value may begin with it
	at, gaps, ready := 0, 0, false
	before := isOther // what stands right before
	for i := 0; i < len(s); {
		if c := s[i]; !ready && c < utf8.RuneSelf {
			i, before, ready = k.word(begins, s, i, before)
			first, at, gaps = rune(c|0x20), i-1, 0
			continue
		}
		r, w, kind := k.fold(s, i)
		switch {
		case kind == isOther:
			ready = false
		case kind < isMark:
			if gaps++; gaps > maxGap {
				ready = false
			}
		default:
			if ready && begins.has(k.pair(first, r)) {
				if f, ok := k.at(s, at); ok {
					dst = append(dst, f)
					i, ready, before = f.End, false, isOther
					if c := s[i-1]; c < utf8.RuneSelf {
						before = foldKinds[c]
					}
					continue
				}
			}
			ready = kind == isHan || wordBegins(kind, before)
			first, at, gaps = r, i, 0
		}
		before = kind
		i += w
	}
	return dst
}

// wordBegins tells whether a value may begin with a character of a kind.
func wordBegins(kind, before uint8) bool {
	return kind == isLetter && before != isLetter && before != isDigit || kind == isDigit && before != isDigit
}

// word goes over the character of ASCII at i: ready when a value may begin with
// it, else over all of the word.
func (k *Known) word(begins *pairBits, s string, i int, before uint8) (next int, kind uint8, ready bool) {
	c := s[i]
	i++
	switch kind = foldKinds[c]; {
	case kind >= isLetter:
		if wordBegins(kind, before) && begins.first[c>>6].Load()>>(c&63)&1 != 0 {
			return i, kind, true
		}
		for i < len(s) && s[i] < utf8.RuneSelf && foldKinds[s[i]] == kind {
			i++
		}
	case c == '\\' && i < len(s) && s[i] < utf8.RuneSelf: // JSON in a string: what follows is no letter of a word
		i++
	}
	return i, kind, false
}

// fold is as the function of that name, quicker for Chinese.
func (k *Known) fold(s string, i int) (rune, int, uint8) {
	if c := s[i]; c >= 0xE4 && c <= 0xE9 && i+2 < len(s) && (c > 0xE4 || s[i+1] >= 0xB8) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80 {
		r := rune(c&0x0F)<<12 | rune(s[i+1]&0x3F)<<6 | rune(s[i+2]&0x3F)
		if p := k.plain[r-0x4E00]; p != 0 {
			r = rune(p)
		}
		return r, 3, isHan
	}
	return fold(s, i)
}

// at looks for the longest value that begins at i.
func (k *Known) at(s string, i int) (Span, bool) {
	var f folded
	f.read(s, i, 2)
	if f.n < 2 {
		return Span{}, false
	}
	pair := k.pair(f.runes[0], f.runes[1])
	k.mu.RLock()
	defer k.mu.RUnlock()
	lengths := k.young.lengths[pair] | k.old.lengths[pair]
	if lengths == 0 {
		return Span{}, false
	}
	f.read(s, i, bits.Len64(lengths)-1)
	for n := f.n; n > 0; n-- {
		if lengths>>n&1 == 0 {
			continue
		}
		key := k.hash(f.first(n))
		for _, forms := range [...]map[uint64]form{k.young.forms, k.old.forms} {
			if x, ok := forms[key]; ok && x.stands(s, i, n, &f) {
				return Span{Start: i, End: x.end(s, f.end[n-1]), Class: knowable[x.class], Part: x.flags&isPart != 0}, true
			}
		}
	}
	return Span{}, false
}

// end goes on behind a surname over its title, and behind an address' last number
// over what is said of it.
func (x form) end(s string, end int) int {
	if x.flags&onlyTitle != 0 {
		end = skipLight(s, end)
		return end + detect.TitleAt(s, end)
	}
	if knowable[x.class] == Address {
		for _, unit := range roomUnits {
			if strings.HasPrefix(s[end:], unit) {
				return end + len(unit)
			}
		}
	}
	return end
}

// stands tells whether what stands at i, the first n characters of f, is the
// value and not a piece of something else.
func (x form) stands(s string, i, n int, f *folded) bool {
	class, end := knowable[x.class], f.end[n-1]
	first, last := f.kinds[0], f.kinds[n-1]
	next := isOther
	if end < len(s) {
		_, _, next = fold(s, end)
		if s[end] == '*' {
			return false
		}
	}
	if i > 0 && s[i-1] == '*' {
		return false
	}
	switch last {
	case isDigit:
		if next == isDigit {
			return false
		}
	case isLetter:
		if next == isLetter || next == isDigit && class != Name {
			return false
		}
	}
	gap := f.gap[n-1]
	switch {
	case class == Address:
	case class == Name && first == isHan, class != Name && class != Phone && class != Landline && class != IntlPhone:
		if gap > isLight {
			return false
		}
	case class == Name && gap > isComma:
		return false
	}
	if class != Name {
		return true
	}
	if first == isLetter {
		return (x.flags&(onlyUpper|onlyTitle) == 0 || isUpper(s[i])) && (x.flags&onlyTitle == 0 || titledBefore(s, i)) && !inDomain(s, i)
	}
	return x.nameStands(s, i, end, n, f)
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// nameStands does so for names in Chinese.
func (x form) nameStands(s string, i, end, n int, f *folded) bool {
	titled := detect.TitleAt(s, skipLight(s, end)) > 0
	switch {
	case titled:
		return true
	case x.flags&onlyTitle != 0:
		return false
	case x.flags&onlyWhole != 0:
		return onlyLight(s[:i]) && onlyLight(s[end:])
	case x.flags&isShort == 0:
		return true
	}
	if i > 0 {
		if r, kind := foldBefore(s, i); kind == isHan && detect.IsWord(r, f.runes[0]) {
			return false
		}
	}
	if end < len(s) {
		if r, _, kind := fold(s, end); kind == isHan && (detect.IsWord(f.runes[n-1], r) || detect.IsWord(f.runes[0], f.runes[1], r)) {
			return false
		}
	}
	return true
}
