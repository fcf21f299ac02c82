package mask

import (
	"bytes"
	"strings"
)

// maxAttributes bounds a tag, whose attributes are compared with one another.
const maxAttributes = 256

// maxName bounds the name of an element or attribute, in bytes: those of all open
// elements are held.
const maxName = 1024

// startTag reads a start tag or an empty element.
func (x *tree) startTag() error {
	if err := x.tagEnd(); err != nil {
		return err
	}
	raw := x.buf[x.tok:x.pos]
	kinds, err := x.sound(raw, 0)
	if err != nil {
		return err
	}
	n := nameLen(raw[1:])
	if n == 0 {
		return x.fault(x.tok, "malformed tag")
	}
	empty := raw[len(raw)-2] == '/'
	end := len(raw) - 1
	if empty {
		end--
	}
	if err := x.attributes(raw, 1+n, end); err != nil {
		return err
	}
	if kinds&anAmp != 0 {
		for _, a := range x.attrs {
			if err := x.references(raw[a.value:a.valueEnd], a.value); err != nil {
				return err
			}
		}
	}
	switch {
	case len(x.open) == 0 && x.root:
		return x.fault(x.tok, "a second root element")
	case len(x.open) >= MaxDepth:
		return x.fault(x.tok, "nested too deep")
	}
	if err := x.checkName(raw[1 : 1+n]); err != nil {
		return err
	}
	x.root = true
	x.push(raw[1 : 1+n])
	return x.enterElement(raw, empty)
}

// tagEnd moves pos behind the tag's >.
func (x *tree) tagEnd() error {
	quote := byte(0)
	n := 1
	for {
		for _, c := range x.buf[x.tok+n : x.end] {
			n++
			switch {
			case c == '<':
				return x.fault(x.tok+n-1, "< in a tag")
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				x.pos = x.tok + n
				if n > MaxString {
					return x.fault(x.tok, "tag longer than can be held")
				}
				return nil
			}
		}
		if n > MaxString {
			return x.fault(x.tok, "tag longer than can be held")
		}
		if err := x.more(); err != nil {
			return x.ended(err)
		}
	}
}

// attributes finds the attributes in raw[i:end].
func (x *tree) attributes(raw []byte, i, end int) error {
	x.attrs = x.attrs[:0]
	for {
		from := i
		for i < end && xmlSpace(raw[i]) {
			i++
		}
		if i == end {
			return nil
		}
		name := i
		i += nameLen(raw[i:end])
		if from == name || i == name {
			return x.fault(x.tok+i, "malformed attribute")
		}
		a := attribute{name: name, local: name, nameEnd: i}
		if k := bytes.IndexByte(raw[name:i], ':'); k >= 0 {
			a.local += k + 1
		}
		for i < end && xmlSpace(raw[i]) {
			i++
		}
		if i == end || raw[i] != '=' {
			return x.fault(x.tok+i, "attribute without a value")
		}
		for i++; i < end && xmlSpace(raw[i]); i++ {
		}
		if i == end || raw[i] != '"' && raw[i] != '\'' {
			return x.fault(x.tok+i, "attribute without quotes")
		}
		n := bytes.IndexByte(raw[i+1:end], raw[i])
		if n < 0 {
			return x.fault(x.tok+i, "attribute without an end")
		}
		a.value, a.valueEnd = i+1, i+1+n
		i = a.valueEnd + 1
		for _, b := range x.attrs {
			if bytes.Equal(raw[a.name:a.nameEnd], raw[b.name:b.nameEnd]) {
				return x.fault(x.tok+a.name, "an attribute twice")
			}
		}
		if err := x.checkName(raw[a.name:a.nameEnd]); err != nil {
			return err
		}
		if len(x.attrs) == maxAttributes {
			return x.fault(x.tok+a.name, "more attributes than can be held")
		}
		x.attrs = append(x.attrs, a)
	}
}

// push opens an element.
func (x *tree) push(name []byte) {
	local := name
	if k := bytes.IndexByte(name, ':'); k >= 0 {
		local = name[k+1:]
	}
	e := element{name: len(x.names)}
	if n := len(x.open); n > 0 && x.open[n-1].say.mapped {
		e.say = x.open[n-1].say // what maps an element maps all that is in it
	}
	x.names = append(x.names, name...)
	if len(x.path) > 0 {
		x.path = append(x.path, '.')
	}
	e.local = len(x.path)
	x.path = append(x.path, local...)
	x.open = append(x.open, e)
	top := &x.open[len(x.open)-1]
	if s, ok := x.field(); ok {
		top.say = s
	} else if !top.say.mapped && x.set != 0 {
		top.say.class = fieldOf(local)
	}
}

// pop closes the innermost element.
func (x *tree) pop() {
	e := x.open[len(x.open)-1]
	x.open = x.open[:len(x.open)-1]
	x.names, x.path = x.names[:e.name], x.path[:max(0, e.local-1)]
}

// field returns what a field of the plan says of the path, the longest that fits
// its end.
func (x *tree) field() (saying, bool) {
	if len(x.fields) == 0 {
		return saying{}, false
	}
	from := 0
	for k := max(0, len(x.open)-8); k < len(x.open); k++ {
		from = x.open[k].local
		if s, ok := x.fields[string(x.path[from:])]; ok {
			return s, true
		}
	}
	if k := bytes.LastIndexByte(x.path, '.'); k > from { // an attribute
		s, ok := x.fields[string(x.path[k+1:])]
		return s, ok
	}
	return saying{}, false
}

// enterElement masks the tag that was read and writes or holds it.
func (x *tree) enterElement(raw []byte, empty bool) error {
	n := len(x.open) - 1
	inner := x.open[n] // the text before the tag is the outer element's
	x.open = x.open[:n]
	within := x.sheet != nil && x.sheet.block > 0 && !x.sheet.apart(x)
	if !within {
		if err := x.settle(); err != nil {
			return err
		}
	}
	x.open = append(x.open, inner)
	if x.sheet != nil {
		if err := x.sheet.enter(x, raw); err != nil {
			return err
		}
	}
	said := x.said(raw)
	if said != "" && x.open[n].say.class == "" {
		x.open[n].say.class = said
	}
	if err := x.maskAttributes(raw, said); err != nil {
		return err
	}
	if within {
		x.text.markup(x.tag)
		if len(x.text.held) > 2*MaxString {
			return x.fault(x.tok, "text longer than can be held")
		}
	} else if err := x.emit(x.tag); err != nil {
		return err
	}
	x.took()
	if empty {
		return x.leaveElement()
	}
	return nil
}

// said returns the class that an attribute called name, key, field or id says the
// element's value is of.
func (x *tree) said(raw []byte) Class {
	if x.set == 0 || x.sheet != nil {
		return ""
	}
	for _, a := range x.attrs {
		switch string(raw[a.local:a.nameEnd]) {
		case "name", "key", "field", "id":
			if c := fieldOf(raw[a.value:a.valueEnd]); c != "" {
				return c
			}
		}
	}
	return ""
}

// maskAttributes writes raw to tag with its attributes masked.
func (x *tree) maskAttributes(raw []byte, said Class) error {
	x.tag = x.tag[:0]
	from := 0
	outer := x.open[len(x.open)-1].say
	for _, a := range x.attrs {
		value, local := raw[a.value:a.valueEnd], raw[a.local:a.nameEnd]
		if len(value) == 0 || x.sheet != nil && x.sheet.structural() {
			continue
		}
		s := saying{}
		if outer.mapped {
			s = outer
		}
		if len(x.fields) > 0 {
			end := len(x.path)
			x.path = append(append(x.path, '.'), local...)
			if f, ok := x.field(); ok {
				s = f
			}
			x.path = x.path[:end]
		}
		if !s.mapped && x.set != 0 {
			if s.class = fieldOf(local); s.class == "" && string(local) == "value" {
				s.class = said
			}
			if x.sheet != nil {
				s = x.sheet.says(local, s)
			}
		}
		if s.class == "" && (x.sheet == nil || len(x.sheet.renamed) == 0 && len(x.sheet.book.known) == 0) && bytes.IndexByte(value, '&') < 0 && !x.worth(value) {
			continue
		}
		x.side.reset()
		x.side.add(value, x.base+int64(x.tok+a.value), x.coding())
		if x.sheet != nil && s.class == "" {
			s = x.sheet.book.knows(x.side.text)
		}
		x.cover(&x.side, s)
		if x.sheet != nil {
			x.sheet.rename(&x.side, string(local) == "sheet" || string(local) == "name" && x.sheet.root == "workbook")
		}
		if len(x.side.changes) == 0 {
			continue
		}
		if err := x.tell(&x.side, s); err != nil {
			return err
		}
		x.tag = append(x.tag, raw[from:a.value]...)
		x.tag = x.side.write(x.tag)
		from = a.valueEnd
	}
	x.tag = append(x.tag, raw[from:]...)
	if from > 0 && x.sheet != nil && strings.HasPrefix(x.sheet.root, "pivotCache") && string(x.path[x.open[len(x.open)-1].local:]) == "n" {
		if raw[len(raw)-2] != '/' {
			return x.fault(x.tok, "a number with parts of its own")
		}
		x.tag[nameLen(raw[1:])] = 's' // a number has become text
	}
	return nil
}

// endTag reads an end tag.
func (x *tree) endTag() error {
	if err := x.tagEnd(); err != nil {
		return err
	}
	raw := x.buf[x.tok:x.pos]
	n := nameLen(raw[2:])
	end := 2 + n
	for xmlSpace(raw[end]) { // a > is there to stop it
		end++
	}
	if end != len(raw)-1 {
		return x.fault(x.tok, "malformed tag")
	}
	if len(x.open) == 0 || !bytes.Equal(raw[2:2+n], x.names[x.open[len(x.open)-1].name:]) {
		return x.fault(x.tok, "an end tag that ends nothing")
	}
	if x.sheet == nil || !x.sheet.holds(x) {
		if err := x.settle(); err != nil {
			return err
		}
		if err := x.emit(raw); err != nil {
			return err
		}
	} else {
		x.text.markup(raw)
	}
	x.took()
	return x.leaveElement()
}

// leaveElement closes the innermost element, whose end was written.
func (x *tree) leaveElement() error {
	if x.sheet != nil {
		if err := x.sheet.leave(x); err != nil {
			return err
		}
	}
	x.pop()
	return nil
}
