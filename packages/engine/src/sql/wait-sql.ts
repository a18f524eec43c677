import type { Tx } from '@sluice/db'
import type { Json, WaitKind, WaitMode, WaitTimeout, WaitpointState } from '@sluice/protocol'

export interface WaitpointRow {
  id: string; flowId: string; key: string; kind: WaitKind; mode: WaitMode | null; state: WaitpointState; prompt: string | null; fields: Json
  allowedDecisions: string[]; answerableBy: string[]; timeoutMs: number | null; onTimeout: WaitTimeout; timeoutDecision: string | null; timeoutPayload: Json
  tokenKid: string | null; createdAt: Date; timeoutAt: Date | null
  decision: string | null; payload: Json; answeredBy: string | null; answeredAt: Date | null; answerKey: string | null
}

const COLUMNS = `w.id, w.flow_id AS "flowId", w.key, w.kind, w.mode, w.state, w.prompt, w.fields, w.allowed_decisions AS "allowedDecisions", w.answerable_by AS "answerableBy",
  w.timeout_ms::float8 AS "timeoutMs", w.on_timeout AS "onTimeout", w.timeout_decision AS "timeoutDecision", w.timeout_payload AS "timeoutPayload", w.token_kid AS "tokenKid",
  w.created_at AS "createdAt", w.timeout_at AS "timeoutAt", w.decision, w.payload, w.answered_by AS "answeredBy", w.answered_at AS "answeredAt", w.answer_key AS "answerKey"`

type Row = WaitpointRow & Record<string, unknown>

/** Its flow is locked first, always: flow, then waitpoint. */
export async function lockWaitpoint(tx: Tx, p: { id: string; flowId: string }): Promise<WaitpointRow | undefined> {
  const [row] = await tx.rows<Row>('lockWaitpoint', `SELECT ${COLUMNS} FROM waitpoint w WHERE w.id = $1 AND w.flow_id = $2 FOR UPDATE`, [p.id, p.flowId])
  return row
}

/** When it was read, by the database's clock. */
export interface ReadWaitpoint extends WaitpointRow { readAt: Date }

/** A look without a lock: whose flow it is of. */
export async function readWaitpoint(tx: Pick<Tx, 'rows'>, id: string): Promise<ReadWaitpoint | undefined> {
  const [row] = await tx.rows<Row & { readAt: Date }>('readWaitpoint', `SELECT ${COLUMNS}, clock_timestamp() AS "readAt" FROM waitpoint w WHERE w.id = $1`, [id])
  return row
}

/** What these flows wait for, locked in flow order; the flows are locked already. */
export const lockOpen = (tx: Tx, flowIds: string[]): Promise<WaitpointRow[]> =>
  tx.rows<Row>('lockOpen', `SELECT ${COLUMNS} FROM waitpoint w WHERE w.flow_id = ANY($1::text[]) AND w.state = 'OPEN' ORDER BY w.flow_id FOR UPDATE`, [flowIds])

export interface NewWaitpoint {
  id: string; flowId: string; key: string; kind: WaitKind; prompt: string | null; fields: Json; allowedDecisions: readonly string[]; answerableBy: readonly string[]
  timeoutMs: number | null; onTimeout: WaitTimeout; timeoutDecision: string | null; timeoutPayload: Json; attempt: number; tokenKid: string | null
}

/** Found or made by its key: a handler that runs again finds what it asked, and the answer. undefined: the flow has asked as much as it may. */
export async function upsertWaitpoint(tx: Tx, n: NewWaitpoint & { most: number }): Promise<ReadWaitpoint | undefined> {
  await tx.rows(
    'insertWaitpoint',
    `INSERT INTO waitpoint (id, flow_id, key, kind, prompt, fields, allowed_decisions, answerable_by, timeout_ms, on_timeout, timeout_decision, timeout_payload, attempt, token_kid, created_at)
     SELECT $1, $2, $3, $4::wait_kind, $5, $6::json, $7::text[], $8::text[], $9::bigint, $10::wait_timeout, $11, $12::jsonb, $13::int, $14, clock_timestamp()
      WHERE (SELECT count(*) FROM waitpoint WHERE flow_id = $2) < $15 ON CONFLICT (flow_id, key) DO NOTHING`,
    [n.id, n.flowId, n.key, n.kind, n.prompt, json(n.fields), n.allowedDecisions, n.answerableBy, n.timeoutMs, n.onTimeout, n.timeoutDecision, json(n.timeoutPayload), n.attempt, n.tokenKid, n.most],
  )
  const [row] = await tx.rows<Row & { readAt: Date }>('waitpointOfKey', `SELECT ${COLUMNS}, clock_timestamp() AS "readAt" FROM waitpoint w WHERE w.flow_id = $1 AND w.key = $2 FOR UPDATE`, [n.flowId, n.key])
  return row
}

const json = (value: Json): string | null => (value === null ? null : JSON.stringify(value))

/** Its flow begins to wait for it. A wait that begins again keeps the time that it had left to it. */
export const openWaitpoint = (tx: Tx, w: { id: string; mode: WaitMode }): Promise<unknown> =>
  tx.rows(
    'openWaitpoint',
    `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
     UPDATE waitpoint w SET state = 'OPEN', mode = $2::wait_mode, opened_at = coalesce(w.opened_at, c.now), timeout_at = coalesce(w.timeout_at, c.now + w.timeout_ms * interval '1 ms')
       FROM clock c WHERE w.id = $1 AND w.state = 'PENDING'`, [w.id, w.mode])

export const releaseWaitpoints = (tx: Tx, flowIds: string[]): Promise<unknown> =>
  tx.rows('releaseWaitpoints', `UPDATE waitpoint SET mode = 'RELEASED' WHERE flow_id = ANY($1::text[]) AND state = 'OPEN'`, [flowIds])

/** Whatever of these ended flows still stands open, or was never asked for. */
export const closeWaitpoints = (tx: Tx, p: { flowIds: string[]; expired: string[] }): Promise<unknown> =>
  tx.rows(
    'closeWaitpoints',
    `UPDATE waitpoint w SET state = CASE WHEN w.id = ANY($2::text[]) THEN 'EXPIRED'::waitpoint_state ELSE 'CLOSED' END, closed_at = clock_timestamp()
      WHERE w.flow_id = ANY($1::text[]) AND w.state IN ('PENDING', 'OPEN')`, [p.flowIds, p.expired])

export interface NewAnswer { waitpointId: string; flowId: string; decision: string; payload: Json; by: string; key: string | null; signalId: string; effect: 'SATISFIED' | 'BUFFERED' }

/**
 * The answer, the signal that brought it with its effect (INV-23), and, as what the next attempt remembers, the memo of the waitpoint's key. BUFFERED: it
 * came before the wait, which then finds it.
 */
export const writeAnswers = (tx: Tx, answers: NewAnswer[]): Promise<unknown> =>
  tx.rows('writeAnswers', WRITE_ANSWERS, [JSON.stringify(answers.map(a => ({ ...a, bytes: Buffer.byteLength(JSON.stringify({ decision: a.decision, payload: a.payload })) })))])

const WRITE_ANSWERS = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
item AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS i("waitpointId" text, "flowId" text, decision text, payload jsonb, by text, key text, "signalId" text, effect text, bytes int)
),
answered AS (
  UPDATE waitpoint w SET decision = i.decision, payload = i.payload, answered_by = i.by, answered_at = c.now, answer_key = i.key,
         state = CASE WHEN i.effect = 'SATISFIED' THEN 'SATISFIED'::waitpoint_state ELSE w.state END, closed_at = CASE WHEN i.effect = 'SATISFIED' THEN c.now END
    FROM item i CROSS JOIN clock c WHERE w.id = i."waitpointId" AND w.decision IS NULL RETURNING w.id, w.key, w.attempt
),
received AS (
  INSERT INTO signal (id, waitpoint_id, flow_id, decision, payload, source, idempotency_key, effect, accepted_at)
  SELECT i."signalId", i."waitpointId", i."flowId", i.decision, i.payload, i.by, i.key, i.effect, c.now FROM item i JOIN answered a ON a.id = i."waitpointId" CROSS JOIN clock c
)
INSERT INTO memo (flow_id, key, kind, value, bytes, attempt, created_at)
SELECT i."flowId", a.key, 'ANSWER', jsonb_build_object('decision', i.decision, 'payload', i.payload, 'by', i.by), i.bytes, a.attempt, c.now
  FROM item i JOIN answered a ON a.id = i."waitpointId" CROSS JOIN clock c
ON CONFLICT (flow_id, key) DO NOTHING`

/** An answer that came early meets its wait. */
export const satisfyBuffered = (tx: Tx, id: string): Promise<unknown> =>
  tx.rows('satisfyBuffered', `UPDATE waitpoint SET state = 'SATISFIED', closed_at = clock_timestamp() WHERE id = $1 AND state = 'PENDING' AND decision IS NOT NULL`, [id])

/** Waits whose time is over. A look only: what is decided is read again under the locks. */
export async function findTimedOut(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.rows<{ flowId: string }>(
    'findTimedOut',
    `SELECT flow_id AS "flowId" FROM waitpoint WHERE state = 'OPEN' AND timeout_at IS NOT NULL AND timeout_at < (SELECT clock_timestamp()) ORDER BY timeout_at LIMIT $1`, [limit])
  return rows.map(row => row.flowId)
}

export async function timedOutAmong(tx: Tx, ids: string[]): Promise<Set<string>> {
  const rows = await tx.rows<{ id: string }>('timedOutAmong', 'SELECT id FROM waitpoint WHERE id = ANY($1::text[]) AND timeout_at < clock_timestamp()', [ids])
  return new Set(rows.map(row => row.id))
}

/** Made, never asked for, and their flow has ended. */
export async function closeForgotten(tx: Tx, limit: number): Promise<number> {
  const rows = await tx.rows(
    'closeForgotten',
    `UPDATE waitpoint w SET state = 'EXPIRED', closed_at = clock_timestamp() FROM (
       SELECT p.id FROM waitpoint p JOIN flow f ON f.id = p.flow_id WHERE p.state = 'PENDING' AND f.finished_at IS NOT NULL ORDER BY p.state, p.created_at DESC, p.id DESC LIMIT $1 FOR UPDATE OF p SKIP LOCKED) o
      WHERE w.id = o.id RETURNING 1`, [limit])
  return rows.length
}

/** The answers that holders of these flows have not said they heard. */
export const unreadAnswers = (tx: Pick<Tx, 'rows'>, flowIds: string[]): Promise<{ flowId: string; waitpointId: string }[]> =>
  tx.rows<{ flowId: string; waitpointId: string }>(
    'unreadAnswers',
    `SELECT f.id AS "flowId", w.id AS "waitpointId" FROM flow f CROSS JOIN LATERAL (
       SELECT id FROM waitpoint WHERE flow_id = f.id AND state = 'SATISFIED' AND mode = 'HELD' ORDER BY answered_at DESC LIMIT 1) w
      WHERE f.id = ANY($1::text[]) AND f.answer_unread`, [flowIds])

/** By the holder of the lease, naming the waitpoint: an answer that it heard is its own from now on (T12b). Of an earlier waitpoint, said again, it tells nothing of the latest answer. */
export async function acknowledgeAnswers(tx: Tx, p: { workerId: string; waitpointIds: string[] }): Promise<void> {
  // Locked first, in flow order: what the statement after it sees is what the locks guard. One alone would not see a later answer that it had waited for.
  await tx.rows(
    'lockUnread',
    `SELECT 1 FROM flow f WHERE f.id IN (SELECT w.flow_id FROM waitpoint w WHERE w.id = ANY($1::text[])) AND f.answer_unread ORDER BY f.id FOR UPDATE OF f`, [p.waitpointIds])
  await tx.rows(
    'acknowledgeAnswers',
    `UPDATE flow f SET answer_unread = false FROM waitpoint w, attempt a
      WHERE w.id = ANY($2::text[]) AND f.id = w.flow_id AND f.answer_unread AND w.state = 'SATISFIED'
        AND NOT EXISTS (SELECT 1 FROM waitpoint later WHERE later.flow_id = f.id AND later.state = 'SATISFIED' AND later.mode = 'HELD' AND later.answered_at > w.answered_at)
        AND a.flow_id = f.id AND a.index = f.current_attempt AND a.worker_id = $1 AND a.ended_at IS NULL`, [p.workerId, p.waitpointIds])
}
