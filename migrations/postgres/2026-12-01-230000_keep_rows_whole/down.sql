ALTER TABLE decisions RESET (toast_tuple_target);
ALTER TABLE answers RESET (toast_tuple_target);
