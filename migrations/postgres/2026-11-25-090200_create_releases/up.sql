-- Table sets protected together; once made they only change by being published.
CREATE TABLE releases (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    form TEXT NOT NULL,
    year INTEGER NOT NULL,
    edition_id TEXT NOT NULL REFERENCES editions (id),
    version INTEGER NOT NULL CHECK (version > 0),
    created_at BIGINT NOT NULL,
    published_at BIGINT,                 -- null until published
    rule TEXT NOT NULL,                  -- JSON, the protection rule and its parameters
    report TEXT NOT NULL,                -- JSON, the audit report for operators
    archive BYTEA NOT NULL,              -- the release under its MAC
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64), -- of the archive
    UNIQUE (form, year, version)
);

CREATE TRIGGER releases_no_delete BEFORE DELETE ON releases
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER releases_no_truncate BEFORE TRUNCATE ON releases
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER releases_frozen BEFORE UPDATE ON releases FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL OR NEW.archive <> OLD.archive OR NEW.sha256 <> OLD.sha256
        OR NEW.id <> OLD.id OR NEW.form <> OLD.form OR NEW.year <> OLD.year OR NEW.version <> OLD.version
        OR NEW.edition_id <> OLD.edition_id OR NEW.rule <> OLD.rule OR NEW.report <> OLD.report
        OR NEW.created_at <> OLD.created_at)
    EXECUTE FUNCTION hjemmel_append_only();
