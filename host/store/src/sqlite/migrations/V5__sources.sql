-- Sources: importers that feed campaigns, what they brought and what came of asking them.

-- An installed importer. `cursor` is where the next page begins. `snapshot` counts the whole snapshots that were begun;
-- while one is open, what a page shows is marked with its number.
CREATE TABLE source (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  campaign INTEGER NOT NULL REFERENCES campaign (id),
  name TEXT NOT NULL,
  plugin TEXT NOT NULL,
  settings TEXT NOT NULL,
  default_country TEXT,
  interval_minutes INTEGER NOT NULL,
  reopen_on_change INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  hook_token TEXT NOT NULL,
  cursor TEXT,
  snapshot INTEGER NOT NULL DEFAULT 0,
  snapshot_open INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  forged INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE INDEX source_of_tenant ON source (tenant, id);
CREATE INDEX source_due ON source (next_at) WHERE status = 'active' AND deleted_at IS NULL;
CREATE INDEX source_of_campaign ON source (campaign) WHERE status = 'active' AND deleted_at IS NULL;

-- One run. `settling`: 0 while pages come, 1 when what follows from them is done, 2 when they were a whole snapshot.
CREATE TABLE source_run (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  source INTEGER NOT NULL REFERENCES source (id),
  status TEXT NOT NULL,
  settling INTEGER NOT NULL DEFAULT 0,
  counts TEXT NOT NULL,
  error TEXT,
  started_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX source_run_of ON source_run (source, id);
CREATE UNIQUE INDEX source_running ON source_run (source) WHERE status = 'running';

-- What a source said of each of its records. `lead` is the lead it became; `digest` is of what was taken over, `names` are
-- the variables that came with it. `waiting` is a lead that cannot be one yet because another has its phone.
CREATE TABLE source_lead (
  source INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  lead INTEGER,
  digest BLOB,
  names TEXT NOT NULL DEFAULT '[]',
  snapshot INTEGER NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0,
  waiting TEXT,
  waiting_phone INTEGER,
  PRIMARY KEY (source, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_lead_seen ON source_lead (source, snapshot) WHERE gone = 0;
CREATE INDEX source_lead_waiting ON source_lead (source, external_id) WHERE waiting IS NOT NULL;

-- The first rejected records of a run.
CREATE TABLE source_reject (
  run INTEGER NOT NULL,
  n INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  field TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;

-- Failures within the last minutes, for the pause.
CREATE TABLE source_failure (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX source_failure_of ON source_failure (source, at);

-- What instances of plugins keep between calls, by their public ids in text.
CREATE TABLE plugin_state (
  tenant INTEGER NOT NULL,
  instance TEXT NOT NULL,
  kept TEXT NOT NULL,
  PRIMARY KEY (tenant, instance)
) STRICT, WITHOUT ROWID;

-- Webhooks of other systems before anybody reads them. `done`: 0 waits, 1 read, 2 given up.
CREATE TABLE source_push (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL,
  webhook TEXT NOT NULL,
  body BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
CREATE INDEX source_push_waiting ON source_push (next_at) WHERE done = 0;
CREATE INDEX source_push_of ON source_push (source, id);

-- External ids are one source's own; 0 is no source: files and the API.
ALTER TABLE lead_data ADD COLUMN source INTEGER NOT NULL DEFAULT 0;
DROP INDEX lead_external;
CREATE UNIQUE INDEX lead_external ON lead_data (campaign, source, external_id) WHERE external_id IS NOT NULL;
