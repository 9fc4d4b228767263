DROP TABLE security_events;
DROP TABLE decision_head;
DROP TABLE decisions;
