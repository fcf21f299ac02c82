package watch

import (
	"slices"
	"strconv"

	"github.com/menshen-io/menshen/event"
)

// Attributes of customers are tested by value. An attribute is taken when it
// has shown few values in many views, and keeps the values that it had then.
const (
	maxCells   = 12  // tested values in all, the pack's own among them
	maxValues  = 6   // of one attribute
	knownAfter = 200 // views
	maxLength  = 40  // of a value; a longer one is free text
	maxNames   = 64  // attributes looked at
)

// cell is one value of an attribute, or the values that the pack names.
type cell struct{ Attribute, Value string }

// attributes knows which values are tested. Cell 0 is the pack's own.
type attributes struct {
	set Statistics

	Cells []cell
	Names map[string]*values
	index map[string]map[string]int // Cells, by attribute and value
}

// values is what an attribute has shown so far.
type values struct {
	Views  int
	Seen   []string // at most one more than maxValues
	Closed bool     // taken, or never to be
}

func newAttributes(set Statistics) *attributes {
	a := &attributes{set: set, Cells: []cell{{}}, Names: map[string]*values{}}
	a.reindex()
	return a
}

func (a *attributes) reindex() {
	a.index = make(map[string]map[string]int)
	for i, c := range a.Cells[1:] {
		if a.index[c.Attribute] == nil {
			a.index[c.Attribute] = make(map[string]int)
		}
		a.index[c.Attribute][c.Value] = i + 1
	}
}

// read returns the tested values that a customer has, as bits, and its queue.
func (a *attributes) read(s *event.SubjectViewed) (cells uint16, queue string) {
	for name, v := range s.Attributes {
		if name == a.set.Queue {
			queue, _ = v.(string)
			continue
		}
		if name == a.set.Attribute && a.set.low(v) {
			cells |= 1
		}
		if known := a.Names[name]; known != nil && known.Closed {
			if of := a.index[name]; of != nil {
				if text, ok := valueText(v); ok {
					cells |= 1 << of[text] &^ 1 // a value that is not tested has index 0
				}
			}
			continue
		}
		a.note(name, v)
	}
	return cells, queue
}

// note learns which values an attribute has.
func (a *attributes) note(name string, v any) {
	known := a.Names[name]
	if known == nil {
		if len(a.Names) == maxNames {
			return
		}
		known = &values{}
		a.Names[name] = known
	}
	known.Views++
	text, ok := valueText(v)
	if !ok {
		known.Closed = true
		return
	}
	if len(known.Seen) <= maxValues && !slices.Contains(known.Seen, text) {
		known.Seen = append(known.Seen, text)
	}
}

// settle takes the attributes that are known well enough, by name, as far as
// there is room; it reports whether there are new cells.
func (a *attributes) settle() bool {
	before := len(a.Cells)
	for _, name := range sortedKeys(a.Names) {
		known := a.Names[name]
		if known.Closed || known.Views < knownAfter {
			continue
		}
		known.Closed = true
		slices.Sort(known.Seen)
		if n := len(known.Seen); n > 1 && n <= maxValues && len(a.Cells)+n <= maxCells {
			for _, v := range known.Seen {
				a.Cells = append(a.Cells, cell{name, v})
			}
		}
		known.Seen = nil
	}
	if len(a.Cells) == before {
		return false
	}
	a.reindex()
	return true
}

// valueText writes a value that can be told from others by equality.
func valueText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, len(v) <= maxLength
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	}
	return "", false
}

// low reports whether a value of the pack's attribute is as low as thieves look
// for.
func (s Statistics) low(v any) bool {
	switch v := v.(type) {
	case float64:
		return v <= s.AtMost
	case int:
		return float64(v) <= s.AtMost
	case int64:
		return float64(v) <= s.AtMost
	}
	return false
}
