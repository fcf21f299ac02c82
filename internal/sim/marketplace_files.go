package sim

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/menshen-io/menshen/event"
)

// WriteFiles writes the marketplace's events and truth into dir, which it makes. It
// returns how many events there are. It stops when ctx ends; a file not
// finished is taken away again.
func (m *Marketplace) WriteFiles(ctx context.Context, dir string) (events int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("making the output directory: %w", err)
	}
	err = writeFile(filepath.Join(dir, EventsFile), func(out io.Writer) error {
		ew := event.NewWriter(out)
		for ev := range m.Events() {
			if events++; events%4096 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := ew.Write(ev); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return events, fmt.Errorf("writing events: %w", err)
	}
	err = writeFile(filepath.Join(dir, TruthFile), func(out io.Writer) error {
		return json.MarshalWrite(out, m.Truth(), jsontext.WithIndent("  "), json.Deterministic(true))
	})
	if err != nil {
		return events, fmt.Errorf("writing the truth: %w", err)
	}
	return events, nil
}
