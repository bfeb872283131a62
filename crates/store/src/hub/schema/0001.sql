-- The hub's state, version 1. Instants are milliseconds since 1970 (UTC). Ids are text. JSON columns hold what is
-- shown but never searched. Sealed columns are encrypted with the master key (see store::secret).

CREATE TABLE users (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,            -- argon2id, PHC string
    role TEXT NOT NULL,                     -- admin | operator | viewer
    zone_id TEXT REFERENCES zones(id),
    created_at INTEGER NOT NULL
);

CREATE TABLE sessions (
    secret_hash BLOB PRIMARY KEY,           -- SHA-256 of the cookie
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    csrf_token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

CREATE TABLE tokens (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL,
    user_id TEXT REFERENCES users(id) ON DELETE CASCADE,
    secret_hash BLOB NOT NULL UNIQUE,       -- SHA-256 of the token
    scopes TEXT NOT NULL,                   -- JSON array
    created_at INTEGER NOT NULL,
    expires_at INTEGER
);

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,                    -- username, "token:<name>", "hub" or "device:<id>"
    action TEXT NOT NULL,                   -- <resource>.<verb>
    target_kind TEXT,
    target_id TEXT,
    detail TEXT NOT NULL DEFAULT '{}'
);

-- What people and programs are told, in commit order; kinds and ids only, no names, no pictures.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,                    -- record.created, device.status, …
    subject_id TEXT NOT NULL,
    device_id TEXT
);
CREATE INDEX outbox_at ON outbox(at);

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,                    -- JSON
    revision INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE zones (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL
);

CREATE TABLE groups (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL
);

CREATE TABLE holidays (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL,
    first_day TEXT NOT NULL,                -- YYYY-MM-DD
    last_day TEXT NOT NULL,
    mode TEXT NOT NULL,                     -- closed | open | periods
    periods TEXT NOT NULL DEFAULT '[]'      -- JSON
);

CREATE TABLE schedules (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL,
    weekly TEXT NOT NULL                    -- JSON
);

CREATE TABLE schedule_holidays (
    schedule_id TEXT NOT NULL REFERENCES schedules(id) ON DELETE CASCADE,
    holiday_id TEXT NOT NULL REFERENCES holidays(id),
    position INTEGER NOT NULL,
    PRIMARY KEY (schedule_id, holiday_id)
) WITHOUT ROWID;

CREATE TABLE grants (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    group_id TEXT NOT NULL REFERENCES groups(id) ON DELETE CASCADE,
    zone_id TEXT NOT NULL REFERENCES zones(id) ON DELETE CASCADE,
    schedule_id TEXT REFERENCES schedules(id),
    valid_from INTEGER,
    valid_until INTEGER
);
CREATE INDEX grants_group ON grants(group_id);
CREATE INDEX grants_zone ON grants(zone_id);

CREATE TABLE persons (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    code TEXT UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                     -- member | visitor | vip | blocked
    valid_from INTEGER,
    valid_until INTEGER,
    pass_limit INTEGER,
    passes_used INTEGER NOT NULL DEFAULT 0,
    details TEXT NOT NULL                   -- JSON: the fields that nobody searches
);
CREATE INDEX persons_kind ON persons(kind) WHERE kind = 'blocked';

CREATE TABLE credentials (
    person_id TEXT NOT NULL REFERENCES persons(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    facility INTEGER,
    bits INTEGER,
    PRIMARY KEY (person_id, kind)
) WITHOUT ROWID;
CREATE INDEX credentials_number ON credentials(kind, number);

CREATE TABLE memberships (
    person_id TEXT NOT NULL REFERENCES persons(id) ON DELETE CASCADE,
    group_id TEXT NOT NULL REFERENCES groups(id) ON DELETE CASCADE,
    PRIMARY KEY (person_id, group_id)
) WITHOUT ROWID;
CREATE INDEX memberships_group ON memberships(group_id);

CREATE TABLE photos (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    person_id TEXT NOT NULL REFERENCES persons(id) ON DELETE CASCADE,
    blob_id TEXT NOT NULL,
    media_type TEXT NOT NULL,
    quality TEXT,                           -- JSON, null when stored unlooked-at
    faults TEXT NOT NULL DEFAULT '[]',      -- JSON: what speaks against it
    score REAL NOT NULL DEFAULT 0,          -- the best photo has the highest
    template BLOB,                          -- sealed
    model TEXT,                             -- which model made the template
    created_at INTEGER NOT NULL
);
CREATE INDEX photos_person ON photos(person_id);

CREATE TABLE devices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    dialect TEXT NOT NULL,
    serial TEXT NOT NULL,
    mac TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    standing TEXT NOT NULL,                 -- pending | approved | disabled
    online INTEGER NOT NULL DEFAULT 0,
    decision TEXT NOT NULL DEFAULT 'device',
    address TEXT,
    pinned_address TEXT,
    push_address TEXT,                      -- where it is listened to, apart from where it is called
    dial_revision INTEGER NOT NULL DEFAULT 1, -- grows with every change of where and how it is dialled
    records_until INTEGER,                  -- its records until this place are here, by its own clock
    direction TEXT NOT NULL DEFAULT 'none',
    zone_id TEXT REFERENCES zones(id),
    time_zone TEXT,
    model TEXT,
    firmware TEXT,
    capacity INTEGER,
    protocol_version INTEGER,
    protocol_limit INTEGER,                 -- the highest version that it can understand; null: not known
    last_seen_at INTEGER,
    clock_skew_ms INTEGER,
    link_key TEXT UNIQUE,                   -- what a connection names itself by
    next_link_key TEXT UNIQUE,              -- the same from the next sign-in on
    secret BLOB,                            -- sealed JSON: the dialect's credentials
    capabilities TEXT NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL
);
-- One that the hub dials has no serial until it says it.
CREATE UNIQUE INDEX devices_identity ON devices(dialect, serial, mac) WHERE serial <> '';
CREATE INDEX devices_zone ON devices(zone_id);

-- Per device, whom it should hold and whom it is known to hold.
CREATE TABLE roster (
    device_id TEXT NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    person_id TEXT NOT NULL,                -- outlives the person until the device has removed it
    state TEXT NOT NULL,                    -- wanted | applied | failed | removing
    wanted_digest BLOB,                     -- of what the device should hold; null while removing
    applied_digest BLOB,                    -- of what it confirmed; null when it holds nothing
    sent INTEGER NOT NULL DEFAULT 0,        -- something was sent since whose outcome is not known
    reason TEXT,
    detail TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER,                       -- not before this instant
    warnings TEXT NOT NULL DEFAULT '[]',    -- JSON [{field, reason}]
    changed INTEGER NOT NULL,               -- order of work: smaller first
    PRIMARY KEY (device_id, person_id)
) WITHOUT ROWID;
CREATE INDEX roster_open ON roster(device_id, changed) WHERE state IN ('wanted', 'removing', 'failed');
CREATE INDEX roster_redo ON roster(device_id, retry_at) WHERE state = 'applied' AND retry_at IS NOT NULL;
CREATE INDEX roster_person ON roster(person_id);

-- Ids that devices use for persons where they differ from ours (imports).
CREATE TABLE wire_ids (
    device_id TEXT NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    wire_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    PRIMARY KEY (device_id, wire_id)
) WITHOUT ROWID;

-- People found on a device whom the hub does not know; never deleted by itself.
CREATE TABLE strays (
    device_id TEXT NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    wire_id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (device_id, wire_id)
) WITHOUT ROWID;

-- When whom a device holds was compared with its roster, and how many it held beyond those whom the roster knows there.
CREATE TABLE comparisons (
    device_id TEXT PRIMARY KEY REFERENCES devices(id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    surplus INTEGER NOT NULL
) WITHOUT ROWID;

-- The last import of each device: taking over whom it holds.
CREATE TABLE imports (
    device_id TEXT PRIMARY KEY REFERENCES devices(id) ON DELETE CASCADE,
    actor TEXT NOT NULL,
    state TEXT NOT NULL,                    -- running | done | failed
    attempts INTEGER NOT NULL,              -- how often the device was asked for its people
    persons INTEGER NOT NULL DEFAULT 0,
    photos INTEGER NOT NULL DEFAULT 0,
    photos_refused INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER
) WITHOUT ROWID;

CREATE TABLE commands (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT 1,
    device_id TEXT NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    body BLOB,                              -- sealed JSON arguments; gone once it ended
    state TEXT NOT NULL,                    -- queued | sent | done | failed | expired | superseded
    result BLOB,                            -- sealed JSON
    result_blob TEXT,                       -- a picture that came back
    error TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    sent_at INTEGER,
    finished_at INTEGER
);
CREATE INDEX commands_open ON commands(device_id, seq) WHERE state IN ('queued', 'sent');

CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    device_id TEXT NOT NULL,
    duplicate_key BLOB NOT NULL,            -- hub rule 40
    held INTEGER NOT NULL DEFAULT 0,        -- waits for the approval of its device
    person_id TEXT,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    method TEXT NOT NULL,
    result TEXT NOT NULL,
    capture_blob TEXT,
    capture_type TEXT,                      -- media type of the very bytes
    registered_blob TEXT,
    registered_type TEXT,
    size INTEGER NOT NULL DEFAULT 0,        -- bytes of pictures, for the bound of pending devices
    details TEXT NOT NULL,                  -- JSON: the rest of the record
    private BLOB,                           -- sealed JSON: identity document and the device's own message
    UNIQUE (device_id, duplicate_key)
);
CREATE INDEX records_person ON records(person_id, seq) WHERE person_id IS NOT NULL;
CREATE INDEX records_occurred ON records(occurred_at);
CREATE INDEX records_device ON records(device_id, seq);
CREATE INDEX records_held ON records(device_id, size) WHERE held = 1;
CREATE INDEX records_captures ON records(received_at) WHERE capture_blob IS NOT NULL OR registered_blob IS NOT NULL;

-- Who answers when somebody at a door calls a room.
CREATE TABLE rooms (
    number TEXT PRIMARY KEY,
    revision INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE room_answers (
    room TEXT NOT NULL REFERENCES rooms(number) ON DELETE CASCADE,
    place INTEGER NOT NULL,                 -- who is called first
    person_id TEXT NOT NULL REFERENCES persons(id) ON DELETE CASCADE,
    PRIMARY KEY (room, person_id)
) WITHOUT ROWID;
