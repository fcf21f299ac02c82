// Package ledger is the record: an append-only, verifiable log of events. Each
// entry is one event's line of JSON. On disk it is a tile-based transparency
// log (C2SP tlog-tiles, signed checkpoints) kept by Tessera's POSIX driver, with
// a small write-ahead log of our own in front of it that makes an append durable
// in one fsync and fixes its index; docs/design/ledger.md says why.
//
//	DIR/ledger/            the tile log, readable by any tlog-tiles tool
//	DIR/wal/               durable lines that may not be in the tile log yet
//	DIR/keys/ledger.key    the note signer (Ed25519), mode 0600
//	DIR/keys/ledger.vkey   its public half
//
// It decides the order of events (their index) and whether a record is still
// what was recorded ([Verify]). It never interprets an event beyond refusing to
// record what could not be read back, and never changes or drops an entry.
//
// It fails closed. [Ledger.Append] returns only after the entry is durable. The
// first error that leaves in doubt what is on disk stops the writer: from then
// on every append returns [ErrStopped], and reopening recovers what was
// acknowledged. A directory whose history is in doubt is not opened at all
// ([ErrDamaged]); a process killed at any moment leaves one that opens.
package ledger
