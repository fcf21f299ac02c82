package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestShelf(t *testing.T) {
	dir := t.TempDir()
	want, r := map[string][]byte{}, rand.New(rand.NewPCG(1, 1))
	for round := range 5 {
		s, err := OpenShelf(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			batch := map[string][]byte{}
			for range 100 {
				key := fmt.Sprintf("k\x00\xff%d", r.IntN(300))
				batch[key] = fmt.Appendf(nil, "\x00%d", r.Uint64())
				want[key] = batch[key]
			}
			if err := s.Put(batch); err != nil {
				t.Fatal(err)
			}
		}
		for key, v := range want {
			if got, err := s.Get(key); err != nil || !bytes.Equal(got, v) {
				t.Fatalf("round %d: %q: %q, %v, want %q", round, key, got, err, v)
			}
		}
		if got, err := s.Get("none"); got != nil || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		// All or none.
		if _, err := s.db.Exec(`CREATE TEMP TRIGGER stop BEFORE INSERT ON shelf WHEN new.key = CAST('zz' AS BLOB) BEGIN SELECT RAISE(ABORT, 'stop'); END`); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(map[string][]byte{"none": {1}, "zz": {2}}); err == nil {
			t.Fatal("put what must not be")
		}
		if got, err := s.Get("none"); got != nil || err != nil {
			t.Fatalf("half of a batch is there: %q, %v", got, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveShelf(dir); err != nil {
		t.Fatal(err)
	}
	s, err := OpenShelf(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := s.Get("k\x00\xff1"); got != nil || err != nil {
		t.Errorf("after removing: %q, %v", got, err)
	}
}
