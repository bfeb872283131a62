-- Where an import that is cut short goes on: the place in the device's list of who was taken last, and their id there.

ALTER TABLE imports ADD COLUMN place INTEGER;
ALTER TABLE imports ADD COLUMN place_wire_id TEXT;

-- When what a device holds is to be put there again, whatever is wanted meanwhile.

DROP INDEX roster_redo;
ALTER TABLE roster ADD COLUMN redo_at INTEGER;
UPDATE roster SET redo_at = retry_at, retry_at = NULL WHERE state = 'applied';
CREATE INDEX roster_redo ON roster(device_id, redo_at) WHERE state = 'applied' AND redo_at IS NOT NULL;
