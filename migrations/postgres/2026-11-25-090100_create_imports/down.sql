DROP TABLE deliveries;
DROP TABLE editions;
