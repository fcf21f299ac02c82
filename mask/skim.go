package mask

import "math"

// skim goes from value to value as long as members come in the order of the last
// time, nothing is blank between them, and all is held. Values that need nothing
// are passed over: no path leads to them, their names say nothing of them, and
// nothing is found in them. It begins before a value and ends before the first
// that is for the long way; over is true when it ended behind one instead.
func (r *rewriter) skim() (over bool, err error) {
	buf, pos := r.buf[:r.end], r.pos
	for len(r.stack) > 0 && pos+8 < len(buf) && buf[pos] > ' ' {
		c, end := buf[pos], 0
		if top := &r.stack[len(r.stack)-1]; (r.hint == "" || r.hint == thing) && top.forced == nil && !r.leadsOn(top) {
			if c == '{' || c == '[' {
				first := r.openInert(buf, pos)
				if first < 0 {
					break
				}
				pos = first
				continue
			}
			end = r.inert(buf, pos)
		}
		if end == 0 {
			r.pos, r.tok = pos, pos
			open, err := r.oneValue(c)
			if err != nil {
				return false, err
			}
			buf, end = r.buf[:r.end], r.pos
			if open {
				pos = end
				continue
			}
		}
		if pos, over = r.goOn(buf, end); over {
			break
		}
	}
	r.pos, r.tok = pos, pos
	return over, nil
}

// openInert opens the array or object at pos, no path leads into, up to where its
// first value begins, and returns that place. It is -1, and nothing opened, when
// what follows is not what it was the last time.
func (r *rewriter) openInert(buf []byte, pos int) int {
	f := frame{acts: int32(len(r.acts)), ends: int32(len(r.acts)), place: 1, member: r.member}
	if len(r.stack) >= MaxDepth {
		return -1
	}
	if buf[pos] == '[' {
		if c := buf[pos+1]; c <= ' ' || c == ']' {
			return -1
		}
		r.stack = append(r.stack, f)
		r.sym = r.syms.index(0)
		return pos + 1
	}
	first := r.names[r.member].first
	if !r.stands(&r.names[first]) {
		return -1
	}
	end := r.foretold(buf, pos+1, first)
	if end < 0 {
		return -1
	}
	f.object = true
	r.stack = append(r.stack, f)
	return end
}

// foretold takes the name in the slot to be the one at pos and returns where its
// value begins, or -1.
func (r *rewriter) foretold(buf []byte, pos int, slot uint8) int {
	m := &r.names[slot]
	end := pos + int(m.n)
	if m.n == 0 || end >= len(buf) || string(buf[pos:end]) != string(m.text[:m.n]) {
		return -1
	}
	r.sym, r.hint, r.member = m.sym, m.hint, slot
	return end
}

// goOn goes from behind a value to where the next one begins. Over is true when
// that is for the long way to find, from the place it returns.
func (r *rewriter) goOn(buf []byte, pos int) (at int, over bool) {
	for pos+1 < len(buf) && len(r.stack) > 0 {
		top := &r.stack[len(r.stack)-1]
		switch c := buf[pos]; {
		case c == ',' && top.object:
			next := r.names[r.member].next
			if !r.stands(&r.names[next]) {
				return pos, true
			}
			if end := r.foretold(buf, pos+1, next); end > 0 {
				return end, false
			}
			return pos, true
		case c == ',' && buf[pos+1] > ' ':
			top.index++
			r.hint, r.member = "", top.member
			r.sym = r.syms.index(int(top.index))
			return pos + 1, false
		case c == '}' && top.object, c == ']' && !top.object:
			pos++
			r.member = top.member
			r.leave()
		default:
			return pos, true
		}
	}
	return pos, true
}

// leadsOn tells whether a path goes on to the value to come, in top. Of a member
// it remembers where none did.
func (r *rewriter) leadsOn(top *frame) bool {
	m := &r.names[r.member]
	if !top.object || r.member == 0 || top.place == 0 {
		return r.leads(top, r.sym)
	}
	if m.quiet == top.place {
		return false
	}
	if r.leads(top, r.sym) {
		return true
	}
	m.quiet = top.place
	return false
}

// leads tells whether a path goes on from a value in top at sym.
func (r *rewriter) leads(top *frame, sym uint16) bool {
	if top.at != dead && r.at.step(top.at, sym) != dead {
		return true
	}
	for _, a := range r.acts[top.acts:top.ends] {
		if r.records[a.kind].inside.step(a.state, sym) != dead {
			return true
		}
	}
	return false
}

// inert returns the end of the scalar that begins at pos when it is well formed,
// whole in buf and nothing is found in it, or 0. Eight bytes at least are there.
func (r *rewriter) inert(buf []byte, pos int) int {
	switch c := buf[pos]; {
	case c == '"':
		n, high := plainRun(buf[pos+1:], 0)
		end := pos + 1 + n
		if end >= len(buf) || buf[end] != '"' || high != 0 && !validText(buf[pos+1:end]) || n > MaxString {
			return 0
		}
		if r.spans = r.appendFound(r.spans[:0], buf[pos+1:end]); len(r.spans) > 0 { // there is no \ in it
			return 0
		}
		return end + 1
	case c >= '1' && c <= '9':
		return r.inertNumber(buf, pos)
	case c == 't' && string(buf[pos:pos+4]) == "true", c == 'n' && string(buf[pos:pos+4]) == "null":
		return pos + 4
	case c == 'f' && string(buf[pos:pos+5]) == "false":
		return pos + 5
	}
	return 0
}

// inertNumber is inert for a number like 4711 or 12.50.
func (r *rewriter) inertNumber(buf []byte, pos int) int {
	longest := math.MaxInt
	if r.set != 0 || r.known != nil {
		longest = shortestNumber - 1
	}
	end := digitsEnd(buf, pos)
	if end < len(buf) && buf[end] == '.' {
		whole := end + 1
		if end = digitsEnd(buf, whole); end == whole {
			return 0
		}
	}
	if end == len(buf) || end-pos > longest || byteKind[buf[end]]&aNumber != 0 {
		return 0
	}
	return end
}

func digitsEnd(buf []byte, i int) int {
	for i < len(buf) && buf[i]-'0' <= 9 {
		i++
	}
	return i
}
