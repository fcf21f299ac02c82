package gateway

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Person is who stands at the door, as far as the door knows.
type Person struct {
	Actor   event.ActorID
	Name    string // for the person's own eyes only; never recorded
	Role    string
	Partner event.PartnerID
	Site    string
	Station event.StationID
	Device  event.DeviceID
}

// Account is a local account. Hash is an argon2id PHC string; an account
// without one cannot sign in.
type Account struct {
	Person
	Hash string
}

// Accounts looks up a local account by the name that signs in. It reports false
// for one that does not exist; an error means that nobody knows.
type Accounts func(ctx context.Context, user string) (Account, bool, error)

// Who is what a standing is asked about.
type Who struct {
	Actor   event.ActorID
	Partner event.PartnerID
	Site    string
	Station event.StationID
	Device  event.DeviceID
}

// Answer is a standing and the sentences that say why. Any standing but
// event.Open and event.Narrowed counts as closed, the zero value too.
type Answer struct {
	Standing string
	Grounds  []event.Text
}

// Standing answers whether somebody may work now. It is asked on every request
// and must not block.
type Standing func(who Who, at time.Time) Answer

// Claim is a reason as an actor claims it for one customer.
type Claim struct {
	Actor   event.ActorID
	Subject event.SubjectID
	Reason  event.ReasonRef
}

// Reasons tells whether a claimed reason is open for its actor and its subject
// at an instant. An error means that nobody knows.
type Reasons func(ctx context.Context, claim Claim, at time.Time) (bool, error)

// Proxy is a proxy in front of Menshen that has signed the person in. Only from
// its addresses are its headers taken; from everyone else they are removed.
type Proxy struct {
	From                                             []netip.Prefix
	User, Name, Role, Partner, Site, Station, Device string // header names; User and Role are needed
}

// Trusts reports whether addr is the proxy's.
func (p *Proxy) Trusts(addr netip.Addr) bool {
	if p == nil {
		return false
	}
	addr = addr.Unmap()
	for _, pre := range p.From {
		if pre.Contains(addr) {
			return true
		}
	}
	return false
}

// Headers are the names of all headers that carry an identity.
func (p *Proxy) Headers() []string {
	if p == nil {
		return nil
	}
	var out []string
	for _, h := range []string{p.User, p.Name, p.Role, p.Partner, p.Site, p.Station, p.Device} {
		if h != "" {
			out = append(out, h)
		}
	}
	return out
}

// Person reads the identity that the proxy vouches for. values returns all
// values of a header: an identity given twice is none.
func (p *Proxy) Person(values func(header string) []string) (Person, bool) {
	get := func(name string) (string, bool) {
		if name == "" {
			return "", true
		}
		switch v := values(name); len(v) {
		case 0:
			return "", true
		case 1:
			s := strings.TrimSpace(v[0])
			return s, len(s) <= 256
		}
		return "", false
	}
	var fields [7]string
	for i, name := range []string{p.User, p.Name, p.Role, p.Partner, p.Site, p.Station, p.Device} {
		v, ok := get(name)
		if !ok {
			return Person{}, false
		}
		fields[i] = v
	}
	if fields[0] == "" || fields[2] == "" {
		return Person{}, false
	}
	return Person{Actor: event.ActorID(fields[0]), Name: fields[1], Role: fields[2], Partner: event.PartnerID(fields[3]),
		Site: fields[4], Station: event.StationID(fields[5]), Device: event.DeviceID(fields[6])}, true
}

func (p Person) who() Who {
	return Who{Actor: p.Actor, Partner: p.Partner, Site: p.Site, Station: p.Station, Device: p.Device}
}
