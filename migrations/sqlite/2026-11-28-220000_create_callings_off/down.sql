DROP TABLE callings_off;
