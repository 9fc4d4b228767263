-- Budgets that questions answered with noise are paid from, in billionths of rho.
CREATE TABLE purses (
    kind TEXT NOT NULL CHECK (kind IN ('dataset-year', 'project', 'organisation')),
    key TEXT NOT NULL,                   -- skjema-11/2024, the project's id, the organisation number
    cap BIGINT NOT NULL CHECK (cap >= 0),
    spent BIGINT NOT NULL CHECK (spent >= 0), -- what charges add up to; it never falls
    PRIMARY KEY (kind, key)
);

-- The same by day, for those who look after the budgets.
CREATE TABLE purse_days (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    day INTEGER NOT NULL,                -- days since 1970-01-01
    spent BIGINT NOT NULL CHECK (spent >= 0),
    PRIMARY KEY (kind, key, day),
    FOREIGN KEY (kind, key) REFERENCES purses (kind, key)
);

-- One question that was paid for, whether or not its answer came to be.
CREATE TABLE spends (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid, also of the answer
    at BIGINT NOT NULL,
    question_key TEXT NOT NULL CHECK (length(question_key) = 64), -- SHA-256 of the question and its editions
    question TEXT NOT NULL,              -- JSON, in its canonical form
    project TEXT NOT NULL,
    sponsor TEXT NOT NULL,               -- the body that answers for the project
    decision TEXT NOT NULL,              -- uuid of the recorded decision
    nano BIGINT NOT NULL CHECK (nano > 0) -- what the project paid
);
CREATE INDEX spends_question_key ON spends (question_key, at);
CREATE INDEX spends_at ON spends (at);

CREATE TABLE charges (
    spend_id TEXT NOT NULL REFERENCES spends (id),
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    nano BIGINT NOT NULL CHECK (nano > 0),
    PRIMARY KEY (spend_id, kind, key),
    FOREIGN KEY (kind, key) REFERENCES purses (kind, key)
);

-- Changes of caps. To raise one takes two persons.
CREATE TABLE cap_changes (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    cap BIGINT NOT NULL CHECK (cap >= 0),
    reason TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    approved_by TEXT,                    -- null until approved, or when it was overtaken
    settled_at BIGINT,                   -- when it was approved or overtaken
    FOREIGN KEY (kind, key) REFERENCES purses (kind, key)
);

-- The answers, one a question and set of editions, as they left.
CREATE TABLE answers (
    question_key TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE REFERENCES spends (id),
    at BIGINT NOT NULL,
    body BYTEA NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64) -- of the body
);

CREATE TRIGGER spends_append_only BEFORE UPDATE OR DELETE ON spends
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER spends_no_truncate BEFORE TRUNCATE ON spends
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();

CREATE TRIGGER charges_append_only BEFORE UPDATE OR DELETE ON charges
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER charges_no_truncate BEFORE TRUNCATE ON charges
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();

CREATE TRIGGER answers_append_only BEFORE UPDATE OR DELETE ON answers
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER answers_no_truncate BEFORE TRUNCATE ON answers
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();

CREATE TRIGGER purses_forward BEFORE UPDATE ON purses FOR EACH ROW
    WHEN (NEW.spent < OLD.spent OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key)
    EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER purses_no_delete BEFORE DELETE ON purses
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER purses_no_truncate BEFORE TRUNCATE ON purses
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();

CREATE TRIGGER purse_days_forward BEFORE UPDATE ON purse_days FOR EACH ROW
    WHEN (NEW.spent < OLD.spent OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key OR NEW.day <> OLD.day)
    EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER purse_days_no_delete BEFORE DELETE ON purse_days
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER purse_days_no_truncate BEFORE TRUNCATE ON purse_days
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();

CREATE TRIGGER cap_changes_forward BEFORE UPDATE ON cap_changes FOR EACH ROW
    WHEN (OLD.settled_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key OR NEW.cap <> OLD.cap
        OR NEW.reason <> OLD.reason OR NEW.proposed_by <> OLD.proposed_by OR NEW.proposed_at <> OLD.proposed_at)
    EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER cap_changes_no_delete BEFORE DELETE ON cap_changes
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER cap_changes_no_truncate BEFORE TRUNCATE ON cap_changes
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
