package gateway

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/menshen-io/menshen/mask"
)

// plainMasks counts the masks of all slots, and who has the strong ones, the slow way.
func plainMasks(d *drawer) (masks map[string]int, holders map[string]map[string]int) {
	masks, holders = make(map[string]int), make(map[string]map[string]int)
	for subject, slots := range d.slots {
		for _, s := range slots {
			masks[s.mask]++
			if strong(s.class, s.mask) {
				if holders[s.mask] == nil {
					holders[s.mask] = make(map[string]int)
				}
				holders[s.mask][subject]++
			}
		}
	}
	return masks, holders
}

// What a drawer knows of its masks is what its slots have, whatever comes and goes.
func TestMasksOfADrawerAreThoseOfItsSlots(t *testing.T) {
	const seed = 14
	r := rand.New(rand.NewPCG(seed, seed))
	at := time.Unix(0, 0)
	v := newVault(VaultLimits{Records: 40, Bytes: 20_000, TTL: time.Minute})
	for step := range 5000 {
		d := v.open(fmt.Sprint("s", r.IntN(3)), at)
		var entries []entry
		var plain []byte
		for range 1 + r.IntN(4) {
			phone := fmt.Sprintf("138%04d%04d", r.IntN(3), r.IntN(5))
			m := mask.Of(mask.Phone, phone)
			if r.IntN(3) == 0 {
				m = mask.Full
			}
			entries = append(entries, entry{subject: fmt.Sprint("u", r.IntN(9)), field: fmt.Sprint("f", r.IntN(3)), class: "phone", mask: m, mapped: r.IntN(2) == 0, off: len(plain), len: len(phone)})
			plain = append(plain, phone...)
		}
		d.seal(entries, plain, at)
		at = at.Add(time.Duration(r.IntN(4)) * time.Second)
		if r.IntN(50) == 0 {
			at = at.Add(time.Minute)
			v.sweep(at)
		}
		masks, holders := plainMasks(d)
		if !maps.Equal(d.masks, masks) || !maps.EqualFunc(d.holders, holders, maps.Equal[map[string]int]) {
			t.Fatalf("seed %d, step %d: %v, %v\nwant %v, %v", seed, step, d.masks, d.holders, masks, holders)
		}
	}
}

func BenchmarkManyStarsInAWrite(b *testing.B) {
	v := newVault(VaultLimits{})
	at := time.Unix(0, 0)
	d := v.open("s", at)
	for i := range 5000 {
		phone := fmt.Sprintf("138%08d", i)
		d.seal([]entry{{subject: fmt.Sprint("u", i), field: "phone", class: "phone", mask: mask.Of(mask.Phone, phone), mapped: true, len: len(phone)}}, []byte(phone), at)
	}
	for b.Loop() {
		for range 10_000 {
			if d.issued("c*") {
				b.Fatal("issued")
			}
		}
	}
}
