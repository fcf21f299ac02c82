package watch

import (
	"math"

	"github.com/menshen-io/menshen/event"
)

// Counts of one account's day that are tested against its peers.
const (
	askVolume    = iota // customers viewed without a reason, over the work
	askAttribute        // of these, who have what the pack says thieves look for, over those expected by the other ones
	askRefusals         // doors that did not open
	counts
)

// Kinds of views.
const (
	unexplained = iota
	explained
	kinds
)

const (
	maxAlternatives = 5
	block           = 28  // working days; an account's own past leaves out its last one or two blocks, so that a young leak does not hide itself
	remembered      = 100 // counts
	carriedBytes    = 300 // of ids of views that an alert can carry
	carriedOther    = 96  // the same, of explained views
	lately          = 16
)

// account is what the detector keeps of an account: under 2 KB.
type account struct {
	Actor   event.ActorID
	Group   int32
	Partner int32
	Suspect bool // alarmed once
	Doubted bool // nearly
	Active  int32
	Work    float32 // usual, a day

	Counts [counts]countState
	Others past               // customers without a reason who have not the pack's attribute, over the work
	Cells  [kinds][]cellState // by cell

	Seen      ids // unexplained views
	SeenOther ids // explained views of customers with the pack's attribute

	Heard  [questions]uint8 // days for which a question that raised the alarm stays unasked
	Lately [lately]uint32   // hashes of the last customers viewed with a reason: more looks at one are one
	Next   uint8

	Today   []queueDay
	Refused int32 // refusals today
}

// past is what an account has shown: in the block of days that runs, in the one
// before, and before that.
type past struct{ Now, NowExposure, Mid, MidExposure, Old, OldExposure float32 }

func (p *past) old() tally { return tally{float64(p.Old), float64(p.OldExposure)} }
func (p *past) late() tally {
	return tally{float64(p.Now + p.Mid), float64(p.NowExposure + p.MidExposure)}
}
func (p *past) all() tally {
	return tally{float64(p.Now + p.Mid + p.Old), float64(p.NowExposure + p.MidExposure + p.OldExposure)}
}

func (p *past) add(sum, exposure float64) {
	p.Now += float32(sum)
	p.NowExposure += float32(exposure)
}

// turn begins a new block. What is long past counts for remembered at most:
// people change.
func (p *past) turn() {
	p.Old += p.Mid
	p.OldExposure += p.MidExposure
	if p.Old > remembered {
		p.OldExposure *= remembered / p.Old
		p.Old = remembered
	}
	p.Mid, p.MidExposure = p.Now, p.NowExposure
	p.Now, p.NowExposure = 0, 0
}

// countState is one count's past and its Shiryaev–Roberts statistics.
type countState struct {
	Past     past
	Careless float32                      // log odds that the account is one of the careless
	Stat     [2 * maxAlternatives]float32 // by base (own past, peers) and size of leak
}

// cellState is the same of one value's share.
type cellState struct {
	Past past
	Stat [maxAlternatives]float32
}

// queueDay is what an account viewed today of one queue's customers.
type queueDay struct {
	Queue int32
	Views [kinds]int32 // customers, lists left aside
	Hits  [kinds][maxCells]uint16
}

func (q *queueDay) add(kind int, cells uint16) {
	q.Views[kind]++
	for c := 0; cells != 0; c, cells = c+1, cells>>1 {
		if cells&1 != 0 && q.Hits[kind][c] < math.MaxUint16 {
			q.Hits[kind][c]++
		}
	}
}

// queue returns today's counts of a queue.
func (a *account) queue(q int32) *queueDay {
	for i := range a.Today {
		if a.Today[i].Queue == q {
			return &a.Today[i]
		}
	}
	a.Today = append(a.Today, queueDay{Queue: q})
	return &a.Today[len(a.Today)-1]
}

// again reports whether a customer is one of the last that the account viewed
// with a reason, and remembers it.
func (a *account) again(s event.SubjectID) bool {
	h := uint32(2166136261) // FNV-1a
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	for _, o := range a.Lately {
		if o == h {
			return true
		}
	}
	a.Lately[a.Next%lately] = h
	a.Next = (a.Next + 1) % lately
	return false
}

// day is an account's day over all queues.
type day struct {
	views [kinds]int
	hits  [kinds][maxCells]int
	count [counts]int
}

func (a *account) day() day {
	var d day
	for i := range a.Today {
		for k := range kinds {
			d.views[k] += int(a.Today[i].Views[k])
			for c := range d.hits[k] {
				d.hits[k][c] += int(a.Today[i].Hits[k][c])
			}
		}
	}
	d.count = [counts]int{d.views[unexplained], d.hits[unexplained][0], int(a.Refused)}
	return d
}

// measures reports whether an account is a measure for its peers.
func (a *account) measures() bool { return !a.Suspect && !a.Doubted }

// forget begins a question's statistics again.
func (a *account) forget(q int) {
	if q < counts {
		clear(a.Counts[q].Stat[:])
		return
	}
	for c := range a.Cells[q-counts] {
		clear(a.Cells[q-counts][c].Stat[:])
	}
}

// reset begins an account's statistics and past again.
func (a *account) reset() {
	*a = account{Actor: a.Actor, Group: a.Group, Partner: a.Partner, Suspect: a.Suspect, Heard: a.Heard, Today: a.Today, Refused: a.Refused}
}

// ids holds the last views of an account, each with the tested values of its
// customer, packed into few bytes.
type ids struct{ Packed []byte }

// push adds a view; what no longer fits goes, oldest first.
func (s *ids) push(id string, cells uint16, limit int) {
	if len(id) == 0 || len(id) > 80 {
		return
	}
	for len(s.Packed)+3+len(id) > limit {
		s.Packed = s.Packed[:copy(s.Packed, s.Packed[3+int(s.Packed[2]):])]
	}
	if cap(s.Packed) == 0 {
		s.Packed = make([]byte, 0, limit)
	}
	s.Packed = append(s.Packed, byte(cells), byte(cells>>8), byte(len(id)))
	s.Packed = append(s.Packed, id...)
}

// with lists the views whose customers have one of the values; all of them when
// none is named.
func (s *ids) with(cells uint16) []string {
	var out []string
	for b := s.Packed; len(b) > 3; b = b[3+int(b[2]):] {
		has := uint16(b[0]) | uint16(b[1])<<8
		id := string(b[3 : 3+int(b[2])])
		if (cells == 0 || has&cells != 0) && (len(out) == 0 || out[len(out)-1] != id) {
			out = append(out, id)
		}
	}
	return out
}
