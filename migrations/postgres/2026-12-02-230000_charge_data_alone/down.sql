INSERT INTO charges (spend_id, kind, key, nano) SELECT id, 'project', project, nano FROM spends;
INSERT INTO charges (spend_id, kind, key, nano) SELECT id, 'organisation', sponsor, nano FROM spends;
