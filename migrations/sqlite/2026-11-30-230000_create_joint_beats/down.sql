DROP TABLE joint_beats;
