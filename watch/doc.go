// Package watch decides whether an account's stream of accesses is still what
// its work explains.
//
// An access is explained when its actor holds an open reason (ticket, call,
// order) for the customer at its time, whatever reason it claims. Once a day
// each account's customers, without a reason and with one, are tested against
// its peers by e-processes whose false alarms are bounded by the pack's budget:
// at most (agent-days watched) / budget in expectation, as far as honest
// accounts differ as the null says (docs/design/watch.md). Facts that need no
// statistics (a canary viewed, a view after leaving, an export by a masked role,
// a raw reveal under a flagged camera or without a reason) are alerts at once.
//
// It never does I/O, never looks at a clock and never changes a standing: it
// emits alert.raised events, whose ids and times come from the stream alone, so
// that a replay gives the same bytes. Events are to be folded in order (see
// event.Sorter); a little disorder delays or misses an explanation, nothing
// else.
//
// It fails only on a pack that cannot be read and on a snapshot that does not
// fit. Events that make no sense (an assignment of an unknown reason) are passed
// over.
package watch
