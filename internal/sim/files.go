package sim

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/menshen-io/menshen/event"
)

// Files of a world, in its directory.
const (
	EventsFile    = "events.ndjson"
	CustomersFile = "customers.ndjson"
	TruthFile     = "truth.json"
)

// WriteFiles writes the world's events, customers and truth into dir, which it
// makes. It returns how many events there are. It stops when ctx ends; a file
// not finished is taken away again.
func (w *World) WriteFiles(ctx context.Context, dir string) (events int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("making the output directory: %w", err)
	}
	r := w.newRun()
	err = writeFile(filepath.Join(dir, EventsFile), func(out io.Writer) (err error) {
		ew := event.NewWriter(out)
		r.play(func(a Action) bool {
			if events++; events%4096 == 0 && ctx.Err() != nil {
				err = ctx.Err()
				return false
			}
			err = ew.Write(a.Event)
			return err == nil
		})
		return err
	})
	if err != nil {
		return events, fmt.Errorf("writing events: %w", err)
	}
	err = writeFile(filepath.Join(dir, CustomersFile), func(out io.Writer) error {
		for c := range w.Customers() {
			if err := json.MarshalWrite(out, c); err != nil {
				return err
			}
			if _, err := io.WriteString(out, "\n"); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return events, fmt.Errorf("writing customers: %w", err)
	}
	err = writeFile(filepath.Join(dir, TruthFile), func(out io.Writer) error {
		return json.MarshalWrite(out, r.truth, jsontext.WithIndent("  "))
	})
	if err != nil {
		return events, fmt.Errorf("writing the truth: %w", err)
	}
	return events, nil
}

// writeFile writes to a file beside name and puts it in place when complete.
func writeFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	out := bufio.NewWriterSize(f, 1<<20)
	err = write(out)
	err = errors.Join(err, out.Flush(), f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
