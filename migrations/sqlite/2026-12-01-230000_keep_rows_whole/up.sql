-- Rows are kept as they are here; PostgreSQL has to be told.
SELECT 1;
