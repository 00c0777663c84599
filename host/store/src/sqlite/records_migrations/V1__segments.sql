-- Records beside the main database. Each day has tables of its own, made by the writer when the day's first record
-- comes, so that a day is dropped whole; this table lists them. `day` counts days since 1970 UTC.
CREATE TABLE segment (
  day INTEGER PRIMARY KEY
) STRICT;
