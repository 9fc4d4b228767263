DROP TRIGGER editions_frozen;
DROP TRIGGER editions_no_delete;
ALTER TABLE editions DROP COLUMN reason;
ALTER TABLE editions DROP COLUMN public_from;
