import type { CompleteFlow } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import type { FlowStatus, Json } from '@sluice/protocol'

export interface FlowToInsert extends CompleteFlow {
  id: string; principalId: string; capGroup: string; retryOfId: string | null; traceParent: string | null
  /** null: its lane's, else the environment's. */
  webhookEndpointId: string | null
}
export interface Inserted { at: Date; wanted: string[] }

/** T1 for many flows: rows, first events, ledger. created = queued = this statement's clock; notBefore only delays. */
export async function insertFlows(tx: Tx, flows: FlowToInsert[], actor: string): Promise<Inserted> {
  const [row] = await tx.rows<Inserted & Record<string, unknown>>('insertFlows', INSERT_FLOWS, [JSON.stringify(flows.map(toItem)), actor])
  if (!row) throw new Error('insertFlows answered no row')
  return row
}

const INSERT_FLOWS = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
made AS (
  INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, priority, queue_class, rank, order_at, cap_group, not_before, deadline_at,
                    queue_ttl_seconds, queue_expires_at, on_lease_lost, max_attempts, attempt_timeout_seconds, retry_of_id, trace_parent, webhook_endpoint_id,
                    created_at, queued_at, last_sequence, last_event_at)
  SELECT i.id, i.kind, i.title, i.lane, i.principal_id, coalesce(i.input, 'null'::jsonb), i.labels, 'QUEUED', i.priority, 'NEW', 9002 - i.priority, greatest(c.now, i.not_before),
         i.cap_group, i.not_before, coalesce(i.deadline_at, c.now + i.deadline_in_ms * interval '1 ms'),
         i.queue_ttl_seconds, greatest(c.now, i.not_before) + i.queue_ttl_seconds * interval '1 s', i.on_lease_lost, i.max_attempts, i.attempt_timeout_seconds,
         i.retry_of_id, i.trace_parent, i.webhook_endpoint_id, c.now, c.now, 1, c.now
    FROM json_to_recordset($1::json) AS i(
      id text, kind text, title text, lane text, principal_id text, input jsonb, labels jsonb, priority int, cap_group text, not_before timestamptz,
      deadline_at timestamptz, deadline_in_ms bigint, queue_ttl_seconds int, on_lease_lost on_lease_lost, max_attempts int, attempt_timeout_seconds int, retry_of_id text,
      trace_parent text, webhook_endpoint_id text)
    CROSS JOIN clock c
  RETURNING id, lane, kind, priority, not_before, retry_of_id, created_at
),
told AS (
  INSERT INTO flow_event (flow_id, sequence, type, status, phase, actor, at, payload, xid)
  SELECT m.id, 1, 'flow.queued', 'QUEUED', NULL, $2, m.created_at,
         jsonb_build_object('cause', 'created', 'status', 'QUEUED', 'phase', NULL, 'lane', m.lane, 'kind', m.kind, 'priority', m.priority,
                            'notBefore', m.not_before, 'retryOf', m.retry_of_id),
         pg_current_xact_id()::text::bigint
    FROM made m ORDER BY m.id
),
counted AS (
  INSERT INTO flow_count_ledger (minute, lane, kind, word, delta)
  SELECT date_trunc('minute', m.created_at), m.lane, m.kind, w.word, count(*)
    FROM made m CROSS JOIN (VALUES ('QUEUED'), ('queued')) AS w(word) GROUP BY 1, 2, 3, 4
)
SELECT c.now AS at, (SELECT coalesce(array_agg(event_type), '{}') FROM webhook_interest) AS wanted FROM clock c`

const toItem = (f: FlowToInsert): Record<string, unknown> => ({
  id: f.id, kind: f.kind, title: f.title, lane: f.lane, principal_id: f.principalId,
  input: f.input, labels: f.labels, priority: f.priority, cap_group: f.capGroup, not_before: f.notBefore, deadline_at: f.deadlineAt,
  deadline_in_ms: f.deadlineInMs, queue_ttl_seconds: f.queueTtlSeconds, on_lease_lost: f.onLeaseLost, max_attempts: f.maxAttempts,
  attempt_timeout_seconds: f.attemptTimeoutSeconds, retry_of_id: f.retryOfId, trace_parent: f.traceParent, webhook_endpoint_id: f.webhookEndpointId,
})

export interface KindRow { name: string; title: string | null; inputSchema: Json; defaults: Record<string, never> }
export interface LaneRow { name: string; state: 'OPEN' | 'PAUSED' | 'DRAINING' | 'DISABLED'; defaults: Record<string, never> }

/** What createFlow must know about the kinds and lanes that a batch names, and whether a principal's own cap covers the caller. */
export async function readPlaces(tx: Tx, p: { kinds: string[]; principalIds: string[] }): Promise<{ kinds: KindRow[]; lanes: LaneRow[]; capped: string[] }> {
  const [row] = await tx.rows<{ kinds: KindRow[]; lanes: LaneRow[]; capped: string[] }>(
    'readPlaces',
    `SELECT
       (SELECT coalesce(json_agg(json_build_object('name', name, 'title', title, 'inputSchema', input_schema, 'defaults', defaults)), '[]') FROM flow_kind WHERE name = ANY($1::text[])) AS kinds,
       (SELECT coalesce(json_agg(json_build_object('name', name, 'state', state, 'defaults', defaults)), '[]') FROM lane) AS lanes,
       (SELECT coalesce(json_agg(subject), '[]') FROM quota WHERE scope = 'PRINCIPAL' AND max_active > 0 AND subject = ANY($2::text[])) AS capped`,
    [p.kinds, p.principalIds],
  )
  if (!row) throw new Error('readPlaces answered no row')
  return row
}

export interface KeyToTake { key: string; hash: string; flowId: string }
export interface TakenKey { key: string; flowId: string; hash: string; mine: boolean; withinWindow: boolean }

/** Inserts the keys or locks those that exist, in key order, so that concurrent requests queue up instead of deadlocking (D-13). */
export async function takeKeys(tx: Tx, p: { principalId: string; keys: KeyToTake[]; windowMs: number }): Promise<TakenKey[]> {
  const keys = [...p.keys].sort((a, b) => (a.key < b.key ? -1 : 1))
  return tx.rows<TakenKey & Record<string, unknown>>(
    'takeKeys',
    `INSERT INTO idempotency_key AS k (principal_id, key, request_hash, flow_id, created_at)
     SELECT $1, n.key, n.hash, n.flow_id, clock_timestamp() FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS n(key, hash, flow_id, i) ORDER BY n.i
     ON CONFLICT (principal_id, key) DO UPDATE SET key = k.key
     RETURNING k.key, k.flow_id AS "flowId", k.request_hash AS hash, k.flow_id = ANY($4::text[]) AS mine,
               k.created_at > clock_timestamp() - $5 * interval '1 ms' AS "withinWindow"`,
    [p.principalId, keys.map(k => k.key), keys.map(k => k.hash), keys.map(k => k.flowId), p.windowMs],
  )
}

export async function readKeptFlows(tx: Tx, ids: string[]): Promise<Map<string, FlowStatus>> {
  const rows = await tx.rows<{ id: string; status: FlowStatus }>('readKeptFlows', 'SELECT id, status FROM flow WHERE id = ANY($1::text[]) AND deleted_at IS NULL', [ids])
  return new Map(rows.map(row => [row.id, row.status]))
}

/** Gives keys that are locked by this transaction to new flows. */
export async function moveKeys(tx: Tx, principalId: string, keys: KeyToTake[]): Promise<void> {
  if (keys.length === 0) return
  await tx.rows(
    'moveKeys',
    `UPDATE idempotency_key k SET request_hash = n.hash, flow_id = n.flow_id, created_at = clock_timestamp()
       FROM unnest($2::text[], $3::text[], $4::text[]) AS n(key, hash, flow_id) WHERE k.principal_id = $1 AND k.key = n.key`,
    [principalId, keys.map(k => k.key), keys.map(k => k.hash), keys.map(k => k.flowId)],
  )
}
