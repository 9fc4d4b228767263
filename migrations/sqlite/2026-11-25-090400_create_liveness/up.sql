-- One row that readiness checks write to: reading alone does not prove that a decision could be recorded.
CREATE TABLE liveness (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    beats BIGINT NOT NULL                -- how often a node has proved that it can write
);
INSERT INTO liveness (id, beats) VALUES (1, 0);
