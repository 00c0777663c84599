-- What is known of a host that was restored from a backup; at most one row. `began_at` is set by the first start on the
-- restored data, the rest of the row by the operator's word.
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  backup_at INTEGER NOT NULL,
  began_at INTEGER,
  released_at INTEGER,
  released_by TEXT,
  resume TEXT
) STRICT;
