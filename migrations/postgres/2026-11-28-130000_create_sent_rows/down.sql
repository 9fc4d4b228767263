DROP TABLE sent_rows;
