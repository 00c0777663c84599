-- Events that named a call by the provider's name before that name was known here; `event` is the event as JSON.
CREATE TABLE early_event (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL,
  provider_call_id TEXT NOT NULL,
  event TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX early_event_of_call ON early_event (gateway, provider_call_id, id);

-- When we began to hang a call up: an end that is told afterwards is ours.
ALTER TABLE attempt ADD COLUMN hung_up_at INTEGER;
