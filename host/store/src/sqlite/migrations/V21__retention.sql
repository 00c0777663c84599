-- How long an account keeps what, and what is needed to let go of it.

-- Its choice, a document; nothing is let go of while it names nothing.
ALTER TABLE tenant ADD COLUMN retention TEXT NOT NULL DEFAULT '{}';

-- From now on `due_at` of a lead that ended is when it ended. Of those that ended before, the last that is known of them: their
-- last call, their expiry, or the last change of what they say.
UPDATE lead SET due_at = max(
    coalesce((SELECT a.ended_at FROM attempt a WHERE a.id = lead.last_attempt), 0),
    coalesce((SELECT d.updated_at FROM lead_data d WHERE d.lead = lead.id), 0),
    CASE WHEN state = 32 THEN coalesce(expires_at, 0) ELSE 0 END)
  WHERE state >= 20;

-- Leads and calls that are nobody's any more because their time is over, until their records have gone, too: keys by kind
-- (`lead`, `call`).
CREATE TABLE swept (
  tenant INTEGER NOT NULL,
  kind TEXT NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, key)
) STRICT, WITHOUT ROWID;

-- Webhooks that were read are let go of by age, and those that could not be read by another one.
CREATE INDEX inbox_read ON inbox (received_at) WHERE done = 1 AND error IS NULL;
CREATE INDEX inbox_failed ON inbox (received_at) WHERE error IS NOT NULL;
