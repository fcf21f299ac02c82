package rule

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// field reads one field of an event's data.
type field struct {
	index  []int
	sample any // a value of the kind that get returns
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
		out[name] = field{f.Index, sample(f.Type)}
	}
	return out
}

// get returns the field's value in plain types; nil for an object that is not
// there.
func (f field) get(d event.Data) any { return plain(reflect.ValueOf(d).Elem().FieldByIndex(f.index)) }

// text returns the field's value as text.
func (f field) text(d event.Data) string {
	v := reflect.ValueOf(d).Elem().FieldByIndex(f.index)
	if v.Kind() == reflect.String {
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
