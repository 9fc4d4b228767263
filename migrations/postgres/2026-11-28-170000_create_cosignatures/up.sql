-- What witnesses signed of the record's state: one line of a signed note for each witness and size.
CREATE TABLE cosignatures (
    size BIGINT NOT NULL CHECK (size > 0),
    witness TEXT NOT NULL,                          -- the witness's key, as C2SP writes it
    at BIGINT NOT NULL,
    line TEXT NOT NULL CHECK (length(line) <= 1000),
    PRIMARY KEY (size, witness)
);

CREATE TRIGGER cosignatures_append_only BEFORE UPDATE OR DELETE ON cosignatures
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
