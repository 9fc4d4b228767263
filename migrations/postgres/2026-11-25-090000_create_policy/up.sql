-- Grants and the policy versions they were active in. Times are microseconds since 1970 in UTC throughout.

CREATE FUNCTION hjemmel_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;


CREATE TABLE policy_versions (
    version BIGINT NOT NULL PRIMARY KEY, -- 1, 2, 3 ...
    created_at BIGINT NOT NULL,
    author TEXT NOT NULL,                -- who loaded it
    summary TEXT NOT NULL,               -- what changed, in the author's words
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64) -- over all terms active in this version
);

CREATE TABLE grants (
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    recipient TEXT NOT NULL,             -- organisation number
    form TEXT NOT NULL,                  -- forms it covers, as the terms write them
    state TEXT NOT NULL,                 -- state in the terms: approved, suspended ...
    tier TEXT NOT NULL,                  -- most revealing tier
    valid_from TEXT NOT NULL,            -- as the terms write it
    valid_to TEXT,                       -- as the terms write it; null: until further notice
    terms TEXT NOT NULL,                 -- the whole grant as JSON, authoritative
    loaded_at BIGINT NOT NULL,
    loaded_by TEXT NOT NULL,
    PRIMARY KEY (id, version)
);

-- Which grant version was active from which policy version and until which; null until: active now.
CREATE TABLE grant_periods (
    grant_id TEXT NOT NULL,
    grant_version INTEGER NOT NULL,
    since_policy BIGINT NOT NULL REFERENCES policy_versions (version),
    until_policy BIGINT REFERENCES policy_versions (version), -- the first policy version without it
    PRIMARY KEY (grant_id, grant_version, since_policy),
    FOREIGN KEY (grant_id, grant_version) REFERENCES grants (id, version)
);
CREATE UNIQUE INDEX grant_periods_active ON grant_periods (grant_id) WHERE until_policy IS NULL;

CREATE TRIGGER policy_versions_append_only BEFORE UPDATE OR DELETE ON policy_versions
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER policy_versions_no_truncate BEFORE TRUNCATE ON policy_versions
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER grants_append_only BEFORE UPDATE OR DELETE ON grants
    FOR EACH ROW EXECUTE FUNCTION hjemmel_append_only();
CREATE TRIGGER grants_no_truncate BEFORE TRUNCATE ON grants
    FOR EACH STATEMENT EXECUTE FUNCTION hjemmel_append_only();
