DROP TABLE node_calls;
