package gateway

import (
	"hash/maphash"
	"strings"
	"sync"
)

// What a session remembers of the masks that it was shown: how many of a kind, and
// up to which length in bytes. Past it every text of such a shape is taken for one.
const (
	maxMasks   = 250_000
	maxMaskLen = 63
	maxMaskRun = 64      // of letters and digits: in a longer row nothing is found that is masked
	maxLooks   = 1 << 20 // around asterisks, in one body; one that asks for more is refused
)

// maskSet are masks, as hashes. Who looks for one locks it for that one look only,
// so that answers that are shown meanwhile need not wait for a long body.
type maskSet struct {
	seed maphash.Seed

	mu     sync.RWMutex
	all    map[uint64]struct{}
	shapes [64]uint64 // lengths that there are, as bits, by where
	full   bool       // it was shown more than all holds
}

// where keys shapes: where the first asterisk is, or what it begins with when
// there is none.
func where(m string) int {
	if i := strings.IndexByte(m, '*'); i >= 0 {
		return i
	}
	return int(m[0] & 63)
}

func (s *maskSet) add(m string) {
	if m == "" || len(m) > maxMaskLen {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shapes[where(m)] |= 1 << len(m)
	if s.full {
		return
	}
	if s.all == nil {
		s.all = make(map[uint64]struct{})
	}
	s.all[maphash.String(s.seed, m)] = struct{}{}
	if len(s.all) >= maxMasks {
		s.forget()
	}
}

// forget leaves only the shapes of masks: what has one is taken for a mask. The
// caller holds mu.
func (s *maskSet) forget() { s.all, s.full = nil, true }

func (s *maskSet) len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.all)
}

// at returns the length of the longest mask at i in text, which has its first
// asterisk, or begins, as the key says, has at least the given length and goes no
// further than text; or 0. It takes what it looks up from left. More asterisks
// beside those of a mask make it none.
func (s *maskSet) at(text string, i, key, least int, left *int) int {
	if i > 0 && text[i-1] == '*' && text[i] == '*' {
		return 0
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	lengths := s.shapes[key]
	if lengths == 0 {
		return 0
	}
	for n := min(len(text)-i, maxMaskLen); n >= least; n-- {
		if lengths&(1<<n) == 0 || text[i+n-1] == '*' && i+n < len(text) && text[i+n] == '*' {
			continue
		}
		*left--
		if _, ok := s.all[maphash.String(s.seed, text[i:i+n])]; ok || s.full {
			return n
		}
	}
	return 0
}

// inRuns looks for masks in rows of letters and digits.
func (s *maskSet) inRuns(text string) (places [][]int) {
	free := 0 // rows are short: there is no end to how often this may look
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && alphanumeric(text[to]) {
			to++
		}
		for at := from; to-from <= maxMaskRun && at < to; {
			n := s.at(text[:to], at, int(text[at]&63), 1, &free)
			if n > 0 {
				places = append(places, []int{at, at + n})
			}
			at += max(n, 1)
		}
		from = to + 1
	}
	return places
}

// aroundStars looks for masks that hold an asterisk: the earliest around each, and
// of those the longest. It is false when nothing is left of what it may look up.
func (s *maskSet) aroundStars(text string, left *int) (places [][]int, ok bool) {
	free := 0 // text[free:] is in no mask yet
	for star := strings.IndexByte(text, '*'); star >= 0; {
		if *left <= 0 {
			return places, false
		}
		n := 0
		for at := max(free, star-maxMaskLen+1); at <= star; at++ {
			if n = s.at(text, at, star-at, star-at+1, left); n > 0 {
				places = append(places, []int{at, at + n})
				free = at + n
				break
			}
		}
		if n == 0 {
			free = star
			for free < len(text) && text[free] == '*' {
				free++
			}
		}
		next := strings.IndexByte(text[free:], '*')
		if next < 0 {
			break
		}
		star = free + next
	}
	return places, true
}

func alphanumeric(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
