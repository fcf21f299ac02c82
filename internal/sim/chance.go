package sim

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Streams of chance. Each part of the world draws from its own, so that a crime
// added to a world leaves the rest as it was.
const (
	streamCustomer uint64 = iota + 1
	streamFacts
	streamStaff
	streamAgentDay
	streamDay
	streamTraining
	streamInsiders
	streamInsiderDay
	streamMerchants
	streamMerchantDay
	streamBuyer
	streamRing
	streamRoster
	streamCanary
	streamTroubles
	streamTroubledStaff
	streamRoughDay
	streamRoughTicket
	streamAttributes
	streamComplaints
	streamElsewhere
	streamLeakers
	streamLeakDay
	streamPlace
	streamPlaceDay
	streamPlaceBuyer
	streamPlaceRing
	streamPlaceRough
)

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

// chance is a source of draws.
type chance struct{ *rand.Rand }

func (w *World) chance(stream uint64, a, b int) chance {
	s := mix(w.opt.Seed ^ mix(stream))
	return chance{rand.New(rand.NewPCG(s, mix(mix(uint64(a))^uint64(b))))}
}

// unit is a draw that is a pure function of its arguments: the k-th of thing i.
func (w *World) unit(stream uint64, i, k int) float64 {
	x := mix(mix(mix(w.opt.Seed^mix(stream))^uint64(i)) + uint64(k))
	return float64(x>>11) / (1 << 53)
}

func (c chance) happens(p float64) bool { return c.Float64() < p }

func (c chance) between(lo, hi float64) float64 { return lo + (hi-lo)*c.Float64() }

// span draws a duration between lo and hi, in whole seconds.
func (c chance) span(lo, hi time.Duration) time.Duration {
	return time.Duration(c.between(lo.Seconds(), hi.Seconds())) * time.Second
}

// poisson draws from a Poisson distribution; a large mean is halved until the
// multiplication method is exact enough.
func (c chance) poisson(mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 30 {
		return c.poisson(mean/2) + c.poisson(mean/2)
	}
	limit, p, n := math.Exp(-mean), 1.0, 0
	for {
		p *= c.Float64()
		if p <= limit {
			return n
		}
		n++
	}
}

// gamma draws from a Gamma distribution of the given mean and coefficient of
// variation (Marsaglia and Tsang, 2000; the shapes used here are at least 1).
func (c chance) gamma(mean, cv float64) float64 {
	shape := 1 / (cv * cv)
	d := shape - 1.0/3
	k := 1 / math.Sqrt(9*d)
	for {
		x := c.NormFloat64()
		v := 1 + k*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-c.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return mean * d * v / shape
		}
	}
}

func (c chance) logNormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*c.NormFloat64())
}

// hash draws an opaque value as a door would make it from an identifier.
func (c chance) hash() string {
	b := []byte("h:000000000000")
	x := c.Uint64()
	for i := 2; i < len(b); i++ {
		b[i] = "0123456789abcdef"[x&15]
		x >>= 4
	}
	return string(b)
}

func pick[T any](c chance, of []T) T { return of[c.IntN(len(of))] }

// number writes prefix and n with at least width digits.
func number(prefix string, n, width int) string {
	b := make([]byte, 0, len(prefix)+width+2)
	b = append(b, prefix...)
	for digits, rest := 1, n; digits < width; digits++ {
		if rest /= 10; rest == 0 {
			b = append(b, '0')
		}
	}
	return string(strconv.AppendInt(b, int64(n), 10))
}
