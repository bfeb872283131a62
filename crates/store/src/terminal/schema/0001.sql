-- A terminal's own database: whom it knows, what happened at its door, what it must remember of itself.
-- Instants are milliseconds since 1970-01-01T00:00:00Z. `sealed` columns are AEAD texts bound to table and row.

CREATE TABLE persons (
    wire_id TEXT PRIMARY KEY,               -- the id that the dialect gave, whole
    body BLOB NOT NULL,                     -- sealed JSON {person, rules}
    passes_used INTEGER NOT NULL DEFAULT 0, -- since the person was put here
    changed_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE photos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL REFERENCES persons(wire_id) ON DELETE CASCADE,
    face_id TEXT NOT NULL,                  -- the id that the dialect gave, or ''
    blob TEXT NOT NULL,
    model TEXT,                             -- which model made the template
    template BLOB                           -- sealed; null: missing, computed when models arrive
);
CREATE INDEX photos_person ON photos(person);

CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of commits, and of delivery
    id TEXT NOT NULL UNIQUE,
    occurred_at INTEGER NOT NULL,
    wire_key TEXT NOT NULL,                 -- whose record it is, to whoever tells records apart by whole seconds
    wire_second INTEGER NOT NULL,           -- the second stated there: occurred_at, or the next that is free
    person TEXT,                            -- wire id of the person recognised
    settled INTEGER NOT NULL,               -- 0: a platform has yet to decide
    counted INTEGER NOT NULL,               -- 1: used up one of the person's passes
    details TEXT NOT NULL,                  -- JSON: method, outcome, measurements
    private BLOB,                           -- sealed JSON: name, card, document; goes with the person
    capture TEXT,                           -- blob; goes with the person
    UNIQUE (wire_key, wire_second)
);
CREATE INDEX records_person ON records(person) WHERE person IS NOT NULL;
CREATE INDEX records_open ON records(seq) WHERE settled = 0;

-- How far each dialect has got with the records.
CREATE TABLE deliveries (
    dialect TEXT PRIMARY KEY,
    active INTEGER NOT NULL,                -- 1: switched on now
    sent INTEGER NOT NULL,                  -- the highest seq that was ever put on the wire
    acknowledged INTEGER NOT NULL,          -- everything up to here is done with: acknowledged or hidden
    hidden INTEGER NOT NULL                 -- nothing up to here is ever shown to it again
) WITHOUT ROWID;

-- Done with beyond the mark of `deliveries`: acknowledged out of order, or hidden from one dialect.
CREATE TABLE exceptions (
    dialect TEXT NOT NULL REFERENCES deliveries(dialect) ON DELETE CASCADE,
    seq INTEGER NOT NULL REFERENCES records(seq) ON DELETE CASCADE,
    PRIMARY KEY (dialect, seq)
) WITHOUT ROWID;
CREATE INDEX exceptions_seq ON exceptions(seq);

CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL                     -- sealed
) WITHOUT ROWID;
