DROP TRIGGER cap_changes_same_marks ON cap_changes;
ALTER TABLE cap_changes DROP COLUMN proposed_marks;
