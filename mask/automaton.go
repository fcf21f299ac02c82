package mask

import (
	"encoding/binary"
	"errors"
	"slices"
)

// maxStates bounds an automaton. Paths with several ".." multiply states.
const (
	maxStates      = 4096
	maxTransitions = 1 << 20
)

// Two states are known beforehand.
const (
	dead  uint16 = 0 // no path can match any more
	begin uint16 = 1 // at the root, or at the record
)

// symbols numbers the member names and indices that paths mention. Every other
// name is symbol 0, every other index symbol otherIndex.
type symbols struct {
	names      map[string]uint16
	indices    map[int]uint16
	otherIndex uint16
	count      int
}

func symbolsOf(paths [][]segment) symbols {
	y := symbols{names: map[string]uint16{}, indices: map[int]uint16{}}
	next := uint16(1)
	for _, p := range paths {
		for _, s := range p {
			if _, ok := y.names[s.name]; !ok && !s.any && !s.isIndex {
				y.names[s.name] = next
				next++
			}
		}
	}
	y.otherIndex = next
	next++
	for _, p := range paths {
		for _, s := range p {
			if _, ok := y.indices[s.index]; !ok && s.isIndex {
				y.indices[s.index] = next
				next++
			}
		}
	}
	y.count = int(next)
	return y
}

func (y *symbols) index(i int) uint16 {
	if len(y.indices) > 0 {
		if sym, ok := y.indices[i]; ok {
			return sym
		}
	}
	return y.otherIndex
}

func (y *symbols) match(s segment, sym uint16) bool {
	switch {
	case s.any:
		return true
	case s.isIndex:
		return y.indices[s.index] == sym
	default:
		return y.names[s.name] == sym
	}
}

// automaton tells, child by child, which of a set of paths a value is at.
type automaton struct {
	next    []uint16 // state*symbols+symbol
	width   int
	accepts [][]int // by state: the paths that end here
}

func (a *automaton) step(state, sym uint16) uint16 {
	return a.next[int(state)*a.width+int(sym)]
}

// place is a position in one path; a state of the automaton is a set of them.
type place struct{ path, at int }

func compile(paths [][]segment, y *symbols) (*automaton, error) {
	a := &automaton{width: y.count}
	var sets [][]place
	known := map[string]uint16{}
	intern := func(set []place) uint16 {
		slices.SortFunc(set, func(p, q place) int {
			if p.path != q.path {
				return p.path - q.path
			}
			return p.at - q.at
		})
		set = slices.Compact(set)
		var key []byte
		for _, p := range set {
			key = binary.AppendUvarint(key, uint64(p.path))
			key = binary.AppendUvarint(key, uint64(p.at))
		}
		if id, ok := known[string(key)]; ok {
			return id
		}
		id := uint16(len(sets))
		known[string(key)] = id
		sets = append(sets, set)
		var ends []int
		for _, p := range set {
			if p.at == len(paths[p.path]) {
				ends = append(ends, p.path)
			}
		}
		a.accepts = append(a.accepts, ends)
		return id
	}
	intern(nil)
	var start []place
	for i := range paths {
		start = append(start, place{i, 0})
	}
	if len(start) == 0 {
		sets = append(sets, nil) // begin is a state of its own all the same
		a.accepts = append(a.accepts, nil)
	} else {
		intern(start)
	}
	for state := 0; state < len(sets); state++ {
		if len(sets) > maxStates || len(sets)*y.count > maxTransitions {
			return nil, errors.New("paths are too many or too ambiguous together")
		}
		for sym := range y.count {
			var to []place
			for _, p := range sets[state] {
				if p.at == len(paths[p.path]) {
					continue
				}
				s := paths[p.path][p.at]
				if s.descend {
					to = append(to, p)
				}
				if y.match(s, uint16(sym)) {
					to = append(to, place{p.path, p.at + 1})
				}
			}
			a.next = append(a.next, intern(to))
		}
	}
	return a, nil
}
