package gateway

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

// MaxWrite is the longest body of a write that is restored.
const MaxWrite = 1 << 20

// RestoreJSON returns a JSON body of a write with the originals in the place of
// masks that this session was shown. A mask goes back only into a field of the
// name it came from, on a path whose fields the policy knows, and only when one
// original can be meant: that of the customer whom the request names, nearest to
// the mask (see writing.subject). When it names none, only the mask of a phone, or a
// mask without an asterisk, goes back, if the session was never shown another original of it.
// Any other mask is refused, and so is one in a member's name.
func (v *Visit) RestoreJSON(ctx context.Context, body []byte) ([]byte, *Refusal) {
	if !v.Masked || !v.g.standIns && !mayHoldMask(body) {
		return body, nil
	}
	w := v.writing()
	var spots []spot
	dec := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	name := false
	for {
		kind, length := dec.StackIndex(dec.StackDepth())
		name = kind == '{' && length%2 == 0
		tok, err := dec.ReadToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, v.Refuse(ctx, CauseWriteUnreadable)
		}
		k := tok.Kind()
		if name && w.nameHoldsMask(tok.String()) {
			return nil, v.Refuse(ctx, CauseMaskInWrite)
		}
		if name || k != '"' && k != '0' {
			continue
		}
		s, at := tok.String(), dec.StackPointer()
		w.mention(at, s)
		if x := (spot{at: at, path: pointerPath(at), value: s}); w.holdsMask(x) {
			x.end = int(dec.InputOffset())
			x.start = x.end - len(s) // of a number
			if k == '"' {
				x.start = stringStart(body, x.end)
			}
			spots = append(spots, x)
		}
	}
	return w.splice(ctx, body, spots, func(dst []byte, s string) []byte {
		dst, _ = jsontext.AppendQuote(dst, s)
		return dst
	})
}

// stringStart finds the opening quote of the string literal that ends at end.
func stringStart(body []byte, end int) int {
	for i := end - 2; i >= 0; i-- {
		if body[i] != '"' {
			continue
		}
		n := 0
		for i-n-1 >= 0 && body[i-n-1] == '\\' {
			n++
		}
		if n%2 == 0 {
			return i
		}
	}
	return 0
}

// pointerPath turns a JSON pointer into a path of names, without indices.
func pointerPath(p jsontext.Pointer) string {
	var parts []string
	for tok := range p.Tokens() {
		if strings.Trim(tok, "0123456789") != "" {
			parts = append(parts, tok)
		}
	}
	return strings.Join(parts, ".")
}

// RestoreForm does the same for application/x-www-form-urlencoded.
func (v *Visit) RestoreForm(ctx context.Context, body []byte) ([]byte, *Refusal) {
	if !v.Masked || !v.g.standIns && !mayHoldMask(body) {
		return body, nil
	}
	w := v.writing()
	var spots []spot
	at := 0
	for pair := range bytes.SplitSeq(body, []byte("&")) {
		key, value, ok := bytes.Cut(pair, []byte("="))
		start := at + len(key) + 1
		at += len(pair) + 1
		k, err1 := url.QueryUnescape(string(key))
		s, err2 := url.QueryUnescape(string(value))
		if err1 != nil || err2 != nil {
			return nil, v.Refuse(ctx, CauseWriteUnreadable)
		}
		if w.nameHoldsMask(k) {
			return nil, v.Refuse(ctx, CauseMaskInWrite)
		}
		if !ok {
			continue
		}
		path := formPath(k)
		at := jsontext.Pointer("/" + strings.ReplaceAll(path, ".", "/"))
		w.mention(at, s)
		if x := (spot{start, start + len(value), at, path, s}); w.holdsMask(x) {
			spots = append(spots, x)
		}
	}
	return w.splice(ctx, body, spots, func(dst []byte, s string) []byte { return append(dst, url.QueryEscape(s)...) })
}

// formPath reads customer[phone] as customer.phone.
func formPath(k string) string {
	return strings.Trim(strings.NewReplacer("[", ".", "]", "").Replace(k), ".")
}

// mayHoldMask is false when body has no asterisk, escaped or not.
func mayHoldMask(body []byte) bool {
	return bytes.IndexByte(body, '*') >= 0 || bytes.Contains(body, []byte(`\u00`)) || bytes.Contains(body, []byte("%2a")) || bytes.Contains(body, []byte("%2A"))
}

// spot is a value of a body that holds an asterisk, or a mask without one.
type spot struct {
	start, end int
	at         jsontext.Pointer
	path       string // of names
	value      string
}

// writing is one body on its way to the back office.
type writing struct {
	v *Visit
	// ids are the customers that the body names, by the object they are named in.
	ids    map[jsontext.Pointer][]string
	inPath []string // named by the request's path
	// naming are the paths that name a customer in a body: by the last two names,
	// or at the top of the body by one.
	naming map[string]bool
	// perhaps are customers of this session whose ids stand where some id stands:
	// they may be meant, or an order that has the same number.
	perhaps map[string]bool
	// noted are the values at the paths that the policy's writes ask for.
	noted map[string][]string
	n     int
	left  int // of what may be looked up in the session's memory
	// Answers that were given before, for this body.
	anybody  []string // the customers named anywhere, up to two of them
	resolved map[question]answer
}

// question is which original is meant, answer the answer to it.
type (
	question struct{ mask, subject, fields string }
	answer   struct {
		original Original
		err      error
	}
)

const maxMentions = 10_000

func (v *Visit) writing() *writing {
	w := &writing{v: v, left: maxLooks, ids: make(map[jsontext.Pointer][]string), naming: make(map[string]bool),
		perhaps: make(map[string]bool), noted: make(map[string][]string), resolved: make(map[question]answer)}
	for _, rec := range v.records {
		switch {
		case rec.Subject == "" || strings.Contains(rec.Subject, ".."):
		case strings.Contains(rec.Subject, "."):
			w.naming[lastTwo(rec.Subject)] = true
		case rec.At == "$":
			w.naming[rec.Subject] = true
			if id := v.params[rec.Subject]; id != "" {
				w.inPath = append(w.inPath, id)
			}
		case !strings.HasSuffix(rec.At, "]"):
			w.naming[lastTwo(rec.At+"."+rec.Subject)] = true
		}
	}
	for seg := range strings.SplitSeq(v.path, "/") {
		if s, err := url.PathUnescape(seg); err == nil {
			w.maybe(s)
		}
	}
	for _, d := range v.writes {
		w.noted[joinPath(d.At, d.Subject)] = nil
		for path := range d.Where {
			w.noted[path] = nil
		}
	}
	return w
}

func (w *writing) maybe(id string) {
	if w.v.drawer.memory.wasShown(id) {
		w.perhaps[id] = true
	}
}

func joinPath(at, rest string) string {
	if at == "" {
		return rest
	}
	return at + "." + rest
}

// lastTwo returns the last two names of a path, or the only one.
func lastTwo(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		if j := strings.LastIndexByte(path[:i], '.'); j >= 0 {
			path = path[j+1:]
		}
	}
	return path
}

// mention notes a value that names a customer, or may. It names one where the
// policy says that a customer's id stands; a member that is only called "id" may
// be that of an order, with the number of another customer.
func (w *writing) mention(at jsontext.Pointer, s string) {
	if s == "" || w.n >= maxMentions {
		return
	}
	path := pointerPath(at)
	if values, asked := w.noted[path]; asked {
		w.noted[path] = append(values, s)
		w.n++
	}
	in, name := at.Parent(), strings.ToLower(at.LastToken())
	if strings.Trim(name, "0123456789") == "" { // in an array: its name and its object count
		in, name = in.Parent(), strings.ToLower(in.LastToken())
	}
	switch {
	case w.naming[lastTwo(path)]:
		w.ids[in] = append(w.ids[in], s)
		w.n++
	case strings.HasSuffix(name, "id") || strings.HasSuffix(name, "ids"):
		w.maybe(s)
		w.n++
	}
}

// subject finds the customer whom a spot belongs to: as the policy's writes say;
// else named in the nearest object around it, or in the request's path, or
// anywhere. It is "" when nobody is named; ok is false when several are. Fields
// are where the spot may be in the customer's record, the likeliest first.
func (w *writing) subject(s spot) (id string, fields []string, ok bool) {
	fields = []string{s.path}
	set := make(map[string]bool)
	add := func(ids []string) {
		for _, id := range ids {
			set[id] = true
		}
	}
	for _, d := range w.v.writes {
		i := slices.IndexFunc(d.Fields, func(f string) bool { return joinPath(d.At, f) == s.path })
		if i >= 0 && w.holds(d) {
			fields = []string{d.Fields[i], lastPart(d.Fields[i])}
			add(w.noted[joinPath(d.At, d.Subject)])
			if len(set) == 0 {
				return "", nil, false // the field is a customer's, and none is named
			}
		}
	}
	for in := s.at; in != "" && len(set) == 0; {
		in = in.Parent()
		add(w.ids[in])
	}
	add(w.inPath)
	if len(set) == 0 {
		add(w.namedAnywhere())
	}
	for id = range set {
	}
	return id, fields, len(set) <= 1 && w.n < maxMentions
}

// namedAnywhere returns the customers whom the body names, up to two of them. It is
// asked once the body was read.
func (w *writing) namedAnywhere() []string {
	if w.anybody == nil {
		w.anybody = []string{}
		for _, ids := range w.ids {
			for _, id := range ids {
				if len(w.anybody) < 2 && !slices.Contains(w.anybody, id) {
					w.anybody = append(w.anybody, id)
				}
			}
		}
	}
	return w.anybody
}

// holds says whether the body is one that d is about.
func (w *writing) holds(d policy.Write) bool {
	for path, want := range d.Where {
		if !slices.ContainsFunc(w.noted[path], func(s string) bool { return hasWord(s, want) }) {
			return false
		}
	}
	return true
}

// hasWord reports whether word stands in s between other than letters and digits.
func hasWord(s, word string) bool {
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
	for end := 0; ; {
		i := strings.Index(s[end:], word)
		if i < 0 {
			return false
		}
		start := end + i
		end = start + len(word)
		before, _ := utf8.DecodeLastRuneInString(s[:start])
		after, _ := utf8.DecodeRuneInString(s[end:])
		if !inWord(before) && !inWord(after) {
			return true
		}
	}
}

func (w *writing) splice(ctx context.Context, body []byte, spots []spot, quote func([]byte, string) []byte) ([]byte, *Refusal) {
	if len(spots) == 0 {
		return body, nil
	}
	var out []byte
	at := 0
	for _, s := range spots {
		restored, ok := w.restore(s)
		if !ok {
			return nil, w.v.Refuse(ctx, CauseMaskInWrite)
		}
		if restored == s.value {
			continue
		}
		out = append(out, body[at:s.start]...)
		out = quote(out, restored)
		at = s.end
	}
	if at == 0 {
		return body, nil
	}
	return append(out, body[at:]...), nil
}

// quoted is a value in a document that is itself a value of the body: an argument
// of a GraphQL document, JSON in JSON. It is not restored there.
var quoted = regexp.MustCompile(`["'][^"'\\]*\*[^"'\\]*\\?["']`)

// restore returns what stands for a value with an asterisk; false when it holds
// a mask that cannot be resolved.
func (w *writing) restore(s spot) (string, bool) {
	subject, fields, clear := w.subject(s)
	if o, err := w.original(s.value, fields, subject); err == nil && clear {
		return o.Value, o.Mapped || w.shownAgain(s, subject, o.Value)
	}
	if s.value == mask.Full || w.v.drawer.issued(s.value) || w.looksMasked(s) {
		return "", false
	}
	for _, q := range quoted.FindAllString(s.value, -1) {
		if inside := strings.Trim(q, `"'\`); inside == mask.Full || w.v.drawer.issued(inside) {
			return "", false
		}
	}
	spans, ok := w.masksIn(s.value, inText)
	switch {
	case !ok || len(spans) > 0 && !clear:
		return "", false
	case len(spans) == 0:
		return s.value, true
	}
	masks := make([]string, len(spans))
	for i, m := range spans {
		masks[i] = s.value[m[0]:m[1]]
	}
	originals, ok := w.originals(masks, fields, subject)
	if !ok {
		return "", false
	}
	var b strings.Builder
	at := 0
	for i, m := range spans {
		b.WriteString(s.value[at:m[0]])
		b.WriteString(originals[i])
		at = m[1]
	}
	b.WriteString(s.value[at:])
	return b.String(), w.shownAgain(s, subject, b.String())
}

// shownAgain tells whether what is restored would be shown as what came, where it
// stands: what a search found goes back only where a search finds it, or what the
// fields of the subject's record say. Else a mask would be a way to have its
// original shown.
func (w *writing) shownAgain(s spot, subject, restored string) bool {
	for _, rec := range w.v.records {
		for field, class := range rec.Fields {
			if class == mask.Plain && sameField(field, s.path) {
				return false
			}
		}
	}
	name, list := s.at.LastToken(), false
	if strings.Trim(name, "0123456789") == "" {
		name, list = s.at.Parent().LastToken(), true
	}
	doc, err := asMember(name, restored, list)
	if err != nil {
		return false
	}
	plan, err := w.searching(subject)
	if err != nil {
		return false
	}
	shown, ok := searched(plan, doc)
	if !ok || shown == s.value {
		return ok
	}
	if doc, err = asMember(name, s.value, list); err != nil {
		return false
	}
	came, ok := searched(plan, doc) // with what was added to it
	return ok && came == shown
}

// searching returns the search as this person sees it where the subject's record
// is shown: what its fields say is known there.
func (w *writing) searching(subject string) (*mask.Plan, error) {
	fields, err := w.v.drawer.mapped(subject, w.v.at)
	if err != nil || len(fields) == 0 {
		return w.v.search, err
	}
	k := mask.NewKnown(maphash.MakeSeed())
	for _, o := range fields {
		k.Learn(mask.Class(o.Class), o.Value)
	}
	return w.v.search.Knowing(k), nil
}

// asMember returns a document that has the text in a member of that name, or in a
// list there.
func asMember(name, text string, list bool) ([]byte, error) {
	doc, err := jsontext.AppendQuote([]byte("{"), name)
	if err != nil {
		return nil, err
	}
	doc = append(doc, ':')
	if list {
		doc = append(doc, '[')
	}
	if doc, err = jsontext.AppendQuote(doc, text); err != nil {
		return nil, err
	}
	if list {
		doc = append(doc, ']')
	}
	return append(doc, '}'), nil
}

// searched returns what plan shows of the text in doc.
func searched(plan *mask.Plan, doc []byte) (string, bool) {
	var out bytes.Buffer
	if err := mask.JSON(&out, bytes.NewReader(doc), plan, nil); err != nil {
		return "", false
	}
	dec := jsontext.NewDecoder(&out)
	shown := ""
	for {
		tok, err := dec.ReadToken()
		if err != nil {
			return shown, err == io.EOF
		}
		if tok.Kind() == '"' { // the name, and then the text
			shown = tok.String()
		}
	}
}

// originals resolves the masks of one text, in their order. A number that the
// customer's record has in several spellings goes back as it was in the text
// that had all these masks in this order.
func (w *writing) originals(masks, fields []string, subject string) ([]string, bool) {
	var out []string
	var row []Original
	for i, m := range masks {
		o, err := w.original(m, fields, subject)
		if errors.Is(err, errSpelling) && subject != "" {
			if row == nil {
				if row, err = w.v.drawer.inRow(subject, masks, w.v.at); err != nil {
					return nil, false
				}
			}
			if !row[i].sameNumber(o) {
				return nil, false
			}
			o, err = row[i], nil
		}
		if err != nil {
			return nil, false
		}
		out = append(out, o.Value)
	}
	return out, true
}

// original resolves one mask. Only a path whose fields the policy knows gets
// originals: what it answers is masked by the same fields.
func (w *writing) original(m string, fields []string, subject string) (Original, error) {
	if !w.v.known {
		return Original{}, errNotSeen
	}
	q := question{m, subject, strings.Join(fields, "\x00")}
	a, again := w.resolved[q]
	if !again {
		a.original, a.err = w.v.drawer.masked(m, fields, subject, w.perhaps, w.v.at)
		w.resolved[q] = a
	}
	return a.original, a.err
}

// looksMasked reports whether the value is what a field that the policy maps would
// be shown as: the mask of an original that is gone.
func (w *writing) looksMasked(s spot) bool {
	for _, rec := range w.v.records {
		for field, class := range rec.Fields {
			if sameField(field, s.path) && class != mask.Plain && w.v.Plan.IsMask(class, rec.Forms[field], s.value) {
				return true
			}
		}
	}
	return false
}
