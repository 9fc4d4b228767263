-- When an edition may be seen by others than those with a grant for it before that; null from when it was made.
ALTER TABLE editions ADD COLUMN public_from BIGINT;
-- Why a correction was made; null for the first of a kind.
ALTER TABLE editions ADD COLUMN reason TEXT;

CREATE TRIGGER editions_no_delete BEFORE DELETE ON editions
BEGIN SELECT RAISE(ABORT, 'editions is append-only'); END;
CREATE TRIGGER editions_frozen BEFORE UPDATE ON editions
WHEN OLD.status <> 'current' OR NEW.id <> OLD.id OR NEW.form <> OLD.form OR NEW.year <> OLD.year
    OR NEW.version <> OLD.version OR NEW.kind <> OLD.kind OR NEW.records <> OLD.records
    OR NEW.parquet_sha256 <> OLD.parquet_sha256 OR NEW.created_at <> OLD.created_at
    OR NEW.missing_regions <> OLD.missing_regions OR NEW.public_from IS NOT OLD.public_from
    OR NEW.reason IS NOT OLD.reason
BEGIN SELECT RAISE(ABORT, 'editions is append-only'); END;
