package sim

import (
	"math"
	"math/rand/v2"

	"github.com/menshen-io/menshen/event"
)

// Counts is a desk by its counts alone: who viewed how many customers a day,
// and how many of them had a bad review. It is what the statistics of the watch
// see of a desk, at a thousandth of the cost, for measurements over tens of
// thousands of agent-years.
type Counts struct {
	opt    CountOptions
	c      chance
	day    int
	agents []countAgent
	busy   float64   // today's mood
	low    []float64 // today's share of bad reviews, by queue
	closes []int     // first day of a hotel's closing, by queue
	booms  []int     // first day of a campaign, by queue
	out    []CountDay
}

// CountOptions shape a desk. Rates are customers a working day.
type CountOptions struct {
	Seed   uint64
	Agents int
	Days   int // working days

	Rate     float64 // customers without a reason, the mean over agents
	RateCV   float64 // between agents
	Low      float64 // share of bad reviews among them
	LowCV    float64 // between agents
	Seasons  bool    // busy and quiet weeks, for all alike
	Closing  bool    // now and then a hotel closes: bad reviews in one queue, for two to three weeks
	Campaign bool    // now and then twice the work and the looking around in one queue, for two weeks
	Careless float64 // share of agents who look around four to eight times as much
	Turnover bool    // a quarter leave in a year and are replaced; new ones look around twice as much for a month
	Leave    bool    // weeks away, twice a year
	Unsteady float64 // coefficient of variation of an agent's own days
	Leaks    []CountLeak
}

// CountLeak is one agent's.
type CountLeak struct {
	Agent int
	Kind  string // LeakSteady, LeakPausing, LeakMimic or LeakHiding
	Rate  float64
	From  int // day
}

// CountDay is one agent's day.
type CountDay struct {
	Agent   int // position
	Actor   event.ActorID
	Partner event.PartnerID
	Queue   string
	Joined  bool // first day
	Left    bool // last day

	Explained, ExplainedLow, Unexplained, UnexplainedLow int

	Leaked int     // of these, for a broker
	Usual  float64 // mean of UnexplainedLow today without any leak: what only an oracle knows
}

type countAgent struct {
	id          event.ActorID
	number      int
	queue       int
	partner     event.PartnerID
	joined      int
	leaves      int
	work        float64
	rate, low   float64
	lowWork     float64
	leave       int // first day of the next weeks away
	leaks       []CountLeak
	careless    bool
	generations int
}

const (
	countQueues   = 3
	countPartners = 4
	workMean      = 29.0
)

// NewCounts makes the desk of o.
func NewCounts(o CountOptions) *Counts {
	w := &Counts{opt: o, c: chance{rand.New(rand.NewPCG(mix(o.Seed), mix(o.Seed+1)))}, busy: 1}
	for range countQueues {
		w.low = append(w.low, o.Low)
		w.closes = append(w.closes, 40+w.c.IntN(200))
		w.booms = append(w.booms, 20+w.c.IntN(200))
	}
	for i := range o.Agents {
		a := w.hire(i)
		a.joined = 0
		a.leaves = math.MaxInt
		if o.Turnover {
			a.leaves = 1 + int(w.c.ExpFloat64()*4*workingYear)
		}
		w.agents = append(w.agents, a)
	}
	for _, l := range o.Leaks {
		a := &w.agents[l.Agent]
		a.leaks = append(a.leaks, l)
		a.leaves = math.MaxInt // a thief stays
	}
	return w
}

const workingYear = 250

func (w *Counts) hire(position int) countAgent {
	c := w.c
	a := countAgent{
		number: position, queue: position % countQueues,
		partner: event.PartnerID(number("bpo-", position/countQueues%countPartners+1, 1)),
		work:    min(max(c.gamma(workMean, 0.3), 8), 70), rate: c.gamma(w.opt.Rate, w.opt.RateCV), low: c.gamma(1, w.opt.LowCV), lowWork: c.gamma(1, 0.2),
		leave: c.IntN(workingYear / 2), careless: c.happens(w.opt.Careless),
	}
	if a.careless {
		a.rate *= c.between(4, 8)
	}
	a.id = event.ActorID(number("agent-", position+1, 4))
	return a
}

// Next plays the next day and returns it by agent; nil after the last. The
// slice is valid until the next call.
func (w *Counts) Next() []CountDay {
	if w.day == w.opt.Days {
		return nil
	}
	w.mood()
	w.out = w.out[:0]
	for i := range w.agents {
		if d, works := w.agentDay(&w.agents[i]); works {
			w.out = append(w.out, d)
		}
	}
	w.day++
	return w.out
}

// mood draws what today is like for all.
func (w *Counts) mood() {
	c := w.c
	if w.opt.Seasons {
		w.busy = math.Exp(0.9*math.Log(w.busy) + 0.08*c.NormFloat64())
	}
	for q := range w.low {
		w.low[q] = w.opt.Low
		if w.opt.Closing {
			switch since := w.day - w.closes[q]; {
			case since >= 15:
				w.closes[q] = w.day + 100 + c.IntN(200)
			case since >= 0:
				w.low[q] = min(w.opt.Low*(2+6*math.Sin(math.Pi*float64(since+1)/16)), 0.5)
			}
		}
		if w.opt.Campaign && w.day >= w.booms[q]+10 {
			w.booms[q] = w.day + 80 + c.IntN(200)
		}
	}
}

// away says whether an agent is on leave, and plans the next.
func (w *Counts) away(a *countAgent) bool {
	if !w.opt.Leave || w.day < a.leave {
		return false
	}
	if w.day >= a.leave+15 {
		a.leave = w.day + 80 + w.c.IntN(90)
		return false
	}
	return true
}

func (w *Counts) agentDay(a *countAgent) (CountDay, bool) {
	if w.away(a) || w.day < a.joined {
		return CountDay{}, false
	}
	c, o := w.c, &w.opt
	d := CountDay{Agent: a.number, Actor: a.id, Partner: a.partner, Queue: number("q-", a.queue+1, 1), Joined: w.day == a.joined, Left: w.day == a.leaves}
	look, work := w.busy, a.work
	if o.Campaign && w.day >= w.booms[a.queue] && w.day < w.booms[a.queue]+10 {
		look, work = look*2, work*1.5
	}
	if o.Turnover && a.generations > 0 && w.day < a.joined+20 {
		look *= 2
	}
	if o.Unsteady > 0 {
		look *= c.gamma(1, o.Unsteady)
	}
	low := min(w.low[a.queue]*a.low, 0.9)
	others := a.rate * look * (1 - low)
	d.Usual = a.rate * look * low
	// Among tickets there are twice as many bad reviews: they give work. Some
	// agents and some days get more of it than others.
	lowWork := min(2*w.low[a.queue]*a.lowWork*c.gamma(1, 0.2), 0.6)
	d.ExplainedLow, d.Explained = c.poisson(work*lowWork), c.poisson(work*(1-lowWork))
	d.UnexplainedLow = c.poisson(d.Usual)
	for _, l := range a.leaks {
		n, on := w.leak(l)
		d.Leaked += n
		switch l.Kind {
		case LeakHiding:
			d.ExplainedLow += n
			d.Explained = max(d.Explained-n, 0)
		case LeakMimic:
			d.UnexplainedLow += n
			if on {
				others = max(others-l.Rate, 0)
			}
		default:
			d.UnexplainedLow += n
		}
	}
	d.Unexplained = c.poisson(others) + d.UnexplainedLow
	d.Explained += d.ExplainedLow
	if d.Left {
		old := *a
		*a = w.hire(a.number)
		a.generations = old.generations + 1
		a.queue, a.partner = old.queue, old.partner
		a.id = event.ActorID(string(old.id) + "'")
		a.joined = w.day + 1 + c.IntN(10)
		a.leaves = a.joined + 1 + int(c.ExpFloat64()*4*workingYear)
	}
	return d, true
}

// leak draws what a leak takes today, if it is on.
func (w *Counts) leak(l CountLeak) (n int, on bool) {
	since := w.day - l.From
	if since < 0 || l.Kind == LeakPausing && since%30 >= 15 {
		return 0, false
	}
	return w.c.poisson(l.Rate), true
}
