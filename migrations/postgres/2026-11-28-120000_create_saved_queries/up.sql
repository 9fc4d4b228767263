-- Selections of tables kept under an address. Nobody owns one: it says what is asked, never who may see it.
CREATE TABLE saved_queries (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 20), -- SHA-256 of the body, its first 80 bits
    at BIGINT NOT NULL,
    table_id TEXT NOT NULL,
    body TEXT NOT NULL CHECK (length(body) <= 65536)      -- JSON
);

CREATE TRIGGER saved_queries_append_only BEFORE UPDATE ON saved_queries
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
