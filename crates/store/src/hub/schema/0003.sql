-- Where an import that is cut short goes on: the place in the device's list of who was taken last, and their id there.

ALTER TABLE imports ADD COLUMN place INTEGER;
ALTER TABLE imports ADD COLUMN place_wire_id TEXT;
