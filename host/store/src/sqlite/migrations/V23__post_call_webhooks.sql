-- Webhooks of one assistant, and webhooks that tell of ended calls in the words of hosted calling platforms.

-- `format` is a code: 0 events as they are, 1 the body that hosted platforms send after a call. `assistant`: only what concerns
-- campaigns that it speaks for. `only_completed`: only calls that somebody or something answered.
ALTER TABLE webhook ADD COLUMN format INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhook ADD COLUMN assistant INTEGER;
ALTER TABLE webhook ADD COLUMN only_completed INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX webhook_of_assistant ON webhook (assistant) WHERE format = 1 AND assistant IS NOT NULL AND deleted_at IS NULL;
