package mask

import (
	"math"
	"unicode/utf8"
)

// skim goes over members that come in the order of the last time and whose
// values need nothing: no path leads to them, their names say nothing of them, and
// nothing is found in them. It begins before a value and ends before the first
// that needs more; over is true when it ended behind one instead. It reads only
// what is held and leaves everything else to the long way.
func (r *rewriter) skim() (over bool) {
	top := &r.stack[len(r.stack)-1]
	if top.forced != nil {
		return false
	}
	buf, pos := r.buf[:r.end], r.pos
	for !over {
		m := &r.names[r.member]
		if m.hint != "" || r.leads(top, m.sym) {
			break
		}
		end := r.inert(buf, pos)
		if end == 0 {
			break
		}
		pos, over = end, true
		if pos == len(buf) || buf[pos] != ',' {
			break
		}
		next := &r.names[m.next]
		if n := pos + 1 + int(next.n); next.n > 0 && n < len(buf) && string(buf[pos+1:n]) == string(next.text[:next.n]) {
			pos, over, r.member = n, false, m.next
		}
	}
	r.sym, r.hint = r.names[r.member].sym, r.names[r.member].hint
	r.pos, r.tok = pos, pos
	return over
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
// whole in buf and nothing is found in it, or 0.
func (r *rewriter) inert(buf []byte, pos int) int {
	if pos+5 >= len(buf) {
		return 0
	}
	switch c := buf[pos]; {
	case c == '"':
		n, high := plainRun(buf[pos+1:], 0)
		end := pos + 1 + n
		if end >= len(buf) || buf[end] != '"' || high != 0 && !utf8.Valid(buf[pos+1:end]) || n > MaxString || r.search(buf[pos+1:end]) {
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
	if r.set != 0 {
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
