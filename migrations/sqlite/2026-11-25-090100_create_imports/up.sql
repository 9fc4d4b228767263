-- What municipalities sent, and the editions of each form-year made from it.
CREATE TABLE editions (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    form TEXT NOT NULL,                  -- 11, 11C ...
    year INTEGER NOT NULL,               -- reporting year
    version INTEGER NOT NULL CHECK (version > 0),
    kind TEXT NOT NULL CHECK (kind IN ('preliminary', 'final')),
    status TEXT NOT NULL CHECK (status IN ('current', 'superseded')),
    records BIGINT NOT NULL,
    parquet_sha256 TEXT NOT NULL CHECK (length(parquet_sha256) = 64),
    created_at BIGINT NOT NULL,
    missing_regions TEXT NOT NULL,       -- JSON list of regions that have not delivered
    UNIQUE (form, year, version)
);
CREATE UNIQUE INDEX editions_current ON editions (form, year) WHERE status = 'current';

CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    form TEXT NOT NULL,
    year INTEGER NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64), -- of the file as received
    file_name TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    records BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'refused')),
    report TEXT NOT NULL,                -- JSON findings, never values
    received_at BIGINT NOT NULL,
    edition_id TEXT REFERENCES editions (id), -- null when refused
    CHECK ((status = 'accepted') = (edition_id IS NOT NULL))
);
-- The same file is taken in once; sending it again changes nothing.
CREATE UNIQUE INDEX deliveries_accepted ON deliveries (form, year, sha256) WHERE status = 'accepted';
