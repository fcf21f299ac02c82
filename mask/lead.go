package mask

// Places of values among paths: where none leads on, and where it takes more than a
// number to say.
const (
	nowhere   = uint64(dead)<<1 | 1
	elsewhere = ^uint64(0)
)

// placeOf says where among paths f is, in a number.
func (r *rewriter) placeOf(f *frame) uint64 {
	place := uint64(f.at)<<1 | 1
	switch f.ends - f.acts {
	case 0:
		return place
	case 1:
		a := r.acts[f.acts]
		return place | uint64(a.kind+1)<<32 | uint64(a.state)<<48
	}
	return elsewhere
}

// lead is where a value is among paths when it is in one record at most.
type lead struct {
	place       uint64
	at          uint16 // among records
	kind, state uint16 // of the activation; kind is one more, and 0 when there is none
	opens       bool   // the record begins at the value
	maps        bool   // the value is mapped, and nothing else
	role        *role  // that the activation gives the value; nil when there is none
}

// forced is the role that maps the value, or nil.
func (l *lead) forced() *role {
	if l.role == nil || l.role.class == "" {
		return nil
	}
	return l.role
}

// keepLead remembers of the member whose value is at f, or of the array that it is in,
// that it is there.
func (r *rewriter) keepLead(f *frame) {
	if len(r.stack) == 0 {
		return
	}
	top := &r.stack[len(r.stack)-1]
	l := lead{place: r.placeOf(f), at: f.at, opens: f.opened > 0}
	if top.place == elsewhere || l.place == elsewhere {
		return
	}
	if f.ends > f.acts {
		a := r.acts[f.acts]
		role := r.role(a)
		l.kind, l.state, l.role = a.kind+1, a.state, role
		l.maps = !l.opens && role.class != "" && role.class != Plain && !role.subject && len(role.attributes) == 0
	}
	switch m := &r.names[r.member]; {
	case top.object && r.member > 0:
		m.from, m.lead = top.place, l
	case !top.object && len(r.syms.indices) == 0: // all are alike
		m.within, m.each = top.place, l
	}
}

// lead says in f where a value of top is, as descend does. It goes field by field: who
// reads what was just written in other pieces waits for it.
func (r *rewriter) lead(f, top *frame, l *lead) {
	n := int32(len(r.acts))
	f.forced, f.inst, f.acts, f.ends, f.at, f.opened = l.forced(), top.inst, n, n, l.at, 0
	if l.kind == 0 {
		return
	}
	inst := int32(len(r.insts))
	if l.opens {
		r.begin()
		f.opened = 1
	} else {
		inst = r.acts[top.acts].inst
	}
	r.acts = append(r.acts, activation{inst, l.kind - 1, l.state})
	f.ends++
	if f.forced != nil {
		f.inst = inst
	}
}
