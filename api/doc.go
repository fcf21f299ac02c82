// Package api is what machines and the console ask Menshen: figures of both
// doors, alerts, views, accounts, merchants, the ledger; it takes events in and
// lifts a standing. Its OpenAPI 3.1 description is at /openapi.json.
//
// It decides who may ask what, and how an answer is written. It never decides
// anything at the doors: it reports what was decided, and what a person does
// here becomes an event like any other.
//
// It fails with problem details (RFC 9457): a caller's mistake is told with the
// field at fault, anything else as "internal error" with an id that the log
// knows.
package api
