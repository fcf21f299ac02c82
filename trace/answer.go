package trace

import (
	"cmp"
	"math"
	"slices"
)

const (
	shown        = 50 // accounts and sets that an answer holds at most
	shownViews   = 100
	worthShowing = 0.0005
	enough       = 3 // harmed customers that an account must have viewed to be named, unless one is marked
)

// Answer weighs what was added so far.
func (t *Tracer) Answer() Result {
	res := Result{Accounts: []Account{}, Sets: []Set{}, Each: []HarmSeen{}, Next: []Step{}, Harms: len(t.harms), Unexplained: 1, Nobody: 1}
	if res.Harms == 0 {
		res.Unexplained = 0
		t.advise(&res, false)
		return res
	}
	w, all := t.weigher()
	var a answer
	if len(all) <= exactUpTo {
		a = exact(w, all)
	} else {
		a = sample(w, all)
	}
	t.fill(&res, a, all)
	res.Next = t.worth(w, a, all)
	t.advise(&res, len(all) > 0)
	return res
}

// fill writes the posterior into the result.
func (t *Tracer) fill(res *Result, a answer, all []*candidate) {
	res.Doubt, res.Nobody, res.Unexplained = round(a.doubt), round(a.left.nobody), 0
	for i, s := range t.sortedHarms() {
		p := a.left.each[i]
		res.Each = append(res.Each, HarmSeen{s, t.harms[s].kind, round(p)})
		res.Unexplained += p / float64(res.Harms)
	}
	res.Unexplained = round(res.Unexplained)
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(a.marginal[y], a.marginal[x]) })
	for _, i := range order[:min(len(order), shown)] {
		if p := round(a.marginal[i]); p >= worthShowing {
			c := all[i]
			res.Accounts = append(res.Accounts, Account{Actor: t.actors[c.actor], Probability: p,
				Subjects: c.subjects, Views: c.views, Expected: round(c.expected)})
		}
	}
	for _, s := range a.sets[:min(len(a.sets), shown)] {
		if p := round(s.probability); p >= worthShowing && len(s.members) > 0 {
			set := Set{Probability: p}
			for _, m := range s.members {
				set.Actors = append(set.Actors, t.actors[all[m].actor])
			}
			slices.Sort(set.Actors)
			res.Sets = append(res.Sets, set)
		}
	}
}

// round keeps four digits after the point, so that the last bits of a sum do
// not show.
func round(p float64) float64 { return math.Round(p*1e4) / 1e4 }
