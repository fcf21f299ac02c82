// Package detect finds personal information in a string.
//
// It decides which bytes of a text are a phone number, a name, an address or
// another [Class], by their form, by what checks them (check digits, calendars,
// registries), and by the words around them. Names and addresses of Chinese are
// weighed by a lexicon that tools/lexicon builds.
//
// It never masks, does no I/O, and keeps nothing of what it reads.
//
// It does not fail: a value whose form it does not know is not found. Text that
// is not UTF-8 is searched as far as it can be.
package detect
