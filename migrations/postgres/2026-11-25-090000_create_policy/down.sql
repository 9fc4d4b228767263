DROP TABLE grant_periods;
DROP TABLE grants;
DROP TABLE policy_versions;
DROP FUNCTION hjemmel_append_only();
