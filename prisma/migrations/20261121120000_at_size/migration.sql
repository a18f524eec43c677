-- Search by words and labels, traces, and what retention needs to find its rows.
-- An older version may go on beside it: it neither reads nor writes what is new, and the trigger indexes for search what it creates.
-- Holds flow for an instant: what takes long on a large database, the fill of flow_search and the indexes of flow, are migrations of their own.

ALTER TABLE flow ADD COLUMN trace_parent TEXT;
ALTER TABLE flow ADD CONSTRAINT flow_trace_parent_check CHECK (length(trace_parent) = 55) NOT VALID;

-- Title and labels never change, the flow's row changes with every move: kept apart, their indexes are written once and not with each of its versions.
CREATE TABLE flow_search (
  flow_id TEXT NOT NULL,
  words TSVECTOR NOT NULL,
  labels TEXT[] NOT NULL,
  CONSTRAINT flow_search_pkey PRIMARY KEY (flow_id)
);

-- The words of a text, lower-cased, cut at white space and ASCII punctuation. No text search parser: it would keep host names and versions in one piece.
-- One expression, so that it is inlined: with an aggregate it cost five times as much for each flow created.
CREATE FUNCTION flow_words(said TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_remove(regexp_split_to_array(lower(said), '[\s!-/:-@[-`{-~]+'), '')
$$;

-- Every word asked for must begin a word of the title; null when nothing is asked.
CREATE FUNCTION flow_query(said TEXT) RETURNS TSQUERY LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg('''' || w || ''':*', ' & ')::tsquery FROM unnest(flow_words(said)) w
$$;

-- Each label as its key and as key=value.
CREATE FUNCTION flow_labels(labels JSONB) RETURNS TEXT[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(t.token), '{}') FROM jsonb_each_text(labels) l CROSS JOIN LATERAL (VALUES (l.key), (l.key || '=' || l.value)) t(token)
$$;

CREATE FUNCTION flow_search_fill() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  -- As flow_labels, which costs twice as much when it is called for each row.
  INSERT INTO flow_search (flow_id, words, labels)
  SELECT m.id, array_to_tsvector(flow_words(m.title)),
         ARRAY(SELECT t.token FROM jsonb_each_text(m.labels) l CROSS JOIN LATERAL (VALUES (l.key), (l.key || '=' || l.value)) t(token))
    FROM made m;
  RETURN NULL;
END
$$;
CREATE TRIGGER flow_search_fill AFTER INSERT ON flow REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION flow_search_fill();

CREATE INDEX flow_search_words_idx ON flow_search USING gin (words);
CREATE INDEX flow_search_labels_idx ON flow_search USING gin (labels);

-- Storage, as docs/scale.md measured it. Room on the page lets a start report, a heartbeat and a progress report rewrite their row in place, with no entry
-- in any index; it counts for pages that are filled from now on.
ALTER TABLE flow SET (fillfactor = 70);
ALTER TABLE attempt SET (fillfactor = 70);
ALTER TABLE flow_progress SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
-- What only grows, until retention deletes from its old end: that must not wait until a fifth of all is dead.
ALTER TABLE flow_event SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.05);
ALTER TABLE flow_search SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE idempotency_key SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000);
