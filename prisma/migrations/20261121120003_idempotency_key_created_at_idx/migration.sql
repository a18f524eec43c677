-- In steps.
-- Retention: keys wait here for the end of their window.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idempotency_key_created_at_idx ON idempotency_key (created_at);
