// Package store keeps what must be found again quickly: an index over the
// ledger, and the local accounts. SQLite is the default engine.
//
// It decides how rows are laid out and when they are durable; it never decides
// what they mean. Its index can always be rebuilt from the ledger: its cursor
// says up to which entry it has read, in the same transaction as the rows.
//
// It fails with the engine's error, wrapped; a write that fails leaves the
// state before it. A database written by a newer version is refused on opening.
package store
