-- Webhooks: endpoints, the outbox of events and deliveries with every attempt, and operations on many things at once.
-- An older version may go on beside it: it neither reads nor writes what is new. What it moves meanwhile is told to no endpoint (docs/operations.md).
-- Holds flow for an instant, for a column without a value; every table is new.

CREATE TYPE endpoint_state AS ENUM ('ACTIVE', 'DISABLED', 'DELETED');
CREATE TYPE endpoint_origin AS ENUM ('ENVIRONMENT', 'NAMED', 'UNNAMED');
CREATE TYPE delivery_state AS ENUM ('PENDING', 'SENDING', 'RETRY_SCHEDULED', 'DELIVERED', 'EXHAUSTED', 'REJECTED', 'BLOCKED', 'SUPPRESSED');
CREATE TYPE delivery_trigger AS ENUM ('AUTO', 'REPLAY', 'TEST');
CREATE TYPE bulk_action AS ENUM ('REPLAY');
CREATE TYPE bulk_state AS ENUM ('RUNNING', 'DONE', 'ABORTED');

ALTER TABLE flow ADD COLUMN webhook_endpoint_id TEXT;

CREATE TABLE webhook_endpoint (
  id TEXT NOT NULL,
  origin endpoint_origin NOT NULL,
  principal_id TEXT,
  name TEXT,
  url_redacted TEXT NOT NULL,
  url_hash TEXT,
  events TEXT[] NOT NULL,
  inline_artifacts BOOLEAN NOT NULL DEFAULT false,
  strict_order BOOLEAN NOT NULL DEFAULT false,
  state endpoint_state NOT NULL DEFAULT 'ACTIVE',
  disabled_reason TEXT,
  disabled_at TIMESTAMPTZ(6),
  consecutive_failures INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMPTZ(6) NOT NULL,
  created_by TEXT,
  deleted_at TIMESTAMPTZ(6),
  CONSTRAINT webhook_endpoint_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_endpoint_origin_check CHECK (CASE origin WHEN 'UNNAMED' THEN name IS NULL AND principal_id IS NOT NULL AND url_hash IS NOT NULL
    WHEN 'NAMED' THEN name IS NOT NULL ELSE principal_id IS NULL END),
  CONSTRAINT webhook_endpoint_disabled_check CHECK ((state = 'DISABLED') = (disabled_reason IS NOT NULL) AND (disabled_reason IS NULL) = (disabled_at IS NULL)),
  CONSTRAINT webhook_endpoint_deleted_check CHECK ((state = 'DELETED') = (deleted_at IS NOT NULL)),
  CONSTRAINT webhook_endpoint_failures_check CHECK (consecutive_failures >= 0),
  CONSTRAINT webhook_endpoint_revision_check CHECK (revision >= 1 AND version >= 1)
);

-- What pending deliveries are sent with: every edit of the URL or of a flag is a row of its own.
CREATE TABLE webhook_endpoint_version (
  endpoint_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  url TEXT NOT NULL,
  host TEXT NOT NULL,
  inline_artifacts BOOLEAN NOT NULL,
  strict_order BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT webhook_endpoint_version_pkey PRIMARY KEY (endpoint_id, revision)
);

CREATE TABLE webhook_secret (
  id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  secret TEXT NOT NULL,
  created_at TIMESTAMPTZ(6) NOT NULL,
  not_after TIMESTAMPTZ(6),
  CONSTRAINT webhook_secret_pkey PRIMARY KEY (id)
);

-- Types that some endpoint ever asked for; only grows. What nobody asked for costs a move nothing.
CREATE TABLE webhook_interest (
  event_type TEXT NOT NULL,
  CONSTRAINT webhook_interest_pkey PRIMARY KEY (event_type)
);

CREATE TABLE webhook_event (
  id TEXT NOT NULL,
  flow_id TEXT,
  sequence INTEGER,
  type TEXT NOT NULL,
  body TEXT,
  body_inline TEXT,
  created_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT webhook_event_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_event_flow_check CHECK ((flow_id IS NULL) = (sequence IS NULL) AND (flow_id IS NULL) = (type = 'webhook.test'))
);

CREATE TABLE webhook_delivery (
  id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  host TEXT NOT NULL,
  strict_order BOOLEAN NOT NULL,
  inline_artifacts BOOLEAN NOT NULL,
  flow_id TEXT,
  sequence INTEGER,
  principal_id TEXT,
  event_type TEXT NOT NULL,
  state delivery_state NOT NULL,
  trigger delivery_trigger NOT NULL,
  attempt_count INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TIMESTAMPTZ(6),
  lease_until TIMESTAMPTZ(6),
  sent_by TEXT,
  replay_of TEXT,
  requested_by TEXT,
  last_error TEXT,
  created_at TIMESTAMPTZ(6) NOT NULL,
  ended_at TIMESTAMPTZ(6),
  xid BIGINT NOT NULL,
  CONSTRAINT webhook_delivery_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_delivery_ended_check CHECK ((state IN ('PENDING', 'SENDING', 'RETRY_SCHEDULED')) = (ended_at IS NULL)),
  CONSTRAINT webhook_delivery_due_check CHECK ((state IN ('PENDING', 'RETRY_SCHEDULED')) = (next_attempt_at IS NOT NULL)),
  CONSTRAINT webhook_delivery_lease_check CHECK ((state = 'SENDING') = (lease_until IS NOT NULL) AND (lease_until IS NULL) = (sent_by IS NULL)),
  CONSTRAINT webhook_delivery_attempts_check CHECK (attempt_count >= 0 AND (state <> 'PENDING' OR attempt_count = 0)
    AND (state NOT IN ('SENDING', 'RETRY_SCHEDULED', 'DELIVERED', 'EXHAUSTED', 'REJECTED', 'BLOCKED') OR attempt_count > 0)),
  CONSTRAINT webhook_delivery_trigger_check CHECK ((trigger = 'REPLAY') = (replay_of IS NOT NULL) AND (trigger <> 'AUTO' OR requested_by IS NULL)),
  CONSTRAINT webhook_delivery_flow_check CHECK ((flow_id IS NULL) = (sequence IS NULL) AND (flow_id IS NULL) = (principal_id IS NULL))
);

CREATE TABLE delivery_attempt (
  delivery_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  started_at TIMESTAMPTZ(6) NOT NULL,
  duration_ms INTEGER,
  address TEXT,
  request_headers JSONB NOT NULL DEFAULT '{}',
  status_code INTEGER,
  error_class TEXT,
  response_headers JSONB,
  response_excerpt TEXT,
  retry_after_ms BIGINT,
  CONSTRAINT delivery_attempt_pkey PRIMARY KEY (delivery_id, n),
  CONSTRAINT delivery_attempt_n_check CHECK (n >= 1),
  CONSTRAINT delivery_attempt_end_check CHECK ((duration_ms IS NULL) = (status_code IS NULL AND error_class IS NULL))
);

CREATE TABLE bulk_operation (
  id TEXT NOT NULL,
  action bulk_action NOT NULL,
  filter JSONB,
  ids TEXT[],
  bound TIMESTAMPTZ(6) NOT NULL,
  state bulk_state NOT NULL DEFAULT 'RUNNING',
  matched INTEGER NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  reached JSONB,
  requested_by TEXT NOT NULL,
  reason TEXT,
  created_at TIMESTAMPTZ(6) NOT NULL,
  ended_at TIMESTAMPTZ(6),
  CONSTRAINT bulk_operation_pkey PRIMARY KEY (id),
  CONSTRAINT bulk_operation_ended_check CHECK ((state = 'RUNNING') = (ended_at IS NULL)),
  CONSTRAINT bulk_operation_set_check CHECK ((filter IS NULL) <> (ids IS NULL)),
  CONSTRAINT bulk_operation_counts_check CHECK (matched >= 0 AND done >= 0 AND refused >= 0)
);

CREATE TABLE bulk_refusal (
  operation_id TEXT NOT NULL,
  target TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  CONSTRAINT bulk_refusal_pkey PRIMARY KEY (operation_id, target)
);

-- D-41: one unnamed endpoint for each principal and URL, one of the environment.
CREATE UNIQUE INDEX webhook_endpoint_url_key ON webhook_endpoint (principal_id, url_hash) WHERE origin = 'UNNAMED' AND state <> 'DELETED';
CREATE UNIQUE INDEX webhook_endpoint_environment_key ON webhook_endpoint (origin) WHERE origin = 'ENVIRONMENT';
-- Whom the move of a flow concerns, besides its own endpoint.
CREATE INDEX webhook_endpoint_named_idx ON webhook_endpoint (coalesce(principal_id, '')) WHERE origin = 'NAMED' AND state <> 'DELETED';
CREATE INDEX webhook_endpoint_created_idx ON webhook_endpoint (created_at DESC, id DESC) WHERE state <> 'DELETED';
CREATE INDEX webhook_endpoint_disabled_idx ON webhook_endpoint (disabled_at) WHERE state = 'DISABLED';
CREATE INDEX webhook_secret_endpoint_idx ON webhook_secret (endpoint_id);

-- INV-26, INV-46.
CREATE UNIQUE INDEX webhook_delivery_auto_key ON webhook_delivery (event_id, endpoint_id) WHERE trigger = 'AUTO';
CREATE UNIQUE INDEX webhook_delivery_live_key ON webhook_delivery (event_id, endpoint_id) WHERE ended_at IS NULL;
-- The sender's probe, one for each endpoint; who was sent by a process that died; what stands before in the order of a flow (D-19).
CREATE INDEX webhook_delivery_due_idx ON webhook_delivery (endpoint_id, next_attempt_at, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_delivery_next_idx ON webhook_delivery (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_delivery_sending_idx ON webhook_delivery (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX webhook_delivery_order_idx ON webhook_delivery (flow_id, endpoint_id, sequence) WHERE ended_at IS NULL;
-- Lists, newest first, and by what they are filtered; what ended lately; changes since (D-37).
CREATE INDEX webhook_delivery_created_idx ON webhook_delivery (created_at DESC, id DESC);
CREATE INDEX webhook_delivery_endpoint_idx ON webhook_delivery (endpoint_id, state, created_at DESC, id DESC);
CREATE INDEX webhook_delivery_principal_idx ON webhook_delivery (principal_id, created_at DESC, id DESC);
CREATE INDEX webhook_delivery_state_idx ON webhook_delivery (state, created_at DESC, id DESC);
CREATE INDEX webhook_delivery_flow_idx ON webhook_delivery (flow_id, created_at DESC, id DESC);
CREATE INDEX webhook_delivery_failed_idx ON webhook_delivery (ended_at) WHERE state IN ('EXHAUSTED', 'REJECTED', 'BLOCKED');
CREATE INDEX webhook_delivery_live_idx ON webhook_delivery (id) WHERE ended_at IS NULL;
-- Whether an event was sent to an endpoint again since (D-43), and when its last trace may go.
CREATE INDEX webhook_delivery_event_idx ON webhook_delivery (event_id, endpoint_id, created_at);
CREATE INDEX webhook_delivery_xid_idx ON webhook_delivery (xid, id);
CREATE INDEX webhook_event_created_idx ON webhook_event (created_at) WHERE body IS NOT NULL;
CREATE INDEX bulk_operation_created_idx ON bulk_operation (created_at DESC, id DESC);
CREATE INDEX bulk_operation_running_idx ON bulk_operation (created_at) WHERE state = 'RUNNING';

-- As flow: rows are rewritten a few times and then stay, and retention deletes from the old end.
ALTER TABLE webhook_delivery SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE delivery_attempt SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
