-- Decisions are found by their campaign, and shadows leave records of their own. A day that is there already keeps its
-- tables as they are (shape 1: the campaign is only in the document) until it is dropped; new days are of shape 2.
ALTER TABLE segment ADD COLUMN shape INTEGER NOT NULL DEFAULT 1;
