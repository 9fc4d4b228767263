-- Tokens that other nodes have used, until they have expired: none counts twice, on whichever server.
CREATE TABLE node_calls (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 64), -- SHA-256 of the node and the token's id
    until BIGINT NOT NULL                                 -- microseconds since 1970; the token counts no longer then
);

CREATE INDEX node_calls_until ON node_calls (until);
