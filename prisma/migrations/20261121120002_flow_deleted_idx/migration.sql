-- In steps.
-- Retention: what was deleted waits here for its purge.
CREATE INDEX CONCURRENTLY IF NOT EXISTS flow_deleted_idx ON flow (deleted_at, id) WHERE deleted_at IS NOT NULL;
