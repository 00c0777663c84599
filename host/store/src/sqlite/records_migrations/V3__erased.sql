-- Leads and calls whose records were erased: what comes late about them is not kept.
CREATE TABLE erased (
  tenant INTEGER NOT NULL,
  kind TEXT NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, key)
) STRICT, WITHOUT ROWID;
