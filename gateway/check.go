package gateway

import (
	"bytes"
	"context"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask"
)

// CheckText refuses text that holds a mask: XML, CSV and what else is no JSON and no
// form. Where in it a mask could go back is not known. Text that is not UTF-8 may
// not hold an asterisk.
func (v *Visit) CheckText(ctx context.Context, body []byte) *Refusal {
	if !v.Masked {
		return nil
	}
	w := v.writing()
	if !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 {
		if bytes.IndexByte(body, '*') >= 0 {
			return v.Refuse(ctx, CauseMaskInWrite)
		}
	}
	for _, text := range spellings(string(body)) {
		if w.textHoldsMask(text) || strings.IndexByte(text, '*') >= 0 && nameMask.MatchString(text) {
			return v.Refuse(ctx, CauseMaskInWrite)
		}
	}
	return nil
}

// CheckOther refuses a body of another kind that holds what can only be a mask.
func (v *Visit) CheckOther(ctx context.Context, body []byte) *Refusal {
	if !v.Masked {
		return nil
	}
	if spans, ok := v.writing().masksIn(string(body), inBytes); !ok || len(spans) > 0 {
		return v.Refuse(ctx, CauseMaskInWrite)
	}
	return nil
}

// spellings returns text as it is and, where it has such, without the escapes of
// XML and of JSON.
func spellings(text string) []string {
	out := []string{text}
	if strings.IndexByte(text, '&') >= 0 {
		out = append(out, html.UnescapeString(text))
	}
	if strings.Contains(text, `\u`) {
		out = append(out, escaped.ReplaceAllStringFunc(text, func(s string) string {
			n, err := strconv.ParseUint(s[2:], 16, 16)
			if err != nil {
				return s
			}
			return string(rune(n))
		}))
	}
	return out
}

var escaped = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}`)

// strongMask is what nobody writes but as a mask of a phone, an id, a card or an
// e-mail address.
var strongMask = regexp.MustCompile(`\+?[0-9][0-9 -]{0,8}\*{4,}[0-9]{0,4}[0-9Xx]?|\*{4,}[0-9]{3,4}[Xx]?|[A-Za-z0-9._+-]{0,3}\*{3}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?`)

// nameMask is what stands for itself in a text and looks like the mask of a Chinese name.
var nameMask = regexp.MustCompile(`(?:^|[\s<>"',;|=:：，、；])\p{Han}{1,2}\*{1,3}(?:$|[\s<>"',;|，、；。])`)

// alias is what has the letters of a pseudonym.
var alias = regexp.MustCompile(`P(?:-[A-Z]{4}){4}`)

// holdsMask tells whether a value may hold a mask.
func (w *writing) holdsMask(s spot) bool {
	if strings.IndexByte(s.value, '*') >= 0 {
		return true
	}
	if !w.v.g.standIns {
		return false
	}
	spans, ok := w.masksIn(s.value, inText)
	return !ok || len(spans) > 0 || w.looksMasked(s)
}

// nameHoldsMask tells whether the name of a member holds a mask. It is masked as
// any text is, and cannot be restored.
func (w *writing) nameHoldsMask(name string) bool {
	if strings.IndexByte(name, '*') < 0 && !w.v.g.standIns {
		return false
	}
	return w.textHoldsMask(name) || w.v.drawer.issued(name)
}

// textHoldsMask tells whether text holds a mask, of a field or of a text.
func (w *writing) textHoldsMask(text string) bool {
	known, ok := w.v.drawer.memory.masksIn(text, inField, &w.left)
	return !ok || len(known) > 0 || holdsFull(text) || strings.Contains(text, "***") && strongMask.MatchString(text) ||
		w.v.g.standIns && slices.ContainsFunc(alias.FindAllString(text, -1), mask.IsAlias)
}

// holdsFull tells whether the full mask stands in text, without more asterisks.
func holdsFull(text string) bool {
	for {
		i := strings.IndexByte(text, '*')
		if i < 0 {
			return false
		}
		rest := strings.TrimLeft(text[i:], "*")
		if len(text)-i-len(rest) == len(mask.Full) {
			return true
		}
		text = rest
	}
}

// masksIn returns where in s masks stand, in order: those that this session was
// shown, as far as they count in what s is, and what besides can only be one. It is
// false when that cannot be told.
func (w *writing) masksIn(s string, in place) ([][]int, bool) {
	known, ok := w.v.drawer.memory.masksIn(s, in, &w.left)
	if !ok {
		return nil, false
	}
	byStart := func(a, b []int) int { return a[0] - b[0] }
	slices.SortFunc(known, byStart)
	if overlap(known) {
		return nil, false
	}
	free := func(at []int) bool {
		i, _ := slices.BinarySearchFunc(known, at[0], func(k []int, start int) int { return k[1] - start - 1 })
		return i == len(known) || known[i][0] >= at[1]
	}
	spans := slices.Clone(known)
	if strings.Contains(s, "***") {
		for _, at := range strongMask.FindAllStringIndex(s, -1) {
			if free(at) {
				spans = append(spans, at)
			}
		}
	}
	for _, at := range alias.FindAllStringIndex(s, -1) {
		if w.v.g.standIns && mask.IsAlias(s[at[0]:at[1]]) && free(at) {
			spans = append(spans, at)
		}
	}
	slices.SortFunc(spans, byStart)
	return spans, !overlap(spans)
}

// overlap tells whether one of the places, which are in order, is within another:
// nobody was shown that.
func overlap(places [][]int) bool {
	for i := range places {
		if i > 0 && places[i][0] < places[i-1][1] {
			return true
		}
	}
	return false
}
