// Package rule decides what the rules that a pack writes for itself say of a
// stream of events: aggregates over windows of event time, and conditions on
// them. A check raises an alert where its condition is met (Fold); who only asks
// whether conditions are met (Meets) may give what it knows beside the event.
//
// Aggregates and conditions are expressions (github.com/expr-lang/expr) over the
// fields of an event by their JSON names. They are compiled and checked against
// the event types once, when the pack is read. An event goes to the rules of its
// type only.
//
// It never does I/O, never looks at a clock, and never changes a standing: it
// emits alert.raised events whose ids and times come from the stream alone.
// What it keeps is bounded: keys, entries of a key and the work of an expression
// have limits; past them an aggregate says less than is true, never more, but
// for last.
//
// It fails only on rules that cannot be read. A field that an event lacks, or an
// expression that cannot be worked out on an event, is a fault of the rule: it is
// counted under the rule's name (Engine.Faults) and the event is passed over
// there.
package rule
