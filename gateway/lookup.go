package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/mask"
)

var (
	errNotSeen   = errors.New("not in the vault")
	errAmbiguous = errors.New("several fields")
	errSpelling  = fmt.Errorf("%w: one number, written in several ways", errAmbiguous)
)

// find returns the one original of a subject that name means: a field as the
// policy has it, else its last part or class, else a class found by search. A
// mask that is not empty narrows it to values that look so.
func (d *drawer) find(subject, name, mask string, now time.Time) (Original, error) {
	var exact, loose, searched []found
	d.vault.mu.Lock()
	for _, s := range d.slots[subject] {
		switch {
		case mask != "" && s.mask != mask:
		case !s.mapped && s.class == name:
			searched = d.collect(searched, s, now)
		case s.mapped && s.field == name:
			exact = d.collect(exact, s, now)
		case s.mapped && (s.class == name || lastPart(s.field) == name):
			loose = d.collect(loose, s, now)
		}
	}
	d.vault.mu.Unlock()
	for _, hits := range [][]found{exact, loose, searched} {
		if len(hits) > 0 {
			return one(hits)
		}
	}
	return Original{}, errNotSeen
}

// found is a slot with its sealed box, to be opened outside the lock.
type found struct {
	slot slot
	box  []byte
}

// collect adds a slot that has not expired. The caller holds mu.
func (d *drawer) collect(hits []found, s slot, now time.Time) []found {
	if s.in.dropped || now.Sub(s.in.at) >= d.vault.limits.TTL {
		return hits
	}
	return append(hits, found{s, s.in.box})
}

// opener opens sealed boxes; hits of one box that follow each other open it once.
type opener struct {
	of    *sealed
	plain []byte
}

func (o *opener) open(f found) (Original, error) {
	s := f.slot
	if o.of != s.in {
		d := s.in.of
		plain, err := d.aead.Open(nil, nil, f.box, []byte(d.session))
		if err != nil {
			return Original{}, fmt.Errorf("opening sealed record: %w", err)
		}
		o.of, o.plain = s.in, plain
	}
	return Original{Field: s.field, Class: s.class, Mask: s.mask, Mapped: s.mapped, Value: string(o.plain[s.off : s.off+s.len])}, nil
}

// one opens hits, which must agree on one value. With errSpelling it returns
// the first of the ways in which the one number is written.
func one(hits []found) (Original, error) {
	if len(hits) == 0 {
		return Original{}, errNotSeen
	}
	var first Original
	var differ error
	var box opener
	for i, h := range hits {
		o, err := box.open(h)
		if err != nil {
			return Original{}, err
		}
		switch {
		case i == 0:
			first = o
		case o.Value == first.Value:
		case o.sameNumber(first):
			differ = errSpelling
		default:
			return Original{}, errAmbiguous
		}
	}
	return first, differ
}

// sameNumber reports whether two numbers differ only in blanks and hyphens.
func (o Original) sameNumber(p Original) bool {
	switch mask.Class(o.Class) {
	case mask.Phone, mask.ResidentID, mask.BankCard:
		return o.Class == p.Class && digits.Replace(o.Value) == digits.Replace(p.Value)
	}
	return false
}

var digits = strings.NewReplacer(" ", "", "-", "")

// masked returns the one original in the session whose mask is m and whose field
// agrees with the first of fields that any agrees with, else one found by search,
// since it would be found there again. It is the subject's; when subject is
// empty, anybody's (of perhaps, if there are any) if the session was never shown
// another original of this mask, which must be strong.
func (d *drawer) masked(m string, fields []string, subject string, perhaps map[string]bool, now time.Time) (Original, error) {
	hits := make([][]found, len(fields)+1) // those found by search come last
	add := func(slots []slot) {
		for _, s := range slots {
			if s.mask != m || subject == "" && !strong(s.class, s.mask) {
				continue
			}
			i := len(fields)
			if s.mapped {
				i = slices.IndexFunc(fields, func(path string) bool { return sameField(s.field, path) })
			}
			if i >= 0 {
				hits[i] = d.collect(hits[i], s, now)
			}
		}
	}
	if subject == "" && !d.memory.alone(m) {
		return Original{}, errNotSeen
	}
	d.vault.mu.Lock()
	switch {
	case d.masks[m] == 0:
	case subject != "":
		add(d.slots[subject])
	default:
		for id := range d.holders[m] {
			if len(perhaps) == 0 || perhaps[id] {
				add(d.slots[id])
			}
		}
	}
	d.vault.mu.Unlock()
	for _, h := range hits {
		if len(h) > 0 {
			return one(h)
		}
	}
	return Original{}, errNotSeen
}

// inRow returns the originals of masks that were found by search one after the
// other, in this order, in what a subject's record was shown with. All places
// where they were must agree.
func (d *drawer) inRow(subject string, masks []string, now time.Time) ([]Original, error) {
	shown := make(map[*sealed][]found)
	d.vault.mu.Lock()
	for _, s := range d.slots[subject] {
		if !s.mapped {
			shown[s.in] = d.collect(shown[s.in], s, now)
		}
	}
	d.vault.mu.Unlock()
	var row []Original
	var box opener
	for _, hits := range shown {
		slices.SortFunc(hits, func(a, b found) int { return a.slot.off - b.slot.off })
		for i := 0; i+len(masks) <= len(hits); i++ {
			part := hits[i : i+len(masks)]
			if !slices.EqualFunc(part, masks, func(f found, m string) bool { return f.slot.mask == m }) {
				continue
			}
			for k, f := range part {
				o, err := box.open(f)
				switch {
				case err != nil:
					return nil, err
				case len(row) < len(masks):
					row = append(row, o)
				case row[k].Value != o.Value:
					return nil, errAmbiguous
				}
			}
		}
	}
	if row == nil {
		return nil, errNotSeen
	}
	return row, nil
}

// mapped returns the originals of a subject's fields that the session was shown.
func (d *drawer) mapped(subject string, now time.Time) ([]Original, error) {
	var hits []found
	d.vault.mu.Lock()
	for _, s := range d.slots[subject] {
		if s.mapped {
			hits = d.collect(hits, s, now)
		}
	}
	d.vault.mu.Unlock()
	var out []Original
	var box opener
	for _, h := range hits {
		o, err := box.open(h)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// issued reports whether mask stands for any original of the session.
func (d *drawer) issued(mask string) bool {
	d.vault.mu.Lock()
	defer d.vault.mu.Unlock()
	return d.masks[mask] > 0
}

func lastPart(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		path = path[i+1:]
	}
	if i := strings.IndexByte(path, '['); i >= 0 {
		path = path[:i]
	}
	return path
}

// sameField reports whether one path is the end of the other: "customer.phone"
// agrees with "phone" and "data.customer.phone", not with "shop.phone".
func sameField(a, b string) bool {
	a, b = plainPath(a), plainPath(b)
	if len(a) < len(b) {
		a, b = b, a
	}
	return b != "" && strings.HasSuffix(a, b) && (len(a) == len(b) || a[len(a)-len(b)-1] == '.')
}

// plainPath leaves out "$.", what stands in brackets, and of a path that goes
// down to any depth all that is before it.
func plainPath(p string) string {
	if i := strings.LastIndex(p, ".."); i >= 0 {
		p = p[i+2:]
	}
	p = strings.TrimPrefix(strings.TrimPrefix(p, "$"), ".")
	for {
		i := strings.IndexByte(p, '[')
		if i < 0 {
			return p
		}
		j := strings.IndexByte(p[i:], ']')
		if j < 0 {
			return p[:i]
		}
		p = p[:i] + p[i+j+1:]
	}
}
