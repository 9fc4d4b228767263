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
    archive BLOB                                   -- the protected table; none where it ended
);

CREATE TRIGGER node_rounds_no_update BEFORE UPDATE ON node_rounds
BEGIN SELECT RAISE(ABORT, 'node_rounds is append-only'); END;
CREATE TRIGGER node_rounds_no_delete BEFORE DELETE ON node_rounds
BEGIN SELECT RAISE(ABORT, 'node_rounds is append-only'); END;
CREATE TRIGGER node_rounds_no_replace BEFORE INSERT ON node_rounds
WHEN EXISTS (SELECT 1 FROM node_rounds WHERE kind = NEW.kind AND id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'node_rounds is append-only'); END;

CREATE TRIGGER joint_tables_no_update BEFORE UPDATE ON joint_tables
BEGIN SELECT RAISE(ABORT, 'joint_tables is append-only'); END;
CREATE TRIGGER joint_tables_no_delete BEFORE DELETE ON joint_tables
BEGIN SELECT RAISE(ABORT, 'joint_tables is append-only'); END;
CREATE TRIGGER joint_tables_no_replace BEFORE INSERT ON joint_tables
WHEN EXISTS (SELECT 1 FROM joint_tables WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'joint_tables is append-only'); END;

CREATE TRIGGER joint_ends_no_update BEFORE UPDATE ON joint_ends
BEGIN SELECT RAISE(ABORT, 'joint_ends is append-only'); END;
CREATE TRIGGER joint_ends_no_delete BEFORE DELETE ON joint_ends
BEGIN SELECT RAISE(ABORT, 'joint_ends is append-only'); END;
CREATE TRIGGER joint_ends_no_replace BEFORE INSERT ON joint_ends
WHEN EXISTS (SELECT 1 FROM joint_ends WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'joint_ends is append-only'); END;
