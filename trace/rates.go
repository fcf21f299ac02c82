package trace

import "math"

// lent is how many customers, and how many views, a wider stratum is worth to a
// narrower one.
const lent = 30

// chances returns how likely a customer of a stratum is viewed by an account, and
// viewed without explanation. The second is the mean of two guesses, as accounts
// err within their own work and far from it: that some share of the account's
// views is unexplained, and that the account has some share of all unexplained
// views. Both begin with what the other accounts show.
func (t *Tracer) chances(s stratum, a int32) (q, u float64) {
	by := t.tally(a)
	q = 0.5
	share, care := 0.5, 1.0 // of others' views, unexplained; of this account's, in units of that share
	rate, part := 0.0, 1.0  // others' unexplained views of a customer; this account's, in units of that rate
	customers, views := 1.0, 1.0
	for level, s := range s.wider() {
		if i, ok := t.totals.place[s]; ok {
			r, all := by.of(i), t.totals.sums[i]
			n, viewed, odd := float64(all.customers), float64(r.viewed), float64(r.unexplained)
			othersViewed, othersOdd := float64(all.viewed)-viewed, float64(all.unexplained)-odd
			q = (viewed + customers*q) / (n + customers)
			share = (othersOdd + views*share) / (othersViewed + views)
			care = (odd + care) / (viewed*share + 1)
			rate = (othersOdd + customers*rate) / (n + customers)
			if level == 0 {
				part = (odd + 1) / (othersOdd + float64(len(t.actors)))
			}
		}
		customers, views = max(lent, 1/q), lent
	}
	return q, min((q*share*care+rate*part)/2, q)
}

// spread returns by how much more likely the views of k harmed customers are, one
// by one, than by a rate learned from n others: the rate itself is not known for
// certain (the mean of its powers under a gamma density of shape n + 1).
func spread(n int32, k int) float64 {
	if k == 0 {
		return 1
	}
	shape := float64(n) + 1
	all, _ := math.Lgamma(shape + float64(k))
	few, _ := math.Lgamma(shape)
	return math.Exp((all-few)/float64(k)) / shape
}

// work is an account's work on customers of one queue and attribute.
type work struct {
	account int32
	stratum stratum
}

// rates returns, for each pair of an account and a harmed customer, how likely the
// account views such a customer, and without explanation, if it leaks none.
func (t *Tracer) rates(strata []stratum, all []*candidate, pairs []met) (q, u []float64) {
	viewed, odd := make(map[work]int), make(map[work]int)
	of := func(p met) work { return work{all[p.candidate].actor, strata[p.harm].wider()[1]} }
	for _, p := range pairs {
		viewed[of(p)]++
		if len(p.odd) > 0 {
			odd[of(p)]++
		}
	}
	q, u = make([]float64, len(pairs)), make([]float64, len(pairs))
	for i, p := range pairs {
		w := of(p)
		var known row
		if at, ok := t.totals.place[w.stratum]; ok {
			known = t.tally(w.account).of(at)
		}
		q[i], u[i] = t.chances(strata[p.harm], w.account)
		q[i] = min(q[i]*spread(known.viewed, viewed[w]), 1)
		u[i] = min(u[i]*spread(known.unexplained, odd[w]), 1)
	}
	return q, u
}
