// Package web serves the console: the built single-page application out of the
// binary itself, with nothing fetched from anywhere else.
//
// It decides how the browser may treat the console: which files are cached for
// good, what the content security policy allows, and that an address inside the
// console answers with the application.
//
// It never decides anything about data, sessions or money, knows no API route
// and reads no file outside the binary. Paths under /api/ are not its own and
// answer 404.
//
// How it fails: a binary built without the console (no Node at hand) still
// compiles and runs; every page then answers 503 with a page, in Chinese and
// English, that says how to build it. Built tells which of the two this is.
package web
