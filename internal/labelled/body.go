package labelled

import (
	"bytes"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ignored, as the class that a rule gives, leaves a value out of account.
const ignored = "-"

// rule says what the value at a path of a JSON body is: a class, [ignored], or
// nothing. Elements of lists have the path of the list.
type rule func(path []string, value jsontext.Value) string

// end returns the n-th name of path from its end.
func end(path []string, n int) string {
	if n >= len(path) {
		return ""
	}
	return path[len(path)-1-n]
}

// labelBody labels the strings and numbers of a JSON body by their paths. The
// place of a string is that of its bytes between the quotes. On an error it
// returns where.
func labelBody(body []byte, of rule) (t Text, fault int, err error) {
	t.Body = string(body)
	dec := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	var path []string
	for {
		kind, length := dec.StackIndex(dec.StackDepth())
		inObject := kind == '{'
		name := inObject && length%2 == 0
		switch dec.PeekKind() {
		case '{', '[':
			if _, err := dec.ReadToken(); err != nil {
				return Text{}, int(dec.InputOffset()), err
			}
			continue
		case '}', ']':
			if _, err := dec.ReadToken(); err != nil {
				return Text{}, int(dec.InputOffset()), err
			}
			if outer, _ := dec.StackIndex(dec.StackDepth()); outer == '{' {
				path = path[:len(path)-1]
			}
			continue
		}
		v, err := dec.ReadValue()
		if err == io.EOF && dec.StackDepth() == 0 {
			return t.tidy(), 0, nil
		}
		if err != nil {
			return Text{}, int(dec.InputOffset()), err
		}
		if name {
			s, err := jsontext.AppendUnquote(nil, v)
			if err != nil {
				return Text{}, int(dec.InputOffset()), err
			}
			path = append(path, string(s))
			continue
		}
		t.member(path, v, int(dec.InputOffset()), of)
		if inObject {
			path = path[:len(path)-1]
		}
	}
}

// member labels the value v that ends at byte end.
func (t *Text) member(path []string, v jsontext.Value, end int, of rule) {
	s := Span{Start: end - len(v), End: end}
	switch v.Kind() {
	case '"':
		s.Start++
		s.End--
	case '0':
	default:
		return
	}
	if s.Start == s.End {
		return
	}
	switch class := of(path, v); class {
	case "":
	case ignored:
		t.Ignored = append(t.Ignored, s)
	default:
		s.Class = class
		t.Spans = append(t.Spans, s)
	}
}

// content returns the text of a value, without the quotes.
func content(v jsontext.Value) string { return strings.Trim(string(v), `"`) }

// elements returns the raw values of an object's members or of a list's
// elements.
func elements(f file) ([]jsontext.Value, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(f.data))
	open, err := dec.ReadToken()
	if err != nil {
		return nil, f.fault(int(dec.InputOffset()), "reading records: %w", err)
	}
	if k := open.Kind(); k != '{' && k != '[' {
		return nil, f.fault(0, "not a list of records")
	}
	var out []jsontext.Value
	for {
		if k := dec.PeekKind(); k == '}' || k == ']' {
			return out, nil
		}
		if open.Kind() == '{' {
			if _, err := dec.ReadToken(); err != nil {
				return nil, f.fault(int(dec.InputOffset()), "reading records: %w", err)
			}
		}
		v, err := dec.ReadValue()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, f.fault(int(dec.InputOffset()), "reading records: %w", err)
		}
		out = append(out, v.Clone())
	}
}
