DROP TABLE answers;
DROP TABLE cap_changes;
DROP TABLE charges;
DROP TABLE spends;
DROP TABLE purse_days;
DROP TABLE purses;
