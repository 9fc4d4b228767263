DROP TABLE grant_periods;
DROP TABLE grants;
DROP TABLE policy_versions;
