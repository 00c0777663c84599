-- Answered calls that are read by a campaign's evaluators.

-- `next` is the place of the evaluator that is asked next; `said`: a transcript came; `again`: what evaluators
-- determined before gives way to the next answer. A row whose `done_at` is set stays, so
-- that a word that comes later is known to come later. `due` of a call that is not over is the end of time.
CREATE TABLE evaluation (
  attempt INTEGER PRIMARY KEY REFERENCES attempt (id),
  tenant INTEGER NOT NULL,
  campaign INTEGER NOT NULL,
  next INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL,
  said INTEGER NOT NULL DEFAULT 0,
  again INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  cost INTEGER NOT NULL DEFAULT 0,
  currency TEXT,
  done_at INTEGER
) STRICT;
CREATE INDEX evaluation_due ON evaluation (due) WHERE done_at IS NULL;
CREATE INDEX evaluation_of_campaign ON evaluation (campaign, attempt) WHERE done_at IS NULL;
CREATE INDEX evaluation_failed ON evaluation (tenant) WHERE done_at IS NULL AND failures > 0;
