-- The engine's own tables, version 1: what every database has besides the tables of its application.

-- Files with blobs. A photo has a segment of its own (no month); captures share the segments of their month.
CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    month TEXT                              -- YYYY-MM (UTC)
);
CREATE INDEX segments_month ON segments(month, id);

-- Where each blob lies, and its key, wrapped by the master key. Without its row a blob is noise.
CREATE TABLE blobs (
    id TEXT PRIMARY KEY,
    segment INTEGER NOT NULL REFERENCES segments(id),
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,                -- of the ciphertext, tag included
    key BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX blobs_segment ON blobs(segment, offset);
