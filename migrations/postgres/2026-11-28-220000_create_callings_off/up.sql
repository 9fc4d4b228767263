-- Publications that were called off before their moment came. What is here is never public.
CREATE TABLE callings_off (
    release_id TEXT NOT NULL PRIMARY KEY REFERENCES releases (id),
    at BIGINT NOT NULL,
    planned_for BIGINT NOT NULL,         -- when it would have been public
    reason TEXT NOT NULL,
    called_by TEXT NOT NULL,             -- JSON, the actor
    CHECK (at < planned_for)
);

CREATE TRIGGER callings_off_no_change BEFORE UPDATE OR DELETE ON callings_off
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER callings_off_no_truncate BEFORE TRUNCATE ON callings_off
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
