-- When an edition may be seen by others than those with a grant for it before that; null from when it was made.
ALTER TABLE editions ADD COLUMN public_from BIGINT;
-- Why a correction was made; null for the first of a kind.
ALTER TABLE editions ADD COLUMN reason TEXT;

CREATE TRIGGER editions_no_delete BEFORE DELETE ON editions FOR EACH ROW
    EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER editions_frozen BEFORE UPDATE ON editions FOR EACH ROW
    WHEN (OLD.status <> 'current' OR NEW.id <> OLD.id OR NEW.form <> OLD.form OR NEW.year <> OLD.year
        OR NEW.version <> OLD.version OR NEW.kind <> OLD.kind OR NEW.records <> OLD.records
        OR NEW.parquet_sha256 <> OLD.parquet_sha256 OR NEW.created_at <> OLD.created_at
        OR NEW.missing_regions <> OLD.missing_regions OR NEW.public_from IS DISTINCT FROM OLD.public_from
        OR NEW.reason IS DISTINCT FROM OLD.reason)
    EXECUTE FUNCTION hjemmel_append_only();
