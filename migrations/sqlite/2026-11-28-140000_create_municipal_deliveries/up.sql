-- What each municipality sent for itself, and which of it an edition was made of.
CREATE TABLE municipal_deliveries (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    number BIGINT NOT NULL CHECK (number > 0), -- order of arrival within the form-year
    form TEXT NOT NULL,
    year INTEGER NOT NULL,
    kommune TEXT NOT NULL CHECK (length(kommune) = 4),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64), -- of the file, unpacked
    bytes BIGINT NOT NULL,
    records BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'waiting', 'refused')),
    report TEXT NOT NULL,                -- JSON findings, never values or sums
    organisation TEXT NOT NULL,          -- the consumer
    supplier TEXT,                       -- who called for it
    client TEXT,                         -- client id
    received_at BIGINT NOT NULL,
    confirmed_at BIGINT,                 -- when the sender let warnings pass after having seen them
    UNIQUE (form, year, number)
);
CREATE INDEX municipal_deliveries_kommune ON municipal_deliveries (form, year, kommune, number);
CREATE INDEX municipal_deliveries_organisation ON municipal_deliveries (organisation, received_at);

CREATE TABLE edition_parts (
    edition_id TEXT NOT NULL REFERENCES editions (id),
    delivery_id TEXT NOT NULL REFERENCES municipal_deliveries (id),
    PRIMARY KEY (edition_id, delivery_id)
);

CREATE TRIGGER municipal_deliveries_no_delete BEFORE DELETE ON municipal_deliveries
BEGIN SELECT RAISE(ABORT, 'municipal_deliveries is append-only'); END;
CREATE TRIGGER municipal_deliveries_frozen BEFORE UPDATE ON municipal_deliveries
WHEN OLD.status <> 'waiting' OR NEW.status <> 'accepted' OR NEW.confirmed_at IS NULL
    OR NEW.id <> OLD.id OR NEW.number <> OLD.number OR NEW.form <> OLD.form OR NEW.year <> OLD.year
    OR NEW.kommune <> OLD.kommune OR NEW.sha256 <> OLD.sha256 OR NEW.bytes <> OLD.bytes
    OR NEW.records <> OLD.records OR NEW.report <> OLD.report OR NEW.organisation <> OLD.organisation
    OR NEW.supplier IS NOT OLD.supplier OR NEW.client IS NOT OLD.client OR NEW.received_at <> OLD.received_at
BEGIN SELECT RAISE(ABORT, 'municipal_deliveries is append-only'); END;
CREATE TRIGGER edition_parts_no_delete BEFORE DELETE ON edition_parts
BEGIN SELECT RAISE(ABORT, 'edition_parts is append-only'); END;
CREATE TRIGGER edition_parts_no_update BEFORE UPDATE ON edition_parts
BEGIN SELECT RAISE(ABORT, 'edition_parts is append-only'); END;
