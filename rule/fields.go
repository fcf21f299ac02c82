package rule

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// field reads one field of an event's data, or of what is known beside it.
type field struct {
	index   []int
	sample  any    // a value of the kind that get returns
	derived string // its name among what is known beside the event
}

// given is an event and what is known beside it.
type given struct {
	event.Event
	derived map[string]any
}

// fields are those of an event type, by JSON name: of strings of any name,
// numbers, booleans, times, and of lists and objects of these.
func fields(t event.Type) map[string]field {
	data := t.Data()
	if data == nil {
		return nil
	}
	out := map[string]field{}
	typ := reflect.TypeOf(data).Elem()
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		out[name] = field{index: f.Index, sample: sample(f.Type)}
		addMembers(out, name, f.Index, f.Type)
	}
	return out
}

// addMembers adds the members of an object, such as money.amount, which a key or an
// aggregate may name; expressions reach them through the object.
func addMembers(out map[string]field, name string, index []int, t reflect.Type) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		member, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if member == "" || member == "-" || !f.IsExported() || !scalar(sample(f.Type)) {
			continue
		}
		out[name+"."+member] = field{index: append(slices.Clone(index), f.Index...), sample: sample(f.Type)}
	}
}

// member reports whether a field's name is that of an object's member.
func member(name string) bool { return strings.Contains(name, ".") }

// value is the field's, not valid in an object that is not there.
func (f field) value(d event.Data) reflect.Value {
	v, err := reflect.ValueOf(d).Elem().FieldByIndexErr(f.index)
	if err != nil {
		return reflect.Value{}
	}
	return v
}

// get returns the field's value in plain types; nil for an object that is not
// there.
func (f field) get(g given) any {
	if f.derived != "" {
		return g.derived[f.derived]
	}
	return plain(f.value(g.Data))
}

// text returns the field's value as text; empty in an object that is not there.
func (f field) text(g given) string {
	if f.derived != "" {
		if v := g.derived[f.derived]; v != nil {
			return fmt.Sprint(v)
		}
		return ""
	}
	v := f.value(g.Data)
	switch {
	case !v.IsValid():
		return ""
	case v.Kind() == reflect.String:
		return v.String()
	}
	return fmt.Sprint(plain(v))
}

// sample is a value of the plain kind of a type, with everything in it that an
// expression may ask for.
func sample(t reflect.Type) any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return time.Time{}
	case t.Kind() == reflect.Pointer:
		return sample(t.Elem())
	case t.Kind() == reflect.Slice:
		return reflect.MakeSlice(reflect.SliceOf(reflect.TypeOf(sample(t.Elem()))), 1, 1).Interface()
	case t.Kind() == reflect.Struct:
		out := map[string]any{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if name != "" && name != "-" {
				out[name] = sample(t.Field(i).Type)
			}
		}
		return out
	case t.Kind() == reflect.Map:
		return map[string]any{}
	}
	return plain(reflect.Zero(t))
}

// plain turns named strings into strings, structs into maps by JSON name, and
// leaves the rest.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return int(v.Uint())
	case reflect.Float64, reflect.Float32:
		return v.Float()
	case reflect.Bool:
		return v.Bool()
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t
		}
		out := map[string]any{}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name != "" && name != "-" {
				out[name] = plain(v.Field(i))
			}
		}
		return out
	case reflect.Slice:
		element := reflect.TypeOf(sample(v.Type().Elem()))
		out := reflect.MakeSlice(reflect.SliceOf(element), v.Len(), v.Len())
		for i := range v.Len() {
			if x := plain(v.Index(i)); x != nil {
				out.Index(i).Set(reflect.ValueOf(x))
			}
		}
		return out.Interface()
	case reflect.Map:
		out := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			out[it.Key().String()] = plain(it.Value())
		}
		return out
	}
	return nil
}
