-- How many records left under a grant on a day, counted before they left.
CREATE TABLE sent_rows (
    grant_id TEXT NOT NULL,
    day INTEGER NOT NULL,                -- days since 1970-01-01
    records BIGINT NOT NULL CHECK (records >= 0),
    PRIMARY KEY (grant_id, day)
);

CREATE TRIGGER sent_rows_forward BEFORE UPDATE ON sent_rows FOR EACH ROW
    WHEN (NEW.records < OLD.records OR NEW.grant_id <> OLD.grant_id OR NEW.day <> OLD.day)
    EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER sent_rows_no_delete BEFORE DELETE ON sent_rows
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER sent_rows_no_truncate BEFORE TRUNCATE ON sent_rows
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
