-- In steps.
-- What was created before flow_search was there: 20,000 flows a step, each a transaction of its own, so that nobody waits and the feed is not held back.
DO $$
DECLARE
  last TEXT := '';
  upto TEXT;
BEGIN
  LOOP
    SELECT max(id) INTO upto FROM (SELECT id FROM flow WHERE id > last ORDER BY id LIMIT 20000) batch;
    EXIT WHEN upto IS NULL;
    INSERT INTO flow_search (flow_id, words, labels)
      SELECT id, array_to_tsvector(flow_words(title)), flow_labels(labels) FROM flow WHERE id > last AND id <= upto
      ON CONFLICT (flow_id) DO NOTHING;
    COMMIT;
    last := upto;
  END LOOP;
END
$$;
