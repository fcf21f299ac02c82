package watch

import (
	"math"
	"strconv"
	"strings"
)

// Prior is what an earlier record shows of a group's honest accounts: menshen
// watch fit writes it, a pack carries it. It counts beside the peers of today as
// its accounts would.
type Prior struct {
	Role     string   `yaml:"role"`
	Queues   []string `yaml:"queues,flow"`
	Accounts Positive `yaml:"accounts"`
	Days     Positive `yaml:"agent_days"`
	// Rates are per 20 customers viewed with a reason, about an agent-day; refusals
	// per agent-day.
	Unexplained Rate `yaml:"unexplained,flow"`
	Refusals    Rate `yaml:"refusals,flow"`
	// Of customers with the pack's attribute: seen over expected, and how many
	// were expected.
	Attribute Rate    `yaml:"attribute,flow"`
	Expected  float64 `yaml:"attribute_expected"`
}

// Rate is a mean rate and the coefficient of variation between accounts.
type Rate struct {
	Mean   float64 `yaml:"mean"`
	Spread float64 `yaml:"spread"`
}

// fault says what is wrong with a prior, if anything.
func (p Prior) fault() (field, what string) {
	switch {
	case p.Accounts < 2:
		return "accounts", "must be at least 2"
	case !(p.Days > 0):
		return "agent_days", "is needed"
	case !(p.Expected >= 0 && p.Expected < 1e12):
		return "attribute_expected", "must be at least 0"
	}
	for _, r := range []struct {
		name string
		Rate
	}{{"unexplained", p.Unexplained}, {"attribute", p.Attribute}, {"refusals", p.Refusals}} {
		if !(r.Mean >= 0 && r.Mean < 1e6 && r.Spread >= 0 && r.Spread < 100) {
			return r.name, "must have a mean of at least 0 and a spread from 0 to 100"
		}
	}
	return "", ""
}

// Priors of all groups.
type Priors []Prior

func groupName(role string, queues []string) string {
	return role + "\x00" + strings.Join(queues, "\x00")
}

// into adds the priors to the sums of their groups and of everybody.
func (ps Priors) into(d *detector) {
	for i := range ps {
		g := d.group(groupName(ps[i].Role, ps[i].Queues))
		for q, r := range [counts]Rate{ps[i].Unexplained, ps[i].Attribute, ps[i].Refusals} {
			exposure := float64(ps[i].Days)
			if q == askAttribute {
				exposure = ps[i].Expected
			}
			if exposure == 0 {
				continue
			}
			m := r.moments(float64(ps[i].Accounts), exposure, d.Noise[q].days())
			d.Peers[g+1].count[q].plus(m)
			d.Peers[0].count[q].plus(m)
		}
	}
}

// moments returns the sums of accounts that all worked as long and from which
// estimate would find the rate again.
func (r Rate) moments(n, exposure, days float64) moments {
	m := moments{n: n, exposure: exposure, sum: r.Mean * exposure, exposure2: exposure * exposure / n}
	m.square = m.sum*m.sum/exposure + (n-1)*r.Mean*(1+days*r.Mean) + r.Spread*r.Spread*r.Mean*r.Mean/winsorised*(exposure-exposure/n)
	return m
}

func (m *moments) plus(o moments) {
	m.n += o.n
	m.exposure += o.exposure
	m.sum += o.sum
	m.square += o.square
	m.exposure2 += o.exposure2
}

// Fit returns what the stream so far shows of the honest accounts of each group
// that has enough of them; accounts that raised an alarm are left out.
func (e *Engine) Fit() Priors {
	d := e.detector
	priors := d.set.Priors
	d.set.Priors = nil // what the pack brought is not of this stream
	d.winsorise()
	d.measure()
	d.set.Priors = priors
	var out Priors
	for g, name := range d.Groups.List {
		p := d.Peers[g+1]
		if v := p.count[askVolume]; v.n < minPeers || v.exposure < minExposure {
			continue
		}
		role, queues, _ := strings.Cut(name, "\x00")
		f := Prior{Role: role, Accounts: Positive(p.count[askVolume].n), Days: Positive(math.Round(p.count[askVolume].exposure))}
		if queues != "" {
			f.Queues = strings.Split(queues, "\x00")
		}
		for q, to := range [counts]*Rate{&f.Unexplained, &f.Attribute, &f.Refusals} {
			if p.count[q].exposure > 0 {
				mean, cv2 := p.count[q].estimate(d.Noise[q].days())
				*to = Rate{digits(mean), digits(math.Sqrt(math.Max(cv2, 0)))}
			}
		}
		f.Expected = digits(p.count[askAttribute].exposure)
		out = append(out, f)
	}
	return out
}

// digits keeps three.
func digits(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return v
}
