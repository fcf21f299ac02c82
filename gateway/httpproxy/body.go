package httpproxy

import (
	"bytes"
	"mime"
	"regexp"

	"github.com/menshen-io/menshen/mask"
)

// body is how a kind of body is read.
type body struct {
	run      mask.Codec // nil: it is not read
	json     bool       // paths of the policy apply
	sequence bool       // of JSON: one value after another, as they come
	events   bool       // of a stream of events, as they come
	text     bool       // of characters, which the answer says to be UTF-8
	markup   bool       // of text: it may begin with a tag
}

// bodyOf returns how a body of a media type is read.
func bodyOf(ct string) body {
	switch {
	case jsonType(ct):
		return body{run: mask.JSON, json: true}
	case sequenceType(ct):
		return body{run: mask.JSON, json: true, sequence: true}
	}
	switch ct {
	case "text/html":
		return body{run: mask.HTML, text: true, markup: true}
	case "application/xhtml+xml":
		return body{run: mask.XHTML, text: true, markup: true}
	case "application/xml", "text/xml", "application/soap+xml", "application/atom+xml", "application/rss+xml":
		return body{run: mask.XML, text: true, markup: true}
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return body{run: mask.XLSX}
	case "text/csv", "application/csv", "text/tab-separated-values":
		return body{run: mask.CSV, text: true}
	case "text/plain":
		return body{run: mask.Text, text: true}
	case "text/event-stream":
		return body{run: mask.Text, events: true}
	}
	return body{}
}

// calls begin JSON that is wrapped so that it is a script: JSONP, and what keeps
// other sites from reading it.
var calls = regexp.MustCompile(`^(?:\)\]\}'|while *\(|for *\(;|(?:/\*\*/ *)?[\w$.]+ *\( *[{\[])`)

// maybeJSON tells whether a body of text begins as JSON does. Its paths are known
// to the policy, so it may not be read as anything else.
func maybeJSON(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return false
	}
	next := bytes.TrimLeft(b[1:], " \t\r\n")
	return b[0] == '{' || len(next) > 0 && bytes.IndexByte([]byte(`{["]`), next[0]) >= 0
}

// lies tells whether what begins as head is plainly something else than text as
// it is said to be.
func (k body) lies(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	head = head[:min(len(head), 256)]
	low := bytes.ToLower(head)
	for _, magic := range []string{"%pdf-", "pk\x03\x04", "{\\rtf"} {
		if bytes.HasPrefix(low, []byte(magic)) {
			return true
		}
	}
	if calls.Match(head) {
		return true
	}
	if k.markup {
		return false
	}
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<table", "<?xml"} {
		if bytes.HasPrefix(low, []byte(tag)) {
			return true
		}
	}
	return false
}

// sayUTF8 has the answer say that its text is UTF-8, whatever the text itself
// says: it was read as that.
func (a *answer) sayUTF8() {
	params := make(map[string]string, len(a.params)+1)
	for name, v := range a.params {
		params[name] = v
	}
	params["charset"] = "utf-8"
	a.resp.Header.Set("Content-Type", mime.FormatMediaType(a.ct, params))
}
