// Package event holds the words that every part of Menshen shares: what
// happened at the two doors, what was decided, and the identifiers and money
// that these speak of. One line of NDJSON is one event, a CloudEvent 1.0 in
// structured JSON.
//
// It decides whether a line is a well-formed event of a known type, whether it
// repeats an earlier one, and in which order events are taken. It never does
// I/O of its own (callers hand it an io.Reader or io.Writer), never looks at a
// clock, and never interprets what an event means.
//
// It fails line by line: a line that cannot be used is reported as a [Refusal]
// with its number, its id and the field at fault, and reading goes on. Refusals
// name fields and kinds, never values, as a value may be personal.
package event
