import type { Tx } from '@sluice/db'

/** Flows that ended longer ago than days and are still in the lists, the longest ended first; one short probe per terminal status. */
export async function findOld(tx: Tx, p: { days: number; limit: number }): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    'findOld',
    `SELECT o.id FROM unnest('{FINISHED,FAILED,CANCELLED,SKIPPED}'::flow_status[]) s(status) CROSS JOIN LATERAL (
       SELECT f.id, f.finished_at FROM flow f
        WHERE f.status = s.status AND f.finished_at IS NOT NULL AND f.deleted_at IS NULL AND f.finished_at < (SELECT clock_timestamp() - $1 * interval '1 day')
        ORDER BY f.finished_at, f.id LIMIT $2) o ORDER BY o.finished_at LIMIT $2`,
    [p.days, p.limit],
  )
  return rows.map(r => r.id)
}

/**
 * Purges flows that were deleted longer ago than restMs, with their attempts, events, progress and search words, and remembers the last event among them as
 * the feed's horizon (D-37). A flow that somebody holds locked waits for the next time.
 */
export async function purgeDeleted(tx: Tx, p: { restMs: number; limit: number }): Promise<number> {
  const [row] = await tx.rows<{ purged: number }>('purgeDeleted', PURGE_DELETED, [p.restMs, p.limit])
  return row?.purged ?? 0
}

const PURGE_DELETED = `
WITH victim AS MATERIALIZED (
  SELECT f.id FROM flow f WHERE f.deleted_at IS NOT NULL AND f.deleted_at < (SELECT clock_timestamp() - $1 * interval '1 ms')
   ORDER BY f.deleted_at, f.id LIMIT $2 FOR UPDATE SKIP LOCKED
),
event AS (DELETE FROM flow_event e USING victim v WHERE e.flow_id = v.id RETURNING e.xid, e.position),
attempted AS (DELETE FROM attempt a USING victim v WHERE a.flow_id = v.id),
progress AS (DELETE FROM flow_progress p USING victim v WHERE p.flow_id = v.id),
sought AS (DELETE FROM flow_search w USING victim v WHERE w.flow_id = v.id),
gone AS (DELETE FROM flow f USING victim v WHERE f.id = v.id RETURNING f.id),
edge AS (SELECT xid, position FROM event ORDER BY xid DESC, position DESC LIMIT 1),
horizon AS (
  UPDATE system_state s SET horizon_xid = e.xid, horizon_position = e.position FROM edge e
   WHERE s.id = 1 AND (e.xid, e.position) > (s.horizon_xid, s.horizon_position)
)
SELECT count(*)::int AS purged FROM gone`

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
