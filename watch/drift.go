package watch

import (
	"cmp"
	"math"
	"slices"

	"github.com/menshen-io/menshen/event"
)

// drift is one partner's accounts taken together: many small leaks of several
// accounts of one company show here before they show in any of them.
type drift struct {
	Past past
	Days int32
	Stat [maxAlternatives]float32

	days     int // accounts that worked today
	seen     float64
	expected float64
	doubt    float64
}

// contribution is by how much one account exceeds what is expected of it.
type contribution struct {
	actor event.ActorID
	more  float64
	ids   []string
}

const (
	partnersDiffer = 0.15 // coefficient of variation of honest partners
	wander         = 0.05 // by how much an honest partner's share may move as its people change
	fewHits        = 5    // customers with the attribute that other partners must have viewed lately
	topOfPartner   = 5    // accounts named
)

// closePartners tests the partners: the share of customers with the pack's
// attribute among those that their accounts viewed without a reason, against
// other partners' in the same queues.
func (d *detector) closePartners() []finding {
	for len(d.Drift) < len(d.Partners.List) {
		d.Drift = append(d.Drift, drift{})
	}
	if d.weights.drift == 0 {
		return nil
	}
	for i := range d.trial {
		if t := &d.trial[i]; t.part {
			d.Drift[t.a.Partner].days++
		}
	}
	for i := range d.Shares {
		d.toPartners(&d.Shares[i])
	}
	var found []finding
	for i := range d.Drift {
		p := &d.Drift[i]
		if p.expected > 0 && p.days > 0 && d.Partners.List[i] != "" {
			if f, alarm := d.testPartner(p); alarm {
				f.partner = event.PartnerID(d.Partners.List[i])
				found = append(found, f)
			}
		}
		p.days, p.seen, p.expected, p.doubt = 0, 0, 0, 0
	}
	return found
}

// toPartners adds a queue's day to its partners', as far as others show what is
// ordinary there.
func (d *detector) toPartners(s *shares) {
	for _, i := range sortedKeys(s.Partner) {
		of := s.Partner[i]
		if of.views == 0 {
			continue
		}
		share, hits := s.share(unexplained, 0, part{old: tally{of.Hits, of.Views}, today: tally{of.hits, of.views}})
		if share == 0 || hits < fewHits {
			continue
		}
		p := &d.Drift[i]
		p.seen += of.hits
		p.expected += of.views * share
		p.doubt = math.Max(p.doubt, 1/hits)
	}
}

func (d *detector) testPartner(p *drift) (finding, bool) {
	days := d.Partner.days()
	honest := prior{1, 1 / (partnersDiffer * partnersDiffer)}
	// So many accounts would learn a leak as their habit within weeks; what is
	// known of the partner is therefore its past before the last blocks, which is
	// off by the same for as long.
	own := honest.learned(p.Past.old(), days, p.expected)
	own.shape /= lasting
	ordinary := own.mean * p.expected
	n, mean := int(p.seen), ordinary*(1+wander)
	null := logCount(n, mean, own.uncertain(days+p.doubt).shape)
	for i, leak := range d.set.LeakPerDay {
		rate := ordinary + partnerTimes*float64(leak)
		spread := (days + p.doubt) * (ordinary / rate) * (ordinary / rate)
		s := &p.Stat[i]
		if rate <= mean {
			*s += float32(p.days)
			continue
		}
		*s = float32(math.Min((float64(*s)+float64(p.days))*math.Exp(logCount(n, rate, 1/spread)-null), 1e30))
	}
	d.Partner.learn(p.Days, p.seen, mean, own.uncertain(p.doubt).shape)
	p.Past.add(p.seen, p.expected)
	p.Days++
	if p.Days%block == 0 {
		p.Past.turn()
	}
	odds := average(p.Stat[:len(d.set.LeakPerDay)])
	if odds < d.gamma/d.weights.drift {
		return finding{}, false
	}
	clear(p.Stat[:])
	late := p.Past.late()
	f := finding{rule: RuleDrift, odds: odds * d.weights.drift, days: int(min(p.Days, block+p.Days%block)),
		seen: int(late.sum), usual: late.exposure}
	f.actors, f.ids = d.topOf(p)
	return f, true
}

// partnerTimes is how much larger a leak of a partner is taken to be than one
// of an account.
const partnerTimes = 2

// topOf names the accounts that add most to a partner's excess, and the views
// that show it.
func (d *detector) topOf(p *drift) ([]event.ActorID, []string) {
	var all []contribution
	for _, a := range d.order {
		if &d.Drift[a.Partner] != p || a.Suspect {
			continue
		}
		late := a.Counts[askAttribute].Past.late()
		all = append(all, contribution{a.Actor, late.sum - late.exposure, a.Seen.with(1)})
	}
	slices.SortStableFunc(all, func(a, b contribution) int { return cmp.Compare(b.more, a.more) })
	var actors []event.ActorID
	var ids []string
	for _, c := range all[:min(len(all), topOfPartner)] {
		actors = append(actors, c.actor)
		ids = append(ids, c.ids...)
	}
	return actors, ids
}

func average(stats []float32) float64 {
	var sum float64
	for _, s := range stats {
		sum += float64(s)
	}
	return sum / float64(len(stats))
}
