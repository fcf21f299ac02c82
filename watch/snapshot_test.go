package watch

import (
	"bytes"
	"errors"
	"testing"
	"unsafe"

	"github.com/menshen-io/menshen/event"
)

func TestAnEngineGoesOnFromItsSnapshot(t *testing.T) {
	pack := testPack(t)
	w := newWorld(3)
	w.days = 50
	in := sorted(append(w.events(), event.New("n1", "gateway", t0, &event.CanaryPlanted{Subject: "c-700"})))
	whole := New(pack, Options{})
	var want []event.Event
	for _, ev := range in {
		want = append(want, whole.Fold(ev)...)
	}
	want = append(want, whole.Flush()...)
	if len(want) < 3 {
		t.Fatalf("%d alerts: nothing is tested", len(want))
	}
	for _, every := range []int{1013, 7919} {
		e := New(pack, Options{})
		var got []event.Event
		for i, ev := range in {
			if i%every == every-1 {
				data, err := e.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				if e, err = Restore(pack, Options{}, data); err != nil {
					t.Fatal(err)
				}
			}
			got = append(got, e.Fold(ev)...)
		}
		got = append(got, e.Flush()...)
		if !bytes.Equal(bytesOf(t, got), bytesOf(t, want)) {
			t.Errorf("with a snapshot every %d events there are %d alerts, %d without", every, len(got), len(want))
		}
	}
}

func TestASnapshotOfAnotherPackIsRefused(t *testing.T) {
	data, err := New(testPack(t), Options{}).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(defaults(), Options{}, data); !errors.Is(err, ErrSnapshot) {
		t.Errorf("another pack: %v", err)
	}
	for _, n := range []int{0, 10, len(data) / 2, len(data) - 1} {
		if _, err := Restore(testPack(t), Options{}, data[:n]); !errors.Is(err, ErrSnapshot) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

// What is kept of an account that has been busy for months, with every tested
// value taken, in memory.
func TestAnAccountTakesUnderTwoKilobytes(t *testing.T) {
	w := newWorld(5)
	w.days = 100
	pack := testPack(t)
	e := New(pack, Options{})
	for i, ev := range w.events() {
		if v, ok := ev.Data.(*event.AccessViewed); ok {
			for j := range v.Subjects {
				v.Subjects[j].Attributes["member"] = []any{"gold", "silver", "none"}[i%3]
				v.Subjects[j].Attributes["stars"] = float64(i % 5)
				v.Subjects[j].Attributes["queue"] = []any{"cn", "intl"}[i%2]
			}
			ev.ID = "CTXM44KIXHHEFR4VLJFT" + ev.ID
		}
		e.Fold(ev)
	}
	if n := len(e.detector.attrs.Cells); n < 10 {
		t.Fatalf("only %d cells", n)
	}
	for _, a := range e.detector.order {
		bytes := int(unsafe.Sizeof(*a)) + len(a.Actor) + cap(a.Seen.Packed) + cap(a.SeenOther.Packed) +
			cap(a.Today)*int(unsafe.Sizeof(queueDay{})) + (cap(a.Cells[0])+cap(a.Cells[1]))*int(unsafe.Sizeof(cellState{}))
		if bytes >= 2048 {
			t.Errorf("%s takes %d bytes", a.Actor, bytes)
		}
		if len(a.Seen.with(0)) < 5 {
			t.Errorf("%s keeps %d views", a.Actor, len(a.Seen.with(0)))
		}
	}
	t.Logf("an account is %d bytes and up to %d of cells and ids", unsafe.Sizeof(account{}),
		kinds*maxCells*int(unsafe.Sizeof(cellState{}))+carriedBytes+carriedOther)
}

func FuzzRestore(f *testing.F) {
	pack := testPack(f)
	w := newWorld(1)
	w.agents, w.days = 3, 3
	e := New(pack, Options{})
	events := w.events()
	for _, ev := range events[:len(events)/2] {
		e.Fold(ev)
	}
	data, err := e.Snapshot()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Restore(pack, Options{}, data)
		if err != nil {
			return
		}
		for _, ev := range events[len(events)/2:] {
			e.Fold(ev)
		}
	})
}
