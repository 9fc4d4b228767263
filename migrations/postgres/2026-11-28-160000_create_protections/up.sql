-- Who asked for the tables of a form-year to be protected, how far the work has come, and what came of it. What it
-- makes is a release of the same id.
CREATE TABLE protections (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    form TEXT NOT NULL,
    year INTEGER NOT NULL,
    edition_id TEXT NOT NULL REFERENCES editions (id),
    asked_at BIGINT NOT NULL,
    asked_by TEXT NOT NULL,              -- JSON, the actor
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    stage TEXT NOT NULL,                 -- what it is at
    done BIGINT NOT NULL,                -- how far in that
    total BIGINT NOT NULL,               -- of how much; 0 where it is not known
    beaten_at BIGINT NOT NULL,           -- the last sign of life
    known TEXT NOT NULL,                 -- JSON list of the releases that were reckoned with
    fault TEXT                           -- why it failed, for operators
);
CREATE INDEX protections_asked ON protections (asked_at);

CREATE TRIGGER protections_no_delete BEFORE DELETE ON protections
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER protections_frozen BEFORE UPDATE ON protections FOR EACH ROW
    WHEN (OLD.state <> 'running' OR NEW.id <> OLD.id OR NEW.form <> OLD.form OR NEW.year <> OLD.year
        OR NEW.edition_id <> OLD.edition_id OR NEW.asked_at <> OLD.asked_at OR NEW.asked_by <> OLD.asked_by)
    EXECUTE FUNCTION hjemmel_append_only();
