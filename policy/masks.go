package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/menshen-io/menshen/mask"
)

// fields are a mapping of paths, each to a class or to a class and how it is masked.
type fields []fieldText

type fieldText struct {
	path, class, mask scalar
	nested            bool
	other             []scalar // keys that a field does not have, or has already
}

func (f *fields) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.New("expected a mapping")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var t fieldText
		if err := t.read(n.Content[i], n.Content[i+1]); err != nil {
			return fmt.Errorf("%q: %w", n.Content[i].Value, err)
		}
		*f = append(*f, t)
	}
	return nil
}

func (t *fieldText) read(key, value *yaml.Node) error {
	if err := t.path.UnmarshalYAML(key); err != nil {
		return err
	}
	if value.Kind == yaml.AliasNode && value.Alias != nil {
		value = value.Alias
	}
	if value.Kind != yaml.MappingNode {
		return t.class.UnmarshalYAML(value)
	}
	t.nested = true
	t.class.line = value.Line
	seen := map[string]bool{}
	for i := 0; i+1 < len(value.Content); i += 2 {
		var k, v scalar
		if err := errors.Join(k.UnmarshalYAML(value.Content[i]), v.UnmarshalYAML(value.Content[i+1])); err != nil {
			return err
		}
		switch {
		case seen[k.text] || k.text != "class" && k.text != "mask":
			t.other = append(t.other, k)
		case k.text == "class":
			t.class = v
		default:
			t.mask = v
		}
		seen[k.text] = true
	}
	return nil
}

// fields reads what fields of a record are into s.
func (c *checker) fields(field string, list fields, s *mask.RecordSpec) {
	for _, f := range list {
		at := field + "." + f.path.text
		if s.Fields == nil {
			s.Fields = map[string]mask.Class{}
		}
		if _, twice := s.Fields[f.path.text]; twice {
			c.fault(f.path.line, at, "is written twice")
		}
		if err := mask.CheckPath(f.path.text, true); err != nil {
			c.fault(f.path.line, at, "%w", err)
		}
		for _, k := range f.other {
			if k.text == "class" || k.text == "mask" {
				c.fault(k.line, at+"."+k.text, "is written twice")
			} else {
				c.fault(k.line, at+"."+k.text, "is not known (class and mask are)")
			}
		}
		class, err := mask.ParseClass(f.class.text)
		switch {
		case f.nested && f.class.text == "":
			c.fault(f.class.line, at+".class", "is missing")
		case err != nil:
			c.fault(f.class.line, at, "%w", err)
		case f.mask.line > 0:
			form := mask.Form(f.mask.text)
			if err := form.Check(class); err != nil {
				c.fault(f.mask.line, at+".mask", "%w", err)
			}
			if s.Forms == nil {
				s.Forms = map[string]mask.Form{}
			}
			s.Forms[f.path.text] = form
		}
		s.Fields[f.path.text] = class
	}
}

// masks reads the forms of classes.
func (c *checker) masks(field string, list pairs) map[mask.Class]mask.Form {
	out := map[mask.Class]mask.Form{}
	for _, p := range list {
		at := field + "." + p.key.text
		class, err := mask.ParseClass(p.key.text)
		if err != nil {
			c.fault(p.key.line, at, "%w", err)
			continue
		}
		form := mask.Form(p.value.text)
		if err := form.Check(class); err != nil {
			c.fault(p.value.line, at, "%w", err)
			continue
		}
		if _, twice := out[class]; twice {
			c.fault(p.key.line, at, "is written twice")
		}
		out[class] = form
	}
	return out
}

// crowds warns of records of which too little is covered: what is shown of a
// customer, all together, is expected to be true of fewer than mask.Enough people.
// What is found by search is not counted. Records that show the same are told once.
func (c *checker) crowds(doc *document, p *Policy) []string {
	var texts []string
	places := map[string][]string{} // by text
	for i, r := range p.Routes {
		for k, rec := range r.Records {
			at := fmt.Sprintf("%s:%d: routes[%d].records[%d]", c.file, max(doc.Routes[i].Records[k].At.line, 1), i, k)
			for _, role := range differing(p.Roles) {
				text := crowd(shownBy(rec, p.Masks, role.Masks))
				if text == "" {
					continue
				}
				if role.Name != "" {
					text = "role " + role.Name + ": " + text
				}
				if places[text] == nil {
					texts = append(texts, text)
				}
				places[text] = append(places[text], at)
			}
		}
	}
	var out []string
	for _, text := range texts {
		at := places[text][0]
		if n := len(places[text]) - 1; n > 0 {
			at += fmt.Sprintf(" and %d more", n)
		}
		out = append(out, at+": "+text)
	}
	return out
}

// differing returns the roles that have masks of their own, and before them, for
// all others, one without a name.
func differing(roles []Role) []Role {
	own := slices.DeleteFunc(slices.Clone(roles), func(r Role) bool { return len(r.Masks) == 0 })
	if len(roles) > 0 && len(own) == len(roles) {
		return own
	}
	return append([]Role{{}}, own...)
}

// crowd says of how few people what is shown is true, if they are too few.
func crowd(shown map[mask.Class]mask.Form) string {
	usual, least := mask.Crowd(shown)
	if usual >= mask.Enough {
		return ""
	}
	return fmt.Sprintf("what is shown together (%s) is true of %s, and of %s whose masks are rare; %d are wanted", listed(shown), persons(usual), persons(least), mask.Enough)
}

// shownBy returns in which form each class of a record is shown; of one that is
// shown in two, the one that shows more.
func shownBy(rec mask.RecordSpec, general, own map[mask.Class]mask.Form) map[mask.Class]mask.Form {
	shown := map[mask.Class]mask.Form{}
	for _, path := range slices.Sorted(maps.Keys(rec.Fields)) {
		class := rec.Fields[path]
		if class == mask.Plain || class == mask.AnyText {
			continue
		}
		form := mask.Keep
		for _, f := range []mask.Form{general[class], own[class], rec.Forms[path]} {
			if f != "" {
				form = f
			}
		}
		was, again := shown[class]
		if again {
			before, _ := mask.Crowd(map[mask.Class]mask.Form{class: was})
			if now, _ := mask.Crowd(map[mask.Class]mask.Form{class: form}); now >= before {
				continue
			}
		}
		shown[class] = form
	}
	return shown
}

// listed names the classes that say anything.
func listed(shown map[mask.Class]mask.Form) string {
	nobody, _ := mask.Crowd(nil)
	var out []string
	for _, c := range slices.Sorted(maps.Keys(shown)) {
		if n, _ := mask.Crowd(map[mask.Class]mask.Form{c: shown[c]}); n < nobody {
			out = append(out, fmt.Sprintf("%s %s", c, shown[c]))
		}
	}
	return strings.Join(out, ", ")
}

func persons(n float64) string {
	if n < 1.5 {
		return "one person"
	}
	return fmt.Sprintf("about %.0f people", n)
}
