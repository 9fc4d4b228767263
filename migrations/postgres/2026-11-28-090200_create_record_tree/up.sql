-- Nodes of the Merkle tree over the record (RFC 6962), one for every 256 rows and up; finished nodes never change.
CREATE TABLE record_nodes (
    level INTEGER NOT NULL,              -- 8 stands over 256 rows
    n BIGINT NOT NULL,                   -- from the left, from 0
    hash TEXT NOT NULL,
    PRIMARY KEY (level, n)
);

-- Who a commitment in the record stands for. Personal data are here and not in the record: taking a row away
-- forgets the person and leaves the record whole.
CREATE TABLE record_persons (
    commitment TEXT NOT NULL PRIMARY KEY, -- SHA-256(salt, person)
    person TEXT NOT NULL UNIQUE,
    salt TEXT NOT NULL
);

CREATE TRIGGER record_nodes_append_only BEFORE UPDATE OR DELETE ON record_nodes
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER record_nodes_no_truncate BEFORE TRUNCATE ON record_nodes
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
