package watch

import "math"

// This file holds the increments of the e-processes: for one day of one
// account, the chance of what was seen under a leak over its chance under the
// null. Both are chances over the same outcomes, fixed before the day is
// looked at, so that an increment's expectation under the null is at most 1
// (Shin, Ramdas & Rinaldo, E-detectors, NEJSDS 2024).
//
// The null is hierarchical: honest accounts differ. An account's rate is drawn
// from what its peers show and is then learned from its own days.

// tally is a count over what makes it comparable: work done, or hits expected.
type tally struct{ sum, exposure float64 }

func (t tally) minus(o tally) tally { return tally{t.sum - o.sum, t.exposure - o.exposure} }

// prior is how honest accounts' rates are spread: a Gamma distribution by mean
// and shape (1/shape is the square of the coefficient of variation).
type prior struct{ mean, shape float64 }

// Some honest accounts are careless. This part of the prior keeps them from
// being taken for thieves by their number of views alone.
const (
	carelessShare = 0.02
	carelessTimes = 4 // times the peers' mean
	carelessShape = 1
)

// steadiest is the largest shape that any knowledge of a rate may reach:
// nobody's habits are steadier than 1/√steadiest.
const steadiest = 200

// posterior returns the Gamma distribution of a rate given its account's past;
// dispersion is the variance of a day's count over that of a Poisson count.
func (p prior) posterior(past tally, dispersion float64) prior {
	shape := p.shape + past.sum/dispersion
	return prior{shape / (p.shape/p.mean + past.exposure/dispersion), math.Min(shape, steadiest)}
}

// learned is the posterior when days differ by a relative variance, at about
// today's exposure.
func (p prior) learned(past tally, days, exposure float64) prior {
	rate := (p.shape + past.sum) / (p.shape/p.mean + past.exposure)
	return p.posterior(past, 1+days*rate*exposure)
}

// careless is the prior of an account that is careless.
func (p prior) careless() prior { return prior{p.mean * carelessTimes, carelessShape} }

// uncertain widens what is known of a rate by the relative variance of
// whatever else makes up a day's mean.
func (p prior) uncertain(relative float64) prior {
	return prior{p.mean, 1 / (1/p.shape + relative)}
}

// logCount is the log chance, without the factor 1/n!, of n under a Gamma
// mixture of Poisson counts: the negative binomial by mean and size.
func logCount(n int, mean, size float64) float64 {
	if size > 1e9*math.Max(mean, 1) {
		return float64(n)*math.Log(mean) - mean
	}
	return logRising(size, n) + float64(n)*math.Log(mean/(size+mean)) - size*math.Log1p(mean/size)
}

// logShare is the log chance, without the factor n over hits, of hits among n
// under the Beta mixture of binomials whose share has that mean and whose
// variance on the scale of log odds is about 1/shape.
func logShare(hits, n int, share, shape float64) float64 {
	strength := math.Max(shape/(share*(1-share))-1, 0.5)
	return logRising(share*strength, hits) + logRising((1-share)*strength, n-hits) - logRising(strength, n)
}

// logFixed is logShare for a share that is known.
func logFixed(hits, n int, share float64) float64 {
	return float64(hits)*math.Log(share) + float64(n-hits)*math.Log1p(-share)
}

// shifted is a share whose odds are multiplied.
func shifted(share, odds float64) float64 { return odds * share / (1 - share + odds*share) }

// logRising is the log of a(a+1)…(a+n-1).
func logRising(a float64, n int) float64 {
	if n > 12 {
		hi, _ := math.Lgamma(a + float64(n))
		lo, _ := math.Lgamma(a)
		return hi - lo
	}
	product := 1.0
	for i := range n {
		product *= a + float64(i)
	}
	return math.Log(product)
}

// mix is log(Σ weight·e^v) of two.
func mix(v, w, weightOfW float64) float64 {
	if v < w {
		v, w, weightOfW = w, v, 1-weightOfW
	}
	return v + math.Log1p(weightOfW*(math.Exp(w-v)-1))
}

// clamp keeps v within a range; what is not a number becomes the lower bound.
func clamp(v, lo, hi float64) float64 {
	if !(v > lo) {
		return lo
	}
	return math.Min(v, hi)
}

// moments sum what a prior is fitted from. Accounts are added and, to leave one
// out, taken away again.
type moments struct{ n, exposure, sum, square, exposure2 float64 }

// add takes an account of a rate over an exposure; sign -1 takes it away.
func (m *moments) add(rate, exposure, sign float64) {
	m.n += sign
	m.exposure += sign * exposure
	m.sum += sign * rate * exposure
	m.square += sign * rate * rate * exposure
	m.exposure2 += sign * exposure * exposure
}

// winsorised gives back the spread that capping the highest rates took away.
const winsorised = 1.3

// estimate returns the mean of the rates and the square of their coefficient of
// variation between accounts, by the method of moments; days is the relative
// variance of an account's own days.
func (m moments) estimate(days float64) (mean, cv2 float64) {
	mean = (m.sum + 0.5) / m.exposure
	dispersion := 1 + days*mean
	between := (m.square - m.sum*m.sum/m.exposure - (m.n-1)*mean*dispersion) / (m.exposure - m.exposure2/m.exposure)
	return mean, winsorised * between / (mean * mean)
}

// fit returns the prior of a rate: the spread is kept within the bounds of the
// pack and widened by how little is known of the mean.
func (m moments) fit(days float64, bounds Spread) prior {
	mean, cv2 := m.estimate(days)
	cv2 = clamp(cv2, float64(bounds.Least*bounds.Least), float64(bounds.Most*bounds.Most))
	return prior{mean, 1 / (cv2*(1+1/m.n) + (1+days*mean)/(m.sum+0.5))}
}
