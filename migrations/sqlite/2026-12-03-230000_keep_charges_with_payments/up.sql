-- What a payment took of each form and year stands in its row, and what a day comes to is added up when it is asked for.
ALTER TABLE spends ADD COLUMN of_data TEXT NOT NULL DEFAULT '{}'; -- JSON: skjema-11/2024 and the like, with the amounts
DROP TRIGGER spends_no_update;
UPDATE spends SET of_data = charged.of_data FROM
    (SELECT spend_id, json_group_object(key, nano) AS of_data FROM charges GROUP BY spend_id) charged
    WHERE charged.spend_id = spends.id;
CREATE TRIGGER spends_no_update BEFORE UPDATE ON spends
BEGIN SELECT RAISE(ABORT, 'spends is append-only'); END;
DROP TABLE charges;
DROP TABLE purse_days;
