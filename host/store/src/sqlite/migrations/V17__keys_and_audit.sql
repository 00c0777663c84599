-- Keys are rotated and show when they were used; the audit is read.

-- The key that was made in its place, and when it was last used, to the minute.
ALTER TABLE api_key ADD COLUMN replaced_by INTEGER REFERENCES api_key (id);
ALTER TABLE api_key ADD COLUMN last_used_at INTEGER;

-- The names of the fields that a change changed, as a JSON list; null where nothing was changed but made or taken away.
ALTER TABLE audit ADD COLUMN changes TEXT;
-- Newest first, by each of what a reader narrows it to.
DROP INDEX audit_of_tenant;
CREATE INDEX audit_by_time ON audit (tenant, at);
CREATE INDEX audit_by_actor ON audit (tenant, actor, at);
CREATE INDEX audit_by_action ON audit (tenant, what, at);
CREATE INDEX audit_by_target ON audit (tenant, target, at);
