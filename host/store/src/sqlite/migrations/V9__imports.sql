-- Imports that are looked at before they are confirmed, resumed after a crash and undone; mappings that are remembered.
-- `status` is the word of the domain; options, understood and review are documents.
ALTER TABLE import ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE import ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE import ADD COLUMN existing TEXT NOT NULL DEFAULT 'skip';
ALTER TABLE import ADD COLUMN understood TEXT NOT NULL DEFAULT 'null';
ALTER TABLE import ADD COLUMN review TEXT;
ALTER TABLE import ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
-- Their files vanished with the host that read them.
UPDATE import SET status = 'failed' WHERE status = 'running';
CREATE INDEX import_open ON import (id) WHERE status NOT IN ('finished', 'undone');

-- Which import brought a lead.
ALTER TABLE lead_data ADD COLUMN import INTEGER;
CREATE INDEX lead_of_import ON lead_data (import) WHERE import IS NOT NULL;

-- Mappings by the set of headers that they are recognised by: sorted, as a JSON list.
CREATE TABLE mapping (
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  name TEXT NOT NULL,
  headers TEXT NOT NULL,
  options TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (tenant, name)
) STRICT;
CREATE INDEX mapping_of_headers ON mapping (tenant, headers, id);
