-- What somebody must be told about a grant, each once.
CREATE TABLE notices (
    id TEXT NOT NULL PRIMARY KEY,                   -- UUID version 7, so that they sort by time
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    grant_version INTEGER NOT NULL,
    recipient TEXT NOT NULL,                        -- organisation number
    body TEXT NOT NULL,                             -- JSON, in both languages
    sent_at BIGINT,                                 -- when the address of the settings took it
    UNIQUE (grant_id, grant_version, kind)
);
CREATE INDEX notices_recipient ON notices (recipient, id);

CREATE TRIGGER notices_sent_once BEFORE UPDATE ON notices
WHEN OLD.sent_at IS NOT NULL OR NEW.sent_at IS NULL OR NEW.id <> OLD.id OR NEW.at <> OLD.at
    OR NEW.kind <> OLD.kind OR NEW.grant_id <> OLD.grant_id OR NEW.grant_version <> OLD.grant_version
    OR NEW.recipient <> OLD.recipient OR NEW.body <> OLD.body
BEGIN SELECT RAISE(ABORT, 'notices is append-only'); END;
CREATE TRIGGER notices_no_delete BEFORE DELETE ON notices
BEGIN SELECT RAISE(ABORT, 'notices is append-only'); END;
CREATE TRIGGER notices_no_replace BEFORE INSERT ON notices
WHEN EXISTS (SELECT 1 FROM notices WHERE id = NEW.id
    OR (grant_id = NEW.grant_id AND grant_version = NEW.grant_version AND kind = NEW.kind))
BEGIN SELECT RAISE(ABORT, 'notices is append-only'); END;
