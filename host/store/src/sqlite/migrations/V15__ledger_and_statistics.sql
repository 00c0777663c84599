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
