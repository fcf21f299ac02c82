package gateway

import (
	"cmp"
	"slices"
	"strings"

	"github.com/menshen-io/menshen/mask"
)

// masksIn returns where in s, which a person writes, masks stand: what looks like
// one by itself, and what the session was shown as one. Places are in order and
// do not overlap.
func (v *vault) masksIn(session, s string) [][]int {
	spans := strongMask.FindAllStringIndex(s, -1)
	for _, m := range v.within(session, s) {
		for at := 0; ; {
			i := strings.Index(s[at:], m)
			if i < 0 {
				break
			}
			spans = append(spans, []int{at + i, at + i + len(m)})
			at += i + len(m)
		}
	}
	// Of two that overlap the longer counts; a name's mask may begin an account's.
	slices.SortFunc(spans, func(a, b []int) int { return cmp.Or(cmp.Compare(b[1]-b[0], a[1]-a[0]), cmp.Compare(a[0], b[0])) })
	var kept [][]int
	for _, x := range spans {
		if !slices.ContainsFunc(kept, func(k []int) bool { return x[0] < k[1] && k[0] < x[1] }) {
			kept = append(kept, x)
		}
	}
	slices.SortFunc(kept, func(a, b []int) int { return a[0] - b[0] })
	return kept
}

// within returns the masks that the session was shown and that stand in s. One of
// nothing but a few asterisks may be meant as such.
func (v *vault) within(session, s string) []string {
	var out []string
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.drawers[session]
	if d == nil {
		return nil
	}
	for _, slots := range d.slots {
		for i := range slots {
			m := slots[i].mask
			if strings.IndexByte(m, '*') < 0 || !strings.Contains(s, m) || m != mask.Full && strings.Trim(m, "*") == "" || slices.Contains(out, m) {
				continue
			}
			out = append(out, m)
		}
	}
	return out
}
