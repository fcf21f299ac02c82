// Package partner decides whether an outsourcing company, a person, a
// workplace or a computer may work now: from qualifications that lapse, monthly
// training, removable storage, cameras that flag a phone, and people who left.
//
// It turns facts into standing.changed events that name the fact as their
// cause, and lifts them when the fact is over. It never masks, never looks at a
// clock and does no I/O: what falls due is noticed when an event's time, or
// [Roll.Advance], has passed it.
//
// It fails on rules that cannot be read. A fact it does not understand changes
// nothing; a lapse for part of a company's work closes the whole company, and
// only an admission for that part, or for everything, opens it again.
package partner
