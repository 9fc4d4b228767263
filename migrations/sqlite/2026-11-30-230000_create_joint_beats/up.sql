-- The last sign of life of whoever makes a table over several nodes or a comparison; it says nothing of what comes of it.
CREATE TABLE joint_beats (
    id TEXT NOT NULL PRIMARY KEY REFERENCES joint_tables (id),
    at BIGINT NOT NULL
);
