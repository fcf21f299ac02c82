-- +goose Up
-- One row for each entry of the ledger that has been indexed; the line is the
-- event as recorded. Everything here can be rebuilt from the ledger.
CREATE TABLE entries (
    idx  INTEGER PRIMARY KEY,
    type TEXT    NOT NULL,
    time INTEGER NOT NULL,
    line TEXT    NOT NULL
);
CREATE INDEX entries_by_type ON entries (type, idx);

-- What an entry is about: kind is id, actor, subject, merchant or alert.
CREATE TABLE keys (
    kind TEXT    NOT NULL,
    key  TEXT    NOT NULL,
    idx  INTEGER NOT NULL,
    PRIMARY KEY (kind, key, idx)
) WITHOUT ROWID;

-- Views of a customer that no work explains.
CREATE TABLE unexplained (
    idx     INTEGER NOT NULL,
    subject TEXT    NOT NULL,
    PRIMARY KEY (idx, subject)
) WITHOUT ROWID;

CREATE TABLE accounts (
    name    TEXT PRIMARY KEY,
    hash    TEXT NOT NULL,
    display TEXT NOT NULL DEFAULT '',
    role    TEXT NOT NULL,
    partner TEXT NOT NULL DEFAULT '',
    site    TEXT NOT NULL DEFAULT '',
    station TEXT NOT NULL DEFAULT '',
    device  TEXT NOT NULL DEFAULT ''
);

-- +goose Down
DROP TABLE accounts;
DROP TABLE unexplained;
DROP TABLE keys;
DROP TABLE entries;
