-- Long work that accounts asked for, and second policies that are asked what campaigns decide.

-- A job. `request`, `result` and `error` are documents.
CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  request TEXT NOT NULL,
  result TEXT,
  error TEXT,
  by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX job_of_tenant ON job (tenant, id);
CREATE INDEX job_running ON job (tenant) WHERE state = 'running';

-- The last shadow of a campaign; asked while `stopped_at` is null.
CREATE TABLE shadow (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL,
  campaign INTEGER NOT NULL UNIQUE REFERENCES campaign (id),
  policy TEXT NOT NULL,
  settings TEXT NOT NULL,
  by TEXT NOT NULL,
  since INTEGER NOT NULL,
  stopped_at INTEGER,
  asked INTEGER NOT NULL DEFAULT 0,
  same INTEGER NOT NULL DEFAULT 0,
  reworded INTEGER NOT NULL DEFAULT 0,
  diverged INTEGER NOT NULL DEFAULT 0,
  after_divergence INTEGER NOT NULL DEFAULT 0,
  dropped INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What is counted by words: `change` from a decision to another one, `failed` by code, `not_compared` by reason.
CREATE TABLE shadow_count (
  shadow INTEGER NOT NULL,
  what TEXT NOT NULL,
  word TEXT NOT NULL,
  other TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (shadow, what, word, other)
) STRICT, WITHOUT ROWID;

-- Leads for which a shadow answered otherwise. The first ones keep both answers.
CREATE TABLE shadow_lead (
  shadow INTEGER NOT NULL,
  lead INTEGER NOT NULL,
  place INTEGER NOT NULL,
  difference TEXT,
  PRIMARY KEY (shadow, lead)
) STRICT, WITHOUT ROWID;
