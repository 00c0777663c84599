-- People who were erased, and what helps to find everything of them.

-- An erasure. `phone` and its rows of `erasure_trace` are there while it runs; at its end it knows nobody. `erased` is how
-- much went, by kind.
CREATE TABLE erasure (
  id INTEGER PRIMARY KEY,
  public_id BLOB NOT NULL UNIQUE,
  tenant INTEGER NOT NULL REFERENCES tenant (id),
  status TEXT NOT NULL,
  keep_suppressed INTEGER NOT NULL,
  phone INTEGER,
  erased TEXT NOT NULL DEFAULT '{}',
  by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX erasure_of_tenant ON erasure (tenant, id);
CREATE INDEX erasure_running ON erasure (id) WHERE status = 'running';

-- What a running erasure still has to look for: keys of leads and calls (`lead`, `call`), numbers (`phone`), ids (`word`).
CREATE TABLE erasure_trace (
  erasure INTEGER NOT NULL REFERENCES erasure (id),
  kind TEXT NOT NULL,
  value ANY NOT NULL,
  PRIMARY KEY (erasure, kind, value)
) STRICT, WITHOUT ROWID;

-- The entries of the event log that name a number, and those that repeat words of others.
CREATE INDEX event_with_phone ON event (lead) WHERE type = 'call.initiated';
CREATE INDEX event_with_words ON event (tenant, seq) WHERE type IN ('source.failed', 'campaign.paused');
