package mask

import (
	"bytes"
	"strings"
)

// surveyRows is how many rows of a sheet or table are looked at for names of columns.
const surveyRows = 20

// sheet is what is known of a part of a workbook, SpreadsheetML or DrawingML,
// while a tree rewrites it.
type sheet struct {
	book *book
	root string // local name of the part's root
	grid *grid  // of a worksheet

	block     int     // depth of the element whose runs are one text, or 0
	cell      cellAt  //
	row, col  int     // of the cell, from 1
	cells     int     // of the row so far
	left      saying  // what the cell to the left says of the one at hand
	index     int     // of the string of the table of strings
	attribute saying  // of the values of a pivot's field or a filter
	property  saying  // of a custom property
	item      int     // of a pivot's record
	filter    int     // column where the filter begins
	survey    *survey // reading only: what is wanted
	renamed   renames // of the workbook's sheets and names
	enough    bool    // reading only: no more is wanted
}

// cellAt is the cell that is open. It is held back, as its type may change.
type cellAt struct {
	open   bool
	out    []byte // its bytes, masked
	kind   string // attribute t
	from   int    // where the value of t stands in out
	to     int    // and where it ends; 0 when there is none
	tagEnd int    // where t can be put
	text   bool   // a number has become text
}

// survey is what a reading of a part is for. Either may be nil.
type survey struct {
	rows   int // how many; 0 is all
	cell   func(s *sheet, index int, text []byte)
	string func(index int, text []byte)
	name   func(element string, name []byte) error
	field  func(s saying)
}

// grid is what the labels of a worksheet say.
type grid struct {
	header  int            // the row that names columns; 0 for none
	columns map[int]saying // below it
	labels  map[int]bool   // columns whose cells name those to the right
}

func local(x *tree) []byte { return x.path[x.open[len(x.open)-1].local:] }

// apart tells whether the element that was just opened is no part of the block's text.
func (s *sheet) apart(x *tree) bool {
	return bytes.HasSuffix(x.path, []byte(".rPh"))
}

// holds tells whether the end of the innermost element is held with the block.
func (s *sheet) holds(x *tree) bool {
	return s.block > 0 && len(x.open) > s.block && string(local(x)) != "rPh"
}

// value returns the attribute called name of the tag raw.
func (s *sheet) value(x *tree, raw []byte, name string) []byte {
	for _, a := range x.attrs {
		if string(raw[a.local:a.nameEnd]) == name {
			return raw[a.value:a.valueEnd]
		}
	}
	return nil
}

// plain returns the attribute's value without references.
func (s *sheet) plain(x *tree, raw []byte, name string) []byte {
	x.side.reset()
	x.side.add(s.value(x, raw, name), 0, officeText)
	return x.side.text
}

// enter sees to what the tag raw begins.
func (s *sheet) enter(x *tree, raw []byte) error {
	name := local(x)
	if len(x.open) == 1 {
		s.root = string(name)
		s.enough = s.survey != nil && s.survey.cell == nil && s.survey.string == nil && s.survey.name == nil && s.survey.field == nil
	}
	top := &x.open[len(x.open)-1].say
	switch string(name) {
	case "si", "is", "text", "p":
		if s.block == 0 {
			s.block = len(x.open)
		}
	case "row":
		s.row, s.col, s.cells, s.left = s.row+1, 0, 0, saying{}
	case "c", "cell":
		if s.isCell(name) {
			if err := s.enterCell(x, raw); err != nil {
				return err
			}
		}
	case "cacheField":
		s.attribute = s.book.plan.says(s.plain(x, raw, "name"))
		if s.survey != nil && s.survey.field != nil {
			s.survey.field(s.attribute)
		}
	case "property":
		s.property = s.book.plan.says(s.plain(x, raw, "name"))
	case "r":
		s.item = 0
	case "autoFilter":
		s.filter = columnOf(s.value(x, raw, "ref"))
	case "filterColumn":
		id := 0
		for _, c := range s.value(x, raw, "colId") {
			id = min(id*10+int(c-'0'), 1<<20)
		}
		if s.grid != nil {
			s.attribute = s.grid.columns[s.filter+id]
		}
	case "sheet", "definedName":
		if s.survey != nil && s.survey.name != nil && s.root == "workbook" {
			if err := s.survey.name(string(name), s.plain(x, raw, "name")); err != nil {
				return err
			}
		}
	case "creator", "lastModifiedBy", "author", "manager", "Manager":
		top.class = Name
	}
	if s.root == "pivotCacheRecords" && len(x.open) == 3 {
		s.attribute = saying{}
		if s.item < len(s.book.pivot) {
			s.attribute = s.book.pivot[s.item]
		}
		s.item++
	}
	if s.property != (saying{}) && !top.mapped {
		*top = s.property
	}
	return nil
}

func (s *sheet) isCell(name []byte) bool {
	return s.root == "worksheet" && string(name) == "c" || s.root == "externalLink" && string(name) == "cell"
}

func (s *sheet) enterCell(x *tree, raw []byte) error {
	s.col++
	if n := columnOf(s.value(x, raw, "r")); n > 0 {
		s.col = n
	}
	if s.cells++; s.cells > maxCells || s.col > maxCells {
		return x.fault(x.tok, "more cells in a row than a sheet has columns")
	}
	s.cell = cellAt{open: true, out: s.cell.out[:0], kind: "n", tagEnd: len(raw) - 1}
	if raw[len(raw)-2] == '/' {
		s.cell.tagEnd--
	}
	for _, a := range x.attrs {
		if string(raw[a.name:a.nameEnd]) == "t" {
			s.cell.kind, s.cell.from, s.cell.to = string(raw[a.value:a.valueEnd]), a.value, a.valueEnd
		}
	}
	return nil
}

// columnOf returns the column of a reference such as AB12 or $A$1:C3, from 1, or 0.
// All that are too far out are the same.
func columnOf(ref []byte) int {
	n := 0
	for _, c := range ref {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if c == '$' {
				continue
			}
			break
		}
		if n = n*26 + int(c|0x20-'a') + 1; n > maxCells {
			return maxCells + 1
		}
	}
	return n
}

// leave sees to what the innermost element's end ends.
func (s *sheet) leave(x *tree) error {
	name := local(x)
	if len(x.open) == s.block {
		s.block = 0
	}
	switch string(name) {
	case "si":
		s.index++
		if s.index > maxStrings {
			return x.fault(x.tok, "more strings than can be kept")
		}
	case "row":
		s.enough = s.survey != nil && s.survey.rows > 0 && s.row >= s.survey.rows
	case "cacheField", "filterColumn":
		s.attribute = saying{}
	case "property":
		s.property = saying{}
	case "c", "cell":
		if s.isCell(name) {
			return s.leaveCell(x)
		}
	}
	return nil
}

func (s *sheet) leaveCell(x *tree) error {
	c := &s.cell
	c.open = false
	if !c.text {
		return x.emit(c.out)
	}
	if c.to > 0 {
		c.out = append(c.out[:c.from], append([]byte("str"), c.out[c.to:]...)...)
	} else {
		c.out = append(c.out[:c.tagEnd], append([]byte(` t="str"`), c.out[c.tagEnd:]...)...)
	}
	return x.emit(c.out)
}

// said returns what labels say of the cell at hand.
func (s *sheet) said() saying {
	if s.grid == nil || s.row == s.grid.header && s.left == (saying{}) {
		return saying{}
	}
	if s.row > s.grid.header {
		if c, ok := s.grid.columns[s.col]; ok {
			return c
		}
	}
	return s.left
}

// after ends a cell that holds the text, or the string of the table at index.
func (s *sheet) after(index int, text []byte) {
	if s.survey != nil && s.survey.cell != nil {
		s.survey.cell(s, index, text)
	}
	s.left = saying{}
	if s.grid != nil && s.grid.labels[s.col] {
		if index >= 0 {
			s.left = s.book.label(index)
		} else {
			s.left = s.book.plan.says(text)
		}
	}
}

// sheetText masks the text that is held, of which its element says s.
func (x *tree) sheetText(s *saying) error {
	sh := x.sheet
	p := &x.text
	if len(x.open) == 0 || len(p.text) == 0 {
		return nil
	}
	name := string(local(x))
	text := bytes.TrimSpace(p.text)
	switch {
	case sh.cell.open && name == "v":
		return x.cellValue(text, s)
	case name == "Application", name == "AppVersion": // a version is no address
		return nil
	case sh.cell.open && name == "is":
		*s = sh.said()
		sh.after(-1, text)
		*s = sh.book.plan.fitting(*s, text)
	case sh.root == "sst" && len(text) > 0 && (name == "si" || name == "rPh"):
		if name == "si" && sh.survey != nil && sh.survey.string != nil {
			sh.survey.string(sh.index, text)
		}
		*s = sh.book.use(sh.index, text)
	}
	if s.class == "" {
		*s = sh.book.knows(text)
	}
	x.cover(p, *s)
	if name == "f" || strings.HasSuffix(name, "Formula") || strings.HasPrefix(name, "formula") || name == "definedName" {
		x.quoteMasks(p)
	}
	sh.rename(p, sh.root == "Properties")
	return nil
}

// cellValue masks the value of a cell.
func (x *tree) cellValue(text []byte, s *saying) error {
	sh := x.sheet
	*s = sh.said()
	switch sh.cell.kind {
	case "s":
		n, ok := index(text)
		if !ok {
			return x.fault(x.tok, "a cell's string is not one of the table's")
		}
		sh.after(n, nil)
	case "b", "e":
		sh.after(-1, nil)
	case "n":
		sh.after(-1, text)
		x.wholeNumber(text)
		x.cover(&x.text, *s)
		sh.cell.text = sh.cell.text || len(x.text.changes) > 0
	default:
		sh.after(-1, text)
		*s = sh.book.plan.fitting(*s, text)
		x.cover(&x.text, *s)
	}
	return nil
}

// wholeNumber lets a number that is written with a point or an exponent say its
// digits, as people see it.
func (x *tree) wholeNumber(lit []byte) {
	p := &x.text
	if len(p.parts) != 1 || len(lit) > 64 || !bytes.ContainsAny(lit, ".eE") || bytes.ContainsAny(lit, "*") {
		return
	}
	if digits := wholeDigits(x.decoded[:0], lit); digits != nil {
		x.decoded = digits
		p.text = append(p.text[:0], digits...)
		p.parts[0].atom = true
	}
}

func index(text []byte) (n int, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' || n > maxStrings {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(text) > 0 && n < maxStrings
}

// quoteMasks puts masks that stand outside of a formula's strings into quotes: a
// mask is no number. Where that lets something else be found, nothing is shown.
func (x *tree) quoteMasks(p *passage) {
	p.shown, x.masks = p.shown[:0], x.masks[:0]
	at, within := 0, false
	for k := range p.changes {
		c := &p.changes[k]
		for _, b := range p.text[at:c.start] {
			within = within != (b == '"')
		}
		for _, b := range p.text[c.start:c.end] {
			if b == '"' { // the mask is for more than a string: a string of its own
				within = false
			}
		}
		if !within {
			from := len(p.masks)
			p.masks = append(append(append(p.masks, '"'), p.masks[c.from:c.to]...), '"')
			c.from, c.to = from, len(p.masks)
		}
		p.shown = append(p.shown, p.text[at:c.start]...)
		x.masks = append(x.masks, section{len(p.shown), len(p.shown) + c.to - c.from, x.look.encrypts(c.class)})
		p.shown = append(p.shown, p.masks[c.from:c.to]...)
		at = c.end
	}
	if at == 0 {
		return
	}
	p.shown = append(p.shown, p.text[at:]...)
	if x.spans = x.spans[:0]; x.again(view(p.shown)) {
		p.changes, p.masks = p.changes[:0], p.masks[:0]
		p.change(0, len(p.text), AnyText, `"`+Full+`"`)
	}
}

// take adds the text of a header or footer, whose codes (&L, &"font", &12) are no text.
func (s *sheet) take(x *tree, raw []byte) bool {
	switch string(local(x)) {
	case "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter":
	default:
		return false
	}
	at := x.base + int64(x.tok)
	for i := 0; i < len(raw); {
		n := bytes.Index(raw[i:], []byte("&amp;"))
		if n < 0 {
			n = len(raw) - i
		}
		x.text.add(raw[i:i+n], at+int64(i), xmlText)
		if i += n; i < len(raw) {
			n = headerCode(raw[i:])
			x.text.markup(raw[i : i+n])
			x.text.run()
			i += n
		}
	}
	return true
}

// headerCode returns the length of the code that s begins with; its & is &amp;.
func headerCode(s []byte) int {
	n := len("&amp;")
	if n == len(s) {
		return n
	}
	for _, q := range [...]string{`"`, "&quot;"} {
		if bytes.HasPrefix(s[n:], []byte(q)) {
			if end := bytes.Index(s[n+len(q):], []byte(q)); end >= 0 && end < 100 {
				return n + end + 2*len(q)
			}
		}
	}
	digits := 0
	for n+digits < len(s) && digits < 2 && s[n+digits] >= '0' && s[n+digits] <= '9' {
		digits++
	}
	switch c := s[n]; {
	case digits > 0:
		return n + digits
	case c == 'K' && len(s) >= n+7:
		return n + 7 // a colour
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return n + 1
	}
	return n
}

// says returns what is known of an attribute, of which its own name says own.
func (s *sheet) says(name []byte, own saying) saying {
	switch string(name) {
	case "v", "val":
		return s.attribute
	case "displayName", "userName":
		if s.root == "personList" || s.root == "users" || s.root == "headers" || s.root == "workbook" {
			return saying{class: Name}
		}
	case "url":
		if s.root == "workbook" { // the folder where it was saved last
			return hidden
		}
	}
	return own
}

// structural tells whether the attributes of the tag at hand are not searched: a
// cell's say where it stands and how it looks.
func (s *sheet) structural() bool { return s.cell.open && len(s.cell.out) == 0 }
