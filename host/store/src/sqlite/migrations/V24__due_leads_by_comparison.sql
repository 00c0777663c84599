-- A list of three in the condition of an index is a table that SQLite builds anew at every write of a lead, once for the row as
-- it was and once as it becomes. Comparisons are not; queries must say them in the same words to be answered from the index.
DROP INDEX lead_due;
CREATE INDEX lead_due ON lead (campaign, zone_group, queue, due_at) WHERE state = 1 OR state = 3 OR state = 4;
