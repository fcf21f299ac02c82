// Package yamlconf reads configuration written in YAML.
//
// It decides whether a document has only the keys and kinds that a Go type
// knows, and reports all faults at once, each with file, line and field. It
// never reads files or fills in defaults. It fails with one error that joins
// every fault; the destination is then not to be used.
package yamlconf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

var linePrefix = regexp.MustCompile(`^(?:yaml: )?line (\d+)(?:, column \d+)?: `)

// Decode reads the one document in data into v. File is the name that faults
// are reported under.
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
	var all []error
	for _, f := range faults.Errors {
		all = append(all, locate(file, f.Error()))
	}
	return errors.Join(all...)
}

// locate turns "line 3: fault" into "file:3: fault".
func locate(file, fault string) error {
	if m := linePrefix.FindStringSubmatch(fault); m != nil {
		return fmt.Errorf("%s:%s: %s", file, m[1], fault[len(m[0]):])
	}
	return fmt.Errorf("%s: %s", file, fault)
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
