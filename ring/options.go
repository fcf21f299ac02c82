package ring

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/internal/yamlconf"
)

// Options say what links weigh.
type Options struct {
	AllowedLateness time.Duration
	Threshold       float64            // weight at which two merchants are one
	Weights         map[string]float64 // of an identifier that two shops share, by kind
	MaxShops        int                // an identifier of more shops says nothing
	MinBuyers       int                // in common, before they say anything
	MinShare        float64            // of the smaller shop's buyers that must be in common
	Margin          float64            // evidence, in nats, beyond what the number of pairs makes likely
	MaxBuyerShops   int                // a buyer of more shops is passed over
	GroupDays       int                // over which groups are looked for; 0: not at all
	MaxPairs        int                // pairs of shops with buyers in common that are kept
}

// Kinds of link. Identifiers are named as in merchant.applied.
const (
	ByLegalPerson = "legal_person"
	ByBankAccount = "bank_account"
	ByDevice      = "device"
	ByPhone       = "phone"
	ByAddress     = "address"
	ByIP          = "ip"
	ByBuyers      = "buyers"
	ByGroup       = "buyer_group" // more than two shops, whose pairs alone would not do
)

// Defaults are what a pack's rings section changes.
func Defaults() Options {
	return Options{
		AllowedLateness: event.DefaultLateness,
		Threshold:       3,
		Weights: map[string]float64{ByLegalPerson: 5, ByBankAccount: 5, ByPhone: 3, ByDevice: 2.5,
			ByAddress: 1.5, ByIP: 0.25},
		MaxShops:      12,
		MinBuyers:     4,
		MinShare:      0.3,
		Margin:        5,
		MaxBuyerShops: 40,
		GroupDays:     45,
		MaxPairs:      2_000_000,
	}
}

type packDoc struct {
	AllowedLateness *period        `yaml:"allowed_lateness"`
	Rings           ringsDoc       `yaml:"rings"`
	Rest            map[string]any `yaml:",inline"` // read by package payout
}

type ringsDoc struct {
	Threshold *positive `yaml:"threshold"`
	Weights   struct {
		LegalPerson *positive `yaml:"legal_person"`
		BankAccount *positive `yaml:"bank_account"`
		Device      *positive `yaml:"device"`
		Phone       *positive `yaml:"phone"`
		Address     *positive `yaml:"address"`
		IP          *positive `yaml:"ip"`
	} `yaml:"weights"`
	MaxShops      *count    `yaml:"max_shops"`
	MinBuyers     *count    `yaml:"min_buyers"`
	MinShare      *positive `yaml:"min_share"`
	Margin        *positive `yaml:"margin"`
	MaxBuyerShops *count    `yaml:"max_buyer_shops"`
	MaxPairs      *count    `yaml:"max_pairs"`
	GroupDays     *days     `yaml:"group_days"`
}

// ParsePack reads the rings section of a pack.yaml over the defaults. All
// faults are reported at once, each with file and line.
func ParsePack(file string, data []byte) (Options, error) {
	var doc packDoc
	if err := yamlconf.Decode(file, data, &doc); err != nil {
		return Options{}, err
	}
	o := Defaults()
	if doc.AllowedLateness != nil {
		o.AllowedLateness = time.Duration(*doc.AllowedLateness)
	}
	r := doc.Rings
	for _, f := range []struct {
		to   *float64
		from *positive
	}{{&o.Threshold, r.Threshold}, {&o.MinShare, r.MinShare}, {&o.Margin, r.Margin}} {
		if f.from != nil {
			*f.to = float64(*f.from)
		}
	}
	for _, f := range []struct {
		to   *int
		from *count
	}{{&o.MaxShops, r.MaxShops}, {&o.MinBuyers, r.MinBuyers}, {&o.MaxBuyerShops, r.MaxBuyerShops}, {&o.MaxPairs, r.MaxPairs}} {
		if f.from != nil {
			*f.to = int(*f.from)
		}
	}
	if r.GroupDays != nil {
		o.GroupDays = int(*r.GroupDays)
	}
	w := r.Weights
	for kind, v := range map[string]*positive{ByLegalPerson: w.LegalPerson, ByBankAccount: w.BankAccount, ByDevice: w.Device,
		ByPhone: w.Phone, ByAddress: w.Address, ByIP: w.IP} {
		if v != nil {
			o.Weights[kind] = float64(*v)
		}
	}
	return o, nil
}

// The kinds of value; each reads itself, so that a fault is reported with its line.
type (
	positive float64
	count    int
	days     int
	period   time.Duration
)

func (d *days) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < 0 || v > 365 {
		return errors.New("must be a number of days from 0 to 365")
	}
	*d = days(v)
	return nil
}

func (p *positive) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || !(v >= 0 && v <= 1e6) {
		return errors.New("must be a number, not negative")
	}
	*p = positive(v)
	return nil
}

func (c *count) UnmarshalYAML(n *yaml.Node) error {
	const most = 1 << 30
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < 1 || v > most {
		return fmt.Errorf("must be a whole number from 1 to %d", most)
	}
	*c = count(v)
	return nil
}

func (p *period) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 {
		return errors.New("must be a duration such as 24h")
	}
	*p = period(v)
	return nil
}
