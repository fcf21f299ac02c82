// Package policy holds which request is which route, which of its fields are
// masked how, and what a role may see.
//
// It decides whether a policy file is sound, which route a request takes, and
// what a role may reveal and export. It never does I/O, never masks by itself
// (a route carries a [mask.Plan]) and never looks at a person.
//
// It fails closed: a file with any fault is refused whole, with every fault
// told at once by file, line and field; a path that different servers would
// read differently matches a route that is refused and would mask everything.
package policy
