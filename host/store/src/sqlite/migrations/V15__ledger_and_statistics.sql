-- What an account reads of its money, and counters of calls that statistics are made of.

-- What was available after the entry, reservations taken off. A list goes by time; the rare kinds have indexes of their
-- own, because a page of them would otherwise be looked for among all calls.
ALTER TABLE ledger ADD COLUMN available_after INTEGER NOT NULL DEFAULT 0;
UPDATE ledger SET available_after = l.sum FROM (
  SELECT id, sum(CASE kind WHEN 'top_up' THEN amount WHEN 'release' THEN amount WHEN 'settle' THEN 0 ELSE -amount END)
    OVER (PARTITION BY tenant ORDER BY id) AS sum
  FROM ledger) l
WHERE l.id = ledger.id;
DROP INDEX ledger_of_tenant;
CREATE INDEX ledger_of_tenant ON ledger (tenant, at);
CREATE INDEX ledger_of_campaign ON ledger (campaign, at) WHERE campaign IS NOT NULL;
CREATE INDEX ledger_top_up ON ledger (tenant, at) WHERE kind = 'top_up';
CREATE INDEX ledger_extend ON ledger (tenant, at) WHERE kind = 'extend';

-- What a look ahead counts: leads that expire, and contacts that are dead. Neither changes while a lead is called, or
-- only once.
CREATE INDEX lead_expiring ON lead (campaign, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX contact_unusable ON contact (tenant, lead) WHERE unusable <> 0;

-- How long after it was possible a lead was taken, in milliseconds.
ALTER TABLE attempt ADD COLUMN late_ms INTEGER;
-- The same as counters: `bucket` is the number of a span of lengths (lateness.rs).
CREATE TABLE lateness_count (
  campaign INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (campaign, bucket)
) STRICT, WITHOUT ROWID;

-- Calls that are over, by when they were dialled: the local day (as 20260302) and hour in the campaign's zone as it was.
CREATE TABLE call_time_count (
  campaign INTEGER NOT NULL,
  day INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  n INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  voicemail INTEGER NOT NULL,
  goals INTEGER NOT NULL,
  talk_ms INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (campaign, day, hour)
) STRICT, WITHOUT ROWID;

-- The same calls by whom they were for and where they came from. A table for each word would be more to write, one for all
-- of them more to read: days and numbers multiply.
CREATE TABLE call_line_count (
  campaign INTEGER NOT NULL,
  round INTEGER NOT NULL,
  contact INTEGER NOT NULL,
  caller_id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  voicemail INTEGER NOT NULL,
  goals INTEGER NOT NULL,
  talk_ms INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (campaign, round, contact, caller_id)
) STRICT, WITHOUT ROWID;

-- Calls that were decided about, by who did: that is known later than that they are over.
CREATE TABLE decided_count (
  campaign INTEGER NOT NULL,
  by TEXT NOT NULL,
  n INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  voicemail INTEGER NOT NULL,
  goals INTEGER NOT NULL,
  talk_ms INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (campaign, by)
) STRICT, WITHOUT ROWID;
