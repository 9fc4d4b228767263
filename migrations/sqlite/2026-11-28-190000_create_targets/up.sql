-- What a region means to reach by an indicator in a year. The newest row holds; one without a number withdraws.
CREATE TABLE targets (
    id TEXT NOT NULL PRIMARY KEY,                      -- UUID of the time it was set
    region TEXT NOT NULL,                              -- EAK for the country, or a municipality
    indicator TEXT NOT NULL,
    year INTEGER NOT NULL,
    milli BIGINT CHECK (milli >= 0),                   -- thousandths of the indicator's unit
    set_by TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX targets_by_region ON targets (region, indicator, year);

CREATE TRIGGER targets_no_update BEFORE UPDATE ON targets
BEGIN SELECT RAISE(ABORT, 'targets is append-only'); END;
CREATE TRIGGER targets_no_delete BEFORE DELETE ON targets
BEGIN SELECT RAISE(ABORT, 'targets is append-only'); END;
CREATE TRIGGER targets_no_replace BEFORE INSERT ON targets
WHEN EXISTS (SELECT 1 FROM targets WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'targets is append-only'); END;
