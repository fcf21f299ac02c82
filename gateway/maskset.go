package gateway

import (
	"hash/maphash"
	"strings"
)

// What a session remembers of the masks that it was shown: how many of a kind, and
// up to which length in bytes. Past it every text of such a length is taken for one.
const (
	maxMasks    = 250_000
	maxMaskLen  = 63
	maxMaskRun  = 64     // of letters and digits: in a longer row nothing is found that is masked
	maxStarRuns = 10_000 // in one value; more are not looked at, but refused
)

// maskSet are masks, as hashes.
type maskSet struct {
	all     map[uint64]struct{}
	lengths uint64 // of those, as bits
}

func (s *maskSet) add(seed maphash.Seed, m string) {
	if len(m) > maxMaskLen || len(s.all) >= maxMasks {
		return
	}
	if s.all == nil {
		s.all = make(map[uint64]struct{})
	}
	s.all[maphash.String(seed, m)] = struct{}{}
	s.lengths |= 1 << len(m)
}

// at returns the length of the longest mask at i in text, which has at least the
// given length and goes no further than end; or 0. More asterisks beside those of
// a mask make it none.
func (s *maskSet) at(seed maphash.Seed, text string, i, least, end int) int {
	if i > 0 && text[i-1] == '*' && text[i] == '*' {
		return 0
	}
	for n := min(end-i, maxMaskLen); n >= least; n-- {
		if s.lengths&(1<<n) == 0 || text[i+n-1] == '*' && i+n < len(text) && text[i+n] == '*' {
			continue
		}
		if _, ok := s.all[maphash.String(seed, text[i:i+n])]; ok || len(s.all) >= maxMasks {
			return n
		}
	}
	return 0
}

// inRuns looks for masks in rows of letters and digits.
func (s *maskSet) inRuns(seed maphash.Seed, text string) (places [][]int) {
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && alphanumeric(text[to]) {
			to++
		}
		for at := from; to-from <= maxMaskRun && at < to; {
			n := s.at(seed, text, at, 1, to)
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
// of those the longest.
func (s *maskSet) aroundStars(seed maphash.Seed, text string) (places [][]int, ok bool) {
	free := 0 // text[free:] is in no mask yet
	runs := 0
	for star := strings.IndexByte(text, '*'); star >= 0; {
		if runs++; runs > maxStarRuns {
			return places, false
		}
		n := 0
		for at := max(free, star-maxMaskLen); at <= star; at++ {
			if n = s.at(seed, text, at, star-at+1, len(text)); n > 0 {
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
