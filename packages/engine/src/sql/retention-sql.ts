import type { Tx } from '@sluice/db'

/** kept: deliveries of it are still there, and none may point at nothing (D-21). */
export interface OldFlow { id: string; finishedAt: string; kept: boolean }

/**
 * Flows that ended longer ago than days and are still in the lists, the longest ended first, from a place on: those that are kept are passed once a turn.
 * One short probe per terminal status.
 */
export const findOld = (tx: Tx, p: { days: number; beyond: { finishedAt: string; id: string } | null; limit: number }): Promise<OldFlow[]> =>
  tx.rows<OldFlow & Record<string, unknown>>(
    'findOld',
    `SELECT o.id, o.finished_at::text AS "finishedAt", EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.flow_id = o.id) AS kept
       FROM unnest('{FINISHED,FAILED,CANCELLED,SKIPPED}'::flow_status[]) s(status) CROSS JOIN LATERAL (
       SELECT f.id, f.finished_at FROM flow f
        WHERE f.status = s.status AND f.finished_at IS NOT NULL AND f.deleted_at IS NULL AND f.finished_at < (SELECT clock_timestamp() - $1 * interval '1 day')
          AND (f.finished_at, f.id) > (coalesce($3::timestamptz, '-infinity'), $4::text)
        ORDER BY f.finished_at, f.id LIMIT $2) o ORDER BY o.finished_at, o.id LIMIT $2`,
    [p.days, p.limit, p.beyond?.finishedAt ?? null, p.beyond?.id ?? ''],
  )

/**
 * Purges flows that were deleted longer ago than restMs, with all that belongs to them, and remembers the last event among them as the feed's horizon (D-37).
 * A flow that somebody holds locked, or one of whose deliveries is still alive, waits for the next time (D-48).
 */
export async function purgeDeleted(tx: Tx, p: { restMs: number; limit: number }): Promise<number> {
  const [row] = await tx.rows<{ purged: number }>('purgeDeleted', PURGE_DELETED, [p.restMs, p.limit])
  return row?.purged ?? 0
}

const PURGE_DELETED = `
WITH victim AS MATERIALIZED (
  SELECT f.id FROM flow f WHERE f.deleted_at IS NOT NULL AND f.deleted_at < (SELECT clock_timestamp() - $1 * interval '1 ms')
     AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.flow_id = f.id AND d.ended_at IS NULL)
   ORDER BY f.deleted_at, f.id LIMIT $2 FOR UPDATE SKIP LOCKED
),
delivered AS (DELETE FROM webhook_delivery d USING victim v WHERE d.flow_id = v.id RETURNING d.id, d.event_id),
tried AS (DELETE FROM delivery_attempt a USING delivered d WHERE a.delivery_id = d.id),
said AS (DELETE FROM webhook_event w USING (SELECT DISTINCT event_id FROM delivered) d WHERE w.id = d.event_id),
event AS (DELETE FROM flow_event e USING victim v WHERE e.flow_id = v.id RETURNING e.xid, e.position),
attempted AS (DELETE FROM attempt a USING victim v WHERE a.flow_id = v.id),
framed AS (DELETE FROM output_frame o USING victim v WHERE o.flow_id = v.id),
left_behind AS (DELETE FROM artifact a USING victim v WHERE a.flow_id = v.id),
progress AS (DELETE FROM flow_progress p USING victim v WHERE p.flow_id = v.id),
waited AS (DELETE FROM waitpoint w USING victim v WHERE w.flow_id = v.id),
answered AS (DELETE FROM signal s USING victim v WHERE s.flow_id = v.id),
added AS (DELETE FROM flow_input i USING victim v WHERE i.flow_id = v.id),
remembered AS (DELETE FROM memo m USING victim v WHERE m.flow_id = v.id),
sought AS (DELETE FROM flow_search w USING victim v WHERE w.flow_id = v.id),
gone AS (DELETE FROM flow f USING victim v WHERE f.id = v.id RETURNING f.id),
edge AS (SELECT xid, position FROM event ORDER BY xid DESC, position DESC LIMIT 1),
horizon AS (
  UPDATE system_state s SET horizon_xid = e.xid, horizon_position = e.position FROM edge e
   WHERE s.id = 1 AND (e.xid, e.position) > (s.horizon_xid, s.horizon_position)
)
SELECT count(*)::int AS purged FROM gone`

/** Frames of flows that ended longer ago than days; the attempts say that they are gone. How many went, at most limit. */
export async function purgeFrames(tx: Tx, p: { days: number; limit: number }): Promise<number> {
  const [row] = await tx.rows<{ gone: number }>('purgeFrames', PURGE_FRAMES, [p.days, p.limit])
  return row?.gone ?? 0
}

// Those of a flow that works on for longer than days are looked at and stay. What has no flow was left behind by a version that knew no frames.
const PURGE_FRAMES = `
WITH victim AS MATERIALIZED (
  SELECT o.flow_id, o.attempt, o.sequence FROM output_frame o LEFT JOIN flow f ON f.id = o.flow_id
   WHERE o.at < (SELECT clock_timestamp() - $1 * interval '1 day') AND (f.id IS NULL OR f.finished_at < (SELECT clock_timestamp() - $1 * interval '1 day')) LIMIT $2
),
said AS (
  UPDATE attempt a SET first_frame = a.last_frame + 1, frame_bytes = 0 FROM (SELECT DISTINCT flow_id, attempt FROM victim) v
   WHERE a.flow_id = v.flow_id AND a.index = v.attempt AND a.first_frame <= a.last_frame
),
gone AS (DELETE FROM output_frame o USING victim v WHERE o.flow_id = v.flow_id AND o.attempt = v.attempt AND o.sequence = v.sequence RETURNING 1)
SELECT count(*)::int AS gone FROM gone`

/**
 * Deliveries that ended longer ago than days, with their attempts, and the events that none is left of (D-21). One that is alive is never among them. An event
 * that a later replay still names keeps its row and loses its body at its own age (purgeBodies).
 */
export async function purgeDeliveries(tx: Tx, p: { days: number; limit: number }): Promise<number> {
  const [row] = await tx.rows<{ purged: number }>('purgeDeliveries', PURGE_DELIVERIES, [p.days, p.limit])
  return row?.purged ?? 0
}

// The outer statement sees the deliveries as they were before: those that go are told apart by their ids.
const PURGE_DELIVERIES = `
WITH victim AS MATERIALIZED (
  SELECT d.id, d.event_id FROM webhook_delivery d WHERE d.created_at < (SELECT clock_timestamp() - $1 * interval '1 day') AND d.ended_at < (SELECT clock_timestamp() - $1 * interval '1 day')
   ORDER BY d.created_at, d.id LIMIT $2 FOR UPDATE SKIP LOCKED
),
tried AS (DELETE FROM delivery_attempt a USING victim v WHERE a.delivery_id = v.id),
gone AS (DELETE FROM webhook_delivery d USING victim v WHERE d.id = v.id RETURNING d.id),
said AS (
  DELETE FROM webhook_event w USING (SELECT DISTINCT event_id FROM victim) v
   WHERE w.id = v.event_id AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.event_id = w.id AND d.id <> ALL(ARRAY(SELECT id FROM victim)))
)
SELECT count(*)::int AS purged FROM gone`

/** Bodies of events that happened longer ago than days and are being sent to nobody. */
export async function purgeBodies(tx: Tx, p: { days: number; limit: number }): Promise<number> {
  const rows = await tx.rows(
    'purgeBodies',
    `UPDATE webhook_event w SET body = NULL, body_inline = NULL FROM (
       SELECT e.id FROM webhook_event e WHERE e.created_at < (SELECT clock_timestamp() - $1 * interval '1 day') AND e.body IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.event_id = e.id AND d.ended_at IS NULL)
        ORDER BY e.created_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
      WHERE w.id = old.id RETURNING 1`,
    [p.days, p.limit],
  )
  return rows.length
}

/** What has outlived its use, each table's own rule. A key that a request holds locked is in use. */
export const TRIMS = {
  idempotencyKeys: `DELETE FROM idempotency_key k USING (
      SELECT principal_id, key FROM idempotency_key WHERE created_at < (SELECT clock_timestamp() - $1 * interval '1 ms')
       ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
    WHERE k.principal_id = old.principal_id AND k.key = old.key`,
  minutes: `DELETE FROM flow_count_minute m USING (
      SELECT minute, lane, kind, word FROM flow_count_minute WHERE minute < (SELECT clock_timestamp() - $1 * interval '1 ms')
       ORDER BY minute LIMIT $2) old
    WHERE (m.minute, m.lane, m.kind, m.word) = (old.minute, old.lane, old.kind, old.word)`,
  sessions: `DELETE FROM session s USING (SELECT id FROM session WHERE least(expires_at, revoked_at) < (SELECT clock_timestamp() - $1 * interval '1 ms') LIMIT $2) old
    WHERE s.id = old.id`,
  signInCodes: `DELETE FROM sign_in_code s USING (SELECT id FROM sign_in_code WHERE expires_at < (SELECT clock_timestamp() - $1 * interval '1 ms') LIMIT $2) old
    WHERE s.id = old.id`,
  audit: `DELETE FROM audit_entry a USING (SELECT id FROM audit_entry WHERE at < (SELECT clock_timestamp() - $1 * interval '1 ms') ORDER BY at, id LIMIT $2) old
    WHERE a.id = old.id`,
} as const

/** How many rows went, at most limit. */
export async function trim(tx: Tx, p: { what: keyof typeof TRIMS; olderThanMs: number; limit: number }): Promise<number> {
  const rows = await tx.rows(`trim.${p.what}`, `${TRIMS[p.what]} RETURNING 1`, [p.olderThanMs, p.limit])
  return rows.length
}
