package mask

import "encoding/binary"

// nameMemo remembers what was found out of the names of members, and which name
// came after which: records of a list are alike. The first entry stands for none.
type nameMemo [256]memberName

type memberName struct {
	n           uint8 // bytes of text; 0 when there is none
	next, first uint8 // name that followed, and the first of an object that is its value
	owner       uint8 // name of the member whose value it stands in
	plain       bool  // the name says nothing of its value
	sym         uint16
	text, care  [4]uint64 // as it stands: "name": and which bits of these that is
	hint        Class
	stamp       uint64 // of what was known when nothing of it was found in the name
	from        uint64 // place of an object in which the value is at lead
	lead        lead
	within      uint64 // place of an array that is the value, in which all are at each
	each        lead
}

// nameSize is how long a name may be that is remembered, with quotes and colon.
const nameSize = 32

// begins tells whether s begins with the name's first 16 bytes, as most are no longer,
// and goesOn whether with the rest.
func (m *memberName) begins(s *[nameSize]byte) bool {
	return (word(s[:])^m.text[0])&m.care[0]|(word(s[8:])^m.text[1])&m.care[1] == 0
}

func (m *memberName) goesOn(s *[nameSize]byte) bool {
	return m.n <= 16 || (word(s[16:])^m.text[2])&m.care[2]|(word(s[24:])^m.text[3])&m.care[3] == 0
}

// beginsShort is begins where less than nameSize may be left of a body.
func (m *memberName) beginsShort(s []byte) bool {
	var b [nameSize]byte
	copy(b[:], s)
	return m.n > 0 && len(s) >= int(m.n) && m.begins(&b) && m.goesOn(&b)
}

// word returns the first eight bytes of s.
func word(s []byte) uint64 { return binary.LittleEndian.Uint64(s) }

// set makes name the one that is remembered.
func (m *memberName) set(name []byte) {
	var text, care [nameSize]byte
	m.n = uint8(len(append(append(append(text[:0], '"'), name...), `":`...)))
	for i := range m.n {
		care[i] = 0xFF
	}
	for i := range m.text {
		m.text[i], m.care[i] = word(text[8*i:]), word(care[8*i:])
	}
}

// find returns the place for name within the member that owner is the place of,
// and whether it is remembered there; 0 for a name that is not to be remembered.
func (m *nameMemo) find(name []byte, owner uint8) (slot uint8, known bool) {
	n := len(name)
	if n == 0 || n+len(`"":`) > nameSize {
		return 0, false
	}
	var like memberName
	like.set(name)
	h := uint32(n) + uint32(owner)*0x85EBCA6B + uint32(name[0])<<8 + uint32(name[n/2])<<16 + uint32(name[n-1])<<24
	slot = uint8(h * 0x9E3779B1 >> 24)
	for k := range uint8(4) {
		e := &m[slot^k]
		if e.n == like.n && e.owner == owner && e.text == like.text {
			return slot ^ k, true
		}
		if e.n == 0 && slot^k > 0 {
			return slot ^ k, false
		}
	}
	return max(slot, 1), false
}

// nameSeen takes the name of a member whose value comes next, and masks what is
// found in it.
func (r *rewriter) nameSeen(raw []byte) error {
	owner, known := r.stack[len(r.stack)-1].member, false
	r.member = 0
	if !r.escaped {
		r.member, known = r.names.find(raw, owner)
	}
	m := &r.names[r.member]
	if known && (r.stands(m) || r.stillUnknown(m, raw)) {
		r.sym, r.hint = m.sym, m.hint
		return nil
	}
	text, stamp := r.text(raw), r.known.stamp()
	r.hint = ""
	if r.set != 0 {
		r.hint = fieldOf(text)
	}
	r.sym = r.syms.names[view(text)]
	if r.search(text) {
		r.member = 0
		return r.replaceFound(raw, text)
	}
	if r.mode == modeLearn { // it was not searched
		r.member = 0
	}
	if r.member > 0 {
		*m = memberName{owner: owner, plain: r.hint == "" || r.hint == thing, sym: r.sym, hint: r.hint, stamp: stamp}
		m.set(raw)
	}
	return nil
}

// stands tells whether what was found out of a name still holds: that it is no
// value that is known depends on what is.
func (r *rewriter) stands(m *memberName) bool {
	return r.known == nil || r.mode == modeLearn || m.stamp == r.known.stamp()
}

// stillUnknown looks again whether a name is a value that is known.
func (r *rewriter) stillUnknown(m *memberName, name []byte) bool {
	stamp := r.known.stamp()
	if r.recalled = r.known.search(r.recalled[:0], view(name)); len(r.recalled) > 0 {
		return false
	}
	m.stamp = stamp
	return true
}
