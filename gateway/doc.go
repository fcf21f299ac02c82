// Package gateway is one session at the data door, whatever the protocol: it
// knows the person, seals what was masked, reveals it for a reason, restores it
// in writes, and has every view recorded.
//
// It decides who somebody is (a local account or a trusted proxy's word),
// whether this view may happen now and how (raw, masked, not at all), whether a
// sealed value may be revealed, and what stands in a record of a view. It never
// detects anything in a stream of views, never masks by itself (package mask
// does), and never keeps an original beyond its minutes in the vault or outside
// memory. Of what a session was shown it remembers hashes, to mask it again.
//
// It fails closed: without an identity, a role in the policy, an answer about
// standing, or a place in the record, there is no data. What it refuses it
// names by a [Cause], in Chinese and English. A raw value is handed out only
// after the record of it is durable.
package gateway
