-- Sinks: who is told what happened, and what became of telling.

-- An installed sink. `position` is the number of the last entry of the tenant's event log that was looked at; `events` are
-- the kinds that it is told. `source` limits it to the leads that one source brought.
CREATE TABLE sink (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  campaign INTEGER NOT NULL REFERENCES campaign (id),
  source INTEGER,
  name TEXT NOT NULL,
  plugin TEXT NOT NULL,
  settings TEXT NOT NULL,
  events TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  position INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE INDEX sink_of_tenant ON sink (tenant, id);
CREATE INDEX sink_active ON sink (id) WHERE status = 'active' AND deleted_at IS NULL;

-- An event for a sink. `state` is a code: 0 waits, 1 delivered, 2 skipped, 3 given up.
CREATE TABLE sink_delivery (
  sink INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  event BLOB NOT NULL,
  lead INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  detail TEXT,
  done_at INTEGER,
  PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX sink_delivery_waiting ON sink_delivery (sink, seq) WHERE state = 0;
CREATE INDEX sink_delivery_due ON sink_delivery (sink, next_at) WHERE state = 0;
CREATE INDEX sink_delivery_of_lead ON sink_delivery (sink, lead, seq);
CREATE INDEX sink_delivery_failed ON sink_delivery (sink, seq) WHERE state = 3;
CREATE UNIQUE INDEX sink_delivery_event ON sink_delivery (sink, event);

-- Failures within the last minutes, for the pause.
CREATE TABLE sink_failure (
  id INTEGER PRIMARY KEY,
  sink INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX sink_failure_of ON sink_failure (sink, at);
