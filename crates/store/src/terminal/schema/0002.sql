-- Records that one dialect is never shown again, beyond its mark in `deliveries`.

CREATE TABLE hidden (
    dialect TEXT NOT NULL REFERENCES deliveries(dialect) ON DELETE CASCADE,
    seq INTEGER NOT NULL REFERENCES records(seq) ON DELETE CASCADE,
    PRIMARY KEY (dialect, seq)
) WITHOUT ROWID;
CREATE INDEX hidden_seq ON hidden(seq);
