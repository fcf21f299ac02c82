package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"runtime"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/menshen-io/menshen/event"
)

// fingerprint is a hash of a world's events, customers and truth.
func fingerprint(t *testing.T, o Options) string {
	t.Helper()
	w := world(t, o)
	h := sha256.New()
	out := event.NewWriter(h)
	for ev := range w.Events() {
		if err := out.Write(ev); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < w.NumCustomers(); i += 7 {
		if err := json.MarshalWrite(h, w.CustomerAt(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.MarshalWrite(h, w.Truth()); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// What is built on a seed, the demo first of all, is to find the same world.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("elsewhere a compiler may fuse a product and a sum, and round once")
	}
	for scenario, want := range map[string]string{
		Ordinary:   "48e2c6d1290746c9",
		Harvest:    "39922eade79e667b",
		RefundRing: "876f86a232044b8e",
		Busy:       "6fb2e9101c7fda3c",
		Hidden:     "3098da5fb9d13493",
		Colluders:  "35b0c1bdbfbd3406",
		Guessing:   "502102866b680b8b",
	} {
		if got := fingerprint(t, small(scenario, 3)); got != want {
			t.Errorf("%s: fingerprint %q, want %q", scenario, got, want)
		}
	}
}
