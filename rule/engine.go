package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/menshen-io/menshen/event"
)

// Engine folds events into the alerts of a set of rules. It belongs to one
// goroutine.
type Engine struct {
	set   *Set
	state State
	vm    vm.VM
	env   map[string]any // of the event in hand, kept for its memory
}

// State is all that an engine knows, fit to be stored.
type State struct {
	Now    time.Time
	Swept  time.Time            // when what is too old was last forgotten
	Values []map[string]*Window // by aggregate and key
	Said   map[string]time.Time // by check and whom it is about
	Faults map[string]Faulty    // by rule
}

// Window is the events of one key of one aggregate, by time.
type Window struct{ Entries []Entry }

// Entry is one event of a window.
type Entry struct {
	At         time.Time
	Source, ID string
	Text       string  // of distinct, last and set, as text
	Number     float64 // of sum, and of last where it is a number
}

// Faulty says how often a rule could not be worked out, and on which event first.
type Faulty struct {
	Times int
	First string // event id
	What  string
}

// lateness is how far behind the newest event one may come and still find its
// window whole.
const lateness = 24 * time.Hour

// New returns an engine at the beginning of a stream.
func New(set *Set) *Engine {
	e := &Engine{set: set, state: State{Said: map[string]time.Time{}, Faults: map[string]Faulty{}}, env: map[string]any{}}
	e.state.Values = make([]map[string]*Window, len(set.aggregates))
	for i := range e.state.Values {
		e.state.Values[i] = map[string]*Window{}
	}
	e.vm.MemoryBudget = memory
	return e
}

// State returns what the engine knows. It is not to be changed.
func (e *Engine) State() State { return e.state }

// Resume makes a new engine know what another one of the same set knew.
func (e *Engine) Resume(s State) error {
	if len(s.Values) != len(e.state.Values) {
		return fmt.Errorf("resuming rules: %d aggregates, there are %d", len(s.Values), len(e.state.Values))
	}
	e.state.Now, e.state.Swept = s.Now, s.Swept
	for i := range s.Values {
		for k, w := range s.Values[i] {
			e.state.Values[i][k] = w
		}
	}
	for k, at := range s.Said {
		e.state.Said[k] = at
	}
	for k, f := range s.Faults {
		e.state.Faults[k] = f
	}
	return nil
}

// Faults lists the rules that could not be worked out on some events.
func (e *Engine) Faults() []string {
	var out []string
	for rule, f := range e.state.Faults {
		out = append(out, fmt.Sprintf("rule %s: %s (%d times, first on event %q)", rule, f.What, f.Times, f.First))
	}
	slices.Sort(out)
	return out
}

func (e *Engine) fault(rule string, g given, what string) {
	f, known := e.state.Faults[rule]
	if !known {
		f = Faulty{First: g.ID, What: what}
	}
	f.Times++
	e.state.Faults[rule] = f
}

// Fold takes the next event and returns the alerts that it brings about. Events
// come about in order; one that is up to a day late counts in the windows of its
// own time.
func (e *Engine) Fold(ev event.Event) []event.Event {
	var out []event.Event
	g := given{Event: ev}
	for _, c := range e.take(g) {
		if alert, said := e.say(c, g, e.set.byType[ev.Type]); said {
			out = append(out, alert)
		}
	}
	return out
}

// Met is a condition that an event meets.
type Met struct {
	Name       string
	Message    event.Text
	Aggregates map[string]float64 // that it asks for, as far as they are numbers
}

// Meets takes the next event, as Fold does, with what is known beside it, and
// returns the conditions that it meets.
func (e *Engine) Meets(ev event.Event, derived map[string]any) []Met {
	var out []Met
	for _, c := range e.take(given{ev, derived}) {
		m := Met{Name: c.Name, Message: e.message(c), Aggregates: map[string]float64{}}
		for _, i := range e.set.byType[ev.Type].shown {
			name := e.set.aggregates[i].Name
			if !c.speaksOf(name) {
				continue
			}
			switch v := e.env[name].(type) {
			case int:
				m.Aggregates[name] = float64(v)
			case float64:
				m.Aggregates[name] = v
			}
		}
		out = append(out, m)
	}
	return out
}

// Wants reports whether a rule is about events of a type.
func (e *Engine) Wants(t event.Type) bool { return e.set.byType[t] != nil }

// Keep notes what Meets can change for an event, and returns what puts it back.
func (e *Engine) Keep(ev event.Event, derived map[string]any) (restore func()) {
	state := e.state
	e.state.Faults = maps.Clone(state.Faults)
	e.state.Values = slices.Clone(state.Values)
	if y := e.set.byType[ev.Type]; y != nil {
		for _, i := range y.aggregates {
			few := map[string]*Window{} // only the key that the event has
			if key, missing := e.key(i, given{ev, derived}, y); missing == "" && state.Values[i][key] != nil {
				few[key] = &Window{slices.Clone(state.Values[i][key].Entries)}
			}
			e.state.Values[i] = few
		}
	}
	e.state.Swept = later(e.state.Now, ev.Time) // nothing is forgotten meanwhile
	return func() { e.state = state }
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// take takes an event to its aggregates and returns the checks that it meets. What
// they were asked with stands in env.
func (e *Engine) take(g given) []*check {
	y := e.set.byType[g.Type]
	if y == nil {
		return nil
	}
	e.state.Now = later(e.state.Now, g.Time)
	if e.state.Now.Sub(e.state.Swept) > time.Hour {
		e.sweep()
		e.state.Swept = e.state.Now
	}
	env := e.env
	clear(env)
	env["hour"] = g.Time.Hour()
	for _, f := range y.used {
		env[f] = y.fields[f].get(g)
	}
	for _, i := range y.aggregates {
		e.add(i, g, y)
	}
	if len(y.checks) == 0 {
		return nil
	}
	for _, i := range y.shown {
		env[e.set.aggregates[i].Name] = e.value(i, g, y)
	}
	var out []*check
	for _, i := range y.checks {
		c := &e.set.checks[i]
		if yes, ok := e.run(c.Name, c.when[g.Type], g); ok && yes {
			out = append(out, c)
		}
	}
	return out
}

// run works out a condition; what goes wrong is the rule's fault.
func (e *Engine) run(rule string, p *vm.Program, g given) (yes, ok bool) {
	v, err := e.vm.Run(p, e.env)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		e.fault(rule, g, first)
		return false, false
	}
	yes, ok = v.(bool)
	return yes, ok
}

// key joins the fields of an aggregate's key; it reports which is missing.
func (e *Engine) key(i int, g given, y *typed) (key, missing string) {
	var b strings.Builder
	fields := e.set.aggregates[i].Key
	for _, f := range fields {
		v := y.fields[f].text(g)
		switch {
		case v == "":
			return "", f
		case len(fields) == 1:
			return v, ""
		}
		b.WriteString(strconv.Itoa(len(v)))
		b.WriteByte(':')
		b.WriteString(v)
	}
	return b.String(), ""
}

// add adds an event to an aggregate.
func (e *Engine) add(i int, g given, y *typed) {
	a := &e.set.aggregates[i]
	if p := a.where[g.Type]; p != nil {
		if yes, ok := e.run(a.Name, p, g); !ok || !yes {
			return
		}
	}
	key, missing := e.key(i, g, y)
	if missing != "" {
		e.fault(a.Name, g, "the event has no "+missing)
		return
	}
	x := Entry{At: g.Time, Source: g.Source, ID: g.ID}
	if a.Of != "" {
		if x.Text = y.fields[a.Of].text(g); x.Text == "" {
			e.fault(a.Name, g, "the event has no "+a.Of)
			return
		}
		switch n := y.fields[a.Of].get(g).(type) {
		case int:
			x.Number = float64(n)
		case float64:
			x.Number = n
		}
	}
	keys := e.state.Values[i]
	w := keys[key]
	if w == nil {
		w = &Window{}
		keys[key] = w
	}
	w.add(x)
	if len(keys) > MaxKeys+MaxKeys/8 { // some room, so that it is not done for each
		crowd(keys)
	}
}

// add takes an entry to its place, once.
func (w *Window) add(x Entry) {
	i := len(w.Entries)
	for i > 0 && x.before(w.Entries[i-1]) {
		i--
	}
	if i > 0 && w.Entries[i-1].Source == x.Source && w.Entries[i-1].ID == x.ID && w.Entries[i-1].At.Equal(x.At) {
		return
	}
	w.Entries = slices.Insert(w.Entries, i, x)
	if len(w.Entries) > MaxEntries {
		w.Entries = w.Entries[len(w.Entries)-MaxEntries:]
	}
}

func (x Entry) before(o Entry) bool {
	switch {
	case !x.At.Equal(o.At):
		return x.At.Before(o.At)
	case x.Source != o.Source:
		return x.Source < o.Source
	}
	return x.ID < o.ID
}

// within lists the entries of (at − window, at].
func (w *Window) within(at time.Time, window time.Duration) []Entry {
	if w == nil {
		return nil
	}
	to := len(w.Entries)
	for to > 0 && w.Entries[to-1].At.After(at) {
		to--
	}
	from, _ := slices.BinarySearchFunc(w.Entries[:to], at.Add(-window), func(x Entry, t time.Time) int {
		if x.At.After(t) {
			return 1
		}
		return -1
	})
	return w.Entries[from:to]
}

// value is what an aggregate has for the key of an event, at its time.
func (e *Engine) value(i int, g given, y *typed) any {
	a := &e.set.aggregates[i]
	var entries []Entry
	if key, missing := e.key(i, g, y); missing == "" {
		entries = e.state.Values[i][key].within(g.Time, time.Duration(a.Window))
	}
	switch a.Fn {
	case "count":
		return len(entries)
	case "rate":
		return float64(len(entries)) / time.Duration(a.Window).Hours()
	case "sum":
		sum := 0.0
		for _, x := range entries {
			sum += x.Number
		}
		return sum
	case "last":
		return lastOf(entries, e.set.sampleOf(i))
	}
	all := values(entries)
	if a.Fn == "distinct" {
		return len(all)
	}
	slices.Sort(all)
	return all
}

// values lists the different values, of which there are mostly few.
func values(entries []Entry) []string {
	var few []string
	for i, x := range entries {
		if slices.Contains(few, x.Text) {
			continue
		}
		if few = append(few, x.Text); len(few) == 16 {
			seen := make(map[string]struct{}, len(entries))
			for _, v := range few {
				seen[v] = struct{}{}
			}
			for _, x := range entries[i:] {
				if _, ok := seen[x.Text]; !ok {
					seen[x.Text] = struct{}{}
					few = append(few, x.Text)
				}
			}
			return few
		}
	}
	return few
}

// lastOf is the newest value, of the kind of sample; of no entries its zero.
func lastOf(entries []Entry, sample any) any {
	var x Entry
	if len(entries) > 0 {
		x = entries[len(entries)-1]
	}
	switch sample.(type) {
	case int:
		return int(x.Number)
	case float64:
		return x.Number
	case bool:
		return x.Text == "true"
	}
	return x.Text
}

// say makes the alert of a check, unless it was said lately.
func (e *Engine) say(c *check, g given, y *typed) (event.Event, bool) {
	get := func(f string) string {
		if _, ok := y.fields[f]; !ok {
			return ""
		}
		s, _ := y.fields[f].get(g).(string)
		return s
	}
	d := &event.AlertRaised{Rule: c.Name, Severity: c.Severity, Action: c.Action, Actor: event.ActorID(get("actor")),
		Partner: event.PartnerID(get("partner")), Station: event.StationID(get("station"))}
	whom := string(d.Actor)
	if whom == "" {
		whom = get("merchant") + "\x00" + string(d.Station) + "\x00" + string(d.Partner)
	}
	about := c.Name + "\x00" + whom
	if last, ok := e.state.Said[about]; ok && c.Quiet > 0 && g.Time.Sub(last) < time.Duration(c.Quiet) {
		return event.Event{}, false
	}
	e.state.Said[about] = g.Time
	d.Events = e.behind(c, g, y)
	d.Message = e.message(c)
	h := sha256.New()
	for _, part := range []string{"alert.raised", c.Name, whom, g.Source, g.ID} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	d.Alert = event.AlertID("al-" + hex.EncodeToString(h.Sum(nil)[:12]))
	return event.New(string(d.Alert), "menshen", g.Time, d), true
}

// behind lists the events that a check's aggregates hold, the newest of them,
// and the one that set it off.
func (e *Engine) behind(c *check, g given, y *typed) []string {
	var all []Entry
	for _, i := range y.shown {
		a := &e.set.aggregates[i]
		if !speaksOf(c.When, a.Name) {
			continue
		}
		if key, missing := e.key(i, g, y); missing == "" {
			all = append(all, e.state.Values[i][key].within(g.Time, time.Duration(a.Window))...)
		}
	}
	slices.SortFunc(all, func(a, b Entry) int {
		switch {
		case a.before(b):
			return -1
		case b.before(a):
			return 1
		}
		return 0
	})
	var out []string
	for _, x := range all {
		if x.ID != g.ID && !slices.Contains(out, x.ID) {
			out = append(out, x.ID)
		}
	}
	return append(out[max(0, len(out)-maxShown+1):], g.ID)
}

// message is what a check says with what it was asked with.
func (e *Engine) message(c *check) event.Text {
	return event.Text{ZH: fill(c.Message.ZH, e.env), EN: fill(c.Message.EN, e.env)}
}

func fill(text string, env map[string]any) string {
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		switch v := env[m[1:len(m)-1]].(type) {
		case float64:
			return strconv.FormatFloat(v, 'f', -1, 64)
		default:
			return fmt.Sprint(v)
		}
	})
}

// sweep forgets what no event that may still come can ask for.
func (e *Engine) sweep() {
	for i := range e.set.aggregates {
		limit := e.state.Now.Add(-time.Duration(e.set.aggregates[i].Window) - lateness)
		keys := e.state.Values[i]
		for k, w := range keys {
			n := 0
			for n < len(w.Entries) && w.Entries[n].At.Before(limit) {
				n++
			}
			if w.Entries = w.Entries[n:]; len(w.Entries) == 0 {
				delete(keys, k)
			}
		}
	}
	for about, at := range e.state.Said {
		if e.state.Now.Sub(at) > MaxWindow*time.Hour {
			delete(e.state.Said, about)
		}
	}
}

// crowd forgets the keys that were seen longest ago.
func crowd(keys map[string]*Window) {
	order := make([]string, 0, len(keys))
	for k := range keys {
		order = append(order, k)
	}
	newest := func(k string) time.Time { w := keys[k].Entries; return w[len(w)-1].At }
	slices.SortFunc(order, func(a, b string) int {
		if c := newest(a).Compare(newest(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, k := range order[:len(order)-MaxKeys] {
		delete(keys, k)
	}
}
