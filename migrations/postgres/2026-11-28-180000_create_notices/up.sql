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
    FOR EACH ROW WHEN (OLD.sent_at IS NOT NULL OR NEW.sent_at IS NULL
        OR (NEW.id, NEW.at, NEW.kind, NEW.grant_id, NEW.grant_version, NEW.recipient, NEW.body)
            IS DISTINCT FROM (OLD.id, OLD.at, OLD.kind, OLD.grant_id, OLD.grant_version, OLD.recipient, OLD.body))
    EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER notices_no_delete BEFORE DELETE ON notices
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
