CREATE TABLE charges (
    spend_id TEXT NOT NULL REFERENCES spends (id),
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    nano BIGINT NOT NULL CHECK (nano > 0),
    PRIMARY KEY (spend_id, kind, key),
    FOREIGN KEY (kind, key) REFERENCES purses (kind, key)
);
INSERT INTO charges (spend_id, kind, key, nano)
    SELECT spends.id, 'dataset-year', charged.key, charged.value FROM spends, json_each(spends.of_data) charged;
CREATE TABLE purse_days (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    day INTEGER NOT NULL,                -- days since 1970-01-01
    spent BIGINT NOT NULL CHECK (spent >= 0),
    PRIMARY KEY (kind, key, day),
    FOREIGN KEY (kind, key) REFERENCES purses (kind, key)
);
INSERT INTO purse_days (kind, key, day, spent)
    SELECT kind, key, at / 86400000000, SUM(nano) FROM (
        SELECT kind, key, at, charges.nano FROM charges JOIN spends ON spend_id = spends.id
        UNION ALL SELECT 'project', project, at, nano FROM spends
        UNION ALL SELECT 'organisation', sponsor, at, nano FROM spends
    ) charged GROUP BY kind, key, at / 86400000000;
ALTER TABLE spends DROP COLUMN of_data;

CREATE TRIGGER charges_no_update BEFORE UPDATE ON charges
BEGIN SELECT RAISE(ABORT, 'charges is append-only'); END;

CREATE TRIGGER charges_no_delete BEFORE DELETE ON charges
BEGIN SELECT RAISE(ABORT, 'charges is append-only'); END;

CREATE TRIGGER charges_no_replace BEFORE INSERT ON charges
WHEN EXISTS (SELECT 1 FROM charges WHERE spend_id = NEW.spend_id AND kind = NEW.kind AND key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'charges is append-only'); END;

CREATE TRIGGER purse_days_forward BEFORE UPDATE ON purse_days
WHEN NEW.spent < OLD.spent OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key OR NEW.day <> OLD.day
BEGIN SELECT RAISE(ABORT, 'purse_days is append-only'); END;

CREATE TRIGGER purse_days_no_delete BEFORE DELETE ON purse_days
BEGIN SELECT RAISE(ABORT, 'purse_days is append-only'); END;

CREATE TRIGGER purse_days_no_replace BEFORE INSERT ON purse_days
WHEN EXISTS (SELECT 1 FROM purse_days WHERE kind = NEW.kind AND key = NEW.key AND day = NEW.day)
BEGIN SELECT RAISE(ABORT, 'purse_days is append-only'); END;
