package trace

import (
	"math"
	"time"
)

// A buyer acts on a list while it is fresh. Where enough harms are dated, a view
// counts for more the better its delay to the harm fits a leak's, against the
// delays of all views of harmed customers. How fast this leak acts is not known:
// several medians are weighed, and none at all.
const (
	pairsNeeded = 60 // views of harmed customers from which their usual delays are known
	delaySpread = 0.9
	mostTelling = 20 // times that a delay counts for or against at most
)

// delayBounds are where one class of delays ends, in days.
func delayBounds() []float64 { return []float64{1, 3, 7, 14, 30, 60, 120} }

// medians of the delays of a leak, in days.
func medians() []float64 { return []float64{2, 7, 21, 60} }

func delayClass(d time.Duration) int {
	days := d.Hours() / 24
	for i, b := range delayBounds() {
		if days < b {
			return i
		}
	}
	return len(delayBounds())
}

// delayWeights returns, for no leak's delay and each of the medians, by how much
// more often a delay of each class comes from a leak than from work; count is
// how many views of harmed customers have a delay of each class.
func delayWeights(count []int) [][]float64 {
	flat := make([]float64, len(count))
	total := 0
	for i, n := range count {
		flat[i] = 1
		total += n
	}
	out := [][]float64{flat}
	if total < pairsNeeded {
		return out
	}
	for _, median := range medians() {
		// Log-normal: the share of delays up to each bound.
		upTo := func(days float64) float64 {
			return 0.5 * math.Erfc(-math.Log(days/median)/(delaySpread*math.Sqrt2))
		}
		w, below := make([]float64, len(count)), 0.0
		for i := range w {
			share := 1 - below
			if i < len(delayBounds()) {
				share = upTo(delayBounds()[i]) - below
				below += share
			}
			work := (float64(count[i]) + 1) / float64(total+len(count))
			w[i] = math.Min(math.Max(share/work, 1/float64(mostTelling)), mostTelling)
		}
		out = append(out, w)
	}
	return out
}
