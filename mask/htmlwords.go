package mask

import "bytes"

// elementKind is what an element is to the text in and around it.
type elementKind uint8

const (
	blockElement      elementKind = iota
	inlineElement                 // cuts no word in two
	voidElement                   // has no text
	rawElement                    // has text without tags
	structuralElement             // of a table or a list
)

func elementOf(name []byte) elementKind {
	switch string(name) {
	case "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark",
		"nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tspan", "tt", "u", "var", "wbr":
		return inlineElement
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track":
		return voidElement
	case "iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "textarea", "title", "xmp":
		return rawElement
	case "table", "thead", "tbody", "tfoot", "tr", "td", "th", "dl", "dt", "dd":
		return structuralElement
	}
	return blockElement
}

// callsIt tells whether an attribute may say what its element's value is, and
// whether it may as well name a part of the page.
func callsIt(name []byte) (calls, weak bool) {
	switch string(name) {
	case "name", "id", "placeholder", "aria-label", "autocomplete":
		return true, true
	case "itemprop", "data-field", "data-label", "data-title", "data-name", "data-key", "data-prop", "data-column", "data-index", "field", "prop":
		return true, false
	}
	return false, false
}

// isValue tells whether an attribute holds its element's value.
func isValue(name []byte) bool {
	switch string(name) {
	case "value", "content", "data-value", "datetime":
		return true
	}
	return false
}

// isCode tells whether an attribute has words that programs give.
func isCode(name []byte) bool {
	switch string(name) {
	case "class", "id", "name", "type", "style", "rel", "role", "for", "lang", "charset", "method", "target", "colspan", "rowspan", "width", "height":
		return true
	}
	return false
}

// lowered returns the name of an attribute in lower case.
func (m *markup) lowered(name []byte) []byte {
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			m.lower = append(m.lower[:0], name...)
			for k := i; k < len(name); k++ {
				if c := name[k]; c >= 'A' && c <= 'Z' {
					m.lower[k] = c | 0x20
				}
			}
			return m.lower
		}
	}
	return name
}

// htmlTable is a table that is open.
type htmlTable struct {
	columns []saying
	below   []int // rows that a cell above still takes, by column
	column  int   // of the cell, from 0
	rows    int   // begun so far
	named   int   // column after the last of the first row whose td names it
	heads   bool  // the first row names columns
}

// Bounds of what is kept of tables.
const (
	maxTables  = 16
	maxColumns = 1000
	maxLabel   = 48 // bytes of what may be a name
)

// element returns what the tag's attributes say of the element's value and text.
// What is weak goes no further than to the next block.
func (m *markup) element(raw []byte) (own saying, weak bool) {
	if m.set == 0 && len(m.fields) == 0 {
		return saying{}, false
	}
	for _, a := range m.lexer.attrs {
		if calls, weak := callsIt(m.lowered(raw[a.name:a.nameEnd])); calls {
			if s := m.says(raw[a.value:a.valueEnd]); s.class != "" {
				return s, weak
			}
		}
	}
	return saying{}, false
}

// attributeSays returns what is known of the attribute called name. Fields of the
// plan map those that are not HTML's own.
func (m *markup) attributeSays(name []byte, own saying) saying {
	if m.set == 0 && len(m.fields) == 0 {
		return saying{}
	}
	name = m.lowered(name)
	if isValue(name) {
		return own
	}
	if bare, ok := bytes.CutPrefix(name, []byte("data-")); ok {
		return m.says(bare)
	}
	if c := fieldOf(name); c == thing || m.set.Has(c) {
		return saying{class: c}
	}
	return saying{}
}

// said returns what is known of the block's text.
func (m *markup) said(text []byte) saying {
	if m.set == 0 && len(m.fields) == 0 {
		return saying{}
	}
	w := &m.say
	s := w.own
	switch {
	case s.class != "":
	case w.cell == "td" && m.open > 0:
		t := &m.tables[m.open-1]
		if t.column >= 0 && t.column < len(t.columns) {
			s = t.columns[t.column]
		}
		if s.class == "" {
			s = w.label
		}
	case w.cell == "dd":
		s = w.label
	}
	name := bytes.TrimSpace(text)
	if len(name) == 0 {
		return saying{}
	}
	colon := bytes.HasSuffix(name, []byte(":")) || bytes.HasSuffix(name, []byte("："))
	if s.class == "" && w.colon {
		s = w.block
	}
	w.block, w.colon = saying{}, colon
	if len(name) <= maxLabel {
		w.block = m.says(name)
	}
	switch {
	case w.cell == "th", w.cell == "dt":
		w.label = w.block
		if w.cell == "th" && m.open > 0 {
			m.tables[m.open-1].head(w.label)
		}
		return saying{}
	case w.cell == "td" && colon:
		w.label = w.block
	case w.cell == "td" && m.open > 0:
		if t := &m.tables[m.open-1]; t.rows > 1 && w.block.class != "" {
			w.label = w.block // no head of columns stands here
		} else {
			t.name(w.block)
		}
	}
	return m.plan.fitting(s, text)
}

func (t *htmlTable) head(s saying) {
	for len(t.columns) <= t.column && t.column < maxColumns {
		t.columns = append(t.columns, saying{})
	}
	if t.column >= 0 && t.column < len(t.columns) {
		t.columns[t.column] = s
	}
}

// name takes what a td is as the name of a column: in the first row, where two
// stand beside each other.
func (t *htmlTable) name(s saying) {
	if t.rows > 1 || s.class == "" {
		return
	}
	t.heads = t.heads || t.named == t.column && t.column > 0
	t.named = t.column + 1
	t.head(s)
}

// structure follows the tag that begins an element of a table or a list.
func (m *markup) structure(raw, name []byte) {
	w := &m.say
	switch string(name) {
	case "table":
		if m.open < maxTables {
			t := &m.tables[m.open] // its memory is used again
			*t = htmlTable{columns: t.columns[:0], below: t.below[:0], column: -1}
			m.open++
		}
		w.label, w.cell, w.head = saying{}, "", false
	case "tbody", "tfoot":
		w.head = false
	case "tr":
		w.label, w.cell = saying{}, ""
		if m.open > 0 {
			m.tables[m.open-1].row()
		}
	case "thead":
		w.head = true
	case "td", "th":
		w.cell = "td"
		if w.head || string(name) == "th" {
			w.cell = "th"
		}
		if m.open > 0 {
			m.tables[m.open-1].cell(m.count(raw, "colspan"), m.count(raw, "rowspan"))
		}
	case "dt":
		w.label, w.cell = saying{}, "dt"
	case "dd":
		w.cell = "dd"
	case "dl":
		w.label, w.cell = saying{}, ""
	}
}

func (m *markup) structureEnd(name []byte) {
	w := &m.say
	switch string(name) {
	case "table":
		m.open = max(0, m.open-1)
		w.label, w.cell, w.head = saying{}, "", false
		if m.open > 0 {
			w.cell = "td" // around it
		}
	case "dl":
		w.label, w.cell = saying{}, ""
	case "thead":
		w.head = false
	case "td", "th", "dt", "dd", "tr":
		w.cell = ""
	}
}

// row goes to the next row.
func (t *htmlTable) row() {
	if t.rows++; t.rows == 2 && t.named > 0 && !t.heads {
		t.columns = t.columns[:0]
	}
	for k := t.column + 1; k >= 0 && k < len(t.below); k++ {
		t.below[k] = max(0, t.below[k]-1)
	}
	t.column = -1
}

// cell goes to the next cell, which takes so many columns and rows.
func (t *htmlTable) cell(columns, rows int) {
	t.column++
	for t.column < len(t.below) && t.below[t.column] > 0 {
		t.below[t.column]--
		t.column++
	}
	if rows > 1 || columns > 1 {
		for k := range min(columns, maxColumns) {
			at := t.column + k
			if at >= maxColumns {
				break
			}
			for len(t.below) <= at {
				t.below = append(t.below, 0)
			}
			// The other columns of this row are passed as if a cell above took them.
			t.below[at] = rows - 1
			if k > 0 {
				t.below[at] = rows
			}
		}
	}
}

// count returns the number that an attribute is, at least 1.
func (m *markup) count(raw []byte, name string) int {
	for _, a := range m.lexer.attrs {
		if bytes.EqualFold(raw[a.name:a.nameEnd], []byte(name)) {
			n := 0
			for _, c := range raw[a.value:a.valueEnd] {
				if c < '0' || c > '9' || n > maxColumns {
					break
				}
				n = n*10 + int(c-'0')
			}
			return max(1, n)
		}
	}
	return 1
}
