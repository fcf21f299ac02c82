package watch

import (
	"math"
	"slices"

	"github.com/menshen-io/menshen/event"
)

const (
	recentDays  = 28 // working days that an account's own past leaves out, so that a young leak does not hide itself
	minPeers    = 5
	minExposure = 30  // of the peers together, about agent-days
	viewsPerDay = 40. // explained views that make one unit of exposure
	floorViews  = 5.
	suspectTail = 0.05 // share of the highest rates that is winsorised in a fit
	carried     = 50   // ids of views that an alert carries at most
)

// Questions asked of each account.
const (
	askVolume = iota
	askAttribute
	askSelectivity
	questions
)

// day is what one account did on one day.
type day struct {
	explained   int // views, without lists
	unexplained int // customers
	match       int // of these, how many have the attribute that thieves look for
}

func (d day) exposure() float64 { return math.Max(float64(d.explained), floorViews) / viewsPerDay }

// record is what the detector keeps of an account.
type record struct {
	group   string
	suspect bool // alarmed once: no longer a measure for its peers
	active  int  // days

	counts [2]tally // by askVolume, askAttribute
	share  tally
	recent [recentDays]dayTally // ring of the last working days
	next   int

	stat [questions][]float64 // Shiryaev–Roberts statistics, by baseline and alternative

	ids        [2][]string // last views that count for volume and for the attribute
	excess     float64     // squared errors of the daily count against its null variance, for the dispersion
	expectance float64
}

type dayTally struct {
	counts [2]tally
	share  tally
	day    day
}

// finding is an alarm of the statistics.
type finding struct {
	actor    event.ActorID
	rule     string
	odds     float64
	ids      []string
	days     int
	seen     day
	ordinary [questions]float64 // what peers would have shown in these days: counts, share
}

// detector holds the daily tests.
type detector struct {
	set     Statistics
	gamma   float64
	records map[event.ActorID]*record
}

func newDetector(p *Pack) *detector {
	return &detector{set: p.Statistics, gamma: float64(p.Budget.AgentDays), records: make(map[event.ActorID]*record)}
}

// ids remembers a view for the evidence of a later alarm.
func (d *detector) remember(actor event.ActorID, id string, match bool) {
	r := d.record(actor)
	push := func(ids []string) []string {
		if len(ids) > 0 && ids[len(ids)-1] == id {
			return ids
		}
		if len(ids) == carried {
			ids = ids[:copy(ids, ids[1:])]
		}
		return append(ids, id)
	}
	r.ids[askVolume] = push(r.ids[askVolume])
	if match {
		r.ids[askAttribute] = push(r.ids[askAttribute])
	}
}

func (d *detector) record(actor event.ActorID) *record {
	r := d.records[actor]
	if r == nil {
		r = &record{}
		d.records[actor] = r
	}
	return r
}

// move puts an account among other peers. Its statistics start again, as what
// was ordinary there says little here.
func (d *detector) move(actor event.ActorID, group string) {
	r := d.record(actor)
	if r.group == group {
		return
	}
	*r = record{group: group, suspect: r.suspect}
}

// drop forgets an account that is gone; its past stays out of later fits.
func (d *detector) drop(actor event.ActorID) { delete(d.records, actor) }

// peers is what one group shows, summed once a day.
type peers struct {
	count    [2]moments
	share    moments
	cap      [3]float64 // winsorising bounds: volume, attribute, share
	seen     [2]float64 // today's counts of the group
	expected [2]float64
	excess   float64
	spread   float64
}

// closeDay tests every account that worked on a day and learns from the day. It
// returns the alarms, by account.
func (d *detector) closeDay(days map[event.ActorID]day) []finding {
	actors := make([]event.ActorID, 0, len(days))
	for a := range days {
		actors = append(actors, a)
		d.record(a)
	}
	slices.Sort(actors)
	groups := d.measure(actors, days)
	var found []finding
	for _, a := range actors {
		r := d.records[a]
		fit, ok := d.leaveOut(groups, a, days[a])
		if ok {
			d.step(r, days[a], fit)
		}
		r.learn(days[a], fit)
		if f, alarm := d.judge(r, fit); ok && alarm {
			f.actor = a
			found = append(found, f)
		}
	}
	return found
}

// measure sums up each group, and all together under the name "", over all
// accounts as they stood before today.
func (d *detector) measure(actors []event.ActorID, days map[event.ActorID]day) map[string]*peers {
	all := make([]event.ActorID, 0, len(d.records))
	for a := range d.records {
		all = append(all, a)
	}
	slices.Sort(all) // sums of floats must not depend on the order of a map
	members := map[string][]*record{}
	for _, a := range all {
		if r := d.records[a]; !r.suspect && r.active > 0 {
			members[r.group] = append(members[r.group], r)
			if r.group != "" {
				members[""] = append(members[""], r)
			}
		}
	}
	groups := make(map[string]*peers, len(members))
	for name, rs := range members {
		p := &peers{}
		for q := range p.cap {
			p.cap[q] = winsor(rs, q)
		}
		for _, r := range rs {
			p.add(r, 1)
		}
		groups[name] = p
	}
	for _, a := range actors {
		r := d.records[a]
		if r.suspect {
			continue
		}
		for _, p := range []*peers{groups[r.group], groups[""]} {
			if p != nil {
				p.today(r, days[a], 1)
			}
			if r.group == "" {
				break
			}
		}
	}
	return groups
}

func (r *record) value(q int) (tally, bool) {
	if q == askSelectivity {
		return r.share, r.share.exposure > 0
	}
	return r.counts[q], r.counts[q].exposure > 0
}

// winsor returns the rate that no account's is taken to exceed.
func winsor(rs []*record, q int) float64 {
	var rates []float64
	for _, r := range rs {
		if t, ok := r.value(q); ok {
			rates = append(rates, t.sum/t.exposure)
		}
	}
	if len(rates) < 3 {
		return math.Inf(1)
	}
	slices.Sort(rates)
	return rates[len(rates)-1-int(math.Ceil(suspectTail*float64(len(rates))))]
}

func (p *peers) add(r *record, sign float64) {
	for q := range questions {
		t, ok := r.value(q)
		if !ok {
			continue
		}
		m := &p.share
		if q != askSelectivity {
			m = &p.count[q]
		}
		m.add(math.Min(t.sum/t.exposure, p.cap[q]), t.exposure, sign)
	}
	p.excess += sign * r.excess
	p.spread += sign * r.expectance
}

// today adds what an account did today and what its past let expect.
func (p *peers) today(r *record, d day, sign float64) {
	for q, n := range [2]int{d.unexplained, d.match} {
		if p.count[q].exposure == 0 {
			continue
		}
		mean := (p.count[q].sum + 0.5) / p.count[q].exposure
		rate, _ := ratePrior{mean, 4, 1}.posterior(r.counts[q])
		p.seen[q] += sign * float64(n)
		p.expected[q] += sign * rate * d.exposure()
	}
}

// fit is what a day of one account is held against.
type fit struct {
	rate   [2]ratePrior
	share  sharePrior
	season [2]float64 // how busy the day was for the peers
	askOdd bool       // enough is known of the peers' shares
}

// leaveOut fits the priors on an account's peers without itself: on its group
// where that is large enough, else on everybody.
func (d *detector) leaveOut(groups map[string]*peers, actor event.ActorID, today day) (fit, bool) {
	r := d.records[actor]
	for _, name := range []string{r.group, ""} {
		g := groups[name]
		if g == nil {
			continue
		}
		p := *g
		if !r.suspect && r.active > 0 {
			p.add(r, -1)
		}
		if p.count[askVolume].n < minPeers || p.count[askVolume].exposure < minExposure {
			continue
		}
		if !r.suspect {
			// Its share in the group's day was reckoned with the group's mean.
			q := *g
			q.today(r, today, -1)
			p.seen, p.expected = q.seen, q.expected
		}
		return d.fit(p), true
	}
	return fit{season: [2]float64{1, 1}}, false
}

func (d *detector) fit(p peers) fit {
	var f fit
	least, most := float64(d.set.Spread.Least), float64(d.set.Spread.Most)
	dispersion := clamp((p.excess+20)/(p.spread+20), 1, 5)
	for q := range f.rate {
		noise := dispersion
		if q == askAttribute {
			noise = 1
		}
		mean, cv2 := p.count[q].spread(func(float64) float64 { return noise }, least, most)
		f.rate[q] = ratePrior{mean: mean, shape: 1 / cv2, dispersion: noise}
		const steady = 20 // counts below which a day's mood is not believed
		f.season[q] = clamp((math.Max(p.seen[q], 0)+steady)/(math.Max(p.expected[q], 0)+steady), 0.5, 3)
	}
	if p.share.n >= minPeers && p.share.exposure >= minExposure {
		mean, cv2 := p.share.spread(func(m float64) float64 { return 1 - math.Min(m, 0.99) }, least/2, most)
		mean = clamp(mean, 1e-4, 0.95)
		f.share = sharePrior{mean, math.Max((1-mean)/(mean*cv2)-1, 0.5)}
		f.askOdd = true
	}
	return f
}

// step multiplies an account's statistics by the day's increments.
func (d *detector) step(r *record, t day, f fit) {
	leaks, odds := d.set.LeakPerDay, d.set.OddsRatios
	for q, n := range [2]int{t.unexplained, t.match} {
		if r.stat[q] == nil {
			r.stat[q] = make([]float64, 2*len(leaks))
		}
		p, exposure := f.rate[q], t.exposure()*f.season[q]
		null := p.null(n, exposure, r.counts[q])
		own, _ := p.posterior(r.counts[q].minus(r.recentCount(q)))
		for b, base := range [2]float64{p.mean, own} {
			for i, leak := range leaks {
				raise(&r.stat[q][b*len(leaks)+i], p.leak(n, base*exposure, float64(leak))-null)
			}
		}
		if q == askVolume {
			rate, shape := p.posterior(r.counts[q])
			mean := rate * exposure
			r.excess += (float64(n) - mean) * (float64(n) - mean)
			r.expectance += mean + mean*mean/shape
		}
	}
	if !f.askOdd {
		return
	}
	if r.stat[askSelectivity] == nil {
		r.stat[askSelectivity] = make([]float64, 2*len(odds))
	}
	null := f.share.null(t.match, t.unexplained, r.share)
	a, b := f.share.posterior(r.share.minus(r.recentShare()))
	for k, base := range [2]float64{f.share.mean, a / (a + b)} {
		for i, ratio := range odds {
			raise(&r.stat[askSelectivity][k*len(odds)+i], leakShare(t.match, t.unexplained, base, float64(ratio))-null)
		}
	}
}

// raise is one step of a Shiryaev–Roberts statistic over one agent-day.
func raise(stat *float64, logIncrement float64) {
	*stat = math.Min((*stat+1)*math.Exp(logIncrement), 1e300)
}

// judge raises the alarm when the average over all questions, baselines and
// alternatives reaches the budget.
func (d *detector) judge(r *record, f fit) (finding, bool) {
	var total, best float64
	top := askVolume
	for q := range r.stat {
		var sum float64
		for _, s := range r.stat[q] {
			sum += s
		}
		if len(r.stat[q]) > 0 {
			sum /= float64(len(r.stat[q]))
		}
		total += sum
		if sum > best {
			best, top = sum, q
		}
	}
	odds := total / questions
	if odds < d.gamma {
		return finding{}, false
	}
	for q := range r.stat {
		clear(r.stat[q])
	}
	r.suspect = true
	out := finding{odds: odds, rule: [...]string{RuleVolume, RuleAttribute, RuleSelectivity}[top]}
	out.ids = slices.Clone(r.ids[min(top, askAttribute)])
	var exposure float64
	out.days = min(r.active, recentDays)
	for _, t := range r.recent[:out.days] {
		out.seen.unexplained += t.day.unexplained
		out.seen.match += t.day.match
		exposure += t.day.exposure()
	}
	out.ordinary = [questions]float64{f.rate[0].mean * exposure, f.rate[1].mean * exposure, f.share.mean}
	return out, true
}

// learn adds a day to an account's past.
func (r *record) learn(t day, f fit) {
	d := dayTally{day: t, share: tally{float64(t.match), float64(t.unexplained)}}
	for q, n := range [2]int{t.unexplained, t.match} {
		d.counts[q] = tally{float64(n), t.exposure() * f.season[q]}
		r.counts[q] = r.counts[q].plus(d.counts[q])
	}
	r.share = r.share.plus(d.share)
	r.recent[r.next] = d
	r.next = (r.next + 1) % recentDays
	r.active++
}

func (r *record) recentCount(q int) tally {
	var sum tally
	for _, t := range r.recent {
		sum = sum.plus(t.counts[q])
	}
	return sum
}

func (r *record) recentShare() tally {
	var sum tally
	for _, t := range r.recent {
		sum = sum.plus(t.share)
	}
	return sum
}
