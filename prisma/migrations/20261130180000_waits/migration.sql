-- Waits, memory, output and artifacts: a flow that asks somebody, remembers what it did, and shows its work.
-- An older version may go on beside it: it moves no flow into WAITING, and leaves alone what it does not know. Only a version that knows waits may take away
-- the lease of a held one; the older one looks at RUNNING flows only.
-- Holds flow and attempt for an instant: columns without a value or with a constant one. Every table is new.

CREATE TYPE wait_mode AS ENUM ('HELD', 'RELEASED');
CREATE TYPE waitpoint_state AS ENUM ('PENDING', 'OPEN', 'SATISFIED', 'CLOSED', 'EXPIRED');
CREATE TYPE wait_timeout AS ENUM ('FAIL', 'CANCEL', 'AUTO_RESUME');
CREATE TYPE memo_kind AS ENUM ('STEP', 'ANSWER');
CREATE TYPE frame_kind AS ENUM ('TEXT', 'LOG', 'JSON', 'PROGRESS', 'WARNING', 'ERROR');
CREATE TYPE flow_input_state AS ENUM ('PENDING', 'DELIVERED', 'REMOVED');
CREATE TYPE signing_key_state AS ENUM ('CURRENT', 'PREVIOUS', 'RETIRED');

ALTER TABLE flow ADD COLUMN wait_mode wait_mode;
ALTER TABLE flow ADD COLUMN waiting_since TIMESTAMPTZ(6);
-- A held wait was answered and its worker has not said that it heard (T12b).
ALTER TABLE flow ADD COLUMN answer_unread BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE flow ADD CONSTRAINT flow_wait_mode_check CHECK ((status = 'WAITING') = (wait_mode IS NOT NULL) AND (status = 'WAITING') = (waiting_since IS NOT NULL)) NOT VALID;
ALTER TABLE flow ADD CONSTRAINT flow_held_wait_check CHECK (wait_mode IS DISTINCT FROM 'HELD' OR slot_held) NOT VALID;
ALTER TABLE flow ADD CONSTRAINT flow_answer_unread_check CHECK (NOT answer_unread OR (status = 'RUNNING' AND phase = 'WORKING')) NOT VALID;

-- What it waited in all; not counted against the attempt's time.
ALTER TABLE attempt ADD COLUMN waited_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN unused_memos TEXT[] NOT NULL DEFAULT '{}';
-- The greatest sequence of its frames, and the least that is kept: what lies between 1 and that was trimmed.
ALTER TABLE attempt ADD COLUMN last_frame INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN first_frame INTEGER NOT NULL DEFAULT 1;
ALTER TABLE attempt ADD COLUMN frame_bytes BIGINT NOT NULL DEFAULT 0;

CREATE TABLE waitpoint (
  id TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  key TEXT NOT NULL,
  kind wait_kind NOT NULL,
  mode wait_mode,
  state waitpoint_state NOT NULL DEFAULT 'PENDING',
  prompt TEXT,
  -- Not JSONB: people see the form in the order in which its author wrote it.
  fields JSON,
  allowed_decisions TEXT[] NOT NULL,
  answerable_by TEXT[] NOT NULL DEFAULT '{}',
  timeout_ms BIGINT,
  on_timeout wait_timeout NOT NULL DEFAULT 'FAIL',
  -- The answer of AUTO_RESUME.
  timeout_decision TEXT,
  timeout_payload JSONB,
  attempt INTEGER NOT NULL,
  token_kid TEXT,
  token_expires_at TIMESTAMPTZ(6),
  created_at TIMESTAMPTZ(6) NOT NULL,
  opened_at TIMESTAMPTZ(6),
  timeout_at TIMESTAMPTZ(6),
  closed_at TIMESTAMPTZ(6),
  decision TEXT,
  payload JSONB,
  answered_by TEXT,
  answered_at TIMESTAMPTZ(6),
  answer_key TEXT,
  CONSTRAINT waitpoint_pkey PRIMARY KEY (id),
  CONSTRAINT waitpoint_open_check CHECK (CASE state WHEN 'PENDING' THEN mode IS NULL AND opened_at IS NULL AND closed_at IS NULL WHEN 'OPEN' THEN mode IS NOT NULL AND opened_at IS NOT NULL AND closed_at IS NULL ELSE closed_at IS NOT NULL END),
  -- An answer may come before the wait begins; it is kept (FF-32).
  CONSTRAINT waitpoint_answer_check CHECK ((decision IS NULL) = (answered_at IS NULL) AND (decision IS NULL) = (answered_by IS NULL) AND (state <> 'SATISFIED' OR decision IS NOT NULL) AND (state <> 'OPEN' OR decision IS NULL)),
  CONSTRAINT waitpoint_decisions_check CHECK (cardinality(allowed_decisions) > 0)
);

CREATE TABLE signal (
  id TEXT NOT NULL,
  waitpoint_id TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  decision TEXT NOT NULL,
  payload JSONB,
  source TEXT NOT NULL,
  idempotency_key TEXT,
  effect TEXT NOT NULL,
  accepted_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT signal_pkey PRIMARY KEY (id)
);

CREATE TABLE signing_key (
  kid TEXT NOT NULL,
  secret TEXT NOT NULL,
  state signing_key_state NOT NULL,
  created_at TIMESTAMPTZ(6) NOT NULL,
  not_after TIMESTAMPTZ(6),
  CONSTRAINT signing_key_pkey PRIMARY KEY (kid),
  CONSTRAINT signing_key_state_check CHECK ((state = 'CURRENT') = (not_after IS NULL))
);

CREATE TABLE memo (
  flow_id TEXT NOT NULL,
  key TEXT NOT NULL,
  kind memo_kind NOT NULL,
  value JSONB,
  bytes INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  created_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT memo_pkey PRIMARY KEY (flow_id, key)
);

CREATE TABLE output_frame (
  flow_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  kind frame_kind NOT NULL,
  payload JSONB NOT NULL,
  bytes INTEGER NOT NULL,
  at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT output_frame_pkey PRIMARY KEY (flow_id, attempt, sequence)
);

CREATE TABLE artifact (
  id TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  digest TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  created_at TIMESTAMPTZ(6) NOT NULL,
  expires_at TIMESTAMPTZ(6),
  CONSTRAINT artifact_pkey PRIMARY KEY (id),
  CONSTRAINT artifact_size_check CHECK (size >= 0)
);
-- The bytes, 1 MiB a row. Those of an upload that was not finished have no artifact yet, and go with the sweep.
CREATE TABLE artifact_chunk (
  artifact_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  bytes BYTEA NOT NULL,
  written_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT artifact_chunk_pkey PRIMARY KEY (artifact_id, n)
);
-- Compressed or encrypted as most are, another try at compressing them only costs time; and parts of a chunk are read by their offset.
ALTER TABLE artifact_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE flow_input (
  id TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  author TEXT NOT NULL,
  content JSONB NOT NULL,
  bytes INTEGER NOT NULL,
  state flow_input_state NOT NULL DEFAULT 'PENDING',
  attempt INTEGER,
  created_at TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT flow_input_pkey PRIMARY KEY (id),
  CONSTRAINT flow_input_delivered_check CHECK ((state = 'DELIVERED') = (attempt IS NOT NULL))
);

-- One waitpoint for each key, so that a handler that runs again finds its answer (D-32); INV-21: one open at most.
CREATE UNIQUE INDEX waitpoint_key_key ON waitpoint (flow_id, key);
CREATE UNIQUE INDEX waitpoint_open_key ON waitpoint (flow_id) WHERE state = 'OPEN';
CREATE INDEX waitpoint_open_idx ON waitpoint (opened_at, id) WHERE state = 'OPEN';
CREATE INDEX waitpoint_timeout_idx ON waitpoint (timeout_at) WHERE state = 'OPEN' AND timeout_at IS NOT NULL;
CREATE INDEX waitpoint_created_idx ON waitpoint (state, created_at DESC, id DESC);
CREATE INDEX signal_waitpoint_idx ON signal (waitpoint_id, accepted_at);
CREATE UNIQUE INDEX signal_idempotency_key ON signal (waitpoint_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX signal_flow_idx ON signal (flow_id);
CREATE UNIQUE INDEX signing_key_current_key ON signing_key (state) WHERE state = 'CURRENT';
CREATE UNIQUE INDEX artifact_name_key ON artifact (flow_id, name);
CREATE INDEX artifact_expires_idx ON artifact (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX artifact_chunk_written_idx ON artifact_chunk (written_at);
CREATE INDEX flow_input_flow_idx ON flow_input (flow_id, id);
CREATE INDEX output_frame_at_idx ON output_frame USING brin (at);
-- Resumes that kept their slot start whatever the caps say; held waits whose lease ran out are let go.
CREATE INDEX flow_kept_idx ON flow (order_at, id) WHERE status = 'QUEUED' AND slot_held;
CREATE INDEX flow_waiting_idx ON flow (waiting_since, id) WHERE status = 'WAITING';

-- What is written once and then read: no room on the page.
ALTER TABLE output_frame SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.1);
-- As of the fields of a waitpoint.
ALTER TABLE flow_kind ALTER COLUMN input_schema TYPE JSON;
