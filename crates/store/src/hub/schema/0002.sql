-- Until when a device's clock was known to be wrong: what it told until then may be so, too.

ALTER TABLE devices ADD COLUMN clock_wrong_until INTEGER;
