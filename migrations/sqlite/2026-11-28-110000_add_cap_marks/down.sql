DROP TRIGGER cap_changes_same_marks;
ALTER TABLE cap_changes DROP COLUMN proposed_marks;
