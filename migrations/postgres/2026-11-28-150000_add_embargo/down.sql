DROP TRIGGER editions_frozen ON editions;
DROP TRIGGER editions_no_delete ON editions;
ALTER TABLE editions DROP COLUMN reason;
ALTER TABLE editions DROP COLUMN public_from;
