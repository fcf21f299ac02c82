package mask

import "bytes"

// pageToken is what a page is made of.
type pageToken uint8

const (
	pageText    pageToken = iota
	pageStart             // a start tag, or one that closes itself
	pageEnd               // an end tag
	pageComment           // a comment, or what browsers take for one; a document type
	pageBroken            // a tag that the page's end cuts off
	pageCDATA             // text as it is, in a page that is XML
)

// pageLexer cuts a page into tokens as golang.org/x/net/html does, which is how
// browsers do.
type pageLexer struct {
	xml   bool        // a page that is read as XML
	attrs []attribute // of the tag that was read last
	name  []byte      // its name, in lower case
}

// next returns the token that b begins with, and its length. Raw is the element
// whose raw text is to come, or "". Done is false when b ends before that is
// known; with eof it always is. At the end of the page the length is 0.
func (x *pageLexer) next(b []byte, raw string, eof bool) (kind pageToken, n int, done bool) {
	if raw != "" {
		n, done = rawText(b, raw)
		if n > 0 || !done {
			return pageText, n, done || eof
		}
	}
	if len(b) < 2 || b[0] != '<' || !isASCIILetter(b[1]) && b[1] != '/' {
		if n, done = textLen(b); n > 0 || !done {
			return pageText, n, done || eof
		}
	}
	switch c := b[1]; {
	case c == '!' && x.xml:
		kind, n, done = xmlDeclarationLen(b)
		return kind, n, done || eof
	case c == '!':
		n, done = declarationLen(b)
		return pageComment, n, done || eof
	case c == '/':
		if len(b) < 3 {
			return pageText, len(b), eof
		}
		if isASCIILetter(b[2]) {
			kind = pageEnd
			n, done = x.tag(b, 2)
		} else {
			n, done = angle(b, 2)
			return pageComment, n, done || eof
		}
	case c == '?' && x.xml:
		n, done = through(b, 2, "?>")
		return pageComment, n, done || eof
	case c == '?':
		n, done = angle(b, 1)
		return pageComment, n, done || eof
	default:
		kind = pageStart
		n, done = x.tag(b, 1)
	}
	if !done {
		return pageBroken, len(b), eof
	}
	return kind, n, true
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func pageSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

// textLen returns how much text b begins with.
func textLen(b []byte) (n int, done bool) {
	for {
		k := bytes.IndexByte(b[n:], '<')
		if k < 0 {
			return len(b), false
		}
		if n += k; n+1 == len(b) {
			return len(b), false
		}
		if c := b[n+1]; isASCIILetter(c) || c == '/' || c == '!' || c == '?' {
			return n, true
		}
		n++
	}
}

// angle returns where the next > behind from is passed.
func angle(b []byte, from int) (n int, done bool) {
	if k := bytes.IndexByte(b[from:], '>'); k >= 0 {
		return from + k + 1, true
	}
	return len(b), false
}

// declarationLen returns the length of what begins with <!.
func declarationLen(b []byte) (n int, done bool) {
	if len(b) < 4 {
		return len(b), false
	}
	if b[2] != '-' || b[3] != '-' {
		return angle(b, 2)
	}
	dashes, beginning := 0, true
	for n = 4; n < len(b); n++ {
		switch b[n] {
		case '-':
			dashes++
			continue
		case '>':
			if dashes >= 2 || beginning {
				return n + 1, true
			}
		case '!':
			if dashes >= 2 {
				n++
				if n == len(b) {
					return n, false
				}
				if b[n] == '>' {
					return n + 1, true
				}
				if b[n] == '-' {
					dashes, beginning = 1, false
					continue
				}
			}
		}
		dashes, beginning = 0, false
	}
	return n, false
}

// What a byte may be in a tag.
const (
	aGap   = 1 << iota // white space
	anEnd              // > or /
	anIs               // =
	aUpper             // A-Z
)

var tagKind = func() (t [256]uint8) {
	for c := byte('A'); c <= 'Z'; c++ {
		t[c] = aUpper
	}
	for _, c := range " \n\t\r\f" {
		t[c] = aGap
	}
	t['>'], t['/'], t['='] = anEnd, anEnd, anIs
	return t
}()

func skipGap(b []byte, i int) int {
	for i < len(b) && tagKind[b[i]] == aGap {
		i++
	}
	return i
}

// tag reads the tag whose name begins at i.
func (x *pageLexer) tag(b []byte, i int) (n int, done bool) {
	x.attrs = x.attrs[:0]
	from, upper := i, uint8(0)
	for i < len(b) && tagKind[b[i]]&(aGap|anEnd) == 0 {
		upper |= tagKind[b[i]]
		i++
	}
	x.name = append(x.name[:0], b[from:i]...)
	if k := bytes.IndexByte(x.name, ':'); x.xml && k >= 0 {
		x.name = x.name[:copy(x.name, x.name[k+1:])]
	}
	if upper&aUpper != 0 {
		for k, c := range x.name {
			if c >= 'A' && c <= 'Z' {
				x.name[k] = c | 0x20
			}
		}
	}
	for i = skipGap(b, i); i < len(b) && b[i] != '>'; i = skipGap(b, i) {
		a := attribute{name: i, local: i}
		if b[i] == '=' {
			i++
		}
		for i < len(b) && tagKind[b[i]]&(aGap|anEnd|anIs) == 0 {
			i++
		}
		a.nameEnd, a.value, a.valueEnd = i, i, i
		if i = skipGap(b, i); i == len(b) {
			return i, false
		}
		if b[i] == '/' {
			i++
			continue
		}
		if b[i] == '=' {
			if i = skipGap(b, i+1); i == len(b) {
				return i, false
			}
			i = a.readValue(b, i)
		}
		if a.nameEnd > a.name && a.valueEnd > a.value {
			x.attrs = append(x.attrs, a)
		}
	}
	if i >= len(b) {
		return len(b), false
	}
	return i + 1, true
}

// readValue reads the value that begins at i and returns where to go on.
func (a *attribute) readValue(b []byte, i int) int {
	switch b[i] {
	case '>':
		return i
	case '"', '\'':
		a.value = i + 1
		k := bytes.IndexByte(b[i+1:], b[i])
		if k < 0 {
			return len(b)
		}
		a.valueEnd = i + 1 + k
		return a.valueEnd + 1
	}
	a.value = i
	for i < len(b) && !pageSpace(b[i]) && b[i] != '>' {
		i++
	}
	a.valueEnd = i
	return i
}

// rawText returns how much of b is text of the raw element called name.
func rawText(b []byte, name string) (n int, done bool) {
	switch name {
	case "plaintext":
		return len(b), false
	case "script":
		return scriptText(b)
	}
	for {
		k := bytes.Index(b[n:], []byte("</"))
		if k < 0 {
			return len(b), false
		}
		n += k
		switch ends, enough := endsElement(b[n:], name); {
		case ends:
			return n, true
		case !enough:
			return len(b), false
		}
		n += 2
	}
}

// endsElement tells whether b begins with the end tag of the element called name,
// if b is enough to tell.
func endsElement(b []byte, name string) (ends, enough bool) {
	for i := range len(name) {
		if 2+i >= len(b) {
			return false, false
		}
		if c := b[2+i]; c != name[i] && c != name[i]-('a'-'A') {
			return false, true
		}
	}
	n := 2 + len(name)
	if n >= len(b) {
		return false, false
	}
	c := b[n]
	return pageSpace(c) || c == '/' || c == '>', true
}

// scriptText returns how much of b is text of a script, in which <!-- may hide an
// end tag, and <script in that hides it better.
func scriptText(b []byte) (n int, done bool) {
	const tag = "script"
	escaped, twice := false, false
	dashes := 0 // before b[n], when escaped
	for n < len(b) {
		c := b[n]
		if !escaped {
			k := bytes.IndexByte(b[n:], '<')
			if k < 0 {
				return len(b), false
			}
			n += k
			rest := b[n:]
			switch {
			case len(rest) < 4:
				if ends, enough := shortOf(rest); !ends && enough {
					n++
					continue
				}
				return len(b), false
			case rest[1] == '/':
				ends, enough := endsElement(rest, tag)
				if ends {
					return n, true
				}
				if !enough {
					return len(b), false
				}
				n += 2
			case rest[1] == '!' && rest[2] == '-' && rest[3] == '-':
				escaped, twice, dashes = true, false, 2
				n += 4
			default:
				n++
			}
			continue
		}
		switch {
		case c == '-':
			dashes++
			n++
		case c == '>' && dashes >= 2:
			escaped, dashes = false, 0
			n++
		case c != '<':
			dashes = 0
			n++
		default:
			dashes = 0
			w, left, ended, enough := escapedTag(b[n:], &twice)
			if ended {
				return n, true
			}
			if !enough {
				return len(b), false
			}
			n += w
			escaped = !left
		}
	}
	return n, false
}

// shortOf tells of the last three bytes and less of a script that begin with <:
// enough is whether they cannot become </script or <!--.
func shortOf(b []byte) (ends, enough bool) {
	switch {
	case len(b) == 1, b[1] == '/' || b[1] == '!' && (len(b) == 2 || b[2] == '-'):
		return false, false
	}
	return false, true
}

// escapedTag reads what begins with < in an escaped script. It returns how many
// bytes it takes and whether the escape is left with it, or that the script ends
// before it.
func escapedTag(b []byte, twice *bool) (n int, left, ended, enough bool) {
	const tag = "script"
	if len(b) < 2 {
		return 0, false, false, false
	}
	switch c := b[1]; {
	case c == '/':
		ends, known := endsElement(b, tag)
		switch {
		case !known:
			return 0, false, false, false
		case !ends:
			return 2, false, false, true
		case *twice:
			*twice = false
			return 3 + len(tag), false, false, true
		}
		return 0, false, true, true
	case *twice:
		return 1, false, false, true
	case !isASCIILetter(c):
		return 1, true, false, true
	}
	for i := range len(tag) {
		if 1+i >= len(b) {
			return 0, false, false, false
		}
		if b[1+i]|0x20 != tag[i] {
			return 1 + i, false, false, true
		}
	}
	if len(b) < 2+len(tag) {
		return 0, false, false, false
	}
	if c := b[1+len(tag)]; pageSpace(c) || c == '/' || c == '>' {
		*twice = true
		return 2 + len(tag), false, false, true
	}
	return 1 + len(tag), false, false, true
}

// rawName returns the name of an element that holds text without tags, or "".
// Browsers read no entities in most of them.
func rawName(name []byte) string {
	for _, raw := range [...]string{"script", "style", "title", "textarea", "noscript", "iframe", "noembed", "noframes", "plaintext", "xmp"} {
		if raw == string(name) {
			return raw
		}
	}
	return ""
}
