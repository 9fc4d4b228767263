-- What witnesses signed of the record's state: one line of a signed note for each witness and size.
CREATE TABLE cosignatures (
    size BIGINT NOT NULL CHECK (size > 0),
    witness TEXT NOT NULL,                          -- the witness's key, as C2SP writes it
    at BIGINT NOT NULL,
    line TEXT NOT NULL CHECK (length(line) <= 1000),
    PRIMARY KEY (size, witness)
);

CREATE TRIGGER cosignatures_no_update BEFORE UPDATE ON cosignatures
BEGIN SELECT RAISE(ABORT, 'cosignatures is append-only'); END;
CREATE TRIGGER cosignatures_no_delete BEFORE DELETE ON cosignatures
BEGIN SELECT RAISE(ABORT, 'cosignatures is append-only'); END;
CREATE TRIGGER cosignatures_no_replace BEFORE INSERT ON cosignatures
WHEN EXISTS (SELECT 1 FROM cosignatures WHERE size = NEW.size AND witness = NEW.witness)
BEGIN SELECT RAISE(ABORT, 'cosignatures is append-only'); END;
