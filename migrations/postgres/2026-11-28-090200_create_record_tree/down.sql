DROP TABLE record_persons;
DROP TABLE record_nodes;
