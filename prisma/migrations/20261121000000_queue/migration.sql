-- The queue: flows, attempts with their leases, the milestone log, the count ledger, and who may do what.
-- Takes no lock that matters: every table is new. Nothing older than this can run beside it.

CREATE TYPE flow_status AS ENUM ('QUEUED', 'RUNNING', 'WAITING', 'FINISHED', 'FAILED', 'CANCELLED', 'SKIPPED');
CREATE TYPE flow_phase AS ENUM ('STARTING', 'WORKING', 'CANCELLING');
CREATE TYPE queue_class AS ENUM ('NEW', 'RETRY', 'RESUME');
CREATE TYPE wait_kind AS ENUM ('INPUT', 'APPROVAL', 'CALLBACK', 'TOOL_RESULT', 'OPERATOR', 'BUDGET', 'STEP');
CREATE TYPE on_lease_lost AS ENUM ('FAIL', 'RETRY');
CREATE TYPE attempt_type AS ENUM ('INITIAL', 'RETRY', 'RECLAIM', 'RESUME');
CREATE TYPE lane_state AS ENUM ('OPEN', 'PAUSED', 'DRAINING', 'DISABLED');
CREATE TYPE worker_state AS ENUM ('ACTIVE', 'DRAINING', 'DEAD');
CREATE TYPE cap_scope AS ENUM ('GLOBAL', 'LANE', 'PRINCIPAL');
CREATE TYPE role AS ENUM ('VIEWER', 'SUBMITTER', 'OPERATOR', 'ADMIN', 'WORKER');

CREATE TABLE flow (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  lane TEXT NOT NULL,
  principal_id TEXT NOT NULL,
  input JSONB NOT NULL,
  labels JSONB NOT NULL,
  status flow_status NOT NULL,
  phase flow_phase,
  wait_kind wait_kind,
  terminal_reason TEXT,
  priority INTEGER NOT NULL,
  queue_class queue_class,
  rank INTEGER NOT NULL,
  order_at TIMESTAMPTZ(6) NOT NULL,
  cap_group TEXT NOT NULL DEFAULT '',
  blocked BOOLEAN NOT NULL DEFAULT false,
  pinned_at TIMESTAMPTZ(6),
  pinned_by TEXT,
  pin_force BOOLEAN NOT NULL DEFAULT false,
  pin_reason TEXT,
  held_at TIMESTAMPTZ(6),
  held_by TEXT,
  held_reason TEXT,
  not_before TIMESTAMPTZ(6),
  deadline_at TIMESTAMPTZ(6),
  queue_ttl_seconds INTEGER,
  queue_expires_at TIMESTAMPTZ(6),
  slot_weight INTEGER NOT NULL DEFAULT 1,
  slot_held BOOLEAN NOT NULL DEFAULT false,
  over_cap BOOLEAN NOT NULL DEFAULT false,
  on_lease_lost on_lease_lost NOT NULL,
  max_attempts INTEGER NOT NULL,
  retries_used INTEGER NOT NULL DEFAULT 0,
  lost_starts INTEGER NOT NULL DEFAULT 0,
  attempt_timeout_seconds INTEGER,
  epoch INTEGER NOT NULL DEFAULT 0,
  retry_of_id TEXT,
  current_attempt INTEGER,
  result JSONB,
  error JSONB,
  created_at TIMESTAMPTZ(6) NOT NULL,
  queued_at TIMESTAMPTZ(6) NOT NULL,
  started_at TIMESTAMPTZ(6),
  finished_at TIMESTAMPTZ(6),
  cancel_requested_at TIMESTAMPTZ(6),
  cancel_requested_by TEXT,
  cancel_reason TEXT,
  last_sequence INTEGER NOT NULL,
  last_event_at TIMESTAMPTZ(6) NOT NULL,
  deleted_at TIMESTAMPTZ(6),
  CONSTRAINT flow_pkey PRIMARY KEY (id)
);

CREATE TABLE attempt (
  flow_id TEXT NOT NULL,
  index INTEGER NOT NULL,
  type attempt_type NOT NULL,
  worker_id TEXT NOT NULL,
  claim_request_id TEXT,
  code_version TEXT,
  epoch INTEGER NOT NULL,
  started_at TIMESTAMPTZ(6) NOT NULL,
  renewed_at TIMESTAMPTZ(6) NOT NULL,
  expires_at TIMESTAMPTZ(6) NOT NULL,
  reported_at TIMESTAMPTZ(6),
  ended_at TIMESTAMPTZ(6),
  end_reason TEXT,
  ended_by_call TEXT,
  error JSONB,
  CONSTRAINT attempt_pkey PRIMARY KEY (flow_id, index)
);

CREATE TABLE flow_event (
  flow_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  type TEXT NOT NULL,
  status flow_status,
  phase flow_phase,
  actor TEXT NOT NULL,
  at TIMESTAMPTZ(6) NOT NULL,
  payload JSONB NOT NULL,
  xid BIGINT NOT NULL,
  position BIGSERIAL NOT NULL,
  CONSTRAINT flow_event_pkey PRIMARY KEY (flow_id, sequence)
);

CREATE TABLE flow_progress (
  flow_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  percent INTEGER,
  message TEXT,
  at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT flow_progress_pkey PRIMARY KEY (flow_id)
);

CREATE TABLE idempotency_key (
  principal_id TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  created_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT idempotency_key_pkey PRIMARY KEY (principal_id, key)
);

CREATE TABLE flow_count_ledger (
  id BIGSERIAL NOT NULL,
  minute TIMESTAMPTZ(6) NOT NULL,
  lane TEXT NOT NULL,
  kind TEXT NOT NULL,
  word TEXT NOT NULL,
  delta INTEGER NOT NULL,
  CONSTRAINT flow_count_ledger_pkey PRIMARY KEY (id)
);

CREATE TABLE flow_count_total (
  lane TEXT NOT NULL,
  kind TEXT NOT NULL,
  word TEXT NOT NULL,
  count BIGINT NOT NULL,
  CONSTRAINT flow_count_total_pkey PRIMARY KEY (lane, kind, word)
);

CREATE TABLE flow_count_minute (
  minute TIMESTAMPTZ(6) NOT NULL,
  lane TEXT NOT NULL,
  kind TEXT NOT NULL,
  word TEXT NOT NULL,
  count INTEGER NOT NULL,
  CONSTRAINT flow_count_minute_pkey PRIMARY KEY (minute, lane, kind, word)
);

CREATE TABLE quota (
  scope cap_scope NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  max_active INTEGER NOT NULL,
  from_environment BOOLEAN NOT NULL DEFAULT false,
  environment_value INTEGER,
  set_by TEXT,
  set_at TIMESTAMPTZ(6) NOT NULL,
  reason TEXT,
  CONSTRAINT quota_pkey PRIMARY KEY (scope, subject)
);

CREATE TABLE lane (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  state lane_state NOT NULL DEFAULT 'OPEN',
  state_reason TEXT,
  state_by TEXT,
  state_at TIMESTAMPTZ(6),
  waiting_holds_slot BOOLEAN NOT NULL DEFAULT true,
  defaults JSONB NOT NULL DEFAULT '{}',
  version INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT lane_pkey PRIMARY KEY (id)
);

CREATE TABLE flow_kind (
  name TEXT NOT NULL,
  title TEXT,
  input_schema JSONB,
  defaults JSONB NOT NULL DEFAULT '{}',
  registered_by TEXT NOT NULL,
  registered_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT flow_kind_pkey PRIMARY KEY (name)
);

CREATE TABLE worker (
  id TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  name TEXT NOT NULL,
  principal_id TEXT NOT NULL,
  kinds TEXT[],
  lanes TEXT[],
  capacity INTEGER NOT NULL,
  code_version TEXT,
  state worker_state NOT NULL DEFAULT 'ACTIVE',
  registered_at TIMESTAMPTZ(6) NOT NULL,
  heartbeat_at TIMESTAMPTZ(6) NOT NULL,
  expires_at TIMESTAMPTZ(6) NOT NULL,
  replaced_by TEXT,
  CONSTRAINT worker_pkey PRIMARY KEY (id)
);

CREATE TABLE server_process (
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  roles TEXT[],
  started_at TIMESTAMPTZ(6) NOT NULL,
  alive_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT server_process_pkey PRIMARY KEY (id)
);

CREATE TABLE system_state (
  id INTEGER NOT NULL DEFAULT 1,
  generation TEXT NOT NULL,
  horizon_xid BIGINT NOT NULL DEFAULT 0,
  horizon_position BIGINT NOT NULL DEFAULT 0,
  alive_at TIMESTAMPTZ(6) NOT NULL,
  resting_until TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT system_state_pkey PRIMARY KEY (id)
);

CREATE TABLE principal (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  roles role[],
  created_at TIMESTAMPTZ(6) NOT NULL,
  disabled_at TIMESTAMPTZ(6),
  CONSTRAINT principal_pkey PRIMARY KEY (id)
);

CREATE TABLE api_token (
  id TEXT NOT NULL,
  principal_id TEXT NOT NULL,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  scopes TEXT[],
  created_at TIMESTAMPTZ(6) NOT NULL,
  expires_at TIMESTAMPTZ(6),
  last_used_at TIMESTAMPTZ(6),
  revoked_at TIMESTAMPTZ(6),
  CONSTRAINT api_token_pkey PRIMARY KEY (id)
);

CREATE TABLE session (
  id TEXT NOT NULL,
  principal_id TEXT NOT NULL,
  token_id TEXT,
  created_at TIMESTAMPTZ(6) NOT NULL,
  expires_at TIMESTAMPTZ(6) NOT NULL,
  revoked_at TIMESTAMPTZ(6),
  CONSTRAINT session_pkey PRIMARY KEY (id)
);

CREATE TABLE sign_in_code (
  id TEXT NOT NULL,
  principal_id TEXT NOT NULL,
  expires_at TIMESTAMPTZ(6) NOT NULL,
  used_at TIMESTAMPTZ(6),
  CONSTRAINT sign_in_code_pkey PRIMARY KEY (id)
);

CREATE TABLE audit_entry (
  id TEXT NOT NULL,
  at TIMESTAMPTZ(6) NOT NULL,
  principal_id TEXT,
  action TEXT NOT NULL,
  target TEXT,
  reason TEXT,
  before JSONB,
  after JSONB,
  address TEXT,
  CONSTRAINT audit_entry_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX flow_event_xid_position_key ON flow_event (xid, position);
CREATE UNIQUE INDEX lane_name_key ON lane (name);
CREATE UNIQUE INDEX principal_name_key ON principal (name);
CREATE UNIQUE INDEX api_token_hash_key ON api_token (hash);
CREATE INDEX api_token_principal_id_idx ON api_token (principal_id);
CREATE INDEX session_principal_id_idx ON session (principal_id);
CREATE INDEX session_token_id_idx ON session (token_id);
CREATE INDEX audit_entry_at_id_idx ON audit_entry (at DESC, id DESC);
CREATE INDEX audit_entry_target_at_idx ON audit_entry (target, at DESC);

ALTER TABLE api_token ADD CONSTRAINT api_token_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES principal (id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE session ADD CONSTRAINT session_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES principal (id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE session ADD CONSTRAINT session_token_id_fkey FOREIGN KEY (token_id) REFERENCES api_token (id) ON DELETE SET NULL ON UPDATE CASCADE;
-- What rows may never contradict (INV-1, INV-5, INV-8, INV-15).
ALTER TABLE flow
  ADD CONSTRAINT flow_terminal_check CHECK ((status IN ('FINISHED', 'FAILED', 'CANCELLED', 'SKIPPED')) = (finished_at IS NOT NULL)
    AND (finished_at IS NULL) = (terminal_reason IS NULL)),
  ADD CONSTRAINT flow_phase_check CHECK ((status = 'RUNNING') = (phase IS NOT NULL)),
  ADD CONSTRAINT flow_wait_kind_check CHECK ((status = 'WAITING') = (wait_kind IS NOT NULL)),
  ADD CONSTRAINT flow_slot_check CHECK (CASE WHEN status = 'RUNNING' THEN slot_held WHEN status = 'QUEUED' THEN NOT slot_held OR queue_class = 'RESUME'
    WHEN status = 'WAITING' THEN true ELSE NOT slot_held END),
  -- IS TRUE, because a CHECK lets an unknown pass: without it a QUEUED row with no class would.
  ADD CONSTRAINT flow_queue_class_check CHECK (((status = 'QUEUED' OR status = 'RUNNING' AND phase = 'STARTING') = (queue_class IS NOT NULL)) IS TRUE),
  ADD CONSTRAINT flow_retries_check CHECK (retries_used >= 0 AND retries_used < max_attempts),
  ADD CONSTRAINT flow_priority_check CHECK (priority BETWEEN 0 AND 9000),
  ADD CONSTRAINT flow_sequence_check CHECK (last_sequence >= 1),
  ADD CONSTRAINT flow_times_check CHECK (started_at >= created_at AND finished_at >= coalesce(started_at, created_at)),
  ADD CONSTRAINT flow_result_check CHECK (result IS NULL OR status = 'FINISHED'),
  ADD CONSTRAINT flow_cancel_check CHECK (phase <> 'CANCELLING' OR cancel_requested_at IS NOT NULL),
  ADD CONSTRAINT flow_deleted_check CHECK (deleted_at IS NULL OR finished_at IS NOT NULL);
ALTER TABLE attempt
  ADD CONSTRAINT attempt_end_check CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
  ADD CONSTRAINT attempt_index_check CHECK (index >= 0 AND epoch >= 1);
ALTER TABLE flow_event ADD CONSTRAINT flow_event_sequence_check CHECK (sequence >= 1);
ALTER TABLE quota
  ADD CONSTRAINT quota_cap_check CHECK (max_active >= 0),
  ADD CONSTRAINT quota_subject_check CHECK ((scope = 'GLOBAL') = (subject = ''));
ALTER TABLE system_state ADD CONSTRAINT system_state_single_check CHECK (id = 1);
ALTER TABLE worker ADD CONSTRAINT worker_capacity_check CHECK (capacity >= 1);

-- INV-16: at most one current lease a flow.
CREATE UNIQUE INDEX attempt_live_key ON attempt (flow_id) WHERE ended_at IS NULL;
CREATE INDEX attempt_worker_live_idx ON attempt (worker_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX worker_live_instance_key ON worker (principal_id, instance_id) WHERE state <> 'DEAD';
CREATE INDEX worker_live_idx ON worker (expires_at) WHERE state <> 'DEAD';

-- The promoter's probe (D-39), the queue in order (D-34) with what is held kept apart, its oldest entry, and the holders of slots (D-33).
CREATE INDEX flow_promotable_idx ON flow (lane, kind, cap_group, rank, order_at, id) WHERE status = 'QUEUED' AND NOT blocked;
CREATE INDEX flow_queue_lane_idx ON flow (lane, rank, order_at, id) WHERE status = 'QUEUED' AND NOT blocked;
CREATE INDEX flow_blocked_lane_idx ON flow (lane, rank, order_at, id) WHERE status = 'QUEUED' AND blocked;
CREATE INDEX flow_queue_age_idx ON flow (lane, queued_at) WHERE status = 'QUEUED';
CREATE INDEX flow_slot_idx ON flow (lane, principal_id, id) WHERE slot_held;
CREATE INDEX flow_forced_idx ON flow (order_at, id) WHERE status = 'QUEUED' AND pin_force;

-- What becomes due.
CREATE INDEX flow_due_idx ON flow (not_before) WHERE status = 'QUEUED' AND not_before IS NOT NULL;
-- Said with coalesce, so that the index above does not offer itself for it: the planner took it and walked over every lane's delays.
CREATE INDEX flow_delayed_lane_idx ON flow (lane, not_before, id) WHERE status = 'QUEUED' AND NOT blocked AND coalesce(not_before, queued_at) > queued_at;
CREATE INDEX flow_queue_expiry_idx ON flow (queue_expires_at) WHERE status = 'QUEUED' AND queue_expires_at IS NOT NULL;
CREATE INDEX flow_deadline_idx ON flow (deadline_at) WHERE finished_at IS NULL AND deadline_at IS NOT NULL;

-- Lists. The sort key exists only inside these, so that no plan walks the primary key backwards (trap 2). Each begins with what a filter names and
-- goes on with the status: a list is the merge of one short probe per named value and status, so no list needs an index of its own.
CREATE INDEX flow_status_created_idx ON flow (status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX flow_lane_created_idx ON flow (lane, status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX flow_kind_created_idx ON flow (kind, status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX flow_principal_created_idx ON flow (principal_id, status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX flow_finished_idx ON flow (status, finished_at, id) WHERE finished_at IS NOT NULL AND deleted_at IS NULL;

-- Heartbeats and moves rewrite rows in place where they can; the queue's dead prefix (trap 3) is vacuumed early.
ALTER TABLE flow SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE attempt SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE flow_count_ledger SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

INSERT INTO system_state (id, generation, alive_at, resting_until) VALUES (1, md5(random()::text || clock_timestamp()::text), clock_timestamp(), clock_timestamp());
INSERT INTO quota (scope, subject, max_active, from_environment, set_at) VALUES ('GLOBAL', '', 0, true, clock_timestamp());
INSERT INTO lane (id, name, created_at) VALUES ('lane_default', 'default', clock_timestamp());
