-- Webhooks: which endpoints are told of a tenant's events, and what became of telling.

-- An endpoint. `position` is the number of the last entry of the tenant's event log that was looked at; up to `recover_until`
-- what was given up or skipped is sent again as it is read on. `filled` says that so many deliveries wait that the log is not
-- read on for it. `faults` counts the messages in a row that could not be brought to it at all.
CREATE TABLE webhook (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  url TEXT NOT NULL,
  events TEXT,
  campaign INTEGER,
  description TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  reason TEXT NOT NULL,
  position INTEGER NOT NULL,
  recover_until INTEGER NOT NULL DEFAULT 0,
  filled INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  faults INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  old_secret_until INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE INDEX webhook_of_tenant ON webhook (tenant, id) WHERE deleted_at IS NULL;
CREATE INDEX webhook_enabled ON webhook (id) WHERE enabled = 1 AND deleted_at IS NULL;
CREATE INDEX webhook_deleted ON webhook (id) WHERE deleted_at IS NOT NULL;

-- An event for an endpoint. `state` is a code: 0 waits, 1 delivered, 2 skipped, 3 given up.
CREATE TABLE webhook_delivery (
  webhook INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  event BLOB NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  last_at INTEGER,
  response_status INTEGER,
  response TEXT,
  duration_ms INTEGER,
  detail TEXT,
  done_at INTEGER,
  PRIMARY KEY (webhook, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook, next_at, seq) WHERE state = 0;
CREATE INDEX webhook_delivery_skipped ON webhook_delivery (webhook, seq) WHERE state = 2;
CREATE INDEX webhook_delivery_failed ON webhook_delivery (webhook, seq) WHERE state = 3;
CREATE UNIQUE INDEX webhook_delivery_event ON webhook_delivery (webhook, event);

-- The balance did not cover a call, and that was told; since then nothing was topped up.
ALTER TABLE tenant ADD COLUMN exhausted INTEGER NOT NULL DEFAULT 0;
