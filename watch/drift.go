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

// contribution is by how much one account exceeds what its past lets expect.
type contribution struct {
	actor event.ActorID
	more  float64
	ids   []string
}

const (
	partnersDiffer = 0.15 // coefficient of variation of honest partners
	otherPartners  = 5    // customers that the others must be expected to view, for a season to be known
	topOfPartner   = 5    // accounts named
)

// closePartners tests the partners.
func (d *detector) closePartners() []finding {
	for len(d.Drift) < len(d.Partners.List) {
		d.Drift = append(d.Drift, drift{})
	}
	if d.weights.drift == 0 {
		return nil
	}
	for i := range d.trial {
		d.toPartner(&d.trial[i])
	}
	var found []finding
	for i := range d.Drift {
		p := &d.Drift[i]
		if p.days > 0 && p.expected > 0 && d.Partners.List[i] != "" {
			if f, alarm := d.testPartner(p); alarm {
				f.partner = event.PartnerID(d.Partners.List[i])
				found = append(found, f)
			}
		}
		p.days, p.seen, p.expected, p.doubt = 0, 0, 0, 0
	}
	return found
}

// toPartner adds an account's day to its partner's, as far as other partners'
// accounts show how busy the day was.
func (d *detector) toPartner(t *trial) {
	if !t.asked || !t.part {
		return
	}
	group := d.Peers[t.a.Group+1]
	others := group.Season[askAttribute]
	if of := group.Partner[t.a.Partner]; of != nil {
		others = others.without(of[askAttribute])
	}
	if others.Expected+others.expected < otherPartners {
		return
	}
	factor, doubt := others.level(0, 0)
	c := &t.a.Counts[askAttribute]
	noise := d.Noise[askAttribute].dispersion()
	// Held against the past before the last weeks: the whole partner may have
	// drifted since. Today is in the past already.
	usual := t.prior[askAttribute].posterior(c.Past.old(), noise)
	p := &d.Drift[t.a.Partner]
	p.days++
	p.seen += float64(t.day.count[askAttribute])
	p.expected += usual.mean * t.work * factor
	p.doubt = math.Max(p.doubt, doubt)
}

func (d *detector) testPartner(p *drift) (finding, bool) {
	noise := d.Noise[askAttribute].dispersion()
	honest := prior{1, 1 / (partnersDiffer * partnersDiffer)}
	own, old := honest.posterior(p.Past.all(), noise), honest.posterior(p.Past.old(), noise)
	n, mean := int(p.seen), own.mean*p.expected
	null := logCount(n, mean, own.uncertain((noise-1)/mean+p.doubt).shape)
	for i, leak := range d.set.LeakPerDay {
		ordinary := old.mean * p.expected
		rate := ordinary + partnerTimes*float64(leak)
		spread := (noise-1)/rate + p.doubt*(ordinary/rate)*(ordinary/rate)
		s := &p.Stat[i]
		*s = float32(math.Min((float64(*s)+float64(p.days))*math.Exp(logCount(n, rate, 1/spread)-null), 1e30))
	}
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
		c := &a.Counts[askAttribute]
		usual := c.Past.old()
		rate := 0.0
		if usual.exposure > 0 {
			rate = usual.sum / usual.exposure
		}
		late := c.Past.late()
		all = append(all, contribution{a.Actor, late.sum - rate*late.exposure, a.Seen.with(1)})
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
