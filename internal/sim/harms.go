package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/menshen-io/menshen/event"
)

// HarmOptions shape a record of views in which a few of many accounts leak.
type HarmOptions struct {
	Seed      uint64
	Accounts  int
	Customers int
	Accessors float64 // unrelated accounts that view a customer, the mean
	Teams     bool    // half of these are of one team of eight
	Leakers   int
	Unrelated float64 // share of the complaints that no leak led to
	Harms     int
}

// Harms is such a record: its views, its complaints in the order of coming, and
// who leaked.
type Harms struct {
	Views   []event.Event
	Harms   []event.Event
	Leakers []event.ActorID
}

// NewHarms makes the record of o.
func NewHarms(o HarmOptions) Harms {
	c := chance{rand.New(rand.NewPCG(mix(o.Seed), 11))}
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	// Some accounts handle more than others.
	sums := make([]float64, o.Accounts)
	total := 0.0
	for i := range sums {
		total += c.gamma(1, 0.6)
		sums[i] = total
	}
	anyone := func() int {
		i, _ := slices.BinarySearch(sums, c.Float64()*total)
		return min(i, o.Accounts-1)
	}
	leakers := make([]int, 0, o.Leakers)
	for len(leakers) < o.Leakers {
		if a := anyone(); !slices.Contains(leakers, a) {
			leakers = append(leakers, a)
		}
	}
	var h Harms
	for _, a := range leakers {
		h.Leakers = append(h.Leakers, harmActor(a))
	}
	view := func(a, customer int) {
		at := start.Add(time.Duration(c.IntN(20*24)) * time.Hour)
		h.Views = append(h.Views, event.New(number("v", len(h.Views), 7), "desk", at, &event.AccessViewed{Actor: harmActor(a), Kind: event.KindDetail,
			Subjects: []event.SubjectViewed{{Subject: event.SubjectID(number("c-", customer, 6)), Attributes: map[string]any{"queue": "cn"}}}}))
	}
	// accessors draws who views a customer because of work; first is one of them, if any.
	accessors := func(first int) []int {
		var seen []int
		if first >= 0 {
			seen = append(seen, first)
		}
		for n := c.poisson(o.Accessors); n > 0; n-- {
			a := anyone()
			if o.Teams && first >= 0 && c.happens(0.5) {
				a = min(first/8*8+c.IntN(8), o.Accounts-1)
			}
			if first < 0 {
				first = a
			}
			if !slices.Contains(seen, a) {
				seen = append(seen, a)
			}
		}
		return seen
	}
	for customer := range o.Customers {
		by := -1
		if customer < o.Harms && !c.happens(o.Unrelated) {
			by = pick(c, leakers)
		}
		for _, a := range accessors(by) {
			view(a, customer)
		}
		if customer < o.Harms {
			at := start.AddDate(0, 0, 30).Add(time.Duration(customer) * time.Minute)
			h.Harms = append(h.Harms, event.New(number("h", customer, 5), "care", at,
				&event.HarmReported{Subject: event.SubjectID(number("c-", customer, 6)), Kind: event.HarmComplaint}))
		}
	}
	return h
}

func harmActor(a int) event.ActorID { return event.ActorID(number("a-", a+1, 5)) }
