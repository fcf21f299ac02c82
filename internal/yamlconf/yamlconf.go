// Package yamlconf reads configuration written in YAML.
//
// It decides whether a document has only the keys and kinds that a Go type
// knows, and reports all faults at once, each with file, line and field. It
// never reads files or fills in defaults. It fails with one error that joins
// every fault.
package yamlconf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

var linePrefix = regexp.MustCompile(`^(?:yaml: )?line (\d+)(?:, column \d+)?: `)

// Faults are unknown keys and values of the wrong kind. The rest of the document
// was read, so that it can be checked too.
type Faults []Fault

// Fault is one of them.
type Fault struct {
	Line int
	err  error
}

func (f Fault) Error() string { return f.err.Error() }
func (f Fault) Unwrap() error { return f.err }

func (f Faults) Error() string {
	var b strings.Builder
	for i, fault := range f {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(fault.Error())
	}
	return b.String()
}

// At reports whether one of the faults is in that line.
func (f Faults) At(line int) bool {
	return slices.ContainsFunc(f, func(fault Fault) bool { return fault.Line == line })
}

// Decode reads the one document in data into v. File is the name that faults
// are reported under. An error that is Faults leaves the rest of v set.
func Decode(file string, data []byte, v any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	err := dec.Decode(v)
	if errors.Is(err, io.EOF) {
		return nil // an empty document leaves the zero value
	}
	if err == nil {
		if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: only one document is expected", file)
		}
		return nil
	}
	var faults *yaml.LoadErrors
	if !errors.As(err, &faults) {
		return locate(file, err.Error())
	}
	var all Faults
	for _, f := range faults.Errors {
		all = append(all, locate(file, f.Error()))
	}
	return all
}

// locate turns "line 3: fault" into "file:3: fault".
func locate(file, fault string) Fault {
	if m := linePrefix.FindStringSubmatch(fault); m != nil {
		line, _ := strconv.Atoi(m[1]) // digits
		return Fault{line, fmt.Errorf("%s:%s: %s", file, m[1], fault[len(m[0]):])}
	}
	return Fault{0, fmt.Errorf("%s: %s", file, fault)}
}

// LineOf returns the line of a field, named by its keys joined with dots, or
// that of the nearest part of it that is there.
func LineOf(data []byte, field string) int {
	var doc yaml.Node
	if yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 {
		return 1
	}
	node, line := doc.Content[0], 1
	for _, name := range strings.Split(field, ".") {
		found := false
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == name {
				line, node, found = node.Content[i].Line, node.Content[i+1], true
				break
			}
		}
		if !found {
			break
		}
	}
	return line
}

// Has reports whether the document has a field of that name at its top.
func Has(data []byte, name string) bool {
	var top map[string]any
	if yaml.Unmarshal(data, &top) != nil {
		return false
	}
	_, ok := top[name]
	return ok
}
