-- Evaluations are taken tenant by tenant, so that a long line of one hides nobody else's.

DROP INDEX evaluation_due;
-- A tenant's line: fresh calls, and beside them those that are read anew.
CREATE INDEX evaluation_line ON evaluation (tenant, again, due) WHERE done_at IS NULL;
