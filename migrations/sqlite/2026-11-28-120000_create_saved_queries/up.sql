-- Selections of tables kept under an address. Nobody owns one: it says what is asked, never who may see it.
CREATE TABLE saved_queries (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 20), -- SHA-256 of the body, its first 80 bits
    at BIGINT NOT NULL,
    table_id TEXT NOT NULL,
    body TEXT NOT NULL CHECK (length(body) <= 65536)      -- JSON
);

CREATE TRIGGER saved_queries_no_update BEFORE UPDATE ON saved_queries
BEGIN SELECT RAISE(ABORT, 'saved_queries is append-only'); END;
CREATE TRIGGER saved_queries_no_replace BEFORE INSERT ON saved_queries
WHEN EXISTS (SELECT 1 FROM saved_queries WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'saved_queries is append-only'); END;
