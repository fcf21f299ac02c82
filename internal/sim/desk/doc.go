// Package desk is a hotel platform's back office over a simulated world: a JSON
// interface and one page that lists orders, opens them and edits what a guest
// asked to have changed. It stands for the application that a company already
// has: it knows its customers and nothing of who may see them.
//
// It decides what its queries return. It never masks, never asks who is asking
// (it is meant to stand behind something that does), and never reads a clock:
// its time is that of the last step it was told of by [Desk.Apply].
//
// It fails as such applications do: with a status and {"error": "…"}, which
// never repeats a value that was sent.
package desk
