-- What a dialect keeps of a person beside the row. It goes with the person.

CREATE TABLE extras (
    person TEXT NOT NULL REFERENCES persons(wire_id) ON DELETE CASCADE,
    dialect TEXT NOT NULL,
    value BLOB NOT NULL,                    -- sealed
    PRIMARY KEY (person, dialect)
) WITHOUT ROWID;

-- Where it was before, beyond the person's end.
DELETE FROM state WHERE instr(name, '.extra.') > 0;
