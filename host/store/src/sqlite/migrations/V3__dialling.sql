-- Attempts, and what providers tell about them.

-- One dial of one contact. `state` is a code (codes.rs); below 10 it is open. `rang` says that the phone may have rung,
-- which is what gaps and daily caps count.
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL,
  tenant INTEGER NOT NULL,
  campaign INTEGER NOT NULL,
  lead INTEGER NOT NULL,
  gateway INTEGER NOT NULL,
  contact INTEGER NOT NULL,
  phone INTEGER NOT NULL,
  caller_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  era INTEGER NOT NULL,
  round INTEGER NOT NULL,
  state INTEGER NOT NULL,
  failure INTEGER NOT NULL DEFAULT 0,
  answered_by INTEGER NOT NULL DEFAULT 0,
  rang INTEGER NOT NULL DEFAULT 0,
  intent_at INTEGER NOT NULL,
  answered_at INTEGER,
  ended_at INTEGER,
  unknown_since INTEGER,
  look_ups INTEGER NOT NULL DEFAULT 0,
  talk_ms INTEGER NOT NULL DEFAULT 0,
  reserved INTEGER NOT NULL DEFAULT 0,
  cost INTEGER NOT NULL DEFAULT 0,
  provider_cost INTEGER,
  provider_currency TEXT,
  provider_call_id TEXT,
  ring_timeout_ms INTEGER NOT NULL,
  max_call_ms INTEGER NOT NULL,
  config_version INTEGER NOT NULL,
  variables TEXT,
  decision TEXT,
  detail TEXT
) STRICT;
CREATE UNIQUE INDEX attempt_public ON attempt (public_id);
-- The promise "never twice": one open attempt per lead, one per phone of a tenant.
CREATE UNIQUE INDEX attempt_open_lead ON attempt (lead) WHERE state < 10;
CREATE UNIQUE INDEX attempt_open_phone ON attempt (tenant, phone) WHERE state < 10;
CREATE UNIQUE INDEX attempt_of_lead ON attempt (lead, number);
CREATE INDEX attempt_of_campaign ON attempt (campaign, id);
CREATE INDEX attempt_of_tenant ON attempt (tenant, id);
CREATE INDEX attempt_of_phone ON attempt (tenant, phone, intent_at) WHERE rang = 1;
CREATE INDEX attempt_of_caller ON attempt (tenant, caller_id, intent_at);
CREATE INDEX attempt_blocked ON attempt (lead) WHERE failure = 3;
CREATE INDEX attempt_provider ON attempt (gateway, provider_call_id) WHERE provider_call_id IS NOT NULL;

-- Attempts that are over, by how and who answered.
CREATE TABLE attempt_count (
  campaign INTEGER NOT NULL,
  state INTEGER NOT NULL,
  answered_by INTEGER NOT NULL,
  n INTEGER NOT NULL,
  talk_ms INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (campaign, state, answered_by)
) STRICT, WITHOUT ROWID;

-- The provider's events that were applied, so that none is applied twice. Trimmed by age.
CREATE TABLE seen_event (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (gateway, event_id)
) STRICT;

-- Events that named no call of ours, per gateway.
CREATE TABLE stray_event (
  gateway INTEGER PRIMARY KEY,
  n INTEGER NOT NULL,
  last_event_id TEXT NOT NULL,
  last_at INTEGER NOT NULL
) STRICT;

-- Failures of a campaign's policy within the last minutes, for the breaker.
CREATE TABLE policy_failure (
  id INTEGER PRIMARY KEY,
  campaign INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX policy_failure_of_campaign ON policy_failure (campaign, at);

-- Webhooks before anybody reads them.
CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  gateway INTEGER NOT NULL,
  webhook TEXT NOT NULL,
  body BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
CREATE INDEX inbox_waiting ON inbox (id) WHERE done = 0;

-- One row that a probe writes to find out whether the disk takes writes again.
CREATE TABLE probe (
  id INTEGER PRIMARY KEY,
  n INTEGER NOT NULL
) STRICT;
INSERT INTO probe (id, n) VALUES (1, 0);
