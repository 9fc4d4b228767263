-- Rows of up to 8 kB stay whole and as they are: to press each into 2 kB takes longer than to write it.
ALTER TABLE decisions SET (toast_tuple_target = 8160);
ALTER TABLE answers SET (toast_tuple_target = 8160);
