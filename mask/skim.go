package mask

import "math/bits"

// ahead is how much of the body skim wants to hold from a value on: a name, or
// what is read of a short scalar at once.
const ahead = 8 + nameSize

// skim goes from value to value as long as members come in the order of the last
// time, and all is held. Of each member it is known where paths lead from it: values
// that need nothing are passed over, others take a shorter way. It begins before a
// value and ends before the first that it does not hold whole; over is true when it
// ended behind one instead.
func (r *rewriter) skim() (over bool, err error) {
	if len(r.stack) == 0 {
		return false, nil
	}
	buf, pos, member := r.buf[:r.end], r.pos, r.member
	top := &r.stack[len(r.stack)-1]
	if canMark && len(buf)-pos >= leastMarked && r.base+int64(pos) >= r.marks.to {
		r.marks.mark(buf[pos:], r.base+int64(pos))
	}
	marked, words := int(r.marks.from-r.base), r.marks.bits
	knows := r.known != nil
	searched := r.set != 0 || knows
	for !over && pos+ahead <= len(buf) {
		c, end, m := buf[pos], 0, &r.names[member]
		if c <= ' ' {
			if pos = blanksEnd(buf, pos); pos+ahead > len(buf) {
				break
			}
			c = buf[pos]
		}
		from, l := m.from, &m.lead
		if !top.object {
			from, l = m.within, &m.each
		}
		to := top.place
		if to != nowhere {
			if to = 0; from == top.place {
				to = l.place
			}
		}
		switch {
		case to == 0: // not known yet
		case c == '"':
			if to == nowhere && top.object && !m.plain {
				break
			}
			if near := after(words, uint(pos+1-marked)); near != 0 {
				if end = pos + 1 + bits.TrailingZeros64(near); buf[end] != '"' {
					end = 0
					break
				}
				end++
			} else if end = r.plainString(buf, pos); end == 0 {
				break
			}
			if to != nowhere {
				r.standBefore(top, member)
				r.tok, r.pos, r.escaped = pos, end, false
				if err := r.stringAt(top, l); err != nil {
					return false, err
				}
			} else if searched {
				if r.spans = r.appendFound(r.spans[:0], buf[pos+1:end-1]); len(r.spans) > 0 { // there is no \ in it
					end = 0
				}
			}
		case c == '{' || c == '[':
			if first := r.openFast(buf, pos, top, member, to, l); first > 0 {
				pos = first
				top = &r.stack[len(r.stack)-1]
				if top.object {
					member = m.first
				}
				continue
			}
		case to == nowhere:
			if m.plain || !top.object {
				end = r.inert(buf, pos)
			}
		case c >= '1' && c <= '9':
			if end = plainNumber(buf, pos); end > 0 {
				r.standBefore(top, member)
				r.tok, r.pos = pos, end
				r.lead(&r.here, top, l)
				if err := r.numberHere(buf[pos:end], false); err != nil {
					return false, err
				}
			}
		}
		if end == 0 {
			r.standBefore(top, member)
			r.pos, r.tok = pos, pos
			open, err := r.oneValue(c)
			if err != nil {
				return false, err
			}
			buf, end, member = r.buf[:r.end], r.pos, r.member // it may have read on
			marked = int(r.marks.from - r.base)
			top = &r.stack[len(r.stack)-1]
			if open {
				pos = end
				continue
			}
		}
		// On to where the next value begins.
		for pos, over = end, true; pos+ahead <= len(buf); {
			c := buf[pos]
			if c <= ' ' {
				if pos = blanksEnd(buf, pos); pos+ahead > len(buf) {
					break
				}
				c = buf[pos]
			}
			if c == ',' {
				if !top.object {
					pos++
					top.index++
					member, over = top.member, false
					break
				}
				at := pos + 1
				if buf[at] <= ' ' {
					if at = blanksEnd(buf, at); at+nameSize > len(buf) {
						break
					}
				}
				next, name := r.names[member].next, (*[nameSize]byte)(buf[at:])
				if m := &r.names[next]; m.n > 0 && m.begins(name) && m.goesOn(name) && (!knows || r.stands(m)) {
					pos, member, over = at+int(m.n), next, false
				}
				break
			}
			if c != '}' && c != ']' || (c == '}') != top.object {
				break
			}
			pos++
			member = top.member
			r.leave()
			if len(r.stack) == 0 {
				top = nil
				break
			}
			top = &r.stack[len(r.stack)-1]
		}
	}
	r.standBefore(top, member)
	r.pos, r.tok = pos, pos
	return over, nil
}

// standBefore says that the value to come is that of member, or the next of top.
func (r *rewriter) standBefore(top *frame, member uint8) {
	r.member = member
	switch {
	case top == nil:
	case !top.object:
		r.sym, r.hint = r.syms.index(int(top.index)), ""
	case member > 0:
		r.sym, r.hint = r.names[member].sym, r.names[member].hint
	}
}

// openFast opens the array or object at pos, which is member's or the next of top
// and at the place to, up to where its first value begins, and returns that place.
// It is 0, and nothing opened, when what follows is not what it was the last time.
func (r *rewriter) openFast(buf []byte, pos int, top *frame, member uint8, to uint64, l *lead) int {
	first := pos + 1
	if buf[first] <= ' ' {
		first = blanksEnd(buf, first)
	}
	if len(r.stack) >= MaxDepth || first+nameSize > len(buf) {
		return 0
	}
	if buf[pos] == '[' {
		if buf[first] == ']' {
			return 0
		}
	} else {
		m, name := &r.names[r.names[member].first], (*[nameSize]byte)(buf[first:])
		if m.n == 0 || !m.begins(name) || !m.goesOn(name) || !r.stands(m) {
			return 0
		}
		first += int(m.n)
	}
	if to == nowhere {
		l = &lead{}
	} else if l.role != nil && l.role.class != "" {
		return 0
	}
	r.lead(r.push(buf[pos] == '{', to, member), top, l)
	return first
}

// blanksEnd returns the end of the blanks at i.
func blanksEnd(buf []byte, i int) int {
	for i+8 <= len(buf) && word(buf[i:]) == ' '*ones {
		i += 8
	}
	for i < len(buf) && (buf[i] == ' ' || buf[i] == '\n' || buf[i] == '\r' || buf[i] == '\t') {
		i++
	}
	return i
}

// inert returns the end of the scalar that begins at pos when it is well formed,
// whole in buf and nothing is found in it, or 0. Eight bytes at least are there.
func (r *rewriter) inert(buf []byte, pos int) int {
	switch c := buf[pos]; {
	case c >= '1' && c <= '9':
		end := plainNumber(buf, pos)
		if end-pos >= shortestNumber && (r.set != 0 || r.known != nil) {
			return 0
		}
		return end
	case c == 't' && string(buf[pos:pos+4]) == "true", c == 'n' && string(buf[pos:pos+4]) == "null":
		return pos + 4
	case c == 'f' && string(buf[pos:pos+5]) == "false":
		return pos + 5
	}
	return 0
}

// plainString returns the end of the string that begins at pos when it is well
// formed, whole in buf and without an escape, or 0.
func (r *rewriter) plainString(buf []byte, pos int) int {
	at := pos + 1
	if n := r.marks.next(r.base + int64(at)); n >= 0 {
		if buf[at+n] != '"' || n > MaxString {
			return 0
		}
		return at + n + 1
	}
	n, high := plainRun(buf[at:], 0)
	end := at + n
	if end >= len(buf) || buf[end] != '"' || high != 0 && !validText(buf[at:end]) || n > MaxString {
		return 0
	}
	return end + 1
}

// plainNumber returns the end of the number that begins at pos when it is one like
// 4711 or 12.50, whole in buf, or 0.
func plainNumber(buf []byte, pos int) int {
	end := digitsEnd(buf, pos)
	if end < len(buf) && buf[end] == '.' {
		whole := end + 1
		if end = digitsEnd(buf, whole); end == whole {
			return 0
		}
	}
	if end == len(buf) || byteKind[buf[end]]&aNumber != 0 {
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
