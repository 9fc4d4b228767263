-- What tells who wanted a cap from others without naming them: marks of the account and of the person behind it,
-- separated by blanks. Two changes with a mark in common were wanted by one person.
ALTER TABLE cap_changes ADD COLUMN proposed_marks TEXT NOT NULL DEFAULT '';

CREATE TRIGGER cap_changes_same_marks BEFORE UPDATE ON cap_changes FOR EACH ROW
    WHEN (NEW.proposed_marks <> OLD.proposed_marks)
    EXECUTE FUNCTION hjemmel_append_only();
