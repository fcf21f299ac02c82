package payout

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/menshen-io/menshen/event"
)

// Sample is what spoke against a merchant at one time, and whether it was a fraud.
type Sample struct {
	Merchant event.MerchantID
	Evidence Evidence
	Fraud    bool
}

// Fitted is what labelled history says evidence weighs.
type Fitted struct {
	Scores
	Samples, Merchants, Frauds int
	Errors                     Evidence // standard errors of the weights
	AUC                        float64  // chance that a fraud's sample stands above an honest one's
	Bins                       []FitBin // given and true shares of fraud
}

// FitBin is how many of the samples that were given about the same chance were
// frauds'; merchants count once.
type FitBin struct{ Given, True, Weight float64 }

// Reference is, by evidence, which share of the samples lay in each bin: what a
// later history is compared with.
type Reference [numEvidence][driftBins]float64

const driftBins = 5

func driftBin(x float64) int {
	for i, edge := range [driftBins - 1]float64{0.02, 0.1, 0.3, 0.6} {
		if x <= edge {
			return i
		}
	}
	return driftBins - 1
}

var errOneKind = errors.New("samples of frauds and of honest merchants are both needed")

// Fit weighs evidence by a ridge logistic regression, solved by Newton's method.
// Every merchant counts as one, however often it was seen. Evidence that speaks for
// a merchant gets no weight: a score only narrows.
func Fit(samples []Sample, ridge float64) (Fitted, error) {
	weight := make(map[event.MerchantID]float64)
	frauds := make(map[event.MerchantID]bool)
	for _, s := range samples {
		weight[s.Merchant]++
		frauds[s.Merchant] = s.Fraud
	}
	out := Fitted{Samples: len(samples), Merchants: len(weight)}
	for _, fraud := range frauds {
		if fraud {
			out.Frauds++
		}
	}
	if out.Frauds == 0 || out.Frauds == out.Merchants {
		return Fitted{}, errOneKind
	}
	off := [numEvidence]bool{}
	for {
		if err := out.newton(samples, weight, ridge, off); err != nil {
			return Fitted{}, err
		}
		most := -1
		for i, w := range out.Weights {
			if w < 0 && !off[i] && (most < 0 || w < out.Weights[most]) {
				most = i
			}
		}
		if most < 0 {
			break
		}
		off[most] = true
	}
	out.On, out.Known = true, true
	out.judge(samples, weight)
	return out, nil
}

// newton finds the weights, those that are off left at 0.
func (f *Fitted) newton(samples []Sample, weight map[event.MerchantID]float64, ridge float64, off [numEvidence]bool) error {
	const n = numEvidence + 1
	beta := mat.NewVecDense(n, nil)
	beta.SetVec(0, math.Log(float64(f.Frauds)/float64(f.Merchants-f.Frauds)))
	x := func(s *Sample, i int) float64 {
		if i == 0 {
			return 1
		}
		if off[i-1] {
			return 0
		}
		return s.Evidence[i-1]
	}
	var chol mat.Cholesky
	for range 60 {
		gradient := mat.NewVecDense(n, nil)
		hessian := mat.NewSymDense(n, nil)
		for i := range n {
			lambda := ridge
			if i == 0 {
				lambda = 1e-9
			}
			gradient.SetVec(i, -lambda*beta.AtVec(i))
			hessian.SetSym(i, i, lambda)
			if i == 0 {
				gradient.SetVec(0, 0)
			}
		}
		for k := range samples {
			s := &samples[k]
			z := 0.0
			for i := range n {
				z += beta.AtVec(i) * x(s, i)
			}
			p, w := 1/(1+math.Exp(-z)), 1/weight[s.Merchant]
			y := 0.0
			if s.Fraud {
				y = 1
			}
			for i := range n {
				xi := x(s, i)
				if xi == 0 {
					continue
				}
				gradient.SetVec(i, gradient.AtVec(i)+w*(y-p)*xi)
				for j := i; j < n; j++ {
					hessian.SetSym(i, j, hessian.At(i, j)+w*p*(1-p)*xi*x(s, j))
				}
			}
		}
		if !chol.Factorize(hessian) {
			return errors.New("the evidence does not tell the weights apart: use a larger ridge")
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, gradient); err != nil {
			return fmt.Errorf("solving for the weights: %w", err)
		}
		most := 0.0
		for i := range n {
			most = max(most, math.Abs(step.AtVec(i)))
		}
		if most > 2 { // far from the end the parabola overshoots
			step.ScaleVec(2/most, &step)
		}
		beta.AddVec(beta, &step)
		if most < 1e-8 {
			break
		}
	}
	f.Base = beta.AtVec(0)
	var inverse mat.SymDense
	if err := chol.InverseTo(&inverse); err != nil {
		return fmt.Errorf("solving for the weights: %w", err)
	}
	for i := range f.Weights {
		f.Weights[i], f.Errors[i] = beta.AtVec(i+1), math.Sqrt(inverse.At(i+1, i+1))
		if off[i] {
			f.Weights[i], f.Errors[i] = 0, 0
		}
	}
	return nil
}

// Correct moves the weights' base to where frauds are another share of merchants
// than in the samples (King & Zeng, 2001).
func (f *Fitted) Correct(prevalence float64) {
	f.Base += math.Log(prevalence/(1-prevalence)) - math.Log(float64(f.Frauds)/float64(f.Merchants-f.Frauds))
}

// judge says how well the weights tell the samples apart.
func (f *Fitted) judge(samples []Sample, weight map[event.MerchantID]float64) {
	type given struct {
		p, w  float64
		fraud bool
	}
	all := make([]given, len(samples))
	for i, s := range samples {
		all[i] = given{f.chance(s.Evidence), 1 / weight[s.Merchant], s.Fraud}
	}
	f.Reference = Distribution(samples)
	slices.SortFunc(all, func(x, y given) int { return cmp.Compare(x.p, y.p) })
	var below, pairs, frauds float64
	for i := 0; i < len(all); {
		var honest, guilty float64
		k := i
		for ; k < len(all) && all[k].p == all[i].p; k++ {
			if all[k].fraud {
				guilty += all[k].w
			} else {
				honest += all[k].w
			}
		}
		pairs += guilty * (below + honest/2)
		below += honest
		frauds += guilty
		i = k
	}
	f.AUC = pairs / (below * frauds)
	edges := []float64{0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 1.1}
	f.Bins = make([]FitBin, len(edges))
	for _, g := range all {
		i := slices.IndexFunc(edges, func(e float64) bool { return g.p < e })
		b := &f.Bins[i]
		b.Weight += g.w
		b.Given += g.w * g.p
		if g.fraud {
			b.True += g.w
		}
	}
	for i := range f.Bins {
		if b := &f.Bins[i]; b.Weight > 0 {
			b.Given /= b.Weight
			b.True /= b.Weight
		}
	}
}

// Distribution is how the evidence of samples lies, every merchant counting as one.
func Distribution(samples []Sample) Reference {
	weight := make(map[event.MerchantID]float64)
	for _, s := range samples {
		weight[s.Merchant]++
	}
	var out Reference
	for _, s := range samples {
		for k, x := range s.Evidence {
			out[k][driftBin(x)] += 1 / weight[s.Merchant] / float64(len(weight))
		}
	}
	return out
}

// Drift is the population stability index of each kind of evidence between the
// history of a fit and this one: below 0.1 is little, above 0.25 asks for a new fit.
func (r *Reference) Drift(now *Reference) Evidence {
	const least = 1e-4
	var out Evidence
	for i := range r {
		for k := range r[i] {
			p, q := max(r[i][k], least), max(now[i][k], least)
			out[i] += (q - p) * math.Log(q/p)
		}
	}
	return out
}

// Evidence returns what speaks against a merchant now, in the currency in which it
// has most at stake; false where nothing of it can be refunded.
func (b *Book) Evidence(id event.MerchantID) (Evidence, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.merchants[id]
	if m == nil {
		return Evidence{}, false
	}
	var most *account
	for _, a := range m.accounts {
		if a.refundable > 0 && (most == nil || a.refundable > most.refundable) {
			most = a
		}
	}
	if most == nil {
		return Evidence{}, false
	}
	return b.evidence(most), true
}
