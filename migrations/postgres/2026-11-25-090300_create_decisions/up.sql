-- The record of decisions: each row carries the hash of everything before it.
CREATE TABLE decisions (
    seq BIGINT NOT NULL PRIMARY KEY,     -- 1, 2, 3 ... without gaps
    id TEXT NOT NULL UNIQUE,             -- uuid, shown in the response
    at BIGINT NOT NULL,
    policy_version BIGINT NOT NULL,
    subject_kind TEXT NOT NULL,          -- anonymous, organisation, person
    organisation TEXT,                   -- the consumer
    supplier TEXT,                       -- who called for it
    client TEXT,                         -- client id
    action TEXT NOT NULL,                -- table:read ...
    resource TEXT NOT NULL,              -- JSON
    outcome TEXT NOT NULL,               -- allowed, denied
    grant_id TEXT,
    grant_version INTEGER,
    body TEXT NOT NULL,                  -- JSON, the whole decision with its explanation
    previous TEXT NOT NULL,              -- hash of row seq - 1; zeros before the first
    leaf TEXT NOT NULL,                  -- SHA-256(0x00, canonical row), the leaf of a later Merkle tree
    hash TEXT NOT NULL                   -- SHA-256(0x01, previous, leaf)
);
CREATE INDEX decisions_organisation ON decisions (organisation, seq);

-- Where the chain ends, so that rows cut off its end are missed.
CREATE TABLE decision_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO decision_head (id, seq, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Callers turned away before any decision: codes only, never a token.
CREATE TABLE security_events (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,                  -- token-refused ...
    detail TEXT NOT NULL                 -- code of the reason
);
CREATE INDEX security_events_at ON security_events (at);

CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE ON decisions
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER decisions_no_truncate BEFORE TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER security_events_append_only BEFORE UPDATE OR DELETE ON security_events
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER security_events_no_truncate BEFORE TRUNCATE ON security_events
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();

CREATE TRIGGER decision_head_no_delete BEFORE DELETE ON decision_head
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER decision_head_no_truncate BEFORE TRUNCATE ON decision_head
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER decision_head_forward BEFORE UPDATE ON decision_head FOR EACH ROW
    WHEN (NEW.seq <= OLD.seq) EXECUTE FUNCTION hjemmel_append_only();
