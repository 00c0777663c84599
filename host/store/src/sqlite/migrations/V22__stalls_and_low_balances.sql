-- Two things that are told once: a balance below what its account named, and a campaign that cannot call.

-- Below `low_below` the account is told; `low` says that it was, until it is topped up above it.
ALTER TABLE tenant ADD COLUMN low_below INTEGER;
ALTER TABLE tenant ADD COLUMN low INTEGER NOT NULL DEFAULT 0;

-- The gate, by its number, that has kept the campaign from calling since then, and whether that was told.
ALTER TABLE campaign ADD COLUMN stalled_gate INTEGER;
ALTER TABLE campaign ADD COLUMN stalled_since INTEGER;
ALTER TABLE campaign ADD COLUMN stalled_told INTEGER NOT NULL DEFAULT 0;

-- Deliveries that were skipped are listed by it, as those that wait and those that failed have theirs.
CREATE INDEX sink_delivery_skipped ON sink_delivery (sink, seq) WHERE state = 2;
