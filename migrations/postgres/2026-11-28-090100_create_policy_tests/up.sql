-- What must be allowed and what must be denied whatever else changes; a grant that breaks one does not come into force.
CREATE TABLE policy_tests (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    name TEXT NOT NULL,
    expected TEXT NOT NULL CHECK (expected IN ('allowed', 'denied')),
    question TEXT NOT NULL,              -- JSON
    reason TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,               -- JSON
    retired_at BIGINT,                   -- null: it counts
    retired_by TEXT,                     -- JSON
    retire_reason TEXT
);

CREATE TRIGGER policy_tests_no_delete BEFORE DELETE ON policy_tests
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER policy_tests_no_truncate BEFORE TRUNCATE ON policy_tests
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER policy_tests_retired_once BEFORE UPDATE ON policy_tests FOR EACH ROW
    WHEN (OLD.retired_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.name <> OLD.name OR NEW.expected <> OLD.expected
    OR NEW.question <> OLD.question OR NEW.reason <> OLD.reason OR NEW.made_at <> OLD.made_at
    OR NEW.made_by <> OLD.made_by)
    EXECUTE FUNCTION hjemmel_append_only();
