package ring

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Purchases is a plain list of who bought where, with names numbered in the order
// in which they come.
type Purchases struct {
	Buyers, Merchants []string
	Edges             []Edge
	At                []time.Time // of the edges; the zero time where a line has none
	Lines, Refused    int
}

// maxEdgeLine bounds a line of a list of purchases.
const maxEdgeLine = 4096

// ReadPurchases reads a line for each purchase: buyer, merchant and, if known, its
// time and weight, parted by blanks, tabs or commas. A time is RFC 3339, a date, or
// seconds since 1970; a third field that is a number below a hundred million is a
// weight. Empty lines and those that begin with # are passed over, lines that cannot
// be read are told to refused and passed over.
func ReadPurchases(in io.Reader, refused func(line int, err error)) (*Purchases, error) {
	p := &Purchases{}
	buyers, merchants := make(map[string]int32), make(map[string]int32)
	number := func(names *[]string, of map[string]int32, name string) int32 {
		i, ok := of[name]
		if !ok {
			i = int32(len(*names))
			of[name] = i
			*names = append(*names, name)
		}
		return i
	}
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 0, 1<<16), 1<<20)
	line := 0
	for s.Scan() {
		line++
		text := strings.TrimSpace(strings.TrimPrefix(s.Text(), "\ufeff"))
		if text == "" || text[0] == '#' {
			continue
		}
		p.Lines++
		e, at, buyer, merchant, err := parsePurchase(text)
		if err != nil {
			p.Refused++
			refused(line, err)
			continue
		}
		e.Buyer, e.Merchant = number(&p.Buyers, buyers, buyer), number(&p.Merchants, merchants, merchant)
		p.Edges, p.At = append(p.Edges, e), append(p.At, at)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("reading purchases: line %d: %w", line+1, err)
	}
	return p, nil
}

func parsePurchase(text string) (e Edge, at time.Time, buyer, merchant string, err error) {
	if len(text) > maxEdgeLine {
		return e, at, "", "", fmt.Errorf("longer than %d bytes", maxEdgeLine)
	}
	f := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	if len(f) < 2 || len(f) > 4 {
		return e, at, "", "", errors.New("must be: buyer merchant [time] [weight]")
	}
	e.Weight = 1
	rest := f[2:]
	if len(rest) > 0 {
		n, nerr := strconv.ParseFloat(rest[0], 64)
		switch {
		case nerr == nil && math.Abs(n) >= 1e8 && math.Abs(n) < 1e11:
			at = time.Unix(int64(n), 0).UTC()
			rest = rest[1:]
		case nerr == nil:
		default:
			if at, err = time.Parse(time.RFC3339, rest[0]); err != nil {
				at, err = time.Parse(time.DateOnly, rest[0])
			}
			if err != nil {
				return e, at, "", "", errors.New("time: must be RFC 3339, a date, or seconds since 1970")
			}
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		e.Weight, err = strconv.ParseFloat(rest[0], 64)
		if err != nil || !(e.Weight > 0 && e.Weight <= 1e9) || len(rest) > 1 {
			return e, at, "", "", errors.New("weight: must be a number above 0")
		}
	}
	return e, at, f[0], f[1], nil
}

// Fade lets a purchase weigh half for each half life that it lies before the newest
// one. Purchases without a time keep their weight.
func (p *Purchases) Fade(halfLife time.Duration) {
	var newest time.Time
	for _, at := range p.At {
		if at.After(newest) {
			newest = at
		}
	}
	for i, at := range p.At {
		if !at.IsZero() {
			p.Edges[i].Weight *= math.Exp2(-float64(newest.Sub(at)) / float64(halfLife))
		}
	}
}
