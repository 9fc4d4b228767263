DROP TABLE joint_ends;
DROP TABLE joint_tables;
DROP TABLE node_rounds;
