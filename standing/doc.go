// Package standing keeps the one answer that both doors ask for: is this
// account, with its company, site, workplace and computer, open, narrowed or
// closed now, and on what grounds.
//
// It decides the strictest of the grounds in force; it never decides why a
// ground is right: it keeps the reasons it was given. It never looks at a clock
// and does no I/O: callers say at which time they ask.
//
// It fails towards the strict side: a ground stays until it expires or is
// lifted by its cause, and a standing of an unknown kind counts as closed.
package standing
