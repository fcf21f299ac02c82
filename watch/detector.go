package watch

import (
	"math"
	"slices"

	"github.com/menshen-io/menshen/event"
)

const (
	minPeers    = 5
	minExposure = 30  // of the peers together, about agent-days
	usualWork   = 20. // customers with a reason that make one unit of exposure
	floorWork   = 3.
	suspectTail = 0.05 // share of the highest rates that is winsorised in a fit
	refit       = 7    // days between two looks for the highest rates
)

// detector holds the daily tests. Its exported fields are its state.
type detector struct {
	set     Statistics
	gamma   float64
	weights weights
	attrs   *attributes

	byActor map[event.ActorID]*account
	order   []*account // by actor, so that sums of floats do not depend on the order of a map

	Groups, Partners, Queues names

	Days     int
	Peers    []*peers // by group+1; 0 is everybody
	Shares   []shares // by queue
	Noise    [counts]noise
	Partner  noise // of partners' days
	CellDays [kinds]noise
	Elastic  elasticity
	Drift    []drift // by partner

	trial []trial // today's, kept for its memory
}

func newDetector(p *Pack) *detector {
	return &detector{
		set: p.Statistics, gamma: float64(p.Budget.AgentDays), weights: weigh(p), attrs: newAttributes(p.Statistics),
		byActor: make(map[event.ActorID]*account), Peers: []*peers{newPeers()},
	}
}

// names numbers what has a name, in the order of appearance.
type names struct {
	List []string
	no   map[string]int32
}

func (n *names) number(name string) int32 {
	if n.no == nil {
		n.no = make(map[string]int32)
		for i, s := range n.List {
			n.no[s] = int32(i)
		}
	}
	i, ok := n.no[name]
	if !ok {
		i = int32(len(n.List))
		n.List = append(n.List, name)
		n.no[name] = i
	}
	return i
}

// noise is by how much days differ beyond chance, relative to their mean, over
// all accounts.
type noise struct{ Excess, Square float64 }

// days is the relative variance of one account's days.
func (n noise) days() float64 { return clamp(n.Excess/(n.Square+20), 0, 1) }

// learn takes a day of one that is known for so many days; a day, however odd,
// counts for so much only.
func (n *noise) learn(known int32, seen, mean, shape float64) {
	if known < block {
		return
	}
	expected := mean + mean*mean/shape
	n.Excess += math.Min((seen-mean)*(seen-mean), 16*expected) - expected
	n.Square += mean * mean
}

// account returns what is kept of an account.
func (d *detector) account(actor event.ActorID) *account {
	a := d.byActor[actor]
	if a == nil {
		a = &account{Actor: actor, Group: d.group(""), Partner: d.Partners.number("")}
		d.byActor[actor] = a
		i, _ := slices.BinarySearchFunc(d.order, actor, func(a *account, id event.ActorID) int {
			return compare(a.Actor, id)
		})
		d.order = slices.Insert(d.order, i, a)
	}
	return a
}

func compare(a, b event.ActorID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (d *detector) group(name string) int32 {
	i := d.Groups.number(name)
	for len(d.Peers) <= int(i)+1 {
		d.Peers = append(d.Peers, newPeers())
	}
	return i
}

// move puts an account among other peers. Its statistics start again, as what
// was ordinary there says little here.
func (d *detector) move(actor event.ActorID, group, partner string) {
	a, g := d.account(actor), d.group(group)
	a.Partner = d.Partners.number(partner)
	if a.Group != g {
		a.Group = g
		a.reset()
	}
}

// drop forgets an account that is gone; its past stays out of later fits.
func (d *detector) drop(actor event.ActorID) {
	a := d.byActor[actor]
	if a == nil {
		return
	}
	delete(d.byActor, actor)
	d.order = slices.DeleteFunc(d.order, func(o *account) bool { return o == a })
}

// trial is one account's day as it is tested.
type trial struct {
	a       *account
	day     day
	asked   bool // enough is known of its peers
	part    bool // it is in its peers' sums
	prior   [counts]prior
	work    float64         // usual, a day
	more    float64         // log of today's over the usual
	busy    float64         // how much more the peers looked around today
	usually [counts]float64 // exposure: what a count is compared over
	doubt   [counts]float64 // relative variance of usually

	usual   [kinds][maxCells]float64 // share of each value in its queues today
	unclear [kinds][maxCells]float64 // relative variance of usual
}

// closeDay tests every account that worked today, learns from the day and
// returns the alarms, by account, then by partner.
func (d *detector) closeDay() []finding {
	d.measure()
	d.gather()
	var found []finding
	for i := range d.trial {
		t := &d.trial[i]
		d.sharesOf(t)
		d.compare(t)
		if t.asked {
			d.testCounts(t)
			d.testCells(t)
		}
		d.learn(t)
		found = append(found, d.judge(t)...)
	}
	found = append(found, d.closePartners()...)
	d.endDay()
	return found
}

// gather takes everybody's day and sums it up by group, partner and queue.
func (d *detector) gather() {
	d.trial = d.trial[:0]
	d.Shares = slices.Grow(d.Shares, max(0, len(d.Queues.List)-len(d.Shares)))
	for len(d.Shares) < len(d.Queues.List) {
		d.Shares = append(d.Shares, shares{})
	}
	for _, a := range d.order {
		if len(a.Today) == 0 && a.Refused == 0 {
			continue
		}
		for k := range kinds {
			for len(a.Cells[k]) < len(d.attrs.Cells) {
				a.Cells[k] = append(slices.Grow(a.Cells[k], len(d.attrs.Cells)-len(a.Cells[k])), cellState{})
			}
		}
		t := trial{a: a, day: a.day(), part: a.measures()}
		t.prior, t.asked = d.priors(a)
		d.workOf(&t)
		d.trial = append(d.trial, t)
		if !t.part {
			continue
		}
		for i := range a.Today {
			d.Shares[a.Today[i].Queue].today(&a.Today[i], a.Partner)
		}
		if t.asked {
			d.Peers[a.Group+1].Season.today(float64(t.day.count[askVolume]), d.usualVolume(&t))
		}
	}
}

// elasticity is whether looking around grows with the work, learned from all
// accounts: by the likelihood of their days if it does not, if it does by half,
// and if it does in full.
type elasticity struct{ LogLikelihood [3]float64 }

// exponent returns the best of the three and how far the truth may be from it.
func (e *elasticity) exponent() (exponent, doubt float64) {
	best := 1
	for i, l := range e.LogLikelihood {
		if l > e.LogLikelihood[best]+3 {
			best = i
		}
	}
	if best == 1 {
		return 0.5, 0.5
	}
	return float64(best) / 2, 0.1
}

// learn holds a day against the three.
func (e *elasticity) learn(n int, usual, more float64) {
	for i := range e.LogLikelihood {
		x := float64(i) / 2 * more
		e.LogLikelihood[i] += float64(n)*x - usual*math.Exp(x)
	}
}

// workOf finds how much an account worked today.
func (d *detector) workOf(t *trial) {
	work := math.Max(float64(t.day.views[explained]), floorWork) / usualWork
	if t.a.Work == 0 {
		t.a.Work = float32(work)
	}
	t.work = float64(t.a.Work)
	t.more = math.Log(work / t.work)
	exponent, doubt := d.Elastic.exponent()
	t.usually = [counts]float64{t.work * math.Exp(exponent*t.more), 0, 1}
	t.doubt = [counts]float64{doubt * doubt * t.more * t.more, 0, 0}
	t.a.Work += float32((work - t.work) / 20)
}

// usualVolume is how many customers an account's own past lets expect without a
// reason on an ordinary day.
func (d *detector) usualVolume(t *trial) float64 {
	past := t.a.Counts[askVolume].Past.all()
	return t.prior[askVolume].learned(past, d.Noise[askVolume].days(), t.work).mean * t.usually[askVolume]
}

// compare finds what each count of an account's day is compared over: its work
// on a day as busy as its peers'; for the attribute, the customers with it that
// its other customers without a reason, whom no thief picked, let expect.
func (d *detector) compare(t *trial) {
	if !t.asked {
		return
	}
	busy, doubt := d.busy(t)
	t.busy = busy
	t.usually[askVolume] *= busy
	t.doubt[askVolume] += doubt
	share, unclear := d.attributeShare(t)
	if share == 0 || share > common {
		return
	}
	p := t.prior[askVolume]
	p.mean *= 1 - share
	others := p.learned(t.a.Others.all(), d.Noise[askVolume].days(), t.work)
	t.usually[askAttribute] = others.mean * t.usually[askVolume] * share / (1 - share)
	t.doubt[askAttribute] = t.doubt[askVolume] + 1/others.shape + unclear
}

// testCounts multiplies the statistics of the counts by the day's increments.
func (d *detector) testCounts(t *trial) {
	for q := range t.day.count {
		c, n, exposure := &t.a.Counts[q], t.day.count[q], t.usually[q]
		if exposure == 0 {
			idle(c.Stat[:])
			continue
		}
		days := d.Noise[q].days()
		p := t.prior[q]
		own := p.learned(c.Past.all(), days, exposure)
		mean := own.mean * exposure
		day := days + t.doubt[q]
		null := logCount(n, mean, own.uncertain(day).shape)
		if q != askAttribute { // whose exposure has the carelessness in it
			null = c.orCareless(n, null, p.careless().learned(c.Past.all(), days, exposure), exposure, day)
		}
		leaks := d.set.LeakPerDay
		for b, base := range [2]float64{p.learned(c.Past.old(), days, exposure).mean, p.mean} {
			for i, leak := range leaks {
				ordinary, more := base*exposure, float64(leak)
				if q == askRefusals {
					more *= refusalsPerLeak
				}
				rate := ordinary + more
				if rate <= mean { // fewer than ordinary is no sign of a leak
					c.Stat[b*len(leaks)+i]++
					continue
				}
				spread := day * (ordinary / rate) * (ordinary / rate)
				raise(&c.Stat[b*len(leaks)+i], logCount(n, rate, 1/spread)-null)
			}
		}
		if t.part && q == askVolume {
			d.Elastic.learn(n, own.mean*t.work*t.busy, t.more)
		}
		if t.part {
			d.Noise[q].learn(t.a.Active, float64(n), mean, own.uncertain(t.doubt[q]).shape)
		}
	}
}

// orCareless widens the null by the chance that the account is careless, which
// it learns.
func (c *countState) orCareless(n int, null float64, careless prior, exposure, day float64) float64 {
	loose := logCount(n, careless.mean*exposure, careless.uncertain(day).shape)
	odds := float64(c.Careless) + math.Log(carelessShare/(1-carelessShare))
	c.Careless = float32(clamp(float64(c.Careless)+loose-null, -30, 30))
	return mix(null, loose, 1/(1+math.Exp(-odds)))
}

// refusalsPerLeak scales the sizes of leak to closed doors: who guesses, guesses
// more often than a thief looks.
const refusalsPerLeak = 10

// testCells does the same for the shares of the attributes' values.
func (d *detector) testCells(t *trial) {
	everyone := d.Peers[0]
	for k := range kinds {
		n := t.day.views[k]
		days := d.CellDays[k].days()
		for c := range t.a.Cells[k] {
			s, usual := &t.a.Cells[k][c], t.usual[k][c]
			if usual == 0 || usual > common || n == 0 {
				idle(s.Stat[:])
				continue
			}
			p := everyone.sharePrior(k, c, d.set.Spread)
			hits := int(t.day.hits[k][c])
			own := p.learned(s.Past.all(), days, usual*float64(n))
			share := clamp(own.mean*usual, 1e-6, 0.98)
			mean := share * float64(n)
			null := logShare(hits, n, share, own.uncertain(days+t.unclear[k][c]).shape)
			if k == unexplained {
				for i, odds := range d.set.OddsRatios {
					more(&s.Stat[i], hits, n, shifted(clamp(usual, 1e-6, 0.9), float64(odds)), share, null)
				}
			} else {
				base := clamp(p.learned(s.Past.old(), days, usual*float64(n)).mean*usual, 1e-6, 0.9)
				for i, leak := range d.set.LeakPerDay {
					add := float64(leak) * (1 - base) / math.Max(float64(n), floorWork)
					more(&s.Stat[i], hits, n, clamp(base+add, 1e-6, 0.98), share, null)
				}
			}
			if c == 0 && t.part {
				d.CellDays[k].learn(t.a.Active, float64(hits), mean, own.uncertain(t.unclear[k][c]).shape)
			}
		}
	}
}

// common is the share of a queue from which on a value is nothing that a thief
// would have to look for.
const common = 0.5

// raise is one step of a Shiryaev–Roberts statistic over one agent-day.
func raise(stat *float32, logIncrement float64) {
	*stat = float32(math.Min((float64(*stat)+1)*math.Exp(logIncrement), 1e30))
}

// more is the step of a share against a larger one; one that is not larger is no
// sign of a choice.
func more(stat *float32, hits, n int, larger, share, null float64) {
	if larger <= share {
		*stat++
		return
	}
	raise(stat, logFixed(hits, n, larger)-null)
}

// idle is the step of a day that says nothing.
func idle(stats []float32) {
	for i := range stats {
		stats[i]++
	}
}

// learn adds a day to an account's past.
func (d *detector) learn(t *trial) {
	a := t.a
	for q := range t.day.count {
		a.Counts[q].Past.add(float64(t.day.count[q]), t.usually[q])
	}
	a.Others.add(float64(t.day.count[askVolume]-t.day.count[askAttribute]), t.usually[askVolume])
	for k := range kinds {
		for c := range a.Cells[k] {
			if t.usual[k][c] > 0 {
				a.Cells[k][c].Past.add(float64(t.day.hits[k][c]), float64(t.day.views[k])*t.usual[k][c])
			}
		}
	}
	a.Active++
	if a.Active%block == 0 {
		for q := range a.Counts {
			a.Counts[q].Past.turn()
		}
		a.Others.turn()
		for k := range kinds {
			for c := range a.Cells[k] {
				a.Cells[k][c].Past.turn()
			}
		}
	}
	a.Today, a.Refused = a.Today[:0], 0
}

// endDay carries the day's sums into what tomorrow is held against.
func (d *detector) endDay() {
	d.Days++
	for _, p := range d.Peers {
		p.Season.endDay()
	}
	for i := range d.Shares {
		d.Shares[i].endDay()
	}
	d.attrs.settle()
}
