// Package httpproxy is the data door for HTTP: a reverse proxy in front of a
// back office that masks what its roles may not see, on sessions of package
// gateway.
//
// It decides how a request and an answer are read: which spelling of an address
// is unambiguous, what a body is, when it is whole. It never decides
// what a role may see (policy does), never stores a body, and never sends a
// byte of a body to a masked role that it has not read.
//
// It fails closed. What it cannot read it refuses with a page in Chinese and
// English; a fault found after the answer has begun aborts the connection, so
// that no client takes the part for the whole.
package httpproxy
