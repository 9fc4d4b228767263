-- The month a delivery is about, where its form is sent for each; 0 where it is about the year. The newest accepted
-- delivery of a municipality and period is the one that counts.
ALTER TABLE municipal_deliveries ADD COLUMN period INTEGER NOT NULL DEFAULT 0 CHECK (period BETWEEN 0 AND 12);
DROP TRIGGER municipal_deliveries_frozen ON municipal_deliveries;
CREATE TRIGGER municipal_deliveries_frozen BEFORE UPDATE ON municipal_deliveries FOR EACH ROW
    WHEN (OLD.status <> 'waiting' OR NEW.status <> 'accepted' OR NEW.confirmed_at IS NULL
    OR NEW.id <> OLD.id OR NEW.number <> OLD.number OR NEW.form <> OLD.form OR NEW.year <> OLD.year
    OR NEW.kommune <> OLD.kommune OR NEW.period <> OLD.period OR NEW.sha256 <> OLD.sha256 OR NEW.bytes <> OLD.bytes
    OR NEW.records <> OLD.records OR NEW.report <> OLD.report OR NEW.organisation <> OLD.organisation
    OR NEW.supplier IS DISTINCT FROM OLD.supplier OR NEW.client IS DISTINCT FROM OLD.client OR NEW.received_at <> OLD.received_at)
    EXECUTE FUNCTION hjemmel_append_only();
