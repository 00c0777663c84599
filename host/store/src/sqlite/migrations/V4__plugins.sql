-- Plugins of tenants: their bytes, versions, grants and use; secrets and connections.

-- The bytes of versions in pieces, by the SHA-256 of the whole. They come before the version that they belong to; what
-- no version names is dropped when the store opens.
CREATE TABLE plugin_chunk (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL,
  position INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (sha256, position)
) STRICT;
INSERT INTO plugin_chunk (sha256, position, bytes)
  SELECT sha256, 0, content FROM plugin_version GROUP BY sha256 ORDER BY min(id);

-- An immutable version of something uploaded. `state` is the word of the domain; `manifest` and `report` are documents,
-- null for scripts; `activated_by` is who activated it last.
CREATE TABLE plugin_version_4 (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  state TEXT NOT NULL,
  manifest TEXT,
  report TEXT,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  activated_at INTEGER,
  activated_by TEXT,
  UNIQUE (tenant, name, version)
) STRICT;
INSERT INTO plugin_version_4
  SELECT id, public_id, tenant, name, version, kind, sha256, length(content),
         CASE active WHEN 1 THEN 'active' ELSE 'retired' END, NULL, NULL, created_at, created_at,
         CASE active WHEN 1 THEN created_at END, NULL
  FROM plugin_version;
DROP TABLE plugin_version;
ALTER TABLE plugin_version_4 RENAME TO plugin_version;
CREATE UNIQUE INDEX plugin_active ON plugin_version (tenant, name) WHERE state = 'active';
CREATE INDEX plugin_unfinished ON plugin_version (id) WHERE state IN ('compiling', 'testing');
CREATE INDEX plugin_content ON plugin_version (sha256);

-- Every activation. `previous` is the one that a rollback of this one goes back to.
CREATE TABLE plugin_activation (
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  previous INTEGER REFERENCES plugin_activation (id),
  by TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX plugin_activation_of ON plugin_activation (tenant, name, id);
INSERT INTO plugin_activation (tenant, name, version, previous, by, at)
  SELECT tenant, name, version, NULL, 'engine', created_at FROM plugin_version WHERE state = 'active' ORDER BY id;

-- What a tenant lets a plugin have. `ask` is what was asked for, whole: an auth block granted twice was changed between.
CREATE TABLE plugin_grant (
  tenant INTEGER NOT NULL,
  name TEXT NOT NULL,
  what TEXT NOT NULL,
  item TEXT NOT NULL,
  ask TEXT NOT NULL,
  by TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant, name, what, item, ask)
) STRICT, WITHOUT ROWID;

-- What a version used in a day, counted from 1970 in UTC.
CREATE TABLE plugin_usage (
  tenant INTEGER NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  day INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  fuel INTEGER NOT NULL,
  cpu_us INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,
  host_calls INTEGER NOT NULL,
  http_requests INTEGER NOT NULL,
  http_bytes_out INTEGER NOT NULL,
  http_bytes_in INTEGER NOT NULL,
  PRIMARY KEY (tenant, name, version, day)
) STRICT, WITHOUT ROWID;

-- The last failures of each version.
CREATE TABLE plugin_failure (
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX plugin_failure_of ON plugin_failure (tenant, name, version, id);

-- Secrets, sealed for their place: tenant, owner (its public id in text) and name.
CREATE TABLE secret (
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  sealed BLOB NOT NULL,
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, owner, name)
) STRICT, WITHOUT ROWID;

-- Shared credentials at another system. `tokens` and `verifier` are sealed; `state_hash` waits for a person's consent.
CREATE TABLE connection (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  plugin TEXT NOT NULL,
  auth TEXT NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  status TEXT NOT NULL,
  broken_because TEXT,
  tokens BLOB,
  state_hash BLOB,
  verifier BLOB,
  state_expires_at INTEGER,
  created_at INTEGER NOT NULL,
  authorised_at INTEGER
) STRICT;
CREATE INDEX connection_of_tenant ON connection (tenant, id);

-- A gateway may be a plugin's (`name@version` or `name@active`). One that was taken out keeps its row, because calls that
-- were placed through it name it.
ALTER TABLE gateway ADD COLUMN plugin TEXT;
ALTER TABLE gateway ADD COLUMN deleted_at INTEGER;
