-- What this node took part in with other nodes: written before anything of it was sent, and never forgotten.
CREATE TABLE node_rounds (
    kind TEXT NOT NULL CHECK (kind IN ('sums', 'coordinated', 'comparison')),
    id TEXT NOT NULL CHECK (length(id) = 64),          -- the digest of what was agreed
    subject TEXT NOT NULL,                             -- what must not be told apart: form and year, or a pair of registers
    body TEXT NOT NULL,                                -- what is judged the next time
    at BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE INDEX node_rounds_by_subject ON node_rounds (kind, subject);

-- Tables over several nodes that this node was asked to make.
CREATE TABLE joint_tables (
    id TEXT NOT NULL PRIMARY KEY,                      -- UUID of the time it was asked for
    table_id TEXT NOT NULL,
    year INTEGER NOT NULL,
    recipient TEXT,                                    -- nobody named means anyone
    asked_at BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    body TEXT NOT NULL                                 -- the nodes and the rule
);

-- What became of them.
CREATE TABLE joint_ends (
    id TEXT NOT NULL PRIMARY KEY REFERENCES joint_tables (id),
    state TEXT NOT NULL CHECK (state IN ('published', 'ended')),
    at BIGINT NOT NULL,
    body TEXT NOT NULL,                                -- what it is told with, or why there is none
    archive BYTEA                                   -- the protected table; none where it ended
);

CREATE TRIGGER node_rounds_append_only BEFORE UPDATE OR DELETE ON node_rounds
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER node_rounds_no_truncate BEFORE TRUNCATE ON node_rounds
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();

CREATE TRIGGER joint_tables_append_only BEFORE UPDATE OR DELETE ON joint_tables
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER joint_tables_no_truncate BEFORE TRUNCATE ON joint_tables
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();

CREATE TRIGGER joint_ends_append_only BEFORE UPDATE OR DELETE ON joint_ends
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER joint_ends_no_truncate BEFORE TRUNCATE ON joint_ends
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
