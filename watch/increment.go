package watch

import "math"

// This file holds the increments of the e-processes: for one day of one
// account, the chance of what was seen under a leak over its chance under the
// hierarchical null. Both are chances over the same outcomes, fixed before the
// day, so that an increment's expectation under the null is 1
// (docs: Shin, Ramdas & Rinaldo, E-detectors, NEJSDS 2024).

// ratePrior is how honest accounts' rates are spread, as fitted on the peers: a
// Gamma distribution by mean and shape, and the over-dispersion of one day's
// count (1: Poisson).
type ratePrior struct {
	mean, shape float64
	dispersion  float64
}

// tally is what an account has shown so far: a sum over an exposure.
type tally struct{ sum, exposure float64 }

func (t tally) minus(o tally) tally { return tally{t.sum - o.sum, t.exposure - o.exposure} }
func (t tally) plus(o tally) tally  { return tally{t.sum + o.sum, t.exposure + o.exposure} }

// posterior returns the Gamma distribution of an account's rate given its past.
func (p ratePrior) posterior(past tally) (mean, shape float64) {
	shape = p.shape + past.sum/p.dispersion
	return shape / (p.shape/p.mean + past.exposure/p.dispersion), shape
}

// null returns the log chance of count over an exposure for an honest account.
func (p ratePrior) null(count int, exposure float64, past tally) float64 {
	rate, shape := p.posterior(past)
	mean := rate * exposure
	return logNegBin(count, mean, mean/(p.dispersion-1+mean/shape))
}

// leak returns the log chance of count when leaked views come on top of an
// ordinary mean.
func (p ratePrior) leak(count int, ordinary, leaked float64) float64 {
	mean := ordinary + leaked
	if p.dispersion <= 1 {
		return logPoisson(count, mean)
	}
	return logNegBin(count, mean, mean/(p.dispersion-1))
}

// sharePrior is how honest accounts' shares are spread: a Beta distribution by
// mean and strength.
type sharePrior struct{ mean, strength float64 }

func (p sharePrior) posterior(past tally) (alpha, beta float64) {
	return p.mean*p.strength + past.sum, (1-p.mean)*p.strength + past.exposure - past.sum
}

// null returns the log chance of hits among n for an honest account.
func (p sharePrior) null(hits, n int, past tally) float64 {
	a, b := p.posterior(past)
	return logChoose(n, hits) + logBeta(a+float64(hits), b+float64(n-hits)) - logBeta(a, b)
}

// leakShare returns the log chance of hits among n when the odds of a share are
// multiplied.
func leakShare(hits, n int, share, odds float64) float64 {
	q := odds * share / (1 - share + odds*share)
	return logChoose(n, hits) + float64(hits)*math.Log(q) + float64(n-hits)*math.Log1p(-q)
}

func logPoisson(n int, mean float64) float64 {
	return float64(n)*math.Log(mean) - mean - logGamma(float64(n)+1)
}

// logNegBin is the negative binomial by its mean and size; its variance is
// mean + mean²/size.
func logNegBin(n int, mean, size float64) float64 {
	if size > 1e9*math.Max(mean, 1) {
		return logPoisson(n, mean)
	}
	x := float64(n)
	return logGamma(x+size) - logGamma(size) - logGamma(x+1) - size*math.Log1p(mean/size) + x*math.Log(mean/(size+mean))
}

func logChoose(n, k int) float64 {
	return logGamma(float64(n)+1) - logGamma(float64(k)+1) - logGamma(float64(n-k)+1)
}

func logBeta(a, b float64) float64 { return logGamma(a) + logGamma(b) - logGamma(a+b) }

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
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

// add takes an account of a rate (or share) over an exposure; sign -1 takes it away.
func (m *moments) add(rate, exposure, sign float64) {
	m.n += sign
	m.exposure += sign * exposure
	m.sum += sign * rate * exposure
	m.square += sign * rate * rate * exposure
	m.exposure2 += sign * exposure * exposure
}

// spread returns the mean of the rates and the square of their coefficient of
// variation between accounts, by the method of moments, within bounds and
// widened by how little is known of the mean. noise is the variance of one
// unit's count divided by its mean.
func (m moments) spread(noise func(mean float64) float64, least, most float64) (mean, cv2 float64) {
	mean = (m.sum + 0.5) / m.exposure
	between := (m.square - m.sum*m.sum/m.exposure - (m.n-1)*mean*noise(mean)) / (m.exposure - m.exposure2/m.exposure)
	// Winsorising took some of the spread away; give it back.
	cv2 = clamp(1.3*between/(mean*mean), least*least, most*most)
	return mean, cv2*(1+1/m.n) + noise(mean)/(m.sum+0.5)
}
