package mask

import (
	"encoding/binary"

	"github.com/menshen-io/menshen/mask/detect"
)

// cleanMemo remembers texts of a body in which nothing was found: the records of a
// list have the same states, places and kinds.
type cleanMemo [256]cleanText

type cleanText struct {
	n    uint8
	said bool // again: it stays, whatever else has its place
	text [62]byte
}

// place is where a text of four bytes or more is remembered.
func (m *cleanMemo) place(text []byte) *cleanText {
	h := binary.LittleEndian.Uint32(text)*0x85EBCA6B + binary.LittleEndian.Uint32(text[len(text)-4:]) + uint32(len(text))
	return &m[h*0x9E3779B1>>24]
}

// detect appends what is found of the set in text.
func (r *rewriter) detect(dst []Span, text []byte) []Span {
	if len(text) < shortest || len(text) > len(cleanText{}.text) {
		return detect.Append(dst, view(text), r.set)
	}
	e := r.clean.place(text)
	if view(e.text[:e.n]) == view(text) {
		e.said = true
		return dst
	}
	n := len(dst)
	if dst = detect.Append(dst, view(text), r.set); len(dst) == n && !e.said {
		e.n = uint8(copy(e.text[:], text))
	}
	return dst
}
