package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/watch"
)

// detector is one way of watching a desk by its counts. It returns the agents
// that it raises the alarm for, by position; a partner's alarm is -1.
type detector interface {
	day(agents []sim.CountDay) []int
}

// leakSizes are what the mixtures look for, and how much each counts: as the
// hotel desk's pack has it.
func leakSizes() (sizes, parts []float64) {
	sizes = []float64{0.2, 0.45, 1, 2.2, 5}
	var all float64
	for _, s := range sizes {
		parts = append(parts, 1/s)
		all += 1 / s
	}
	for i := range parts {
		parts[i] /= all
	}
	return sizes, parts
}

// ours is Menshen's own statistics, with the pack that is given.
type ours struct {
	daily    *watch.Daily
	position map[event.ActorID]int
	rules    map[string]int
}

func newOurs(pack *watch.Pack) *ours {
	return &ours{daily: watch.NewDaily(pack), position: map[event.ActorID]int{}, rules: map[string]int{}}
}

func (o *ours) day(agents []sim.CountDay) []int {
	for i := range agents {
		a := &agents[i]
		if _, ok := o.position[a.Actor]; !ok {
			o.position[a.Actor] = a.Agent
			o.daily.Join(&event.StaffJoined{Actor: a.Actor, Partner: a.Partner, Role: "agent", Queues: []string{a.Queue}})
		}
		o.daily.Add(a.Actor, a.Queue, watch.Counts{Explained: a.Explained, ExplainedWith: a.ExplainedLow,
			Unexplained: a.Unexplained, UnexplainedWith: a.UnexplainedLow})
	}
	var out []int
	for _, alarm := range o.daily.Close() {
		o.rules[alarm.Rule]++
		if alarm.Actor == "" {
			out = append(out, -1)
		} else {
			out = append(out, o.position[alarm.Actor])
		}
	}
	for i := range agents {
		if agents[i].Left {
			o.daily.Leave(agents[i].Actor)
			delete(o.position, agents[i].Actor)
		}
	}
	return out
}

// known is a mixture Shiryaev–Roberts statistic that is told every agent's rate
// of every day: what the mixture alone costs beside the oracle.
type known struct {
	gamma float64
	stat  map[event.ActorID]*[5]float64
}

func (k *known) day(agents []sim.CountDay) []int { return mixtureDay(k.stat, agents, k.gamma, nil) }

// oneRate is the same with one rate for everybody, the mean so far: the null
// that looks right and is not.
type oneRate struct {
	gamma     float64
	stat      map[event.ActorID]*[5]float64
	sum, days float64
}

func (r *oneRate) day(agents []sim.CountDay) []int {
	rate := (r.sum + 0.5) / (r.days + 5)
	for i := range agents {
		r.sum += float64(agents[i].UnexplainedLow)
		r.days++
	}
	return mixtureDay(r.stat, agents, r.gamma, &rate)
}

// mixtureDay steps the statistics of all agents against a common rate, or each
// its own when that is nil.
func mixtureDay(stats map[event.ActorID]*[5]float64, agents []sim.CountDay, gamma float64, common *float64) []int {
	sizes, parts := leakSizes()
	var out []int
	for i := range agents {
		a := &agents[i]
		s := stats[a.Actor]
		if s == nil {
			s = new([5]float64)
			stats[a.Actor] = s
		}
		mean := a.Usual
		if common != nil {
			mean = *common
		}
		var sum float64
		for j, leak := range sizes {
			s[j] = (s[j] + 1) * math.Exp(float64(a.UnexplainedLow)*math.Log1p(leak/mean)-leak)
			sum += parts[j] * s[j]
		}
		if sum >= gamma {
			*s = [5]float64{}
			out = append(out, a.Agent)
		}
	}
	return out
}

// cusum is Page's test for one size of leak. With limits it is the oracle: it
// knows every rate of every day, and a threshold made for that rate.
type cusum struct {
	leak      float64
	limit     func(rate float64) float64
	oracle    bool
	stat      map[event.ActorID]float64
	sum, days float64
}

func (c *cusum) day(agents []sim.CountDay) []int {
	common := (c.sum + 0.5) / (c.days + 5)
	var out []int
	for i := range agents {
		a := &agents[i]
		c.sum += float64(a.UnexplainedLow)
		c.days++
		mean := common
		if c.oracle {
			mean = a.Usual
		}
		s := math.Max(c.stat[a.Actor], 0) + float64(a.UnexplainedLow)*math.Log1p(c.leak/mean) - c.leak
		if s >= c.limit(mean) {
			s = 0
			out = append(out, a.Agent)
		}
		c.stat[a.Actor] = s
	}
	return out
}

// zScore is the rule of many products: today's volume of views without a reason
// is so many standard deviations over the account's own last weeks.
type zScore struct {
	over float64
	last map[event.ActorID][]float64
}

func (z *zScore) day(agents []sim.CountDay) []int {
	const weeks = 28
	var out []int
	for i := range agents {
		a := &agents[i]
		past := z.last[a.Actor]
		if len(past) >= 10 {
			var mean, square float64
			for _, v := range past {
				mean += v / float64(len(past))
			}
			for _, v := range past {
				square += (v - mean) * (v - mean) / float64(len(past)-1)
			}
			if float64(a.Unexplained)-mean > z.over*math.Max(math.Sqrt(square), 0.5) {
				out = append(out, a.Agent)
			}
		}
		if len(past) == weeks {
			past = past[:copy(past, past[1:])]
		}
		z.last[a.Actor] = append(past, float64(a.Unexplained))
	}
	return out
}

// cusumLimits gives the threshold of a CUSUM for a leak at which it raises one
// false alarm in so many days, by the rate; between the computed rates it goes
// along a line.
func cusumLimits(leak, days float64) func(rate float64) float64 {
	var logs, limits []float64
	for _, rate := range []float64{0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28} {
		lo, hi := 0.5, 16.0
		for range 18 {
			if h := (lo + hi) / 2; cusumRunLength(rate, leak, h) < days {
				lo = h
			} else {
				hi = h
			}
		}
		logs, limits = append(logs, math.Log(rate)), append(limits, (lo+hi)/2)
	}
	return func(rate float64) float64 {
		x := math.Log(rate)
		i, _ := slices.BinarySearch(logs, x)
		i = min(max(i, 1), len(logs)-1)
		f := min(max((x-logs[i-1])/(logs[i]-logs[i-1]), 0), 1)
		return limits[i-1] + f*(limits[i]-limits[i-1])
	}
}

// cusumRunLength is the mean number of days between false alarms of a CUSUM
// with threshold h, by the Markov chain over its values (Brook & Evans,
// Biometrika 1972).
func cusumRunLength(rate, leak, h float64) float64 {
	const n = 120
	up, step := math.Log1p(leak/rate), h/n
	m := make([][]float64, n) // (I-Q) L = 1
	for i := range m {
		m[i] = make([]float64, n+1)
		m[i][i], m[i][n] = 1, 1
		p := math.Exp(-rate)
		for x := range 60 {
			s := math.Max(0, float64(i)*step+up*float64(x)-leak)
			if s >= h {
				break
			}
			j := int(s / step)
			f := s/step - float64(j)
			m[i][j] -= p * (1 - f)
			if j+1 < n {
				m[i][j+1] -= p * f
			}
			p *= rate / float64(x+1)
		}
	}
	return solveFirst(m)
}

// solveFirst solves a linear system by elimination and returns the first
// unknown; the last column is the right side.
func solveFirst(m [][]float64) float64 {
	n := len(m)
	for c := n - 1; c >= 0; c-- { // backwards, so that the first unknown is what is left
		best := c
		for r := range c {
			if math.Abs(m[r][c]) > math.Abs(m[best][c]) {
				best = r
			}
		}
		m[c], m[best] = m[best], m[c]
		for r := range c {
			f := m[r][c] / m[c][c]
			if f == 0 {
				continue
			}
			for k := range c {
				m[r][k] -= f * m[c][k]
			}
			m[r][n] -= f * m[c][n]
		}
	}
	return m[0][n] / m[0][0]
}

// poissonInterval is the exact 95 % interval of a mean, given a count (Garwood
// 1936).
func poissonInterval(n int) (lo, hi float64) {
	tail := func(mean float64, upTo int) float64 {
		p, sum := math.Exp(-mean), 0.0
		for k := 0; k <= upTo; k++ {
			sum += p
			p *= mean / float64(k+1)
		}
		return sum
	}
	find := func(want float64, upTo int) float64 {
		a, b := 0.0, float64(n)+10*math.Sqrt(float64(n)+1)+10
		for range 60 {
			if mid := (a + b) / 2; tail(mid, upTo) > want {
				a = mid
			} else {
				b = mid
			}
		}
		return (a + b) / 2
	}
	if n > 600 { // exp(-mean) would vanish
		s := 1.96 * math.Sqrt(float64(n))
		return float64(n) - s, float64(n) + s
	}
	if n > 0 {
		lo = find(0.975, n-1)
	}
	return lo, find(0.025, n)
}

func perThousandYears(n int, agentDays float64) string {
	lo, hi := poissonInterval(n)
	scale := 1000 * workingYear / agentDays
	return fmt.Sprintf("%s (%s–%s)", short(float64(n)*scale), short(lo*scale), short(hi*scale))
}

func short(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

const workingYear = 250
