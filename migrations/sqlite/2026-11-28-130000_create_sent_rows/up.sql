-- How many records left under a grant on a day, counted before they left.
CREATE TABLE sent_rows (
    grant_id TEXT NOT NULL,
    day INTEGER NOT NULL,                -- days since 1970-01-01
    records BIGINT NOT NULL CHECK (records >= 0),
    PRIMARY KEY (grant_id, day)
);

CREATE TRIGGER sent_rows_forward BEFORE UPDATE ON sent_rows
WHEN NEW.records < OLD.records OR NEW.grant_id <> OLD.grant_id OR NEW.day <> OLD.day
BEGIN SELECT RAISE(ABORT, 'sent_rows is append-only'); END;
CREATE TRIGGER sent_rows_no_delete BEFORE DELETE ON sent_rows
BEGIN SELECT RAISE(ABORT, 'sent_rows is append-only'); END;
CREATE TRIGGER sent_rows_no_replace BEFORE INSERT ON sent_rows
WHEN EXISTS (SELECT 1 FROM sent_rows WHERE grant_id = NEW.grant_id AND day = NEW.day)
BEGIN SELECT RAISE(ABORT, 'sent_rows is append-only'); END;
