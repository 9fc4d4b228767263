DROP TABLE edition_parts;
DROP TABLE municipal_deliveries;
