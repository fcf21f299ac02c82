// Package archtest holds the architecture of Menshen as tests: the table of
// which package may import which, what a deciding package must not touch, and
// that every package says what it is.
//
// It decides whether the tree still is what ARCHITECTURE.md draws. It never
// runs the code it looks at: it parses it, in the test's own process. It fails
// by naming the file and the rule.
package archtest
