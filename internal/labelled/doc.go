// Package labelled holds texts in which it is known what is personal
// information, and measures a search against them.
//
// It decides where personal information stands in a text: from the labels that
// a set brings with it, from rules written by hand for the members of JSON
// bodies, and, for the dialogues it generates itself, from the template. It
// decides what counts as found and what as a false alarm ([Judge]). It never
// searches itself, knows nothing of the code that is measured, and never copies
// a set: the real ones are read from a directory at run time, and without it
// there are only the generated ones ([Dialogues], [DialogueTexts]).
//
// A label is either counted (a [Span] of Text.Spans) or left out of account
// (Text.Ignored): where a set's own labels mean something else than ours, or
// nobody can say, the place counts neither for nor against the search.
//
// It fails on a file that is missing or not what it should be, naming file and
// line, and on a search that reports a place outside of its text. The same
// files and the same seed give the same bytes.
package labelled
