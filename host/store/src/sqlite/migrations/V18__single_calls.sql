-- Single calls live in campaigns of their own, one of a kind per assistant. `kind` is a code (codes.rs).
ALTER TABLE campaign ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX campaign_single ON campaign (assistant, kind) WHERE kind <> 0 AND deleted_at IS NULL;
