-- Campaigns, their leads and the do-not-call list.

-- A campaign. `callable_since` is when it last came to be in progress; `spent` and `reserved` are kept with the ledger.
CREATE TABLE campaign (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  assistant INTEGER NOT NULL REFERENCES assistant (id),
  state INTEGER NOT NULL,
  reason TEXT NOT NULL,
  config_version INTEGER NOT NULL DEFAULT 1,
  revision INTEGER NOT NULL DEFAULT 1,
  spent INTEGER NOT NULL DEFAULT 0,
  reserved INTEGER NOT NULL DEFAULT 0,
  callable_since INTEGER,
  first_call_at INTEGER,
  last_call_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER
) STRICT;
CREATE INDEX campaign_of_tenant ON campaign (tenant, id);
CREATE INDEX campaign_of_assistant ON campaign (assistant);
CREATE INDEX campaign_live ON campaign (state) WHERE state IN (1, 2);

-- Every configuration a campaign ever had; attempts name the version they were made under.
CREATE TABLE campaign_config (
  campaign INTEGER NOT NULL REFERENCES campaign (id),
  version INTEGER NOT NULL,
  config TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (campaign, version)
) STRICT, WITHOUT ROWID;

-- The hot row of a lead. `state` is a code that holds status, phase and reason (the table is in codes.rs; 1, 3 and 4 are
-- the ones that wait for their time, 0 and 2 the ones that only need a slot). `gate` is the number of the gate that
-- parked it, or 0. `not_before` is never moved into calling hours; `due_at` is the same instant unless a gate parked
-- the lead for longer. `queue` is the claiming order of what is due: the priority, negated, times four, plus the class.
CREATE TABLE lead (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL,
  tenant INTEGER NOT NULL,
  campaign INTEGER NOT NULL,
  state INTEGER NOT NULL,
  gate INTEGER NOT NULL DEFAULT 0,
  zone_group INTEGER NOT NULL DEFAULT 0,
  queue INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  wait INTEGER NOT NULL DEFAULT 0,
  priority INTEGER NOT NULL DEFAULT 0,
  order_key INTEGER NOT NULL,
  era INTEGER NOT NULL DEFAULT 1,
  round INTEGER NOT NULL DEFAULT 1,
  attempts INTEGER NOT NULL DEFAULT 0,
  start INTEGER,
  tried INTEGER NOT NULL DEFAULT 0,
  faults INTEGER NOT NULL DEFAULT 0,
  deferrals INTEGER NOT NULL DEFAULT 0,
  dials INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER,
  revision INTEGER NOT NULL DEFAULT 1,
  hand INTEGER NOT NULL DEFAULT 0,
  last_attempt INTEGER,
  primary_phone INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX lead_public ON lead (public_id);
CREATE INDEX lead_of_campaign ON lead (campaign, id);
CREATE INDEX lead_of_tenant ON lead (tenant, id);
CREATE INDEX lead_primary ON lead (campaign, primary_phone);
CREATE INDEX lead_fresh ON lead (campaign, priority DESC, order_key) WHERE state = 0;
CREATE INDEX lead_staged ON lead (campaign, priority DESC, order_key) WHERE state = 2;
CREATE INDEX lead_due ON lead (campaign, zone_group, queue, due_at) WHERE state IN (1, 3, 4);
CREATE INDEX lead_parked ON lead (campaign, gate, due_at) WHERE gate <> 0;
CREATE INDEX lead_unfinished ON lead (campaign, state) WHERE state BETWEEN 12 AND 15;

-- What a claim does not need of a lead.
CREATE TABLE lead_data (
  lead INTEGER PRIMARY KEY REFERENCES lead (id),
  campaign INTEGER NOT NULL,
  external_id TEXT,
  variables TEXT NOT NULL,
  time_zone TEXT,
  policy_failure TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX lead_external ON lead_data (campaign, external_id) WHERE external_id IS NOT NULL;

-- The phones of a lead, the primary at position 0.
CREATE TABLE contact (
  lead INTEGER NOT NULL REFERENCES lead (id),
  position INTEGER NOT NULL,
  tenant INTEGER NOT NULL,
  phone INTEGER NOT NULL,
  name TEXT,
  label TEXT,
  variables TEXT,
  unusable INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (lead, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_phone ON contact (tenant, phone);

-- How many leads stand where; kept in the transaction of every change.
CREATE TABLE lead_count (
  campaign INTEGER NOT NULL,
  zone_group INTEGER NOT NULL,
  state INTEGER NOT NULL,
  gate INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (campaign, zone_group, state, gate)
) STRICT, WITHOUT ROWID;

-- The do-not-call list.
CREATE TABLE suppression (
  tenant INTEGER NOT NULL,
  phone INTEGER NOT NULL,
  reason TEXT NOT NULL,
  by TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant, phone)
) STRICT, WITHOUT ROWID;

-- Imports of lead files.
CREATE TABLE import (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL,
  campaign INTEGER NOT NULL REFERENCES campaign (id),
  file_name TEXT NOT NULL,
  status TEXT NOT NULL,
  rows INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL DEFAULT 0,
  duplicates INTEGER NOT NULL DEFAULT 0,
  summary TEXT NOT NULL DEFAULT 'null',
  rejects BLOB NOT NULL DEFAULT x'',
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX import_of_tenant ON import (tenant, id);
