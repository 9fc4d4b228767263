DROP TABLE stops;
DROP TABLE grant_steps;
DROP TABLE grant_cases;
DROP TABLE statutes;
ALTER TABLE grant_periods DROP COLUMN state;
