-- Lists of leads by where they stand, campaigns that are deleted, and jobs that the next host goes on with.

-- The leads of one place, which is what `lead_count` counts, in their order: a list by status, reason or gate looks up the
-- places that are not empty and reads a page of each.
CREATE INDEX lead_place ON lead (campaign, state, gate, id);

-- A deleted campaign keeps its row and its leads for the calls that name them. An assistant that only such campaigns
-- have goes the same way.
ALTER TABLE campaign ADD COLUMN deleted_at INTEGER;
ALTER TABLE assistant ADD COLUMN deleted_at INTEGER;

-- The last lead that a bulk update looked at; its counts so far are its result.
ALTER TABLE job ADD COLUMN cursor INTEGER;
