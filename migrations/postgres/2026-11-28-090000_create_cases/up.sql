-- Grants as cases: every version with its place in the lifecycle, and every step that led there.

-- The state a grant was in during a period; null: as its terms say.
ALTER TABLE grant_periods ADD COLUMN state TEXT;

-- Provisions of law that grants rest on. A change of the text is a further version.
CREATE TABLE statutes (
    id TEXT NOT NULL,                    -- Lovdata's id and the section: LOV-2009-12-18-131/§ 43
    version INTEGER NOT NULL CHECK (version > 0),
    act TEXT NOT NULL,                   -- the act's name
    lov TEXT NOT NULL,
    section TEXT NOT NULL,
    url TEXT NOT NULL,
    text_sha256 TEXT,                    -- of the text as it was read
    valid_from TEXT,                     -- date
    valid_to TEXT,                       -- date
    note TEXT NOT NULL,                  -- what changed, in words
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (id, version)
);

-- Where each version of a grant is now; moves forward with every step.
CREATE TABLE grant_cases (
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    revision INTEGER NOT NULL CHECK (revision > 0), -- counts the steps
    state TEXT NOT NULL,
    recipient TEXT NOT NULL,             -- organisation number
    form TEXT NOT NULL,
    valid_to BIGINT NOT NULL,
    review_due TEXT NOT NULL,            -- date
    updated_at BIGINT NOT NULL,
    body TEXT NOT NULL,                  -- JSON, the case, as its last step left it
    PRIMARY KEY (id, version)
);
CREATE INDEX grant_cases_recipient ON grant_cases (recipient, id);

-- Every step with the whole case as it was afterwards.
CREATE TABLE grant_steps (
    grant_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at BIGINT NOT NULL,
    act TEXT NOT NULL,                   -- submit, review, approve ...
    from_state TEXT,                     -- null: the case was opened
    to_state TEXT NOT NULL,
    actor TEXT NOT NULL,                 -- JSON
    reason TEXT,
    body TEXT NOT NULL,                  -- JSON, the case
    PRIMARY KEY (grant_id, version, revision)
);

-- Stops for a whole recipient, a dataset, or everything.
CREATE TABLE stops (
    id TEXT NOT NULL PRIMARY KEY,        -- uuid
    kind TEXT NOT NULL CHECK (kind IN ('recipient', 'dataset', 'all')),
    target TEXT NOT NULL,                -- organisation number, form, or empty
    reason TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,               -- JSON
    since_policy BIGINT NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT,                      -- JSON
    lift_reason TEXT,
    until_policy BIGINT -- null: it holds
);

CREATE TRIGGER statutes_append_only BEFORE UPDATE OR DELETE ON statutes
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER statutes_no_truncate BEFORE TRUNCATE ON statutes
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER grant_steps_append_only BEFORE UPDATE OR DELETE ON grant_steps
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER grant_steps_no_truncate BEFORE TRUNCATE ON grant_steps
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER grant_cases_no_delete BEFORE DELETE ON grant_cases
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER grant_cases_no_truncate BEFORE TRUNCATE ON grant_cases
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER grant_cases_forward BEFORE UPDATE ON grant_cases FOR EACH ROW
    WHEN (NEW.revision <> OLD.revision + 1 OR NEW.id <> OLD.id OR NEW.version <> OLD.version)
    EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER stops_no_delete BEFORE DELETE ON stops
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER stops_no_truncate BEFORE TRUNCATE ON stops
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER stops_lifted_once BEFORE UPDATE ON stops FOR EACH ROW
    WHEN (OLD.until_policy IS NOT NULL OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind
        OR NEW.target <> OLD.target OR NEW.reason <> OLD.reason OR NEW.made_at <> OLD.made_at
        OR NEW.made_by <> OLD.made_by OR NEW.since_policy <> OLD.since_policy)
    EXECUTE FUNCTION hjemmel_append_only();
