-- What exists before any campaign does. Times are milliseconds since 1970 UTC everywhere, ids outside are 16 bytes
-- (UUIDv7), ids inside are integers, money is micro-units, phones are the digits of E.164 as a number.

-- An account. `available` is its balance with the reservations taken off; `event_seq` is the last number given to an
-- entry of its event log; `version` counts changes of what the engine caches.
CREATE TABLE tenant (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  twin_of INTEGER REFERENCES tenant (id),
  suspended INTEGER NOT NULL DEFAULT 0,
  limits TEXT NOT NULL,
  billing TEXT,
  available INTEGER NOT NULL DEFAULT 0,
  event_seq INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX tenant_twin ON tenant (twin_of) WHERE twin_of IS NOT NULL;

-- A key without its secret. `tenant` is null for the operator's own.
CREATE TABLE api_key (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER REFERENCES tenant (id),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  last_four TEXT NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX api_key_of_tenant ON api_key (tenant);

-- An installed voice gateway.
CREATE TABLE gateway (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  settings TEXT NOT NULL,
  hook_token TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX gateway_of_tenant ON gateway (tenant);

-- Who speaks. `config` is the owner's document; `version` counts its changes.
CREATE TABLE assistant (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  config TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX assistant_of_tenant ON assistant (tenant);

-- An immutable version of something that decides.
CREATE TABLE plugin_version (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  content BLOB NOT NULL,
  active INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  UNIQUE (tenant, name, version)
) STRICT;
CREATE UNIQUE INDEX plugin_active ON plugin_version (tenant, name) WHERE active = 1;

-- What a repeated request is answered with.
CREATE TABLE idempotency (
  tenant INTEGER NOT NULL,
  key TEXT NOT NULL,
  digest BLOB NOT NULL,
  answer TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

-- Who did what: one row for every write of a person or a key.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  actor TEXT NOT NULL,
  request BLOB,
  what TEXT NOT NULL,
  target TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_of_tenant ON audit (tenant, id);

-- The event log of a tenant, numbered without gaps, written in the transaction of the change.
CREATE TABLE event (
  tenant INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  id BLOB NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  campaign INTEGER,
  lead INTEGER,
  call INTEGER,
  data TEXT NOT NULL,
  PRIMARY KEY (tenant, seq)
) STRICT, WITHOUT ROWID;

-- Every movement of money. `available` is the balance after it.
CREATE TABLE ledger (
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL,
  campaign INTEGER,
  attempt INTEGER,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_of_tenant ON ledger (tenant, id);
