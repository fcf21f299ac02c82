package watch

import (
	"math"
	"slices"
)

// peers is what the accounts of one group show together.
type peers struct {
	Cap      [counts]float64 // rates over it are winsorised
	ShareCap [kinds][maxCells]float64
	Season   season

	count [counts]moments
	share [kinds][maxCells]moments
}

func newPeers() *peers {
	p := &peers{}
	p.uncap()
	return p
}

func (p *peers) uncap() {
	for q := range p.Cap {
		p.Cap[q] = math.Inf(1)
	}
	for k := range p.ShareCap {
		for c := range p.ShareCap[k] {
			p.ShareCap[k][c] = math.Inf(1)
		}
	}
}

// add takes an account's past into the sums, or out of them.
func (p *peers) add(a *account, sign float64) {
	for q := range counts {
		if t := a.Counts[q].Past.all(); t.exposure > 0 {
			p.count[q].add(math.Min(t.sum/t.exposure, p.Cap[q]), t.exposure, sign)
		}
	}
}

func (p *peers) addShares(a *account) {
	for k := range kinds {
		for c := range a.Cells[k] {
			if t := a.Cells[k][c].Past.all(); t.exposure > 0 {
				p.share[k][c].add(math.Min(t.sum/t.exposure, p.ShareCap[k][c]), t.exposure, 1)
			}
		}
	}
}

// sharePrior is how accounts' shares of a value differ from what their queues
// show: a factor around 1.
func (p *peers) sharePrior(k, c int, bounds Spread) prior { return factor(p.share[k][c], bounds) }

// factor is the prior of what accounts do over what is expected of them.
func factor(m moments, bounds Spread) prior {
	if m.n < minPeers || m.exposure < minPeers {
		return prior{1, 1 / float64(bounds.Most*bounds.Most)}
	}
	// Shares differ less than rates do: everybody's work comes from the queue.
	bounds.Least /= 2
	f := m.fit(0, bounds)
	return prior{clamp(f.mean, 0.5, 2), f.shape}
}

// measure sums up each group over all accounts as they stood before today.
func (d *detector) measure() {
	for _, p := range d.Peers {
		p.count = [counts]moments{}
		p.share = [kinds][maxCells]moments{}
	}
	if d.Days%refit == 0 {
		d.winsorise()
	}
	d.set.Priors.into(d)
	for _, a := range d.order {
		if !a.measures() || a.Active == 0 {
			continue
		}
		d.Peers[a.Group+1].add(a, 1)
		d.Peers[0].add(a, 1)
		d.Peers[0].addShares(a)
	}
}

// winsorise finds the rates that no account's is taken to exceed.
func (d *detector) winsorise() {
	byGroup := make([][]*account, len(d.Peers))
	for _, a := range d.order {
		if a.measures() && a.Active > 0 {
			byGroup[a.Group+1] = append(byGroup[a.Group+1], a)
			byGroup[0] = append(byGroup[0], a)
		}
	}
	var rates []float64
	for g, p := range d.Peers {
		p.uncap()
		for q := range counts {
			rates = rates[:0]
			for _, a := range byGroup[g] {
				if t := a.Counts[q].Past.all(); t.exposure > 0 {
					rates = append(rates, t.sum/t.exposure)
				}
			}
			p.Cap[q] = highest(rates)
		}
	}
	for k := range kinds {
		for c := range d.attrs.Cells {
			rates = rates[:0]
			for _, a := range byGroup[0] {
				if c < len(a.Cells[k]) {
					if t := a.Cells[k][c].Past.all(); t.exposure > 0 {
						rates = append(rates, t.sum/t.exposure)
					}
				}
			}
			d.Peers[0].ShareCap[k][c] = highest(rates)
		}
	}
}

func highest(rates []float64) float64 {
	if len(rates) < 3 {
		return math.Inf(1)
	}
	slices.Sort(rates)
	return rates[len(rates)-1-int(math.Ceil(suspectTail*float64(len(rates))))]
}

// priors fits the priors on an account's peers without itself: on its group
// where that is large enough, else on everybody. It reports whether there are
// enough peers at all.
func (d *detector) priors(a *account) ([counts]prior, bool) {
	for _, g := range []*peers{d.Peers[a.Group+1], d.Peers[0]} {
		p := peers{count: g.count, Cap: g.Cap}
		if a.measures() && a.Active > 0 {
			p.add(a, -1)
		}
		if p.count[askVolume].n < minPeers || p.count[askVolume].exposure < minExposure {
			continue
		}
		var out [counts]prior
		for _, q := range [...]int{askVolume, askRefusals} {
			out[q] = p.count[q].fit(d.Noise[q].days(), d.set.Spread)
		}
		out[askAttribute] = factor(d.Peers[0].count[askAttribute], d.set.Spread)
		return out, true
	}
	return [counts]prior{}, false
}

// season is how busy a group's last days were: what was seen over what the
// accounts' own pasts let expect, as sums that fade.
type season struct {
	Seen, Expected float64
	seen, expected float64 // today
}

const (
	seasonFades = 0.75 // a day
	steady      = 80   // counts below which a day's mood is not believed
	lasting     = 3    // how much worse an error is that lasts some days
)

// level returns the factor by which days are busier, without one account's
// part, and its relative variance.
func (s season) level(seen, expected float64) (factor, doubt float64) {
	n := steady + s.Seen + math.Max(s.seen-seen, 0)
	return clamp(n/(steady+s.Expected+math.Max(s.expected-expected, 0)), 0.2, 10), lasting / n
}

func (s *season) endDay() {
	s.Seen, s.Expected = seasonFades*(s.Seen+s.seen), seasonFades*(s.Expected+s.expected)
	s.seen, s.expected = 0, 0
}

// today adds one account's day.
func (s *season) today(seen, expected float64) {
	s.seen += seen
	s.expected += expected
}

// busy finds how busy today was for an account's peers.
func (d *detector) busy(t *trial) (factor, doubt float64) {
	seen, expected := 0.0, 0.0
	if t.part {
		seen, expected = float64(t.day.count[askVolume]), d.usualVolume(t)
	}
	return d.Peers[t.a.Group+1].Season.level(seen, expected)
}

// shares is how many of a queue's customers have each value, over the last
// days, as sums that fade.
type shares struct {
	Views [kinds]float64
	Hits  [kinds][maxCells]float64

	views [kinds]float64 // today
	hits  [kinds][maxCells]float64

	Partner map[int32]*share // each partner's part in the customers without a reason who have the pack's attribute
}

// share is customers with the attribute among all.
type share struct {
	Views, Hits float64
	views, hits float64 // today
}

func (s *share) endDay() {
	s.Views, s.Hits = sharesFade*(s.Views+s.views), sharesFade*(s.Hits+s.hits)
	s.views, s.hits = 0, 0
}

const (
	sharesFade = 0.97 // a day: half in three weeks
	enough     = 30   // views below which a queue's share is not known
	// longest is how many views of earlier days count at most, so that today's
	// peers outweigh them where these are many.
	longest = 300
)

func (s *shares) today(q *queueDay, partner int32) {
	if q.Views[unexplained] > 0 {
		of := s.Partner[partner]
		if of == nil {
			if s.Partner == nil {
				s.Partner = make(map[int32]*share)
			}
			of = &share{}
			s.Partner[partner] = of
		}
		of.views += float64(q.Views[unexplained])
		of.hits += float64(q.Hits[unexplained][0])
	}
	for k := range kinds {
		s.views[k] += float64(q.Views[k])
		for c, h := range q.Hits[k] {
			s.hits[k][c] += float64(h)
		}
	}
}

func (s *shares) endDay() {
	for _, of := range s.Partner {
		of.endDay()
	}
	for k := range kinds {
		s.Views[k] = sharesFade * (s.Views[k] + s.views[k])
		s.views[k] = 0
		for c := range s.Hits[k] {
			s.Hits[k][c] = sharesFade * (s.Hits[k][c] + s.hits[k][c])
			s.hits[k][c] = 0
		}
	}
}

// part is what is to be left out of a queue's sums.
type part struct {
	old, today           tally // of the kind that is asked for: hits over views
	explainedHits, views float64
}

// share returns which part of a queue's customers has a value today, and from as
// good as how many customers with it that is known; 0: not known. A part of the sums is
// left out.
//
// What is viewed without a reason follows what is viewed with one: when a hotel
// closes, bad reviews fill the tickets and the rest alike, and the tickets, being
// many, show it on the same day.
func (s *shares) share(k, c int, without part) (share, hits float64) {
	old := tally{s.Hits[k][c], s.Views[k]}.minus(without.old)
	today := tally{s.hits[k][c], s.views[k]}.minus(without.today)
	if old.exposure+today.exposure < enough {
		return 0, 0
	}
	unclear := 0.0
	share = (math.Max(old.sum, 0) + 0.5) / (old.exposure + 1)
	if k == unexplained && s.Views[explained] > enough {
		usual := (s.Hits[explained][c] + 0.5) / (s.Views[explained] + 1)
		seen := math.Max(s.hits[explained][c]-without.explainedHits, 0) + steady
		moved := seen / (math.Max(s.views[explained]-without.views, 0)*usual + steady)
		share *= moved
		unclear = 1 / seen
	}
	// Today's peers, as far as they are many, know better.
	weight := math.Min(old.exposure, longest)
	share = (share*weight + math.Max(today.sum, 0) + 0.5) / (weight + today.exposure + 1)
	return share, 1 / (lasting * (unclear + 1/(old.sum+today.sum+0.5)))
}

// own is the account's own part of its queues' sums.
func (t *trial) own(i, k, c int) part {
	if !t.part {
		return part{}
	}
	q := &t.a.Today[i]
	return part{today: tally{float64(q.Hits[k][c]), float64(q.Views[k])},
		explainedHits: float64(q.Hits[explained][c]), views: float64(q.Views[explained])}
}

// sharesOf finds which share of an account's views today would have each value
// if they were drawn from its queues as its peers' are.
func (d *detector) sharesOf(t *trial) {
	t.usual, t.unclear = [kinds][maxCells]float64{}, [kinds][maxCells]float64{}
	for k := range kinds {
		for c := range d.attrs.Cells {
			for i := range t.a.Today {
				n := float64(t.a.Today[i].Views[k])
				if n == 0 {
					continue
				}
				share, hits := d.Shares[t.a.Today[i].Queue].share(k, c, t.own(i, k, c))
				if share == 0 {
					t.usual[k][c] = 0
					break
				}
				t.usual[k][c] += n * share
				t.unclear[k][c] += n * share / hits
			}
			if t.usual[k][c] > 0 {
				t.unclear[k][c] /= t.usual[k][c]
				t.usual[k][c] /= float64(t.day.views[k])
			}
		}
	}
}

// attributeShare is the share of customers with the pack's attribute among those
// viewed without a reason in the queues where the account worked today.
func (d *detector) attributeShare(t *trial) (share, unclear float64) {
	var views float64
	for i := range t.a.Today {
		n := float64(t.a.Today[i].Views[explained] + t.a.Today[i].Views[unexplained])
		s, hits := d.Shares[t.a.Today[i].Queue].share(unexplained, 0, t.own(i, unexplained, 0))
		if s == 0 {
			return 0, 0
		}
		views += n
		share += n * s
		unclear += n * s / hits
	}
	if share == 0 {
		return 0, 0
	}
	return share / views, unclear / share
}
