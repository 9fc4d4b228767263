DROP TABLE policy_tests;
