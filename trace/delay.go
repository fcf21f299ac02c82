package trace

import (
	"math"
	"time"
)

// Where many views of harmed customers are known, how long a view lies before the
// harm tells as well: a leak has a pace, work has another. The pace of the leak is
// one of a few gamma densities of shape 2 or unknown; that of work is what the
// views of harmed customers show, nearly all of which are work.
const pairsForDelay = 60 // accounts that viewed a harmed customer, summed over these

// paces is the grid of mean days from the view to the harm.
func paces() []float64 { return []float64{2, 7, 20, 60} }

// lagEdges are the ends of the bins of delay, in days.
func lagEdges() []float64 { return []float64{0.25, 1, 2, 4, 8, 16, 32, 64, 128} }

// delays holds by pace and bin how much likelier a leak is to leave that delay than
// work is. The first pace is the unknown one.
type delays struct {
	edges []float64
	ratio [][]float64
}

func (d *delays) bin(lag time.Duration) int {
	days := lag.Hours() / 24
	i := 0
	for i < len(d.edges) && days > d.edges[i] {
		i++
	}
	return i
}

// newDelays learns from the delays of all accounts at all harmed customers; each
// of pairs has the delays of one account at one customer.
func newDelays(pairs [][]time.Duration) delays {
	d := delays{edges: lagEdges()}
	flat := make([]float64, len(d.edges)+1)
	for i := range flat {
		flat[i] = 1
	}
	d.ratio = [][]float64{flat}
	if len(pairs) < pairsForDelay {
		return d
	}
	work := make([]float64, len(flat))
	for _, lags := range pairs {
		for _, lag := range lags {
			work[d.bin(lag)] += 1 / float64(len(lags))
		}
	}
	bins := 0
	for _, n := range work {
		if n > 0 {
			bins++
		}
	}
	if bins < 2 {
		return d
	}
	for i, n := range work {
		if n > 0 { // one more for each, so that a rare delay does not tell all
			work[i] = (n + 1) / float64(len(pairs)+bins)
		}
	}
	for _, mean := range paces() {
		leak, total := make([]float64, len(work)), 0.0
		for i, n := range work {
			if n == 0 {
				continue
			}
			lo, hi := 0.0, 1.0
			if i > 0 {
				lo = gamma2(d.edges[i-1] / mean)
			}
			if i < len(d.edges) {
				hi = gamma2(d.edges[i] / mean)
			}
			leak[i] = hi - lo
			total += leak[i]
		}
		for i, n := range work {
			if n > 0 {
				leak[i] /= total * n
			}
		}
		d.ratio = append(d.ratio, leak)
	}
	return d
}

// mean is the mean ratio of delays at a pace, 0 for none.
func (d *delays) mean(pace int, lags []time.Duration) float64 {
	if len(lags) == 0 {
		return 0
	}
	sum := 0.0
	for _, lag := range lags {
		sum += d.ratio[pace][d.bin(lag)]
	}
	return sum / float64(len(lags))
}

// gamma2 is the distribution function of a gamma variable of shape 2 and mean 1.
func gamma2(x float64) float64 { return 1 - (1+2*x)*math.Exp(-2*x) }
